package rtf

import (
	"runtime"
	"strings"
	"testing"
)

func page() []byte {
	return []byte(outlookHead + strings.Repeat(`{\*\htmltag84 <p class="a">}\htmlrtf {\htmlrtf0 plain words and a few more of them \f3\'93\'fa\'96\'7b\f0 , then a link{\*\htmltag92 </p>}\htmlrtf\par}\htmlrtf0`+"\r\n", 2000) + "}")
}

func BenchmarkHTML(b *testing.B) {
	doc := page()
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		HTML(doc, 1<<30)
	}
}

func BenchmarkScan(b *testing.B) {
	doc := []byte(`{\rtf1{\object{\*\objdata ` + strings.Repeat("4d5a9000 ", 100_000) + `}}}`)
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		Scan(doc, Limits{})
	}
}

func BenchmarkDecompress(b *testing.B) {
	doc := page()[:40_000]
	packed := compress(doc)
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		if _, err := Decompress(packed, 1<<20); err != nil {
			b.Fatal(err)
		}
	}
}

// TestLinear reads shapes that make careless readers quadratic. What each costs
// is counted in allocated bytes for n and 4 n.
func TestLinear(t *testing.T) {
	for name, unit := range map[string]string{
		"escapes":       `\'93\'fa`,
		"unicode":       `\u26085?`,
		"surrogates":    `\u-10179?`,
		"fonts":         `{\fonttbl\f1\fcharset128}\f1\'93`,
		"groups":        `{\*\htmltag84 x}`,
		"open groups":   `{\*\htmltag84 x`,
		"open fields":   `{\field{\*\fldinst HYPERLINK "a" `,
		"results":       `{\field{\*\fldinst x{\field{\fldrslt `,
		"nested quotes": `{\*\fldinst QUOTE 65 66 67`,
		"quotes":        `{\*\fldinst " " " " \\l \\l}`,
		"dde":           `{\*\fldinst DDE a://b ://://}`,
		"objects":       `{\objdata 0105000002000000}`,
		"half bytes":    `{\objdata 0\bin3 abc}`,
		"binary lies":   `\bin99999999 `,
		"long word":     `a\aaaaaaaaaaaaaaaaaaaaaa`,
		"broken escape": `\'`,
	} {
		cost := func(n int) uint64 {
			doc := []byte(outlookHead + strings.Repeat(unit, n))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			HTML(doc, 1<<30)
			Text(doc, 1<<30)
			Scan(doc, Limits{})
			runtime.ReadMemStats(&after)
			return after.TotalAlloc - before.TotalAlloc
		}
		small, large := cost(20_000), cost(80_000)
		if large > 6*small+1<<20 {
			t.Errorf("%s: %d bytes allocated for 20,000 and %d for 80,000; want no more than linear growth", name, small, large)
		}
	}
}
