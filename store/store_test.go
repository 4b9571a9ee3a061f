package store_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kairan/sanitize"
	"kairan/store"
	"kairan/store/storetest"
	"kairan/store/tlp"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

// clock is a clock that a test turns.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) turn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// hub is a ledger with a CEPTOAR, a member and contacts in it.
type hub struct {
	*store.DB
	t     *testing.T
	clock *clock
	lease store.Lease
	uid   uint32
}

func newHub(t *testing.T, l storetest.Ledger, contacts int) *hub {
	t.Helper()
	h := &hub{t: t, clock: newClock()}
	h.DB = l.Open(t, h.clock.now)
	ctx := t.Context()
	h.must(h.ImportCeptoars(ctx, []store.Ceptoar{{ID: "power", NameJA: "電力CEPTOAR", NameEN: "Electric power CEPTOAR", Organisations: 24}}, "op"))
	h.must(h.ImportMembers(ctx, []store.Member{{ID: "m1", Ceptoar: "power", Names: []string{"例示電力株式会社"}, Domains: []string{"power.example"},
		Reporters: []string{"CSIRT@power.example"}}}, "op"))
	var all []store.Contact
	for i := range contacts {
		all = append(all, store.Contact{ID: store.ContactID(fmt.Sprintf("c%03d", i)), Ceptoar: "power",
			Address: fmt.Sprintf("desk%d@d%d.example", i, i%3), Language: "ja", MaxTLP: tlp.Amber, Kinds: []store.Kind{store.KindTargetedMail}})
	}
	h.must(h.ImportContacts(ctx, all, false, "op"))
	var ok bool
	var err error
	h.lease, ok, err = h.TakeLease(ctx, "mailbox reports", "a", time.Hour*24*365)
	if err != nil || !ok {
		t.Fatalf("TakeLease = %v, %v; want it", ok, err)
	}
	return h
}

func (h *hub) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// report records one more report.
func (h *hub) report() store.ReportID {
	h.t.Helper()
	h.uid++
	added, err := h.AddMail(h.t.Context(), h.lease, h.mail(7, h.uid, fmt.Sprintf("%064x", h.uid)))
	h.must(err)
	return added.Report
}

func (h *hub) mail(validity, uid uint32, digest string) store.NewMail {
	return store.NewMail{Mailbox: "reports", UIDValidity: validity, UID: uid, SHA256: digest, Size: 100,
		Vault: store.NewVaultID(h.clock.now()), Kind: store.MailReport, Authenticated: true, Member: "m1"}
}

func draft(fingerprints ...string) store.Draft {
	d := store.Draft{Analysis: store.NewVaultID(time.Now()), Kind: store.KindTargetedMail, TLP: tlp.Amber, Hold: "nothing found"}
	for i, f := range fingerprints {
		d.Originals = append(d.Originals, store.DraftOriginal{Fingerprint: f,
			Sanitized: sanitize.Sanitized{Path: fmt.Sprint(i + 1), SHA256: strings.Repeat("a", 64), Facts: sanitize.Facts{Subject: "請求書 " + f}}})
	}
	return d
}

// released takes a report all the way to a released notice for every contact.
func (h *hub) released() store.Notice {
	h.t.Helper()
	ctx := h.t.Context()
	id := h.report()
	ok, err := h.AddDraft(ctx, id, draft(string(id)))
	if err != nil || !ok {
		h.t.Fatalf("AddDraft = %v, %v; want it done", ok, err)
	}
	notices, err := h.Notices(ctx, store.NoticeAwaiting, 10)
	h.must(err)
	n := notices[len(notices)-1]
	h.must(h.Approve(ctx, n.ID, "operator", digest))
	contacts, err := h.Contacts(ctx)
	h.must(err)
	r := store.Release{Notice: n.ID, Digest: digest, FiscalYear: 2026}
	for _, c := range contacts {
		r.Deliveries = append(r.Deliveries, store.NewDelivery{Contact: c.ID, Destination: strings.SplitN(c.Address, "@", 2)[1], Language: c.Language})
	}
	if ok, err := h.Release(ctx, r); err != nil || !ok {
		h.t.Fatalf("Release = %v, %v; want it done", ok, err)
	}
	n, err = h.Notice(ctx, n.ID)
	h.must(err)
	return n
}

