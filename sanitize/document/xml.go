package document

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// xmlKind is what an xmlScanner stands on.
type xmlKind byte

const (
	xmlStart xmlKind = iota
	xmlEnd
	xmlText
)

// xmlScanner goes over XML once, forgiving everything. Names lose their prefix:
// the prefixes of Office are fixed by habit only, and its readers do not look at
// them. It keeps no stack, and expands no entity but the five and numbers.
type xmlScanner struct {
	b      []byte
	pos    int
	kind   xmlKind
	name   []byte // of an element, without prefix
	attrs  []byte // between the name and the '>'
	raw    []byte // of text
	cdata  bool
	depth  int
	deep   int  // the largest depth so far
	closed bool // an empty element whose end is to come
}

func newXML(b []byte) *xmlScanner { return &xmlScanner{b: utf8Text(b)} }

// next goes to the next element or text, and reports whether there is one.
func (x *xmlScanner) next() bool {
	if x.closed {
		x.closed = false
		x.kind = xmlEnd
		x.depth--
		return true
	}
	for x.pos < len(x.b) {
		rest := x.b[x.pos:]
		if rest[0] != '<' {
			n := bytes.IndexByte(rest, '<')
			if n < 0 {
				n = len(rest)
			}
			x.kind, x.raw, x.cdata = xmlText, rest[:n], false
			x.pos += n
			return true
		}
		switch {
		case bytes.HasPrefix(rest, []byte("<!--")):
			x.skip(4, "-->")
		case bytes.HasPrefix(rest, []byte("<![CDATA[")):
			start := x.pos + 9
			x.skip(9, "]]>")
			end := max(start, x.pos-3)
			if x.pos == len(x.b) && !bytes.HasSuffix(x.b, []byte("]]>")) {
				end = len(x.b)
			}
			x.kind, x.raw, x.cdata = xmlText, x.b[start:end], true
			return true
		case bytes.HasPrefix(rest, []byte("<?")):
			x.skip(2, "?>")
		case bytes.HasPrefix(rest, []byte("<!")):
			x.skip(2, ">")
		default:
			x.element(rest)
			return true
		}
	}
	return false
}

func (x *xmlScanner) skip(from int, end string) {
	if n := bytes.Index(x.b[x.pos+from:], []byte(end)); n >= 0 {
		x.pos += from + n + len(end)
	} else {
		x.pos = len(x.b)
	}
}

// element reads a tag. A '>' in a quoted value does not end it.
func (x *xmlScanner) element(rest []byte) {
	i := 1
	x.kind = xmlStart
	if i < len(rest) && rest[i] == '/' {
		x.kind = xmlEnd
		i++
	}
	start := i
	for i < len(rest) && !isXMLSpace(rest[i]) && rest[i] != '>' && rest[i] != '/' {
		i++
	}
	x.name = rest[start:i]
	if c := bytes.IndexByte(x.name, ':'); c >= 0 {
		x.name = x.name[c+1:]
	}
	start = i
	quote := byte(0)
	for i < len(rest) {
		c := rest[i]
		if quote != 0 {
			if c == quote {
				quote = 0
			}
		} else if c == '"' || c == '\'' {
			quote = c
		} else if c == '>' {
			break
		}
		i++
	}
	if quote != 0 { // the quote is never closed: the first '>' ends the tag
		if n := bytes.IndexByte(rest[start:], '>'); n >= 0 {
			i = start + n
		}
	}
	x.attrs = rest[start:i]
	x.pos += min(i+1, len(rest))
	if x.kind == xmlEnd {
		x.depth--
		return
	}
	x.depth++
	x.deep = max(x.deep, x.depth)
	if bytes.HasSuffix(x.attrs, []byte("/")) {
		x.attrs = x.attrs[:len(x.attrs)-1]
		x.closed = true
	}
}

func isXMLSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func (x *xmlScanner) is(name string) bool { return string(x.name) == name }

// text is the text the scanner stands on.
func (x *xmlScanner) text() string {
	if x.cdata {
		return string(x.raw)
	}
	return unescapeXML(x.raw)
}

// attr gives an attribute's value by its name without prefix, "" where there is
// none.
func (x *xmlScanner) attr(name string) string {
	var found string
	x.eachAttr(func(n, v []byte) bool {
		if strings.EqualFold(string(n), name) {
			found = unescapeXML(v)
			return false
		}
		return true
	})
	return found
}

// eachAttr calls f with each attribute, its name without prefix and its value
// still escaped, until f returns false.
func (x *xmlScanner) eachAttr(f func(name, value []byte) bool) {
	for a := x.attrs; ; {
		eq := bytes.IndexByte(a, '=')
		if eq < 0 {
			return
		}
		name := bytes.TrimSpace(a[:eq])
		if i := bytes.LastIndexAny(name, " \t\r\n:/\"'"); i >= 0 {
			name = name[i+1:]
		}
		a = bytes.TrimLeft(a[eq+1:], " \t\r\n")
		if len(a) == 0 {
			return
		}
		var value []byte
		if a[0] == '"' || a[0] == '\'' {
			end := bytes.IndexByte(a[1:], a[0])
			if end < 0 {
				end = len(a) - 1
			}
			value, a = a[1:1+end], a[min(len(a), end+2):]
		} else {
			end := bytes.IndexAny(a, " \t\r\n")
			if end < 0 {
				end = len(a)
			}
			value, a = a[:end], a[end:]
		}
		if !f(name, value) {
			return
		}
	}
}

var xmlEntities = map[string]string{"amp": "&", "lt": "<", "gt": ">", "quot": `"`, "apos": "'"}

// unescapeXML undoes the five entities and numbers.
func unescapeXML(b []byte) string {
	amp := bytes.IndexByte(b, '&')
	if amp < 0 {
		return string(b)
	}
	out := make([]byte, 0, len(b))
	for amp >= 0 {
		out = append(out, b[:amp]...)
		b = b[amp:]
		semi := bytes.IndexByte(b[:min(len(b), 12)], ';')
		if semi < 0 {
			out, b = append(out, '&'), b[1:]
		} else if s, ok := xmlEntities[string(b[1:semi])]; ok {
			out, b = append(out, s...), b[semi+1:]
		} else if r, ok := charRef(string(b[1:semi])); ok {
			out, b = utf8.AppendRune(out, r), b[semi+1:]
		} else {
			out, b = append(out, '&'), b[1:]
		}
		amp = bytes.IndexByte(b, '&')
	}
	return string(append(out, b...))
}

func charRef(s string) (rune, bool) {
	s, ok := strings.CutPrefix(s, "#")
	if !ok {
		return 0, false
	}
	base := 10
	if s != "" && s[0]|0x20 == 'x' {
		s, base = s[1:], 16
	}
	n, err := strconv.ParseUint(s, base, 32)
	if err != nil || n == 0 || n > utf8.MaxRune {
		return 0, false
	}
	return rune(n), true
}
