package smtpx

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"kairan/distribute"
	"kairan/store"
)

func TestDeliverIntact(t *testing.T) {
	sink := start(t, &Sink{})
	r := relayTo(t, sink.Addr())
	message := []byte("Subject: dots\r\n\r\n.\r\n..\r\n.hidden\r\n8 bit: 標的型メール \xff\xfe\r\n" +
		strings.Repeat(strings.Repeat(".", 998)+"\r\n", 100) + "\r\n.\r\n")
	sent := bytes.Clone(message)

	out := r.Deliver(within(t), envelope, message)
	if out.Kind != store.Accepted || out.Code != 250 || out.Enhanced != "2.0.0" || out.Text != "OK: queued" || out.Stage != "dot" || out.TLS != "" || out.Duration <= 0 {
		t.Errorf("Deliver = %+v, want accepted with code 250, 2.0.0 and the relay's words", out)
	}
	got := sink.For("DESK@bank.example.jp")
	if len(got) != 1 || sink.Count() != 1 {
		t.Fatalf("the sink has %d messages, %d for the contact; want one", sink.Count(), len(got))
	}
	if m := got[0]; m.From != envelope.From || len(m.To) != 1 || m.To[0] != envelope.To || !m.Answered || m.TLS || m.Time.IsZero() {
		t.Errorf("the sink was told %+v, answered %v", m.SinkEnvelope, m.Answered)
	}
	if !bytes.Equal(got[0].Data, message) {
		t.Errorf("the sink's copy differs: %.200q", got[0].Data)
	}
	if !bytes.Equal(sent, message) {
		t.Error("Deliver changed the caller's message")
	}
}

func TestDeliverNullReturnPath(t *testing.T) {
	sink := start(t, &Sink{})
	r := relayTo(t, sink.Addr())
	if out := r.Deliver(within(t), distribute.Envelope{To: envelope.To}, letter); out.Kind != store.Accepted {
		t.Fatalf("Deliver = %+v, want accepted", out)
	}
	if m := sink.Messages()[0]; m.From != "" {
		t.Errorf("the sink was told the return path %q, want the null one", m.From)
	}
}

func TestDeliverRefusesWhatMayNotBeSent(t *testing.T) {
	sink := start(t, &Sink{})
	r := relayTo(t, sink.Addr())
	with := func(from, to string) distribute.Envelope { return distribute.Envelope{From: from, To: to} }
	for _, c := range []struct {
		e       distribute.Envelope
		message string
		stage   string
	}{
		{with(envelope.From, "d@e.example> NOTIFY=NEVER <x@e.example"), string(letter), "rcpt"},
		{with(envelope.From, "d@e.example\r\nRCPT TO:<x@e.example>"), string(letter), "rcpt"},
		{with(envelope.From, ""), string(letter), "rcpt"},
		{with("hub@kairan.example> SIZE=1 <x", envelope.To), string(letter), "mail"},
		{envelope, "Subject: x\r\n\r\na\r.\r\nMAIL FROM:<x@e.example>\r\n", "data"},
		{envelope, "Subject: x\r\n\r\na\n.\r\nMAIL FROM:<x@e.example>\r\n", "data"},
		{envelope, "Subject: x\r\n\r\na\x00\r\n", "data"},
		{envelope, "Subject: x\r\n\r\n" + strings.Repeat("a", 999) + "\r\n", "data"},
	} {
		out := r.Deliver(within(t), c.e, []byte(c.message))
		if out.Kind != store.Permanent || out.Code != 0 || out.Stage != c.stage || out.Text == "" || strings.Contains(out.Text, "example") {
			t.Errorf("Deliver(%q, %.60q) = %+v, want permanent at %s, without a code, in our words", c.e, c.message, out, c.stage)
		}
	}
	if sink.Count() != 0 || sink.Connections() != 0 {
		t.Errorf("the sink has %d messages and %d connections, want none", sink.Count(), sink.Connections())
	}
}

func TestDeliverReusesConnections(t *testing.T) {
	refuse := false
	sink := start(t, &Sink{OnRcpt: func(string) error {
		if refuse {
			return Refusal(550, "5.1.1", "no such mailbox")
		}
		return nil
	}})
	r := relayTo(t, sink.Addr())
	dials := countDials(r)
	for i := range 20 {
		refuse = i%5 == 4 // RSET and EHLO follow on the same connection
		want := store.Accepted
		if refuse {
			want = store.Permanent
		}
		if out := r.Deliver(within(t), envelope, letter); out.Kind != want {
			t.Fatalf("Deliver %d = %+v, want %s", i, out, want)
		}
	}
	if n := dials(); n != 1 || sink.Count() != 16 {
		t.Errorf("%d connections carried %d messages, want 1 and 16", n, sink.Count())
	}
}

