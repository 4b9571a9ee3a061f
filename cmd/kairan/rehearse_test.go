package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kairan/sanitize"
)

const rehearsedHub = `{"hub": {"address": "report@hub.example", "authserv_id": "mx.hub.example", "notice_from": "notice@hub.example"},
"members": [
 {"id": "M1", "sector": "S1", "names": ["青空電力株式会社", "Aozora Electric Power"], "kana": ["アオゾラデンリョク"], "abbreviations": ["AZP"],
  "domains": ["aozora-denryoku.example"], "reporters": ["csirt@aozora-denryoku.example"], "contacts": ["csirt@aozora-denryoku.example"]},
 {"id": "M2", "sector": "S2", "names": ["みなと汐見銀行", "Minato Shiomi Bank"], "kana": ["ミナトシオミギンコウ"], "abbreviations": ["MSB"],
  "domains": ["shiomi-bank.example"], "reporters": ["soc@shiomi-bank.example"], "contacts": []}]}`

// victim is somebody who got the attack, and whose colleagues report it.
type victim struct{ reporter, name, address, salutation, token string }

var (
	hanako = victim{"csirt@aozora-denryoku.example", "大空 花子", "hanako.ozora@aozora-denryoku.example", "青空電力株式会社 大空花子様", "k3x9q2m7w1p4"}
	ichiro = victim{"soc@shiomi-bank.example", "汐見 一郎", "i-shiomi@shiomi-bank.example", "みなと汐見銀行 汐見一郎様", "z8v4t6r2n5c1"}
)

// report is a victim's report of one attack, as a colleague forwards it.
func (v victim) report() string {
	_, domain, _ := strings.Cut(v.reporter, "@")
	return strings.ReplaceAll(strings.Join([]string{
		"Authentication-Results: mx.hub.example; dmarc=pass header.from=" + domain,
		"From: CSIRT <" + v.reporter + ">", "To: report@hub.example", "Subject: FW: 不審メール（" + v.name + "宛）", "Date: Mon, 06 Apr 2026 10:00:00 +0900",
		"Message-ID: <r1@" + domain + ">", "MIME-Version: 1.0", `Content-Type: multipart/mixed; boundary="b"`, "",
		"--b", "Content-Type: text/plain; charset=utf-8", "", v.name + "宛に届きました。", "--b", "Content-Type: message/rfc822", "",
		"Received: from mail.evil.example (mail.evil.example [203.0.113.9]) by mx1." + domain + " with ESMTP id 4Fq2Xk1z9Tz3 for <" + v.address + ">; Mon, 06 Apr 2026 09:12:00 +0900",
		"From: 請求担当 <billing@invoice.evil.example>", "To: " + v.name + " <" + v.address + ">", "Subject: " + v.salutation + " 請求書のご案内", "Date: Mon, 06 Apr 2026 09:11:30 +0900",
		"Message-ID: <" + v.token + "@evil.example>", "Content-Type: text/plain; charset=utf-8", "", v.salutation, "", "https://pay.evil.example/invoice/view?u=" + v.token + "&m=" + v.address + "&lang=ja", "",
		"--b--", "",
	}, "\n"), "\n", "\r\n")
}

// rehearse rehearses reports in a folder of its own, with relative paths, and
// returns the disposition and the mails by name.
func rehearse(t *testing.T, reports ...string) (disposition, map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	return rehearseHere(t, "state", nil, reports...)
}

// rehearseHere rehearses reports in the working folder, into its folder "out".
func rehearseHere(t *testing.T, state string, flags []string, reports ...string) (disposition, map[string]string) {
	t.Helper()
	writeFile(t, "members.json", rehearsedHub)
	args := append([]string{"rehearse", "--members", "members.json", "--state", state, "--out", "out"}, flags...)
	for i, r := range reports {
		args = append(args, writeFile(t, fmt.Sprintf("report%d.eml", i), r))
	}
	got := kairan(t, args...)
	if got.code != exitOK {
		t.Fatalf("kairan rehearse: exit %d\n%s%s", got.code, got.out, got.err)
	}
	var d disposition
	b, err := os.ReadFile("out/disposition.json")
	if err != nil || json.Unmarshal(b, &d) != nil {
		t.Fatalf("disposition.json: %v\n%s", err, b)
	}
	if !strings.HasPrefix(got.out, d.Disposition+"\n") {
		t.Errorf("it prints %q, and disposition.json has %s", got.out, b)
	}
	mails := map[string]string{}
	names, err := filepath.Glob("out/*.eml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		mails[filepath.Base(name)] = readFile(t, name)
	}
	return d, mails
}

