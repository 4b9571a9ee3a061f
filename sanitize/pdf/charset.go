package pdf

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// coded is a predefined CMap whose codes are those of a charset (§9.7.5.2).
type coded struct {
	charset encoding.Encoding
	size    func([]byte) int
}

// jis marks the CMaps H and V, whose codes are those of JIS X 0208: EUC-JP without
// its high bits.
type jis struct{ encoding.Encoding }

var jisRows encoding.Encoding = jis{japanese.EUCJP}

// spelled is a code as its charset has it.
func spelled(s []byte, c encoding.Encoding) []byte {
	if c != jisRows {
		return s
	}
	out := make([]byte, len(s))
	for i, b := range s {
		out[i] = b | 0x80
	}
	return out
}

// predefined finds a CMap by what its name has in it; nil for those whose codes
// are glyph numbers.
func predefined(n string) *coded {
	has := func(s string) bool { return strings.Contains(n, s) }
	switch {
	case has("UTF16") || has("UCS2"):
		return &coded{unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), utf16Size}
	case has("UTF32"):
		return &coded{utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM), func([]byte) int { return 4 }}
	case has("UTF8"):
		return &coded{unicode.UTF8, func(s []byte) int { _, n := utf8.DecodeRune(s); return n }}
	case has("RKSJ"):
		return &coded{japanese.ShiftJIS, func(s []byte) int {
			if s[0] >= 0x81 && s[0] <= 0x9f || s[0] >= 0xe0 && s[0] <= 0xfc {
				return 2
			}
			return 1
		}}
	case n == "EUC-H" || n == "EUC-V":
		return &coded{japanese.EUCJP, lead}
	case n == "H" || n == "V" || n == "Ext-H" || n == "Ext-V" || n == "Add-H" || n == "Add-V":
		return &coded{jisRows, two}
	case has("GB"):
		return &coded{simplifiedchinese.GB18030, lead}
	case has("B5") || has("HKscs"):
		return &coded{traditionalchinese.Big5, lead}
	case has("KSC"):
		return &coded{korean.EUCKR, lead}
	}
	return nil
}

func two([]byte) int { return 2 }

// lead is the size of a code of two bytes of which the first is not ASCII.
func lead(s []byte) int {
	if s[0] > 0x80 && s[0] < 0xff {
		return 2
	}
	return 1
}

func utf16Size(s []byte) int {
	if s[0]&0xfc == 0xd8 {
		return 4
	}
	return 2
}

// collection is how a set of characters numbers its glyphs (Adobe Technical Notes
// 5078 to 5080 and 5093): only ASCII, which is what a URL is made of. Each run
// begins with the blank.
type collection struct{ full, half uint32 }

var collections = map[string]*collection{
	"Japan1": {1, 231}, "GB1": {1, 814}, "CNS1": {1, 13648}, "Korea1": {1, 8094}, "KR": {1, 0},
}

func (c *collection) char(cid uint32) string {
	for _, first := range []uint32{c.full, c.half} {
		if first > 0 && cid >= first && cid < first+95 {
			return string(rune(' ' + cid - first))
		}
	}
	return ""
}
