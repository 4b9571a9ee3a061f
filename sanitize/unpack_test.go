package sanitize

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// attack is an original as it might have arrived.
const attack = "Received: from mx.example.net ([192.0.2.7]) by mail.member.example; Thu, 21 May 2026 16:15:00 +0900\r\n" +
	"From: =?utf-8?B?6KuL5rGC?= <billing@evil.example.net>\r\nTo: taro@member.example\r\nSubject: Invoice\r\n" +
	"Content-Type: text/plain\r\n\r\nPay at https://pay.example.net/\r\n"

// mailWith writes a mail with a text and parts, each a header and a body.
func mailWith(from, subject, boundary, text string, parts ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "From: %s\r\nSubject: %s\r\nContent-Type: multipart/mixed; boundary=%s\r\n\r\n--%s\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n", from, subject, boundary, boundary, text)
	for _, p := range parts {
		fmt.Fprintf(&b, "--%s\r\n%s\r\n", boundary, p)
	}
	fmt.Fprintf(&b, "--%s--\r\n", boundary)
	return b.String()
}

func TestUnpackAttached(t *testing.T) {
	const rfc822 = "Content-Type: message/rfc822\r\n\r\n"
	encoded := base64.StdEncoding.EncodeToString([]byte(attack))
	reporter := "taro@member.example"
	nested := func(from, subject string) string { return mailWith(from, subject, "in", "text", rfc822+attack) }
	for _, c := range []struct {
		name, raw string
		paths     []string
		through   int
		problems  []string // of the report
		original  []string // of the first original
	}{
		{"one", mailWith(reporter, "x", "b", "please look", rfc822+attack), []string{"2:message/rfc822"}, 0, nil, nil},
		{"two", mailWith(reporter, "x", "b", "please look", rfc822+attack, rfc822+attack), []string{"2:message/rfc822", "3:message/rfc822"}, 0, nil, nil},
		{"base64", mailWith(reporter, "x", "b", "please look", "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"+encoded),
			[]string{"2:message/rfc822"}, 0, []string{ProblemMalformed}, nil},
		{"octet-stream named .eml", mailWith(reporter, "x", "b", "please look", "Content-Type: application/octet-stream; name=\"a.EML\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"+encoded),
			[]string{"2:application/octet-stream"}, 0, nil, nil},
		{"text named .eml", mailWith(reporter, "x", "b", "please look", "Content-Type: text/plain; name=a.eml\r\nContent-Disposition: attachment; filename=a.eml\r\n\r\n"+attack),
			[]string{"2:text/plain"}, 0, nil, nil},
		{"not a mail, named .eml", mailWith(reporter, "x", "b", "please look", "Content-Type: application/octet-stream; name=a.eml\r\n\r\nhello"), nil, 0, []string{ProblemNoOriginal}, nil},
		{"the report is nothing but a mail", "From: a@member.example\r\nContent-Type: message/rfc822\r\n\r\n" + attack, []string{"1:message/rfc822"}, 0, nil, nil},
		{"a mail inside an original is its own", mailWith(reporter, "x", "b", "please look", rfc822+nested("evil@evil.example.net", "Invoice")), []string{"2:message/rfc822"}, 0, nil, nil},
		{"a colleague's forward", mailWith(reporter, "x", "b", "please look", rfc822+nested("hanako@sub.member.example", "look")), []string{"2:message/rfc822 > 2:message/rfc822"}, 1, nil, nil},
		{"a forward from elsewhere", mailWith(reporter, "x", "b", "please look", rfc822+nested("hanako@other.example", "転送: 請求書")), []string{"2:message/rfc822 > 2:message/rfc822"}, 1, nil, []string{ProblemAmbiguous}},
		{"two people at one provider", mailWith("taro@gmail.com", "x", "b", "please look", rfc822+nested("evil@gmail.com", "Invoice")), []string{"2:message/rfc822"}, 0, nil, nil},
		{"an empty mail", mailWith(reporter, "x", "b", "please look", rfc822), nil, 0, []string{ProblemMalformed, ProblemNoOriginal}, nil},
		{"a file", mailWith(reporter, "x", "b", "please look", "Content-Type: application/pdf; name=a.pdf\r\n\r\n%PDF"), nil, 0, []string{ProblemNoOriginal}, nil},
		{"quoted text beside a mail", mailWith(reporter, "x", "b", "please look\r\n\r\n-----Original Message-----\r\nFrom: a@example.com\r\nSubject: b\r\n\r\nc", rfc822+attack), []string{"2:message/rfc822"}, 0, nil, nil},
	} {
		u := Unpack([]byte(c.raw), Limits{})
		var paths []string
		for _, o := range u.Originals {
			paths = append(paths, o.Path)
			if c.name != "a mail inside an original is its own" && c.name != "two people at one provider" && strings.TrimRight(string(o.Raw), "\r\n") != strings.TrimRight(attack, "\r\n") {
				t.Errorf("%s: original %s is\n%q; want\n%q", c.name, o.Path, o.Raw, attack)
			}
			if len(o.Through) != c.through || o.Inline {
				t.Errorf("%s: original %s came through %d mails, inline %v; want %d, false", c.name, o.Path, len(o.Through), o.Inline, c.through)
			}
		}
		if !slices.Equal(paths, c.paths) || !slices.Equal(codes(u.Problems), c.problems) {
			t.Errorf("%s: originals %q, problems %+v; want %q, %q", c.name, paths, u.Problems, c.paths, c.problems)
		}
		if len(u.Originals) > 0 && !slices.Equal(codes(u.Originals[0].Problems), c.original) {
			t.Errorf("%s: problems of the original %+v; want %q", c.name, u.Originals[0].Problems, c.original)
		}
		if want := "please look"; u.ReporterText != want && c.name != "the report is nothing but a mail" {
			t.Errorf("%s: reporter's text %q; want %q", c.name, u.ReporterText, want)
		}
	}
}

