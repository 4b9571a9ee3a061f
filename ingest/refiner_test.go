package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kairan/sanitize"
	"kairan/store"
	"kairan/store/tlp"
)

// reading reads a report in this process, except as it is told.
type reading struct {
	mu    sync.Mutex
	read  int
	fault func(report string) error
}

func (r *reading) Run(_ context.Context, report []byte, policy sanitize.Policy) (sanitize.Result, error) {
	r.mu.Lock()
	r.read++
	fault := r.fault
	r.mu.Unlock()
	if fault != nil {
		if err := fault(string(report)); err != nil {
			return sanitize.Result{}, err
		}
	}
	return sanitize.Run(report, policy), nil
}

func (w *world) refiner(r *reading) *Refiner {
	return &Refiner{
		Ledger: w.DB, Vault: w.vault, Reader: r, TLP: tlp.Amber, MaxBytes: 1 << 20, Log: w.logger(),
		HubIdentities: []sanitize.Identity{{Kind: sanitize.IdentityDomain, Value: "hub.example", Owner: sanitize.OwnerHub}},
		Pause:         func(tries int) time.Duration { return time.Minute << min(tries, 10) },
	}
}

// refining runs the refiner until the returned function is called.
func refining(t *testing.T, r *Refiner) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v, want nil after it was stopped", err)
		}
	}
}

// arrive brings mails in and returns the report of each.
func (w *world) arrive(mails ...string) []store.ReportID {
	w.t.Helper()
	w.box.put(mails...)
	stop := running(w.t, w.poller())
	synctest.Wait()
	stop()
	var ids []store.ReportID
	for _, m := range mails {
		for _, r := range w.reports("") {
			if b, err := w.vault.Read(w.t.Context(), r.Vault, 1<<20); err == nil && string(b) == m {
				ids = append(ids, r.ID)
			}
		}
	}
	if len(ids) != len(mails) {
		w.t.Fatalf("%d mails gave %d reports", len(mails), len(ids))
	}
	return ids
}

func (w *world) report(id store.ReportID) store.Report {
	w.t.Helper()
	r, err := w.Report(w.t.Context(), id)
	w.must(err)
	return r
}

func (w *world) notices() []store.Notice {
	w.t.Helper()
	all, err := w.Notices(w.t.Context(), "", 100)
	w.must(err)
	return all
}

// attack is a suspicious mail to a person at a member.
func attack(domain, link string) string {
	return strings.Join([]string{
		"From: Billing <billing@evil.example>", "To: Taro <taro@" + domain + ">", "Subject: invoice for taro@" + domain, "Date: Mon, 03 Aug 2026 10:41:59 +0900",
		"Message-ID: <" + link + "@evil.example>", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "", "https://" + link + ".evil.example/?to=taro@" + domain, "",
	}, "\r\n")
}

// forwarded is a report with the originals attached.
func forwarded(domain, subject string, originals ...string) string {
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(reportFrom(domain, subject, "MIME-Version: 1.0", `Content-Type: multipart/mixed; boundary="b"`), "Invoice from 198.51.100.9\r\n"))
	b.WriteString("--b\r\nContent-Type: text/plain\r\n\r\nYamada: please look at this.\r\n")
	for _, o := range originals {
		b.WriteString("--b\r\nContent-Type: message/rfc822\r\n\r\n" + o + "\r\n")
	}
	b.WriteString("--b--\r\n")
	return b.String()
}

