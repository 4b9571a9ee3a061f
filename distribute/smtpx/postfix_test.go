package smtpx

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"kairan/distribute"
	"kairan/distribute/smtpx/smtptest"
	"kairan/store"
)

// A real relay: what it accepts arrives once, under the name it told, and what
// the next hop refuses comes back as a bounce to the return path.
func TestPostfix(t *testing.T) {
	const unknown = "nobody@bank.example.jp"
	sink := start(t, &Sink{OnRcpt: func(addr string) error {
		if addr == unknown {
			return Refusal(550, "5.1.1", "no such mailbox")
		}
		return nil
	}})
	postfix := smtptest.Postfix(t, sink.Addr())
	r := relayTo(t, postfix.Addr)
	r.Security, r.TLS = StartTLS, &tls.Config{RootCAs: postfix.Roots}
	ctx := within(t)

	if err := r.Check(ctx); err != nil {
		t.Fatalf("Check = %v (%s); Postfix's log:\n%s", err, Hint(err), postfix.Log())
	}
	name := regexp.MustCompile(`^[0-9A-Za-z]{6,}$`)
	message := []byte("From: hub@kairan.example\r\nSubject: notice\r\n\r\n.\r\n..dots\r\n8 bit: 注意\r\n")
	for i := range 5 {
		e := distribute.Envelope{From: "hub@kairan.example", To: fmt.Sprintf("desk%d@bank.example.jp", i)}
		out := r.Deliver(ctx, e, message)
		if out.Kind != store.Accepted || out.Enhanced != "2.0.0" || !name.MatchString(out.QueueID) || !strings.HasPrefix(out.TLS, "TLS 1.3") {
			t.Fatalf("Deliver %d = %+v, want accepted with a queue id, over TLS; Postfix's log:\n%s", i, out, postfix.Log())
		}
		if !strings.Contains(postfix.Log(), out.QueueID) {
			t.Errorf("Postfix's log does not know the queue id %q", out.QueueID)
		}
	}
	if out := r.Deliver(ctx, distribute.Envelope{From: "hub@kairan.example", To: unknown}, message); out.Kind != store.Accepted {
		t.Fatalf("Deliver to the unknown recipient = %+v, want accepted by the relay", out)
	}
	if err := sink.Wait(ctx, 6); err != nil {
		t.Fatalf("%d messages arrived, want 5 and a bounce; Postfix's log:\n%s", sink.Count(), postfix.Log())
	}
	for i := range 5 {
		got := sink.For(fmt.Sprintf("desk%d@bank.example.jp", i))
		if len(got) != 1 || !bytes.HasSuffix(got[0].Data, []byte("\r\n\r\n.\r\n..dots\r\n8 bit: 注意\r\n")) {
			t.Errorf("contact %d has %d copies: %+v; want one, intact", i, len(got), got)
		}
	}
	bounces := sink.For("hub@kairan.example")
	if len(bounces) != 1 || bounces[0].From != "" || !bytes.Contains(bounces[0].Data, []byte("5.1.1")) {
		t.Fatalf("the return path got %+v, want one bounce with 5.1.1", bounces)
	}
	if bytes.Contains(bounces[0].Data, []byte("..dots")) {
		t.Error("the bounce carries our text although RET=HDRS asked for the header alone")
	}
	if sink.Count() != 6 {
		t.Errorf("%d messages arrived, want 6", sink.Count())
	}
}
