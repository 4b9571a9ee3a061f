package imapx

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"kairan/ingest"
	"kairan/ingest/imapx/imaptest"

	"github.com/emersion/go-imap/v2"
)

func TestSeenIsNotSet(t *testing.T) {
	d := imaptest.Dovecot(t, imaptest.Options{})
	m := mailboxAt(t, d.Addr)
	d.Deliver(letter(1))
	r := next(t, m, 1)[0]
	fetch(t, m, r)
	if err := m.FetchHeader(within(t), r, io.Discard, 1<<20); err != nil {
		t.Fatalf("FetchHeader() = %v", err)
	}
	if err := m.Close(); err != nil { // Dovecot writes flags at the end of a session at the latest
		t.Fatalf("Close() = %v", err)
	}
	d.Stop()
	for _, mail := range d.Mails("INBOX") {
		if strings.Contains(mail.Flags, "S") {
			t.Errorf("after Fetch the mail has the flags %q; want no S", mail.Flags)
		}
	}
}

// What comes out is what lay there, also of mail that no mail program wrote.
func TestBytes(t *testing.T) {
	d := imaptest.Dovecot(t, imaptest.Options{})
	m := mailboxAt(t, d.Addr)
	if err := m.Check(within(t)); err != nil {
		t.Fatalf("Check() = %v", err)
	}
	mails := [][]byte{
		[]byte("no header at all\r\n"),
		[]byte("Subject: x\r\n\r\n"),
		[]byte("Subject: =?ISO-2022-JP?B?GyRCN29MPhsoQg==?=\r\n\r\n\x1b$B7oL>\x1b(B \xff\xfe )\r\n* BYE\r\nT1 OK\r\n"),
		bytes.Repeat([]byte("0123456789abcdef0123456789abcdef\r\n"), 40000),
	}
	for _, mail := range mails {
		d.Drop(mail)
	}
	got := map[string]bool{}
	for _, r := range nextN(t, m, len(mails)) {
		got[string(fetch(t, m, r))] = true
	}
	for _, mail := range mails {
		if !got[string(mail)] {
			t.Errorf("the mail %.60q did not come back as it was", mail)
		}
	}
}

func TestTooLarge(t *testing.T) {
	const size = 3 << 20
	mail := append(letter(1), bytes.Repeat([]byte("0123456789abcdef0123456789abcd\r\n"), size/32)...)
	for _, name := range []string{"memory", "dovecot"} {
		t.Run(name, func(t *testing.T) {
			s := servers[name](t)
			m := mailboxAt(t, s.plain)
			dials := countDials(m)
			s.put(mail)
			r := next(t, m, 1)[0]
			if r.Size < size {
				t.Errorf("Next() tells a size of %d; want at least %d", r.Size, size)
			}
			var got bytes.Buffer
			err := m.Fetch(within(t), r, &got, size)
			if !errors.Is(err, ingest.ErrTooLarge) || got.Len() > size {
				t.Errorf("Fetch(limit %d) = %v with %d bytes; want ErrTooLarge with no more than that", size, err, got.Len())
			}
			got.Reset()
			if err := m.FetchHeader(within(t), r, &got, 1<<20); err != nil || !bytes.Contains(got.Bytes(), []byte("report 1\r\n")) || got.Len() > 2000 {
				t.Errorf("FetchHeader() after that = %v with %d bytes; want the header", err, got.Len())
			}
			if n := dials(); n != 2 {
				t.Errorf("%d connections were made; want 2", n)
			}
			if whole := fetch(t, m, r); int64(len(whole)) != r.Size {
				t.Errorf("Fetch() = %d bytes; want %d", len(whole), r.Size)
			}
			if err := m.Fetch(within(t), r, io.Discard, r.Size); err != nil {
				t.Errorf("Fetch() with the mail's size as limit = %v", err)
			}
			if err := m.Fetch(within(t), r, io.Discard, r.Size-1); !errors.Is(err, ingest.ErrTooLarge) {
				t.Errorf("Fetch() with one byte less = %v; want ErrTooLarge", err)
			}
		})
	}
	t.Run("endless", func(t *testing.T) {
		// A server that announces more than there is memory.
		m, _ := fake(t, imaptest.Rules{"UID FETCH": {"\"* 1 FETCH (UID 5 BODY[] {9000000000000}\\r\\nabc\"\nstall"}})
		if err := fetch5(m, within(t)); !errors.Is(err, ingest.ErrTooLarge) {
			t.Errorf("Fetch() = %v; want ErrTooLarge", err)
		}
	})
	t.Run("header that ignores the partial", func(t *testing.T) {
		m, f := fake(t, imaptest.Rules{"UID FETCH": {"\"* 1 FETCH (UID 5 BODY[HEADER] {9000000000000}\\r\\nabcdefg\"\nstall"}})
		for range 2 { // the second on a connection of its own
			var got strings.Builder
			if err := m.FetchHeader(within(t), five, &got, 4); err != nil || got.String() != "abcd" {
				t.Errorf("FetchHeader(limit 4) = %v, %q; want %q", err, got.String(), "abcd")
			}
		}
		if n := f.Connections(); n != 2 {
			t.Errorf("%d connections were made; want 2", n)
		}
	})
}

