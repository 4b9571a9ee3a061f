package qr

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/png"
	"math/rand"
	"slices"
	"strings"
	"testing"
)

// bmpOf writes m as a bitmap of so many bits a pixel.
func bmpOf(m image.Image, depth int, core, topDown bool) []byte {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	stride := (w*depth + 31) / 32 * 4
	var palette []byte
	if depth <= 8 {
		for i := range 1 << depth {
			v := byte(i * 255 / (1<<depth - 1))
			palette = append(palette, v, v, v)
			if !core {
				palette = append(palette, 0)
			}
		}
	}
	size := 40
	if core {
		size = 12
	}
	le := binary.LittleEndian
	b := append([]byte("BM"), make([]byte, 12)...)
	le.PutUint32(b[10:], uint32(14+size+len(palette)))
	b = le.AppendUint32(b, uint32(size))
	if core {
		b = le.AppendUint16(b, uint16(w))
		b = le.AppendUint16(b, uint16(h))
	} else {
		b = le.AppendUint32(b, uint32(w))
		if topDown {
			b = le.AppendUint32(b, uint32(-h))
		} else {
			b = le.AppendUint32(b, uint32(h))
		}
	}
	b = le.AppendUint16(b, 1)
	b = le.AppendUint16(b, uint16(depth))
	b = append(b, make([]byte, size-(len(b)-14))...)
	b = append(b, palette...)
	for i := range h {
		y := h - 1 - i
		if topDown {
			y = i
		}
		row := make([]byte, stride)
		for x := range w {
			v := color.GrayModel.Convert(m.At(m.Bounds().Min.X+x, m.Bounds().Min.Y+y)).(color.Gray).Y
			switch depth {
			case 32, 24:
				copy(row[x*depth/8:], []byte{v, v, v})
			case 16:
				five := uint16(v >> 3)
				le.PutUint16(row[2*x:], five<<10|five<<5|five)
			default:
				row[x*depth/8] |= v >> (8 - depth) << (8 - depth - x*depth%8)
			}
		}
		b = append(b, row...)
	}
	return b
}

func TestReadBMP(t *testing.T) {
	m := paint(encode(t, link, nil), 3, 4, black, white)
	for _, depth := range []int{1, 4, 8, 16, 24, 32} {
		for _, shape := range []struct{ core, topDown bool }{{false, false}, {false, true}, {true, false}} {
			b := bmpOf(m, depth, shape.core, shape.topDown)
			if texts, problems := Read(b, Limits{}); !slices.Equal(texts, []string{link}) {
				t.Errorf("bitmap of %d bits, %+v: Read = %q, %v; want %q", depth, shape, texts, problems, link)
			}
			for _, n := range []int{17, 20, 30, 60, len(b) / 2, len(b) - 1} {
				if texts, problems := Read(b[:n], Limits{}); len(texts) > 0 || len(problems) == 0 {
					t.Errorf("bitmap of %d bits cut to %d bytes: Read = %q, %v; want a problem", depth, n, texts, problems)
				}
			}
		}
	}
}

// gifOf makes an animation.
func gifOf(t testing.TB, frames []image.Image, disposal byte) []byte {
	t.Helper()
	g := gif.GIF{}
	for _, f := range frames {
		p := image.NewPaletted(f.Bounds(), color.Palette{color.Black, color.White, color.Transparent})
		draw.Draw(p, p.Rect, f, f.Bounds().Min, draw.Src)
		g.Image, g.Delay, g.Disposal = append(g.Image, p), append(g.Delay, 10), append(g.Disposal, disposal)
	}
	g.Config = image.Config{Width: frames[0].Bounds().Dx(), Height: frames[0].Bounds().Dy()}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &g); err != nil {
		t.Fatalf("encoding a GIF: %v", err)
	}
	return b.Bytes()
}

// cutShort is b without its last fifth.
func cutShort(b []byte) []byte { return b[:len(b)*4/5] }

