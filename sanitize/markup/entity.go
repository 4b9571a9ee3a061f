package markup

import (
	"strings"

	// The table of names is theirs. html of the standard library has it too, and
	// takes "&#9" for nothing.
	"golang.org/x/net/html"
)

// lower is s with its ASCII letters in lower case, and NULs as clients see them.
// It copies only what changes.
func lower(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= 'A' && c <= 'Z' || c == 0 {
			b := []byte(s)
			for i, c := range b {
				if c >= 'A' && c <= 'Z' {
					b[i] = c | 0x20
				}
			}
			return visible(string(b))
		}
	}
	return s
}

// visible is s with U+FFFD for NUL.
func visible(s string) string {
	if strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(s, "\x00", "\ufffd")
}

// newlines is s with a line feed for every end of line (HTML §13.2.3.5).
func newlines(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// unescape decodes the character references of a text.
func unescape(s string) string { return html.UnescapeString(s) }

// unescapeAttr decodes the character references of an attribute. There a name
// counts only if it is whole and neither '=' nor a letter follows it, so that
// "?a=1&copy=2" remains a URL (HTML §13.2.5.73).
func unescapeAttr(s string) string {
	i := strings.IndexByte(s, '&')
	if i < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for {
		b.WriteString(s[:i])
		s = s[i:]
		n, decoded := reference(s)
		b.WriteString(decoded)
		s = s[n:]
		if i = strings.IndexByte(s, '&'); i < 0 {
			b.WriteString(s)
			return b.String()
		}
	}
}

// maxName is longer than the name of any character reference.
const maxName = 40

// reference decodes the character reference at the '&' that s begins with, in an
// attribute, and tells how much of s it took. What is none stands for itself.
func reference(s string) (n int, decoded string) {
	if len(s) > 1 && s[1] == '#' {
		return numeric(s)
	}
	for n = 1; n < len(s) && isAlnum(s[n]) && n <= maxName; n++ {
	}
	switch {
	case n < len(s) && s[n] == ';':
		n++
		// Of a name that is none, a beginning may have been decoded: "&notit;". Then
		// what is left ends as the name does.
		if whole := html.UnescapeString(s[:n]); whole == ";" || whole[len(whole)-1] != ';' {
			return n, whole
		}
	case n < len(s) && s[n] == '=':
	default:
		// No name that counts without a ';' means a letter or digit of ASCII.
		if whole := html.UnescapeString(s[:n]); !isAlnum(whole[len(whole)-1]) {
			return n, whole
		}
	}
	return n, s[:n]
}

// numeric is reference for one that gives the number of a character.
func numeric(s string) (n int, decoded string) {
	n = 2
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	if n < len(s) && s[n]|0x20 == 'x' {
		n++
		digit = func(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }
	}
	first := n
	for n < len(s) && digit(s[n]) {
		n++
	}
	if n == first {
		return 1, s[:1]
	}
	if n < len(s) && s[n] == ';' {
		n++
	}
	return n, html.UnescapeString(s[:n])
}

func isAlnum(c byte) bool { return isLetter(c) || c >= '0' && c <= '9' }
