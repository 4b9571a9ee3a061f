package sanitize

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// aliases are the labels seen in mail that the WHATWG table behind htmlindex
// does not know or reads otherwise than mail means them. (ianaindex is of no
// use: for several of these it returns neither an encoding nor an error.)
var aliases = map[string]encoding.Encoding{
	"cp932": japanese.ShiftJIS, "cp943": japanese.ShiftJIS, "ms932": japanese.ShiftJIS, "windows-932": japanese.ShiftJIS,
	"windows-31j": japanese.ShiftJIS, "cswindows31j": japanese.ShiftJIS, "sjis": japanese.ShiftJIS, "x-sjis": japanese.ShiftJIS,
	"x-sjis-cp932": japanese.ShiftJIS, "sjis-win": japanese.ShiftJIS, "shift-jis": japanese.ShiftJIS, "shiftjis": japanese.ShiftJIS,
	"shift_jisx0213": japanese.ShiftJIS, "shift_jis-2004": japanese.ShiftJIS, "mskanji": japanese.ShiftJIS,
	"cp50220": japanese.ISO2022JP, "cp50221": japanese.ISO2022JP, "cp50222": japanese.ISO2022JP, "jis": japanese.ISO2022JP,
	"iso2022jp": japanese.ISO2022JP, "iso-2022jp": japanese.ISO2022JP, "iso-2022-jp-1": japanese.ISO2022JP,
	"iso-2022-jp-2": japanese.ISO2022JP, "iso-2022-jp-3": japanese.ISO2022JP, "iso-2022-jp-2004": japanese.ISO2022JP,
	"iso-2022-jp-ms": japanese.ISO2022JP, "windows-50220": japanese.ISO2022JP, "windows-50221": japanese.ISO2022JP,
	"eucjp": japanese.EUCJP, "euc_jp": japanese.EUCJP, "eucjp-ms": japanese.EUCJP, "eucjp-win": japanese.EUCJP, "euc-jp-ms": japanese.EUCJP,
	"cp51932": japanese.EUCJP, "windows-51932": japanese.EUCJP, "ujis": japanese.EUCJP, "euc-jisx0213": japanese.EUCJP,
	"extended_unix_code_packed_format_for_japanese": japanese.EUCJP,
	"hz-gb-2312": simplifiedchinese.HZGB2312, "hz": simplifiedchinese.HZGB2312, "cp936": simplifiedchinese.GB18030, "gb_2312-80": simplifiedchinese.GB18030,
	"utf8": unicode.UTF8, "utf-8-sig": unicode.UTF8, "utf8mb4": unicode.UTF8, "x-utf-8": unicode.UTF8, "cp65001": unicode.UTF8, "65001": unicode.UTF8,
	// RFC 2781 §4.3: without a byte order mark UTF-16 is big-endian.
	"utf-16": unicode.UTF16(unicode.BigEndian, unicode.UseBOM), "utf16": unicode.UTF16(unicode.BigEndian, unicode.UseBOM), "ucs-2": unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
	"utf-16be": unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "utf-16le": unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM),
	"iso-10646-ucs-2": unicode.UTF16(unicode.BigEndian, unicode.UseBOM), "csunicode": unicode.UTF16(unicode.BigEndian, unicode.UseBOM), "ucs2": unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
	"ucs-4": utf32.UTF32(utf32.BigEndian, utf32.UseBOM), "iso-10646-ucs-4": utf32.UTF32(utf32.BigEndian, utf32.UseBOM), "utf32": utf32.UTF32(utf32.BigEndian, utf32.UseBOM),
	"utf-32": utf32.UTF32(utf32.BigEndian, utf32.UseBOM), "utf-32be": utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM), "utf-32le": utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM),
	"cp1252": charmap.Windows1252, "cp1251": charmap.Windows1251, "cp1250": charmap.Windows1250, "cp850": charmap.CodePage850, "cp437": charmap.CodePage437,
	"ibm037": charmap.CodePage037, "cp037": charmap.CodePage037, "ibm-037": charmap.CodePage037, "ebcdic-cp-us": charmap.CodePage037, "ibm1047": charmap.CodePage1047,
	"cp1047": charmap.CodePage1047, "ibm500": charmap.CodePage037, "cp500": charmap.CodePage037, "ibm1140": charmap.CodePage1140, "cp1140": charmap.CodePage1140,
}

// undeclared are labels that say nothing about the bytes, us-ascii among them:
// for 8-bit text it is a lie.
var undeclared = map[string]bool{
	"": true, "us-ascii": true, "ascii": true, "ansi_x3.4-1968": true, "unknown-8bit": true, "x-unknown": true, "unknown": true,
	"default": true, "default_charset": true, "8bit": true, "7bit": true, "none": true, "binary": true, "_autodetect": true, "_autodetect_all": true,
}

// decode reads b in the charset of that label; the result is always valid
// UTF-8. Where the label is empty, unknown or plainly wrong, which is normal in
// Japanese mail, the charset is guessed. ok is false when the text may be
// wrong: an invalid byte became U+FFFD, or a guess contradicts the label or is
// of a charset that cannot prove itself.
func decode(b []byte, label string) (text string, ok bool) {
	label = strings.ToLower(strings.Trim(label, " \t\r\n\"'`;,"))
	if len(b) == 0 {
		return "", true
	}
	if undeclared[label] {
		text, sure := guess(b)
		return text, sure && (label == "" || sevenBit(b))
	}
	if strings.HasSuffix(label, "utf-7") || strings.HasSuffix(label, "utf7") {
		return decodeUTF7(b) // "unicode-1-1-utf-7", "csUnicode11UTF7" and others
	}
	enc := lookup(label)
	if wide := wideOrder(b); wide != nil && enc != wide {
		if text, bad := decodeAs(b, wide); bad == 0 {
			return text, enc != nil && strings.Contains(label, "16")
		}
	}
	if enc == nil {
		text, _ := guess(b)
		return text, sevenBit(b) && !hasJIS(b)
	}
	if betterThan(b, enc) {
		text, _ := guess(b)
		return text, false
	}
	text, bad := decodeAs(b, enc)
	if bad == 0 {
		return text, true
	}
	// One broken character is no reason to doubt the label, unless another
	// reading has none and proves itself, or nothing at all speaks for the label.
	j := scoreJapanese(b)
	if other, sure := guess(b); !strings.ContainsRune(other, utf8.RuneError) &&
		(sure || j.sjis.convinces() || j.euc.convinces() || enc == unicode.UTF8 && !mostlyUTF8(b)) {
		return other, false
	}
	return text, false
}

