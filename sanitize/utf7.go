package sanitize

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// decodeUTF7 reads UTF-7 (RFC 2152), which no library at hand knows and which
// is used to hide links from those that do not. ok is false when it is broken.
func decodeUTF7(b []byte) (text string, ok bool) {
	var out strings.Builder
	ok = true
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c != '+' {
			if c >= utf8.RuneSelf {
				ok = false
				out.WriteRune(utf8.RuneError)
				continue
			}
			out.WriteByte(c)
			continue
		}
		start := i + 1
		for i = start; i < len(b) && base64Value[b[i]] < 64; i++ {
		}
		switch {
		case i > start:
			if !writeUTF16(&out, b[start:i]) {
				ok = false
			}
		case i < len(b) && b[i] == '-':
			out.WriteByte('+') // "+-" stands for "+"
		default:
			ok = false
			out.WriteByte('+')
		}
		if i >= len(b) || b[i] != '-' {
			i-- // only a '-' belongs to the shift that it ends
		}
	}
	return out.String(), ok
}

// writeUTF16 writes what the base64 of big-endian UTF-16 says.
func writeUTF16(out *strings.Builder, encoded []byte) (ok bool) {
	ok = true
	var bits, n uint32
	var high rune
	for _, c := range encoded {
		bits, n = bits<<6|uint32(base64Value[c]), n+6
		if n < 16 {
			continue
		}
		n -= 16
		u := rune(bits >> n & 0xffff)
		bits &= 1<<n - 1
		switch {
		case high != 0:
			r := utf16.DecodeRune(high, u)
			high = 0
			ok = ok && r != utf8.RuneError
			out.WriteRune(r)
		case u >= 0xd800 && u < 0xdc00:
			high = u
		case utf16.IsSurrogate(u):
			ok = false
			out.WriteRune(utf8.RuneError)
		default:
			out.WriteRune(u)
		}
	}
	if high != 0 {
		ok = false
		out.WriteRune(utf8.RuneError)
	}
	return ok && n < 6 && bits == 0
}
