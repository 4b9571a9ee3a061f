package benign

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
)

// Bounds of one warning list. The longest that MISP ships has a million entries.
const (
	mostListBytes   = 64 << 20
	mostEntries     = 2_000_000
	mostEntryBytes  = 2048
	mostPatterns    = 500 // of all lists: each is tried on every value
	mostPatternSize = 512
)

// warningList is a MISP warning list
// (https://www.misp-standard.org/rfc/misp-standard-warninglists-format.html).
type warningList struct {
	Name       string          `json:"name"`
	Type       string          `json:"type"`
	Attributes []string        `json:"matching_attributes"`
	List       []string        `json:"list"`
	Version    json.RawMessage `json:"version"`
}

// use is what a list is for, as its matching_attributes say.
type use uint8

const (
	forHost use = 1 << iota
	forURL
	forIP
	forEmail
	forHash
	forAll = forHost | forURL | forIP | forEmail | forHash
)

// usesOf translates MISP's attribute types. A list without any is for
// everything; one for things that are not looked up here is for nothing.
func usesOf(attributes []string) use {
	if len(attributes) == 0 {
		return forAll
	}
	var u use
	for _, a := range attributes {
		// "domain|ip" and its like stand beside the plain types in every list and
		// say nothing of their own: lists of mail domains have it too.
		switch a {
		case "domain", "hostname":
			u |= forHost
		case "url", "uri", "link":
			u |= forHost | forURL
		case "ip", "ip-src", "ip-dst":
			u |= forIP
		case "email", "email-src", "email-dst", "email-reply-to", "whois-registrant-email", "dns-soa-email", "target-email":
			u |= forEmail
		case "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "ssdeep", "tlsh", "imphash":
			u |= forHash
		}
	}
	return u
}

// pattern is an entry that is searched for in a value rather than looked up.
type pattern struct {
	re        *regexp.Regexp // nil for a substring
	substring string         // in lower case
	uses      use
	mark
}

// matching is the mark of the first pattern of the highest tier in v.
func (l *Lists) matching(v string, u use) mark {
	var m mark
	for i := range l.patterns {
		p := &l.patterns[i]
		if p.uses&u == 0 || p.tier <= m.tier || len(v) > mostEntryBytes {
			continue
		}
		if p.re != nil && p.re.MatchString(v) || p.re == nil && strings.Contains(v, p.substring) {
			m = p.mark
		}
	}
	return m
}

// Add puts a MISP warning list, in MISP's own JSON format, beside what is known
// already. Its tier is told by its name (see [TierOf]). A list that is not well
// formed, or has a pattern that does not compile, is an error that names it, and
// nothing of it is added.
//
// Where the format leaves it open how an entry matches, it is read as follows.
// An entry with a dot in front, in a list of type string too, matches what lies
// below the name and the name itself. In a list of [SharedHosting] every name
// does. A whole site in a list of [Infrastructure] (www.microsoft.com, which does
// serve revocation lists) is only [Popular], or links to its other pages would
// be dropped. A substring that is a host name matches whole labels, or "mail.com" would
// match "hotmail.com". A regular expression may have Perl's delimiters and the
// flags i, m, s and u; it is compiled as RE2, so the time it takes is linear.
func (l *Lists) Add(listJSON []byte) error {
	if len(listJSON) > mostListBytes {
		return fmt.Errorf("adding a warning list: %d bytes are more than %d", len(listJSON), mostListBytes)
	}
	var w warningList
	if err := json.Unmarshal(listJSON, &w); err != nil {
		if w.Name != "" {
			return fmt.Errorf("adding warning list %q: %w", w.Name, err)
		}
		return fmt.Errorf("adding a warning list: %w", err)
	}
	if err := l.add(w, TierOf(w.Name)); err != nil {
		return fmt.Errorf("adding warning list %q: %w", w.Name, err)
	}
	return nil
}

var errNoName = errors.New("it has no name")

// add checks every entry before it takes the first.
func (l *Lists) add(w warningList, tier Tier) error {
	if w.Name == "" {
		return errNoName
	}
	if len(w.List) > mostEntries {
		return fmt.Errorf("%d entries are more than %d", len(w.List), mostEntries)
	}
	b := batch{tier: tier, uses: usesOf(w.Attributes), loaded: true}
	for i, entry := range w.List {
		if len(entry) > mostEntryBytes {
			return fmt.Errorf("entry %d is longer than %d bytes", i, mostEntryBytes)
		}
		if err := b.entry(w.Type, entry); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
	}
	if n := len(l.patterns) + len(b.patterns); n > mostPatterns {
		return fmt.Errorf("%d patterns and substrings in all are more than %d", n, mostPatterns)
	}
	l.take(w.Name, &b)
	return nil
}

// batch is one list, taken apart. Marks are put on its parts by [Lists.take].
type batch struct {
	tier     Tier
	uses     use
	loaded   bool // by Add
	exact    []string
	sites    []string // see isSite
	below    []string
	whole    []string // addresses, URLs, hashes
	paths    map[string][]pathRule
	spans    []span
	patterns []pattern
}

