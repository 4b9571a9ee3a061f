package sanitize

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Texts that are made to cost much must cost no more than their length. The bound
// is some twenty times what is measured, for slow machines and the race detector.
func TestHostileTextsTakeLinearTime(t *testing.T) {
	if testing.Short() {
		t.Log("timing is not measured with -short")
		return
	}
	const size = 1 << 20
	policy := Policy{Registry: testRegistry, Limits: Limits{LineBytes: size}}
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	var urls, addresses strings.Builder
	for i := 0; urls.Len() < size; i++ {
		fmt.Fprintf(&urls, "http://h%d.evil.example/%s?a=%d%%25%%34%%30 ", i, strings.Repeat("aGVsbG8/", 20), i)
	}
	for i := 0; addresses.Len() < size; i++ {
		fmt.Fprintf(&addresses, "a%d@evil.example,", i)
	}
	for name, body := range map[string]string{
		"schemes": fill("http://"), "schemes without hosts": fill("http://%%/"), "colons": fill("://"), "at signs": fill("@"), "one address": fill("a") + "@",
		"angle brackets": fill("<http://a.b\n"), "www": fill("www."), "dots": fill("a."), "brackets": fill("[.]("), "hex": fill("0123456789abcdef"),
		"zero width": fill("\u200b"), "combining": fill("e\u0301"), "full width": fill("ｈｔｔｐ：／／ａ．ｊｐ／"), "many URLs": urls.String(), "many addresses": addresses.String(),
		"tags": fill("<a href=http://a.example/>"), "open tags": fill("<a "), "comments": fill("<!--<a>"), "style": fill("<style>url("), "one long URL": "http://evil.example/" + fill("%25"),
	} {
		for _, kind := range []string{"plain", "html"} {
			raw := "From: a@evil.example\r\nTo: b@member.example\r\nContent-Type: text/" + kind + "; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + body
			start := time.Now()
			o := Original{Raw: []byte(raw)}
			policy.Learned = Learn(Unpacked{Outer: &Part{}, Originals: []Original{o}})
			Sanitize(o, policy)
			if d := time.Since(start); d > 20*time.Second {
				t.Errorf("%s as %s: 1 MiB takes %v", name, kind, d)
			} else if d > time.Second {
				t.Logf("%s as %s: 1 MiB takes %v", name, kind, d)
			}
		}
	}
}
