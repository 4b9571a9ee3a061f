package smtpx

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kairan/store"
)

// A relay that falls silent, or speaks or listens too slowly, at any verb.
func TestSlowRelay(t *testing.T) {
	big := append(bytes.Clone(letter), bytes.Repeat([]byte("0123456789\r\n"), 100_000)...)
	for _, c := range []struct {
		name, script string
		message      []byte
		want         store.OutcomeKind
		stage        string
		took         time.Duration // exactly
	}{
		{"silent greeting", "-> stall", letter, store.Transient, "connect", time.Minute},
		{"silent after EHLO", "-> 220 a\n<- EHLO\n-> stall", letter, store.Transient, "connect", time.Minute},
		{"silent after MAIL", toMail + "-> stall", letter, store.Transient, "mail", time.Minute},
		{"silent after RCPT", toRcpt + "-> stall", letter, store.Transient, "rcpt", time.Minute},
		{"silent after DATA", toData + "-> stall", letter, store.Transient, "data", time.Minute},
		{"silent after the dot", toDot + "-> stall", letter, store.Unknown, "dot", 5 * time.Minute},
		{"reads nothing of a short message", toText + "-> stall", letter, store.Transient, "data", 30 * time.Second},
		{"reads nothing of a long message", toText + "-> stall", big, store.Transient, "data", 30 * time.Second},
		{"reads one line of a long message", toText + "<- From\n-> stall", big, store.Transient, "data", 30 * time.Second},
		{"greets one byte per second", "-> drip 220 " + strings.Repeat("a", 100), letter, store.Transient, "connect", time.Minute},
		{"answers RCPT one byte per second", toRcpt + "-> drip 250 " + strings.Repeat("a", 100), letter, store.Transient, "rcpt", time.Minute},
		{"answers the dot one byte per second", toDot + "-> drip 250 " + strings.Repeat("a", 1000), letter, store.Unknown, "dot", 5 * time.Minute},
		{"answers the dot slowly but in time", toDot + "-> drip 250 ok", letter, store.Accepted, "dot", 7 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, finish := piped(t, c.script)
				defer finish()
				out := r.Deliver(t.Context(), envelope, c.message)
				if out.Kind != c.want || out.Stage != c.stage || out.Duration != c.took {
					t.Errorf("Deliver = %+v, want %s at %s after %v", out, c.want, c.stage, c.took)
				}
			})
		})
	}
}

// A receiver that takes a little now and then makes progress, but not enough:
// neither one byte per second, nor 4 KiB, which is one write, each 20 s.
func TestTarpitDuringData(t *testing.T) {
	message := append(bytes.Clone(letter), bytes.Repeat([]byte("0123456789\r\n"), 10_000)...)
	for _, c := range []struct {
		size  int
		pause time.Duration
		want  store.OutcomeKind
	}{
		{1, time.Second, store.Transient},
		{4096, 20 * time.Second, store.Transient},
		{4096, 3 * time.Second, store.Unknown}, // 32 KiB in 24 s is enough; the reply never comes
	} {
		synctest.Test(t, func(t *testing.T) {
			ours, theirs := net.Pipe()
			done := make(chan struct{})
			go func() {
				defer close(done)
				untilText(theirs)
				for err := error(nil); err == nil; {
					time.Sleep(c.pause)
					_, err = io.ReadFull(theirs, make([]byte, c.size))
				}
			}()
			r := overPipe(ours)
			out := r.Deliver(t.Context(), envelope, message)
			if out.Kind != c.want || c.want == store.Transient && (out.Stage != "data" || out.Duration != 30*time.Second) {
				t.Errorf("Deliver to a receiver of %d bytes each %v = %+v, want %s, after 30 s if transient", c.size, c.pause, out, c.want)
			}
			_ = r.Close()
			<-done
		})
	}
}

// overPipe returns a relay whose only connection is conn.
func overPipe(conn net.Conn) *Relay {
	return &Relay{Addr: "127.0.0.1:25", Security: PlainLoopback, Log: slog.New(slog.DiscardHandler),
		Dial: func(context.Context, string, string) (net.Conn, error) { return conn, nil }}
}