var digest = strings.Repeat("d", 64)

func TestReportBecomesAcceptedDeliveries(t *testing.T) {
	storetest.Both(t, func(t *testing.T, l storetest.Ledger) {
		h, ctx := newHub(t, l, 3), t.Context()
		n := h.released()
		if n.State != store.NoticeReleased || n.Serial != 1 || n.FiscalYear != 2026 {
			t.Fatalf("notice is %s with serial %d of %d; want released, 1 of 2026", n.State, n.Serial, n.FiscalYear)
		}
		if got := n.Content.Originals[0].Facts.Subject; !strings.HasPrefix(got, "請求書") {
			t.Errorf("content came back as %q", got)
		}
		work, err := h.DueDeliveries(ctx, 10, 10)
		h.must(err)
		if len(work) != 3 {
			t.Fatalf("%d deliveries are due; want 3", len(work))
		}
		for _, w := range work {
			c, ok, err := h.Begin(ctx, w.Delivery, "worker", h.clock.now().Add(time.Minute))
			if err != nil || !ok || c.Address == "" || c.Delivery.Claim != w.Claim {
				t.Fatalf("Begin(%s) = claim %d for %q, %v, %v; want claim %d", w.Delivery, c.Delivery.Claim, c.Address, ok, err, w.Claim)
			}
			h.must(h.End(ctx, w.Delivery, c.Delivery.Claim, store.Outcome{Kind: store.Accepted, Code: 250, Text: "queued", QueueID: "Q1"}, time.Time{}))
		}
		counts, err := h.DeliveryCounts(ctx, n.ID)
		h.must(err)
		if counts[store.DeliveryAccepted] != 3 {
			t.Errorf("counts = %v; want 3 accepted", counts)
		}
		attempts, err := h.Attempts(ctx, work[0].Delivery)
		h.must(err)
		if len(attempts) != 1 || attempts[0].Kind != store.Accepted || attempts[0].QueueID != "Q1" || attempts[0].Text != "queued" {
			t.Errorf("attempts = %+v; want one, accepted, with the relay's words", attempts)
		}
		reports, err := h.Reports(ctx, store.ReportDecided, 10)
		h.must(err)
		if len(reports) != 1 || reports[0].Decision != store.DecisionReleased {
			t.Errorf("decided reports = %+v; want one, released", reports)
		}
		if _, err := h.AuditVerify(ctx, store.AuditAnchor{}); err != nil {
			t.Errorf("AuditVerify: %v", err)
		}
	})
}

func TestEveryStepTwiceIsOnce(t *testing.T) {
	storetest.Both(t, func(t *testing.T, l storetest.Ledger) {
		h, ctx := newHub(t, l, 2), t.Context()
		m := h.mail(7, 1, strings.Repeat("e", 64))
		first, err := h.AddMail(ctx, h.lease, m)
		h.must(err)
		m.Vault = store.NewVaultID(h.clock.now())
		again, err := h.AddMail(ctx, h.lease, m)
		h.must(err)
		if !first.New || again.New || again.Report != "" {
			t.Errorf("AddMail twice = %+v, %+v; want new, not new", first, again)
		}
		// The mailbox was rebuilt: same mail, other UIDVALIDITY and UID.
		m.UIDValidity, m.UID, m.Vault = 8, 55, store.NewVaultID(h.clock.now())
		moved, err := h.AddMail(ctx, h.lease, m)
		h.must(err)
		if moved.New {
			t.Errorf("the same bytes after UIDVALIDITY changed were recorded as new")
		}
		for _, place := range [][2]uint32{{7, 1}, {8, 55}} {
			if known, _, err := h.Located(ctx, "reports", place[0], place[1]); err != nil || !known {
				t.Errorf("Located(%v) = %v, %v; want known", place, known, err)
			}
		}
		for i, want := range []bool{true, false} {
			if got, err := h.AddDraft(ctx, first.Report, draft("f")); err != nil || got != want {
				t.Errorf("AddDraft, time %d = %v, %v; want %v", i+1, got, err, want)
			}
		}
		notices, err := h.Notices(ctx, "", 10)
		h.must(err)
		if len(notices) != 1 {
			t.Fatalf("%d notices; want 1", len(notices))
		}
		id := notices[0].ID
		h.must(h.Approve(ctx, id, "op", digest))
		if err := h.Approve(ctx, id, "op2", digest); !errors.Is(err, store.ErrState) {
			t.Errorf("Approve twice: %v; want ErrState", err)
		}
		r := store.Release{Notice: id, Digest: digest, FiscalYear: 2026, Deliveries: []store.NewDelivery{{Contact: "c000", Destination: "d0.example", Language: "ja"}}}
		for i, want := range []bool{true, false} {
			if got, err := h.Release(ctx, r); err != nil || got != want {
				t.Errorf("Release, time %d = %v, %v; want %v", i+1, got, err, want)
			}
		}
		work, err := h.DueDeliveries(ctx, 10, 10)
		h.must(err)
		if len(work) != 1 {
			t.Fatalf("%d deliveries; want 1", len(work))
		}
		for i, want := range []bool{true, false} {
			if _, got, err := h.Begin(ctx, work[0].Delivery, "w", h.clock.now().Add(time.Minute)); err != nil || got != want {
				t.Errorf("Begin, time %d = %v, %v; want %v", i+1, got, err, want)
			}
		}
		h.must(h.End(ctx, work[0].Delivery, 1, store.Outcome{Kind: store.Accepted, Code: 250}, time.Time{}))
		if err := h.End(ctx, work[0].Delivery, 1, store.Outcome{Kind: store.Accepted, Code: 250}, time.Time{}); !errors.Is(err, store.ErrState) {
			t.Errorf("End twice: %v; want ErrState", err)
		}
	})
}

