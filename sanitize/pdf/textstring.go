package pdf

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
)

// textOf reads a text string (§7.9.2.2): UTF-16 or UTF-8 with a mark, else
// PDFDocEncoding; but UTF-8 without a mark where it is that, and Shift_JIS, which
// Japanese writers put there against the standard, where it can hardly be anything
// else.
func textOf(b []byte) string {
	switch {
	case len(b) >= 2 && (b[0] == 0xfe && b[1] == 0xff || b[0] == 0xff && b[1] == 0xfe):
		units := make([]uint16, 0, len(b)/2)
		for i := 2; i+1 < len(b); i += 2 {
			if b[0] == 0xfe {
				units = append(units, uint16(b[i])<<8|uint16(b[i+1]))
			} else {
				units = append(units, uint16(b[i+1])<<8|uint16(b[i]))
			}
		}
		return string(utf16.Decode(units))
	case utf8.Valid(b):
		return strings.TrimPrefix(string(b), "\ufeff")
	}
	if s, ok := shiftJIS(b); ok {
		return s
	}
	var s strings.Builder
	for _, c := range b {
		if r := docEncoding[c]; r != 0 {
			s.WriteRune(r)
		} else {
			s.WriteRune(rune(c))
		}
	}
	return s.String()
}

// shiftJIS reads b as Shift_JIS where that gives kana, or nothing but Chinese
// characters beside ASCII.
func shiftJIS(b []byte) (string, bool) {
	out, err := japanese.ShiftJIS.NewDecoder().Bytes(b)
	if err != nil {
		return "", false
	}
	kana, han, other := 0, 0, 0
	for _, r := range string(out) {
		switch {
		case r < 0x80:
		case r == utf8.RuneError:
			return "", false
		case r >= 0x3040 && r <= 0x30ff:
			kana++
		case r >= 0x4e00 && r <= 0x9fff:
			han++
		case r < 0x3000 || r >= 0xff61 && r <= 0xff9f:
			other++
		}
	}
	return string(out), other == 0 && (kana > 0 || han > 1)
}

// docEncoding is where PDFDocEncoding differs from Latin-1 (annex D.2).
var docEncoding = [256]rune{
	0x18: '˘', 0x19: 'ˇ', 0x1a: 'ˆ', 0x1b: '˙', 0x1c: '˝', 0x1d: '˛', 0x1e: '˚', 0x1f: '˜',
	0x80: '•', 0x81: '†', 0x82: '‡', 0x83: '…', 0x84: '—', 0x85: '–', 0x86: 'ƒ', 0x87: '⁄', 0x88: '‹', 0x89: '›', 0x8a: '−', 0x8b: '‰',
	0x8c: '„', 0x8d: '“', 0x8e: '”', 0x8f: '‘', 0x90: '’', 0x91: '‚', 0x92: '™', 0x93: 'ﬁ', 0x94: 'ﬂ', 0x95: 'Ł', 0x96: 'Œ', 0x97: 'Š',
	0x98: 'Ÿ', 0x99: 'Ž', 0x9a: 'ı', 0x9b: 'ł', 0x9c: 'œ', 0x9d: 'š', 0x9e: 'ž', 0xa0: '€',
}
