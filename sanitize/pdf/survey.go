package pdf

import (
	"slices"
	"strings"
)

// survey goes through every object that was found, used or not.
func (r *reader) survey() {
	r.findBases()
	r.findOpening()
	for _, o := range r.objects {
		r.visit(o.value, o, 0)
	}
	r.fetch()
	r.describe()
	pages := &pages{r: r, fonts: map[*object]*font{}, read: map[*object]bool{}}
	pages.readAll()
	for _, o := range r.objects {
		if d := o.dict(); o.stream != nil && r.name(d["Subtype"]) == "Image" {
			r.image(d, o)
		}
	}
}

func (r *reader) findings() Findings {
	for n := range r.notes {
		r.f.Notes = append(r.f.Notes, n)
	}
	slices.Sort(r.f.Notes)
	r.f.Text = strings.TrimSpace(string(r.text))
	r.f.Decoded = r.limits.Bytes - r.left
	return r.f
}

func (r *reader) note(n string) { r.notes[n] = true }

// link tells a URL. Where a file is locked, only what can be read is one.
func (r *reader) link(l Link) {
	l.URL = clean(l.URL)
	if l.URL == "" || r.seenLinks[l] || r.locked && !readable([]byte(l.URL)) {
		return
	}
	if len(r.f.Links) >= r.limits.Links {
		r.problem(ProblemLimit, "more links than are told")
		return
	}
	r.seenLinks[l] = true
	r.f.Links = append(r.f.Links, l)
}

// clean takes out what a browser takes out of a URL: blanks around it and ends of
// lines inside.
func clean(url string) string {
	url = strings.Trim(url, "\x00\x01\x02\x03\x04\x05\x06\x07\b\t\n\v\f\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f \u3000")
	if strings.ContainsAny(url, "\r\n\t\x00") {
		url = strings.NewReplacer("\r", "", "\n", "", "\t", "", "\x00", "").Replace(url)
	}
	return strings.ToValidUTF8(url, "\ufffd")
}

// line adds a line to what the file shows.
func (r *reader) line(s string) {
	const most = 4 << 20
	if s = strings.TrimSpace(s); s == "" {
		return
	}
	if len(r.text)+len(s) >= most {
		r.problem(ProblemLimit, "more text than is told")
		return
	}
	r.text = append(append(r.text, strings.ToValidUTF8(s, "\ufffd")...), '\n')
}

// said adds what a string of an object says, if it is not encrypted.
func (r *reader) said(s string) {
	if !r.locked || readable([]byte(s)) {
		r.line(s)
	}
}

// visit looks at a value and at those in it, not at those it refers to: each
// object is visited by itself. The parser bounds how deep they lie.
func (r *reader) visit(v value, o *object, depth int) {
	switch v := v.(type) {
	case array:
		for _, inner := range v {
			r.visit(inner, o, depth+1)
		}
	case dict:
		r.act(v, o)
		for _, k := range slices.Sorted(keys(v)) {
			r.visit(v[k], o, depth+1)
		}
	}
}

// keys are those of d whose values may hold something to visit.
func keys(d dict) func(func(name) bool) {
	return func(yield func(name) bool) {
		for k, v := range d {
			switch v.(type) {
			case array, dict:
				if !yield(k) {
					return
				}
			}
		}
	}
}
