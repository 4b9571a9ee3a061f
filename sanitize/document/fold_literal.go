package document

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// literal reads a string in quotes q at pos. A string whose quote is never closed
// is none; that is remembered, or every quote of a long line would be tried to its
// end.
func (f *folder) literal(q byte) (string, bool) {
	if f.pos < f.open[q] {
		return "", false
	}
	start := f.pos + 1
	multi := q == '`' || f.lang == langPS
	escape := byte('\\')
	if f.lang == langPS {
		escape = '`'
	}
	escapes := f.lang == langJS || f.lang == langPS && q == '"'
	escaped, doubled := false, false
	for i := start; i < len(f.src); i++ {
		c := f.src[i]
		switch {
		case escapes && c == escape:
			escaped = true
			if strings.HasPrefix(f.src[i+1:], "\r\n") {
				i++
			}
			i++
		case c == q:
			if f.lang != langJS && i+1 < len(f.src) && f.src[i+1] == q {
				doubled = true
				i++
				continue
			}
			f.pos = i + 1
			s := f.src[start:i]
			if doubled {
				s = strings.ReplaceAll(s, string([]byte{q, q}), string(q))
			}
			if escaped && f.lang == langJS {
				s = unescapeJS(s)
			} else if escaped {
				s = strings.NewReplacer("``", "`", "`n", "\n", "`r", "\r", "`t", "\t", "`0", "", "`", "").Replace(s)
			}
			if f.lang != langVB && q != '\'' {
				s = f.interpolate(s)
			}
			return s, true
		case c == '\n' && !multi:
			f.open[q] = i
			return "", false
		}
	}
	f.open[q] = len(f.src)
	return "", false
}

// hereString reads a string between @" and "@ on lines of their own.
func (f *folder) hereString(q byte) (expression, bool) {
	// Its first quote alone may be closed elsewhere, so it is remembered apart.
	memo := q | 0x80
	if f.pos < f.open[memo] {
		return expression{}, false
	}
	s, _, ok := strings.Cut(f.src[f.pos+2:], string([]byte{'\n', q, '@'}))
	if !ok {
		f.open[memo] = len(f.src)
		return expression{}, false
	}
	f.pos += 2 + len(s) + 3
	return expression{s: strings.TrimLeft(s, "\r\n")}, true
}

// interpolate puts the variables that a string names in their place.
func (f *folder) interpolate(s string) string {
	if !strings.Contains(s, "$") || len(f.vars) == 0 {
		return s
	}
	var out strings.Builder
	for {
		i := strings.IndexByte(s, '$')
		if i < 0 || f.full {
			out.WriteString(s)
			return out.String()
		}
		out.WriteString(s[:i])
		s = s[i:]
		name, after := "", 0
		if strings.HasPrefix(s, "${") {
			if end := strings.IndexByte(s[:min(len(s), 200)], '}'); end > 0 {
				name, after = strings.TrimSpace(s[2:end]), end+1
			}
		} else if f.lang == langPS {
			for after = 1; after < len(s) && isIdent(s[after]) && s[after] != '$'; {
				after++
			}
			name = s[1:after]
		}
		if f.lang == langPS {
			name = "$" + name
		}
		if v := f.vars[f.fold(name)]; v != nil && f.charge(len(v.b)) {
			out.Write(v.b)
			s = s[after:]
			continue
		}
		out.WriteByte('$')
		s = s[1:]
	}
}

// unescapeJS undoes the escapes of a string of JavaScript (ECMA-262 §12.9.4).
func unescapeJS(s string) string {
	var out []byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '\\' || i+1 >= len(s) {
			out = append(out, c)
			continue
		}
		i++
		switch c = s[i]; c {
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'b', 'f', 'v', '\n':
		case '\r':
			if i+1 < len(s) && s[i+1] == '\n' {
				i++
			}
		case 'x', 'u':
			r, n := jsEscape(s[i:])
			if n == 0 {
				out = append(out, c)
				continue
			}
			i += n - 1
			if utf16.IsSurrogate(r) && strings.HasPrefix(s[i+1:], `\u`) {
				if low, n := jsEscape(s[i+2:]); n > 0 {
					r, i = utf16.DecodeRune(r, low), i+1+n
				}
			}
			if c == 'x' {
				out = append(out, byte(r)) // most often bytes of a file, or ASCII
			} else {
				out = utf8.AppendRune(out, r)
			}
		default:
			if c < '0' || c > '7' {
				out = append(out, c)
				continue
			}
			end := i + 1
			for end < len(s) && end < i+3 && s[end] >= '0' && s[end] <= '7' {
				end++
			}
			n, _ := strconv.ParseUint(s[i:end], 8, 16)
			out = append(out, byte(n))
			i = end - 1
		}
	}
	return string(out)
}

// jsEscape reads x41, u0041 or u{41}, and says how long it is.
func jsEscape(s string) (r rune, n int) {
	digits := ""
	switch {
	case strings.HasPrefix(s, "u{"):
		end := strings.IndexByte(s[:min(len(s), 10)], '}')
		if end < 0 {
			return 0, 0
		}
		digits, n = s[2:end], end+1
	case s[0] == 'x' && len(s) >= 3:
		digits, n = s[1:3], 3
	case s[0] == 'u' && len(s) >= 5:
		digits, n = s[1:5], 5
	}
	v, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || v > utf8.MaxRune {
		return 0, 0
	}
	return rune(v), n
}

// unescapePercent undoes %41 and %u0041, as unescape of JavaScript does.
func unescapePercent(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' {
			if i+6 <= len(s) && s[i+1]|0x20 == 'u' {
				if v, err := strconv.ParseUint(s[i+2:i+6], 16, 16); err == nil {
					out = utf8.AppendRune(out, rune(v))
					i += 5
					continue
				}
			}
			if i+3 <= len(s) {
				if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
					out = append(out, byte(v))
					i += 2
					continue
				}
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}

// reversed turns a string round, by characters where it is text.
func reversed(s string) string {
	if !utf8.ValidString(s) {
		out := make([]byte, len(s))
		for i := range len(s) {
			out[len(s)-1-i] = s[i]
		}
		return string(out)
	}
	out := make([]byte, len(s))
	for i, n := 0, len(s); i < len(s); {
		_, size := utf8.DecodeRuneInString(s[i:])
		n -= size
		copy(out[n:], s[i:i+size])
		i += size
	}
	return string(out)
}
