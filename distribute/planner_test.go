package distribute

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kairan/sanitize"
	"kairan/store"
)

func TestPlanReleasesToEverybodyChosen(t *testing.T) {
	h := newHub(t)
	n := h.approved(nil)
	planned := 0
	p := h.planner()
	p.Planned = func() { planned++ }
	h.must(p.Plan(t.Context(), n.ID))
	n = h.again(n)
	if n.State != store.NoticeReleased || n.FiscalYear != 2026 || n.Serial != 1 || planned != 1 {
		t.Fatalf("the notice is %s with serial %d-%d, told %d times; want released, 2026-1, once", n.State, n.FiscalYear, n.Serial, planned)
	}
	all, err := h.Deliveries(t.Context(), store.DeliveryFilter{Notice: n.ID})
	h.must(err)
	var got []string
	for _, d := range all {
		got = append(got, fmt.Sprintf("%s %s %s %s", d.Contact, d.State, d.Language, d.Destination))
	}
	slices.Sort(got)
	want := []string{
		"c-en1 queued en overseas.example", "c-en2 queued en far.overseas.example",
		"c-ja1 queued ja reiji-power.example", "c-ja2 queued ja power.contact.example",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the deliveries are %q, want %q", got, want)
	}

	// Doing it again does nothing.
	head, err := h.AuditHead(t.Context())
	h.must(err)
	h.must(p.Plan(t.Context(), n.ID))
	if after, err := h.AuditHead(t.Context()); err != nil || after != head || planned != 1 {
		t.Errorf("planning a released notice moved something (%v), or told of it (%d times)", err, planned)
	}
}

// TestPlanTellsNoSmallSector: the contact that subscribed to what comes from the
// banks gets the notice like everybody, because the sector that reported has one
// member: not getting it would tell who that was.
func TestPlanTellsNoSmallSector(t *testing.T) {
	for _, c := range []struct{ k, deliveries int }{{1, len(chosen)}, {3, len(chosen) + 1}} {
		h := newHub(t)
		n := h.approved(nil)
		p := h.planner()
		p.KAnonymity = c.k
		h.must(p.Plan(t.Context(), n.ID))
		all, err := h.Deliveries(t.Context(), store.DeliveryFilter{Notice: n.ID})
		h.must(err)
		if len(all) != c.deliveries {
			t.Errorf("where a sector counts from %d members on, a sector of one makes %d deliveries, want %d", c.k, len(all), c.deliveries)
		}
	}
}

func TestPlansAtOnceReleaseOnce(t *testing.T) {
	h := newHub(t)
	n := h.approved(nil)
	var group sync.WaitGroup
	var mu sync.Mutex
	planned := 0
	for range 4 {
		p := h.planner()
		p.Planned = func() { mu.Lock(); defer mu.Unlock(); planned++ }
		group.Go(func() {
			if err := p.Plan(t.Context(), n.ID); err != nil {
				t.Errorf("one of several planners fails: %v", err)
			}
		})
	}
	group.Wait()
	counts, err := h.DeliveryCounts(t.Context(), n.ID)
	h.must(err)
	if planned != 1 || counts[store.DeliveryQueued] != len(chosen) || h.again(n).Serial != 1 {
		t.Errorf("four planners released %d times, deliveries %v, serial %d; want one release", planned, counts, h.again(n).Serial)
	}
}

func TestPlanLeavesAloneWhatNobodyApproved(t *testing.T) {
	h := newHub(t)
	n := h.drafted(nil)
	h.must(h.planner().Plan(t.Context(), n.ID))
	if n = h.again(n); n.State != store.NoticeAwaiting {
		t.Errorf("a notice that awaits approval is %s after planning", n.State)
	}
	if err := h.planner().Plan(t.Context(), "n404"); err == nil {
		t.Error("planning a notice that does not exist gives no error")
	}
}

