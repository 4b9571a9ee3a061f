package pdf

import (
	"strconv"
	"strings"
)

// script tells of a program: what it says, and the URLs in it.
func (r *reader) script(v value) {
	r.note("javascript")
	var text string
	if o := r.object(v); o != nil {
		if r.taken[o] {
			return
		}
		r.taken[o] = true
		text = textOf(r.data(o))
	} else {
		text = textOf(r.bytes(v))
	}
	if text == "" || r.locked && !readable([]byte(text)) {
		return
	}
	const most = 1000
	if len(r.f.Scripts) < most {
		r.f.Scripts = append(r.f.Scripts, strings.ToValidUTF8(text, "\ufffd"))
	} else {
		r.problem(ProblemLimit, "more scripts than are told")
	}
	said := joinLiterals(unescape(text))
	r.line(said)
	r.urlsIn(said, "javascript", false)
}

// urlsIn tells the URLs in a program or a command, which end where their string
// does.
func (r *reader) urlsIn(s, how string, resource bool) {
	for from := 0; ; {
		i := strings.Index(s[from:], "://")
		if i < 0 {
			return
		}
		start := from + i
		for start > from && isLetter(s[start-1]) {
			start--
		}
		stop := from + i + 3
		for stop < len(s) && s[stop] > ' ' && strings.IndexByte("\"'\\<>();`", s[stop]) < 0 {
			stop++
		}
		if start < from+i && stop > from+i+3 {
			r.link(Link{URL: s[start:stop], How: how, Resource: resource})
		}
		from = stop
	}
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// joinLiterals takes out what stands between the pieces of a string: "a" + 'b'.
func joinLiterals(s string) string {
	if !strings.Contains(s, "+") {
		return s
	}
	var b strings.Builder
	blank := func(j int) int {
		for j < len(s) && (s[j] == ' ' || s[j] == '\t' || s[j] == '\r' || s[j] == '\n') {
			j++
		}
		return j
	}
	for i := 0; i < len(s); {
		if s[i] == '"' || s[i] == '\'' {
			j := blank(i + 1)
			if j < len(s) && s[j] == '+' {
				if k := blank(j + 1); k < len(s) && (s[k] == '"' || s[k] == '\'') {
					i = k + 1
					continue
				}
				i = j // the blanks were looked at
				continue
			}
			b.WriteByte(s[i])
			b.WriteString(s[i+1 : j])
			i = j
			continue
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

// unescape undoes what programs write letters as: \x68, \u0068, \150, %68 in the
// argument of unescape, and String.fromCharCode(104, 116), which becomes a string.
func unescape(s string) string {
	if !strings.ContainsAny(s, `\%`) && !strings.Contains(s, "fromCharCode") {
		return s
	}
	percent := strings.Contains(s, "unescape(") || strings.Contains(s, "decodeURI")
	var b strings.Builder
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '\\' && i+1 < len(s):
			if r, n := escape(s[i+1:]); n > 0 {
				b.WriteRune(r)
				i += 1 + n
				continue
			}
		case c == '%' && percent:
			if i+6 <= len(s) && (s[i+1] == 'u' || s[i+1] == 'U') {
				if n, err := strconv.ParseUint(s[i+2:i+6], 16, 16); err == nil {
					b.WriteRune(rune(n))
					i += 6
					continue
				}
			}
			if i+3 <= len(s) {
				if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
					b.WriteByte(byte(n))
					i += 3
					continue
				}
			}
		case c == 'S' && strings.HasPrefix(s[i:], "String.fromCharCode"):
			if text, n := charCodes(s[i+len("String.fromCharCode"):]); n > 0 {
				b.WriteString(`"` + text + `"`)
				i += len("String.fromCharCode") + n
				continue
			}
		}
		b.WriteByte(c)
		i++
	}
	return strings.ToValidUTF8(b.String(), "\ufffd")
}

// escape reads what follows a backslash; n is 0 where that is not a code.
func escape(s string) (r rune, n int) {
	code := func(from, digits, base int) (rune, int) {
		if from+digits > len(s) {
			return 0, 0
		}
		v, err := strconv.ParseUint(s[from:from+digits], base, 16)
		if err != nil {
			return 0, 0
		}
		return rune(v), from + digits
	}
	switch {
	case s[0] == 'x':
		return code(1, 2, 16)
	case s[0] == 'u':
		return code(1, 4, 16)
	case s[0] >= '0' && s[0] <= '3':
		return code(0, 3, 8)
	case s[0] == '/':
		return '/', 1
	}
	return 0, 0
}

// charCodes reads "(104, 0x74)", and says how long it is.
func charCodes(s string) (text string, n int) {
	const most = 20_000
	stop := strings.IndexByte(s[:min(len(s), most)], ')')
	start := strings.IndexByte(s[:max(stop, 0)], '(')
	if start < 0 || strings.TrimSpace(s[:start]) != "" {
		return "", 0
	}
	var b strings.Builder
	for _, field := range strings.Split(s[start+1:stop], ",") {
		v, err := strconv.ParseUint(strings.TrimSpace(field), 0, 16)
		if err != nil {
			return "", 0
		}
		b.WriteRune(rune(v))
	}
	return b.String(), stop + 1
}
