package sanitize

import (
	"fmt"
	"strings"
	"testing"
)

// nestedParts is n multiparts in one another, each with an end or without.
func nestedParts(n int, ended bool) string {
	var b, ends strings.Builder
	b.WriteString("From: a@evil.example\n")
	for i := range n {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
	}
	b.WriteString("Content-Type: text/plain\n\nhttps://evil.example/deep\n")
	if ended {
		for i := n - 1; i >= 0; i-- {
			fmt.Fprintf(&ends, "--b%d--\n", i)
		}
	}
	return b.String() + ends.String()
}

// Mails that are made to cost much cost no more than their length: of each shape
// one is read that is four times as long as another, and the work is counted.
func TestWorkIsLinear(t *testing.T) {
	head := "From: a@evil.example\nContent-Type: "
	shapes := map[string]struct {
		n    int
		mail func(n int) string
	}{
		"nested multiparts":             {1000, func(n int) string { return nestedParts(n, true) }},
		"nested multiparts without end": {1000, func(n int) string { return nestedParts(n, false) }},
		"empty parts": {75_000, func(n int) string {
			return head + "multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\n", n) + "--b--\n"
		}},
		"a long header":      {250_000, func(n int) string { return "X: " + strings.Repeat("a b c d\n ", n) + "\n\nx" }},
		"many header fields": {250_000, func(n int) string { return strings.Repeat("X-A: b\n", n) + "\n\nx" }},
		"nested divs": {150, func(n int) string {
			return head + "text/html\n\n" + strings.Repeat("<div>", n) + "<a href=https://evil.example/>x</a>"
		}},
		"one long line":        {2_500_000, func(n int) string { return head + "text/plain\n\n" + strings.Repeat("a", n) }},
		"a long line of dots":  {500_000, func(n int) string { return head + "text/plain\n\n" + strings.Repeat("a.", n) }},
		"mails in one another": {500, func(n int) string { return strings.Repeat(head+"message/rfc822\n\n", n) + "x" }},
		"delimiters that are none": {100_000, func(n int) string {
			return head + "multipart/mixed; boundary=b\n\n--b\n\n" + strings.Repeat("--bx\n", n)
		}},
		"boundaries inside lines": {50_000, func(n int) string {
			return head + "multipart/mixed; boundary=boundary42\n\n--boundary42\n\n" + strings.Repeat("x --boundary42 y\n", n)
		}},
		"parts inside a text": {20_000, func(n int) string {
			return head + "text/plain\n\n" + strings.Repeat("Content-Type: text/html\n\nx\n\n", n)
		}},
		"parts in the preamble": {20_000, func(n int) string {
			return head + "multipart/mixed; boundary=b\n\n" + strings.Repeat("Content-Type: text/html\n\nx\n\n", n) + "--b\n\nx\n--b--\n"
		}},
		"uuencode that never ends": {50_000, func(n int) string { return head + "text/plain\n\n" + strings.Repeat("begin 644 a\n#0V%T\n", n) }},
		"base64 in short runs": {20_000, func(n int) string {
			return head + "multipart/mixed\n\n" + strings.Repeat("QUJDREVGR0hJSktMTU5PUFFSU1RVVldY\n!\n", n)
		}},
		"CR alone":              {500_000, func(n int) string { return head + "text/plain\n\n" + strings.Repeat("a\r", n) }},
		"bare CR in the header": {500_000, func(n int) string { return "X: a\r" + strings.Repeat("b\r", n) + "\n\nx" }},
		"candidates for the boundary": {20_000, func(n int) string {
			return head + "multipart/mixed; boundary=a,b;c=\"" + strings.Repeat("x", 100) + "\n\n" + strings.Repeat("--a\n\n--b\n\n", n)
		}},
		"names in a part's fields": {20, func(n int) string {
			return head + "application/x; name=" + strings.Repeat("name=\"=?a(b;", n*100) + "\n\nx"
		}},
		"pieces of a name": {200, func(n int) string {
			v := head + "application/x"
			for i := range n {
				v += fmt.Sprintf(";\n name*%d=x", i)
			}
			return v + "\n\nx"
		}},
		"senders": {1000, func(n int) string {
			return "From: " + strings.Repeat("a@b (<\"", n) + "\n\nx"
		}},
		"misspelt fields": {10_000, func(n int) string {
			return strings.Repeat("Content(x)-Type (y: z\n From (\n", n) + "\nx"
		}},
		"begin without data": {100_000, func(n int) string { return head + "text/plain\n\n" + strings.Repeat("begin BEGIN\nBEGIN begin\n", n) }},
		"yEnc without end":   {50_000, func(n int) string { return head + "text/plain\n\n" + strings.Repeat("=ybegin name=x\n", n) }},
		"BinHex without end": {50_000, func(n int) string {
			return head + "text/plain\n\n" + strings.Repeat("(This file must be converted with BinHex\n", n)
		}},
		"begin-base64 without end": {50_000, func(n int) string {
			return head + "text/plain\n\n" + strings.Repeat("begin-base64 644 x\nQUJDREVG\n", n)
		}},
		"odd soft breaks": {500_000, func(n int) string {
			return head + "text/plain\nContent-Transfer-Encoding: quoted-printable\n\n" + strings.Repeat("=x=  ==\r", n/4)
		}},
		"broken base64": {50_000, func(n int) string {
			return head + "application/zip\nContent-Transfer-Encoding: base64\n\n" + strings.Repeat("QUJD=!-_+\n", n)
		}},
		"boundaries in what is no multipart": {20_000, func(n int) string {
			return head + "application/x; boundary=b\n\n" + strings.Repeat("--b\n\nx\n", n)
		}},
		"soft breaks": {500_000, func(n int) string {
			return head + "text/html\nContent-Transfer-Encoding: quoted-printable\n\n" + strings.Repeat("=\n", n)
		}},
	}
	for name, s := range shapes {
		t.Run(name, func(t *testing.T) {
			work := func(n int) (bytes, size int) {
				raw := []byte(s.mail(n))
				examined = func(n int) { bytes += n }
				defer func() { examined = nil }()
				root, problems := Read(raw, Limits{})
				parts := 0
				root.Walk(func(*Part) { parts++ })
				if most := DefaultLimits().Parts + maxRuns + 10; parts > most {
					t.Errorf("%d parts were read, more than %d", parts, most)
				}
				if len(problems) > maxProblems {
					t.Errorf("%d problems are told", len(problems))
				}
				return bytes, len(raw)
			}
			small, _ := work(s.n)
			large, size := work(4 * s.n)
			if large > 5*small+size {
				t.Errorf("four times the length costs %d bytes of work instead of %d", large, small)
			}
			if large > 60*size {
				t.Errorf("each byte is looked at %d times", large/size)
			}
		})
	}
}
