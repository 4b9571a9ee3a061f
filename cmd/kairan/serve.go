package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"kairan/configs"
	"kairan/ingest"
	"kairan/store"
	"kairan/store/queue"
	"kairan/store/tlp"
)

// runServe runs the hub until it is told to stop.
func runServe(ctx context.Context, s std, args []string) error {
	f := flags(s, "serve", "serve [--config FILE]")
	path := configFlag(f)
	rest, err := parse(f, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usagef("it takes no arguments, only --config")
	}
	cfg, err := loadConfig(*path)
	if err != nil {
		return err
	}
	log := newLog(cfg, s)
	h, err := openHub(ctx, cfg, true, log)
	if err != nil {
		return err
	}
	return errors.Join(h.serve(ctx, log, nil), h.Close())
}

// serve puts the packages together and runs them until ctx ends, then waits for
// what is under way. front, when it is not nil, may put something in front of
// the parts.
func (h *hub) serve(ctx context.Context, log *slog.Logger, front func(*parts)) error {
	cfg := h.cfg
	worker := workerName()

	// What reaches out of the process.
	relay, err := newRelay(cfg, log)
	if err != nil {
		return err
	}
	defer relay.Close() //nolint:errcheck // only idle connections are left
	sandbox := newSandbox(cfg, log)
	p := parts{ledger: h.db, vault: h.vault, reader: sandbox, courier: relay, mailboxes: map[string]ingest.Mailbox{}}
	for _, m := range cfg.Mailboxes {
		if p.mailboxes[m.Name], err = newMailbox(m, log); err != nil {
			return err
		}
	}
	var observe func(queue.Event)
	q, err := queue.Connect(ctx, queue.Options{
		URL: cfg.NATS.URL, Credentials: cfg.NATS.CredentialsFile, CA: cfg.NATS.CAFile, Cert: cfg.NATS.CertFile, Key: cfg.NATS.KeyFile,
		StoreDir: filepath.Join(cfg.Hub.Data, "nats"), Name: worker, Log: log,
		Observe: func(e queue.Event) {
			if observe != nil {
				observe(e)
			}
		},
	})
	if err != nil {
		return err
	}
	defer q.Close() //nolint:errcheck // it holds nothing that the ledger does not
	p.publisher = q
	if front != nil {
		front(&p)
		observe = p.observe
	}

	// What wakes whom. Each looks by itself too, so a lost wake costs a second.
	arrived, drafted, planned := newWake(1), newWake(2), newWake(1)
	announce := func(noun, id string) { q.Announce("kairan.event."+noun, id) }
	h.announce.Store(&announce)
	defer h.announce.Store(nil)

	// The data folder is locked, so with the ledger in it nobody else works on it:
	// what a former process left in the middle is given up at once.
	alone := cfg.Ledger.URL == ""
	if alone {
		if err := h.db.BreakLeases(ctx); err != nil {
			return err
		}
	}
	sweeper := &sweeper{ledger: p.ledger, giveUp: cfg.Delivery.GiveUp.Duration(), swept: planned.kick, log: log}
	if err := sweeper.first(ctx, alone); err != nil {
		return err
	}

	arms, err := h.newArms(ctx, p, worker, log)
	if err != nil {
		return err
	}
	arms.refiner.Wake, arms.refiner.Drafted = arrived[0], drafted.kick
	arms.planner.Wake, arms.planner.Planned = drafted[0], planned.kick
	outbox := &queue.Relay{Ledger: p.ledger, Queue: p.publisher, Window: cfg.Delivery.Window, Wake: planned[0], Log: log}

	group, ctx := errgroup.WithContext(ctx)
	for _, m := range cfg.Mailboxes {
		poller := h.newPoller(m.Name, p, worker, log)
		poller.Arrived = arrived.kick
		group.Go(func() error { return poller.Run(ctx) })
	}
	erase := &eraser{ledger: h.db, vault: p.vault, retention: cfg.Retention, now: time.Now, log: log}
	group.Go(func() error { return erase.run(ctx) })
	group.Go(func() error { return arms.refiner.Run(ctx) })
	group.Go(func() error { return arms.planner.Run(ctx) })
	group.Go(func() error { return outbox.Run(ctx) })
	group.Go(func() error {
		return q.Consume(ctx, cfg.Delivery.Workers, func(ctx context.Context, w queue.Work) error { return arms.sender.Send(ctx, w.Delivery) })
	})
	group.Go(func() error { return sweeper.run(ctx) })
	group.Go(func() error {
		// What another node did with the ledger wakes this one.
		return q.Watch(ctx, func(subject, _ string) {
			switch subject {
			case queue.SubjectReport:
				arrived.kick()
			case queue.SubjectNotice:
				drafted.kick()
				planned.kick()
			}
		})
	})
	group.Go(func() error { return h.watchVault(ctx, log) })
	if arms.receipts != nil {
		arms.receipts.Wake = drafted[1]
		group.Go(func() error { return arms.receipts.Run(ctx) })
	}
	if head, err := h.db.AuditHead(ctx); err == nil {
		// A log kept on another machine is an anchor for the audit log.
		log.Info("the hub runs", "audit_head", fmt.Sprintf("%d:%s", head.Seq, head.MAC), "sandbox", sandbox.Isolation())
	}
	err = group.Wait()
	log.Info("the hub stopped")
	return err
}

