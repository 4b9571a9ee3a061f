package qr

import (
	"image"
	"slices"
	"strings"
	"unicode/utf8"
)

// search gathers the codes of one picture.
type search struct {
	budget *budget
	found  []decoded
}

func newSearch(work int) *search { return &search{budget: &budget{left: work}} }

// Sizes that the readings after the first are done at.
const (
	largePicture = 1 << 20    // pixels; larger ones are shrunk to this
	smallPicture = 300 * 300  // pixels; smaller ones are enlarged
	tinyPicture  = 100 * 100  // pixels; enlarged further
	midPicture   = 256 * 1024 // pixels; the size at which noise is averaged away
)

// picture reads one picture in all ways, until one group of ways finds a code.
// Within a group every way is tried, so that a code put there to be found does
// not hide the one beside it.
func (s *search) picture(img image.Image) {
	before := len(s.found)
	if !s.budget.spend(6 * img.Bounds().Dx() * img.Bounds().Dy()) {
		return
	}
	l := layersOf(img)
	groups := []func(){
		func() { s.plain(l.gray) },
		func() {
			for _, p := range l.shades {
				s.plain(reduced(p, largePicture))
			}
		},
		func() {
			for _, p := range l.colours {
				s.plain(reduced(p, largePicture))
			}
		},
		func() { s.scaled(l.gray) },
		func() { s.hard(l.gray) },
		func() {
			for _, p := range l.colours {
				s.scaled(p)
			}
			for _, p := range l.shades {
				s.scaled(p)
			}
		},
	}
	for _, g := range groups {
		g()
		if len(s.found) > before || s.budget.spent() {
			return
		}
	}
}

// plain reads p as it is.
func (s *search) plain(p *plane) {
	if !s.budget.spend(2 * p.w * p.h) {
		return
	}
	s.bitmap(p, p.global())
	s.bitmap(p, p.local())
}

// scaled reads p at other sizes: large ones smaller, small ones larger.
func (s *search) scaled(p *plane) {
	size := p.w * p.h
	switch {
	case size <= tinyPicture:
		s.plain(p.enlarge(5))
	case size <= smallPicture:
		s.plain(p.enlarge(3))
	}
	if size > largePicture {
		s.plain(reduced(p, largePicture))
	}
	if size > midPicture {
		s.plain(reduced(p, midPicture))
	}
}

// hard reads p against shades, blur and noise.
func (s *search) hard(p *plane) {
	p = reduced(p, largePicture)
	if !s.budget.spend(16 * p.w * p.h) {
		return
	}
	s.bitmap(p, p.wide(max(p.w, p.h)/12+4))
	for _, r := range []int{2, 5} {
		sharp := p.sharpen(r)
		s.bitmap(sharp, sharp.global())
	}
	soft := p.blur(1)
	s.bitmap(soft, soft.global())
	if p.w*p.h <= smallPicture {
		sharp := p.enlarge(3).sharpen(4)
		s.bitmap(sharp, sharp.global())
	}
}

// reduced is p shrunk until it has at most about size pixels.
func reduced(p *plane, size int) *plane {
	n := 1
	for (p.w/n)*(p.h/n) > size {
		n++
	}
	return p.shrink(n)
}

// bitmap reads all codes in b, which was made from p.
func (s *search) bitmap(p *plane, b *bitmap) {
	if b == nil || !s.budget.spend(2*p.w*p.h) {
		return
	}
	// The core of a finder is three modules high, so a step of three rows misses
	// none; smaller pictures have rows to spare for certainty.
	step := 1
	if p.h > 500 {
		step = 2
	}
	if p.h > 1500 {
		step = 3
	}
	found := findFinders(b, step, s.budget)
	var done []triple
	for _, t := range triples(found, s.budget) {
		if slices.ContainsFunc(done, func(d triple) bool { return d.overlaps(t) }) {
			continue
		}
		if d, ok := t.read(p, b, s.budget); ok {
			s.add(d)
			done = append(done, t)
		}
		if s.budget.spent() {
			return
		}
	}
}

// overlaps reports whether t uses a corner that d has used.
func (d triple) overlaps(t triple) bool {
	for _, a := range []finder{d.corner, d.right, d.below} {
		for _, b := range []finder{t.corner, t.right, t.below} {
			if distance(a, b) < 3*a.module {
				return true
			}
		}
	}
	return false
}

func (s *search) add(d decoded) {
	if !slices.Contains(s.found, d) {
		s.found = append(s.found, d)
	}
}

// texts are what the codes say, with the parts of a structured append joined.
func (s *search) texts() []string {
	var texts []string
	add := func(t string) {
		if !utf8.ValidString(t) {
			t = strings.ToValidUTF8(t, "\uFFFD")
		}
		if t != "" && !slices.Contains(texts, t) {
			texts = append(texts, t)
		}
	}
	for _, d := range s.found {
		if d.part < 0 {
			add(d.text)
			continue
		}
		if whole, ok := s.joined(d); ok {
			add(whole)
		} else {
			add(d.text)
		}
	}
	return texts
}

// joined is the text of the structured append that d is a part of. The upper half
// of the sequence number counts from 0, the lower half is the last one's number
// (ISO/IEC 18004 §8.2).
func (s *search) joined(d decoded) (string, bool) {
	last := d.part & 15
	var b strings.Builder
	for n := range last + 1 {
		i := slices.IndexFunc(s.found, func(e decoded) bool {
			return e.part == n<<4|last && e.parity == d.parity
		})
		if i < 0 {
			return "", false
		}
		b.WriteString(s.found[i].text)
	}
	return b.String(), true
}
