package distribute

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"text/template"
	"time"

	"kairan/store"
	"kairan/store/tlp"
)

func TestSendRecordsWhatTheRelaySaid(t *testing.T) {
	for _, c := range []struct {
		outcome store.Outcome
		state   store.DeliveryState
		tries   int
		again   bool // it has a time for the next try
	}{
		{accepted, store.DeliveryAccepted, 1, false},
		{store.Outcome{Kind: store.Transient, Code: 451, Enhanced: "4.7.1", Text: "Greylisted, come back later", Stage: "rcpt"}, store.DeliveryDeferred, 1, true},
		{store.Outcome{Kind: store.Transient, Text: "connection refused", Stage: "connect"}, store.DeliveryDeferred, 1, true},
		{store.Outcome{Kind: store.Permanent, Code: 550, Enhanced: "5.1.1", Text: "No such user here", Stage: "rcpt"}, store.DeliveryBounced, 1, false},
		{store.Outcome{Kind: store.Unknown, Text: "connection lost", Stage: "dot"}, store.DeliveryUnknown, 1, true},
		{store.Outcome{Kind: store.Stopped, Text: "stopped", Stage: "rcpt"}, store.DeliveryDeferred, 1, true}, // though nobody stopped the hub: its time was over
	} {
		t.Run(string(c.outcome.Kind)+" "+c.outcome.Stage, func(t *testing.T) {
			h := newHub(t)
			_, all := h.released()
			id := all[0].ID
			h.relay.always(c.outcome)
			h.must(h.sender().Send(t.Context(), id))
			d := h.delivery(id)
			if d.State != c.state || d.Tries != c.tries {
				t.Errorf("the delivery is %s after %d tries, want %s after %d", d.State, d.Tries, c.state, c.tries)
			}
			pause := d.Due.Sub(h.clock.now())
			if c.again && (pause < time.Minute || pause > 72*time.Second) {
				t.Errorf("it is tried again in %v, want in about a minute", pause)
			}
			a := h.attempts(id)
			if len(a) != 1 || a[0].Worker != "w1" || a[0].Code != c.outcome.Code || a[0].Enhanced != c.outcome.Enhanced || a[0].Stage != c.outcome.Stage ||
				a[0].QueueID != c.outcome.QueueID || a[0].TLS != c.outcome.TLS || c.outcome.Kind != store.Stopped && a[0].Text != c.outcome.Text {
				t.Errorf("the attempt is recorded as %+v, want the relay's words %+v", a, c.outcome)
			}
			// With nothing to do it does nothing.
			h.must(h.sender().Send(t.Context(), id))
			if len(h.relay.sent) != 1 {
				t.Errorf("it was sent %d times, want once", len(h.relay.sent))
			}
		})
	}
}

// parts takes a copy apart into its own two fields and the rest.
func parts(t *testing.T, message string) (to, messageID, rest string) {
	t.Helper()
	lines := strings.SplitN(message, "\r\n", 3)
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "To: ") || !strings.HasPrefix(lines[1], "Message-ID: ") {
		t.Fatalf("a copy does not begin with To and Message-ID: %q", message)
	}
	return lines[0], lines[1], lines[2]
}

func TestCopiesTellNothingOfEachOther(t *testing.T) {
	h := newHub(t)
	_, all := h.released()
	s := h.sender()
	for _, d := range all {
		h.must(s.Send(t.Context(), d.ID))
	}
	addresses := map[store.ContactID]string{"c-ja1": "desk@reiji-power.example", "c-ja2": "sec@power.contact.example", "c-en1": "watch@overseas.example", "c-en2": "watch@Far.Overseas.example"}
	rest, ids := map[string]string{}, map[string]bool{}
	for i, d := range all {
		m := h.relay.sent[i]
		if m.From != "return@hub.example" || m.To != addresses[d.Contact] {
			t.Errorf("the copy of %s has the envelope %+v", d.Contact, m.Envelope)
		}
		to, id, shared := parts(t, m.message)
		if want := "To: <" + addresses[d.Contact] + ">"; to != want {
			t.Errorf("the copy of %s has %q, want %q", d.Contact, to, want)
		}
		if want := "Message-ID: <" + d.ID.UUID() + "@hub.example>"; id != want || ids[id] {
			t.Errorf("the copy of %s has %q, want %q, and no other has it", d.Contact, id, want)
		}
		ids[id] = true
		if first, ok := rest[d.Language]; ok && shared != first {
			t.Errorf("two copies in %s differ in more than To and Message-ID", d.Language)
		}
		rest[d.Language] = shared
		for contact, address := range addresses {
			if contact != d.Contact && strings.Contains(m.message, address) {
				t.Errorf("the copy of %s names %s", d.Contact, contact)
			}
		}
	}
	if len(rest) != 2 || rest["ja"] == rest["en"] {
		t.Errorf("the copies are in %d languages, want 2", len(rest))
	}
}

