package sanitize

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/japanese"
)

// jis, sjis and euc write Japanese as mailers do.
func jis(t testing.TB, s string) string  { return encode(t, japanese.ISO2022JP.NewEncoder().String, s) }
func sjis(t testing.TB, s string) string { return encode(t, japanese.ShiftJIS.NewEncoder().String, s) }
func euc(t testing.TB, s string) string  { return encode(t, japanese.EUCJP.NewEncoder().String, s) }

func encode(t testing.TB, f func(string) (string, error), s string) string {
	t.Helper()
	out, err := f(s)
	if err != nil {
		t.Fatalf("encoding %q: %v", s, err)
	}
	return out
}

// codes are the codes of problems, each once, sorted.
func codes(problems []Problem) []string {
	var all []string
	for _, p := range problems {
		all = append(all, p.Code)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func TestReadHeader(t *testing.T) {
	const a, m, l = ProblemAmbiguous, ProblemMalformed, ProblemLimit
	for _, c := range []struct {
		name, raw, want, body string
		problems              []string
	}{
		{"LF", "From: a\nSubject: b\n\nx", "From=a|Subject=b", "x", nil},
		{"CRLF", "From: a\r\nSubject: b\r\n\r\nx", "From=a|Subject=b", "x", nil},
		{"CR alone", "From: a\rSubject: b\r\rx", "From=a|Subject=b", "x", nil},
		{"CRCRLF", "From: a\r\r\nSubject: b\r\r\n\r\r\nx", "From=a|Subject=b", "x", nil},
		{"CR among LF", "From: a\rSubject: b\n\nx", "From=a|Subject=b", "x", []string{a}},
		{"folded", "Subject: a\r\n\tb\r\n c\r\n\r\n", "Subject=a\tb c", "", nil},
		{"folded over a blank line of spaces", "Subject: a\n  \n b\n\nx", "Subject=a   b", "x", nil},
		{"mbox line", "From a@example.com Thu\nFrom: a\n\nx", "From=a", "x", nil},
		{"byte order mark", "\xef\xbb\xbfFrom: a\n\nx", "From=a", "x", []string{m}},
		{"leading empty lines", "\r\n\r\nFrom: a\r\n\r\nx", "From=a", "x", []string{m}},
		{"line without colon", "From: a\nnonsense\nTo: b\n\nx", "From=a|To=b", "x", []string{m}},
		{"structure behind a bad line", "From: a\nnonsense\nContent-Type: text/html\n\nx", "From=a|Content-Type=text/html", "x", []string{a, m}},
		{"space before colon", "From : a\n\nx", "From=a", "x", []string{m}},
		{"space before colon of structure", "Content-Type : text/html\n\nx", "Content-Type=text/html", "x", []string{a}},
		{"NUL in a name", "Fro\x00m: a\n\nx", "From=a", "x", []string{a, m}},
		{"continuation first", " stray\nFrom: a\n\nx", "From=a", "x", []string{m}},
		{"no body", "From: a", "From=a", "", nil},
		{"nothing", "", "", "", nil},
		{"empty header", "\n", "", "", []string{m}},
		{"two senders", "From: a\nFrom: b\n\n", "From=a|From=b", "", []string{a}},
		{"one sender twice", "From: a\nfrom: A\n\n", "From=a|from=A", "", nil},
		{"two types", "Content-Type: text/plain\nContent-Type: text/html\n\n", "Content-Type=text/plain|Content-Type=text/html", "", []string{a}},
		{"long field", "X: " + strings.Repeat("y", 70<<10) + "\n\nx", "X=" + strings.Repeat("y", 64<<10-1), "x", []string{l}},
	} {
		r := newReader(Limits{})
		raw := []byte(c.raw)
		h, body := r.readHeader(raw, true, "")
		var got []string
		for _, f := range h {
			got = append(got, f.Name+"="+f.Value)
		}
		if g := strings.Join(got, "|"); g != c.want || string(raw[body:]) != c.body {
			t.Errorf("%s: readHeader = %.200q, body %q; want %.200q, %q", c.name, g, raw[body:], c.want, c.body)
		}
		if g := codes(r.problems); !slices.Equal(g, c.problems) {
			t.Errorf("%s: problems %v; want %v (%+v)", c.name, g, c.problems, r.problems)
		}
	}
}

func TestHeaderText(t *testing.T) {
	h := Header{
		{"Subject", sjis(t, "請求書のご確認をお願いします")},
		{"subject", "second"},
		{"Comments", jis(t, "緊急のお知らせ")},
		{"To", "=?iso-2022-jp?B?GyRCOzNFRBsoQg==?= <yamada@example.jp>"},
	}
	if got, want := h.Text("SUBJECT"), "請求書のご確認をお願いします"; got != want {
		t.Errorf("Text(SUBJECT) = %q; want %q", got, want)
	}
	if got, want := h.Text("Comments"), "緊急のお知らせ"; got != want {
		t.Errorf("Text(Comments) = %q; want %q", got, want)
	}
	if got := h.All("Subject"); len(got) != 2 || got[1] != "second" {
		t.Errorf("All(Subject) = %q; want two values", got)
	}
	if got := h.Mailboxes("To"); len(got) != 1 || got[0] != (Mailbox{"山田", "yamada@example.jp"}) {
		t.Errorf("Mailboxes(To) = %+v; want 山田 <yamada@example.jp>", got)
	}
	if got := h.Get("Missing") + h.Text("Missing"); got != "" {
		t.Errorf("Get and Text of a missing field = %q; want nothing", got)
	}
}

func TestParseParams(t *testing.T) {
	for _, c := range []struct {
		in, word, name, want string
		differ               bool
	}{
		{`text/plain; charset=utf-8`, "text/plain", "charset", "utf-8", false},
		{`TEXT/HTML;CHARSET="Shift_JIS"`, "text/html", "charset", "Shift_JIS", false},
		{`multipart/mixed; boundary="a;b c"`, "multipart/mixed", "boundary", "a;b c", false},
		{`multipart/mixed boundary=abc`, "multipart/mixed", "boundary", "abc", false},
		{`multipart/mixed; boundary=abc charset=x`, "multipart/mixed", "charset", "x", false},
		{`multipart/mixed;; ; boundary = "abc"`, "multipart/mixed", "boundary", "abc", false},
		{`text/plain (a; b) ; (x=y) charset=(c)utf-8`, "text/plain", "charset", "", false},
		{`text/plain; charset=utf-8 (comment)`, "text/plain", "charset", "utf-8", false},
		{`attachment; filename=report (1) final.exe`, "attachment", "filename", "report (1) final.exe", false},
		{`attachment; filename="a\"b.exe"`, "attachment", "filename", `a"b.exe`, false},
		{`attachment; filename="C:\docs\a.exe"`, "attachment", "filename", `C:\docs\a.exe`, false},
		{`attachment; filename="unclosed.exe`, "attachment", "filename", "unclosed.exe", false},
		{`attachment; filename*=utf-8'ja'%E8%AB%8B%E6%B1%82.xlsx`, "attachment", "filename", "請求.xlsx", false},
		{`attachment; filename*=iso-2022-jp''%1B%24%42%40%41%35%61%1B%28%42.zip`, "attachment", "filename", "請求.zip", false},
		{`attachment; filename*=''%E8%AB%8B%E6%B1%82.xlsx`, "attachment", "filename", "請求.xlsx", false},
		{`attachment; filename*0*=utf-8''%E8%AB; filename*1*=%8B%E6%B1; filename*2*=%82; filename*3=".exe"`, "attachment", "filename", "請求.exe", false},
		{`attachment; filename*1="b.exe"; filename*0="a"`, "attachment", "filename", "ab.exe", false},
		{`attachment; filename="a.txt"; filename*=utf-8''b.txt`, "attachment", "filename", "b.txt", false},
		{`attachment; filename="a.txt"; filename*=utf-8''a.exe`, "attachment", "filename", "a.exe", true},
		{`attachment; filename=a.txt; filename=b.exe`, "attachment", "filename", "a.txt", true},
		{`attachment; filename="=?utf-8?B?6KuL5rGCLnhsc3g=?="`, "attachment", "filename", "請求.xlsx", false},
		{`attachment; filename="` + sjis(t, "請求書一覧") + `.xlsx"`, "attachment", "filename", "請求書一覧.xlsx", false},
		{`attachment; filename=%zz*`, "attachment", "filename", "%zz*", false},
		{`charset=utf-8`, "", "charset", "utf-8", false},
		{"tex\x00t/plain; char\x00set=utf-8", "text/plain", "charset", "utf-8", false},
		{``, "", "charset", "", false},
	} {
		word, params := parseParams(c.in)
		got, differ := value(params, c.name)
		if word != c.word || got != c.want || differ != c.differ {
			t.Errorf("parseParams(%q) = %q, %s=%q, differ=%v; want %q, %q, %v", c.in, word, c.name, got, differ, c.word, c.want, c.differ)
		}
	}
}

func TestDecodeWords(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "hello", "hello"},
		{"B", "=?utf-8?B?5pel5pys?=", "日本"},
		{"Q", "=?UTF-8?q?=e6=97=a5_=E6=9C=AC?=", "日 本"},
		{"unpadded", "=?utf-8?B?YQ?=", "a"},
		{"language", "=?utf-8*ja?B?5pel?=", "日"},
		{"adjacent words join", "=?utf-8?B?5pel?=\r\n =?utf-8?B?5pys?=", "日本"},
		{"a character split between words", "=?utf-8?B?5pc=?= =?utf-8?B?pQ==?=", "日"},
		{"JIS state kept between words", "=?iso-2022-jp?B?GyRCJDM=?= =?iso-2022-jp?B?JHMbKEI=?=", "こん"},
		{"B beside Q", "=?utf-8?B?5pc=?= =?utf-8?Q?=A5?=", "日"},
		{"different charsets", "=?utf-8?B?5pel?= =?iso-8859-1?Q?=E9?=", "日é"},
		{"text between", "a =?utf-8?Q?b?= c", "a b c"},
		{"no blank between", "x=?utf-8?Q?b?=y", "xby"},
		{"blanks inside", "=?utf-8?Q?a b?=", "a b"},
		{"in quotes", `"=?utf-8?B?5pel?=" <a@b>`, `"日" <a@b>`},
		{"cp932", "=?cp932?B?k/qWew==?=", "日本"},
		{"unknown charset", "=?x-nothing?B?5pel5pys?=", "日本"},
		{"unknown encoding", "=?utf-8?X?abc?=", "=?utf-8?X?abc?="},
		{"broken base64", "=?utf-8?B?5p!l?=", "=?utf-8?B?5p!l?="},
		{"unfinished", "=?utf-8?B?5pel", "=?utf-8?B?5pel"},
		{"unfinished before a good one", "=?utf-8?B?5 =?utf-8?B?5pel?=", "=?utf-8?B?5 日"},
		{"empty", "=?utf-8?B??=", ""},
		{"raw UTF-8", "日本", "日本"},
		{"raw JIS", jis(t, "お知らせ"), "お知らせ"},
		{"raw EUC", euc(t, "重要なお知らせです"), "重要なお知らせです"},
		{"raw and a word", sjis(t, "おしらせ") + " =?utf-8?B?5pel?=", "おしらせ 日"},
		{"line ends in a word", "=?utf-8?B?YQ0KQmNjOiBi?=", "a\r\nBcc: b"},
	} {
		if got := decodeWords(c.in); got != c.want {
			t.Errorf("%s: decodeWords(%q) = %q; want %q", c.name, c.in, got, c.want)
		}
	}
}

