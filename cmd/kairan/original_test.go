package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"kairan/configs"
	"kairan/sanitize"
	"kairan/store"
)

// TestOriginals: who may, and says why, reads a mail and is in the audit log; then
// it is erased, and nothing in the data folder brings it back.
func TestOriginals(t *testing.T) {
	w := newWorld(t, 1, "\n[log]\nlevel = \"debug\"\n")
	w.watch()
	w.report()
	p := w.start("")
	w.settle(60 * time.Second)
	p.stop(t)
	on := func(args ...string) said { t.Helper(); return kairan(t, append(args, "--config", w.config)...) }
	reports, err := w.desk.db.Reports(t.Context(), "", 10)
	w.must(err)
	id := string(reports[0].ID)

	// Before anything is erased: what the vault seals stands nowhere else, neither in
	// the ledger nor in the queue, nor in what was logged at any level or sent.
	victim := []string{"taro@reijidenryoku.example", "Taro Reiji", "Please look at this.", "report-0@", "FW: suspicious mail"}
	w.searchFolder(t, victim...)
	log, err := os.ReadFile(p.log.Name())
	w.must(err)
	searchEncoded(t, "the log", string(log), append(victim, "reijidenryoku", "desk0@", "invoice-0")...)
	for i, m := range w.sink.Messages() {
		if m.From == "" {
			continue // a receipt, which goes to the reporter alone
		}
		root, _ := sanitize.Read(m.Data, sanitize.DefaultLimits())
		searchEncoded(t, fmt.Sprint("mail ", i), string(m.Data)+root.Header.Text("Subject")+root.Text, append(victim, "reijidenryoku", "csirt")...)
	}

	if got := on("original", "show", id, "--reason", "a question", "--operator", "somebody"); got.code != exitError || !strings.Contains(got.err, "review.handlers") || got.out != "" {
		t.Fatalf("reading without being a handler: exit %d, %q; want it refused", got.code, got.err)
	}
	w.rewriteConfig("[review]\n", "[review]\nhandlers = ["+strconv.Quote(systemUser())+"]\n")
	if got := on("original", "show", id); got.code != exitUsage || !strings.Contains(got.err, "--reason") {
		t.Errorf("reading without a reason: exit %d, %q; want usage", got.code, got.err)
	}
	got := on("original", "show", id, "--reason", "a question", "--operator", "somebody")
	if got.code != exitOK || !strings.Contains(got.out, "Please look at this.") || strings.ContainsRune(got.out, '\x1b') {
		t.Fatalf("original show: exit %d\n%s%s", got.code, got.out, got.err)
	}
	if got := on("original", "show", id, "--number", "1", "--reason", "a question"); got.code != exitOK || strings.Contains(got.out, "Please look") || !strings.Contains(got.out, "Subject: Invoice") {
		t.Errorf("original show --number 1: exit %d\n%s%s", got.code, got.out, got.err)
	}
	if got := on("original", "show", id, "--number", "2", "--reason", "a question"); got.code != exitError || !strings.Contains(got.err, "holds 1 originals") {
		t.Errorf("an original that is not there: exit %d, %q", got.code, got.err)
	}
	file := filepath.Join(t.TempDir(), "mail.eml")
	if got := on("original", "export", id, "--reason", "analysis", "--out", file); got.code != exitOK {
		t.Fatalf("original export: %q", got.err)
	}
	info, err := os.Stat(file)
	w.must(err)
	if b, err := os.ReadFile(file); err != nil || string(b) != sampleReport(0) || info.Mode().Perm() != 0o600 {
		t.Errorf("the exported file has %d bytes and mode %v, %v; want the report's own and 0600", len(b), info.Mode(), err)
	}
	if got := on("original", "export", id, "--reason", "analysis", "--out", file); got.code != exitError || !strings.Contains(got.err, "is there already") {
		t.Errorf("exporting over a file: exit %d, %q; want it refused", got.code, got.err)
	}
	if got := on("audit", "show", id); !strings.Contains(got.out, systemUser()) || !strings.Contains(got.out, "a question") || !strings.Contains(got.out, "export whole") || strings.Contains(got.out, "somebody") {
		t.Errorf("the audit log says\n%s", got.out)
	}

	if got := on("erase", id); got.code != exitUsage {
		t.Errorf("erasing without a reason: exit %d, %q; want usage", got.code, got.err)
	}
	for range 2 {
		if got := on("erase", id, "--reason", "the reporter asked"); got.code != exitOK || !strings.Contains(got.out, "cannot be read again") {
			t.Fatalf("erase: exit %d, %q", got.code, got.err)
		}
	}
	if got := on("original", "show", id, "--reason", "again"); got.code != exitError || !strings.Contains(got.err, "was erased") {
		t.Errorf("reading what is erased: exit %d, %q", got.code, got.err)
	}
	w.desk.Close() // so that the ledger's newest part is written into its file
	w.searchFolder(t, "csirt@reijidenryoku.example", "taro@reijidenryoku.example", "Please look at this.", "report-0@")
	w.watch()
}

