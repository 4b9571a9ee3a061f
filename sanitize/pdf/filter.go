package pdf

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"io"

	"golang.org/x/image/ccitt"
)

// maxFilters bounds the filters of one stream.
const maxFilters = 8

// data is a stream with its encryption and its filters undone, as far as they are
// no picture formats; see pictureFilter.
func (r *reader) data(o *object) []byte {
	if o.done {
		return o.plain
	}
	o.done = true
	b := o.stream
	if r.key != nil && !o.packed {
		b = r.key.stream(o, b)
	}
	d, _ := o.value.(dict)
	filters, params := r.filters(d)
	for i, f := range filters {
		out, ok := r.undo(f, params[i], b)
		if !ok {
			break
		}
		b = out
	}
	o.plain = b
	return b
}

// filters are the names of a stream's filters, in full, and their parameters.
func (r *reader) filters(d dict) (names []name, params []dict) {
	list := func(keys ...name) array {
		for _, k := range keys {
			switch v := r.resolve(d[k]).(type) {
			case array:
				return v
			case nil:
			default:
				return array{v}
			}
		}
		return nil
	}
	given := list("DecodeParms", "DP")
	for i, v := range list("Filter", "F") {
		n, ok := r.resolve(v).(name)
		if !ok || i >= maxFilters {
			break
		}
		if full, short := shortFilters[n]; short {
			n = full
		}
		var p dict
		if i < len(given) {
			p = r.dict(given[i])
		}
		names, params = append(names, n), append(params, p)
	}
	return names, params
}

var shortFilters = map[name]name{
	"Fl": "FlateDecode", "LZW": "LZWDecode", "AHx": "ASCIIHexDecode", "A85": "ASCII85Decode", "RL": "RunLengthDecode",
	"DCT": "DCTDecode", "CCF": "CCITTFaxDecode",
}

// undo undoes one filter; ok is false for those of pictures.
func (r *reader) undo(f name, p dict, b []byte) (out []byte, ok bool) {
	switch f {
	case "FlateDecode":
		return r.predict(p, r.inflate(b)), true
	case "LZWDecode":
		early := 1
		if n, given := r.number(p["EarlyChange"]); given {
			early = n
		}
		return r.predict(p, r.lzw(b, early)), true
	case "ASCIIHexDecode":
		in := parser{b: append([]byte("<"), b...)}
		s, _ := in.hex().(str)
		return r.took(s), true
	case "ASCII85Decode":
		return r.took(base85(b, r.left)), true
	case "RunLengthDecode":
		return r.took(runLength(b, r.left)), true
	case "Crypt":
		return b, true
	}
	return b, false
}

// took counts what was decoded.
func (r *reader) took(b []byte) []byte {
	if len(b) > r.left {
		b = b[:r.left]
		r.problem(ProblemLimit, "more is compressed than is read")
	}
	r.left -= len(b)
	return b
}

// inflate keeps what comes out before an error: checksums are often wrong and ends
// cut off.
func (r *reader) inflate(b []byte) []byte {
	read := func(z io.Reader) []byte {
		out, _ := io.ReadAll(io.LimitReader(z, int64(r.left)+1))
		return out
	}
	if z, err := zlib.NewReader(bytes.NewReader(b)); err == nil {
		return r.took(read(z))
	}
	if len(b) > 2 {
		if out := read(flate.NewReader(bytes.NewReader(b[2:]))); len(out) > 0 {
			return r.took(out)
		}
	}
	return r.took(read(flate.NewReader(bytes.NewReader(b))))
}

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
		case code == 257 || len(out) > r.left:
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

func base85(b []byte, limit int) []byte {
	var out []byte
	var acc uint32
	n := 0
	b = bytes.TrimPrefix(bytes.TrimLeft(b, " \t\r\n\x00\f"), []byte("<~"))
	for _, c := range b {
		switch {
		case len(out) > limit || c == '~':
			goto rest
		case c == 'z' && n == 0:
			out = append(out, 0, 0, 0, 0)
			continue
		case c < '!' || c > 'u':
			continue
		}
		acc = acc*85 + uint32(c-'!')
		if n++; n == 5 {
			out = append(out, byte(acc>>24), byte(acc>>16), byte(acc>>8), byte(acc))
			acc, n = 0, 0
		}
	}
rest:
	if n > 1 {
		for i := n; i < 5; i++ {
			acc = acc*85 + 84
		}
		out = append(out, []byte{byte(acc >> 24), byte(acc >> 16), byte(acc >> 8)}[:n-1]...)
	}
	return out
}

func runLength(b []byte, limit int) []byte {
	var out []byte
	for i := 0; i < len(b) && len(out) <= limit; {
		n := int(b[i])
		i++
		switch {
		case n == 128:
			return out
		case n < 128:
			n = min(n+1, len(b)-i)
			out = append(out, b[i:i+n]...)
			i += n
		case i < len(b):
			out = append(out, bytes.Repeat(b[i:i+1], 257-n)...)
			i++
		}
	}
	return out
}

// predict undoes a predictor (§7.4.4.4): those of PNG and TIFF's for whole bytes.
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
	if bits > 16 || colors > 64 {
		return b
	}
	row, step := (colors*bits*columns+7)/8, max(1, colors*bits/8)
	if kind == 2 {
		if bits != 8 {
			return b
		}
		for start := 0; start+row <= len(b); start += row {
			for i := start + step; i < start+row; i++ {
				b[i] += b[i-step]
			}
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

// fax undoes CCITT's fax encoding, the one of scanned pages: 0 is black, a bit
// each, rows padded to bytes.
func fax(b []byte, columns, rows, k int, black1, align bool, limit int) []byte {
	mode := ccitt.Group3
	if k < 0 {
		mode = ccitt.Group4
	}
	height := rows
	if height <= 0 {
		height = ccitt.AutoDetectHeight
	}
	z := ccitt.NewReader(bytes.NewReader(b), ccitt.MSB, mode, columns, height, &ccitt.Options{Align: align, Invert: black1})
	out, _ := io.ReadAll(io.LimitReader(z, int64(limit)))
	return out
}