// untilText is a relay that agrees to everything up to the 354.
func untilText(conn net.Conn) {
	b := make([]byte, 1000)
	for _, reply := range []string{"220 a", "250 b", "250 c", "250 d"} {
		_, _ = conn.Write([]byte(reply + "\r\n"))
		_, _ = conn.Read(b)
	}
	_, _ = conn.Write([]byte("354 e\r\n"))
}

// How much of the message's end was taken decides between "cannot have been
// accepted" and "nobody can know".
func TestPartOfTheDot(t *testing.T) {
	for beyond, want := range map[int]store.OutcomeKind{
		-1: store.Transient, // the last line lacks its LF
		0:  store.Transient, // the message is there, nothing of the dot
		1:  store.Unknown,   // "."
		2:  store.Unknown,   // ".\r"
		3:  store.Unknown,   // ".\r\n", and no reply
	} {
		synctest.Test(t, func(t *testing.T) {
			ours, theirs := net.Pipe()
			go func() {
				untilText(theirs)
				_, _ = io.ReadFull(theirs, make([]byte, len(letter)+beyond))
				_ = theirs.Close()
			}()
			r := overPipe(ours)
			if out := r.Deliver(t.Context(), envelope, letter); out.Kind != want {
				t.Errorf("Deliver, %d bytes beyond the message taken, = %+v; want %s", beyond, out, want)
			}
			_ = r.Close()
		})
	}
}

// Stopping cuts every wait before the dot at once, and drains the one after it.
func TestStopAtEveryVerb(t *testing.T) {
	for _, c := range []struct {
		name, script string
		want         store.OutcomeKind
		took         time.Duration
	}{
		{"greeting", "-> stall", store.Stopped, time.Second},
		{"EHLO", "-> 220 a\n<- EHLO\n-> stall", store.Stopped, time.Second},
		{"MAIL", toMail + "-> stall", store.Stopped, time.Second},
		{"RCPT", toRcpt + "-> stall", store.Stopped, time.Second},
		{"DATA", toData + "-> stall", store.Stopped, time.Second},
		{"the dot, silent", toDot + "-> stall", store.Unknown, 11 * time.Second},
		{"the dot, answered within the drain time", toDot + "-> drip 250 ok", store.Accepted, 7 * time.Second},
		{"the dot, which cannot leave", toText + "-> stall", store.Stopped, 11 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, finish := piped(t, c.script)
				defer finish()
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				out := r.Deliver(ctx, envelope, letter)
				if out.Kind != c.want || out.Duration != c.took {
					t.Errorf("Deliver, stopped after 1 s at %s, = %+v; want %s after %v", c.name, out, c.want, c.took)
				}
			})
		})
	}
}

func TestStopWhileWaitingForAConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, finish := piped(t, toRcpt+"-> stall")
		defer finish()
		r.MaxConnections = 1
		first := make(chan store.Outcome)
		go func() { first <- r.Deliver(t.Context(), envelope, letter) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if out := r.Deliver(ctx, envelope, letter); out.Kind != store.Stopped || out.Duration != time.Second {
			t.Errorf("Deliver, stopped while another held the only connection, = %+v; want stopped after 1 s", out)
		}
		if out := <-first; out.Kind != store.Transient {
			t.Errorf("the other Deliver = %+v, want transient", out)
		}
	})
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, finish := piped(t, toDot+"-> 250 ok\n"+bye+"----\n"+hail+again+bye)
		defer finish()
		if out := r.Deliver(t.Context(), envelope, letter); out.Kind != store.Accepted {
			t.Errorf("first Deliver = %+v, want accepted", out)
		}
		time.Sleep(30*time.Second - time.Millisecond)
		synctest.Wait()
		if n := idle(r); n != 1 {
			t.Errorf("%d connections are idle before the idle timeout, want 1", n)
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if n := idle(r); n != 0 {
			t.Errorf("%d connections are idle after the idle timeout, want none", n)
		}
		if out := r.Deliver(t.Context(), envelope, letter); out.Kind != store.Accepted {
			t.Errorf("Deliver over a new connection = %+v, want accepted", out)
		}
	})
}

func idle(r *Relay) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.idle)
}