// workerName names this process among those that work on the same ledger.
func workerName() string {
	host, _ := os.Hostname()
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return fmt.Sprintf("%s-%d-%x", cmp.Or(host, "hub"), os.Getpid(), b)
}

func kinds(names []string) []store.Kind {
	var all []store.Kind
	for _, n := range names {
		all = append(all, store.Kind(n))
	}
	return all
}

// defaultTLP is the label of a drafted notice; it was checked when it was read.
func defaultTLP(cfg configs.Config) tlp.Label {
	l, _ := tlp.Parse(cfg.Review.DefaultTLP)
	return l
}

// hubIdentity is how the hub recognises its own mail.
func hubIdentity(cfg configs.Config) ingest.HubIdentity {
	return ingest.HubIdentity{NoticeAddress: cfg.Hub.NoticeFrom, ListID: cfg.Hub.ListID, MessageIDDomain: cfg.Hub.MessageIDDomain}
}

// authenticator believes the reporters of the member registry.
func (h *hub) authenticator() ingest.Authenticator {
	return ingest.Authenticator{
		AuthservID: h.cfg.Ingest.AuthservID,
		Known: func(ctx context.Context, address string) (store.MemberID, bool, error) {
			id, err := h.db.ReporterOf(ctx, address)
			return id, id != "", err
		},
	}
}

// watchVault tells, now and every hour, of sealed blobs that the ledger does not
// know: what a killed process had sealed and never came to record, or a sign that
// the ledger is not the vault's. Only an operator can tell the two apart, so
// nothing is erased here.
func (h *hub) watchVault(ctx context.Context, log *slog.Logger) error {
	told := 0
	for {
		left, err := h.orphans(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			log.Warn("looking for left-over originals failed; trying again in an hour", "err", err)
		case len(left) != told:
			told = len(left)
			log.Warn("the vault holds what the ledger does not know; see kairan help storage", "blobs", told)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Hour):
		}
	}
}

// sweeper moves what time moves.
type sweeper struct {
	ledger ledger
	giveUp time.Duration
	swept  func()
	log    *slog.Logger
}

// first gives up what a former process left in the middle: alone says that
// nobody but this process can be sending from the ledger.
func (w *sweeper) first(ctx context.Context, alone bool) error {
	for {
		s, err := w.ledger.Sweep(ctx, store.SweepOptions{GiveUp: w.giveUp, Alone: alone})
		if err != nil {
			return err
		}
		if s == (store.Swept{}) {
			return nil
		}
		w.log.Info("taken up after a stop", "unknown", s.Stuck, "due", s.Due, "expired", s.Expired, "receipts", s.Receipts)
	}
}

func (w *sweeper) run(ctx context.Context) error {
	pause := ingest.Backoff{Min: time.Second, Max: time.Minute}
	next, failing := time.Second, false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(next):
		}
		s, err := w.ledger.Sweep(ctx, store.SweepOptions{GiveUp: w.giveUp})
		if ctx.Err() != nil {
			return nil
		}
		if next = time.Second; err != nil {
			next = pause.Next()
		} else {
			pause.Reset()
		}
		if err != nil != failing {
			failing = err != nil
			w.log.Warn("sweeping the ledger", "failing", failing, "err", err)
		}
		if s.Due > 0 {
			w.swept()
		}
		if s.Stuck > 0 || s.Expired > 0 {
			w.log.Warn("deliveries moved by time", "unknown", s.Stuck, "expired", s.Expired)
		}
	}
}