// TestUnpackExact compares every byte: what ends an original in the report
// belongs to the boundary.
func TestUnpackExact(t *testing.T) {
	for _, end := range []string{"\r\n", "\n"} {
		inner := strings.ReplaceAll(attack, "\r\n", end) + "  \t" + end + end
		raw := strings.ReplaceAll(mailWith("a@member.example", "x", "b", "t", "Content-Type: message/rfc822\r\n\r\nINNER"), "\r\n", end)
		u := Unpack([]byte(strings.Replace(raw, "INNER", inner, 1)), Limits{})
		if len(u.Originals) != 1 || string(u.Originals[0].Raw) != inner {
			t.Errorf("line end %q: Unpack = %+v; want the original byte for byte", end, u.Originals)
		}
	}
}

func TestUnpackLimits(t *testing.T) {
	const rfc822 = "Content-Type: message/rfc822\r\n\r\n"
	deep := attack
	for i := range 20 {
		deep = mailWith("a@member.example", "Fwd: x", fmt.Sprintf("b%dx", i), "t", rfc822+deep)
	}
	u := Unpack([]byte(deep), Limits{MessageDepth: 3})
	if len(u.Originals) != 1 || len(u.Originals[0].Through) != 2 || !slices.Contains(codes(u.Originals[0].Problems), ProblemLimit) {
		t.Errorf("20 mails in one another, 3 allowed: %d originals, problems %+v; want one behind two others, and %q", len(u.Originals), u.Problems, ProblemLimit)
	}
	many := make([]string, 60)
	for i := range many {
		many[i] = rfc822 + attack
	}
	u = Unpack([]byte(mailWith("a@member.example", "x", "b", "t", many...)), Limits{Originals: 5})
	if len(u.Originals) != 5 || !slices.Contains(codes(u.Problems), ProblemLimit) {
		t.Errorf("60 mails, 5 allowed: %d originals, problems %+v; want 5 and %q", len(u.Originals), u.Problems, ProblemLimit)
	}
	u = Unpack([]byte(mailWith("a@member.example", "x", "b", "t", many...)), Limits{Parts: 70})
	if len(u.Originals) != 50 || !slices.Contains(codes(u.Problems), ProblemLimit) {
		t.Errorf("60 mails, 70 parts allowed: %d originals, problems %+v; want 50 and %q", len(u.Originals), u.Problems, ProblemLimit)
	}
}

