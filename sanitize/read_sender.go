package sanitize

import (
	"bytes"
	"strings"
)

// checkSender tells of a From field that programs read differently: one takes the
// first address and another the last, or they disagree on where one ends (Chen,
// Paxson and Jiang, "Composition Kills", USENIX Security 2020).
func (r *reader) checkSender(h Header, where string) {
	for _, v := range h.All("From") {
		if oddSender(v) {
			r.problem(ProblemAmbiguous, where+"header From", "the sender can be read in several ways")
			return
		}
	}
}

// oddSender is true for a value of From that holds something that looks like an
// address in a place where only some programs see one.
func oddSender(v string) bool {
	if strings.Count(v, "@") == 1 && !strings.ContainsAny(v, "\\(@,") {
		return false
	}
	if i := strings.IndexByte(v, '@'); i >= 0 && startsRoute(v[:i]) && strings.IndexByte(v[i:], ':') > 0 {
		return true // RFC 5322 §4.4: a route
	}
	examine(len(v))
	outside, unclosed := outsideQuotes(v)
	if unclosed && strings.Contains(outside, "@") && strings.Contains(outside, "(") {
		return true
	}
	for _, m := range ParseMailboxes(v) {
		if strings.Count(m.Address, "@") > 1 || strings.ContainsAny(m.Address, "\\,(") {
			return true
		}
	}
	// An address outside of quotes, comments and brackets, beside another one.
	before, rest, angle := strings.Cut(outside, "<")
	if !angle {
		return false
	}
	inner, behind, _ := strings.Cut(rest, ">")
	if i := strings.IndexByte(inner, '('); i >= 0 && strings.Contains(v, "@") {
		return true
	}
	for _, text := range []string{before, behind} {
		if strings.ContainsAny(text, ",;:<") { // a list or a group, which is read as such
			continue
		}
		for _, word := range strings.Fields(text) {
			word = strings.Trim(word, "'[]")
			if strings.LastIndexByte(word, '@') > 0 && !strings.HasPrefix(word, "=?") && !strings.EqualFold(word, strings.Trim(inner, " '")) {
				return true
			}
		}
	}
	return false
}

// startsRoute is true where an address would begin.
func startsRoute(before string) bool {
	before = strings.TrimRight(before, " \t")
	return before == "" || strings.HasSuffix(before, "<") || strings.HasSuffix(before, ",")
}

// outsideQuotes is v without its quoted strings and its comments outside of
// brackets; unclosed is true when one of them does not end.
func outsideQuotes(v string) (outside string, unclosed bool) {
	var b strings.Builder
	depth, quoted, angle := 0, false, false
	for i := 0; i < len(v); i++ {
		c := v[i]
		switch {
		case c == '\\' && (quoted || depth > 0):
			i++
		case quoted:
			quoted = c != '"'
		case c == '"' && depth == 0 && !angle:
			quoted = true
		case c == '(' && !angle:
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth == 0:
			if c == '<' || c == '>' {
				angle = c == '<'
			}
			b.WriteByte(c)
		}
	}
	if depth > 0 || quoted {
		return v, true
	}
	return b.String(), false
}

// hiddenFrom reads a From field that is one for some readers only: line has other
// characters in the name, or stands behind a blank, or before is the name alone and
// line goes on with the colon.
func hiddenFrom(before, line []byte) (value []byte, ok bool) {
	colon := bytes.IndexByte(line[:min(len(line), maxFieldName)], ':')
	if colon < 0 {
		return nil, false
	}
	// Lists of fields in a signature (RFC 6376 §3.5, h= and z=) are none.
	address := line[colon+1:]
	if at := bytes.IndexByte(address, '@'); at < 0 || bytes.ContainsAny(address[:at], ":;=|") && !bytes.Contains(address[:at], []byte("=?")) || bytes.IndexByte(address, '|') > 0 {
		return nil, false
	}
	letters := 0
	for _, part := range [][]byte{before, line[:colon]} {
		for _, c := range part {
			switch lower := c | 0x20; {
			case lower < 'a' || lower > 'z':
			case letters < len("from") && lower == "from"[letters]:
				letters++
			default:
				return nil, false
			}
		}
	}
	return bytes.TrimSpace(line[colon+1:]), letters == len("from")
}