func TestReadGIF(t *testing.T) {
	m := paint(encode(t, link, nil), 4, 4, black, white)
	w, h := m.Rect.Dx(), m.Rect.Dy()
	empty := blank(w, h, white)
	left, right := m.SubImage(image.Rect(0, 0, w/2, h)), m.SubImage(image.Rect(w/2, 0, w, h))
	many := func(n int, last image.Image) []image.Image {
		return append(slices.Repeat([]image.Image{empty}, n-1), last)
	}
	for _, c := range []struct {
		name     string
		gif      []byte
		want     []string
		problems string
	}{
		{"one frame", gifOf(t, []image.Image{m}, gif.DisposalNone), []string{link}, ""},
		{"third frame", gifOf(t, many(3, m), gif.DisposalNone), []string{link}, ""},
		{"tenth frame", gifOf(t, many(10, m), gif.DisposalBackground), []string{link}, ""},
		{"eleventh frame", gifOf(t, many(11, m), gif.DisposalNone), nil, CodeLimit},
		{"drawn in two frames", gifOf(t, []image.Image{empty, left, right}, gif.DisposalNone), []string{link}, ""},
		{"cut after the first frame", cutShort(gifOf(t, []image.Image{m, static(w, h)}, gif.DisposalNone)), []string{link}, CodeMalformed},
	} {
		texts, problems := Read(c.gif, Limits{})
		codes := ""
		for _, p := range problems {
			codes += p.Code
		}
		if !slices.Equal(texts, c.want) || codes != c.problems {
			t.Errorf("%s (%d bytes): Read = %q, %v; want %q, problem %q", c.name, len(c.gif), texts, problems, c.want, c.problems)
		}
	}
	// Frames count by the canvas they are drawn on.
	if texts, problems := Read(gifOf(t, many(9, m), gif.DisposalNone), Limits{Pixels: 5 * w * h}); texts != nil || len(problems) != 1 || problems[0].Code != CodeLimit {
		t.Errorf("ninth frame with pixels for five: Read = %q, %v; want a limit", texts, problems)
	}
}

// An animated WebP, made of the corpus's still one.
func TestReadWebP(t *testing.T) {
	still := corpus(t)["a.webp"]
	if still == nil {
		t.Skip("KAIRAN_CORPUS is not set")
	}
	const size = "\x27\x01\x00\x27\x01\x00" // 296 by 296, less one
	frame := "\x00\x00\x00\x00\x00\x00" + size + "\x00\x00\x00\x00" + string(still[12:])
	body := "WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00" + size + "ANIM\x06\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	for range 3 {
		body += "ANMF" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(frame)))) + frame
	}
	file := "RIFF" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(body)))) + body
	for _, c := range []struct {
		limits   Limits
		problems int
	}{{Limits{}, 0}, {Limits{Frames: 2}, 1}, {Limits{Pixels: 296*296 + 1}, 2}} {
		texts, problems := Read([]byte(file), c.limits)
		if len(texts) != 1 || len(problems) != c.problems {
			t.Errorf("animation of three frames with %+v: Read = %q, %v; want one text and %d problems", c.limits, texts, problems, c.problems)
		}
	}
}

// What a header declares is refused before a pixel is made.
func TestReadTooLarge(t *testing.T) {
	header := []byte("\x00\x00\x00\x0dIHDR\x00\x00\xff\xff\x00\x00\xff\xff\x08\x02\x00\x00\x00")
	bomb := append([]byte("\x89PNG\r\n\x1a\n"), header...)
	bomb = binary.BigEndian.AppendUint32(bomb, crc32.ChecksumIEEE(header[4:]))
	bmp := bmpOf(blank(10, 10, white), 24, false, false)
	binary.LittleEndian.PutUint32(bmp[18:], 1<<30)
	binary.LittleEndian.PutUint32(bmp[22:], 1<<30)
	anim := gifOf(t, []image.Image{blank(10, 10, white)}, 0)
	binary.LittleEndian.PutUint16(anim[6:], 65535)
	binary.LittleEndian.PutUint16(anim[8:], 65535)
	for name, b := range map[string][]byte{
		"PNG": bomb, "BMP": bmp, "GIF": anim,
		"JPEG": []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xc0\x00\x0b\x08\xff\xff\xff\xff\x01\x01\x11\x00"),
		"WebP": []byte("RIFF\x16\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\xff\x7f\x00\xff\x7f\x00"),
	} {
		texts, problems := Read(b, Limits{})
		if texts != nil || len(problems) != 1 || problems[0].Code != CodeLimit {
			t.Errorf("%s of some gigapixels: Read = %q, %v; want the limit", name, texts, problems)
		}
	}
}

