package sanitize

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
	"strings"

	"kairan/sanitize/envelope"
)

// Read reads a mail, however broken, into its parts. It never fails: what
// cannot be read, or can be read in more than one way, is told as a problem.
// Its time is linear in len(raw). The parts share memory with raw, which must
// not be changed afterwards.
func Read(raw []byte, limits Limits) (*Part, []Problem) { return readMail(raw, limits) }

func readMail(raw []byte, limits Limits) (*Part, []Problem) {
	r := newReader(limits)
	p := r.mail(raw)
	return p, r.problems
}

// reader carries what all mails of one report share: the limits and what is
// left of those that are counted over the whole report.
type reader struct {
	limits  Limits
	parts   int // parts that may still be read
	decoded int // bytes that may still be decoded

	// words are where a password for an archive may stand, and passwords those that
	// are known, best first. None is ever told.
	words     func() string
	passwords []string
	keys      envelope.Keys // of the hub, for reports that were encrypted to it
	pictures  int           // searched for codes so far
	blank     [][]byte      // those in which there was none

	problems []Problem
	told     map[Problem]bool
}

// maxProblems bounds how much is told of one mail; who reads fifty problems has
// understood.
const maxProblems = 50

func newReader(limits Limits) *reader {
	limits = limits.orDefault()
	return &reader{limits: limits, parts: limits.Parts, decoded: limits.DecodedBytes, told: map[Problem]bool{}}
}

// problem records a problem once. One that holds the draft is recorded even
// when the list is full, in place of one that does not.
func (r *reader) problem(code, where, detail string) {
	p := Problem{Code: code, Where: where, Detail: detail}
	if len(p.Where) > 100 {
		p.Where = strings.ToValidUTF8(p.Where[:100], "")
	}
	if r.told[p] {
		return
	}
	if len(r.problems) < maxProblems {
		r.told[p] = true
		r.problems = append(r.problems, p)
		return
	}
	if !p.Holds() {
		return
	}
	for i := len(r.problems) - 1; i >= 0; i-- {
		if !r.problems[i].Holds() {
			delete(r.told, r.problems[i])
			r.told[p] = true
			r.problems[i] = p
			return
		}
	}
}

// fit bounds what is decoded by the size of the mail it comes out of: a small mail
// that becomes a large one is an attack, and the memory for a mail is bounded by a
// small multiple of its own size.
func (r *reader) fit(mail int) { r.decoded = min(r.decoded, 4*mail+10<<20) }

// spend counts bytes that were decoded. What a library hands out at once may be
// more than was left.
func (r *reader) spend(bytes int) { r.decoded = max(0, r.decoded-bytes) }

// clone is r for another use of what it has read: with the same problems told
// and the same left of its limits.
func (r *reader) clone() *reader {
	c := *r
	c.problems, c.told = slices.Clone(r.problems), maps.Clone(r.told)
	return &c
}

// take hands over what was recorded since the last call.
func (r *reader) take() []Problem {
	problems := r.problems
	r.problems, r.told = nil, map[Problem]bool{}
	return problems
}

// mail reads a whole mail.
func (r *reader) mail(raw []byte) *Part {
	before := len(r.problems)
	p := r.entity(raw, entityPlace{defaultType: "text/plain", mail: true})
	if unreadable(r.problems[min(before, len(r.problems)):]) {
		r.scanRaw(raw, p)
	}
	return p
}

// entityPlace says where an entity stands.
type entityPlace struct {
	path        string   // of the part; "" for the mail
	defaultType string   // RFC 2045 §5.2, RFC 2046 §5.1.5
	parentType  string   // media type of the multipart around it
	depth       int      // multiparts around it
	first       bool     // no part stands before it, at any level
	boundaries  []string // of the multiparts around it
	inside      bool     // found in a text, which is searched for parts once only
	mail        bool
}

