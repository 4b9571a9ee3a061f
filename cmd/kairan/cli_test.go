package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"kairan/store"
)

// said is what a command printed and how it ended.
type said struct {
	code     int
	out, err string
}

// kairan runs the command as a shell does.
func kairan(t *testing.T, args ...string) said {
	t.Helper()
	var out, errs strings.Builder
	code := run(t.Context(), std{strings.NewReader(""), &out, &errs}, args)
	return said{code, out.String(), errs.String()}
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		want string // somewhere in what it prints
	}{
		{nil, exitUsage, "usage: kairan VERB"},
		{[]string{"--help"}, exitOK, "usage: kairan VERB"},
		{[]string{"nonsense"}, exitUsage, `there is no verb "nonsense"`},
		{[]string{"serve", "--help"}, exitOK, "-config"},
		{[]string{"serve", "extra"}, exitUsage, "takes no arguments"},
		{[]string{"serve", "--colour"}, exitUsage, "-colour"},
		{[]string{"notice"}, exitUsage, "approve, excerpt, hold, leaks, ls"},
		{[]string{"notice", "--help"}, exitOK, "approve"},
		{[]string{"notice", "release"}, exitUsage, `there is no "release"`},
		{[]string{"notice", "show"}, exitUsage, "notice show NOTICE"},
		{[]string{"help"}, exitOK, "troubleshooting"},
		{[]string{"help", "mailbox"}, exitOK, "authserv_id"},
		{[]string{"help", "../main"}, exitUsage, "no topic"},
		{[]string{"serve", "--config", "/does/not/exist.toml"}, exitUsage, "--config"},
		{[]string{"audit", "verify", "--anchor", "x", "--config", "/does/not/exist.toml"}, exitUsage, "cannot be used"},
	} {
		got := kairan(t, c.args...)
		if got.code != c.code || !strings.Contains(got.out+got.err, c.want) {
			t.Errorf("kairan %s: exit %d, said %q; want exit %d and %q", strings.Join(c.args, " "), got.code, got.out+got.err, c.code, c.want)
		}
		if got.code == exitOK && got.err != "" {
			t.Errorf("kairan %s: exit 0 and %q on standard error", strings.Join(c.args, " "), got.err)
		}
	}
}

// What is wrong with a configuration is told with file, line and key, all at
// once, before anything is connected or made.
func TestConfigurationErrors(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "kairan.toml")
	data := filepath.Join(dir, "data")
	text := fmt.Sprintf("[hub]\ndata = %q\n[relay]\nadress = \"x\"\n[delivery]\nfirst_retry = \"soon\"\n", data)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"serve", "check"} {
		got := kairan(t, verb, "--config", path)
		if got.code != exitUsage {
			t.Errorf("%s exits %d; want %d", verb, got.code, exitUsage)
		}
		for _, want := range []string{path + ":4: relay.adress: unknown key; did you mean relay.address?", path + ":6: delivery.first_retry: \"soon\" is no duration"} {
			if !strings.Contains(got.err, want) {
				t.Errorf("%s says\n%s\nwithout %q", verb, got.err, want)
			}
		}
	}
	if _, err := os.Stat(data); err == nil {
		t.Error("the data folder was made")
	}
}

