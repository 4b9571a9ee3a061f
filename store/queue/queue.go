// Package queue carries work that is due now from the ledger to the workers,
// over NATS JetStream, and events to whoever watches.
//
// It decides nothing. Its messages hold identifiers and nothing else, and all
// that it holds may be lost at any moment: the ledger publishes again whatever
// is due. That is why the stream lies in memory where the server is our own,
// why a message is not put back for later when its work failed (retry times
// live in the ledger), and why work may come twice: whoever takes it asks the
// ledger first whether it is still to be done.
//
// The server is embedded in the process, and listens on no port, unless a URL
// names another one. Several nodes share one external server or cluster.
//
//	kairan.work.deliver    stream KAIRAN_WORK, consumer "deliver": "<delivery>.<attempt>"
//	kairan.event.*         core NATS, at most once: an id
package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// ErrFull is wrapped by the errors of Publish and PublishAll when the stream is
// at its limit. Nothing is wrong: the rest waits in the ledger.
var ErrFull = errors.New("the queue is full")

// ErrClosed is returned by every call after Close.
var ErrClosed = errors.New("the queue is closed")

// Defaults of [Options].
const (
	DefaultMaxMsgs  = 100_000
	DefaultMaxBytes = 64 << 20
	DefaultAckWait  = 2 * time.Minute
)

// Options say where the queue is. The zero value but for StoreDir is an embedded
// server.
type Options struct {
	// URL of an external server ("tls://nats.example:4222"), several with commas
	// between. Empty: a server in this process. Unless the host is a loopback
	// address, the connection is TLS or it is refused. A user or password in it
	// is refused too, because URLs get logged; that is what Credentials is for.
	URL string
	// Credentials is the path of a .creds file (user JWT and nkey seed).
	Credentials string
	// CA is the path of a PEM file with the certificates that the server's is
	// verified with; empty: those of the system.
	CA string
	// Cert and Key are paths of PEM files with our own certificate, if the
	// server asks for one.
	Cert, Key string
	// StoreDir is the folder of the embedded server, made where it is missing.
	// Required without URL. Two servers on one folder damage each other and do
	// not notice: lock it (vault.LockDir).
	StoreDir string
	// MaxMsgs and MaxBytes limit the stream; 0 means the defaults.
	MaxMsgs, MaxBytes int64
	// AckWait is after how long without a sign of life the work of a worker is
	// given to another; 0 means the default. Workers give such a sign every
	// quarter of it.
	AckWait time.Duration
	// Name tells this node from others in the server's own lists.
	Name string
	// Log is where changes are told; nil: nowhere.
	Log *slog.Logger
	// Observe, if not nil, is called right after each step that was confirmed, in
	// the goroutine that took it. It must not block.
	Observe func(Event)
}

// EventKind says what happened to a piece of work.
type EventKind string

// Kinds of events.
const (
	// Published: the server confirmed that it has it, or had it.
	Published EventKind = "published"
	// Acked: the handler returned nil, and the server confirmed that it forgot it.
	Acked EventKind = "acked"
	// Failed: the handler returned an error, and the server confirmed that it
	// forgot it all the same.
	Failed EventKind = "failed"
	// Returned: this process stopped before it was done; somebody else gets it.
	Returned EventKind = "returned"
	// Dropped: a message that is no work; its Work is zero.
	Dropped EventKind = "dropped"
)

// Event is one confirmed step of one piece of work.
type Event struct {
	Kind EventKind
	Work Work
}

// Queue is a connection to the server, and the server if it is embedded. It may
// be used by many goroutines at once.
type Queue struct {
	opts   Options
	log    *slog.Logger
	server *embedded // nil with an external server
	nc     *nats.Conn
	js     jetstream.JetStream
	closed chan struct{} // closed when the connection is closed for good

	ensuring sync.Mutex // held while the stream is made, so that one does it

	mu       sync.Mutex
	consumer jetstream.Consumer
	stopping bool
	users    sync.WaitGroup // Consumes and Watches under way
	stop     context.CancelFunc
	stopped  context.Context // ends when Close begins

	closeOnce sync.Once
	closeErr  error
}