// searchEncoded looks for secrets in a text, as they are and as programs write
// bytes.
func searchEncoded(t *testing.T, where, text string, secrets ...string) {
	t.Helper()
	text = strings.ToLower(text)
	for _, secret := range secrets {
		for how, s := range encoded(secret) {
			if strings.Contains(text, strings.ToLower(s)) {
				t.Errorf("%s holds %q, %s", where, secret, how)
			}
		}
	}
}

// encoded are the ways in which a secret could lie in a file.
func encoded(secret string) map[string]string {
	wide := ""
	for _, c := range []byte(secret) {
		wide += string([]byte{c, 0})
	}
	all := map[string]string{"plain": secret, "hex": hex.EncodeToString([]byte(secret)), "UTF-16": wide, "percent": url.QueryEscape(secret)}
	for pad := range 3 {
		// What does not depend on the bytes before and behind.
		b := base64.StdEncoding.EncodeToString(append(make([]byte, pad), secret...))
		all[fmt.Sprint("base64 after ", pad)] = strings.TrimRight(b[(pad*8+5)/6:], "=")[:len(secret)]
	}
	return all
}

// searchFolder looks for what must not be left in the data folder after an
// erasure. The registry of members holds their addresses for ever, so its own rows
// are the one place that may.
func (w *world) searchFolder(t *testing.T, secrets ...string) {
	t.Helper()
	cfg, err := configs.Load(w.config)
	w.must(err)
	w.must(filepath.WalkDir(cfg.Hub.Data, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, secret := range secrets {
			times := 0
			for _, s := range encoded(secret) {
				times += bytes.Count(bytes.ToLower(b), []byte(strings.ToLower(s)))
			}
			registry := strings.HasPrefix(filepath.Base(path), "ledger.db") && secret == "csirt@reijidenryoku.example"
			if times > 0 && !registry || strings.Contains(path, secret) {
				t.Errorf("%s holds %q %d times", filepath.Base(path), secret, times)
			}
		}
		return nil
	}))
}

// TestRetention: the hub erases what is old by itself, goes on where it was killed,
// and leaves alone what is still needed.
func TestRetention(t *testing.T) {
	w := newWorld(t, 1, "\n[retention]\noriginals = \"24h\"\nfacts = \"48h\"\n")
	w.watch()
	w.report()
	p := w.start("")
	w.settle(60 * time.Second)
	p.stop(t)
	ctx := t.Context()
	cfg, err := configs.Load(w.config)
	w.must(err)
	at := func(d time.Duration) *eraser {
		return &eraser{ledger: w.desk.db, vault: w.desk.vault, retention: cfg.Retention, now: func() time.Time { return time.Now().Add(d) }, log: slog.New(slog.DiscardHandler)}
	}
	only := func() store.Report {
		reports, err := w.desk.db.Reports(ctx, "", 10)
		w.must(err)
		return reports[0]
	}
	w.must(at(0).once(ctx))
	if r := only(); !r.Erased.IsZero() {
		t.Fatal("a report of today was erased")
	}
	// Killed after the decision: the next one ends it.
	w.must(w.desk.db.EraseReport(ctx, only().ID, store.ActorHub, "old", true))
	w.must(at(25 * time.Hour).once(ctx))
	r := only()
	if r.Gone.IsZero() || r.Member != "" {
		t.Fatalf("after a day the report is %+v; want it gone", r)
	}
	if _, err := w.desk.vault.Read(ctx, r.Vault, 1<<20); err == nil {
		t.Error("its mail can still be read")
	}
	originals, err := w.desk.db.Originals(ctx, r.ID)
	w.must(err)
	if originals[0].Facts.Subject == "" {
		t.Error("what was told of it is forgotten already")
	}
	w.must(at(49 * time.Hour).once(ctx))
	if originals, err = w.desk.db.Originals(ctx, r.ID); err != nil || originals[0].Facts.Subject != "" {
		t.Errorf("after two days the ledger still knows %q, %v", originals[0].Facts.Subject, err)
	}
}

