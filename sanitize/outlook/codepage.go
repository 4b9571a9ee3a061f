package outlook

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// charset is a Windows code page: how it is decoded and what mail calls it.
type charset struct {
	encoding encoding.Encoding
	label    string
}

// codePages are the code pages that MAPI files name.
var codePages = map[int]charset{
	437:   {charmap.CodePage437, "ibm437"},
	850:   {charmap.CodePage850, "ibm850"},
	852:   {charmap.CodePage852, "ibm852"},
	866:   {charmap.CodePage866, "ibm866"},
	874:   {charmap.Windows874, "windows-874"},
	932:   {japanese.ShiftJIS, "shift_jis"},
	936:   {simplifiedchinese.GB18030, "gb18030"},
	949:   {korean.EUCKR, "euc-kr"},
	950:   {traditionalchinese.Big5, "big5"},
	1200:  {unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "utf-16le"},
	1201:  {unicode.UTF16(unicode.BigEndian, unicode.UseBOM), "utf-16be"},
	1250:  {charmap.Windows1250, "windows-1250"},
	1251:  {charmap.Windows1251, "windows-1251"},
	1252:  {charmap.Windows1252, "windows-1252"},
	1253:  {charmap.Windows1253, "windows-1253"},
	1254:  {charmap.Windows1254, "windows-1254"},
	1255:  {charmap.Windows1255, "windows-1255"},
	1256:  {charmap.Windows1256, "windows-1256"},
	1257:  {charmap.Windows1257, "windows-1257"},
	1258:  {charmap.Windows1258, "windows-1258"},
	10000: {charmap.Macintosh, "macintosh"},
	10001: {japanese.ShiftJIS, "shift_jis"},
	20127: {charmap.Windows1252, "us-ascii"},
	20866: {charmap.KOI8R, "koi8-r"},
	20932: {japanese.EUCJP, "euc-jp"},
	20936: {simplifiedchinese.GB18030, "gb18030"},
	21866: {charmap.KOI8U, "koi8-u"},
	28591: {charmap.Windows1252, "iso-8859-1"},
	28592: {charmap.ISO8859_2, "iso-8859-2"},
	28593: {charmap.ISO8859_3, "iso-8859-3"},
	28594: {charmap.ISO8859_4, "iso-8859-4"},
	28595: {charmap.ISO8859_5, "iso-8859-5"},
	28596: {charmap.ISO8859_6, "iso-8859-6"},
	28597: {charmap.ISO8859_7, "iso-8859-7"},
	28598: {charmap.ISO8859_8, "iso-8859-8"},
	28599: {charmap.Windows1254, "iso-8859-9"},
	28605: {charmap.ISO8859_15, "iso-8859-15"},
	38598: {charmap.ISO8859_8I, "iso-8859-8-i"},
	50220: {japanese.ISO2022JP, "iso-2022-jp"},
	50221: {japanese.ISO2022JP, "iso-2022-jp"},
	50222: {japanese.ISO2022JP, "iso-2022-jp"},
	50225: {korean.EUCKR, "iso-2022-kr"},
	51932: {japanese.EUCJP, "euc-jp"},
	51936: {simplifiedchinese.GB18030, "gb18030"},
	51949: {korean.EUCKR, "euc-kr"},
	52936: {simplifiedchinese.HZGB2312, "hz-gb-2312"},
	54936: {simplifiedchinese.GB18030, "gb18030"},
	65001: {unicode.UTF8, "utf-8"},
}

// localeCodePage gives the ANSI code page of a Windows locale (MS-LCID §2.2) by
// its language; 0 for one without.
func localeCodePage(lcid int) int {
	switch lcid {
	case 0x0404, 0x0c04, 0x1404: // Taiwan, Hong Kong, Macao
		return 950
	case 0x081a, 0x241a, 0x181a: // Serbian in Latin letters
		return 1250
	}
	switch lcid & 0x3ff {
	case 0x11:
		return 932
	case 0x04:
		return 936
	case 0x12:
		return 949
	case 0x1e:
		return 874
	case 0x05, 0x0e, 0x15, 0x18, 0x1a, 0x1b, 0x1c, 0x24:
		return 1250
	case 0x02, 0x19, 0x22, 0x23, 0x2f, 0x3f, 0x40, 0x44, 0x50:
		return 1251
	case 0x08:
		return 1253
	case 0x1f, 0x2c, 0x43:
		return 1254
	case 0x0d:
		return 1255
	case 0x01, 0x20, 0x29:
		return 1256
	case 0x25, 0x26, 0x27:
		return 1257
	case 0x2a:
		return 1258
	case 0:
		return 0
	}
	return 1252
}

