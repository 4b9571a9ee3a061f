package queue

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
)

// Subjects of events: something about the report, notice or delivery of that id
// has changed in the ledger.
const (
	SubjectReport   = "kairan.event.report"
	SubjectNotice   = "kairan.event.notice"
	SubjectDelivery = "kairan.event.delivery"
)

var eventLetters = map[string]string{SubjectReport: "r", SubjectNotice: "n", SubjectDelivery: "d"}

// Announce tells whoever watches, on any node, that something changed. It never
// waits and never fails: who misses it finds the change in the ledger. What is
// not an id of that kind is not sent.
func (q *Queue) Announce(subject, id string) {
	if validID(id, eventLetters[subject]) {
		_ = q.nc.Publish(subject, []byte(id))
	}
}

// Watch calls f for each event until ctx ends or the queue is closed, and then
// returns nil. Events are lost while the connection is, and when f is slow.
func (q *Queue) Watch(ctx context.Context, f func(subject, id string)) error {
	ctx, leave, err := q.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	sub, err := q.nc.SubscribeSync("kairan.event.*")
	if err != nil {
		return fmt.Errorf("watch events: %w", err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	if err := sub.SetPendingLimits(8192, 1<<20); err != nil {
		return fmt.Errorf("watch events: %w", err)
	}
	for {
		m, err := sub.NextMsgWithContext(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, nats.ErrSlowConsumer):
			continue // some were lost; the library has told the log
		case err != nil:
			return fmt.Errorf("watch events: %w", err)
		}
		if id := string(m.Data); validID(id, eventLetters[m.Subject]) {
			f(m.Subject, id)
		}
	}
}
