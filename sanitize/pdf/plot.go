package pdf

import (
	"image"
	"math"
	"slices"
)

// plotter fills contours in a picture.
type plotter struct {
	r       *reader
	picture *image.Gray
	view    box
	scale   float64
	rows    [][]crossing
}

// crossing is where an edge crosses a row of pixels, and whether upwards.
type crossing struct {
	x  float64
	up int
}

// fill fills the contours that lie in the view (§8.5.3.3). Past the
// work that may be done, the picture stays as it is.
func (p *plotter) fill(f fill) {
	height := p.picture.Rect.Dy()
	if p.rows == nil {
		p.rows = make([][]crossing, height)
	}
	first, last := height, -1
	for _, c := range f.contours {
		b := around(c)
		if b.x1 <= p.view.x0 || b.x0 >= p.view.x1 || b.y1 <= p.view.y0 || b.y0 >= p.view.y1 {
			continue
		}
		for i := range c {
			lo, hi := p.edge(c[i], c[(i+1)%len(c)])
			first, last = min(first, lo), max(last, hi)
		}
	}
	ink := byte(255)
	if f.dark {
		ink = 0
	}
	for y := first; y <= last; y++ {
		p.row(y, f.evenOdd, ink)
		p.rows[y] = p.rows[y][:0]
	}
}

// edge marks the rows that an edge crosses, and says which.
func (p *plotter) edge(a, b point) (first, last int) {
	ay, by := (p.view.y1-a.y)*p.scale, (p.view.y1-b.y)*p.scale
	ax, bx := (a.x-p.view.x0)*p.scale, (b.x-p.view.x0)*p.scale
	up := 1
	if ay > by {
		ax, ay, bx, by, up = bx, by, ax, ay, -1
	}
	// Rows are crossed at the middle of their pixels.
	height := float64(p.picture.Rect.Dy())
	first = int(math.Ceil(max(0, min(height, ay-0.5))))
	last = int(math.Ceil(max(0, min(height, by-0.5)))) - 1
	if last < first || !p.r.spend(last-first+1) {
		return p.picture.Rect.Dy(), -1
	}
	slope := (bx - ax) / (by - ay)
	for y := first; y <= last; y++ {
		p.rows[y] = append(p.rows[y], crossing{ax + (float64(y)+0.5-ay)*slope, up})
	}
	return first, last
}

// row fills between the crossings of one row.
func (p *plotter) row(y int, evenOdd bool, ink byte) {
	all := p.rows[y]
	slices.SortFunc(all, func(a, b crossing) int {
		switch {
		case a.x < b.x:
			return -1
		case a.x > b.x:
			return 1
		}
		return 0
	})
	width := float64(p.picture.Rect.Dx())
	line := p.picture.Pix[y*p.picture.Stride:]
	inside := 0
	for i := 0; i+1 < len(all); i++ {
		if evenOdd {
			inside ^= 1
		} else {
			inside += all[i].up
		}
		if inside == 0 {
			continue
		}
		from := int(math.Round(max(0, min(width, all[i].x))))
		to := int(math.Round(max(0, min(width, all[i+1].x))))
		if !p.r.spend(1 + (to-from)/8) {
			return
		}
		for x := from; x < to; x++ {
			line[x] = ink
		}
	}
}
