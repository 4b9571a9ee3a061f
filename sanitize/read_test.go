package sanitize

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// outline draws the parts of a mail: path, type, name, whether a file, text or
// body.
func outline(p *Part) string {
	var b strings.Builder
	p.Walk(func(c *Part) {
		fmt.Fprintf(&b, "%s %s", c.Path, c.MediaType)
		switch {
		case strings.HasPrefix(c.MediaType, "multipart/"):
		case c.Attachment:
			fmt.Fprintf(&b, " file %q %q", c.Name, c.Body)
		default:
			fmt.Fprintf(&b, " %q", c.Text)
		}
		b.WriteByte('\n')
	})
	return strings.TrimSpace(b.String())
}

func TestRead(t *testing.T) {
	const a, m, e = ProblemAmbiguous, ProblemMalformed, ProblemEncoding
	mixed := "Content-Type: multipart/mixed; boundary=b\n\n"
	for _, c := range []struct {
		name, raw, want string
		problems        []string
	}{
		{"plain", "Subject: x\n\nhello\r\n", `text/plain "hello\n"`, nil},
		{"empty header", "\nhello", `text/plain "hello"`, []string{m}},
		{"no header at all", "hello\nworld\n\nagain", "text/plain \"hello\\nworld\\n\\nagain\"", []string{m}},
		{"no empty line before the text", "Subject: x\nhello\nworld\n", "text/plain \"hello\\nworld\\n\"", []string{m}},
		{"part without a header", mixed + "--b\none\n--b--", "multipart/mixed\n1 text/plain \"one\"", []string{m}},
		{"mixed", mixed + "preamble\n--b\n\none\n--b\nContent-Type: text/html\n\ntwo\n--b--\nepilogue",
			"multipart/mixed\n1 text/plain \"one\"\n2 text/html \"two\"", nil},
		{"CRLF and blanks behind the boundary", strings.ReplaceAll(mixed+"--b  \n\none\n--b--\t\n", "\n", "\r\n"),
			"multipart/mixed\n1 text/plain \"one\"", nil},
		{"CR alone", strings.ReplaceAll(mixed+"--b\n\none\n--b--\n", "\n", "\r"), "multipart/mixed\n1 text/plain \"one\"", nil},
		{"nested", mixed + "--b\nContent-Type: multipart/alternative; boundary=b2\n\n--b2\n\none\n--b2\nContent-Type: text/html\n\ntwo\n--b2--\n--b\n\nthree\n--b--",
			"multipart/mixed\n1 multipart/alternative\n1.1 text/plain \"one\"\n1.2 text/html \"two\"\n2 text/plain \"three\"", nil},
		{"boundary that begins like another", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--bb\n\ntwo\n--b--",
			"multipart/mixed\n1 text/plain \"one\\n--bb\\n\\ntwo\"", nil},
		{"unterminated", mixed + "--b\n\none", "multipart/mixed\n1 text/plain \"one\"", []string{m}},
		{"no boundary named", "Content-Type: multipart/mixed\n\n--x\nContent-Type: text/html\n\none\n--x--\n", "multipart/mixed\n1 text/html \"one\"", []string{a}},
		{"empty boundary", "Content-Type: multipart/mixed; boundary=\"\"\n\n--x\nContent-Type: text/html\n\none\n--x--\n", "multipart/mixed\n1 text/html \"one\"", []string{a}},
		{"another boundary than the one named", "Content-Type: multipart/mixed; boundary=y\n\n--x\nContent-Type: text/html\n\none\n--x--\n", "multipart/mixed\n1 text/html \"one\"", []string{a}},
		{"nothing to split", "Content-Type: multipart/mixed; boundary=y\n\nhello", `text/plain "hello"`, []string{a}},
		{"two boundaries in one field", "Content-Type: multipart/mixed; boundary=x; boundary=y\n\n--x\n\none\n--y\n\ntwo\n--y--\n",
			"multipart/mixed\n1 text/plain \"one\"\n2 text/plain \"two\"", []string{a}},
		{"two types", "Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--", "multipart/mixed\n1 text/plain \"one\"", []string{a}},
		{"inner boundary is the outer one", mixed + "--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n--b\n\ntwo\n--b--",
			"multipart/mixed\n1 text/plain \"\"\n2 text/plain \"one\"\n3 text/plain \"two\"", []string{a}},
		{"part in the preamble", mixed + "Content-Type: text/html\n\nhidden\n--b\n\none\n--b--",
			"multipart/mixed\n" + `preamble text/html "hidden"` + "\n1 text/plain \"one\"", []string{a}},
		{"part in the epilogue", mixed + "--b\n\none\n--b--\nContent-Type: text/html\n\nhidden",
			"multipart/mixed\n1 text/plain \"one\"\n" + `epilogue text/html "hidden"`, []string{a}},
		{"text on the boundary's line", mixed + "--b Content-Type: text/html\n\none\n--b--", "multipart/mixed\n1 text/html \"one\"", []string{a}},
		{"multipart in base64", "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\nLS1iCgpvbmUKLS1iLS0K", "multipart/mixed\n1 text/plain \"one\"", []string{a}},
		{"multipart said to be in base64", "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n--b\n\none\n--b--", "multipart/mixed\n1 text/plain \"one\"", []string{a}},
		{"unknown transfer encoding", "Content-Transfer-Encoding: 8bit+\n\none", `text/plain "one"`, []string{a}},
		{"base64 cut off", "Content-Transfer-Encoding: base64\n\nSGVsbG8", `text/plain "Hello"`, []string{e}},
		{"unreadable type", "Content-Type: nonsense\n\none", `text/plain "one"`, []string{m}},
		{"digest", "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\ny\n--b--", "multipart/digest\n1 message/rfc822 file \"\" \"Subject: x\\n\\ny\"", nil},
		{"attached text", mixed + "--b\n\none\n--b\nContent-Type: text/plain; name=\"a.txt\"\nContent-Disposition: attachment\n\ntwo\n--b--",
			"multipart/mixed\n1 text/plain \"one\"\n2 text/plain file \"a.txt\" \"two\"", nil},
		{"text with a program's name", "Content-Type: text/plain; name=a.exe\n\nMZ", `text/plain file "a.exe" "MZ"`, nil},
		{"text with a text's name", "Content-Type: text/html; name=a.html\n\nhi", `text/html "hi"`, nil},
		{"program called inline", mixed + "--b\n\none\n--b\nContent-Type: application/x-msdownload\nContent-Disposition: inline; filename=a.exe\n\nMZ\n--b--",
			"multipart/mixed\n1 text/plain \"one\"\n2 application/x-msdownload file \"a.exe\" \"MZ\"", nil},
		{"two names", mixed + "--b\nContent-Type: application/pdf; name=a.pdf\nContent-Disposition: attachment; filename=a.exe\n\nMZ\n--b--",
			"multipart/mixed\n1 application/pdf file \"a.exe\" \"MZ\"", []string{a}},
		{"Shift_JIS", "Content-Type: text/plain; charset=Shift_JIS\n\n" + sjis(t, "請求書"), `text/plain "請求書"`, nil},
		{"ISO-2022-JP in base64", "Content-Type: text/plain; charset=ISO-2022-JP\nContent-Transfer-Encoding: base64\n\nGyRCRnxLXBsoQg==", `text/plain "日本"`, nil},
		{"wrong charset", "Content-Type: text/plain; charset=us-ascii\n\n日本", `text/plain "日本"`, []string{ProblemCharset}},
		{"charset in the page", "Content-Type: text/html\n\n<meta charset=\"shift_jis\">" + sjis(t, "請求"), `text/html "<meta charset=\"shift_jis\">請求"`, nil},
		{"flowed", "Content-Type: text/plain; format=flowed; delsp=yes\n\nhttps://www.exa \nmple.com/\n-- \nx", `text/plain "https://www.example.com/\n-- \nx"`, nil},
		{"encrypted", "Content-Type: multipart/encrypted; boundary=b\n\n--b\n\none\n--b--", "multipart/encrypted\n1 text/plain \"one\"", []string{ProblemEncrypted}},
		{"mail said to be in base64", mixed + "--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nFrom: a@example.com\nSubject: x\n\ny\n--b--",
			"multipart/mixed\n1 message/rfc822 file \"\" \"From: a@example.com\\nSubject: x\\n\\ny\"", []string{a}},
	} {
		p, problems := Read([]byte(c.raw), Limits{})
		if got := outline(p); got != c.want {
			t.Errorf("%s: Read =\n%s\nwant\n%s", c.name, got, c.want)
		}
		if got := codes(problems); !slices.Equal(got, c.problems) {
			t.Errorf("%s: problems %v; want %v (%+v)", c.name, got, c.problems, problems)
		}
		checkPart(t, c.name, p)
	}
}

