package imapx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"kairan/ingest"
	"kairan/ingest/imapx/imaptest"
)

// A mail's whole way, with every server.
func TestCycle(t *testing.T) {
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			m := mailboxAt(t, s.plain)
			m.PollInterval = 50 * time.Millisecond
			ctx := within(t)
			for n := range 3 {
				s.put(letter(n))
			}
			refs := nextN(t, m, 3)
			for n, r := range refs {
				if r.UIDValidity == 0 || r.UID == 0 || n > 0 && r.UID <= refs[n-1].UID {
					t.Errorf("Next() = %v; want rising UIDs with a UIDVALIDITY", refs)
				}
				got := fetch(t, m, r)
				if !bytes.HasSuffix(got, letter(n)) {
					t.Errorf("Fetch(%v) = %q; want it to end with %q", r, got, letter(n))
				}
				if r.Size != int64(len(got)) {
					t.Errorf("Ref %d has size %d; want %d", n, r.Size, len(got))
				}
				var head bytes.Buffer
				if err := m.FetchHeader(ctx, r, &head, 1<<20); err != nil || !bytes.HasPrefix(got, head.Bytes()) || !bytes.HasSuffix(head.Bytes(), []byte("\r\n\r\n")) {
					t.Errorf("FetchHeader(%v) = %v, %q; want the beginning of %q", r, err, head.Bytes(), got)
				}
				head.Reset()
				if err := m.FetchHeader(ctx, r, &head, 10); err != nil || !bytes.Equal(head.Bytes(), got[:10]) {
					t.Errorf("FetchHeader(%v, limit 10) = %v, %q; want %q", r, err, head.Bytes(), got[:10])
				}
			}
			if again := next(t, m, 3); again[0] != refs[0] {
				t.Errorf("Next() again = %v; want %v", again, refs)
			}
			for _, r := range refs {
				if err := m.File(ctx, r); err != nil {
					t.Errorf("File(%v) = %v", r, err)
				}
				if err := m.File(ctx, r); !errors.Is(err, ingest.ErrVanished) {
					t.Errorf("File(%v) again = %v; want ErrVanished", r, err)
				}
				if err := m.Fetch(ctx, r, &bytes.Buffer{}, 1<<20); !errors.Is(err, ingest.ErrVanished) {
					t.Errorf("Fetch(%v) after File = %v; want ErrVanished", r, err)
				}
			}
			if inbox, processed := s.count("INBOX"), s.count("Processed"); inbox != 0 || processed != 3 {
				t.Errorf("after File INBOX has %d and Processed %d mails; want 0 and 3", inbox, processed)
			}

			// With nothing there Next waits until something comes.
			type found struct {
				refs []ingest.Ref
				err  error
			}
			result := make(chan found, 1)
			go func() {
				refs, err := m.Next(ctx)
				result <- found{refs, err}
			}()
			s.put(letter(3))
			if got := <-result; got.err != nil || len(got.refs) != 1 {
				t.Errorf("Next() with a mail coming = %v, %v; want it", got.refs, got.err)
			}
		})
	}
}

// The mailbox waits in IDLE, not between two looks: these would take an hour.
func TestIdleWakes(t *testing.T) {
	for _, name := range []string{"memory", "dovecot"} {
		t.Run(name, func(t *testing.T) {
			s := servers[name](t)
			m := mailboxAt(t, s.plain)
			m.PollInterval = time.Hour
			ctx := within(t)
			result := make(chan error)
			const rounds = 6 // Dovecot keeps news back for half a second
			go func() {
				for range rounds {
					refs, err := m.Next(ctx)
					for _, r := range refs {
						err = errors.Join(err, m.File(ctx, r))
					}
					result <- err
				}
			}()
			for n := range rounds {
				s.put(letter(n))
				if err := <-result; err != nil {
					t.Fatalf("Next() and File() of mail %d = %v", n, err)
				}
			}
			if n := s.count("Processed"); n != rounds {
				t.Errorf("Processed has %d mails; want %d", n, rounds)
			}
		})
	}
}

// A server that never tells of new mail is looked at again when IDLE is renewed.
func TestIdleRenew(t *testing.T) {
	m, f := fake(t, imaptest.Rules{
		"UID SEARCH": {"* SEARCH\nTAG OK done", "* SEARCH\nTAG OK done", "* SEARCH 5\nTAG OK done"},
		"UID FETCH":  {"* 1 FETCH (UID 5 RFC822.SIZE 12)\nTAG OK done"},
	})
	m.IdleRenew = time.Millisecond
	if refs := next(t, m, 1); refs[0] != (ingest.Ref{UIDValidity: 7, UID: 5, Size: 12}) {
		t.Errorf("Next() = %v; want UID 5 of 7 with 12 bytes", refs)
	}
	if said := strings.Join(f.Commands(), "\n"); strings.Count(said, "IDLE\nDONE") != 2 {
		t.Errorf("the client said\n%s\nwant IDLE and DONE twice", said)
	}
}

