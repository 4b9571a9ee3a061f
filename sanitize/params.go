package sanitize

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// param is one parameter of Content-Type or Content-Disposition (RFC 2045
// §5.1), with RFC 2231 undone where it was used.
type param struct {
	name, value string
	extended    bool // RFC 2231: charset and percent signs are undone already
}

// Bounds of a parameter list; real ones have fewer than ten.
const (
	maxParams   = 100
	maxSegments = 1000 // of one value split by RFC 2231 §3
)

// parseParams splits the value of a structural field into its leading word,
// lower case, and its parameters in order. It never fails: separators may be
// missing, quotes unclosed, values unquoted with blanks and specials in them.
func parseParams(s string) (word string, params []param) {
	word, params, segments := scanParams(s)
	return word, append(params, joinSegments(segments)...)
}

// rawSegments are the pieces of RFC 2231 in a field, as they come.
func rawSegments(s string) []segment {
	_, _, segments := scanParams(s)
	return segments
}

func scanParams(s string) (word string, params []param, segments []segment) {
	s = strings.ReplaceAll(s, "\x00", "")
	p := paramScanner{s: s}
	p.skip(" \t\r\n,;")
	start := p.i
	for p.i < len(s) && !strings.ContainsRune(" \t\r\n,;(", rune(s[p.i])) && !(s[p.i] == '=' && p.i > start) {
		p.i++
	}
	if p.i < len(s) && s[p.i] == '=' { // no leading word: a parameter came first
		p.i = start
	} else {
		word = strings.ToLower(strings.Trim(s[start:p.i], `"'<>`))
	}
	for p.i < len(s) && len(params) < maxParams {
		name, value, ok := p.next()
		if !ok {
			continue
		}
		base, star, split := strings.Cut(name, "*")
		if !split {
			params = append(params, param{name: name, value: value})
			continue
		}
		if len(segments) < maxSegments {
			segments = append(segments, newSegment(base, star, value))
		}
	}
	return word, params, segments
}

// value is the first value of that name, RFC 2231 preferred as RFC 6266 §4.3
// asks, decoded; differ is true when another value of that name says something
// else.
func value(params []param, name string) (v string, differ bool) {
	var found []string
	for _, ext := range []bool{true, false} {
		for _, p := range params {
			if p.name != name || p.extended != ext {
				continue
			}
			if ext {
				found = append(found, p.value)
			} else {
				found = append(found, decodeWords(p.value))
			}
		}
	}
	if len(found) == 0 {
		return "", false
	}
	for _, other := range found[1:] {
		// An ASCII stand-in beside the RFC 2231 form is the usual courtesy to
		// old readers; another extension is not.
		if other != found[0] && !(name == "filename" || name == "name") || !sameExtension(other, found[0]) {
			differ = true
		}
	}
	return found[0], differ
}

// sameExtension compares what stands after the last dot of two file names.
func sameExtension(a, b string) bool { return strings.EqualFold(extension(a), extension(b)) }

// extension is what stands after the last dot of a file name, lower case.
func extension(name string) string {
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return ""
	}
	return strings.ToLower(strings.TrimRight(name[i+1:], " .\t\"'"))
}

type paramScanner struct {
	s        string
	i        int
	unclosed bool // a quote without an end was met; there is no use in looking again
}

func (p *paramScanner) skip(set string) {
	for p.i < len(p.s) && strings.IndexByte(set, p.s[p.i]) >= 0 {
		p.i++
	}
}

