package pdf

import (
	"bytes"
	"sort"
)

// entry is one line of a cross-reference table: where an object lies.
type entry struct{ number, offset int }

// table is one cross-reference table.
type table struct {
	at      int // where it lies itself
	entries []entry
}

// followTables reads what the cross-reference tables point to, and lets them say
// which revision of an object is meant: a later table overrides an earlier one.
// Without this, a string that is never closed could hide the objects behind it,
// and a copy that nobody reads could stand in for the one that is read.
func (r *reader) followTables() {
	tables := append(r.plainTables(), r.streamTables()...)
	sort.SliceStable(tables, func(i, j int) bool { return tables[i].at < tables[j].at })
	// Offsets count from the header, which need not be the first byte.
	header := max(0, bytes.Index(r.b[:min(len(r.b), 1024)], []byte("%PDF-")))
	for _, t := range tables {
		for _, e := range t.entries {
			for _, offset := range []int{e.offset, e.offset + header} {
				if o := r.pointed(offset, e.number); o != nil {
					r.latest[e.number] = o
					break
				}
				if header == 0 {
					break
				}
			}
			if r.work <= 0 {
				return
			}
		}
	}
}

// pointed is the object of this number at this offset, or nil.
func (r *reader) pointed(offset, number int) *object {
	if offset < 0 || offset >= len(r.b) {
		return nil
	}
	p := parser{b: r.b[:min(len(r.b), offset+64)], i: offset}
	n, ok1 := p.value(0).(float64)
	generation, ok2 := p.value(0).(float64)
	if !ok1 || !ok2 || int(n) != number || generation < 0 || generation >= 1<<16 || p.value(0) != keyword("obj") {
		return nil
	}
	if o := r.at[p.i]; o != nil {
		return o
	}
	o, _ := r.objectAt(p.i, number, int(generation))
	return o
}

// plainTables reads the tables that are text (§7.5.4).
func (r *reader) plainTables() (tables []table) {
	const most = 1000
	for i := 0; r.work > 0 && len(tables) < most; {
		n := bytes.Index(r.b[i:], []byte("xref"))
		if n < 0 {
			break
		}
		i += n + len("xref")
		t := table{at: i}
		p := parser{b: r.b, i: i}
		for len(t.entries) < r.limits.Objects {
			first, ok1 := p.value(0).(float64)
			count, ok2 := p.value(0).(float64)
			if !ok1 || !ok2 || !(first >= 0 && first < 1<<31) {
				break
			}
			for k := 0; float64(k) < count && len(t.entries) < r.limits.Objects; k++ {
				offset, ok := p.value(0).(float64)
				p.value(0) // the generation, which stands at the object too
				if kind, _ := p.value(0).(keyword); !ok || kind != "n" && kind != "f" {
					break
				} else if kind == "n" && offset > 0 && offset < float64(len(r.b)) {
					t.entries = append(t.entries, entry{int(first) + k, int(offset)})
				}
			}
		}
		r.spend(p.i - i)
		tables = append(tables, t)
	}
	return tables
}

// streamTables reads the tables that are streams (§7.5.8). They are not encrypted.
func (r *reader) streamTables() (tables []table) {
	for _, o := range r.objects {
		d := o.dict()
		if o.stream == nil || d["Type"] != name("XRef") {
			continue
		}
		widths, _ := r.resolve(d["W"]).(array)
		if len(widths) < 3 {
			continue
		}
		var w [3]int
		row := 0
		for i := range w {
			w[i], _ = r.number(widths[i])
			if w[i] < 0 || w[i] > 8 {
				w[i] = 0
			}
			row += w[i]
		}
		if row == 0 {
			continue
		}
		index, _ := r.resolve(d["Index"]).(array)
		if len(index) < 2 {
			index = array{0.0, d["Size"]}
		}
		b := r.data(o)
		t := table{at: o.start}
		for i := 0; i+1 < len(index) && len(b) >= row && r.spend(1); i += 2 {
			first, ok1 := r.number(index[i])
			count, ok2 := r.number(index[i+1])
			if !ok1 || !ok2 || first < 0 {
				break
			}
			for k := 0; k < count && len(b) >= row && len(t.entries) < r.limits.Objects; k++ {
				kind, offset := uint64(1), bigEndian(b[w[0]:w[0]+w[1]])
				if w[0] > 0 {
					kind = bigEndian(b[:w[0]])
				}
				if kind == 1 && offset > 0 && offset < uint64(len(r.b)) {
					t.entries = append(t.entries, entry{first + k, int(offset)})
				}
				b = b[row:]
			}
		}
		tables = append(tables, t)
	}
	return tables
}

func bigEndian(b []byte) (n uint64) {
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return n
}