// A server that offers IDLE and refuses it is polled.
func TestIdleRefused(t *testing.T) {
	m, f := fake(t, imaptest.Rules{
		"IDLE":       {"TAG NO not now"},
		"UID SEARCH": {"* SEARCH\nTAG OK done", "* SEARCH\nTAG OK done", "* SEARCH 5\nTAG OK done"},
		"UID FETCH":  {"* 1 FETCH (UID 5 RFC822.SIZE 12)\nTAG OK done"},
	})
	m.PollInterval = time.Millisecond
	next(t, m, 1)
	if n := strings.Count(strings.Join(f.Commands(), "\n"), "IDLE"); n != 1 || f.Connections() != 1 {
		t.Errorf("the client tried IDLE %d times in %d connections; want once in one", n, f.Connections())
	}
}

// Mail that came between the search and IDLE is not slept over.
func TestNewsBeforeIdle(t *testing.T) {
	m, _ := fake(t, imaptest.Rules{
		"UID SEARCH": {"* SEARCH\nTAG OK done\n* 2 EXISTS", "* SEARCH 5\nTAG OK done"},
		"UID FETCH":  {"* 1 FETCH (UID 5 RFC822.SIZE 12)\nTAG OK done"},
	})
	m.IdleRenew = 9 * time.Minute
	next(t, m, 1)
}

// A whole backlog is taken in pieces, oldest first, however the server writes it.
func TestBacklog(t *testing.T) {
	for _, answer := range []string{"* SEARCH 900 4 3 900", `* ESEARCH (TAG "TAG") UID ALL 5:4294967295,4:3`, manyUIDs()} {
		m, _ := fake(t, imaptest.Rules{
			"UID SEARCH": {answer + "\nTAG OK done"},
			"UID FETCH":  {"* 1 FETCH (UID 10 RFC822.SIZE 12)\nTAG OK done"},
		})
		want := maxRefs
		if strings.HasPrefix(answer, "* SEARCH 900") {
			want = 3
		}
		refs := next(t, m, want)
		for i := range refs {
			if i > 0 && refs[i].UID <= refs[i-1].UID || refs[0].UID != 3 {
				t.Fatalf("Next() for %.40q has UID %d after %d, and first %d; want rising ones from 3", answer, refs[i].UID, refs[max(i-1, 0)].UID, refs[0].UID)
			}
			if want := map[bool]int64{true: 12}[refs[i].UID == 10]; refs[i].Size != want {
				t.Errorf("Next() tells size %d of UID %d; want %d", refs[i].Size, refs[i].UID, want)
			}
		}
	}
}

// manyUIDs is a SEARCH answer with a thousand UIDs, newest first.
func manyUIDs() string {
	var b strings.Builder
	b.WriteString("* SEARCH")
	for uid := 3000; uid > 0; uid -= 3 {
		fmt.Fprintf(&b, " %d", uid)
	}
	return b.String()
}

// After every error the next call works, on a new connection.
func TestDropped(t *testing.T) {
	tests := []struct {
		name  string
		rules imaptest.Rules
		call  func(m *Mailbox, ctx context.Context) error
	}{
		{"in the middle of a mail", imaptest.Rules{"UID FETCH": {
			"\"* 1 FETCH (UID 5 BODY[] {100}\\r\\nFrom: a@\"\ndrop",
			"* 1 FETCH (UID 5 BODY[] {4}\n\"abcd\"\n)\nTAG OK done"}}, fetch5},
		{"by a mail shorter than announced", imaptest.Rules{"UID FETCH": {
			"* 1 FETCH (UID 5 BODY[] {60}\n\"abcd\"\n)\nTAG OK done\n* 1 EXISTS\n* 2 EXISTS\n* 3 EXISTS",
			"* 1 FETCH (UID 5 BODY[] {4}\n\"abcd\"\n)\nTAG OK done"}}, fetch5},
		{"while waiting", imaptest.Rules{
			"IDLE":       {"+ idling\ndrop"},
			"UID SEARCH": {"* SEARCH\nTAG OK done", "* SEARCH 5\nTAG OK done"},
			"UID FETCH":  {"* 1 FETCH (UID 5 RFC822.SIZE 12)\nTAG OK done"}}, findOne},
		{"by BYE while looking", imaptest.Rules{
			"UID SEARCH": {"* BYE going down\ndrop", "* SEARCH 5\nTAG OK done"},
			"UID FETCH":  {"* 1 FETCH (UID 5 RFC822.SIZE 12)\nTAG OK done"}}, findOne},
		{"by an answer that nobody knows", imaptest.Rules{
			"NOOP":       {"* XYZZY secret@member.example\nTAG OK done", "TAG OK done"},
			"UID SEARCH": {"* SEARCH 5\nTAG OK done"},
			"UID FETCH":  {"* 1 FETCH (UID 5 RFC822.SIZE 12)\nTAG OK done"}}, findOne},
		{"while moving", imaptest.Rules{
			"UID SEARCH": {"* SEARCH 5\nTAG OK done"},
			"UID MOVE":   {"drop", "* OK [COPYUID 9 5 1] moved\n* 1 EXPUNGE\nTAG OK done"}},
			func(m *Mailbox, ctx context.Context) error { return m.File(ctx, five) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, f := fake(t, test.rules)
			// go-imap would wait half a minute for the rest of a broken line.
			m.CommandTimeout = 2 * time.Second
			err := test.call(m, within(t))
			if err == nil {
				t.Fatal("the first call succeeded")
			}
			if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "abcd") {
				t.Errorf("the error %q quotes what came", err)
			}
			if err := test.call(m, within(t)); err != nil {
				t.Errorf("after %q the next call = %v", err, err)
			}
			if n := f.Connections(); n != 2 {
				t.Errorf("%d connections were made; want 2", n)
			}
		})
	}
}

