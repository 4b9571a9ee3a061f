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
	base       string // what links of the page are relative to
	wraps      bool   // a text whose lines may have been broken at a fixed width
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

// refang undoes the usual ways to make an indicator dead: "hxxp", "[.]", "(dot)",
// "h**p", "[:]//", "\.", and full-width letters.
func refang(s string) string {
	ascii := true
	for i := 0; i < len(s) && ascii; i++ {
		ascii = s[i] < utf8.RuneSelf
	}
	if !ascii {
		s = narrowURLs(s)
	}
	if strings.ContainsAny(s, "[({\\*]") {
		s = unbracketURLs(s)
	}
	if strings.Contains(s, "_dot_") || strings.Contains(s, " dot ") || strings.Contains(s, " @ ") || strings.Contains(s, " . ") || strings.Contains(s, "_at_") {
		s = unspace(s)
	}
	return s
}

// unspace undoes the disguises made of blanks and underscores: "evil dot com",
// "evil . com", "evil_dot_com", "who @ evil.example". It asks for a top-level
// domain behind a dot, because sentences have these words too.
func unspace(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == ' ' || c == '_' {
			if n, sign := spacedSign(s[i:]); n > 0 && i > 0 && isAlnum(s[i-1]) && i+n < len(s) && isAlnum(s[i+n]) {
				end := i + n
				for end < len(s) && (isAlnum(s[end]) || s[end] == '-') {
					end++
				}
				next, _ := spacedSign(s[end:])
				if sign == '@' || c == '_' || isTLD(strings.ToLower(s[i+n:end])) && commonTLDs[strings.ToLower(s[i+n:end])] || next > 0 {
					b.WriteByte(sign)
					i += n - 1
					continue
				}
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}

// spacedSign is the length of the disguised dot or at sign that s begins with.
func spacedSign(s string) (n int, sign byte) {
	for _, d := range [...]struct {
		text string
		sign byte
	}{{" dot ", '.'}, {"_dot_", '.'}, {" . ", '.'}, {" @ ", '@'}, {"_at_", '@'}} {
		if strings.HasPrefix(s, d.text) {
			return len(d.text), d.sign
		}
	}
	return 0, 0
}

// urlWide are the full-width letters that belong to URLs; full-width brackets and
// sentence marks are what ends one in a Japanese text, and stay.
func urlWide(r rune) (byte, bool) {
	switch {
	case r >= '０' && r <= '９', r >= 'Ａ' && r <= 'Ｚ', r >= 'ａ' && r <= 'ｚ', r == '．', r == '／', r == '：', r == '－', r == '＿', r == '＠', r == '＝', r == '＆', r == '％', r == '？', r == '＃':
		return byte(r - '！' + '!'), true
	case r == '｡':
		return '.', true
	}
	return 0, false
}

// narrowURLs writes full-width URL letters as ASCII where they stand between
// such letters; a lone '：' or '？' at the end of a sentence stays.
func narrowURLs(s string) string {
	const wide = 0xef // the first byte of every full-width form (U+F000 to U+FFFF)
	if strings.IndexByte(s, wide) < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	prev := rune(' ')
	for i := 0; i < len(s); {
		if s[i] != wide {
			n := strings.IndexByte(s[i:], wide)
			if n < 0 {
				n = len(s) - i
			}
			b.WriteString(s[i : i+n])
			i += n
			prev, _ = utf8.DecodeLastRuneInString(s[:i])
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if c, ok := urlWide(r); ok {
			next, _ := utf8.DecodeRuneInString(s[i+size:])
			_, nextWide := urlWide(next)
			joins := prev > ' ' && prev < utf8.RuneSelf
			follows := next > ' ' && next < utf8.RuneSelf || nextWide
			if isAlnum(c) || joins && follows {
				b.WriteByte(c)
				prev = rune(c)
				i += size
				continue
			}
		}
		b.WriteString(s[i : i+size])
		prev = r
		i += size
	}
	return b.String()
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// unbracketURLs undoes the ASCII disguises.
func unbracketURLs(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		switch c := s[i]; c {
		case '[', '(', '{':
			if strings.HasPrefix(s[i+1:], "://]") || strings.HasPrefix(s[i+1:], "://)") {
				b.WriteString("://")
				i += 5
				continue
			}
			if strings.HasPrefix(s[i+1:], "/]") {
				b.WriteByte('/')
				i += 3
				continue
			}
			if r, n := unbracket(s[i:]); n > 0 {
				// " [.] " is one disguise more.
				if r == '.' && i > 1 && s[i-1] == ' ' && isAlnum(s[i-2]) && i+n+1 < len(s) && s[i+n] == ' ' && isAlnum(s[i+n+1]) {
					out := strings.TrimRight(b.String(), " ")
					b.Reset()
					b.Grow(len(s))
					b.WriteString(out)
					n++
				}
				b.WriteRune(r)
				i += n
				continue
			}
			// Half a disguise, and the bracket that some put around the s of https.
			if i > 0 && isAlnum(s[i-1]) && i+2 < len(s) && s[i+1] == '.' && isAlnum(s[i+2]) {
				i++
				continue
			}
			if i > 2 && (s[i-1]|0x20) == 'p' && (strings.HasPrefix(s[i+1:], "s]://") || strings.HasPrefix(s[i+1:], "s):")) {
				b.WriteByte('s')
				i += 3
				continue
			}
		case ']', ')', '}':
			if i > 1 && s[i-1] == '.' && isAlnum(s[i-2]) && i+1 < len(s) && isAlnum(s[i+1]) {
				i++
				continue
			}
		case '\\':
			if i > 3 && s[i-1] == ':' && strings.HasPrefix(s[i:], `\\`) && isAlnum(s[i-2]) {
				if _, scheme := schemeBefore(s, i-1, 0); scheme != "" {
					b.WriteString("//")
					i += 2
					continue
				}
			}
			if i+1 < len(s) && s[i+1] == '.' {
				i++
				continue
			}
			if strings.HasPrefix(s[i:], `\/\/`) {
				b.WriteString("//")
				i += 4
				continue
			}
			if strings.HasPrefix(s[i:], `\/`) {
				b.WriteByte('/')
				i += 2
				continue
			}
		case '*':
			// h**p, h**ps
			if strings.HasPrefix(s[i:], "**p") && i > 0 && (s[i-1] == 'h' || s[i-1] == 'H') {
				b.WriteString("ttp")
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}