// Connect starts the embedded server or connects to the external one, and makes
// the stream and its consumer where they are missing. Its errors say what to do.
// Once it succeeded, a lost connection is restored for as long as it takes.
func Connect(ctx context.Context, o Options) (*Queue, error) {
	if o.MaxMsgs <= 0 {
		o.MaxMsgs = DefaultMaxMsgs
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.AckWait <= 0 {
		o.AckWait = DefaultAckWait
	}
	q := &Queue{opts: o, log: o.Log, closed: make(chan struct{})}
	if q.log == nil {
		q.log = slog.New(slog.DiscardHandler)
	}
	q.stopped, q.stop = context.WithCancel(context.WithoutCancel(ctx))
	if err := q.connect(ctx); err != nil {
		return nil, errors.Join(err, q.Close())
	}
	return q, nil
}

func (q *Queue) connect(ctx context.Context) error {
	var err error
	if q.opts.URL == "" {
		if q.server, err = startEmbedded(ctx, q.opts, q.log); err != nil {
			return fmt.Errorf("start the embedded NATS server: %w", err)
		}
	}
	if q.nc, err = dial(ctx, q.opts, q.server, q.log, q.closed); err != nil {
		return fmt.Errorf("connect to NATS: %w", err)
	}
	q.js, err = jetstream.New(q.nc,
		jetstream.WithDefaultTimeout(requestTimeout),
		jetstream.WithPublishAsyncMaxPending(16*publishWindow),
		jetstream.WithPublishAsyncTimeout(requestTimeout))
	if err != nil {
		return fmt.Errorf("use JetStream: %w", err)
	}
	if err := q.ensureAtStart(ctx); err != nil {
		return fmt.Errorf("make the streams: %w", explainJetStream(err))
	}
	return nil
}

// enter registers a call that Close has to wait for. The context ends when ctx
// or the queue does.
func (q *Queue) enter(ctx context.Context) (context.Context, func(), error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.stopping {
		return nil, nil, ErrClosed
	}
	q.users.Add(1)
	ctx, cancel := context.WithCancel(ctx)
	unlink := context.AfterFunc(q.stopped, cancel)
	return ctx, func() { unlink(); cancel(); q.users.Done() }, nil
}

// Close stops Consume and Watch and waits for them, hands what was published to
// the server, closes the connection and then the embedded server, in this order.
// It may be called twice.
func (q *Queue) Close() error {
	q.closeOnce.Do(func() {
		q.mu.Lock()
		q.stopping = true
		q.mu.Unlock()
		q.stop()
		q.users.Wait()
		if q.nc != nil {
			if err := q.nc.Drain(); err != nil && !errors.Is(err, nats.ErrConnectionReconnecting) && !errors.Is(err, nats.ErrConnectionClosed) {
				q.closeErr = fmt.Errorf("drain the NATS connection: %w", err)
			}
			select {
			case <-q.closed:
			case <-time.After(2 * drainTimeout):
				q.nc.Close()
				<-q.closed
			}
		}
		if q.server != nil {
			q.server.shutdown()
		}
	})
	return q.closeErr
}

// Health returns nil if work could be published and taken just now. It asks the
// server and takes at most two seconds.
func (q *Queue) Health() error {
	ctx, leave, err := q.enter(context.Background())
	if err != nil {
		return err
	}
	defer leave()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if q.server != nil {
		if err := q.server.health(); err != nil {
			return fmt.Errorf("the embedded NATS server: %w", err)
		}
	}
	if s := q.nc.Status(); s != nats.CONNECTED {
		return fmt.Errorf("the connection to NATS is %s", s)
	}
	if _, err := q.js.Consumer(ctx, streamName, consumerName); err != nil {
		return fmt.Errorf("ask for the consumer of stream %s: %w", streamName, err)
	}
	return nil
}

func (q *Queue) observe(kind EventKind, w Work) {
	if q.opts.Observe != nil {
		q.opts.Observe(Event{Kind: kind, Work: w})
	}
}
