// Package markup cuts HTML into tokens, as browsers and mail clients do (HTML
// §13.2.5), and cares for nothing else: no tree is built, nothing is repaired,
// and no page is refused.
//
// It is pure: a text in, pieces of that text out. What it gives shares memory
// with the page wherever nothing had to be decoded, which is nearly everywhere:
// a page is read several times, and most of it is of no interest. It never fails,
// its work is linear in the page, and its memory does not grow with it.
//
// It reads as a client does that runs no scripts, so what stands in a noscript
// element is markup. It does not follow foreign content: a CDATA section is a
// comment.
package markup

import "strings"

// Kind is what a token is.
type Kind uint8

const (
	// End is no token: the page is at its end, and so is every call after it.
	End Kind = iota
	Text
	StartTag
	EndTag
	// Comment is a comment, a processing instruction, a declaration other than a
	// doctype, or an end tag without a name (HTML §13.2.5.41, "bogus comment").
	Comment
	Doctype
	// Unclosed is a tag that has no end: the rest of the page. Clients drop it or
	// show it, one as often as the other.
	Unclosed
)

// Tokenizer goes through a page. The zero value goes through an empty one.
type Tokenizer struct {
	page string
	pos  int // where the next token begins
	kind Kind

	from, to         int // the token in page
	textFrom, textTo int // the name of a tag, the text of anything else
	closed           bool
	decode           bool // entities count in the text
	nul              bool // so do NULs
	raw              string
	attrs            []attr
	read             int // how many of attrs were given
}

// attr is where an attribute stands in the page.
type attr struct{ nameFrom, nameTo, valueFrom, valueTo int }

// maxAttrs bounds the attributes that are kept of one tag.
const maxAttrs = 1000

// New is a Tokenizer at the beginning of page.
func New(page string) *Tokenizer { return &Tokenizer{page: page} }

// Next goes to the next token and tells its kind.
func (z *Tokenizer) Next() Kind {
	z.kind = z.next()
	z.pos = z.to
	return z.kind
}

// Raw is the token as it stands in the page. The tokens of a page, put together,
// are the page.
func (z *Tokenizer) Raw() string { return z.page[z.from:z.to] }

// Offset is where in the page the token begins, in bytes.
func (z *Tokenizer) Offset() int { return z.from }

// Name is the name of a tag in lower case, "" for other tokens.
func (z *Tokenizer) Name() string {
	if z.kind != StartTag && z.kind != EndTag {
		return ""
	}
	return lower(z.page[z.textFrom:z.textTo])
}

// SelfClosing reports whether a start tag ends in "/>".
func (z *Tokenizer) SelfClosing() bool { return z.kind == StartTag && z.closed }

// Text is what a token says that is no tag: a text with its entities decoded,
// unless it stands in an element whose text is raw, or what is in a comment. It
// is "" for tags.
func (z *Tokenizer) Text() string {
	if z.kind != Text && z.kind != Comment && z.kind != Doctype {
		return ""
	}
	s := newlines(z.page[z.textFrom:z.textTo])
	if z.nul {
		s = visible(s)
	}
	if z.decode {
		s = unescape(s)
	}
	return s
}

// Attr gives the attributes of a start tag, each call the next one, as often as it
// stands there: the name in lower case, the value decoded. ok is false when there
// are no more.
func (z *Tokenizer) Attr() (name, value string, ok bool) {
	if z.kind != StartTag || z.read >= len(z.attrs) {
		return "", "", false
	}
	a := z.attrs[z.read]
	z.read++
	value = visible(newlines(z.page[a.valueFrom:a.valueTo]))
	return lower(z.page[a.nameFrom:a.nameTo]), unescapeAttr(value), true
}

// next finds the token at z.pos. Most of a page is text and tags.
func (z *Tokenizer) next() Kind {
	z.from, z.to, z.closed, z.decode, z.nul = z.pos, len(z.page), false, true, false
	z.attrs, z.read = z.attrs[:0], 0
	if z.raw != "" {
		if end := z.rawEnd(); end > z.from {
			z.to, z.textFrom, z.textTo, z.nul = end, z.from, end, true
			z.decode = z.raw == "textarea" || z.raw == "title"
			z.raw = ""
			return Text
		}
		z.raw = ""
	}
	if z.from == len(z.page) {
		return End
	}
	at := z.markupAt()
	if at > z.from {
		z.to, z.textFrom, z.textTo = at, z.from, at
		return Text
	}
	switch c := z.page[at+1]; {
	case c == '!':
		return z.declaration(at + 2)
	case c == '?':
		return z.bogus(at + 1)
	case c != '/':
		return z.tag(at + 1)
	}
	switch c := z.page[at+2]; {
	case c == '>':
		z.to, z.textFrom, z.textTo = at+3, at+3, at+3
		return Comment
	case isLetter(c):
		return z.tag(at + 2)
	}
	return z.bogus(at + 2)
}

// markupAt is where the first markup at or after z.from begins, the end of the
// page when there is none.
func (z *Tokenizer) markupAt() int {
	s := z.page
	for i := z.from; ; i++ {
		n := strings.IndexByte(s[i:], '<')
		if n < 0 {
			return len(s)
		}
		i += n
		if i+1 == len(s) {
			return len(s)
		}
		switch c := s[i+1]; {
		case isLetter(c), c == '!', c == '?':
			return i
		case c == '/':
			if i+2 < len(s) {
				return i
			}
			if i > z.from {
				return i
			}
			return len(s)
		}
	}
}

// bogus reads what clients take for a comment, up to the next ">".
func (z *Tokenizer) bogus(text int) Kind {
	z.textFrom, z.textTo, z.nul = text, len(z.page), true
	if n := strings.IndexByte(z.page[text:], '>'); n >= 0 {
		z.textTo = text + n
		z.to = z.textTo + 1
	}
	return Comment
}

// declaration reads what begins with "<!", of which i is behind.
func (z *Tokenizer) declaration(i int) Kind {
	rest := z.page[i:]
	switch {
	case strings.HasPrefix(rest, "--"):
		z.nul = true
		z.comment(i + 2)
		return Comment
	case len(rest) >= len("doctype") && strings.EqualFold(rest[:len("doctype")], "doctype"):
		for i += len("doctype"); i < len(z.page) && blank[z.page[i]]; i++ {
		}
		z.bogus(i)
		z.nul = false
		return Doctype
	}
	return z.bogus(i)
}

// comment reads a comment whose text begins at i (HTML §13.2.5.43 and on). It
// ends at "-->", at "--!>", and at a ">" that is the first in it but for a dash.
func (z *Tokenizer) comment(i int) {
	s := z.page
	z.textFrom = i
	for _, at := range [...]string{">", "->"} {
		if strings.HasPrefix(s[i:], at) {
			z.textTo, z.to = i, i+len(at)
			return
		}
	}
	for {
		n := strings.Index(s[i:], "--")
		if n < 0 {
			break
		}
		for i += n + 2; i < len(s) && s[i] == '-'; i++ {
		}
		if strings.HasPrefix(s[i:], ">") {
			z.textTo, z.to = i-2, i+1
			return
		}
		if strings.HasPrefix(s[i:], "!>") {
			z.textTo, z.to = i-2, i+2
			return
		}
	}
	z.textTo = len(s)
	for _, end := range [...]string{"--!", "--", "-"} {
		if t := strings.TrimSuffix(s[z.textFrom:], end); len(t) < len(s)-z.textFrom {
			z.textTo = z.textFrom + len(t)
			return
		}
	}
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// blank are the bytes that are white space in markup.
var blank = [256]bool{' ': true, '\n': true, '\r': true, '\t': true, '\f': true}
