package sanitize

import (
	"bytes"
	"strings"
)

// maxBoundaries bounds how many different boundaries one multipart is split at:
// those of all its Content-Type fields and parameters, with and without blanks
// at their ends. Readers differ in which they take, so all are taken.
const maxBoundaries = 4

// delimiter is one line of a multipart that separates parts (RFC 2046 §5.1.1).
type delimiter struct {
	start int // of the line, or of the line end before it, which belongs to it
	end   int // of the line with its line end
	// closing is true for "--boundary--"; odd for one with more on its line.
	closing, odd bool
}

// splitter finds the delimiters of one multipart in order, each byte looked at
// once for each boundary.
type splitter struct {
	body  []byte
	marks []boundaryMark
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
	if i := bytes.Index(body[from:], m.text); i >= 0 {
		m.next = from + i
		return
	}
	m.next = len(body)
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
		return d, false
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
		// Text behind it: some readers see a delimiter, some do not.
		d.odd = true
	}
	if at > 0 {
		d.start--
		if s.body[at-1] == '\n' && at > 1 && s.body[at-2] == '\r' {
			d.start--
		}
	}
	return d, true
}

// boundaries are the candidates in all Content-Type fields, and whether they
// contradict each other.
func boundaries(params []param) (found []string, doubtful bool) {
	first := true
	add := func(b string) {
		if b == "" || len(found) >= maxBoundaries {
			return
		}
		for _, have := range found {
			if have == b {
				return
			}
		}
		found = append(found, b)
	}
	said := ""
	for _, p := range params {
		if p.name != "boundary" {
			continue
		}
		if !first && p.value != said {
			doubtful = true
		}
		first, said = false, p.value
		add(strings.TrimRight(p.value, " \t"))
		add(strings.Trim(p.value, " \t"))
		if p.value != strings.Trim(p.value, " \t\r\n") {
			doubtful = true
		}
	}
	return found, doubtful
}

// guessBoundary looks for the first line that begins with "--" and is followed
// by a Content- field: the delimiter of a multipart that names none, or another.
func guessBoundary(body []byte) string {
	for pos := 0; pos < len(body); {
		line, next, _ := cutLine(body, pos)
		pos = next
		if !bytes.HasPrefix(line, []byte("--")) || len(line) > 200 {
			continue
		}
		if following, _, _ := cutLine(body, pos); isContentField(following) {
			return strings.TrimRight(string(line[2:]), " \t")
		}
	}
	return ""
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
