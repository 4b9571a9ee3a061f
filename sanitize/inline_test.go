package sanitize

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestFindQuoted reads one inline forward of each client in testdata/read.
func TestFindQuoted(t *testing.T) {
	for _, c := range []struct {
		file, client, from, subject, date, body, own string
	}{
		{"outlook-ja", "outlook", "総務部 <soumu@evil.example.net>", "【重要】請求書のご確認", "2026-05-21T07:15:00Z",
			"お世話になっております。\nhttps://invoice.example.net/view?id=1", "情報共有ご担当者様\n\n下記のメールを受信しました。"},
		{"gmail-en", "gmail", "Billing <billing@evil.example.net>", "Invoice", "2026-05-21T07:15:00Z", "Pay at https://pay.example.net/", "Please have a look."},
		{"gmail-ja", "gmail", "請求 <billing@evil.example.net>", "請求書", "2026-05-21T07:15:00Z", "お支払いは https://pay.example.net/ へ", "ご確認ください。"},
		{"thunderbird", "thunderbird", "請求 <billing@evil.example.net>", "請求書", "2026-05-21T07:15:00Z", "お支払い", "報告します。"},
		{"apple-ja", "apple", "請求 <billing@evil.example.net>", "請求書", "2026-05-21T07:15:30Z", "お支払い\n二行目", "不審なメールです。\nよろしくお願いします。"},
		{"yahoo", "yahoo", "Billing <billing@evil.example.net>", "Re: To: you", "2026-05-21T07:15:30Z", "Pay now.", "See below."},
		{"becky", "becky", "請求 <billing@evil.example.net>", "請求書", "2026-05-21T07:15:00Z", "お支払い", "転送します。\n--\n山田太郎"},
		{"outlook-desktop", "outlook", "Billing <billing@evil.example.net>", "Invoice", "2026-05-21T07:15:00Z", "Pay now.", "FYI"},
		{"outlook-old-ja", "outlook", " <billing@evil.example.net>", "請求書", "2026-05-21T07:15:00Z", "お支払い", ""},
		{"hubspot-ja", "hubspot", "請求 <billing@evil.example.net>", "請求書", "2026-05-21T07:15:00Z", "お支払い", ""},
	} {
		text, err := os.ReadFile("testdata/read/" + c.file + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		for _, charset := range []string{"utf-8", "iso-2022-jp", "shift_jis"} {
			body := string(text)
			switch charset {
			case "iso-2022-jp":
				body = jis(t, body)
			case "shift_jis":
				body = sjis(t, body)
			}
			raw := "From: taro@member.example\r\nDate: Fri, 22 May 2026 09:00:00 +0900\r\nSubject: Fwd: x\r\nContent-Type: text/plain; charset=" + charset + "\r\n\r\n" +
				strings.ReplaceAll(body, "\n", "\r\n")
			u := Unpack([]byte(raw), Limits{})
			if len(u.Originals) != 1 {
				t.Errorf("%s, %s: %d originals, problems %+v; want one original", c.file, charset, len(u.Originals), u.Problems)
				continue
			}
			o := u.Originals[0]
			if o.Path != "inline:"+c.client || !o.Inline || !slices.Equal(codes(o.Problems), []string{ProblemInline}) {
				t.Errorf("%s: path %q, inline %v, problems %+v; want inline:%s", c.file, o.Path, o.Inline, o.Problems, c.client)
			}
			p, problems := Read(o.Raw, Limits{})
			if len(problems) > 0 {
				t.Errorf("%s: the mail written anew has problems %+v\n%s", c.file, problems, o.Raw)
			}
			from := ""
			for _, m := range p.Header.Mailboxes("From") {
				from += m.Name + " <" + m.Address + ">"
			}
			date, _ := time.Parse(time.RFC1123Z, p.Header.Get("Date"))
			got := []string{from, p.Header.Text("Subject"), date.UTC().Format(time.RFC3339), strings.TrimSpace(p.Text), u.ReporterText}
			want := []string{c.from, c.subject, c.date, c.body, c.own}
			if !slices.Equal(got, want) {
				t.Errorf("%s, %s: from, subject, date, body, reporter's text\n%q; want\n%q", c.file, charset, got, want)
			}
		}
	}
}

func TestFindQuotedNot(t *testing.T) {
	for _, text := range []string{
		"", "hello", "From: nobody in particular\n\nhello", "-----\nFrom: here to there\n",
		"________________________________\nSignature\nTo: all\n",
		"Forwarded message:\n\nnothing follows",
		"Subject: a talk\nDate: tomorrow\n\nno sender",
		"On Mon, A <a@example.com> wrote:\n> hi",
	} {
		if q, ok := findQuoted(text); ok {
			t.Errorf("findQuoted(%q) found %+v; want nothing", text, q)
		}
	}
}

func TestQuotedMailboxes(t *testing.T) {
	for in, want := range map[string][]Mailbox{
		"A [mailto:a@example.com]":                               {{"A", "a@example.com"}},
		"A <a@example.com<mailto:a@example.com>>":                {{"A", "a@example.com"}},
		"A <mailto:a@example.com>":                               {{"A", "a@example.com"}},
		"Doe, John <a@example.com>":                              {{"Doe, John", "a@example.com"}},
		"a@example.com <a@example.com>; B <b@example.com>":       {{"", "a@example.com"}, {"B", "b@example.com"}},
		"* A* <a@example.com>":                                   {{"A", "a@example.com"}},
		"山田＜a@example.jp＞":                                       {{"山田", "a@example.jp"}},
		"山田 太郎":                                                  {{"山田 太郎", ""}},
		"山田太郎 (a@example.jp)":                                    {{"山田太郎", "a@example.jp"}},
		"山田太郎（a@example.jp）":                                     {{"山田太郎", "a@example.jp"}},
		"山田太郎 [a@example.jp]; b@example.jp":                      {{"山田太郎", "a@example.jp"}, {"", "b@example.jp"}},
		"[EXT] Billing <a@example.jp>":                           {{"[EXT] Billing", "a@example.jp"}},
		"\"Doe, Jane\" <a@example.com>, B <b@example.com>":       {{"Doe, Jane", "a@example.com"}, {"B", "b@example.com"}},
		"'Doe, Jane' <a@example.com>":                            {{"Doe, Jane", "a@example.com"}},
		"Jane (work) <a@example.com>":                            {{"Jane", "a@example.com"}},
		"a@example.com":                                          {{"", "a@example.com"}},
		"<a@example.com<mailto:a@example.com>>, <b@example.com>": {{"", "a@example.com"}, {"", "b@example.com"}},
	} {
		if got := quotedMailboxes(in); !slices.Equal(got, want) {
			t.Errorf("quotedMailboxes(%q) = %+v; want %+v", in, got, want)
		}
	}
}

func TestQuotedDate(t *testing.T) {
	jst := time.FixedZone("JST", 9*60*60)
	type habit = dateHabit
	for _, c := range []struct {
		in    string
		habit dateHabit
		want  string
	}{
		{"2026年5月21日 16:15", habit{}, "2026-05-21T07:15:00Z"},
		{"2026年5月21日木曜日 午後4:15", habit{}, "2026-05-21T07:15:00Z"},
		{"2026年5月21日(木) 午後4時15分", habit{}, "2026-05-21T07:15:00Z"},
		{"2026年5月21日 16時15分30秒", habit{}, "2026-05-21T07:15:30Z"},
		{"2026年5月21日 午前0:15", habit{}, "2026-05-20T15:15:00Z"},
		{"2026年5月21日 午後0時15分", habit{}, "2026-05-21T03:15:00Z"},
		{"2026年5月21日 午前9:15:30 JST", habit{}, "2026-05-21T00:15:30Z"},
		{"木曜日, 2026年5月21日 16:15", habit{}, "2026-05-21T07:15:00Z"},
		{"令和8年5月21日 16:15", habit{}, "2026-05-21T07:15:00Z"},
		{"平成30年5月21日 16:15", habit{}, "2018-05-21T07:15:00Z"},
		{"令和元年5月21日 16:15", habit{}, "2019-05-21T07:15:00Z"},
		{"２０２６年５月２１日　１６：１５", habit{}, "2026-05-21T07:15:00Z"},
		{"2026/05/21 16:15:30", habit{}, "2026-05-21T07:15:30Z"},
		{"2026/05/21 (木) 16:15", habit{}, "2026-05-21T07:15:00Z"},
		{"2026/5/21, Thu 16:15", habit{}, "2026-05-21T07:15:00Z"},
		{"26/05/21 16:15", habit{yearFirst: true}, "2026-05-21T07:15:00Z"},
		{"2026-05-21 16:15", habit{}, "2026-05-21T07:15:00Z"},
		{"2026-05-21T16:15:00+09:00", habit{}, "2026-05-21T07:15:00Z"},
		{"2026-05-21T07:15:00Z", habit{}, "2026-05-21T07:15:00Z"},
		{"2026-05-21 16:15 GMT+09:00", habit{}, "2026-05-21T07:15:00Z"},
		{"2026.05.21 16:15", habit{}, "2026-05-21T07:15:00Z"},
		{"2026년 5월 21일 (목) 오후 4:15", habit{}, "2026-05-21T07:15:00Z"},
		{"2026年5月21日 下午4:15", habit{}, "2026-05-21T07:15:00Z"},
		{"Thu, 21 May 2026 16:15:00 +0200", habit{}, "2026-05-21T14:15:00Z"},
		{"Thu, 21 May 2026 16:15:00 -0000 (UTC)", habit{}, "2026-05-21T16:15:00Z"},
		{"Thu, 21 May 2026 16:15:00 +0900 (JST)", habit{}, "2026-05-21T07:15:00Z"},
		{"Thu, 21 May 2026 16:15:00 GMT", habit{}, "2026-05-21T16:15:00Z"},
		{"Thursday, May 21, 2026 4:15 PM", habit{}, "2026-05-21T07:15:00Z"},
		{"Thursday, May 21, 2026 4:15:30 PM (UTC+09:00) Osaka, Sapporo, Tokyo", habit{}, "2026-05-21T07:15:30Z"},
		{"Thursday, 21 May 2026 at 16:15", habit{}, "2026-05-21T07:15:00Z"},
		{"May 21, 2026 at 4:15:00 PM GMT+9", habit{}, "2026-05-21T07:15:00Z"},
		{"May 21st, 2026 4:15pm", habit{}, "2026-05-21T07:15:00Z"},
		{"21 May 2026 at 12:05:21 AM", habit{}, "2026-05-20T15:05:21Z"},
		{"21 May 2026 4:15 p.m. EDT", habit{}, "2026-05-21T20:15:00Z"},
		{"21 May 26 16:15", habit{}, "2026-05-21T07:15:00Z"},
		{"5/21/2026 4:15 PM", habit{}, "2026-05-21T07:15:00Z"},
		{"5/21/26, 4:15 PM", habit{}, "2026-05-21T07:15:00Z"},
		{"5/4/2026 4:15 PM", habit{}, "2026-05-04T07:15:00Z"},
		{"Mon 05/04/2026 16:15", habit{}, "2026-05-04T07:15:00Z"},
		{"05/04/2026 16:15", habit{dayFirst: true}, "2026-04-05T07:15:00Z"},
		{"21.05.2026 16:15", habit{}, "2026-05-21T07:15:00Z"},
		{"04.05.2026, 16:15 Uhr", habit{}, "2026-05-04T07:15:00Z"},
		{"ke 27. lokak. 2021 klo 9.31", habit{}, "2021-10-27T00:31:00Z"},
		{"26. lokakuuta 2021 klo 14.25.08 UTC+3", habit{}, "2021-10-26T11:25:08Z"},
		{"mar. 2 nov. 2021 à 09:31", habit{}, "2021-11-02T00:31:00Z"},
		{"mardi 2 mars 2021 à 09:31", habit{}, "2021-03-02T00:31:00Z"},
		{"2 listopada 2021 09:26", habit{}, "2021-11-02T00:26:00Z"},
		{"2. listopada 2021. u 09:26", habit{croatian: true}, "2021-10-02T00:26:00Z"},
		{"2 Kasım 2021 Salı 09:26:50 GMT+1", habit{}, "2021-11-02T08:26:50Z"},
		{"2026年5月21日", habit{}, "2026-05-20T15:00:00Z"},
		{"03/04/2026 16:15", habit{}, ""},
		{"99/99/2026 16:15", habit{}, ""},
		{"2026/13/45", habit{}, ""},
		{"2026/05/21 25:61", habit{}, ""},
		{"tomorrow", habit{}, ""},
		{"31 February 2026", habit{}, ""},
		{"99999999999999999999", habit{}, ""},
		{"", habit{}, ""},
	} {
		at, ok := quotedDate(c.in, jst, c.habit)
		got := ""
		if ok {
			got = at.UTC().Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("quotedDate(%q, %+v) = %q; want %q", c.in, c.habit, got, c.want)
		}
	}
}
