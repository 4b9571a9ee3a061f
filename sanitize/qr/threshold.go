package qr

// bitmap is a picture in black and white: 1 for dark.
type bitmap struct {
	w, h int
	on   []uint8 // w*h, row by row
}

// dark reports whether x, y is dark. Outside of the picture nothing is.
func (b *bitmap) dark(x, y int) bool {
	return uint(x) < uint(b.w) && uint(y) < uint(b.h) && b.on[y*b.w+x] != 0
}

// leastContrast is how far apart the dark and the bright side of a threshold
// must be. Six of 256 steps is what a picture saved with care still keeps;
// anything less is the noise of a flat area.
const leastContrast = 6

// global is p cut at the one brightness that parts it best into two (Otsu's
// method). It is nil for a picture without contrast.
func (p *plane) global() *bitmap {
	var histogram [256]int
	for _, v := range p.pix {
		histogram[v]++
	}
	cut, ok := otsu(&histogram, len(p.pix))
	if !ok {
		return nil
	}
	var dark [256]uint8
	for v := range cut + 1 {
		dark[v] = 1
	}
	b := &bitmap{p.w, p.h, make([]uint8, len(p.pix))}
	for i, v := range p.pix {
		b.on[i] = dark[v]
	}
	return b
}

// otsu returns the last brightness of the dark class, so that the variance
// between the two classes is largest, and whether their means are apart at all.
func otsu(histogram *[256]int, total int) (cut int, ok bool) {
	sum := 0
	for v, n := range histogram {
		sum += v * n
	}
	var best float64
	var distance float64
	count, below := 0, 0
	for v, n := range histogram {
		count += n
		below += v * n
		if count == 0 || count == total {
			continue
		}
		low, high := float64(below)/float64(count), float64(sum-below)/float64(total-count)
		between := float64(count) * float64(total-count) * (high - low) * (high - low)
		if between > best {
			best, cut, distance = between, v, high-low
		}
	}
	return cut, distance >= leastContrast
}

// block is the side of the squares that local takes a threshold for.
const block = 8

// local is p cut at a brightness that follows its surroundings, for uneven light
// and for codes that are a small part of a page. The threshold of a block is the
// mean of the blocks around it; a block without contrast of its own takes its
// threshold from those before it, so that the inside of a large module is not
// torn apart (the way ZXing's hybrid binarizer goes).
func (p *plane) local() *bitmap {
	bw, bh := (p.w+block-1)/block, (p.h+block-1)/block
	mean := make([]int, bw*bh)
	for by := range bh {
		for bx := range bw {
			x0, y0 := bx*block, by*block
			x1, y1 := min(x0+block, p.w), min(y0+block, p.h)
			sum, lo, hi := 0, 255, 0
			for y := y0; y < y1; y++ {
				for _, v := range p.pix[y*p.w+x0 : y*p.w+x1] {
					sum += int(v)
					lo, hi = min(lo, int(v)), max(hi, int(v))
				}
			}
			m := sum / ((x1 - x0) * (y1 - y0))
			if hi-lo <= 24 {
				// Flat: bright unless its neighbours, which saw an edge, say
				// that it lies on the dark side of it.
				m = lo / 2
				if by > 0 && bx > 0 {
					around := (mean[(by-1)*bw+bx] + 2*mean[by*bw+bx-1] + mean[(by-1)*bw+bx-1]) / 4
					if lo < around {
						m = around
					}
				}
			}
			mean[by*bw+bx] = m
		}
	}
	b := &bitmap{p.w, p.h, make([]uint8, len(p.pix))}
	for by := range bh {
		for bx := range bw {
			sum, n := 0, 0
			for y := max(by-2, 0); y <= min(by+2, bh-1); y++ {
				for _, m := range mean[y*bw+max(bx-2, 0) : y*bw+min(bx+2, bw-1)+1] {
					sum += m
					n++
				}
			}
			cut := uint8(sum / n)
			x0, x1 := bx*block, min(bx*block+block, p.w)
			for y := by * block; y < min(by*block+block, p.h); y++ {
				row := p.pix[y*p.w+x0 : y*p.w+x1]
				out := b.on[y*p.w+x0 : y*p.w+x1]
				for i, v := range row {
					if v <= cut {
						out[i] = 1
					}
				}
			}
		}
	}
	return b
}

// wide is p cut at the mean of a window of radius r around each pixel, for weak
// contrast under strong shades.
func (p *plane) wide(r int) *bitmap {
	mean := p.blur(r)
	b := &bitmap{p.w, p.h, make([]uint8, len(p.pix))}
	for i, v := range p.pix {
		if int(v)+1 < int(mean.pix[i]) {
			b.on[i] = 1
		}
	}
	return b
}
