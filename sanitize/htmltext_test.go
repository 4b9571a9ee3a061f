package sanitize

import (
	"strings"
	"testing"
)

func TestHTMLText(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"hello <b>big</b>\n world", "hello big world"},
		{"<p>one</p><p>two</p>", "one\n\ntwo"},
		{"<div>one<br>two</div><div>three</div>", "one\ntwo\nthree"},
		{"<style>x{}</style><script>alert('<p>')</script><title>t</title>a", "a"},
		{"<table><tr><td>差出人:</td><td>山田</td></tr><tr><td>件名:</td><td>x</td></tr></table>", "差出人: 山田\n件名: x"},
		{"&lt;a@example.com&gt; &amp;&nbsp;x", "<a@example.com> & x"},
		{"<pre>a\n  b</pre>c", "a\nb\nc"},
		{"<!-- no -->yes<!", "yes"},
		{"a<br><br><br><br>b", "a\n\n\nb"},
		{strings.Repeat("<div>", 2000) + "deep", "deep"},
		{"", ""},
	} {
		if got := htmlText(c.in, 1<<20); got != c.want {
			t.Errorf("htmlText(%.80q) = %q; want %q", c.in, got, c.want)
		}
	}
	if got := htmlText(strings.Repeat("あ", 1000), 100); len(got) > 102 {
		t.Errorf("htmlText of 3,000 bytes with a limit of 100 = %d bytes", len(got))
	}
	page := "<p>mine</p><hr><p>From: x</p><p>body &amp; more</p>"
	text, offsets := htmlLines(page, 1000)
	for i, line := range strings.Split(text, "\n") {
		if line != "" && !strings.HasPrefix(page[offsets[i]:], line[:4]) {
			t.Errorf("line %d, %q, is said to come from %q", i, line, page[offsets[i]:])
		}
	}
}