// decodeCodePage reads text in a code page, 0 meaning none is known. The bytes
// are believed before the code page: where they are UTF-8, or JIS, or can hardly
// be anything but Japanese, they are read as that. The result is valid UTF-8.
func decodeCodePage(b []byte, page int) string {
	return decodeCharset(b, charsetOf(b, page))
}

func decodeCharset(b []byte, c charset) string {
	if c.encoding == nil || c.encoding == unicode.UTF8 {
		return strings.ToValidUTF8(string(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))), "\uFFFD")
	}
	// A decoder writes U+FFFD for what is invalid and gives no error for bytes.
	out, _ := c.encoding.NewDecoder().Bytes(b)
	return strings.ToValidUTF8(string(out), "\uFFFD")
}

// charsetOf says in which charset b really is, given the code page that its
// file declares. For 7-bit text without one it is the zero charset.
func charsetOf(b []byte, page int) charset {
	declared, known := codePages[page]
	if page == 1200 || page == 1201 {
		return declared
	}
	if sevenBit(b) {
		if bytes.Contains(b, []byte("\x1b$")) {
			return codePages[50220]
		}
		if page == 50225 || page == 52936 {
			return declared
		}
		return charset{label: declared.label}
	}
	_, singleByte := declared.encoding.(*charmap.Charmap)
	if utf8.Valid(b) && (!known || singleByte || page == 65001 || longUTF8(b)) {
		return codePages[65001]
	}
	if (!known || page == 65001) && nearlyUTF8(b) {
		return codePages[65001]
	}
	// Everything is valid in a single-byte code page, so that it proves nothing,
	// and much is valid in a foreign two-byte one; kana prove what they are. (In
	// the Chinese and Korean code pages EUC-JP's kana are kana too.)
	sjis, euc := kana(b)
	doubtful := !known || singleByte || page == 932 || !validIn(b, declared.encoding)
	switch {
	case sjis >= 3 && sjis > euc && validIn(b, japanese.ShiftJIS):
		return codePages[932]
	case euc >= 3 && euc > sjis && doubtful && validIn(b, japanese.EUCJP):
		return codePages[51932]
	case !known || page == 65001:
		return codePages[1252]
	}
	return declared
}

func sevenBit(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// longUTF8 is true for valid UTF-8 with a character of three or four bytes. Two
// bytes alone may well be one character of a two-byte code page.
func longUTF8(b []byte) bool {
	for _, c := range b {
		if c >= 0xe0 {
			return true
		}
	}
	return false
}

// nearlyUTF8 is true for UTF-8 that is broken in a few places, such as the end
// where it was cut off. Invalid bytes in a row are one place.
func nearlyUTF8(b []byte) bool {
	good, broken, within := 0, 0, false
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		invalid := r == utf8.RuneError && n == 1
		if invalid && !within {
			broken++
		}
		if n > 1 {
			good++
		}
		within = invalid
		b = b[n:]
	}
	return good >= 2 && good >= 4*broken
}

// validIn is true when every byte of b has a meaning in that encoding.
func validIn(b []byte, e encoding.Encoding) bool {
	out, err := e.NewDecoder().Bytes(b)
	return err == nil && !bytes.Contains(out, []byte("\uFFFD"))
}

// kana counts the hiragana and katakana of b read as Shift_JIS and as EUC-JP; it
// is 0 where they are fewer than one in six of the two-byte characters. They
// make up half of any Japanese text, are few code points, and look like nothing
// that other scripts write.
func kana(b []byte) (sjis, euc int) {
	pairs := 0
	for i := 0; i+1 < len(b); i++ {
		switch c, d := b[i], b[i+1]; {
		case c < 0x80, c >= 0xa1 && c <= 0xdf:
			continue
		case c == 0x82 && d >= 0x9f && d <= 0xf1, c == 0x83 && d >= 0x40 && d <= 0x96:
			sjis++
		}
		pairs++
		i++
	}
	if 6*sjis < pairs {
		sjis = 0
	}
	pairs = 0
	for i := 0; i+1 < len(b); i++ {
		switch c, d := b[i], b[i+1]; {
		case c < 0x80:
			continue
		case c == 0xa4 && d >= 0xa1 && d <= 0xf3, c == 0xa5 && d >= 0xa1 && d <= 0xf6:
			euc++
		}
		pairs++
		i++
	}
	if 6*euc < pairs {
		euc = 0
	}
	return sjis, euc
}

// cleanText takes out the NULs, which end a string in some files and never mean
// anything.
func cleanText(s string) string {
	if strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(s, "\x00", "")
}
