package sanitize

import (
	"sort"
	"strings"
)

// quoteText is a text searched for quoted mails, line by line. It keeps no
// table of the lines, so that it costs no memory however short they are.
type quoteText struct {
	text  string
	first int        // where in text the search begins
	page  *quotePage // where the text was taken out of HTML; else nil
	// subject is the report's own without its "Fwd:", the best witness of where
	// a quoted subject ends that was broken over two lines. "" when unknown.
	subject  string
	examined int // lines looked at so far: the measure of work
}

// quoteLine is one line without what clients put around quoted text.
type quoteLine struct {
	text        string // without quote marks and blanks at its ends
	marks       int    // quote marks before it
	indented    bool   // a blank stood between the marks and the text
	start, next int    // offsets of it and of the line after it
}

// maxMarks bounds how deep quoting is told apart.
const maxMarks = 50

// line reads the line that begins at pos, which is below len(t.text).
func (t *quoteText) line(pos int) quoteLine {
	t.examined++
	l := quoteLine{start: pos, next: len(t.text)}
	end := len(t.text)
	if i := strings.IndexByte(t.text[pos:], '\n'); i >= 0 {
		end, l.next = pos+i, pos+i+1
	}
	raw := t.text[pos:end]
	if raw == "" {
		return l
	}
	if a, z := raw[0], raw[len(raw)-1]; a > '>' && a < '|' && z > ' ' && z < '|' {
		l.text = raw // nothing to take off
		return l
	}
	l.text = strings.Trim(raw, lineBlanks+"|│")
	if raw[0] == '>' || strings.IndexByte(raw[:min(len(raw), 8)], '>') >= 0 || raw[0] >= 0x80 {
		var rest string
		l.marks, rest = cutMarks(raw, maxMarks)
		l.text = strings.Trim(rest, lineBlanks+">|│")
		l.indented = rest != "" && strings.ContainsRune(" \t\u3000\u00a0", firstRune(rest))
		if strings.HasSuffix(raw, ">") && l.text != "" { // "From: <a@b>"
			l.text = strings.TrimLeft(strings.TrimRight(rest, lineBlanks+"|│"), lineBlanks+">|│")
		}
		return l
	}
	l.indented = raw[0] == ' ' || raw[0] == '\t'
	return l
}

const lineBlanks = " \t\r\u3000\u00a0\ufeff\u200b\u200e\u200f"

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

// cutMarks removes up to most marks of quoting, each with the one blank that
// follows it, and says how many there were.
func cutMarks(line string, most int) (n int, rest string) {
	rest = line
	for n < most {
		trimmed := strings.TrimLeft(rest, " \t\u3000\u00a0")
		switch {
		case strings.HasPrefix(trimmed, ">"):
			rest = trimmed[1:]
		case strings.HasPrefix(trimmed, "＞"):
			rest = trimmed[len("＞"):]
		default:
			return n, rest
		}
		n++
		if rest != "" && rest[0] == ' ' {
			rest = rest[1:]
		}
	}
	return n, rest
}

// quotePage tells where the lines of a text stood in the HTML that it was taken
// from.
type quotePage struct {
	starts []int32 // offset of each line in the text
	places []int32 // offset in the page at which the line before it ended
	depths []uint8 // quoting elements around the line, with preBit
	// links are the first addresses that lines link to, by line: some clients
	// show a name and keep the address in the link.
	links map[int]string
}

// preBit is set in the depth of a line within <pre>.
const preBit = 0x80

// fragment is the part of the page that begins at pos and ends at end, offsets
// in the text; -1 for the end of the page.
func (p *quotePage) fragment(page string, pos, end int) string {
	from, to := p.place(pos), len(page)
	if end >= 0 {
		to = max(from, p.place(end))
	}
	if len(p.depths) > 0 && p.depths[p.at(pos)]&preBit != 0 {
		return "<pre>" + page[from:to]
	}
	return page[from:to]
}

// at is the number of the line that holds pos, an offset in the text.
func (p *quotePage) at(pos int) int {
	return max(0, sort.Search(len(p.starts), func(i int) bool { return int(p.starts[i]) > pos })-1)
}

// depth is the number of quoting elements around the line at pos; 0 for text
// that was no page.
func (p *quotePage) depth(pos int) int {
	if p == nil || len(p.depths) == 0 {
		return 0
	}
	return int(p.depths[p.at(pos)] &^ preBit)
}

// place is the offset in the page behind the line before the one at pos.
func (p *quotePage) place(pos int) int {
	if len(p.places) == 0 {
		return 0
	}
	return int(p.places[p.at(pos)])
}

// link is the address that the line at pos links to, or "".
func (p *quotePage) link(pos int) string {
	if p == nil {
		return ""
	}
	return p.links[p.at(pos)]
}

// unquote removes depth levels of marks from a quoted body. The body ends
// behind the last line that has so many: a line before may have been broken and
// lost its own. With depth 0 nothing is removed, unless every line that holds
// text has a mark.
func unquote(body string, depth int) (inner, after string) {
	last, bare := -1, false
	for pos := 0; pos < len(body); {
		line, next := lineAt(body, pos)
		n, rest := cutMarks(line, max(depth, 1))
		switch {
		case n >= max(depth, 1):
			last = next
		case strings.TrimSpace(rest) != "":
			bare = true
		}
		pos = next
	}
	if depth == 0 {
		if bare || last < 0 {
			return body, ""
		}
		depth = 1
	}
	if last < 0 {
		return "", body
	}
	var b strings.Builder
	b.Grow(last)
	for pos := 0; pos < last; {
		line, next := lineAt(body, pos)
		_, rest := cutMarks(line, depth)
		b.WriteString(rest)
		b.WriteByte('\n')
		pos = next
	}
	return b.String(), body[last:]
}

// lineAt is the line of s at pos without its end, and where the next begins.
func lineAt(s string, pos int) (line string, next int) {
	if i := strings.IndexByte(s[pos:], '\n'); i >= 0 {
		return s[pos : pos+i], pos + i + 1
	}
	return s[pos:], len(s)
}
