package smtpx

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Sink is a mail server on loopback that accepts mail and remembers it. Fill in
// the fields, call Start, and Close it. It stands for the contacts' servers in
// the demo, and for the world in tests. It holds everything in memory.
type Sink struct {
	// Listen is where to listen; a loopback address. Default "127.0.0.1:0".
	Listen string
	// TLS, if not nil, offers STARTTLS, or is spoken from the start.
	TLS      *tls.Config
	Implicit bool
	// Users, if not nil, maps user names to passwords, one of which a client
	// must give by AUTH PLAIN before MAIL. Without TLS it is taken in clear.
	Users map[string]string

	// MaxMessageBytes is the largest message taken. Default 25 MiB.
	MaxMessageBytes int64
	// MaxMessages is how many are held; more are refused by 452. Default 100,000.
	MaxMessages int
	// IdleTimeout is after how long a silent client is sent off. Default 5 min.
	IdleTimeout time.Duration

	// OnRcpt, if not nil, decides on a recipient: nil accepts, an *smtp.SMTPError
	// is the reply, any other error is a 451.
	OnRcpt func(addr string) error
	// OnData, if not nil, is called after the final dot and before the reply,
	// and decides likewise. ErrDrop takes the message over and hangs up instead
	// of replying. The message may be kept but not changed.
	OnData func(e SinkEnvelope, message []byte) error

	mu       sync.Mutex
	messages []SinkMessage
	logins   int
	grown    chan struct{} // closed and replaced whenever messages grows
	conns    map[net.Conn]struct{}
	ended    bool

	listener net.Listener
	server   *smtp.Server
	served   chan struct{}
}

// SinkEnvelope is what the sink was told besides the message.
type SinkEnvelope struct {
	From string   // "" for the null return path
	To   []string // as the client wrote them
}

// SinkMessage is a message for which the sink took responsibility.
type SinkMessage struct {
	SinkEnvelope
	Data []byte    // as it was sent, without dot-stuffing; must not be changed
	Time time.Time // when its dot had come
	// Answered reports that the sink replied 250. The client need not have seen
	// it. False after ErrDrop.
	Answered bool
	// TLS reports that it came encrypted.
	TLS bool
}

// ErrDrop, returned by Sink.OnData, loses the reply to a message that was taken:
// the case in which the sender cannot know.
var ErrDrop = errors.New("smtpx: drop the connection instead of replying")

// Refusal is an error for OnRcpt and OnData that becomes the reply, such as
// Refusal(550, "5.1.1", "no such mailbox").
func Refusal(code int, enhanced, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: enhancedNumbers(enhanced), Message: text}
}

// Start begins to listen. It refuses an address that others could reach.
func (s *Sink) Start() error {
	addr := s.Listen
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil || !loopbackName(host) {
		return errors.New("the sink listens on loopback only, at host:port")
	}
	if s.Implicit && s.TLS == nil {
		return errors.New("the sink needs a certificate for implicit TLS")
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	s.listener = l
	s.grown = make(chan struct{})
	s.conns = make(map[net.Conn]struct{})
	s.served = make(chan struct{})
	s.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &sinkSession{sink: s, conn: c}, nil
	}))
	s.server.Domain = "sink.kairan.example"
	s.server.TLSConfig = s.TLS
	s.server.AllowInsecureAuth = s.TLS == nil
	s.server.MaxMessageBytes = or(s.MaxMessageBytes, 25<<20)
	s.server.MaxRecipients = 100
	s.server.MaxLineLength = 2000
	s.server.ReadTimeout = or(s.IdleTimeout, 5*time.Minute)
	s.server.WriteTimeout = time.Minute
	s.server.ErrorLog = log.New(io.Discard, "", 0) // it would name clients
	go func() {
		defer close(s.served)
		_ = s.server.Serve(sinkListener{l, s}) // ends when l is closed
	}()
	return nil
}

// Addr is where the sink listens, host:port.
func (s *Sink) Addr() string { return s.listener.Addr().String() }

// Close hangs up on everybody, and returns when nothing runs any more, hooks
// included. The messages stay. It may be called twice.
func (s *Sink) Close() error {
	if s.listener == nil {
		return nil
	}
	_ = s.listener.Close()
	<-s.served // so that nothing new begins while Shutdown waits
	s.HangUp()
	s.mu.Lock()
	again := s.ended
	s.ended = true
	s.mu.Unlock()
	if again {
		return nil
	}
	if err := s.server.Shutdown(context.Background()); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil // it found the listener closed, by us
}

// HangUp closes every connection without a word and goes on listening, like a
// relay that was restarted.
func (s *Sink) HangUp() {
	s.mu.Lock()
	conns := slices.Collect(maps.Keys(s.conns))
	s.mu.Unlock()
	for _, c := range conns {
		_ = c.Close() // takes the lock
	}
}

