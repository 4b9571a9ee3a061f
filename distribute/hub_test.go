package distribute

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"text/template"
	"time"

	"kairan/configs"
	"kairan/distribute/render"
	"kairan/sanitize"
	"kairan/store"
	"kairan/store/storetest"
	"kairan/store/tlp"
)

// hub is the way out over a real ledger, with a courier that plays outcomes. At
// the end of its test its log is searched for what must not be in a log.
type hub struct {
	*store.DB
	t      *testing.T
	ledger storetest.Ledger
	clock  *clock
	vault  *memory
	gate   *Gatekeeper
	relay  *relay
	log    *syncBuffer
	lease  store.Lease
	uid    uint32
}

// secrets stand in the mails and in the ledger of a test, and never in a log, nor
// in the reason for which something is held.
var secrets = []string{
	"reiji-power", "例示電力", "Reiji", "汐見", "Shiomi", "shiomi-bank", "taro.yamada", "desk@", "sec@", "csirt@", "watch@", "contact.example", "overseas",
	"請求書", "evil.example", "evil[.]example", "hxxp", "http", "198.51.100.9", "hub.example", "help",
}

type clock struct {
	mu sync.Mutex
	t  time.Time
}

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

// memory is a vault that seals nothing.
type memory struct {
	mu    sync.Mutex
	blobs map[store.VaultID][]byte
	err   error
}

func (m *memory) Read(ctx context.Context, id store.VaultID, limit int64) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.blobs[id]
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case m.err != nil:
		return nil, m.err
	case !ok || int64(len(b)) > limit:
		return nil, fmt.Errorf("vault: %s cannot be read", id)
	}
	return bytes.Clone(b), nil
}

func (m *memory) put(b []byte) store.VaultID {
	m.mu.Lock()
	defer m.mu.Unlock()
	id := store.NewVaultID(time.Now())
	m.blobs[id] = b
	return id
}

// relay is a courier that plays what it is told, and otherwise accepts.
type relay struct {
	mu   sync.Mutex
	sent []sent
	play func(ctx context.Context, e Envelope) store.Outcome // nil accepts
}

type sent struct {
	Envelope
	message string
}

var accepted = store.Outcome{Kind: store.Accepted, Code: 250, Enhanced: "2.0.0", Text: "Ok: queued as ABC123", Stage: "dot", QueueID: "ABC123", TLS: "TLS 1.3"}

func (r *relay) Deliver(ctx context.Context, e Envelope, message []byte) store.Outcome {
	r.mu.Lock()
	r.sent = append(r.sent, sent{e, string(message)})
	play := r.play
	r.mu.Unlock()
	if play != nil {
		return play(ctx, e)
	}
	return accepted
}

