package sanitize

import (
	"strings"
	"unicode/utf8"
)

// quotedMail is a mail that somebody's client quoted in the text of another
// when forwarding it inline.
type quotedMail struct {
	client string // whose way of quoting it is: "gmail", "outlook", ...
	fields quotedFields
	body   string // without quote marks
	// before and after are the forwarder's own words around it.
	before, after string
	// bodyLine and markLine are the numbers, from 0, of the lines of the text at
	// which the body and the separator begin.
	bodyLine, markLine int
}

// quotedFields are the quoted header fields by their name in RFC 5322.
type quotedFields map[string]string

// Bounds of the search.
const (
	maxQuoteLines = 20000 // lines in which a separator is looked for
	maxFieldLines = 60    // lines of a quoted header
	maxSkipLines  = 4     // empty lines between a separator and the header
)

// findQuoted looks for the first mail quoted in text.
func findQuoted(text string) (q quotedMail, ok bool) {
	t := newQuoteText(text)
	for i := range t.lines {
		line := t.lines[i].text
		client, rest, isMark := separator(line)
		if !isMark {
			name, _, isField := cutLabel(line)
			if !isField || name != "From" && name != "Subject" {
				continue
			}
			// Outlook for the desktop draws a line in HTML and leaves nothing of
			// it in the text. Without a separator more fields must prove it.
			if q.fields, q.bodyLine = t.fields(i, ""); q.fields.proves(3) {
				q.client = "outlook"
				return t.finish(q, i), true
			}
			continue
		}
		if q.fields, q.bodyLine = t.fields(i+1, rest); q.fields.proves(2) {
			q.client = client
			return t.finish(q, i), true
		}
	}
	return quotedMail{}, false
}

// proves is true when the fields can only be those of a mail: its sender and
// enough others.
func (f quotedFields) proves(least int) bool {
	n := 0
	for _, name := range []string{"From", "Date", "Subject", "To"} {
		if f[name] != "" {
			n++
		}
	}
	return f["From"] != "" && n >= least
}

// quoteText is a text cut into lines, as far as they are searched.
type quoteText struct {
	text  string
	lines []quoteLine
}

type quoteLine struct {
	text   string // without quote marks and blanks at its ends
	start  int    // offset in the text
	quoted bool
}

func newQuoteText(text string) *quoteText {
	t := &quoteText{text: text}
	for pos := 0; pos < len(text) && len(t.lines) < maxQuoteLines; {
		end, next := len(text), len(text)
		if i := strings.IndexByte(text[pos:], '\n'); i >= 0 {
			end, next = pos+i, pos+i+1
		}
		stripped := strings.TrimLeft(text[pos:end], " \t>|\u3000\u00a0\ufeff")
		mark := text[pos : end-len(stripped)]
		t.lines = append(t.lines, quoteLine{
			text: strings.TrimRight(stripped, " \t\r\u3000\u00a0"), start: pos, quoted: strings.ContainsAny(mark, ">|"),
		})
		pos = next
	}
	return t
}

// fields reads the quoted header that begins at line i and returns the line at
// which the body begins. rest is text that stood on the separator's line.
func (t *quoteText) fields(i int, rest string) (quotedFields, int) {
	fields := quotedFields{}
	if rest != "" { // Yahoo has the whole header on that line
		for name, value := range cutLabels(rest) {
			fields[name] = value
		}
		if fields.proves(2) {
			return fields, i
		}
	}
	last := ""
	skipped := 0
	for start := i; i < len(t.lines) && i-start < maxFieldLines; i++ {
		line := t.lines[i].text
		if line == "" || isRule(line) {
			if len(fields) == 0 {
				if skipped++; skipped > maxSkipLines {
					return fields, i
				}
				continue
			}
			// Clients that make a paragraph of each field leave a line empty
			// between them.
			if !t.fieldFollows(i+1, 1, fields) {
				if line != "" { // Becky! rules off the header
					i++
				}
				return fields, i
			}
			continue
		}
		name, value, ok := cutLabel(line)
		_, again := fields[name]
		switch {
		case ok && again && name != "":
			return fields, i // the body begins with a label of its own
		case ok:
			if last = name; name != "" {
				fields[name] = value
			}
		case len(fields) == 0:
			// Becky! names the forwarder on a line before the separator.
			if _, _, mark := separator(line); !mark || skipped >= maxSkipLines {
				return fields, i
			}
			skipped++
		case last != "" && fields[last] == "" && i > 0:
			fields[last] = line // label and value in cells of their own
		case t.fieldFollows(i+1, 2, fields):
			if last != "" { // a folded list of recipients
				fields[last] += " " + line
			}
		default:
			return fields, i
		}
	}
	return fields, i
}

// fieldFollows is true when one of the next n lines that are not empty is a
// field not seen so far.
func (t *quoteText) fieldFollows(i, n int, seen quotedFields) bool {
	for empty := 0; i < len(t.lines) && n > 0 && empty < 2; i++ {
		if t.lines[i].text == "" {
			empty++
			continue
		}
		n--
		if name, _, ok := cutLabel(t.lines[i].text); ok {
			if _, again := seen[name]; !again || name == "" {
				return true
			}
		}
	}
	return false
}

