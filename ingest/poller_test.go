package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kairan/store"
)

// running runs the poller until the returned function is called.
func running(t *testing.T, p *Poller) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v, want nil after it was stopped", err)
		}
	}
}

// steps notes the calls of a poller in their order.
type steps struct {
	mu  sync.Mutex
	all []string
	// around decides what becomes of the call with the given number, from 1.
	around func(n int, do func() error) error
}

func (s *steps) call(name string, do func() error) error {
	s.mu.Lock()
	s.all = append(s.all, name)
	n, around := len(s.all), s.around
	s.mu.Unlock()
	if around == nil {
		return do()
	}
	return around(n, do)
}

// stepped puts the steps before the ledger, the vault and the mailbox of p.
func stepped(p *Poller, s *steps) *Poller {
	p.Ledger, p.Vault, p.Mailbox = steppedLedger{p.Ledger, s}, steppedVault{p.Vault, s}, steppedMailbox{p.Mailbox, s}
	return p
}

type steppedLedger struct {
	PollerLedger
	s *steps
}

func (l steppedLedger) Located(ctx context.Context, mailbox string, validity, uid uint32) (known, filed bool, err error) {
	err = l.s.call("located", func() (err error) {
		known, filed, err = l.PollerLedger.Located(ctx, mailbox, validity, uid)
		return err
	})
	return known, filed, err
}

func (l steppedLedger) AddMail(ctx context.Context, lease store.Lease, m store.NewMail) (added store.AddedMail, err error) {
	err = l.s.call("add", func() (err error) {
		added, err = l.PollerLedger.AddMail(ctx, lease, m)
		return err
	})
	return added, err
}

func (l steppedLedger) Filed(ctx context.Context, lease store.Lease, validity, uid uint32, mailbox string) error {
	return l.s.call("filed", func() error { return l.PollerLedger.Filed(ctx, lease, validity, uid, mailbox) })
}

func (l steppedLedger) GiveLease(ctx context.Context, lease store.Lease) error {
	if l.s.around != nil && l.s.around(0, func() error { return nil }) != nil {
		return errBroken // a killed process gives nothing back
	}
	return l.PollerLedger.GiveLease(ctx, lease)
}

type steppedVault struct {
	Vault
	s *steps
}

func (v steppedVault) Seal(ctx context.Context, id store.VaultID, write func(io.Writer) error) (digest string, size int64, err error) {
	err = v.s.call("seal", func() (err error) {
		digest, size, err = v.Vault.Seal(ctx, id, write)
		return err
	})
	return digest, size, err
}

type steppedMailbox struct {
	Mailbox
	s *steps
}

func (b steppedMailbox) Next(ctx context.Context) (refs []Ref, err error) {
	err = b.s.call("next", func() (err error) {
		refs, err = b.Mailbox.Next(ctx)
		return err
	})
	return refs, err
}

func (b steppedMailbox) Fetch(ctx context.Context, r Ref, w io.Writer, limit int64) error {
	return b.s.call("fetch", func() error { return b.Mailbox.Fetch(ctx, r, w, limit) })
}

func (b steppedMailbox) File(ctx context.Context, r Ref) error {
	return b.s.call("file", func() error { return b.Mailbox.File(ctx, r) })
}

func TestOrderIsVaultLedgerFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s := newWorld(t), &steps{}
		mail := reportFrom("member.example", "invoice")
		w.box.put(mail)
		arrived := 0
		p := stepped(w.poller(), s)
		p.Arrived = func() { arrived++ }
		stop := running(t, p)
		synctest.Wait()
		stop()
		if want := []string{"next", "located", "seal", "fetch", "add", "file", "filed", "next"}; !slices.Equal(s.all, want) {
			t.Errorf("the steps are %v, want %v", s.all, want)
		}
		w.settled(mail)
		r := w.reports(store.ReportReceived)
		if len(r) != 1 || !r[0].Authenticated || r[0].Member != "m1" || r[0].HeaderOnly || r[0].Size != int64(len(mail)) || arrived != 1 {
			t.Errorf("the report is %+v, told %d times; want it received, authenticated, of m1, whole, told once", r, arrived)
		}
		if known, filed, err := w.Located(t.Context(), "reports", 7, 1); err != nil || !known || !filed {
			t.Errorf("Located = %v, %v, %v; want known and filed", known, filed, err)
		}
	})
}

