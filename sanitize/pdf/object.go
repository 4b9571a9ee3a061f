package pdf

import (
	"bytes"
	"strconv"
)

// object is one revision of an indirect object.
type object struct {
	ref
	value  value
	stream []byte // as it lies in the file; nil without a stream
	packed bool   // it came out of an object stream, and so out of its encryption
	plain  []byte // stream with its filters undone
	done   bool   // plain is set
}

// reader reads one file.
type reader struct {
	b       []byte
	limits  Limits
	left    int // bytes that may still be decoded
	work    int // bytes that may still be parsed
	objects []*object
	latest  map[int]*object
	trailer []dict
	key     *fileKey // nil: not encrypted
	locked  bool     // encrypted, and no password fits

	f         Findings
	seenLinks map[Link]bool
	told      map[Problem]bool
	notes     map[string]bool
	text      []byte
}

func (r *reader) problem(code, detail string) {
	p := Problem{code, detail}
	if !r.told[p] {
		r.told[p] = true
		r.f.Problems = append(r.f.Problems, p)
	}
}

// findObjects looks for "1 0 obj" all over the file, and for trailers.
func (r *reader) findObjects() {
	r.latest = map[int]*object{}
	for i := 0; i < len(r.b); {
		at := bytes.Index(r.b[i:], []byte("obj"))
		if at < 0 {
			break
		}
		at += i
		i = at + 3
		number, generation, ok := numbersBefore(r.b, at)
		if !ok {
			continue
		}
		if len(r.objects) >= r.limits.Objects || r.work <= 0 {
			r.problem(ProblemLimit, "more objects than are read")
			break
		}
		o := &object{ref: ref{number, generation}}
		p := parser{b: r.b, i: i, most: r.limits.Depth}
		o.value = p.value(0)
		r.work -= p.i - i
		i = p.i
		if d, ok := o.value.(dict); ok {
			p.space()
			if bytes.HasPrefix(r.b[p.i:], []byte("stream")) {
				o.stream, i = r.streamAt(d, p.i+len("stream"))
			}
		}
		r.objects = append(r.objects, o)
		r.latest[number] = o
	}
	for i := 0; r.work > 0; {
		at := bytes.Index(r.b[i:], []byte("trailer"))
		if at < 0 {
			break
		}
		p := parser{b: r.b, i: i + at + len("trailer"), most: r.limits.Depth}
		if d, ok := p.value(0).(dict); ok {
			r.trailer = append(r.trailer, d)
		}
		r.work -= p.i - (i + at)
		i = max(p.i, i+at+1)
	}
	for _, o := range r.objects {
		if d, ok := o.value.(dict); ok && d["Type"] == name("XRef") {
			r.trailer = append(r.trailer, d)
		}
	}
}

// numbersBefore reads the two numbers before "obj".
func numbersBefore(b []byte, at int) (number, generation int, ok bool) {
	i := at
	back := func() (int, bool) {
		for i > 0 && isSpace(b[i-1]) {
			i--
		}
		stop := i
		for i > 0 && stop-i < 10 && b[i-1] >= '0' && b[i-1] <= '9' {
			i--
		}
		n, err := strconv.Atoi(string(b[i:stop]))
		return n, err == nil
	}
	if generation, ok = back(); !ok || generation >= 1<<16 {
		return 0, 0, false
	}
	if i == 0 || !isSpace(b[i-1]) {
		return 0, 0, false
	}
	number, ok = back()
	return number, generation, ok && number < 1<<31
}

// streamAt is the stream that begins behind its keyword, and where to go on. The
// declared length counts where it leads to "endstream"; where not, that is looked
// for.
func (r *reader) streamAt(d dict, start int) (data []byte, next int) {
	if start < len(r.b) && r.b[start] == '\r' {
		start++
	}
	if start < len(r.b) && r.b[start] == '\n' {
		start++
	}
	start = min(start, len(r.b))
	if n, ok := d["Length"].(float64); ok && n >= 0 && n <= float64(len(r.b)-start) {
		stop := start + int(n)
		p := parser{b: r.b, i: stop}
		p.space()
		if bytes.HasPrefix(r.b[p.i:], []byte("endstream")) {
			return r.b[start:stop:stop], p.i
		}
	}
	if i := bytes.Index(r.b[start:], []byte("endstream")); i >= 0 {
		stop := start + i
		data = r.b[start:stop:stop]
		data = bytes.TrimSuffix(bytes.TrimSuffix(data, []byte("\n")), []byte("\r"))
		return data, stop
	}
	r.problem(ProblemMalformed, "a stream without an end")
	return r.b[start:], len(r.b)
}

// resolve follows references, a few in a row.
func (r *reader) resolve(v value) value {
	for range 8 {
		k, ok := v.(ref)
		if !ok {
			return v
		}
		o := r.latest[k.number]
		if o == nil {
			return nil
		}
		v = o.value
	}
	return nil
}

func (r *reader) dict(v value) dict {
	d, _ := r.resolve(v).(dict)
	return d
}

func (r *reader) number(v value) (int, bool) {
	n, ok := r.resolve(v).(float64)
	if !ok || n != n || n > 1<<31 || n < -(1<<31) {
		return 0, false
	}
	return int(n), true
}

// object is the stream that v refers to, or nil.
func (r *reader) object(v value) *object {
	k, ok := v.(ref)
	if !ok {
		return nil
	}
	if o := r.latest[k.number]; o != nil && o.stream != nil {
		return o
	}
	return nil
}

// openObjectStreams takes the objects out of object streams (§7.5.7).
func (r *reader) openObjectStreams() {
	for _, o := range r.objects[:len(r.objects):len(r.objects)] {
		d, ok := o.value.(dict)
		if !ok || o.stream == nil || d["Type"] != name("ObjStm") {
			continue
		}
		count, _ := r.number(d["N"])
		first, _ := r.number(d["First"])
		b := r.data(o)
		if first < 0 || first > len(b) {
			r.problem(ProblemMalformed, "an object stream that begins behind its end")
			continue
		}
		index := parser{b: b[:first]}
		for range min(count, r.limits.Objects) {
			n, ok1 := index.value(0).(float64)
			offset, ok2 := index.value(0).(float64)
			if !ok1 || !ok2 || n < 0 || n >= 1<<31 || offset < 0 || int(offset) > len(b)-first {
				break
			}
			if len(r.objects) >= r.limits.Objects || r.work <= 0 {
				r.problem(ProblemLimit, "more objects than are read")
				return
			}
			p := parser{b: b, i: first + int(offset), most: r.limits.Depth}
			inner := &object{ref: ref{number: int(n)}, value: p.value(0), packed: true}
			r.work -= p.i - first - int(offset)
			r.objects = append(r.objects, inner)
			if have := r.latest[inner.number]; have == nil || have.packed {
				r.latest[inner.number] = inner
			}
		}
	}
}