func TestOneOfManyClaims(t *testing.T) {
	storetest.Both(t, func(t *testing.T, l storetest.Ledger) {
		h, ctx := newHub(t, l, 1), t.Context()
		h.released()
		work, err := h.DueDeliveries(ctx, 10, 10)
		h.must(err)
		var group sync.WaitGroup
		var mu sync.Mutex
		won := 0
		for i := range 8 {
			group.Go(func() {
				_, ok, err := h.Begin(ctx, work[0].Delivery, fmt.Sprint("w", i), h.clock.now().Add(time.Minute))
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				if ok {
					won++
				}
			})
		}
		group.Wait()
		if won != 1 {
			t.Errorf("%d of 8 workers claimed the same delivery; want 1", won)
		}
		if n, err := h.AuditVerify(ctx, store.AuditAnchor{}); err != nil {
			t.Errorf("AuditVerify after %d rows: %v", n, err)
		}
	})
}

func TestSerialsOfAYearHaveNoGap(t *testing.T) {
	storetest.Both(t, func(t *testing.T, l storetest.Ledger) {
		h := newHub(t, l, 1)
		var serials []int
		for range 4 {
			serials = append(serials, h.released().Serial)
		}
		if want := []int{1, 2, 3, 4}; !slices.Equal(serials, want) {
			t.Errorf("serials = %v; want %v", serials, want)
		}
	})
}

func TestApprovalBindsToWhatWasShown(t *testing.T) {
	storetest.Both(t, func(t *testing.T, l storetest.Ledger) {
		h, ctx := newHub(t, l, 1), t.Context()
		id := h.report()
		if _, err := h.AddDraft(ctx, id, draft("x")); err != nil {
			t.Fatal(err)
		}
		notices, err := h.Notices(ctx, store.NoticeAwaiting, 10)
		h.must(err)
		n := notices[0].ID
		if err := h.Approve(ctx, n, "", digest); err == nil {
			t.Error("approved without an operator")
		}
		r := store.Release{Notice: n, Digest: digest, FiscalYear: 2026}
		if _, err := h.Release(ctx, r); err == nil {
			t.Error("released without an approval")
		}
		h.must(h.Approve(ctx, n, "op", digest))
		r.Digest = strings.Repeat("c", 64)
		if _, err := h.Release(ctx, r); !errors.Is(err, store.ErrDigest) {
			t.Errorf("Release of something else = %v; want ErrDigest", err)
		}
	})
}

