package pdf

import (
	"bytes"
	"strconv"
)

// findObjects looks for "1 0 obj" all over the file, for cross-reference tables
// and for trailers.
func (r *reader) findObjects() {
	for i := 0; ; {
		at, number, generation, ok := r.nextObject(i)
		if !ok {
			break
		}
		o, next := r.objectAt(at, number, generation)
		if o == nil {
			break
		}
		r.latest[number] = o
		i = next
	}
	r.findTrailers()
	r.followTables()
	r.findInside()
	r.mendLengths()
}

// nextObject is where the next "1 0 obj" at or behind i ends.
func (r *reader) nextObject(i int) (at, number, generation int, ok bool) {
	for {
		n := bytes.Index(r.b[i:], []byte("obj"))
		if n < 0 {
			return 0, 0, 0, false
		}
		number, generation, ok = numbersBefore(r.b, i+n)
		i += n + 3
		if ok {
			return i, number, generation, true
		}
	}
}

// objectAt reads the object whose "1 0 obj" ends at at, and says where to go on;
// nil past a limit.
func (r *reader) objectAt(at, number, generation int) (*object, int) {
	if len(r.objects) >= r.limits.Objects {
		r.problem(ProblemLimit, "more objects than are read")
		return nil, 0
	}
	o := &object{ref: ref{number, generation}}
	p := parser{b: r.b, i: at, most: r.limits.Depth}
	o.value = p.value(0)
	next := p.i
	if d, ok := o.value.(dict); ok {
		p.space()
		if bytes.HasPrefix(r.b[p.i:], []byte("stream")) {
			o.stream, o.start, next = r.streamAt(d, p.i+len("stream"))
		}
	}
	r.objects = append(r.objects, o)
	r.at[at] = o
	if !r.spend(next - at) {
		return nil, 0
	}
	return o, next
}

// numbersBefore reads the two numbers before "obj".
func numbersBefore(b []byte, at int) (number, generation int, ok bool) {
	i := at
	back := func() (int, bool) {
		for i > 0 && at-i < 64 && isSpace(b[i-1]) {
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

// streamAt is the stream that begins behind its keyword, where that is, and where
// to go on. The declared length counts where it leads to "endstream"; where not,
// that is looked for.
func (r *reader) streamAt(d dict, start int) (data []byte, begin, next int) {
	if start < len(r.b) && r.b[start] == '\r' {
		start++
	}
	if start < len(r.b) && r.b[start] == '\n' {
		start++
	}
	start = min(start, len(r.b))
	if n, ok := d["Length"].(float64); ok {
		if stop, next, ok := r.endOfStream(start, n); ok {
			return r.b[start:stop:stop], start, next
		}
	}
	stop, next := len(r.b), len(r.b)
	if start < r.endless {
		if i := bytes.Index(r.b[start:], []byte("endstream")); i >= 0 {
			stop, next = start+i, start+i
		} else {
			r.endless = start // nor is there one for any stream behind
			r.problem(ProblemMalformed, "a stream without an end")
		}
	}
	if stop > start && r.b[stop-1] == '\n' {
		stop--
	}
	if stop > start && r.b[stop-1] == '\r' {
		stop--
	}
	return r.b[start:stop:stop], start, next
}

// endOfStream is where a stream of the declared length stops, if "endstream"
// follows there.
func (r *reader) endOfStream(start int, length float64) (stop, next int, ok bool) {
	if !(length >= 0 && length <= float64(len(r.b)-start)) {
		return 0, 0, false
	}
	stop = start + int(length)
	next = stop
	for next < len(r.b) && next < stop+16 && isSpace(r.b[next]) {
		next++
	}
	return stop, next, bytes.HasPrefix(r.b[next:], []byte("endstream"))
}

// mendLengths gives streams whose length stands in another object what they
// declare: the bytes may have "endstream" in them.
func (r *reader) mendLengths() {
	for _, o := range r.objects {
		length, ok := o.dict()["Length"].(ref)
		if !ok || o.stream == nil || o.done {
			continue
		}
		if n, ok := r.resolve(length).(float64); ok {
			if stop, _, ok := r.endOfStream(o.start, n); ok {
				o.stream = r.b[o.start:stop:stop]
			}
		}
	}
}

// findInside reads the objects that lie in the strings and streams of others. A
// table may point to them, and then that is what a reader sees; no reference means
// one of these where another object has its number.
func (r *reader) findInside() {
	for i := 0; r.work > 0; {
		at, number, generation, ok := r.nextObject(i)
		if !ok {
			return
		}
		i = at
		if r.at[at] != nil {
			continue
		}
		o, _ := r.objectAt(at, number, generation)
		if o == nil {
			return
		}
		if r.latest[number] == nil {
			r.latest[number] = o
		}
	}
}

// findTrailers reads every trailer, and the dictionaries of cross-reference
// streams, which are trailers too (§7.5.8.2).
func (r *reader) findTrailers() {
	const most = 1000
	for i := 0; r.work > 0 && len(r.trailer) < most; {
		n := bytes.Index(r.b[i:], []byte("trailer"))
		if n < 0 {
			break
		}
		i += n + len("trailer")
		p := parser{b: r.b, i: i, most: r.limits.Depth}
		if d, ok := p.value(0).(dict); ok {
			r.trailer = append(r.trailer, d)
		}
		r.spend(p.i - i)
		i = max(i, p.i)
	}
	for _, o := range r.objects {
		if o.dict()["Type"] == name("XRef") && len(r.trailer) < most {
			r.trailer = append(r.trailer, o.dict())
		}
	}
}
