package qr

import (
	"github.com/makiuchi-d/gozxing/common"
)

// bend is how a code's square was turned into the four corners it has in the
// picture.
type bend int

const (
	flat  bend = iota // a flat sheet seen from anywhere: lines stay straight
	mesh              // place on the code = bilinear in the place in the picture, as programs distort pictures
	sheet             // place in the picture = bilinear in the place on the code
)

// quad is four corners, in turn.
type quad [4]struct{ x, y float64 }

// warp tells where in the picture a place on the code's grid lies.
type warp struct {
	bent        bend
	perspective *common.PerspectiveTransform
	bx, by      bilinear
}

// newWarp is the warp that takes the four corners of code to those of picture.
func newWarp(bent bend, code, picture quad) warp {
	w := warp{bent: bent}
	c, p := code, picture
	switch bent {
	case flat:
		w.perspective = common.PerspectiveTransform_QuadrilateralToQuadrilateral(
			c[0].x, c[0].y, c[1].x, c[1].y, c[2].x, c[2].y, c[3].x, c[3].y,
			p[0].x, p[0].y, p[1].x, p[1].y, p[2].x, p[2].y, p[3].x, p[3].y)
	case sheet:
		w.bx = fitBilinear(c, [4]float64{p[0].x, p[1].x, p[2].x, p[3].x})
		w.by = fitBilinear(c, [4]float64{p[0].y, p[1].y, p[2].y, p[3].y})
	case mesh:
		w.bx = fitBilinear(p, [4]float64{c[0].x, c[1].x, c[2].x, c[3].x})
		w.by = fitBilinear(p, [4]float64{c[0].y, c[1].y, c[2].y, c[3].y})
		// Where the search for a place begins.
		w.perspective = newWarp(flat, code, picture).perspective
	}
	return w
}

// place is where u, v of the grid lies in the picture.
func (w warp) place(u, v float64) (x, y float64) {
	if w.bent == sheet {
		return w.bx.at(u, v), w.by.at(u, v)
	}
	point := [2]float64{u, v}
	w.perspective.TransformPoints(point[:])
	x, y = point[0], point[1]
	if w.bent == flat {
		return x, y
	}
	// Newton's method. The map is nearly the flat one, so a few steps suffice.
	for range 4 {
		du, dv := w.bx.at(x, y)-u, w.by.at(x, y)-v
		a, b := w.bx.x+w.bx.xy*y, w.bx.y+w.bx.xy*x
		c, d := w.by.x+w.by.xy*y, w.by.y+w.by.xy*x
		det := a*d - b*c
		x -= (du*d - dv*b) / det
		y -= (dv*a - du*c) / det
	}
	return x, y
}

// bilinear is the function one + x*x + y*y + xy*x*y of x and y, its fields being
// the factors.
type bilinear struct{ one, x, y, xy float64 }

func (b bilinear) at(x, y float64) float64 { return b.one + b.x*x + b.y*y + b.xy*x*y }

// fitBilinear is the bilinear function that has the given values at the corners.
// Where there is none its values are no numbers, which lie in no picture.
func fitBilinear(q quad, values [4]float64) bilinear {
	var m [4][5]float64
	for i, p := range q {
		m[i] = [5]float64{1, p.x, p.y, p.x * p.y, values[i]}
	}
	for i := range m {
		best := i
		for j := i + 1; j < 4; j++ {
			if abs(m[j][i]) > abs(m[best][i]) {
				best = j
			}
		}
		m[i], m[best] = m[best], m[i]
		for j := range m {
			if j == i {
				continue
			}
			factor := m[j][i] / m[i][i]
			for k := i; k < 5; k++ {
				m[j][k] -= factor * m[i][k]
			}
		}
	}
	return bilinear{m[0][4] / m[0][0], m[1][4] / m[1][1], m[2][4] / m[2][2], m[3][4] / m[3][3]}
}

func abs(v float64) float64 {
	if v < 0 {
		return -v
	}
	return v
}