// The database itself refuses what nobody approved, whatever code asks for it.
func TestDatabaseRefusesWhatNobodyApproved(t *testing.T) {
	storetest.Both(t, func(t *testing.T, l storetest.Ledger) {
		h, ctx := newHub(t, l, 1), t.Context()
		if _, err := h.AddDraft(ctx, h.report(), draft("x")); err != nil {
			t.Fatal(err)
		}
		notices, err := h.Notices(ctx, "", 1)
		h.must(err)
		write, _ := l.Pools(t)
		for _, c := range []struct{ what, sql string }{
			{"a release without an approval", `update notice set state = 'released', serial = 1, fiscal_year = 2026, released_ms = 1 where id = $1`},
			{"an approval by nobody", `update notice set state = 'approved', approved_by = '', approved_digest = '` + digest + `', approved_ms = 1 where id = $1`},
			{"a delivery of a notice without an approval", `insert into delivery (id, notice_id, contact_id, approved_digest, state, destination, language, due_ms, planned_ms, changed_ms)
				values ('d1', $1, 'c000', '` + digest + `', 'queued', 'd0.example', 'ja', 0, 0, 0)`},
			{"a state that does not exist", `update notice set state = 'sent' where id = $1`},
			{"a hold without a reason", `update notice set state = 'held', reason = '' where id = $1`},
		} {
			if _, err := write.Exec(c.sql, string(notices[0].ID)); err == nil {
				t.Errorf("the database took %s", c.what)
			}
		}
	})
}

func TestSameAttackReportedTwiceIsOneCase(t *testing.T) {
	storetest.Both(t, func(t *testing.T, l storetest.Ledger) {
		h, ctx := newHub(t, l, 1), t.Context()
		first, second, mixed := h.report(), h.report(), h.report()
		for _, step := range []struct {
			id store.ReportID
			d  store.Draft
		}{{first, draft("a")}, {second, draft("a")}, {mixed, draft("a", "b")}} {
			if ok, err := h.AddDraft(ctx, step.id, step.d); err != nil || !ok {
				t.Fatalf("AddDraft = %v, %v", ok, err)
			}
		}
		notices, err := h.Notices(ctx, "", 10)
		h.must(err)
		if len(notices) != 2 {
			t.Errorf("%d notices; want one for a and one for b", len(notices))
		}
		r, err := h.Report(ctx, second)
		h.must(err)
		if r.State != store.ReportDecided || r.Decision != store.DecisionMerged {
			t.Errorf("the second report is %s %s; want decided merged", r.State, r.Decision)
		}
		if r, err = h.Report(ctx, mixed); err != nil || r.State != store.ReportDrafted {
			t.Errorf("the report with something new is %s, %v; want drafted", r.State, err)
		}
		slices.SortFunc(notices, func(a, b store.Notice) int { return strings.Compare(a.Content.Title, b.Content.Title) })
		analyses, err := h.CaseAnalyses(ctx, notices[0].Case)
		h.must(err)
		if len(analyses) != 3 {
			t.Errorf("the case knows %d analyses; want those of all three reports", len(analyses))
		}
		h.must(h.RejectNotice(ctx, notices[0].ID, "op", "known drill"))
		h.must(h.RejectNotice(ctx, notices[1].ID, "op", "known drill"))
		if r, err = h.Report(ctx, mixed); err != nil || r.Decision != store.DecisionRejected {
			t.Errorf("after both notices were rejected the report is %s %s, %v; want decided rejected", r.State, r.Decision, err)
		}
		// A rejected case takes in nothing: somebody should look again.
		if _, err := h.AddDraft(ctx, h.report(), draft("a")); err != nil {
			t.Fatal(err)
		}
		if notices, err = h.Notices(ctx, store.NoticeAwaiting, 10); err != nil || len(notices) != 1 {
			t.Errorf("after the rejection a new report led to %d awaiting notices, %v; want 1", len(notices), err)
		}
	})
}

