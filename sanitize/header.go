package sanitize

import (
	"bytes"
	"slices"
	"strings"
)

// Header is a header block in the order in which it was written.
type Header []Field

// Field is one header field (RFC 5322 §2.2). Name is as written, without
// blanks and NULs. Value holds the raw bytes, unfolded and trimmed; RFC 2047 is
// not undone, and it may be in any charset.
type Field struct{ Name, Value string }

// Get is the raw value of the first field of that name, or "". Names are
// compared without regard to case.
func (h Header) Get(name string) string {
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// All are the raw values of every field of that name, topmost first.
func (h Header) All(name string) []string {
	var values []string
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return values
}

// Text is Get as a person reads it: valid UTF-8, encoded words decoded, raw
// 8-bit text guessed. It may still hold control characters, which an encoded
// word can carry.
func (h Header) Text(name string) string { return decodeWords(h.Get(name)) }

// Mailboxes are the addresses of every field of that name; see
// [ParseMailboxes].
func (h Header) Mailboxes(name string) []Mailbox {
	var boxes []Mailbox
	for _, v := range h.All(name) {
		boxes = append(boxes, ParseMailboxes(v)...)
		if len(boxes) >= maxMailboxes {
			return boxes[:maxMailboxes]
		}
	}
	return boxes
}

// once are the fields that decide how a mail is read or who is shown as its
// sender. Given twice with different values, every reader picks its own.
var once = []string{"Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "From", "Subject"}

// readHeader reads a header block and returns it with the offset at which the
// body begins. No line ends the reading: one that is no field is left out and
// told. Where no empty line ends the header, the body begins with the first such
// line, and so it does where there is no field at all. A mail, unlike a part,
// may be preceded by blank lines, a byte order mark and an mbox "From " line.
func (r *reader) readHeader(raw []byte, mail bool, where string) (h Header, body int) {
	pos := 0
	if mail {
		pos = r.skipPrologue(raw, where)
	}
	var (
		start    = pos
		name     string
		value    []byte
		open     bool // a field is being read
		bad      bool // a line that is no field came before
		badAt    int  // the first of them
		ended    bool // by an empty line
		bareCR   bool
		overlong bool
		partial  []byte // a line without a colon: perhaps the beginning of a name
		blanks   bool   // a line of blanks came before
	)
	finish := func() {
		if !open {
			return
		}
		open = false
		if len(h) >= r.limits.HeaderFields {
			r.problem(ProblemLimit, where+"header", "more header fields than are read")
			return
		}
		h = append(h, Field{Name: name, Value: strings.Trim(string(value), " \t")})
		if bad && isStructural(name) {
			r.problem(ProblemAmbiguous, where+"header "+name, "stands after a line that is no header field")
		}
		if blanks && isStructural(name) {
			r.problem(ProblemAmbiguous, where+"header "+name, "stands after a line of blanks, which ends the header for some readers")
		}
	}
	for pos < len(raw) {
		if pos-start > r.limits.HeaderBytes {
			r.problem(ProblemLimit, where+"header", "the header is longer than is read")
			finish()
			return h, pos + endOfHeader(raw[pos:])
		}
		at := pos
		line, next, end := cutLine(raw, pos)
		if end == endCR && next < len(raw) {
			bareCR = true
		}
		pos = next
		if len(line) == 0 {
			ended = true
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			// A line of blanks only is a continuation in RFC 5322 §4.2 and the
			// end of the header for other readers; nothing is lost by going on.
			folded := bytes.TrimLeft(line, " \t")
			if len(folded) == 0 {
				blanks = true
			}
			if n, v, ok := r.foldedField(partial, folded); ok {
				// The name itself is folded, or the field stands behind a blank: a
				// field for some readers, a continuation for others.
				r.problem(ProblemAmbiguous, where+"header "+n, "the field is folded where readers do not expect it")
				finish()
				name, value, open, overlong = n, append([]byte(nil), v...), true, false
				partial = nil
				continue
			}
			before := partial
			if open {
				before = nil
			}
			if v, ok := hiddenFrom(before, folded); mail && ok {
				r.problem(ProblemAmbiguous, where+"header From", "the field is folded where readers do not expect it")
				if !open {
					name, value, open, overlong = "From", append([]byte(nil), v...), true, false
					partial = nil
					continue
				}
			}
			if !open {
				if len(bytes.TrimSpace(line)) > 0 && !bad {
					bad, badAt = true, at
					r.problem(ProblemMalformed, where+"header", "begins with a continuation line")
				}
				continue
			}
			if len(value)+len(line) > r.limits.FieldBytes {
				if !overlong {
					overlong = true
					r.problem(ProblemLimit, where+"header "+name, "the field is longer than is read")
				}
				continue
			}
			value = append(value, line...)
			continue
		}
		finish()
		n, v, odd, ok := cutField(line)
		if n2, v2, near := nearStructure(line); near {
			r.problem(ProblemAmbiguous, where+"header "+n2, "the field's name is misspelt, which some readers overlook")
			n, v, odd, ok = n2, v2, false, true
		}
		if v2, from := hiddenFrom(nil, line); mail && !ok && from {
			r.problem(ProblemAmbiguous, where+"header From", "the field's name is misspelt, which some readers overlook")
			n, v, odd, ok = "From", v2, false, true
		}
		if !ok {
			if !bad {
				bad, badAt = true, at
			}
			r.problem(ProblemMalformed, where+"header", "a line is no header field")
			partial = nil
			if len(line) <= maxFieldName {
				partial = line
			}
			continue
		}
		partial = nil
		if odd {
			code := ProblemMalformed
			if isStructural(n) {
				code = ProblemAmbiguous
			}
			r.problem(code, where+"header "+n, "blank or NUL inside the field's name")
		}
		if len(v) > r.limits.FieldBytes {
			r.problem(ProblemLimit, where+"header "+n, "the field is longer than is read")
			v = v[:r.limits.FieldBytes]
		}
		name, value, open, overlong = n, append([]byte(nil), v...), true, false
	}
	finish()
	if bareCR && bytes.IndexByte(raw[:pos], '\n') >= 0 {
		r.problem(ProblemAmbiguous, where+"header", "CR without LF among other line ends")
	}
	if bytes.IndexByte(raw[start:pos], 0) >= 0 {
		r.problem(ProblemAmbiguous, where+"header", "NUL in the header")
	}
	r.checkOnce(h, where)
	if mail {
		r.checkSender(h, where)
	}
	if bad && (!ended || len(h) == 0) {
		pos = badAt
	}
	return h, pos
}

// maxFieldName bounds the beginning of a name that may go on in the next line.
const maxFieldName = 100

// foldedField reads a field that decides how the entity is read and whose
// beginning is hidden in a continuation line: the name folded in two or before
// its colon (partial is what stood before), or the whole field behind a blank.
func (r *reader) foldedField(partial, folded []byte) (name string, value []byte, ok bool) {
	if len(folded) == 0 {
		return "", nil, false
	}
	lines := [][]byte{folded}
	if len(partial) > 0 {
		if n, v, ok := nearStructure(slices.Concat(partial, []byte(" "), folded)); ok {
			return n, v, true
		}
		lines = append(lines, slices.Concat(partial, folded))
	}
	for _, line := range lines {
		colon := bytes.IndexByte(line[:min(len(line), 2*maxFieldName)], ':')
		if colon <= 0 || line[0]|0x20 != 'c' && line[0]|0x20 != 'm' {
			continue
		}
		n, v, _, ok := cutField(line)
		if ok && (isStructural(n) && knownStructure[strings.ToLower(n)] || strings.EqualFold(n, "mime-version")) && saysStructure(n, v) {
			return n, v, true
		}
	}
	return "", nil, false
}

// saysStructure is false for a value that is none for that field: a signature's
// folded list of fields (RFC 6376 §3.5, h=) reads like fields.
func saysStructure(name string, value []byte) bool {
	value = bytes.ToLower(bytes.TrimSpace(value))
	if len(value) == 0 {
		return true // it is in the next line
	}
	switch strings.ToLower(name) {
	case "content-type":
		return bytes.IndexByte(value, '/') > 0 || bytes.HasPrefix(value, []byte("=?"))
	case "content-transfer-encoding":
		for _, word := range []string{"base", "printable", "bit", "binary", "uue", "x-", "=?"} {
			if bytes.Contains(value, []byte(word)) {
				return true
			}
		}
		return false
	}
	return !bytes.HasPrefix(value, []byte("content-")) && bytes.IndexByte(value, ':') < 0
}

// knownStructure are the fields of RFC 2045 and RFC 2183.
var knownStructure = stringSet("content-type content-transfer-encoding content-disposition content-id content-description")

// nearNames are the fields that decide how an entity is read, by the letters of
// their names.
var nearNames = map[string]string{
	"contenttype": "Content-Type", "contenttransferencoding": "Content-Transfer-Encoding", "contentdisposition": "Content-Disposition",
}

// nearStructure reads a field whose name is nearly that of one of these: with
// comments, other characters or none between its words, as an encoded word, with
// another sign than the colon behind it. It is false for a name spelt as it ought to
// be.
func nearStructure(line []byte) (name string, value []byte, ok bool) {
	const most = 300 // bytes looked at
	raw, i := line, 0
	head := line[:min(len(line), most)]
	if bytes.HasPrefix(head, []byte("=?")) {
		w, ok := parseWord(string(head), 0)
		if !ok || len(w.content) > maxFieldName {
			return "", nil, false
		}
		head = slices.Concat(w.content, head[w.end:])
		line = slices.Concat(w.content, line[w.end:])
	}
	var letters [maxFieldName]byte
	n, depth, plain := 0, 0, !bytes.HasPrefix(raw, []byte("=?"))
	for ; i < len(head) && n < len(letters); i++ {
		c := head[i]
		lower := c | 0x20
		switch {
		case c == '(':
			depth++
			plain = false
		case c == ')' && depth > 0:
			depth--
		case depth > 0:
		case lower >= 'a' && lower <= 'z':
			if n == 0 && lower != 'c' {
				return "", nil, false
			}
			letters[n] = lower
			n++
		case c == '-':
		case strings.IndexByte(":=; \t", c) >= 0:
			name = nearNames[string(letters[:n])]
			if name == "" && c != ':' && c != '=' {
				plain = false
				continue // a blank between its words
			}
			if name == "" || c == ':' && plain && strings.EqualFold(name, string(head[:i])) {
				return "", nil, false
			}
			if c == ' ' || c == '\t' {
				// "Content-Type (x):" and "Content-Type :" go on.
				rest := bytes.TrimLeft(head[i:], " \t")
				if len(rest) > 0 && rest[0] == '(' {
					continue
				}
				if len(rest) > 0 && rest[0] == ':' {
					return name, bytes.TrimLeft(line[i:], " \t:"), !plain
				}
			}
			value = bytes.TrimLeft(line[i:], ":=; \t")
			word, _, _ := strings.Cut(string(value[:min(len(value), 40)]), ";")
			if c != ':' && !strings.ContainsRune(word, '/') && knownEncodings[strings.ToLower(strings.TrimSpace(word))] == "" {
				return "", nil, false // a sentence about it
			}
			return name, value, true
		default:
			plain = false
		}
	}
	return "", nil, false
}

// checkOnce tells of fields that contradict each other.
func (r *reader) checkOnce(h Header, where string) {
	for _, name := range once {
		values := h.All(name)
		for _, v := range values[min(1, len(values)):] {
			if !strings.EqualFold(v, values[0]) {
				r.problem(ProblemAmbiguous, where+"header "+name, "given twice with different values")
				break
			}
		}
	}
}

// isStructural is true for the fields that decide how a part is read.
func isStructural(name string) bool {
	return len(name) > 8 && strings.EqualFold(name[:8], "content-")
}

// skipPrologue is the offset of the first header line of a mail.
func (r *reader) skipPrologue(raw []byte, where string) int {
	pos := 0
	if bytes.HasPrefix(raw, []byte("\xef\xbb\xbf")) {
		pos = 3
		r.problem(ProblemMalformed, where+"header", "begins with a byte order mark")
	}
	start := pos
	for pos < len(raw) {
		line, next, _ := cutLine(raw, pos)
		switch {
		case isMboxLine(line):
			return next
		case len(line) > 0:
			if _, _, _, ok := cutField(line); !ok {
				return start // the empty line ended an empty header
			}
			return pos
		}
		r.problem(ProblemMalformed, where+"header", "begins with an empty line")
		pos = next
	}
	return start
}

// isMboxLine is true for the line that mbox puts before each mail (RFC 4155),
// and not for the field "From :".
func isMboxLine(line []byte) bool {
	rest, ok := bytes.CutPrefix(bytes.TrimPrefix(line, []byte(">")), []byte("From "))
	return ok && !bytes.HasPrefix(bytes.TrimLeft(rest, " \t"), []byte(":"))
}

// cutField splits a header line. odd is true when the name had to be cleaned;
// ok is false when the line is no field at all.
func cutField(line []byte) (name string, value []byte, odd, ok bool) {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 {
		return "", nil, false, false
	}
	raw := line[:colon]
	cleaned := bytes.TrimRight(raw, " \t\x00")
	if bytes.IndexByte(cleaned, 0) >= 0 {
		cleaned = bytes.ReplaceAll(cleaned, []byte{0}, nil)
	}
	if len(cleaned) == 0 {
		return "", nil, false, false
	}
	for _, c := range cleaned { // RFC 5322 §3.6.8
		if c <= ' ' || c >= 0x7f {
			return "", nil, false, false
		}
	}
	return string(cleaned), line[colon+1:], len(cleaned) != len(raw), true
}

// Line ends.
const (
	endNone = iota
	endLF
	endCRLF
	endCR
)

// cutLine returns the line that begins at pos, where the next one begins, and
// what ended it. LF, CRLF, CRCRLF (a gateway's double conversion) and a bare CR
// each end a line.
func cutLine(raw []byte, pos int) (line []byte, next, end int) {
	line, next, end = cutLineAt(raw, pos)
	examine(next - pos)
	return line, next, end
}

func cutLineAt(raw []byte, pos int) (line []byte, next, end int) {
	i := bytes.IndexByte(raw[pos:min(len(raw), pos+lineWindow)], '\n')
	window := raw[pos:min(len(raw), pos+lineWindow)]
	if i >= 0 {
		window = window[:i]
	}
	if cr := bytes.IndexByte(window, '\r'); cr >= 0 {
		at := pos + cr
		rest := raw[at+1:]
		switch {
		case len(rest) > 0 && rest[0] == '\n':
			return raw[pos:at], at + 2, endCRLF
		case len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n':
			return raw[pos:at], at + 3, endCRLF
		}
		return raw[pos:at], at + 1, endCR
	}
	if i >= 0 {
		return raw[pos : pos+i], pos + i + 1, endLF
	}
	if pos+lineWindow >= len(raw) {
		return raw[pos:], len(raw), endNone
	}
	// Longer than the window: look for either end in what follows.
	if j := bytes.IndexAny(raw[pos+lineWindow:], "\r\n"); j >= 0 {
		at := pos + lineWindow + j
		_, next, end = cutLineAt(raw, at)
		return raw[pos:at], next, end
	}
	return raw[pos:], len(raw), endNone
}

// lineWindow is how far cutLine looks for an LF before it asks for a CR, so
// that a block of bare CRs is not searched to its end for each of its lines.
const lineWindow = 1 << 10

// endOfHeader is the offset after the first empty line, or len(raw).
func endOfHeader(raw []byte) int {
	end := len(raw)
	examine(end)
	for _, blank := range []string{"\n\n", "\n\r\n", "\r\r\n\r\r\n"} {
		if i := bytes.Index(raw[:end], []byte(blank)); i >= 0 {
			end = min(len(raw), i+len(blank))
		}
	}
	return end
}
