package pdf

import (
	"fmt"
	"image"
	"strings"
	"testing"
)

// module is a pattern of 21 by 21 that looks enough like a code.
func module(x, y int) bool {
	ring := func(cx, cy int) int { return max(abs(x-cx), abs(y-cy)) }
	for _, c := range [][2]int{{3, 3}, {17, 3}, {3, 17}} {
		if d := ring(c[0], c[1]); d <= 4 {
			return d != 2 && d != 4
		}
	}
	return (x*7+y*3+x*y)%5 < 2
}

// isPattern says where g does not show the modules, each size pixels, from left
// and top on.
func isPattern(g *image.Gray, left, top, size float64, inverted bool) error {
	for y := range 21 {
		for x := range 21 {
			at := image.Pt(int(left+(float64(x)+0.5)*size), int(top+(float64(y)+0.5)*size))
			if !at.In(g.Rect) {
				return fmt.Errorf("module %d, %d is outside of the picture %v", x, y, g.Rect)
			}
			if black := g.GrayAt(at.X, at.Y).Y < 128; black != (module(x, y) != inverted) {
				return fmt.Errorf("module %d, %d is black: %v", x, y, black)
			}
		}
	}
	return nil
}

// samplesOf are the pixels of the pattern, each as the bytes of one pixel or, with
// bits, as so many bits.
func samplesOf(black, white string, bits int) string {
	var out []byte
	for y := range 21 {
		var acc, n int
		for x := range 21 {
			c := white
			if module(x, y) {
				c = black
			}
			if bits == 0 {
				out = append(out, c...)
				continue
			}
			acc, n = acc<<bits|int(c[0]), n+bits
			if n == 8 {
				out = append(out, byte(acc))
				acc, n = 0, 0
			}
		}
		if n > 0 {
			out = append(out, byte(acc<<(8-n)))
		}
	}
	return string(out)
}

