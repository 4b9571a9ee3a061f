package main

import (
	"encoding/csv"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kairan/sanitize"
)

var updateGolden = flag.Bool("update", false, "write the golden files anew")

// The formats are for other programs, so every letter of them is kept.
func TestSanitizeGolden(t *testing.T) {
	for _, c := range []struct{ golden, args string }{
		{"report.json", "--format json demo-reports/01-invoice.eml"},
		{"inline.json", "--format json demo-reports/04-outlook-inline.eml"},
		{"originals.jsonl", "--format jsonl --as report demo-reports/05-two-originals.eml demo-reports/07-meeting-rlo.eml"},
		{"macro.csv", "--format csv demo-reports/06-shift-jis-docm.eml"},
		{"macro.en.txt", "--lang en demo-reports/06-shift-jis-docm.eml"},
		{"macro.ja.txt", "--lang ja demo-reports/06-shift-jis-docm.eml"},
	} {
		got := kairan(t, append([]string{"sanitize"}, strings.Fields(c.args)...)...)
		if got.code != exitOK || got.err != "" {
			t.Errorf("kairan sanitize %s: exit %d, %q on standard error", c.args, got.code, got.err)
			continue
		}
		golden := filepath.Join("testdata", "sanitize", c.golden)
		if *updateGolden {
			if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(golden, []byte(got.out), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got.out != string(want) {
			t.Errorf("kairan sanitize %s is not as %s has it (go test ./cmd/kairan -run TestSanitizeGolden -update writes it anew):\n%s", c.args, golden, got.out)
		}
	}
}

// With members, whoever they are is in no field, and nothing leaks.
func TestSanitizeWithMembers(t *testing.T) {
	reports, err := filepath.Glob("demo-reports/*.eml")
	if err != nil || len(reports) == 0 {
		t.Fatalf("%d demo reports, %v", len(reports), err)
	}
	got := kairan(t, append([]string{"sanitize", "--format", "jsonl", "--as", "report", "--members", "../../configs/members.csv"}, reports...)...)
	lines := strings.Split(strings.TrimSuffix(got.out, "\n"), "\n")
	if got.code != exitOK || len(lines) != len(reports) {
		t.Fatalf("exit %d and %d lines for %d files: %s", got.code, len(lines), len(reports), got.err)
	}
	for i, line := range lines {
		var o sanitize.Output
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		if o.File != reports[i] {
			t.Errorf("line %d is about %s, want %s: the order of the arguments", i+1, o.File, reports[i])
		}
		if len(o.Leaks) > 0 {
			t.Errorf("%s leaks: %+v", o.File, o.Leaks)
		}
	}
}

// The members of kairan rehearse are members here too.
func TestSanitizeWithRegistry(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "members.json", rehearsedHub)
	writeFile(t, "mail.eml", "From: a@evil.example\nSubject: 青空電力 and Minato Shiomi Bank, answer report@hub.example\n\nhttps://evil.example/x\n")
	got := kairan(t, "sanitize", "--format", "jsonl", "--members", "members.json", "mail.eml")
	if got.code != exitOK || !strings.Contains(got.out, `"subject":"<organisation> and <organisation>, answer`) || strings.Contains(got.out, "Shiomi") || !strings.Contains(got.out, `"leaks":[]`) {
		t.Errorf("exit %d, %s%s; want both members' names left out, and no leak", got.code, got.err, got.out)
	}
	writeFile(t, "members.json", " {}")
	if got := kairan(t, "sanitize", "--members", "members.json", "mail.eml"); got.code != exitUsage || !strings.Contains(got.err, "there are no members") {
		t.Errorf("without members: exit %d, %q", got.code, got.err)
	}
}

// One file that cannot be read costs no other.
func TestSanitizeBadFiles(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good.eml")
	if err := os.WriteFile(good, []byte("From: a@evil.example\nSubject: x\n\nhttps://evil.example/=cmd\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	absent := filepath.Join(dir, "absent.eml")
	got := kairan(t, "sanitize", "--format", "jsonl", absent, good, dir)
	lines := strings.Split(strings.TrimSuffix(got.out, "\n"), "\n")
	if got.code != exitError || len(lines) != 3 {
		t.Fatalf("exit %d and %d lines, want 1 and 3: %s", got.code, len(lines), got.out)
	}
	for i, want := range []string{`"error":"no such file or directory"`, `"value":"https://evil.example/=cmd"`, `"error":"it is a folder; give the files in it"`} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("line %d is %s, want %s in it", i+1, lines[i], want)
		}
	}
	if !strings.Contains(got.err, "absent.eml: no such file or directory") {
		t.Errorf("standard error says %q", got.err)
	}
}

func TestSanitizeUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{nil, exitUsage, "which file?"},
		{[]string{"--format", "xml", "x"}, exitUsage, "text, json, jsonl, csv"},
		{[]string{"--as", "notice", "x"}, exitUsage, "auto, report, original"},
		{[]string{"--lang", "fr", "x"}, exitUsage, "ja, en"},
		{[]string{"--members", "absent.csv", "x"}, exitUsage, "members"},
		{[]string{"--lists", "absent", "x"}, exitUsage, "warning lists"},
		{[]string{"--help"}, exitOK, "-members"},
		{[]string{"-"}, exitOK, "standard"},
	} {
		got := kairan(t, append([]string{"sanitize"}, c.args...)...)
		if c.code == exitOK && c.args[0] == "-" {
			c.want = "file: -"
		}
		if got.code != c.code || !strings.Contains(got.out+got.err, c.want) {
			t.Errorf("kairan sanitize %q: exit %d, %q; want exit %d and %q", c.args, got.code, got.out+got.err, c.code, c.want)
		}
	}
}

// A spreadsheet takes no value of the attacker's for a formula.
func TestSanitizeCSVHoldsNoFormula(t *testing.T) {
	file := filepath.Join(t.TempDir(), "formula.eml")
	if err := os.WriteFile(file, []byte("From: a@evil.example\nSubject: =HYPERLINK(\"x\")\n\nx\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := kairan(t, "sanitize", "--format", "csv", file)
	rows, err := csv.NewReader(strings.NewReader(got.out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if strings.HasPrefix(cell, "=") {
				t.Errorf("a cell begins with '=': %q", cell)
			}
		}
	}
	if len(rows) < 3 {
		t.Errorf("%d rows: %s", len(rows), got.out)
	}
}