// Connections returns how many connections are open.
func (s *Sink) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Logins returns how many sessions have authenticated.
func (s *Sink) Logins() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logins
}

// Messages returns what was taken so far, in the order of taking.
func (s *Sink) Messages() []SinkMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// For returns the messages that were taken for addr, in order. Upper and lower
// case are the same.
func (s *Sink) For(addr string) []SinkMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ms []SinkMessage
	for _, m := range s.messages {
		if slices.ContainsFunc(m.To, func(to string) bool { return strings.EqualFold(to, addr) }) {
			ms = append(ms, m)
		}
	}
	return ms
}

// Count returns how many messages were taken, answered or not.
func (s *Sink) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.messages)
}

// Wait returns when at least n messages were taken, or ctx's error.
func (s *Sink) Wait(ctx context.Context, n int) error {
	for {
		s.mu.Lock()
		have, grown := len(s.messages), s.grown
		s.mu.Unlock()
		if have >= n {
			return nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// add records a message that was taken. It returns false if there is no room.
func (s *Sink) add(m SinkMessage) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.messages) >= or(s.MaxMessages, 100_000) {
		return false
	}
	s.messages = append(s.messages, m)
	close(s.grown)
	s.grown = make(chan struct{})
	return true
}

// sinkSession is one connection, or one stretch of it before or after STARTTLS.
type sinkSession struct {
	sink     *Sink
	conn     *smtp.Conn
	loggedIn bool
	env      SinkEnvelope
}

var _ smtp.AuthSession = (*sinkSession)(nil)

func (ss *sinkSession) Reset()        { ss.env = SinkEnvelope{} }
func (ss *sinkSession) Logout() error { return nil }

func (ss *sinkSession) AuthMechanisms() []string {
	if ss.sink.Users == nil {
		return nil
	}
	return []string{sasl.Plain}
}

func (ss *sinkSession) Auth(mech string) (sasl.Server, error) {
	if ss.sink.Users == nil || mech != sasl.Plain {
		return nil, smtp.ErrAuthUnknownMechanism
	}
	return sasl.NewPlainServer(func(identity, username, password string) error {
		want, ok := ss.sink.Users[username]
		if !ok || identity != "" && identity != username || subtle.ConstantTimeCompare([]byte(want), []byte(password)) != 1 {
			return smtp.ErrAuthFailed
		}
		ss.loggedIn = true
		ss.sink.mu.Lock()
		defer ss.sink.mu.Unlock()
		ss.sink.logins++
		return nil
	}), nil
}

func (ss *sinkSession) Mail(from string, _ *smtp.MailOptions) error {
	if ss.sink.Users != nil && !ss.loggedIn {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	ss.env.From = from
	return nil
}

func (ss *sinkSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if ss.sink.OnRcpt != nil {
		if err := ss.sink.OnRcpt(to); err != nil {
			return asReply(err)
		}
	}
	ss.env.To = append(ss.env.To, to)
	return nil
}

func (ss *sinkSession) Data(r io.Reader) error {
	data, err := io.ReadAll(r) // the server limits it
	if err != nil {
		return err
	}
	_, encrypted := ss.conn.TLSConnectionState()
	m := SinkMessage{SinkEnvelope: ss.env, Data: data, Time: time.Now(), TLS: encrypted, Answered: true}
	if ss.sink.OnData != nil {
		err = ss.sink.OnData(m.SinkEnvelope, data)
	}
	switch {
	case errors.Is(err, ErrDrop):
		m.Answered = false
		_ = ss.conn.Conn().Close() // before anybody learns of the message
	case err != nil:
		return asReply(err)
	}
	if !ss.sink.add(m) {
		return &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: "The sink is full"}
	}
	return nil
}

// asReply makes any error a reply.
func asReply(err error) error {
	if se, ok := errors.AsType[*smtp.SMTPError](err); ok {
		return se
	}
	return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: oneLine(err.Error())}
}

// sinkListener tells the sink which connections are open, and begins TLS.
type sinkListener struct {
	net.Listener
	sink *Sink
}

func (l sinkListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	sc := &sinkConn{Conn: c, sink: l.sink}
	l.sink.mu.Lock()
	l.sink.conns[sc] = struct{}{}
	l.sink.mu.Unlock()
	if l.sink.Implicit {
		return tls.Server(sc, l.sink.TLS), nil
	}
	return sc, nil
}

type sinkConn struct {
	net.Conn
	sink *Sink
}

func (c *sinkConn) Close() error {
	c.sink.mu.Lock()
	delete(c.sink.conns, c)
	c.sink.mu.Unlock()
	return c.Conn.Close()
}
