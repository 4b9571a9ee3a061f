// Package rtf reads rich text: what Outlook stores in place of a page, and what
// comes attached to mail.
//
// [Decompress] undoes Outlook's compression, [HTML] takes the page back out that
// was turned into rich text ([MS-OXRTFEX]), [Text] is what a person reads, and
// [Scan] tells what else a document holds: links, templates, embedded objects.
//
// It is pure: bytes in, values out. Nothing is rendered, run or fetched. Every
// function is linear in its input, keeps no more groups than maxGroups and never
// recurses.
package rtf

import (
	"bytes"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/encoding"
)

// maxGroups bounds groups in one another. Word stops at a few thousand.
const maxGroups = 10_000

// group is the state that a group inherits and gives back.
type group struct {
	font    int
	uc      int  // how many characters stand in for one \u
	skipped bool // a destination that shows nothing
	htmlrtf bool // written for readers of rich text only ([MS-OXRTFEX] §2.1.3.2)
	htmltag bool // a piece of the page itself
	fonts   bool // the font table
	first   bool // nothing but \* came in it so far
	starred bool // it began with \*
}

// reader walks through a document and collects its text.
type reader struct {
	scanner
	out     strings.Builder
	limit   int
	html    bool // collect the page instead of the text
	state   group
	stack   []group
	deeper  int // groups that are open beyond maxGroups
	page    int // of \ansicpg
	fonts   map[int]int
	defined int    // the font being defined
	pending []byte // characters of a code page, not decoded yet
	skip    int    // characters that stand in for the \u before them
	high    rune   // the first half of a surrogate pair
}

func newReader(doc []byte, limit int) *reader {
	return &reader{scanner: scanner{doc: doc}, limit: limit, state: group{uc: 1}, page: 1252, fonts: map[int]int{}}
}

