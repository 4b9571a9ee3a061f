package smtpx

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
)

// The verbs of store.Outcome.Stage.
const (
	stageConnect = "connect"
	stageTLS     = "tls"
	stageAuth    = "auth"
	stageMail    = "mail"
	stageRcpt    = "rcpt"
	stageData    = "data"
	stageDot     = "dot"
)

// Reasons for which we do not use a relay although it answers.
var (
	errNoStartTLS = errors.New("the relay does not offer STARTTLS")
	errNoAuth     = errors.New("the relay does not offer this way of logging in here")
	errNotLocal   = errors.New("the relay's name leads to another machine, so TLS is needed")
)

// failure is why there is no usable connection.
type failure struct {
	stage string
	err   error
}

func (f *failure) Error() string { return f.stage + ": " + f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// code is the relay's reply code, or 0.
func (f *failure) code() int {
	if se, ok := errors.AsType[*smtp.SMTPError](f.err); ok {
		return se.Code
	}
	return 0
}

// session is a connection on which the relay is ready for MAIL.
type session struct {
	raw    net.Conn // what to close: closing TLS may wait for a write under way
	wire   *wire
	client *smtp.Client
	tls    string // for store.Outcome.TLS
	sent   int    // transactions begun
	dirty  bool   // a transaction may be open: RSET before the next
	timer  *time.Timer
}

// quitTimeout bounds the farewell. Nothing depends on it.
const quitTimeout = 2 * time.Second

// quit ends the session politely.
func (s *session) quit() {
	s.client.CommandTimeout = quitTimeout
	_ = s.client.Quit() // the connection goes anyway
	_ = s.raw.Close()
}

// connect makes a session, up to and including AUTH. It ends soon after ctx
// does, and leaves nothing open when it fails.
func (r *Relay) connect(ctx context.Context, a *attempt) (*session, *failure) {
	s, err := r.establish(ctx, a)
	switch {
	case err == nil:
		r.note(nil)
		return s, nil
	case ctx.Err() != nil: // which says nothing about the relay
		return nil, &failure{a.stage, err}
	default:
		f := &failure{a.stage, err}
		r.note(f)
		return nil, f
	}
}

func (r *Relay) establish(ctx context.Context, a *attempt) (_ *session, err error) {
	a.stage = stageConnect
	raw, err := r.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = raw.Close()
		}
	}()
	a.hold(raw)

	s := &session{raw: raw, wire: &wire{Conn: raw}}
	switch r.Security {
	case StartTLS:
		if err := r.startTLS(a, s.wire); err != nil {
			return nil, err
		}
		// The relay says nothing after the handshake, but go-smtp's client
		// waits for a greeting. (It can do STARTTLS itself, but introduces us
		// as "localhost" before it and drops injected text in silence.)
		if err := r.secure(ctx, a, s); err != nil {
			return nil, err
		}
		s.wire.preset = []byte("220 greeted before TLS\r\n")
	case TLS:
		if err := r.secure(ctx, a, s); err != nil {
			return nil, err
		}
	}
	a.stage = stageConnect
	s.client = smtp.NewClient(s.wire)
	s.client.CommandTimeout = r.commandTimeout()
	s.client.SubmissionTimeout = or(r.DotTimeout, 5*time.Minute)
	if err := s.wire.check(s.client.Hello(r.hello())); err != nil {
		return nil, err
	}
	if r.Auth != nil {
		a.stage = stageAuth
		if err := s.wire.check(r.login(ctx, s.client)); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// dial makes the TCP connection.
func (r *Relay) dial(ctx context.Context) (net.Conn, error) {
	dial := r.Dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	ctx, cancel := context.WithTimeout(ctx, or(r.DialTimeout, 30*time.Second))
	defer cancel()
	conn, err := dial(ctx, "tcp", r.Addr)
	if err != nil {
		return nil, err
	}
	// "localhost" is only a name; the address is what counts.
	if tcp, ok := conn.RemoteAddr().(*net.TCPAddr); ok && r.Security == PlainLoopback && !tcp.IP.IsLoopback() {
		_ = conn.Close()
		return nil, errNotLocal
	}
	return conn, nil
}

// startTLS speaks in clear up to the reply to STARTTLS (RFC 3207 §4).
func (r *Relay) startTLS(a *attempt, w *wire) error {
	text := textproto.NewConn(w)
	if _, err := r.exchange(w, text, 220, ""); err != nil {
		return err
	}
	offers, err := r.exchange(w, text, 250, "EHLO "+r.hello())
	if err != nil {
		return err
	}
	a.stage = stageTLS
	offered := false
	for line := range strings.SplitSeq(offers, "\n") {
		offered = offered || strings.EqualFold(strings.TrimSpace(line), "STARTTLS")
	}
	if !offered {
		return errNoStartTLS
	}
	if _, err := r.exchange(w, text, 220, "STARTTLS"); err != nil {
		return err
	}
	// Anything said in clear behind the 220 could be taken for said under TLS.
	if w.unasked {
		return errUnasked
	}
	return nil
}

// exchange writes a command, if any, and reads the whole reply to it. An
// unexpected code is an *smtp.SMTPError.
func (r *Relay) exchange(w *wire, text *textproto.Conn, code int, command string) (string, error) {
	if err := w.SetDeadline(time.Now().Add(r.commandTimeout())); err != nil {
		return "", err
	}
	if command != "" {
		if err := text.PrintfLine("%s", command); err != nil {
			return "", err
		}
	}
	_, msg, err := text.ReadResponse(code)
	if te, ok := errors.AsType[*textproto.Error](err); ok {
		enhanced, words := cutEnhanced(te.Msg)
		err = &smtp.SMTPError{Code: te.Code, EnhancedCode: enhancedNumbers(enhanced), Message: words}
	}
	return msg, w.check(err)
}

// secure puts TLS between the session's wire and its connection.
func (r *Relay) secure(ctx context.Context, a *attempt, s *session) error {
	a.stage = stageTLS
	ctx, cancel := context.WithTimeout(ctx, r.commandTimeout())
	defer cancel()
	if err := s.raw.SetDeadline(time.Time{}); err != nil { // the handshake has ctx
		return err
	}
	conn := tls.Client(s.raw, r.tls)
	if err := conn.HandshakeContext(ctx); err != nil {
		return err
	}
	s.wire = &wire{Conn: conn}
	state := conn.ConnectionState()
	s.tls = tls.VersionName(state.Version) + " " + tls.CipherSuiteName(state.CipherSuite)
	return nil
}

// login authenticates. The connection is protected by now or goes nowhere.
func (r *Relay) login(ctx context.Context, c *smtp.Client) error {
	if !c.SupportsAuth(r.Auth.Mechanism) {
		return fmt.Errorf("%w: %s", errNoAuth, r.Auth.Mechanism)
	}
	ctx, cancel := context.WithTimeout(ctx, r.commandTimeout())
	defer cancel()
	host, p, _ := net.SplitHostPort(r.Addr)
	port, _ := strconv.Atoi(p) // 0 for a service's name; servers ignore it
	sasl, err := r.Auth.client(ctx, host, port)
	if err != nil {
		return err
	}
	return c.Auth(sasl)
}
