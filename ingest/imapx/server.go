package imapx

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"runtime"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// MemoryServer is an IMAP server on loopback with one user, whose mail it holds
// in memory. Fill in the fields, call Start, and Close it. It stands for the hub's
// mail server in the demo and in tests; it has no limits and is not for mail that
// matters. Append, Count and Messages may be called by many goroutines at once.
type MemoryServer struct {
	// User and Password are who may log in.
	User, Password string
	// TLS, if not nil, offers STARTTLS, or is spoken from the start. Login in
	// clear is allowed all the same.
	TLS      *tls.Config
	Implicit bool

	addr   string
	user   *imapmemserver.User
	server *imapserver.Server
	inside *pipeListener
	served sync.WaitGroup
}

// Start serves on ln, which it takes over, or, when that is nil, on a free port
// of loopback. The user has an empty INBOX and nothing else.
func (s *MemoryServer) Start(ln net.Listener) error {
	if s.server != nil {
		return errors.New("imap memory server: already started")
	}
	if ln == nil {
		var err error
		if ln, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return fmt.Errorf("imap memory server: %w", err)
		}
	}
	s.addr = ln.Addr().String()
	s.user = imapmemserver.NewUser(s.User, s.Password)
	if err := s.user.Create("INBOX", nil); err != nil {
		return errors.Join(fmt.Errorf("imap memory server: make INBOX: %w", err), ln.Close())
	}
	memory := imapmemserver.New()
	memory.AddUser(s.user)
	options := &imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			session, ok := memory.NewSession().(imapserver.SessionIMAP4rev2)
			if !ok {
				return nil, nil, errors.New("go-imap's memory server does not speak IMAP4rev2 any more")
			}
			return patient{session}, nil, nil
		},
		Caps:         imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIMAP4rev2: {}},
		InsecureAuth: true,
		Logger:       log.New(io.Discard, "", 0), // it would log what clients sent
	}
	if s.TLS != nil && s.Implicit {
		ln = tls.NewListener(ln, s.TLS)
	} else {
		options.TLSConfig = s.TLS
	}
	s.server = imapserver.New(options)
	s.inside = &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	// Closing go-imap's server races with Serve until that has begun to accept.
	for _, l := range []net.Listener{ln, s.inside} {
		a := &announcing{Listener: l, accepting: make(chan struct{})}
		s.served.Go(func() { _ = s.server.Serve(a) }) // ends with nil by Close; a client sees it if earlier
		<-a.accepting
	}
	return nil
}

// Addr is the host and port that it listens on.
func (s *MemoryServer) Addr() string { return s.addr }

// ErrUnfaithful is returned by MemoryServer.Append.
var ErrUnfaithful = errors.New("go-imap's memory server would change this mail")

// Append puts a mail into INBOX, as if it had just arrived. go-imap's server
// parses each mail and builds it anew when a client wants it: one with a broken
// header comes out empty. Append refuses with ErrUnfaithful a mail that would not
// come out byte for byte.
func (s *MemoryServer) Append(mail []byte) error {
	if s.user == nil {
		return errors.New("imap memory server: not started")
	}
	if out := imapserver.ExtractBodySection(bytes.NewReader(mail), &imap.FetchItemBodySection{}); !bytes.Equal(out, mail) {
		return fmt.Errorf("imap memory server: append: %w", ErrUnfaithful)
	}
	if _, err := s.user.Append("INBOX", literal{bytes.NewReader(mail)}, &imap.AppendOptions{Time: time.Now()}); err != nil {
		return fmt.Errorf("imap memory server: append: %w", err)
	}
	return nil
}

// Count returns how many mails lie in the folder; none in one that is missing.
func (s *MemoryServer) Count(folder string) (int, error) {
	if s.user == nil {
		return 0, errors.New("imap memory server: not started")
	}
	data, err := s.user.Status(folder, &imap.StatusOptions{NumMessages: true})
	if r, ok := refused(err); ok && r.Code == imap.ResponseCodeNonExistent {
		return 0, nil
	}
	if err != nil || data.NumMessages == nil {
		return 0, fmt.Errorf("imap memory server: count: %w", err)
	}
	return int(*data.NumMessages), nil
}

// Messages returns the mails of the folder, oldest first; none of one that is
// missing. It does not mark them as read.
func (s *MemoryServer) Messages(folder string) ([][]byte, error) {
	if n, err := s.Count(folder); err != nil || n == 0 {
		return nil, err
	}
	// go-imap's server shows its mail to clients only.
	conn, err := s.inside.dial()
	if err != nil {
		return nil, fmt.Errorf("imap memory server: %w", err)
	}
	client := imapclient.New(conn, nil)
	mails, err := messages(client, s.User, s.Password, folder)
	_ = client.Close() // its error is err, or that it was closed
	if err != nil {
		return nil, fmt.Errorf("imap memory server: read folder: %w", err)
	}
	return mails, nil
}

func messages(c *imapclient.Client, user, password, folder string) ([][]byte, error) {
	if err := c.Login(user, password).Wait(); err != nil {
		return nil, err
	}
	if _, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		return nil, err
	}
	section := &imap.FetchItemBodySection{Peek: true}
	all := imap.SeqSet{imap.SeqRange{Start: 1, Stop: 0}} // 1:*
	found, err := c.Fetch(all, &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil {
		return nil, err
	}
	mails := make([][]byte, len(found))
	for i, m := range found {
		mails[i] = m.FindBodySection(section)
	}
	return mails, nil
}

// Close ends all connections and listens no more.
func (s *MemoryServer) Close() error {
	if s.server == nil {
		return nil
	}
	err := s.server.Close()
	s.served.Wait()
	if err != nil {
		return fmt.Errorf("imap memory server: close: %w", err)
	}
	return nil
}

// patient mends two faults of go-imap's memory server.
type patient struct{ imapserver.SessionIMAP4rev2 }

// Fetch ends the connection's goroutine when the client hung up in the middle of
// a mail. go-imap then still holds its lock for writing, and would wait for it
// for ever in order to write what went wrong.
func (p patient) Fetch(w *imapserver.FetchWriter, n imap.NumSet, o *imap.FetchOptions) error {
	err := p.SessionIMAP4rev2.Fetch(w, n, o)
	if _, ok := refused(err); err != nil && !ok {
		runtime.Goexit() // go-imap's deferred calls close the connection and the session
	}
	return err
}

const pollEvery = 20 * time.Millisecond

// Idle tells of everything. go-imap's holds back what came between the last
// command and IDLE until something else comes.
func (p patient) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if err := p.Poll(w, true); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-stop:
			return nil
		}
	}
}

// literal is a mail as go-imap wants it.
type literal struct{ *bytes.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }

// announcing is a listener that tells when it is used.
type announcing struct {
	net.Listener
	accepting chan struct{}
	once      sync.Once
}

func (l *announcing) Accept() (net.Conn, error) {
	l.once.Do(func() { close(l.accepting) })
	return l.Listener.Accept()
}

// pipeListener is a listener for connections from inside this process.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipeListener) dial() (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return ours, nil
	case <-l.closed:
		return nil, errors.Join(net.ErrClosed, ours.Close(), theirs.Close())
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "inside", Net: "pipe"} }
