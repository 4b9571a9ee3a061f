package rtf

import (
	"fmt"
	"strings"
)

// Limits bound what Scan gathers. The zero value of a field means its default.
type Limits struct {
	Links       int // links told; default 1,000
	Objects     int // objects and pictures told, each; default 100
	ObjectBytes int // bytes of all objects and pictures together; default 50 MiB
	FieldBytes  int // one field instruction or other short text; default 64 KiB
}

func (l Limits) orDefault() Limits {
	for _, f := range []struct {
		have *int
		want int
	}{{&l.Links, 1000}, {&l.Objects, 100}, {&l.ObjectBytes, 50 << 20}, {&l.FieldBytes, 64 << 10}} {
		if *f.have <= 0 {
			*f.have = f.want
		}
	}
	return l
}

// Notes that Scan makes.
const (
	NoteObject   = "embedded-object"    // an object is carried inside
	NoteEquation = "equation-editor"    // one is of the equation editor (CVE-2017-11882 and kin)
	NoteDDE      = "dde"                // a field starts a program
	NoteTemplate = "external-template"  // the template lies elsewhere: opening fetches it
	NoteUpdate   = "auto-update-object" // an object is activated on opening
)

// Findings is what an RTF document links to and carries. Links and notes are
// told once each, in the order of their first place.
type Findings struct {
	Links    []Link
	Objects  []Object
	Pictures [][]byte // PNG and JPEG files
	Notes    []string
	// Problems say where a limit stopped the reading or what could not be read.
	Problems []string
}

// Link is an address in the document.
type Link struct {
	URL string
	// How it got there: "hyperlink" (a field or a shape), "hyperlink-base",
	// "includepicture", "includetext", "import", "link", "template", "dde" or
	// "object" (a linked object, or a moniker inside one).
	How string
	// Resource is true for what Word fetches without a click.
	Resource bool
}

// Object is an embedded object.
type Object struct {
	// Class is its OLE class, such as "Package" or "Word.Document.8", from its own
	// header or else from \objclass; "" where neither tells.
	Class string
	// Name is the file name that a Package gives, or the document gives the
	// object; often "".
	Name string
	// Data is the object: a Package's file, else the native data (often an OLE
	// compound file), or the whole of what no OLE 1.0 header could be read of.
	Data []byte
}

// Scan reads what a document links to and what it carries. It honours a
// destination wherever it stands, also where Word would pass over it.
func Scan(doc []byte, l Limits) Findings {
	r := newReader(doc, forScan, 0)
	r.scan = &scan{limits: l.orDefault(), seen: map[string]bool{}}
	r.run()
	s := r.scan
	if r.deep {
		s.problem(fmt.Sprintf("groups nested deeper than %d", maxDepth))
	}
	if r.binaries > 0 {
		s.problem("\\bin promises more bytes than there are")
	}
	return s.Findings
}

// scan gathers findings while a reader walks.
type scan struct {
	Findings
	limits Limits
	bytes  int             // of objects and pictures so far
	seen   map[string]bool // links, notes and problems

	class string // of the object being read: \objclass
	name  string // \objname
}

func (s *scan) note(n string) {
	if key := "n" + n; !s.seen[key] {
		s.seen[key] = true
		s.Notes = append(s.Notes, n)
	}
}

func (s *scan) problem(p string) {
	if key := "p" + p; !s.seen[key] {
		s.seen[key] = true
		s.Problems = append(s.Problems, p)
	}
}

func (s *scan) link(url, how string, resource bool) {
	url = strings.TrimSpace(url)
	key := "l" + how + " " + url
	if url == "" || s.seen[key] {
		return
	}
	if len(s.Links) >= s.limits.Links {
		s.problem(fmt.Sprintf("more than %d links", s.limits.Links))
		return
	}
	s.seen[key] = true
	s.Links = append(s.Links, Link{URL: url, How: how, Resource: resource})
}

// word acts on a control word that means something to the scan alone.
func (s *scan) word(t token) bool {
	switch string(t.name) {
	case "objupdate":
		s.note(NoteUpdate)
	case "objautlink", "objlink", "objemb", "objocx":
	default:
		return false
	}
	return true
}

// group begins one that has no text of its own.
func (s *scan) group(name string) {
	if name == "object" {
		s.class, s.name = "", ""
	}
}

// finish takes what was gathered for a destination.
func (s *scan) finish(r *reader, f frame) {
	switch f.kind {
	case destData:
		s.object(r, f.buf)
	case destPicture:
		s.picture(f.buf)
	case destField:
		s.field(r, s.short(f.buf))
	case destResult:
		if parent := r.top(); parent.kind == destField && !parent.quote {
			s.pass(r, f.buf)
		}
	case destGather:
		s.gathered(f.name, strings.TrimSpace(s.short(f.buf)))
	}
}

// maxNest is how many fields in one another pass their text outwards. Every
// level copies it once, so a document may not choose the number.
const maxNest = 16

// pass adds the result of a field to the instruction around it.
func (s *scan) pass(r *reader, text []byte) {
	parent := r.top()
	if r.cur.field > maxNest {
		s.problem(fmt.Sprintf("fields nested deeper than %d", maxNest))
		return
	}
	parent.buf = append(parent.buf, text...)
}

// short is a text that is no longer than a field may be.
func (s *scan) short(b []byte) string {
	if len(b) > s.limits.FieldBytes {
		s.problem(fmt.Sprintf("a field of more than %d bytes", s.limits.FieldBytes))
		b = b[:s.limits.FieldBytes]
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

// gathered takes the text of a short destination.
func (s *scan) gathered(name, text string) {
	switch name {
	case "objclass":
		s.class = text
		s.judgeClass(text)
	case "objname":
		s.name = text
	case "template":
		if elsewhere(text) {
			s.note(NoteTemplate)
			s.link(text, "template", true)
		}
	case "hlsrc":
		s.link(text, "hyperlink", false)
	case "hlinkbase":
		s.link(text, "hyperlink-base", false)
	}
}

// elsewhere is true for a path on another machine: a URL or a UNC path. A drive
// letter is none.
func elsewhere(path string) bool {
	if strings.HasPrefix(path, `\\`) || strings.HasPrefix(path, "//") {
		return true
	}
	scheme, _, ok := strings.Cut(path, ":")
	return ok && len(scheme) > 1 && !strings.ContainsAny(scheme, `\/ `)
}
