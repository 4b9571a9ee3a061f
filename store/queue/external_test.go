package queue

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"kairan/store/queue/natstest"
)

func TestSecureServer(t *testing.T) {
	s := natstest.Start(t, natstest.Options{Secure: true})
	events := newRecorder()
	q := connect(t, Options{URL: s.URL, CA: s.CA, Credentials: s.Credentials, Observe: events.observe})
	publishAll(t, q, works(50))
	stop := consume(t, q, 4, func(context.Context, Work) error { return nil })
	events.until(t, string(Acked), 50)
	stop()
	if _, err := q.nc.TLSConnectionState(); err != nil {
		t.Errorf("the connection is not TLS: %v", err)
	}
	if err := q.Health(); err != nil {
		t.Errorf("Health = %v", err)
	}
}

// Each mistake in the settings is told with what to do about it.
func TestWrongSettings(t *testing.T) {
	s := natstest.Start(t, natstest.Options{Secure: true})
	plain := natstest.Start(t, natstest.Options{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "nats://" + l.Addr().String()
	_ = l.Close()
	absent := filepath.Join(t.TempDir(), "absent")
	for name, c := range map[string]struct {
		o    Options
		is   error
		want string
	}{
		"wrong credentials":   {Options{URL: s.URL, CA: s.CA, Credentials: s.WrongCredentials}, nats.ErrAuthorization, "refuses the credentials in " + s.WrongCredentials},
		"no credentials":      {Options{URL: s.URL, CA: s.CA}, nats.ErrAuthorization, "none are configured"},
		"absent credentials":  {Options{URL: s.URL, CA: s.CA, Credentials: absent}, nil, absent},
		"wrong authority":     {Options{URL: s.URL, CA: s.WrongCA, Credentials: s.Credentials}, nats.ErrTLS, "configure the PEM file"},
		"no authority":        {Options{URL: s.URL, Credentials: s.Credentials}, nats.ErrTLS, "configure the PEM file"},
		"absent authority":    {Options{URL: s.URL, CA: absent}, nil, absent},
		"authority is no PEM": {Options{URL: s.URL, CA: s.Credentials + "x"}, nil, s.Credentials},
		"wrong name":          {Options{URL: strings.Replace(s.URL, "127.0.0.1", "localhost", 1), CA: s.CA, Credentials: s.Credentials}, nats.ErrTLS, "for another name"},
		"no TLS there":        {Options{URL: strings.Replace(plain.URL, "nats:", "tls:", 1)}, nats.ErrSecureConnWanted, "offers no TLS"},
		"nobody there":        {Options{URL: nobody}, nats.ErrNoServers, "whether the server runs"},
		"absent certificate":  {Options{URL: s.URL, CA: s.CA, Cert: absent, Key: absent}, nil, absent},
	} {
		q, err := Connect(t.Context(), c.o)
		if q != nil || err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Connect = %v; want an error that says %q and is %v", name, err, c.want, c.is)
		}
	}
}

func TestURLs(t *testing.T) {
	for s, want := range map[string]struct {
		secure bool
		err    string
	}{
		"nats://127.0.0.1:4222":                       {false, ""},
		"nats://[::1]:4222":                           {false, ""},
		"nats://localhost:4222":                       {false, ""},
		"tls://127.0.0.1:4222":                        {true, ""},
		"nats://nats.example:4222":                    {true, ""},
		"nats://192.0.2.1":                            {true, ""},
		"nats://127.0.0.1.nats.example":               {true, ""},
		"nats://127.0.0.1, nats://192.0.2.1":          {true, ""},
		"tls://a.example:4222,tls://b.example:4222":   {true, ""},
		"nats://user:hunter2@nats.example":            {false, "credentials file"},
		"nats://127.0.0.1,nats://u:hunter2@127.0.0.1": {false, "credentials file"},
		"http://hunter2.example":                      {false, "tls://"},
		"nats.example:4222":                           {false, "form"},
		"nats://":                                     {false, "form"},
		"nats://us%er:hunter2@x":                      {false, "form"},
	} {
		secure, err := checkURL(s)
		if want.err == "" && (err != nil || secure != want.secure) || want.err != "" && (err == nil || !strings.Contains(err.Error(), want.err) || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("checkURL(%q) = %v, %v; want %v, error with %q and without the password", s, secure, err, want.secure, want.err)
		}
	}
}

// interrupted publishes work, begins to consume it, and disturbs the server
// when some of it is done.
type interrupted struct {
	q            *Queue
	seen, events *recorder
	all          []Work
	log          *syncBuffer
}

// syncBuffer is a log that may be read while it is written.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func interrupt(t *testing.T, o Options, disturb func(*Queue)) *interrupted {
	t.Helper()
	i := &interrupted{seen: newRecorder(), events: newRecorder(), all: works(60), log: &syncBuffer{}}
	o.Observe = i.events.observe
	o.AckWait = 3 * time.Second
	o.Log = slog.New(slog.NewTextHandler(i.log, nil))
	i.q = connect(t, o)
	publishAll(t, i.q, i.all)
	step := make(chan struct{})
	consume(t, i.q, 2, func(ctx context.Context, w Work) error {
		select {
		case <-step:
		case <-ctx.Done():
			return ctx.Err()
		}
		i.seen.add(w.String())
		i.seen.add("all")
		return nil
	})
	for range 20 {
		step <- struct{}{}
	}
	disturb(i.q)
	close(step)
	return i
}

