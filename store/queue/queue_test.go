package queue

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kairan/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// soon is how long a test waits for what must happen. Nothing waits that long
// where all is well.
const soon = 30 * time.Second

func embeddedOptions(t testing.TB) Options {
	return Options{StoreDir: filepath.Join(t.TempDir(), "nats"), Name: "test"}
}

func connect(t testing.TB, o Options) *Queue {
	t.Helper()
	q, err := Connect(t.Context(), o)
	if err != nil {
		t.Fatalf("Connect: %v", err)
	}
	t.Cleanup(func() {
		if err := q.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return q
}

// works makes n pieces of work, each of a delivery of its own.
func works(n int) []Work {
	var out []Work
	for range n {
		out = append(out, Work{Delivery: store.DeliveryID("d" + string(store.NewVaultID(time.Now())[1:])), Attempt: 1})
	}
	return out
}

func publishAll(t testing.TB, q *Queue, w []Work) {
	t.Helper()
	if n, err := q.PublishAll(t.Context(), w); n != len(w) || err != nil {
		t.Fatalf("PublishAll of %d = %d, %v", len(w), n, err)
	}
}

// recorder counts what handlers and observers are given.
type recorder struct {
	mu      sync.Mutex
	count   map[string]int
	changed chan struct{}
}

func newRecorder() *recorder {
	return &recorder{count: map[string]int{}, changed: make(chan struct{}, 1)}
}

func (r *recorder) add(key string) {
	r.mu.Lock()
	r.count[key]++
	r.mu.Unlock()
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

func (r *recorder) get(key string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count[key]
}

func (r *recorder) observe(e Event) { r.add(string(e.Kind)) }

// until waits until the count of a key has reached n.
func (r *recorder) until(t testing.TB, key string, n int) {
	t.Helper()
	late := time.After(soon)
	for r.get(key) < n {
		select {
		case <-r.changed:
		case <-late:
			t.Fatalf("%q was seen %d times; want %d", key, r.get(key), n)
		}
	}
}

// consume runs Consume until stop is called, which waits for it.
func consume(t testing.TB, q *Queue, workers int, handle func(context.Context, Work) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- q.Consume(ctx, workers, handle) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Consume = %v; want nil", err)
			}
		case <-time.After(soon):
			t.Errorf("Consume does not end")
		}
	})
	t.Cleanup(stop)
	return stop
}

func pending(t testing.TB, q *Queue) uint64 {
	t.Helper()
	s, err := q.js.Stream(t.Context(), streamName)
	if err != nil {
		t.Fatal(err)
	}
	return s.CachedInfo().State.Msgs
}

func TestRoundTrip(t *testing.T) {
	const workers, n = 4, 500
	seen, events := newRecorder(), newRecorder()
	o := embeddedOptions(t)
	o.Observe = events.observe
	q := connect(t, o)
	all := works(n)
	publishAll(t, q, all[:n-1])
	if duplicate, err := q.Publish(t.Context(), all[n-1].Delivery, all[n-1].Attempt); duplicate || err != nil {
		t.Fatalf("Publish = %v, %v", duplicate, err)
	}
	var now, most atomic.Int32
	stop := consume(t, q, workers, func(_ context.Context, w Work) error {
		for k := now.Add(1); ; {
			old := most.Load()
			if k <= old || most.CompareAndSwap(old, k) {
				break
			}
		}
		seen.add(w.String())
		now.Add(-1)
		return nil
	})
	events.until(t, string(Acked), n)
	stop()
	for _, w := range all {
		if seen.get(w.String()) != 1 {
			t.Errorf("%s came %d times; want once", w, seen.get(w.String()))
		}
	}
	if events.get(string(Published)) != n || events.get(string(Acked)) != n || most.Load() > workers || pending(t, q) != 0 {
		t.Errorf("%d published, %d acked, %d at once, %d left; want %d, %d, at most %d, 0",
			events.get(string(Published)), events.get(string(Acked)), most.Load(), pending(t, q), n, n, workers)
	}
	if err := q.Health(); err != nil {
		t.Errorf("Health = %v", err)
	}
}