// lookup finds the encoding of a lower-case label, nil when it is not known or
// one that browsers refuse to decode.
func lookup(label string) encoding.Encoding {
	if e := aliases[label]; e != nil {
		return e
	}
	e, err := htmlindex.Get(label)
	if err != nil || e == encoding.Replacement {
		return nil
	}
	return e
}

// decodeAs reads b in that encoding and counts the characters that are invalid
// in it.
func decodeAs(b []byte, enc encoding.Encoding) (text string, bad int) {
	switch enc {
	case unicode.UTF8:
		b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
		if utf8.Valid(b) {
			return string(b), 0
		}
		text = strings.ToValidUTF8(string(b), "\uFFFD")
		return text, strings.Count(text, "\uFFFD") - bytes.Count(b, []byte("\uFFFD"))
	case japanese.ISO2022JP:
		b = spellKana(b)
	}
	out, err := enc.NewDecoder().Bytes(b)
	text = strings.ToValidUTF8(string(out), "\uFFFD")
	bad = strings.Count(text, "\uFFFD")
	if err != nil {
		bad++
	}
	return text, bad
}

// betterThan is true when b is certainly not in enc, although enc could decode
// it to something.
func betterThan(b []byte, enc encoding.Encoding) bool {
	if enc == japanese.ISO2022JP {
		return bytes.IndexByte(b, 0x1b) < 0 && !sevenBit(b) && !halfKanaOnly(b)
	}
	if sevenBit(b) {
		// Encodings of two-byte units and of shift sequences apart, 7-bit text
		// with a JIS escape is JIS.
		return hasJIS(b) && enc != simplifiedchinese.HZGB2312
	}
	if _, single := enc.(*charmap.Charmap); !single {
		return false
	}
	// Any byte is valid in a single-byte charset, so its label proves nothing.
	// Two characters of valid UTF-8 do, and so does much kana.
	if utf8.Valid(b) {
		return len(b)-utf8.RuneCount(b) >= 2
	}
	j := scoreJapanese(b)
	return j.sjis.convinces() || j.euc.convinces() || j.sjis.likely() && hasUndefined(b)
}

// hasUndefined finds bytes that no text in windows-1252 has, and that half of all
// kana and signs in Shift_JIS begin with.
func hasUndefined(b []byte) bool {
	return bytes.IndexByte(b, 0x81) >= 0 || bytes.IndexByte(b, 0x8d) >= 0 || bytes.IndexByte(b, 0x8f) >= 0 || bytes.IndexByte(b, 0x90) >= 0
}

// sevenBit is true for 7-bit bytes.
func sevenBit(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// hasJIS looks for an escape to a Japanese two-byte set (RFC 1468).
func hasJIS(b []byte) bool {
	return bytes.Contains(b, []byte("\x1b$B")) || bytes.Contains(b, []byte("\x1b$@")) || bytes.Contains(b, []byte("\x1b$("))
}

// halfKanaOnly is true when every 8-bit byte is a half-width kana of JIS X
// 0201, as 8-bit "ISO-2022-JP" of old mailers has it.
func halfKanaOnly(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 && (c < 0xa1 || c > 0xdf) {
			return false
		}
	}
	return !utf8.Valid(b)
}

// jisEscapes select the character sets that the decoder knows, ASCII first.
var jisEscapes = [][]byte{[]byte("\x1b(B"), []byte("\x1b(J"), []byte("\x1b(I"), []byte("\x1b$B"), []byte("\x1b$@"), []byte("\x1b$(D")}

// spellKana rewrites the half-width kana that old mailers put into ISO-2022-JP
// as 8-bit bytes or between SO and SI into the escape that the decoder knows.
func spellKana(b []byte) []byte {
	if sevenBit(b) && bytes.IndexByte(b, 0x0e) < 0 {
		return b
	}
	out := make([]byte, 0, len(b)+16)
	state, kana, shift := jisEscapes[0], false, false
	toKana := func(on bool) {
		if on && !kana {
			out = append(out, "\x1b(I"...)
		} else if !on && kana {
			out = append(out, state...)
		}
		kana = on
	}
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == 0x0e:
			shift = true
		case c == 0x0f:
			shift = false
		case c == 0x1b:
			toKana(false)
			for _, e := range jisEscapes {
				if bytes.HasPrefix(b[i:], e) {
					state = e
				}
			}
			out = append(out, c)
			for ; i+1 < len(b) && b[i+1] >= 0x20 && b[i+1] <= 0x2f; i++ { // ECMA-35 §13.2.1: intermediate bytes
				out = append(out, b[i+1])
			}
			if i+1 < len(b) {
				i++
				out = append(out, b[i])
			}
		case c >= 0xa1 && c <= 0xdf:
			toKana(true)
			out = append(out, c&0x7f)
		case shift && c >= 0x21 && c <= 0x5f:
			toKana(true)
			out = append(out, c)
		default:
			toKana(false)
			out = append(out, c)
		}
	}
	return out
}
