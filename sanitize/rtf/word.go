package rtf

// dest is a kind of destination: where the text of a group goes.
type dest uint8

const (
	destBody    dest = iota
	destSkip         // nowhere
	destFonts        // the font table: font names, not kept
	destHTML         // \*\htmltag
	destData         // \objdata: hex
	destPicture      // \pict: hex
	destField        // \fldinst
	destResult       // \fldrslt inside an instruction
	destGather       // a short text for the scan
	destThrough      // one whose text belongs to its parent
)

// destinations are the control words that open one, with or without \* before
// them. Any other word behind \* opens one that is skipped.
var destinations = map[string]dest{
	"fonttbl": destFonts, "htmltag": destHTML, "objdata": destData, "pict": destPicture, "fldinst": destField, "fldrslt": destResult,
	"template": destGather, "objclass": destGather, "objname": destGather, "hlsrc": destGather, "hlinkbase": destGather,

	"shpinst": destThrough, "shppict": destThrough, "do": destThrough, "dptxbxtext": destThrough, "shptxt": destThrough,
	"footnote": destThrough, "annotation": destThrough, "listtext": destThrough, "pntext": destThrough,
	"field": destThrough, "object": destThrough, "result": destThrough,

	"colortbl": destSkip, "stylesheet": destSkip, "info": destSkip, "nonshppict": destSkip, "shprslt": destSkip, "sp": destSkip,
	"ftnsep": destSkip, "ftnsepc": destSkip, "aftnsep": destSkip, "aftnsepc": destSkip, "pntxta": destSkip, "pntxtb": destSkip,
	"xe": destSkip, "tc": destSkip, "mhtmltag": destSkip, "objalias": destSkip, "objsect": destSkip,
}

// characters are the words that stand for one.
var characters = map[string]rune{
	"tab": '\t', "lquote": '‘', "rquote": '’', "ldblquote": '“', "rdblquote": '”', "bullet": '•', "endash": '–', "emdash": '—',
	"emspace": '\u2003', "enspace": '\u2002', "qmspace": '\u2005', "zwj": '\u200d', "zwnj": '\u200c', "zwbo": '\u200b', "ltrmark": '\u200e', "rtlmark": '\u200f',
}

// breaks are the words that end a line or a cell.
var breaks = map[string]byte{
	"par": '\n', "line": '\n', "sect": '\n', "page": '\n', "column": '\n', "row": '\n', "nestrow": '\n', "cell": '\t', "nestcell": '\t',
	"softline": '\n', "softpage": '\n', "lbr": '\n',
}

// word acts on a control word.
func (r *reader) word(t token) {
	star := r.star
	r.star = false
	if d := destinations[string(t.name)]; d != 0 {
		r.destination(d, string(t.name))
		return
	}
	switch string(t.name) {
	case "f":
		r.font(t.param)
	case "u":
		r.unicode(t.param)
	case "uc":
		r.cur.unicode = max(0, min(t.param, 64))
	case "htmlrtf":
		r.cur.htmlrtf = on(t)
	case "v":
		r.cur.hidden = on(t)
	case "plain":
		r.cur.font = -1
		r.cur.hidden = false
	case "fcharset":
		r.charset(t.param)
	case "cpg":
		if r.top().kind == destFonts {
			r.define(t.param)
		}
	case "deff":
		r.deff = t.param
	case "ansicpg":
		if codePages[t.param] != nil {
			r.ansi = t.param
		}
	case "mac":
		r.ansi = mac
	case "pc":
		r.ansi = dosUS
	case "pca":
		r.ansi = dosLatin
	case "fromhtml":
		r.fromHTML = r.fromHTML || on(t) && r.top().kind == destBody
	default:
		r.other(t, star)
	}
}

// other acts on a word that only stands for text, that the scan wants to know,
// or that nobody knows.
func (r *reader) other(t token, star bool) {
	if c, ok := characters[string(t.name)]; ok {
		r.char(c)
		return
	}
	if c, ok := breaks[string(t.name)]; ok {
		r.lineBreak(c)
		return
	}
	if r.scan != nil && r.scan.word(t) {
		return
	}
	if star {
		r.enter(destSkip, "")
	}
}

// on is the value of a toggling word: only 0 turns it off.
func on(t token) bool { return !t.has || t.param != 0 }

// destination enters one, unless the document is not read for it.
func (r *reader) destination(d dest, name string) {
	switch d {
	case destThrough:
		if r.scan != nil {
			r.scan.group(name)
		}
		return
	case destResult:
		// What a field shows is text of the document; inside an instruction it is
		// text of the instruction.
		if r.scan == nil || r.cur.field == 0 {
			return
		}
	case destField:
		r.cur.field++
	case destHTML:
		if r.mode != forHTML {
			d = destSkip
		}
	case destData, destPicture, destGather:
		if r.scan == nil {
			d = destSkip
		}
	}
	r.enter(d, name)
}

// font selects a font, or says which one the font table is about.
func (r *reader) font(n int32) {
	if r.top().kind == destFonts {
		r.defines = n
		return
	}
	r.cur.font = n
}

// charset is a font's \fcharset.
func (r *reader) charset(n int32) {
	if r.top().kind != destFonts {
		return
	}
	if cp, ok := charsets[n]; ok {
		r.define(cp)
	}
}

func (r *reader) define(cp int32) {
	if len(r.fonts) < maxFonts && codePages[cp] != nil {
		r.fonts[r.defines] = cp
	}
}

// lineBreak ends a line, as [MS-OXRTFEX] §2.2.3.2 has it for a page: CR LF.
func (r *reader) lineBreak(c byte) {
	if !r.wanted() {
		return
	}
	r.flush()
	if c == '\n' && r.mode == forHTML {
		r.emit([]byte("\r\n"))
		return
	}
	r.emit([]byte{c})
}

// symbol acts on a control symbol.
func (r *reader) symbol(c byte) {
	switch c {
	case '*':
		r.star = true
		return
	case '{', '}', '\\':
		r.text([]byte{c})
	case '~':
		r.char('\u00a0')
	case '_':
		r.char('\u2011') // a hyphen that does not break
	case '\r', '\n':
		r.lineBreak('\n')
	case '\t':
		r.char('\t')
	}
	r.star = false
}