// always plays the same outcome.
func (r *relay) always(o store.Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.play = func(context.Context, Envelope) store.Outcome { return o }
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func newHub(t *testing.T) *hub {
	t.Helper()
	h := &hub{t: t, ledger: storetest.SQLite(t), clock: &clock{t: time.Date(2026, 8, 3, 1, 0, 0, 0, time.UTC)},
		vault: &memory{blobs: map[store.VaultID][]byte{}}, relay: &relay{}, log: &syncBuffer{}}
	h.DB = h.ledger.Open(t, h.clock.now)
	ctx := t.Context()
	h.must(h.ImportCeptoars(ctx, []store.Ceptoar{
		{ID: "power", NameJA: "電力CEPTOAR", NameEN: "Electric power CEPTOAR", Organisations: 24},
		{ID: "bank", NameJA: "銀行CEPTOAR", NameEN: "Banking CEPTOAR", Organisations: 1390},
	}, "op"))
	h.must(h.ImportMembers(ctx, []store.Member{
		{ID: "m1", Ceptoar: "power", Names: []string{"例示電力株式会社", "Reiji Electric Power"}, Domains: []string{"reiji-power.example"},
			Reporters: []string{"csirt@reiji-power.example"}, Addresses: []string{"desk@reiji-power.example"}},
		{ID: "m2", Ceptoar: "bank", Names: []string{"みなと汐見銀行", "Minato Shiomi Bank"}, Domains: []string{"shiomi-bank.example"},
			Reporters: []string{"csirt@shiomi-bank.example"}},
	}, "op"))
	contact := func(id store.ContactID, member store.MemberID, address, language string, most tlp.Label) store.Contact {
		return store.Contact{ID: id, Ceptoar: "power", Member: member, Address: address, Language: language, MaxTLP: most, Kinds: []store.Kind{store.KindTargetedMail}}
	}
	elsewhere := contact("c-sector", "", "sec@sector.contact.example", "ja", tlp.Red)
	elsewhere.From = []store.CeptoarID{"bank"}
	drill := contact("c-drill", "", "sec@drill.contact.example", "ja", tlp.Red)
	drill.Kinds = []store.Kind{store.KindDrill}
	h.must(h.ImportContacts(ctx, []store.Contact{
		contact("c-ja1", "m1", "desk@reiji-power.example", "ja", tlp.Amber), // the reporter's own
		contact("c-ja2", "", "sec@power.contact.example", "ja", tlp.Red),
		contact("c-en1", "", "watch@overseas.example", "en", tlp.Amber),
		contact("c-en2", "", "watch@Far.Overseas.example", "en", tlp.Amber),
		contact("c-green", "", "sec@green.contact.example", "ja", tlp.Green),
		elsewhere, drill,
	}, false, "op"))
	lease, ok, err := h.TakeLease(ctx, "mailbox reports", "a", 365*24*time.Hour)
	if err != nil || !ok {
		t.Fatalf("TakeLease = %v, %v; want it", ok, err)
	}
	h.lease = lease
	h.gate = &Gatekeeper{Ledger: h.DB, Vault: h.vault, Now: h.clock.now,
		Hub: []sanitize.Identity{{Kind: sanitize.IdentityDomain, Value: "hub.example", Owner: sanitize.OwnerHub}}}
	t.Cleanup(func() { leaks(t, "the log", h.log.String()) })
	return h
}

// chosen are the contacts that a targeted-mail notice of TLP:AMBER from the
// sector "power" goes to.
var chosen = []store.ContactID{"c-en1", "c-en2", "c-ja1", "c-ja2"}

func leaks(t *testing.T, where, s string) {
	t.Helper()
	for _, secret := range secrets {
		if strings.Contains(strings.ToLower(s), strings.ToLower(secret)) {
			t.Errorf("%s has %q in it:\n%s", where, secret, s)
		}
	}
}

func (h *hub) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *hub) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (h *hub) composer() *render.Composer {
	h.t.Helper()
	templates, err := template.New("").Option("missingkey=error").ParseFS(configs.Files, "templates/*.txt")
	h.must(err)
	return &render.Composer{
		HubName: "共有事務局", HubNameEN: "Sharing secretariat", From: "notices@hub.example", ReplyTo: "answers@hub.example", ListID: "notices.hub.example",
		Domain: "hub.example", Prefix: "C4TAP", ContactLine: "03-0000-0000", Location: time.FixedZone("JST", 9*60*60), Templates: templates,
	}
}

func (h *hub) planner() *Planner {
	return &Planner{Ledger: h.DB, Composer: h.composer(), Gate: h.gate, Log: h.logger(), Now: h.clock.now}
}

func (h *hub) sender() *Sender {
	return &Sender{Ledger: h.DB, Composer: h.composer(), Gate: h.gate, Courier: h.relay, From: "return@hub.example", Worker: "w1", Timeout: time.Minute,
		Retry: Retry{First: time.Minute, Max: time.Hour}, Log: h.logger(), Now: h.clock.now}
}

func (h *hub) receipts() *Receipts {
	return &Receipts{Ledger: h.DB, Vault: h.vault, Composer: h.composer(), Courier: h.relay, MaxBytes: 1 << 20, Timeout: time.Minute,
		Retry: Retry{First: time.Minute, Max: time.Hour}, Log: h.logger(), Now: h.clock.now}
}

// report is one authenticated report of m1.
func (h *hub) report(change func(*store.NewMail)) store.ReportID {
	h.t.Helper()
	h.uid++
	h.clock.turn(time.Second) // so that what comes later is listed later
	raw := fmt.Sprintf("From: CSIRT <csirt@reiji-power.example>\r\nTo: reports@hub.example\r\nSubject: 請求書 %d\r\nMessage-ID: <%d@reiji-power.example>\r\n\r\nhttps://evil.example/\r\n", h.uid, h.uid)
	m := store.NewMail{Mailbox: "reports", UIDValidity: 1, UID: h.uid, SHA256: fmt.Sprintf("%064x", h.uid), Size: int64(len(raw)), Vault: h.vault.put([]byte(raw)),
		Kind: store.MailReport, Authenticated: true, Member: "m1"}
	if change != nil {
		change(&m)
	}
	added, err := h.AddMail(h.t.Context(), h.lease, m)
	h.must(err)
	return added.Report
}

