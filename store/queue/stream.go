package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	streamName   = "KAIRAN_WORK"
	workSubject  = "kairan.work.deliver"
	consumerName = "deliver"

	// duplicateWindow is for how long the server knows a message's id. It has to
	// cover a relay that was killed between publishing and noting so, and no more:
	// within it the same attempt is not taken again, even when it was worked off.
	duplicateWindow = 30 * time.Second

	// maxAckPending is how much may be in the hands of all workers of all nodes.
	maxAckPending = 4096

	// maxMsgSize is ten times what a message takes with its headers.
	maxMsgSize = 1024
)

// ensure makes the stream and its consumer as they should be. Doing it again, or
// on several nodes at once, does nothing.
func (q *Queue) ensure(ctx context.Context) error {
	q.ensuring.Lock()
	defer q.ensuring.Unlock()
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	cfg := jetstream.StreamConfig{
		Name:        streamName,
		Description: "Kairan: deliveries that are due now. May be deleted at any time.",
		Subjects:    []string{workSubject},
		Retention:   jetstream.WorkQueuePolicy,
		Storage:     jetstream.FileStorage,
		Replicas:    1,
		Discard:     jetstream.DiscardNew,
		MaxMsgs:     q.opts.MaxMsgs,
		MaxBytes:    q.opts.MaxBytes,
		MaxMsgSize:  maxMsgSize,
		Duplicates:  duplicateWindow,
	}
	if q.server != nil {
		cfg.Storage = jetstream.MemoryStorage
	}
	switch s, err := q.js.Stream(ctx, streamName); {
	case err == nil:
		// Where it lies and in how many copies is for the operator of an external
		// server to choose; the first cannot even be changed.
		is := s.CachedInfo().Config
		cfg.Storage, cfg.Replicas = is.Storage, is.Replicas
		cfg.Placement = is.Placement
	case !errors.Is(err, jetstream.ErrStreamNotFound):
		return fmt.Errorf("look for stream %s: %w", streamName, err)
	}
	if _, err := q.js.CreateOrUpdateStream(ctx, cfg); err != nil {
		return fmt.Errorf("make stream %s: %w", streamName, err)
	}
	c, err := q.js.CreateOrUpdateConsumer(ctx, streamName, jetstream.ConsumerConfig{
		Durable:       consumerName,
		FilterSubject: workSubject,
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       q.opts.AckWait,
		// Without end: a message that used up its deliveries would stay in the
		// stream for ever, and its delivery with it.
		MaxDeliver:    -1,
		MaxAckPending: maxAckPending,
	})
	if err != nil {
		return fmt.Errorf("make consumer %s of stream %s: %w", consumerName, streamName, err)
	}
	q.mu.Lock()
	q.consumer = c
	q.mu.Unlock()
	return nil
}

// ensureAtStart gives a cluster that is just starting some time to elect its
// leaders. A request that is refused outright is not repeated.
func (q *Queue) ensureAtStart(ctx context.Context) error {
	const most = 10 * time.Second
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for tries := 0; ; tries++ {
		err := q.ensure(ctx)
		if err == nil || refused(err) || !wait(ctx, pause(tries)) {
			return err
		}
	}
}

// refused reports whether the server understood and will not, as against that it
// cannot now. A stream that would have to be of another kind is a 500 to it.
func refused(err error) bool {
	const codeInvalidUpdate = 10052
	var api *jetstream.APIError
	if !errors.As(err, &api) {
		return false
	}
	return api.Code < 500 || api.ErrorCode == codeInvalidUpdate
}