func TestRefineDrafts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		id := w.arrive(forwarded("member.example", "report", attack("member.example", "a"), attack("member.example", "b")))[0]
		drafted := 0
		r := w.refiner(&reading{})
		r.Drafted = func() { drafted++ }
		w.must(r.Refine(t.Context(), id))
		got, notices := w.report(id), w.notices()
		if got.State != store.ReportDrafted || len(notices) != 2 || drafted != 1 {
			t.Fatalf("the report is %s (%s) with %d notices, told %d times; want drafted, 2, once", got.State, got.Reason, len(notices), drafted)
		}
		for _, n := range notices {
			content, err := json.Marshal(n.Content)
			w.must(err)
			if n.State != store.NoticeAwaiting || n.TLP != tlp.Amber || n.Kind != store.KindTargetedMail || !strings.Contains(n.Content.Title, "<recipient-address>") {
				t.Errorf("the notice is %s, %s, %s, %q; want it to await approval, redacted", n.State, n.TLP, n.Kind, n.Content.Title)
			}
			for _, secret := range []string{"member.example", "taro", "Yamada", "csirt"} {
				if strings.Contains(string(content), secret) {
					t.Errorf("the content has %q in it: %s", secret, content)
				}
			}
		}
		// What was learned lies sealed, for the leak gate.
		b, err := w.vault.Read(t.Context(), got.Analysis, 1<<20)
		w.must(err)
		var a Analysis
		w.must(json.Unmarshal(b, &a))
		if !strings.Contains(a.ReporterText, "please look at this") || !strings.Contains(string(b), "taro@member.example") {
			t.Errorf("the analysis is %s, want the reporter's words and the victim's address", b)
		}
		if rc, err := w.Receipt(t.Context(), id); err != nil || rc.Originals != 2 {
			t.Errorf("the receipt tells %d originals, %v; want 2", rc.Originals, err)
		}

		// Doing it again does nothing.
		head, err := w.AuditHead(t.Context())
		w.must(err)
		blobs := len(w.vault.ids())
		w.must(r.Refine(t.Context(), id))
		after, err := w.AuditHead(t.Context())
		if err != nil || after != head || drafted != 1 || len(w.vault.ids()) != blobs {
			t.Errorf("refining again moved something (%v), or told of it (%d times), or left blobs (%d, before %d)", err, drafted, len(w.vault.ids()), blobs)
		}
	})
}

// Two that refine at once, and one that died after its draft was recorded: the
// second draft is not taken, and its blob is erased.
func TestRefineTwiceAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		id := w.arrive(forwarded("member.example", "report", attack("member.example", "a")))[0]
		first, second := w.refiner(&reading{}), w.refiner(nil)
		drafted := 0
		second.Drafted = func() { drafted++ }
		second.Reader = &reading{fault: func(string) error { return first.Refine(t.Context(), id) }} // the other is faster
		w.must(second.Refine(t.Context(), id))
		if n := len(w.notices()); n != 1 || drafted != 0 || w.orphans() != 0 || len(w.vault.ids()) != 2 {
			t.Errorf("%d notices, the slower one told of a draft %d times, %d orphans among %d blobs; want 1, never, none among 2", n, drafted, w.orphans(), len(w.vault.ids()))
		}
	})
}

func TestRefineHoldsWhatCannotBeRead(t *testing.T) {
	for _, fault := range []error{ErrSandboxTimeout, ErrSandboxCrashed, ErrSandboxOutput} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			ids := w.arrive(forwarded("member.example", "bad", attack("member.example", "a")), forwarded("member.example", "good", attack("member.example", "b")))
			stop := refining(t, w.refiner(&reading{fault: func(report string) error {
				if strings.Contains(report, "Subject: bad") {
					return fmt.Errorf("%w: signal: killed", fault)
				}
				return nil
			}}))
			pass(time.Minute)
			stop()
			bad, good := w.report(ids[0]), w.report(ids[1])
			if bad.State != store.ReportHeld || !strings.Contains(bad.Reason, fault.Error()) || good.State != store.ReportDrafted {
				t.Errorf("%v: the report is %s (%s), the one behind it %s; want held with the reason, drafted", fault, bad.State, bad.Reason, good.State)
			}
			if b, err := w.vault.Read(t.Context(), bad.Vault, 1<<20); err != nil || !strings.Contains(string(b), "Subject: bad") {
				t.Errorf("%v: the held report is not whole: %v", fault, err)
			}
			if _, err := w.Receipt(t.Context(), ids[0]); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%v: a report that was not read has a receipt: %v", fault, err)
			}
		})
	}
}

