package sanitize

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// redactor replaces identities by placeholders. The matcher of the registry is
// built once for many mails, that of the report at hand for each.
type redactor struct {
	matchers []*matcher
	stems    []*stems
	domains  []map[string]bool // of members and victims, lower case Punycode
	hub      map[string]bool
	tokens   bool // Policy.Tokens
	// cleared is true while the values at hand were searched all together and
	// nothing was found in them, so that none need be searched alone.
	cleared bool
	hosts   map[string]urlVerdict // while cleared
}

// compiled is the part of a policy that is costly to build.
type compiled struct {
	registry *matcher
	stems    *stems
	domains  map[string]bool
	hub      map[string]bool // the hub's own domains
	members  memberIndex
}

func compile(registry []Identity) *compiled {
	return &compiled{registry: newMatcher(registry), stems: newStems(registry), domains: identityDomains(registry), members: newMemberIndex(registry), hub: hubDomains(registry)}
}

// newRedactor is the redactor of policy. What the report taught and belongs to
// the hub itself is nobody's secret twice over: it is dropped, since a report
// names the hub's mailbox in its To.
func newRedactor(policy Policy) *redactor {
	c := policy.compiled
	if c == nil {
		c = compile(policy.Registry)
	}
	learned := WithoutHub(policy.Learned, policy.Registry)
	return &redactor{
		matchers: []*matcher{c.registry, newMatcher(learned)},
		stems:    []*stems{c.stems, newStems(learned)},
		domains:  []map[string]bool{c.domains, identityDomains(learned)},
		hub:      c.hub,
		tokens:   policy.Tokens,
	}
}

// identityDomains are the domains among ids.
func identityDomains(ids []Identity) map[string]bool {
	out := map[string]bool{}
	for _, id := range ids {
		if id.Kind == IdentityDomain {
			out[hostASCII(strings.Trim(strings.TrimSpace(id.Value), "@."))] = true
		}
	}
	return out
}

// hubDomains are the domains of the hub itself.
func hubDomains(ids []Identity) map[string]bool {
	out := map[string]bool{}
	for _, id := range ids {
		if id.Owner == OwnerHub && id.Kind == IdentityDomain {
			out[hostASCII(strings.Trim(strings.TrimSpace(id.Value), "@."))] = true
		}
	}
	return out
}

// hubs reports whether host is or lies under a domain of the hub.
func (r *redactor) hubs(host string) bool {
	return (&redactor{domains: []map[string]bool{r.hub}}).ownDomain(host)
}

// ownDomain reports whether host is or lies under a domain of a member or a
// victim.
func (r *redactor) ownDomain(host string) bool {
	host = hostASCII(host)
	for {
		for _, d := range r.domains {
			if d[host] {
				return true
			}
		}
		dot := strings.IndexByte(host, '.')
		if dot < 0 {
			return false
		}
		host = host[dot+1:]
	}
}

// memberLike reports whether the registered part of host contains a member's name,
// or is nearly one.
func (r *redactor) memberLike(host string) bool {
	for _, s := range r.stems {
		if s.in(host) {
			return true
		}
	}
	return false
}

// victims reports whether host is or lies under a domain learned from the report.
func (r *redactor) victims(host string) bool {
	return (&redactor{domains: r.domains[1:]}).ownDomain(host)
}

// redactions counts what was replaced in one value.
type redactions map[IdentityKind]int

// text replaces every identity in s, a cleaned text. Nothing that the leak gate
// would find is left in what it returns, and doing it twice changes nothing.
func (r *redactor) text(s string) (string, redactions) {
	counts := redactions{}
	if !r.cleared {
		s = r.names(s, counts)
	}
	return r.opaque(s, tokenInPath, counts), counts
}

// names replaces every identity in s.
func (r *redactor) names(s string, counts redactions) string {
	s = r.plain(s, counts)
	s = r.runs(s, counts)
	for range 4 { // until nothing is found; the second pass is the usual end
		kind, ok := r.reveals(s)
		if !ok {
			return s
		}
		if next := r.plain(s, counts); next != s {
			s = next
			continue
		}
		// It is hidden where no place can be named: give up the whole value.
		counts[kind]++
		s = kind.Placeholder()
	}
	return s
}

// plain replaces what stands in s unencoded.
func (r *redactor) plain(s string, counts redactions) string {
	f := fold(s)
	defer f.release()
	var spans []span
	for _, m := range r.matchers {
		m.find(f, anyStrength, func(sp span) bool {
			spans = append(spans, widen(s, sp))
			return true
		})
		eachHexRun(s, func(start int, run string) bool {
			if a, ok := m.digests.find(run); ok {
				spans = append(spans, span{start, start + len(run), &token{kind: IdentityToken, owner: a.owner}})
			}
			return true
		})
	}
	return replaceSpans(s, spans, counts)
}

