package pdf

import "image"

// object is one revision of an indirect object.
type object struct {
	ref
	value  value
	start  int    // where the bytes of the stream begin in the file
	stream []byte // as it lies in the file; nil without a stream
	packed bool   // it came out of an object stream, and so out of its encryption
	plain  []byte // stream with its filters undone
	done   bool   // plain is set
}

// dict is the dictionary that the object is, or that of its stream; nil otherwise.
func (o *object) dict() dict {
	d, _ := o.value.(dict)
	return d
}

// reader reads one file.
type reader struct {
	b        []byte
	limits   Limits
	left     int // bytes that may still be decoded
	work     int // bytes that may still be parsed
	drawings int // among the pictures so far
	pixels   int // of the pictures so far
	endless  int // no "endstream" stands behind this offset
	objects  []*object
	at       map[int]*object // by the offset behind "1 0 obj"
	latest   map[int]*object // the revision that references mean
	trailer  []dict
	key      *fileKey // nil: not encrypted
	locked   bool     // encrypted, and no password fits

	f         Findings
	seenLinks map[Link]bool
	told      map[Problem]bool
	notes     map[string]bool
	text      []byte
	opening   map[*object]bool // actions that run by themselves
	taken     map[*object]bool // files, scripts and forms that were read
	remote    []dict           // specifications of files that are fetched
	bases     []string         // for URLs that are not whole
}

func newReader(b []byte, l Limits) *reader {
	r := &reader{
		b: b, limits: l.orDefault(),
		at: map[int]*object{}, latest: map[int]*object{}, taken: map[*object]bool{}, opening: map[*object]bool{},
		seenLinks: map[Link]bool{}, told: map[Problem]bool{}, notes: map[string]bool{},
	}
	r.left, r.endless = r.limits.Bytes, len(b)
	// Every byte is parsed once as an object, and those that lie inside another
	// object again, but a hostile file cannot make that many times more. What is
	// decoded earns more work; see took.
	r.work = 8*len(b) + 1<<20
	return r
}

func (r *reader) read(passwords []string) Findings {
	r.findObjects()
	r.unlock(passwords)
	r.openObjectStreams()
	r.mendLengths() // some stand in object streams
	r.survey()
	return r.findings()
}

func (r *reader) problem(code, detail string) {
	p := Problem{code, detail}
	if !r.told[p] {
		r.told[p] = true
		r.f.Problems = append(r.f.Problems, p)
	}
}

// spend pays for parsing n bytes; false where nothing more may be parsed.
func (r *reader) spend(n int) bool {
	if r.work -= n; r.work > 0 {
		return true
	}
	r.problem(ProblemLimit, "more work than is done for a file of its size")
	return false
}

func (r *reader) keepGray(g *image.Gray) {
	r.pixels += len(g.Pix)
	r.f.Images = append(r.f.Images, Image{Gray: g})
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

func (r *reader) name(v value) name {
	n, _ := r.resolve(v).(name)
	return n
}

func (r *reader) bytes(v value) []byte {
	s, _ := r.resolve(v).(str)
	return s
}

func (r *reader) number(v value) (int, bool) {
	n, ok := r.resolve(v).(float64)
	if !ok || !(n < 1<<31 && n > -(1<<31)) {
		return 0, false
	}
	return int(n), true
}

// real is a number, 0 where there is none.
func (r *reader) real(v value) float64 {
	n, _ := r.resolve(v).(float64)
	return n
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
