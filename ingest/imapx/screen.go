package imapx

import (
	"net"
	"sync/atomic"
)

// screen keeps from go-imap's parser what would have it loop for ever, in a
// goroutine that closing the connection does not end: an opening parenthesis
// among capabilities (capability.go of v2.0.0-beta.8, where skipping spaces
// succeeds without skipping any). It looks only until we are logged in and the
// folder is selected: later on the inside of a mail may look like anything. It is
// against servers with faults, not against attackers, who do not get past TLS.
type screen struct {
	net.Conn
	off atomic.Bool

	// About the line that is being read:
	begun bool // it has a first byte
	head  bool // so far it is "*" and then spaces and digits
	match int  // how many bytes of the word came; -1 where it cannot begin
	list  bool // this is a list of capabilities

	bad bool // nothing more is let through
}

const capability = "CAPABILITY"

func newScreen(conn net.Conn) *screen { return &screen{Conn: conn, match: -1} }

func (s *screen) Read(p []byte) (int, error) {
	if s.bad {
		return 0, errProtocol // go-imap's parser goes on after an error
	}
	n, err := s.Conn.Read(p)
	if !s.off.Load() {
		for _, c := range p[:n] {
			s.next(c)
		}
	}
	if s.bad {
		return 0, errProtocol
	}
	return n, err
}

// next looks for lines such as "* CAPABILITY ..." and "A1 OK [CAPABILITY ...]".
// The word may stand elsewhere in what a server says to people.
func (s *screen) next(c byte) {
	if 'a' <= c && c <= 'z' {
		c -= 'a' - 'A'
	}
	switch {
	case c == '\n':
		s.begun, s.head, s.match, s.list = false, false, -1, false
		return
	case s.list && c == ']':
		s.list = false
	case s.list && c == '(':
		s.bad = true
	}
	switch {
	case s.match >= 0 && c == capability[s.match]:
		if s.match++; s.match == len(capability) {
			s.match, s.list = -1, true
		}
	case c == '[', c == ' ' && s.head:
		s.match = 0
	default:
		s.match = -1
	}
	if !s.begun {
		s.begun, s.head = true, c == '*'
	} else {
		s.head = s.head && (c == ' ' || '0' <= c && c <= '9')
	}
}
