package sanitize

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"io"
	"slices"
	"strings"
	"testing"
)

// suspicious is the mail that every report of these tests is about.
const suspicious = "Received: from out.evil.example (out.evil.example [198.51.100.77]) by mx.member.example; Mon, 16 Nov 2026 10:00:00 +0900\r\n" +
	"From: Billing <billing@evil.example>\r\nTo: taro@member.example\r\nSubject: Your invoice\r\nDate: Mon, 16 Nov 2026 10:00:00 +0900\r\n" +
	"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nPay at https://pay.evil.example/now\r\n"

// zipOf is a zip with the given files, names and contents in turn.
func zipOf(t *testing.T, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// reportWith is a report of taro@member.example with the given parts.
func reportWith(from string, parts ...string) string {
	boundary := "b" + digest([]byte(from))[:12]
	return strings.ReplaceAll("From: "+from+"\r\nTo: report@hub.example\r\nSubject: Fwd: suspicious\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=report-boundary\r\n\r\n"+
		"--report-boundary\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nPlease look at this. Our help: https://help.member.example/\r\n--report-boundary\r\n"+
		strings.Join(parts, "\r\n--report-boundary\r\n")+"\r\n--report-boundary--\r\n", "report-boundary", boundary)
}

func attached(kind, name, content string) string {
	return "Content-Type: " + kind + "; name=\"" + name + "\"\r\nContent-Disposition: attachment; filename=\"" + name + "\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		base64.StdEncoding.EncodeToString([]byte(content))
}

// However a mail is packed, it is found, with nothing of the reporter's beside it.
func TestUnpackEveryForm(t *testing.T) {
	const taro, desk = "Taro <taro@member.example>", "Desk <desk@secretariat.example>"
	forward := func(inner string) string {
		return "Content-Type: message/rfc822\r\n\r\n" + inner
	}
	registry := []Identity{
		{Kind: IdentityDomain, Value: "member.example", Owner: "m1"}, {Kind: IdentityDomain, Value: "secretariat.example", Owner: "m2"},
	}
	for _, c := range []struct {
		name, report string
		originals    int
	}{
		{"message/rfc822", reportWith(taro, forward(suspicious)), 1},
		{"message/rfc822 in base64", reportWith(taro, attached("message/rfc822", "mail.eml", suspicious)), 1},
		{".eml as octets", reportWith(taro, attached("application/octet-stream", "不審メール.eml", suspicious)), 1},
		{"two of them", reportWith(taro, forward(suspicious), forward(strings.Replace(suspicious, "Your invoice", "Your other invoice", 1))), 2},
		{"in a zip", reportWith(taro, attached("application/zip", "mail.zip", zipOf(t, "a/mail.eml", suspicious, "readme.txt", "hello"))), 1},
		{"in a zip in a zip", reportWith(taro, attached("application/octet-stream", "mail.zip", zipOf(t, "mail.zip", zipOf(t, "mail.eml", suspicious)))), 1},
		{"two in a zip", reportWith(taro, attached("application/x-zip-compressed", "m.zip", zipOf(t, "1.eml", suspicious, "2.eml", strings.Replace(suspicious, "invoice", "bill", 1)))), 2},
		{"a forward in a forward", reportWith(taro, forward(reportWith("Hanako <hanako@member.example>", forward(suspicious)))), 1},
		{"a secretariat's forward of a member's forward", reportWith(desk, forward(reportWith(taro, forward(suspicious)))), 1},
		{"the same, in a zip", reportWith(desk, attached("application/zip", "m.zip", zipOf(t, "m.eml", reportWith(taro, forward(suspicious))))), 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := RunAs(AsReport, []byte(c.report), Policy{Registry: registry})
			if len(r.Originals) != c.originals {
				t.Fatalf("%d originals, want %d; problems %v", len(r.Originals), c.originals, r.Problems)
			}
			if !strings.Contains(r.ReporterText, "Please look at this") {
				t.Errorf("the reporter's words are %q", r.ReporterText)
			}
			for i, o := range r.Originals {
				has := func(typ, value string) bool {
					return slices.ContainsFunc(o.Facts.Indicators, func(n Indicator) bool { return n.Type == typ && n.Value == value })
				}
				if !has(TypeURL, "https://pay.evil.example/now") || !has(TypeSender, "billing@evil.example") || !has(TypeSendingIP, "198.51.100.77") {
					t.Errorf("original %d lacks an indicator: %+v", i+1, o.Facts.Indicators)
				}
				if has(TypeDomain, "help.member.example") || has(TypeURL, "https://help.member.example/") {
					t.Errorf("original %d has an indicator out of the reporter's words", i+1)
				}
				for _, p := range o.Problems {
					if p.Holds() {
						t.Errorf("original %d is held: %+v", i+1, p)
					}
				}
			}
		})
	}
}

