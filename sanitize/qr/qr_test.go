package qr

import (
	"image"
	"image/color"
	"slices"
	"testing"

	"github.com/makiuchi-d/gozxing"
)

const link = "https://login.evil.example/a?id=0123456789"

// One code, made hard to read in the ways that senders use and cameras cause.
func TestRead(t *testing.T) {
	code := encode(t, link, nil)
	plain := paint(code, 8, 4, black, white)
	n := float64(plain.Rect.Dx())
	flip := func(part func(x, y int) bool) *image.NRGBA {
		return each(plain, func(x, y int, v float64) float64 {
			if part(x, y) {
				return 255 - v
			}
			return v
		})
	}
	page := scribble(1400, 2000)
	place(page, paint(code, 2, 4, black, white), 300, 1500)
	big := scribble(2500, 3500)
	place(big, paint(code, 3, 4, black, white), 1900, 3000)
	hidden := image.NewNRGBA(plain.Rect) // black on black, but for the transparency
	for i := range plain.Pix {
		if i%4 == 3 {
			hidden.Pix[i] = 255 - plain.Pix[i-1]
		}
	}
	whiteInk := image.NewNRGBA(plain.Rect)
	for i := range plain.Pix {
		whiteInk.Pix[i] = 255
		if i%4 == 3 {
			whiteInk.Pix[i] = 255 - plain.Pix[i-1]
		}
	}
	for _, c := range []struct {
		name    string
		picture image.Image
	}{
		{"plain", plain},
		{"one pixel a module", paint(code, 1, 4, black, white)},
		{"one pixel a module, no border", paint(code, 1, 0, black, white)},
		{"two pixels a module", paint(code, 2, 4, black, white)},
		{"three pixels a module", paint(code, 3, 1, black, white)},
		{"forty pixels a module", paint(code, 40, 4, black, white)},
		{"no border", paint(code, 8, 0, black, white)},
		{"inverted", paint(code, 8, 4, white, black)},
		{"inverted without border", paint(code, 8, 0, white, black)},
		{"low contrast", paint(code, 8, 4, color.Gray{120}, color.Gray{132})},
		{"white on nearly white", paint(code, 8, 4, color.Gray{247}, color.Gray{255})},
		{"low contrast under a shade", each(plain, func(x, y int, v float64) float64 { return 40 + v/16 + float64(x+y)/4 })},
		{"red on green", paint(code, 8, 4, color.NRGBA{200, 0, 0, 255}, color.NRGBA{0, 102, 0, 255})},
		{"blue on black", paint(code, 8, 4, color.NRGBA{0, 0, 60, 255}, black)},
		{"yellow on white", paint(code, 8, 4, color.NRGBA{255, 255, 140, 255}, white)},
		{"transparency only", hidden},
		{"white ink", whiteInk},
		{"transparent paper", paint(code, 8, 4, black, color.NRGBA{})},
		{"premultiplied", func() image.Image {
			m := image.NewRGBA(plain.Rect)
			for y := range plain.Rect.Dy() {
				for x := range plain.Rect.Dx() {
					m.Set(x, y, color.NRGBA{plain.NRGBAAt(x, y).R, 0, 0, 128})
				}
			}
			return m
		}()},
		{"sixteen bits", func() image.Image {
			m := image.NewGray16(plain.Rect)
			for y := range plain.Rect.Dy() {
				for x := range plain.Rect.Dx() {
					m.Set(x, y, plain.At(x, y))
				}
			}
			return m
		}()},
		{"turned by 3", rotate(plain, 3)},
		{"turned by 15", rotate(plain, 15)},
		{"turned by 30", rotate(plain, 30)},
		{"turned by 45", rotate(plain, 45)},
		{"turned by 77", rotate(plain, 77)},
		{"turned by 90", rotate(plain, 90)},
		{"turned by 180", rotate(plain, 180)},
		{"turned by 200, small", rotate(paint(code, 4, 4, black, white), 200)},
		{"mirrored", remap(plain, int(n), int(n), func(x, y float64) (float64, float64) { return n - x, y })},
		{"stretched", remap(plain, int(n*1.4), int(n), func(x, y float64) (float64, float64) { return x / 1.4, y })},
		{"sheared", remap(plain, int(n*1.3), int(n), func(x, y float64) (float64, float64) { return x - y*0.25, y })},
		{"seen from below", remap(plain, int(n), int(n), func(x, y float64) (float64, float64) {
			w := 0.75 + 0.25*y/n
			return n/2 + (x-n/2)/w, n * (1 - (1-y/n)/w)
		})},
		{"pulled at a corner", remap(plain, int(n), int(n), func(x, y float64) (float64, float64) {
			return x + 0.12*y*x/n, y - 0.08*x + 0.1*x*y/n
		})},
		{"blurred", blurred(plain, 3)},
		{"badly blurred", blurred(plain, 5)},
		{"blurred, small", blurred(paint(code, 3, 4, black, white), 1)},
		{"noisy", noise(plain, 40)},
		{"very noisy", noise(plain, 90)},
		{"noisy and blurred", blurred(noise(plain, 60), 2)},
		{"right half inverted", flip(func(x, _ int) bool { return x >= int(n)/2 })},
		{"lower half inverted", flip(func(_, y int) bool { return y >= int(n)/2 })},
		{"two quarters inverted", flip(func(x, y int) bool { return (x >= int(n)/2) != (y >= int(n)/2) })},
		{"a corner of a page", page},
		{"a corner of a large page", big},
	} {
		texts, problems := Read(pngOf(t, c.picture), Limits{})
		if !slices.Equal(texts, []string{link}) || len(problems) != 0 {
			t.Errorf("%s: Read = %q, problems %v; want %q", c.name, texts, problems, link)
		}
	}
	for _, quality := range []int{90, 30, 10} {
		if texts, _ := Read(jpegOf(t, paint(code, 4, 4, black, white), quality), Limits{}); !slices.Equal(texts, []string{link}) {
			t.Errorf("JPEG of quality %d: Read = %q; want %q", quality, texts, link)
		}
	}
}