// until waits until each piece of work was handled at least once.
func (i *interrupted) until(t *testing.T, all []Work) {
	t.Helper()
	for _, w := range all {
		i.seen.until(t, w.String(), 1)
	}
}

// With a disk, nothing is lost over a restart, and the work goes on by itself.
func TestServerRestarts(t *testing.T) {
	s := natstest.Start(t, natstest.Options{})
	i := interrupt(t, Options{URL: s.URL}, func(*Queue) { s.Kill(); s.Restart() })
	i.until(t, i.all)
	again := works(20)
	if n, err := i.q.PublishAll(t.Context(), again); n != 20 || err != nil {
		t.Errorf("PublishAll after a restart = %d, %v", n, err)
	}
	i.until(t, again)
	if n := i.seen.get("all"); n > 80+2 {
		t.Errorf("%d came; want at most %d: those in the hands of two workers may come twice", n, 80+2)
	}
	for _, want := range []string{"connection to NATS lost", "connection to NATS restored"} {
		if strings.Count(i.log.String(), want) != 1 {
			t.Errorf("the log should say %q once:\n%s", want, i.log)
		}
	}
	if strings.Contains(i.log.String(), "127.0.0.1") {
		t.Errorf("the log has an address:\n%s", i.log)
	}
}

// A server that forgot everything gets the stream again, and then the work,
// from the ledger.
func TestServerForgets(t *testing.T) {
	s := natstest.Start(t, natstest.Options{Memory: true})
	i := interrupt(t, Options{URL: s.URL}, func(*Queue) { s.Restart() })
	// What the ledger's sweep does: publish again, and later again, what is due.
	sweep(t, i, i.all)
	i.until(t, i.all)
}

func sweep(t *testing.T, i *interrupted, work []Work) {
	t.Helper()
	late := time.After(soon)
	for {
		n, err := i.q.PublishAll(t.Context(), work)
		if err == nil {
			return
		}
		work = work[n:]
		select {
		case <-time.After(100 * time.Millisecond):
		case <-late:
			t.Fatalf("publishing again fails: %v", err)
		}
	}
}

