package sanitize

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The two mails that the samples in testdata/inline forward, and what the
// reporters write above them.
const (
	bodyJa = "お世話になっております。\nhttps://invoice.example.net/view?id=1\nご確認ください。"
	bodyEn = "Dear customer,\n\nplease pay at https://invoice.example.net/view?id=1"
	ownJa  = "不審なメールを受信しました。\n開封はしていません。"
	ownEn  = "Please have a look. Nobody opened it."

	subjectJa = "【重要】請求書のご確認"
	subjectEn = "Invoice 4711 overdue"
	fromJa    = "請求センター <billing@evil.example.net>"
	fromEn    = "Billing <billing@evil.example.net>"

	sample = "2026-05-21T07:15:00Z"
	taro   = "<taro@member.example>"
)

// inlineSample is one inline forward: the file, the client told, and what the
// original must say. An empty value means what the sample's language has.
type inlineSample struct {
	file, client           string
	from, subject, to, cc  string
	date, body, own, reply string
}

var inlineSamples = []inlineSample{
	{file: "gmail-en.txt", client: "gmail", cc: "Hanako Sato <sato@member.example>"},
	{file: "gmail-en-old.txt", client: "gmail"},
	{file: "gmail-ja.txt", client: "gmail", cc: "佐藤 花子 <sato@member.example>"},
	{file: "gmail-ja-labels.txt", client: "gmail", cc: "佐藤 花子 <sato@member.example>"},
	{file: "gmail-ja-passive.txt", client: "gmail"},
	{file: "gmail-many-to.txt", client: "gmail", cc: "<press@member.example>",
		to: "Taro Yamada <taro@member.example>, Hanako Sato <sato@member.example>, Doe, Jane <jane@member.example>, <info@member.example>"},
	{file: "outlook-web-ja.txt", client: "outlook", cc: "佐藤 花子 <sato@member.example>"},
	{file: "outlook-web-ja-40.txt", client: "outlook"},
	{file: "outlook-web-en.txt", client: "outlook", to: taro + ", Hanako Sato <sato@member.example>"},
	{file: "outlook-desktop-ja.txt", client: "outlook"},
	{file: "outlook-desktop-en.txt", client: "outlook", cc: "Sato, Hanako <sato@member.example>"},
	{file: "outlook-desktop-mixed.txt", client: "outlook"},
	{file: "outlook-2013-en.txt", client: "outlook", to: "Taro Yamada <taro@member.example>"},
	{file: "outlook-2013-ja.txt", client: "outlook"},
	{file: "outlook-bare-ja.txt", client: "outlook"},
	{file: "outlook-delegate-ja.txt", client: "outlook", from: "<billing@evil.example.net>"},
	{file: "outlook-delegate-en.txt", client: "outlook"},
	{file: "outlook-bold-en.txt", client: "outlook"},
	{file: "outlook-mac-en.txt", client: "outlook", subject: "x", to: "-"},
	{file: "thunderbird-en.txt", client: "thunderbird", cc: "Hanako Sato <sato@member.example>"},
	{file: "thunderbird-ja.txt", client: "thunderbird", reply: "返信先 <reply@evil.example.org>"},
	{file: "apple-en.txt", client: "apple", cc: "Hanako Sato <sato@member.example>", own: ownEn + "\nRegards, Taro"},
	{file: "apple-ja.txt", client: "apple", own: ownJa + "\n以上です。"},
	{file: "iphone-ja.txt", client: "apple", own: ownJa + "\n\niPhoneから送信"},
	{file: "iphone-en.txt", client: "apple", own: ownEn + "\n\nSent from my iPhone"},
	{file: "yahoo-en.txt", client: "yahoo", cc: "Hanako Sato <sato@member.example>"},
	{file: "yahoo-ja.txt", client: "yahoo"},
	{file: "yahoo-jp.txt", client: "yahoo"},
	{file: "becky.txt", client: "becky", cc: "佐藤 花子 <sato@member.example>", own: ownJa + "\n-- \n山田 太郎"},
	{file: "becky-en.txt", client: "becky"},
	{file: "tensoumoto.txt", client: "forward", own: ownJa + "\n山田"},
	{file: "fujitsu.txt", client: "outlook"},
	{file: "shuriken.txt", client: "outlook"},
	{file: "hidemaru.txt", client: "forward"},
	{file: "hubspot-ja.txt", client: "hubspot", cc: "佐藤 花子 <sato@member.example>"},
	{file: "hubspot-en.txt", client: "gmail"},
	{file: "lineworks.txt", client: "outlook"},
	{file: "cybozu.txt", client: "outlook"},
	{file: "garoon.txt", client: "outlook", cc: "佐藤 花子 <sato@member.example>"},
	{file: "desknets.txt", client: "becky"},
	{file: "spaced-labels.txt", client: "outlook"},
	{file: "notes-ja.txt", client: "forward"},
	{file: "nested.txt", client: "outlook"},
	{file: "subject-wrapped-ja.txt", client: "outlook", subject: "【重要】お客様のご利用口座に関する大切なお知らせと請求書のご確認のお願い"},
	{file: "subject-wrapped-en.txt", client: "outlook", subject: "Invoice 4711 is overdue and your account will be suspended within twenty-four hours"},
	{file: "subject-wrapped-gmail.txt", client: "gmail", subject: "Invoice 4711 is overdue and your account will be suspended within twenty-four hours"},
	{file: "comma-name.txt", client: "outlook", from: "Billing, Department <billing@evil.example.net>", to: "Doe, Jane <jane@member.example>, Yamada, Taro <taro@member.example>"},
	{file: "paren-address.txt", client: "outlook", to: "山田太郎 <taro@member.example>, 佐藤 花子 <sato@member.example>"},
	{file: "address-only.txt", client: "gmail", from: "<billing@evil.example.net>"},
	{file: "name-only.txt", client: "outlook", from: "請求センター <>", to: "山田太郎 <>"},

	{file: "gmail-en.html", client: "gmail", cc: "Hanako Sato <sato@member.example>"},
	{file: "gmail-ja.html", client: "gmail", own: ownJa + "\n山田"},
	{file: "outlook-desktop-ja.html", client: "outlook"},
	{file: "outlook-desktop-ja-name.html", client: "outlook", to: "山田太郎 <>"},
	{file: "outlook-desktop-en.html", client: "outlook", cc: "Hanako Sato <sato@member.example>"},
	{file: "outlook-web-ja.html", client: "outlook"},
	{file: "outlook-web-en.html", client: "outlook"},
	{file: "thunderbird-en.html", client: "thunderbird"},
	{file: "thunderbird-ja.html", client: "thunderbird"},
	{file: "apple-en.html", client: "apple", own: ownEn + "\nRegards, Taro"},
	{file: "apple-ja.html", client: "apple", own: ownJa + "\n以上です。"},
	{file: "iphone-ja.html", client: "apple", own: ownJa + "\n\niPhoneから送信"},
	{file: "yahoo-en.html", client: "yahoo"},
	{file: "yahoo-ja.html", client: "yahoo"},
	{file: "hubspot-ja.html", client: "hubspot"},
	{file: "cybozu.html", client: "outlook"},
	{file: "nested.html", client: "outlook", own: ownEn + "\nRegards, Taro"},
}