// entry takes one entry apart as the type of its list says.
func (b *batch) entry(kind, entry string) error {
	e := strings.ToLower(strings.TrimSpace(entry))
	if e == "" {
		return nil
	}
	switch kind {
	case "cidr":
		p, err := parsePrefix(e)
		if err != nil {
			return err
		}
		b.spans = append(b.spans, spanOf(p, 0))
	case "hostname":
		b.name(strings.TrimPrefix(e, "."), true)
	case "string":
		b.literal(e)
	case "substring":
		// Some lists put a dot in front and mean the same.
		if name := strings.TrimPrefix(e, "."); isHostName(name) {
			b.name(name, true)
			return nil
		}
		if len(e) < 3 {
			return fmt.Errorf("substring %q would match nearly everything", e)
		}
		b.patterns = append(b.patterns, pattern{substring: e, uses: b.uses})
	case "regex":
		re, err := compile(strings.TrimSpace(entry))
		if err != nil {
			return err
		}
		b.patterns = append(b.patterns, pattern{re: re, uses: b.uses})
	default:
		return fmt.Errorf("the type %q is not known", kind)
	}
	return nil
}

// literal takes an entry of a list of type string, whatever it is.
func (b *batch) literal(e string) {
	if b.uses&forIP != 0 {
		if p, err := parsePrefix(e); err == nil {
			b.spans = append(b.spans, spanOf(p, 0))
			return
		}
	}
	if b.uses&forHash != 0 || strings.ContainsAny(e, "/@") {
		b.whole = append(b.whole, e)
	}
	if name := strings.TrimPrefix(e, "."); !strings.ContainsAny(name, "@ ") {
		b.name(name, name != e || b.tier == SharedHosting)
	}
}

// name takes a host name, which may have a path after it.
func (b *batch) name(name string, below bool) {
	if strings.IndexByte(name, '/') >= 0 {
		host, path := splitURL(name)
		if host != "" && path != "/" {
			if b.paths == nil {
				b.paths = map[string][]pathRule{}
			}
			b.paths[host] = append(b.paths[host], pathRule{prefix: path})
			return
		}
		name = host
	}
	if name = cleanHost(name); name == "" {
		return
	}
	if b.loaded && b.tier == Infrastructure && isSite(name) {
		b.sites = append(b.sites, name)
		return
	}
	if below {
		b.below = append(b.below, name)
	} else {
		b.exact = append(b.exact, name)
	}
}

// mostPaths bounds the paths known of one site: they are tried one by one.
const mostPaths = 200

// take puts a batch beside what is known.
func (l *Lists) take(name string, b *batch) {
	if l.hosts == nil {
		l.hosts, l.mail = map[string]rule{}, map[string]rule{}
		l.paths, l.strings = map[string][]pathRule{}, map[string]mark{}
	}
	if len(l.names) == 0 {
		l.names = append(l.names, privateSuffix)
	}
	m := mark{b.tier, int32(len(l.names))}
	l.names = append(l.names, name)
	hosts := l.hosts
	if b.uses&forHost == 0 {
		hosts = l.mail
	}
	if b.uses&(forHost|forEmail) != 0 {
		for _, n := range b.exact {
			r := hosts[n]
			r.exact = r.exact.or(m)
			hosts[n] = r
		}
		for _, n := range b.sites {
			r := hosts[n]
			r.exact = r.exact.or(mark{Popular, m.list})
			hosts[n] = r
		}
		for _, n := range b.below {
			r := hosts[n]
			r.below = r.below.or(m)
			hosts[n] = r
		}
	}
	for host, rules := range b.paths {
		for _, r := range rules {
			if len(l.paths[host]) < mostPaths {
				l.paths[host] = append(l.paths[host], pathRule{r.prefix, m})
			}
		}
	}
	for _, s := range b.whole {
		l.strings[s] = l.strings[s].or(m)
	}
	for i := range b.spans {
		b.spans[i].list = m.list
	}
	for i := range b.patterns {
		b.patterns[i].mark = m
	}
	l.networks.add(b.tier, b.spans)
	l.patterns = append(l.patterns, b.patterns...)
}

// parsePrefix reads a network, or an address as a network of one.
func parsePrefix(s string) (netip.Prefix, error) {
	if strings.IndexByte(s, '/') < 0 {
		a, err := netip.ParseAddr(s)
		if err != nil {
			return netip.Prefix{}, err
		}
		a = a.Unmap().WithZone("")
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err == nil && p.Addr().Is4In6() {
		if p.Bits() < 96 {
			return netip.Prefix{}, fmt.Errorf("network %s is wider than IPv4", p)
		}
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p, err
}

// isHostName reports whether s is a name of two or more labels.
func isHostName(s string) bool {
	dots := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '.':
			if i == 0 || i == len(s)-1 || s[i-1] == '.' {
				return false
			}
			dots++
		case c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 0x80:
		default:
			return false
		}
	}
	return dots > 0
}

// compile reads a regular expression, with Perl's delimiters or without.
func compile(s string) (*regexp.Regexp, error) {
	if len(s) > mostPatternSize {
		return nil, fmt.Errorf("regular expression of %d bytes is longer than %d", len(s), mostPatternSize)
	}
	if end := strings.LastIndexByte(s, '/'); strings.HasPrefix(s, "/") && end > 0 {
		flags := ""
		for _, f := range s[end+1:] {
			switch f {
			case 'i', 'm', 's':
				flags += string(f)
			case 'u': // always so here
			default:
				return nil, fmt.Errorf("regular expression has the flag %q, which is not known", f)
			}
		}
		s = strings.ReplaceAll(s[1:end], `\/`, "/")
		if flags != "" {
			s = "(?" + flags + ")" + s
		}
	}
	return regexp.Compile(s)
}
