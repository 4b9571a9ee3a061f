package qr

import (
	"image"
	"image/color"
)

// plane is one brightness for each pixel, 0 for black.
type plane struct {
	w, h int
	pix  []uint8 // w*h, row by row
}

func newPlane(w, h int) *plane { return &plane{w, h, make([]uint8, w*h)} }

// at is the brightness at a place between pixel centres (the centre of the
// first pixel is 0.5, 0.5), interpolated between the four around it.
func (p *plane) at(x, y float64) int {
	x, y = within(x-0.5, p.w), within(y-0.5, p.h)
	ix, iy := int(x), int(y)
	fx, fy := int((x-float64(ix))*256), int((y-float64(iy))*256)
	jx, jy := min(ix+1, p.w-1), min(iy+1, p.h-1)
	top := int(p.pix[iy*p.w+ix])*(256-fx) + int(p.pix[iy*p.w+jx])*fx
	bottom := int(p.pix[jy*p.w+ix])*(256-fx) + int(p.pix[jy*p.w+jx])*fx
	return (top*(256-fy) + bottom*fy) >> 16
}

// within is v, moved to the nearest of the n pixels it may lie between. What is no
// number goes to the first.
func within(v float64, n int) float64 {
	switch {
	case v >= float64(n-1):
		return float64(n - 1)
	case v > 0:
		return v
	}
	return 0
}

// layers are the ways to make one brightness out of a picture's colours and
// transparency.
type layers struct {
	gray *plane // luma over a white page
	// colours are red, green and blue on their own, for codes whose two colours
	// are equally bright. Empty for a picture without colours.
	colours []*plane
	// shades are what transparency shows on a black page, and the transparency
	// itself. Empty for an opaque picture.
	shades []*plane
}

// colourful is by how much the channels of a pixel differ before it counts as
// coloured, and colourfulShare is which part of the pixels (one in so many) makes
// a picture worth reading channel by channel.
const (
	colourful      = 40
	colourfulShare = 200
)

// layersOf takes a picture apart. Memory is at most seven bytes a pixel.
func layersOf(img image.Image) layers {
	if g, ok := img.(*image.Gray); ok {
		return layers{gray: grayPlane(g)}
	}
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	row := make([]uint8, 4*w)
	read := rowReader(img)
	gray := newPlane(w, h)
	coloured, transparent := 0, 0
	for y := range h {
		read(y, row)
		out := gray.pix[y*w : y*w+w]
		for x := range out {
			r, g, bl, a := int(row[4*x]), int(row[4*x+1]), int(row[4*x+2]), int(row[4*x+3])
			if max(r, g, bl)-min(r, g, bl) > colourful {
				coloured++
			}
			l := (299*r + 587*g + 114*bl) / 1000
			if a != 255 {
				transparent++
				l = (l*a + 255*(255-a)) / 255
			}
			out[x] = uint8(l)
		}
	}
	l := layers{gray: gray}
	if coloured > w*h/colourfulShare {
		l.colours = []*plane{newPlane(w, h), newPlane(w, h), newPlane(w, h)}
	}
	if transparent > 0 {
		l.shades = []*plane{newPlane(w, h), newPlane(w, h)}
	}
	if l.colours == nil && l.shades == nil {
		return l
	}
	for y := range h {
		read(y, row)
		for x := range w {
			r, g, bl, a := int(row[4*x]), int(row[4*x+1]), int(row[4*x+2]), int(row[4*x+3])
			i := y*w + x
			if l.colours != nil {
				page := 255 * (255 - a)
				l.colours[0].pix[i] = uint8((r*a + page) / 255)
				l.colours[1].pix[i] = uint8((g*a + page) / 255)
				l.colours[2].pix[i] = uint8((bl*a + page) / 255)
			}
			if l.shades != nil {
				l.shades[0].pix[i] = uint8((299*r + 587*g + 114*bl) / 1000 * a / 255)
				l.shades[1].pix[i] = uint8(a)
			}
		}
	}
	return l
}

// grayPlane shares g's pixels where they lie without gaps.
func grayPlane(g *image.Gray) *plane {
	b := g.Bounds()
	w, h := b.Dx(), b.Dy()
	if g.Stride == w && len(g.Pix) >= w*h {
		return &plane{w, h, g.Pix[:w*h]}
	}
	p := newPlane(w, h)
	for y := range h {
		i := g.PixOffset(b.Min.X, b.Min.Y+y)
		copy(p.pix[y*w:y*w+w], g.Pix[i:i+w])
	}
	return p
}