func TestPictures(t *testing.T) {
	for _, c := range []struct{ name, dict, data string }{
		{"one bit", "/ColorSpace /DeviceGray /BitsPerComponent 1", samplesOf("\x00", "\x01", 1)},
		{"one bit, inverted", "/ColorSpace /DeviceGray /BitsPerComponent 1 /Decode [1 0]", samplesOf("\x01", "\x00", 1)},
		{"a mask", "/ImageMask true", samplesOf("\x00", "\x01", 1)},
		{"a mask, inverted", "/ImageMask true /Decode [1 0]", samplesOf("\x01", "\x00", 1)},
		{"two bits", "/ColorSpace /DeviceGray /BitsPerComponent 2", samplesOf("\x00", "\x03", 2)},
		{"four bits", "/ColorSpace /CalGray /BitsPerComponent 4", samplesOf("\x01", "\x0e", 4)},
		{"eight bits", "/ColorSpace /DeviceGray /BitsPerComponent 8", samplesOf("\x10", "\xf0", 0)},
		{"sixteen bits", "/ColorSpace /DeviceGray /BitsPerComponent 16", samplesOf("\x10\xff", "\xf0\x00", 0)},
		{"three colours", "/ColorSpace /DeviceRGB /BitsPerComponent 8", samplesOf("\x40\x00\x40", "\xff\xf0\xe0", 0)},
		{"four inks", "/ColorSpace /DeviceCMYK /BitsPerComponent 8", samplesOf("\x00\x00\x00\xff", "\x00\x00\x10\x00", 0)},
		{"black of three inks", "/ColorSpace /DeviceCMYK /BitsPerComponent 8", samplesOf("\xff\xff\xff\x00", "\x00\x00\x00\x00", 0)},
		{"a profile", "/ColorSpace [/ICCBased 2 0 R] /BitsPerComponent 8", samplesOf("\x00\x00\x00", "\xff\xff\xff", 0)},
		{"a table of colours", "/ColorSpace [/Indexed /DeviceRGB 2 <ff00ff ffffff 000000>] /BitsPerComponent 4", samplesOf("\x02", "\x01", 4)},
		{"a table of colours in a stream", "/ColorSpace [/Indexed /DeviceGray 1 3 0 R] /BitsPerComponent 1", samplesOf("\x00", "\x01", 1)},
		{"one ink", "/ColorSpace [/Separation /Black /DeviceCMYK 2 0 R] /BitsPerComponent 8", samplesOf("\xff", "\x00", 0)},
	} {
		f := Read(file("",
			stream("/Type /XObject /Subtype /Image /Width 21 /Height 21 "+c.dict+" /Filter /FlateDecode", deflated(c.data)),
			stream("/N 3", ""), stream("", "\x10\xf0")), Limits{})
		if len(f.Images) != 1 || f.Images[0].Gray == nil {
			t.Errorf("%s: %d pictures, problems %v", c.name, len(f.Images), f.Problems)
			continue
		}
		if err := isPattern(f.Images[0].Gray, 0, 0, 1, false); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestOtherPictures(t *testing.T) {
	const side = "/Subtype /Image /Width 21 /Height 21 "
	for _, c := range []struct{ name, object, jpeg, problems string }{
		{"JPEG", stream(side+"/Filter /DCTDecode", "\xff\xd8 jpeg"), "\xff\xd8 jpeg", ""},
		{"JPEG, packed", stream(side+"/Filter [/FlateDecode /DCTDecode]", deflated("\xff\xd8 jpeg")), "\xff\xd8 jpeg", ""},
		{"JPEG 2000", stream(side+"/Filter /JPXDecode", "x"), "", "malformed"},
		{"JBIG2", stream(side+"/Filter /JBIG2Decode", "x"), "", "malformed"},
		{"a mixed fax", stream(side+"/Filter /CCITTFaxDecode /DecodeParms << /K 4 /Columns 21 >>", "x"), "", "malformed"},
		{"too large", stream("/Subtype /Image /Width 100000 /Height 100000", "x"), "", "picture"},
		{"a dot", stream("/Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8", "x"), "", ""},
		{"too few samples", stream(side+"/BitsPerComponent 8", "x"), "", ""},
	} {
		f := Read(file("", c.object), Limits{})
		jpeg := ""
		if len(f.Images) > 0 {
			jpeg = string(f.Images[0].JPEG)
		}
		if jpeg != c.jpeg || problems(f) != c.problems {
			t.Errorf("%s: JPEG %q, problems %v; want %q, %q", c.name, jpeg, f.Problems, c.jpeg, c.problems)
		}
	}
}

// Group 4 of CCITT: the first row is black from its sixth pixel to its tenth, the
// others are like it.
func TestFax(t *testing.T) {
	// Horizontal, five white, five black, then the rest white; then vertical three
	// times for each row.
	bits := "001" + "1100" + "0011" + "1" + strings.Repeat("111", 20) + "000000000001000000000001"
	var data []byte
	for len(bits)%8 != 0 {
		bits += "0"
	}
	for i := 0; i < len(bits); i += 8 {
		var b byte
		for _, c := range bits[i : i+8] {
			b = b<<1 | byte(c-'0')
		}
		data = append(data, b)
	}
	for name, black1 := range map[string]bool{"black is 0": false, "black is 1": true} {
		decode := ""
		if black1 {
			decode = "/Decode [1 0]"
		}
		f := Read(file("", stream(fmt.Sprintf("/Subtype /Image /Width 21 /Height 21 /ColorSpace /DeviceGray /BitsPerComponent 1 %s /Filter /CCITTFaxDecode /DecodeParms << /K -1 /Columns 21 /Rows 21 /BlackIs1 %v >>", decode, black1), string(data))), Limits{})
		if len(f.Images) != 1 {
			t.Errorf("%s: %d pictures, problems %v", name, len(f.Images), f.Problems)
			continue
		}
		for y := range 21 {
			for x := range 21 {
				want := byte(255)
				if x >= 5 && x < 10 {
					want = 0
				}
				if got := f.Images[0].Gray.GrayAt(x, y).Y; got != want {
					t.Fatalf("%s: pixel %d, %d is %d, want %d", name, x, y, got, want)
				}
			}
		}
	}
}

func TestInlinePictures(t *testing.T) {
	data := samplesOf("\x00", "\x01", 1)
	content := "q 21 0 0 21 0 0 cm BI /W 21 /H 21 /BPC 1 /CS /G ID " + data + "\nEI Q BT (behind) Tj ET"
	f := Read(file("", stream("", content)), Limits{})
	if len(f.Images) != 1 || f.Text != "behind" {
		t.Fatalf("%d pictures, text %q", len(f.Images), f.Text)
	}
	if err := isPattern(f.Images[0].Gray, 0, 0, 1, false); err != nil {
		t.Error(err)
	}
}

// A code drawn as squares is a picture, however the squares are drawn, and
// whatever else the page draws.
func TestDrawnCodes(t *testing.T) {
	each := func(format string, dark bool) string {
		var b strings.Builder
		for y := range 21 {
			for x := range 21 {
				if module(x, y) == dark {
					fmt.Fprintf(&b, format, 100+x*3, 500-y*3)
				}
			}
		}
		return b.String()
	}
	rows := func(write func(b *strings.Builder, x, y, n int)) string {
		var b strings.Builder
		for y := range 21 {
			for x := 0; x < 21; x++ {
				n := 0
				for x+n < 21 && module(x+n, y) {
					n++
				}
				if n > 0 {
					write(&b, 100+x*3, 500-y*3, n*3)
				}
				x += n
			}
		}
		return b.String()
	}
	around := "0.9 g 0 0 612 792 re f 0 g 50 700 500 1 re f 50 100 200 0.5 re f 0 0 1 rg 50 600 120 30 re f 0 g "
	for _, c := range []struct {
		name, content string
		inverted      bool
	}{
		{"squares", "0 g " + each("%d %d 3 3 re f\n", true), false},
		{"squares in one path", "0 0 0 rg " + each("%d %d 3 3 re\n", true) + "f", false},
		{"squares with other things", around + each("%d %d 3 3 re f\n", true), false},
		{"squares upside down", each("q -1 0 0 -1 %d %d cm -3 -3 3 3 re f Q\n", true), false},
		{"squares with negative sides", each("q 1 0 0 1 %d %d cm 3 3 -3 -3 re f Q\n", true), false},
		{"each in a place of its own", each("q 1 0 0 1 %d %d cm 0 0 3 3 re f Q\n", true), false},
		{"polygons", each("q 1 0 0 1 %d %d cm 0 0 m 3 0 l 3 3 l 0 3 l h f Q\n", true), false},
		{"round dots", each("q 1 0 0 1 %d %d cm 1.5 0 m 2.3 0 3 0.7 3 1.5 c 3 2.3 2.3 3 1.5 3 c 0.7 3 0 2.3 0 1.5 c 0 0.7 0.7 0 1.5 0 c h f Q\n", true), false},
		{"rows", rows(func(b *strings.Builder, x, y, n int) { fmt.Fprintf(b, "%d %d %d 3 re\n", x, y, n) }) + "f*", false},
		{"broad lines", "3 w " + rows(func(b *strings.Builder, x, y, n int) {
			fmt.Fprintf(b, "%d %g m %d %g l\n", x, float64(y)+1.5, x+n, float64(y)+1.5)
		}) + "S", false},
		{"light squares on a dark one", "0 g 100 440 63 63 re f 1 g " + each("%d %d 3 3 re f\n", false), false},
		{"a light code on a dark page", "0 g 0 0 612 792 re f 1 1 1 rg " + each("%d %d 3 3 re f\n", true), true},
		{"four inks", "0 0 0 1 k " + each("%d %d 3 3 re f\n", true), false},
	} {
		f := Read(file("", stream("/Filter /FlateDecode", deflated(c.content))), Limits{})
		if len(f.Images) != 1 || f.Images[0].Gray == nil {
			t.Errorf("%s: %d pictures, problems %v", c.name, len(f.Images), f.Problems)
			continue
		}
		g := f.Images[0].Gray
		size := float64(g.Rect.Dx()) / 29
		if err := isPattern(g, 4*size, 4*size, size, c.inverted); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// What is no code is no picture.
func TestDrawnOtherwise(t *testing.T) {
	var table, bars strings.Builder
	for i := range 40 {
		fmt.Fprintf(&table, "50 %d 500 0.5 re f 50 %d 0.5 18 re f 250 %d 0.5 18 re f\n", i*18, i*18, i*18)
		fmt.Fprintf(&bars, "%d 50 4 %d re f\n", 50+i*6, i*9)
	}
	for name, content := range map[string]string{"a table": table.String(), "a few": "0 0 3 3 re f 9 9 3 3 re f"} {
		if f := Read(file("", stream("", content)), Limits{}); len(f.Images) != 0 {
			t.Errorf("%s: %d pictures, the first %v", name, len(f.Images), f.Images[0].Gray.Rect)
		}
	}
}
