package markup

import "strings"

// endsName are the bytes that end the name of a tag or of an attribute.
var endsName = [256]bool{' ': true, '\n': true, '\r': true, '\t': true, '\f': true, '/': true, '>': true}

// tag reads a tag whose name begins at i: its name, and where its attributes
// stand (HTML §13.2.5.8 and §13.2.5.32 to 40).
func (z *Tokenizer) tag(i int) Kind {
	s := z.page
	kind := StartTag
	if s[i-1] == '/' {
		kind = EndTag
	}
	z.textFrom = i
	for i < len(s) && !endsName[s[i]] {
		i++
	}
	z.textTo = i
	last := attr{valueTo: -1}
	for {
		for i < len(s) && blank[s[i]] {
			i++
		}
		if i == len(s) {
			return Unclosed
		}
		if s[i] == '>' {
			break
		}
		var a attr
		if a, i = readAttr(s, i); i > len(s) {
			return Unclosed
		}
		if a.nameFrom < a.nameTo {
			last = a
			if kind == StartTag && len(z.attrs) < maxAttrs {
				z.attrs = append(z.attrs, a)
			}
		}
	}
	z.to = i + 1
	if kind == StartTag {
		// "<p a=/>" is not closed: the slash is the value.
		z.closed = s[i-1] == '/' && i != last.valueTo
		z.raw = rawElement(s[z.textFrom:z.textTo])
	}
	return kind
}

// readAttr reads the attribute at s[i:] and tells where it ends: beyond the end of
// s if the tag never ends.
func readAttr(s string, i int) (a attr, end int) {
	a.nameFrom = i
	if s[i] == '=' { // belongs to the name (HTML §13.2.5.32)
		i++
	}
	for i < len(s) && !endsName[s[i]] && s[i] != '=' {
		i++
	}
	a.nameTo, a.valueFrom, a.valueTo = i, i, i
	for i < len(s) && blank[s[i]] {
		i++
	}
	switch {
	case i == len(s):
		return a, len(s) + 1
	case s[i] == '/':
		return a, i + 1
	case s[i] != '=':
		return a, i
	}
	for i++; i < len(s) && blank[s[i]]; i++ {
	}
	if i == len(s) {
		return a, len(s) + 1
	}
	switch c := s[i]; c {
	case '>':
		return a, i
	case '"', '\'':
		i++
		n := strings.IndexByte(s[i:], c)
		if n < 0 {
			return a, len(s) + 1
		}
		a.valueFrom, a.valueTo = i, i+n
		return a, i + n + 1
	}
	a.valueFrom = i
	for i < len(s) && !blank[s[i]] && s[i] != '>' {
		i++
	}
	a.valueTo = i
	if i == len(s) {
		return a, len(s) + 1
	}
	return a, i
}
