package sanitize

import (
	"strings"
	"testing"
	"time"
)

// Texts that begin many indicators and end none cost no more than their length.
// The bound is some fifty times what is measured.
func TestObservingTakesLinearTime(t *testing.T) {
	if testing.Short() {
		t.Log("timing is not measured with -short")
		return
	}
	const size = 256 << 10
	for _, piece := range []string{
		"[[.", "((dot", "a。b", "a_dot_b", "h: //a.b ", "<http://a.b/&gt;", "> <http://a.example/x\n", "http://a.b/,http://", "http://a.b,http://", "_//a.co", "//[a.b", `http:\\a.b\`, "a@b=c@", "【.",
		"www.a.b,", "www.あ。", "http://あ", "a.example(", "1.2.3.4 ", "BEGIN:VCALENDAR\n \\n", "> http://a.example/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
		"<noembed>", "<xmp><", "<!--<!--", "<base href=//a.b><a href=x>", "<a href=zz:http://a.example>", "<set to=';;;;;;'>", "<a style='/*'>", "<a href='data:text/html,<a'>",
	} {
		s := strings.Repeat(piece, size/len(piece))
		start := time.Now()
		newObservables(DefaultLimits()).text(s, place{where: "test", wraps: true})
		newObservables(DefaultLimits()).html(s, place{where: "test"}, 0)
		if d := time.Since(start); d > 20*time.Second {
			t.Errorf("%d KiB of %q take %v", size>>10, piece, d)
		}
	}
}
