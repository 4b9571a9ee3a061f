package sanitize

import (
	"bytes"
	"strings"
)

// outcome says what was wrong with a transfer encoding.
type outcome int

const (
	encodedWell outcome = iota
	// encodedBadly: every reader makes the same of it, or it was cut off.
	encodedBadly
	// encodedDoubtfully: readers disagree on what it says.
	encodedDoubtfully
)

// transferName reduces a Content-Transfer-Encoding to its word, lower case.
func transferName(value string) string {
	word, _ := parseParams(value)
	return word
}

// cteDecode undoes a transfer encoding (RFC 2045 §6) and yields at most limit
// bytes. known is false for an encoding that is none; the bytes then are what
// came in. The result may share memory with b.
func cteDecode(b []byte, name string, limit int) (out []byte, o outcome, known bool) {
	examine(len(b))
	switch name {
	case "", "7bit", "8bit", "binary":
		return b, encodedWell, true
	case "quoted-printable":
		out, o = cteQuotedPrintable(b, limit)
	case "base64":
		out, o = cteBase64(b, limit)
	case "x-uuencode", "uuencode", "x-uue", "uue":
		out, o = cteUU(b, limit)
	case "x-yenc":
		if i := indexLineStart(b, []byte("=ybegin ")); i >= 0 {
			f, _, _ := readYEnc(b[i:], limit)
			return f.body, encodedDoubtfully, true
		}
		return b, encodedDoubtfully, false
	default:
		return b, encodedDoubtfully, false
	}
	return out, o, true
}

// base64Value is 0..63 for the alphabet of RFC 4648 §4, 255 for others.
var base64Value = func() (t [256]byte) {
	for i := range t {
		t[i] = 255
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		t[c] = byte(i)
	}
	return t
}()

// hexValue is 0..15 for hexadecimal digits of either case, 255 for others.
var hexValue = func() (t [256]byte) {
	for i := range t {
		t[i] = 255
	}
	for i := range byte(10) {
		t['0'+i] = i
	}
	for i := range byte(6) {
		t['a'+i], t['A'+i] = 10+i, 10+i
	}
	return t
}()

// cteBase64 decodes base64 as mail has it: lines of any length, padding
// missing, several padded blocks behind one another, and text that a mailing
// list put under it. Junk inside is skipped, as most clients do.
func cteBase64(b []byte, limit int) (out []byte, o outcome) {
	out = make([]byte, 0, min(limit, len(b)/4*3+3))
	var quantum uint32
	n := 0 // characters in quantum
	ended := false
	flush := func() {
		switch n {
		case 1:
			o = max(o, encodedBadly)
		case 2:
			out = append(out, byte(quantum>>4))
		case 3:
			out = append(out, byte(quantum>>10), byte(quantum>>2))
		}
		n, quantum = 0, 0
	}
	for pos := 0; pos < len(b) && len(out) < limit; {
		line := b[pos:]
		if i := bytes.IndexByte(line, '\n'); i >= 0 {
			line = line[:i+1]
		}
		pos += len(line)
		if (ended || n == 0 && len(out) > 0) && isFooter(line) {
			if following, _, _ := cutLine(b, pos); len(following) < longWord || !base64Share(following) {
				return out[:min(len(out), limit)], max(o, encodedBadly)
			}
			o = encodedDoubtfully // the file goes on behind it
			continue
		}
		for _, c := range line {
			v := base64Value[c]
			switch {
			case v < 64:
				if ended {
					ended = false
					o = encodedDoubtfully // some readers stop at the '='
				}
				quantum = quantum<<6 | uint32(v)
				if n++; n == 4 {
					out = append(out, byte(quantum>>16), byte(quantum>>8), byte(quantum))
					n, quantum = 0, 0
				}
			case c == '=':
				if n == 1 || n == 0 && !ended {
					o = max(o, encodedBadly)
				}
				flush()
				ended = true
			case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			default:
				o = encodedDoubtfully
			}
		}
	}
	if n > 0 {
		o = max(o, encodedBadly)
	}
	flush()
	return out[:min(len(out), limit)], o
}