// fill gives empty values the ones of the sample's language.
func (c inlineSample) fill(text string) inlineSample {
	defaults := inlineSample{from: fromEn, subject: subjectEn, to: taro, date: sample, body: bodyEn, own: ownEn}
	if strings.Contains(text, "不審") {
		defaults = inlineSample{from: fromJa, subject: subjectJa, to: taro, date: sample, body: bodyJa, own: ownJa}
	}
	for _, f := range []struct{ have, want *string }{
		{&c.from, &defaults.from}, {&c.subject, &defaults.subject}, {&c.to, &defaults.to}, {&c.date, &defaults.date}, {&c.body, &defaults.body}, {&c.own, &defaults.own},
	} {
		switch *f.have {
		case "":
			*f.have = *f.want
		case "-":
			*f.have = ""
		}
	}
	return c
}

// TestInlineSamples reads every file of testdata/inline in each charset that it
// can be written in.
func TestInlineSamples(t *testing.T) {
	files, err := filepath.Glob("testdata/inline/*")
	if err != nil || len(files) != len(inlineSamples) {
		t.Errorf("%d files in testdata/inline, %d in the table (%v); want each in both", len(files), len(inlineSamples), err)
	}
	for _, c := range inlineSamples {
		raw, err := os.ReadFile("testdata/inline/" + c.file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(raw)
		c = c.fill(text)
		kind := "text/plain"
		if strings.HasSuffix(c.file, ".html") {
			kind = "text/html"
		}
		for _, charset := range []string{"utf-8", "iso-2022-jp", "shift_jis"} {
			body := text
			if charset != "utf-8" {
				if kind == "text/html" || strings.ContainsAny(text, "\ufeff\u202f\u00a0") {
					continue
				}
				body = map[string]func(testing.TB, string) string{"iso-2022-jp": jis, "shift_jis": sjis}[charset](t, text)
			}
			report := "From: taro@member.example\r\nDate: Fri, 22 May 2026 09:00:00 +0900\r\nSubject: Fwd: x\r\nContent-Type: " + kind + "; charset=" + charset + "\r\n\r\n" +
				strings.ReplaceAll(body, "\n", "\r\n")
			c.check(t, charset, Unpack([]byte(report), Limits{}), kind)
		}
	}
}

// check compares what became of the sample with what the table says.
func (c inlineSample) check(t *testing.T, how string, u Unpacked, kind string) {
	t.Helper()
	if len(u.Originals) != 1 {
		t.Errorf("%s, %s: %d originals, problems %+v; want one original", c.file, how, len(u.Originals), u.Problems)
		return
	}
	o := u.Originals[0]
	if o.Path != "inline:"+c.client || !o.Inline || len(o.Through) != 0 || !slices.Equal(codes(o.Problems), []string{ProblemInline}) {
		t.Errorf("%s, %s: path %q, inline %v, through %d mails, problems %+v; want inline:%s and %q only", c.file, how, o.Path, o.Inline, len(o.Through), o.Problems, c.client, ProblemInline)
	}
	p, problems := Read(o.Raw, Limits{})
	if len(problems) > 0 {
		t.Errorf("%s, %s: the mail written anew has problems %+v\n%s", c.file, how, problems, o.Raw)
	}
	date, _ := time.Parse(time.RFC1123Z, p.Header.Get("Date"))
	got := inlineSample{
		file: c.file, client: c.client, from: people(p, "From"), subject: p.Header.Text("Subject"), to: people(p, "To"), cc: people(p, "Cc"), reply: people(p, "Reply-To"),
		date: date.UTC().Format(time.RFC3339), own: u.ReporterText,
	}
	p.Walk(func(part *Part) {
		switch {
		case part.MediaType == "text/html":
			if !strings.Contains(part.Text, `href="https://invoice.example.net/view?id=1"`) || strings.Contains(part.Text, "intranet") {
				t.Errorf("%s, %s: HTML %q; want the attacker's link and none of the reporter's", c.file, how, part.Text)
			}
			if kind == "text/html" {
				text, _ := pageLines(part.Text, 1<<20)
				got.body = strings.TrimSpace(trimBody(text))
			}
		case part.MediaType == "text/plain" && kind != "text/html":
			got.body = strings.TrimSpace(part.Text)
		}
	})
	if got != c {
		t.Errorf("%s, %s:\n got %+v\nwant %+v", c.file, how, got, c)
	}
}

// people writes an address field out.
func people(p *Part, field string) string {
	var all []string
	for _, m := range p.Header.Mailboxes(field) {
		all = append(all, strings.TrimSpace(m.Name+" <"+m.Address+">"))
	}
	return strings.Join(all, ", ")
}

// TestInlineBothForms sends the samples that exist in both forms as a client
// does, in one multipart/alternative.
func TestInlineBothForms(t *testing.T) {
	both := 0
	for _, c := range inlineSamples {
		name, ok := strings.CutSuffix(c.file, ".txt")
		page, err := os.ReadFile("testdata/inline/" + name + ".html")
		if !ok || err != nil {
			continue
		}
		both++
		text, err := os.ReadFile("testdata/inline/" + c.file)
		if err != nil {
			t.Fatal(err)
		}
		report := "From: taro@member.example\nDate: Fri, 22 May 2026 09:00:00 +0900\nSubject: Fwd: x\nContent-Type: multipart/alternative; boundary=b\n\n" +
			"--b\nContent-Type: text/plain; charset=utf-8\n\n" + string(text) + "\n--b\nContent-Type: text/html; charset=utf-8\n\n" + string(page) + "\n--b--\n"
		u := Unpack([]byte(report), Limits{})
		c.fill(string(text)).check(t, "both forms", u, "text/plain")
		if len(u.Originals) == 1 && !strings.Contains(string(u.Originals[0].Raw), "multipart/alternative") {
			t.Errorf("%s: the mail written anew is %q; want both forms", name, u.Originals[0].Raw)
		}
	}
	if both < 8 {
		t.Errorf("%d samples exist in both forms; want at least 8", both)
	}
}