// What fails outside the report postpones it, with growing pauses, and stops
// nobody behind it.
func TestRefinePostpones(t *testing.T) {
	for name, spoil := range map[string]func(*world, *Refiner, *reading) (mend func()){
		"the vault does not read": func(w *world, _ *Refiner, _ *reading) func() {
			w.vault.mu.Lock()
			defer w.vault.mu.Unlock()
			w.vault.err = errBroken
			return func() { w.vault.mu.Lock(); defer w.vault.mu.Unlock(); w.vault.err = nil }
		},
		"no process can be started": func(_ *world, _ *Refiner, r *reading) func() {
			r.fault = func(string) error { return errBroken }
			return func() { r.mu.Lock(); defer r.mu.Unlock(); r.fault = nil }
		},
		"the ledger does not draft": func(w *world, r *Refiner, _ *reading) func() {
			l := &noDraft{DB: w.DB, err: errBroken}
			r.Ledger = l
			return func() { l.mu.Lock(); defer l.mu.Unlock(); l.err = nil }
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, rd := newWorld(t), &reading{}
				id := w.arrive(forwarded("member.example", "report", attack("member.example", "a")))[0]
				r := w.refiner(rd)
				mend := spoil(w, r, rd)
				stop := refining(t, r)
				pass(time.Hour)
				if got := w.report(id); got.State != store.ReportReceived || got.Tries < 4 || got.Tries > 7 {
					t.Errorf("within an hour the report was tried %d times and is %s, want some 6 times and received", got.Tries, got.State)
				}
				if n := strings.Count(w.log.String(), "reading reports failed"); n < 1 || n > 7 {
					t.Errorf("the failure is told %d times:\n%s", n, w.log.String())
				}
				mend()
				pass(2 * time.Hour)
				stop()
				if got := w.report(id); got.State != store.ReportDrafted || len(w.notices()) != 1 {
					t.Errorf("with all mended the report is %s, with %d notices; want drafted, 1", got.State, len(w.notices()))
				}
			})
		})
	}
}

type noDraft struct {
	*store.DB
	mu  sync.Mutex
	err error
}

func (l *noDraft) AddDraft(ctx context.Context, id store.ReportID, d store.Draft) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return false, l.err
	}
	return l.DB.AddDraft(ctx, id, d)
}

func TestReportThatFailsStopsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var mails []string
		for i := range 10 {
			mails = append(mails, forwarded("member.example", fmt.Sprintf("report%d", i), attack("member.example", fmt.Sprintf("x%d", i))))
		}
		ids := w.arrive(mails...)
		stop := refining(t, w.refiner(&reading{fault: func(report string) error {
			if strings.Contains(report, "Subject: report0\r\n") || strings.Contains(report, "Subject: report4\r\n") {
				return errBroken
			}
			return nil
		}}))
		pass(3 * time.Second)
		stop()
		for i, id := range ids {
			want := store.ReportDrafted
			if i == 0 || i == 4 {
				want = store.ReportReceived
			}
			if got := w.report(id); got.State != want {
				t.Errorf("report %d is %s, want %s", i, got.State, want)
			}
		}
	})
}

func TestHubStoppedWhileReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		id := w.arrive(forwarded("member.example", "report", attack("member.example", "a")))[0]
		begun := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		r := w.refiner(nil)
		r.Reader = readerFunc(func(ctx context.Context) (sanitize.Result, error) {
			close(begun)
			<-ctx.Done()
			return sanitize.Result{}, ErrSandboxTimeout // as a child looks that was killed
		})
		done := make(chan error)
		go func() { done <- r.Run(ctx) }()
		<-begun
		cancel()
		w.must(<-done)
		if got := w.report(id); got.State != store.ReportReceived || got.Tries != 0 {
			t.Errorf("the report is %s after %d tries, want received after none", got.State, got.Tries)
		}
	})
}

type readerFunc func(context.Context) (sanitize.Result, error)

