package sanitize

import (
	"strings"
	"unicode/utf8"

	"kairan/sanitize/markup"
)

// htmlText is what a person reads of an HTML mail, at most limit bytes: block
// elements begin a new line, blanks collapse, scripts and styles are left out.
//
// No tree is built of it: one that must be bounded would let a mail hide behind
// the bound.
func htmlText(page string, limit int) string {
	text, _ := htmlLines(page, limit)
	return text
}

// htmlLines is htmlText with the offset in page of each line's beginning, so
// that the HTML behind a line of text can be found again.
func htmlLines(page string, limit int) (text string, offsets []int) {
	w := lineWriter{limit: limit, offsets: []int{0}}
	w.b.Grow(min(limit, len(page)/3))
	z := markup.New(page)
	silent, pre := "", 0
	for {
		kind := z.Next()
		if kind == markup.End || kind == markup.Unclosed || w.full() {
			break
		}
		at := z.Offset()
		switch kind {
		case markup.Text:
			if silent == "" {
				w.text(z.Text(), at, pre > 0)
			}
		case markup.StartTag, markup.EndTag:
			name := z.Name()
			end := kind == markup.EndTag
			if silent != "" {
				if end && name == silent {
					silent = ""
				}
				continue
			}
			switch name {
			case "script", "style", "title", "noembed", "noframes", "iframe":
				if !end && !z.SelfClosing() {
					silent = name
				}
			case "br", "hr":
				w.line(at)
			case "td", "th":
				w.space()
			case "pre", "textarea", "listing":
				if end {
					pre = max(0, pre-1)
				} else {
					pre++
				}
				w.fresh(at)
			default:
				if blocks[name] {
					w.fresh(at)
					if name == "p" && end {
						w.blank(at)
					}
				}
			}
		}
	}
	return strings.TrimRight(w.b.String(), " \n"), w.offsets
}

var blocks = stringSet(`address article aside blockquote body center dd details dialog div dl dt fieldset figcaption
	figure footer form h1 h2 h3 h4 h5 h6 header html li main nav ol p section summary table tbody tfoot thead tr ul`)

// lineWriter collects text and knows where each of its lines came from.
type lineWriter struct {
	b       strings.Builder
	limit   int
	offsets []int
	empty   int  // empty lines written in a row, the current one included
	some    bool // the current line has text
	pending bool // a blank is due before more text
}

func (w *lineWriter) full() bool { return w.b.Len() >= w.limit }

// text writes the text of one token, which begins at offset at of the page.
func (w *lineWriter) text(s string, at int, pre bool) {
	for i := 0; i < len(s) && !w.full(); {
		switch c := s[i]; {
		case c == '\n' && pre:
			w.line(at)
			i++
			continue
		case c == ' ', c == '\n', c == '\t', c == '\r', c == '\f':
			w.pending = w.pending || w.some
			i++
			continue
		case c == 0xc2 && i+1 < len(s) && s[i+1] == 0xa0: // U+00A0
			w.pending = w.pending || w.some
			i += 2
			continue
		}
		// A word is written at once, as far as there is room.
		end := i + 1
		for end < len(s) && !textBlank[s[end]] {
			end++
		}
		if room := w.limit - w.b.Len(); end-i > room {
			for end = i + max(room, 1); end < len(s) && !utf8.RuneStart(s[end]); end++ {
			}
		}
		if !w.some {
			w.offsets[len(w.offsets)-1] = at
		}
		if w.pending {
			w.b.WriteByte(' ')
			w.pending = false
		}
		w.b.WriteString(s[i:end])
		w.some, w.empty = true, 0
		i = end
	}
}

// textBlank are the bytes that may be white space, the first of U+00A0 among them.
var textBlank = [256]bool{' ': true, '\n': true, '\t': true, '\r': true, '\f': true, 0xc2: true}

// space sets a blank between two cells.
func (w *lineWriter) space() {
	if w.some {
		w.pending = true
	}
}

// fresh begins a new line unless one has just begun.
func (w *lineWriter) fresh(at int) {
	if w.some {
		w.line(at)
	}
}

// blank leaves one empty line.
func (w *lineWriter) blank(at int) {
	if w.empty == 0 && w.b.Len() > 0 {
		w.line(at)
	}
}

// line ends the current line. Two empty ones in a row are enough.
func (w *lineWriter) line(at int) {
	if !w.some {
		if w.empty >= 2 {
			w.offsets[len(w.offsets)-1] = at
			return
		}
		w.empty++
	}
	w.b.WriteByte('\n')
	w.offsets = append(w.offsets, at)
	w.some, w.pending = false, false
}
