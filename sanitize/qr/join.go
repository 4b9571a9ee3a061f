package qr

import "image"

// mostPairs bounds how many pairs of pictures ReadJoined tries.
const mostPairs = 64

// ReadJoined reads codes that were cut in two pictures, which a mail shows side
// by side or one over the other. Pictures are tried in pairs, neighbours in the
// list first, where their heights or widths agree; one that holds a code of its own
// is left out. A text is told once. l bounds the whole call, not each pair.
func ReadJoined(pictures [][]byte, l Limits) []string {
	l = l.orDefault()
	s := newSearch(l.Work)
	var halves []*plane
	for _, b := range pictures {
		if s.budget.spent() || !IsPicture(b) {
			continue
		}
		frames, _ := decodePicture(b, Limits{Pixels: l.Pixels / 2, Frames: 1, Work: l.Work}, s.budget)
		if len(frames) == 0 {
			continue
		}
		img := frames[0]
		p := reduced(layersOf(img).gray, largePicture)
		if own := (&search{budget: s.budget}); own.holdsCode(p) {
			continue
		}
		halves = append(halves, p)
	}
	pairs := 0
	for gap := 1; gap < len(halves); gap++ {
		for i := 0; i+gap < len(halves); i++ {
			a, b := halves[i], halves[i+gap]
			for _, whole := range []*plane{beside(a, b), beside(b, a), above(a, b), above(b, a)} {
				if whole == nil {
					continue
				}
				if pairs++; pairs > mostPairs || s.budget.spent() {
					return s.texts()
				}
				s.picture(whole.image())
			}
		}
	}
	return s.texts()
}

// holdsCode reports whether p has a code in it that can be read as it is.
func (s *search) holdsCode(p *plane) bool {
	s.plain(p)
	return len(s.found) > 0
}

// beside is a with b to its right, nil if they are not equally high.
func beside(a, b *plane) *plane {
	if a.h != b.h {
		return nil
	}
	p := newPlane(a.w+b.w, a.h)
	for y := range a.h {
		row := p.pix[y*p.w:][:p.w]
		copy(row, a.pix[y*a.w:][:a.w])
		copy(row[a.w:], b.pix[y*b.w:][:b.w])
	}
	return p
}

// above is a with b under it, nil if they are not equally wide.
func above(a, b *plane) *plane {
	if a.w != b.w {
		return nil
	}
	p := newPlane(a.w, a.h+b.h)
	copy(p.pix, a.pix)
	copy(p.pix[len(a.pix):], b.pix)
	return p
}

// image shares p's pixels.
func (p *plane) image() *image.Gray {
	return &image.Gray{Pix: p.pix, Stride: p.w, Rect: image.Rect(0, 0, p.w, p.h)}
}