func TestPlanHoldsWhatChangedAfterTheApproval(t *testing.T) {
	h := newHub(t)
	n := h.approved(nil)
	write, _ := h.ledger.Pools(t)
	result, err := write.ExecContext(t.Context(), `update notice set content = replace(content, 'evil[.]example', 'evil2[.]example') where id = $1`, string(n.ID))
	h.must(err)
	if rows, err := result.RowsAffected(); err != nil || rows != 1 {
		t.Fatalf("%d rows changed, %v; want 1", rows, err)
	}
	h.must(h.planner().Plan(t.Context(), n.ID))
	h.held(n, "no longer what was approved")
}

func TestPlanHoldsWhatLeaks(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*sanitize.Sanitized)
		want   []string
	}{
		"a member in the subject":           {func(o *sanitize.Sanitized) { o.Facts.Subject = "みなと汐見銀行 請求書" }, []string{"organisation of m2 in header Subject"}},
		"in English, run together":          {func(o *sanitize.Sanitized) { o.Facts.Subject = "Invoice for minatoSHIOMIbank" }, []string{"m2 in header Subject"}},
		"a member's address in an original": {func(o *sanitize.Sanitized) { o.Facts.Mailer = "csirt@shiomi-bank.example" }, []string{"of m2 in part 1 line"}},
		"the victim, learned from the report": {func(o *sanitize.Sanitized) {
			o.Facts.Indicators[1].Defanged = "hxxps[://]evil[.]example/a?to=dGFyby55YW1hZGFAcmVpamktcG93ZXIuZXhhbXBsZQ=="
		}, []string{"of victim in part 1 line", "base64"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			n := h.approved(c.change)
			h.must(h.planner().Plan(t.Context(), n.ID))
			h.held(n, append(c.want, "the leak gate stopped it")...)
		})
	}
}

// The hub's own settings are read by the gate like everything else.
func TestPlanHoldsWhatCanBeClicked(t *testing.T) {
	h := newHub(t)
	composer := h.composer()
	composer.ContactLine = "https://portal.hub.example/help"
	n := h.drafted(nil)
	preview, err := composer.Preview(n)
	h.must(err)
	h.must(h.Approve(t.Context(), n.ID, "operator", preview.Digest))
	p := h.planner()
	p.Composer = composer
	h.must(p.Plan(t.Context(), n.ID))
	h.held(n, "live in part 1 line")
}

func TestPlanHoldsWhatNobodyWouldGet(t *testing.T) {
	h := newHub(t)
	n := h.approved(nil)
	h.must(h.ImportContacts(t.Context(), nil, true, "op"))
	h.must(h.planner().Plan(t.Context(), n.ID))
	h.held(n, "no contact would get it")
}

// What cannot be checked does not go out, and is tried again.
func TestPlanWaitsForTheVault(t *testing.T) {
	h := newHub(t)
	n := h.approved(nil)
	h.vault.err = errBroken
	err := h.planner().Plan(t.Context(), n.ID)
	if err == nil || h.again(n).State != store.NoticeApproved {
		t.Fatalf("without the vault planning gives %v, and the notice is %s; want an error, and it still approved", err, h.again(n).State)
	}
	leaks(t, "the error", err.Error())
	h.vault.err = nil
	h.must(h.planner().Plan(t.Context(), n.ID))
	if h.again(n).State != store.NoticeReleased {
		t.Errorf("with the vault back the notice is %s, want released", h.again(n).State)
	}
}

func TestPlanRefusesAnUnreadableAnalysis(t *testing.T) {
	h := newHub(t)
	n := h.approved(nil)
	ids, err := h.CaseAnalyses(t.Context(), n.Case)
	h.must(err)
	h.vault.blobs[ids[0]] = []byte(`{"identities": [{"value": "taro.yamada@reiji-power.example"`)
	if err = h.planner().Plan(t.Context(), n.ID); err == nil || h.again(n).State != store.NoticeApproved {
		t.Fatalf("with an analysis cut off planning gives %v, and the notice is %s; want an error, and it still approved", err, h.again(n).State)
	}
	leaks(t, "the error", err.Error())
}