func TestReadNoPicture(t *testing.T) {
	for name, c := range map[string]struct{ b, code string }{
		"nothing":       {"", CodeUnsupported},
		"text":          {"hello", CodeUnsupported},
		"TIFF":          {"II*\x00\x08\x00\x00\x00", CodeUnsupported},
		"PNG magic":     {"\x89PNG\r\n\x1a\n", CodeMalformed},
		"JPEG magic":    {"\xff\xd8\xff", CodeMalformed},
		"GIF magic":     {"GIF89a", CodeMalformed},
		"WebP magic":    {"RIFF\x00\x00\x00\x00WEBP", CodeMalformed},
		"BMP magic":     {"BM" + strings.Repeat("\x00", 12) + "\x28\x00\x00\x00", CodeMalformed},
		"a mail of BMs": {"BM, please note that this is text", CodeUnsupported},
	} {
		texts, problems := Read([]byte(c.b), Limits{})
		if texts != nil || len(problems) != 1 || problems[0].Code != c.code {
			t.Errorf("%s: Read = %q, %v; want the problem %q", name, texts, problems, c.code)
		}
		if got := IsPicture([]byte(c.b)); got != (c.code != CodeUnsupported) {
			t.Errorf("%s: IsPicture = %v", name, got)
		}
	}
}

// static is a picture of w by h pixels of random colours.
func static(w, h int) *image.NRGBA {
	r := rand.New(rand.NewSource(3))
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	r.Read(m.Pix)
	for i := 3; i < len(m.Pix); i += 4 {
		m.Pix[i] = 255
	}
	return m
}

// finders is a page full of corner squares, which belong to no code.
func finders(w, h, module int) *image.NRGBA {
	m := blank(w, h, white)
	for y := range h {
		for x := range w {
			cx, cy := x/module%9-3, y/module%9-3
			if ring := max(cx, -cx, cy, -cy); ring == 3 || ring <= 1 {
				m.Set(x, y, black)
			}
		}
	}
	return m
}

// The work done on a picture without a code is bounded, whatever is in it. The
// sizes are those where a reader that combines every three corners would need
// hours.
func TestReadBounded(t *testing.T) {
	for name, m := range map[string]image.Image{
		"static": static(1000, 1000), "one pixel finders": finders(1500, 1500, 1), "large finders": finders(2000, 2000, 8), "text": scribble(2000, 2000),
		"blank": blank(2000, 2000, white), "dots": each(blank(1000, 1000, white), func(x, y int, _ float64) float64 { return float64((x + y) % 2 * 255) }),
	} {
		b := pngOf(t, m)
		l := Limits{}.orDefault()
		s := newSearch(l.Work)
		frames, _ := decodePicture(b, l, s.budget)
		for _, f := range frames {
			s.picture(f)
		}
		if len(s.found) != 0 {
			t.Errorf("%s: found %v; want nothing", name, s.found)
		}
		t.Logf("%s: %d million of %d million spent", name, (l.Work-s.budget.left)/1_000_000, l.Work/1_000_000)
	}
	// The largest photograph is read to the end within the limit.
	s := newSearch(defaultWork - 8*defaultPixels) // less what decoding it took
	s.picture(static(5000, 5000))
	if s.budget.spent() {
		t.Errorf("a photograph of 25 million pixels took more than %d million of work", defaultWork/1_000_000)
	}
	// A little work finds nothing and says so.
	texts, problems := Read(pngOf(t, paint(encode(t, link, nil), 8, 4, black, white)), Limits{Work: 1_000_000})
	if texts != nil || len(problems) != 1 || problems[0].Code != CodeLimit {
		t.Errorf("with hardly any work: Read = %q, %v; want the limit", texts, problems)
	}
}