// Texts come as UTF-8 whatever the code has them in.
func TestReadCharset(t *testing.T) {
	for _, c := range []struct{ text, charset string }{
		{"ログイン https://u.example/あ", "UTF-8"},
		{"ログイン https://u.example/あいう", "Shift_JIS"},
		{"会員様専用", "Shift_JIS"}, // Kanji mode
		{"https://u.example/é", "ISO-8859-1"},
		{"HTTPS://U.EXAMPLE/ABC", "UTF-8"}, // alphanumeric mode
		{"0123456789", "UTF-8"},            // numeric mode
	} {
		hints := map[gozxing.EncodeHintType]interface{}{gozxing.EncodeHintType_CHARACTER_SET: c.charset}
		picture := pngOf(t, paint(encode(t, c.text, hints), 4, 4, black, white))
		if texts, problems := Read(picture, Limits{}); !slices.Equal(texts, []string{c.text}) {
			t.Errorf("%s in %s: Read = %q, %v; want %q", c.text, c.charset, texts, problems, c.text)
		}
	}
}

// A code of every size must be read, the largest has 177 modules a side.
func TestReadVersions(t *testing.T) {
	for v := 1; v <= 40; v++ {
		hints := map[gozxing.EncodeHintType]interface{}{gozxing.EncodeHintType_QR_VERSION: v}
		code := encode(t, "https://v.jp", hints)
		if len(code) != 17+4*v {
			t.Fatalf("version %d has %d modules; want %d", v, len(code), 17+4*v)
		}
		for _, m := range []*image.NRGBA{paint(code, 3, 4, black, white), rotate(paint(code, 4, 4, black, white), 10)} {
			if texts, _ := Read(pngOf(t, m), Limits{}); !slices.Equal(texts, []string{"https://v.jp"}) {
				t.Errorf("version %d, %d pixels wide: Read = %q; want one text", v, m.Rect.Dx(), texts)
			}
		}
	}
}

