package rewriter

import "strings"

// rule is one form of wrapper on a host.
type rule struct {
	service string
	kind    Kind
	// path is what the path begins with, in lower case; "" is any.
	path string
	// params name the parameters that may hold the target, in this order.
	params []string
	// bare is true where the service takes a target without a scheme.
	bare bool
	// own are the parameters of the service itself. Where they are given, an
	// unencoded target goes on over the parameters that are not the service's: these
	// services put it last and do not always encode it.
	own []string
	// ids are the parameters that identify a recipient; "*" says that every wrapper
	// of this form does.
	ids []string
	// domain is the parameter that holds the target's domain alone.
	domain string
	// find takes the target out where it is not in a parameter.
	find func(*link) (string, bool)
}

// matches reports whether the path of l is of the rule's form.
func (r *rule) matches(l *link) bool {
	return len(l.path) >= len(r.path) && strings.EqualFold(l.path[:len(r.path)], r.path)
}

// target is what l wraps by this rule.
func (r *rule) target(l *link) (string, bool) {
	if r.find != nil {
		if t, ok := r.find(l); ok {
			return t, true
		}
	}
	for _, name := range r.params {
		v, rest, ok := l.param(name)
		if !ok {
			continue
		}
		if len(r.own) > 0 && rest != "" && isRaw(v) {
			v, rest = r.runOn(l.query, v, rest)
		}
		if t, ok := valueTarget(v, r.bare); ok {
			return l.withFragment(t, rest == ""), true
		}
	}
	return "", false
}

// runOn adds to an unencoded value what follows it up to the next parameter that
// is the service's own.
func (r *rule) runOn(query, v, rest string) (value, after string) {
	start := len(query) - len(rest) - len(v) - 1
	for q := rest; q != ""; {
		name, _, next := nextParam(q)
		for _, own := range r.own {
			if strings.EqualFold(name, own) {
				return query[start : len(query)-len(q)-1], q
			}
		}
		q = next
	}
	return query[start:], ""
}

// identifies reports whether l carries something of its recipient.
func (r *rule) identifies(l *link) bool {
	for _, id := range r.ids {
		if id == "*" {
			return true
		}
		if _, _, ok := l.param(id); ok {
			return true
		}
	}
	return false
}

// isRaw reports whether v is a URL that nobody encoded.
func isRaw(v string) bool {
	scheme, n := schemeOf(v)
	return scheme != "" && strings.HasPrefix(v[n:], "//")
}

// valueTarget is the URL in a parameter's value. It is decoded once, as a server
// does, and again only where it is no URL yet (some senders encode twice). A plus
// sign is a space in what was encoded; in what was not, nobody meant one.
func valueTarget(v string, bare bool) (string, bool) {
	if t, ok := absolute(unpack(unescape(v, false)), false); ok {
		return t, true
	}
	s := unescape(v, !isRaw(v))
	for range 3 {
		if t, ok := absolute(s, true); ok {
			return t, true
		}
		again := unescape(s, false)
		if again == s {
			break
		}
		s = again
	}
	if strings.HasPrefix(s, "//") {
		return absolute("https:"+s, false)
	}
	if bare {
		return bareHost(s)
	}
	return "", false
}

// withFragment gives a target the fragment of its wrapper, where the target stood
// last and so the fragment is behind it: either it was part of the target, or the
// browser carries it over (RFC 9110 §10.2.2).
func (l *link) withFragment(target string, last bool) string {
	if !last || l.fragment == "" || strings.IndexByte(target, '#') >= 0 {
		return target
	}
	return target + "#" + clean(l.fragment)
}

// rulesFor are the rules of the host of l, or of a path that gateways have on
// their customers' own hosts.
func rulesFor(l *link) (rules []rule, known bool) {
	h := l.host
	for range 8 {
		if r, ok := hosts[h]; ok {
			return r, true
		}
		i := strings.IndexByte(h, '.')
		if i < 0 {
			break
		}
		h = h[i+1:]
	}
	if r := countryRules(l.host); r != nil {
		return r, true
	}
	if len(l.path) > 10 {
		for i := range onAnyHost {
			if onAnyHost[i].matches(l) {
				return onAnyHost[i : i+1], true
			}
		}
	}
	return nil, false
}

// countryRules are the rules of a service that has a domain in every country:
// google.co.jp, yandex.com.tr. A label of that name somewhere in a host is not
// enough; what follows it must be a country's domain.
func countryRules(host string) []rule {
	last := strings.LastIndexByte(host, '.')
	if last < 0 {
		return nil
	}
	tld := host[last+1:]
	if len(tld) != 2 && tld != "com" && tld != "cat" {
		return nil
	}
	host = host[:last]
	if len(tld) == 2 {
		if h, ok := strings.CutSuffix(host, ".co"); ok {
			host = h
		} else if h, ok := strings.CutSuffix(host, ".com"); ok {
			host = h
		}
	}
	return countries[host[strings.LastIndexByte(host, '.')+1:]]
}