// where begins the place of a problem.
func (at entityPlace) where() string {
	if at.path == "" {
		return ""
	}
	return "part " + at.path + " "
}

// entity reads a header and what follows it.
func (r *reader) entity(raw []byte, at entityPlace) *Part {
	r.parts--
	where := at.where()
	header, offset := r.readHeader(raw, at.mail, where)
	body := raw[offset:]
	p := &Part{Path: at.path, Header: header, MediaType: at.defaultType}
	at.first = at.first || at.mail

	said := readStructure(header)
	if said.media != "" {
		p.MediaType = said.media
	} else if header.Get("Content-Type") != "" {
		r.problem(ProblemMalformed, where+"header Content-Type", "no media type can be read")
	}
	for _, d := range said.doubts {
		r.problem(ProblemAmbiguous, where+"header "+d.field, d.why)
	}

	if strings.HasPrefix(p.MediaType, "multipart/") {
		if r.multipart(p, body, said, at) {
			if p.MediaType == "multipart/encrypted" {
				r.openPGP(p, at)
			}
			return p
		}
		p.MediaType = "text/plain" // as RFC 2049 §2 has it for what cannot be split
	} else if len(said.boundaries) > 0 && !(strings.HasPrefix(p.MediaType, "message/") && hasMailHeader(body)) {
		if _, ok := newSplitter(body, said.boundaries).find(0); ok {
			r.problem(ProblemAmbiguous, where+"header Content-Type", "a boundary, and parts at it, in what is no multipart")
			if r.multipart(p, body, said, at) {
				return p
			}
		}
	}
	r.leaf(p, body, said, at)
	return p
}

// isMediaType is true for "type/subtype".
func isMediaType(word string) bool {
	i := strings.IndexByte(word, '/')
	if i <= 0 || i == len(word)-1 || len(word) > 127 {
		return false
	}
	for _, c := range []byte(word) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`()<>@,;:\"[]?=`, c) >= 0 {
			return false
		}
	}
	return strings.IndexByte(word[i+1:], '/') < 0
}

// multipart reads the parts of p; it is false when there is nothing to split
// at.
func (r *reader) multipart(p *Part, body []byte, said structure, at entityPlace) bool {
	where := at.where() + "body"
	if at.depth >= r.limits.MultipartDepth {
		r.problem(ProblemLimit, where, "multiparts nested deeper than is read")
		return true
	}
	split := newSplitter(body, said.boundaries)
	d, ok := split.find(0)
	if encoding := said.primary(); encoding != "" && encoding != "7bit" {
		// RFC 2045 §6.4 forbids it; some readers decode, some do not.
		r.problem(ProblemAmbiguous, where, "a multipart with a transfer encoding")
		if !ok {
			decoded, _, _ := cteDecode(body, encoding, r.decoded)
			r.spend(len(decoded))
			body = decoded
			split = newSplitter(body, said.boundaries)
			d, ok = split.find(0)
		}
	}
	if guessed := guessBoundary(body, said.boundaries, at.boundaries); guessed != "" {
		if !ok {
			r.problem(ProblemAmbiguous, where, "the boundary is guessed")
		} else {
			r.problem(ProblemAmbiguous, where, "parts at another boundary than the one named")
		}
		said.boundaries = append(said.boundaries, guessed)
		split = newSplitter(body, said.boundaries)
		d, ok = split.find(0)
	}
	if !ok {
		r.problem(ProblemAmbiguous, where, "a multipart without a part")
		return false
	}
	for _, b := range said.boundaries {
		if slices.Contains(at.boundaries, b) {
			r.problem(ProblemAmbiguous, where, "the boundary is that of the multipart around it")
		}
	}

	child := at
	child.mail, child.depth, child.parentType, child.defaultType = false, at.depth+1, p.MediaType, "text/plain"
	child.boundaries = append(slices.Clip(at.boundaries), said.boundaries...)
	if p.MediaType == "multipart/digest" {
		child.defaultType = "message/rfc822"
	}
	add := func(raw []byte, name string, first bool) bool {
		if r.parts <= 0 {
			r.problem(ProblemLimit, where, "more parts than are read")
			return false
		}
		child.path, child.first = joinPath(at.path, name), first
		p.Parts = append(p.Parts, r.entity(raw, child))
		return true
	}
	hidden := func(raw []byte, name string) {
		if i := hiddenEntity(raw); i >= 0 {
			r.problem(ProblemAmbiguous, where, "something like a part outside the parts: "+name)
			add(raw[i:], name, false)
			return
		}
		// Nobody is shown it, but it may be what a filter read, or hold the link
		// that another client shows.
		if text := bytes.TrimSpace(raw); len(text) > 0 && r.parts > 0 && worthReading(text) {
			add(append([]byte("\n"), text...), name, false)
		}
	}

	hidden(body[:d.start], "preamble")
	closed := false
	for n := 1; ; {
		if d.odd != "" {
			r.problem(ProblemAmbiguous, where, d.odd)
		}
		start := d.end
		was := d
		d, ok = split.find(start)
		end := len(body)
		if ok {
			end = max(d.start, start)
		}
		if was.closing {
			closed = true
			if !ok {
				hidden(body[start:end], "epilogue")
				break
			}
			r.problem(ProblemAmbiguous, where, "parts after the closing boundary")
			hidden(body[start:end], "epilogue")
			continue
		}
		if ok || start < len(body) {
			if !add(body[start:end], strconv.Itoa(n), at.first && n == 1) {
				break
			}
			n++
		}
		if !ok {
			break
		}
	}
	if !closed && r.parts > 0 {
		r.problem(ProblemMalformed, where, "the multipart has no end")
	}
	if split.inside {
		r.problem(ProblemAmbiguous, where, "a boundary in the middle of a line")
	}
	return true
}