// Whatever step fails, before or after it did its work, and whether the process
// goes on or dies there: nothing is lost and nothing recorded twice.
func TestFailureOfEachStep(t *testing.T) {
	mails := []string{reportFrom("member.example", "invoice1"), reportFrom("other.example", "invoice2"), reportFrom("member.example", "invoice3")}
	for _, mode := range []string{"fails before", "fails after", "dies before", "dies after"} {
		for at := 1; ; at++ {
			reached := false
			t.Run(fmt.Sprintf("%s step %d", mode, at), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w, s := newWorld(t), &steps{}
					w.box.put(mails...)
					dead := false
					ctx, kill := context.WithCancel(t.Context())
					defer kill()
					s.around = func(n int, do func() error) error {
						if dead {
							return errBroken
						}
						if n != at {
							return do()
						}
						reached = true
						if strings.HasPrefix(mode, "dies") {
							defer func() { dead = true; kill() }()
						}
						if strings.HasSuffix(mode, "after") {
							if err := do(); err != nil {
								return err
							}
						}
						return errBroken
					}
					p := stepped(w.poller(), s)
					done := make(chan error)
					go func() { done <- p.Run(ctx) }()
					synctest.Wait()
					pass(time.Minute)
					if reached && dead {
						if err := <-done; err != nil {
							t.Errorf("Run = %v, want nil", err)
						}
						second := w.poller()
						second.Owner = "b"
						stop := running(t, second)
						pass(time.Minute) // until the dead one's lease has run out
						stop()
					} else {
						kill()
						if err := <-done; err != nil {
							t.Errorf("Run = %v, want nil", err)
						}
					}
					w.settled(mails...)
					if n := w.orphans(); n > 1 {
						t.Errorf("%d blobs lie in the vault that nothing refers to, want at most one", n)
					}
				})
			})
			if !reached || t.Failed() {
				break
			}
			if at > 100 {
				t.Fatal("there is no end of steps")
			}
		}
	}
}

// Once ends when the mailbox is empty, and at the first failure, from which
// another go takes up; in both cases it holds the mailbox no longer.
func TestOnce(t *testing.T) {
	w := newWorld(t)
	mails := []string{reportFrom("member.example", "invoice1"), reportFrom("other.example", "invoice2")}
	w.box.put(mails...)
	w.box.fails(func(call string, r Ref) error {
		if call == "fetch" && r.UID == 2 {
			return errBroken
		}
		return nil
	})
	if err := w.poller().Once(t.Context()); !errors.Is(err, errBroken) {
		t.Errorf("Once = %v, want the failure of the second mail", err)
	}
	other := w.poller()
	other.Owner = "b"
	w.box.fails(nil)
	if err := other.Once(t.Context()); err != nil {
		t.Errorf("Once of another process = %v", err)
	}
	w.settled(mails...)
	if w.box.closed != 2 {
		t.Errorf("the mailbox was closed %d times, want 2", w.box.closed)
	}
	_, ok, err := w.TakeLease(t.Context(), "mailbox reports", "c", time.Minute)
	w.must(err)
	if !ok {
		t.Fatal("the lease was not given back")
	}
	if err := w.poller().Once(t.Context()); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("Once beside another process = %v, want to be told of it", err)
	}
}

// Mail that is in the ledger and still in the mailbox is filed away without being
// fetched again.
func TestKnownMailIsOnlyFiled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		mail := reportFrom("member.example", "invoice")
		w.box.put(mail)
		w.box.fails(func(call string, _ Ref) error {
			if call == "file" {
				return errBroken
			}
			return nil
		})
		stop := running(t, w.poller())
		pass(time.Hour)
		stop()
		if w.box.waiting() != 1 || len(w.reports("")) != 1 || w.box.fetched != 1 {
			t.Fatalf("%d mails wait, %d reports, fetched %d times; want 1, 1, once", w.box.waiting(), len(w.reports("")), w.box.fetched)
		}
		w.box.fails(nil)
		stop = running(t, w.poller())
		synctest.Wait()
		stop()
		w.settled(mail)
		if w.box.fetched != 1 || w.orphans() != 0 {
			t.Errorf("it was fetched %d times, %d orphans; want once and none", w.box.fetched, w.orphans())
		}
	})
}