func TestTheSameAttemptIsOneMessage(t *testing.T) {
	q := connect(t, embeddedOptions(t))
	w := works(1)[0]
	for i, want := range []bool{false, true, true} {
		if got, err := q.Publish(t.Context(), w.Delivery, w.Attempt); got != want || err != nil {
			t.Errorf("Publish number %d of the same attempt: duplicate = %v, %v; want %v", i+1, got, err, want)
		}
	}
	if got, err := q.Publish(t.Context(), w.Delivery, w.Attempt+1); got || err != nil {
		t.Errorf("Publish of the next attempt: duplicate = %v, %v; want false", got, err)
	}
	if n, err := q.PublishAll(t.Context(), []Work{w, w, w}); n != 3 || err != nil {
		t.Errorf("PublishAll of duplicates = %d, %v; want all confirmed", n, err)
	}
	if n := pending(t, q); n != 2 {
		t.Errorf("%d messages; want 2", n)
	}
}

func TestFull(t *testing.T) {
	for name, set := range map[string]func(*Options){
		"messages": func(o *Options) { o.MaxMsgs = 10 },
		"bytes":    func(o *Options) { o.MaxBytes = 2000 },
	} {
		events := newRecorder()
		o := embeddedOptions(t)
		set(&o)
		o.Observe = events.observe
		q := connect(t, o)
		all := works(40)
		n, err := q.PublishAll(t.Context(), all)
		if !errors.Is(err, ErrFull) || n < 5 || n > 20 || uint64(n) != pending(t, q) {
			t.Fatalf("%s: PublishAll = %d, %v with %d in the stream; want the same number and ErrFull", name, n, err, pending(t, q))
		}
		if _, err := q.Publish(t.Context(), all[39].Delivery, 1); !errors.Is(err, ErrFull) {
			t.Errorf("%s: Publish into a full queue = %v; want ErrFull", name, err)
		}
		if duplicate, err := q.Publish(t.Context(), all[0].Delivery, 1); !duplicate || err != nil {
			t.Logf("%s: a duplicate for a full queue: %v, %v", name, duplicate, err)
		}
		stop := consume(t, q, 2, func(context.Context, Work) error { return nil })
		events.until(t, string(Acked), n)
		more, err := q.PublishAll(t.Context(), all[n:n+3])
		if more != 3 || err != nil {
			t.Errorf("%s: PublishAll with room again = %d, %v; want 3", name, more, err)
		}
		stop()
	}
}

func TestRefusedWork(t *testing.T) {
	q := connect(t, embeddedOptions(t))
	good := works(1)[0]
	for _, w := range []Work{{}, {Delivery: "d1"}, {Delivery: good.Delivery + "\r\n"}, {Delivery: "n" + good.Delivery[1:]}, {Delivery: good.Delivery, Attempt: -1}, {Delivery: good.Delivery, Attempt: maxAttempt + 1}} {
		_, err := q.Publish(t.Context(), w.Delivery, w.Attempt)
		if err == nil {
			t.Errorf("Publish(%q, %d) succeeded", w.Delivery, w.Attempt)
		}
		if n, err := q.PublishAll(t.Context(), []Work{good, w}); n != 0 || err == nil {
			t.Errorf("PublishAll with %q = %d, %v; want an error before anything is sent", w, n, err)
		}
	}
	if err := q.Consume(t.Context(), 0, nil); err == nil {
		t.Errorf("Consume without workers succeeded")
	}
}

func TestPublishAllEndsWithItsContext(t *testing.T) {
	q := connect(t, embeddedOptions(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if n, err := q.PublishAll(ctx, works(1000)); n == 1000 || !errors.Is(err, context.Canceled) {
		t.Errorf("PublishAll = %d, %v; want context.Canceled", n, err)
	}
	if n, err := q.PublishAll(ctx, nil); n != 0 || err != nil {
		t.Errorf("PublishAll of nothing = %d, %v; want nothing", n, err)
	}
}

// A handler that fails does not get the same work again from the queue: when it
// is due again is the ledger's to say.
func TestHandlerError(t *testing.T) {
	seen, events := newRecorder(), newRecorder()
	o := embeddedOptions(t)
	o.Observe = events.observe
	q := connect(t, o)
	all := works(20)
	publishAll(t, q, all)
	stop := consume(t, q, 3, func(_ context.Context, w Work) error {
		seen.add(w.String())
		return errors.New("the ledger is lost")
	})
	events.until(t, string(Failed), len(all))
	stop()
	for _, w := range all {
		if seen.get(w.String()) != 1 {
			t.Errorf("%s came %d times; want once", w, seen.get(w.String()))
		}
	}
	if n := pending(t, q); n != 0 || events.get(string(Acked)) != 0 {
		t.Errorf("%d left, %d acked; want none", n, events.get(string(Acked)))
	}
}

// Stopping waits for the handlers that run, tells them, counts what they did,
// and takes nothing new.
func TestStopDrains(t *testing.T) {
	const workers = 3
	started, events := newRecorder(), newRecorder()
	release := make(chan struct{})
	o := embeddedOptions(t)
	o.Observe = events.observe
	q := connect(t, o)
	publishAll(t, q, works(10))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- q.Consume(ctx, workers, func(ctx context.Context, w Work) error {
			started.add("start")
			<-ctx.Done() // the handler is told
			started.add("told")
			<-release
			return nil // and finished in time
		})
	}()
	started.until(t, "start", workers)
	cancel()
	started.until(t, "told", workers)
	select {
	case err := <-done:
		t.Fatalf("Consume returned %v with handlers running", err)
	default:
	}
	close(release)
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("Consume = %v; want nil", err)
		}
	case <-time.After(soon):
		t.Fatal("Consume does not end")
	}
	if started.get("start") != workers || events.get(string(Acked)) != workers || pending(t, q) != 10-workers {
		t.Errorf("%d started, %d acked, %d left; want %d, %d, %d", started.get("start"), events.get(string(Acked)), pending(t, q), workers, workers, 10-workers)
	}
}

