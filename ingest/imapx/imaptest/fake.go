package imaptest

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Rules say what a Fake answers: a key is the beginning of a command, in capital
// letters, without its tag; the longest that fits counts. The answers are used in
// turn, the last again and again, over all connections. Each line of an answer is
// one step:
//
//   - 3 EXISTS      send it, and CRLF; TAG becomes the command's tag
//     "* 1 FE\r\n"    send precisely this, a Go string
//     <-              read a line of the client
//     drop            close the connection
//     stall           neither read nor send anything until the test ends
//
// The key "" is the greeting.
type Rules map[string][]string

// usual is what a small server with one empty folder answers.
var usual = Rules{
	"":             {"* OK [CAPABILITY IMAP4rev1] ready"},
	"CAPABILITY":   {"* CAPABILITY IMAP4rev1 IDLE MOVE UIDPLUS AUTH=PLAIN SASL-IR\nTAG OK done"},
	"AUTHENTICATE": {"TAG OK logged in"},
	"LOGIN":        {"TAG OK logged in"},
	"LIST":         {"* LIST () \"/\" Processed\nTAG OK done"},
	"SELECT":       {"* 1 EXISTS\n* OK [UIDVALIDITY 7] ok\nTAG OK [READ-WRITE] done"},
	"NOOP":         {"TAG OK done"},
	"UID SEARCH":   {"* SEARCH\nTAG OK done"},
	"IDLE":         {"+ idling\n<-\nTAG OK done"},
	"LOGOUT":       {"* BYE\nTAG OK done\ndrop"},
}

// Fake is an IMAP server that answers by rules.
type Fake struct {
	// Addr is its host and port on loopback.
	Addr string

	t     testing.TB
	ctx   context.Context
	rules Rules

	mu       sync.Mutex
	used     map[string]int
	commands []string
	conns    []net.Conn
	changed  chan struct{} // closed and replaced whenever there is more of these
}

// StartFake starts a server that answers as usual, but for the rules. Commands
// that no rule is for get a BAD. With a TLS configuration it speaks TLS from the
// start. It ends with the test.
func StartFake(t testing.TB, rules Rules, config *tls.Config) *Fake {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("fake server: %v", err)
	}
	f := &Fake{Addr: l.Addr().String(), t: t, rules: maps.Clone(usual), used: map[string]int{}, changed: make(chan struct{})}
	maps.Copy(f.rules, rules)
	if config != nil {
		l = tls.NewListener(l, config)
	}
	var cancel context.CancelFunc
	f.ctx, cancel = context.WithCancel(context.Background())
	var served sync.WaitGroup
	served.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			f.note(func() { f.conns = append(f.conns, conn) })
			served.Go(func() { f.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		cancel()
		f.mu.Lock()
		for _, c := range f.conns {
			_ = c.Close()
		}
		f.mu.Unlock()
		served.Wait()
	})
	return f
}

// Commands returns what clients said so far, line by line, without tags.
func (f *Fake) Commands() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.commands)
}

// Connections returns how many connections were made so far.
func (f *Fake) Connections() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.conns)
}

// Await returns when a client said a line that begins with this, or, if it is
// empty, when one has connected. It fails the test when ctx ends first.
func (f *Fake) Await(ctx context.Context, beginning string) {
	f.t.Helper()
	for {
		f.mu.Lock()
		changed := f.changed
		there := len(f.conns) > 0 && beginning == "" ||
			beginning != "" && slices.ContainsFunc(f.commands, func(c string) bool { return strings.HasPrefix(c, beginning) })
		f.mu.Unlock()
		if there {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			f.t.Fatalf("fake server: the client did not say %q", beginning)
		}
	}
}

// note makes a change that Await may wait for.
func (f *Fake) note(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *Fake) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	r := bufio.NewReader(conn)
	if !f.answer(conn, r, "", f.script("")) {
		return
	}
	for {
		tag, command, ok := f.read(r)
		if !ok {
			return
		}
		script := "TAG BAD unknown command"
		if command != "" {
			script = f.script(command)
		}
		if !f.answer(conn, r, tag, script) {
			return
		}
	}
}

// read reads a command. ok is false when the connection is over.
func (f *Fake) read(r *bufio.Reader) (tag, command string, ok bool) {
	line, err := r.ReadString('\n')
	if err != nil {
		return "", "", false
	}
	tag, command, _ = strings.Cut(strings.TrimRight(line, "\r\n"), " ")
	f.note(func() { f.commands = append(f.commands, command) })
	return tag, command, true
}

// script returns the answer whose turn it is.
func (f *Fake) script(command string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	best, found := "", command == ""
	for key := range f.rules {
		if key != "" && len(key) >= len(best) && strings.HasPrefix(strings.ToUpper(command), key) {
			best, found = key, true
		}
	}
	if !found {
		return "TAG BAD unknown command"
	}
	n := min(f.used[best], len(f.rules[best])-1)
	f.used[best]++
	return f.rules[best][n]
}

// answer plays a script. It returns false when the connection is over.
func (f *Fake) answer(conn net.Conn, r *bufio.Reader, tag, script string) bool {
	for step := range strings.SplitSeq(script, "\n") {
		switch {
		case step == "drop":
			return false
		case step == "stall":
			<-f.ctx.Done()
			return false
		case step == "<-":
			line, err := r.ReadString('\n')
			if err != nil {
				return false
			}
			f.note(func() { f.commands = append(f.commands, strings.TrimRight(line, "\r\n")) })
			continue
		case strings.HasPrefix(step, `"`):
			text, err := strconv.Unquote(step)
			if err != nil {
				f.t.Errorf("fake server: step %s: %v", step, err)
				return false
			}
			step = text
		default:
			if rest, ok := strings.CutPrefix(step, "TAG "); ok {
				step = tag + " " + rest
			}
			step = strings.ReplaceAll(step, `"TAG"`, strconv.Quote(tag)) + "\r\n"
		}
		if _, err := fmt.Fprint(conn, step); err != nil {
			return false
		}
	}
	return true
}
