package rtf

// kind of token.
type kind uint8

const (
	tokenEnd    kind = iota // no more
	tokenOpen               // {
	tokenClose              // }
	tokenWord               // \name, \nameN
	tokenSymbol             // \c with c no letter
	tokenHex                // \'xx
	tokenText               // plain bytes without line breaks
	tokenBinary             // \binN with its bytes
)

// token is one lexical element. name and data are slices of the document.
type token struct {
	kind  kind
	c     byte   // of a tokenSymbol and a tokenHex
	has   bool   // tokenWord: it has a parameter; tokenHex: both digits are hex
	param int32  // saturated
	name  []byte // of a tokenWord
	data  []byte // of tokenText and tokenBinary
}

// lexer cuts a document into tokens. It never fails: whatever stands there is
// some token.
type lexer struct {
	b []byte
	i int
	// binaries counts \binN that promise more than there is: their bytes are
	// read as RTF instead.
	binaries int
}

// plain is true for bytes that are text by themselves.
var plain = func() (t [256]bool) {
	for i := range t {
		t[i] = true
	}
	for _, c := range []byte("{}\\\r\n") {
		t[c] = false
	}
	return t
}()

func (l *lexer) next() token {
	for l.i < len(l.b) {
		switch c := l.b[l.i]; c {
		case '{':
			l.i++
			return token{kind: tokenOpen}
		case '}':
			l.i++
			return token{kind: tokenClose}
		case '\\':
			l.i++
			if l.i == len(l.b) {
				return token{}
			}
			if isLetter(l.b[l.i]) {
				return l.word()
			}
			return l.symbol()
		case '\r', '\n':
			l.i++ // RTF 1.9.1, "Conventions of an RTF Reader": ignored
		default:
			from := l.i
			for l.i < len(l.b) && plain[l.b[l.i]] {
				l.i++
			}
			return token{kind: tokenText, data: l.b[from:l.i]}
		}
	}
	return token{}
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// word reads a control word: letters, an optional signed number of any length
// and one space that belongs to it. Word reads them no shorter than that, and
// exploits pad both.
func (l *lexer) word() token {
	from := l.i
	for l.i < len(l.b) && isLetter(l.b[l.i]) {
		l.i++
	}
	t := token{kind: tokenWord, name: l.b[from:l.i]}
	j, negative := l.i, false
	if j < len(l.b) && l.b[j] == '-' {
		j, negative = j+1, true
	}
	if j < len(l.b) && isDigit(l.b[j]) {
		n := int64(0)
		for ; j < len(l.b) && isDigit(l.b[j]); j++ {
			if n < 1<<31 {
				n = n*10 + int64(l.b[j]-'0')
			}
		}
		if negative {
			n = -n
		}
		t.has, t.param = true, int32(max(min(n, 1<<31-1), -1<<31))
		l.i = j
	}
	if l.i < len(l.b) && l.b[l.i] == ' ' {
		l.i++
	}
	if string(t.name) == "bin" {
		return l.binary(t)
	}
	return t
}

// binary takes the bytes behind \binN. A number that is negative or larger than
// what remains counts as none, so that it hides nothing behind it.
func (l *lexer) binary(t token) token {
	t.kind = tokenBinary
	if n := int(t.param); n > 0 {
		if n > len(l.b)-l.i {
			l.binaries++
			return t
		}
		t.data = l.b[l.i : l.i+n]
		l.i += n
	}
	return t
}

func (l *lexer) symbol() token {
	c := l.b[l.i]
	l.i++
	if c != '\'' {
		return token{kind: tokenSymbol, c: c}
	}
	if len(l.b)-l.i < 2 {
		l.i = len(l.b)
		return token{kind: tokenHex}
	}
	hi, lo := hexValue[l.b[l.i]], hexValue[l.b[l.i+1]]
	if hi|lo >= 16 {
		// What is no hex digit may be a brace that must be seen.
		if plain[l.b[l.i]] && plain[l.b[l.i+1]] {
			l.i += 2
		}
		return token{kind: tokenHex}
	}
	l.i += 2
	return token{kind: tokenHex, has: true, c: hi<<4 | lo}
}

// hexValue is a hex digit's value, 255 for any other byte.
var hexValue = func() (t [256]byte) {
	for i := range t {
		t[i] = 255
	}
	for i := byte(0); i < 10; i++ {
		t['0'+i] = i
	}
	for i := byte(0); i < 6; i++ {
		t['a'+i], t['A'+i] = 10+i, 10+i
	}
	return t
}()