func writeFile(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// asRead is a mail as a contact reads it, behind its bytes.
func asRead(mail string) string {
	root, _ := sanitize.Read([]byte(mail), sanitize.DefaultLimits())
	return mail + "\n" + root.Header.Text("Subject") + "\n" + root.Text
}

// TestRehearse: a report's way to what contacts would read, and the ways on which
// it ends before.
func TestRehearse(t *testing.T) {
	const received = "Received: from mx1.aozora-denryoku.example (mx1.aozora-denryoku.example [192.0.2.5]) by mx.hub.example; "
	for _, c := range []struct {
		name    string
		report  func(string) string
		want    string
		because string
	}{
		{"a report", func(r string) string { return r }, "publish", ""},
		{"a report that was under way for an hour", func(r string) string { return received + "Mon, 06 Apr 2026 11:00:00 +0900\r\n" + r }, "publish", ""},
		{"an old report, sent again", func(r string) string { return received + "Mon, 27 Apr 2026 11:00:00 +0900\r\n" + r }, "hold", "not authenticated: it was written more than 7 days before"},
		{"the sender is not believed", func(r string) string { return strings.Replace(r, "dmarc=pass", "dmarc=fail", 1) }, "hold", "not authenticated"},
		{"the sender's own verdict below ours", func(r string) string {
			return strings.Replace(strings.Replace(r, "dmarc=pass", "dmarc=fail", 1), "From: CSIRT", "Authentication-Results: mx.hub.example; dmarc=pass header.from=aozora-denryoku.example\r\nFrom: CSIRT", 1)
		}, "hold", "not authenticated"},
		{"two senders", func(r string) string {
			return strings.Replace(r, "From: CSIRT", "From: CSIRT <soc@shiomi-bank.example>\r\nFrom: CSIRT", 1)
		}, "hold", "not authenticated"},
		{"somebody unknown", func(r string) string { return strings.Replace(r, "<csirt@", "<intern@", 1) }, "hold", "not authenticated"},
		{"no suspicious mail in it", func(r string) string {
			return strings.Replace(strings.Replace(r, "message/rfc822", "application/octet-stream", 1), "From: 請求", "X: 請求", 1)
		}, "hold", "no suspicious mail"},
		{"an attacker's host in a member's name", func(r string) string {
			return strings.ReplaceAll(r, "pay.evil.example", "aozora-denryoku-login.example")
		}, "hold", sanitize.ProblemMemberLike},
		{"a letter wrong in a member's name", func(r string) string { return strings.ReplaceAll(r, "pay.evil.example", "aozora-denryokv.test") }, "hold", sanitize.ProblemMemberLike},
		{"from another member's own mailbox", func(r string) string {
			return strings.ReplaceAll(r, "billing@invoice.evil.example", "sato@shiomi-bank.example")
		}, "hold", sanitize.ProblemMemberSender},
		{"an automatic answer", func(r string) string { return "Auto-Submitted: auto-replied\r\n" + r }, "reject", "1 auto-reply"},
		{"nobody in the envelope", func(r string) string { return "Return-Path: <>\r\n" + r }, "reject", "1 bounce"},
		{"the hub's own notice", func(r string) string {
			return "X-Notice-Id: n1\r\n" + strings.Replace(r, "csirt@aozora-denryoku.example>", "notice@hub.example>", 1)
		}, "reject", "1 own"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, mails := rehearse(t, c.report(hanako.report()))
			if d.Disposition != c.want || !strings.Contains(strings.Join(d.Reasons, " "), c.because) || (len(d.Reasons) == 0) != (c.want == "publish") {
				t.Fatalf("disposition %s because of %q, want %s because of %q", d.Disposition, d.Reasons, c.want, c.because)
			}
			if (len(mails) == 2) != (c.want == "publish") || c.want != "publish" && len(mails) > 0 {
				t.Errorf("%d mails were written", len(mails))
			}
			for name, mail := range mails {
				mail = asRead(mail)
				for _, secret := range []string{"aozora", "青空電力", "大空", "花子", "ozora", "4Fq2Xk1z9Tz3", hanako.token, "csirt"} {
					if strings.Contains(strings.ToLower(mail), strings.ToLower(secret)) {
						t.Errorf("%s holds %q", name, secret)
					}
				}
				for _, told := range []string{"pay[.]evil[.]example/invoice/view?u=<recipient-token>&m=<recipient-address>&lang=ja", "203[.]0[.]113[.]9", "billing[@]invoice[.]evil[.]example", "view?u=*&m=*&lang=ja"} {
					if !strings.Contains(mail, told) {
						t.Errorf("%s does not tell %q:\n%s", name, told, mail)
					}
				}
			}
		})
	}
}