// widen takes the whole address or host name for a domain that was found: who is
// named before the '@' of a member is named by it too.
func widen(s string, sp span) span {
	if sp.tok.kind != IdentityDomain || sp.from == 0 || sp.from > len(s) {
		return sp
	}
	from := sp.from
	kind := IdentityDomain
	switch before := s[:from]; {
	case strings.HasSuffix(before, "@"), strings.HasSuffix(before, "."):
	case strings.HasSuffix(before, "%40"), strings.HasSuffix(before, "%2540"):
		kind = IdentityAddress
	default:
		return sp
	}
	for from > 0 {
		c := s[from-1]
		if c == '@' {
			kind = IdentityAddress
		} else if !isLocalByte(c) {
			break
		}
		from--
	}
	return span{from, sp.to, &token{kind: kind, owner: sp.tok.owner}}
}

// isLocalByte reports whether c may stand unquoted before the '@' of an address
// as people have them.
func isLocalByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-' || c == '+' || c == '%' || c == '='
}

// replaceSpans puts placeholders where spans are. Spans that overlap become one,
// of the longest's kind; and so do neighbours of one kind, so that nobody can
// count the words of a name.
func replaceSpans(s string, spans []span, counts redactions) string {
	if len(spans) == 0 {
		return s
	}
	sort.Slice(spans, func(i, j int) bool {
		if spans[i].from != spans[j].from {
			return spans[i].from < spans[j].from
		}
		return spans[i].to > spans[j].to
	})
	type merged struct {
		from, to, longest int
		kind              IdentityKind
	}
	var out []merged
	for _, sp := range spans {
		n := sp.to - sp.from
		if last := len(out) - 1; last >= 0 && sp.from < out[last].to {
			m := &out[last]
			m.to = max(m.to, sp.to)
			if n > m.longest || n == m.longest && kindRank(sp.tok.kind) < kindRank(m.kind) {
				m.longest, m.kind = n, sp.tok.kind
			}
			continue
		}
		out = append(out, merged{sp.from, sp.to, n, sp.tok.kind})
	}
	var b strings.Builder
	at := 0
	for i, m := range out {
		between := s[at:m.from]
		if i > 0 && out[i-1].kind == m.kind && strings.Trim(between, " .,-_・　") == "" {
			at = m.to
			continue
		}
		b.WriteString(between)
		b.WriteString(m.kind.Placeholder())
		counts[m.kind]++
		at = m.to
	}
	b.WriteString(s[at:])
	return b.String()
}

// runs replaces the runs of ASCII without spaces in s that hide an identity in
// some encoding.
func (r *redactor) runs(s string, counts redactions) string {
	var spans []span
	for i := 0; i < len(s); {
		if n := placeholderAt(s[i:]); n > 0 {
			i += n
			continue
		}
		if s[i] <= ' ' || s[i] >= utf8.RuneSelf {
			i++
			continue
		}
		start := i
		for i < len(s) && s[i] > ' ' && s[i] < utf8.RuneSelf && (i == start || placeholderAt(s[i:]) == 0) {
			i++
		}
		if i-start < 6 {
			continue
		}
		if _, ok := r.reveals(s[start:i]); ok {
			spans = append(spans, span{start, i, &token{kind: IdentityToken}})
		}
	}
	return replaceSpans(s, spans, counts)
}

// reveals reports whether s contains an identity in any encoding, and of which
// kind.
func (r *redactor) reveals(s string) (IdentityKind, bool) {
	if r.cleared {
		return "", false
	}
	for _, v := range views(s) {
		if kind, ok := r.revealedBy(&v); ok {
			return kind, true
		}
	}
	return "", false
}

// clear searches values all together, and reports whether none of them reveals
// anything: so it is with most mail, and much cheaper than one by one.
func (r *redactor) clear(values []string) bool {
	var b strings.Builder
	for _, v := range values {
		b.WriteString(v)
		b.WriteByte(' ')
		b.WriteByte(barrier)
		b.WriteByte('\n')
	}
	_, found := r.reveals(b.String())
	return !found
}

// revealedBy is the most telling kind of identity in a view.
func (r *redactor) revealedBy(v *view) (kind IdentityKind, ok bool) {
	f := fold(v.text)
	defer f.release()
	for _, m := range r.matchers {
		m.find(f, v.min, func(sp span) bool {
			if !ok || kindRank(sp.tok.kind) < kindRank(kind) {
				kind, ok = sp.tok.kind, true
			}
			return kind != IdentityAddress
		})
		if !ok && v.depth > 0 && !v.doubtful {
			m.findWhole(v.text, f, v.min, func(sp span) bool {
				kind, ok = sp.tok.kind, true
				return false
			})
		}
	}
	for _, m := range r.matchers {
		if ok {
			break
		}
		if _, _, hit := m.digestAt(v); hit {
			kind, ok = IdentityToken, true
		}
	}
	return kind, ok
}

// digestAt looks for the digest of an address in a view.
func (m *matcher) digestAt(v *view) (at int, found hashedAddress, ok bool) {
	if len(m.digests.addresses) == 0 || v.doubtful {
		return 0, found, false
	}
	eachHexRun(v.text, func(start int, run string) bool {
		at = start
		found, ok = m.digests.find(run)
		return !ok
	})
	for _, b := range v.raw {
		if ok {
			break
		}
		at = 0
		found, ok = m.digests.findRaw(b)
	}
	return at, found, ok
}