func TestChangeOfUIDValidity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		first, second, third := reportFrom("member.example", "invoice1"), reportFrom("member.example", "invoice2"), reportFrom("other.example", "invoice3")
		w.box.put(first, second)
		w.box.fails(func(call string, r Ref) error {
			if call == "file" && r.UIDValidity == 7 {
				return errBroken
			}
			return nil
		})
		stop := running(t, w.poller())
		pass(time.Hour)
		w.box.renumber()
		w.box.put(third)
		pass(time.Hour)
		stop()
		w.settled(first, second, third)
		if n := w.orphans(); n != 0 {
			t.Errorf("%d second copies were not erased", n)
		}
		for uid := uint32(1); uid <= 3; uid++ {
			if known, filed, err := w.Located(t.Context(), "reports", 8, uid); err != nil || !known || !filed {
				t.Errorf("mail 8/%d: Located = %v, %v, %v; want known and filed", uid, known, filed, err)
			}
		}
	})
}

func TestMailThatVanishes(t *testing.T) {
	for _, call := range []string{"fetch", "header", "file"} {
		t.Run(call, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				gone, stays := reportFrom("member.example", "invoice1"), reportFrom("member.example", "invoice2")
				w.box.put(gone, stays)
				if call == "header" {
					w.box.size = func(uid uint32, m string) int64 { return map[uint32]int64{1: 1 << 40}[uid] }
				}
				w.box.fails(func(c string, r Ref) error {
					if c == call && r.UID == 1 {
						w.box.take(1) // by somebody else
						return ErrVanished
					}
					return nil
				})
				stop := running(t, w.poller())
				synctest.Wait()
				stop()
				if call == "file" { // it was recorded before
					w.settled(gone, stays)
				} else {
					w.settled(stays)
				}
				if strings.Contains(w.log.String(), "level=WARN") {
					t.Errorf("a mail that vanished is told as a failure:\n%s", w.log.String())
				}
			})
		})
	}
}

func TestMailThatIsTooLarge(t *testing.T) {
	large := reportFrom("member.example", "invoice1") + strings.Repeat("evil.example\r\n", 1000)
	head, _, _ := strings.Cut(large, "\r\n\r\n")
	small := reportFrom("member.example", "invoice2")
	for _, told := range []int64{int64(len(large)), 0, 5} { // a size that the server tells is a hint
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.box.size = func(_ uint32, m string) int64 {
				if m == large {
					return told
				}
				return int64(len(m))
			}
			w.box.put(large, small)
			stop := running(t, w.poller())
			synctest.Wait()
			stop()
			w.settled(head+"\r\n\r\n", small)
			held := w.reports(store.ReportHeld)
			if len(held) != 1 || !held[0].HeaderOnly || !held[0].Authenticated || held[0].Member != "m1" || !strings.Contains(held[0].Reason, "larger than 10000 bytes") {
				t.Errorf("told as %d bytes, the large mail is %+v; want it held, by its header only, with its size as the reason", told, held)
			}
			if n := w.orphans(); n != 0 {
				t.Errorf("%d blobs lie in the vault that nothing refers to", n)
			}
			if w.box.fetched > 2 || told > 10000 && w.box.fetched != 1 {
				t.Errorf("told as %d bytes, %d mails were fetched", told, w.box.fetched)
			}
		})
	}
}