// TestRehearseSeveral: reports that come together have one disposition, that of
// the one that waits for a person.
func TestRehearseSeveral(t *testing.T) {
	another := strings.NewReplacer("evil.example", "wicked.example", "請求書", "配送先", "r1@", "r2@", "view", "track").Replace(ichiro.report())
	unbelieved := strings.Replace(another, "dmarc=pass", "dmarc=fail", 1)
	absent := "Auto-Submitted: auto-replied\r\n" + ichiro.report()
	for _, c := range []struct {
		name    string
		reports []string
		want    string
		mails   int
	}{
		{"two reports of one attack", []string{hanako.report(), ichiro.report()}, "publish", 2},
		{"two attacks", []string{hanako.report(), another}, "publish", 4},
		{"one report twice", []string{hanako.report(), hanako.report()}, "publish", 2},
		{"a report and an automatic answer", []string{hanako.report(), absent}, "publish", 2},
		{"a report and one that is not believed", []string{hanako.report(), unbelieved}, "hold", 0},
		{"automatic answers alone", []string{absent, "X-Failed-Recipients: x\r\n" + hanako.report()}, "reject", 0},
	} {
		if d, mails := rehearse(t, c.reports...); d.Disposition != c.want || len(mails) != c.mails {
			t.Errorf("%s: %s (%q) and %d mails; want %s and %d", c.name, d.Disposition, d.Reasons, len(mails), c.want, c.mails)
		}
	}
}

// TestRehearseLanguage: with one language its contact is the only one.
func TestRehearseLanguage(t *testing.T) {
	for language, says := range map[string]string{"ja": "■ 不審メールの概要", "en": "Please"} {
		t.Chdir(t.TempDir())
		_, mails := rehearseHere(t, "state", []string{"--lang", language, "--lang", language}, hanako.report())
		mail := mails["member-1.eml"]
		if len(mails) != 1 || !strings.HasPrefix(mail, "To: <member@hub.example>\r\n") || !strings.Contains(asRead(mail), says) {
			t.Errorf("--lang %s: %d mails, want one to member@hub.example with %q:\n%s", language, len(mails), says, asRead(mail))
		}
	}
}

