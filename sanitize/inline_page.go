package sanitize

import (
	"html"
	"math"
	"strings"

	"kairan/sanitize/markup"
)

// pageRule is what a drawn line becomes in the text of a page: the line that
// Outlook writes in its place into the plain form.
const pageRule = "________________________________"

// pageLines is the text of a page as it is searched for quoted mails. Other than
// [htmlText] it keeps the lines that clients draw above a quoted header, knows
// which elements quote, and where in the page each line begins.
//
// No tree is built of the page, for the reason told at [htmlText].
func pageLines(page string, limit int) (string, *quotePage) {
	limit = min(limit, math.MaxInt32/2)
	if len(page) > math.MaxInt32 {
		page = page[:math.MaxInt32]
	}
	w := &pageWriter{limit: limit, page: &quotePage{}}
	w.open(0)
	z := markup.New(page)
	silent := ""
	for !w.full() {
		kind := z.Next()
		raw := z.Raw()
		at := z.Offset()
		end := at + len(raw)
		switch kind {
		case markup.End, markup.Unclosed:
			return w.finish()
		case markup.Text:
			if silent == "" {
				w.token(raw, at)
			}
		case markup.StartTag, markup.EndTag:
			tag := z.Name()
			switch {
			case silent != "":
				if kind == markup.EndTag && tag == silent {
					silent = ""
				}
			case kind == markup.EndTag:
				w.endTag(tag, end)
			case silentTags[tag] && !z.SelfClosing():
				silent = tag
			default:
				w.startTag(tag, pageAttrs(z, tag, raw), at, end)
			}
		}
	}
	return w.finish()
}

var silentTags = stringSet("script style title noembed noframes iframe")

// pageTag is what counts of a start tag's attributes.
type pageTag struct {
	class, style, href string
}

// mayMatter is a cheap test of a whole tag for the attributes that count, which
// few tags have.
func mayMatter(tag, raw string) bool {
	switch tag {
	case "a":
		return true
	case "div":
		return strings.Contains(raw, "-top") || strings.Contains(raw, "-TOP") || strings.Contains(raw, "class")
	case "p", "table":
		return strings.Contains(raw, "-top") || strings.Contains(raw, "-TOP")
	}
	return false
}

func pageAttrs(z *markup.Tokenizer, tag, raw string) (a pageTag) {
	if !mayMatter(tag, raw) {
		return a
	}
	for range 100 {
		k, v, ok := z.Attr()
		if !ok {
			break
		}
		switch k {
		case "class":
			a.class = capText(v, 200)
		case "style":
			a.style = capText(v, 2000)
		case "href":
			if tag == "a" && len(v) > len("mailto:") && (v[0]|0x20) == 'm' {
				a.href = capText(v, 400)
			}
		}
	}
	return a
}

// draws is true for a style that draws a line above: the only mark of Outlook
// for the desktop, "border:none;border-top:solid #E1E1E1 1.0pt".
func (a pageTag) draws() bool {
	style := strings.ToLower(a.style)
	_, border, ok := strings.Cut(style, "border-top:")
	if !ok {
		return false
	}
	border, _, _ = strings.Cut(border, ";")
	return strings.Contains(border, "solid") && (!strings.Contains(style, "border-bottom:") || strings.Contains(style, "border:none"))
}

// quotes is true for the elements in which clients put what they quote.
func (a pageTag) quotes() bool {
	for class := range strings.FieldsSeq(a.class) {
		switch class {
		case "gmail_quote", "gmail_quote_container", "moz-forward-container", "yahoo_quoted", "protonmail_quote", "zmail_extra", "hs_reply":
			return true
		}
	}
	return false
}

// maxPageLinks bounds the addresses in links that are kept.
const maxPageLinks = 2000

// pageWriter collects the text of a page.
type pageWriter struct {
	b     strings.Builder
	page  *quotePage
	limit int

	empty   int  // empty lines written in a row, the current one included
	some    bool // the current line has text
	pending bool // a blank is due before more text
	pre     int

	divs, quotes int   // open ones
	containers   []int // the number of divs around each open div that quotes
	link         string
}

func (w *pageWriter) full() bool { return w.b.Len() >= w.limit }

func (w *pageWriter) finish() (string, *quotePage) { return w.b.String(), w.page }

// open begins a line's record; what follows offset at belongs to it.
func (w *pageWriter) open(at int) {
	p := w.page
	p.starts = append(p.starts, int32(w.b.Len()))
	p.places = append(p.places, int32(at))
	p.depths = append(p.depths, w.depth())
}

