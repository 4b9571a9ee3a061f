// Package imapx reads a report mailbox over IMAP (RFC 3501 and RFC 9051). It is
// the only package that imports go-imap.
//
// [Mailbox] is the mailbox of the way in. It takes each mail by UID without
// marking it as read, and moves it aside when it is told to; it deletes nothing
// that is not already a copy in the other folder. It trusts a server only over
// verified TLS, or on this machine, and every call is bounded in time: go-imap
// has no time limits of its own, so a watchdog closes the connection under it.
//
// [MemoryServer] is a server on loopback that holds its mail in memory, for the
// demo and the tests.
//
// Nothing here retries; whoever calls decides when to call again. No error and
// no log line carries a byte of a mail.
package imapx

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"kairan/ingest"
)

// Security says how the connection to the server is protected.
type Security int

// Ways of protecting a connection. There is no opportunistic one: it protects
// from nobody who can change a line of the server's greeting.
const (
	// TLS: implicit TLS from the first byte (RFC 8314 §3.2), usually port 993.
	// The default.
	TLS Security = iota
	// StartTLS: connect in clear and require STARTTLS (RFC 9051 §6.2.1), usually
	// port 143.
	StartTLS
	// PlainLoopback: no TLS. Refused unless the server is on this machine.
	PlainLoopback
)

// Mailbox is an [ingest.Mailbox] in a folder of an IMAP server. Fill in the
// fields and use it; they must not change afterwards. A zero duration or name
// means its default. It is for one goroutine at a time.
type Mailbox struct {
	// Addr is the server's host and port. The host is also the name that its
	// certificate must carry, unless TLS.ServerName says otherwise.
	Addr     string
	Security Security
	// TLS may hold roots, a client certificate or a server name. Verification
	// cannot be turned off and the version is at least 1.2, whatever it says.
	TLS  *tls.Config
	Auth Auth

	// Folder is where reports arrive. Default "INBOX".
	Folder string
	// Processed is where they are filed; it is made when it is missing. Default
	// "Processed".
	Processed string

	// CommandTimeout bounds connecting, reading the secret, each command with
	// its answer, and, while a mail is streamed, each wait for more of it.
	// Default 60 s. A whole mail may take 5 minutes, which is go-imap's limit.
	CommandTimeout time.Duration
	// PollInterval is how often to look where IDLE is not offered. Default 30 s.
	PollInterval time.Duration
	// IdleRenew is after how long IDLE ends and the folder is looked through
	// again, which finds what the server forgot to tell and notices that a
	// connection is dead. Default 5 min; more than 9 min is cut to that, because
	// firewalls on the way forget a silent connection after 10.
	IdleRenew time.Duration

	// Log is told of connections, without names. Default: nothing is logged.
	Log *slog.Logger
	// Dial makes the TCP connection. Default net.Dialer.DialContext.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)

	s *session // nil when not connected
}

var _ ingest.Mailbox = (*Mailbox)(nil)

const (
	defaultCommandTimeout = 60 * time.Second
	defaultPollInterval   = 30 * time.Second
	defaultIdleRenew      = 5 * time.Minute
	maxIdleRenew          = 9 * time.Minute

	// farewellTimeout bounds LOGOUT. Nothing depends on it.
	farewellTimeout = 2 * time.Second
)

// Validate says what is wrong with the fields, in words for the operator, or
// nil. It connects to nothing.
func (m *Mailbox) Validate() error {
	host, port, err := net.SplitHostPort(m.Addr)
	if err != nil || host == "" {
		return errors.New("the mailbox's address must be host:port")
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return errors.New("the mailbox's port must be a number from 1 to 65535")
	}
	switch m.Security {
	case TLS, StartTLS:
	case PlainLoopback:
		if !isLoopback(host) {
			return errors.New("a mailbox that is not on this machine needs TLS")
		}
	default:
		return errors.New("the mailbox's security must be TLS, STARTTLS or, on this machine, none")
	}
	for _, name := range []string{m.folder(), m.processed()} {
		// The two wildcards of LIST (RFC 9051 §6.3.9.5) would match other folders.
		if strings.ContainsAny(name, "*%") || hasControl(name) {
			return errors.New("a folder's name must not have *, % or control characters")
		}
	}
	if m.folder() == m.processed() || strings.EqualFold(m.folder(), "INBOX") && strings.EqualFold(m.processed(), "INBOX") {
		return errors.New("the folder of processed mail must be another than that of the reports")
	}
	if m.CommandTimeout < 0 || m.PollInterval < 0 || m.IdleRenew < 0 {
		return errors.New("the mailbox's time limits must not be negative")
	}
	return m.Auth.validate()
}

// Close ends the connection, if there is one, saying goodbye when that is
// possible within 2 seconds. The Mailbox may be used again afterwards.
func (m *Mailbox) Close() error {
	s := m.s
	m.s = nil
	if s == nil {
		return nil
	}
	s.timeout = min(s.timeout, farewellTimeout)
	_ = s.do(context.Background(), func(func()) error { return s.client.Logout().Wait() }) // the connection goes anyway
	s.drop()
	return nil
}

// use runs f on a connected session, and drops the connection when f fails, so
// that the next call makes a new one. Only [ingest.ErrVanished] says nothing
// about the connection. doing is for the error.
func (m *Mailbox) use(ctx context.Context, doing string, f func(s *session) error) error {
	if m.s != nil && m.s.gone() {
		// The server hung up since the last call, which is its right (RFC 9051 §5.4).
		m.s.drop()
		m.s = nil
	}
	if m.s == nil {
		s, err := m.connect(ctx)
		if err != nil {
			return fmt.Errorf("imap: %w", err)
		}
		m.s = s
	}
	err := f(m.s)
	if m.s.spent || err != nil && !errors.Is(err, ingest.ErrVanished) {
		m.s.drop()
		m.s = nil
	}
	if err != nil {
		return fmt.Errorf("imap: %s: %w", doing, err)
	}
	return nil
}

func (m *Mailbox) folder() string {
	if m.Folder == "" {
		return "INBOX"
	}
	return m.Folder
}

func (m *Mailbox) processed() string {
	if m.Processed == "" {
		return "Processed"
	}
	return m.Processed
}

func (m *Mailbox) commandTimeout() time.Duration {
	return orDefault(m.CommandTimeout, defaultCommandTimeout)
}
func (m *Mailbox) pollInterval() time.Duration { return orDefault(m.PollInterval, defaultPollInterval) }
func (m *Mailbox) idleRenew() time.Duration {
	return min(orDefault(m.IdleRenew, defaultIdleRenew), maxIdleRenew)
}

func orDefault(d, def time.Duration) time.Duration {
	if d <= 0 {
		return def
	}
	return d
}

func (m *Mailbox) log() *slog.Logger {
	if m.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return m.Log
}

// isLoopback reports whether host is this machine whatever a name server says.
func isLoopback(host string) bool {
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f })
}