// Work that was stopped in the middle goes to another worker at once, and not
// only when AckWait is over.
func TestStoppedWorkIsGivenBack(t *testing.T) {
	seen, events := newRecorder(), newRecorder()
	o := embeddedOptions(t)
	o.Observe = events.observe
	o.AckWait = time.Hour
	q := connect(t, o)
	publishAll(t, q, works(1))
	stop := consume(t, q, 1, func(ctx context.Context, w Work) error {
		seen.add("first")
		<-ctx.Done()
		return ctx.Err()
	})
	seen.until(t, "first", 1)
	stop()
	if events.get(string(Returned)) != 1 {
		t.Errorf("%d returned; want 1", events.get(string(Returned)))
	}
	stop = consume(t, q, 1, func(context.Context, Work) error { return nil })
	events.until(t, string(Acked), 1)
	stop()
}

// A handler may take much longer than AckWait.
func TestSlowHandlerKeepsItsWork(t *testing.T) {
	seen, events := newRecorder(), newRecorder()
	o := embeddedOptions(t)
	o.Observe = events.observe
	o.AckWait = 2 * time.Second
	q := connect(t, o)
	publishAll(t, q, works(2))
	stop := consume(t, q, 4, func(ctx context.Context, w Work) error {
		seen.add(w.String())
		<-time.After(o.AckWait * 3 / 2)
		return nil
	})
	events.until(t, string(Acked), 2)
	stop()
	if len(seen.count) != 2 || events.get(string(Acked)) != 2 {
		t.Errorf("work came %v; want each once", seen.count)
	}
	for w, n := range seen.count {
		if n != 1 {
			t.Errorf("%s came %d times; want once", w, n)
		}
	}
}

func TestStrangeMessagesAreDropped(t *testing.T) {
	var log bytes.Buffer
	events := newRecorder()
	o := embeddedOptions(t)
	o.Observe = events.observe
	o.Log = slog.New(slog.NewTextHandler(&log, nil))
	q := connect(t, o)
	for _, s := range []string{"", "secret@member.example", "d0123456789abcdefghjk", "d0123456789abcdefghjk.-1", strings.Repeat("x", 900)} {
		if _, err := q.js.Publish(t.Context(), workSubject, []byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	publishAll(t, q, works(1))
	stop := consume(t, q, 2, func(context.Context, Work) error { return nil })
	events.until(t, string(Acked), 1)
	events.until(t, string(Dropped), 5)
	stop()
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(log.String(), "member.example") || strings.Count(log.String(), "was dropped") != 5 {
		t.Errorf("the log should tell of 5 and not what stood in them:\n%s", &log)
	}
}

func TestClose(t *testing.T) {
	q := connect(t, embeddedOptions(t))
	publishAll(t, q, works(3))
	started, ended := newRecorder(), make(chan error, 2)
	go func() {
		ended <- q.Consume(t.Context(), 1, func(ctx context.Context, _ Work) error {
			started.add("start")
			<-ctx.Done()
			return ctx.Err()
		})
	}()
	go func() { ended <- q.Watch(t.Context(), func(string, string) {}) }()
	started.until(t, "start", 1)
	for range 2 {
		if err := q.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	}
	for range 2 {
		if err := <-ended; err != nil && !errors.Is(err, ErrClosed) {
			t.Errorf("Consume or Watch after Close = %v", err)
		}
	}
	q.Announce(SubjectReport, "r0123456789abcdefghjk") // nothing happens
	_, publishErr := q.Publish(t.Context(), works(1)[0].Delivery, 1)
	_, publishAllErr := q.PublishAll(t.Context(), works(1))
	for what, err := range map[string]error{
		"Publish": publishErr, "PublishAll": publishAllErr, "Health": q.Health(),
		"Consume": q.Consume(t.Context(), 1, nil), "Watch": q.Watch(t.Context(), nil),
	} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s after Close = %v; want ErrClosed", what, err)
		}
	}
}