func (w *pageWriter) depth() uint8 {
	d := uint8(min(w.quotes+len(w.containers), preBit-1))
	if w.pre > 0 {
		d |= preBit
	}
	return d
}

func (w *pageWriter) startTag(tag string, a pageTag, at, end int) {
	switch tag {
	case "br":
		w.line(end)
	case "hr":
		w.rule(at, end)
	case "td", "th":
		if w.some {
			w.pending = true
		}
	case "pre", "textarea", "listing":
		w.fresh(at)
		w.pre++
		w.deepen()
	case "a":
		if len(a.href) > 7 && strings.EqualFold(a.href[:7], "mailto:") {
			w.link, _, _ = strings.Cut(a.href[7:], "?")
		}
	case "blockquote":
		w.fresh(at)
		w.quotes++
		w.deepen()
	default:
		if !blocks[tag] {
			return
		}
		w.fresh(at)
		if tag == "div" {
			if w.divs++; a.quotes() && len(w.containers) < maxMarks {
				w.containers = append(w.containers, w.divs)
				w.deepen()
			}
		}
		if a.draws() {
			w.rule(at, at)
		}
	}
}

func (w *pageWriter) endTag(tag string, end int) {
	switch tag {
	case "pre", "textarea", "listing":
		w.fresh(end)
		w.pre = max(0, w.pre-1)
		w.deepen()
	case "a":
		w.link = ""
	case "br": // browsers take it for <br>
		w.line(end)
	case "blockquote":
		w.fresh(end)
		w.quotes = max(0, w.quotes-1)
		w.deepen()
	default:
		if !blocks[tag] {
			return
		}
		w.fresh(end)
		switch {
		case tag == "p" && w.empty == 0 && w.b.Len() > 0:
			w.line(end)
		case tag == "div" && w.divs > 0:
			if n := len(w.containers); n > 0 && w.containers[n-1] == w.divs {
				w.containers = w.containers[:n-1]
				w.deepen()
			}
			w.divs--
		}
	}
}

// deepen tells the line that has just begun how deep it lies now.
func (w *pageWriter) deepen() {
	if !w.some {
		w.page.depths[len(w.page.depths)-1] = w.depth()
	}
}

// rule writes a drawn line.
func (w *pageWriter) rule(at, end int) {
	w.fresh(at)
	w.b.WriteString(pageRule)
	w.some, w.empty = true, 0
	w.line(end)
}

// token writes a text token, which begins at offset at of the page.
func (w *pageWriter) token(raw string, at int) {
	if w.pre == 0 {
		w.text(html.UnescapeString(raw))
		return
	}
	for i := 0; i < len(raw); {
		line, next := lineAt(raw, i)
		w.preText(html.UnescapeString(line))
		if next > i+len(line) {
			w.line(at + next)
		}
		i = next
	}
}

// text writes text in which blanks collapse.
func (w *pageWriter) text(s string) {
	for i := 0; i < len(s) && !w.full(); {
		n := i
		for n < len(s) && s[n] > ' ' && !(s[n] == 0xc2 && n+1 < len(s) && s[n+1] == 0xa0) {
			n++
		}
		if n > i {
			w.word(s[i:n])
			i = n
			continue
		}
		w.pending = w.some
		i++
		if s[i-1] == 0xc2 { // the first byte of a no-break space
			i++
		}
	}
}

func (w *pageWriter) word(s string) {
	if w.pending {
		w.b.WriteByte(' ')
		w.pending = false
	}
	if w.link != "" {
		if w.page.links == nil {
			w.page.links = map[int]string{}
		}
		if line := len(w.page.starts) - 1; w.page.links[line] == "" && len(w.page.links) < maxPageLinks {
			w.page.links[line] = w.link
		}
	}
	w.b.WriteString(strings.ToValidUTF8(s, "\ufffd"))
	w.some, w.empty = true, 0
}

// preText writes a line as it stands.
func (w *pageWriter) preText(s string) {
	if s = strings.TrimRight(s, "\r"); s == "" || w.full() {
		return
	}
	w.b.WriteString(strings.ToValidUTF8(s, "\ufffd"))
	w.some, w.empty, w.pending = true, 0, false
}

// fresh begins a new line unless one has just begun.
func (w *pageWriter) fresh(at int) {
	if w.some {
		w.line(at)
	}
}

// line ends the current line; the next one begins at offset at of the page. Two
// empty ones in a row are enough.
func (w *pageWriter) line(at int) {
	if !w.some {
		if w.empty >= 2 {
			return
		}
		w.empty++
	}
	w.b.WriteByte('\n')
	w.some, w.pending = false, false
	w.open(at)
}
