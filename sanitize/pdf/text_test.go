package pdf

import (
	"fmt"
	"strings"
	"testing"
)

// shownBy is a page with the fonts and the content.
func shownBy(fonts, content string, more ...string) []byte {
	return file("", append([]string{
		"<< /Type /Page /Resources << /Font << " + fonts + " >> >> /Contents 2 0 R >>",
		stream("/Filter /FlateDecode", deflated(content)),
	}, more...)...)
}

// Whether pieces are one word, two words or two lines, only their places say.
func TestPiecesOfText(t *testing.T) {
	const u = "https://evil.example/"
	letters, overprinted, shuffled := "", "", ""
	x := 72.0
	var placed []string
	for _, c := range u {
		placed = append(placed, fmt.Sprintf("1 0 0 1 %g 700 Tm (%c) Tj ", x, c))
		overprinted += fmt.Sprintf("1 0 0 1 %g 700 Tm (%c) Tj 1 0 0 1 %g 700 Tm (%c) Tj ", x, c, x+0.2, c)
		x += helvetica[c-' '] / 1000 * 12
	}
	letters = strings.Join(placed, "")
	for i := range placed {
		shuffled += placed[(i*13+5)%len(placed)]
	}
	const f = "/F1 12 Tf "
	for _, c := range []struct{ name, content, want string }{
		{"one string", f + "(" + u + ") Tj", u},
		{"kerning", f + "[(https://ev) 20 (il.exam) -40 (ple/)] TJ", u},
		{"a gap in a string", f + "[(see) -300 (" + u + ") -278 (now)] TJ", "see " + u + " now"},
		{"letters placed one by one", f + letters, u},
		{"letters printed twice", f + overprinted, u},
		{"letters in any order", f + shuffled, u},
		{"pieces of a line", f + "72 700 Td (https://) Tj 36.02 0 Td (evil.example/) Tj", u},
		{"each piece by itself", f + "1 0 0 1 72 700 Tm (https://) Tj ET Q q BT " + f + "1 0 0 1 108.02 700 Tm (evil.example/) Tj", u},
		{"words", f + "72 700 Td (see) Tj 22 0 Td (" + u + ") Tj", "see " + u},
		{"lines", f + "14 TL 72 700 Td (" + u + ") Tj T* (next) Tj (third) '  0 0 (fourth) \"", u + "\nnext\nthird\nfourth"},
		{"lines by TD", f + "0 -14 TD (a) Tj T* (b) Tj", "a\nb"},
		{"a small font made large", "/F1 1 Tf 12 0 0 12 72 700 Tm (https:) Tj 2.45 0 Td (//x) Tj 9 0 Td (y) Tj", "https://x y"},
		{"a page turned over", "Q 1 0 0 -1 0 800 cm BT /F1 12 Tf 1 0 0 -1 72 100 Tm (" + u + ") Tj 1 0 0 -1 72 114 Tm (next) Tj", u + "\nnext"},
		{"letter-spacing", f + "4 Tc (" + u + ") Tj", u},
		{"word spacing", f + "9 Tw (a " + u + " b) Tj", "a " + u + " b"},
		{"narrow type", f + "50 Tz 72 700 Td (https://) Tj 18.01 0 Td (evil.example/) Tj", u},
		{"a superscript", f + "(evil) Tj 5 Ts 1 0 0 1 17.4 4 Tm (2) Tj", "evil2"},
		{"blanks as glyphs", f + "(a) Tj ( ) Tj (b) Tj", "a b"},
		{"escapes", f + "(\\(\\150ttps:\\057/x\\)) Tj", "(https://x)"},
	} {
		got := Read(shownBy("/F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>", "q BT "+c.content+" ET Q"), Limits{}).Text
		// What is shuffled is told in both orders.
		if got != c.want && !strings.HasSuffix(got, "\n"+c.want) {
			t.Errorf("%s: text %q, want %q", c.name, got, c.want)
		}
	}
}