var five = ingest.Ref{UIDValidity: 7, UID: 5}

func fetch5(m *Mailbox, ctx context.Context) error {
	return m.Fetch(ctx, five, &bytes.Buffer{}, 1<<20)
}

func findOne(m *Mailbox, ctx context.Context) error {
	_, err := m.Next(ctx)
	return err
}

// A connection that the server closed between two calls is no error.
func TestClosedBetweenCalls(t *testing.T) {
	m, f := fake(t, imaptest.Rules{
		"UID SEARCH": {"* SEARCH 5\nTAG OK done"},
		"UID FETCH":  {"* 1 FETCH (UID 5 RFC822.SIZE 12)\nTAG OK done\n* BYE auto-logout\ndrop"},
	})
	next(t, m, 1)
	<-m.s.client.Closed()
	next(t, m, 1)
	if n := f.Connections(); n != 2 {
		t.Errorf("%d connections were made; want 2", n)
	}
}

// A server that stops answering costs the time limit of a command, at any step.
func TestSilence(t *testing.T) {
	for _, step := range []string{"", "CAPABILITY", "AUTHENTICATE", "LIST", "SELECT", "NOOP", "UID SEARCH", "UID FETCH", "UID MOVE", "IDLE"} {
		t.Run("at "+step, func(t *testing.T) {
			rules := imaptest.Rules{"UID SEARCH": {"* SEARCH 5\nTAG OK done"}}
			if step == "IDLE" {
				rules["UID SEARCH"] = []string{"* SEARCH\nTAG OK done"}
			}
			rules[step] = []string{"stall"}
			m, _ := fake(t, rules)
			m.CommandTimeout = 300 * time.Millisecond
			begin := time.Now()
			var err error
			if step == "UID MOVE" {
				err = m.File(within(t), five)
			} else {
				_, err = m.Next(within(t))
			}
			if !errors.Is(err, ErrTimeout) || !errors.Is(err, ErrConnect) {
				t.Errorf("error = %v; want ErrTimeout", err)
			}
			if d := time.Since(begin); d > 20*time.Second {
				t.Errorf("it took %v", d)
			}
		})
	}
	t.Run("within a mail", func(t *testing.T) {
		m, _ := fake(t, imaptest.Rules{"UID FETCH": {"\"* 1 FETCH (UID 5 BODY[] {100}\\r\\nabc\"\nstall"}})
		m.CommandTimeout = 300 * time.Millisecond
		if err := fetch5(m, within(t)); !errors.Is(err, ErrTimeout) {
			t.Errorf("Fetch() = %v; want ErrTimeout", err)
		}
	})
	for _, security := range []Security{TLS, StartTLS} {
		t.Run("at TLS", func(t *testing.T) {
			m, _ := fake(t, imaptest.Rules{"": {"stall"}})
			m.Security, m.CommandTimeout = security, 300*time.Millisecond
			if err := m.Check(within(t)); !errors.Is(err, ErrTimeout) {
				t.Errorf("Check() = %v; want ErrTimeout", err)
			}
		})
	}
}

// The caller's context ends a call at any step, with its own cause.
func TestContextEnds(t *testing.T) {
	for _, step := range []string{"", "AUTHENTICATE", "UID SEARCH", "IDLE"} {
		t.Run("at "+step, func(t *testing.T) {
			m, f := fake(t, imaptest.Rules{step: {"stall"}})
			why := errors.New("the lease was lost")
			ctx, cancel := context.WithCancelCause(context.Background())
			result := make(chan error, 1)
			go func() {
				_, err := m.Next(ctx)
				result <- err
			}()
			f.Await(within(t), step)
			cancel(why)
			if err := <-result; !errors.Is(err, why) {
				t.Errorf("Next() = %v; want %v", err, why)
			}
			if _, err := m.Next(ctx); !errors.Is(err, why) {
				t.Errorf("Next() after the end = %v; want %v", err, why)
			}
		})
	}
}

func TestCloseIsHarmless(t *testing.T) {
	m, f := fake(t, nil)
	for range 2 {
		if err := m.Close(); err != nil {
			t.Errorf("Close() before use = %v", err)
		}
	}
	for range 2 {
		if err := m.Check(within(t)); err != nil {
			t.Errorf("Check() = %v", err)
		}
	}
	if n := strings.Count(strings.Join(f.Commands(), "\n"), "LOGOUT"); n != 2 || f.Connections() != 2 {
		t.Errorf("%d of %d connections ended with LOGOUT; want 2 of 2", n, f.Connections())
	}
}
