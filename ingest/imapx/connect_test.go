package imapx

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"kairan/ingest/imapx/imaptest"
)

func TestSecurity(t *testing.T) {
	for _, name := range []string{"memory", "dovecot"} {
		t.Run(name, func(t *testing.T) {
			s := servers[name](t)
			implicit, implicitConfig := s.tls, s.config
			if implicit == "" { // the memory server speaks either the one or the other
				config, roots := imaptest.Certificate(t, time.Hour)
				implicit = memory(t, &MemoryServer{TLS: config, Implicit: true}).Addr()
				implicitConfig = &tls.Config{RootCAs: roots}
			}
			_, port, err := net.SplitHostPort(implicit)
			if err != nil {
				t.Fatalf("the server's address: %v", err)
			}
			tests := []struct {
				name     string
				addr     string
				security Security
				config   *tls.Config
				want     error
				hint     string
			}{
				{"TLS", implicit, TLS, implicitConfig, nil, ""},
				{"TLS by name", net.JoinHostPort("localhost", port), TLS, implicitConfig, nil, ""},
				{"STARTTLS", s.plain, StartTLS, s.config, nil, ""},
				{"no TLS on loopback", s.plain, PlainLoopback, nil, nil, ""},
				{"STARTTLS, unknown issuer", s.plain, StartTLS, nil, ErrTLS, "root certificates"},
				{"TLS, unknown issuer", implicit, TLS, nil, ErrTLS, "root certificates"},
				{"STARTTLS, verification turned off", s.plain, StartTLS, &tls.Config{InsecureSkipVerify: true}, ErrTLS, "root certificates"},
				{"STARTTLS, another name", s.plain, StartTLS, &tls.Config{RootCAs: s.config.RootCAs, ServerName: "mail.example.jp"}, ErrTLS, "another name"},
				{"TLS on the port for STARTTLS", s.plain, TLS, s.config, ErrTLS, "does not speak TLS on this port"},
			}
			for _, test := range tests {
				m := mailboxAt(t, test.addr)
				m.Security, m.TLS = test.security, test.config
				err := m.Check(within(t))
				if !errors.Is(err, test.want) {
					t.Errorf("%s: Check() = %v; want %v", test.name, err, test.want)
				}
				if hint := Hint(err); !strings.Contains(hint, test.hint) || (hint == "") != (err == nil) {
					t.Errorf("%s: Hint(%v) = %q; want one with %q", test.name, err, hint, test.hint)
				}
			}
		})
	}
}

func TestExpiredCertificate(t *testing.T) {
	config, roots := imaptest.Certificate(t, -time.Hour)
	m := mailboxAt(t, imaptest.StartFake(t, nil, config).Addr)
	m.Security, m.TLS = TLS, &tls.Config{RootCAs: roots}
	err := m.Check(within(t))
	if !errors.Is(err, ErrTLS) || !strings.Contains(Hint(err), "expired") {
		t.Errorf("Check() = %v, hint %q; want ErrTLS because it has expired", err, Hint(err))
	}
}

