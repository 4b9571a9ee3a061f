package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"kairan/store"
)

// lonely is a configuration whose mailbox and relay are addresses of loopback
// where nothing listens.
type lonely struct {
	t                          *testing.T
	dir, config, data, mailbox string
}

func newLonely(t *testing.T) *lonely {
	t.Helper()
	dir := t.TempDir()
	l := &lonely{t: t, dir: dir, config: filepath.Join(dir, "kairan.toml"), data: filepath.Join(dir, "data"), mailbox: closedPort(t)}
	password := l.write("password", mailboxPassword+"\n")
	l.write("kairan.toml", localConfig(l.data, l.mailbox, closedPort(t), password))
	return l
}

// closedPort is an address of loopback where nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// write writes a file into the test's folder and returns its path.
func (l *lonely) write(name, text string) string {
	l.t.Helper()
	path := filepath.Join(l.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		l.t.Fatal(err)
	}
	return path
}

// on runs a verb with the configuration.
func (l *lonely) on(args ...string) said {
	l.t.Helper()
	return kairan(l.t, append(args, "--config", l.config)...)
}

// serve starts the command itself as a process, as systemd does, and waits until
// its log holds a text.
func (l *lonely) serve(until string) *process {
	l.t.Helper()
	log, err := os.CreateTemp(l.dir, "hub-*.log")
	if err != nil {
		l.t.Fatal(err)
	}
	p := &process{exec.Command(os.Args[0], "serve", "--config", l.config), log}
	p.Env = append(os.Environ(), asKairan+"=1")
	p.Stderr, p.Stdout = log, log
	p.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.Start(); err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(p.kill)
	p.logged(l.t, until)
	return p
}

// logged waits until the process's log holds a text.
func (p *process) logged(t *testing.T, text string) {
	t.Helper()
	var log []byte
	var ended bool
	late := time.Now().Add(time.Minute)
	<-waitFor(func() bool {
		ended = !p.alive() || time.Now().After(late)
		log, _ = os.ReadFile(p.log.Name())
		return ended || strings.Contains(string(log), text)
	})
	if !strings.Contains(string(log), text) {
		t.Fatalf("the log of the hub lacks %q:\n%s", text, log)
	}
}

