package sanitize

import (
	"strings"
	"testing"
)

func TestShownPage(t *testing.T) {
	for _, c := range []struct{ name, page, want string }{
		{"a link's target", `<p>Click <a href="https://evil.example/x">your bank</a> now</p>`, "Click your bank [https://evil.example/x] now"},
		{"hidden by style", `<p>Seen<span style="display: none">not <b>seen</b></span> again</p>`, "Seen [hidden: not seen] again"},
		{"hidden by size", `a<div style="FONT-SIZE:0px">b</div>c`, "a\n[hidden: b]\nc"},
		{"small is not hidden", `a<div style="font-size:0.9em">b</div>c`, "a\nb\nc"},
		{"hidden in hidden", `<div hidden>a<i hidden>b</i>c</div>d`, "[hidden: abc]\nd"},
		{"a picture", `<img alt="bank logo" src="x.png">Hello`, "[bank logo]Hello"},
		{"a script", `a<script>var x = "<p>b</p>"</script>c`, "ac"},
		{"hidden to the end", `a<span hidden>b`, "a [hidden: b]"},
		{"no target", `<a href="#top">up</a>`, "up"},
	} {
		if got := strings.TrimSpace(shownPage(c.page, 1<<20)); got != c.want {
			t.Errorf("%s: shownPage(%q) = %q, want %q", c.name, c.page, got, c.want)
		}
	}
}

// A text that says one thing and a page that says another are an attack on
// whoever judges by one of them.
func TestTextAndPageDiffer(t *testing.T) {
	mail := func(text, page string) []byte {
		return []byte("From: a@evil.example\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n" + text +
			"\n--b\nContent-Type: text/html; charset=utf-8\n\n" + page + "\n--b--\n")
	}
	poem := strings.Repeat("When the wind is in the east it is neither good for man nor beast. ", 3)
	bank := strings.Repeat("<p>お客様の口座が停止されました。下記のリンクよりご確認ください。</p>", 5)
	for _, c := range []struct {
		name, text, page string
		want             bool
	}{
		{"the same", poem, "<p>" + poem + "</p>", false},
		{"a note only", "This mail needs a client that shows HTML.", bank, false},
		{"different", poem, bank, true},
	} {
		_, problems := Sanitize(Original{Raw: mail(c.text, c.page)}, Policy{})
		told := false
		for _, p := range problems {
			told = told || p.Code == ProblemDiffers
		}
		if told != c.want {
			t.Errorf("%s: said to differ: %v, want %v (%v)", c.name, told, c.want, problems)
		}
	}
}