// A mail is not gathered in memory before it is written.
func TestStreams(t *testing.T) {
	const size = 32 << 20
	m, _ := fake(t, imaptest.Rules{"UID FETCH": {"* 1 FETCH (UID 5 BODY[] {33554432}\n\"" + strings.Repeat("x", size) + "\"\n)\nTAG OK done"}})
	peak := &peakWriter{}
	if err := m.Fetch(within(t), five, peak, size); err != nil || peak.n != size {
		t.Errorf("Fetch() = %v with %d bytes; want %d", err, peak.n, size)
	}
	if peak.most > 1<<20 {
		t.Errorf("Fetch() wrote %d bytes at once", peak.most)
	}
}

type peakWriter struct{ n, most int }

func (w *peakWriter) Write(p []byte) (int, error) {
	w.n += len(p)
	w.most = max(w.most, len(p))
	return len(p), nil
}

// The writer's own error comes out as it is, and at once.
func TestWriterFails(t *testing.T) {
	full := errors.New("disk full")
	m, f := fake(t, imaptest.Rules{"UID FETCH": {"\"* 1 FETCH (UID 5 BODY[] {100}\\r\\nabc\"\nstall", "* 1 FETCH (UID 5 BODY[] {3}\n\"abc\"\n)\nTAG OK done"}})
	if err := m.Fetch(within(t), five, failing{full}, 1000); !errors.Is(err, full) || errors.Is(err, ErrConnect) {
		t.Errorf("Fetch() into a full disk = %v; want %v", err, full)
	}
	if err := fetch5(m, within(t)); err != nil || f.Connections() != 2 {
		t.Errorf("Fetch() after that = %v in %d connections; want it in 2", err, f.Connections())
	}
}

type failing struct{ err error }

func (w failing) Write([]byte) (int, error) { return 0, w.err }

// A mail may take longer than a command, as long as it goes on.
func TestSlowMail(t *testing.T) {
	const size = 8 * 32 << 10 // written in pieces of 32 KiB
	m, _ := fake(t, imaptest.Rules{"UID FETCH": {"* 1 FETCH (UID 5 BODY[] {262144}\n\"" + strings.Repeat("x", size) + "\"\n)\nTAG OK done"}})
	m.CommandTimeout = time.Second
	begin := time.Now()
	if err := m.Fetch(within(t), five, slow{}, size); err != nil {
		t.Errorf("Fetch() into a slow writer = %v", err)
	}
	if d := time.Since(begin); d < m.CommandTimeout {
		t.Errorf("Fetch() took %v, which proves nothing", d)
	}
}

// slow takes a fifth of the time limit for each piece.
type slow struct{}

func (slow) Write(p []byte) (int, error) {
	<-time.After(200 * time.Millisecond)
	return len(p), nil
}

// What a server may answer when it does not give the mail out.
func TestVanished(t *testing.T) {
	gone, there := "* SEARCH\nTAG OK done", "* SEARCH 5\nTAG OK done"
	tests := []struct {
		name, fetch, search string
		vanished            bool
	}{
		{"OK without it", "TAG OK done", gone, true},
		{"OK without it, but there", "TAG OK done", there, false},
		{"NO, gone", "TAG NO [EXPUNGEISSUED] some are gone", gone, true},
		{"NO, but there", "TAG NO [SERVERBUG] internal error", there, false},
		{"NIL, gone", "* 1 FETCH (UID 5 BODY[] NIL)\nTAG OK done", gone, true},
		{"NIL, but there", "* 1 FETCH (UID 5 BODY[] NIL)\nTAG OK done", there, false},
		{"before its UID", "* 1 FETCH (BODY[] {2}\n\"ab\"\n UID 5)\nTAG OK done", there, false},
		{"another mail", "* 1 FETCH (UID 6 BODY[] {2}\n\"ab\"\n)\nTAG OK done", gone, true},
		{"another section", "* 1 FETCH (UID 5 BODY[TEXT] {2}\n\"ab\"\n)\nTAG OK done", there, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, f := fake(t, imaptest.Rules{"UID FETCH": {test.fetch}, "UID SEARCH": {test.search}})
			var got bytes.Buffer
			err := m.Fetch(within(t), five, &got, 1000)
			if err == nil || errors.Is(err, ingest.ErrVanished) != test.vanished || got.Len() > 0 {
				t.Errorf("Fetch() = %v with %q; want ErrVanished: %v", err, got.String(), test.vanished)
			}
			// A mail that is gone leaves the connection as it was.
			_ = fetch5(m, within(t))
			if one := f.Connections() == 1; one != test.vanished {
				t.Errorf("%d connections were made; want one only if the mail has vanished", f.Connections())
			}
		})
	}
}

