package pdf

import "math"

// contour is one closed line of a path, on the page.
type contour []point

// fill is what one operator fills.
type fill struct {
	contours []contour
	evenOdd  bool
	dark     bool
}

// maxPoints bounds what one page draws, as far as it is looked at.
const maxPoints = 500_000

// operatePath does what builds and fills paths (§8.5); false for all else.
func (c *canvas) operatePath(k keyword) bool {
	switch k {
	case "m":
		c.lift()
		c.to(c.n(1), c.n(0))
	case "l":
		c.to(c.n(1), c.n(0))
	case "c": // a curve becomes its corners: what matters is where it is
		c.to(c.n(5), c.n(4))
		c.to(c.n(3), c.n(2))
		c.to(c.n(1), c.n(0))
	case "v", "y":
		c.to(c.n(3), c.n(2))
		c.to(c.n(1), c.n(0))
	case "h":
		c.lift()
	case "re":
		c.lift()
		x, y, w, h := c.n(3), c.n(2), c.n(1), c.n(0)
		c.to(x, y)
		c.to(x+w, y)
		c.to(x+w, y+h)
		c.to(x, y+h)
		c.lift()
	case "f", "F":
		c.paint(true, false, false)
	case "f*":
		c.paint(true, true, false)
	case "B", "b":
		c.paint(true, false, true)
	case "B*", "b*":
		c.paint(true, true, true)
	case "S", "s":
		c.paint(false, false, true)
	case "n":
		c.lift()
		c.path = nil
	case "W", "W*":
	default:
		return false
	}
	return true
}

// to draws on to a point.
func (c *canvas) to(x, y float64) {
	if c.points++; c.points > maxPoints {
		if !c.full {
			c.full = true
			c.p.r.problem(ProblemLimit, "more drawing than is searched for codes")
		}
		return
	}
	if p := c.ctm.at(x, y); math.Abs(p.x) < 1e9 && math.Abs(p.y) < 1e9 {
		c.pen = append(c.pen, p)
	}
}

// lift ends a contour.
func (c *canvas) lift() {
	if len(c.pen) > 1 {
		c.path = append(c.path, c.pen)
	}
	c.pen = nil
}

// paint ends a path by filling it, drawing along it, or both.
func (c *canvas) paint(fills, evenOdd, strokes bool) {
	c.lift()
	path := c.path
	c.path = nil
	if fills && len(path) > 0 {
		c.fills = append(c.fills, fill{path, evenOdd, c.darkFill})
	}
	if !strokes || fills {
		return // the line around what is filled does not change where it is
	}
	// Rows of a code are drawn as broad lines, too.
	width := c.lineWidth * math.Sqrt(math.Abs(c.ctm[0]*c.ctm[3]-c.ctm[1]*c.ctm[2])) / 2
	var bars []contour
	for _, line := range path {
		for i := 1; i < len(line); i++ {
			a, b := line[i-1], line[i]
			d := unit(point{b.x - a.x, b.y - a.y})
			if math.Abs(d.x) > 0.01 && math.Abs(d.y) > 0.01 {
				continue
			}
			x, y := -d.y*width, d.x*width
			bars = append(bars, contour{{a.x + x, a.y + y}, {b.x + x, b.y + y}, {b.x - x, b.y - y}, {a.x - x, a.y - y}})
		}
	}
	if len(bars) > 0 {
		c.fills = append(c.fills, fill{bars, false, c.darkLine})
	}
}