func TestDraftThatNeedsAnEyeIsHeld(t *testing.T) {
	storetest.Both(t, func(t *testing.T, l storetest.Ledger) {
		h, ctx := newHub(t, l, 1), t.Context()
		d := draft("a")
		d.Originals[0].Problems = []sanitize.Problem{{Code: sanitize.ProblemAmbiguous, Where: "header"}}
		if _, err := h.AddDraft(ctx, h.report(), d); err != nil {
			t.Fatal(err)
		}
		held, err := h.Notices(ctx, store.NoticeHeld, 10)
		h.must(err)
		if len(held) != 1 || held[0].Reason == "" {
			t.Fatalf("held notices = %+v; want one with a reason", held)
		}
		if err := h.Approve(ctx, held[0].ID, "op", digest); !errors.Is(err, store.ErrState) {
			t.Errorf("Approve of a held notice: %v; want ErrState", err)
		}
		h.must(h.ResumeNotice(ctx, held[0].ID, "op"))
		h.must(h.Approve(ctx, held[0].ID, "op", digest))

		empty := h.report()
		if _, err := h.AddDraft(ctx, empty, draft()); err != nil {
			t.Fatal(err)
		}
		r, err := h.Report(ctx, empty)
		h.must(err)
		if r.State != store.ReportHeld || r.Reason != "nothing found" {
			t.Errorf("a report without originals is %s (%q); want held with the reason", r.State, r.Reason)
		}
	})
}

func TestOutcomes(t *testing.T) {
	next := 10 * time.Minute
	for _, c := range []struct {
		kind  store.OutcomeKind
		want  store.DeliveryState
		tries int
		after store.DeliveryState // once next has passed and the ledger was swept
	}{
		{store.Accepted, store.DeliveryAccepted, 1, store.DeliveryAccepted},
		{store.Transient, store.DeliveryDeferred, 1, store.DeliveryQueued},
		{store.Permanent, store.DeliveryBounced, 1, store.DeliveryBounced},
		{store.Unknown, store.DeliveryUnknown, 1, store.DeliveryQueued},
		{store.Stopped, store.DeliveryQueued, 0, store.DeliveryQueued},
	} {
		t.Run(string(c.kind), func(t *testing.T) {
			h, ctx := newHub(t, storetest.SQLite(t), 1), t.Context()
			h.released()
			work, err := h.DueDeliveries(ctx, 1, 1)
			h.must(err)
			id := work[0].Delivery
			claim, _, err := h.Begin(ctx, id, "w", h.clock.now().Add(time.Minute))
			h.must(err)
			h.must(h.End(ctx, id, claim.Delivery.Claim, store.Outcome{Kind: c.kind, Code: 451, Text: "words"}, h.clock.now().Add(next)))
			d, err := h.Delivery(ctx, id)
			h.must(err)
			if d.State != c.want || d.Tries != c.tries {
				t.Errorf("%s → %s after %d tries; want %s after %d", c.kind, d.State, d.Tries, c.want, c.tries)
			}
			if swept, err := h.Sweep(ctx, store.SweepOptions{}); err != nil || swept.Due != 0 {
				t.Errorf("Sweep before it is due = %+v, %v; want nothing", swept, err)
			}
			h.clock.turn(next)
			_, err = h.Sweep(ctx, store.SweepOptions{})
			h.must(err)
			if d, err = h.Delivery(ctx, id); err != nil || d.State != c.after {
				t.Errorf("%s, when due, is %s, %v; want %s", c.kind, d.State, err, c.after)
			}
		})
	}
}

func TestWorkerThatDied(t *testing.T) {
	storetest.Both(t, func(t *testing.T, l storetest.Ledger) {
		h, ctx := newHub(t, l, 1), t.Context()
		h.released()
		work, err := h.DueDeliveries(ctx, 1, 1)
		h.must(err)
		id := work[0].Delivery
		_, _, err = h.Begin(ctx, id, "dead", h.clock.now().Add(time.Minute))
		h.must(err)
		if s, err := h.Sweep(ctx, store.SweepOptions{}); err != nil || s.Stuck != 0 {
			t.Fatalf("Sweep while the claim runs = %+v, %v; want nothing", s, err)
		}
		h.clock.turn(2 * time.Minute)
		s, err := h.Sweep(ctx, store.SweepOptions{})
		if err != nil || s.Stuck != 1 {
			t.Fatalf("Sweep after the claim ran out = %+v, %v; want one stuck", s, err)
		}
		attempts, err := h.Attempts(ctx, id)
		h.must(err)
		if len(attempts) != 1 || attempts[0].Kind != store.Unknown {
			t.Errorf("attempts = %+v; want one, unknown", attempts)
		}
		// The worker was only slow: what it says now is kept, and changes nothing.
		if err := h.End(ctx, id, 1, store.Outcome{Kind: store.Accepted, Code: 250, Text: "late"}, time.Time{}); !errors.Is(err, store.ErrState) {
			t.Errorf("End after the sweep: %v; want ErrState", err)
		}
		attempts, err = h.Attempts(ctx, id)
		h.must(err)
		if attempts[0].Kind != store.Unknown || attempts[0].Text != "late" {
			t.Errorf("the attempt is %s %q; want unknown, with the late words", attempts[0].Kind, attempts[0].Text)
		}
		work, err = h.DueDeliveries(ctx, 1, 1)
		h.must(err)
		if len(work) != 1 || work[0].Claim != 2 {
			t.Errorf("due = %+v; want it again as claim 2", work)
		}
	})
}

