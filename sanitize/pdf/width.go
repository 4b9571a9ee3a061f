package pdf

import (
	"strings"
	"unicode/utf8"
)

// helvetica are the widths of ASCII in Helvetica, from the blank on: the font that
// stands in for those that tell no widths (§9.6.2.2 allows that of 14 fonts).
var helvetica = [95]float64{
	278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
	556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
	1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
	667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
	333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
	556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
}

// times are those of Times.
var times = [95]float64{
	250, 333, 408, 500, 500, 833, 778, 180, 333, 333, 500, 564, 250, 333, 250, 278,
	500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 278, 278, 564, 564, 564, 444,
	921, 722, 667, 667, 722, 611, 556, 722, 722, 333, 389, 722, 611, 889, 722, 722,
	556, 722, 667, 556, 611, 722, 722, 944, 722, 722, 611, 333, 278, 333, 469, 500,
	333, 444, 500, 444, 500, 444, 333, 500, 500, 278, 278, 500, 278, 778, 500, 500,
	500, 500, 333, 389, 278, 500, 500, 722, 500, 500, 444, 480, 200, 480, 541,
}

// standardWidths sets the widths of a font that tells none. Only upright faces are
// exact; the others differ by less than the gap between words.
func (f *font) standardWidths(base string) {
	if strings.Contains(base, "Courier") || strings.Contains(base, "Mono") {
		f.usual = 600
		return
	}
	from := &helvetica
	if strings.Contains(base, "Times") || strings.Contains(base, "Serif") {
		from = &times
	} else if base != "" && !strings.Contains(base, "Helvetica") && !strings.Contains(base, "Arial") {
		return
	}
	for i := range 256 {
		if t := f.simple[i]; len(t) == 1 && t[0] >= ' ' && t[0] <= '~' {
			f.widths[uint32(i)] = from[t[0]-' ']
		}
	}
}

// guessWidth is for a glyph of which nothing is known: half an em, or a whole one
// for the characters of East Asia.
func guessWidth(text string) float64 {
	r, size := utf8.DecodeRuneInString(text)
	switch {
	case size == 0:
		return 500
	case r >= ' ' && r <= '~':
		return helvetica[r-' ']
	case r >= 0x1100 && !(r >= 0x2000 && r < 0x2e80) && !(r >= 0xff61 && r <= 0xff9f):
		return 1000
	}
	return 550
}