// IsRTF reports whether b begins as a document that Word opens as rich text:
// "{\rt", after blanks or a byte order mark, whatever comes then.
func IsRTF(b []byte) bool {
	b = bytes.TrimLeft(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")), " \t\r\n\x00")
	return len(b) >= 4 && b[0] == '{' && b[1] == '\\' && b[2]|0x20 == 'r' && b[3]|0x20 == 't'
}

// Text is what a person reads of a document, at most limit bytes of UTF-8.
func Text(doc []byte, limit int) string {
	if !IsRTF(doc) {
		return ""
	}
	r := newReader(doc, limit)
	r.walk()
	return strings.TrimSpace(r.out.String())
}

// HTML takes the page back out of a document that was made of one ([MS-OXRTFEX]
// §2.1.3.1), at most limit bytes of UTF-8. ok is false for any other document.
func HTML(doc []byte, limit int) (page []byte, ok bool) {
	head := doc[:min(len(doc), 4<<10)]
	if !IsRTF(doc) || !bytes.Contains(head, []byte(`\fromhtml`)) {
		return nil, false
	}
	r := newReader(doc, limit)
	r.html = true
	r.walk()
	return []byte(r.out.String()), true
}

// walk reads the document to its end.
func (r *reader) walk() {
	defer r.flush()
	for r.out.Len()+len(r.pending) < r.limit {
		t := r.next()
		switch t.kind {
		case tokenEnd:
			return
		case tokenOpen:
			r.flush()
			r.open()
			continue
		case tokenClose:
			r.flush()
			r.close()
			continue
		case tokenHex, tokenByte:
			r.char(t.c)
		case tokenWord:
			r.word(t)
		}
		if t.kind != tokenWord || t.word != "*" {
			r.state.first = false
		}
	}
}

func (r *reader) open() {
	if len(r.stack) >= maxGroups {
		r.deeper++
		return
	}
	r.stack = append(r.stack, r.state)
	r.state.first, r.state.starred = true, false
	r.skip = 0
}

func (r *reader) close() {
	switch {
	case r.deeper > 0:
		r.deeper--
	case len(r.stack) > 0:
		r.state = r.stack[len(r.stack)-1]
		r.stack = r.stack[:len(r.stack)-1]
	}
	r.skip = 0
}

// hidden is true where nothing is shown.
func (r *reader) hidden() bool {
	return r.state.skipped || r.html && r.state.htmlrtf && !r.state.htmltag
}

// char takes one character of the code page at hand.
func (r *reader) char(c byte) {
	if r.skip > 0 {
		r.skip--
		return
	}
	if !r.hidden() {
		r.pending = append(r.pending, c)
	}
}

// flush decodes the characters that came since the last one of another kind.
func (r *reader) flush() {
	if len(r.pending) == 0 {
		return
	}
	page := r.page
	if p, ok := r.fonts[r.state.font]; ok && !r.state.htmltag {
		page = p
	}
	r.out.WriteString(decoded(r.pending, codePage(page)))
	r.pending = r.pending[:0]
}

func decoded(b []byte, e encoding.Encoding) string {
	ascii := true
	for _, c := range b {
		ascii = ascii && c < 0x80
	}
	if ascii {
		return string(b)
	}
	if out, err := e.NewDecoder().Bytes(b); err == nil {
		return string(out)
	}
	return strings.ToValidUTF8(string(b), "\ufffd")
}

// write takes text that is UTF-8.
func (r *reader) write(s string) {
	if r.skip > 0 {
		r.skip--
		return
	}
	if !r.hidden() {
		r.flush()
		r.out.WriteString(s)
	}
}

// characters are the control words that stand for a character.
var characters = map[string]string{
	"par": "\n", "line": "\n", "sect": "\n", "page": "\n", "row": "\n", "tab": "\t", "cell": "\t", "nestcell": "\t", "nestrow": "\n",
	"lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "bullet": "•", "endash": "–", "emdash": "—",
	"emspace": " ", "enspace": " ", "qmspace": " ", "~": "\u00a0", "_": "-", "-": "", "\\": `\`, "{": "{", "}": "}", "zwj": "", "zwnj": "",
}

// pageCharacters are those that read otherwise in a page ([MS-OXRTFEX] §2.1.3.1.1).
var pageCharacters = map[string]string{
	"par": "\r\n", "line": "\r\n", "tab": "\t", "lquote": "&lsquo;", "rquote": "&rsquo;", "ldblquote": "&ldquo;", "rdblquote": "&rdquo;",
	"bullet": "&bull;", "endash": "&ndash;", "emdash": "&mdash;", "~": "&nbsp;", "_": "&shy;",
}

// silent are destinations that show nothing.
var silent = map[string]bool{
	"colortbl": true, "stylesheet": true, "info": true, "pict": true, "object": true, "objdata": true, "fldinst": true, "header": true, "headerl": true,
	"headerr": true, "headerf": true, "footer": true, "footerl": true, "footerr": true, "footerf": true, "listtable": true, "listoverridetable": true,
	"rsidtbl": true, "generator": true, "themedata": true, "datastore": true, "xmlnstbl": true, "filetbl": true, "revtbl": true, "mhtmltag": true,
	"bkmkstart": true, "bkmkend": true, "private": true, "latentstyles": true, "mmathPr": true, "ftnsep": true, "aftnsep": true,
}

func (r *reader) word(t token) {
	switch t.word {
	case "*":
		r.state.starred = r.state.first
		return
	case "bin":
		r.scanner.skip(t.argument)
		return
	case "ansicpg":
		if t.argument > 0 {
			r.page = t.argument
		}
		return
	case "mac":
		r.page = 10000
		return
	case "pc":
		r.page = 437
		return
	case "pca":
		r.page = 850
		return
	case "fonttbl":
		r.state.fonts, r.state.skipped = true, true
		return
	case "f":
		r.flush()
		r.state.font, r.defined = t.argument, t.argument
		return
	case "deff":
		r.state.font = t.argument
		return
	case "fcharset", "cpg":
		if r.state.fonts {
			r.define(t)
		}
		return
	case "uc":
		r.state.uc = max(0, min(t.argument, 100))
		return
	case "u":
		r.unicode(t.argument)
		return
	case "htmlrtf":
		r.flush()
		r.state.htmlrtf = !t.given || t.argument != 0
		return
	case "htmltag":
		r.flush()
		if r.html {
			r.state.htmltag, r.state.skipped = true, false
		} else {
			r.state.skipped = true
		}
		return
	case "plain":
		r.flush()
		return
	}
	if r.state.first && (silent[t.word] || r.state.starred) {
		r.state.skipped = true
		return
	}
	if r.html {
		if s, ok := pageCharacters[t.word]; ok && !(r.state.htmltag && (t.word == "par" || t.word == "tab")) {
			r.write(s)
			return
		}
		if r.state.htmltag {
			switch t.word {
			case "par":
				r.write("\r\n")
				return
			case "tab":
				r.write("\t")
				return
			}
		}
	}
	if s, ok := characters[t.word]; ok {
		r.write(s)
	}
}

// define notes the charset of a font.
func (r *reader) define(t token) {
	const most = 10_000
	if len(r.fonts) >= most {
		return
	}
	if t.word == "cpg" {
		r.fonts[r.defined] = t.argument
	} else if p, ok := charsetPages[t.argument]; ok {
		r.fonts[r.defined] = p
	} else if t.argument == 0 {
		r.fonts[r.defined] = 1252
	}
}

// unicode takes a \u character: a signed 16-bit number, half of a pair where it is
// a surrogate.
func (r *reader) unicode(n int) {
	if n < 0 {
		n += 1 << 16
	}
	c := rune(n)
	r.skip = 0
	switch {
	case utf16.IsSurrogate(c) && c < 0xdc00:
		r.flush()
		r.high = c
	case utf16.IsSurrogate(c):
		r.write(string(utf16.DecodeRune(r.high, c)))
		r.high = 0
	case c > 0 && c <= 0xffff:
		r.write(string(c))
	}
	r.skip = r.state.uc
}
