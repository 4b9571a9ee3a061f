package smtpx

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"kairan/store"
)

func TestCheck(t *testing.T) {
	sink := start(t, &Sink{Users: map[string]string{"hub": "secret"}})
	r := relayTo(t, sink.Addr())
	r.MaxConnections = 1
	r.Auth = &Auth{Mechanism: "PLAIN", Username: "hub", Secret: fixed("secret")}
	for range 2 { // also beside an idle connection
		if err := r.Check(within(t)); err != nil || Hint(err) != "" {
			t.Errorf("Check = %v, hint %q; want nil", err, Hint(err))
		}
		if out := r.Deliver(within(t), envelope, letter); out.Kind != store.Accepted {
			t.Errorf("Deliver = %+v, want accepted", out)
		}
	}
	if n := sink.Logins(); n != 4 {
		t.Errorf("%d logins, want one for each Check and each connection after it", n)
	}
}

func TestHint(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dialing := func(err error) func(r *Relay) {
		return func(r *Relay) {
			r.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, err }
		}
	}
	login := func(r *Relay) { r.Auth = &Auth{Mechanism: "PLAIN", Username: "hub", Secret: fixed("secret")} }
	const auth = "-> 220 a\n<- EHLO\n-> 250-relay.example\n-> 250 AUTH PLAIN\n<- AUTH PLAIN\n"
	for _, c := range []struct {
		name, script string
		set          func(r *Relay)
		ctx          context.Context
		want         string
	}{
		{"no such host", "", dialing(&net.DNSError{Err: "no such host", IsNotFound: true}), nil, "spelling"},
		{"no answer", "", dialing(context.DeadlineExceeded), nil, "does not answer in time"},
		{"unreachable", "", dialing(errors.New("network is unreachable")), nil, "cannot be reached"},
		{"refused by greeting", "-> 554 5.7.1 go away", nil, nil, "does not want to serve us"},
		{"dropped", "-> drop", nil, nil, "hung up"},
		{"stopped", "", nil, ctx, "was stopped"},
		{"wrong password", auth + "-> 535 5.7.8 no\n<- *\n-> 501 no", login, nil, "user name and the password"},
		{"login not now", auth + "-> 454 4.7.0 no\n<- *\n-> 501 no", login, nil, "just now"},
		{"login lost", auth + "-> drop", login, nil, "just now"},
		{"mechanism not offered", "-> 220 a\n<- EHLO\n-> 250 a", login, nil, "choose one that it offers"},
		{"secret unreadable", "-> 220 a\n<- EHLO\n-> 250-a\n-> 250 AUTH PLAIN", func(r *Relay) {
			r.Auth = &Auth{Mechanism: "PLAIN", Username: "hub", Secret: func(context.Context) (string, error) { return "", errors.New("exit status 1") }}
		}, nil, "could not be read"},
		{"clear text to another machine", "", func(r *Relay) { r.Addr = "relay.example:25" }, nil, "must be on this machine"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r *Relay
			if c.script == "" {
				r = relayTo(t, "127.0.0.1:1")
			} else {
				r = script(t, c.script)
			}
			if c.set != nil {
				c.set(r)
			}
			if c.ctx == nil {
				c.ctx = within(t)
			}
			err := r.Check(c.ctx)
			hint := Hint(err)
			if err == nil || !strings.Contains(hint, c.want) || !strings.HasSuffix(hint, ".") || strings.Contains(hint, "\n") {
				t.Errorf("Check = %v, hint %q; want a sentence with %q", err, hint, c.want)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	secret := fixed("secret")
	for _, c := range []struct {
		name string
		r    *Relay
		ok   bool
	}{
		{"zero", &Relay{}, false},
		{"no port", &Relay{Addr: "relay.example"}, false},
		{"default is STARTTLS", &Relay{Addr: "relay.example:587"}, true},
		{"TLS", &Relay{Addr: "relay.example:465", Security: TLS}, true},
		{"unknown security", &Relay{Addr: "relay.example:465", Security: 9}, false},
		{"plain here", &Relay{Addr: "127.0.0.1:25", Security: PlainLoopback}, true},
		{"plain here by IPv6", &Relay{Addr: "[::1]:25", Security: PlainLoopback}, true},
		{"plain here by name", &Relay{Addr: "localhost:25", Security: PlainLoopback}, true},
		{"plain elsewhere", &Relay{Addr: "192.0.2.1:25", Security: PlainLoopback}, false},
		{"plain by a name", &Relay{Addr: "localhost.example:25", Security: PlainLoopback}, false},
		{"unverified", &Relay{Addr: "relay.example:587", TLS: &tls.Config{InsecureSkipVerify: true}}, false},
		{"EHLO name", &Relay{Addr: "relay.example:587", Hello: "hub.kairan.example"}, true},
		{"EHLO address", &Relay{Addr: "relay.example:587", Hello: "[192.0.2.1]"}, true},
		{"EHLO address 6", &Relay{Addr: "relay.example:587", Hello: "[IPv6:2001:db8::1]"}, true},
		{"EHLO injection", &Relay{Addr: "relay.example:587", Hello: "hub.example\r\nMAIL FROM:<>"}, false},
		{"EHLO blank", &Relay{Addr: "relay.example:587", Hello: "hub example"}, false},
		{"login", &Relay{Addr: "relay.example:587", Auth: &Auth{Mechanism: "PLAIN", Username: "hub", Secret: secret}}, true},
		{"login by an unknown way", &Relay{Addr: "relay.example:587", Auth: &Auth{Mechanism: "CRAM-MD5", Username: "hub", Secret: secret}}, false},
		{"login by nobody", &Relay{Addr: "relay.example:587", Auth: &Auth{Mechanism: "PLAIN", Secret: secret}}, false},
		{"login without secret", &Relay{Addr: "relay.example:587", Auth: &Auth{Mechanism: "PLAIN", Username: "hub"}}, false},
		{"login with a field too many", &Relay{Addr: "relay.example:587", Auth: &Auth{Mechanism: "PLAIN", Username: "hub\x00", Secret: secret}}, false},
	} {
		err := c.r.Validate()
		if (err == nil) != c.ok {
			t.Errorf("%s: Validate = %v, want ok %v", c.name, err, c.ok)
		}
		if c.ok {
			continue
		}
		if out := c.r.Deliver(within(t), envelope, letter); out.Kind != store.Transient || out.Text != err.Error() {
			t.Errorf("%s: Deliver = %+v, want transient with %q", c.name, out, err)
		}
		_ = c.r.Close()
	}
}

// "localhost" that leads elsewhere is not loopback.
func TestPlainToAnotherMachine(t *testing.T) {
	ours, theirs := net.Pipe()
	r := relayTo(t, "localhost:25")
	r.Dial = func(context.Context, string, string) (net.Conn, error) { return elsewhere{ours}, nil }
	if out := r.Deliver(within(t), envelope, letter); out.Kind != store.Transient || out.Stage != "connect" || !strings.Contains(out.Text, "another machine") {
		t.Errorf("Deliver = %+v, want transient at connect", out)
	}
	if _, err := theirs.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the other machine reads %v, want the end of the connection", err)
	}
}

type elsewhere struct{ net.Conn }

func (elsewhere) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 25} }

// The log tells changes, once each, and nothing of the relay's or ours.
func TestLog(t *testing.T) {
	var log bytes.Buffer
	r := script(t, "-> 554 5.7.1 go away\n----\n-> 554 5.7.1 go away\n----\n"+hail+again+bye)
	r.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	for range 3 {
		r.Deliver(within(t), envelope, letter)
	}
	_ = r.Close()
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "stage=connect code=554") || !strings.Contains(lines[1], "usable again") {
		t.Errorf("the log is %q, want one line for the failure and one for its end", lines)
	}
	for _, secret := range []string{"example", "@", "127.0.0.1", "go away"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log contains %q: %s", secret, log.String())
		}
	}
}