// A hub whose mailbox is away starts, keeps trying, and goes on by itself when
// the mailbox is there. Meanwhile an operator can do everything else.
func TestServeWithNothingAround(t *testing.T) {
	t.Parallel()
	l := newLonely(t)
	p := l.serve("mailbox failed; trying again")

	const head = "id,ceptoar,address,language,max_tlp,kinds,from_ceptoars\n"
	good := l.write("good.csv", head+"c1,power,desk@c1.example,ja,TLP:AMBER,alert,bank;power\n")
	if got := l.on("contact", "import", good); got.code != exitOK || got.out != "1 contacts imported\n" {
		t.Fatalf("import of a good file: exit %d, %q", got.code, got.out+got.err)
	}
	before := l.on("contact", "ls", "--json").out
	end := l.on("audit", "head")

	for _, c := range []struct{ name, verb, text, want string }{
		{"bad address", "contact", head + "c2,power,desk@c2.example,ja,TLP:AMBER,alert,\nc3,power,desk,ja,TLP:AMBER,alert,\n", "line 3: address is no mail address"},
		{"several bad rows", "contact", head + "c2,power,desk,ja,TLP:AMBER,alert,\nc3,power,desk@c3.example,fr,TLP:AMBER,alert,\n", "line 2: address is no mail address of the plain form name@domain\nline 3: language must be"},
		{"unknown CEPTOAR", "contact", head + "c2,nowhere,desk@c2.example,ja,TLP:AMBER,alert,\n", `line 2: there is no CEPTOAR "nowhere"`},
		{"unknown CEPTOAR to hear from", "contact", head + "c2,power,desk@c2.example,ja,TLP:AMBER,alert,bank;pwer\n", `line 2: there is no CEPTOAR "pwer"`},
		{"unknown member", "contact", "id,ceptoar,member,address,language,max_tlp,kinds\nc2,power,m9,desk@c2.example,ja,TLP:AMBER,alert\n", `line 2: there is no member "m9"`},
		{"address of a contact that stays", "contact", head + "c2,power,DESK@c1.example,ja,TLP:AMBER,alert,\n", "line 2: its address is that of contact c1"},
		{"member of no CEPTOAR", "member", "id,ceptoar,names,domains,reporters\nm1,nowhere,例示,x.example,a@x.example\n", `line 2: there is no CEPTOAR "nowhere"`},
		{"unknown column", "member", "id,ceptoar,names,domains,reporter\n", `line 1: unknown column "reporter"`},
		{"no number", "ceptoar", "id,sector_ja,sector_en,name_ja,name_en,secretariat_ja,organisations\nx,,,x,x,,many\n", "line 2: organisations is no number"},
	} {
		got := l.on(c.verb, "import", l.write("bad.csv", c.text))
		if got.code != exitUsage || !strings.Contains(got.err, c.want) || !strings.Contains(got.err, "nothing was changed") {
			t.Errorf("import with %s: exit %d, %q; want exit %d and %q", c.name, got.code, got.err, exitUsage, c.want)
		}
	}
	many := head
	for i := range 200 {
		many += fmt.Sprintf("d%d,nowhere,desk@d%d.example,ja,TLP:AMBER,alert,\n", i, i)
	}
	if got := l.on("contact", "import", l.write("many.csv", many)); strings.Count(got.err, "\n") > maxTold+2 {
		t.Errorf("a file of 200 bad rows makes %d lines; want %d and a headline", strings.Count(got.err, "\n"), maxTold)
	}
	if after := l.on("contact", "ls", "--json").out; after != before {
		t.Errorf("refused imports changed the contacts from\n%s\nto\n%s", before, after)
	}
	if got := l.on("audit", "head"); got != end {
		t.Errorf("refused imports moved the audit log from %q to %q", end.out, got.out)
	}
	if got := l.on("contact", "import", filepath.Join(l.dir, "none.csv")); got.code == exitOK || !strings.Contains(got.err, "none.csv") {
		t.Errorf("import of no file: exit %d, %q", got.code, got.err)
	}

	if got := l.on("serve"); got.code != exitError || !strings.Contains(got.err, fmt.Sprintf("in use by another kairan process (pid %d)", p.Process.Pid)) {
		t.Errorf("a second serve: exit %d, %q; want it refused with the pid %d", got.code, got.err, p.Process.Pid)
	}

	ln, err := net.Listen("tcp", l.mailbox)
	if err != nil {
		t.Fatal(err)
	}
	box := newMemoryMailbox()
	if err := box.Start(ln); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { box.Close() })
	if err := box.Append([]byte(sampleReport(0))); err != nil {
		t.Fatal(err)
	}
	p.logged(t, "mailbox works again")
	p.stop(t)
	if got := l.on("audit", "verify"); got.code != exitOK {
		t.Errorf("audit verify after the hub stopped: exit %d, %q", got.code, got.err)
	}
}

// check says of each thing in one line how it stands, with how to mend it, and
// makes nothing.
func TestCheckAgainstNothing(t *testing.T) {
	l := newLonely(t)
	got := l.on("check")
	if got.code != exitError || !strings.Contains(got.err, "2 of 10 failed") {
		t.Errorf("check: exit %d, %q; want exit %d and that 2 of 10 failed", got.code, got.err, exitError)
	}
	for _, want := range []string{
		`ok    configuration: `,
		`ok    data folder: .* will be made at the first start`,
		`ok    ledger: .* will be made at the first start`,
		`FAIL  mailbox reports: .*connection refused.*Nothing listens at the server's address and port`,
		`FAIL  relay: .*connection refused.*Nothing listens at the relay's address and port`,
	} {
		if !regexp.MustCompile(`(?m)^` + want).MatchString(got.out) {
			t.Errorf("check says\n%swithout a line like %q", got.out, want)
		}
	}
	for line := range strings.Lines(got.out) {
		if !strings.HasPrefix(line, "ok    ") && !strings.HasPrefix(line, "FAIL  ") {
			t.Errorf("check prints a line that tells no result: %q", line)
		}
	}
	if _, err := os.Stat(l.data); err == nil {
		t.Error("check made the data folder")
	}
}

// operatorVerbs is every verb that works beside a hub, with arguments.
var operatorVerbs = [][]string{
	{"report", "ls"}, {"report", "show", "r"}, {"report", "retry", "r"}, {"report", "accept", "r"}, {"report", "reject", "r", "--reason", "x"},
	{"notice", "ls"}, {"notice", "show", "n"}, {"notice", "approve", "n"}, {"notice", "reject", "n", "--reason", "x"},
	{"notice", "hold", "n", "--reason", "x"}, {"notice", "resume", "n"},
	{"notice", "summary", "n"}, {"notice", "summary", "n", "--text", "x"}, {"notice", "leaks", "n"}, {"notice", "excerpt", "n"}, {"notice", "excerpt", "n", "--lines", "1"},
	{"queue", "ls"}, {"queue", "show", "d"}, {"queue", "retry", "d"}, {"queue", "cancel", "d"},
	{"contact", "ls"}, {"contact", "import", "x.csv"}, {"member", "ls"}, {"member", "import", "x.csv"},
	{"ceptoar", "ls"}, {"ceptoar", "import", "x.csv"}, {"erase", "r", "--reason", "x"}, {"original", "show", "r", "--reason", "x"}, {"original", "export", "r", "--reason", "x"}, {"vault", "orphans"},
	{"audit", "verify"}, {"audit", "head"}, {"audit", "show", "n"},
}