// Nothing that comes before TLS is believed, and no secret is said.
func TestStartTLSStripped(t *testing.T) {
	tests := []struct {
		name             string
		greeting, answer string
		want             error
		hint             string
	}{
		{"not offered", "* OK hi", "TAG BAD unknown command", ErrTLS, "does not offer STARTTLS"},
		{"refused", "* OK hi", "* 3 EXISTS\nTAG NO not now", ErrTLS, "does not offer STARTTLS"},
		{"injected", "* OK hi", `"S1 OK go ahead\r\n* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello\r\nT2 OK done\r\n"`, ErrTLS, "before its turn"},
		{"then no TLS", "* OK hi", "TAG OK go ahead\n<-", ErrTLS, "TLS"},
		{"then hangs up", "* OK hi", "TAG OK go ahead\ndrop", ErrTLS, "TLS"},
		{"PREAUTH", "* PREAUTH hi", "TAG OK go ahead", ErrTLS, "TLS"},
		{"BYE", "* BYE busy", "", ErrConnect, "hangs up"},
		{"another protocol", "220 mx.example ESMTP", "", ErrTLS, "TLS"},
		{"another tag", "* OK hi", "XX OK go ahead", ErrTLS, "TLS"},
		{"endless line", "* OK " + strings.Repeat("x", 9000), "", ErrTLS, "TLS"},
		{"endless talk", "* OK hi", strings.Repeat("* OK wait\n", 200) + "TAG OK go ahead", ErrTLS, "TLS"},
	}
	for _, test := range tests {
		m, f := fake(t, imaptest.Rules{"": {test.greeting}, "STARTTLS": {test.answer}})
		m.Security = StartTLS
		m.CommandTimeout = 2 * time.Second
		err := m.Check(within(t))
		if !errors.Is(err, test.want) || !strings.Contains(Hint(err), test.hint) {
			t.Errorf("STARTTLS %s: Check() = %v, hint %q; want %v with %q", test.name, err, Hint(err), test.want, test.hint)
		}
		for _, said := range f.Commands() {
			if strings.Contains(said, "AUTHENTICATE") || strings.Contains(said, "LOGIN") {
				t.Errorf("STARTTLS %s: the client said %s in clear", test.name, said)
			}
		}
	}
}

// A parenthesis among capabilities makes go-imap's parser spin for ever.
func TestSpinningCapabilities(t *testing.T) {
	for name, rules := range map[string]imaptest.Rules{
		"in the greeting":    {"": {"* OK [CAPABILITY IMAP4rev1 (x)] hi"}},
		"as data":            {"CAPABILITY": {"* CAPABILITY IMAP4rev1 (\nTAG OK done"}},
		"in small letters":   {"CAPABILITY": {"* capability (\nTAG OK done"}},
		"after logging in":   {"AUTHENTICATE": {"TAG OK [CAPABILITY CCAPABILITY(] in"}},
		"behind a number":    {"CAPABILITY": {"* 5 CAPABILITY (\nTAG OK done"}},
		"after select":       {"SELECT": {"* 1 EXISTS\n* OK [UIDVALIDITY 7] ok\n* CAPABILITY IMAP4rev1 (\nTAG OK done"}},
		"without any spaces": {"CAPABILITY": {"* CAPABILITY(\nTAG OK done"}},
	} {
		m, _ := fake(t, rules)
		if err := m.Check(within(t)); !errors.Is(err, errProtocol) {
			t.Errorf("parenthesis %s: Check() = %v; want %v", name, err, errProtocol)
		}
	}
	m, _ := fake(t, imaptest.Rules{"AUTHENTICATE": {"TAG OK [CAPABILITY IMAP4rev1 MOVE] in (at last)"},
		"LIST":      {"* LIST () \"/\" Processed\nTAG OK Capability (nearly) found"},
		"UID FETCH": {"* 1 FETCH (UID 5 BODY[] {20}\n\"* CAPABILITY (\\r\\n\\r\\n()\"\n)\nTAG OK done"}})
	if got := fetch(t, m, five); string(got) != "* CAPABILITY (\r\n\r\n()" {
		t.Errorf("Fetch() of a mail that looks like capabilities = %q", got)
	}
}

func TestPlainOffLoopback(t *testing.T) {
	for _, host := range []string{"192.0.2.1", "mail.example.jp", "localhost.example.jp", "0.0.0.0", "[2001:db8::1]"} {
		m := mailboxAt(t, host+":143")
		dials := countDials(m)
		if _, err := m.Next(within(t)); err == nil || !strings.Contains(err.Error(), "needs TLS") {
			t.Errorf("Next() at %s without TLS = %v; want that it needs TLS", host, err)
		}
		if dials() != 0 {
			t.Errorf("without TLS %s was connected to", host)
		}
	}
	// A name server that says that localhost is elsewhere.
	m := mailboxAt(t, "localhost:143")
	ours, theirs := net.Pipe()
	t.Cleanup(func() { _ = theirs.Close() })
	m.Dial = func(context.Context, string, string) (net.Conn, error) { return elsewhere{ours}, nil }
	if err := m.Check(within(t)); !errors.Is(err, ErrTLS) {
		t.Errorf("Check() at a localhost that is elsewhere = %v; want ErrTLS", err)
	}
}

