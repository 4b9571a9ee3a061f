package sanitize

import "strings"

// quotedMail is a mail that somebody's client quoted in the text of another
// when forwarding it inline.
type quotedMail struct {
	quoteBlock
	client   string // whose way of quoting it is: "gmail", "outlook", ...
	evidence int    // what the quoted header was found by: markNone to markForward
	foreign  bool   // the mail that quotes it is not of the report's organisation
	words    string // the body, without quote marks
	// before and after are the forwarder's own words around it.
	before, after string
	start         int // where in the text its separator or first field begins
	end           int // where in the text its body ends
}

// findQuoted looks for the first mail quoted in text.
func findQuoted(text string) (q quotedMail, ok bool) {
	t := &quoteText{text: text}
	return t.findQuoted()
}

// findQuoted looks for the first mail quoted in t.
func (t *quoteText) findQuoted() (q quotedMail, ok bool) {
	for pos := t.first; pos < len(t.text); {
		l := t.line(pos)
		if l.text == "" {
			pos = l.next
			continue
		}
		if mark, isMark := separator(l.text); isMark {
			evidence := markOriginal
			switch {
			case mark.forward:
				evidence = markForward
			case mark.words == "":
				evidence = markLine
			}
			if b := t.block(l.next, mark.rest); b.proves(evidence) {
				return t.finish(b, mark, evidence, pos), true
			}
		} else if startsBlock(l.text) {
			// Outlook for the desktop draws a line in HTML and leaves nothing of
			// it in the text. Without a separator more fields must prove it.
			b := t.block(pos, "")
			if b.proves(markNone) {
				q := t.finish(b, quoteMark{client: "outlook"}, markNone, pos)
				return t.summarised(q), true
			}
		}
		pos = l.next
	}
	return quotedMail{}, false
}

// startsBlock is true for a line with which a quoted header begins in one of
// the clients that set no separator before it.
func startsBlock(line string) bool {
	head := line[:min(len(line), maxLabel)]
	if strings.IndexByte(head, ':') <= 0 && !strings.Contains(head, "：") {
		return false
	}
	label, ok := cutLabel(line)
	return ok && label.name != ""
}

// near is how far behind a summary of its fields a forward begins at most.
const near = 2 << 10

// summarised looks into a mail that was found without a separator: a reporter
// may sum up in fields of that kind what follows as a forward.
func (t *quoteText) summarised(q quotedMail) quotedMail {
	body := t.inside(q)
	for pos := body.first; pos < min(len(body.text), body.first+near); {
		l := body.line(pos)
		if mark, ok := separator(l.text); ok && mark.words != "" {
			b := body.block(l.next, mark.rest)
			if b.proves(markOriginal) && b.sameMail(&q.quoteBlock) {
				inner := body.finish(b, mark, markForward, pos)
				inner.before = t.text[t.first:q.body] + inner.before
				inner.after += q.after
				return inner
			}
		}
		pos = l.next
	}
	return q
}

// inside is the text of a quoted mail's body, to be searched in turn.
func (t *quoteText) inside(q quotedMail) *quoteText {
	if t.page == nil {
		return &quoteText{text: q.words}
	}
	return &quoteText{text: t.text[:q.end], first: q.body, page: t.page}
}

// sameMail is true for two headers of one mail.
func (b *quoteBlock) sameMail(other *quoteBlock) bool {
	return senderAddress(b.fields) == senderAddress(other.fields) && squeeze(b.fields["Subject"]) == squeeze(other.fields["Subject"])
}

// finish cuts the text around the quoted mail whose separator, or first field,
// stands at mark.
func (t *quoteText) finish(b quoteBlock, m quoteMark, evidence, mark int) quotedMail {
	b.fields.splitDelegate()
	q := quotedMail{quoteBlock: b, client: m.client, evidence: evidence, before: t.text[t.first:mark], start: mark}
	end := len(t.text)
	if m.client == "becky" || m.client == "forward" || m.words == "original message" {
		if at, next, ok := t.endMark(b.body, m); ok {
			q.after = t.text[next:]
			end = at
		}
	}
	if t.page == nil {
		inner, after := unquote(t.text[b.body:end], b.depth)
		q.words, q.after, q.end = inner, after+q.after, end
	} else {
		q.end = t.leave(b.body, end, b.inside)
		q.words, q.after = t.text[b.body:q.end], t.text[q.end:end]+q.after
	}
	q.words = trimBody(q.words)
	return q
}

// endMark finds the line that says where a forwarded mail ends. Its client
// writes it behind everything, so the last one counts: an earlier one is the
// attacker's.
func (t *quoteText) endMark(pos int, m quoteMark) (at, next int, ok bool) {
	for pos < len(t.text) {
		l := t.line(pos)
		if m.isEnd(l.text) {
			at, next, ok = pos, l.next, true
		}
		pos = l.next
	}
	return at, next, ok
}

// leave is where the text first is outside the quoting elements that are around
// the quoted header.
func (t *quoteText) leave(pos, end, inside int) int {
	if inside == 0 {
		return end
	}
	for i := t.page.at(pos); i < len(t.page.starts); i++ {
		start := max(pos, int(t.page.starts[i]))
		if start >= end {
			break
		}
		if int(t.page.depths[i]&^preBit) >= inside {
			continue
		}
		if line, _ := lineAt(t.text, start); strings.TrimSpace(line) != "" {
			return start
		}
	}
	return end
}

// trimBody drops the empty lines around a body.
func trimBody(s string) string {
	s = strings.TrimRight(s, lineBlanks+"\n")
	for {
		line, rest, more := strings.Cut(s, "\n")
		if !more || strings.Trim(line, lineBlanks) != "" {
			break
		}
		s = rest
	}
	s = strings.TrimLeft(s, "\ufeff\u200b")
	if s != "" {
		s += "\n"
	}
	return s
}
