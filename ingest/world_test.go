package ingest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kairan/store"
	"kairan/store/storetest"
)

var errBroken = errors.New("it is broken")

// identities stand in the mails of a test and never in a log.
var identities = []string{"member.example", "other.example", "csirt", "yamada", "taro", "例示", "Reiji", "請求書", "invoice", "evil.example", "198.51.100.9"}

// world is the way in over a real ledger, with a mailbox and a vault in memory.
// At the end of its test its log is searched for identities.
type world struct {
	*store.DB
	t     *testing.T
	box   *box
	vault *memory
	log   *syncBuffer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, DB: storetest.SQLite(t).Open(t, nil), box: newBox(), vault: &memory{blobs: map[store.VaultID][]byte{}}, log: &syncBuffer{}}
	ctx := t.Context()
	w.must(w.ImportCeptoars(ctx, []store.Ceptoar{{ID: "power", NameJA: "電力CEPTOAR", NameEN: "Electric power CEPTOAR", Organisations: 24}}, "op"))
	w.must(w.ImportMembers(ctx, []store.Member{
		{ID: "m1", Ceptoar: "power", Names: []string{"例示電力株式会社", "Reiji Power"}, Domains: []string{"member.example"}, Reporters: []string{"csirt@member.example"}},
		{ID: "m2", Ceptoar: "power", Names: []string{"架空ガス株式会社", "Kakuu Gas"}, Domains: []string{"other.example"}, Reporters: []string{"csirt@other.example"}},
	}, "op"))
	t.Cleanup(func() {
		for _, i := range identities {
			if strings.Contains(strings.ToLower(w.log.String()), strings.ToLower(i)) {
				t.Errorf("the log has %q in it:\n%s", i, w.log.String())
			}
		}
	})
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (w *world) poller() *Poller {
	return &Poller{
		Name: "reports", Mailbox: w.box, Ledger: w.DB, Vault: w.vault, Hub: testHub, MaxBytes: 10_000, Owner: "a", Log: w.logger(),
		Authenticator: Authenticator{AuthservID: "mx.hub.example", Known: func(ctx context.Context, address string) (store.MemberID, bool, error) {
			id, err := w.ReporterOf(ctx, address)
			return id, id != "", err
		}},
	}
}

func (w *world) reports(state store.ReportState) []store.Report {
	w.t.Helper()
	all, err := w.Reports(w.t.Context(), state, 1000)
	w.must(err)
	return all
}

// settled fails the test unless every mail that the mailbox ever had was filed
// away, is in the ledger exactly once, and lies in the vault as it was.
func (w *world) settled(mails ...string) {
	w.t.Helper()
	ctx := w.t.Context()
	if left := w.box.waiting(); left != 0 {
		w.t.Errorf("%d mails still lie in the mailbox", left)
	}
	counts, err := w.MailCounts(ctx)
	w.must(err)
	total := 0
	for _, n := range counts {
		total += n
	}
	var got []string
	for _, r := range w.reports("") {
		b, err := w.vault.Read(ctx, r.Vault, 1<<20)
		if err != nil {
			w.t.Errorf("report %s: its mail is lost: %v", r.ID, err)
		}
		got = append(got, string(b))
	}
	slices.Sort(got)
	want := slices.Sorted(slices.Values(mails))
	if total != len(mails) || !slices.Equal(got, want) {
		w.t.Errorf("the ledger has %d mails and the reports %q, want %d and %q", total, got, len(mails), want)
	}
}

// orphans counts the blobs that nothing in the ledger refers to.
func (w *world) orphans() int {
	w.t.Helper()
	n := 0
	for _, id := range w.vault.ids() {
		known, err := w.VaultKnows(w.t.Context(), id)
		w.must(err)
		if !known {
			n++
		}
	}
	return n
}

// reportFrom is a mail from a member's reporter, vouched for by our own server.
func reportFrom(domain, subject string, more ...string) string {
	head := []string{
		"Authentication-Results: mx.hub.example; dmarc=pass header.from=" + domain,
		"From: Yamada Taro <csirt@" + domain + ">",
		"To: reports@hub.example",
		"Subject: " + subject,
		"Message-ID: <" + subject + "@" + domain + ">",
	}
	return strings.Join(append(head, more...), "\r\n") + "\r\n\r\nInvoice from 198.51.100.9\r\n"
}

// box is a mailbox in memory that fails as it is told.
type box struct {
	mu       sync.Mutex
	validity uint32
	next     uint32
	mails    map[uint32]string // by UID
	size     func(uid uint32, mail string) int64
	arrived  chan struct{}

	nexts, fetched, closed int
	// fail is asked before each call: "next", "fetch", "header", "file".
	fail func(call string, r Ref) error
}

func newBox() *box {
	return &box{validity: 7, next: 1, mails: map[uint32]string{}, arrived: make(chan struct{}, 1)}
}

