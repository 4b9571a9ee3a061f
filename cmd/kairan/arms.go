package main

import (
	"context"
	"log/slog"

	"kairan/distribute"
	"kairan/ingest"
)

// arms are the way in and the way out as the configuration makes them. serve has
// them run side by side, rehearse takes them one after the other; what they decide
// is the same in both.
type arms struct {
	refiner  *ingest.Refiner
	planner  *distribute.Planner
	sender   *distribute.Sender
	receipts *distribute.Receipts // nil where reporters get none
}

// newArms puts the arms together. Nothing wakes them yet.
func (h *hub) newArms(ctx context.Context, p parts, worker string, log *slog.Logger) (arms, error) {
	cfg := h.cfg
	composer, err := newComposer(cfg)
	if err != nil {
		return arms{}, err
	}
	lists, err := warningLists(cfg.Sanitize.WarningLists)
	if err != nil {
		return arms{}, err
	}
	keys, err := reportKeys(ctx, cfg.Sanitize)
	if err != nil {
		return arms{}, err
	}
	maxBytes := int64(cfg.Ingest.MaxMessageBytes)
	timeout := cfg.Delivery.SendingTimeout.Duration()
	retry := distribute.Retry{First: cfg.Delivery.FirstRetry.Duration(), Max: cfg.Delivery.MaxRetry.Duration()}
	gate := &distribute.Gatekeeper{Ledger: p.ledger, Vault: p.vault, Hub: hubIdentities(cfg)}
	a := arms{
		refiner: &ingest.Refiner{
			Ledger: p.ledger, Vault: p.vault, Reader: p.reader, HubIdentities: hubIdentities(cfg),
			Passwords: cfg.Sanitize.Passwords, Lists: lists, Keys: keys,
			TimeGrain: cfg.Sanitize.TimeGrain.Duration(), TLP: defaultTLP(cfg), MaxBytes: maxBytes,
			Pause: distribute.Retry{First: cfg.Ingest.RetryFirst.Duration(), Max: cfg.Ingest.RetryMax.Duration()}.Pause, Log: log,
		},
		planner: &distribute.Planner{
			Ledger: p.ledger, Composer: composer, Gate: gate, SelfApproving: kinds(cfg.Review.SelfApproving), KAnonymity: cfg.Review.KAnonymity, Log: log,
		},
		sender: &distribute.Sender{
			Ledger: p.ledger, Composer: composer, Gate: gate, Courier: p.courier, From: cfg.Hub.NoticeFrom, Worker: worker,
			Timeout: timeout, Retry: retry, Log: log,
		},
	}
	if cfg.Receipt.Enabled {
		a.receipts = &distribute.Receipts{
			Ledger: p.ledger, Vault: p.vault, Composer: composer, Courier: p.courier, MaxBytes: maxBytes, Timeout: timeout, Retry: retry, Log: log,
		}
	}
	return a, nil
}

// newPoller makes the poller of one of the mailboxes in p.
func (h *hub) newPoller(name string, p parts, worker string, log *slog.Logger) *ingest.Poller {
	c := h.cfg.Ingest
	return &ingest.Poller{
		Name: name, Mailbox: p.mailboxes[name], Ledger: p.ledger, Vault: p.vault, Hub: hubIdentity(h.cfg), Authenticator: h.authenticator(),
		MaxBytes: int64(c.MaxMessageBytes), Owner: worker,
		Pause: ingest.Backoff{Min: c.RetryFirst.Duration(), Max: c.RetryMax.Duration()}, Log: log,
	}
}