// An abuse report for machines (RFC 5965) tells whom the mail was for, and from
// where it came, beside the mail or its header.
func TestUnpackAbuseReport(t *testing.T) {
	report := func(third string) []byte {
		return []byte("From: abuse@member.example\r\nTo: report@hub.example\r\nSubject: abuse\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n" +
			"--b\r\nContent-Type: text/plain\r\n\r\nThis is an email abuse report.\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\n" +
			"Feedback-Type: fraud\r\nUser-Agent: Filter/1\r\nVersion: 1\r\nOriginal-Rcpt-To: <jiro.kido@member.example>\r\nSource-IP: 203.0.113.88\r\n\r\n--b\r\n" + third + "\r\n--b--\r\n")
	}
	header, _, _ := strings.Cut(suspicious, "\r\n\r\n")
	for name, third := range map[string]string{
		"the mail":   "Content-Type: message/rfc822\r\n\r\n" + suspicious,
		"its header": "Content-Type: text/rfc822-headers\r\n\r\n" + header + "\r\n",
	} {
		r := Run(report(third), Policy{})
		if len(r.Originals) != 1 {
			t.Errorf("%s: %d originals, want 1: %v", name, len(r.Originals), r.Problems)
			continue
		}
		o := r.Originals[0]
		if !slices.ContainsFunc(o.Facts.Indicators, func(n Indicator) bool { return n.Type == TypeSendingIP && n.Value == "203.0.113.88" }) {
			t.Errorf("%s: the source address of the report is not told", name)
		}
		if o.Facts.Subject != "Your invoice" {
			t.Errorf("%s: the subject is %q", name, o.Facts.Subject)
		}
		if !slices.ContainsFunc(r.Identities, func(i Identity) bool { return i.Value == "jiro.kido@member.example" }) {
			t.Errorf("%s: the recipient is not learned", name)
		}
	}
}

// A status report of a mail server is no abuse report: the header in it is of the
// mail that came back.
func TestStatusReportIsNoAbuseReport(t *testing.T) {
	header, _, _ := strings.Cut(suspicious, "\r\n\r\n")
	raw := "From: mailer-daemon@member.example\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nundeliverable\r\n" +
		"--b\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n" + header + "\r\n--b--\r\n"
	if r := Run([]byte(raw), Policy{}); len(r.Originals) != 0 {
		t.Errorf("%d originals in a status report", len(r.Originals))
	}
}

// What the reporter asks for is read out of the words around the mail.
func TestRequests(t *testing.T) {
	for _, c := range []struct {
		text string
		want Requests
	}{
		{"TLP:AMBERでお願いします。5名が受信しました。添付は開封していません。", Requests{"TLP:AMBER", "5", "no"}},
		{"ＴＬＰ：ＲＥＤ\n受信者数：12名", Requests{"TLP:RED", "12", ""}},
		{"Please share as TLP: AMBER+STRICT. Received by 30 users. One user clicked the link.", Requests{"TLP:AMBER+STRICT", "30", "yes"}},
		{"TLP:GREEN if possible, otherwise TLP:AMBER", Requests{"TLP:AMBER", "", ""}},
		{"TLP:WHITE", Requests{"TLP:CLEAR", "", ""}},
		{"リンクをクリックしてしまいました", Requests{"", "", "yes"}},
		{"よろしくお願いいたします。", Requests{}},
	} {
		if got := requests(c.text); got != c.want {
			t.Errorf("requests(%q) = %+v, want %+v", c.text, got, c.want)
		}
	}
}

// A file is taken for what it is: many a suspicious mail quotes another one.
func TestAuto(t *testing.T) {
	thread := "Thank you.\n\n-----Original Message-----\nFrom: Boss <boss@partner.example>\nSent: Monday, November 16, 2026 10:00 AM\nTo: taro@member.example\nSubject: contract\n\nplease forward the contract\n"
	for _, c := range []struct{ name, mail, from string }{
		{"a suspicious mail that continues a thread", "From: x@evil.example\nTo: taro@member.example\nSubject: Re: contract\n\nSee https://evil.example/\n\n" + thread, "x@evil.example"},
		{"a report that quotes one", "From: taro@member.example\nTo: report@hub.example\nSubject: Fwd: contract\n\n" + thread, "boss@partner.example"},
		{"a report that holds one", reportWith("taro@member.example", "Content-Type: message/rfc822\r\n\r\n"+suspicious), "billing@evil.example"},
		{"a suspicious mail", suspicious, "billing@evil.example"},
	} {
		r := RunAs(AsAuto, []byte(c.mail), Policy{})
		if len(r.Originals) != 1 || r.Originals[0].Facts.From.Address != c.from {
			t.Errorf("%s: %d originals, the first from %+v; want one from %s", c.name, len(r.Originals), r.Originals, c.from)
		}
	}
}

// TestMailUnderAnyName: gateways and clients lose the type of an attached mail, and
// the name that would tell it.
func TestMailUnderAnyName(t *testing.T) {
	mail := "From: a@evil.example\r\nTo: b@member.example\r\nDate: Mon, 06 Apr 2026 09:00:00 +0900\r\nSubject: x\r\n\r\nhttps://evil.example/\r\n"
	stored := new(bytes.Buffer)
	z := zip.NewWriter(stored)
	w, err := z.CreateHeader(&zip.FileHeader{Name: "mail.eml", Method: zip.Store})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, mail); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, kind string
		body       string
		want       int
	}{
		{"no name at all", "application/octet-stream", mail, 1},
		{"another name", `application/octet-stream; name="quarantine.bin"`, mail, 1},
		{"another type", `application/x-unknown; name="message"`, mail, 1},
		{"an mbox", `application/mbox; name="a.mbox"`, "From a@evil.example Mon Apr  6 09:00:00 2026\r\n" + mail, 1},
		{"a stored archive", `application/zip; name="a.zip"`, stored.String(), 1},
		{"notes that look like fields", `application/octet-stream; name="notes.txt"`, "From: somebody\r\nSubject: x\r\n\r\nnotes\r\n", 0},
	} {
		report := "From: r@member.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nplease look\r\n--b\r\nContent-Type: " + c.kind +
			"\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte(c.body)) + "\r\n--b--\r\n"
		if got := Unpack([]byte(report), DefaultLimits()); len(got.Originals) != c.want {
			t.Errorf("%s: %d originals, want %d", c.name, len(got.Originals), c.want)
		}
	}
}