// TestRehearseAgain: what an earlier rehearsal wrote is not mistaken for what this
// one did, and what others put there stays.
func TestRehearseAgain(t *testing.T) {
	t.Chdir(t.TempDir())
	if _, mails := rehearseHere(t, "first", nil, hanako.report()); len(mails) != 2 {
		t.Fatalf("%d mails, want 2", len(mails))
	}
	writeFile(t, "out/notes.eml", "mine")
	writeFile(t, "out/internal/notes.txt", "mine")
	d, mails := rehearseHere(t, "second", nil, strings.Replace(hanako.report(), "dmarc=pass", "dmarc=fail", 1))
	if d.Disposition != "hold" || len(mails) != 1 || mails["notes.eml"] != "mine" || readFile(t, "out/internal/notes.txt") != "mine" {
		t.Errorf("%s, with the mails %q; want hold and only that which is no rehearsal's", d.Disposition, mails)
	}
	if left, _ := filepath.Glob("out/internal/notice-*"); len(left) > 0 {
		t.Errorf("the earlier one's %q is still there", left)
	}
	got := kairan(t, "rehearse", "--members", "members.json", "--state", "second", "--out", "out", "report0.eml")
	if got.code != exitUsage || !strings.Contains(got.err, "second is not empty") {
		t.Errorf("in the state of an earlier rehearsal: exit %d, %q", got.code, got.err)
	}
}

// TestRehearseInternal: an operator sees what was left out of a notice, why one
// waits, and what the reporter is told.
func TestRehearseInternal(t *testing.T) {
	rehearse(t, hanako.report())
	for name, told := range map[string][]string{
		"notice-1.txt":  {"redacted  original 1: recipient-address", "state     released", "--- ja ---", "--- en ---", "Subject: [TLP:AMBER]"},
		"notices.json":  {`"redactions"`, "recipient-token"},
		"reports.json":  {`"released"`, `"Originals"`},
		"receipt-1.eml": {"csirt@aozora-denryoku.example"},
	} {
		text := readFile(t, "out/internal/"+name)
		for _, s := range told {
			if !strings.Contains(text, s) {
				t.Errorf("internal/%s does not tell %q:\n%s", name, s, text)
			}
		}
	}
	rehearse(t, strings.ReplaceAll(hanako.report(), "pay.evil.example", "aozora-denryoku-login.example"))
	if text := readFile(t, "out/internal/notice-1.txt"); !strings.Contains(text, "state     held") || !strings.Contains(text, sanitize.ProblemMemberLike) {
		t.Errorf("the held notice does not say why:\n%s", text)
	}
}

// TestRehearseDoesNotInterfere: whichever victim reports an attack, what goes out
// is the same byte for byte, identifiers and times aside; and so it is when both
// report it.
func TestRehearseDoesNotInterfere(t *testing.T) {
	_, a := rehearse(t, hanako.report())
	if len(a) != 2 {
		t.Fatalf("%d mails, want one in each language", len(a))
	}
	for name, reports := range map[string][]string{
		"the same once more": {hanako.report()}, "the other victim": {ichiro.report()}, "both": {hanako.report(), ichiro.report()}, "the other first": {ichiro.report(), hanako.report()},
	} {
		_, b := rehearse(t, reports...)
		if len(b) != len(a) {
			t.Errorf("%s: %d mails, want %d", name, len(b), len(a))
		}
		for file := range a {
			x, y := withoutIdentifiers(t, a[file]), withoutIdentifiers(t, b[file])
			if x != y {
				t.Errorf("%s: %s differs:\n%s\n---\n%s", name, file, x, y)
			}
		}
	}
}

// withoutIdentifiers is a mail with its body decoded, and a mark for every value that
// is its own: those of three header fields, and the time of day of its release.
func withoutIdentifiers(t *testing.T, mail string) string {
	t.Helper()
	head, body, ok := strings.Cut(mail, "\r\n\r\n")
	text, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(body, "\r\n", ""))
	if !ok || err != nil {
		t.Fatalf("the body cannot be decoded: %v\n%s", err, mail)
	}
	head = regexp.MustCompile(`(?m)^(Message-ID|X-Notice-Id|Date): .*\r$`).ReplaceAllString(head, "$1: *")
	if strings.Count(head, ": *") != 3 {
		t.Errorf("the header is not as it was when this test was written:\n%s", head)
	}
	return head + "\n" + regexp.MustCompile(`\d\d:\d\d`).ReplaceAllString(string(text), "*")
}

