package sanitize

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// host records a host name or an IP address.
func (o *observables) host(host string, at place, benign bool) {
	if a, err := netip.ParseAddr(host); err == nil {
		o.ip(a, at)
		return
	}
	o.add(TypeDomain, host, at, benign)
}

// ip records an address unless it names nobody outside a network.
func (o *observables) ip(a netip.Addr, at place) {
	a = a.Unmap()
	if isPrivateIP(a) {
		return
	}
	if a.Is4() {
		o.add(TypeIPv4, a.String(), at, false)
	} else {
		o.add(TypeIPv6, a.String(), at, false)
	}
}

// isPrivateIP reports whether a is no indicator anywhere: private, loopback,
// link-local, multicast, shared (RFC 6598) or "this network". The documentation
// ranges (RFC 5737, RFC 3849) count as public, because demonstrations use them.
func isPrivateIP(a netip.Addr) bool {
	a = a.Unmap()
	return !a.IsValid() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() ||
		netip.MustParsePrefix("100.64.0.0/10").Contains(a) || netip.MustParsePrefix("0.0.0.0/8").Contains(a) ||
		netip.MustParsePrefix("240.0.0.0/4").Contains(a)
}

// isPrivateHost reports whether host is reachable from inside one network only.
func isPrivateHost(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return isPrivateIP(a)
	}
	return !strings.Contains(host, ".") || under(host, "local") || under(host, "localhost") || under(host, "internal") || under(host, "lan")
}

// canonicalHost is the one way to write the host of a URL: lower case, Punycode,
// percent-encoding and full-width letters undone, an IPv4 address in any of the
// forms that browsers take (decimal, hex, octal) as four numbers.
func canonicalHost(host string) (string, bool) {
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		a, err := netip.ParseAddr(host[1 : len(host)-1])
		if err != nil || !a.Is6() {
			return "", false
		}
		return "[" + a.WithZone("").String() + "]", true
	}
	if strings.Contains(host, "%") {
		host = string(unpercent(host, '%'))
	}
	host = strings.Map(func(r rune) rune {
		switch {
		case isDot(r):
			return '.'
		case invisible(r):
			return -1
		}
		return r
	}, host)
	host = strings.Trim(norm.NFKC.String(host), ".")
	if a, ok := looseIPv4(host); ok {
		return a, true
	}
	host = hostASCII(host)
	if !validHost(host) {
		return "", false
	}
	return host, true
}

// validHost reports whether host, in ASCII, may be a name in the DNS as hosts
// really have them (underscores occur).
func validHost(host string) bool {
	if host == "" || len(host) > 253 {
		return false
	}
	for _, label := range strings.Split(host, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for i := 0; i < len(label); i++ {
			if !isAlnum(label[i]) && label[i] != '-' && label[i] != '_' {
				return false
			}
		}
	}
	return true
}

// looseIPv4 reads an IPv4 address as inet_aton does: one to four numbers, each
// decimal, octal or hex, the last filling the rest.
func looseIPv4(host string) (string, bool) {
	parts := strings.Split(host, ".")
	if len(parts) > 4 || host == "" || host[0] < '0' || host[0] > '9' {
		return "", false
	}
	var v uint64
	for i, p := range parts {
		if p == "" {
			return "", false
		}
		base, digits := 10, p
		switch {
		case len(p) > 2 && (p[:2] == "0x" || p[:2] == "0X"):
			base, digits = 16, p[2:]
		case len(p) > 1 && p[0] == '0':
			base, digits = 8, p[1:]
		}
		n, err := strconv.ParseUint(digits, base, 32)
		if err != nil {
			return "", false
		}
		if i == len(parts)-1 {
			if n >= 1<<(8*(4-uint(i))) {
				return "", false
			}
			v |= n
			break
		}
		if n > 255 {
			return "", false
		}
		v |= n << (8 * (3 - uint(i)))
	}
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}).String(), true
}

// addresses finds e-mail addresses in a text.
func (o *observables) addresses(s string, at place, taken *spans) {
	taken.begin()
	for from := 0; from < len(s); {
		i := strings.IndexByte(s[from:], '@')
		if i < 0 {
			return
		}
		i += from
		from = i + 1
		if e := taken.end(i); e > 0 {
			from = e
			continue
		}
		start := i
		for start > 0 && i-start < 64 && isLocalByte(s[start-1]) {
			start--
		}
		for start < i && !isAlnum(s[start]) {
			start++
		}
		end := i + 1
		for end < len(s) && end-i < 254 && (isAlnum(s[end]) || s[end] == '.' || s[end] == '-' || s[end] == '_') {
			end++
		}
		domain := strings.Trim(s[i+1:end], ".-_")
		if start == i || !plausibleDomain(domain) {
			continue
		}
		taken.add(start, i+1+len(domain))
		from = i + 1 + len(domain)
		o.address(s[start:i]+"@"+domain, TypeEmail, at)
	}
}