func TestWhatIsNoReport(t *testing.T) {
	for name, c := range map[string]struct {
		head []string
		size int64
		want store.MailKind
	}{
		"a bounce":              {[]string{"From: MAILER-DAEMON@member.example", "Subject: Undelivered Mail"}, 0, store.MailBounce},
		"a bounce, large":       {[]string{"From: MAILER-DAEMON@member.example", "Subject: Undelivered Mail"}, 1 << 30, store.MailBounce},
		"an automatic reply":    {[]string{"From: csirt@member.example", "Auto-Submitted: auto-replied", "Subject: invoice"}, 0, store.MailAutoReply},
		"our own notice":        {[]string{"From: notice@hub.example", "Subject: invoice"}, 0, store.MailOwn},
		"an answer to a notice": {[]string{"From: csirt@member.example", "In-Reply-To: <d1@id.hub.example>", "Subject: Re: invoice"}, 0, store.MailReply},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.box.put(strings.Join(c.head, "\r\n") + "\r\n\r\nACK\r\n")
				w.box.size = func(uint32, string) int64 { return c.size }
				p := w.poller()
				p.Arrived = func() { t.Error("it is told as a report") }
				p.Authenticator.Known = func(context.Context, string) (store.MemberID, bool, error) {
					t.Error("its sender is looked up")
					return "", false, nil
				}
				stop := running(t, p)
				synctest.Wait()
				stop()
				counts, err := w.MailCounts(t.Context())
				w.must(err)
				if len(counts) != 1 || counts[c.want] != 1 || len(w.reports("")) != 0 || w.box.waiting() != 0 {
					t.Errorf("the ledger has %v and %d reports, want one %s, no report, and it filed", counts, len(w.reports("")), c.want)
				}
			})
		})
	}
}

func TestWhoIsNotBelievedIsHeld(t *testing.T) {
	for name, mail := range map[string]string{
		"no verdict":   "From: csirt@member.example\r\nSubject: invoice\r\n\r\nx\r\n",
		"forged":       "Authentication-Results: mx.evil.example; dmarc=pass header.from=member.example\r\nFrom: csirt@member.example\r\nSubject: invoice\r\n\r\nx\r\n",
		"failed":       strings.Replace(reportFrom("member.example", "invoice"), "dmarc=pass", "dmarc=fail", 1),
		"unknown":      strings.ReplaceAll(reportFrom("member.example", "invoice"), "csirt@", "taro@"),
		"no header":    "\r\nxxx\r\n",
		"nothing":      "",
		"unreadable":   "\x00\xff\xfe\r\n:::\r\n\r\n",
		"several From": "From: taro@evil.example\r\n" + reportFrom("member.example", "invoice"),
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			behind := reportFrom("member.example", "invoice2")
			w.box.put(mail, behind)
			stop := running(t, w.poller())
			synctest.Wait()
			stop()
			w.settled(mail, behind)
			held := w.reports(store.ReportHeld)
			if len(held) != 1 || held[0].Authenticated || held[0].Member != "" || !strings.HasPrefix(held[0].Reason, "not authenticated: ") {
				t.Fatalf("%s: held is %+v, want this one, not authenticated", name, held)
			}
			for _, i := range identities {
				if strings.Contains(held[0].Reason, i) {
					t.Errorf("%s: the reason has %q in it: %s", name, i, held[0].Reason)
				}
			}
			if len(w.reports(store.ReportReceived)) != 1 {
				t.Errorf("%s: the report behind it is not received", name)
			}
		})
	}
}

// Whom an address belongs to is asked again until there is an answer.
func TestLookupThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		mail := reportFrom("member.example", "invoice")
		w.box.put(mail)
		p := w.poller()
		known, asked := p.Authenticator.Known, 0
		p.Authenticator.Known = func(ctx context.Context, address string) (store.MemberID, bool, error) {
			if asked++; asked < 4 {
				return "", false, errBroken
			}
			return known(ctx, address)
		}
		stop := running(t, p)
		pass(time.Minute)
		stop()
		w.settled(mail)
		if r := w.reports(store.ReportReceived); asked != 4 || len(r) != 1 || !r[0].Authenticated || w.orphans() != 0 {
			t.Errorf("asked %d times, received %+v, %d orphans; want 4, one authenticated, none", asked, r, w.orphans())
		}
	})
}

