package queue

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"kairan/store"
)

// DueLedger is what a relay needs of the ledger; *store.DB has it.
type DueLedger interface {
	DueDeliveries(ctx context.Context, window, limit int) ([]store.Work, error)
}

// Publisher takes work; *Queue is one.
type Publisher interface {
	PublishAll(ctx context.Context, work []Work) (n int, err error)
}

// Relay is the outbox: it publishes what the ledger says is due. It keeps no
// record of what it published but in memory, and that only to spare the queue
// duplicates; what the queue lost is due still, and is published again.
type Relay struct {
	Ledger DueLedger
	Queue  Publisher
	// Window is how much ready work of one destination may be in the queue; the
	// rest waits in the ledger. 0 means 200.
	Window int
	// Wake makes Run look at once.
	Wake <-chan struct{}
	Log  *slog.Logger

	published map[Work]time.Time
}

const (
	// relayBusy and relayIdle are how often Run looks by itself.
	relayBusy = 50 * time.Millisecond
	relayIdle = 500 * time.Millisecond
	// relayFailed is the longest pause between two failures.
	relayFailed = 15 * time.Second
	// republish is when work that is still due is published again. It is longer
	// than the time in which the queue takes a second one for a duplicate.
	republish = duplicateWindow + 5*time.Second
	// relayBatch bounds one round.
	relayBatch = 2000
)

// Run relays until ctx ends. A queue that is full or away is tried again, and
// told in the log when it changes.
func (r *Relay) Run(ctx context.Context) error {
	failing, pause := "", relayIdle
	for {
		n, err := r.round(ctx)
		if ctx.Err() != nil {
			return nil
		}
		switch {
		case err != nil && err.Error() != failing:
			failing = err.Error()
			r.Log.Warn("publishing what is due failed; trying again", "err", failing)
		case err == nil && failing != "":
			failing = ""
			r.Log.Info("publishing what is due works again")
		}
		switch {
		case err != nil:
			pause = min(2*pause, relayFailed)
		case n > 0:
			pause = relayBusy
		default:
			pause = relayIdle
		}
		select {
		case <-ctx.Done():
			return nil
		case <-r.Wake:
		case <-time.After(pause):
		}
	}
}

// round publishes what is due and was not published lately. It returns how much
// is due.
func (r *Relay) round(ctx context.Context) (int, error) {
	window := r.Window
	if window <= 0 {
		window = 200
	}
	due, err := r.Ledger.DueDeliveries(ctx, window, relayBatch)
	if err != nil {
		return 0, err
	}
	now := time.Now()
	lately := make(map[Work]time.Time, len(due))
	var work []Work
	for _, d := range due {
		w := Work{Delivery: d.Delivery, Attempt: d.Claim}
		if at, ok := r.published[w]; ok && now.Sub(at) < republish {
			lately[w] = at
			continue
		}
		work = append(work, w)
	}
	n, err := r.Queue.PublishAll(ctx, work)
	for _, w := range work[:n] {
		lately[w] = now
	}
	// Only what is due is remembered, so the memory does not grow.
	r.published = lately
	if errors.Is(err, ErrFull) {
		err = nil // nothing is wrong: the rest waits in the ledger
	}
	return len(due), err
}
