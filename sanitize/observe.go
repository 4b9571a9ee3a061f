package sanitize

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// observables are what was seen in one original so far, before redaction.
type observables struct {
	limits  Limits
	list    []*observable
	index   map[observableKey]*observable
	visited int             // texts read out of texts: data: URLs, comments, redirects
	hidden  bool            // a page hides text
	active  bool            // a page has something that runs
	cut     map[string]bool // places where a limit stopped the reading
}

type observableKey struct{ typ, value string }

// observable is a fact seen in an original. Value is as the attacker wrote it.
type observable struct {
	observableKey
	role       string
	confidence string
	benign     bool
	where      []string
}

// place is where something is being read, and what that says about it.
type place struct {
	where      string
	role       string
	confidence string
	wraps      bool // a text whose lines may have been broken at a fixed width
}

// maxWhere bounds the places told of one indicator.
const maxWhere = 20

func newObservables(l Limits) *observables {
	return &observables{limits: l, index: map[observableKey]*observable{}, cut: map[string]bool{}}
}

// add records one sighting. The strongest role and confidence of several win.
func (o *observables) add(typ, value string, at place, benign bool) {
	if value == "" || !utf8.ValidString(value) {
		return
	}
	key := observableKey{typ, value}
	seen := o.index[key]
	if seen == nil {
		// Twice the limit is room for what redaction will drop.
		if len(o.list) >= 2*o.limits.Indicators {
			o.cut[at.where] = true
			return
		}
		seen = &observable{observableKey: key, role: at.role, confidence: at.confidence, benign: benign}
		o.index[key] = seen
		o.list = append(o.list, seen)
	}
	if rank(roleOrder, at.role) < rank(roleOrder, seen.role) {
		seen.role = at.role
	}
	if rank(confidenceOrder, at.confidence) < rank(confidenceOrder, seen.confidence) {
		seen.confidence = at.confidence
	}
	seen.benign = seen.benign && benign
	for _, w := range seen.where {
		if w == at.where {
			return
		}
	}
	if len(seen.where) < maxWhere {
		seen.where = append(seen.where, at.where)
	}
}

// Strongest first.
var (
	roleOrder       = []string{RoleSender, RoleLink, RoleAttachment, RoleInfrastructure, RoleText, RoleResource}
	confidenceOrder = []string{"high", "medium", "low"}
)

func rank(order []string, s string) int {
	for i, o := range order {
		if o == s {
			return i
		}
	}
	return len(order)
}

// nested reports whether one more text inside a text may be read.
func (o *observables) nested() bool {
	o.visited++
	return o.visited <= 10*o.limits.Indicators
}

// problems tells where reading stopped.
func (o *observables) problems() []Problem {
	var out []Problem
	for w := range o.cut {
		out = append(out, Problem{Code: ProblemLimit, Where: w, Detail: "not everything was searched for indicators"})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Where < out[j].Where })
	return out
}

// text finds URLs, addresses, hosts and digests in a text for people. It looks
// for the sign that each cannot do without ("://", "@", "www.", a dot) and then
// at a bounded stretch around it, so its time is linear.
func (o *observables) text(s string, at place) {
	if isCalendar(s) {
		s = unfoldCalendar(s)
		at.wraps = false
	}
	for len(s) > 0 {
		line := s
		if i := strings.IndexByte(s, '\n'); i >= 0 && len(s) > o.limits.LineBytes {
			line = s[:i+1]
		} else if len(s) <= o.limits.LineBytes {
			// All of it: an address in angle brackets may span lines.
			line = s
		}
		s = s[len(line):]
		if len(line) > o.limits.LineBytes {
			o.cut[at.where] = true
			line = line[:o.limits.LineBytes]
		}
		t := refang(line)
		taken := o.urls(t, at)
		o.addresses(t, at, &taken)
		o.hosts(t, at, &taken)
		o.hashes(t, at, &taken)
	}
}

// spans are stretches of a text that are already accounted for. Each pass over
// the text adds its own in order, so that looking up stays cheap.
type spans struct{ passes []pass }

type pass struct{ from, to []int }

func (s *spans) begin() { s.passes = append(s.passes, pass{}) }

func (s *spans) add(from, to int) {
	p := &s.passes[len(s.passes)-1]
	p.from = append(p.from, from)
	p.to = append(p.to, to)
}

// end is where the stretch that covers i ends, 0 if none does.
func (s *spans) end(i int) int {
	for _, p := range s.passes {
		if j := sort.SearchInts(p.from, i+1) - 1; j >= 0 && i < p.to[j] {
			return p.to[j]
		}
	}
	return 0
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