type elsewhere struct{ net.Conn }

func (elsewhere) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 143} }

func TestValidate(t *testing.T) {
	good := func() *Mailbox {
		return &Mailbox{Addr: "mail.example.jp:993", Auth: Auth{User: "reports", Password: password("p")}}
	}
	tests := []struct {
		name  string
		spoil func(m *Mailbox)
	}{
		{"", func(*Mailbox) {}},
		{"host:port", func(m *Mailbox) { m.Addr = "mail.example.jp" }},
		{"host:port", func(m *Mailbox) { m.Addr = ":993" }},
		{"port", func(m *Mailbox) { m.Addr = "mail.example.jp:imaps" }},
		{"port", func(m *Mailbox) { m.Addr = "mail.example.jp:70000" }},
		{"security", func(m *Mailbox) { m.Security = 9 }},
		{"folder's name", func(m *Mailbox) { m.Folder = "Re*" }},
		{"folder's name", func(m *Mailbox) { m.Processed = "A\r\nB" }},
		{"another", func(m *Mailbox) { m.Processed = "inbox" }},
		{"another", func(m *Mailbox) { m.Folder = "Processed" }},
		{"time limits", func(m *Mailbox) { m.IdleRenew = -1 }},
		{"user name", func(m *Mailbox) { m.Auth.User = "" }},
		{"control character", func(m *Mailbox) { m.Auth.User = "a\x01b" }},
		{"exactly one", func(m *Mailbox) { m.Auth.Password = nil }},
		{"exactly one", func(m *Mailbox) { m.Auth.XOAuth2 = password("p") }},
	}
	for _, test := range tests {
		m := good()
		test.spoil(m)
		err := m.Validate()
		if (err == nil) != (test.name == "") || err != nil && !strings.Contains(err.Error(), test.name) {
			t.Errorf("Validate() of %+v = %v; want one with %q", m, err, test.name)
		}
	}
}

func TestWrongPassword(t *testing.T) {
	for _, name := range []string{"memory", "dovecot"} {
		t.Run(name, func(t *testing.T) {
			m := mailboxAt(t, servers[name](t).plain)
			m.Auth.Password = password("wrong")
			err := m.Check(within(t))
			if !errors.Is(err, ErrAuth) || !strings.Contains(Hint(err), "refused our login") {
				t.Errorf("Check() = %v, hint %q; want ErrAuth", err, Hint(err))
			}
			// A password file that was mended is read again.
			m.Auth.Password = password("pass word")
			if err := m.Check(within(t)); err != nil {
				t.Errorf("Check() with the right password = %v", err)
			}
		})
	}
}