func joinPath(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// leaf fills in a part that is no multipart.
func (r *reader) leaf(p *Part, body []byte, said structure, at entityPlace) {
	where := at.where()
	charset, differ := value(said.types, "charset")
	if differ {
		r.problem(ProblemCharset, where+"header Content-Type", "several charsets are declared")
	}
	p.Charset = strings.ToLower(strings.TrimSpace(charset))
	disposition := r.dispose(p, said.types, where)
	delsp, _ := value(said.types, "delsp")
	flowed := strings.EqualFold(delsp, "yes")

	decoded, limited, others := r.transfer(p, body, said, where)
	p.Body = decoded
	r.elsewhere(p, said.types, where)
	p.Attachment = isAttachment(p, disposition, at)
	if !p.Attachment && strings.HasPrefix(p.MediaType, "text/") {
		p.Text = r.text(p, flowed, where, limited)
		r.insideText(p, at)
		r.openInlinePGP(p, at)
	} else {
		r.unfold(p, at)
	}
	for _, o := range others {
		other := *p
		other.Path, other.Body, other.Text, other.Others = p.Path+" read as "+o.how, o.body, "", nil
		if !p.Attachment && strings.HasPrefix(p.MediaType, "text/") {
			other.Text = r.text(&other, flowed, where, false)
		}
		p.Others = append(p.Others, &other)
	}
}

// isAttachment decides as mail clients do, and where they differ, for the file:
// a file that is listed is safer than one that is read over.
func isAttachment(p *Part, disposition string, at entityPlace) bool {
	switch {
	case disposition == "attachment":
		return true
	case !strings.HasPrefix(p.MediaType, "text/"):
		return true
	case disposition != "" && disposition != "inline" && p.Name != "": // RFC 2183 §2.8
		return true
	case p.Name == "":
		return false
	}
	switch extension(p.Name) {
	case "", "txt", "text", "htm", "html":
		return !at.first && at.parentType != "multipart/alternative" && at.parentType != "multipart/related"
	}
	return true
}
