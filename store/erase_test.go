package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"kairan/store"
	"kairan/store/storetest"
)

// TestEraseReport: a report whose notice is out can be erased once the deliveries
// are ended. What is left of it names nobody, and the notice stays.
func TestEraseReport(t *testing.T) {
	storetest.Both(t, func(t *testing.T, l storetest.Ledger) {
		h, ctx := newHub(t, l, 1), t.Context()
		n := h.released()
		reports, err := h.Reports(ctx, store.ReportDecided, 10)
		h.must(err)
		id := reports[0].ID
		if err := h.EraseReport(ctx, id, "op", "asked for", false); !errors.Is(err, store.ErrInUse) {
			t.Fatalf("erasing a report whose notice is under way: %v, want ErrInUse", err)
		}
		if err := h.EraseReport(ctx, id, "op", "", false); err == nil {
			t.Error("a report was erased without a reason")
		}
		work, err := h.DueDeliveries(ctx, 10, 10)
		h.must(err)
		c, _, err := h.Begin(ctx, work[0].Delivery, "worker", h.clock.now().Add(time.Minute))
		h.must(err)
		h.must(h.End(ctx, work[0].Delivery, c.Delivery.Claim, store.Outcome{Kind: store.Accepted, Code: 250}, time.Time{}))

		h.must(h.EraseReport(ctx, id, "op", "asked for", false))
		due, err := h.Erasures(ctx, 10)
		h.must(err)
		if len(due) != 1 || due[0].Report != id || len(due[0].Blobs) != 2 {
			t.Fatalf("erasures to be ended: %+v, want the mail and the analysis of %s", due, id)
		}
		for range 2 { // killed in the middle, and then again
			h.must(h.EraseReport(ctx, id, "op", "asked for", false))
			h.must(h.EndErasure(ctx, id))
		}
		r, err := h.Report(ctx, id)
		h.must(err)
		originals, err := h.Originals(ctx, id)
		h.must(err)
		if r.Member != "" || r.Gone.IsZero() || len(originals) != 1 || originals[0].SHA256 != "" || originals[0].Facts.Subject != "" {
			t.Errorf("what is left is %+v with %+v; want nothing that identifies", r, originals)
		}
		if analyses, err := h.CaseAnalyses(ctx, n.Case); err != nil || len(analyses) != 0 {
			t.Errorf("CaseAnalyses = %v, %v; want none that cannot be read", analyses, err)
		}
		if n, err = h.Notice(ctx, n.ID); err != nil || n.State != store.NoticeReleased || n.Content.Originals[0].Facts.Subject == "" {
			t.Errorf("the notice is %s, %v; want it as it was", n.State, err)
		}
		rows, err := h.AuditOf(ctx, string(id))
		h.must(err)
		moves := []string{}
		for _, row := range rows {
			moves = append(moves, row.Move)
		}
		if !slices.Contains(moves, "erasing") || !slices.Contains(moves, "erased") || len(slices.DeleteFunc(moves, func(m string) bool { return m != "erased" })) != 1 {
			t.Errorf("the audit log has the moves %v; want erasing and erased once", moves)
		}
	})
}

// TestEraseWhatIsNotOut: without what was learned from it nobody can know what a
// notice must not tell, so it does not go out.
func TestEraseWhatIsNotOut(t *testing.T) {
	storetest.Both(t, func(t *testing.T, l storetest.Ledger) {
		h, ctx := newHub(t, l, 1), t.Context()
		id := h.report()
		if err := h.EraseReport(ctx, id, "op", "asked for", false); !errors.Is(err, store.ErrInUse) {
			t.Errorf("erasing a report that is about to be read: %v, want ErrInUse", err)
		}
		_, err := h.AddDraft(ctx, id, draft("f"))
		h.must(err)
		h.must(h.EraseReport(ctx, id, "op", "asked for", false))
		notices, err := h.Notices(ctx, "", 10)
		h.must(err)
		r, err := h.Report(ctx, id)
		h.must(err)
		if notices[0].State != store.NoticeRejected || r.State != store.ReportDecided || r.Decision != store.DecisionRejected {
			t.Errorf("the notice is %s, the report %s %s; want both rejected", notices[0].State, r.State, r.Decision)
		}
		held := h.report()
		h.must(h.HoldReport(ctx, held, "not believed"))
		h.must(h.EraseReport(ctx, held, "op", "asked for", false))
		if r, err := h.Report(ctx, held); err != nil || r.Decision != store.DecisionRejected {
			t.Errorf("a held report that was erased is %s %s, %v; want it rejected", r.State, r.Decision, err)
		}
	})
}

// TestOldReports: only what is decided is old enough to be erased by itself; its
// facts outlive it for searches.
func TestOldReports(t *testing.T) {
	storetest.Both(t, func(t *testing.T, l storetest.Ledger) {
		h, ctx := newHub(t, l, 0), t.Context()
		decided, held := h.report(), h.report()
		_, err := h.AddDraft(ctx, decided, draft("f"))
		h.must(err)
		notices, err := h.Notices(ctx, store.NoticeAwaiting, 10)
		h.must(err)
		h.must(h.RejectNotice(ctx, notices[0].ID, "op", "harmless"))
		h.must(h.HoldReport(ctx, held, "not believed"))
		h.clock.turn(100 * 24 * time.Hour)
		late := h.report()
		_, err = h.AddDraft(ctx, late, draft("g"))
		h.must(err)
		old, err := h.OldReports(ctx, h.clock.now().Add(-90*24*time.Hour), 10)
		h.must(err)
		if !slices.Equal(old, []store.ReportID{decided}) {
			t.Fatalf("old reports: %v, want %v: not the one that is held, nor the new one", old, decided)
		}
		h.must(h.EraseReport(ctx, decided, store.ActorHub, "old", true))
		facts := func() string {
			originals, err := h.Originals(ctx, decided)
			h.must(err)
			return originals[0].Facts.Subject
		}
		if facts() == "" {
			t.Error("the facts went with the report")
		}
		if n, err := h.ForgetFacts(ctx, h.clock.now()); err != nil || n != 0 {
			t.Errorf("facts of %d originals were forgotten before the erasure ended, %v", n, err)
		}
		h.must(h.EndErasure(ctx, decided))
		if n, err := h.ForgetFacts(ctx, h.clock.now()); err != nil || n != 1 || facts() != "" {
			t.Errorf("ForgetFacts = %d, %v, and %q is left; want 1 and nothing", n, err, facts())
		}
	})
}

// TestRecordAccess: who reads a mail is in the audit log, with a reason.
func TestRecordAccess(t *testing.T) {
	storetest.Both(t, func(t *testing.T, l storetest.Ledger) {
		h, ctx := newHub(t, l, 0), t.Context()
		id := h.report()
		for _, c := range [][2]string{{"", "why"}, {"hanako", ""}} {
			if err := h.RecordAccess(ctx, id, c[0], "show whole", c[1]); err == nil {
				t.Errorf("RecordAccess(%q, %q) was recorded", c[0], c[1])
			}
		}
		h.must(h.RecordAccess(ctx, id, "hanako", "show whole", "a question of the reporter"))
		rows, err := h.AuditOf(ctx, string(id))
		h.must(err)
		if last := rows[len(rows)-1]; last.Actor != "hanako" || last.Move != "show whole" || last.Detail != "a question of the reporter" {
			t.Errorf("the audit log ends with %+v", last)
		}
	})
}