func (b *box) put(mails ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range mails {
		b.mails[b.next] = m
		b.next++
	}
	select {
	case b.arrived <- struct{}{}:
	default:
	}
}

// renumber is what a server does that lost its index: other UIDs under another
// UIDVALIDITY.
func (b *box) renumber() {
	b.mu.Lock()
	defer b.mu.Unlock()
	old := b.mails
	b.validity, b.next, b.mails = b.validity+1, 1, map[uint32]string{}
	uids := make([]uint32, 0, len(old))
	for uid := range old {
		uids = append(uids, uid)
	}
	slices.Sort(uids)
	for _, uid := range uids {
		b.mails[b.next] = old[uid]
		b.next++
	}
}

func (b *box) take(uid uint32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.mails, uid)
}

// fails sets what the mailbox is asked before each call.
func (b *box) fails(fail func(call string, r Ref) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fail = fail
}

func (b *box) waiting() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.mails)
}

func (b *box) failure(call string, r Ref) error {
	b.mu.Lock()
	f := b.fail
	b.mu.Unlock()
	if f == nil {
		return nil
	}
	return f(call, r)
}

func (b *box) Next(ctx context.Context) ([]Ref, error) {
	for {
		b.mu.Lock()
		b.nexts++
		b.mu.Unlock()
		if err := b.failure("next", Ref{}); err != nil {
			return nil, err
		}
		b.mu.Lock()
		var refs []Ref
		for uid, m := range b.mails {
			size := int64(len(m))
			if b.size != nil {
				size = b.size(uid, m)
			}
			refs = append(refs, Ref{UIDValidity: b.validity, UID: uid, Size: size})
		}
		b.mu.Unlock()
		slices.SortFunc(refs, func(a, b Ref) int { return int(a.UID) - int(b.UID) })
		if len(refs) > 0 {
			return refs, nil
		}
		select {
		case <-b.arrived:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (b *box) get(r Ref) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m, ok := b.mails[r.UID]
	if !ok || r.UIDValidity != b.validity {
		return "", ErrVanished
	}
	return m, nil
}

func (b *box) Fetch(ctx context.Context, r Ref, w io.Writer, limit int64) error {
	b.mu.Lock()
	b.fetched++
	b.mu.Unlock()
	m, err := b.get(r)
	if err != nil {
		return err
	}
	half := m[:len(m)/2]
	if int64(len(m)) > limit {
		if _, err := io.WriteString(w, m[:limit]); err != nil {
			return err
		}
		return ErrTooLarge
	}
	if _, err := io.WriteString(w, half); err != nil {
		return err
	}
	if err := b.failure("fetch", r); err != nil { // in the middle
		return err
	}
	_, err = io.WriteString(w, m[len(half):])
	return err
}

func (b *box) FetchHeader(ctx context.Context, r Ref, w io.Writer, limit int64) error {
	if err := b.failure("header", r); err != nil {
		return err
	}
	m, err := b.get(r)
	if err != nil {
		return err
	}
	head, _, _ := strings.Cut(m, "\r\n\r\n")
	head += "\r\n\r\n"
	_, err = io.WriteString(w, head[:min(int64(len(head)), limit)])
	return err
}

func (b *box) File(ctx context.Context, r Ref) error {
	if err := b.failure("file", r); err != nil {
		return err
	}
	if _, err := b.get(r); err != nil {
		return err
	}
	b.take(r.UID)
	return nil
}

func (b *box) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed++
	return nil
}

// memory is a vault that seals nothing.
type memory struct {
	mu    sync.Mutex
	blobs map[store.VaultID][]byte
	err   error // of every call
}

func (m *memory) Seal(ctx context.Context, id store.VaultID, write func(io.Writer) error) (string, int64, error) {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return "", 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return "", 0, m.err
	}
	if _, ok := m.blobs[id]; ok {
		return "", 0, fmt.Errorf("vault: there is a %s already", id)
	}
	m.blobs[id] = b.Bytes()
	sum := sha256.Sum256(b.Bytes())
	return hex.EncodeToString(sum[:]), int64(b.Len()), nil
}

func (m *memory) Read(ctx context.Context, id store.VaultID, limit int64) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.blobs[id]
	if m.err != nil {
		return nil, m.err
	}
	if !ok || int64(len(b)) > limit {
		return nil, fmt.Errorf("vault: %s cannot be read", id)
	}
	return bytes.Clone(b), nil
}

func (m *memory) Erase(ctx context.Context, id store.VaultID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.blobs, id)
	return m.err
}

func (m *memory) ids() []store.VaultID {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make([]store.VaultID, 0, len(m.blobs))
	for id := range m.blobs {
		all = append(all, id)
	}
	return all
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

// pass lets the time of a synctest bubble go on by d, and whoever woke meanwhile
// finish what it does.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}
