package sanitize

import (
	"strings"
	"testing"
)

// hostileTexts are pieces of which a text is made to keep the search for quoted
// mails busy.
var hostileTexts = map[string]string{
	"From lines":             "From: a\n",
	"From lines, address":    "From: a@example.net\n",
	"headers without end":    "From: a@example.net,\nTo: b@example.net,\n x@example.net\n",
	"headers, labels cycle":  "From: a\nTo: b\nCc: c\nDate: d\n",
	"subject, then labels":   "Subject: x\nx\nx\nTo:\n",
	"recipients":             "To: a@example.net,\nb@example.net,\nc@example.net,\n",
	"unknown fields":         "Subject: x\nX-A: y\n",
	"separators":             "-----Original Message-----\n",
	"forward separators":     "---------- Forwarded message ---------\n\n",
	"forwarded by":           "Forwarded by a\n",
	"becky":                  "----------------------- Original Message -----------------------\nFrom: a@example.net\nSubject: b\n",
	"ends":                   "--- Original Message Ends ---\n",
	"lines":                  "________________________________\n",
	"dashes":                 "-- -\n",
	"empty":                  "\n",
	"marks":                  "> \n",
	"deep marks":             strings.Repeat("> ", 50) + "x\n",
	"wrote":                  "On 1 May 2026 a <a@example.net> wrote:\n",
	"nearly wrote":           "On 1 May 2026 a <a@example.net\n",
	"yahoo":                  "----- Forwarded Message ----- From: a@example.netTo: bTo: cSubject\n",
	"Japanese labels":        "差出人：　あ\n",
	"Japanese, nothing else": "あいうえお：\n",
}

// TestInlineLinear counts the lines that the search looks at: twice the text
// may cost twice as many looks, never more.
func TestInlineLinear(t *testing.T) {
	for name, piece := range hostileTexts {
		looks := func(size int) int {
			q := &quoteText{text: strings.Repeat(piece, size/len(piece)+1)}
			q.findQuoted()
			q.own()
			q.findIntroduced()
			return q.examined
		}
		const size = 200 << 10
		one, two := looks(size), looks(2*size)
		lines := size / len(piece) * strings.Count(piece, "\n")
		if two > 2*one+2000 {
			t.Errorf("%s: %d lines looked at in %d bytes, %d in twice as many; want linear growth", name, one, size, two)
		}
		if one > 100*lines {
			t.Errorf("%s: %d looks at %d lines; want at most 100 for each", name, one, lines)
		}
	}
}

// TestInlineHostile reads whole reports made of such pieces, in both forms.
func TestInlineHostile(t *testing.T) {
	texts := map[string]string{
		"100,000 marks":      strings.Repeat("> ", 100_000) + "From: a@example.net\n",
		"one long line":      "From: " + strings.Repeat("a", 2<<20) + "\nSubject: b\nDate: c\n",
		"long Yahoo header":  "----- Forwarded Message ----- From: " + strings.Repeat("a@example.netTo:", 400) + "Subject: x\n",
		"NUL and bad UTF-8":  "-----Original Message-----\nFrom: \x00<a@example.net>\xff\nSubject: \xe3\x81\n\nx",
		"brackets":           "-----Original Message-----\nFrom: " + strings.Repeat("[(<mailto:a@b", 2000) + "\nSubject: x\n\ny",
		"no body":            "---------- Forwarded message ---------\nFrom: a@example.net\nSubject: x",
		"nothing but a mark": "---------- Forwarded message ---------",
	}
	for name, piece := range hostileTexts {
		texts[name] = strings.Repeat(piece, (1<<20)/len(piece))
	}
	for name, text := range texts {
		for _, kind := range []string{"text/plain", "text/html"} {
			if kind == "text/html" {
				text = strings.ReplaceAll(text, "\n", "<br>")
			}
			u := Unpack([]byte("From: taro@member.example\nSubject: Fwd: x\nContent-Type: "+kind+"; charset=utf-8\n\n"+text), Limits{})
			if len(u.Originals) == 0 && len(u.Problems) == 0 {
				t.Errorf("%s as %s: neither an original nor a problem", name, kind)
			}
		}
	}
	for _, page := range []string{"<div class=gmail_quote>", "<blockquote>", "</blockquote>", "</div>", "<pre>", "<hr>", "<a href=mailto:a@b>x", "<p style=border-top:solid>", "<br>", "a<br>"} {
		text, lines := pageLines(strings.Repeat(page, (1<<20)/len(page)), 1<<20)
		if len(lines.starts) != len(lines.places) || len(lines.starts) != len(lines.depths) || len(text) > 1<<20+len(pageRule)+1 {
			t.Errorf("a page of %q: %d lines, %d places, %d depths, %d bytes", page, len(lines.starts), len(lines.places), len(lines.depths), len(text))
		}
	}
}

// BenchmarkInline searches an ordinary mail in HTML, of 21 KB, in which nothing
// is quoted: what every attached original costs in vain.
func BenchmarkInline(b *testing.B) {
	row := "<tr><td style=\"padding:0;color:#333\"><p>Dear customer, your order 4711 has been sent.</p><a href=\"https://shop.example.net/o?id=4711\">Track: it</a>&nbsp;</td></tr>\n"
	page := "<html><body><table>" + strings.Repeat(row, (21<<10)/len(row)) + "</table></body></html>"
	b.SetBytes(int64(len(page)))
	for b.Loop() {
		text, lines := pageLines(page, 1<<20)
		q := &quoteText{text: text, page: lines}
		if _, ok := q.findQuoted(); ok {
			b.Fatal("found a quoted mail")
		}
		q.own()
	}
}