// Without a hub an operator's verb says what to do, and makes no hub.
func TestVerbsWithoutData(t *testing.T) {
	l := newLonely(t)
	for _, args := range operatorVerbs {
		got := l.on(args...)
		if want := "there is no data folder " + l.data; got.code != exitError || !strings.Contains(got.err, want) || !strings.Contains(got.err, "kairan serve") {
			t.Errorf("%v: exit %d, %q; want exit %d and %q", args, got.code, got.err, exitError, want)
		}
	}
	if _, err := os.Stat(l.data); err == nil {
		t.Error("a verb made the data folder")
	}
}

// A configuration that is wrong stops every verb in the same way.
func TestVerbsWithABadConfiguration(t *testing.T) {
	l := newLonely(t)
	l.write("kairan.toml", "[hub]\ndata = "+fmt.Sprintf("%q", l.data)+"\n[log]\nlevel = \"loud\"\n")
	for _, args := range append(operatorVerbs, []string{"serve"}, []string{"check"}) {
		got := l.on(args...)
		if want := l.config + `:4: log.level: "loud" is not one of`; got.code != exitUsage || !strings.Contains(got.err, want) || got.out != "" {
			t.Errorf("%v: exit %d, %q on standard output, %q; want exit %d and %q", args, got.code, got.out, got.err, exitUsage, want)
		}
	}
	if _, err := os.Stat(l.data); err == nil {
		t.Error("a verb made the data folder")
	}
}

// Every verb tells its flags; every misuse is told before anything is opened.
func TestUsageOfVerbs(t *testing.T) {
	for _, args := range operatorVerbs {
		got := kairan(t, args[0], args[1], "--help")
		want := "usage: kairan " + args[0] + " " + args[1]
		if args[0] == "erase" { // a verb without another
			want = "usage: kairan erase REPORT"
		}
		if got.code != exitOK || got.err != "" || !strings.HasPrefix(got.out, want) || !strings.Contains(got.out, "-config") {
			t.Errorf("%s %s --help: exit %d, %q, %q; want %q and its flags", args[0], args[1], got.code, got.out, got.err, want)
		}
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"notice", "ls", "--state", "awaiting"}, "it is not one of draft, awaiting-approval, "},
		{[]string{"report", "ls", "--state", "hold"}, "it is not one of received, held, unwrapped, drafted, decided"},
		{[]string{"queue", "ls", "--state", "delivered"}, "it is not one of queued, sending, accepted, "},
		{[]string{"notice", "show", "n", "--language", "fr"}, "it is not one of ja, en"},
		{[]string{"notice", "ls", "extra"}, "usage: kairan notice ls"},
		{[]string{"notice", "ls", "--", "--json"}, "usage: kairan notice ls"},
		{[]string{"notice", "show", "--", "n", "--json"}, "usage: kairan notice show"},
		{[]string{"contact", "import"}, "usage: kairan contact import FILE"},
		{[]string{"contact", "import", "a", "b"}, "usage: kairan contact import FILE"},
		{[]string{"audit", "show", "x", "--operator", ""}, "say who you are"},
		{[]string{"vault", "erase"}, `there is no "erase"`},
		{[]string{"help", "mailbox", "review"}, "one topic"},
		{[]string{"help", "../mailbox"}, "no topic"},
	} {
		got := kairan(t, c.args...)
		if got.code != exitUsage || !strings.Contains(got.err, c.want) || got.out != "" {
			t.Errorf("%q: exit %d, %q, %q; want exit %d and %q", c.args, got.code, got.out, got.err, exitUsage, c.want)
		}
	}
}

// Behind "--" an argument may begin with a hyphen.
func TestParse(t *testing.T) {
	for _, c := range []struct{ args, rest, reason string }{
		{"a b", "a b", ""},
		{"a --reason x b", "a b", "x"},
		{"--reason x -- -a -b", "-a -b", "x"},
		{"a -- --reason x", "a --reason x", ""},
		{"--", "", ""},
		{"a -- b -- c", "a b -- c", ""},
	} {
		f := flags(std{}, "test", "test")
		reason := f.String("reason", "", "")
		rest, err := parse(f, strings.Fields(c.args))
		if got := strings.Join(rest, " "); err != nil || got != c.rest || *reason != c.reason {
			t.Errorf("parse(%s) = %q with reason %q, %v; want %q with %q", c.args, got, *reason, err, c.rest, c.reason)
		}
	}
}

