package pdf

import (
	"bytes"
	"cmp"
	"compress/flate"
	"compress/zlib"
	"io"
)

// maxFilters bounds the filters of one stream.
const maxFilters = 8

// data is a stream with its encryption and its filters undone, as far as they are
// no picture formats.
func (r *reader) data(o *object) []byte {
	if o.done {
		return o.plain
	}
	o.done = true
	d := o.dict()
	filters, params := r.filters(d)
	switch {
	case r.locked:
		// What inflates although it should be encrypted is not, whatever is said of
		// it: nobody would be asked for a password.
		if len(filters) > 0 && filters[0] == "FlateDecode" && inflates(o.stream) {
			o.plain = r.unfilter(o.stream, filters, params)
		}
	case r.key != nil && !o.packed && d["Type"] != name("XRef") && !r.key.leaves(r, d, filters, params):
		b := r.key.stream(o.ref, o.stream)
		if len(filters) > 0 && filters[0] == "FlateDecode" && !inflates(b) && inflates(o.stream) {
			b = o.stream
		}
		o.plain = r.unfilter(b, filters, params)
	default:
		o.plain = r.unfilter(o.stream, filters, params)
	}
	return o.plain
}

// inflates is true where b begins like the output of a compressor.
func inflates(b []byte) bool {
	z, err := zlib.NewReader(bytes.NewReader(b))
	if err != nil {
		return false
	}
	n, err := io.ReadFull(z, make([]byte, 64))
	return n > 0 && (err == nil || err == io.ErrUnexpectedEOF)
}

func (r *reader) unfilter(b []byte, filters []name, params []dict) []byte {
	for i, f := range filters {
		out, ok := r.undo(f, params[i], b)
		if !ok {
			break
		}
		b = out
	}
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
		n = cmp.Or(shortFilters[n], n)
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
		return r.took(base85(b, r.room())), true
	case "RunLengthDecode":
		return r.took(runLength(b, r.room())), true
	case "Crypt":
		return b, true
	}
	return b, false
}

// room is how much may be decoded from one stream.
func (r *reader) room() int { return min(r.left, r.limits.StreamBytes) }

// took counts what was decoded. Whoever decodes stops one byte past the room there
// is, so that it is told when there was more.
func (r *reader) took(b []byte) []byte {
	if room := r.room(); len(b) > room {
		b = b[:room]
		r.problem(ProblemLimit, "more is compressed than is read")
	}
	r.left -= len(b)
	r.work += 2 * len(b)
	return b
}

// inflate keeps what comes out before an error: checksums are often wrong and ends
// cut off. Where nothing comes out, the wrapper is taken for missing or broken.
func (r *reader) inflate(b []byte) []byte {
	read := func(z io.Reader) []byte {
		out, _ := io.ReadAll(io.LimitReader(z, int64(r.room())+1)) // the error says no more than the length does
		return out
	}
	for range 2 { // some writers put an end of line too many behind "stream"
		if z, err := zlib.NewReader(bytes.NewReader(b)); err == nil {
			if out := read(z); len(out) > 0 {
				return r.took(out)
			}
		}
		if len(b) == 0 || !isSpace(b[0]) {
			break
		}
		b = bytes.TrimLeft(b, "\r\n")
	}
	if len(b) > 2 {
		if out := read(flate.NewReader(bytes.NewReader(b[2:]))); len(out) > 0 {
			return r.took(out)
		}
	}
	return r.took(read(flate.NewReader(bytes.NewReader(b))))
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
