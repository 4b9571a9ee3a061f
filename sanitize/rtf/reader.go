package rtf

import (
	"unicode/utf16"
	"unicode/utf8"
)

// Bounds of the reader's own state. Real documents nest some dozen groups and
// have some hundred fonts.
const (
	maxDepth = 4000
	maxFonts = 10000
)

// mode says what a document is read for.
type mode uint8

const (
	forText mode = iota // what a person reads
	forHTML             // the encapsulated page
	forScan             // links and objects; no text
)

// group is the state that a brace saves and its partner restores.
type group struct {
	frame   int   // where text goes: an index into reader.frames
	font    int32 // \f
	unicode int32 // \uc: fallback characters behind a \u
	htmlrtf bool  // inside \htmlrtf: not of the page
	hidden  bool  // \v
	field   int   // fields open around it
}

// frame is one open destination and what was gathered for it.
type frame struct {
	kind  dest
	name  string // the control word that opened it
	buf   []byte
	half  byte // objdata: a hex digit that waits for its partner, plus one
	quote bool // field instruction: the last field inside it was a QUOTE
}

// reader walks a document once. It keeps its groups on a slice: depth costs
// memory up to maxDepth, and beyond it only a counter.
type reader struct {
	lexer
	mode   mode
	limit  int // bytes of body, 0 for none
	cur    group
	groups []group
	beyond int // groups open past maxDepth
	frames []frame
	star   bool // \* was read: the next word opens a destination

	ansi    int32 // the document's code page
	deff    int32
	fonts   map[int32]int32 // \f to a code page
	defines int32           // the font that the font table is about

	pending   []byte // bytes not yet decoded, all of code page pendingCP
	pendingCP int32
	skip      int32 // fallback characters still to pass over
	high      rune  // a high surrogate that waits for its partner

	fromHTML bool
	scan     *scan
	deep     bool // maxDepth was hit
	ended    bool // the document's own group is closed
}

func newReader(doc []byte, m mode, limit int) *reader {
	return &reader{
		lexer:  lexer{b: doc},
		mode:   m,
		limit:  max(limit, 0),
		cur:    group{unicode: 1, font: -1},
		frames: make([]frame, 1, 8), // frames[0] is the body
		ansi:   latin1,
		deff:   -1,
		fonts:  map[int32]int32{},
	}
}

// run reads the whole document, or as much as fills the limit.
func (r *reader) run() {
	for {
		t := r.next()
		if t.kind == tokenEnd {
			break
		}
		if r.skip > 0 && r.passOver(&t) {
			continue
		}
		switch t.kind {
		case tokenOpen:
			r.open()
		case tokenClose:
			r.close()
		case tokenWord:
			r.word(t)
		case tokenSymbol:
			r.symbol(t.c)
		case tokenHex:
			if t.has {
				r.escaped(t.c)
			}
		case tokenText:
			r.text(t.data)
		case tokenBinary:
			r.binary(t.data)
		}
		if r.mode != forScan && (r.ended || len(r.frames[0].buf) >= r.limit) {
			break
		}
	}
	r.flush()
	for len(r.frames) > 1 { // a document cut off: what is open ends here
		r.finish()
	}
}

// passOver takes the fallback behind a \u out of t: each byte, escape or control
// word is one character (RTF 1.9.1, "Unicode RTF"). It is false when something
// of t is left.
func (r *reader) passOver(t *token) bool {
	switch t.kind {
	case tokenOpen, tokenClose:
		r.skip = 0
		return false
	case tokenWord:
		// A writer that leaves the fallback out, against its own \uc, must not
		// lose us the next character or the document's structure.
		if string(t.name) == "u" || destinations[string(t.name)] != 0 {
			r.skip = 0
			return false
		}
	case tokenSymbol:
		if t.c == '*' {
			r.skip = 0
			return false
		}
	case tokenText:
		n := min(int(r.skip), len(t.data))
		r.skip -= int32(n)
		t.data = t.data[n:]
		return len(t.data) == 0
	}
	r.skip--
	return true
}

func (r *reader) open() {
	r.star = false
	if len(r.groups) >= maxDepth {
		r.beyond++
		r.deep = true
		return
	}
	r.groups = append(r.groups, r.cur)
}

func (r *reader) close() {
	r.star = false
	if r.beyond > 0 {
		r.beyond--
		return
	}
	n := len(r.groups) - 1
	if n < 0 {
		return
	}
	outer := r.groups[n]
	for len(r.frames)-1 > outer.frame {
		r.finish()
	}
	r.groups, r.cur = r.groups[:n], outer
	r.ended = n == 0 // Word ends here; the scan reads on
}