func TestSweepOfAHubThatIsAlone(t *testing.T) {
	h, ctx := newHub(t, storetest.SQLite(t), 2), t.Context()
	h.released()
	work, err := h.DueDeliveries(ctx, 1, 1)
	h.must(err)
	_, _, err = h.Begin(ctx, work[0].Delivery, "dead", h.clock.now().Add(time.Hour))
	h.must(err)
	s, err := h.Sweep(ctx, store.SweepOptions{Alone: true})
	if err != nil || s.Stuck != 1 || s.Due != 1 {
		t.Errorf("Sweep = %+v, %v; want the claim given up and queued at once", s, err)
	}
}

func TestDeliveryExpires(t *testing.T) {
	h, ctx := newHub(t, storetest.SQLite(t), 1), t.Context()
	h.released()
	work, err := h.DueDeliveries(ctx, 1, 1)
	h.must(err)
	id := work[0].Delivery
	h.clock.turn(73 * time.Hour)
	if s, err := h.Sweep(ctx, store.SweepOptions{GiveUp: 72 * time.Hour}); err != nil || s.Expired != 1 {
		t.Fatalf("Sweep = %+v, %v; want one expired", s, err)
	}
	h.must(h.RetryDelivery(ctx, id, "op"))
	if s, err := h.Sweep(ctx, store.SweepOptions{GiveUp: 72 * time.Hour}); err != nil || s.Expired != 0 {
		t.Errorf("Sweep after an operator's retry = %+v, %v; want it left alone", s, err)
	}
	h.must(h.CancelDelivery(ctx, id, "op"))
	if _, ok, err := h.Begin(ctx, id, "w", h.clock.now().Add(time.Minute)); err != nil || ok {
		t.Errorf("Begin of a cancelled delivery = %v, %v; want nothing to do", ok, err)
	}
}

func TestWindowOfADestination(t *testing.T) {
	storetest.Both(t, func(t *testing.T, l storetest.Ledger) {
		h, ctx := newHub(t, l, 12), t.Context() // four at each of three domains
		h.released()
		for _, c := range []struct{ window, limit, want int }{{1, 100, 3}, {2, 100, 6}, {100, 100, 12}, {100, 5, 5}} {
			work, err := h.DueDeliveries(ctx, c.window, c.limit)
			h.must(err)
			if len(work) != c.want {
				t.Errorf("DueDeliveries(window %d, limit %d) = %d; want %d", c.window, c.limit, len(work), c.want)
			}
		}
	})
}

func TestLeakStopsTheOtherDeliveries(t *testing.T) {
	storetest.Both(t, func(t *testing.T, l storetest.Ledger) {
		h, ctx := newHub(t, l, 3), t.Context()
		n := h.released()
		work, err := h.DueDeliveries(ctx, 10, 10)
		h.must(err)
		claim, _, err := h.Begin(ctx, work[0].Delivery, "w", h.clock.now().Add(time.Minute))
		h.must(err)
		h.must(h.Suppress(ctx, work[0].Delivery, claim.Delivery.Claim, "leak"))
		counts, err := h.DeliveryCounts(ctx, n.ID)
		h.must(err)
		if counts[store.DeliverySuppressed] != 3 {
			t.Errorf("counts = %v; want all three suppressed", counts)
		}
	})
}