// next reads one name and value. It always moves on.
func (p *paramScanner) next() (name, value string, ok bool) {
	p.skip(" \t\r\n,;")
	if p.i < len(p.s) && p.s[p.i] == '(' {
		p.comment()
		return "", "", false
	}
	start := p.i
	for p.i < len(p.s) && strings.IndexByte("=; \t\r\n(", p.s[p.i]) < 0 {
		p.i++
	}
	name = strings.ToLower(strings.Trim(p.s[start:p.i], `"'`))
	if p.i == start && p.i < len(p.s) {
		p.i++
		return "", "", false
	}
	p.skip(" \t\r\n")
	if p.i >= len(p.s) || p.s[p.i] != '=' || name == "" {
		return "", "", false
	}
	p.i++
	p.skip(" \t\r\n")
	if p.i < len(p.s) && p.s[p.i] == '"' && !p.unclosed {
		if v, end, closed := quoted(p.s, p.i); closed {
			p.i = end
			return name, v, true
		}
		p.unclosed = true
	}
	start = p.i
	// File names are often left unquoted with blanks and parentheses in them;
	// the other values have neither, so a blank there stands for a missing ';'.
	stop := "; \t\r\n("
	if base, _, _ := strings.Cut(name, "*"); base == "name" || base == "filename" {
		stop = ";"
	}
	for p.i < len(p.s) && strings.IndexByte(stop, p.s[p.i]) < 0 {
		p.i = afterJIS(p.s, p.i) + 1
	}
	p.i = min(p.i, len(p.s))
	return name, strings.Trim(p.s[start:p.i], " \t\r\n\""), true
}

// comment skips a comment, nested or unclosed.
func (p *paramScanner) comment() {
	depth := 0
	for ; p.i < len(p.s); p.i++ {
		switch p.s[p.i] {
		case '\\':
			p.i++
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 {
			p.i++
			return
		}
	}
	p.i = len(p.s)
}

// quoted reads the quoted string that begins at s[i] and returns its content
// and the offset after it (RFC 5322 §3.2.4). A backslash before anything but a
// quote or a backslash is kept: it is a Windows path or half of a Shift_JIS
// character more often than an escape.
func quoted(s string, i int) (content string, end int, closed bool) {
	var b strings.Builder
	for i++; i < len(s); i++ {
		if end := afterJIS(s, i); end > i {
			b.WriteString(s[i : end+1])
			i = end
			continue
		}
		switch c := s[i]; {
		case c == '"':
			return b.String(), i + 1, true
		case c == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", i, false
}

// afterJIS is where two-byte ISO-2022-JP that begins at s[i] ends, the last byte of
// the sequence that ends it, or i where none begins: quotes and semicolons in it are
// halves of characters.
func afterJIS(s string, i int) int {
	const most = 400 // bytes; a name has fewer
	if s[i] != 0x1b || i+1 >= len(s) || s[i+1] != '$' {
		return i
	}
	if end := strings.Index(s[i:min(len(s), i+most)], "\x1b("); end >= 0 && i+end+2 < len(s) {
		return i + end + 2
	}
	return i
}

// segment is one piece of a value split by RFC 2231 §3 or encoded by §4.
type segment struct {
	name    string
	index   int
	encoded bool
	value   string
}

// newSegment reads what follows the first '*' of a parameter's name: "", "0",
// "0*".
func newSegment(name, star, value string) segment {
	digits, encoded := strings.CutSuffix(star, "*")
	index, err := strconv.Atoi(digits)
	if err != nil || index < 0 {
		index = 0
	}
	return segment{name: name, index: index, encoded: encoded || star == "", value: value}
}

// joinSegments joins the pieces' bytes before they are decoded, because a
// character may be split between two of them.
func joinSegments(segments []segment) []param {
	slices.SortStableFunc(segments, func(a, b segment) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.index, b.index))
	})
	var params []param
	for len(segments) > 0 {
		name, charset := segments[0].name, ""
		var joined []byte
		n := 0
		for ; n < len(segments) && segments[n].name == name; n++ {
			s := segments[n]
			if n > 0 && s.index == 0 {
				break // the same parameter once more
			}
			v := s.value
			if n == 0 && s.encoded {
				if parts := strings.SplitN(v, "'", 3); len(parts) == 3 {
					charset, v = parts[0], parts[2]
				}
			}
			if s.encoded {
				joined = append(joined, percentDecode(v)...)
			} else {
				joined = append(joined, v...)
			}
		}
		segments = segments[n:]
		text, _ := decode(joined, charset)
		params = append(params, param{name: name, value: decodeWords(text), extended: true})
	}
	return params
}

// percentDecode undoes %XX and keeps everything else.
func percentDecode(s string) []byte {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b = append(b, byte(v))
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return b
}
