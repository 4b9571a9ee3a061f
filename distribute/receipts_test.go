package distribute

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"kairan/sanitize"
	"kairan/store"
)

// read is a report that was read and has n originals.
func (h *hub) read(n int, change func(*store.NewMail)) store.ReportID {
	h.t.Helper()
	id := h.report(change)
	d := store.Draft{Analysis: h.vault.put([]byte(`{}`)), Kind: store.KindTargetedMail, Hold: "no suspicious mail was found in it"}
	for i := range n {
		d.Originals = append(d.Originals, store.DraftOriginal{Fingerprint: fmt.Sprint(id, i),
			Sanitized: sanitize.Sanitized{Path: fmt.Sprint(i), SHA256: strings.Repeat("a", 64), Facts: facts()}})
	}
	if ok, err := h.AddDraft(h.t.Context(), id, d); err != nil || !ok {
		h.t.Fatalf("AddDraft = %v, %v; want it done", ok, err)
	}
	return id
}

func (h *hub) receipt(id store.ReportID) store.Receipt {
	h.t.Helper()
	r, err := h.Receipt(h.t.Context(), id)
	h.must(err)
	return r
}

func TestReceiptTellsTheNumberAndNothingElse(t *testing.T) {
	h := newHub(t)
	id := h.read(2, nil)
	h.must(h.receipts().Send(t.Context(), id))
	if len(h.relay.sent) != 1 {
		t.Fatalf("%d receipts were sent, want 1", len(h.relay.sent))
	}
	m := h.relay.sent[0]
	if m.From != "" || m.To != "csirt@reiji-power.example" {
		t.Errorf("the receipt has the envelope %+v, want the null return path and the reporter", m.Envelope)
	}
	part, problems := sanitize.Read([]byte(m.message), sanitize.DefaultLimits())
	if len(problems) > 0 {
		t.Errorf("the receipt is not well formed: %+v", problems)
	}
	number := h.receipt(id).Number
	if !strings.Contains(part.Text, number) || !strings.Contains(part.Text, "2通") || !strings.Contains(part.Text, "2 mails") {
		t.Errorf("the receipt does not tell %q and two originals:\n%s", number, part.Text)
	}
	// Another report's receipt has the same bytes but for what is its own.
	other := h.read(2, nil)
	h.must(h.receipts().Send(t.Context(), other))
	second, _ := sanitize.Read([]byte(h.relay.sent[1].message), sanitize.DefaultLimits())
	if strings.ReplaceAll(part.Text, number, "#") != strings.ReplaceAll(second.Text, h.receipt(other).Number, "#") {
		t.Error("two receipts differ in more than their number")
	}
	_, _, shared := parts(t, m.message)
	leaks(t, "the text", strings.ReplaceAll(part.Text, "hub.example", ""))
	for _, part := range []string{"reiji", "請求書", "evil", "In-Reply-To", "References"} {
		if strings.Contains(shared, part) {
			t.Errorf("the receipt has %q in it:\n%s", part, shared)
		}
	}
}

func TestReceiptIsSentOnce(t *testing.T) {
	for _, c := range []struct {
		outcome store.Outcome
		state   store.ReceiptState
		sent    int // after all the time in the world
	}{
		{accepted, store.ReceiptAccepted, 1},
		{store.Outcome{Kind: store.Unknown, Stage: "dot", Text: "connection lost"}, store.ReceiptUnknown, 1},
		{store.Outcome{Kind: store.Permanent, Code: 550, Text: "No such user"}, store.ReceiptFailed, 1},
		{store.Outcome{Kind: store.Transient, Code: 451, Text: "Greylisted"}, store.ReceiptFailed, 5},
		{store.Outcome{Kind: store.Stopped, Text: "took too long"}, store.ReceiptFailed, 5}, // though nobody stopped the hub
	} {
		t.Run(string(c.outcome.Kind), func(t *testing.T) {
			h := newHub(t)
			id := h.read(1, nil)
			h.relay.always(c.outcome)
			r := h.receipts()
			for range 10 {
				h.must(r.round(t.Context()))
				h.must(r.round(t.Context())) // nothing is due yet
				h.clock.turn(2 * time.Hour)
				h.sweep()
			}
			got := h.receipt(id)
			if got.State != c.state || len(h.relay.sent) != c.sent || got.Code != c.outcome.Code {
				t.Errorf("the receipt is %s (%d) after %d were sent, want %s (%d) after %d", got.State, got.Code, len(h.relay.sent), c.state, c.outcome.Code, c.sent)
			}
			for _, m := range h.relay.sent {
				_, id, _ := parts(t, m.message)
				if _, first, _ := parts(t, h.relay.sent[0].message); id != first {
					t.Errorf("two attempts have the Message-IDs %q and %q", first, id)
				}
			}
		})
	}
}

