package qr

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
	"github.com/makiuchi-d/gozxing/qrcode/encoder"
)

// encode makes a code out of a text; true is a dark module.
func encode(t testing.TB, text string, hints map[gozxing.EncodeHintType]interface{}) [][]bool {
	t.Helper()
	code, err := encoder.Encoder_encode(text, decoder.ErrorCorrectionLevel_M, hints)
	if err != nil {
		t.Fatalf("encoding %q: %v", text, err)
	}
	m := code.GetMatrix()
	rows := make([][]bool, m.GetHeight())
	for y := range rows {
		rows[y] = make([]bool, m.GetWidth())
		for x := range rows[y] {
			rows[y][x] = m.Get(x, y) == 1
		}
	}
	return rows
}

// paint draws a code with a border of so many modules.
func paint(code [][]bool, module, border int, dark, light color.Color) *image.NRGBA {
	n := len(code) + 2*border
	m := image.NewNRGBA(image.Rect(0, 0, n*module, n*module))
	for y := range n * module {
		for x := range n * module {
			r, c := y/module-border, x/module-border
			if r >= 0 && c >= 0 && r < len(code) && c < len(code) && code[r][c] {
				m.Set(x, y, dark)
			} else {
				m.Set(x, y, light)
			}
		}
	}
	return m
}

var black, white = color.Gray{0}, color.Gray{255}

// remap makes a picture of w by h whose pixel x, y is that of m at where(x, y).
func remap(m *image.NRGBA, w, h int, where func(x, y float64) (float64, float64)) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			fx, fy := where(float64(x)+0.5, float64(y)+0.5)
			p := image.Pt(int(math.Floor(fx)), int(math.Floor(fy)))
			if p.In(m.Rect) {
				out.Set(x, y, m.At(p.X, p.Y))
			} else {
				out.Set(x, y, white)
			}
		}
	}
	return out
}

func rotate(m *image.NRGBA, degrees float64) *image.NRGBA {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	n := float64(m.Rect.Dx())
	side := n * (math.Abs(sin) + math.Abs(cos))
	return remap(m, int(side), int(side), func(x, y float64) (float64, float64) {
		x, y = x-side/2, y-side/2
		return x*cos + y*sin + n/2, -x*sin + y*cos + n/2
	})
}

// each makes a picture of m with every pixel's brightness changed.
func each(m *image.NRGBA, f func(x, y int, v float64) float64) *image.NRGBA {
	out := image.NewNRGBA(m.Rect)
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			v := color.GrayModel.Convert(m.At(x, y)).(color.Gray).Y
			out.Set(x, y, color.Gray{uint8(min(max(f(x, y, float64(v)), 0), 255))})
		}
	}
	return out
}

func blurred(m *image.NRGBA, r int) *image.NRGBA {
	p := layersOf(m).gray.blur(r)
	return each(m, func(x, y int, _ float64) float64 { return float64(p.pix[y*p.w+x]) })
}

func noise(m *image.NRGBA, sigma float64) *image.NRGBA {
	r := rand.New(rand.NewSource(1))
	return each(m, func(x, y int, v float64) float64 { return v + r.NormFloat64()*sigma })
}

// place puts m at x, y of a page.
func place(page, m *image.NRGBA, x, y int) {
	for dy := range m.Rect.Dy() {
		for dx := range m.Rect.Dx() {
			page.Set(x+dx, y+dy, m.At(dx, dy))
		}
	}
}

func blank(w, h int, c color.Color) *image.NRGBA {
	return each(image.NewNRGBA(image.Rect(0, 0, w, h)), func(int, int, float64) float64 {
		return float64(color.GrayModel.Convert(c).(color.Gray).Y)
	})
}

// scribble is a page full of strokes like text.
func scribble(w, h int) *image.NRGBA {
	r := rand.New(rand.NewSource(2))
	m := blank(w, h, white)
	for y := 20; y+16 < h; y += 24 {
		for x := 20; x+12 < w; x += 11 {
			if r.Intn(6) == 0 {
				continue
			}
			for range 4 {
				x0, y0, dx, dy := x+r.Intn(8), y+r.Intn(12), r.Intn(3)-1, r.Intn(3)-1
				for range 7 {
					m.Set(x0, y0, black)
					m.Set(x0+1, y0, black)
					x0, y0 = x0+dx, y0+dy
				}
			}
		}
	}
	return m
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatalf("encoding a PNG: %v", err)
	}
	return b.Bytes()
}

func jpegOf(t testing.TB, m image.Image, quality int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatalf("encoding a JPEG: %v", err)
	}
	return b.Bytes()
}
