package queue

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// fetchWait is for how long the server keeps one request for work open.
	fetchWait = 5 * time.Second
	// fetchHeartbeat is how often it says meanwhile that it is there. After twice
	// that in silence the request is made again; with the library's default of
	// half a minute, work stood still for that long after a server died.
	fetchHeartbeat = time.Second
	// ackTimeout is for how long a worker waits for the confirmation that its
	// work is gone. None comes if the server died in between.
	ackTimeout = 2 * time.Second
)

// Consume gives work to handle, in at most workers goroutines at a time, until
// ctx ends or the queue is closed. Then it takes no more, waits for the handlers
// that run, and returns nil. Whatever is wrong with the server or the stream
// meanwhile, it goes on trying, with growing pauses.
//
// It takes no more work than it has free workers for, so that none lies about
// here that another node could do. A handler may take as long as it likes: the
// server is told that the work is still being done.
//
// The context of a handler ends with ctx. What handle returns decides:
//
//   - nil: the message is acknowledged and gone.
//   - an error: it is acknowledged and gone all the same, and counted as
//     [Failed]. When it is to be tried again stands in the ledger, which
//     publishes it then; a message put back here would come too soon, and with
//     some hundred of them none would come at all (they count as pending).
//     If the handler could not even write to the ledger, the ledger still has
//     it as due or in work, and its sweep brings it back.
//   - an error after ctx ended: it is given back, and another node gets it at
//     once.
//
// Work may come twice, also while the first is still being done, so handle asks
// the ledger before it acts. A message that is no work is dropped for good.
func (q *Queue) Consume(ctx context.Context, workers int, handle func(ctx context.Context, w Work) error) error {
	if workers < 1 {
		return fmt.Errorf("consume with %d workers: want at least 1", workers)
	}
	ctx, leave, err := q.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	c := &consumption{
		q: q, handle: handle,
		free:    make(chan struct{}, workers),
		held:    map[jetstream.Msg]bool{},
		trouble: changes{log: q.log, bad: "taking work from the queue fails", good: "taking work from the queue works again"},
		acks:    changes{log: q.log, bad: "acknowledging work fails", good: "acknowledging work works again"},
	}
	for range workers {
		c.free <- struct{}{}
	}
	alive, stopAlive := context.WithCancel(context.WithoutCancel(ctx))
	var heart sync.WaitGroup
	heart.Go(func() { c.keepAlive(alive) })
	c.run(ctx)
	c.running.Wait() // with the heart still beating
	stopAlive()
	heart.Wait()
	return nil
}

// consumption is one call of Consume.
type consumption struct {
	q       *Queue
	handle  func(context.Context, Work) error
	free    chan struct{} // a token for each worker that has nothing to do
	running sync.WaitGroup
	trouble changes
	acks    changes

	mu   sync.Mutex
	held map[jetstream.Msg]bool // in the hands of workers
}

func (c *consumption) run(ctx context.Context) {
	failures := 0
	for ctx.Err() == nil {
		err := c.take(ctx)
		if err == nil {
			failures = 0
			c.trouble.fine()
			continue
		}
		if ctx.Err() != nil {
			return
		}
		c.trouble.failed(err)
		if !wait(ctx, pause(failures)) {
			return
		}
		failures++
		// Whatever it was, it may be that the stream or the consumer is gone.
		if err := c.q.ensure(ctx); err != nil && ctx.Err() == nil {
			c.trouble.failed(err)
		}
	}
}

// take asks for as much work as there are free workers, and gives it to them as
// it comes. As long as the request is open, whatever is published fills it, so
// nothing waits for a worker that became free in between.
func (c *consumption) take(ctx context.Context) error {
	n := c.reserve(ctx)
	defer func() { c.release(n) }()
	if n == 0 {
		return ctx.Err()
	}
	c.q.mu.Lock()
	consumer := c.q.consumer
	c.q.mu.Unlock()
	fetch, cancel := context.WithTimeout(ctx, fetchWait)
	defer cancel()
	batch, err := consumer.Fetch(n, jetstream.FetchContext(fetch), jetstream.FetchHeartbeat(fetchHeartbeat))
	if err != nil {
		return fmt.Errorf("ask for work: %w", err)
	}
	for m := range batch.Messages() {
		if ctx.Err() != nil {
			c.giveBack(m)
			continue
		}
		w, err := parseWork(m.Data())
		if err != nil {
			c.drop(m)
			continue
		}
		n--
		c.start(ctx, m, w)
	}
	if err := batch.Error(); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("wait for work: %w", err)
	}
	return nil
}

// reserve waits for a free worker and takes all that are free.
func (c *consumption) reserve(ctx context.Context) int {
	select {
	case <-c.free:
	case <-ctx.Done():
		return 0
	}
	for n := 1; ; n++ {
		select {
		case <-c.free:
		default:
			return n
		}
	}
}

func (c *consumption) release(n int) {
	for range n {
		c.free <- struct{}{}
	}
}

// start runs the handler in a goroutine that Consume waits for.
func (c *consumption) start(ctx context.Context, m jetstream.Msg, w Work) {
	c.mu.Lock()
	c.held[m] = true
	c.mu.Unlock()
	c.running.Go(func() {
		defer c.release(1)
		err := c.handle(ctx, w)
		c.mu.Lock()
		delete(c.held, m)
		c.mu.Unlock()
		if err != nil && ctx.Err() != nil {
			c.giveBack(m)
			c.q.observe(Returned, w)
			return
		}
		kind := Acked
		if err != nil {
			kind = Failed
		}
		// It is acknowledged also when we are stopping, and the confirmation is
		// waited for; if it does not come, the work comes again, which is harmless.
		ack, cancel := context.WithTimeout(context.WithoutCancel(ctx), ackTimeout)
		defer cancel()
		if err := m.DoubleAck(ack); err != nil {
			c.acks.failed(err)
			return
		}
		c.acks.fine()
		c.q.observe(kind, w)
	})
}

// giveBack lets another node have the message at once. If that fails, it has it
// after AckWait.
func (c *consumption) giveBack(m jetstream.Msg) { _ = m.Nak() }

// drop removes a message that no version of us wrote. It is not logged what
// stands in it.
func (c *consumption) drop(m jetstream.Msg) {
	var seq uint64
	if meta, err := m.Metadata(); err == nil {
		seq = meta.Sequence.Stream
	}
	c.q.log.Warn("a message in the queue is no work and was dropped", "sequence", seq)
	if err := m.TermWithReason("not a delivery and an attempt"); err != nil {
		c.acks.failed(err)
		return
	}
	c.q.observe(Dropped, Work{})
}

// keepAlive tells the server of each message in our hands, four times as often
// as it asks for.
func (c *consumption) keepAlive(ctx context.Context) {
	tick := time.NewTicker(c.q.opts.AckWait / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		c.mu.Lock()
		for m := range c.held {
			if err := m.InProgress(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
				c.acks.failed(err)
			}
		}
		c.mu.Unlock()
	}
}
