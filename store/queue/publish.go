package queue

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"kairan/store"
)

// publishWindow is how many messages PublishAll has under way at once.
const publishWindow = 256

// Publish puts one attempt of a delivery into the queue, and returns when the
// server has confirmed that it has it.
//
// duplicate is true if the same attempt was published within the last 30
// seconds, by whomever. Then the queue took nothing, and the first one may have
// been worked off meanwhile; so an attempt that is still due must be published
// again later than that. The error wraps [ErrFull] if there is no room.
func (q *Queue) Publish(ctx context.Context, id store.DeliveryID, attempt int) (duplicate bool, err error) {
	w := Work{Delivery: id, Attempt: attempt}
	if err := w.check(); err != nil {
		return false, err
	}
	ctx, leave, err := q.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	ack, err := q.js.PublishMsg(ctx, message(w), jetstream.WithExpectStream(streamName))
	if errors.Is(err, jetstream.ErrNoStreamResponse) {
		// Somebody deleted the stream, or a server without a disk was restarted.
		if err := q.ensure(ctx); err != nil {
			return false, fmt.Errorf("publish %s: %w", w, err)
		}
		ack, err = q.js.PublishMsg(ctx, message(w), jetstream.WithExpectStream(streamName))
	}
	if err != nil {
		return false, fmt.Errorf("publish %s: %w", w, publishError(err))
	}
	q.observe(Published, w)
	return ack.Duplicate, nil
}

// PublishAll publishes much work, without waiting for each confirmation before
// the next message. n counts from the front: each of work[:n] is confirmed, as
// new or as a duplicate. With an error, some of work[n:] may be in the queue too;
// publishing them again is harmless. Where there is no room for all, the error
// wraps [ErrFull].
func (q *Queue) PublishAll(ctx context.Context, work []Work) (n int, err error) {
	for _, w := range work {
		if err := w.check(); err != nil {
			return 0, err
		}
	}
	ctx, leave, err := q.enter(ctx)
	if err != nil {
		return 0, err
	}
	defer leave()
	n, err = q.publishAll(ctx, work)
	if errors.Is(err, jetstream.ErrNoStreamResponse) {
		if err := q.ensure(ctx); err != nil {
			return n, fmt.Errorf("publish %s: %w", work[n], err)
		}
		var more int
		more, err = q.publishAll(ctx, work[n:])
		n += more
	}
	if err != nil {
		return n, fmt.Errorf("publish %s: %w", work[n], publishError(err))
	}
	return n, nil
}

// publishAll stops sending at the first failure and then waits for what is under
// way, which takes at most requestTimeout. err is that of work[n].
func (q *Queue) publishAll(ctx context.Context, work []Work) (n int, err error) {
	var pending []jetstream.PubAckFuture
	sent, seen := 0, 0 // work[seen:sent] is under way
	for {
		for err == nil && sent < len(work) && sent-seen < publishWindow {
			f, sendErr := q.js.PublishMsgAsync(message(work[sent]), jetstream.WithExpectStream(streamName))
			if sendErr != nil {
				if sent == seen {
					return n, sendErr
				}
				work = work[:sent] // told when those before it are seen
				err = sendErr
				break
			}
			pending = append(pending, f)
			sent++
		}
		if seen == sent {
			return n, err
		}
		var ackErr error
		select {
		case <-pending[0].Ok():
			q.observe(Published, work[seen])
			if n == seen {
				n++
			}
		case ackErr = <-pending[0].Err():
		case <-ctx.Done():
			return n, ctx.Err()
		}
		// The earliest failure is the one that is told.
		if ackErr != nil && (err == nil || n == seen) {
			err = ackErr
		}
		pending, seen = pending[1:], seen+1
	}
}

func message(w Work) *nats.Msg {
	m := nats.NewMsg(workSubject)
	m.Data = []byte(w.String())
	m.Header.Set(jetstream.MsgIDHeader, w.String())
	return m
}

// Error codes of the server by which it says that there is no room.
const (
	codeAccountResources = 10002
	codeNoResources      = 10023
	codeMemoryResources  = 10028
	codeStorageResources = 10047
	// codeStoreFailed is that of a stream at its limit ("maximum messages
	// exceeded", "maximum bytes exceeded"), and of every other failure to store.
	codeStoreFailed = 10077
)

func publishError(err error) error {
	var api *jetstream.APIError
	if !errors.As(err, &api) {
		return err
	}
	switch api.ErrorCode {
	case codeStoreFailed:
		if !strings.HasPrefix(api.Description, "maximum ") {
			return err
		}
	case codeAccountResources, codeNoResources, codeMemoryResources, codeStorageResources:
	default:
		return err
	}
	return fmt.Errorf("%w: %s", ErrFull, api.Description)
}
