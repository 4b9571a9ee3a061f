package pdf

// lzw is the LZW of TIFF and PDF (§7.4.4): codes of 9 to 12 bits, highest bit
// first.
func (r *reader) lzw(b []byte, early int) []byte {
	type entry struct {
		prefix int32
		last   byte
		length int32
	}
	table := make([]entry, 258, 4096)
	for i := range 256 {
		table[i] = entry{-1, byte(i), 1}
	}
	room := r.room()
	var out, word []byte
	spell := func(code int) []byte {
		n := int(table[code].length)
		if cap(word) < n {
			word = make([]byte, n)
		}
		word = word[:n]
		for i, c := n-1, code; i >= 0 && c >= 0; i-- {
			word[i] = table[c].last
			c = int(table[c].prefix)
		}
		return word
	}
	width, previous := 9, -1
	acc, bits := uint32(0), 0
	for _, c := range b {
		acc = acc<<8 | uint32(c)
		bits += 8
		if bits < width {
			continue
		}
		bits -= width
		code := int(acc >> bits & (1<<width - 1))
		acc &= 1<<bits - 1
		switch {
		case code == 257 || len(out) > room:
			return r.took(out)
		case code == 256:
			table, width, previous = table[:258], 9, -1
			continue
		case previous < 0:
			if code > 255 {
				return r.took(out)
			}
			out = append(out, byte(code))
		case code < len(table):
			w := spell(code)
			out = append(out, w...)
			if len(table) < 4096 {
				table = append(table, entry{int32(previous), w[0], table[previous].length + 1})
			}
		case code == len(table) && len(table) < 4096:
			w := spell(previous)
			table = append(table, entry{int32(previous), w[0], table[previous].length + 1})
			out = append(out, spell(code)...)
		default:
			return r.took(out)
		}
		previous = code
		for width < 12 && len(table)+early >= 1<<width {
			width++
		}
	}
	return r.took(out)
}
