package pdf

import "image"

const (
	// maxPixels bounds one picture, maxAllPixels those of a file.
	maxPixels    = 25_000_000
	maxAllPixels = 60_000_000
	// minSide is the side of the smallest picture that may hold a code: 21 modules
	// of a pixel, or a Micro QR code of 11.
	minSide = 11
)

// image takes a picture: a JPEG as it is, samples as a grey picture (§8.9.5).
func (r *reader) image(d dict, o *object) {
	width, ok1 := r.number(d["Width"])
	height, ok2 := r.number(d["Height"])
	if !ok1 || !ok2 || width < minSide || height < minSide || r.locked {
		return
	}
	if len(r.f.Images) >= r.limits.Images || width > maxPixels/height || r.pixels+width*height > maxAllPixels {
		r.problem(ProblemPicture, "more or larger pictures than are read")
		return
	}
	b := r.data(o)
	filters, params := r.filters(d)
	s := samples{width: width, height: height, bits: 8}
	if n, ok := r.number(d["BitsPerComponent"]); ok {
		s.bits = n
	}
	mask, _ := r.resolve(d["ImageMask"]).(bool)
	if mask {
		s.bits = 1
	}
	if n := len(filters); n > 0 {
		switch filters[n-1] {
		case "DCTDecode":
			if len(b) > 0 {
				r.f.Images = append(r.f.Images, Image{JPEG: b})
			}
			return
		case "CCITTFaxDecode":
			var ok bool
			if b, ok = r.fax(b, params[n-1], s); !ok {
				r.problem(ProblemMalformed, "a picture in a format that is not read")
				return
			}
			s.bits = 1
		case "JPXDecode", "JBIG2Decode":
			r.problem(ProblemMalformed, "a picture in a format that is not read")
			return
		}
	}
	s.components, s.palette = 1, nil
	if !mask {
		s.components, s.palette = r.colours(d["ColorSpace"], 0)
	}
	if s.bits != 1 && s.bits != 2 && s.bits != 4 && s.bits != 8 && s.bits != 16 {
		r.problem(ProblemMalformed, "a picture with an odd number of bits")
		return
	}
	if a, ok := r.resolve(d["Decode"]).(array); ok && len(a) > 1 {
		s.inverted = r.real(a[0]) > r.real(a[1])
	}
	if g := s.grey(b); g != nil {
		r.keepGray(g)
	}
}

// samples are the pixels of a picture, before they are made grey.
type samples struct {
	width, height    int
	bits, components int
	palette          []byte // brightness of each colour, where samples are numbers of colours
	inverted         bool
}

// grey draws as many rows as b has; nil without any.
func (s samples) grey(b []byte) *image.Gray {
	row := (s.width*s.components*s.bits + 7) / 8
	height := min(s.height, len(b)/row)
	if height < minSide {
		return nil
	}
	g := image.NewGray(image.Rect(0, 0, s.width, height))
	for y := range height {
		line, out := b[y*row:(y+1)*row], g.Pix[y*g.Stride:][:s.width]
		for x := range out {
			out[x] = s.pixel(line, x)
		}
	}
	return g
}

// sample is one component, from 0 to 255, or the number of a colour.
func (s samples) sample(line []byte, i int) byte {
	at := i * s.bits
	if s.bits >= 8 {
		return line[at/8] // of 16 bits, the upper ones
	}
	v := line[at/8] >> (8 - s.bits - at%8) & (1<<s.bits - 1)
	if s.palette != nil {
		return v
	}
	return byte(int(v) * 255 / (1<<s.bits - 1))
}

// pixel is the brightness of one pixel.
func (s samples) pixel(line []byte, x int) byte {
	at := x * s.components
	var v byte
	switch {
	case s.palette != nil:
		n := int(s.sample(line, at))
		if s.inverted {
			n = 1<<s.bits - 1 - n
		}
		if n < 0 || n >= len(s.palette) {
			return 255
		}
		return s.palette[n]
	case s.components == 3:
		v = luma(s.sample(line, at), s.sample(line, at+1), s.sample(line, at+2))
	case s.components == 4:
		c, m, y, k := s.sample(line, at), s.sample(line, at+1), s.sample(line, at+2), s.sample(line, at+3)
		if s.inverted {
			return byte(max(0, int(luma(c, m, y))-(255-int(k))))
		}
		return byte(max(0, 255-int(luma(c, m, y))-int(k)))
	default:
		v = s.sample(line, at)
	}
	if s.inverted {
		v = 255 - v
	}
	return v
}

func luma(r, g, b byte) byte { return byte((int(r)*299 + int(g)*587 + int(b)*114) / 1000) }

// colours is the number of components of a colour space (§8.6), and the greys of
// an indexed one, or of one ink, which is darker the more there is of it.
func (r *reader) colours(v value, depth int) (components int, palette []byte) {
	const most = 4
	if depth > most {
		return 1, nil
	}
	switch c := r.resolve(v).(type) {
	case name:
		switch c {
		case "DeviceRGB", "RGB", "CalRGB":
			return 3, nil
		case "DeviceCMYK", "CMYK":
			return 4, nil
		}
	case array:
		if len(c) == 0 {
			break
		}
		switch r.name(c[0]) {
		case "ICCBased":
			if len(c) > 1 {
				if n, ok := r.number(r.dict(c[1])["N"]); ok && n >= 1 && n <= 4 {
					return n, nil
				}
			}
		case "CalRGB", "DeviceRGB", "RGB":
			return 3, nil
		case "Lab":
			return 3, nil
		case "DeviceCMYK", "CMYK":
			return 4, nil
		case "Separation":
			palette = make([]byte, 256)
			for i := range palette {
				palette[i] = byte(255 - i)
			}
			return 1, palette
		case "DeviceN":
			if len(c) > 1 {
				if inks, ok := r.resolve(c[1]).(array); ok && len(inks) >= 1 && len(inks) <= 32 {
					return len(inks), nil
				}
			}
		case "Indexed", "I":
			if len(c) > 3 {
				return 1, r.palette(c, depth)
			}
		}
	}
	return 1, nil
}

func (r *reader) palette(c array, depth int) []byte {
	base, _ := r.colours(c[1], depth+1)
	table := r.bytes(c[3])
	if o := r.object(c[3]); o != nil {
		table = r.data(o)
	}
	s := samples{bits: 8, components: base}
	palette := []byte{}
	for i := 0; i+base <= len(table) && len(palette) < 256; i += base {
		palette = append(palette, s.pixel(table[i:i+base], 0))
	}
	return palette
}
