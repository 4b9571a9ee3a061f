package pdf

// openObjectStreams takes the objects out of object streams (§7.5.7).
func (r *reader) openObjectStreams() {
	for _, o := range r.objects[:len(r.objects):len(r.objects)] {
		d := o.dict()
		if o.stream == nil || r.name(d["Type"]) != "ObjStm" {
			continue
		}
		r.note("object-streams")
		count, _ := r.number(d["N"])
		first, _ := r.number(d["First"])
		b := r.data(o)
		if first < 0 || first > len(b) {
			if !r.locked {
				r.problem(ProblemMalformed, "an object stream that begins behind its end")
			}
			continue
		}
		index := parser{b: b[:first]}
		for range min(count, r.limits.Objects) {
			n, ok1 := index.value(0).(float64)
			offset, ok2 := index.value(0).(float64)
			if !ok1 || !ok2 || !(n >= 0 && n < 1<<31 && offset >= 0 && offset <= float64(len(b)-first)) {
				break
			}
			if len(r.objects) >= r.limits.Objects {
				r.problem(ProblemLimit, "more objects than are read")
				return
			}
			p := parser{b: b, i: first + int(offset), most: r.limits.Depth}
			inner := &object{ref: ref{number: int(n)}, value: p.value(0), packed: true}
			if !r.spend(p.i - first - int(offset)) {
				return
			}
			r.objects = append(r.objects, inner)
			if have := r.latest[inner.number]; have == nil || have.packed {
				r.latest[inner.number] = inner
			}
		}
	}
}