// Which way of logging in is taken, and what is said.
func TestLogin(t *testing.T) {
	token := func(a Auth) Auth { a.User, a.Password = "re=po,rts", nil; return a }
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	caps := func(s string) []string { return []string{"* CAPABILITY IMAP4rev1 MOVE " + s + "\nTAG OK done"} }
	const challenge = "+ eyJzdGF0dXMiOiI0MDAifQ==\n<-\nTAG NO [AUTHENTICATIONFAILED] no"
	tests := []struct {
		name  string
		auth  Auth
		rules imaptest.Rules
		want  error
		said  []string // in this order, among others
		hint  string
	}{
		{"PLAIN", Auth{}, nil, nil, []string{"AUTHENTICATE PLAIN " + b64("\x00reports\x00pass word")}, ""},
		{"PLAIN although LOGIN is disabled", Auth{}, imaptest.Rules{"CAPABILITY": caps("LOGINDISABLED AUTH=PLAIN SASL-IR")}, nil,
			[]string{"AUTHENTICATE PLAIN " + b64("\x00reports\x00pass word")}, ""},
		{"PLAIN without initial response", Auth{}, imaptest.Rules{"CAPABILITY": caps("AUTH=PLAIN"), "AUTHENTICATE": {"+ \n<-\nTAG OK in"}}, nil,
			[]string{"AUTHENTICATE PLAIN", b64("\x00reports\x00pass word")}, ""},
		{"LOGIN", Auth{}, imaptest.Rules{"CAPABILITY": caps("AUTH=GSSAPI")}, nil, []string{`LOGIN "reports" "pass word"`}, ""},
		{"LOGINDISABLED", Auth{}, imaptest.Rules{"CAPABILITY": caps("LOGINDISABLED")}, ErrAuth, nil, "does not offer"},
		{"LOGIN refused", Auth{}, imaptest.Rules{"CAPABILITY": caps(""), "LOGIN": {"TAG NO no"}}, ErrAuth, nil, "refused our login"},
		{"XOAUTH2", token(Auth{XOAuth2: password("t0ken")}), imaptest.Rules{"CAPABILITY": caps("AUTH=XOAUTH2 SASL-IR")}, nil,
			[]string{"AUTHENTICATE XOAUTH2 " + b64("user=re=po,rts\x01auth=Bearer t0ken\x01\x01")}, ""},
		{"XOAUTH2 refused", token(Auth{XOAuth2: password("t0ken")}), imaptest.Rules{"CAPABILITY": caps("AUTH=XOAUTH2 SASL-IR"), "AUTHENTICATE": {challenge}}, ErrAuth,
			[]string{"="}, "refused our login"}, // go-imap's way to write an empty answer
		{"XOAUTH2 not offered", token(Auth{XOAuth2: password("t0ken")}), nil, ErrAuth, nil, "does not offer"},
		{"OAUTHBEARER", token(Auth{OAuthBearer: password("t0ken")}), imaptest.Rules{"CAPABILITY": caps("AUTH=OAUTHBEARER SASL-IR")}, nil,
			[]string{"AUTHENTICATE OAUTHBEARER " + b64("n,a=re=3Dpo=2Crts,\x01host=127.0.0.1\x01port=PORT\x01auth=Bearer t0ken\x01\x01")}, ""},
		{"OAUTHBEARER refused", token(Auth{OAuthBearer: password("t0ken")}), imaptest.Rules{"CAPABILITY": caps("AUTH=OAUTHBEARER SASL-IR"), "AUTHENTICATE": {challenge}}, ErrAuth,
			[]string{b64("\x01")}, "refused our login"},
		{"password that cannot be read", Auth{Password: func(context.Context) (string, error) { return "", errors.New("no such file") }}, nil, ErrAuth, nil, "could not be read"},
		{"password with a line end", Auth{Password: password("pass word\n")}, nil, ErrAuth, nil, "could not be read"},
		{"password that takes for ever", Auth{Password: func(ctx context.Context) (string, error) { <-ctx.Done(); return "", ctx.Err() }}, nil, ErrAuth, nil, "could not be read"},
		{"server that cannot tell", Auth{}, imaptest.Rules{"AUTHENTICATE": {"TAG NO [UNAVAILABLE] try later"}}, nil, nil, "try again later"},
		{"PREAUTH", Auth{}, imaptest.Rules{"": {"* PREAUTH welcome"}}, nil, nil, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, f := fake(t, test.rules)
			if test.auth.User == "" {
				test.auth.User = "reports"
			}
			if test.auth.Password == nil && test.auth.XOAuth2 == nil && test.auth.OAuthBearer == nil {
				test.auth.Password = password("pass word")
			}
			m.Auth = test.auth
			m.CommandTimeout = 2 * time.Second
			err := m.Check(within(t))
			switch {
			case test.want == nil && test.hint == "" && err != nil, !errors.Is(err, test.want) && test.want != nil:
				t.Errorf("Check() = %v; want %v", err, test.want)
			case test.want == nil && errors.Is(err, ErrAuth):
				t.Errorf("Check() = %v; want no ErrAuth", err)
			}
			if hint := Hint(err); !strings.Contains(hint, test.hint) {
				t.Errorf("Hint(%v) = %q; want one with %q", err, hint, test.hint)
			}
			for _, secret := range []string{"pass word", "t0ken"} {
				if err != nil && strings.Contains(err.Error(), secret) {
					t.Errorf("the error %q has the secret", err)
				}
			}
			_, port, _ := net.SplitHostPort(f.Addr)
			said := f.Commands()
			for _, want := range test.said {
				if plain, ok := strings.CutPrefix(want, "AUTHENTICATE OAUTHBEARER "); ok {
					text, _ := base64.StdEncoding.DecodeString(plain)
					want = "AUTHENTICATE OAUTHBEARER " + b64(strings.Replace(string(text), "PORT", port, 1))
				}
				at := -1
				for i, line := range said {
					if line == want {
						at = i
						break
					}
				}
				if at < 0 {
					t.Fatalf("the client said\n%s\nwant the line %q", strings.Join(f.Commands(), "\n"), want)
				}
				said = said[at+1:]
			}
		})
	}
}