func TestParseMailboxes(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []Mailbox
	}{
		{"a@example.com", []Mailbox{{"", "a@example.com"}}},
		{"A B <a@example.com>", []Mailbox{{"A B", "a@example.com"}}},
		{`"B, A" <a@example.com>, b@example.com`, []Mailbox{{"B, A", "a@example.com"}, {"", "b@example.com"}}},
		{"a@example.com (Anna (the first))", []Mailbox{{"Anna (the first)", "a@example.com"}}},
		{"Team: a@example.com, B <b@example.com>;, c@example.com", []Mailbox{{"", "a@example.com"}, {"B", "b@example.com"}, {"", "c@example.com"}}},
		{"undisclosed-recipients:;", nil},
		{"a@example.com; b@example.com", []Mailbox{{"", "a@example.com"}, {"", "b@example.com"}}},
		{"A <a@example.com", []Mailbox{{"A", "a@example.com"}}},
		{"A <a@example.com, B <b@example.com>", []Mailbox{{"A", "a@example.com"}, {"B", "b@example.com"}}},
		{"A <a@example.com> <b@example.com>", []Mailbox{{"A", "a@example.com"}, {"", "b@example.com"}}},
		{`"unclosed <a@example.com>`, []Mailbox{{"unclosed", "a@example.com"}}},
		{"(unclosed a@example.com", []Mailbox{{"(unclosed", "a@example.com"}}},
		{`"john doe"@example.com`, []Mailbox{{"", `"john doe"@example.com`}}},
		{`"support@bank.example" <evil@example.net>`, []Mailbox{{"support@bank.example", "evil@example.net"}}},
		{"a @ example.com", []Mailbox{{"", "a@example.com"}}},
		{"< a@example.com >", []Mailbox{{"", "a@example.com"}}},
		{"<@relay.example,@b.example:a@example.com>", []Mailbox{{"", "a@example.com"}}},
		{"<mailto:a@example.com>", []Mailbox{{"", "a@example.com"}}},
		{"Only Name", []Mailbox{{"Only Name", ""}}},
		{"=?utf-8?B?5bGx55Sw?= <a@example.jp>", []Mailbox{{"山田", "a@example.jp"}}},
		{"=?utf-8?B?5bGx55SwIDxhQGV4YW1wbGUuanA+?=", []Mailbox{{"山田", "a@example.jp"}}},
		{`"=?utf-8?B?5bGx55Sw?=" <a@example.jp>`, []Mailbox{{"山田", "a@example.jp"}}},
		{sjis(t, "やまだたろう") + " <a@example.jp>", []Mailbox{{"やまだたろう", "a@example.jp"}}},
		{"a＠example.jp", []Mailbox{{"a＠example.jp", ""}}},
		{"a@example.com,,;,", []Mailbox{{"", "a@example.com"}}},
		{"", nil},
		{"<>", nil},
	} {
		if got := ParseMailboxes(c.in); !slices.Equal(got, c.want) {
			t.Errorf("ParseMailboxes(%q) = %+v; want %+v", c.in, got, c.want)
		}
	}
}
