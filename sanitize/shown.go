package sanitize

import (
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"

	"kairan/sanitize/markup"
)

// shownPage is a page as a person should see it who must judge it: its text, with
// the target behind each link, the words that stand for pictures, and what the
// page hides from its reader marked as hidden. At most limit bytes.
func shownPage(page string, limit int) string {
	w := shownWriter{lineWriter: lineWriter{limit: limit, offsets: []int{0}}}
	z := markup.New(page)
	for !w.full() {
		switch z.Next() {
		case markup.End, markup.Unclosed:
			w.hide(false)
			return strings.TrimRight(w.b.String(), " \n")
		case markup.Text:
			if w.silent == "" {
				w.text(z.Text(), 0, w.pre > 0)
			}
		case markup.StartTag:
			w.open(z)
		case markup.EndTag:
			w.close(z.Name())
		}
	}
	return strings.TrimRight(w.b.String(), " \n")
}

// shownWriter writes a page and knows which of its elements are open.
type shownWriter struct {
	lineWriter
	stack  []openElement
	silent string // the element whose text nobody is shown: script, style
	pre    int
}

type openElement struct {
	name   string
	hidden bool
	link   string
}

// maxOpen bounds the open elements that are remembered; real pages have fewer
// than a hundred.
const maxOpen = 1000

// voidElements have no end tag (HTML §13.1.2).
var voidElements = stringSet("area base br col embed hr img input link meta param source track wbr")

func (w *shownWriter) open(z *markup.Tokenizer) {
	e, closed := openElement{name: z.Name()}, z.SelfClosing()
	alt := ""
	for range maxAttributes {
		k, v, ok := z.Attr()
		if !ok {
			break
		}
		switch k {
		case "href":
			if e.name == "a" || e.name == "area" {
				e.link = strings.TrimSpace(v)
			}
		case "style":
			e.hidden = e.hidden || hidesText(v)
		case "hidden":
			e.hidden = true
		case "alt":
			alt = v
		}
	}
	if w.silent != "" {
		return
	}
	switch e.name {
	case "script", "style", "title", "noembed", "noframes", "iframe":
		if !closed {
			w.silent = e.name
		}
		return
	case "br", "hr":
		w.line(0)
	case "td", "th":
		w.space()
	case "pre", "textarea", "listing":
		w.pre++
		w.fresh(0)
	case "img":
		if alt = strings.TrimSpace(alt); alt != "" {
			w.text("["+alt+"]", 0, false)
		}
	default:
		if blocks[e.name] {
			w.fresh(0)
		}
	}
	if voidElements[e.name] || closed || len(w.stack) >= maxOpen {
		return
	}
	if e.hidden && !w.hidden() {
		w.hide(true)
	} else {
		e.hidden = false // the one around it ends it
	}
	w.stack = append(w.stack, e)
}

// hidden reports whether what is written now is hidden from the reader.
func (w *shownWriter) hidden() bool {
	for _, e := range w.stack {
		if e.hidden {
			return true
		}
	}
	return false
}

// hide marks the beginning and the end of hidden text.
func (w *shownWriter) hide(begin bool) {
	if begin {
		w.text(" [hidden: ", 0, false)
	} else if w.hidden() {
		w.text("]", 0, false)
	}
}

func (w *shownWriter) close(name string) {
	if w.silent != "" {
		if name == w.silent {
			w.silent = ""
		}
		return
	}
	if name == "pre" || name == "textarea" || name == "listing" {
		w.pre = max(0, w.pre-1)
	}
	// An end tag closes the nearest open element of its name, if it is near.
	for i := len(w.stack) - 1; i >= max(0, len(w.stack)-50); i-- {
		if w.stack[i].name != name {
			continue
		}
		for _, e := range w.stack[i:] {
			if e.hidden {
				w.text("] ", 0, false)
			}
			if e.link != "" && strings.Contains(e.link, ":") && !strings.HasPrefix(e.link, "#") {
				w.text(" ["+e.link+"]", 0, false)
			}
		}
		w.stack = w.stack[:i]
		break
	}
	if blocks[name] {
		w.fresh(0)
		if name == "p" {
			w.blank(0)
		}
	}
}

// hidesText is true for a style that keeps its element from being seen.
func hidesText(style string) bool {
	if len(style) > 4<<10 {
		style = style[:4<<10]
	}
	if strings.Contains(style, "/*") {
		style = withoutCSSComments(style)
	}
	for style != "" {
		var declaration string
		declaration, style, _ = strings.Cut(style, ";")
		property, value, _ := strings.Cut(declaration, ":")
		property = strings.TrimSpace(property)
		if property == "" || !mayHide[property[0]|0x20] {
			continue
		}
		value, _, _ = strings.Cut(strings.TrimSpace(value), "!") // !important
		if value = strings.ToLower(strings.TrimSpace(value)); value == "" {
			continue
		}
		switch strings.ToLower(property) {
		case "display":
			if value == "none" {
				return true
			}
		case "visibility":
			if value == "hidden" || value == "collapse" {
				return true
			}
		case "font-size", "opacity", "max-height":
			if isZero(value) {
				return true
			}
		case "mso-hide":
			if value == "all" {
				return true
			}
		case "text-indent", "left", "top", "margin-left", "margin-top":
			if strings.HasPrefix(value, "-9999") {
				return true
			}
		}
	}
	return false
}

// withoutCSSComments drops the comments of a style.
func withoutCSSComments(style string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(style, "/*")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		_, style, _ = strings.Cut(rest, "*/")
	}
}

// mayHide are the letters that the properties begin with that hide.
var mayHide = [256]bool{'d': true, 'v': true, 'f': true, 'o': true, 'm': true, 't': true, 'l': true}

// isZero is true for no length in any unit: "0", "0px", "0.0em".
func isZero(value string) bool {
	number := strings.TrimRight(value, "%abcdefghijklmnopqrstuvwxyz ")
	return number != "" && strings.Trim(number, "0.") == "" && number != "."
}

// sayTheSame reports whether a text and a page, the two forms of one mail, have
// their words in common. Short ones always do.
func sayTheSame(text, page string) bool {
	const enough = 60 // letters; less is a note such as "this mail needs HTML"
	var a, b shingles
	if a.read(text, 500) < enough || b.read(page, 4000) < enough {
		return true
	}
	have, common := 0, 0
	for i := range a {
		have += bits.OnesCount64(a[i])
		common += bits.OnesCount64(a[i] & b[i])
	}
	return common*5 >= have
}

// shingles are the groups of three letters in the beginning of a text, as bits:
// two groups may share one, which only makes texts more alike.
type shingles [1 << 10]uint64

// read adds the groups of the first letters of s and returns their number.
func (h *shingles) read(s string, most int) (letters int) {
	var x, y uint32
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 0x3041 && r <= 0x30fa, r >= 0x4e00 && r <= 0x9fff: // most letters
		case r >= 'A' && r <= 'Z':
			r += 'a' - 'A'
		case r < utf8.RuneSelf || !unicode.IsLetter(r):
			continue
		default:
			r = unicode.ToLower(r)
		}
		z := uint32(r)
		if letters++; letters >= 3 {
			bit := (x*0x9e3779b1 ^ y*0x85ebca6b ^ z*0xc2b2ae35) >> 16
			h[bit>>6] |= 1 << (bit & 63)
		}
		if x, y = y, z; letters >= most {
			break
		}
	}
	return letters
}
