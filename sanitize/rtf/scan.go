package rtf

import "strconv"

// Kinds of token.
type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenOpen
	tokenClose
	tokenWord // \name or \name123
	tokenHex  // \'xx
	tokenByte // anything else
)

// token is one element of a document.
type token struct {
	kind     tokenKind
	word     string // without its backslash; one character for a control symbol
	argument int
	given    bool // an argument was given
	c        byte // of tokenHex and tokenByte
}

// scanner cuts a document into tokens. It never fails: what is no token is text.
type scanner struct {
	doc []byte
	i   int
}

// maxWord bounds a control word; the standard has 32 letters.
const maxWord = 64

func (s *scanner) next() token {
	for s.i < len(s.doc) {
		c := s.doc[s.i]
		s.i++
		switch c {
		case '{':
			return token{kind: tokenOpen}
		case '}':
			return token{kind: tokenClose}
		case '\r', '\n', 0:
			continue
		case '\\':
			return s.control()
		}
		return token{kind: tokenByte, c: c}
	}
	return token{kind: tokenEnd}
}

// control reads what follows a backslash.
func (s *scanner) control() token {
	if s.i >= len(s.doc) {
		return token{kind: tokenEnd}
	}
	c := s.doc[s.i]
	if c == '\'' {
		if s.i+2 < len(s.doc) {
			hi, ok1 := hexDigit(s.doc[s.i+1])
			lo, ok2 := hexDigit(s.doc[s.i+2])
			if ok1 && ok2 {
				s.i += 3
				return token{kind: tokenHex, c: hi<<4 | lo}
			}
		}
		s.i++
		return s.next()
	}
	if !isLetter(c) {
		s.i++
		switch c {
		case '\r', '\n':
			return token{kind: tokenWord, word: "par"}
		}
		return token{kind: tokenWord, word: string(rune(c))}
	}
	start := s.i
	for s.i < len(s.doc) && s.i-start < maxWord && isLetter(s.doc[s.i]) {
		s.i++
	}
	t := token{kind: tokenWord, word: string(s.doc[start:s.i])}
	start = s.i
	if s.i < len(s.doc) && s.doc[s.i] == '-' {
		s.i++
	}
	for s.i < len(s.doc) && s.i-start < 11 && s.doc[s.i] >= '0' && s.doc[s.i] <= '9' {
		s.i++
	}
	if n, err := strconv.Atoi(string(s.doc[start:s.i])); err == nil {
		t.argument, t.given = n, true
	}
	if s.i < len(s.doc) && s.doc[s.i] == ' ' {
		s.i++
	}
	return t
}

// skip passes over n bytes of binary data.
func (s *scanner) skip(n int) []byte {
	if n < 0 {
		n = 0
	}
	end := s.i + min(n, len(s.doc)-s.i)
	b := s.doc[s.i:end]
	s.i = end
	return b
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
