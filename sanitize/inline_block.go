package sanitize

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// quotedFields are the quoted header fields by their name in RFC 5322.
type quotedFields map[string]string

// quoteBlock is a quoted header.
type quoteBlock struct {
	fields quotedFields
	habit  dateHabit // of the labels' language
	depth  int       // quote marks before every line of it
	inside int       // quoting elements around it, in HTML
	body   int       // where in the text the body begins
}

// Bounds of a quoted header.
const (
	maxFieldLines = 80 // lines
	maxFieldValue = 16 << 10
	maxSkipLines  = 4 // empty lines between a separator and the header
)

// block reads the quoted header that begins at pos. rest is text that stood on
// the separator's line.
func (t *quoteText) block(pos int, rest string) quoteBlock {
	b := quoteBlock{fields: quotedFields{}, body: pos}
	if rest != "" { // Yahoo has the whole header on that line
		one := cutLabels(rest)
		if len(one.fields) >= 2 {
			one.body = pos
			return one
		}
	}
	last := ""      // the field that the line before belongs to
	spaced := false // a line is left empty between fields
	skipped := 0
	for range maxFieldLines {
		if pos >= len(t.text) {
			break
		}
		l := t.line(pos)
		rule := isRule(l.text)
		if l.text == "" || rule {
			switch {
			case len(b.fields) == 0:
				if skipped++; skipped > maxSkipLines {
					return b
				}
			case (spaced || len(b.fields) == 1 || !b.proves(markForward)) && !rule && t.fieldFollows(l.next, 1, b.fields):
				// Some clients make a paragraph of each field.
				spaced = true
			default:
				if rule { // Becky! rules off the header
					pos = l.next
				}
				b.body = pos
				return b
			}
			pos = l.next
			continue
		}
		label, ok := cutLabel(l.text)
		_, again := b.fields[label.name]
		switch {
		case ok && again && label.name != "":
			b.body = pos // the body begins with a label of its own
			return b
		case ok:
			if last = label.name; last != "" {
				t.set(&b, label, l)
			}
		case len(b.fields) == 0:
			// Becky! names the forwarder on a line before the separator.
			if _, mark := separator(l.text); !mark || skipped >= maxSkipLines {
				return b
			}
			skipped++
		case last != "" && b.fields[last] == "" && !spaced:
			b.fields[last] = l.text // label and value in cells of their own
			t.addLink(&b, last, l)
		case t.continues(&b, last, l):
			if last != "" && len(b.fields[last])+len(l.text) < maxFieldValue {
				b.fields[last] = joinFolded(b.fields[last], l.text)
			}
		case isUnknownField(l.text) && t.fieldFollows(l.next, 2, b.fields):
			last = "" // such as "X-Spam-Flag: YES"
		default:
			b.body = pos
			return b
		}
		pos = l.next
		b.body = pos
	}
	return b
}

// set takes a field and learns from its label and its line.
func (t *quoteText) set(b *quoteBlock, label quoteLabel, l quoteLine) {
	if len(b.fields) == 0 {
		b.depth, b.inside = l.marks, t.page.depth(l.start)
	}
	b.depth, b.inside = min(b.depth, l.marks), min(b.inside, t.page.depth(l.start))
	b.fields[label.name] = label.value
	b.habit.add(label.dateHabit)
	t.addLink(b, label.name, l)
}

// addLink takes the address of the sender from a link where the text has only
// a name.
func (t *quoteText) addLink(b *quoteBlock, name string, l quoteLine) {
	if name != "From" || strings.Contains(b.fields[name], "@") || b.fields[name] == "" {
		return
	}
	if link := t.page.link(l.start); link != "" {
		b.fields[name] += " <" + link + ">"
	}
}