// TestHitLetPass: the gate stops a notice by a member that is called like a word in
// it. Who may read originals sees the hit and what stands about it, and lets it
// pass with a reason; nothing else passes with it.
func TestHitLetPass(t *testing.T) {
	w := newWorld(t, 1, "")
	w.rewriteConfig(`self_approving = ["targeted-mail"]`, `self_approving = []`)
	w.watch()
	w.report()
	p := w.start("")
	defer p.stop(t)
	on := func(args ...string) said { t.Helper(); return kairan(t, append(args, "--config", w.config)...) }
	var id string
	<-waitFor(func() bool {
		n, err := w.desk.db.Notices(t.Context(), store.NoticeAwaiting, 10)
		if len(n) == 1 {
			id = string(n[0].ID)
		}
		return err != nil || len(n) == 1
	})
	w.must(w.desk.db.ImportMembers(t.Context(), []store.Member{{ID: "m2", Ceptoar: "power", Names: []string{"Invoice 0"}}}, "test"))
	digest := func() string {
		return regexp.MustCompile(`digest +([0-9a-f]{64})`).FindStringSubmatch(on("notice", "show", id).out)[1]
	}
	state := func(want store.NoticeState) {
		t.Helper()
		<-waitFor(func() bool {
			n, err := w.desk.db.Notice(t.Context(), store.NoticeID(id))
			return err != nil || n.State == want
		})
	}
	if got := on("notice", "approve", id, "--digest", digest()); got.code != exitOK {
		t.Fatalf("approve: %q", got.err)
	}
	state(store.NoticeHeld)
	if got := on("notice", "leaks", id); got.code != exitError || got.out != "" {
		t.Errorf("seeing names without being a handler: exit %d, %q", got.code, got.out)
	}
	w.rewriteConfig("[review]\n", "[review]\nhandlers = ["+strconv.Quote(systemUser())+"]\n")
	shown := on("notice", "leaks", id)
	if shown.code != exitOK || !strings.Contains(shown.out, "organisation of m2 in header Subject, plain") || !strings.Contains(shown.out, "Invoice 0") {
		t.Fatalf("notice leaks: exit %d\n%s%s", shown.code, shown.out, shown.err)
	}
	hits := strings.Count(shown.out, " of m2 in ")
	for _, c := range [][]string{{"--allow", "1"}, {"--allow", "99", "--reason", "x"}, {"--allow", "x", "--reason", "x"}} {
		if got := on(append([]string{"notice", "leaks", id}, c...)...); got.code != exitUsage {
			t.Errorf("notice leaks %v: exit %d, %q; want usage", c, got.code, got.err)
		}
	}
	if got := on("notice", "leaks", id, "--allow", "1", "--reason", "a word, no name"); got.code != exitOK {
		t.Fatalf("letting a hit pass: %q", got.err)
	}
	on("notice", "resume", id)
	on("notice", "approve", id, "--digest", digest())
	state(store.NoticeHeld) // the other hits stop it still
	left := on("notice", "leaks", id)
	if n := strings.Count(left.out, " of m2 in "); n != hits-1 {
		t.Fatalf("%d of %d hits are left:\n%s", n, hits, left.out)
	}
	var numbers []string
	for i := range hits - 1 {
		numbers = append(numbers, strconv.Itoa(i+1))
	}
	if got := on("notice", "leaks", id, "--allow", strings.Join(numbers, ","), "--reason", "a word, no name"); got.code != exitOK {
		t.Fatalf("letting the others pass: %q", got.err)
	}
	on("notice", "resume", id)
	if got := on("notice", "approve", id, "--digest", digest()); got.code != exitOK {
		t.Fatalf("approve: %q", got.err)
	}
	w.settle(60 * time.Second)
	state(store.NoticeReleased)
	if got := on("audit", "show", id); !strings.Contains(got.out, "leak allowed") || !strings.Contains(got.out, "a word, no name") || strings.Contains(got.out, "Invoice") {
		t.Errorf("the audit log says\n%s", got.out)
	}
}

// TestCheckFindsForeignLinks: a link in the hub's own words would hold every notice.
func TestCheckFindsForeignLinks(t *testing.T) {
	w := newWorld(t, 1, "")
	w.rewriteConfig("[hub]\n", "[hub]\ncontact_line = \"see help.other.example\"\n")
	got := kairan(t, "check", "--config", w.config)
	if got.code != exitError || !strings.Contains(got.out, "FAIL  templates") || !strings.Contains(got.out, "contact_line") {
		t.Errorf("check: exit %d\n%s%s; want the templates to fail because of contact_line", got.code, got.out, got.err)
	}
}