func TestRemovedContactGetsNothing(t *testing.T) {
	h, ctx := newHub(t, storetest.SQLite(t), 2), t.Context()
	h.released()
	h.must(h.ImportContacts(ctx, []store.Contact{{ID: "c000", Ceptoar: "power", Address: "desk0@d0.example", Language: "ja", Kinds: store.Kinds()}}, true, "op"))
	work, err := h.DueDeliveries(ctx, 10, 10)
	h.must(err)
	began := 0
	for _, w := range work {
		_, ok, err := h.Begin(ctx, w.Delivery, "w", h.clock.now().Add(time.Minute))
		h.must(err)
		if ok {
			began++
		}
	}
	if began != 1 {
		t.Errorf("%d deliveries began; want only the one for the contact that is left", began)
	}
}

func TestReceiptIsSentOnce(t *testing.T) {
	storetest.Both(t, func(t *testing.T, l storetest.Ledger) {
		h, ctx := newHub(t, l, 1), t.Context()
		id := h.report()
		if _, err := h.AddDraft(ctx, id, draft()); err != nil {
			t.Fatal(err)
		}
		r, ok, err := h.BeginReceipt(ctx, id, h.clock.now().Add(time.Minute))
		if err != nil || !ok || r.Number == "" || r.Originals != 0 {
			t.Fatalf("BeginReceipt = %+v, %v, %v; want it", r, ok, err)
		}
		if _, ok, err := h.BeginReceipt(ctx, id, h.clock.now().Add(time.Minute)); err != nil || ok {
			t.Errorf("BeginReceipt twice = %v, %v; want nothing to do", ok, err)
		}
		h.must(h.EndReceipt(ctx, id, store.Outcome{Kind: store.Transient, Code: 450}, h.clock.now().Add(time.Minute)))
		h.clock.turn(time.Minute)
		_, ok, err = h.BeginReceipt(ctx, id, h.clock.now().Add(time.Minute))
		if err != nil || !ok {
			t.Fatalf("BeginReceipt when due again = %v, %v; want it", ok, err)
		}
		h.clock.turn(2 * time.Minute) // its worker died
		if s, err := h.Sweep(ctx, store.SweepOptions{}); err != nil || s.Receipts != 1 {
			t.Fatalf("Sweep = %+v, %v; want the receipt given up", s, err)
		}
		due, err := h.DueReceipts(ctx, 10)
		h.must(err)
		if len(due) != 0 {
			t.Errorf("a receipt that may have arrived is due again")
		}
		// The report is read again; its reporter must not hear twice.
		h.must(h.RetryReport(ctx, id, "op", true))
		if _, err := h.AddDraft(ctx, id, draft("a")); err != nil {
			t.Fatal(err)
		}
		if due, err = h.DueReceipts(ctx, 10); err != nil || len(due) != 0 {
			t.Errorf("receipts due after reading the report again: %v, %v; want none", due, err)
		}
	})
}

func TestUnauthenticatedReportGetsNoReceipt(t *testing.T) {
	h, ctx := newHub(t, storetest.SQLite(t), 1), t.Context()
	m := h.mail(7, 9, strings.Repeat("b", 64))
	m.Authenticated, m.Member, m.Hold = false, "", "not authenticated"
	added, err := h.AddMail(ctx, h.lease, m)
	h.must(err)
	r, err := h.Report(ctx, added.Report)
	h.must(err)
	if r.State != store.ReportHeld {
		t.Fatalf("it is %s; want held", r.State)
	}
	if err := h.RetryReport(ctx, added.Report, "op", false); !errors.Is(err, store.ErrState) {
		t.Errorf("RetryReport without vouching for it: %v; want ErrState", err)
	}
	if ok, err := h.AddDraft(ctx, added.Report, draft("a")); err != nil || ok {
		t.Errorf("AddDraft of a held report = %v, %v; want nothing done", ok, err)
	}
	if _, err := h.Receipt(ctx, added.Report); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Receipt: %v; want none", err)
	}
}