// An operator sees a draft, approves exactly what was shown, and follows it to
// the contacts; the hub runs meanwhile. Logs at the most talkative level name
// nobody.
func TestOperatorAtWork(t *testing.T) {
	w := newWorld(t, 3, "\n[log]\nlevel = \"debug\"\n")
	w.rewriteConfig(`self_approving = ["targeted-mail"]`, `self_approving = []`)
	w.watch()
	w.report()
	p := w.start("")
	on := func(args ...string) said { t.Helper(); return kairan(t, append(args, "--config", w.config)...) }
	<-waitFor(func() bool {
		n, err := w.desk.db.Notices(t.Context(), store.NoticeAwaiting, 10)
		return err != nil || len(n) == 1
	})

	if got := on("serve"); got.code != exitError || !strings.Contains(got.err, fmt.Sprintf("pid %d", p.Process.Pid)) {
		t.Errorf("a second serve: exit %d, %q; want it refused with the first one's pid", got.code, got.err)
	}
	id := regexp.MustCompile(`n[0-9a-z]{20}`).FindString(on("notice", "ls", "--state", "awaiting-approval").out)
	shown := on("notice", "show", id)
	digest := regexp.MustCompile(`digest +([0-9a-f]{64})`).FindStringSubmatch(shown.out)
	if shown.code != exitOK || digest == nil || !strings.Contains(shown.out, "3 contacts of 1 CEPTOARs, TLP:AMBER") || !strings.Contains(shown.out, "hxxps") {
		t.Fatalf("notice show: exit %d\n%s%s", shown.code, shown.out, shown.err)
	}
	if got := on("notice", "approve", id); got.code != exitUsage {
		t.Errorf("approve without a digest and without a terminal: exit %d, %q; want usage", got.code, got.err)
	}
	if got := on("notice", "approve", id, "--digest", strings.Repeat("0", 64)); got.code != exitError {
		t.Errorf("approve of something else: exit %d; want refused", got.code)
	}
	if got := on("notice", "hold", id, "--reason", "wait for a colleague"); got.code != exitOK {
		t.Errorf("hold: %q", got.err)
	}
	if got := on("notice", "approve", id, "--digest", digest[1]); got.code != exitError {
		t.Errorf("approve of a held notice: exit %d; want refused", got.code)
	}
	if got := on("notice", "resume", id); got.code != exitOK {
		t.Errorf("resume: %q", got.err)
	}
	// The text of the mail is offered redacted, and none of it is told unless an
	// operator puts it in; neither that nor the operator's words may name anybody.
	offered := on("notice", "excerpt", id)
	if offered.code != exitOK || !strings.Contains(offered.out, "   1  ") || !strings.Contains(offered.out, "read it before") {
		t.Errorf("notice excerpt: exit %d\n%s%s", offered.code, offered.out, offered.err)
	}
	if got := on("notice", "excerpt", id, "--lines", "1"); got.code != exitOK {
		t.Errorf("notice excerpt --lines 1: %q", got.err)
	}
	if got := on("notice", "summary", id, "--text", "It came to csirt@reijidenryoku.example"); got.code != exitError || !strings.Contains(got.err, "the leak gate would stop it") || strings.Contains(got.err, "reijidenryoku") {
		t.Errorf("a summary that names the reporter: exit %d, %q; want it refused, without the name", got.code, got.err)
	}
	if got := on("notice", "summary", id, "--text", "Asks for payment."); got.code != exitOK {
		t.Errorf("notice summary: %q", got.err)
	}
	if got := on("notice", "approve", id, "--digest", digest[1][:12]); got.code != exitError {
		t.Errorf("approve of what was shown before the edit: exit %d; want refused", got.code)
	}
	shown = on("notice", "show", id)
	if digest = regexp.MustCompile(`digest +([0-9a-f]{64})`).FindStringSubmatch(shown.out); digest == nil || !strings.Contains(shown.out, "Asks for payment") || !strings.Contains(shown.out, "│ ") {
		t.Fatalf("notice show after the edits:\n%s%s", shown.out, shown.err)
	}
	if n := w.sink.Count(); n > 1 {
		t.Errorf("%d mails went out before anybody approved; want the receipt only", n)
	}
	if got := on("notice", "approve", id, "--digest", digest[1][:12], "--operator", "hanako"); got.code != exitOK {
		t.Fatalf("approve: %q", got.err)
	}
	w.settle(60 * time.Second)
	queue := on("queue", "ls", "--all")
	delivery := regexp.MustCompile(`d[0-9a-z]{20}`).FindString(queue.out)
	if got := on("queue", "show", delivery); !strings.Contains(got.out, "250") || !strings.Contains(got.out, "accepted") {
		t.Errorf("queue show says\n%s%s", got.out, got.err)
	}
	if got := on("queue", "cancel", delivery); got.code != exitError {
		t.Errorf("cancel of what is sent: exit %d; want refused", got.code)
	}
	if got := on("audit", "show", id); !strings.Contains(got.out, "hanako") || !strings.Contains(got.out, "approved → released") {
		t.Errorf("audit show says\n%s", got.out)
	}
	if got := on("audit", "verify", "--anchor", strings.TrimSpace(on("audit", "head").out)); got.code != exitOK {
		t.Errorf("audit verify: %q", got.err)
	}
	p.stop(t)
	w.audit()

	log, err := os.ReadFile(p.log.Name())
	w.must(err)
	for _, secret := range []string{"reijidenryoku", "taro", "desk", "billing", "Invoice", "invoice-", "pay.", "http", "hxxp", "hub.example", "例示", "@"} {
		if strings.Contains(string(log), secret) {
			t.Errorf("the log holds %q:\n%s", secret, log)
		}
	}
}

