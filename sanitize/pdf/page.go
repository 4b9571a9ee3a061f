package pdf

import (
	"bytes"
	"math"
	"strings"
	"unicode/utf8"
)

// pages reads content streams (§8, §9): the text that they show and the
// rectangles that they fill, without drawing anything.
type pages struct {
	r     *reader
	fonts map[name]*font // by the name under which any page knows them
	boxes []box
}

// box is a filled rectangle.
type box struct{ x, y, w, h float64 }

const (
	maxBoxes    = 60_000 // of one content stream
	maxOperands = 64
)

func newPages(r *reader) *pages {
	p := &pages{r: r, fonts: map[name]*font{}}
	known := map[*object]*font{}
	for _, o := range r.objects {
		p.gather(o.value, 0, known)
	}
	return p
}

// gather finds the fonts in the resources of pages and forms. A name that means
// two fonts means the first with a mapping to characters.
func (p *pages) gather(v value, depth int, known map[*object]*font) {
	const most = 2000
	d, ok := v.(dict)
	if !ok {
		if a, ok := v.(array); ok {
			for _, inner := range a {
				p.gather(inner, depth+1, known)
			}
		}
		return
	}
	for k, fv := range p.r.dict(d["Font"]) {
		fd := p.r.dict(fv)
		if fd == nil || len(p.fonts) >= most {
			continue
		}
		if have := p.fonts[k]; have == nil || have.codes == nil {
			p.fonts[k] = p.r.font(fd, known)
		}
	}
	for _, inner := range d {
		p.gather(inner, depth+1, known)
	}
}

// content reads one content stream.
func (p *pages) content(b []byte) {
	in := parser{b: b, most: p.r.limits.Depth}
	var (
		operands []value
		line     strings.Builder
		current  *font
		path     []box
		dark     = true
		stack    []bool
		height   = math.Inf(1) // of the line
		shown    int           // characters of the last string
	)
	p.boxes = p.boxes[:0]
	flush := func() {
		p.r.line(line.String())
		line.Reset()
	}
	number := func(i int) float64 {
		if i < 0 || i >= len(operands) {
			return 0
		}
		n, _ := operands[i].(float64)
		return n
	}
	show := func(v value) {
		if s, ok := v.(str); ok && line.Len() < 1<<20 {
			text := current.text(s)
			shown = utf8.RuneCountInString(text)
			line.WriteString(text)
		}
	}
	for in.i < len(b) && p.r.work > 0 {
		before := in.i
		v := in.value(0)
		p.r.work -= in.i - before
		k, ok := v.(keyword)
		if !ok {
			if len(operands) < maxOperands {
				operands = append(operands, v)
			}
			continue
		}
		switch k {
		case end:
			in.i = len(b)
		case "Tj":
			if len(operands) > 0 {
				show(operands[len(operands)-1])
			}
		case "'", "\"":
			flush()
			if len(operands) > 0 {
				show(operands[len(operands)-1])
			}
		case "TJ":
			if len(operands) > 0 {
				list, _ := operands[len(operands)-1].(array)
				for _, item := range list {
					if gap, ok := item.(float64); ok {
						if gap < -180 && line.Len() > 0 { // thousandths of an em: a blank between words
							line.WriteByte(' ')
						}
						continue
					}
					show(item)
				}
			}
		case "Td", "TD":
			if math.Abs(number(1)) > 0.01 {
				flush()
			} else if number(0) > 1 && line.Len() > 0 && shown > 1 {
				line.WriteByte(' ')
			}
		case "Tm":
			// Letters that are placed one by one stand on one line.
			if y := number(5); math.Abs(y-height) > 0.01 {
				flush()
				height = y
			} else if shown > 1 && line.Len() > 0 {
				line.WriteByte(' ')
			}
		case "T*", "BT", "ET":
			flush()
		case "Tf":
			if len(operands) > 1 {
				n, _ := operands[len(operands)-2].(name)
				current = p.fonts[n]
			}
		case "re":
			if len(path) < maxBoxes {
				path = append(path, box{number(0), number(1), number(2), number(3)})
			}
		case "g", "rg", "k", "sc", "scn":
			dark = darkColour(operands)
		case "q":
			if len(stack) < 100 {
				stack = append(stack, dark)
			}
		case "Q":
			if len(stack) > 0 {
				dark = stack[len(stack)-1]
				stack = stack[:len(stack)-1]
			}
		case "f", "F", "f*", "B", "B*", "b", "b*":
			if dark && len(p.boxes)+len(path) <= maxBoxes {
				p.boxes = append(p.boxes, path...)
			}
			path = path[:0]
		case "n", "S", "s", "W", "W*":
			if k != "W" && k != "W*" {
				path = path[:0]
			}
		case "BI":
			p.inline(&in)
		}
		operands = operands[:0]
	}
	flush()
	if len(p.boxes) > 0 {
		p.r.drawn(p.boxes)
	}
}

// darkColour judges the colour in which boxes are filled.
func darkColour(operands []value) bool {
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

// inline reads a picture inside a content stream: BI, its dictionary, ID, its
// bytes, EI (§8.9.7).
func (p *pages) inline(in *parser) {
	d := dict{}
	for {
		k := in.value(0)
		n, ok := k.(name)
		if !ok {
			if w, isWord := k.(keyword); isWord && (w == "ID" || w == end || w == "EI") {
				break
			}
			continue
		}
		v := in.value(0)
		if w, isWord := v.(keyword); isWord {
			if w == "ID" || w == end {
				break
			}
			continue
		}
		if full, short := inlineKeys[n]; short {
			n = full
		}
		d[n] = v
	}
	start := min(len(in.b), in.i+1)
	stop := start
	for stop < len(in.b) {
		i := bytes.Index(in.b[stop:], []byte("EI"))
		if i < 0 {
			stop = len(in.b)
			break
		}
		at := stop + i
		if (at == start || isSpace(in.b[at-1])) && (at+2 >= len(in.b) || isSpace(in.b[at+2])) {
			stop = at
			break
		}
		stop = at + 2
	}
	in.i = min(len(in.b), stop+2)
	p.r.image(d, &object{value: d, stream: in.b[start:min(stop, len(in.b))], packed: true})
}

var inlineKeys = map[name]name{
	"W": "Width", "H": "Height", "BPC": "BitsPerComponent", "CS": "ColorSpace", "F": "Filter", "DP": "DecodeParms", "IM": "ImageMask", "D": "Decode",
}