func TestDeliverMaxPerConnection(t *testing.T) {
	sink := start(t, &Sink{})
	r := relayTo(t, sink.Addr())
	r.MaxPerConnection = 3
	dials := countDials(r)
	for i := range 10 {
		if out := r.Deliver(within(t), envelope, letter); out.Kind != store.Accepted {
			t.Fatalf("Deliver %d = %+v, want accepted", i, out)
		}
	}
	if n := dials(); n != 4 {
		t.Errorf("10 messages took %d connections of 3 each, want 4", n)
	}
	// The sink learns a moment later that a connection was closed.
	for ctx := within(t); sink.Connections() > 1; runtime.Gosched() {
		if ctx.Err() != nil {
			t.Fatalf("%d connections are open, want the last alone", sink.Connections())
		}
	}
}

// A relay that closed the connection in between costs no attempt.
func TestDeliverAfterHangUp(t *testing.T) {
	sink := start(t, &Sink{})
	r := relayTo(t, sink.Addr())
	for i := range 5 {
		if out := r.Deliver(within(t), envelope, letter); out.Kind != store.Accepted {
			t.Errorf("Deliver %d, after the relay hung up, = %+v; want accepted", i, out)
		}
		sink.HangUp()
	}
	if sink.Count() != 5 {
		t.Errorf("the sink has %d messages, want 5", sink.Count())
	}
}

func TestDeliverConcurrently(t *testing.T) {
	sink := start(t, &Sink{})
	r := relayTo(t, sink.Addr())
	r.MaxConnections = 7
	r.MaxPerConnection = 5
	dials := countDials(r)
	ctx := within(t)
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			for j := range 4 {
				e := distribute.Envelope{From: envelope.From, To: fmt.Sprintf("desk%d.%d@bank.example.jp", i, j)}
				if out := r.Deliver(ctx, e, letter); out.Kind != store.Accepted {
					t.Errorf("Deliver to %s = %+v, want accepted", e.To, out)
				}
				if n := sink.Connections(); n > 7+7 { // the sink notices a closed one a little later
					t.Errorf("%d connections are open, want 7 at most", n)
				}
			}
		})
	}
	wg.Wait()
	for i := range 50 {
		for j := range 4 {
			if n := len(sink.For(fmt.Sprintf("desk%d.%d@bank.example.jp", i, j))); n != 1 {
				t.Errorf("contact %d.%d has %d copies, want 1", i, j, n)
			}
		}
	}
	if n := dials(); n > 60 {
		t.Errorf("200 messages, 5 per connection, took %d connections", n)
	}
}

func TestStopBeforeDot(t *testing.T) {
	ctx, stop := context.WithCancel(within(t))
	sink := start(t, &Sink{OnRcpt: func(string) error { stop(); return nil }})
	r := relayTo(t, sink.Addr())
	if out := r.Deliver(ctx, envelope, letter); out.Kind != store.Stopped || out.Code != 0 {
		t.Errorf("Deliver, stopped at RCPT, = %+v; want stopped", out)
	}
	if out := r.Deliver(ctx, envelope, letter); out.Kind != store.Stopped || out.Stage != "connect" {
		t.Errorf("Deliver, stopped before it began, = %+v; want stopped at connect", out)
	}
	if err := r.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
	if err := sink.Close(); err != nil { // whatever was under way is over now
		t.Errorf("Sink.Close = %v", err)
	}
	if sink.Count() != 0 {
		t.Errorf("the sink has %d messages, want none", sink.Count())
	}
}

func TestStopAfterDot(t *testing.T) {
	ctx, stop := context.WithCancel(within(t))
	sink := start(t, &Sink{OnData: func(SinkEnvelope, []byte) error { stop(); return nil }})
	r := relayTo(t, sink.Addr())
	if out := r.Deliver(ctx, envelope, letter); out.Kind != store.Accepted {
		t.Errorf("Deliver, stopped after the dot, = %+v; want accepted, since the send in flight finishes", out)
	}
	if sink.Count() != 1 {
		t.Errorf("the sink has %d messages, want 1", sink.Count())
	}
}

