package distribute

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"kairan/distribute/render"
	"kairan/sanitize"
	"kairan/store"
)

// PlannerLedger is what a planner needs of the ledger; *store.DB has it.
type PlannerLedger interface {
	Notice(ctx context.Context, id store.NoticeID) (store.Notice, error)
	Notices(ctx context.Context, state store.NoticeState, limit int) ([]store.Notice, error)
	Approve(ctx context.Context, id store.NoticeID, operator, digest string) error
	HoldNotice(ctx context.Context, id store.NoticeID, operator, reason string) error
	CaseCeptoars(ctx context.Context, id store.CaseID, k int) ([]store.CeptoarID, error)
	Contacts(ctx context.Context) ([]store.Contact, error)
	Release(ctx context.Context, r store.Release) (bool, error)
}

// ActorKind is the approver named in the ledger for a kind that approves itself.
const ActorKind = "self-approving kind"

// Planner turns approved notices into deliveries.
type Planner struct {
	Ledger   PlannerLedger
	Composer *render.Composer
	Gate     *Gatekeeper
	// KAnonymity is how many members a sector must have for who gets a notice to
	// depend on it.
	KAnonymity int
	// SelfApproving are the kinds that need no operator. A notice with something
	// in it that needs an operator's eye is held before it comes here, and one that
	// an operator then takes up again still waits for an operator's approval.
	SelfApproving []store.Kind
	// Wake makes Run look at once; it looks every second anyway, because an
	// operator's command approves in the ledger and not here.
	Wake <-chan struct{}
	// Planned is called after a release; it must not block. May be nil.
	Planned func()
	Log     *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Run plans what is approved until ctx ends.
func (p *Planner) Run(ctx context.Context) error {
	loop(ctx, p.Log, "planning", p.Wake, p.round)
	return nil
}

// round approves what approves itself and plans what is approved. One notice
// that fails does not stop the others.
func (p *Planner) round(ctx context.Context) error {
	var errs []error
	if len(p.SelfApproving) > 0 {
		waiting, err := p.Ledger.Notices(ctx, store.NoticeAwaiting, 100)
		if err != nil {
			return err
		}
		for _, n := range waiting {
			if slices.Contains(p.SelfApproving, n.Kind) && !needsEye(n) {
				errs = append(errs, p.selfApprove(ctx, n))
			}
		}
	}
	approved, err := p.Ledger.Notices(ctx, store.NoticeApproved, 100)
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	for _, n := range approved {
		errs = append(errs, p.Plan(ctx, n.ID))
	}
	return errors.Join(errs...)
}

// needsEye reports whether something in the notice is for an operator to judge.
func needsEye(n store.Notice) bool {
	return slices.ContainsFunc(n.Content.Originals, func(o store.ContentOriginal) bool {
		return slices.ContainsFunc(o.Problems, sanitize.Problem.Holds)
	})
}

func (p *Planner) selfApprove(ctx context.Context, n store.Notice) error {
	preview, err := p.Composer.Preview(n)
	if err != nil {
		return err
	}
	err = p.Ledger.Approve(ctx, n.ID, ActorKind, preview.Digest)
	if errors.Is(err, store.ErrState) {
		return nil // an operator was faster
	}
	return err
}

// Plan releases an approved notice: it composes it once more, checks that it is
// what was approved and that the leak gate lets it through, chooses who gets it,
// and has the ledger give it a serial and make all its deliveries. What must not
// go out is held with the reason. Doing it again does nothing.
func (p *Planner) Plan(ctx context.Context, id store.NoticeID) error {
	n, err := p.Ledger.Notice(ctx, id)
	if err != nil {
		return err
	}
	if n.State != store.NoticeApproved {
		return nil
	}
	preview, err := p.Composer.Preview(n)
	if err != nil {
		return err
	}
	if preview.Digest != n.ApprovedDigest {
		return p.hold(ctx, id, "it is no longer what was approved; look at it and approve it again")
	}
	for _, language := range render.Languages() {
		leaks, live, err := p.Gate.CheckNotice(ctx, n.ID, n.Case, preview.Compositions[language].Shared())
		if err != nil {
			return fmt.Errorf("notice %s: %w", id, err)
		}
		if reason := gateReason(leaks, live); reason != "" {
			return p.hold(ctx, id, "the leak gate stopped it: "+reason)
		}
	}
	from, err := p.Ledger.CaseCeptoars(ctx, n.Case, p.KAnonymity)
	if err != nil {
		return err
	}
	contacts, err := p.Ledger.Contacts(ctx)
	if err != nil {
		return err
	}
	r := store.Release{Notice: id, Digest: preview.Digest, FiscalYear: p.fiscalYear()}
	for _, c := range Choose(n, from, contacts) {
		if c.Send {
			r.Deliveries = append(r.Deliveries, store.NewDelivery{
				Contact: c.Contact.ID, Destination: domainOf(c.Contact.Address), Language: c.Contact.Language})
		}
	}
	if len(r.Deliveries) == 0 {
		return p.hold(ctx, id, "no contact would get it: check subscriptions and TLP")
	}
	released, err := p.Ledger.Release(ctx, r)
	if err != nil {
		return err
	}
	if released {
		p.Log.Info("notice released", "notice", id, "deliveries", len(r.Deliveries))
		if p.Planned != nil {
			p.Planned()
		}
	}
	return nil
}

func (p *Planner) hold(ctx context.Context, id store.NoticeID, reason string) error {
	p.Log.Warn("notice held", "notice", id, "reason", reason) // kinds and places, no values
	return p.Ledger.HoldNotice(ctx, id, store.ActorHub, reason)
}

// fiscalYear is the Japanese one, April to March, in the hub's zone.
func (p *Planner) fiscalYear() int {
	t := now(p.Now).In(p.Composer.Location)
	if t.Month() < time.April {
		return t.Year() - 1
	}
	return t.Year()
}

// gateReason says where a gate found something, without saying what.
func gateReason(leaks []sanitize.Leak, live []sanitize.Problem) string {
	var places []string
	for _, l := range leaks {
		places = append(places, fmt.Sprintf("%s of %s in %s (%s)", l.Kind, l.Owner, l.Where, l.How))
	}
	for _, p := range live {
		places = append(places, fmt.Sprintf("%s in %s", p.Code, p.Where))
	}
	const most = 5
	if len(places) > most {
		places = append(places[:most], fmt.Sprintf("and %d more", len(places)-most))
	}
	return strings.Join(places, "; ")
}

// domainOf is the destination of an address.
func domainOf(address string) string {
	return strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
}
