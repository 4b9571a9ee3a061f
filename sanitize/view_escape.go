package sanitize

import (
	"strings"
	"unicode/utf8"
)

// shiftedText is s read as UTF-7 (RFC 2152), s itself where nothing in it is
// shifted or what was decoded is no text.
func shiftedText(s string) string {
	plus := strings.IndexByte(s, '+')
	if plus < 0 || strings.IndexByte(s[plus:], '-') < 0 {
		return s
	}
	text, _ := decodeUTF7([]byte(s))
	return text
}

// escapedBytes is s with "\x41" and "\101" as the bytes they stand for; ok is
// false where there are none.
func escapedBytes(s string) (b []byte, ok bool) {
	if strings.IndexByte(s, '\\') < 0 {
		return nil, false
	}
	b = make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if s[i+1]|0x20 == 'x' {
				h, ok1 := hexDigit(s[i+2])
				l, ok2 := hexDigit(s[i+3])
				if ok1 && ok2 {
					b, ok = append(b, h<<4|l), true
					i += 3
					continue
				}
			} else if isOctal(s[i+1]) && isOctal(s[i+2]) && isOctal(s[i+3]) && s[i+1] <= '3' {
				b, ok = append(b, (s[i+1]-'0')<<6|(s[i+2]-'0')<<3|(s[i+3]-'0')), true
				i += 3
				continue
			}
		}
		b = append(b, s[i])
	}
	return b, ok
}

func isOctal(c byte) bool { return c >= '0' && c <= '7' }

// wideText is b read as UTF-16 of either order, "" where it is hardly that: where
// most of its characters are not of one script that mail is written in.
func wideText(b []byte) string {
	if len(b) < 4 || len(b)%2 == 1 {
		return ""
	}
	for _, low := range [2]int{0, 1} {
		fits := 0
		for i := 0; i < len(b); i += 2 {
			u := rune(b[i+low]) | rune(b[i+1-low])<<8
			if u >= 0x20 && u < 0x7f || u >= 0x3040 && u <= 0x30ff || u >= 0x4e00 && u <= 0x9fff || u >= 0xff00 && u <= 0xff9f {
				fits++
			}
		}
		if fits*2 < len(b)-2 {
			continue
		}
		var out strings.Builder
		for i := 0; i < len(b); i += 2 {
			if u := rune(b[i+low]) | rune(b[i+1-low])<<8; utf8.ValidRune(u) {
				out.WriteRune(u)
			}
		}
		return out.String()
	}
	return ""
}