func TestReceiptOfAHubThatIsStopped(t *testing.T) {
	h := newHub(t)
	id := h.read(1, nil)
	ctx, stop := context.WithCancel(t.Context())
	h.relay.play = func(context.Context, Envelope) store.Outcome {
		stop()
		return store.Outcome{Kind: store.Stopped, Stage: "connect", Text: "the hub was stopped"}
	}
	h.must(h.receipts().Send(ctx, id))
	if r := h.receipt(id); r.State != store.ReceiptQueued || r.Tries != 0 {
		t.Errorf("the receipt is %s after %d tries, want queued after none", r.State, r.Tries)
	}
}

// A worker that died may have sent the receipt: it is not sent again.
func TestReceiptOfAWorkerThatDied(t *testing.T) {
	h := newHub(t)
	id := h.read(1, nil)
	if _, ok, err := h.BeginReceipt(t.Context(), id, h.clock.now().Add(time.Minute)); err != nil || !ok {
		t.Fatalf("BeginReceipt = %v, %v; want it", ok, err)
	}
	h.clock.turn(time.Hour)
	h.sweep()
	h.must(h.receipts().round(t.Context()))
	if r := h.receipt(id); r.State != store.ReceiptUnknown || len(h.relay.sent) != 0 {
		t.Errorf("the receipt is %s, %d were sent; want unknown and none", r.State, len(h.relay.sent))
	}
}

func TestNoReceiptForWhoIsNotBelieved(t *testing.T) {
	h := newHub(t)
	held := h.report(func(m *store.NewMail) { m.Authenticated, m.Member, m.Hold = false, "", "not authenticated" })
	bounce := h.report(func(m *store.NewMail) { m.Kind = store.MailAutoReply })
	unread := h.read(1, func(m *store.NewMail) { m.Authenticated = false })
	r := h.receipts()
	h.must(r.round(t.Context()))
	for _, id := range []store.ReportID{held, bounce, unread} {
		h.must(r.Send(t.Context(), id))
	}
	if len(h.relay.sent) != 0 {
		t.Errorf("%d receipts were sent, want none", len(h.relay.sent))
	}
}

// A receipt that cannot be made does not stop the ones behind it, and is given
// up in the end.
func TestReceiptThatCannotBeMade(t *testing.T) {
	h := newHub(t)
	broken := h.read(1, func(m *store.NewMail) { m.Vault = "vgone" })
	whole := h.read(1, nil)
	r := h.receipts()
	err := r.round(t.Context())
	if err == nil || h.receipt(whole).State != store.ReceiptAccepted || h.receipt(broken).State != store.ReceiptQueued {
		t.Errorf("the round gives %v, the receipt that cannot be made is %s and the one behind it %s; want an error, queued, accepted",
			err, h.receipt(broken).State, h.receipt(whole).State)
	}
	for range 10 {
		h.clock.turn(2 * time.Hour)
		_ = r.round(t.Context()) // its error was seen above
	}
	if got := h.receipt(broken); got.State != store.ReceiptFailed || got.Tries != 5 {
		t.Errorf("the receipt that cannot be made is %s after %d tries, want failed after 5", got.State, got.Tries)
	}
}
