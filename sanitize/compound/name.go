package compound

import (
	"unicode"
	"unicode/utf8"
)

// Lookup gives the index of the first child of the storage at index i that has
// that kind and, by [SameName], that name. It looks at every child.
func (f *File) Lookup(i int, kind Kind, name string) (int, bool) {
	for _, kid := range f.Children(i) {
		if e := &f.Entries[kid]; e.Kind == kind && SameName(e.Name, name) {
			return kid, true
		}
	}
	return 0, false
}

// SameName reports whether two names mean the same entry: they are compared in
// upper case, character by character, except those outside the Basic
// Multilingual Plane, whose case counts ([MS-CFB] §2.6.4).
func SameName(a, b string) bool {
	for a != "" && b != "" {
		r, n := utf8.DecodeRuneInString(a)
		s, m := utf8.DecodeRuneInString(b)
		if upper(r) != upper(s) {
			return false
		}
		a, b = a[n:], b[m:]
	}
	return a == b
}

func upper(r rune) rune {
	if r > 0xffff {
		return r
	}
	return unicode.ToUpper(r)
}