// Somebody else takes the mail away while we look at it.
func TestTakenAway(t *testing.T) {
	d := imaptest.Dovecot(t, imaptest.Options{})
	m, other := mailboxAt(t, d.Addr), mailboxAt(t, d.Addr)
	other.Processed = "Elsewhere"
	for n := range 2 {
		d.Deliver(letter(n))
	}
	refs := nextN(t, m, 2)
	for _, r := range refs {
		if err := other.File(within(t), r); err != nil {
			t.Fatalf("File() by somebody else = %v", err)
		}
	}
	if err := m.Fetch(within(t), refs[0], io.Discard, 1000); !errors.Is(err, ingest.ErrVanished) {
		t.Errorf("Fetch() = %v; want ErrVanished", err)
	}
	if err := m.File(within(t), refs[1]); !errors.Is(err, ingest.ErrVanished) {
		t.Errorf("File() = %v; want ErrVanished", err)
	}
}

func TestUIDValidityChanges(t *testing.T) {
	type renumbered struct {
		m        *Mailbox
		renumber func() uint32
	}
	for name, start := range map[string]func() renumbered{
		"dovecot": func() renumbered {
			d := imaptest.Dovecot(t, imaptest.Options{})
			d.Deliver(letter(1))
			return renumbered{mailboxAt(t, d.Addr), d.Renumber}
		},
		"memory": func() renumbered {
			s := memory(t, &MemoryServer{})
			put := func() {
				if err := s.Append(letter(1)); err != nil {
					t.Fatalf("Append() = %v", err)
				}
			}
			put()
			m := mailboxAt(t, s.Addr())
			return renumbered{m, func() uint32 {
				if err := errors.Join(m.Close(), s.user.Delete("INBOX"), s.user.Create("INBOX", nil)); err != nil {
					t.Fatalf("make INBOX anew: %v", err)
				}
				put()
				data, err := s.user.Status("INBOX", &imap.StatusOptions{UIDValidity: true})
				if err != nil {
					t.Fatalf("ask for UIDVALIDITY: %v", err)
				}
				return data.UIDValidity
			}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := start()
			old := next(t, s.m, 1)[0]
			validity := s.renumber()
			ctx := within(t)
			if err := s.m.Fetch(ctx, old, io.Discard, 1<<20); !errors.Is(err, ingest.ErrVanished) {
				t.Errorf("Fetch() of the old one = %v; want ErrVanished", err)
			}
			if err := s.m.File(ctx, old); !errors.Is(err, ingest.ErrVanished) {
				t.Errorf("File() of the old one = %v; want ErrVanished", err)
			}
			r := next(t, s.m, 1)[0]
			if r.UID != old.UID || r.UIDValidity != validity || validity == old.UIDValidity {
				t.Errorf("Next() = %v after %v; want the same UID with UIDVALIDITY %d", r, old, validity)
			}
			if got := fetch(t, s.m, r); !bytes.HasSuffix(got, letter(1)) {
				t.Errorf("Fetch() of the new one = %q", got)
			}
		})
	}
}

// Dovecot is killed and comes back.
func TestServerDies(t *testing.T) {
	d := imaptest.Dovecot(t, imaptest.Options{})
	m := mailboxAt(t, d.Addr)
	d.Deliver(letter(1))
	r := next(t, m, 1)[0]
	fetch(t, m, r)
	if err := m.File(within(t), r); err != nil {
		t.Fatalf("File() = %v", err)
	}
	result := make(chan error, 1)
	go func() {
		_, err := m.Next(context.Background())
		result <- err
	}()
	d.Kill()
	if err := <-result; !errors.Is(err, ErrConnect) {
		t.Errorf("Next() of a server that died = %v; want ErrConnect", err)
	}
	if err := m.Check(within(t)); !errors.Is(err, ErrConnect) {
		t.Errorf("Check() while it is dead = %v; want ErrConnect", err)
	}
	d.Start()
	d.Deliver(letter(2))
	r = next(t, m, 1)[0]
	if got := fetch(t, m, r); !bytes.HasSuffix(got, letter(2)) {
		t.Errorf("Fetch() after it came back = %q", got)
	}
}
