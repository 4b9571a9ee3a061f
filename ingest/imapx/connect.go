package imapx

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// connect makes a session. It leaves nothing open when it fails.
func (m *Mailbox) connect(ctx context.Context) (_ *session, err error) {
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	host, portText, _ := net.SplitHostPort(m.Addr) // Validate looked at both
	port, _ := strconv.Atoi(portText)

	raw, err := m.dial(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	s := &session{wire: &wire{Conn: raw}, timeout: m.commandTimeout(), wake: make(chan struct{}, 1)}
	s.wire.room.Store(commandRoom) // go-imap reads the greeting before anybody asks it to
	defer func() {
		if err != nil {
			s.drop()
		}
	}()
	if err := m.secure(ctx, s, host); err != nil {
		return nil, err
	}
	if err := s.askCaps(ctx); err != nil {
		return nil, fmt.Errorf("ask what the server can do: %w", err)
	}
	// PREAUTH (RFC 9051 §7.1.4) can be had on TLS with a client certificate.
	if s.client.State() == imap.ConnStateNotAuthenticated {
		if err := s.login(ctx, &m.Auth, host, port); err != nil {
			return nil, fmt.Errorf("log in: %w", err)
		}
		if err := s.askCaps(ctx); err != nil { // they change by logging in
			return nil, fmt.Errorf("ask what the server can do: %w", err)
		}
	}
	if err := s.ensureFolder(ctx, m.processed()); err != nil {
		return nil, fmt.Errorf("find or make the folder of processed mail: %w", err)
	}
	err = s.do(ctx, func(func()) error {
		data, err := s.client.Select(m.folder(), nil).Wait()
		if err == nil {
			s.validity = data.UIDValidity
		}
		return err
	})
	if _, ok := refused(err); ok {
		err = fmt.Errorf("%w: %w", ErrFolder, err)
	} else if err == nil && s.validity == 0 {
		// Without it a UID could come to mean another mail unnoticed.
		err = fmt.Errorf("%w: the server does not tell its UIDVALIDITY", ErrFolder)
	}
	if err != nil {
		return nil, fmt.Errorf("select folder: %w", err)
	}
	s.screen.off.Store(true)
	m.log().Debug("imap connected", "uid_validity", s.validity, "idle", s.caps.Has(imap.CapIdle), "move", s.caps.Has(imap.CapMove))
	return s, nil
}

// dial makes the TCP connection.
func (m *Mailbox) dial(ctx context.Context) (net.Conn, error) {
	dial := m.Dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	dialCtx, cancel := context.WithTimeoutCause(ctx, m.commandTimeout(), ErrTimeout)
	defer cancel()
	raw, err := dial(dialCtx, "tcp", m.Addr)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil && dialCtx.Err() != nil:
		return nil, ErrTimeout
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrConnect, err)
	}
	if m.Security == PlainLoopback {
		// "localhost" is a name that a resolver can be made to answer for.
		if tcp, ok := raw.RemoteAddr().(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
			_ = raw.Close()
			return nil, fmt.Errorf("%w: the server is not on this machine, so TLS is needed", ErrTLS)
		}
	}
	return raw, nil
}

// secure makes the connection safe to send a password over, and waits for the
// greeting.
func (m *Mailbox) secure(ctx context.Context, s *session, host string) error {
	options := &imapclient.Options{
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{Mailbox: func(d *imapclient.UnilateralDataMailbox) {
			// Runs in the client's reading goroutine: must not block.
			if d.NumMessages != nil {
				select {
				case s.wake <- struct{}{}:
				default:
				}
			}
		}},
	}
	var conn net.Conn = s.wire
	if m.Security == StartTLS {
		err := s.do(ctx, func(func()) error { return askTLS(s.wire) })
		if r, ok := refused(err); ok && r.Type == imap.StatusResponseTypeBye {
			return fmt.Errorf("wait for the greeting: %w: %w", ErrConnect, err)
		} else if err != nil {
			return fmt.Errorf("STARTTLS: %w", tlsTrouble(ctx, err))
		}
	}
	if m.Security != PlainLoopback {
		secured := tls.Client(s.wire, strict(m.TLS, host))
		if err := s.do(ctx, func(func()) error { return secured.HandshakeContext(ctx) }); err != nil {
			return fmt.Errorf("TLS handshake: %w", tlsTrouble(ctx, err))
		}
		conn = secured
	}
	if m.Security == StartTLS {
		conn = newGreeted(conn)
	}
	s.screen = newScreen(conn)
	s.client = imapclient.New(s.screen, options)
	err := s.do(ctx, func(func()) error { return s.client.WaitGreeting() })
	if _, ok := refused(err); ok {
		err = fmt.Errorf("%w: %w", ErrConnect, err)
	}
	if err != nil {
		return fmt.Errorf("wait for the greeting: %w", err)
	}
	return nil
}

// tlsTrouble marks an error while TLS was being set up. A caller who gave up says
// nothing about the server.
func tlsTrouble(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	if errors.Is(err, errProtocol) {
		err = errors.New("the two sides could not agree")
	}
	return fmt.Errorf("%w: %w", ErrTLS, err)
}

// strict returns a copy of c that verifies the host by TLS 1.2 or newer.
func strict(c *tls.Config, host string) *tls.Config {
	if c == nil {
		c = &tls.Config{}
	}
	c = c.Clone()
	c.MinVersion = max(c.MinVersion, tls.VersionTLS12)
	c.InsecureSkipVerify = false
	if c.ServerName == "" {
		c.ServerName = host
	}
	return c
}

// askCaps asks for the capabilities. Those in a greeting are not believed: they
// came before TLS and before logging in.
func (s *session) askCaps(ctx context.Context) error {
	return s.do(ctx, func(func()) error {
		caps, err := s.client.Capability().Wait()
		if err == nil && caps == nil {
			err = errProtocol
		}
		s.caps = caps
		return err
	})
}

// ensureFolder makes the folder unless it is there.
func (s *session) ensureFolder(ctx context.Context, name string) error {
	found := false
	err := s.do(ctx, func(func()) error {
		cmd := s.client.List("", name, nil)
		for d := cmd.Next(); d != nil; d = cmd.Next() {
			usable := true
			for _, a := range d.Attrs {
				usable = usable && a != imap.MailboxAttrNoSelect && a != imap.MailboxAttrNonExistent
			}
			found = found || usable
		}
		return cmd.Close()
	})
	if err != nil || found {
		return err
	}
	err = s.do(ctx, func(func()) error { return s.client.Create(name, nil).Wait() })
	if r, ok := refused(err); ok {
		if r.Code == imap.ResponseCodeAlreadyExists { // somebody else was quicker
			return nil
		}
		return fmt.Errorf("%w: %w", ErrFolder, err)
	} else if err != nil {
		return err
	}
	// So that people see it in their mail programs. A server may refuse.
	err = s.do(ctx, func(func()) error { return s.client.Subscribe(name).Wait() })
	if _, ok := refused(err); ok {
		return nil
	}
	return err
}
