package smtpx

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kairan/distribute"
	"kairan/distribute/smtpx/smtptest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	envelope = distribute.Envelope{From: "hub@kairan.example", To: "desk@bank.example.jp"}
	letter   = []byte("From: hub@kairan.example\r\nSubject: notice\r\n\r\nHello.\r\n")
)

// relayTo returns a relay without TLS to addr, closed when the test ends.
func relayTo(t testing.TB, addr string) *Relay {
	t.Helper()
	r := &Relay{Addr: addr, Security: PlainLoopback, Hello: "hub.kairan.example", Log: slog.New(slog.DiscardHandler)}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("Relay.Close() = %v", err)
		}
	})
	return r
}

// start starts the sink and closes it when the test ends.
func start(t testing.TB, s *Sink) *Sink {
	t.Helper()
	if err := s.Start(); err != nil {
		t.Fatalf("Sink.Start() = %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Sink.Close() = %v", err)
		}
	})
	return s
}

// script starts a scripted relay and returns a Relay to it.
func script(t testing.TB, text string) *Relay {
	t.Helper()
	return relayTo(t, smtptest.Scripted(t, text).Addr)
}

// piped returns a relay whose connections are pipes, each playing a part of the
// script at its other end, for use inside a synctest bubble. finish closes the
// relay and fails the test if a part went otherwise than it says.
func piped(t *testing.T, text string) (r *Relay, finish func()) {
	t.Helper()
	parts := strings.Split(text, "----")
	ctx, cancel := context.WithCancel(context.Background())
	results := make(chan error, len(parts))
	next := 0
	r = &Relay{Addr: "127.0.0.1:25", Security: PlainLoopback, Hello: "hub.kairan.example", Log: slog.New(slog.DiscardHandler)}
	r.Dial = func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		part := parts[next]
		next++
		go func() { results <- smtptest.Play(ctx, theirs, part) }()
		return ours, nil
	}
	return r, func() {
		if err := r.Close(); err != nil {
			t.Errorf("Relay.Close() = %v", err)
		}
		cancel()
		if next != len(parts) {
			t.Errorf("%d connections were made, want %d", next, len(parts))
		}
		for range next {
			if err := <-results; err != nil {
				t.Errorf("scripted relay: %v", err)
			}
		}
	}
}

// within returns a context that ends long after any test should have.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// countDials makes r count its connections.
func countDials(r *Relay) func() int {
	var n atomic.Int32
	r.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		n.Add(1)
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}
	return func() int { return int(n.Load()) }
}