// All codes of a picture, also of different sizes and polarities side by side.
func TestReadSeveral(t *testing.T) {
	want := []string{"https://a.example", "https://b.example", "https://c.example", "https://d.example", "https://e.example/with/a/longer/path"}
	page := scribble(1200, 1600)
	place(page, paint(encode(t, want[0], nil), 4, 4, black, white), 50, 60)
	place(page, paint(encode(t, want[1], nil), 4, 4, black, white), 400, 60)
	place(page, paint(encode(t, want[2], nil), 7, 4, white, black), 800, 60)
	place(page, paint(encode(t, want[3], nil), 2, 4, black, white), 100, 1000)
	place(page, rotate(paint(encode(t, want[4], nil), 6, 4, black, white), 20), 600, 900)
	texts, problems := Read(pngOf(t, page), Limits{})
	slices.Sort(texts)
	if !slices.Equal(texts, want) || len(problems) != 0 {
		t.Errorf("page of five codes: Read = %q, %v; want %q", texts, problems, want)
	}
}

func TestStructuredAppend(t *testing.T) {
	s := newSearch(1)
	s.found = []decoded{{"c", 2<<4 | 2, 7}, {"a", 0<<4 | 2, 7}, {"alone", -1, 0}, {"b", 1<<4 | 2, 7}, {"half", 0<<4 | 1, 9}}
	if got, want := s.texts(), []string{"abc", "alone", "half"}; !slices.Equal(got, want) {
		t.Errorf("texts of a code in three parts, one alone, one with a part missing = %q; want %q", got, want)
	}
}

func TestReadGray(t *testing.T) {
	p := layersOf(paint(encode(t, link, nil), 3, 4, black, white)).gray
	if texts := ReadGray(p.image(), Limits{}); !slices.Equal(texts, []string{link}) {
		t.Errorf("ReadGray = %q; want %q", texts, link)
	}
	if texts := ReadGray(p.image(), Limits{Pixels: 100}); texts != nil {
		t.Errorf("ReadGray of a picture above the limit = %q; want none", texts)
	}
	part := p.image().SubImage(image.Rect(2, 2, p.w, p.h)).(*image.Gray)
	if texts := ReadGray(part, Limits{}); !slices.Equal(texts, []string{link}) {
		t.Errorf("ReadGray of a part of a picture = %q; want %q", texts, link)
	}
	if texts := ReadGray(image.NewGray(image.Rectangle{}), Limits{}); texts != nil {
		t.Errorf("ReadGray of nothing = %q; want none", texts)
	}
}

// A code cut in two, whose halves lie among other pictures.
func TestReadJoined(t *testing.T) {
	whole := paint(encode(t, link, nil), 8, 4, black, white)
	w, h := whole.Rect.Dx(), whole.Rect.Dy()
	cut := func(r image.Rectangle) []byte { return pngOf(t, whole.SubImage(r)) }
	logo := pngOf(t, scribble(200, 80))
	own := pngOf(t, paint(encode(t, "https://other.example", nil), 8, 4, black, white))
	left, right := cut(image.Rect(0, 0, w/2-5, h)), cut(image.Rect(w/2-5, 0, w, h))
	upper, lower := cut(image.Rect(0, 0, w, h/3)), cut(image.Rect(0, h/3, w, h))
	for name, pictures := range map[string][][]byte{
		"side by side":      {logo, left, right, own},
		"the other way":     {right, left},
		"with one between":  {left, logo, right},
		"stacked":           {own, upper, lower, logo},
		"stacked, reversed": {lower, upper},
	} {
		if texts := ReadJoined(pictures, Limits{}); !slices.Equal(texts, []string{link}) {
			t.Errorf("%s: ReadJoined = %q; want %q", name, texts, link)
		}
	}
	if texts := ReadJoined([][]byte{own, logo, []byte("text")}, Limits{}); texts != nil {
		t.Errorf("ReadJoined of whole pictures = %q; want none", texts)
	}
}