// The embedded server starts again on its folder, empty.
func TestStartAgain(t *testing.T) {
	o := embeddedOptions(t)
	for range 3 {
		q := connect(t, o)
		if n := pending(t, q); n != 0 {
			t.Errorf("%d messages after a start; want none", n)
		}
		publishAll(t, q, works(10))
		if err := q.Close(); err != nil {
			t.Fatal(err)
		}
	}
	// Nothing of the work lies on the disk.
	err := filepath.WalkDir(o.StoreDir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte("d0")) && bytes.Contains(b, []byte(".1")) {
			t.Errorf("%s holds work", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestEmbeddedThatCannotStart(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "jetstream"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ dir, want string }{
		"no folder":              {"", "no folder"},
		"a file":                 {filepath.Join(dir, "jetstream"), "not a directory"},
		"told to the log only":   {dir, "storage directory is not a directory"},
		"below something else's": {filepath.Join(dir, "jetstream", "x"), "not a directory"},
	} {
		q, err := Connect(t.Context(), Options{StoreDir: c.dir})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Connect = %v; want an error that says %q", name, err, c.want)
		}
		if q != nil {
			t.Errorf("%s: Connect returned a queue with an error", name)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Connect(ctx, embeddedOptions(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("Connect with an ended context = %v; want context.Canceled", err)
	}
}

func TestEvents(t *testing.T) {
	q := connect(t, embeddedOptions(t))
	ctx, cancel := context.WithCancel(t.Context())
	seen, done := newRecorder(), make(chan error, 1)
	go func() { done <- q.Watch(ctx, func(subject, id string) { seen.add(subject + " " + id) }) }()
	const id = "0123456789abcdefghjk"
	// Whoever subscribes later misses it, so it is told until it is seen.
	late := time.After(soon)
	for seen.get(SubjectNotice+" n"+id) == 0 {
		q.Announce(SubjectNotice, "n"+id)
		select {
		case <-seen.changed:
		case <-time.After(10 * time.Millisecond):
		case <-late:
			t.Fatal("no event came")
		}
	}
	for _, e := range [][2]string{{SubjectNotice, "r" + id}, {SubjectReport, "secret@member.example"}, {SubjectReport, ""}, {"kairan.event.other", "n" + id}, {"", "n" + id}} {
		q.Announce(e[0], e[1])
	}
	if err := q.nc.Publish(SubjectReport, []byte("<script>")); err != nil { // somebody else's
		t.Fatal(err)
	}
	q.Announce(SubjectReport, "r"+id)
	q.Announce(SubjectDelivery, "d"+id)
	seen.until(t, SubjectDelivery+" d"+id, 1)
	if len(seen.count) != 3 || seen.get(SubjectReport+" r"+id) != 1 {
		t.Errorf("events %v; want only one of each kind", seen.count)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Watch = %v; want nil", err)
	}
}

func TestPauseGrows(t *testing.T) {
	for failures, want := range []time.Duration{100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond, 1600 * time.Millisecond, 3200 * time.Millisecond, 6400 * time.Millisecond, 10 * time.Second, 10 * time.Second} {
		for range 20 {
			if d := pause(failures); d < want*8/10 || d > want*12/10 {
				t.Errorf("pause(%d) = %v; want %v give or take a fifth", failures, d, want)
			}
		}
	}
	for _, failures := range []int{-1, 1000, 1 << 40} {
		if d := pause(failures); d <= 0 || d > 12*time.Second {
			t.Errorf("pause(%d) = %v", failures, d)
		}
	}
}

func TestOnlyChangesAreLogged(t *testing.T) {
	var log bytes.Buffer
	c := changes{log: slog.New(slog.NewTextHandler(&log, nil)), bad: "BAD", good: "GOOD"}
	c.fine()
	for i := range 1000 {
		c.failed(errors.New("one"))
		c.failed(fmt.Errorf("another %d", i))
	}
	c.fine()
	c.fine()
	c.failed(errors.New("one"))
	if bad, good := strings.Count(log.String(), "BAD"), strings.Count(log.String(), "GOOD"); bad != 17 || good != 1 {
		t.Errorf("trouble was told %d times and its end %d times; want 16+1 and 1", bad, good)
	}
}
