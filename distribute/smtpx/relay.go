// Package smtpx hands messages to a mail relay over SMTP, and says precisely
// what became of each. It is the only package that imports go-smtp.
//
// [Relay] is the courier of the way out: it keeps connections open and reuses
// them, sends to one recipient per transaction, trusts a relay only over
// verified TLS (or on this machine), and turns every reply, time-out and loss
// into a [store.Outcome]. Its one hard promise: an outcome other than Accepted
// or Unknown means that the relay cannot have taken the message.
//
// [Sink] is a receiving server on loopback, for the demo and the tests, which
// remembers what it was given.
//
// It never retries a message by itself, never falls back to clear text, and
// never logs an address, a host or a word of a reply.
package smtpx

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"kairan/distribute"
)

// Security says how the connection to the relay is protected.
type Security int

// Ways of protecting a connection. There is no opportunistic one: it protects
// from nobody who can drop a line from the relay's greeting.
const (
	// StartTLS: connect in clear and require STARTTLS (RFC 3207). The default.
	StartTLS Security = iota
	// TLS: implicit TLS from the first byte (RFC 8314 §3.3), usually port 465.
	TLS
	// PlainLoopback: no TLS. Refused unless the relay is on this machine.
	PlainLoopback
)

// Relay is a [distribute.Courier] that sends through one mail relay. Fill in
// the fields and use it; they must not change afterwards. A zero limit or
// timeout means its default. It may be used by many goroutines at once.
type Relay struct {
	// Addr is the relay's host and port. The host is also the name that its
	// certificate must carry, unless TLS.ServerName says otherwise.
	Addr     string
	Security Security
	// TLS may hold roots, a client certificate or a server name. Verification
	// cannot be turned off and the version is at least 1.2, whatever it says.
	TLS *tls.Config
	// Hello is the name we introduce ourselves by (RFC 5321 §4.1.1.1). Default
	// "localhost", which only a relay on this machine is likely to put up with.
	Hello string
	// Auth, if not nil, is how we authenticate on each new connection.
	Auth *Auth

	// MaxConnections limits connections open at one time, idle ones included.
	// Default 10. Further calls of Deliver wait for one to become free.
	MaxConnections int
	// MaxPerConnection is after how many messages a connection is replaced, so
	// that a relay behind a load balancer is spread over. Default 100.
	MaxPerConnection int
	// IdleTimeout is how long an unused connection is kept. Default 30 s: far
	// below the 5 minutes that RFC 5321 §4.5.3.2.7 asks of servers, because
	// many close sooner.
	IdleTimeout time.Duration

	// DialTimeout bounds the making of the TCP connection. Default 30 s.
	DialTimeout time.Duration
	// CommandTimeout bounds the greeting, the TLS handshake, reading the secret
	// and each command with its whole reply. Default 1 min.
	CommandTimeout time.Duration
	// WriteTimeout bounds the writing of each 32 KiB of the message. Default 30 s.
	WriteTimeout time.Duration
	// DotTimeout bounds the wait for the reply to the final dot. Default 5 min;
	// RFC 5321 §4.5.3.2.6 asks for 10, since giving up early makes duplicates,
	// but a relay of one's own that needs 5 is broken.
	DotTimeout time.Duration
	// DrainTimeout bounds that same wait once the context has ended. Default 10 s.
	DrainTimeout time.Duration

	// Log is told when the relay begins or ceases to be out of reach. Default
	// slog.Default().
	Log *slog.Logger
	// Dial makes the TCP connection. Default net.Dialer.DialContext.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)

	once   sync.Once
	bad    error         // what Validate found
	tls    *tls.Config   // TLS made strict
	slots  chan struct{} // holds one token per live connection in use
	closed chan struct{}

	mu      sync.Mutex
	idle    []*session // the last one was used last
	ended   bool       // Close was called
	failing string     // the stage at which connecting fails, or ""
	quits   sync.WaitGroup
	closing sync.Mutex
}

var _ distribute.Courier = (*Relay)(nil)

// Validate says what is wrong with the fields, in words for the operator, or
// nil. It connects to nothing. A Relay with faults delivers nothing: every
// outcome is Transient.
func (r *Relay) Validate() error {
	host, port, err := net.SplitHostPort(r.Addr)
	if err != nil || host == "" || port == "" {
		return errors.New("the relay's address must be host:port")
	}
	switch r.Security {
	case StartTLS, TLS:
	case PlainLoopback:
		if !loopbackName(host) {
			return errors.New("a relay without TLS must be on this machine (127.0.0.1, ::1 or localhost)")
		}
	default:
		return fmt.Errorf("unknown kind of connection security %d", r.Security)
	}
	if r.TLS != nil && r.TLS.InsecureSkipVerify {
		return errors.New("verification of the relay's certificate cannot be turned off; give its issuer as a root instead")
	}
	if r.Hello != "" && !validHello(r.Hello) {
		return errors.New("the name for EHLO must be a host name or an address literal such as [192.0.2.1]")
	}
	if r.Auth != nil {
		return r.Auth.validate()
	}
	return nil
}

// setup settles the defaults, once.
func (r *Relay) setup() error {
	r.once.Do(func() {
		r.slots = make(chan struct{}, or(r.MaxConnections, 10))
		r.closed = make(chan struct{})
		if r.bad = r.Validate(); r.bad != nil {
			return
		}
		r.tls = &tls.Config{}
		if r.TLS != nil {
			r.tls = r.TLS.Clone()
		}
		r.tls.MinVersion = max(r.tls.MinVersion, tls.VersionTLS12)
		if r.tls.ServerName == "" {
			r.tls.ServerName, _, _ = net.SplitHostPort(r.Addr)
		}
	})
	return r.bad
}

// or returns v, or def where v is not positive.
func or[T int | int64 | time.Duration](v, def T) T {
	if v > 0 {
		return v
	}
	return def
}

func (r *Relay) commandTimeout() time.Duration { return or(r.CommandTimeout, time.Minute) }

func (r *Relay) hello() string {
	if r.Hello == "" {
		return "localhost"
	}
	return r.Hello
}

func (r *Relay) log() *slog.Logger {
	if r.Log == nil {
		return slog.Default()
	}
	return r.Log
}

// note logs that connecting to the relay fails at another stage than before, or
// works again. f is nil after a success.
func (r *Relay) note(f *failure) {
	stage := ""
	if f != nil {
		stage = f.stage
	}
	r.mu.Lock()
	changed := r.failing != stage
	r.failing = stage
	r.mu.Unlock()
	switch {
	case !changed:
	case f == nil:
		r.log().Info("relay usable again")
	default:
		r.log().Warn("relay not usable", "stage", stage, "code", f.code())
	}
}

// loopbackName reports whether host names this machine and cannot name another.
func loopbackName(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// validHello reports whether s may follow EHLO: a domain or an address literal
// (RFC 5321 §4.1.3).
func validHello(s string) bool {
	if in, ok := strings.CutPrefix(s, "["); ok {
		in, ok = strings.CutSuffix(in, "]")
		in = strings.TrimPrefix(in, "IPv6:")
		ip, err := netip.ParseAddr(in)
		return ok && err == nil && ip.Zone() == ""
	}
	return s == "localhost" || validDomain(s) == nil
}