// finish cuts the text around the quoted mail whose separator is at line mark.
func (t *quoteText) finish(q quotedMail, mark int) quotedMail {
	q.fields.splitDelegate()
	q.markLine = mark
	q.before = t.text[:t.lines[mark].start]
	body := ""
	if q.bodyLine < len(t.lines) {
		body = t.text[t.lines[q.bodyLine].start:]
	}
	if q.client == "becky" {
		if i := strings.Index(strings.ToLower(body), "original message ends"); i >= 0 && len(strings.ToLower(body)) == len(body) {
			body, q.after = body[:i], body[i:]
			if j := strings.LastIndexByte(body, '\n'); j >= 0 {
				body = body[:j+1]
			}
			_, q.after, _ = strings.Cut(q.after, "\n")
		}
	}
	header := mark
	for header+1 < q.bodyLine && header+1 < len(t.lines) && t.lines[header].text == "" {
		header++
	}
	quoted := t.lines[min(q.bodyLine, len(t.lines))-1].quoted || t.lines[header].quoted
	q.body = body
	if inner, after, marked := unquote(body, quoted); marked {
		q.body, q.after = inner, after+q.after
	}
	return q
}

// unquote removes one level of "> " from a body. With quoted it ends after the
// last line that has a mark, because a long line may have been broken and lost
// its own; without, it does nothing unless every line of text has one.
func unquote(body string, quoted bool) (inner, after string, ok bool) {
	lines := strings.SplitAfter(body, "\n")
	last, bare := -1, 0
	for i, line := range lines {
		trimmed := strings.TrimLeft(line, " \t")
		switch {
		case strings.HasPrefix(trimmed, ">"):
			last = i
		case strings.TrimSpace(line) != "":
			bare++
		}
	}
	if last < 0 || !quoted && bare > 0 {
		return body, "", false
	}
	var b strings.Builder
	for _, line := range lines[:last+1] {
		trimmed := strings.TrimLeft(line, " \t")
		if strings.HasPrefix(trimmed, ">") {
			line = strings.TrimPrefix(trimmed[1:], " ")
		}
		b.WriteString(line)
	}
	return b.String(), strings.Join(lines[last+1:], ""), true
}

// isRule is true for a line of dashes, underscores or the like.
func isRule(line string) bool {
	return len(line) >= 3 && strings.Trim(line, "-_=*~— ─━") == ""
}

// separators are the words between the dashes of a separator, lower case, with
// the client that writes them.
var separators = []struct{ words, client string }{
	{"forwarded message", "gmail"}, {"forwarded mail", "forward"}, {"forwarded by", "becky"},
	{"original message", "outlook"}, {"original mail", "outlook"}, {"original e-mail", "outlook"}, {"original-nachricht", "outlook"},
	{"begin forwarded message", "apple"}, {"start of forwarded message", "forward"},
	{"メッセージを転送", "hubspot"}, {"転送されたメッセージ", "gmail"}, {"転送されたメール", "forward"}, {"転送メッセージ", "gmail"},
	{"転送メール", "forward"}, {"転送元のメール", "forward"}, {"転送元メール", "forward"}, {"転送元のメッセージ", "forward"},
	{"元のメッセージ", "outlook"}, {"元のメール", "outlook"}, {"オリジナルメッセージ", "outlook"}, {"オリジナルメール", "outlook"}, {"転送", "forward"},
}

// separator tells the client of a line that separates a quoted mail, and what
// stands behind the separator on the same line.
func separator(line string) (client, rest string, ok bool) {
	if len(line) > 2 && line[0] == '_' && strings.Trim(line, "_") == "" {
		return "outlook", "", len(line) >= 20
	}
	words := strings.TrimLeft(line, "-—–─━=_* ")
	if words == "" || len(words) > 4<<10 {
		return "", "", false
	}
	dashes := utf8.RuneCountInString(strings.ReplaceAll(line[:len(line)-len(words)], " ", ""))
	lower := strings.ToLower(words[:min(len(words), 64)])
	for _, s := range separators {
		if !strings.HasPrefix(lower, s.words) {
			continue
		}
		tail := words[len(s.words):]
		rest = strings.TrimLeft(tail, "-—–─━=_* :：")
		closing := tail[:len(tail)-len(rest)]
		client = s.client
		switch {
		case s.words == "forwarded by":
			return client, "", true
		case rest != "" && (dashes < 3 || !strings.Contains(closing, "---")):
			return "", "", false
		case dashes < 2 && !strings.ContainsAny(closing, ":：-"):
			return "", "", false
		}
		switch { // the same words in several clients
		case dashes < 2 && client != "hubspot":
			client = "apple"
		case s.words == "forwarded message" && dashes == 8:
			client = "thunderbird"
		case s.words == "forwarded message" && dashes == 5:
			client = "yahoo"
		case client == "outlook" && dashes >= 15:
			client = "becky"
		}
		return client, rest, true
	}
	return "", "", false
}
