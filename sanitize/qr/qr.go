// Package qr reads the two-dimensional codes in pictures, and in text and HTML
// that is laid out to look like one.
//
// It is pure: bytes in, texts out. A code in a mail is a link that no text
// filter sees, so whoever sends one also tries to hide it from readers of
// codes: inverted, in two colours of the same brightness, without a border, cut
// in two halves side by side, one pixel to a module, turned, or drawn with
// block characters or table cells. Each picture is therefore read in several
// ways, the cheapest first, until one of them finds something.
//
// Nothing here depends on a clock. Work is counted in pixels looked at, and
// [Limits.Work] bounds it, so that the same picture always yields the same
// texts however busy the machine is.
package qr

import (
	"image"
)

// Limits bound the reading of one picture. A field that is zero or less means
// its default.
type Limits struct {
	// Pixels is the largest picture decoded, as its header declares it; for an
	// animation it bounds the sum of the frames. Default 25 million, a scanned
	// page of A4 at 500 dpi.
	Pixels int
	// Frames is how many frames of an animation are read. Default 10.
	Frames int
	// Work bounds the reading, counted in pixels looked at (decoding included).
	// Default 1,000 million, which is two seconds or less of one core.
	Work int
}

// The defaults of Limits.
const (
	defaultPixels = 25_000_000
	defaultFrames = 10
	defaultWork   = 1_000_000_000
)

func (l Limits) orDefault() Limits {
	if l.Pixels <= 0 {
		l.Pixels = defaultPixels
	}
	if l.Frames <= 0 {
		l.Frames = defaultFrames
	}
	if l.Work <= 0 {
		l.Work = defaultWork
	}
	return l
}

// Problem is something that kept a picture, or a part of it, from being read.
type Problem struct {
	// Code is CodeLimit, CodeMalformed or CodeUnsupported.
	Code string
	// Detail is for an operator; it holds nothing of the picture's content.
	Detail string
}

// Codes of problems.
const (
	CodeLimit       = "limit"       // a limit of Limits stopped the reading
	CodeMalformed   = "malformed"   // the picture could not be decoded, or not to its end
	CodeUnsupported = "unsupported" // not a picture of a kind known here
)

// Read returns the texts of all codes in a PNG, JPEG, GIF, WebP or BMP picture,
// each once, in the order found. A text is UTF-8 whatever the code said it in.
// The parts of a structured append (ISO/IEC 18004 §8) come as one text, where
// all of them are there.
//
// The declared size is checked before anything is decoded. Texts and problems
// may come together: what was read before a limit was hit is kept.
func Read(picture []byte, l Limits) (texts []string, problems []Problem) {
	l = l.orDefault()
	s := newSearch(l.Work)
	frames, problems := decodePicture(picture, l, s.budget)
	for _, f := range frames {
		s.picture(f)
	}
	if s.budget.spent() && len(problems) == 0 {
		problems = append(problems, Problem{CodeLimit, "gave up searching the picture for codes: too much in it looks like one"})
	}
	return s.texts(), problems
}

// ReadGray is Read for a picture that is decoded already, such as one out of a
// PDF. A picture larger than l.Pixels is not read.
func ReadGray(g *image.Gray, l Limits) []string {
	l = l.orDefault()
	b := g.Bounds()
	if b.Empty() || !fits(b.Dx(), b.Dy(), l.Pixels) {
		return nil
	}
	s := newSearch(l.Work)
	s.picture(g)
	return s.texts()
}

// IsPicture reports whether b begins as a picture that [Read] knows.
func IsPicture(b []byte) bool { return kindOf(b) != kindNone }

// fits reports whether w by h is a picture of at least one and at most max pixels.
func fits(w, h, max int) bool {
	return w > 0 && h > 0 && w <= max && h <= max/w
}

// budget is the work that may still be done.
type budget struct{ left int }

// spend takes n pixels of work and reports whether there was that much left.
// Once it has said no it keeps saying no.
func (b *budget) spend(n int) bool {
	if n > b.left {
		b.left = -1
		return false
	}
	b.left -= n
	return true
}

func (b *budget) spent() bool { return b.left < 0 }
