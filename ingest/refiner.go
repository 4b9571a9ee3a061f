package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"kairan/sanitize"
	"kairan/sanitize/benign"
	"kairan/sanitize/envelope"
	"kairan/store"
	"kairan/store/tlp"
)

// RefinerLedger is what a refiner needs of the ledger; *store.DB has it.
type RefinerLedger interface {
	DueReports(ctx context.Context, limit int) ([]store.ReportID, error)
	Report(ctx context.Context, id store.ReportID) (store.Report, error)
	Identities(ctx context.Context) ([]sanitize.Identity, error)
	AddDraft(ctx context.Context, id store.ReportID, d store.Draft) (bool, error)
	HoldReport(ctx context.Context, id store.ReportID, reason string) error
	PostponeReport(ctx context.Context, id store.ReportID, next time.Time) error
	ReportsNear(ctx context.Context, id store.ReportID, within time.Duration) ([]store.Report, error)
	RetryReport(ctx context.Context, id store.ReportID, operator string, vouch bool) error
}

// Reader reads one report. *Sandbox does it in a child process.
type Reader interface {
	Run(ctx context.Context, report []byte, policy sanitize.Policy) (sanitize.Result, error)
}

// Analysis is what was learned from a report beyond what may be told. It is
// kept sealed in the vault.
type Analysis struct {
	Identities   []sanitize.Identity `json:"identities"`
	ReporterText string              `json:"reporter_text"`
	// Bodies are the texts of the originals in their order, redacted: offered to the
	// operator, who may put a part of one into a notice.
	Bodies []string `json:"bodies,omitempty"`
}

// Refiner turns reports into drafts.
type Refiner struct {
	Ledger RefinerLedger
	Vault  Vault
	Reader Reader
	// HubIdentities are the hub's own addresses and domains, Owner "hub": they may
	// stand in a notice and are no indicators.
	HubIdentities []sanitize.Identity
	TimeGrain     time.Duration
	// Passwords are tried on archives besides those in the report's own words.
	Passwords []string
	// Keys open reports that were encrypted to the hub.
	Keys envelope.Keys
	// Lists judge indicators besides those built in; nil for none.
	Lists    *benign.Lists
	TLP      tlp.Label // of a drafted notice
	MaxBytes int64     // the largest report that the vault may hold
	Workers  int       // reports read at once; 0 means 2
	Pause    func(tries int) time.Duration
	// Wake makes Run look for reports at once; it looks every second anyway.
	Wake <-chan struct{}
	// Drafted is called after a report was drafted; it must not block. May be nil.
	Drafted func()
	Log     *slog.Logger
}

