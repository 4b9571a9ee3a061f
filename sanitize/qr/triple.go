package qr

import (
	"cmp"
	"math"
	"slices"
)

// triple is three finders that may be the corners of one code.
type triple struct {
	corner, right, below finder // top left, top right, bottom left, as the code is read
	skew                 float64
}

const (
	// mostCorners is how many finders of one bitmap are combined: three out of
	// eighty are 82,160 triples.
	mostCorners = 80
	// mostTriples is how many of those are then tried, the straightest first.
	mostTriples = 120
)

// triples combines finders to what may be codes, the likeliest first. found is
// ordered by how likely each one is.
func triples(found []finder, work *budget) []triple {
	if len(found) > mostCorners {
		found = found[:mostCorners]
	}
	var all []triple
	for i := range found {
		for j := i + 1; j < len(found); j++ {
			if !work.spend(len(found)) {
				return nil
			}
			if !sameSize(found[i], found[j]) {
				continue
			}
			for k := j + 1; k < len(found); k++ {
				if !sameSize(found[i], found[k]) || !sameSize(found[j], found[k]) {
					continue
				}
				if t, ok := arrange(found[i], found[j], found[k]); ok {
					all = append(all, t)
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b triple) int { return cmp.Compare(a.skew, b.skew) })
	if len(all) > mostTriples {
		all = all[:mostTriples]
	}
	return all
}

// sameSize reports whether two finders can belong to one code; seen at an angle
// the farther one is smaller.
func sameSize(a, b finder) bool {
	return a.module < 1.8*b.module && b.module < 1.8*a.module
}

// arrange tells which of three finders is the code's top left, and how far they
// are from the right isosceles triangle they should be.
func arrange(a, b, c finder) (triple, bool) {
	ab, bc, ca := distance(a, b), distance(b, c), distance(c, a)
	// The top left one is opposite of the longest side.
	switch {
	case ab >= bc && ab >= ca:
		a, c = c, a
	case ca >= ab && ca >= bc:
		a, b = b, a
	}
	// Now a is the corner. Going from b to c must turn clockwise, with y down.
	if (b.x-a.x)*(c.y-a.y)-(b.y-a.y)*(c.x-a.x) < 0 {
		b, c = c, b
	}
	side, other := distance(a, b), distance(a, c)
	if side < 1 || other < 1 {
		return triple{}, false
	}
	module := (a.module + b.module + c.module) / 3
	// 17 modules are between the outermost finders of the largest code and less
	// than 14 between none; the rest of the range is for modules measured badly.
	if n := (side + other) / 2 / module; n < 9 || n > 260 {
		return triple{}, false
	}
	unequal := math.Abs(math.Log(side / other))
	cosine := math.Abs(((b.x-a.x)*(c.x-a.x) + (b.y-a.y)*(c.y-a.y)) / (side * other))
	if unequal > 0.5 || cosine > 0.5 {
		return triple{}, false
	}
	sizes := math.Log(max(a.module, b.module, c.module) / min(a.module, b.module, c.module))
	t := triple{corner: a, right: b, below: c, skew: unequal + cosine + sizes/2}
	if a.light != b.light || a.light != c.light {
		t.skew++ // one code in two polarities: rare, so last
	}
	return t, true
}

func distance(a, b finder) float64 { return math.Hypot(a.x-b.x, a.y-b.y) }

// along returns the module size seen from a towards b, or 0 if there is none: from
// a finder's centre to its outer edge are three and a half modules.
func along(m *bitmap, a, b finder) float64 {
	d := distance(a, b)
	dx, dy := (b.x-a.x)/d, (b.y-a.y)/d
	reach := 6 * a.module
	edge := func(sign float64) float64 {
		part := 0
		for s := 0.0; s < reach; s += 0.25 {
			x, y := int(math.Floor(a.x+sign*s*dx)), int(math.Floor(a.y+sign*s*dy))
			inside := x >= 0 && y >= 0 && x < m.w && y < m.h
			on := inside && m.dark(x, y) != a.light
			if on != (part != 1) || !inside {
				part++
				if part == 3 {
					return s
				}
				if !inside {
					return 0
				}
			}
		}
		return 0
	}
	in, out := edge(1), edge(-1)
	switch {
	case in > 0 && out > 0:
		return (in + out) / 7
	case in > 0 || out > 0:
		return (in + out) / 3.5
	}
	return 0
}

// squareness is the share of a finder's 49 modules that must be right. Along
// three lines they are, or it would be no finder; by chance so is half the rest.
const squareness = 0.8

// square reports whether all three corners of t are squares all over, and not
// only along the lines through their centres.
func (t triple) square(m *bitmap) bool {
	// The sides of each run as the code's own do.
	ux, uy := t.right.x-t.corner.x, t.right.y-t.corner.y
	vx, vy := t.below.x-t.corner.x, t.below.y-t.corner.y
	du, dv := math.Hypot(ux, uy), math.Hypot(vx, vy)
	ux, uy, vx, vy = ux/du, uy/du, vx/dv, vy/dv
	wide, high := along(m, t.corner, t.right), along(m, t.corner, t.below)
	right, below := along(m, t.right, t.corner), along(m, t.below, t.corner)
	if wide == 0 || high == 0 || right == 0 || below == 0 {
		return false
	}
	for _, c := range []struct {
		finder
		wide, high float64
	}{{t.corner, wide, high}, {t.right, right, right * high / wide}, {t.below, below * wide / high, below}} {
		right := 0
		for y := -3; y <= 3; y++ {
			for x := -3; x <= 3; x++ {
				u, v := float64(x)*c.wide, float64(y)*c.high
				px, py := c.x+u*ux+v*vx, c.y+u*uy+v*vy
				if m.dark(pixel(px), pixel(py)) != c.light == (max(x, -x, y, -y) != 2) {
					right++
				}
			}
		}
		if float64(right) < squareness*49 {
			return false
		}
	}
	return true
}

// dimension estimates how many modules a side of the code has. Codes have 21,
// 25, ... 177; the nearest few come first.
func (t triple) dimensions(m *bitmap) []int {
	width := legLength(m, t.corner, t.right)
	height := legLength(m, t.corner, t.below)
	n := (width+height)/2 + 7
	version := math.Round((n - 17) / 4)
	near := version + 1
	if n-17 < 4*version {
		near = version - 1
	}
	var list []int
	for _, v := range []float64{version, near, 2*version - near} {
		if v >= 1 && v <= 40 {
			list = append(list, 17+4*int(v))
		}
	}
	return list
}

// legLength is how many modules lie between the centres of a and b.
func legLength(m *bitmap, a, b finder) float64 {
	there, back := along(m, a, b), along(m, b, a)
	module := (there + back) / 2
	switch {
	case there == 0 && back == 0:
		module = (a.module + b.module) / 2
	case there == 0 || back == 0:
		module = there + back
	}
	return distance(a, b) / module
}
