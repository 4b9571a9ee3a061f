package pdf

import "unicode/utf16"

// maxCodes bounds one map; a font has 65,536 glyphs at most.
const maxCodes = 1 << 17

// cmap is a map from codes to characters (§9.10.3) or to glyphs (§9.7.5.4).
type cmap struct {
	to     map[uint32]string
	spaces []codeSpace
}

// codeSpace is a range of codes of one size.
type codeSpace struct {
	size   int
	lo, hi uint32
}

// size is the size of the first code of s.
func (c cmap) size(s []byte) int {
	for _, space := range c.spaces {
		if len(s) >= space.size {
			if n := uint32(bigEndian(s[:space.size])); n >= space.lo && n <= space.hi {
				return space.size
			}
		}
	}
	if len(c.spaces) > 0 {
		return c.spaces[0].size
	}
	return 2
}

// unicodeMap reads bfchar, bfrange and the code spaces.
func (r *reader) unicodeMap(b []byte) cmap {
	const mostSpaces = 100
	c := cmap{to: map[uint32]string{}}
	p := parser{b: b, most: 4}
	var operands []value
	code := func(v value) (n uint32, size int) {
		s, _ := v.(str)
		if len(s) > 4 {
			return 0, 0
		}
		return uint32(bigEndian(s)), len(s)
	}
	for p.i < len(b) {
		before := p.i
		v := p.value(0)
		if !r.spend(p.i - before) {
			break
		}
		k, ok := v.(keyword)
		if !ok {
			if len(operands) < 3*maxItems {
				operands = append(operands, v)
			}
			continue
		}
		switch k {
		case "endcodespacerange":
			for i := 0; i+1 < len(operands) && len(c.spaces) < mostSpaces; i += 2 {
				lo, size := code(operands[i])
				if hi, size2 := code(operands[i+1]); size > 0 && size == size2 {
					c.spaces = append(c.spaces, codeSpace{size, lo, hi})
				}
			}
		case "endbfchar":
			for i := 0; i+1 < len(operands) && len(c.to) < maxCodes; i += 2 {
				if n, size := code(operands[i]); size > 0 {
					if s, ok := operands[i+1].(str); ok {
						c.to[n] = utf16BE(s)
					}
				}
			}
		case "endbfrange":
			for i := 0; i+2 < len(operands); i += 3 {
				lo, size1 := code(operands[i])
				hi, size2 := code(operands[i+1])
				if size1 > 0 && size2 > 0 && hi >= lo && hi-lo <= 0xffff && r.spend(int(hi-lo)) {
					c.addRange(lo, hi, operands[i+2])
				}
			}
		case end:
			return c
		}
		operands = operands[:0]
	}
	return c
}

func (c cmap) addRange(lo, hi uint32, to value) {
	for n := lo; n <= hi && len(c.to) < maxCodes; n++ {
		switch to := to.(type) {
		case array:
			if int(n-lo) >= len(to) {
				return
			}
			if s, ok := to[n-lo].(str); ok {
				c.to[n] = utf16BE(s)
			}
		case str:
			c.to[n] = shifted(to, n-lo)
		}
	}
}

func utf16BE(b []byte) string {
	const most = 64
	if len(b) == 1 {
		return string(rune(b[0]))
	}
	b = b[:min(len(b), most)]
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		if u := uint16(b[i])<<8 | uint16(b[i+1]); u != 0 {
			units = append(units, u)
		}
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