// continues is true when a line without a label goes on with the field before.
func (t *quoteText) continues(b *quoteBlock, last string, l quoteLine) bool {
	value := b.fields[last]
	switch last {
	case "From", "To", "Cc", "Reply-To", "Sender":
		if value != "" && strings.ContainsRune(",;、，；", lastRune(value)) {
			return true
		}
		// A list of recipients, as long as its lines look like one.
		return strings.Contains(l.text, "@") && (l.indented || strings.ContainsRune(",;>、", lastRune(l.text))) && t.fieldFollows(l.next, 10, b.fields) ||
			t.fieldFollows(l.next, 2, b.fields)
	case "Subject":
		if t.subject != "" {
			whole, one := squeeze(t.subject), squeeze(value)
			if two := one + squeeze(l.text); strings.HasPrefix(whole, two) {
				return true
			}
			if whole == one {
				return false
			}
		}
		return t.fieldFollows(l.next, 1, b.fields) || t.wasWrapped(b, l)
	}
	return t.fieldFollows(l.next, 2, b.fields)
}

// Columns at which mail clients break lines: RFC 5322 §2.1.1 asks for 78, and
// most take a few less.
const wrapFrom, wrapTo = 64, 80

// wasWrapped is true when a subject that ends the header can only go on in line
// l: together with its first word it would have been too long, and an empty
// line follows. A body that begins without an empty line is taken for a body.
func (t *quoteText) wasWrapped(b *quoteBlock, l quoteLine) bool {
	before := columns("Subject: " + b.fields["Subject"])
	if before < wrapFrom || before > wrapTo || l.next >= len(t.text) || t.line(l.next).text != "" {
		return false
	}
	if l.indented {
		return true
	}
	first, _, _ := strings.Cut(l.text, " ")
	return before+1+min(columns(first), wrapTo) > wrapTo
}

// columns is the width of text on a screen, where most Japanese takes two
// columns a character.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n++
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n++
		}
		if n > 2*wrapTo {
			break
		}
	}
	return n
}

// joinFolded joins two lines of one field. Between two Japanese characters the
// fold stands for nothing.
func joinFolded(a, b string) string {
	last, first := lastRune(a), firstRune(b)
	if a == "" || last >= 0x2e80 && first >= 0x2e80 {
		return a + b
	}
	return a + " " + b
}

func lastRune(s string) rune {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}

// squeeze drops what line breaks change in a subject.
func squeeze(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(s), ""))
}

// isUnknownField is true for "Name: value" with a name that could be one of
// RFC 5322.
func isUnknownField(line string) bool {
	name, _, ok := strings.Cut(line[:min(len(line), maxLabel)], ":")
	if !ok || name == "" || strings.EqualFold(name, "http") || strings.EqualFold(name, "https") {
		return false
	}
	for _, c := range []byte(name) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-') {
			return false
		}
	}
	return true
}

// fieldFollows is true when one of the next n lines that are not empty is a
// field not seen so far.
func (t *quoteText) fieldFollows(pos, n int, seen quotedFields) bool {
	for empty := 0; pos < len(t.text) && n > 0 && empty < 2; {
		l := t.line(pos)
		pos = l.next
		if l.text == "" {
			empty++
			continue
		}
		n--
		if label, ok := cutLabel(l.text); ok {
			if _, again := seen[label.name]; !again || label.name == "" {
				return true
			}
		}
	}
	return false
}

// Kinds of evidence that a mail is quoted: nothing but the block itself, a mere
// line, words that a reply has too, and words that only a forward has.
const (
	markNone = iota
	markLine
	markOriginal
	markForward
)

// proves is true when a block with such evidence before it can only be the
// header of a mail. A table in the text ("From: Tokyo To: Osaka") must not do.
func (b *quoteBlock) proves(evidence int) bool {
	n := 0
	for _, name := range []string{"From", "Date", "Subject", "To"} {
		if b.fields[name] != "" {
			n++
		}
	}
	from := b.fields["From"]
	address := strings.Contains(from, "@")
	switch evidence {
	case markForward:
		return from != "" && n >= 2 || n >= 3
	case markOriginal:
		return from != "" && (n >= 3 || n >= 2 && address)
	case markLine:
		return from != "" && (n >= 4 || n >= 3 && (address || b.dated()) || n >= 2 && address && b.fields["Subject"] != "")
	}
	return from != "" && (n >= 3 && address || n >= 4 && b.dated())
}

// dated is true when the block has a date that can be read.
func (b *quoteBlock) dated() bool {
	_, ok := quotedDate(b.fields["Date"], nil, b.habit)
	return ok
}
