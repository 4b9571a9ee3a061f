package sanitize

import (
	"strings"
	"testing"
)

// A URL ends where a reader would say it does, whatever stands around it.
func TestURLEnds(t *testing.T) {
	const u = "https://evil.example/a/b?x=1"
	for _, around := range []string{
		"「%」", "『%』を", "〈%〉", "《%》", "〔%〕", "｛%｝", "［%］", "【%】", "（%）", "｢%｣です", "%｡", "%、", "・%", "：%", "～%～", "＝%＝", "｜%｜", "＊%＊", "%…", "%―", "%（PC用）", "%→", "%　次",
		"<%>です", "“%”", "👉%👈", "%ﾃｽﾄ", "%です", "%様", "%／", "URL%", "url:%", "(%).", `"%",`, "[x](%).", `[x](% "t")`, "[%|x]", `<a href="%">x</a>`, "&lt;%&gt;", "&quot;%&quot;", "url(%)", "URL=%;",
		"<URL: %>", "> > %", "| % |", "%...", "%...more", "%—x", "%;)", "%’s", "%'s", `{"url":"%"}`, "$%$", "`%`.", `\url{%}`, "%^", "%|", "%~", "%_", "**%**", "%&nbsp;x", "view-source:%", "%\u200bです", "\u2068%\u2069",
	} {
		in := strings.ReplaceAll(around, "%", u)
		if got := seenIn(in, false); got != "url "+u {
			t.Errorf("in %q was seen %s; want url %s", in, got, u)
		}
	}
	for _, u := range []string{
		"https://evil.example/~", "https://evil.example/~user/x", "https://evil.example/a_(b)_(c)", "https://evil.example/a?x[]=1", "https://evil.example/it's", "https://evil.example/a..b", "https://evil.example/a,b;c=1",
		"https://evil.example/a==", "https://evil.example/a-", "https://evil.example//x//y", "https://evil.example/a/@b", "https://evil.example/save/https://evil.example/",
	} {
		if got := seenIn("go to "+u+" now", false); !strings.Contains(" | "+got+" | ", "url "+u+" | ") {
			t.Errorf("of %q was seen %s", u, got)
		}
	}
}

func TestURLsWithoutSpaceBetween(t *testing.T) {
	want := "url https://evil.example/a?x=1 | url https://evil.example/b"
	for _, in := range []string{"https://evil.example/a?x=1,https://evil.example/b", "https://evil.example/a?x=1;https://evil.example/b", "https://evil.example/a?x=1|https://evil.example/b"} {
		if got := seenIn(in, false); got != want {
			t.Errorf("in %q was seen %s; want %s", in, got, want)
		}
	}
}

func TestWrappedURLs(t *testing.T) {
	const (
		first = "https://evil.example/aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd/eeeeeeeeeeff"
		last  = "ffffffff/gggggg?token=1234567890"
		want  = "url " + first + last
	)
	for name, in := range map[string]string{
		"broken":                      first + "\n" + last + "\n\nThank you\n",
		"broken, in a quotation":      "> " + first + "\n> " + last + "\n> ok\n",
		"flowed, in a quotation":      "> see \n> " + first + " \n> " + last + "\n> ok\n",
		"in brackets":                 "see <" + first + "\n" + last + "> now",
		"in brackets, indented":       "see <" + first + "\n   " + last + "> now",
		"in brackets and a quotation": "> see <" + first + "\n> " + last + "> now",
		"after URL:":                  "see <URL:" + first + "\n" + last + "> now",
	} {
		if got := seenIn(in, true); got != want {
			t.Errorf("%s: in %q was seen\n%s; want\n%s", name, in, got, want)
		}
	}
	for _, next := range []string{"Please read it.", "and then", "2026", "1. Open", "No.5", "1", "See you at 10:00.", "-- ", "次へ", "* x", "Tel: 03-1234-5678"} {
		if got := seenIn(first+"\n"+next+"\n", true); got != "url "+first {
			t.Errorf("a URL before the line %q was seen as %s", next, got)
		}
	}
}