func TestReadLimits(t *testing.T) {
	mixed := "Content-Type: multipart/mixed; boundary=b\n\n"
	for _, c := range []struct {
		name, raw string
		limits    Limits
		parts     int // read, the mail included
		text      int // bytes of text
	}{
		{"parts", mixed + strings.Repeat("--b\n\nx\n", 50) + "--b--", Limits{Parts: 10}, 10, 9},
		{"depth", nest(30), Limits{MultipartDepth: 3}, 4, 0},
		{"text", "\n" + "A: b\n\n" + strings.Repeat("あ", 100), Limits{TextBytes: 10}, 1, 9},
		{"decoded", "Content-Transfer-Encoding: base64\nContent-Type: application/pdf\n\n" + strings.Repeat("QUFB", 100), Limits{DecodedBytes: 10}, 1, 0},
		{"decoded text counts", mixed + strings.Repeat("--b\n\n1234567\n", 5) + "--b--", Limits{DecodedBytes: 20}, 6, 20},
		{"fields", strings.Repeat("A: b\n", 50) + "\nx", Limits{HeaderFields: 10}, 1, 1},
		{"header", strings.Repeat("A: b\n", 50) + "\nx", Limits{HeaderBytes: 100}, 1, 1},
		{"header of a part", mixed + "--b\n" + strings.Repeat("A: b\n", 50) + "\nx\n--b--", Limits{HeaderBytes: 100}, 2, 1},
		{"field", "A: " + strings.Repeat("b", 500) + "\n\nx", Limits{FieldBytes: 100}, 1, 1},
		{"folded field", "A: b\n" + strings.Repeat(" bbbbbbbbb\n", 50) + "\nx", Limits{FieldBytes: 100}, 1, 1},
	} {
		p, problems := Read([]byte(c.raw), c.limits)
		parts, text := 0, 0
		p.Walk(func(p *Part) { parts++; text += len(p.Text) })
		if parts != c.parts || text != c.text {
			t.Errorf("%s: %d parts, %d bytes of text; want %d, %d", c.name, parts, text, c.parts, c.text)
		}
		if !slices.Contains(codes(problems), ProblemLimit) {
			t.Errorf("%s: problems %+v; want %q", c.name, problems, ProblemLimit)
		}
	}
}