func (f readerFunc) Run(ctx context.Context, _ []byte, _ sanitize.Policy) (sanitize.Result, error) {
	return f(ctx)
}

// The same attack on two members, reported by both, is one case with one notice,
// which neither of them can be read from.
func TestSameAttackOnTwoMembersIsOneCase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		ids := w.arrive(forwarded("member.example", "report", attack("member.example", "a")), forwarded("other.example", "ours too", attack("other.example", "a")),
			forwarded("other.example", "another", attack("other.example", "b")))
		r := w.refiner(&reading{})
		for _, id := range ids {
			w.must(r.Refine(t.Context(), id))
			pass(time.Second) // notices are listed in the order of their making
		}
		if got := w.report(ids[1]); got.State != store.ReportDecided || got.Decision != store.DecisionMerged {
			t.Errorf("the second report is %s, %s; want decided, merged", got.State, got.Decision)
		}
		if n := len(w.notices()); n != 2 {
			t.Fatalf("two attacks have %d notices, want 2", n)
		}
		first := w.notices()[0]
		if analyses, err := w.CaseAnalyses(t.Context(), first.Case); err != nil || len(analyses) != 2 {
			t.Errorf("the case names %d analyses, %v; want both members', for the gate", len(analyses), err)
		}
	})
}

func TestReportWithoutOriginalIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		id := w.arrive(reportFrom("member.example", "hello"))[0]
		w.must(w.refiner(&reading{}).Refine(t.Context(), id))
		got := w.report(id)
		if got.State != store.ReportHeld || got.Reason != "no suspicious mail was found in it" || len(w.notices()) != 0 {
			t.Errorf("the report is %s (%s) with %d notices, want held and none", got.State, got.Reason, len(w.notices()))
		}
		if rc, err := w.Receipt(t.Context(), id); err != nil || rc.Originals != 0 {
			t.Errorf("its receipt tells %d originals, %v; want none, and that there is one", rc.Originals, err)
		}
	})
}

func TestHeaderOnlyReportIsNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, rd := newWorld(t), &reading{}
		w.box.size = func(uint32, string) int64 { return 1 << 30 }
		w.box.put(reportFrom("member.example", "large"))
		stop := running(t, w.poller())
		synctest.Wait()
		stop()
		id := w.reports(store.ReportHeld)[0].ID
		w.must(w.RetryReport(t.Context(), id, "op", false)) // an operator has it read all the same
		w.must(w.refiner(rd).Refine(t.Context(), id))
		if got := w.report(id); got.State != store.ReportHeld || !strings.Contains(got.Reason, "only its header") || rd.read != 0 {
			t.Errorf("the report is %s (%s), read %d times; want held, never read", got.State, got.Reason, rd.read)
		}
	})
}

// A limit that was hit in the report may have cost any original: each needs an eye.
func TestProblemsOfTheReportConcernEachOriginal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		id := w.arrive(forwarded("member.example", "report", attack("member.example", "a")))[0]
		r := w.refiner(nil)
		r.Reader = readerFunc(func(context.Context) (sanitize.Result, error) {
			o := sanitize.Sanitized{Path: "1.2:message/rfc822", SHA256: strings.Repeat("a", 64), Facts: sanitize.Facts{Subject: "x"}}
			return sanitize.Result{Originals: []sanitize.Sanitized{o}, Problems: []sanitize.Problem{{Code: sanitize.ProblemLimit, Where: "report"}, {Code: sanitize.ProblemCharset}}}, nil
		})
		w.must(r.Refine(t.Context(), id))
		n := w.notices()[0]
		if n.State != store.NoticeHeld || !strings.Contains(n.Reason, sanitize.ProblemLimit) || len(n.Content.Originals[0].Problems) != 1 {
			t.Errorf("the notice is %s (%s) with the problems %+v, want held because of the limit alone", n.State, n.Reason, n.Content.Originals[0].Problems)
		}
	})
}

