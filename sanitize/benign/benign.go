// Package benign tells what in a mail is no indicator, although it looks like
// one: namespaces, shorteners, the banks that attackers pretend to be.
//
// It is pure: it gets the bytes of its lists from whoever loads them and reads
// no file. A short list of our own is built in ([Builtin]); warning lists in
// MISP's format can be added ([Lists.Add]).
//
// There are three tiers, because three different things can be wrong with a
// value. A namespace is never an attacker's: it is dropped. A URL at a shortener
// is an attacker's, but the shortener is not: the whole URL is told and never the
// bare domain. A bank's own site may be either: it is told to no machine before
// an operator has looked. One list for all three would hide attacks: a third of
// the URLs of real phishing mails that the list of the ten thousand most popular
// sites covers lie on storage, form and shortening services that anybody can
// use.
package benign

import (
	"net/netip"
	"strings"
)

// Tier says what to do with a value. A greater one wins over a lesser one when
// several lists know a value.
type Tier int

const (
	// None is for a value that no list knows: it may be an indicator.
	None Tier = iota
	// Popular is for what many people use for good reasons and nobody can put
	// content on. It is held for an operator and given to machines with to_ids
	// false.
	Popular
	// SharedHosting is for what anybody can put content on: shorteners, storage,
	// forms, free subdomains, dynamic DNS. The full URL is published, the bare
	// domain never is. It wins over Popular: most such services are popular.
	SharedHosting
	// Infrastructure is for what programs write into mails, and for addresses
	// that mean nothing outside of a network. It is dropped. It wins over the
	// others, so only exact hosts and few whole domains are in it.
	Infrastructure
)

// String is the tier as configuration and records write it.
func (t Tier) String() string {
	switch t {
	case None:
		return "none"
	case Popular:
		return "popular"
	case SharedHosting:
		return "shared-hosting"
	case Infrastructure:
		return "infrastructure"
	}
	return "unknown"
}

// Lists knows values that are no indicators. The zero value knows none; see
// [Builtin]. Looking up may go on in any number of goroutines at once, but not
// beside [Lists.Add].
type Lists struct {
	// ReservedDocumentation makes the names and addresses reserved for
	// documentation (RFC 2606, 5737, 3849, 9637) count as what the lists say of
	// them. By default they are like any public ones, whatever a list says:
	// demonstrations and benchmarks use them as the attacker's.
	ReservedDocumentation bool

	hosts    map[string]rule // for hosts and for the hosts of URLs
	mail     map[string]rule // for the domains of addresses only
	paths    map[string][]pathRule
	strings  map[string]mark // whole addresses and URLs, and hashes
	networks networks
	patterns []pattern
	names    []string // of the lists; a mark refers to one by its number
}

// mark is a tier and the number of the list it is from.
type mark struct {
	tier Tier
	list int32
}

// or returns the mark that wins; of two equals the earlier one.
func (m mark) or(n mark) mark {
	if n.tier > m.tier {
		return n
	}
	return m
}

// rule is what is known of a name: of the host itself, and of everything below it.
type rule struct{ exact, below mark }

// pathRule is for a part of a site: what lies at or under prefix.
type pathRule struct {
	prefix string // begins with "/"
	mark
}

// tell is the answer about a mark.
func (l *Lists) tell(m mark) (Tier, string) {
	if m.tier == None {
		return None, ""
	}
	return m.tier, l.names[m.list]
}

// Host looks a host name up, in any case, with or without a dot at its end; an
// address, in brackets or not, is looked up as one. It returns the tier and the
// name of the list that says so.
func (l *Lists) Host(h string) (Tier, string) {
	h = cleanHost(h)
	if a, ok := parseIP(h); ok {
		return l.IP(a)
	}
	return l.tell(l.host(h).or(l.matching(h, forHost)))
}

// URL looks a URL up, with its scheme or without. Where a list knows a part of a
// site only, such as the pages that its users write, that counts for URLs in it.
func (l *Lists) URL(u string) (Tier, string) {
	host, path := splitURL(u)
	if a, ok := parseIP(host); ok {
		return l.IP(a)
	}
	if l.isDocumentation(host) {
		return None, ""
	}
	m := l.host(host)
	if m.tier < Infrastructure {
		for name := host; name != ""; name = parent(name) {
			for _, p := range l.paths[name] {
				if under(path, p.prefix) {
					m = m.or(p.mark)
				}
			}
		}
		m = m.or(l.strings[u]).or(l.matching(host, forHost)).or(l.matching(u, forURL))
	}
	return l.tell(m)
}

// Email looks a mail address up: the whole of it, then its domain.
func (l *Lists) Email(a string) (Tier, string) {
	a = strings.ToLower(strings.Trim(strings.TrimSpace(a), "<>"))
	domain := cleanHost(a[strings.LastIndexByte(a, '@')+1:])
	if l.isDocumentation(domain) {
		return None, ""
	}
	m := l.strings[a].or(l.host(domain))
	for name, first := domain, true; name != ""; name, first = parent(name), false {
		r := l.mail[name]
		m = m.or(r.below)
		if first {
			m = m.or(r.exact)
		}
	}
	return l.tell(m.or(l.matching(a, forEmail)))
}

// Hash looks a digest up, in hexadecimal digits of any case.
func (l *Lists) Hash(hex string) (Tier, string) {
	return l.tell(l.strings[strings.ToLower(hex)])
}

// IP looks an address up.
func (l *Lists) IP(a netip.Addr) (Tier, string) {
	a = a.Unmap().WithZone("")
	if !a.IsValid() || !l.ReservedDocumentation && documentationAddress(a) {
		return None, ""
	}
	return l.tell(l.networks.find(a))
}

// privateSuffix is the list that the public suffix list counts as.
const privateSuffix = "public suffix list, private section"

// host looks up a clean host name, not an address.
func (l *Lists) host(h string) mark {
	if h == "" || l.isDocumentation(h) {
		return mark{}
	}
	m := l.hosts[h].exact
	for name := h; name != ""; name = parent(name) {
		m = m.or(l.hosts[name].below)
	}
	if m.tier < SharedHosting && len(l.names) > 0 && underPrivateSuffix(h) {
		m = mark{SharedHosting, 0}
	}
	return m
}

// parseIP reads an IP address. Most names are none, and that costs little to see.
func parseIP(s string) (a netip.Addr, ok bool) {
	if s == "" || !(s[len(s)-1] >= '0' && s[len(s)-1] <= '9' || strings.IndexByte(s, ':') >= 0) {
		return a, false
	}
	a, err := netip.ParseAddr(s)
	return a, err == nil
}
