package pdf

import "math"

// operateText does what places and shows text (§9.3, §9.4); false for all else.
func (c *canvas) operateText(k keyword) bool {
	switch k {
	case "BT":
		c.text, c.line = identity, identity
	case "Tf":
		if len(c.operands) > 1 {
			n, _ := c.operands[len(c.operands)-2].(name)
			f := c.chosen[n]
			if f == nil {
				f = c.p.font(c.resources, n)
				c.chosen[n] = f
			}
			c.font, c.size = f, c.n(0)
		}
	case "Tc":
		c.charSpace = c.n(0)
	case "Tw":
		c.space = c.n(0)
	case "Tz":
		c.stretch = c.n(0) / 100
	case "TL":
		c.leading = c.n(0)
	case "Td":
		c.move(c.n(1), c.n(0))
	case "TD":
		c.leading = -c.n(0)
		c.move(c.n(1), c.n(0))
	case "Tm":
		if m := c.matrix(); sane(m) {
			c.text, c.line = m, m
		}
	case "T*":
		c.move(0, -c.leading)
	case "Tj":
		c.show(c.last())
	case "'":
		c.move(0, -c.leading)
		c.show(c.last())
	case "\"":
		c.space, c.charSpace = c.n(2), c.n(1)
		c.move(0, -c.leading)
		c.show(c.last())
	case "TJ":
		list, _ := c.last().(array)
		for _, item := range list {
			if n, ok := item.(float64); ok {
				c.advance(-n / 1000 * c.size)
			} else {
				c.show(item)
			}
		}
	default:
		return false
	}
	return true
}

// move goes to the start of another line.
func (c *canvas) move(x, y float64) {
	if m := (matrix{1, 0, 0, 1, x, y}).times(c.line); sane(m) {
		c.line, c.text = m, m
	}
}

// advance moves on along the line.
func (c *canvas) advance(by float64) {
	m := matrix{1, 0, 0, 1, by * c.stretch, 0}
	if c.font.vertical {
		m = matrix{1, 0, 0, 1, 0, by}
	}
	if m = m.times(c.text); sane(m) {
		c.text = m
	}
}

// show takes one string.
func (c *canvas) show(v value) {
	s, _ := v.(str)
	if len(s) == 0 {
		return
	}
	f := c.font
	if f.blind {
		c.p.r.note("unmapped-text")
	}
	place := c.text.times(c.ctm)
	w := run{start: point{place[4], place[5]}, sure: true}
	// An em and the direction of the line, as they come out on the page.
	along := point{place[0] * c.stretch, place[1] * c.stretch}
	if f.vertical {
		along = point{-place[2], -place[3]}
	}
	w.along = unit(along)
	w.em = math.Abs(c.size) * math.Sqrt(math.Abs(place[0]*place[3]-place[1]*place[2]))
	text := make([]byte, 0, len(s))
	forward := 0.0
	for len(s) > 0 {
		g := f.next(s)
		s = s[g.bytes:]
		text = append(text, g.text...)
		w.sure = w.sure && g.sure
		step := g.width / 1000 * c.size
		if f.vertical {
			step = -math.Abs(c.size)
		}
		step += c.charSpace
		if g.code == ' ' && g.bytes == 1 {
			step += c.space
		}
		forward += step
	}
	c.advance(forward)
	after := c.text.times(c.ctm)
	w.end, w.text = point{after[4], after[5]}, string(text)
	c.lines.add(w)
}

func unit(p point) point {
	n := math.Hypot(p.x, p.y)
	if n == 0 || math.IsInf(n, 0) {
		return point{1, 0}
	}
	return point{p.x / n, p.y / n}
}
