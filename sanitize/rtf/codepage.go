package rtf

import (
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Code pages that the reader names.
const (
	latin1   = 1252
	mac      = 10000
	japan    = 932
	dosUS    = 437
	dosLatin = 850
	utf8Page = 65001
)

// codePages are the code pages of \ansicpg and \cpg, by Windows' numbers. One
// that is not among them is read as 1252.
var codePages = map[int32]encoding.Encoding{
	dosUS: charmap.CodePage437, dosLatin: charmap.CodePage850, 852: charmap.CodePage852, 855: charmap.CodePage855, 858: charmap.CodePage858,
	860: charmap.CodePage860, 862: charmap.CodePage862, 863: charmap.CodePage863, 865: charmap.CodePage865, 866: charmap.CodePage866,
	874: charmap.Windows874, 1250: charmap.Windows1250, 1251: charmap.Windows1251, latin1: charmap.Windows1252, 1253: charmap.Windows1253,
	1254: charmap.Windows1254, 1255: charmap.Windows1255, 1256: charmap.Windows1256, 1257: charmap.Windows1257, 1258: charmap.Windows1258,
	mac: charmap.Macintosh, 10007: charmap.MacintoshCyrillic, 20866: charmap.KOI8R, 21866: charmap.KOI8U,
	28591: charmap.ISO8859_1, 28592: charmap.ISO8859_2, 28595: charmap.ISO8859_5, 28597: charmap.ISO8859_7, 28605: charmap.ISO8859_15,
	japan: japanese.ShiftJIS, 10001: japanese.ShiftJIS, 20932: japanese.EUCJP, 51932: japanese.EUCJP,
	50220: japanese.ISO2022JP, 50221: japanese.ISO2022JP, 50222: japanese.ISO2022JP,
	936: simplifiedchinese.GB18030, 10008: simplifiedchinese.GB18030, 54936: simplifiedchinese.GB18030,
	949: korean.EUCKR, 1361: korean.EUCKR, 10003: korean.EUCKR, 51949: korean.EUCKR,
	950: traditionalchinese.Big5, 10002: traditionalchinese.Big5,
	utf8Page: unicode.UTF8,
}

// charsets maps \fcharset to a code page (RTF 1.9.1, "Font Table"). 1 is the
// document's own and not here. 2 are symbol fonts: what they show has no code
// page, but their bullet is at the place of the middle dot.
var charsets = map[int32]int32{
	0: latin1, 2: latin1, 77: mac, 78: 10001, 79: 10003, 80: 10008, 81: 10002, 89: 10007,
	128: japan, 129: 949, 130: 1361, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256,
	179: 1256, 180: 1256, 181: 1255, 186: 1257, 204: 1251, 222: 874, 238: 1250, 254: dosUS, 255: dosLatin,
}

// doubleByte is true for code pages whose characters may take two bytes.
func doubleByte(cp int32) bool {
	switch cp {
	case japan, 936, 949, 950, 10001, 10002, 10003, 10008, 1361:
		return true
	}
	return false
}

// appendDecoded appends b, in code page cp, to out as UTF-8. An invalid byte
// becomes U+FFFD.
func appendDecoded(out, b []byte, cp int32) []byte {
	enc := codePages[cp]
	if enc == nil {
		enc = charmap.Windows1252
	}
	if m, ok := enc.(*charmap.Charmap); ok {
		for _, c := range b {
			if c < utf8.RuneSelf {
				out = append(out, c)
			} else {
				out = utf8.AppendRune(out, m.DecodeByte(c))
			}
		}
		return out
	}
	// No encoding here makes more than three bytes of UTF-8 out of one.
	var buf [1024]byte
	t := enc.NewDecoder()
	for {
		n, used, err := t.Transform(buf[:], b, true)
		out = append(out, buf[:n]...)
		b = b[used:]
		switch {
		case err == nil:
			return out
		case err != transform.ErrShortDst && len(b) > 0:
			out, b = utf8.AppendRune(out, utf8.RuneError), b[1:]
		case n == 0 && used == 0:
			return out
		}
	}
}

// speaksFor is true when b is without fault in the double-byte code page cp and
// has a character of two high bytes, as Western text in 1252 never happens to.
func speaksFor(b []byte, cp int32) bool {
	two := false
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c < 0x80 || cp == japan && c >= 0xa1 && c <= 0xdf {
			continue
		}
		if i+1 == len(b) {
			return false
		}
		i++
		two = two || b[i] >= 0x80
	}
	if !two {
		return false
	}
	for _, r := range string(appendDecoded(nil, b, cp)) {
		if r == utf8.RuneError {
			return false
		}
	}
	return true
}
