package sanitize

import (
	"bytes"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Gate is the last door: it reads the finished bytes of something about to leave
// the hub and names every identity still in them, in clear or in any encoding it
// knows. It is never changed once built and may be used by any number of
// goroutines at once.
type Gate struct {
	matchers []*matcher
	hub      []Identity // what is the hub's own
}

// NewGate builds the gate for ids, the whole registry. That takes a fraction of a
// second for some thousand members, so a gate is kept as long as they are the
// same, and [Gate.With] adds what was learned from the reports behind an artefact.
// Identities with Owner "hub", and equal ones of other owners, are left out: the
// hub's own name stands in each notice.
func NewGate(ids []Identity) *Gate {
	g := &Gate{}
	for _, id := range ids {
		if id.Owner == OwnerHub {
			g.hub = append(g.hub, id)
		}
	}
	return g.With(ids)
}

// With is g for more identities. g itself is not changed.
func (g *Gate) With(more []Identity) *Gate {
	kept := make([]Identity, 0, len(more))
	for _, id := range WithoutHub(more, g.hub) {
		if id.Owner != OwnerHub {
			kept = append(kept, id)
		}
	}
	return &Gate{matchers: append(slices.Clip(g.matchers), newMatcher(kept)), hub: g.hub}
}

// maxLeaks bounds what Check tells: one leak stops a release.
const maxLeaks = 100

// Check names the identities in artefact: a finished mail, of which every field
// and part is decoded, or any other file. It returns none when the artefact may
// leave. Each identity is told once for each place and encoding.
func (g *Gate) Check(artefact []byte) []Leak {
	c := &check{matchers: g.matchers, seen: map[Leak]bool{}, known: map[secret]bool{}}
	if isMail(artefact) {
		c.mail(artefact, "", 0)
		// And as it stands: what lies between the parts is read by nobody else.
		c.rest = true
		c.text(string(withoutBase64Body(artefact)), "raw")
	} else {
		for _, r := range readings(artefact) {
			c.text(r.text, "")
		}
	}
	sort.SliceStable(c.leaks, func(i, j int) bool { return c.leaks[i].Where < c.leaks[j].Where })
	return c.leaks
}

// withoutBase64Body leaves out the body of a mail of one part that says it is
// base64 and is nothing else. Its text was checked decoded; as it stands, six
// thousand letters at random hold many a name of three letters.
func withoutBase64Body(mail []byte) []byte {
	for _, gap := range []string{"\r\n\r\n", "\n\n"} {
		i := bytes.Index(mail, []byte(gap))
		if i < 0 {
			continue
		}
		header := ReadHeader(mail[:i+len(gap)], DefaultLimits())
		if encodings := header.All("Content-Transfer-Encoding"); len(encodings) != 1 || !strings.EqualFold(encodings[0], "base64") {
			return mail
		}
		for _, b := range mail[i+len(gap):] {
			if !isAlnum(b) && b != '+' && b != '/' && b != '=' && b != '\r' && b != '\n' {
				return mail
			}
		}
		return mail[:i+len(gap)]
	}
	return mail
}

// secret is an identity as far as a leak tells it.
type secret struct {
	kind  IdentityKind
	owner string
}

type check struct {
	matchers []*matcher
	leaks    []Leak
	seen     map[Leak]bool
	known    map[secret]bool
	rest     bool // only what is not known yet
}

func (c *check) leak(kind IdentityKind, owner, where, how, around string) {
	s := secret{kind, owner}
	l := Leak{Kind: kind, Owner: owner, Where: where, How: how}
	if c.seen[l] || len(c.leaks) >= maxLeaks || c.rest && c.known[s] {
		return
	}
	c.seen[l] = true
	c.known[s] = true
	l.Around = around
	c.leaks = append(c.leaks, l)
}

// around is what stands about text[from:to], for a person to read.
func around(text string, from, to int) string {
	const most = 40
	from, to = max(0, min(from, len(text))-most), min(len(text), max(to, 0)+most)
	if from >= to {
		return ""
	}
	return cleanText(strings.ToValidUTF8(text[from:to], ""), 0)
}

// text checks one text. Where names it, with the line where one can be told; an
// empty where means the file itself.
func (c *check) text(s, where string) {
	place := func(line int) string {
		return strings.TrimSpace(where + " line " + strconv.Itoa(line))
	}
	if strings.HasPrefix(where, "header") {
		place = func(int) string { return where }
	}
	for _, v := range views(s) {
		f := fold(v.text)
		for _, m := range c.matchers {
			m.find(f, v.min, func(sp span) bool {
				c.leak(sp.tok.kind, sp.tok.owner, place(v.line(sp.from)), v.how, around(v.text, sp.from, sp.to))
				return len(c.leaks) < maxLeaks
			})
			if v.depth > 0 && !v.doubtful {
				m.findWhole(v.text, f, v.min, func(sp span) bool {
					c.leak(sp.tok.kind, sp.tok.owner, place(v.line(sp.from)), v.how, around(v.text, sp.from, sp.to))
					return len(c.leaks) < maxLeaks
				})
			}
			c.shortRuns(m, &v, place)
			if at, a, ok := m.digestAt(&v); ok {
				c.leak(a.kind, a.owner, place(v.line(at)), strings.TrimPrefix(v.how+" digest", "plain "), around(v.text, at, at+16))
			}
		}
		f.release()
	}
}

// shortRuns looks for names of four letters in runs of base64 that are nothing else.
func (c *check) shortRuns(m *matcher, v *view, place func(line int) string) {
	if v.depth > 1 || v.doubtful {
		return
	}
	eachRun(v.text, func(b byte) bool { return base64Values[b] != 0xff }, 6, minBase64-1, func(start int, run string) {
		for _, text := range shortDecoded(run) {
			f := fold(text)
			m.search.scan(f.text, func(word, end int) bool {
				if t := &m.tokens[word]; len(t.text) == len(f.text) && end == len(f.text) && !t.weak && t.runes >= 3 {
					c.leak(t.kind, t.owner, place(v.line(start)), strings.TrimPrefix(v.how+" base64", "plain "), around(v.text, start, start+len(run)))
					return false
				}
				return true
			})
			f.release()
		}
	})
}

// mail checks each field and each part, decoded.
func (c *check) mail(raw []byte, prefix string, depth int) {
	limits := DefaultLimits()
	root, _ := Read(raw, limits)
	root.Walk(func(p *Part) {
		part := prefix + "part " + partNumber(p)
		for i, f := range p.Header {
			where := prefix + "header " + f.Name
			if p != root {
				where = part + " header " + f.Name
			}
			if !knownField(f.Name) {
				// The name itself may be the leak.
				where = prefix + "header field " + strconv.Itoa(i+1)
				c.text(f.Name, where)
			}
			c.text(f.Value, where)
			if decoded := (Header{f}).Text(f.Name); decoded != f.Value {
				c.text(decoded, where)
			}
		}
		if p.Name != "" {
			c.text(p.Name, part+" header Content-Disposition")
		}
		if p.MediaType == "message/rfc822" && depth < limits.MessageDepth && len(p.Body) > 0 {
			c.mail(p.Body, part+" > ", depth+1)
			return
		}
		if p.Text != "" {
			c.text(p.Text, part)
		}
		for i, r := range readings(p.Body) {
			if i == 0 && r.text == p.Text {
				continue
			}
			c.text(r.text, part)
		}
	})
}

// knownField reports whether name is one that mails have, so that it can be shown
// to an operator and put into a log.
func knownField(name string) bool {
	lower := strings.ToLower(name)
	return fieldNames[lower] || strings.HasPrefix(lower, "list-") || strings.HasPrefix(lower, "content-")
}

var fieldNames = stringSet(`from to cc bcc sender reply-to subject date message-id in-reply-to references return-path received mime-version auto-submitted
precedence dkim-signature importance x-priority x-tlp x-notice-id x-auto-response-suppress comments keywords organization user-agent x-mailer`)

// isMail reports whether b begins with a header field (RFC 5322 §2.2).
func isMail(b []byte) bool {
	line, _, _ := bytes.Cut(b[:min(len(b), 1000)], []byte("\n"))
	name, _, ok := bytes.Cut(line, []byte(":"))
	if !ok || len(name) == 0 {
		return false
	}
	for _, c := range name {
		if !isAlnum(c) && c != '-' && c != '_' {
			return false
		}
	}
	return bytes.Contains(b, []byte("\n\n")) || bytes.Contains(b, []byte("\n\r\n"))
}