func TestConnectErrors(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	_ = l.Close()
	tests := []struct {
		name  string
		rules imaptest.Rules
		addr  string
		want  error
		hint  string
	}{
		{"nobody listens", nil, nobody, ErrConnect, "Nothing listens"},
		{"name that is not known", nil, "no-such-name.invalid:993", ErrConnect, "name"},
		{"BYE as greeting", imaptest.Rules{"": {"* BYE too many connections\ndrop"}}, "", ErrConnect, "hangs up"},
		{"hangs up", imaptest.Rules{"": {"drop"}}, "", ErrConnect, "hangs up"},
		{"another protocol", imaptest.Rules{"": {"220 mx.example ESMTP"}}, "", nil, "port"},
		{"no folder", imaptest.Rules{"SELECT": {"TAG NO [NONEXISTENT] no such folder"}}, "", ErrFolder, "names of both folders"},
		{"no UIDVALIDITY", imaptest.Rules{"SELECT": {"* 0 EXISTS\nTAG OK done"}}, "", ErrFolder, "names of both folders"},
		{"no folder of processed mail", imaptest.Rules{"LIST": {"TAG OK done"}, "CREATE": {"TAG NO [CANNOT] use INBOX."}}, "", ErrFolder, "INBOX."},
		{"no MOVE", imaptest.Rules{"CAPABILITY": {"* CAPABILITY IMAP4rev1\nTAG OK done"}}, "", ErrNoMove, "MOVE"},
		{"flood", imaptest.Rules{"NOOP": {"TAG OK done"}, "LIST": {strings.Repeat("* LIST () NIL "+strings.Repeat("x", 1<<16)+"\n", 300) + "TAG OK done"}}, "", nil, "port"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, _ := fake(t, test.rules)
			if test.addr != "" {
				m.Addr = test.addr
			}
			if !isLoopback(strings.Split(m.Addr, ":")[0]) {
				m.Security = TLS
				m.Dial = func(context.Context, string, string) (net.Conn, error) {
					return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "no-such-name.invalid", IsNotFound: true}}
				}
			}
			err := m.Check(within(t))
			if err == nil || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("Check() = %v; want %v", err, test.want)
			}
			if hint := Hint(err); !strings.Contains(hint, test.hint) {
				t.Errorf("Hint(%v) = %q; want one with %q", err, hint, test.hint)
			}
		})
	}
}

// The error of a try does not differ from that of the next, so that it is logged
// once; and the log has no names.
func TestQuiet(t *testing.T) {
	var log bytes.Buffer
	m, f := fake(t, imaptest.Rules{"UID SEARCH": {"drop"}})
	m.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	_, first := m.Next(within(t))
	_, second := m.Next(within(t))
	if first == nil || second == nil || first.Error() != second.Error() {
		t.Errorf("two tries end with %v and %v; want the same error", first, second)
	}
	for _, name := range []string{"reports", "pass word", f.Addr, "Processed"} {
		if strings.Contains(log.String(), name) {
			t.Errorf("the log has %q:\n%s", name, log.String())
		}
	}
	if !strings.Contains(log.String(), "connected") {
		t.Errorf("the log does not tell of the connection:\n%s", log.String())
	}
}