func TestRehearseRefuses(t *testing.T) {
	t.Chdir(t.TempDir())
	const good, report = "members.json", "report.eml"
	writeFile(t, good, rehearsedHub)
	writeFile(t, report, hanako.report())
	writeFile(t, "hostile.json", strings.NewReplacer(`"M2"`, `"M1\u001b[2J"`, "soc@shiomi-bank.example", "soc@shiomi-bank.example> NOTIFY=NEVER <x", `"shiomi-bank.example"]`, `"shiomi bank"]`).Replace(rehearsedHub))
	if err := os.Mkdir("folder", 0o700); err != nil {
		t.Fatal(err)
	}
	with := func(members, state, out string, reports ...string) []string {
		return append([]string{"--members", members, "--state", state, "--out", out}, reports...)
	}
	for i, c := range []struct {
		name string
		args []string
		code int
		says []string
	}{
		{"nothing", nil, exitUsage, []string{"--members is missing"}},
		{"no state", []string{"--members", good, "--out", "o", report}, exitUsage, []string{"--state is missing"}},
		{"no out", []string{"--members", good, "--state", "s", report}, exitUsage, []string{"--out is missing"}},
		{"no reports", with(good, "s", "o"), exitUsage, []string{"which report?"}},
		{"another language", append(with(good, "s", "o", report), "--lang", "fr"), exitUsage, []string{"ja, en"}},
		{"no members", with("none", "s", "o", report), exitUsage, []string{"the members cannot be read"}},
		{"members that are no JSON", with(report, "s", "o", report), exitUsage, []string{"kairan help rehearse", "line 1"}},
		{"members that are a folder", with("folder", "s", "o", report), exitUsage, []string{"folder"}},
		{"a hostile list of members", with("hostile.json", "s", "o", report), exitUsage, []string{"member 2: id must be", "member 2: reporters", "member 2: domains"}},
		{"a report that is not there", with(good, "s", "o", report, "none.eml"), exitError, []string{"none.eml"}},
		{"a report that is a folder", with(good, "s", "o", report, "folder"), exitError, []string{"folder: it is no file"}},
		{"a state that is a file", with(good, report, "o", report), exitError, []string{"--state: report.eml"}},
		{"a state in a file", with(good, "report.eml/s", "o", report), exitError, []string{"--state: report.eml/s"}},
		{"a state that is in use", with(good, ".", "o", report), exitUsage, []string{"not empty"}},
		{"an out that is a file", with(good, "s", report, report), exitError, []string{"--out: make report.eml"}},
		{"an out in a file", with(good, "s", "report.eml/o", report), exitError, []string{"--out: make report.eml/o"}},
	} {
		got := kairan(t, append([]string{"rehearse"}, c.args...)...)
		if got.code != c.code || got.out != "" {
			t.Errorf("%s: exit %d, %q; want %d and nothing on standard output", c.name, got.code, got.out, c.code)
		}
		for _, s := range c.says {
			if !strings.Contains(got.err, s) {
				t.Errorf("%s: it says %q; want %q", c.name, got.err, s)
			}
		}
		if strings.ContainsAny(got.err, "\x1b\r") || strings.Contains(got.err, "NOTIFY") || strings.Contains(got.err, "shiomi") {
			t.Errorf("%s: it repeats what was in the file: %q", c.name, got.err)
		}
		for _, left := range []string{"s", "o/disposition.json"} {
			if _, err := os.Stat(left); err == nil {
				t.Fatalf("%s (case %d): %s was made", c.name, i, left)
			}
		}
	}
}

// TestRehearseTooLarge: of a report past the limit only its header is taken.
func TestRehearseTooLarge(t *testing.T) {
	large := hanako.report() + strings.Repeat(strings.Repeat("x", 70)+"\r\n", 26<<20/72)
	d, mails := rehearse(t, large)
	if d.Disposition != "hold" || len(mails) > 0 || !strings.Contains(strings.Join(d.Reasons, " "), "max_message_bytes") {
		t.Errorf("%s because of %q, %d mails; want it held for its size", d.Disposition, d.Reasons, len(mails))
	}
}