// TestWhatDiffersBetweenVictims: each victim has a link of its own, which looks like
// a word. Two reports of it make one notice, in which neither word stands.
func TestWhatDiffersBetweenVictims(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		mail := func(word string) string {
			return strings.ReplaceAll(attack("member.example", "a"), "/?to=", "/parcel/"+word+"/?to=")
		}
		ids := w.arrive(forwarded("member.example", "report", mail("maple")), forwarded("member.example", "report 2", mail("birch")))
		r := w.refiner(&reading{})
		for _, id := range ids {
			w.must(r.Refine(t.Context(), id))
		}
		all := w.notices()
		if len(all) != 1 || all[0].State != store.NoticeAwaiting {
			t.Fatalf("%d notices, the first %s; want one that awaits approval", len(all), all[0].State)
		}
		told, err := json.Marshal(all[0].Content)
		w.must(err)
		if s := string(told); strings.Contains(s, "maple") || strings.Contains(s, "birch") || !strings.Contains(s, "/parcel/*/?to=*") {
			t.Errorf("the notice tells %s, want a pattern and neither victim's word", s)
		}
	})
}

func TestFingerprint(t *testing.T) {
	base := func() sanitize.Sanitized {
		return sanitize.Sanitized{Path: "1", SHA256: "aa", Size: 10, Facts: sanitize.Facts{Subject: "invoice", From: sanitize.Mailbox{Name: "n", Address: "a@evil.example"}, Date: "2026-08-03T01:00:00Z",
			Indicators: []sanitize.Indicator{{Type: sanitize.TypeURL, Value: "https://evil.example/", Role: sanitize.RoleLink, Where: []string{"part 1"}, Confidence: "high"},
				{Type: sanitize.TypeDomain, Value: "evil.example"}, {Type: sanitize.TypeDomain, Value: "w3.org", Benign: true}}}}
	}
	for name, c := range map[string]struct {
		change func(*sanitize.Sanitized)
		same   bool
	}{
		"as it is":                  {func(o *sanitize.Sanitized) {}, true},
		"other bytes":               {func(o *sanitize.Sanitized) { o.SHA256, o.Path, o.Size = "bb", "2", 20 }, true},
		"another time":              {func(o *sanitize.Sanitized) { o.Facts.Date = "" }, true},
		"found elsewhere":           {func(o *sanitize.Sanitized) { o.Facts.Indicators[0].Where = []string{"part 2"} }, true},
		"another benign one":        {func(o *sanitize.Sanitized) { o.Facts.Indicators[2].Value = "schema.org" }, true},
		"another subject":           {func(o *sanitize.Sanitized) { o.Facts.Subject = "x" }, false},
		"another sender":            {func(o *sanitize.Sanitized) { o.Facts.From.Address = "b@evil.example" }, false},
		"another page":              {func(o *sanitize.Sanitized) { o.Facts.Indicators[0].Value = "https://evil.example/x" }, true},
		"another host":              {func(o *sanitize.Sanitized) { o.Facts.Indicators[0].Value = "https://www.evil.example/" }, false},
		"a longer path":             {func(o *sanitize.Sanitized) { o.Facts.Indicators[0].Value = "https://evil.example/x/" }, false},
		"one less":                  {func(o *sanitize.Sanitized) { o.Facts.Indicators = o.Facts.Indicators[:1] }, false},
		"nothing telling":           {func(o *sanitize.Sanitized) { o.Facts.Indicators = o.Facts.Indicators[1:] }, false},
		"the telling one is benign": {func(o *sanitize.Sanitized) { o.Facts.Indicators[0].Benign = true }, false},
	} {
		o := base()
		c.change(&o)
		if same := fingerprint(o) == fingerprint(base()); same != c.same {
			t.Errorf("%s: the same fingerprint: %v, want %v", name, same, c.same)
		}
	}
	// With nothing to search for but its subject, an original is like no other one.
	a, b := base(), base()
	a.Facts.Indicators, b.Facts.Indicators, b.SHA256 = nil, nil, "bb"
	if fingerprint(a) == fingerprint(b) {
		t.Error("two originals with nothing to tell them by are taken for one attack")
	}
}