// Every topic is listed with its title, and can be read.
func TestHelp(t *testing.T) {
	files, err := os.ReadDir("help")
	if err != nil || len(files) == 0 {
		t.Fatalf("the manual has %d files, %v", len(files), err)
	}
	for _, args := range [][]string{{"help"}, {"help", "--help"}} {
		list := kairan(t, args...)
		for _, file := range files {
			topic := strings.TrimSuffix(file.Name(), ".md")
			page := kairan(t, "help", topic)
			title, _, _ := strings.Cut(strings.TrimPrefix(page.out, "# "), "\n")
			if page.code != exitOK || !strings.HasPrefix(page.out, "# ") {
				t.Errorf("help %s: exit %d, %q; want a page with a title", topic, page.code, page.err)
			}
			if !regexp.MustCompile(`(?m)^  ` + topic + ` +` + regexp.QuoteMeta(title) + `$`).MatchString(list.out) {
				t.Errorf("%v lists\n%swithout %s: %s", args, list.out, topic, title)
			}
		}
	}
}

// Neither what an attacker wrote nor what an operator typed steers a terminal or
// writes lines of its own.
func TestNothingSteersTheTerminal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, "")
	w.rewriteConfig(`self_approving = ["targeted-mail"]`, `self_approving = []`)
	w.watch()
	subject := "Subject: =?utf-8?Q?=1B[2J=1B]0;root=07=C2=9B31m=E8=AB=8B=E6=B1=82=0D=0Adigest____0000=E2=80=AEexe?="
	w.must(w.mailbox.Append([]byte(strings.Replace(sampleReport(0), "Subject: Invoice 0", subject, 1))))
	p := w.start("")
	var notices []store.Notice
	<-waitFor(func() bool {
		var err error
		notices, err = w.desk.db.Notices(t.Context(), store.NoticeAwaiting, 10)
		return err != nil || len(notices) == 1 || !p.alive()
	})
	p.stop(t)
	if len(notices) != 1 {
		t.Fatalf("%d notices await approval; want 1", len(notices))
	}
	id := string(notices[0].ID)
	reports, err := w.desk.db.Reports(t.Context(), "", 10)
	w.must(err)
	on := func(args ...string) said { t.Helper(); return kairan(t, append(args, "--config", w.config)...) }
	const typed = "x\x1b[2J\u009b31m\r\u202e" // an id pasted from somewhere
	evil := "wait\x1b[2J\u009b31m\r\ndigest    0000\u202e"
	if got := on("notice", "hold", id, "--reason", evil, "--operator", "hanako\x1b[2J\nroot"); got.code != exitOK {
		t.Fatalf("hold: %q", got.err)
	}
	for _, args := range [][]string{{"notice", "ls"}, {"notice", "show", id}, {"report", "ls"}, {"report", "show", string(reports[0].ID)}, {"audit", "show", id},
		{"notice", "show", typed}, {typed}, {"notice", typed}, {"help", typed}, {"notice", "ls", "--state", typed}} {
		got := on(args...)
		for _, bad := range []string{"\x1b", "\u009b", "\x07", "\u202e", "\r", "\ndigest    0000", "\nroot"} {
			if strings.Contains(got.out+got.err, bad) {
				t.Errorf("%.20q prints %q:\n%s%s", args, bad, got.out, got.err)
			}
		}
	}
	if got := on("notice", "show", id); !strings.Contains(got.out, "請求") || !strings.Contains(got.out, "reason    wait[2J31m digest    0000\n") {
		t.Errorf("notice show hides what it should only make harmless:\n%s", got.out)
	}
	for _, args := range [][]string{{"notice", "ls"}, {"notice", "show", id}, {"audit", "show", id}, {"report", "ls"}} {
		got := on(append(args, "--json")...)
		if !json.Valid([]byte(got.out)) || strings.Contains(got.out, "\x1b") {
			t.Errorf("%v --json prints no JSON, or one that steers: %s%s", args, got.out, got.err)
		}
	}
	if got := on("audit", "show", "n00000000000000000000"); got.code != exitError || !strings.Contains(got.err, "has nothing about") {
		t.Errorf("audit show of nothing: exit %d, %q", got.code, got.out+got.err)
	}
}