// address records an e-mail address.
func (o *observables) address(address, typ string, at place) {
	local, domain, ok := cutLast(address, '@')
	if !ok || local == "" {
		return
	}
	domain, ok = canonicalHost(domain)
	if !ok || isPrivateHost(strings.Trim(domain, "[]")) || isInfrastructure(domain) {
		return
	}
	o.add(typ, local+"@"+domain, at, false)
}

// plausibleDomain reports whether s has two labels or more and ends in a
// top-level domain.
func plausibleDomain(s string) bool {
	host := strings.ToLower(s)
	dot := strings.LastIndexByte(host, '.')
	return dot > 0 && validHost(host) && isTLD(host[dot+1:])
}

// hosts finds bare domains and IP addresses in a text.
func (o *observables) hosts(s string, at place, taken *spans) {
	taken.begin()
	for i := 0; i < len(s); {
		if e := taken.end(i); e > 0 {
			i = e
			continue
		}
		if !isAlnum(s[i]) && !(s[i] == ':' && i+1 < len(s) && s[i+1] == ':') {
			i++
			continue
		}
		end := i
		dots, colons := 0, 0
		for end < len(s) && (isAlnum(s[end]) || strings.IndexByte("-_.:", s[end]) >= 0) {
			switch s[end] {
			case '.':
				dots++
			case ':':
				colons++
			}
			end++
		}
		word := strings.TrimRight(s[i:end], ".:-_")
		start := i
		i = end
		switch {
		case len(word) > 300:
		case colons >= 2:
			o.bareIPv6(word, at)
		case dots > 0:
			glued := start > 0 && strings.IndexByte(".@-_/\\=", s[start-1]) >= 0
			o.bareHost(word, s[start+len(word):], glued, at, taken, start)
		}
	}
}

func (o *observables) bareIPv6(word string, at place) {
	a, err := netip.ParseAddr(word)
	// "::1" and "12::" are more often something else.
	if err == nil && a.Is6() && !a.Is4In6() && len(word) >= 6 {
		at.confidence = "low"
		o.ip(a, at)
	}
}

// bareHost judges a word with dots in it; rest is what follows it in the text.
func (o *observables) bareHost(word, rest string, glued bool, at place, taken *spans, start int) {
	if glued {
		return
	}
	word, port, _ := strings.Cut(word, ":")
	at.confidence = "low"
	if a, err := netip.ParseAddr(word); err == nil {
		o.ip(a, at)
		return
	}
	if port != "" && (len(port) > 5 || strings.Trim(port, "0123456789") != "") {
		return
	}
	pathed := len(rest) > 1 && rest[0] == '/' && isURLByte(rest[1])
	if !bareDomain(word, pathed) {
		return
	}
	host, ok := canonicalHost(word)
	if !ok || isPrivateHost(host) {
		return
	}
	if !pathed {
		o.add(TypeDomain, host, at, isInfrastructure(host))
		return
	}
	end := 0
	for end < len(rest) && end < o.limits.URLBytes && isURLByte(rest[end]) {
		end++
	}
	end = trimURL(rest[:end])
	if port != "" {
		word += ":" + port
	}
	if o.url("http://"+word+rest[:end], at) {
		taken.add(start, start+len(word)+end)
	}
}

// bareDomain reports whether a word in a sentence is meant as a domain. Sentences
// without a space after the full stop ("ok.so we go.To be") and file names are
// not.
func bareDomain(word string, pathed bool) bool {
	if !plausibleDomain(word) {
		return false
	}
	labels := strings.Split(word, ".")
	tld := labels[len(labels)-1]
	lower := strings.ToLower(tld)
	if unicode.IsUpper(rune(tld[0])) && tld != strings.ToUpper(tld) {
		return false
	}
	name := labels[len(labels)-2]
	if fileExtensions[lower] && !(pathed && len(labels) > 2) {
		return false
	}
	switch {
	case pathed:
		return len(name) > 1
	case len(labels) > 2:
		return len(name) > 1 && (len(lower) > 2 || commonTLDs[lower] || len(name) > 3 || isTLD(name))
	}
	return len(name) > 2 && commonTLDs[lower]
}

// commonTLDs are top-level domains that are neither English words nor file
// extensions, and are common among attackers' domains.
var commonTLDs = stringSet(`com net org biz info edu gov jp cn ru su de uk fr kr tw hk br us ca au eu nl pl ua vn th sg my ph cz ro hu bg gr pt es ch se fi dk
xyz icu vip cc io asia mobi example tokyo onion club shop site online website click link buzz cyou sbs cfd bond ml ga cf gq tk pw`)

// fileExtensions are top-level domains that are far more often the end of a file
// name.
var fileExtensions = stringSet("zip mov md sh py pl rs so ps app cab bar pub bin ai ad java mm cpp cs gdn name tf ms")