func TestRunApprovesOnlyKindsThatApproveThemselves(t *testing.T) {
	h := newHub(t)
	one := h.drafted(nil)
	eye := h.drafted(func(o *sanitize.Sanitized) { o.Problems = []sanitize.Problem{{Code: sanitize.ProblemMemberLike}} })
	if eye.State != store.NoticeHeld {
		t.Fatalf("a notice that needs an eye is drafted %s, want held", eye.State)
	}
	h.must(h.ResumeNotice(t.Context(), eye.ID, "op")) // to look at it, and decide

	p := h.planner()
	p.SelfApproving = []store.Kind{store.KindDrill}
	h.must(p.round(t.Context()))
	if s := h.again(one).State; s != store.NoticeAwaiting {
		t.Errorf("with only drills approving themselves a targeted-mail notice is %s", s)
	}
	p.SelfApproving = nil
	h.must(p.round(t.Context()))
	if s := h.again(one).State; s != store.NoticeAwaiting {
		t.Errorf("with nothing approving itself a notice is %s", s)
	}

	p.SelfApproving = []store.Kind{store.KindTargetedMail}
	planned := make(chan struct{}, 10)
	p.Planned = func() { planned <- struct{}{} }
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- p.Run(ctx) }()
	<-planned
	if n := h.again(one); n.State != store.NoticeReleased || n.ApprovedBy != ActorKind {
		t.Errorf("a notice whose kind approves itself is %s, approved by %q", n.State, n.ApprovedBy)
	}
	stop()
	h.must(<-done)
	if s := h.again(eye).State; s != store.NoticeAwaiting {
		t.Errorf("a notice that needs an eye is %s though nobody approved it", s)
	}
}

// One notice that fails does not stop the others, and the failure is told once.
func TestRunGoesOnPastAFailure(t *testing.T) {
	h := newHub(t)
	broken := h.approved(nil)
	ids, err := h.CaseAnalyses(t.Context(), broken.Case)
	h.must(err)
	delete(h.vault.blobs, ids[0])
	whole := h.approved(nil)
	p := h.planner()
	wake, planned := make(chan struct{}), make(chan struct{}, 10)
	p.Wake, p.Planned = wake, func() { planned <- struct{}{} }
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- p.Run(ctx) }()
	<-planned
	wake <- struct{}{} // a round each
	wake <- struct{}{}
	stop()
	h.must(<-done)
	if a, b := h.again(broken).State, h.again(whole).State; a != store.NoticeApproved || b != store.NoticeReleased {
		t.Errorf("the notice that cannot be checked is %s, and the one behind it %s; want approved and released", a, b)
	}
	if n := strings.Count(h.log.String(), "planning failed"); n != 1 {
		t.Errorf("the failure is told %d times, want once:\n%s", n, h.log.String())
	}
}

func TestFiscalYear(t *testing.T) {
	h := newHub(t)
	for at, want := range map[string]int{
		"2026-03-31T23:59:59+09:00": 2025, "2026-04-01T00:00:00+09:00": 2026, "2026-03-31T15:00:00Z": 2026, "2026-12-31T23:59:59+09:00": 2026, "2027-01-01T00:00:00+09:00": 2026,
	} {
		p := h.planner()
		now, err := time.Parse(time.RFC3339, at)
		h.must(err)
		p.Now = func() time.Time { return now }
		if got := p.fiscalYear(); got != want {
			t.Errorf("%s lies in the fiscal year %d, want %d", at, got, want)
		}
	}
}

func TestGateReason(t *testing.T) {
	leak := sanitize.Leak{Kind: sanitize.IdentityAddress, Owner: "m1", Where: "part 1 line 3", How: "plain"}
	many := gateReason(slices.Repeat([]sanitize.Leak{leak}, 100), nil)
	if !strings.HasSuffix(many, "; and 95 more") || strings.Count(many, "line 3") != 5 {
		t.Errorf("a hundred leaks are told as %q, want five and how many more", many)
	}
	if got := gateReason(nil, nil); got != "" {
		t.Errorf("nothing found is told as %q", got)
	}
}