func TestHostsWithoutScheme(t *testing.T) {
	for in, want := range map[string]string{
		"ドメイン evil.top":                      "domain evil.top",
		"evil.top、":                          "domain evil.top",
		"visit evilbank.info now":            "domain evilbank.info",
		"check login-now.page today":         "domain login-now.page",
		"domain=evil.com":                    "domain evil.com",
		"*.evil.cn":                          "domain evil.cn",
		".evil.org":                          "domain evil.org",
		"_evil.me.uk_":                       "domain evil.me.uk",
		"EHLO evil.com":                      "domain evil.com",
		"link=evil.com/a":                    "url http://evil.com/a",
		"//evil.com/a":                       "url http://evil.com/a",
		"evil.com?id=1":                      "url http://evil.com?id=1",
		"URL:evil.com/a":                     "url http://evil.com/a",
		"evil.com:8443/a":                    "url http://evil.com:8443/a",
		"IP:192.0.2.7":                       "ipv4 192.0.2.7",
		"ssh root@192.0.2.7":                 "ipv4 192.0.2.7",
		"src=192.0.2.7;":                     "ipv4 192.0.2.7",
		"ＩＰ：192.0.2.7":                       "ipv4 192.0.2.7",
		"E-mail=who@evil.com":                "email who@evil.com",
		"bounce+a=b@evil.com":                "email bounce+a=b@evil.com",
		"ｗｈｏ＠ｅｖｉｌ．ｃｏｍ":                       "email who@evil.com",
		"http://ⓔvil.com/a":                  "url http://evil.com/a",
		"http://①98.51.100.7/a":              "url http://198.51.100.7/a",
		"http://www.bank.example@evil.com/a": "url http://www.bank.example@evil.com/a",
	} {
		if got := seenIn(in, false); got != want {
			t.Errorf("in %q was seen %s; want %s", in, got, want)
		}
	}
}

// Nothing in these is an indicator.
func TestNothingToSee(t *testing.T) {
	for _, in := range []string{
		"Done.Please see.the file.Thanks", "end.In the end.Is it.At last.No way.My name.Me too", "for more.info or join.us now.next time.me", "WARNING.ERROR.INFO", "asp.net ADO.NET Node.js D3.js vue.js",
		"見積.xlsx 報告書.docx 手順.pdf movie.mov run.sh main.rs lib.so my.app a.pl", "v1.2.3.4 Version 10.0.19041.1 ver.8.8.4.4 バージョン 9.9.9.9 第1.2.3.4版 １．２．３．４版", "10:00.開始 12.30.2026 ¥1,234.56 3.14",
		"0.0.0.0 255.255.255.0 224.0.0.1 100.64.0.1 172.16.5.4 192.168.0.0/16", "std::string Foo::Bar a::b ::1 fe80::1", "wrapper.stream() self.input.read sys.stdin.read q.prev.next p.style.top obj.method() item.price user.email",
		"Tel.03-1234-5678 No.1 Vol.2 pp.12-15", `C:\Users\taro\file.txt \\server\share\a.docx ~/.ssh/config`, "foo@ @bar @mention a@b", "<cid:image001.png@01D8A1B2.12345678>",
		"http://... https://○○ http://intranet/ file:///C:/a.txt about:blank mailto:", "*.exe *.com .net .jp foo..com -.com", "ファイル名:report.final.v2.pdf file.tar.gz", "ja_JP.UTF-8 2026-08-03T10:00:00.000Z", "1.2.3.256 999.1.1.1 1.2.3.4.5",
	} {
		if got := seenIn(in, true); got != "" {
			t.Errorf("in %q was seen %s", in, got)
		}
	}
}

func TestCalendarText(t *testing.T) {
	in := "BEGIN:VCALENDAR\nDESCRIPTION:Please see https://evil.example/aaaaaaaaaa\n bbbb?x=1\\n\\nThank you\\, all\nLOCATION:https://evil.example/c\\,d\nEND:VCALENDAR\n"
	if got, want := seenIn(in, true), "url https://evil.example/aaaaaaaaaabbbb?x=1 | url https://evil.example/c,d"; got != want {
		t.Errorf("in an invitation was seen %s; want %s", got, want)
	}
}
