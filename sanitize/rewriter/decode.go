package rewriter

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// unescape undoes percent-encoding once. What is no escape stays as it is. A plus
// sign is a space only where plus says so: in the values of a query that a form
// would have written.
func unescape(s string, plus bool) string {
	if strings.IndexByte(s, '%') < 0 && !(plus && strings.IndexByte(s, '+') >= 0) {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b = append(b, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		case c == '+' && plus:
			b = append(b, ' ')
		default:
			b = append(b, c)
		}
	}
	return string(b)
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// unbase64 decodes either alphabet, padded or not, up to the first byte that
// belongs to neither.
func unbase64(s string) string {
	end := 0
	for end < len(s) && isBase64(s[end]) {
		end++
	}
	s = s[:end]
	if end%4 == 1 {
		s = s[:end-1] // a byte that says nothing
	}
	if strings.ContainsAny(s, "-_") {
		s = strings.NewReplacer("-", "+", "_", "/").Replace(s)
	}
	b, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		return ""
	}
	return string(b)
}

func isBase64(c byte) bool {
	return isAlnum(c) || c == '+' || c == '/' || c == '-' || c == '_'
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// unpack undoes what stands for "http" in base64 or in hexadecimal, "" when s
// begins with neither or yields no text.
func unpack(s string) string {
	if len(s) < 6 || strings.IndexByte("aS64", s[0]) < 0 {
		return ""
	}
	s = strings.TrimRight(unpackBytes(s), "\x00\t\r\n ")
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' }) {
		return ""
	}
	return s
}

func unpackBytes(s string) string {
	switch {
	case strings.HasPrefix(s, "aHR0c") || strings.HasPrefix(s, "SFRUU"):
		return unbase64(s)
	case strings.HasPrefix(s, "68747470") || strings.HasPrefix(s, "48545450"):
		end := 0
		for end < len(s) && isHex(s[end]) {
			end++
		}
		b, err := hex.DecodeString(s[:end&^1])
		if err != nil {
			return ""
		}
		return string(b)
	}
	return ""
}

// absolute is s as the URL that a browser would go to: the scheme in lower case,
// two slashes behind it however many or whichever way they lean, tabs and line
// ends gone, and what cannot stand in a URL percent-encoded. It is false unless s
// is http, https or ftp with a plausible host. fewer allows a single slash, as
// paths have it that somebody cleaned.
func absolute(s string, fewer bool) (string, bool) {
	s = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
	scheme, n := schemeOf(s)
	if scheme == "" {
		return "", false
	}
	rest := s[n:]
	slashes := 0
	for slashes < len(rest) && (rest[slashes] == '/' || rest[slashes] == '\\') {
		slashes++
	}
	if slashes == 0 || slashes == 1 && !fewer {
		return "", false
	}
	rest = rest[slashes:]
	authority := rest
	if i := strings.IndexAny(rest, `/\?#`); i >= 0 {
		authority = rest[:i]
	}
	if !plausibleHost(unescape(hostOf(authority), false)) {
		return "", false
	}
	return scheme + "://" + clean(rest), true
}

// clean is what stands behind the slashes of a scheme, as a browser sends it.
func clean(s string) string {
	ok := true
	for i := 0; i < len(s) && ok; i++ {
		ok = s[i] > ' ' && s[i] < 0x7f && s[i] != '\\'
	}
	if ok {
		return s
	}
	const digits = "0123456789ABCDEF"
	b := make([]byte, 0, len(s)+16)
	path := true
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			if r, size := utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError || size > 1 {
				b = append(b, s[i:i+size]...)
				i += size
				continue
			}
		}
		i++
		switch {
		case c == '\t' || c == '\r' || c == '\n':
		case c <= ' ' || c >= 0x7f:
			b = append(b, '%', digits[c>>4], digits[c&15])
		case c == '\\' && path:
			b = append(b, '/')
		default:
			if c == '?' || c == '#' {
				path = false
			}
			b = append(b, c)
		}
	}
	return string(b)
}

// plausibleHost reports whether a browser could look h up: a name with a dot and
// a top-level domain, or an address in any notation. "localhost" is none.
func plausibleHost(h string) bool {
	if h == "" || len(h) > 300 {
		return false
	}
	if h[0] == '[' {
		return h[len(h)-1] == ']' && strings.Count(h, ":") >= 2 && strings.Trim(h[1:len(h)-1], "0123456789abcdefABCDEF:.") == ""
	}
	h = strings.TrimSuffix(h, ".")
	label, dots, digits := 0, 0, true
	for i := 0; i < len(h); i++ {
		switch c := h[i]; {
		case c == '.':
			if label == 0 {
				return false
			}
			label = 0
			dots++
			continue
		case c >= '0' && c <= '9':
		case isAlnum(c) || c == '-' || c == '_' || c >= utf8.RuneSelf:
			digits = false
		default:
			return false
		}
		label++
	}
	switch {
	case label == 0:
		return false
	case digits: // 203.0.113.5, and the same as one number
		return dots == 3 || dots == 0 && len(h) >= 8 && len(h) <= 10
	case strings.HasPrefix(h, "0x") || strings.HasPrefix(h, "0X"):
		return strings.Trim(h[2:], "0123456789abcdefABCDEFxX.") == ""
	}
	tld := h[strings.LastIndexByte(h, '.')+1:]
	return dots > 0 && label >= 2 && label <= 63 && (tld[0]|0x20 >= 'a' && tld[0]|0x20 <= 'z' || tld[0] >= utf8.RuneSelf)
}

// bareHost puts a scheme before a URL that has none, as some services do.
func bareHost(s string) (string, bool) {
	host := s
	if i := strings.IndexAny(s, `/\?#`); i >= 0 {
		host = s[:i]
	}
	if strings.IndexByte(host, '@') >= 0 || !plausibleHost(hostOf(host)) {
		return "", false
	}
	return absolute("http://"+s, false)
}
