package pdf

import (
	"net/url"
	"strings"
)

// fileKeys are where a file specification says which file it means (§7.11.3).
var fileKeys = []name{"UF", "F", "Unix", "DOS", "Mac"}

// act tells what a dictionary does, if it does anything (§12.6). Which kind of
// dictionary it is does not matter: readers do not ask either.
func (r *reader) act(d dict, o *object) {
	if u := r.bytes(d["URI"]); len(u) > 0 {
		how := "uri action"
		if r.opening[o] {
			how = "open action"
		}
		r.uri(textOf(u), how)
	}
	switch r.name(d["S"]) {
	case "Launch":
		r.note("launch-action")
		r.target(d, "launch")
		for _, k := range []name{"Win", "Mac", "Unix"} {
			if system := r.dict(d[k]); system != nil {
				r.target(system, "launch")
				command := strings.Join([]string{textOf(r.bytes(system["F"])), textOf(r.bytes(system["P"]))}, " ")
				r.said(command)
				r.urlsIn(command, "launch", false)
			}
		}
	case "GoToR", "GoToE", "Thread":
		r.target(d, "goto remote")
	case "SubmitForm":
		r.target(d, "submit form")
	case "ImportData":
		r.target(d, "import data")
	}
	if js, ok := d["JS"]; ok {
		r.script(js)
	}
	r.opens(d)
	if r.name(d["FS"]) == "URL" {
		r.remote = append(r.remote, d)
	}
	if _, ok := d["AcroForm"]; ok {
		r.note("acroform")
	}
	if xfa, ok := d["XFA"]; ok {
		r.note("xfa")
		r.form(xfa)
	}
	if s := r.name(d["Subtype"]); s == "RichMedia" || s == "Movie" || s == "Screen" || s == "3D" || d["RichMediaContent"] != nil {
		r.note("rich-media")
	}
	if ef := r.dict(d["EF"]); ef != nil {
		r.embedded(d, ef)
	}
	for _, k := range []name{"Contents", "TU", "V", "DV", "RC"} { // what a note or a field says
		if s := r.bytes(d[k]); len(s) > 0 && d["ByteRange"] == nil { // and not a signature
			r.said(textOf(s))
		}
	}
	if _, ok := d["Dest"]; ok || d["Parent"] != nil && d["A"] != nil {
		r.said(textOf(r.bytes(d["Title"]))) // of a bookmark
	}
}

// triggers are what makes an action run besides a click (§12.6.3).
var triggers = []name{"E", "X", "D", "U", "Fo", "Bl", "PO", "PC", "PV", "PI", "O", "C", "K", "F", "V", "WC", "WS", "DS", "WP", "DP"}

// opens notes what runs by itself. Going to a page does nothing.
func (r *reader) opens(d dict) {
	if a := r.dict(d["OpenAction"]); a != nil {
		if s := r.name(a["S"]); s != "" && s != "GoTo" || a["JS"] != nil {
			r.note("open-action")
		}
	}
	aa := r.dict(d["AA"])
	for _, k := range triggers {
		if r.dict(aa[k]) != nil {
			r.note("open-action")
		}
	}
}

// findOpening finds the actions that run when the file or a page is opened: what
// they open is worse than a link that waits for a click.
func (r *reader) findOpening() {
	mark := func(v value, own *object) {
		if k, ok := v.(ref); ok {
			own = r.latest[k.number]
		}
		if own != nil && r.name(r.dict(v)["S"]) == "URI" {
			r.opening[own] = true
		}
	}
	for _, o := range r.objects {
		d := o.dict()
		if d == nil {
			continue
		}
		if a, ok := d["OpenAction"]; ok {
			mark(a, o)
		}
		if r.name(d["Subtype"]) == "" && d["AA"] != nil {
			aa := r.dict(d["AA"])
			for _, k := range []name{"O", "PO", "PV"} {
				mark(aa[k], o)
			}
		}
	}
}

// findBases finds what URLs are relative to (§12.6.4.8).
func (r *reader) findBases() {
	const most = 4
	for _, o := range r.objects {
		base := textOf(r.bytes(r.dict(o.dict()["URI"])["Base"]))
		if base != "" && len(r.bases) < most && strings.Contains(base, ":") {
			r.bases = append(r.bases, base)
			r.link(Link{URL: base, How: "uri action", Resource: true})
		}
	}
}

// uri tells the URL of an action. One without a scheme is relative to the file's
// base; readers take one that begins with "www." for a whole one.
func (r *reader) uri(s, how string) {
	s = clean(s)
	u, err := url.Parse(s)
	if err != nil || u.IsAbs() {
		r.link(Link{URL: s, How: how})
		return
	}
	if len(s) > 4 && strings.EqualFold(s[:4], "www.") {
		r.link(Link{URL: "http://" + s, How: how})
		return
	}
	for _, b := range r.bases {
		if base, err := url.Parse(clean(b)); err == nil {
			r.link(Link{URL: base.ResolveReference(u).String(), How: how})
		}
	}
	if len(r.bases) == 0 {
		r.link(Link{URL: s, How: how})
	}
}

// fetch tells the files that are fetched by something other than an action: a film,
// a sound, the data of a stream.
func (r *reader) fetch() {
	known := map[string]bool{}
	for _, l := range r.f.Links {
		known[l.URL] = true
	}
	for _, d := range r.remote {
		for _, k := range fileKeys {
			if s := textOf(r.bytes(d[k])); s != "" && !known[clean(s)] {
				r.path(s, "import data", true)
			}
		}
	}
}

// target tells the file of an action: a string or a file specification.
func (r *reader) target(d dict, how string) {
	specs := []dict{d}
	for _, k := range fileKeys {
		if f := r.dict(d[k]); f != nil {
			specs = append(specs, f)
		}
	}
	for _, spec := range specs {
		for _, k := range fileKeys {
			if s := r.bytes(spec[k]); len(s) > 0 {
				r.path(textOf(s), how, false)
			}
		}
	}
}

// path tells a file elsewhere: a URL, or a share.
func (r *reader) path(s, how string, resource bool) {
	switch {
	case strings.Contains(s, ":/") || strings.HasPrefix(strings.ToLower(s), "mailto:"):
		r.link(Link{URL: s, How: how, Resource: resource})
	case strings.HasPrefix(s, `\\`) || strings.HasPrefix(s, "//"):
		r.link(Link{URL: "file://" + strings.ReplaceAll(strings.TrimLeft(s, `\/`), `\`, "/"), How: how, Resource: resource})
	default:
		r.said(s)
	}
}

// embedded takes a file that is attached to the file.
func (r *reader) embedded(spec, ef dict) {
	const most = 100
	for _, k := range fileKeys {
		o := r.object(ef[k])
		if o == nil || r.taken[o] {
			continue
		}
		r.note("embedded-file")
		if r.locked {
			return
		}
		if len(r.f.Files) >= most {
			r.problem(ProblemLimit, "more embedded files than are read")
			return
		}
		r.taken[o] = true
		f := File{Data: r.data(o)}
		for _, n := range fileKeys {
			if s := r.bytes(spec[n]); len(s) > 0 && f.Name == "" {
				f.Name = textOf(s)
			}
		}
		r.f.Files = append(r.f.Files, f)
		return
	}
}
