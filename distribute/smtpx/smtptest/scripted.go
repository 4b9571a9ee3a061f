package smtptest

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Peer is a server that plays a script to whoever connects.
type Peer struct {
	// Addr is its host and port on loopback.
	Addr string

	mu     sync.Mutex
	conns  []net.Conn
	played int
	ending bool
}

// Scripted starts a server that plays script: its first part to the first
// connection, the next to the second. The parts are separated by a line "----".
// Each line of a part is one step of the server:
//
//	-> 250 ok        say it, and CRLF
//	-> "250 a\r\n"   say precisely this, a Go string
//	-> drip 250 ok   say it, one byte per second
//	-> starttls      become the server of a TLS handshake
//	-> drop          close the connection
//	-> reset         close it with a TCP RST
//	-> stall         neither read nor say anything until the test ends
//	<- EHLO          read a line, which must begin with this, in any case
//	<- "RSET\r\n"    the same, as a Go string, here with the line's end
//	<- message       read up to and including the line with the final dot
//	<- eof           the peer must hang up
//
// After its last step a part closes the connection. A step that goes otherwise,
// a part never played and a connection without a part fail the test.
func Scripted(t testing.TB, script string) *Peer {
	t.Helper()
	return ScriptedTLS(t, nil, script)
}

// ScriptedTLS is Scripted with the configuration for "-> starttls".
func ScriptedTLS(t testing.TB, config *tls.Config, script string) *Peer {
	t.Helper()
	parts := split(script)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("scripted relay: %v", err)
	}
	s := &Peer{Addr: l.Addr().String()}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			n := s.played
			s.played++
			s.conns = append(s.conns, conn)
			s.mu.Unlock()
			if n >= len(parts) {
				t.Errorf("scripted relay: connection %d came, but the script has %d", n+1, len(parts))
				_ = conn.Close()
				continue
			}
			wg.Go(func() {
				if err := play(ctx, conn, config, parts[n]); err != nil && !s.isEnding() {
					t.Errorf("scripted relay, connection %d: %v", n+1, err)
				}
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		cancel()
		s.mu.Lock()
		s.ending = true
		if s.played < len(parts) {
			t.Errorf("scripted relay: %d connections came, but the script has %d", s.played, len(parts))
		}
		for _, c := range s.conns {
			_ = c.Close()
		}
		s.mu.Unlock()
		wg.Wait()
	})
	return s
}

func (s *Peer) isEnding() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ending
}

// Connections returns how many connections were made so far.
func (s *Peer) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.played
}

// Play plays one part of a script on conn and closes it. It is for connections
// that are not made of TCP, such as [net.Pipe] in a synctest bubble. "-> stall"
// lasts until ctx ends, and "-> reset" is "-> drop".
func Play(ctx context.Context, conn net.Conn, script string) error {
	parts := split(script)
	if len(parts) != 1 {
		return errors.New("one connection plays one part")
	}
	return play(ctx, conn, nil, parts[0])
}

// split cuts a script into parts of trimmed steps.
func split(script string) (parts [][]string) {
	for part := range strings.SplitSeq(script, "----") {
		var steps []string
		for line := range strings.Lines(part) {
			if line = strings.TrimSpace(line); line != "" {
				steps = append(steps, line)
			}
		}
		parts = append(parts, steps)
	}
	return parts
}

func play(ctx context.Context, conn net.Conn, tlsConfig *tls.Config, steps []string) error {
	defer func() { _ = conn.Close() }()
	p := &player{ctx: ctx, conn: conn, r: bufio.NewReader(conn), tls: tlsConfig}
	for i, step := range steps {
		if err := p.step(step); err != nil {
			return fmt.Errorf("step %d, %q: %w", i+1, step, err)
		}
	}
	return nil
}

type player struct {
	ctx  context.Context // the test's
	conn net.Conn
	r    *bufio.Reader
	tls  *tls.Config
}

func (p *player) step(step string) error {
	if want, ok := strings.CutPrefix(step, "<- "); ok {
		return p.expect(want)
	}
	say, ok := strings.CutPrefix(step, "-> ")
	if !ok {
		return errors.New("a step begins with -> or <-")
	}
	switch {
	case say == "drop":
		return p.conn.Close()
	case say == "reset":
		if tcp, ok := p.conn.(*net.TCPConn); ok {
			if err := tcp.SetLinger(0); err != nil {
				return err
			}
		}
		return p.conn.Close()
	case say == "stall":
		<-p.ctx.Done() // reading would make room for the peer's writes
		return nil
	case say == "starttls":
		conn := tls.Server(p.conn, p.tls)
		// A handshake that the peer breaks off is what some tests are about;
		// the next step then finds the connection closed.
		_ = conn.Handshake()
		p.conn, p.r = conn, bufio.NewReader(conn)
		return nil
	case strings.HasPrefix(say, "drip "):
		for _, b := range []byte(strings.TrimPrefix(say, "drip ") + "\r\n") {
			if _, err := p.conn.Write([]byte{b}); err != nil {
				return nil // the peer lost patience
			}
			select {
			case <-time.After(time.Second):
			case <-p.ctx.Done():
				return nil
			}
		}
		return nil
	case strings.HasPrefix(say, `"`):
		text, err := strconv.Unquote(say)
		if err != nil {
			return err
		}
		_, err = p.conn.Write([]byte(text))
		return err
	default:
		_, err := p.conn.Write([]byte(say + "\r\n"))
		return err
	}
}

func (p *player) expect(want string) error {
	if strings.HasPrefix(want, `"`) {
		var err error
		if want, err = strconv.Unquote(want); err != nil {
			return err
		}
	}
	for {
		line, err := p.r.ReadString('\n')
		switch {
		case want == "eof" && err != nil:
			return nil
		case err != nil:
			return err
		case want == "message":
			if line == ".\r\n" {
				return nil
			}
		case len(line) >= len(want) && strings.EqualFold(line[:len(want)], want):
			return nil
		default:
			return fmt.Errorf("the client said %q", line)
		}
	}
}
