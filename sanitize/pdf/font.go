package pdf

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
)

// font is how the codes of a shown string become characters, and how wide they are
// (§9.6 to §9.10).
type font struct {
	codes    map[uint32]string // of a ToUnicode map, nil without one
	simple   *[256]string      // of a font whose codes are single bytes
	size     func([]byte) int  // of the first code; nil: one byte
	charset  encoding.Encoding // of the codes of a CJK font, or
	cids     *collection       // what they number, or
	blind    bool              // nothing says which characters they mean
	vertical bool

	widths map[uint32]float64 // thousandths of an em
	usual  float64            // width of the others, 0 where nothing says
	known  map[uint32]string  // characters of charset that were looked up
}

// noFont is for text before any font is chosen, or in one that is not there.
var noFont = &font{simple: &winAnsi}

func (r *reader) font(d dict) *font {
	f := &font{widths: map[uint32]float64{}, known: map[uint32]string{}}
	if o := r.object(d["ToUnicode"]); o != nil {
		f.codes = r.unicodeMap(r.data(o)).to
	}
	if r.name(d["Subtype"]) == "Type0" {
		r.composite(f, d)
		return f
	}
	f.simple = r.simpleEncoding(d)
	first, _ := r.number(d["FirstChar"])
	list, _ := r.resolve(d["Widths"]).(array)
	if !r.spend(len(list)) { // many pages may have the same list
		return f
	}
	scale := 1.0
	if m, ok := r.resolve(d["FontMatrix"]).(array); ok && len(m) == 6 { // of a Type 3 font, whose widths are in its own units
		scale = r.real(m[0]) * 1000
	}
	for i, w := range list {
		if code := first + i; code >= 0 && code < 256 {
			f.widths[uint32(code)] = r.real(w) * scale
		}
	}
	f.usual = r.real(r.dict(d["FontDescriptor"])["MissingWidth"])
	if len(list) == 0 {
		f.standardWidths(string(r.name(d["BaseFont"])))
	}
	return f
}

// composite sets up a font of many characters (§9.7).
func (r *reader) composite(f *font, d dict) {
	below, _ := r.resolve(d["DescendantFonts"]).(array)
	var cid dict
	if len(below) > 0 {
		cid = r.dict(below[0])
	}
	f.usual = 1000
	if w, ok := r.resolve(cid["DW"]).(float64); ok {
		f.usual = w
	}
	f.size = two
	n := string(r.name(d["Encoding"]))
	f.vertical = strings.HasSuffix(n, "-V") || n == "V"
	if o := r.object(d["Encoding"]); o != nil { // a map of its own
		own := r.unicodeMap(r.data(o))
		f.size = own.size
		f.vertical = r.real(o.dict()["WMode"]) == 1
		n = string(r.name(o.dict()["UseCMap"]))
	}
	if c := predefined(n); c != nil {
		f.charset, f.size = c.charset, c.size
		return // their widths are by glyph, which only the tables of Adobe tell
	}
	r.cidWidths(f, cid["W"])
	f.cids = collections[string(r.bytes(r.dict(cid["CIDSystemInfo"])["Ordering"]))]
	f.blind = f.codes == nil && f.cids == nil
}

// cidWidths reads "c [w …]" and "first last w" (§9.7.4.3).
func (r *reader) cidWidths(f *font, v value) {
	const most = 1 << 16
	list, _ := r.resolve(v).(array)
	for i := 0; i+1 < len(list) && r.spend(1); {
		first, ok := r.number(list[i])
		if !ok || first < 0 {
			return
		}
		if each, ok := r.resolve(list[i+1]).(array); ok {
			for k, w := range each {
				if r.spend(1) && len(f.widths) < most {
					f.widths[uint32(first+k)] = r.real(w)
				}
			}
			i += 2
			continue
		}
		last, ok := r.number(list[i+1])
		if !ok || i+2 >= len(list) {
			return
		}
		for c := first; c <= min(last, first+most) && len(f.widths) < most && r.spend(1); c++ {
			f.widths[uint32(c)] = r.real(list[i+2])
		}
		i += 3
	}
}

// glyph is one code of a shown string.
type glyph struct {
	code  uint32
	bytes int
	text  string
	width float64 // thousandths of an em
	sure  bool    // the font says the width
}

// next reads the first code of s, which is not empty.
func (f *font) next(s []byte) glyph {
	g := glyph{bytes: 1}
	if f.size != nil {
		g.bytes = max(1, min(f.size(s), len(s)))
	}
	g.code = uint32(bigEndian(s[:min(4, g.bytes)]))
	g.text = f.char(g.code, s[:g.bytes])
	if g.width, g.sure = f.widths[g.code]; !g.sure {
		g.width, g.sure = f.usual, f.usual > 0 && f.charset == nil
	}
	if !g.sure {
		g.width = guessWidth(g.text)
	}
	return g
}

// char is what a code says: by the font's own map, else by its encoding.
func (f *font) char(code uint32, s []byte) string {
	if t, ok := f.codes[code]; ok {
		return t
	}
	switch {
	case f.simple != nil:
		return f.simple[s[0]]
	case f.charset != nil:
		if t, ok := f.known[code]; ok {
			return t
		}
		out, err := f.charset.NewDecoder().Bytes(spelled(s, f.charset))
		t := string(out)
		if err != nil || strings.ContainsRune(t, utf8.RuneError) {
			t = ""
		}
		f.known[code] = t
		return t
	case f.cids != nil:
		return f.cids.char(code)
	}
	return ""
}