// A mail that fails every time stops nobody behind it, is tried again with
// growing pauses, and is told of once.
func TestMailThatCannotBeFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		bad := reportFrom("member.example", "invoice1")
		w.box.put(bad, reportFrom("member.example", "invoice2"), reportFrom("other.example", "invoice3"))
		w.box.fails(func(call string, r Ref) error {
			if call == "fetch" && r.UID == 1 {
				return errBroken
			}
			return nil
		})
		stop := running(t, w.poller())
		pass(time.Hour)
		if n := len(w.reports("")); n != 2 || w.box.waiting() != 1 {
			t.Errorf("behind a mail that cannot be fetched %d reports were recorded, and %d mails wait; want 2 and 1", n, w.box.waiting())
		}
		if w.box.nexts > 40 {
			t.Errorf("within an hour it was tried %d times: the pauses do not grow", w.box.nexts)
		}
		w.box.put(reportFrom("member.example", "invoice4"))
		pass(10 * time.Minute)
		if n := len(w.reports("")); n != 3 {
			t.Errorf("a report that came later was not recorded: %d reports, want 3", n)
		}
		if n := strings.Count(w.log.String(), "mailbox failed"); n != 1 || strings.Contains(w.log.String(), "works again") {
			t.Errorf("the failure is told %d times, want once:\n%s", n, w.log.String())
		}
		w.box.fails(nil)
		pass(10 * time.Minute)
		stop()
		if n := len(w.reports("")); n != 4 || w.box.waiting() != 0 || !strings.Contains(w.log.String(), "mailbox works again") {
			t.Errorf("at the end there are %d reports and %d mails wait, want 4 and none, and the log tells that it works again", n, w.box.waiting())
		}
	})
}

// A server that is away is asked less and less often, and one that ended a
// connection that worked for long is asked at once.
func TestPausesGrowAndBeginAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		server := &server{away: true}
		p := w.poller()
		p.Mailbox = nextFunc{w.box, server.next}
		stop := running(t, p)
		pass(time.Hour)
		if n := server.turn(false); n < 12 || n > 40 {
			t.Errorf("within an hour a server that is away was asked %d times", n)
		}
		pass(time.Hour)
		n := server.turn(false)
		server.lose()
		pass(2 * time.Second)
		if server.turn(false) != n+1 {
			t.Errorf("a connection that was lost after an hour was not made again within 2 seconds")
		}
		stop()
		if n := strings.Count(w.log.String(), "mailbox failed"); n != 1 {
			t.Errorf("the failure is told %d times, want once:\n%s", n, w.log.String())
		}
	})
}

// server is one that can be away, and that keeps a connection until it is lost.
type server struct {
	mu    sync.Mutex
	away  bool
	asked int
	lose  context.CancelFunc
}

// turn sets whether it is away and tells how often it was asked so far.
func (s *server) turn(away bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = away
	return s.asked
}

func (s *server) next(ctx context.Context) ([]Ref, error) {
	s.mu.Lock()
	s.asked++
	away := s.away
	ctx, s.lose = context.WithCancel(ctx)
	s.mu.Unlock()
	if !away {
		<-ctx.Done()
	}
	return nil, errBroken
}

type nextFunc struct {
	*box
	next func(context.Context) ([]Ref, error)
}

func (f nextFunc) Next(ctx context.Context) ([]Ref, error) { return f.next(ctx) }

func TestStandby(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		// Somebody else has the lease, and dies.
		if _, ok, err := w.TakeLease(t.Context(), "mailbox reports", "dead", 5*time.Minute); err != nil || !ok {
			t.Fatalf("TakeLease = %v, %v; want it", ok, err)
		}
		mail := reportFrom("member.example", "invoice")
		w.box.put(mail)
		stop := running(t, w.poller())
		pass(4 * time.Minute)
		if w.box.nexts != 0 || len(w.reports("")) != 0 {
			t.Errorf("while another holds the lease the mailbox was asked %d times", w.box.nexts)
		}
		pass(90 * time.Second)
		w.settled(mail)
		if n := strings.Count(w.log.String(), "standing by"); n != 1 {
			t.Errorf("standing by is told %d times, want once", n)
		}
		// Stopped, it gives the lease back at once.
		stop()
		if _, ok, err := w.TakeLease(t.Context(), "mailbox reports", "b", time.Minute); err != nil || !ok {
			t.Errorf("after a clean stop TakeLease = %v, %v; want it at once", ok, err)
		}
	})
}

