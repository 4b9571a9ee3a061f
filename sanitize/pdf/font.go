package pdf

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
)

// font is how the codes of a shown string become characters (§9.10).
type font struct {
	codes map[uint32]string // of a ToUnicode map, nil without one
	wide  bool              // codes have two bytes
	jis   bool              // codes are Shift_JIS (90ms-RKSJ-H)
	ucs2  bool              // codes are UTF-16 (UniJIS-UTF16-H)
	blind bool              // glyph numbers of a font that says nothing of characters
}

// maxCodes bounds one map; a font has 65,536 glyphs at most.
const maxCodes = 1 << 17

func (r *reader) font(d dict, known map[*object]*font) *font {
	f := &font{}
	encoding, _ := r.resolve(d["Encoding"]).(name)
	if d["Subtype"] == name("Type0") {
		f.wide = true
		switch e := string(encoding); {
		case strings.Contains(e, "RKSJ"):
			f.jis, f.wide = true, false
		case strings.Contains(e, "UTF16") || strings.Contains(e, "UCS2"):
			f.ucs2 = true
		default:
			f.blind = true
		}
	}
	if o := r.object(d["ToUnicode"]); o != nil && !r.locked {
		if have := known[o]; have != nil {
			return have
		}
		f.codes, f.wide = r.unicodeMap(r.data(o), f.wide)
		known[o] = f
	}
	return f
}

// unicodeMap reads a ToUnicode CMap (§9.10.3): bfchar and bfrange.
func (r *reader) unicodeMap(b []byte, wide bool) (codes map[uint32]string, twoBytes bool) {
	codes = map[uint32]string{}
	p := parser{b: b, most: 4}
	var operands []value
	code := func(v value) (uint32, bool) {
		s, ok := v.(str)
		if !ok || len(s) == 0 || len(s) > 4 {
			return 0, false
		}
		if len(s) == 2 {
			wide = true
		}
		n := uint32(0)
		for _, c := range s {
			n = n<<8 | uint32(c)
		}
		return n, true
	}
	for p.i < len(b) && r.work > 0 {
		before := p.i
		v := p.value(0)
		r.work -= p.i - before
		k, ok := v.(keyword)
		if !ok {
			if len(operands) < 3*maxItems {
				operands = append(operands, v)
			}
			continue
		}
		switch k {
		case "endbfchar":
			for i := 0; i+1 < len(operands) && len(codes) < maxCodes; i += 2 {
				if n, ok := code(operands[i]); ok {
					if s, ok := operands[i+1].(str); ok {
						codes[n] = utf16BE(s)
					}
				}
			}
		case "endbfrange":
			for i := 0; i+2 < len(operands); i += 3 {
				lo, ok1 := code(operands[i])
				hi, ok2 := code(operands[i+1])
				if !ok1 || !ok2 || hi < lo || hi-lo > 0xffff {
					continue
				}
				for n := lo; n <= hi && len(codes) < maxCodes; n++ {
					switch to := operands[i+2].(type) {
					case array:
						if j := int(n - lo); j < len(to) {
							if s, ok := to[j].(str); ok {
								codes[n] = utf16BE(s)
							}
						}
					case str:
						codes[n] = shifted(to, n-lo)
					}
				}
			}
		case end:
			return codes, wide
		}
		operands = operands[:0]
	}
	return codes, wide
}

func utf16BE(b []byte) string {
	if len(b) == 1 {
		return string(rune(b[0]))
	}
	if len(b) > 64 {
		b = b[:64]
	}
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		units = append(units, uint16(b[i])<<8|uint16(b[i+1]))
	}
	return string(utf16.Decode(units))
}

// shifted is the text of a range's first code, its last unit raised by n.
func shifted(first []byte, n uint32) string {
	b := append([]byte{}, first[:min(len(first), 64)]...)
	for i := len(b) - 1; i >= 0 && n > 0; i-- {
		n += uint32(b[i])
		b[i] = byte(n)
		n >>= 8
	}
	return utf16BE(b)
}

// text is what a shown string says.
func (f *font) text(s []byte) string {
	switch {
	case f == nil:
		return simple(s)
	case f.codes != nil:
		var b strings.Builder
		step := 1
		if f.wide {
			step = 2
		}
		for i := 0; i+step <= len(s); i += step {
			n := uint32(s[i])
			if f.wide {
				n = n<<8 | uint32(s[i+1])
			}
			if t, ok := f.codes[n]; ok {
				b.WriteString(t)
			} else if !f.wide {
				b.WriteString(simple(s[i : i+1]))
			}
		}
		return b.String()
	case f.jis:
		if out, err := japanese.ShiftJIS.NewDecoder().Bytes(s); err == nil {
			return string(out)
		}
	case f.ucs2:
		if out, err := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder().Bytes(s); err == nil {
			return string(out)
		}
	case f.blind:
		return ""
	}
	return simple(s)
}

// simple reads a string of a font with one of the standard encodings.
func simple(s []byte) string {
	ascii := true
	for _, c := range s {
		ascii = ascii && c >= ' ' && c < 0x7f
	}
	if ascii {
		return string(s)
	}
	out, err := charmap.Windows1252.NewDecoder().Bytes(s)
	if err != nil || !utf8.Valid(out) {
		return ""
	}
	return string(out)
}
