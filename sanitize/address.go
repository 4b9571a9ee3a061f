package sanitize

import "strings"

// maxMailboxes bounds one address list. A real mail to more than a few hundred
// recipients in one field has not been seen.
const maxMailboxes = 1000

// ParseMailboxes reads an address list (RFC 5322 §3.4) out of a raw header
// value. It never fails and drops no text that could be an address: comments,
// groups, unclosed quotes and angle brackets, ';' between addresses, encoded
// words around names or around the whole, a bare name without an address. The
// results are valid UTF-8; an address is as written, without blanks, not
// checked for being one.
func ParseMailboxes(value string) []Mailbox {
	if !isPlainASCII(value) {
		value, _ = decode([]byte(value), "")
	}
	p := &mailboxScanner{s: value, lastAngle: strings.LastIndexByte(value, '>'), lastSemicolon: strings.LastIndexByte(value, ';')}
	p.scan()
	var boxes []Mailbox
	for _, m := range p.boxes {
		if m.Address == "" && strings.Contains(m.Name, "@") {
			// The whole field, address and all, was one encoded word.
			inner := &mailboxScanner{s: m.Name, lastAngle: strings.LastIndexByte(m.Name, '>'), lastSemicolon: -1}
			inner.scan()
			boxes = append(boxes, inner.boxes...)
			continue
		}
		boxes = append(boxes, m)
	}
	return boxes[:min(len(boxes), maxMailboxes)]
}

// mailboxScanner walks once over an address list.
type mailboxScanner struct {
	s string
	// Where the last of these stands, so that a search for one that does not
	// come is not repeated for every opening.
	lastAngle, lastSemicolon int
	nextAngle                int  // the next '>' when it was last looked for
	unclosed                 bool // a quote without an end was met
	boxes                    []Mailbox

	phrase  strings.Builder // words outside angle brackets
	comment strings.Builder // the first comment; a name in the style of RFC 822
	angle   string
	hasAddr bool // angle brackets were seen
}

func (p *mailboxScanner) scan() {
	for i := 0; i < len(p.s) && len(p.boxes) < maxMailboxes; {
		switch c := p.s[i]; c {
		case '(':
			i = p.skipComment(i)
		case '"':
			content, end, closed := "", 0, false
			if !p.unclosed {
				content, end, closed = quoted(p.s, i)
			}
			if !closed {
				p.unclosed = true
				i++
				continue
			}
			if end < len(p.s) && p.s[end] == '@' { // a quoted local part
				content = p.s[i:end]
			}
			p.phrase.WriteString(content)
			i = end
		case '<':
			i = p.readAngle(i)
		case ',', ';':
			p.finish()
			i++
		case ':':
			// A group's name, if its end follows and no address stands before.
			if p.lastSemicolon > i && !strings.Contains(p.phrase.String(), "@") && !strings.HasPrefix(p.s[i+1:], "//") {
				p.phrase.Reset()
			} else {
				p.phrase.WriteByte(c)
			}
			i++
		default:
			p.phrase.WriteByte(c)
			i++
		}
	}
	p.finish()
}

// skipComment reads the comment at s[i] and returns the offset after it. An
// unclosed one is taken for text, so that it hides nothing.
func (p *mailboxScanner) skipComment(i int) int {
	depth, start := 0, i
	for ; i < len(p.s) && i-start < maxComment; i++ {
		switch p.s[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				if p.comment.Len() == 0 {
					p.comment.WriteString(p.s[start+1 : i])
				}
				return i + 1
			}
		}
	}
	p.phrase.WriteByte('(')
	return start + 1
}

// maxComment bounds how far the end of a comment is looked for; an address list
// of nothing but opening parentheses is read in linear time because of it.
const maxComment = 1000

// readAngle reads "<address>" at s[i]. Without its end it ends at the next
// separator.
func (p *mailboxScanner) readAngle(i int) int {
	if p.hasAddr { // a second address without a comma between
		p.finish()
	}
	rest := p.s[i+1:]
	end := -1
	if p.lastAngle > i {
		if p.nextAngle <= i {
			p.nextAngle = i + 1 + strings.IndexByte(rest, '>')
		}
		end = p.nextAngle - i - 1
	}
	next := i + 1 + end + 1
	if inner := strings.IndexByte(rest[:max(end, 0)], '<'); end < 0 || inner >= 0 {
		end = strings.IndexAny(rest, ",;<")
		if end < 0 {
			end = len(rest)
		}
		next = i + 1 + end
	}
	p.angle, p.hasAddr = cleanAddress(rest[:end]), true
	return next
}

// finish ends the current mailbox.
func (p *mailboxScanner) finish() {
	raw := p.phrase.String()
	note := p.comment.String()
	m := Mailbox{Address: p.angle}
	p.phrase.Reset()
	p.comment.Reset()
	p.angle = ""
	if p.hasAddr {
		p.hasAddr = false
		m.Name = nameText(raw)
		if m.Address == "" && strings.Contains(m.Name, "@") && !strings.ContainsAny(m.Name, " \t") {
			m.Address, m.Name = m.Name, ""
		}
	} else {
		m = bareMailbox(raw)
	}
	if m.Name == "" {
		m.Name = nameText(note)
	}
	if m != (Mailbox{}) {
		p.boxes = append(p.boxes, m)
	}
}

// bareMailbox reads a mailbox without angle brackets: an address, a name, or
// both.
func bareMailbox(raw string) Mailbox {
	raw = strings.TrimSpace(raw)
	// "local @ domain" is an address too.
	for _, blank := range []string{" @", "\t@", "@ ", "@\t"} {
		raw = strings.ReplaceAll(raw, blank, "@")
	}
	var words []string
	address := ""
	if strings.HasPrefix(raw, `"`) { // a quoted local part may hold blanks
		return Mailbox{Address: cleanAddress(raw)}
	}
	for _, w := range strings.Fields(raw) {
		if address == "" && strings.Contains(w, "@") && !strings.HasPrefix(w, "=?") {
			address = cleanAddress(w)
			continue
		}
		words = append(words, w)
	}
	return Mailbox{Name: nameText(strings.Join(words, " ")), Address: address}
}

// nameText is a display name as a person reads it.
func nameText(raw string) string {
	return strings.Join(strings.Fields(decodeWords(strings.TrimSpace(raw))), " ")
}

// cleanAddress drops blanks, comments, "mailto:" and an RFC 822 route.
func cleanAddress(s string) string {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "@") {
		if i := strings.IndexByte(s, ':'); i >= 0 {
			s = s[i+1:]
		}
	}
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	if !strings.HasPrefix(s, `"`) {
		for {
			open := strings.IndexByte(s, '(')
			end := strings.IndexByte(s, ')')
			if open < 0 || end < open {
				break
			}
			if strings.Count(s, "(") > 8 { // no address has so many
				s = s[:open]
				break
			}
			s = s[:open] + s[end+1:]
		}
		s = strings.Join(strings.Fields(s), "")
	}
	if strings.Contains(s, "=?") {
		s = decodeWords(s)
	}
	return strings.Trim(s, "<>[]{}'\u200b")
}
