package pdf

import (
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// survey goes through every object that was found, used or not.
func (r *reader) survey() {
	pages := newPages(r)
	for _, o := range r.objects {
		r.visit(o.value, 0)
		if o.stream == nil || r.locked {
			continue
		}
		d, _ := o.value.(dict)
		switch {
		case d["Subtype"] == name("Image"):
			r.image(d, o)
		case isContent(d):
			pages.content(r.data(o))
		}
	}
}

// isContent is true for a stream that draws: of a page, a form or a pattern.
func isContent(d dict) bool {
	if t, ok := d["Type"].(name); ok && t != "XObject" && t != "Pattern" {
		return false
	}
	switch d["Subtype"] {
	case nil, name("Form"):
	default:
		return false
	}
	_, font := d["Length1"]
	return !font
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

func (r *reader) link(url, how string) {
	url = strings.TrimSpace(url)
	l := Link{URL: url, How: how}
	if url == "" || r.seenLinks[l] {
		return
	}
	if len(r.f.Links) >= r.limits.Links {
		r.problem(ProblemLimit, "more links than are told")
		return
	}
	r.seenLinks[l] = true
	r.f.Links = append(r.f.Links, l)
}

// line adds a line to what the file shows.
func (r *reader) line(s string) {
	const most = 4 << 20
	if s = strings.TrimSpace(s); s != "" && len(r.text)+len(s) < most {
		r.text = append(append(r.text, s...), '\n')
	}
}

// visit looks at a value and at those in it, not at those it refers to: each
// object is visited by itself.
func (r *reader) visit(v value, depth int) {
	switch v := v.(type) {
	case array:
		for _, inner := range v {
			r.visit(inner, depth+1)
		}
	case dict:
		r.action(v)
		for _, inner := range v {
			r.visit(inner, depth+1)
		}
	}
}

// action tells what a dictionary does, if it does anything (§12.6).
func (r *reader) action(d dict) {
	if u := r.bytes(d["URI"]); len(u) > 0 {
		r.link(textOf(u), "uri action")
	}
	if base := r.bytes(d["Base"]); len(base) > 0 && strings.Contains(string(base), "://") {
		r.link(textOf(base), "uri action")
	}
	switch r.resolve(d["S"]) {
	case name("Launch"):
		r.note("launch-action")
		r.target(d, "launch")
		if win := r.dict(d["Win"]); win != nil {
			r.target(win, "launch")
			r.line(textOf(r.bytes(win["F"])) + " " + textOf(r.bytes(win["P"])))
		}
	case name("GoToR"), name("GoToE"), name("Thread"):
		r.target(d, "goto remote")
	case name("SubmitForm"):
		r.target(d, "submit form")
	case name("ImportData"):
		r.target(d, "import data")
	}
	if js, ok := d["JS"]; ok {
		r.script(js)
	}
	if a, ok := d["OpenAction"]; ok {
		if action := r.dict(a); action != nil && action["S"] != nil && action["S"] != name("GoTo") {
			r.note("open-action")
		}
	}
	if _, ok := d["AA"]; ok {
		r.note("open-action")
	}
	if _, ok := d["AcroForm"]; ok {
		r.note("acroform")
	}
	if xfa, ok := d["XFA"]; ok {
		r.note("xfa")
		r.form(xfa)
	}
	if d["Subtype"] == name("RichMedia") || d["RichMediaContent"] != nil {
		r.note("rich-media")
	}
	if ef := r.dict(d["EF"]); ef != nil && !r.locked {
		r.embedded(d, ef)
	}
	for _, k := range []name{"Contents", "TU", "V"} { // what a note or a field says
		if s := r.bytes(d[k]); len(s) > 0 {
			r.line(textOf(s))
		}
	}
}

// target tells the file of an action: a string or a file specification (§7.11.3).
func (r *reader) target(d dict, how string) {
	switch f := r.resolve(d["F"]).(type) {
	case str:
		r.path(textOf(f), how)
	case dict:
		for _, k := range []name{"UF", "F", "Unix", "DOS", "Mac"} {
			if s := r.bytes(f[k]); len(s) > 0 {
				r.path(textOf(s), how)
			}
		}
	}
}

// path tells a file elsewhere: a URL, or a share.
func (r *reader) path(s, how string) {
	switch {
	case strings.Contains(s, "://"):
		r.link(s, how)
	case strings.HasPrefix(s, `\\`) || strings.HasPrefix(s, "//"):
		r.link("file://"+strings.ReplaceAll(strings.TrimLeft(s, `\/`), `\`, "/"), how)
	default:
		r.line(s)
	}
}

// script tells of a program: the URLs in it are found in its text, in which the
// pieces of a string are joined.
func (r *reader) script(v value) {
	r.note("javascript")
	text := ""
	if o := r.object(v); o != nil {
		if r.locked {
			return
		}
		text = textOf(r.data(o))
	} else {
		text = textOf(r.bytes(v))
	}
	joined := joinLiterals(text)
	r.line(joined)
	for from := 0; ; {
		i := strings.Index(joined[from:], "://")
		if i < 0 {
			return
		}
		start := from + i
		for start > 0 && start > from && isLetter(joined[start-1]) {
			start--
		}
		stop := from + i + 3
		for stop < len(joined) && strings.IndexByte("\"'\\ \t\r\n<>();", joined[stop]) < 0 {
			stop++
		}
		r.link(joined[start:stop], "javascript")
		from = stop
	}
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// joinLiterals takes out what stands between the pieces of a string: "a" + 'b'.
func joinLiterals(s string) string {
	if !strings.Contains(s, "+") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] == '"' || s[i] == '\'' {
			j := i + 1
			for j < len(s) && (s[j] == ' ' || s[j] == '\t' || s[j] == '\r' || s[j] == '\n') {
				j++
			}
			if j < len(s) && s[j] == '+' {
				for j++; j < len(s) && (s[j] == ' ' || s[j] == '\t' || s[j] == '\r' || s[j] == '\n'); {
					j++
				}
				if j < len(s) && (s[j] == '"' || s[j] == '\'') {
					i = j + 1
					continue
				}
			}
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

// form takes the text of an XFA form, which is XML in one stream or several.
func (r *reader) form(v value) {
	if r.locked {
		return
	}
	list, ok := r.resolve(v).(array)
	if !ok {
		list = array{v}
	}
	for i, part := range list {
		if i >= 100 {
			return
		}
		if o := r.object(part); o != nil {
			r.line(textOf(r.data(o)))
		}
	}
}

// embedded takes a file that is attached to the file.
func (r *reader) embedded(spec, ef dict) {
	const most = 100
	for _, k := range []name{"UF", "F", "Unix", "DOS", "Mac"} {
		o := r.object(ef[k])
		if o == nil {
			continue
		}
		r.note("embedded-file")
		if len(r.f.Files) >= most {
			r.problem(ProblemLimit, "more embedded files than are read")
			return
		}
		f := File{Data: r.data(o)}
		for _, n := range []name{"UF", "F"} {
			if s := r.bytes(spec[n]); len(s) > 0 && f.Name == "" {
				f.Name = textOf(s)
			}
		}
		r.f.Files = append(r.f.Files, f)
		return
	}
}

// textOf reads a text string (§7.9.2.2): UTF-16 or UTF-8 with a mark, else
// PDFDocEncoding, read as UTF-8 where it is that and as Latin-1 where not.
func textOf(b []byte) string {
	switch {
	case len(b) >= 2 && (b[0] == 0xfe && b[1] == 0xff || b[0] == 0xff && b[1] == 0xfe):
		units := make([]uint16, 0, len(b)/2)
		for i := 2; i+1 < len(b); i += 2 {
			if b[0] == 0xfe {
				units = append(units, uint16(b[i])<<8|uint16(b[i+1]))
			} else {
				units = append(units, uint16(b[i+1])<<8|uint16(b[i]))
			}
		}
		return string(utf16.Decode(units))
	case utf8.Valid(b):
		return strings.TrimPrefix(string(b), "\ufeff")
	}
	var s strings.Builder
	for _, c := range b {
		s.WriteRune(rune(c))
	}
	return s.String()
}
