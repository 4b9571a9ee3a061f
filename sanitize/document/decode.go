package document

import (
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"
)

// eachDecoding calls f with what a string decodes to in each way that makes sense
// of it. None is tried twice, and most strings have none.
func (g *gatherer) eachDecoding(s string, f func(string)) {
	t := strings.TrimSpace(s)
	if d, ok := dataURI(t); ok {
		f(string(d))
		return
	}
	if strings.Count(t, "%") >= 3 {
		if d := unescapePercent(t); len(d) < len(t)-4 {
			f(d)
			return
		}
	}
	if strings.Contains(t, `\x`) || strings.Contains(t, `\u`) {
		if d := unescapeJS(t); len(d) < len(t)-8 {
			f(d)
			return
		}
	}
	if strings.Contains(t, "&#") || strings.Contains(t, "&lt;") {
		if d := unescapeXML([]byte(t)); d != t {
			f(d)
			return
		}
	}
	if back := backwards(t); back {
		f(reversed(t))
		return
	}
	if d, ok := hexText(t); ok {
		f(d)
		return
	}
	if d, ok := codesText(t); ok {
		f(d)
		return
	}
	if isBase64(t) {
		if d := decodeBase64(t); sensible(d) {
			f(string(d))
		}
	}
}

// dataURI gives what a data: URI holds (RFC 2397).
func dataURI(s string) ([]byte, bool) {
	rest, ok := cutPrefixFold(s, "data:")
	if !ok {
		return nil, false
	}
	kind, data, ok := strings.Cut(rest, ",")
	if !ok || len(kind) > 200 {
		return nil, false
	}
	data = unescapePercent(data)
	if strings.HasSuffix(strings.ToLower(strings.TrimSpace(kind)), "base64") {
		d := decodeBase64(data)
		return d, len(d) > 0
	}
	return []byte(data), true
}

// backwards knows text that was turned round.
func backwards(s string) bool {
	return strings.Contains(s, "//:ptth") || strings.Contains(s, "//:sptth") || strings.Contains(s, ">lmth/<") || strings.Contains(s, ">tpircs/<") ||
		len(s) >= 16 && s[0] == '=' && isBase64(s[1:])
}

// hexText decodes hexadecimal digits, with or without marks or blanks between.
func hexText(s string) (string, bool) {
	if len(s) < 16 || !isHexByte(s[0]) && !hasPrefixFold(s, "0x") && s[0] != '\\' && s[0] != '%' {
		return "", false
	}
	clean := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '0' && i+1 < len(s) && s[i+1]|0x20 == 'x':
			i++
		case isHexByte(c):
			clean = append(clean, c)
		case strings.IndexByte(" \r\n\t,:-;\\x", c) < 0:
			return "", false
		}
	}
	out := make([]byte, len(clean)/2)
	if len(clean)%2 != 0 || len(clean) < 16 {
		return "", false
	}
	if _, err := hex.Decode(out, clean); err != nil || !sensible(out) {
		return "", false
	}
	return string(out), true
}

func isHexByte(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

// codesText decodes character codes in decimal with a mark between them.
func codesText(s string) (string, bool) {
	if len(s) < 16 || s[0] < '0' || s[0] > '9' {
		return "", false
	}
	sep := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if sep < 1 || sep > 3 {
		return "", false
	}
	var out []byte
	for rest := s; rest != ""; {
		word, after, _ := strings.Cut(rest, s[sep:sep+1])
		rest = after
		n, err := strconv.ParseUint(strings.TrimSpace(word), 10, 8)
		if err != nil {
			return "", false
		}
		out = append(out, byte(n))
	}
	return string(out), len(out) >= 6 && sensible(out)
}

// isBase64 reports whether a string consists of base64 alone, in lines or not.
func isBase64(s string) bool {
	if len(s) < 12 {
		return false
	}
	mixed := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z':
			mixed |= 1
		case c >= 'A' && c <= 'Z':
			mixed |= 2
		case c >= '0' && c <= '9', c == '+', c == '/', c == '-', c == '_':
			mixed |= 4
		case c == '=':
			if i < len(s)-4 && strings.Trim(s[i:], "=\r\n ") != "" {
				return false
			}
			if i < len(s)-4 {
				return mixed >= 3
			}
		case c == '\r', c == '\n', c == ' ', c == '\t':
		default:
			return false
		}
	}
	return mixed&3 == 3 || mixed&5 == 5 || mixed&6 == 6
}

// sensible tells what was encoded from what decodes by chance.
func sensible(b []byte) bool {
	if len(b) < 6 {
		return false
	}
	if looksLikeFile(b) || isUTF16Text(b) {
		return true
	}
	if !utf8.Valid(b) {
		return false
	}
	odd := 0
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' {
			odd++
		}
	}
	return odd*50 <= len(b)
}