func TestDropAfterDot(t *testing.T) {
	sink := start(t, &Sink{OnData: func(SinkEnvelope, []byte) error { return ErrDrop }})
	r := relayTo(t, sink.Addr())
	ctx := within(t)
	if out := r.Deliver(ctx, envelope, letter); out.Kind != store.Unknown || out.Code != 0 || out.Stage != "dot" || out.Text == "" {
		t.Errorf("Deliver, reply lost, = %+v; want unknown at the dot", out)
	}
	if err := sink.Wait(ctx, 1); err != nil {
		t.Fatalf("wait for the message: %v", err)
	}
	if m := sink.Messages()[0]; m.Answered {
		t.Error("the sink says that it answered")
	}
}

func TestSinkRefuses(t *testing.T) {
	for _, c := range []struct {
		sink *Sink
		want store.Outcome
	}{
		{&Sink{OnRcpt: func(string) error { return Refusal(550, "5.1.1", "no such mailbox") }},
			store.Outcome{Kind: store.Permanent, Code: 550, Enhanced: "5.1.1", Text: "no such mailbox", Stage: "rcpt"}},
		{&Sink{OnRcpt: func(string) error { return fmt.Errorf("disk\nfull") }},
			store.Outcome{Kind: store.Transient, Code: 451, Enhanced: "4.3.0", Text: "disk full", Stage: "rcpt"}},
		{&Sink{OnData: func(SinkEnvelope, []byte) error { return Refusal(554, "5.7.1", "spam") }},
			store.Outcome{Kind: store.Permanent, Code: 554, Enhanced: "5.7.1", Text: "spam", Stage: "dot"}},
		{&Sink{MaxMessageBytes: 10},
			store.Outcome{Kind: store.Permanent, Code: 552, Enhanced: "5.3.4", Text: "Max message size exceeded", Stage: "mail"}},
	} {
		r := relayTo(t, start(t, c.sink).Addr())
		out := r.Deliver(within(t), envelope, letter)
		out.Duration = 0
		if out != c.want {
			t.Errorf("Deliver = %+v, want %+v", out, c.want)
		}
		if c.sink.Count() != 0 {
			t.Errorf("the sink has %d messages, want none", c.sink.Count())
		}
	}
}

func TestSinkFull(t *testing.T) {
	sink := start(t, &Sink{MaxMessages: 1})
	r := relayTo(t, sink.Addr())
	if out := r.Deliver(within(t), envelope, letter); out.Kind != store.Accepted {
		t.Errorf("first Deliver = %+v, want accepted", out)
	}
	if out := r.Deliver(within(t), envelope, letter); out.Kind != store.Transient || out.Code != 452 {
		t.Errorf("second Deliver = %+v, want transient with 452", out)
	}
}

func TestSinkListensOnLoopbackOnly(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:25", "[::]:0", "relay.example:25", "nonsense"} {
		s := &Sink{Listen: addr}
		if err := s.Start(); err == nil {
			t.Errorf("Sink at %s starts, want an error", addr)
			_ = s.Close()
		}
	}
}

func TestDeliverAfterClose(t *testing.T) {
	sink := start(t, &Sink{})
	r := relayTo(t, sink.Addr())
	if out := r.Deliver(within(t), envelope, letter); out.Kind != store.Accepted {
		t.Fatalf("Deliver = %+v, want accepted", out)
	}
	for range 2 {
		if err := r.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	}
	if out := r.Deliver(within(t), envelope, letter); out.Kind != store.Stopped {
		t.Errorf("Deliver after Close = %+v, want stopped", out)
	}
	if err := r.Check(within(t)); err == nil {
		t.Error("Check after Close = nil, want an error")
	}
	if sink.Count() != 1 {
		t.Errorf("the sink has %d messages, want 1", sink.Count())
	}
}

// Close waits for a delivery under way, which finishes.
func TestCloseWaits(t *testing.T) {
	atDot, goOn := make(chan struct{}), make(chan struct{})
	sink := start(t, &Sink{OnData: func(SinkEnvelope, []byte) error { close(atDot); <-goOn; return nil }})
	r := relayTo(t, sink.Addr())
	got := make(chan store.Outcome, 1)
	go func() { got <- r.Deliver(within(t), envelope, letter) }()
	<-atDot
	closed := make(chan struct{})
	go func() { defer close(closed); _ = r.Close() }()
	<-r.closed
	select {
	case <-closed:
		t.Error("Close returned while a delivery was under way")
	default:
	}
	close(goOn)
	<-closed
	if out := <-got; out.Kind != store.Accepted {
		t.Errorf("the delivery under way = %+v, want accepted", out)
	}
}