// Run refines what is due until ctx ends.
func (r *Refiner) Run(ctx context.Context) error {
	trouble := changes{log: r.Log, what: "reading reports"}
	pause := Backoff{Min: time.Second, Max: time.Minute}
	for {
		look := time.Second
		ids, err := r.Ledger.DueReports(ctx, 100)
		if err == nil {
			err = r.refineAll(ctx, ids)
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			trouble.tell(err)
			look = pause.Next()
		} else {
			trouble.over()
			pause.Reset()
			if len(ids) > 0 {
				continue
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-r.Wake:
		case <-time.After(look):
		}
	}
}

// refineAll refines the reports, a few at once. A report that fails is
// postponed and does not stop the ones behind it.
func (r *Refiner) refineAll(ctx context.Context, ids []store.ReportID) error {
	workers := r.Workers
	if workers <= 0 {
		workers = 2
	}
	var (
		group sync.WaitGroup
		mu    sync.Mutex
		errs  []error
		slots = make(chan struct{}, workers)
	)
	for _, id := range ids {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			if err := r.Refine(ctx, id); err != nil && ctx.Err() == nil {
				err = errors.Join(err, r.postpone(ctx, id))
				mu.Lock()
				errs = append(errs, err)
				mu.Unlock()
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

func (r *Refiner) postpone(ctx context.Context, id store.ReportID) error {
	report, err := r.Ledger.Report(ctx, id)
	if err != nil {
		return err
	}
	return r.Ledger.PostponeReport(ctx, id, time.Now().Add(r.Pause(report.Tries)))
}

// Refine reads a received report and drafts what follows from it. Doing it again
// does nothing. An error means that something outside the report failed; a report
// that itself cannot be read is held with the reason.
func (r *Refiner) Refine(ctx context.Context, id store.ReportID) error {
	report, err := r.Ledger.Report(ctx, id)
	if err != nil {
		return err
	}
	if report.State != store.ReportReceived {
		return nil
	}
	if !report.Authenticated {
		return r.hold(ctx, id, "not authenticated: nobody vouches for its sender")
	}
	if report.HeaderOnly {
		return r.hold(ctx, id, "only its header was taken; the mail itself lies in the folder of processed mail")
	}
	raw, err := r.Vault.Read(ctx, report.Vault, r.MaxBytes)
	if err != nil {
		return fmt.Errorf("report %s: read from the vault: %w", id, err)
	}
	policy, err := r.policy(ctx)
	if err != nil {
		return fmt.Errorf("report %s: %w", id, err)
	}
	result, err := r.Reader.Run(ctx, raw, policy)
	var near []store.ReportID
	if err == nil && locked(result) {
		var again sanitize.Result
		if again, near, err = r.unlock(ctx, report, raw, policy); len(again.Originals) > 0 {
			result = again
		}
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, ErrSandboxTimeout), errors.Is(err, ErrSandboxCrashed), errors.Is(err, ErrSandboxOutput):
		return r.hold(ctx, id, "it could not be read within the limits: "+err.Error())
	case err != nil:
		return fmt.Errorf("report %s: %w", id, err)
	}
	if err := r.draft(ctx, id, result); err != nil || len(result.Originals) > 0 {
		return err
	}
	if !locked(result) {
		return r.wakeLocked(ctx, report, raw)
	}
	return r.lateCompanion(ctx, report, raw, near)
}

// lateCompanion has a locked report read again if another mail of its reporter
// came while it was being held: that one did not find it held yet.
func (r *Refiner) lateCompanion(ctx context.Context, report store.Report, raw []byte, known []store.ReportID) error {
	others, err := r.companions(ctx, report, raw)
	if err != nil {
		return err
	}
	for _, o := range others {
		if !slices.Contains(known, o.id) {
			return r.Ledger.RetryReport(ctx, report.ID, store.ActorHub, false)
		}
	}
	return nil
}

func (r *Refiner) hold(ctx context.Context, id store.ReportID, reason string) error {
	r.Log.Warn("report held", "report", id)
	return r.Ledger.HoldReport(ctx, id, reason)
}

// policy gathers whom the registry knows.
func (r *Refiner) policy(ctx context.Context) (sanitize.Policy, error) {
	members, err := r.Ledger.Identities(ctx)
	if err != nil {
		return sanitize.Policy{}, fmt.Errorf("read the member registry: %w", err)
	}
	return sanitize.Policy{
		Registry:  append(members, r.HubIdentities...),
		TimeGrain: r.TimeGrain,
		Limits:    sanitize.DefaultLimits(),
		Tokens:    true,
		Body:      true,
		Passwords: r.Passwords,
		Keys:      r.Keys,
	}, nil
}

// draft seals what was learned, then records the draft: vault, then ledger.
func (r *Refiner) draft(ctx context.Context, id store.ReportID, result sanitize.Result) error {
	a := Analysis{Identities: result.Identities, ReporterText: result.ReporterText}
	for i := range result.Originals {
		a.Bodies = append(a.Bodies, result.Originals[i].Body)
		result.Originals[i].Body = "" // sealed, and in no ledger
	}
	analysis, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("report %s: analysis: %w", id, err)
	}
	d := store.Draft{
		Analysis: store.NewVaultID(time.Now()),
		Kind:     store.KindTargetedMail,
		TLP:      r.TLP,
		Hold:     "no suspicious mail was found in it",
	}
	switch {
	case locked(result):
		d.Hold = heldLocked
	case encrypted(result):
		d.Hold = heldEncrypted
	}
	for _, o := range result.Originals {
		if r.Lists != nil {
			sanitize.Screen(o.Facts.Indicators, r.Lists)
		}
		o.Problems = append(o.Problems, reportProblems(result.Problems)...)
		d.Originals = append(d.Originals, store.DraftOriginal{Sanitized: o, Fingerprint: fingerprint(o)})
	}
	if _, _, err := r.Vault.Seal(ctx, d.Analysis, func(w io.Writer) error {
		_, err := w.Write(analysis)
		return err
	}); err != nil {
		return fmt.Errorf("report %s: seal the analysis: %w", id, err)
	}
	added, err := r.Ledger.AddDraft(ctx, id, d)
	if err != nil {
		return err
	}
	if !added {
		return r.Vault.Erase(ctx, d.Analysis)
	}
	r.Log.Info("report drafted", "report", id, "originals", len(d.Originals))
	if r.Drafted != nil {
		r.Drafted()
	}
	return nil
}

// reportProblems are those problems of the whole report that concern each of
// its originals: that reading stopped somewhere may have cost any of them.
func reportProblems(all []sanitize.Problem) []sanitize.Problem {
	var some []sanitize.Problem
	for _, p := range all {
		if p.Holds() && p.Code != sanitize.ProblemNoOriginal {
			some = append(some, p)
		}
	}
	return some
}

// marks are the types of indicator by which an attack is recognised. What differs
// from one copy of a mail to the next, such as its Message-ID, is none.
var marks = map[string]bool{
	sanitize.TypeURL: true, sanitize.TypeDomain: true, sanitize.TypeIPv4: true, sanitize.TypeIPv6: true, sanitize.TypeEmail: true,
	sanitize.TypeSender: true, sanitize.TypeReplyTo: true, sanitize.TypeSubject: true, sanitize.TypeFilename: true,
	sanitize.TypeMD5: true, sanitize.TypeSHA1: true, sanitize.TypeSHA256: true, sanitize.TypeQR: true,
}

// fingerprint is equal for originals that tell the same facts but for what may
// stand for a recipient in their URLs: the same attack, reported twice. An original with nothing to search for but its subject is
// like no other one.
func fingerprint(o sanitize.Sanitized) string {
	type mark struct{ Type, Value string }
	sum := struct {
		Subject, From string
		Marks         []mark
		Alone         string
	}{Subject: o.Facts.Subject, From: o.Facts.From.Address}
	telling := false
	for _, i := range o.Facts.Indicators {
		if i.Benign || !marks[i.Type] {
			continue
		}
		value := i.Value
		if i.Type == sanitize.TypeURL {
			value = sanitize.Skeleton(value) // what is in it may be each victim's own
		}
		if m := (mark{i.Type, value}); !slices.Contains(sum.Marks, m) {
			sum.Marks = append(sum.Marks, m)
		}
		telling = telling || i.Type == sanitize.TypeURL || i.Type == sanitize.TypeSHA256
	}
	if !telling {
		sum.Alone = o.SHA256
	}
	b, err := json.Marshal(sum)
	if err != nil { // strings always marshal
		b = []byte(o.SHA256)
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}