func TestFonts(t *testing.T) {
	toUnicode := stream("/Filter /FlateDecode", deflated(`/CIDInit /ProcSet findresource begin begincmap
1 begincodespacerange <0000> <ffff> endcodespacerange
2 beginbfrange <0001> <001a> <0061> <0020> <0021> [<003a> <002f>] endbfrange
2 beginbfchar <0030> <65e5672c> <0031> <d83dde00> endbfchar endcmap`))
	oneByte := stream("", "1 begincodespacerange <00> <ff> endcodespacerange 1 beginbfchar <41> <0068> endbfchar")
	for _, c := range []struct{ name, font, shown, want, more string }{
		{"WinAnsi", "<< /Subtype /Type1 /Encoding /WinAnsiEncoding >>", "(caf\\351 \\200)", "café €", ""},
		{"MacRoman", "<< /Subtype /TrueType /Encoding /MacRomanEncoding >>", "(caf\\216)", "café", ""},
		{"differences", "<< /Subtype /Type1 /Encoding << /BaseEncoding /WinAnsiEncoding /Differences [1 /h /t /p.alt /uni0073 /colon 10 /slash /f_i /u1F600] >> >>",
			"(\\001\\002\\002\\003\\004\\005\\012\\012\\013\\014)", "https://fi😀", ""},
		{"a map for Identity", "<< /Subtype /Type0 /Encoding /Identity-H /ToUnicode 3 0 R >>", "<000800140014001000200021002100300031>", "http://日本😀", toUnicode},
		{"a map of single bytes, and the encoding for the rest", "<< /Subtype /TrueType /Encoding /WinAnsiEncoding /ToUnicode 3 0 R >>", "(Attp)", "http", oneByte},
		{"Shift_JIS", "<< /Subtype /Type0 /Encoding /90ms-RKSJ-H >>", "<93fa967b68747470>", "日本http", ""},
		{"Shift_JIS, upright", "<< /Subtype /Type0 /Encoding /90ms-RKSJ-V >>", "<93fa967b>", "日本", ""},
		{"UTF-16", "<< /Subtype /Type0 /Encoding /UniJIS-UTF16-H >>", "<65e5672cd83dde000068>", "日本😀h", ""},
		{"UCS-2", "<< /Subtype /Type0 /Encoding /UniGB-UCS2-H >>", "<65e50068>", "日h", ""},
		{"EUC", "<< /Subtype /Type0 /Encoding /EUC-H >>", "<c6fccbdc68>", "日本h", ""},
		{"JIS", "<< /Subtype /Type0 /Encoding /H >>", "<467c4b5c>", "日本", ""},
		{"GBK", "<< /Subtype /Type0 /Encoding /GBK-EUC-H >>", "<c8d568>", "日h", ""},
		{"Big5", "<< /Subtype /Type0 /Encoding /ETen-B5-H >>", "<a4e968>", "日h", ""},
		{"Korean", "<< /Subtype /Type0 /Encoding /KSCms-UHC-H >>", "<c7d168>", "한h", ""},
		{"glyph numbers of a known collection", "<< /Subtype /Type0 /Encoding /Identity-H /DescendantFonts [<< /CIDSystemInfo << /Ordering (Japan1) >> >>] >>",
			"<00490055005500510118>", "httpQ", ""},
		{"glyph numbers of nothing known", "<< /Subtype /Type0 /Encoding /Identity-H >>", "<00490055>", "", ""},
		{"a map of its own", "<< /Subtype /Type0 /Encoding 4 0 R /ToUnicode 3 0 R >>", "<4141>", "hh", oneByte},
	} {
		more := []string{"null", stream("", "1 begincodespacerange <00> <ff> endcodespacerange")}
		if c.more != "" {
			more[0] = c.more
		}
		f := Read(shownBy("/F1 "+c.font, "BT /F1 12 Tf "+c.shown+" Tj ET", more...), Limits{})
		if f.Text != c.want || (c.want == "") != (strings.Join(f.Notes, " ") == "unmapped-text") {
			t.Errorf("%s: text %q, notes %v; want %q", c.name, f.Text, f.Notes, c.want)
		}
	}
}

// The same name means another font on another page, and fonts are inherited.
func TestFontsOfPages(t *testing.T) {
	font := func(to string) string {
		return "<< /Subtype /Type1 /Encoding << /Differences [65 /" + to + "] >> >>"
	}
	content := stream("", "BT /F1 12 Tf (A) Tj ET")
	f := Read(file("",
		"<< /Type /Page /Resources << /Font << /F1 "+font("one")+" >> >> /Contents 4 0 R >>",
		"<< /Type /Pages /Resources << /Font << /F1 "+font("two")+" >> >> /Parent 2 0 R >>",
		"<< /Type /Page /Parent 2 0 R /Contents [5 0 R 6 0 R] >>",
		content,
		stream("", "BT /F1 12 Tf"), stream("", "(A) Tj ET"),
		stream("/Type /XObject /Subtype /Form /Resources << /Font << /F1 "+font("three")+" >> >>", "BT /F1 12 Tf (A) Tj ET"),
		stream("", "BT /F1 12 Tf (A) Tj ET "),
	), Limits{})
	if want := "1\n2\n3\n1"; f.Text != want {
		t.Errorf("text %q, want %q", f.Text, want)
	}
}

// The widths of a font decide where a piece ends.
func TestWidths(t *testing.T) {
	for _, c := range []struct{ name, font, content, want string }{
		{"of a simple font", "<< /Subtype /TrueType /FirstChar 97 /LastChar 98 /Widths [2000 2000] >>", "(ab) Tj 40 0 Td (a) Tj 30 0 Td (b) Tj", "aba b"},
		{"of a composite font", "<< /Subtype /Type0 /Encoding /Identity-H /ToUnicode 3 0 R /DescendantFonts [<< /DW 500 /W [97 [2000] 98 99 3000] >>] >>",
			"<00610062> Tj 50 0 Td <0061> Tj 30 0 Td <0063> Tj", "aba c"},
		{"of glyphs drawn by the file", "<< /Subtype /Type3 /FontMatrix [0.01 0 0 0.01 0 0] /FirstChar 97 /Widths [200] >>", "(a) Tj 20 0 Td (a) Tj 30 0 Td (a) Tj", "aa a"},
	} {
		f := Read(shownBy("/F1 "+c.font, "BT /F1 10 Tf "+c.content+" ET", stream("", "1 beginbfrange <0061> <0063> <0061> endbfrange")), Limits{})
		if f.Text != c.want {
			t.Errorf("widths %s: text %q, want %q", c.name, f.Text, c.want)
		}
	}
}
