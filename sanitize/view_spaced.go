package sanitize

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// How many letters must stand apart before they are read together: of Latin ones,
// and where letters of another script are among them.
const (
	minSpaced     = 4
	minSpacedWide = 3
)

// unspaced is s with what stands between single letters left out: "T.a.r.o" and
// "百-目-鬼" read as words. It is s itself where no letters stand so.
func unspaced(s string) string {
	if !strings.ContainsAny(s, spacers) {
		return s
	}
	var b strings.Builder
	copied := 0
	before := rune(0)
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if isSpacedLetter(r) && !isSpacedLetter(before) {
			if word, n := spacedRun(s[i:]); n > 0 {
				b.WriteString(s[copied:i])
				b.WriteString(word)
				i += n
				copied, before = i, 0
				continue
			}
		}
		before = r
		i += size
	}
	if copied == 0 {
		return s
	}
	b.WriteString(s[copied:])
	return b.String()
}

// spacers are the signs that stand between.
const spacers = "-_.+~ *|"

// spacedRun is the word that the letters make with which s begins, each alone and
// the same sign between all of them, and the length of what they take; 0 when they
// are too few.
func spacedRun(s string) (word string, n int) {
	var b strings.Builder
	sep := byte(0)
	letters, wide := 0, false
	for at := 0; at < len(s); {
		r, size := utf8.DecodeRuneInString(s[at:])
		end := at + size
		if !isSpacedLetter(r) && (letters == 0 || !strings.ContainsRune("@.-_ ", r) || end >= len(s) || s[end] != sep) {
			break
		}
		if end < len(s) && strings.IndexByte(spacers, s[end]) < 0 {
			if next, _ := utf8.DecodeRuneInString(s[end:]); isSpacedLetter(next) {
				break // it begins a longer word
			}
		}
		b.WriteRune(r)
		letters++
		wide = wide || r >= utf8.RuneSelf
		n = end
		if end >= len(s) || sep != 0 && s[end] != sep || strings.IndexByte(spacers, s[end]) < 0 {
			break
		}
		sep = s[end]
		at = end + 1
	}
	if letters < minSpacedWide || !wide && letters < minSpaced {
		return "", 0
	}
	return b.String(), n
}

// isSpacedLetter reports whether r is a letter or digit of a name.
func isSpacedLetter(r rune) bool {
	if r < utf8.RuneSelf {
		return isAlnum(byte(r))
	}
	return r != utf8.RuneError && unicode.IsLetter(r)
}