func TestLeaseFencesOffItsFormerHolder(t *testing.T) {
	storetest.Both(t, func(t *testing.T, l storetest.Ledger) {
		h, ctx := newHub(t, l, 1), t.Context()
		a, ok, err := h.TakeLease(ctx, "x", "a", time.Minute)
		if err != nil || !ok {
			t.Fatalf("TakeLease = %v, %v", ok, err)
		}
		if _, ok, err := h.TakeLease(ctx, "x", "b", time.Minute); err != nil || ok {
			t.Errorf("TakeLease by another = %v, %v; want it refused", ok, err)
		}
		if again, ok, err := h.TakeLease(ctx, "x", "a", time.Minute); err != nil || !ok || again.Epoch != a.Epoch {
			t.Errorf("renewal = %+v, %v, %v; want the same epoch", again, ok, err)
		}
		h.clock.turn(2 * time.Minute)
		b, ok, err := h.TakeLease(ctx, "x", "b", time.Minute)
		if err != nil || !ok || b.Epoch <= a.Epoch {
			t.Fatalf("TakeLease after it ran out = %+v, %v, %v; want a later epoch than %d", b, ok, err, a.Epoch)
		}
		if _, err := h.AddMail(ctx, a, h.mail(7, 70, strings.Repeat("7", 64))); !errors.Is(err, store.ErrLease) {
			t.Errorf("AddMail under the lost lease: %v; want ErrLease", err)
		}
		if _, err := h.AddMail(ctx, b, h.mail(7, 70, strings.Repeat("7", 64))); err != nil {
			t.Errorf("AddMail under the lease: %v", err)
		}
		h.must(h.GiveLease(ctx, b))
		if _, ok, err := h.TakeLease(ctx, "x", "c", time.Minute); err != nil || !ok {
			t.Errorf("TakeLease after it was given back = %v, %v; want it", ok, err)
		}
	})
}

func TestReporterIsKnownByAddress(t *testing.T) {
	h, ctx := newHub(t, storetest.SQLite(t), 1), t.Context()
	for address, want := range map[string]store.MemberID{"csirt@power.example": "m1", "CSIRT@POWER.example": "m1", "other@power.example": ""} {
		if got, err := h.ReporterOf(ctx, address); err != nil || got != want {
			t.Errorf("ReporterOf(%q) = %q, %v; want %q", address, got, err, want)
		}
	}
}

// What had ended and is retried is tried, however long ago it was planned.
func TestRetryOfWhatHadEnded(t *testing.T) {
	h, ctx := newHub(t, storetest.SQLite(t), 1), t.Context()
	h.released()
	work, err := h.DueDeliveries(ctx, 1, 1)
	h.must(err)
	id := work[0].Delivery
	_, _, err = h.Begin(ctx, id, "w", h.clock.now().Add(time.Minute))
	h.must(err)
	h.must(h.End(ctx, id, 1, store.Outcome{Kind: store.Permanent, Code: 550}, time.Time{}))
	h.clock.turn(100 * time.Hour)
	h.must(h.RetryDelivery(ctx, id, "op"))
	if s, err := h.Sweep(ctx, store.SweepOptions{GiveUp: 72 * time.Hour}); err != nil || s.Expired != 0 {
		t.Errorf("Sweep after the retry = %+v, %v; want it left in the queue", s, err)
	}
	if open, err := h.Deliveries(ctx, store.DeliveryFilter{Open: true}); err != nil || len(open) != 1 {
		t.Errorf("open deliveries = %d, %v; want 1", len(open), err)
	}
}

func TestPrunedContactIsAuditedAndFreesItsAddress(t *testing.T) {
	storetest.Both(t, func(t *testing.T, l storetest.Ledger) {
		h, ctx := newHub(t, l, 2), t.Context()
		moved := store.Contact{ID: "new", Ceptoar: "power", Address: "desk1@d1.example", Language: "en", Kinds: store.Kinds()}
		if err := h.ImportContacts(ctx, []store.Contact{moved}, false, "op"); err == nil {
			t.Error("an address was given to a second contact beside the first")
		}
		h.must(h.ImportContacts(ctx, []store.Contact{moved}, true, "op"))
		all, err := h.Contacts(ctx)
		h.must(err)
		if len(all) != 1 || all[0].ID != "new" {
			t.Errorf("contacts = %+v; want the new one only", all)
		}
		rows, err := h.AuditOf(ctx, "c001")
		h.must(err)
		if len(rows) == 0 || rows[len(rows)-1].Move != "removed" || rows[len(rows)-1].Actor != "op" {
			t.Errorf("audit of the removed contact = %+v; want its removal by op", rows)
		}
	})
}
