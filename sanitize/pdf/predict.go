package pdf

// predict undoes a predictor (§7.4.4.4): those of PNG, and TIFF's.
func (r *reader) predict(p dict, b []byte) []byte {
	kind, _ := r.number(p["Predictor"])
	if kind < 2 {
		return b
	}
	get := func(k name, otherwise int) int {
		if n, ok := r.number(p[k]); ok && n > 0 {
			return min(n, 1<<20)
		}
		return otherwise
	}
	colors, bits, columns := get("Colors", 1), get("BitsPerComponent", 8), get("Columns", 1)
	if colors > 64 || bits != 1 && bits != 2 && bits != 4 && bits != 8 && bits != 16 {
		return b
	}
	row, step := min(len(b), (colors*bits*columns+7)/8), max(1, colors*bits/8)
	if kind == 2 {
		for rest := b; len(rest) > 0; rest = rest[min(row, len(rest)):] {
			differences(rest[:min(row, len(rest))], colors, bits)
		}
		return b
	}
	out := make([]byte, 0, len(b))
	above, line := make([]byte, row), make([]byte, row)
	for len(b) > 1 {
		filter := b[0]
		n := copy(line, b[1:])
		clear(line[n:])
		b = b[1+n:]
		for i := range line {
			var left, up, corner byte
			if i >= step {
				left, corner = line[i-step], above[i-step]
			}
			up = above[i]
			switch filter {
			case 1:
				line[i] += left
			case 2:
				line[i] += up
			case 3:
				line[i] += byte((int(left) + int(up)) / 2)
			case 4:
				line[i] += paeth(left, up, corner)
			}
		}
		out = append(out, line[:n]...)
		above, line = line, above
	}
	return out
}

// differences undoes TIFF's predictor on one row: each sample is told as what it
// adds to the one before.
func differences(row []byte, colors, bits int) {
	switch bits {
	case 8:
		for i := colors; i < len(row); i++ {
			row[i] += row[i-colors]
		}
	case 16:
		for i := 2 * colors; i+1 < len(row); i += 2 {
			n := uint16(row[i])<<8 | uint16(row[i+1])
			n += uint16(row[i-2*colors])<<8 | uint16(row[i-2*colors+1])
			row[i], row[i+1] = byte(n>>8), byte(n)
		}
	default:
		mask := byte(1<<bits - 1)
		at := func(i int) (int, int) { return i * bits / 8, 8 - bits - i*bits%8 }
		for i := colors; (i+1)*bits <= 8*len(row); i++ {
			b, shift := at(i)
			before, by := at(i - colors)
			n := (row[b]>>shift + row[before]>>by) & mask
			row[b] = row[b]&^(mask<<shift) | n<<shift
		}
	}
}

func paeth(a, b, c byte) byte {
	p := int(a) + int(b) - int(c)
	pa, pb, pc := abs(p-int(a)), abs(p-int(b)), abs(p-int(c))
	switch {
	case pa <= pb && pa <= pc:
		return a
	case pb <= pc:
		return b
	}
	return c
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
