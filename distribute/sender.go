package distribute

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"kairan/distribute/render"
	"kairan/store"
)

// SenderLedger is what a sender needs of the ledger; *store.DB has it.
type SenderLedger interface {
	Begin(ctx context.Context, id store.DeliveryID, worker string, until time.Time) (store.Claim, bool, error)
	End(ctx context.Context, id store.DeliveryID, claim int, o store.Outcome, next time.Time) error
	Suppress(ctx context.Context, id store.DeliveryID, claim int, reason string) error
	Notice(ctx context.Context, id store.NoticeID) (store.Notice, error)
}

// Sender sends one delivery at a time, many at once.
type Sender struct {
	Ledger   SenderLedger
	Composer *render.Composer
	Gate     *Gatekeeper
	Courier  Courier
	// From is the return path of notices.
	From string
	// Worker names this process in the ledger.
	Worker string
	// Timeout bounds one attempt; the claim lasts a little longer.
	Timeout time.Duration
	Retry   Retry
	Log     *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	mu       sync.Mutex
	composed map[composedKey]composed
}

type composedKey struct {
	notice   store.NoticeID
	language string
}

type composed struct {
	c  render.Composition
	of store.CaseID
}

// recordTime is how long the ledger may take to learn an outcome after the hub
// was told to stop. Without it every clean stop would leave sends unknown.
const recordTime = 20 * time.Second

// Outcomes of what did not come as far as the relay.
var (
	notComposed      = store.Outcome{Kind: store.Transient, Stage: "compose", Text: "could not be composed or checked"}
	stoppedComposing = store.Outcome{Kind: store.Stopped, Stage: "compose", Text: "the hub was stopped"}
)

// outOfTime is the outcome of an attempt within ctx. Where a courier stopped
// though ctx goes on, it was the attempt's own time that ended, not the hub: that
// is an attempt, and counts as one.
func outOfTime(ctx context.Context, o store.Outcome) store.Outcome {
	if o.Kind == store.Stopped && ctx.Err() == nil {
		o.Kind, o.Text = store.Transient, "took longer than an attempt may"
	}
	return o
}

// now is what the clock says; nil means time.Now.
func now(clock func() time.Time) time.Time {
	if clock == nil {
		return time.Now()
	}
	return clock()
}

// Send claims the delivery, composes its copy, has the leak gate read the
// finished bytes, hands them to the relay and records what became of it. With
// nothing to do it does nothing. An error means that the ledger or the gate
// could not be used; the delivery is then queued as before, or, when its claim
// stands, found by the next sweep.
func (s *Sender) Send(ctx context.Context, id store.DeliveryID) error {
	// The claim is longer than the attempt, so that no sweep takes it for dead.
	claim, ok, err := s.Ledger.Begin(ctx, id, s.Worker, now(s.Now).Add(s.Timeout+recordTime+10*time.Second))
	if err != nil || !ok {
		return err
	}
	record, done := context.WithTimeout(context.WithoutCancel(ctx), s.Timeout+recordTime)
	defer done()
	end := func(o store.Outcome, next time.Time) error {
		return persist(ctx, record, func(ctx context.Context) error { return s.Ledger.End(ctx, id, claim.Claim, o, next) })
	}
	message, leak, err := s.finish(ctx, claim)
	switch {
	case err != nil && ctx.Err() != nil:
		return end(stoppedComposing, now(s.Now))
	case err != nil:
		// Deferred, not queued: it would come back at once, again and again.
		return errors.Join(err, end(notComposed, now(s.Now).Add(s.Retry.Pause(claim.Tries))))
	case leak != "":
		s.Log.Error("the leak gate stopped a delivery", "delivery", id, "notice", claim.Notice)
		return persist(ctx, record, func(ctx context.Context) error {
			return s.Ledger.Suppress(ctx, id, claim.Claim, "the leak gate stopped it: "+leak)
		})
	}
	attempt, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	outcome := outOfTime(ctx, s.Courier.Deliver(attempt, Envelope{From: s.From, To: claim.Address}, message))
	s.Log.Debug("attempt ended", "delivery", id, "claim", claim.Claim, "outcome", outcome.Kind, "code", outcome.Code,
		"stage", outcome.Stage, "ms", outcome.Duration.Milliseconds())
	err = end(outcome, now(s.Now).Add(s.Retry.Pause(claim.Tries)))
	if errors.Is(err, store.ErrState) {
		s.Log.Warn("an attempt took longer than its claim", "delivery", id, "claim", claim.Claim)
		return nil
	}
	return err
}

// finish makes the finished bytes of one copy and has the gate read them. leak is
// why they must not leave, "" when they may.
func (s *Sender) finish(ctx context.Context, claim store.Claim) (message []byte, leak string, err error) {
	c, err := s.compose(ctx, claim.Notice, claim.Language)
	if err != nil {
		return nil, "", err
	}
	message = c.c.Finish(claim.ID, claim.Address)
	// The contact's own address stands in To because the mail goes there; it may
	// well be a member's. It is not what the gate looks for, and it is the only
	// thing in front of the bytes that the gate reads.
	own := render.OwnFields(claim.Address, render.MessageID(claim.ID, s.Composer.Domain))
	leaks, live, err := s.Gate.CheckNotice(ctx, claim.Notice, c.of, message[len(own):])
	if err != nil {
		return nil, "", fmt.Errorf("delivery %s: %w", claim.ID, err)
	}
	return message, gateReason(leaks, live), nil
}

// maxComposed bounds how many compositions are kept.
const maxComposed = 32

// compose makes the composition of a notice in a language, once.
func (s *Sender) compose(ctx context.Context, id store.NoticeID, language string) (composed, error) {
	key := composedKey{id, language}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.composed[key]; ok {
		return c, nil
	}
	n, err := s.Ledger.Notice(ctx, id)
	if err != nil {
		return composed{}, err
	}
	preview, err := s.Composer.Preview(n)
	if err != nil {
		return composed{}, err
	}
	if preview.Digest != n.ApprovedDigest {
		return composed{}, fmt.Errorf("notice %s: %w: its content or the templates changed since the approval; restore them", id, store.ErrDigest)
	}
	comp, err := s.Composer.Notice(n, language)
	if err != nil {
		return composed{}, err
	}
	if s.composed == nil || len(s.composed) >= maxComposed {
		s.composed = map[composedKey]composed{}
	}
	c := composed{c: comp, of: n.Case}
	s.composed[key] = c
	return c, nil
}