func TestUnpackInlineWithFiles(t *testing.T) {
	raw := "From: taro@member.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
		"--b\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n" +
		"--a\r\nContent-Type: text/plain; charset=iso-2022-jp\r\n\r\n" + jis(t, "見てください\r\n\r\n---------- 転送メッセージ ----------\r\n差出人: 請求 <billing@evil.example.net>\r\n件名: 請求書\r\n\r\nここをクリック\r\n") +
		"--a\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>見てください <a href=\"https://intranet.member.example/\">社内</a><img src=\"cid:logo\"></p>" +
		"<div>---------- 転送メッセージ ----------<br>差出人: 請求 &lt;billing@evil.example.net&gt;<br>件名: 請求書<br><br><a href=\"https://pay.example.net/\">ここをクリック</a></div>\r\n" +
		"--a--\r\n" +
		"--b\r\nContent-Type: image/png; name=logo.png\r\nContent-ID: <logo>\r\n\r\nPNG\r\n" +
		"--b\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nsig\r\n" +
		"--b\r\nContent-Type: application/zip\r\nContent-Disposition: attachment; filename*=utf-8''%E8%AB%8B%E6%B1%82.zip\r\n\r\nPK\x00\x01\r\n--b--\r\n"
	u := Unpack([]byte(raw), Limits{})
	if len(u.Originals) != 1 {
		t.Fatalf("%d originals, problems %+v; want one", len(u.Originals), u.Problems)
	}
	p, problems := Read(u.Originals[0].Raw, Limits{})
	want := "multipart/mixed\n1 multipart/alternative\n1.1 text/plain \"ここをクリック\\n\"\n" +
		"1.2 text/html \"ここをクリック</a></div>\"\n2 application/zip file \"請求.zip\" \"PK\\x00\\x01\""
	if got := outline(p); !strings.Contains(got, `https://pay.example.net/`) || strings.Contains(got, "intranet") || strings.Contains(got, "logo") {
		t.Errorf("the mail written anew is\n%s\nwant the attacker's link and none of the reporter's, as in\n%s", got, want)
	} else if !strings.HasSuffix(got, `2 application/zip file "請求.zip" "PK\x00\x01"`) || strings.Count(got, " file ") != 1 {
		t.Errorf("the mail written anew is\n%s\nwant one file", got)
	}
	if len(problems) > 0 {
		t.Errorf("the mail written anew has problems %+v", problems)
	}
	if u.ReporterText != "見てください" {
		t.Errorf("reporter's text %q; want %q", u.ReporterText, "見てください")
	}
}

// TestUnpackInlineTwice has a secretariat forward a member's forward, both
// inline.
func TestUnpackInlineTwice(t *testing.T) {
	raw := "From: desk@ceptoar.example.jp\r\n\r\nmember report\r\n\r\n-----Original Message-----\r\nFrom: A <a@ceptoar.example.jp>\r\nSubject: FW: x\r\n\r\nsee this\r\n\r\n" +
		"-----Original Message-----\r\nFrom: evil@evil.example.net\r\nSubject: Invoice\r\n\r\npay\r\n"
	u := Unpack([]byte(raw), Limits{})
	if len(u.Originals) != 1 || len(u.Originals[0].Through) != 1 {
		t.Fatalf("Unpack = %+v; want one original behind one mail", u.Originals)
	}
	p, _ := Read(u.Originals[0].Raw, Limits{})
	if got := p.Header.Text("Subject") + "|" + strings.TrimSpace(p.Text); got != "Invoice|pay" {
		t.Errorf("original = %q; want the innermost mail", got)
	}
	if b := u.Originals[0].Through[0]; b.Header.Get("From") != "A <a@ceptoar.example.jp>" || !strings.Contains(b.Text, "see this") || strings.Contains(b.Text, "pay") {
		t.Errorf("through %+v; want A's words only", b)
	}
}