// nest makes n multiparts in one another, none of them ended.
func nest(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=n%dn\n\n--n%dn\n", i, i)
	}
	return b.String()
}

// TestReadPathological measures work, not time: what is read of a mail made to
// be slow is bounded by the limits, and told.
func TestReadPathological(t *testing.T) {
	mixed := "Content-Type: multipart/mixed; boundary=b\n\n"
	for _, c := range []struct{ name, raw string }{
		{"4,000 nested multiparts", nest(4000)},
		{"300,000 empty parts", mixed + strings.Repeat("--b\n", 300_000)},
		{"40 MB header", strings.Repeat("X-A: "+strings.Repeat("y", 75)+"\n", 500_000) + "\nx"},
		{"40 MB header line", "X-A: " + strings.Repeat("y", 40_000_000) + "\n\nx"},
		{"8 MB of CR", "A: " + strings.Repeat("\r", 8_000_000)},
		{"8 MB continuation", "A: b\n" + strings.Repeat(" \n", 4_000_000)},
		{"8 MB without an end of header", strings.Repeat("y", 8_000_000)},
	} {
		p, problems := Read([]byte(c.raw), Limits{})
		parts, fields := 0, 0
		p.Walk(func(p *Part) { parts++; fields += len(p.Header) })
		if parts > 500 || fields > 1000 {
			t.Errorf("%s: %d parts and %d fields were read", c.name, parts, fields)
		}
		if c.name[0] != '8' && !slices.Contains(codes(problems), ProblemLimit) {
			t.Errorf("%s: problems %+v; want %q", c.name, problems, ProblemLimit)
		}
		if len(problems) > maxProblems {
			t.Errorf("%s: %d problems", c.name, len(problems))
		}
	}
	// Small parsers on input that makes naive ones quadratic: each would take
	// minutes.
	const n = 1 << 20
	for name, s := range map[string]string{
		"=?": "=?", "=?u?q?": "=?u?q?", "<": "<", "(": "(", "\"": "\"", ",": ",", "a:": "a:", ";x=\"": ";x=\"", "+": "+", "--b": "--b",
		"<>": "<>", "=": "=", "From: a\n": "From: a\n", "-----": "-----", "> ": "> ", "\x1b$B": "\x1b$B", ";n*0=a": ";n*0=a",
		"\r\n--b\r\n": "\r\n--b\r\n", "a(": "a(", "\n=": "\n=", "<!--": "<!--", "<div>": "<div>", "cid:": "cid:",
	} {
		s = strings.Repeat(s, n/len(s)) + ">"
		decodeWords(s)
		ParseMailboxes(s)
		parseParams(s)
		decode([]byte(s), "utf-7")
		decode([]byte(s), "iso-2022-jp")
		for _, e := range []string{"base64", "quoted-printable", "uuencode"} {
			cteDecode([]byte("begin 6\n"+s), e, n)
		}
		findQuoted(s)
		htmlText(s, n)
		Unpack([]byte(mixed+"--b\n\n"+s), Limits{})
		if p, _ := Read([]byte(mixed+s), Limits{}); p == nil {
			t.Errorf("Read of a million times %q = nil", name)
		}
	}
}
