package qr

import (
	"unicode/utf8"
)

// Bounds of a code drawn with characters. The largest code has 177 modules, each
// at most two characters wide, and a border.
const (
	mostColumns = 400
	mostLines   = 400
	leastLines  = 6 // the smallest code is 21 modules, at most four to a line
)

// ReadText reads codes that are drawn with characters: blocks (█ ▀ ▄ ▌ ▐, the
// quadrants, shades), Braille patterns, or a letter for each dark module beside
// blanks. A module may be half a character high or two characters wide. Lines are
// those of a plain text, in order; a line without such characters ends a drawing.
// At most 400 columns of 400 lines are one drawing, and 2,000 lines of drawings
// are read.
func ReadText(lines []string) []string {
	s := newSearch(defaultWork)
	var drawing []string
	read := 0
	flush := func() {
		if len(drawing) >= leastLines {
			s.drawing(drawing)
		}
		drawing = drawing[:0]
	}
	for _, line := range lines {
		if !drawn(line) {
			flush()
			continue
		}
		if read++; read > 2000 || len(drawing) == mostLines {
			break
		}
		drawing = append(drawing, line)
	}
	flush()
	return s.texts()
}

// drawn reports whether a line can be a row of modules: nothing in it but blocks
// and blanks, some blocks among them, or one letter over and over.
func drawn(line string) bool {
	marks, n := 0, 0
	var letter rune
	for _, r := range line {
		if n++; n > mostColumns {
			return false
		}
		switch {
		case isBlank(r):
		case isBlock(r):
			marks++
		case letter == 0 || r == letter:
			letter = r
			marks++
		default:
			return false
		}
	}
	return marks >= 4 && n >= 10
}

// isBlank reports whether r is a character without ink, a zero-width one
// excepted.
func isBlank(r rune) bool {
	switch r {
	case ' ', '\t', '\u00a0', '\u2800', '\u3000', '\u2591': // the last is the light shade
		return true
	}
	return r >= '\u2000' && r <= '\u200a' || r == '\u202f' || r == '\u205f'
}

func isBlock(r rune) bool {
	return r >= '\u2580' && r <= '\u259f' || r > '\u2800' && r <= '\u28ff' || r >= '\u25a0' && r <= '\u25a1' || r == '\u2b1b' || r == '\u2b1c'
}

// cell is a character as two columns by four rows of ink, bit 2*row+column.
func cell(r rune) uint8 {
	const (
		row0, row1, row2, row3 = 0x03, 0x0c, 0x30, 0xc0
		left, right            = 0x55, 0xaa
		upper, lower           = row0 | row1, row2 | row3
	)
	switch r {
	case '\u2580': // ▀
		return upper
	case '\u2581', '\u2582':
		return row3
	case '\u2583', '\u2584': // ▄
		return lower
	case '\u2585', '\u2586', '\u2587':
		return row1 | lower
	case '\u2588', '\u2593', '\u2592', '\u25a0', '\u2b1b': // █ and the shades dark enough
		return 0xff
	case '\u2589', '\u258a', '\u258b', '\u258c', '\u258d', '\u258e', '\u258f': // ▌
		return left
	case '\u2590', '\u2595': // ▐
		return right
	case '\u2594':
		return row0
	case '\u2596':
		return left & lower
	case '\u2597':
		return right & lower
	case '\u2598':
		return left & upper
	case '\u2599':
		return left | lower
	case '\u259a':
		return left&upper | right&lower
	case '\u259b':
		return left | upper
	case '\u259c':
		return right | upper
	case '\u259d':
		return right & upper
	case '\u259e':
		return right&upper | left&lower
	case '\u259f':
		return right | lower
	case '\u25a1', '\u2b1c':
		return 0
	}
	if r > '\u2800' && r <= '\u28ff' {
		// Braille dots are numbered down the left column, then the right one,
		// and the fourth row came later (Unicode ch. 21.1).
		var c uint8
		for dot, bit := range [8]uint{0, 2, 4, 1, 3, 5, 6, 7} {
			if (r-'\u2800')>>dot&1 != 0 {
				c |= 1 << bit
			}
		}
		return c
	}
	if isBlank(r) {
		return 0
	}
	return 0xff // the letter
}

// drawing reads what lines draw. How high a character is depends on who shows
// it, so the likely proportions are tried: a character twice as high as wide, as
// in a terminal (half blocks, or two blocks for a module), and a square one.
func (s *search) drawing(lines []string) {
	width := 0
	for _, l := range lines {
		width = max(width, utf8.RuneCountInString(l))
	}
	// Two by four dots for each character.
	dots := &bitmap{2 * width, 4 * len(lines), make([]uint8, 8*width*len(lines))}
	for row, l := range lines {
		col := 0
		for _, r := range l {
			c := cell(r)
			for bit := range 8 {
				if c>>bit&1 != 0 {
					dots.on[(4*row+bit/2)*dots.w+2*col+bit%2] = 1
				}
			}
			col++
		}
	}
	before := len(s.found)
	for _, size := range [][2]int{{2, 2}, {4, 2}, {2, 4}} {
		s.dots(dots, size[0], size[1])
		if len(s.found) > before {
			return
		}
	}
}

// dots reads a bitmap each of whose dots stands for w by h pixels, with a border
// added.
func (s *search) dots(b *bitmap, w, h int) {
	const border = 8
	p := newPlane(b.w*w+2*border, b.h*h+2*border)
	for i := range p.pix {
		p.pix[i] = 255
	}
	for y := range b.h * h {
		row := p.pix[(y+border)*p.w+border:]
		from := b.on[y/h*b.w:][:b.w]
		for x := range b.w * w {
			if from[x/w] != 0 {
				row[x] = 0
			}
		}
	}
	if s.budget.spend(2 * p.w * p.h) {
		s.bitmap(p, p.global())
	}
}