// Whatever made the first attempt fail, and whoever makes the second, the bytes
// are the same.
func TestSecondAttemptHasTheSameBytes(t *testing.T) {
	for _, kind := range []store.OutcomeKind{store.Transient, store.Unknown} {
		h := newHub(t)
		_, all := h.released()
		id := all[0].ID
		h.relay.always(store.Outcome{Kind: kind, Stage: "dot"})
		h.must(h.sender().Send(t.Context(), id))
		h.clock.turn(48 * time.Hour)
		if s := h.sweep(); s.Due != 1 {
			t.Fatalf("%s: the sweep finds %+v, want one due", kind, s)
		}
		h.relay.always(accepted)
		h.must(h.sender().Send(t.Context(), id)) // another sender, as after a restart
		if len(h.relay.sent) != 2 || h.relay.sent[0] != h.relay.sent[1] {
			t.Errorf("%s: the second attempt differs from the first, or is missing (%d were made)", kind, len(h.relay.sent))
		}
		if d := h.delivery(id); d.State != store.DeliveryAccepted || d.Tries != 2 {
			t.Errorf("%s: the delivery is %s after %d tries, want accepted after 2", kind, d.State, d.Tries)
		}
	}
}

func TestSendersAtOnceSendOnce(t *testing.T) {
	h := newHub(t)
	_, all := h.released()
	s := h.sender()
	var group sync.WaitGroup
	for range 4 {
		for _, d := range all {
			group.Go(func() {
				if err := s.Send(t.Context(), d.ID); err != nil {
					t.Errorf("one of several workers fails: %v", err)
				}
			})
		}
	}
	group.Wait()
	if len(h.relay.sent) != len(all) {
		t.Errorf("%d deliveries were sent %d times", len(all), len(h.relay.sent))
	}
}

// An identity that was learned after the planning stops the notice at the last
// door, for everybody.
func TestGateStopsTheNoticeForEverybody(t *testing.T) {
	h := newHub(t)
	n, all := h.released()
	h.must(h.ImportMembers(t.Context(), []store.Member{{ID: "m3", Ceptoar: "bank", Domains: []string{"evil.example"}}}, "op"))
	s := h.sender()
	h.must(s.Send(t.Context(), all[0].ID))
	if len(h.relay.sent) != 1 {
		t.Fatalf("within the refresh time %d copies were sent, want 1: the gate need not know yet", len(h.relay.sent))
	}
	h.clock.turn(2 * time.Minute) // the gate is built anew
	h.must(s.Send(t.Context(), all[1].ID))
	if len(h.relay.sent) != 1 {
		t.Error("a copy was sent that the gate should have stopped")
	}
	for _, d := range all[1:] {
		d = h.delivery(d.ID)
		if d.State != store.DeliverySuppressed || !strings.Contains(d.Reason, "the leak gate stopped it: domain of m3 in part 1 line") {
			t.Errorf("the delivery for %s is %s because %q, want suppressed by the gate", d.Contact, d.State, d.Reason)
		}
		leaks(t, "the reason", d.Reason)
		h.must(s.Send(t.Context(), d.ID))
	}
	if a := h.attempts(all[1].ID); len(a) != 1 || a[0].Stage != "gate" {
		t.Errorf("the attempt is recorded as %+v, want one that ended at the gate", a)
	}
	counts, err := h.DeliveryCounts(t.Context(), n.ID)
	h.must(err)
	if counts[store.DeliveryAccepted] != 1 || counts[store.DeliverySuppressed] != 3 || len(h.relay.sent) != 1 {
		t.Errorf("the deliveries are %v, %d were sent; want 1 accepted, 3 suppressed, 1 sent", counts, len(h.relay.sent))
	}
}

// The contact's own address is in its own To field, also when it is a member's.
func TestGateLetsTheContactsOwnAddressThrough(t *testing.T) {
	h := newHub(t)
	_, all := h.released()
	for _, d := range all {
		if d.Contact == "c-ja1" {
			h.must(h.sender().Send(t.Context(), d.ID))
		}
	}
	if len(h.relay.sent) != 1 || h.relay.sent[0].To != "desk@reiji-power.example" {
		t.Errorf("the member that reported was sent %d copies, want 1", len(h.relay.sent))
	}
}

