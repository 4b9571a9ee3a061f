package sanitize

import (
	"bytes"
	"slices"
	"strings"
)

// delimiter is one line of a multipart that separates parts (RFC 2046 §5.1.1).
type delimiter struct {
	start int // of the line, or of the line end before it, which belongs to it
	end   int // of the line with its line end
	// closing is true for "--boundary--"; odd says why some readers do not see it.
	closing bool
	odd     string
}

// splitter finds the delimiters of one multipart in order, each byte looked at
// once for each boundary.
type splitter struct {
	body   []byte
	marks  []boundaryMark
	inside bool // a boundary stood in the middle of a line
}

// boundaryMark is one boundary and where it comes next.
type boundaryMark struct {
	text []byte // "--" and the boundary
	next int    // offset of its next occurrence, len(body) for none
}

func newSplitter(body []byte, boundaries []string) *splitter {
	s := &splitter{body: body}
	for _, b := range boundaries {
		m := boundaryMark{text: []byte("--" + b)}
		m.seek(body, 0)
		s.marks = append(s.marks, m)
	}
	return s
}

func (m *boundaryMark) seek(body []byte, from int) {
	if from >= len(body) {
		m.next = len(body)
		return
	}
	m.next = len(body)
	if i := bytes.Index(body[from:], m.text); i >= 0 {
		m.next = from + i
	}
	examine(m.next - from)
}

// find returns the next delimiter at or after from.
func (s *splitter) find(from int) (d delimiter, ok bool) {
	for {
		best := -1
		for i := range s.marks {
			m := &s.marks[i]
			if m.next < from {
				m.seek(s.body, from)
			}
			// At one place the longer boundary is the one meant.
			if m.next < len(s.body) && (best < 0 || m.next < s.marks[best].next ||
				m.next == s.marks[best].next && len(m.text) > len(s.marks[best].text)) {
				best = i
			}
		}
		if best < 0 {
			return d, false
		}
		m := &s.marks[best]
		if d, ok = s.accept(m); ok {
			return d, true
		}
		m.seek(s.body, m.next+1)
	}
}

// accept says whether the occurrence is a delimiter line.
func (s *splitter) accept(m *boundaryMark) (d delimiter, ok bool) {
	at := m.next
	if at > 0 && s.body[at-1] != '\n' && s.body[at-1] != '\r' {
		return s.midLine(m)
	}
	after := at + len(m.text)
	line, next, _ := cutLine(s.body, after)
	rest := line
	d = delimiter{start: at, end: next}
	if bytes.HasPrefix(rest, []byte("--")) {
		d.closing = true
		rest = rest[2:]
	}
	if trimmed := bytes.TrimLeft(rest, " \t\x00"); len(trimmed) > 0 {
		if len(trimmed) == len(rest) && !d.closing {
			return d, false // another boundary that begins like this one
		}
		d.odd = "text on the line of a boundary"
		// What stands there may be the part's own header.
		if i := bytes.IndexByte(trimmed, ':'); i > 0 && isContentField(trimmed) {
			d.end = next - (len(s.body[after:next]) - bytes.Index(s.body[after:next], trimmed))
		}
	}
	if bytes.IndexByte(line, 0) >= 0 {
		d.odd = "NUL on the line of a boundary"
	}
	if at > 0 {
		d.start--
		if s.body[at-1] == '\n' && at > 1 && s.body[at-2] == '\r' {
			d.start--
		}
		if s.body[at-1] == '\r' && bytes.IndexByte(s.body[:min(len(s.body), 4<<10)], '\n') >= 0 {
			d.odd = "CR without LF before a boundary"
		}
	}
	return d, true
}

// midLine judges a boundary that does not begin its line. A long one that is
// followed by the end of its line, or by a part's field, separates for readers
// that look no closer.
func (s *splitter) midLine(m *boundaryMark) (d delimiter, ok bool) {
	const long = 8 // a shorter one may stand in any text
	after := m.next + len(m.text)
	if len(m.text) < long || s.body[m.next-1] == '-' {
		return d, false
	}
	line, next, _ := cutLine(s.body, after)
	closing := bytes.HasPrefix(line, []byte("--"))
	rest := bytes.Trim(bytes.TrimPrefix(line, []byte("--")), " \t\x00")
	following, _, _ := cutLine(s.body, next)
	if len(rest) > 0 || !closing && !isContentField(following) {
		return d, false
	}
	s.inside = true
	return delimiter{start: m.next, end: next, closing: closing}, true
}

// guessBoundary looks before the first delimiter of a multipart for a line that
// begins with "--" and is followed by a Content- field: the delimiter of a
// multipart that names none, or another. The ones named by it, and those of the
// multiparts around it, are not meant.
func guessBoundary(body []byte, named, around []string) string {
	for pos := 0; pos < len(body); {
		line, next, _ := cutLine(body, pos)
		pos = next
		if !bytes.HasPrefix(line, []byte("--")) || len(line) > maxBoundary {
			continue
		}
		b := strings.TrimRight(string(line[2:]), " \t")
		if slices.Contains(named, b) || slices.Contains(named, strings.TrimSuffix(b, "--")) {
			return ""
		}
		if following, _, _ := cutLine(body, pos); isContentField(following) && b != "" && !slices.Contains(around, b) {
			return b
		}
	}
	return ""
}

// worthReading is false for what stands before and after the parts of ordinary
// mail: a notice to readers that know no MIME.
func worthReading(text []byte) bool {
	return bytes.Contains(text, []byte("://")) || bytes.Contains(text, []byte("www.")) || bytes.IndexByte(text, '@') >= 0
}

// isContentField is true for a line such as "Content-Type: ...".
func isContentField(line []byte) bool {
	if len(line) < 10 || !strings.EqualFold(string(line[:8]), "content-") {
		return false
	}
	_, _, _, ok := cutField(line)
	return ok
}

// hiddenEntity is the offset of the first line in a preamble or epilogue that
// is a Content- field: a part for some readers and nothing for most.
func hiddenEntity(b []byte) int {
	for pos := 0; pos < len(b); {
		line, next, _ := cutLine(b, pos)
		if isContentField(line) {
			return pos
		}
		pos = next
	}
	return -1
}