// facts are an original's, as sanitize makes them.
func facts() sanitize.Facts {
	return sanitize.Facts{
		Subject: "<recipient-organisation>様 請求書", From: sanitize.Mailbox{Name: "経理", Address: "billing@evil.example"}, Date: "2026-08-03T00:00:00Z",
		Attachments: []sanitize.Attachment{}, Redactions: []sanitize.Redaction{{Kind: "recipient-organisation", Where: "header Subject", Count: 1}},
		Indicators: []sanitize.Indicator{
			{Type: sanitize.TypeDomain, Value: "evil.example", Defanged: "evil[.]example", Role: sanitize.RoleLink, Confidence: "high"},
			{Type: sanitize.TypeURL, Value: "https://evil.example/a?to=<recipient-address>", Defanged: "hxxps[://]evil[.]example/a?to=<recipient-address>",
				Role: sanitize.RoleLink, Confidence: "high"},
		},
	}
}

// drafted is a notice about one original of a new report; change spoils the
// original.
func (h *hub) drafted(change func(*sanitize.Sanitized)) store.Notice {
	h.t.Helper()
	report := h.report(nil)
	learned, err := json.Marshal(map[string]any{"identities": []sanitize.Identity{
		{Kind: sanitize.IdentityAddress, Value: "taro.yamada@reiji-power.example", Owner: sanitize.OwnerVictim},
		{Kind: sanitize.IdentityDomain, Value: "hub.example", Owner: sanitize.OwnerReporter}, // whom the report was sent to
	}})
	h.must(err)
	o := sanitize.Sanitized{Path: "1.2:message/rfc822", SHA256: strings.Repeat("a", 64), Size: 100, Facts: facts()}
	if change != nil {
		change(&o)
	}
	ok, err := h.AddDraft(h.t.Context(), report, store.Draft{Analysis: h.vault.put(learned), Kind: store.KindTargetedMail, TLP: tlp.Amber,
		Originals: []store.DraftOriginal{{Sanitized: o, Fingerprint: string(report)}}})
	if err != nil || !ok {
		h.t.Fatalf("AddDraft = %v, %v; want it done", ok, err)
	}
	all, err := h.Notices(h.t.Context(), "", 100)
	h.must(err)
	return all[len(all)-1]
}

// approved is a notice that an operator approved as it stands.
func (h *hub) approved(change func(*sanitize.Sanitized)) store.Notice {
	h.t.Helper()
	n := h.drafted(change)
	p, err := h.composer().Preview(n)
	h.must(err)
	h.must(h.Approve(h.t.Context(), n.ID, "operator", p.Digest))
	return h.again(n)
}

// released is a notice with its deliveries planned, in the order of the contacts.
func (h *hub) released() (store.Notice, []store.Delivery) {
	h.t.Helper()
	n := h.approved(nil)
	h.must(h.planner().Plan(h.t.Context(), n.ID))
	if n = h.again(n); n.State != store.NoticeReleased {
		h.t.Fatalf("the notice is %s (%s), want released", n.State, n.Reason)
	}
	return n, h.deliveries(n)
}

func (h *hub) again(n store.Notice) store.Notice {
	h.t.Helper()
	n, err := h.Notice(h.t.Context(), n.ID)
	h.must(err)
	return n
}

func (h *hub) deliveries(n store.Notice) []store.Delivery {
	h.t.Helper()
	var all []store.Delivery
	for _, c := range chosen {
		one, err := h.Deliveries(h.t.Context(), store.DeliveryFilter{Notice: n.ID, Contact: c})
		h.must(err)
		all = append(all, one...)
	}
	return all
}

func (h *hub) delivery(id store.DeliveryID) store.Delivery {
	h.t.Helper()
	d, err := h.Delivery(h.t.Context(), id)
	h.must(err)
	return d
}

func (h *hub) attempts(id store.DeliveryID) []store.Attempt {
	h.t.Helper()
	a, err := h.Attempts(h.t.Context(), id)
	h.must(err)
	return a
}

func (h *hub) sweep() store.Swept {
	h.t.Helper()
	s, err := h.Sweep(h.t.Context(), store.SweepOptions{})
	h.must(err)
	return s
}

// held fails the test unless the notice is held with a reason that has all of
// want and none of the secrets in it, and nothing was planned.
func (h *hub) held(n store.Notice, want ...string) {
	h.t.Helper()
	n = h.again(n)
	if n.State != store.NoticeHeld || n.Serial != 0 {
		h.t.Errorf("the notice is %s with serial %d, want it held without one", n.State, n.Serial)
	}
	for _, w := range want {
		if !strings.Contains(n.Reason, w) {
			h.t.Errorf("it is held because %q, which does not say %q", n.Reason, w)
		}
	}
	leaks(h.t, "the reason", n.Reason)
	counts, err := h.DeliveryCounts(h.t.Context(), n.ID)
	h.must(err)
	if len(counts) > 0 {
		h.t.Errorf("a held notice has deliveries: %v", counts)
	}
}

var errBroken = errors.New("it is broken")
