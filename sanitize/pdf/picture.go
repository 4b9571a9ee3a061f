package pdf

import (
	"image"
	"math"
	"sort"
)

// maxPixels bounds one picture.
const maxPixels = 25_000_000

// image takes a picture: a JPEG as it is, samples as a grey picture (§8.9.5).
func (r *reader) image(d dict, o *object) {
	if len(r.f.Images) >= r.limits.Images {
		r.problem(ProblemLimit, "more pictures than are read")
		return
	}
	width, ok1 := r.number(d["Width"])
	height, ok2 := r.number(d["Height"])
	if !ok1 || !ok2 || width < 8 || height < 8 || width > maxPixels || height > maxPixels/width {
		return
	}
	b := r.data(o)
	filters, params := r.filters(d)
	bits, ok := r.number(d["BitsPerComponent"])
	if !ok {
		bits = 8
	}
	if mask, _ := r.resolve(d["ImageMask"]).(bool); mask {
		bits = 1
	}
	if n := len(filters); n > 0 {
		switch filters[n-1] {
		case "DCTDecode":
			r.f.Images = append(r.f.Images, Image{JPEG: b})
			return
		case "CCITTFaxDecode":
			p := params[n-1]
			k, _ := r.number(p["K"])
			columns, given := r.number(p["Columns"])
			if !given || columns <= 0 || columns > 1<<16 {
				columns = 1728
			}
			black1, _ := r.resolve(p["BlackIs1"]).(bool)
			align, _ := r.resolve(p["EncodedByteAlign"]).(bool)
			b = r.took(fax(b, columns, height, k, black1, align, r.left))
			bits = 1
		case "JPXDecode", "JBIG2Decode":
			r.problem(ProblemMalformed, "a picture in a format that is not read")
			return
		}
	}
	components, palette := r.colours(d["ColorSpace"])
	if bits != 1 && bits != 2 && bits != 4 && bits != 8 && bits != 16 {
		return
	}
	row := (width*components*bits + 7) / 8
	if row <= 0 || len(b) < row { // at least one row
		return
	}
	invert := false
	if a, ok := r.resolve(d["Decode"]).(array); ok && len(a) > 1 {
		from, _ := a[0].(float64)
		to, _ := a[1].(float64)
		invert = from > to
	}
	g := image.NewGray(image.Rect(0, 0, width, height))
	for i := range g.Pix {
		g.Pix[i] = 255
	}
	for y := 0; y < height && (y+1)*row <= len(b); y++ {
		line := b[y*row : (y+1)*row]
		for x := range width {
			v := grey(line, x, components, bits, palette)
			if invert {
				v = 255 - v
			}
			g.Pix[y*g.Stride+x] = v
		}
	}
	r.f.Images = append(r.f.Images, Image{Gray: g})
}

// colours is the number of components of a colour space, and the greys of an
// indexed one.
func (r *reader) colours(v value) (components int, palette []byte) {
	switch c := r.resolve(v).(type) {
	case name:
		switch c {
		case "DeviceRGB", "RGB", "CalRGB", "Lab":
			return 3, nil
		case "DeviceCMYK", "CMYK":
			return 4, nil
		}
	case array:
		if len(c) == 0 {
			break
		}
		kind, _ := r.resolve(c[0]).(name)
		switch kind {
		case "ICCBased":
			if len(c) > 1 {
				if n, ok := r.number(r.dict(c[1])["N"]); ok && n >= 1 && n <= 4 {
					return n, nil
				}
			}
		case "CalRGB", "Lab", "DeviceRGB":
			return 3, nil
		case "DeviceCMYK":
			return 4, nil
		case "Indexed", "I":
			if len(c) < 4 {
				break
			}
			base, _ := r.colours(c[1])
			table := r.bytes(c[3])
			if o := r.object(c[3]); o != nil {
				table = r.data(o)
			}
			for i := 0; i+base <= len(table) && len(palette) < 256; i += base {
				palette = append(palette, grey(table[i:i+base], 0, base, 8, nil))
			}
			return 1, palette
		}
	}
	return 1, nil
}

// grey is the brightness of one pixel.
func grey(line []byte, x, components, bits int, palette []byte) byte {
	sample := func(i int) int {
		at := (x*components + i) * bits
		switch bits {
		case 8:
			return int(line[at/8])
		case 16:
			return int(line[at/8])
		}
		return int(line[at/8]>>(8-bits-at%8)) & (1<<bits - 1)
	}
	scale := func(v int) int {
		if bits >= 8 {
			return v
		}
		return v * 255 / (1<<bits - 1)
	}
	switch components {
	case 1:
		v := sample(0)
		if palette != nil {
			if v < len(palette) {
				return palette[v]
			}
			return 255
		}
		return byte(scale(v))
	case 3:
		return byte((scale(sample(0))*299 + scale(sample(1))*587 + scale(sample(2))*114) / 1000)
	case 4:
		c, m, y, k := scale(sample(0)), scale(sample(1)), scale(sample(2)), scale(sample(3))
		return byte(max(0, 255-k-(c*299+m*587+y*114)/1000))
	}
	return byte(scale(sample(0)))
}

// drawn makes a picture of a code that is drawn as filled squares: their smallest
// side is a module.
func (r *reader) drawn(boxes []box) {
	const (
		least   = 60  // squares of the smallest code
		largest = 400 // modules along a side
		scale   = 4   // pixels of a module
	)
	var sides []float64
	for i := range boxes {
		b := &boxes[i]
		if b.w < 0 {
			b.x, b.w = b.x+b.w, -b.w
		}
		if b.h < 0 {
			b.y, b.h = b.y+b.h, -b.h
		}
		if s := min(b.w, b.h); s > 0.01 && s < 1e6 {
			sides = append(sides, s)
		}
	}
	if len(sides) < least || len(r.f.Images) >= r.limits.Images {
		return
	}
	sort.Float64s(sides)
	module := sides[len(sides)/4] // a few may be hairlines
	var area []box
	left, bottom, right, top := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, b := range boxes {
		if m := min(b.w, b.h); m < module*0.5 || b.w > module*200 || b.h > module*200 || m > module*20 || m != m {
			continue
		}
		area = append(area, b)
		left, bottom = min(left, b.x), min(bottom, b.y)
		right, top = max(right, b.x+b.w), max(top, b.y+b.h)
	}
	columns, rows := math.Round((right-left)/module), math.Round((top-bottom)/module)
	if len(area) < least || !(columns >= 20 && columns <= largest && rows >= 20 && rows <= largest) {
		return
	}
	const border = 4
	w, h := (int(columns)+2*border)*scale, (int(rows)+2*border)*scale
	g := image.NewGray(image.Rect(0, 0, w, h))
	for i := range g.Pix {
		g.Pix[i] = 255
	}
	px := func(v float64) int { return int(math.Round(v/module*scale)) + border*scale }
	for _, b := range area {
		x0, x1 := max(0, px(b.x-left)), min(w, px(b.x+b.w-left))
		y0, y1 := max(0, px(top-b.y-b.h)), min(h, px(top-b.y))
		for y := y0; y < y1; y++ {
			for x := x0; x < x1; x++ {
				g.Pix[y*g.Stride+x] = 0
			}
		}
	}
	r.f.Images = append(r.f.Images, Image{Gray: g})
}
