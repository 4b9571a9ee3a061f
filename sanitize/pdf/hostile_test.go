package pdf

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// What is made to cost much costs no more than the limits say, and is told.
func TestHostileFiles(t *testing.T) {
	junk := make([]byte, 10<<20)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range junk {
		junk[i] = byte(random.Uint32())
	}
	copy(junk, "%PDF-1.4\n")
	var fonts, pages strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&fonts, "/F%d 1 0 R ", i)
	}
	for range 20_000 {
		pages.WriteString("2 0 R ")
	}
	many := func(s string, n int) string { return strings.Repeat(s, n) }
	for _, c := range []struct {
		name     string
		b        []byte
		problems string
	}{
		{"nothing", nil, ""},
		{"a header", []byte("%PDF-1.4"), ""},
		{"junk", junk, "*"},
		{"junk of words", []byte("%PDF-1.4\n" + many("1 0 obj << stream endobj ", 400_000)), "*"},
		{"objects without end", []byte("%PDF-1.4\n" + many("1 0 obj [ ", 1_000_000)), "limit"},
		{"strings without end", []byte("%PDF-1.4\n" + many("1 0 obj (", 1_000_000)), "limit"},
		{"strings in one another", []byte("%PDF-1.4\n" + many("1 0 obj (", 400_000) + many(")", 400_000)), "limit"},
		{"streams without end", []byte("%PDF-1.4\n" + many("1 0 obj <<>> stream\n", 400_000)), "*"},
		{"streams with one end", []byte("%PDF-1.4\n" + many("1 0 obj <<>> stream\n", 400_000) + "endstream"), "*"},
		{"hexadecimal without end", []byte("%PDF-1.4\n" + many("1 0 obj <", 400_000)), "*"},
		{"comments", []byte("%PDF-1.4\n" + many("1 0 obj %", 400_000)), "limit"},
		{"blanks", []byte("%PDF-1.4\n" + many("1 0"+many(" ", 200)+"obj", 50_000)), ""},
		{"deep arrays", []byte("%PDF-1.4\n1 0 obj " + many("[", 1_000_000)), ""},
		{"deep dictionaries", []byte("%PDF-1.4\n1 0 obj " + many("<</A ", 300_000)), ""},
		{"many keys", []byte("%PDF-1.4\n1 0 obj <<" + many("/A/B", 400_000)), ""},
		{"tables", []byte("%PDF-1.4\n" + many("xref 0 1000000 ", 200_000)), ""},
		{"a table of one place", withTable(file("", "("+many("x", 1_000_000)), make([]int, 50_000)...), ""},
		{"trailers", []byte("%PDF-1.4\n" + many("trailer <<", 200_000)), "*"},
		{"references in a ring", file("/Encrypt 1 0 R", "2 0 R", "1 0 R"), ""},
		{"pages in a ring", file("", "<< /Type /Page /Parent 2 0 R /Contents 1 0 R >>", "<< /Type /Pages /Parent 1 0 R /Kids [1 0 R 2 0 R] >>"), ""},
		{"a stream in a ring", file("", "<< /Type /ObjStm /N 1 /First 4 /Length 1 0 R >>\nstream\n1 0 1 0 R\nendstream"), ""},
		{"colours in a ring", file("", stream("/Subtype /Image /Width 21 /Height 21 /ColorSpace 2 0 R", many("x", 500)), "[/Indexed 2 0 R 1 <00>]"), ""},
		{"a table of colours that is its own picture", file("", stream("/Subtype /Image /Width 21 /Height 21 /ColorSpace [/Indexed /DeviceRGB 255 1 0 R]", many("x", 500))), ""},
		{"a bomb in a bomb", file("", stream("/Type /ObjStm /N 1 /First 4 /Filter [/Fl /Fl]", deflated(deflated(many("\x00", 100<<20))))), "limit"},
		{"an LZW bomb", file("", stream("/Filter [/Fl /LZW]", deflated(packLZW(many("a", 6000), 1)+many("\xff", 50<<20)))), "*"},
		{"a run of runs", file("", stream("/Filter [/Fl /RL /RL]", deflated(many("\x81\x81", 8<<20)))), "limit"},
		{"many bombs", file("", strings.Split(strings.TrimSuffix(many(stream("/Filter /Fl", deflated(many(" ", 4<<20)))+"|", 40), "|"), "|")...), "limit"},
		{"numbers out of range", file("", "<< /Type /ObjStm /N 99999999999 /First -5 >>\nstream\nx\nendstream", stream("/Subtype /Image /Width 1e30 /Height 8 /BitsPerComponent 99", "x")), "*"},
		{"a wide predictor", file("", stream("/Filter /Fl /DecodeParms << /Predictor 12 /Columns 1048576 /Colors 64 /BitsPerComponent 16 >>", deflated("x"))), ""},
		{"pictures larger than their samples", file("", strings.Split(strings.TrimSuffix(many(stream("/Subtype /Image /Width 5000 /Height 5000 /BitsPerComponent 1", many("x", 700*11))+"|", 30), "|"), "|")...), "picture"},
		{"inline pictures", file("", stream("", many("BI /W 9 ID EIEIEI ", 50_000))), ""},
		{"small squares", file("", stream("", many("1 0 0 1 re f ", 200_000))), "limit"},
		{"large squares", file("", stream("", many("0 0 3 3 re ", 100)+many("0 0 90 600 re f ", 20_000))), ""},
		{"long edges", file("", stream("", many("0 0 m 80 80 l 3 0 l h ", 90_000)+" f")), ""},
		{"states", file("", stream("", many("q ", 500_000)+many("Q ", 500_000))), ""},
		{"matrices", file("", stream("", many("9 9 9 9 9 9 cm ", 50_000)+"0 0 1 1 re f BT (x) Tj ET")), ""},
		{"many fonts on many pages", file("", "<< /Subtype /Type1 >>", "<< /Type /Page /Contents 3 0 R /Resources << /Font << "+fonts.String()+" >> >> >>",
			stream("", many("/F1 1 Tf (x) Tj /F2 1 Tf ", 20_000)), "<< /Kids ["+pages.String()+"] >>"), ""},
		{"fonts that everybody knows", []byte("%PDF-1.4\n1 0 obj << " + fonts.String() + " >> endobj\n" + many("2 0 obj << /Font 1 0 R >> endobj\n", 20_000) + "3 0 obj <<>> stream\n/F1 1 Tf (x) Tj\nendstream endobj"), ""},
		{"one content of many pages", append(file("", stream("", many("(x) Tj ", 100_000))), many("9 0 obj << /Type /Page /Contents 1 0 R >> endobj\n", 20_000)...), "*"},
		{"one page of one content often", file("", stream("", many("(x) Tj ", 500)), "<< /Type /Page /Contents ["+many("1 0 R ", 9000)+"] >>"), "*"},
		{"wide ranges of codes", shownBy("/F1 << /Subtype /Type0 /ToUnicode 3 0 R >>", "/F1 1 Tf <00> Tj", stream("", many("1 beginbfrange <0000> <ffff> <0000> endbfrange ", 5000))), "*"},
		{"wide ranges of widths", shownBy("/F1 << /Subtype /Type0 /DescendantFonts [<< /W ["+many("0 2000000000 1 ", 30_000)+"] >>] >>", "/F1 1 Tf <00> Tj"), ""},
		{"overlapping ranges of widths", shownBy("/F1 << /Subtype /Type0 /DescendantFonts [<< /W ["+many("0 60000 1 ", 30_000)+"] >>] >>", "/F1 1 Tf <00> Tj"), "limit"},
		{"large fills over a code", file("", stream("/Filter /Fl", deflated(numbered("%[1]d %[1]d 1 1 re f ", 400)+numbered("%d 0 1 1 re f ", 400)+numbered("0 %d 1 1 re f ", 400)+many("0 0 400 400 re f ", 100_000)))), "limit"},
		{"many pages of many empty contents", append(file("", stream("", ""), "["+many("1 0 R ", 10_000)+"]"), many("9 0 obj << /Type /Page /Contents 2 0 R >> endobj\n", 20_000)...), "limit"},
		{"resources that everybody has", []byte("%PDF-1.4\n1 0 obj << /Font << " + fonts.String() + " >> >> endobj\n" + many("2 0 obj << /Resources 1 0 R >> endobj\n", 20_000) + "3 0 obj <<>> stream\n/G 1 Tf (x) Tj\nendstream endobj"), ""},
		{"widths that everybody has", []byte("%PDF-1.4\n1 0 obj [ " + many("1 ", 90_000) + " ] endobj\n4 0 obj << /Font << /F << /Widths 1 0 R >> >> >> endobj " + many("2 0 obj << /Type /Page /Resources 4 0 R /Contents 3 0 R >> endobj\n", 20_000) + "3 0 obj <<>> stream\n/F 1 Tf (x) Tj\nendstream endobj"), "limit"},
		{"actions that everybody has", []byte("%PDF-1.4\n1 0 obj << " + fonts.String() + " >> endobj\n" + many("2 0 obj << /AA 1 0 R >> endobj\n", 20_000)), ""},
		{"a description that every trailer has", []byte("%PDF-1.4\n1 0 obj << " + strings.ReplaceAll(fonts.String(), "1 0 R", "(x)") + " >> endobj\n" + many("trailer << /Info 1 0 R >>\n", 1000)), "limit"},
		{"letters in any order", file("", stream("", "BT "+many("1 0 0 1 99 1 Tm (a) Tj 1 0 0 1 1 1 Tm (b) Tj ", 50_000))), "*"},
		{"a script of escapes", file("", "<< /JS ("+many(`\\`, 500_000)+many("String.fromCharCode(", 100_000)+many(`"+ `, 100_000)+") >>"), "*"},
		{"a form of brackets", file("", "<< /XFA 2 0 R >>", stream("", many("<script ", 400_000))), ""},
		{"a form of scripts", file("", "<< /XFA 2 0 R >>", stream("", many("<script>x", 200_000))), "limit"},
		{"many links", file("", "["+many("<< /URI (http://a.example/)>>", 10)+numbered("<< /URI (http://a.example/%d)>>", 2000)+"]"), "limit"},
		{"an empty lock", file("/Encrypt << /V 5 /R 6 /U <> /UE <> >>"), "encrypted"},
		{"a short user password", file("/Encrypt << /V 2 /R 3 /U (x) /O (y) >>"), "encrypted"},
		{"many locks", []byte(numbered("trailer << /Encrypt << /V 5 /R 6 /U ("+many("u", 47)+"%d) /UE ("+many("e", 32)+") /O ("+many("o", 48)+") /OE ("+many("e", 32)+") >> /ID [(%[1]d)] >>\n", 900)), "encrypted"},
	} {
		f := ReadWith(c.b, []string{"one", "two", "three"}, Limits{})
		if f.Decoded > 64<<20 {
			t.Errorf("%s: %d bytes decoded", c.name, f.Decoded)
		}
		if got := problems(f); c.problems != "*" && got != c.problems {
			t.Errorf("%s: problems %v, want %q", c.name, f.Problems, c.problems)
		}
	}
}

// numbered repeats a format with the numbers from 0 on.
func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// The work for twice the bytes is twice the work.
func TestWorkIsLinear(t *testing.T) {
	for name, piece := range map[string]string{
		"links":   "1 0 obj << /S /URI /URI (https://evil.example/) >> endobj\n",
		"strings": "1 0 obj (", "arrays": "1 0 obj [", "streams": "1 0 obj <<>> stream\n",
		"comments": "1 0 obj %", "tables": "xref 0 9 ", "trailers": "trailer <<",
	} {
		work := func(n int) int {
			b := bytes.Repeat([]byte(piece), n)
			r := newReader(b, Limits{})
			before := r.work
			r.read(nil)
			return before - r.work
		}
		one, two := work(2000), work(4000)
		if two > 2*one+one/2+1<<20 {
			t.Errorf("%s: %d bytes of work for 2,000 pieces, %d for 4,000", name, one, two)
		}
	}
}
