package sanitize

import (
	"strings"
	"unicode/utf8"
)

// minSpaced is how many letters must stand apart before they are read together.
const minSpaced = 5

// unspaced is s with what stands between single letters left out: "T.a.r.o" and
// "h-e-k-i" read as words. It is s itself where no letters stand so.
func unspaced(s string) string {
	var b strings.Builder
	copied := 0
	for i := 0; i+2*minSpaced-1 <= len(s); {
		n := 0
		if i == 0 || !isAlnum(s[i-1]) {
			n = spacedRun(s[i:])
		}
		if n == 0 {
			_, size := utf8.DecodeRuneInString(s[i:])
			i += size
			continue
		}
		b.WriteString(s[copied:i])
		for j := i; j < i+n; j += 2 {
			b.WriteByte(s[j])
		}
		i += n
		copied = i
	}
	if copied == 0 {
		return s
	}
	b.WriteString(s[copied:])
	return b.String()
}

// spacedRun is the length of the letters, each alone, that s begins with, with the
// same sign between all of them; 0 when they are too few.
func spacedRun(s string) int {
	if len(s) < 2*minSpaced-1 || !isAlnum(s[0]) || strings.IndexByte("-_.+~ *|", s[1]) < 0 {
		return 0
	}
	sep, n := s[1], 1
	for n+1 < len(s) && s[n] == sep && isSpacedByte(s[n+1]) {
		n += 2
	}
	if n < len(s) && isAlnum(s[n]) {
		n -= 2 // the last one begins a longer word
	}
	if n < 2*minSpaced-1 {
		return 0
	}
	return n
}

// isSpacedByte reports whether c may stand alone in a name or an address.
func isSpacedByte(c byte) bool { return isAlnum(c) || c == '@' || c == '.' || c == '-' || c == ' ' }