// Two pollers for the same mailbox: one works, and when it is gone the other
// does.
func TestTwoPollersTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		a, b := w.poller(), w.poller()
		b.Owner = "b"
		boxB := newBox()
		b.Mailbox = boxB
		stopA := running(t, a)
		synctest.Wait()
		stopB := running(t, b)
		pass(time.Hour)
		if boxB.nexts != 0 {
			t.Errorf("the second poller asked the mailbox %d times while the first was there", boxB.nexts)
		}
		stopA()
		pass(30 * time.Second)
		if boxB.nexts == 0 {
			t.Error("the second poller does not take over")
		}
		stopB()
	})
}

// A poller that lost its lease in the middle of a mail, without noticing, can
// no longer write.
func TestLeaseLostInTheMiddle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		mail := reportFrom("member.example", "invoice")
		w.box.put(mail)
		w.box.fails(func(call string, _ Ref) error {
			if call != "fetch" || w.box.fetched > 1 {
				return nil
			}
			// This process is suspended, and meanwhile another takes over.
			if err := w.BreakLeases(context.Background()); err != nil {
				t.Error(err)
			}
			if _, ok, err := w.TakeLease(context.Background(), "mailbox reports", "b", time.Minute); err != nil || !ok {
				t.Errorf("TakeLease = %v, %v; want it", ok, err)
			}
			return nil
		})
		stop := running(t, w.poller())
		synctest.Wait()
		if n := len(w.reports("")); n != 0 || w.box.waiting() != 1 {
			t.Errorf("without the lease %d mails were recorded, and %d wait; want none and 1", n, w.box.waiting())
		}
		pass(5 * time.Minute) // until the other's lease has run out
		stop()
		w.settled(mail)
	})
}

// A poller that loses its lease while it waits for mail lets go of the mailbox.
func TestLeaseLostWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		stop := running(t, w.poller())
		synctest.Wait()
		w.must(w.BreakLeases(t.Context()))
		if _, ok, err := w.TakeLease(t.Context(), "mailbox reports", "b", time.Hour); err != nil || !ok {
			t.Fatalf("TakeLease = %v, %v; want it", ok, err)
		}
		pass(time.Minute)
		w.box.put(reportFrom("member.example", "invoice"))
		pass(time.Minute)
		if w.box.closed == 0 || len(w.reports("")) != 0 || !strings.Contains(w.log.String(), "standing by") {
			t.Errorf("without its lease the poller closed the mailbox %d times and recorded %d reports, want it standing by:\n%s",
				w.box.closed, len(w.reports("")), w.log.String())
		}
		stop()
	})
}

// A ledger that cannot be asked ends the work when the lease would have run out.
func TestLeaseThatCannotBeRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.poller()
		ledger := &deafLedger{DB: w.DB}
		p.Ledger = ledger
		stop := running(t, p)
		pass(time.Hour)
		if w.box.closed != 0 {
			t.Fatalf("a poller that renews its lease closed the mailbox")
		}
		ledger.deaf(true)
		pass(2 * time.Minute)
		if w.box.closed == 0 {
			t.Error("a poller that cannot renew its lease still holds the mailbox")
		}
		ledger.deaf(false)
		mail := reportFrom("member.example", "invoice")
		w.box.put(mail)
		pass(10 * time.Minute)
		stop()
		w.settled(mail)
	})
}

type deafLedger struct {
	*store.DB
	mu sync.Mutex
	is bool
}

func (l *deafLedger) deaf(is bool) { l.mu.Lock(); defer l.mu.Unlock(); l.is = is }

func (l *deafLedger) TakeLease(ctx context.Context, name, owner string, ttl time.Duration) (store.Lease, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.is {
		return store.Lease{}, false, errors.New("the database is gone")
	}
	return l.DB.TakeLease(ctx, name, owner, ttl)
}
