package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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

// rehearse rehearses reports and returns the disposition and the mails by name.
func rehearse(t *testing.T, reports ...string) (disposition, map[string]string) {
	t.Helper()
	dir := t.TempDir()
	args := []string{"rehearse", "--members", filepath.Join(dir, "members.json"), "--state", filepath.Join(dir, "state"), "--out", filepath.Join(dir, "out")}
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("members.json", rehearsedHub)
	for i, r := range reports {
		args = append(args, write("report"+string(rune('0'+i))+".eml", r))
	}
	if got := kairan(t, args...); got.code != exitOK {
		t.Fatalf("kairan rehearse: exit %d\n%s%s", got.code, got.out, got.err)
	}
	var d disposition
	b, err := os.ReadFile(filepath.Join(dir, "out", "disposition.json"))
	if err != nil || json.Unmarshal(b, &d) != nil {
		t.Fatalf("disposition.json: %v\n%s", err, b)
	}
	mails := map[string]string{}
	names, err := filepath.Glob(filepath.Join(dir, "out", "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		root, _ := sanitize.Read(b, sanitize.DefaultLimits())
		mails[filepath.Base(name)] = string(b) + "\n" + root.Header.Text("Subject") + "\n" + root.Text
	}
	return d, mails
}

// TestRehearse: a report's way to what contacts would read, and the ways on which
// it ends before.
func TestRehearse(t *testing.T) {
	for _, c := range []struct {
		name    string
		report  func(string) string
		want    string
		because string
	}{
		{"a report", func(r string) string { return r }, "publish", ""},
		{"the sender is not believed", func(r string) string { return strings.Replace(r, "dmarc=pass", "dmarc=fail", 1) }, "hold", "not authenticated"},
		{"the sender's own verdict below ours", func(r string) string {
			return strings.Replace(strings.Replace(r, "dmarc=pass", "dmarc=fail", 1), "From: CSIRT", "Authentication-Results: mx.hub.example; dmarc=pass header.from=aozora-denryoku.example\r\nFrom: CSIRT", 1)
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
		{"an automatic answer", func(r string) string { return "Auto-Submitted: auto-replied\r\n" + r }, "reject", "none of it is a report"},
		{"the hub's own notice", func(r string) string {
			return "X-Notice-Id: n1\r\n" + strings.Replace(r, "csirt@aozora-denryoku.example>", "notice@hub.example>", 1)
		}, "reject", "none of it is a report"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, mails := rehearse(t, c.report(hanako.report()))
			if d.Disposition != c.want || c.because != "" && !strings.Contains(strings.Join(d.Reasons, " "), c.because) {
				t.Fatalf("disposition %s because of %q, want %s because of %q", d.Disposition, d.Reasons, c.want, c.because)
			}
			if (len(mails) > 0) != (c.want == "publish") {
				t.Errorf("%d mails were written", len(mails))
			}
			for name, mail := range mails {
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

// TestRehearseDoesNotInterfere: whichever victim reports an attack, the notice is
// the same but for its own number and time; and so it is when both report it.
func TestRehearseDoesNotInterfere(t *testing.T) {
	same := func(mails map[string]string) []string {
		var all []string
		own := regexp.MustCompile(`(?s)^To: .*?Content-Language`)
		for _, m := range mails {
			_, text, _ := strings.Cut(own.ReplaceAllString(m, ""), "Content-Transfer-Encoding")
			_, text, _ = strings.Cut(text, "TLP:AMBER") // behind the encoded body
			all = append(all, regexp.MustCompile(`\d\d:\d\d`).ReplaceAllString(text, ""))
		}
		slices.Sort(all)
		return all
	}
	_, a := rehearse(t, hanako.report())
	_, b := rehearse(t, ichiro.report())
	_, both := rehearse(t, hanako.report(), ichiro.report())
	if len(a) != 2 || len(b) != 2 || len(both) != 2 {
		t.Fatalf("%d, %d and %d mails, want one in each language: two victims of one attack make one notice", len(a), len(b), len(both))
	}
	for name, other := range map[string]map[string]string{"the other victim": b, "both": both} {
		x, y := same(a), same(other)
		for i := range x {
			if x[i] != y[i] {
				t.Errorf("%s: the notice differs:\n%s\n---\n%s", name, x[i], y[i])
			}
		}
	}
}

func TestRehearseRefuses(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, report := file("m.json", rehearsedHub), file("r.eml", hanako.report())
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, c := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"nothing", nil, exitUsage, "usage: kairan rehearse"},
		{"no reports", []string{"--members", good, "--state", in("s"), "--out", in("o")}, exitUsage, "usage: kairan rehearse"},
		{"no members", []string{"--members", in("none"), "--state", in("s"), "--out", in("o"), report}, exitUsage, "the members cannot be read"},
		{"members that are no JSON", []string{"--members", report, "--state", in("s"), "--out", in("o"), report}, exitUsage, "kairan help rehearse"},
		{"a hub without addresses", []string{"--members", file("h.json", `{"hub": {}, "members": []}`), "--state", in("s"), "--out", in("o"), report}, exitUsage, "is no address"},
		{"a hub without members", []string{"--members", file("e.json", rehearsedHub[:strings.Index(rehearsedHub, `"members"`)]+`"members": []}`), "--state", in("s2"), "--out", in("o"), report}, exitUsage, "names no members"},
		{"a report that is not there", []string{"--members", good, "--state", in("s3"), "--out", in("o"), in("none.eml")}, exitError, "none.eml"},
		{"a state that is a file", []string{"--members", good, "--state", report, "--out", in("o"), report}, exitError, "data folder"},
		{"an out that is a file", []string{"--members", good, "--state", in("s4"), "--out", report, report}, exitError, "make the folder"},
	} {
		if got := kairan(t, append([]string{"rehearse"}, c.args...)...); got.code != c.code || !strings.Contains(got.err, c.says) {
			t.Errorf("%s: exit %d, %q; want %d and %q", c.name, got.code, got.err, c.code, c.says)
		}
	}
}
