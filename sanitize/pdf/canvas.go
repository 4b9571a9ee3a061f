package pdf

import "math"

// matrix is [a b c d e f] of §8.3.3.
type matrix [6]float64

var identity = matrix{1, 0, 0, 1, 0, 0}

// times is m, then n.
func (m matrix) times(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

func (m matrix) at(x, y float64) point {
	return point{m[0]*x + m[2]*y + m[4], m[1]*x + m[3]*y + m[5]}
}

type point struct{ x, y float64 }

// graphics is what "q" keeps and "Q" brings back (§8.4).
type graphics struct {
	ctm                matrix
	darkFill, darkLine bool
	lineWidth          float64
	font               *font
	size               float64 // of the font
	charSpace, space   float64
	stretch            float64 // 1 is as wide as the font says
	leading            float64
}

// canvas reads the content of one page or form.
type canvas struct {
	p         *pages
	resources dict
	chosen    map[name]*font
	graphics
	stack    []graphics
	over     int // "q" beyond those that are kept
	operands []value

	text, line matrix // §9.4.2
	lines      lines

	path   []contour
	pen    contour
	fills  []fill
	points int
	full   bool // no more is drawn
}

func (p *pages) canvas(resources dict) *canvas {
	c := &canvas{p: p, resources: resources, chosen: map[name]*font{}}
	c.graphics = graphics{ctm: identity, darkFill: true, darkLine: true, lineWidth: 1, font: noFont, size: 1, stretch: 1}
	c.text, c.line = identity, identity
	return c
}

// finish tells what was read.
func (c *canvas) finish() {
	c.lines.finish(c.p.r)
	if len(c.fills) > 0 {
		c.p.r.drawn(c.fills)
	}
}

const (
	maxOperands = 64
	maxStack    = 256
)

// draw reads a content stream, after which another may follow.
func (c *canvas) draw(b []byte) {
	r := c.p.r
	in := parser{b: b, most: r.limits.Depth}
	for in.i < len(b) {
		before := in.i
		v := in.value(0)
		if !r.spend(in.i - before) {
			return
		}
		k, ok := v.(keyword)
		if !ok {
			if len(c.operands) == maxOperands { // the last ones count
				c.operands = append(c.operands[:0], c.operands[maxOperands/2:]...)
			}
			c.operands = append(c.operands, v)
			continue
		}
		if k == end {
			return
		}
		switch {
		case k == "BI":
			c.inline(&in)
		case c.operateText(k), c.operatePath(k):
		default:
			c.operate(k)
		}
		c.operands = c.operands[:0]
	}
}

// n is the number i operands from the end, which is 0; wrong ones are 0.
func (c *canvas) n(i int) float64 {
	if i = len(c.operands) - 1 - i; i < 0 {
		return 0
	}
	n, _ := c.operands[i].(float64)
	if math.Abs(n) > 1e9 {
		return 0
	}
	return n
}

// last is the last operand.
func (c *canvas) last() value {
	if len(c.operands) == 0 {
		return nil
	}
	return c.operands[len(c.operands)-1]
}

func (c *canvas) matrix() matrix {
	return matrix{c.n(5), c.n(4), c.n(3), c.n(2), c.n(1), c.n(0)}
}

// operate does what changes the graphics state.
func (c *canvas) operate(k keyword) {
	switch k {
	case "q":
		if len(c.stack) < maxStack {
			c.stack = append(c.stack, c.graphics)
		} else {
			c.over++
		}
	case "Q":
		if c.over > 0 {
			c.over--
		} else if n := len(c.stack); n > 0 {
			c.graphics, c.stack = c.stack[n-1], c.stack[:n-1]
		}
	case "cm":
		if m := c.matrix().times(c.ctm); sane(m) {
			c.ctm = m
		}
	case "w":
		c.lineWidth = c.n(0)
	case "g", "rg", "k", "sc", "scn":
		c.darkFill = dark(c.operands)
	case "G", "RG", "K", "SC", "SCN":
		c.darkLine = dark(c.operands)
	case "cs":
		c.darkFill = true // the colour that a space begins with is black
	case "CS":
		c.darkLine = true
	}
}

// sane is true for a matrix with which one can go on computing.
func sane(m matrix) bool {
	for _, v := range m {
		if !(math.Abs(v) < 1e9) {
			return false
		}
	}
	return true
}

// dark judges a colour by its components.
func dark(operands []value) bool {
	var parts []float64
	for _, o := range operands {
		if n, ok := o.(float64); ok {
			parts = append(parts, n)
		}
	}
	switch len(parts) {
	case 1:
		return parts[0] < 0.5
	case 3:
		return parts[0]*0.3+parts[1]*0.59+parts[2]*0.11 < 0.5
	case 4: // cyan, magenta, yellow, black
		return parts[3]+(parts[0]+parts[1]+parts[2])/3 > 0.5
	}
	return true
}
