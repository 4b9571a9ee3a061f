package smtpx

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"testing"
	"time"

	"kairan/distribute/smtpx/smtptest"
	"kairan/store"
)

// secured returns a relay with TLS to addr that trusts ca.
func secured(t *testing.T, addr string, how Security, ca *smtptest.CA) *Relay {
	t.Helper()
	r := relayTo(t, addr)
	r.Security, r.TLS = how, &tls.Config{RootCAs: ca.Roots}
	return r
}

func TestDeliverOverTLS(t *testing.T) {
	ca := smtptest.NewCA(t)
	for name, how := range map[string]Security{"STARTTLS": StartTLS, "implicit TLS": TLS} {
		sink := start(t, &Sink{TLS: ca.Server(time.Hour, "127.0.0.1"), Implicit: how == TLS, Users: map[string]string{"hub": "secret"}})
		r := secured(t, sink.Addr(), how, ca)
		r.Auth = &Auth{Mechanism: "PLAIN", Username: "hub", Secret: fixed("secret")}
		for range 2 {
			out := r.Deliver(within(t), envelope, letter)
			if out.Kind != store.Accepted || !strings.HasPrefix(out.TLS, "TLS 1.3 TLS_") {
				t.Errorf("%s: Deliver = %+v, want accepted over TLS 1.3", name, out)
			}
		}
		for _, m := range sink.Messages() {
			if !m.TLS {
				t.Errorf("%s: the sink says that the message came in clear", name)
			}
		}
		if n := sink.Logins(); n != 1 || sink.Count() != 2 {
			t.Errorf("%s: %d messages with %d logins, want 2 and 1", name, sink.Count(), n)
		}
	}
}

func fixed(s string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return s, nil }
}

// Nothing is sent, neither message nor password, to a relay that does not prove
// who it is; and it is told as a fault of the relay, not of the recipient.
func TestUntrustedRelay(t *testing.T) {
	ca, other := smtptest.NewCA(t), smtptest.NewCA(t)
	for _, c := range []struct {
		name string
		tls  *tls.Config
		text string
		hint string
	}{
		{"unknown issuer", other.Server(time.Hour, "127.0.0.1"), "unknown authority", "do not trust"},
		{"wrong name", ca.Server(time.Hour, "mail.example", "192.0.2.1"), "127.0.0.1", "another name"},
		{"expired", ca.Server(-time.Hour, "127.0.0.1"), "expired", "expired"},
		{"too old", tooOld(ca.Server(time.Hour, "127.0.0.1")), "protocol version", "TLS 1.2"},
		{"not offered", nil, "STARTTLS", "does not offer STARTTLS"},
	} {
		for _, how := range []Security{StartTLS, TLS} {
			if c.tls == nil && how == TLS {
				continue
			}
			sink := start(t, &Sink{TLS: c.tls, Implicit: how == TLS, Users: map[string]string{"hub": "secret"}})
			r := secured(t, sink.Addr(), how, ca)
			r.Auth = &Auth{Mechanism: "PLAIN", Username: "hub", Secret: func(context.Context) (string, error) {
				t.Errorf("%s: the secret was asked for", c.name)
				return "", nil
			}}
			out := r.Deliver(within(t), envelope, letter)
			if out.Kind != store.Transient || out.Stage != "tls" || out.TLS != "" || !strings.Contains(out.Text, c.text) {
				t.Errorf("%s: Deliver = %+v, want transient at tls with %q", c.name, out, c.text)
			}
			err := r.Check(within(t))
			if err == nil || !strings.Contains(Hint(err), c.hint) {
				t.Errorf("%s: Check = %v, hint %q; want a hint with %q", c.name, err, Hint(err), c.hint)
			}
			if sink.Count() != 0 || sink.Logins() != 0 {
				t.Errorf("%s: the sink has %d messages and %d logins, want none", c.name, sink.Count(), sink.Logins())
			}
		}
	}
}

func tooOld(c *tls.Config) *tls.Config {
	c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	return c
}

// The client stops after the reply to EHLO or STARTTLS; "<- eof" sees that it
// says nothing more in clear.
func TestStartTLSRefused(t *testing.T) {
	ca := smtptest.NewCA(t)
	const hello = "-> 220 a\n<- EHLO hub.kairan.example\n"
	const offer = hello + "-> 250-relay.example\n-> 250 STARTTLS\n<- STARTTLS\n"
	for _, c := range []struct{ name, script, stage, text string }{
		{"not offered", hello + "-> 250-relay.example\n-> 250-XSTARTTLS\n-> 250 AUTH PLAIN\n<- eof", "tls", "does not offer"},
		{"no extensions", hello + "-> 502 what\n<- eof", "connect", "what"},
		{"refused", offer + "-> 454 4.7.0 not now\n<- eof", "tls", "not now"},
		{"refused for good", offer + "-> 501 5.5.4 never\n<- eof", "tls", "never"},
		{"text injected behind the 220", offer + `-> "220 go\r\n250 injected\r\n"` + "\n<- eof", "tls", "nobody asked for"},
		{"half a line injected", offer + `-> "220 go\r\n2"` + "\n<- eof", "tls", "nobody asked for"},
		{"text injected a little later", offer + "-> 220 go\n-> 250 injected", "tls", ""},
		{"dropped", offer + "-> drop", "tls", "closed the connection"},
		{"dropped after the 220", offer + "-> 220 go\n-> drop", "tls", ""},
		{"half a 220", offer + `-> "220 g"` + "\n-> drop", "tls", "closed the connection"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := secured(t, smtptest.Scripted(t, c.script).Addr, StartTLS, ca)
			out := r.Deliver(within(t), envelope, letter)
			if out.Kind != store.Transient || out.Stage != c.stage || !strings.Contains(out.Text, c.text) {
				t.Errorf("Deliver = %+v, want transient at %s with %q", out, c.stage, c.text)
			}
		})
	}
}

// What was said before TLS does not count after it.
func TestOffersBeforeTLSDoNotCount(t *testing.T) {
	ca := smtptest.NewCA(t)
	l := smtptest.ScriptedTLS(t, ca.Server(time.Hour, "127.0.0.1"),
		"-> 220 a\n<- EHLO\n-> 250-relay.example\n-> 250-AUTH PLAIN\n-> 250 STARTTLS\n<- STARTTLS\n-> 220 go\n-> starttls\n<- EHLO\n-> 250 relay.example\n<- eof")
	r := secured(t, l.Addr, StartTLS, ca)
	r.Auth = &Auth{Mechanism: "PLAIN", Username: "hub", Secret: fixed("secret")}
	if out := r.Deliver(within(t), envelope, letter); out.Kind != store.Transient || out.Stage != "auth" {
		t.Errorf("Deliver = %+v, want transient at auth", out)
	}
}

func TestTLSSpokenToAClearPort(t *testing.T) {
	sink := start(t, &Sink{})
	r := secured(t, sink.Addr(), TLS, smtptest.NewCA(t))
	out := r.Deliver(within(t), envelope, letter)
	if out.Kind != store.Transient || out.Stage != "tls" || !strings.Contains(out.Text, "does not speak TLS here") {
		t.Errorf("Deliver = %+v, want transient at tls", out)
	}
}

func TestStopDuringHandshake(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // accepts, in its backlog, and says nothing
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	defer func() { _ = l.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	r := secured(t, l.Addr().String(), TLS, smtptest.NewCA(t))
	if out := r.Deliver(ctx, envelope, letter); out.Kind != store.Stopped || out.Stage != "tls" {
		t.Errorf("Deliver, stopped during the handshake, = %+v; want stopped at tls", out)
	}
}
