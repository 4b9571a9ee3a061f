package imapx

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"math"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"kairan/ingest"
	"kairan/ingest/imapx/imaptest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// letter is a mail with a number, of which no line begins with "From ".
func letter(n int) []byte {
	return fmt.Appendf(nil, "From: desk@member.example\r\nTo: reports@kairan.example\r\nSubject: report %d\r\n\r\nLook at this: 件名 %d\r\n", n, n)
}

// within returns a context that ends long after any test should have.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func password(p string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return p, nil }
}

// mailboxAt returns a mailbox without TLS at addr, closed when the test ends.
func mailboxAt(t testing.TB, addr string) *Mailbox {
	t.Helper()
	m := &Mailbox{Addr: addr, Security: PlainLoopback, Auth: Auth{User: "reports", Password: password("pass word")}}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Errorf("Mailbox.Close() = %v", err)
		}
	})
	return m
}

// fake starts a server that breaks rules, and returns a mailbox at it.
func fake(t testing.TB, rules imaptest.Rules) (*Mailbox, *imaptest.Fake) {
	t.Helper()
	f := imaptest.StartFake(t, rules, nil)
	return mailboxAt(t, f.Addr), f
}

// memory starts a memory server.
func memory(t testing.TB, s *MemoryServer) *MemoryServer {
	t.Helper()
	s.User, s.Password = "reports", "pass word"
	if err := s.Start(nil); err != nil {
		t.Fatalf("MemoryServer.Start() = %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("MemoryServer.Close() = %v", err)
		}
	})
	return s
}

// countDials makes m count its connections.
func countDials(m *Mailbox) func() int {
	var n atomic.Int32
	m.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		n.Add(1)
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}
	return func() int { return int(n.Load()) }
}

// next returns what Next finds, which must be n mails.
func next(t testing.TB, m *Mailbox, n int) []ingest.Ref {
	t.Helper()
	refs, err := m.Next(within(t))
	if err != nil || len(refs) != n {
		t.Fatalf("Next() = %d mails, %v; want %d", len(refs), err, n)
	}
	return refs
}

// nextN calls Next until it finds n mails at once: they may arrive one by one.
func nextN(t testing.TB, m *Mailbox, n int) []ingest.Ref {
	t.Helper()
	ctx := within(t)
	for {
		refs, err := m.Next(ctx)
		if err != nil {
			t.Fatalf("Next() = %v; want %d mails", err, n)
		}
		if len(refs) >= n {
			return refs
		}
	}
}

// fetch returns the whole mail.
func fetch(t testing.TB, m *Mailbox, r ingest.Ref) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := m.Fetch(within(t), r, &b, math.MaxInt32); err != nil {
		t.Fatalf("Fetch(%v) = %v", r, err)
	}
	return b.Bytes()
}

// server is what the tests that run with every server need of it.
type server struct {
	plain, tls string // addresses for STARTTLS or none, and for implicit TLS
	config     *tls.Config
	put        func(mail []byte)
	count      func(folder string) int
}

// servers are the servers that keep the rules.
var servers = map[string]func(t *testing.T) *server{
	"memory": func(t *testing.T) *server {
		config, roots := imaptest.Certificate(t, time.Hour)
		s := memory(t, &MemoryServer{TLS: config})
		return &server{plain: s.Addr(), config: &tls.Config{RootCAs: roots},
			put: func(mail []byte) {
				if err := s.Append(mail); err != nil {
					t.Fatalf("Append() = %v", err)
				}
			},
			count: func(folder string) int {
				n, err := s.Count(folder)
				if err != nil {
					t.Fatalf("Count(%s) = %v", folder, err)
				}
				return n
			}}
	},
	"dovecot": func(t *testing.T) *server { return dovecot(imaptest.Dovecot(t, imaptest.Options{})) },
	"dovecot without MOVE": func(t *testing.T) *server {
		return dovecot(imaptest.Dovecot(t, imaptest.Options{Capabilities: "IMAP4rev1 SASL-IR LITERAL+ IDLE UIDPLUS"}))
	},
	"dovecot without IDLE": func(t *testing.T) *server {
		return dovecot(imaptest.Dovecot(t, imaptest.Options{Capabilities: "IMAP4rev1 MOVE"}))
	},
}

func dovecot(d *imaptest.Server) *server {
	return &server{plain: d.Addr, tls: d.TLSAddr, config: &tls.Config{RootCAs: d.Roots}, put: d.Deliver,
		count: func(folder string) int { return len(d.Mails(folder)) }}
}
