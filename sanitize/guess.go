package sanitize

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
)

// guess reads text of which nothing is known. sure is false when the charset
// found is one in which almost anything is valid.
func guess(b []byte) (text string, sure bool) {
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		text, bad := decodeAs(b, unicode.UTF16(unicode.BigEndian, unicode.UseBOM))
		return text, bad == 0
	case wideOrder(b) != nil:
		text, bad := decodeAs(b, wideOrder(b))
		return text, bad == 0
	case sevenBit(b):
		if hasJIS(b) {
			if text, bad := decodeAs(b, japanese.ISO2022JP); bad == 0 {
				return text, true
			}
		}
		return string(b), true
	case utf8.Valid(b):
		text, _ := decodeAs(b, unicode.UTF8)
		return text, true
	case hasJIS(b):
		text, _ := decodeAs(b, japanese.ISO2022JP)
		return text, false
	case nearlyUTF8(b):
		return strings.ToValidUTF8(string(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))), "\uFFFD"), false
	}
	j := scoreJapanese(b)
	if j.sjis.value() > 0 || j.euc.value() > 0 {
		enc := japanese.ShiftJIS
		if j.euc.value() > j.sjis.value() {
			enc = japanese.EUCJP
		}
		text, _ := decodeAs(b, enc)
		return text, false
	}
	text, _ = decodeAs(b, charmap.Windows1252)
	return text, false
}

// nearlyUTF8 is true for UTF-8 with a few broken characters, such as one cut
// off at the end of a header field.
func nearlyUTF8(b []byte) bool {
	good, bad := 0, 0
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1:
			bad++
		case n > 1:
			good++
		}
		b = b[n:]
	}
	return good >= 2 && good >= 8*bad
}

// mostlyUTF8 is true when more of b's characters beyond ASCII are UTF-8 than are
// not.
func mostlyUTF8(b []byte) bool {
	good, bad := 0, 0
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case n > 1:
			good += n - 1
		case r == utf8.RuneError:
			bad++
		}
		b = b[n:]
	}
	return good > bad
}

// wideOrder tells UTF-16 without a byte order mark by its zero bytes: text in
// Latin letters has one in every pair, Japanese text at its blanks, signs and
// line ends. It is nil for anything else.
func wideOrder(b []byte) encoding.Encoding {
	if bytes.IndexByte(b, 0) < 0 || len(b)%2 != 0 || bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
		return nil
	}
	var zero [2]int
	signs := [2]int{}
	for i := 0; i < len(b); i += 2 {
		for k := range 2 {
			if b[i+k] == 0 {
				zero[k]++
				if c := b[i+1-k]; c >= ' ' && c < 0x7f || c == '\n' || c == '\r' || c == '\t' {
					signs[k]++
				}
			}
		}
	}
	const share = 16 // of the pairs
	switch {
	case zero[0] > 0 && zero[1] == 0 && signs[0] == zero[0] && zero[0]*share >= len(b)/2:
		return aliases["utf-16be"]
	case zero[1] > 0 && zero[0] == 0 && signs[1] == zero[1] && zero[1]*share >= len(b)/2:
		return aliases["utf-16le"]
	}
	return nil
}

// score counts what the bytes would be in one Japanese charset.
type score struct{ kana, kanji, half, invalid int }

// value weighs a score. Kana make up half of any Japanese text and are few code
// points, so that they prove most; half-width kana are every second byte of the
// other charset and count against.
func (s score) value() int { return 4*s.kana + s.kanji - s.half - 20*s.invalid }

// convinces is true for text that can hardly be anything else.
func (s score) convinces() bool {
	return s.invalid == 0 && s.kana >= 3 && 3*s.kana >= s.kanji && s.kana > s.half
}

// likely is convinces for short texts, in which kanji and signs may outnumber the
// kana.
func (s score) likely() bool {
	return s.invalid == 0 && s.kana+s.kanji >= 2 && s.kana > 0 && s.kana+s.kanji > 2*s.half
}

// japaneseScore holds both readings.
type japaneseScore struct{ sjis, euc score }

// scoreJapanese reads b as Shift_JIS and as EUC-JP.
func scoreJapanese(b []byte) (j japaneseScore) {
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case c < 0x80:
			continue
		case c >= 0xa1 && c <= 0xdf:
			j.sjis.half++
			continue
		}
		if i+1 == len(b) {
			continue // cut off, not wrong
		}
		i++
		d := b[i]
		lead := c >= 0x81 && c <= 0x9f || c >= 0xe0 && c <= 0xfc
		switch {
		case !lead || d < 0x40 || d == 0x7f || d > 0xfc:
			j.sjis.invalid++
			i--
		case c == 0x82 && d >= 0x9f && d <= 0xf1, c == 0x83 && d <= 0x96, c == 0x81 && d == 0x5b:
			j.sjis.kana++
		case c <= 0x97 || c >= 0xe0 && c <= 0xea:
			j.sjis.kanji++
		case c > 0xea: // vendors' characters and user-defined ones
			j.sjis.half++
		}
	}
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c < 0x80 {
			continue
		}
		if i+1 == len(b) {
			continue
		}
		i++
		d := b[i]
		switch {
		case c == 0x8e && d >= 0xa1 && d <= 0xdf:
			j.euc.half++
		case c == 0x8f && d >= 0xa1:
			i++ // JIS X 0212, three bytes
		case c < 0xa1 || c == 0xff || d < 0xa1 || d == 0xff:
			j.euc.invalid++
			i--
		case c == 0xa4 && d <= 0xf3, c == 0xa5 && d <= 0xf6:
			j.euc.kana++
		case c >= 0xb0 && c <= 0xf4:
			j.euc.kanji++
		}
	}
	return j
}