func TestTemplateThatChangedAfterTheApproval(t *testing.T) {
	h := newHub(t)
	_, all := h.released()
	s := h.sender()
	template.Must(s.Composer.Templates.New("notice.ja.txt").Parse("{{.TLP}} {{.Title}}\n"))
	for range 2 {
		err := s.Send(t.Context(), all[0].ID)
		if len(h.relay.sent) > 0 || err != nil && !strings.Contains(err.Error(), "restore them") {
			t.Fatalf("with another template %d copies were sent, %v; want none", len(h.relay.sent), err)
		}
	}
	if d := h.delivery(all[0].ID); d.State != store.DeliveryDeferred || d.Tries != 1 {
		t.Errorf("the delivery is %s after %d tries, want deferred after 1", d.State, d.Tries)
	}
	h.clock.turn(2 * time.Minute)
	h.sweep()
	h.must(h.sender().Send(t.Context(), all[0].ID)) // with the template restored
	if d := h.delivery(all[0].ID); d.State != store.DeliveryAccepted {
		t.Errorf("with the template restored the delivery is %s, want accepted", d.State)
	}
}

func TestGateThatCannotBeBuilt(t *testing.T) {
	h := newHub(t)
	_, all := h.released()
	h.clock.turn(time.Hour)
	h.vault.err = errBroken
	if err := h.sender().Send(t.Context(), all[0].ID); err == nil || len(h.relay.sent) > 0 {
		t.Errorf("without the vault Send gives %v, and sent %d copies; want an error and none", err, len(h.relay.sent))
	}
	if d := h.delivery(all[0].ID); d.State != store.DeliveryDeferred {
		t.Errorf("the delivery is %s, want deferred", d.State)
	}
}

// Being stopped before the final dot is no attempt.
func TestHubStoppedBeforeTheDot(t *testing.T) {
	for _, where := range []string{"with the relay", "composing"} {
		h := newHub(t)
		_, all := h.released()
		ctx, stop := context.WithCancel(t.Context())
		s := h.sender()
		h.relay.play = func(ctx context.Context, _ Envelope) store.Outcome {
			stop()
			<-ctx.Done()
			return store.Outcome{Kind: store.Stopped, Stage: "rcpt", Text: "the hub was stopped"}
		}
		if where == "composing" {
			h.clock.turn(time.Hour) // the gate is built anew, and asks the vault
			s.Ledger = stopping{h.DB, stop}
		}
		h.must(s.Send(ctx, all[0].ID))
		if d := h.delivery(all[0].ID); d.State != store.DeliveryQueued || d.Tries != 0 || d.Claim != 1 || d.Due.After(h.clock.now()) {
			t.Errorf("%s: the delivery is %s after %d tries and %d claims, due %v; want queued, no tries, 1 claim, due now", where, d.State, d.Tries, d.Claim, d.Due)
		}
		h.relay.always(accepted)
		h.must(h.sender().Send(t.Context(), all[0].ID))
		if d := h.delivery(all[0].ID); d.State != store.DeliveryAccepted || d.Tries != 1 {
			t.Errorf("%s: sent again the delivery is %s after %d tries, want accepted after 1", where, d.State, d.Tries)
		}
	}
}

// stopping is a ledger whose hub is stopped right after a claim.
type stopping struct {
	*store.DB
	stop func()
}

func (l stopping) Begin(ctx context.Context, id store.DeliveryID, worker string, until time.Time) (store.Claim, bool, error) {
	defer l.stop()
	return l.DB.Begin(ctx, id, worker, until)
}

func TestAttemptThatTakesTooLong(t *testing.T) {
	h := newHub(t)
	_, all := h.released()
	h.relay.play = func(ctx context.Context, _ Envelope) store.Outcome {
		<-ctx.Done()
		return store.Outcome{Kind: store.Stopped, Stage: "data", Text: "the hub was stopped"}
	}
	s := h.sender()
	s.Timeout = time.Millisecond
	h.must(s.Send(t.Context(), all[0].ID))
	if d := h.delivery(all[0].ID); d.State != store.DeliveryDeferred || d.Tries != 1 {
		t.Errorf("the delivery is %s after %d tries, want deferred after 1", d.State, d.Tries)
	}
	if a := h.attempts(all[0].ID); a[0].Kind != store.Transient || a[0].Text != "took longer than an attempt may" {
		t.Errorf("the attempt is recorded as %+v", a)
	}
}

// forgetful is a ledger that fails for good when it is told an outcome.
type forgetful struct{ *store.DB }

func (forgetful) End(context.Context, store.DeliveryID, int, store.Outcome, time.Time) error {
	return store.ErrNotFound
}