// isFooter is true for a line of plain text under base64: words, or a rule of
// dashes or underscores.
func isFooter(line []byte) bool {
	line = bytes.TrimSpace(line)
	if bytes.HasPrefix(line, []byte("--")) || bytes.HasPrefix(line, []byte("__")) || bytes.HasPrefix(line, []byte("==")) && len(line) > 4 {
		return true
	}
	junk := false
	for _, c := range line {
		if base64Value[c] > 63 && c != '=' && c != ' ' && c != '\t' {
			junk = true
			break
		}
	}
	return junk && bytes.IndexByte(line, ' ') > 0
}

// cteQuotedPrintable decodes quoted-printable (RFC 2045 §6.7). Hexadecimal
// digits may be lower case; an "=" before anything else is kept.
func cteQuotedPrintable(b []byte, limit int) (out []byte, o outcome) {
	out = make([]byte, 0, min(limit, len(b)))
	for len(b) > 0 && len(out) < limit {
		line, end := b, []byte(nil)
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			line, end = b[:i], b[i:i+1]
			if i > 0 && b[i-1] == '\r' {
				line, end = b[:i-1], b[i-1:i+1]
			}
		}
		b = b[len(line)+len(end):]
		line = bytes.TrimRight(line, " \t") // added on the way: rule 3
		if soft := len(line) > 0 && line[len(line)-1] == '='; soft {
			line, end = line[:len(line)-1], nil
		}
		for i := 0; i < len(line); i++ {
			c := line[i]
			if c == '=' {
				if i+2 < len(line) && hexValue[line[i+1]] < 16 && hexValue[line[i+2]] < 16 {
					c = hexValue[line[i+1]]<<4 | hexValue[line[i+2]]
					i += 2
				} else {
					o = max(o, encodedBadly)
					if i+1 < len(line) && (line[i+1] == '\r' || line[i+1] == 0) {
						o = encodedDoubtfully // a soft line break for some readers
					}
				}
			}
			out = append(out, c)
		}
		out = append(out, end...)
	}
	return out[:min(len(out), limit)], o
}

// cteUU decodes uuencode, which has no standard but POSIX and is still
// understood by Outlook. What stands before "begin" and after "end" is dropped.
func cteUU(b []byte, limit int) (out []byte, o outcome) {
	begin := indexLineStart(b, []byte("begin "))
	if begin < 0 {
		if first, _, _ := cutLine(b, 0); uuLine(first) {
			out, _ = uuLines(b, limit)
			return out, encodedDoubtfully
		}
		return b[:min(len(b), limit)], encodedDoubtfully
	}
	_, next, _ := cutLine(b, begin)
	return uuLines(b[next:], limit)
}

// uuLines decodes the lines of data behind "begin".
func uuLines(b []byte, limit int) (out []byte, o outcome) {
	out = make([]byte, 0, min(limit, len(b)/4*3+3))
	for pos := 0; pos < len(b) && len(out) < limit; {
		line, next, _ := cutLine(b, pos)
		pos = next
		if len(line) == 0 {
			continue
		}
		if strings.EqualFold(strings.TrimSpace(string(line[:min(len(line), 8)])), "end") {
			return out, o
		}
		want := int(line[0]-' ') & 63
		data := line[1:]
		for ; want > 0 && len(data) >= 2; want -= 3 {
			var q uint32
			for i := range 4 {
				q <<= 6
				if i < len(data) {
					q |= uint32(data[i]-' ') & 63
				}
			}
			three := []byte{byte(q >> 16), byte(q >> 8), byte(q)}
			out = append(out, three[:min(want, 3)]...)
			data = data[min(4, len(data)):]
		}
		if want > 0 {
			o = encodedBadly
		}
	}
	return out[:min(len(out), limit)], max(o, encodedBadly)
}

// String names an outcome for an operator.
func (o outcome) String() string {
	switch o {
	case encodedWell:
		return "well formed"
	case encodedBadly:
		return "the transfer encoding is broken"
	}
	return "readers disagree on the transfer encoding"
}