// A progressive JPEG of many scans costs little to send and much to read.
func TestReadManyScans(t *testing.T) {
	b := jpegOf(t, blank(2000, 2000, white), 50)
	b = append(b, bytes.Repeat([]byte("\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"), 500)...)
	if texts, problems := Read(b, Limits{}); texts != nil || len(problems) != 1 || problems[0].Code != CodeLimit {
		t.Errorf("JPEG of 501 scans: Read = %q, %v; want the limit", texts, problems)
	}
}

// FuzzRead: no bytes may make a reader panic, and texts are UTF-8.
func FuzzRead(f *testing.F) {
	m := paint(encode(f, link, nil), 2, 2, black, white)
	f.Add(pngOf(f, m))
	f.Add(jpegOf(f, m, 50))
	f.Add(gifOf(f, []image.Image{m, m}, gif.DisposalPrevious))
	for _, depth := range []int{1, 8, 16, 24} {
		f.Add(bmpOf(m, depth, depth == 8, false))
	}
	f.Add([]byte("RIFF\x16\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00\x07\x00\x00\x07\x00\x00ANMF\x10\x00\x00\x00"))
	for _, b := range corpus(f) {
		if len(b) < 20_000 {
			f.Add(b)
		}
	}
	limits := Limits{Pixels: 200_000, Frames: 3, Work: 5_000_000}
	f.Fuzz(func(t *testing.T, b []byte) {
		texts, problems := Read(b, limits)
		for _, s := range texts {
			if s == "" || strings.ToValidUTF8(s, "") != s {
				t.Errorf("Read told %q, which is no text", s)
			}
		}
		if !IsPicture(b) && len(problems) == 0 {
			t.Error("Read of something that is no picture told no problem")
		}
		ReadJoined([][]byte{b, b}, limits)
	})
}

// FuzzReadTable: the same for pages and for drawings in text.
func FuzzReadTable(f *testing.F) {
	f.Add("<table><tr><td bgcolor=#000 colspan=3 rowspan=2><td style='background:rgb(1,2,3);width:4px'></table>")
	f.Add("<style>.a{background:#000}</style><div><div class=a></div><span class=a></span></div><br>")
	f.Add("█▀▄ ▌▐\n⣿⠿ ██\n")
	f.Fuzz(func(t *testing.T, page string) {
		ReadTable(page, 0)
		ReadText(strings.Split(page, "\n"))
	})
}

func benchmark(b *testing.B, m image.Image) {
	var buffer bytes.Buffer
	if err := png.Encode(&buffer, m); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(m.Bounds().Dx() * m.Bounds().Dy()))
	for b.Loop() {
		Read(buffer.Bytes(), Limits{})
	}
}

func BenchmarkPlain(b *testing.B)   { benchmark(b, paint(encode(b, link, nil), 8, 4, black, white)) }
func BenchmarkStatic(b *testing.B)  { benchmark(b, static(1000, 1000)) }
func BenchmarkText(b *testing.B)    { benchmark(b, scribble(1000, 1000)) }
func BenchmarkBlank(b *testing.B)   { benchmark(b, blank(1000, 1000, white)) }
func BenchmarkFinders(b *testing.B) { benchmark(b, finders(1500, 1500, 1)) }
func BenchmarkLargest(b *testing.B) { benchmark(b, static(5000, 5000)) }

// The most that a picture can ask for: as large as allowed, coloured, transparent
// and full of corners.
func BenchmarkWorst(b *testing.B) {
	m := static(5000, 5000)
	for i := 3; i < len(m.Pix); i += 4 {
		m.Pix[i] = m.Pix[i-1]
	}
	for y := range 5000 {
		for x := range 5000 {
			cx, cy := x/2%9-3, y/2%9-3
			if ring := max(cx, -cx, cy, -cy); (x/500+y/500)%2 == 0 && (ring == 3 || ring <= 1) {
				m.Set(x, y, color.NRGBA{0, 0, 0, 255})
			}
		}
	}
	benchmark(b, m)
}