// enter opens a destination that lasts to the end of the group.
func (r *reader) enter(kind dest, name string) {
	if len(r.frames) > maxDepth {
		r.deep = true
		return
	}
	r.flush()
	r.frames = append(r.frames, frame{kind: kind, name: name})
	r.cur.frame = len(r.frames) - 1
}

// finish closes the innermost destination.
func (r *reader) finish() {
	r.flush()
	n := len(r.frames) - 1
	f := r.frames[n]
	r.frames = r.frames[:n]
	r.cur.frame = min(r.cur.frame, n-1)
	switch {
	case r.scan != nil:
		r.scan.finish(r, f)
	case f.kind == destHTML:
		r.frames[0].buf = append(r.frames[0].buf, f.buf...)
	}
}

// top is the destination that text goes to.
func (r *reader) top() *frame { return &r.frames[r.cur.frame] }

// wanted is true when text at this place goes anywhere.
func (r *reader) wanted() bool {
	switch r.top().kind {
	case destBody:
		switch r.mode {
		case forHTML:
			return !r.cur.htmlrtf && len(r.groups) > 0
		case forText:
			return !r.cur.hidden && len(r.groups) > 0
		}
		return false
	case destHTML:
		return r.mode == forHTML && !r.cur.htmlrtf
	case destField, destResult, destGather:
		return r.scan != nil
	}
	return false
}

// text takes plain bytes of the document.
func (r *reader) text(b []byte) {
	r.star = false
	switch r.top().kind {
	case destData, destPicture:
		r.hex(b)
		return
	}
	if !r.wanted() {
		return
	}
	cp := r.codePage()
	if len(r.pending) == 0 && ascii(b) {
		// An ASCII byte alone is never the first of a two-byte character.
		r.endSurrogate()
		r.emit(b)
		return
	}
	r.hold(b, cp)
}

// escaped takes a \'xx.
func (r *reader) escaped(c byte) {
	r.star = false
	if !r.wanted() { // so does Word inside the hex of an object
		return
	}
	r.hold([]byte{c}, r.codePage())
}

// hold keeps bytes back until their neighbours are known: a two-byte character
// may be half escaped and half plain.
func (r *reader) hold(b []byte, cp int32) {
	r.endSurrogate()
	if cp != r.pendingCP {
		r.flush()
		r.pendingCP = cp
	}
	r.pending = append(r.pending, b...)
}

// codePage is the one of text at this place.
func (r *reader) codePage() int32 {
	// [MS-OXRTFEX] §2.2.3.2: escapes inside HTMLTAG are of the default code page.
	if r.top().kind == destHTML || r.top().kind == destGather {
		return r.ansi
	}
	font := r.cur.font
	if font < 0 {
		font = r.deff
	}
	if cp, ok := r.fonts[font]; ok {
		return cp
	}
	return r.ansi
}

// flush decodes what is pending into the destination.
func (r *reader) flush() {
	if len(r.pending) > 0 {
		cp := r.pendingCP
		switch {
		case cp == latin1 && doubleByte(r.ansi) && speaksFor(r.pending, r.ansi):
			cp = r.ansi // careless writers of Asian text use fonts that claim to be Western
		case cp == utf8Page && !utf8.Valid(r.pending):
			cp = latin1 // others declare UTF-8 and escape a single \'a0
		}
		f := r.top()
		f.buf = appendDecoded(f.buf, r.pending, cp)
		r.pending = r.pending[:0]
	}
	r.endSurrogate()
}

// endSurrogate tells a high surrogate that found no partner.
func (r *reader) endSurrogate() {
	if r.high != 0 {
		r.high = 0
		r.emit([]byte(string(utf8.RuneError)))
	}
}

// emit appends UTF-8 to the destination.
func (r *reader) emit(b []byte) {
	f := r.top()
	f.buf = append(f.buf, b...)
}

// char takes a character that the document names.
func (r *reader) char(c rune) {
	if !r.wanted() {
		return
	}
	r.flush()
	f := r.top()
	f.buf = utf8.AppendRune(f.buf, c)
}

// unicode takes a \uN, whose number is a signed UTF-16 unit; exploit documents
// add any multiple of 65,536.
func (r *reader) unicode(n int32) {
	r.skip = r.cur.unicode
	if !r.wanted() {
		return
	}
	c := rune(uint16(n))
	switch {
	case c >= 0xd800 && c < 0xdc00:
		r.flush()
		r.high = c
	case c >= 0xdc00 && c < 0xe000 && r.high != 0:
		c = utf16.DecodeRune(r.high, c)
		r.high = 0
		r.char(c)
	case c >= 0xf020 && c < 0xf100:
		r.char(c - 0xf000) // a symbol font's character: its place in the font says more
	default:
		r.char(c)
	}
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