// A bad row names its line, and nothing is changed.
func TestImportOfABadFile(t *testing.T) {
	w := newWorld(t, 2, "")
	w.watch()
	file := filepath.Join(w.dir, "contacts.csv")
	text := "id,ceptoar,address,language,max_tlp,kinds\n" +
		"good,power,good@c1.example,ja,TLP:AMBER,alert\n" +
		"bad,power,bad@c1.example> NOTIFY=NEVER,ja,TLP:AMBER,alert\n" +
		"lost,nowhere,lost@c1.example,ja,TLP:AMBER,alert\n"
	w.must(os.WriteFile(file, []byte(text), 0o600))
	got := kairan(t, "contact", "import", file, "--prune", "--config", w.config)
	if got.code != exitUsage || !strings.Contains(got.err, "line 3: address") || !strings.Contains(got.err, "nothing was changed") {
		t.Errorf("exit %d, %q; want usage, naming line 3", got.code, got.err)
	}
	w.must(os.WriteFile(file, []byte(strings.Replace(text, "> NOTIFY=NEVER", "", 1)), 0o600))
	if got = kairan(t, "contact", "import", file, "--prune", "--config", w.config); got.code != exitUsage || !strings.Contains(got.err, "line 4: there is no CEPTOAR") {
		t.Errorf("exit %d, %q; want usage, naming line 4", got.code, got.err)
	}
	all, err := w.desk.db.Contacts(t.Context())
	w.must(err)
	if len(all) != 2 {
		t.Errorf("%d contacts after two refused imports; want the 2 of before", len(all))
	}
}

// A report that nobody vouches for waits; an operator accepts it.
func TestHeldReportIsAccepted(t *testing.T) {
	w := newWorld(t, 3, "")
	w.watch()
	w.rewriteConfig(`authserv_id = "mx.hub.example"`, `authserv_id = "mx.other.example"`)
	w.report()
	p := w.start("")
	<-waitFor(func() bool {
		held, err := w.desk.db.Reports(t.Context(), store.ReportHeld, 10)
		return err != nil || len(held) == 1
	})
	list := kairan(t, "report", "ls", "--state", "held", "--config", w.config)
	id := regexp.MustCompile(`r[0-9a-z]{20}`).FindString(list.out)
	if id == "" || !strings.Contains(list.out, "ingest.authserv_id") {
		t.Fatalf("report ls says\n%s%s", list.out, list.err)
	}
	if n := w.sink.Count(); n != 0 {
		t.Errorf("%d mails went out for a report that is held; want 0", n)
	}
	if got := kairan(t, "report", "accept", id, "--config", w.config); got.code != exitOK {
		t.Fatalf("report accept: %q", got.err)
	}
	w.settle(60 * time.Second)
	p.stop(t)
	if got := kairan(t, "report", "show", id, "--config", w.config); !strings.Contains(got.out, "decided released") {
		t.Errorf("report show says\n%s%s", got.out, got.err)
	}
}

// rewriteConfig replaces one line of the configuration.
func (w *world) rewriteConfig(line, with string) {
	w.t.Helper()
	text, err := os.ReadFile(w.config)
	w.must(err)
	if !strings.Contains(string(text), line) {
		w.t.Fatalf("the configuration has no %q", line)
	}
	w.must(os.WriteFile(w.config, []byte(strings.Replace(string(text), line, with, 1)), 0o600))
}

func TestForTerminal(t *testing.T) {
	for in, want := range map[string]string{
		"請求書\x1b[31mred\x1b[0m": "請求書[31mred[0m",
		"a\x9b31mb":             "a31mb",
		"safe\u202etxt.exe":     "safetxt.exe",
		"zero\u200bwidth\x00":   "zerowidth",
		"two\nlines\tand a tab": "two\nlines\tand a tab",
	} {
		if got := forTerminal(in); got != want {
			t.Errorf("forTerminal(%q) = %q; want %q", in, got, want)
		}
	}
}

func TestTable(t *testing.T) {
	var b strings.Builder
	table(&b, []string{"name", "what"}, [][]string{{"標的型", "x\x1b[2J"}, {"a", "two\nlines"}})
	if want := "name    what\n標的型  x[2J\na       two lines\n"; b.String() != want {
		t.Errorf("table printed %q; want %q", b.String(), want)
	}
	if got := clip("標的型メール", 7); got != "標的型…" {
		t.Errorf("clip = %q; want 標的型…", got)
	}
}

// A master key that was lost is not replaced: with a new one nobody could read
// what is sealed.
func TestLostMasterKey(t *testing.T) {
	w := newWorld(t, 1, "")
	w.watch()
	w.report()
	p := w.start("")
	w.settle(60 * time.Second)
	p.stop(t)
	key := filepath.Join(w.desk.cfg.Hub.Data, "master.key")
	w.must(os.Remove(key))
	for _, verb := range []string{"serve", "check"} {
		if got := kairan(t, verb, "--config", w.config); got.code != exitError || !strings.Contains(got.out+got.err, "restore it from your copy") {
			t.Errorf("%s: exit %d, %q; want it to say how to mend it", verb, got.code, got.out+got.err)
		}
	}
	if _, err := os.Stat(key); err == nil {
		t.Error("a new master key was made")
	}
}
