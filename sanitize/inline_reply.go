package sanitize

import "strings"

// wroteWords stand in the line with which clients introduce a reply's quote:
// "On 21 May 2026, A <a@example.com> wrote:".
var wroteWords = strings.Fields(`wrote wrote: schrieb écrit écrit: escribió scritto geschreven schreef napisał napisała napisał(a) escreveu skrev kirjoitti
	napsal napsal(a) napísal napísala írta yazdı написал написала написав пише пишет писал писала scrisu scris napisao kirjutas följande`)

// wroteWordsJa end such a line without a blank before them.
var wroteWordsJa = []string{"のメール", "のメッセージ", "書きました", "書いた", "さんの発言", "より", "写道", "寫道", "작성"}

// maxWroteBytes bounds an introduction, which clients may break once.
const maxWroteBytes = 400

// introduction is a line, or two, that introduces quoted text.
type introduction struct {
	text        string
	start, next int
	marks       int
}

// introducing reads the introduction that begins at l, if one does.
func (t *quoteText) introducing(l quoteLine) (in introduction, ok bool) {
	in = introduction{text: strings.TrimLeft(l.text, lineBlanks), start: l.start, next: l.next, marks: l.marks}
	if in.text == "" || len(in.text) > maxWroteBytes {
		return in, false
	}
	if in.complete() {
		return in, true
	}
	// "On Wed, Oct 27, 2021 at 9:31 AM A <a@example.com>\nwrote:"
	if !strings.ContainsAny(in.text, "0123456789") || l.next >= len(t.text) {
		return in, false
	}
	next := t.line(l.next)
	if next.text == "" || len(in.text)+len(next.text) > maxWroteBytes {
		return in, false
	}
	in.text += " " + next.text
	in.next = next.next
	return in, in.complete()
}

// complete is true when the text introduces a quote: it ends with a colon, has a
// number, as every date does, and says who wrote or gives an address.
func (in *introduction) complete() bool {
	text, ok := strings.CutSuffix(in.text, ":")
	if !ok {
		if text, ok = strings.CutSuffix(in.text, "："); !ok {
			return false
		}
	}
	if !strings.ContainsAny(text, "0123456789") {
		return false
	}
	text = strings.TrimRight(text, " \u00a0")
	for _, w := range wroteWordsJa {
		if strings.HasSuffix(text, w) && strings.ContainsAny(text, "@年/<") {
			return true
		}
	}
	if strings.HasSuffix(text, ">") && strings.Contains(text, "@") && strings.Count(text, "<") == 1 { // Gmail in Japanese
		_, dated := quotedDate(text[:strings.LastIndexByte(text, '<')], nil, dateHabit{dayFirst: true})
		return dated
	}
	for word := range strings.FieldsSeq(strings.ToLower(text)) {
		for _, w := range wroteWords {
			if word == w {
				return true
			}
		}
	}
	return false
}

// own is what the text's writer has written: everything but what a reply
// quotes.
func (t *quoteText) own() string {
	var b strings.Builder
	for pos := t.first; pos < len(t.text); {
		l := t.line(pos)
		if l.marks > 0 && t.page == nil || t.page.depth(pos) > 0 {
			pos = l.next
			continue
		}
		if in, ok := t.introducing(l); ok {
			pos = t.skipReply(in)
			continue
		}
		b.WriteString(t.text[l.start:l.next])
		pos = l.next
	}
	return b.String()
}

// skipReply is where the text goes on behind the quote that in introduces. A
// quote with marks ends with the first line that has none; one without has no
// end.
func (t *quoteText) skipReply(in introduction) int {
	pos := in.next
	for pos < len(t.text) {
		l := t.line(pos)
		if l.text != "" || l.marks > 0 {
			if l.marks > 0 || t.page.depth(pos) > 0 {
				return pos // own leaves these out
			}
			return len(t.text)
		}
		pos = l.next
	}
	return pos
}

// findIntroduced reads a mail that Outlook for the Mac forwards as other clients
// quote a reply: one line with the date and the sender, and the body indented
// below. Only a subject that says so makes a forward of it.
func (t *quoteText) findIntroduced() (q quotedMail, ok bool) {
	for pos := t.first; pos < len(t.text); {
		l := t.line(pos)
		in, ok := t.introducing(l)
		if !ok {
			pos = l.next
			continue
		}
		b := in.block()
		if !strings.Contains(b.fields["From"], "@") {
			return q, false
		}
		b.fields["Subject"] = t.subject
		b.body = in.next
		b.depth, b.inside = in.marks, t.page.depth(pos)
		// The mark and the words of the mail lie one level deeper, if they do.
		for at := in.next; at < len(t.text); {
			line := t.line(at)
			if line.text != "" {
				b.depth, b.inside = max(b.depth, min(line.marks, in.marks+1)), max(b.inside, t.page.depth(at))
				break
			}
			at = line.next
		}
		q = t.finish(b, quoteMark{client: "outlook"}, markForward, pos)
		if t.page == nil {
			q.words = unindent(q.words)
		}
		return q, true
	}
	return q, false
}

// block takes the sender and the date out of an introduction.
func (in *introduction) block() quoteBlock {
	b := quoteBlock{fields: quotedFields{}, habit: dateHabit{dayFirst: true}}
	text := strings.NewReplacer("(<", "<", ">)", ">").Replace(in.text)
	at := strings.IndexByte(text, '@')
	if at < 0 {
		return b
	}
	open, end := strings.LastIndexAny(text[:at], "<("), strings.IndexAny(text[at:], ">)")
	if open < 0 || end < 0 {
		return b
	}
	address := text[open+1 : at+end]
	before := strings.TrimRight(text[:open], " ")
	name, from := lastName(before)
	b.fields["From"] = name + " <" + address + ">"
	b.fields["Date"] = before[:from] + " " + text[at+end+1:]
	if _, ok := quotedDate(b.fields["Date"], nil, b.habit); !ok {
		delete(b.fields, "Date")
	}
	return b
}

// lastName is the name with which s ends, and where it begins: in quotes, or
// the words behind the last number.
func lastName(s string) (name string, from int) {
	for _, pair := range [][2]string{{"\"", "\""}, {"“", "”"}, {"„", "”"}, {"„", "“"}, {"« ", " »"}, {"«\u00a0", "\u00a0»"}, {"«", "»"}} {
		inner, ok := strings.CutSuffix(s, pair[1])
		if !ok {
			continue
		}
		if open := strings.LastIndex(inner, pair[0]); open >= 0 {
			return strings.TrimSpace(inner[open+len(pair[0]):]), open
		}
	}
	from = strings.LastIndexAny(s, "0123456789,:") + 1
	words := strings.Fields(s[from:])
	for len(words) > 0 && introductory[strings.ToLower(words[0])] {
		words = words[1:]
	}
	return strings.Join(words, " "), from
}

// introductory are words between the time and the name.
var introductory = stringSet(`heeft skrev schrieb użytkownik używatel používateľ пользователь користувач időpontban am pm uhr jst utc gmt`)

// unindent removes the blanks that all lines of text begin with.
func unindent(s string) string {
	least := -1
	for line := range strings.SplitSeq(s, "\n") {
		rest := strings.TrimLeft(line, " \t")
		if rest != "" && (least < 0 || len(line)-len(rest) < least) {
			least = len(line) - len(rest)
		}
	}
	if least <= 0 {
		return s
	}
	var b strings.Builder
	for line := range strings.Lines(s) {
		b.WriteString(line[min(least, len(line)-len(strings.TrimLeft(line, " \t"))):])
	}
	return b.String()
}