// rowReader returns a function that writes row y of img, counted from its top,
// as red, green, blue and alpha, not premultiplied. The kinds that Go's decoders
// hand out have ways of their own, because At costs an allocation per pixel.
func rowReader(img image.Image) func(y int, row []uint8) {
	b := img.Bounds()
	w := b.Dx()
	switch m := img.(type) {
	case *image.NRGBA:
		return func(y int, row []uint8) {
			i := m.PixOffset(b.Min.X, b.Min.Y+y)
			copy(row, m.Pix[i:i+4*w])
		}
	case *image.RGBA:
		return func(y int, row []uint8) {
			i := m.PixOffset(b.Min.X, b.Min.Y+y)
			copy(row, m.Pix[i:i+4*w])
			for x := 0; x < 4*w; x += 4 {
				if a := int(row[x+3]); a != 255 && a != 0 {
					row[x] = uint8(min(int(row[x])*255/a, 255))
					row[x+1] = uint8(min(int(row[x+1])*255/a, 255))
					row[x+2] = uint8(min(int(row[x+2])*255/a, 255))
				}
			}
		}
	case *image.YCbCr:
		return func(y int, row []uint8) {
			for x := range w {
				yi, ci := m.YOffset(b.Min.X+x, b.Min.Y+y), m.COffset(b.Min.X+x, b.Min.Y+y)
				row[4*x], row[4*x+1], row[4*x+2] = color.YCbCrToRGB(m.Y[yi], m.Cb[ci], m.Cr[ci])
				row[4*x+3] = 255
			}
		}
	case *image.Paletted:
		var table [256][4]uint8
		for i, c := range m.Palette {
			n := color.NRGBAModel.Convert(c).(color.NRGBA)
			table[i&255] = [4]uint8{n.R, n.G, n.B, n.A}
		}
		return func(y int, row []uint8) {
			i := m.PixOffset(b.Min.X, b.Min.Y+y)
			for x, index := range m.Pix[i : i+w] {
				copy(row[4*x:4*x+4], table[index][:])
			}
		}
	}
	return func(y int, row []uint8) {
		for x := range w {
			n := color.NRGBAModel.Convert(img.At(b.Min.X+x, b.Min.Y+y)).(color.NRGBA)
			row[4*x], row[4*x+1], row[4*x+2], row[4*x+3] = n.R, n.G, n.B, n.A
		}
	}
}

// shrink is p at 1/n of its size, each pixel the mean of the n by n it stands for.
func (p *plane) shrink(n int) *plane {
	if n <= 1 {
		return p
	}
	q := newPlane(max(p.w/n, 1), max(p.h/n, 1))
	sums := make([]int, q.w)
	for y := range q.h {
		clear(sums)
		rows := min(n, p.h-y*n)
		for dy := range rows {
			row := p.pix[(y*n+dy)*p.w:][:p.w]
			for x := range sums {
				sum := 0
				for _, v := range row[x*n : min(x*n+n, p.w)] {
					sum += int(v)
				}
				sums[x] += sum
			}
		}
		for x, sum := range sums {
			q.pix[y*q.w+x] = uint8(sum / (rows * min(n, p.w-x*n)))
		}
	}
	return q
}

// enlarge is p at n times its size, interpolated.
func (p *plane) enlarge(n int) *plane {
	q := newPlane(p.w*n, p.h*n)
	for y := range q.h {
		for x := range q.w {
			q.pix[y*q.w+x] = uint8(p.at((float64(x)+0.5)/float64(n), (float64(y)+0.5)/float64(n)))
		}
	}
	return q
}

// blur is p with each pixel the mean of those within r of it: two passes of
// running sums, so that r costs nothing.
func (p *plane) blur(r int) *plane {
	q := newPlane(p.w, p.h)
	for y := range p.h {
		row, out := p.pix[y*p.w:][:p.w], q.pix[y*p.w:][:p.w]
		sum, n := 0, 0
		for x := -r; x < p.w; x++ {
			if x+r < p.w {
				sum += int(row[x+r])
				n++
			}
			if x-r-1 >= 0 {
				sum -= int(row[x-r-1])
				n--
			}
			if x >= 0 {
				out[x] = uint8(sum / n)
			}
		}
	}
	sums := make([]int, p.w)
	s := newPlane(p.w, p.h)
	n := 0
	for y := -r; y < p.h; y++ {
		if y+r < p.h {
			for x, v := range q.pix[(y+r)*p.w:][:p.w] {
				sums[x] += int(v)
			}
			n++
		}
		if y-r-1 >= 0 {
			for x, v := range q.pix[(y-r-1)*p.w:][:p.w] {
				sums[x] -= int(v)
			}
			n--
		}
		if y >= 0 {
			for x, v := range sums {
				s.pix[y*p.w+x] = uint8(v / n)
			}
		}
	}
	return s
}

// sharpen undoes some of a blur of radius r: what differs from the surroundings
// differs more (unsharp masking).
func (p *plane) sharpen(r int) *plane {
	soft := p.blur(r)
	for i, v := range soft.pix {
		soft.pix[i] = uint8(min(max(4*int(p.pix[i])-3*int(v), 0), 255))
	}
	return soft
}