func TestStreamIsDeleted(t *testing.T) {
	for _, where := range []string{"embedded", "external"} {
		t.Run(where, func(t *testing.T) {
			o := embeddedOptions(t)
			if where == "external" {
				o = Options{URL: natstest.Start(t, natstest.Options{}).URL}
			}
			i := interrupt(t, o, func(q *Queue) {
				if err := q.js.DeleteStream(t.Context(), streamName); err != nil {
					t.Fatal(err)
				}
			})
			sweep(t, i, i.all)
			i.until(t, i.all)
			if err := i.q.Health(); err != nil {
				t.Errorf("Health = %v", err)
			}
		})
	}
}

func TestConsumerIsDeleted(t *testing.T) {
	i := interrupt(t, embeddedOptions(t), func(q *Queue) {
		if err := q.js.DeleteConsumer(t.Context(), streamName, consumerName); err != nil {
			t.Fatal(err)
		}
	})
	i.until(t, i.all) // no message was lost, so nothing is published again
}

// Publish makes the stream too, also when nobody consumes.
func TestPublishMakesTheStream(t *testing.T) {
	q := connect(t, embeddedOptions(t))
	for _, publish := range []func(Work) error{
		func(w Work) error { _, err := q.Publish(t.Context(), w.Delivery, w.Attempt); return err },
		func(w Work) error { _, err := q.PublishAll(t.Context(), []Work{w}); return err },
	} {
		if err := q.js.DeleteStream(t.Context(), streamName); err != nil {
			t.Fatal(err)
		}
		if err := q.Health(); err == nil {
			t.Errorf("Health without the stream = nil")
		}
		if err := publish(works(1)[0]); err != nil {
			t.Errorf("publishing without the stream: %v", err)
		}
		if err := q.Health(); err != nil {
			t.Errorf("Health = %v", err)
		}
	}
}

// Two nodes share one server: each piece of work goes to one of them, and what
// the operator chose for the stream stays.
func TestTwoNodes(t *testing.T) {
	s := natstest.Start(t, natstest.Options{})
	one := connect(t, Options{URL: s.URL, Name: "one"})
	if err := one.js.DeleteStream(t.Context(), streamName); err != nil {
		t.Fatal(err)
	}
	_, err := one.js.CreateStream(t.Context(), jetstream.StreamConfig{Name: streamName, Subjects: []string{workSubject}, Retention: jetstream.WorkQueuePolicy, Storage: jetstream.MemoryStorage})
	if err != nil {
		t.Fatal(err)
	}
	seen, events := newRecorder(), newRecorder()
	two := connect(t, Options{URL: s.URL, Name: "two", Observe: events.observe})
	three := connect(t, Options{URL: s.URL, Name: "three", Observe: events.observe})
	stream, err := two.js.Stream(t.Context(), streamName)
	if err != nil {
		t.Fatal(err)
	}
	if c := stream.CachedInfo().Config; c.Storage != jetstream.MemoryStorage || c.Discard != jetstream.DiscardNew || c.MaxMsgs != DefaultMaxMsgs {
		t.Errorf("the stream is %+v; want its storage kept and its limits set", c)
	}
	all := works(300)
	publishAll(t, one, all)
	handle := func(_ context.Context, w Work) error { seen.add(w.String()); return nil }
	consume(t, two, 3, handle)
	consume(t, three, 3, handle)
	events.until(t, string(Acked), len(all))
	for _, w := range all {
		if seen.get(w.String()) != 1 {
			t.Errorf("%s came %d times; want once", w, seen.get(w.String()))
		}
	}
}

// A stream of that name that is something else is told, and left alone.
func TestStreamOfSomebodyElse(t *testing.T) {
	s := natstest.Start(t, natstest.Options{})
	nc, err := nats.Connect(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: streamName, Subjects: []string{"other"}, Retention: jetstream.InterestPolicy}); err != nil {
		t.Fatal(err)
	}
	if _, err := Connect(t.Context(), Options{URL: s.URL}); err == nil || !strings.Contains(err.Error(), "delete it; nothing is lost") {
		t.Errorf("Connect = %v; want an error that says what to do", err)
	}
}