// What the ledger could not be told is unknown: sent again, with the same name.
func TestLedgerThatIsNotToldTheOutcome(t *testing.T) {
	h := newHub(t)
	_, all := h.released()
	id := all[0].ID
	s := h.sender()
	s.Ledger = forgetful{h.DB}
	if err := s.Send(t.Context(), id); err == nil {
		t.Fatal("a ledger that fails gives no error")
	}
	if d := h.delivery(id); d.State != store.DeliverySending {
		t.Fatalf("the delivery is %s, want sending: its claim stands", d.State)
	}
	if s := h.sweep(); s.Stuck != 0 {
		t.Fatalf("the sweep takes a claim for dead that has not run out: %+v", s)
	}
	h.clock.turn(s.Timeout + recordTime + 11*time.Second)
	if s := h.sweep(); s.Stuck != 1 {
		t.Fatalf("the sweep finds %+v, want one stuck", s)
	}
	if a := h.attempts(id); len(a) != 1 || a[0].Kind != store.Unknown {
		t.Errorf("the attempt is recorded as %+v, want unknown", a)
	}
	h.sweep()
	h.must(h.sender().Send(t.Context(), id))
	if d := h.delivery(id); d.State != store.DeliveryAccepted || len(h.relay.sent) != 2 || h.relay.sent[0] != h.relay.sent[1] {
		t.Errorf("the delivery is %s, sent %d times; want accepted, twice the same bytes", d.State, len(h.relay.sent))
	}
}

// An outcome that comes after its claim was given up is kept with the attempt,
// and moves nothing.
func TestOutcomeThatComesTooLate(t *testing.T) {
	h := newHub(t)
	_, all := h.released()
	id := all[0].ID
	h.relay.play = func(context.Context, Envelope) store.Outcome {
		h.clock.turn(time.Hour)
		if _, err := h.Sweep(context.Background(), store.SweepOptions{}); err != nil {
			t.Error(err)
		}
		return accepted
	}
	h.must(h.sender().Send(t.Context(), id))
	// The sweep that gave the claim up queued the delivery again.
	if d := h.delivery(id); d.State != store.DeliveryQueued && d.State != store.DeliveryUnknown {
		t.Errorf("the delivery is %s, want unknown or queued again", d.State)
	}
	if a := h.attempts(id); len(a) != 1 || a[0].Code != 250 {
		t.Errorf("the relay's late words are not kept: %+v", a)
	}
	if !strings.Contains(h.log.String(), "took longer than its claim") {
		t.Error("the log does not tell of it")
	}
}

func TestSendOfWorkThatIsGone(t *testing.T) {
	h := newHub(t)
	_, all := h.released()
	h.must(h.sender().Send(t.Context(), "d404")) // of a ledger that is no longer there
	h.must(h.CancelDelivery(t.Context(), all[0].ID, "op"))
	h.must(h.sender().Send(t.Context(), all[0].ID))
	if len(h.relay.sent) != 0 {
		t.Errorf("%d copies were sent, want none", len(h.relay.sent))
	}
}

// A fan-out composes and checks a notice once for each language, whatever the
// number of contacts, and each copy is under 256 KiB.
func TestFanOut(t *testing.T) {
	h := newHub(t)
	var more []store.Contact
	for i := range 300 {
		more = append(more, store.Contact{ID: store.ContactID(fmt.Sprintf("x%03d", i)), Ceptoar: "power", Address: fmt.Sprintf("sec@x%d.contact.example", i),
			Language: []string{"ja", "en"}[i%2], MaxTLP: tlp.Red, Kinds: store.Kinds()})
	}
	h.must(h.ImportContacts(t.Context(), more, true, "op"))
	n := h.approved(nil)
	h.must(h.planner().Plan(t.Context(), n.ID))
	all, err := h.Deliveries(t.Context(), store.DeliveryFilter{Notice: n.ID})
	h.must(err)
	s := h.sender()
	for _, d := range all {
		h.must(s.Send(t.Context(), d.ID))
	}
	to := map[string]int{}
	for _, m := range h.relay.sent {
		to[m.To]++
		if len(m.message) > 256<<10 || !bytes.HasSuffix([]byte(m.message), []byte("\r\n")) {
			t.Fatalf("a copy has %d bytes, or does not end with a line", len(m.message))
		}
	}
	if len(to) != 300 || len(h.relay.sent) != 300 || len(s.composed) != 2 {
		t.Errorf("%d copies for %d contacts, composed %d times; want 300, 300, 2", len(h.relay.sent), len(to), len(s.composed))
	}
}
