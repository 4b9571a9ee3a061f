package benign

import (
	"net/netip"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// parent is the name one label up, "" above the last.
func parent(name string) string {
	if dot := strings.IndexByte(name, '.'); dot >= 0 {
		return name[dot+1:]
	}
	return ""
}

// cleanHost is a host as the lists hold it: lower case, Punycode, neither
// brackets nor a dot at the end.
func cleanHost(h string) string {
	h = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(h)), ".")
	if strings.HasPrefix(h, "[") && strings.HasSuffix(h, "]") {
		return h[1 : len(h)-1]
	}
	for i := 0; i < len(h); i++ {
		if h[i] >= 0x80 {
			if ascii, err := idna.Lookup.ToASCII(h); err == nil {
				return ascii
			}
			return h
		}
	}
	return h
}

// splitURL returns the host and the path of a URL as a browser takes them apart:
// a backslash is a slash, tabs and line ends are nothing, and what stands before
// an at sign names nobody. Whatever is not a URL yields hosts that no list knows.
func splitURL(u string) (host, path string) {
	if strings.ContainsAny(u, "\t\r\n\\") {
		u = strings.NewReplacer("\t", "", "\r", "", "\n", "", `\`, "/").Replace(u)
	}
	u = strings.TrimSpace(u)
	if i := strings.IndexByte(u, ':'); i >= 0 && strings.HasPrefix(u[i+1:], "/") && isScheme(u[:i]) {
		u = u[i+1:]
	}
	u = strings.TrimLeft(u, "/")
	path = "/"
	if i := strings.IndexAny(u, "/?#"); i >= 0 {
		if u[i] == '/' {
			path = u[i:]
		}
		u = u[:i]
	}
	u = u[strings.LastIndexByte(u, '@')+1:]
	if strings.HasPrefix(u, "[") {
		if i := strings.IndexByte(u, ']'); i >= 0 {
			u = u[:i+1]
		}
	} else if i := strings.IndexByte(u, ':'); i >= 0 {
		u = u[:i]
	}
	return cleanHost(u), path
}

func isScheme(s string) bool {
	if s == "" {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		if (c < 'a' || c > 'z') && (i == 0 || (s[i] < '0' || s[i] > '9') && s[i] != '+' && s[i] != '-' && s[i] != '.') {
			return false
		}
	}
	return true
}

// under reports whether a path is prefix or lies below it. A prefix that ends in
// a slash is not a path itself. Case does not count, as on the servers of most
// services with such paths.
func under(path, prefix string) bool {
	if len(path) < len(prefix) || !strings.EqualFold(path[:len(prefix)], prefix) {
		return false
	}
	if len(path) == len(prefix) || strings.HasSuffix(prefix, "/") {
		return true
	}
	switch path[len(prefix)] {
	case '/', '?', '#', ';':
		return true
	}
	return false
}

// underPrivateSuffix reports whether h is, or lies under, a suffix at which a
// company hands out names to its customers.
func underPrivateSuffix(h string) bool {
	suffix, icann := publicsuffix.PublicSuffix(h)
	// A single label that ICANN does not manage is no suffix anybody listed.
	return !icann && strings.IndexByte(suffix, '.') > 0
}

// isSite reports whether h is a name that somebody registered, or its www: where
// the site of a company is, and not a host with one job.
func isSite(h string) bool {
	domain, err := publicsuffix.EffectiveTLDPlusOne(h)
	return err == nil && (h == domain || h == "www."+domain)
}

// documentationNames are reserved by RFC 2606, and by JPRS for Japan.
var documentationNames = map[string]bool{
	"example": true, "example.com": true, "example.net": true, "example.org": true, "example.jp": true,
	"example.co.jp": true, "example.ne.jp": true, "example.or.jp": true, "example.ac.jp": true, "example.go.jp": true,
}

// isDocumentation reports whether h counts as public although lists may name it.
func (l *Lists) isDocumentation(h string) bool {
	if l.ReservedDocumentation || !strings.Contains(h, "example") {
		return false
	}
	for name := h; name != ""; name = parent(name) {
		if documentationNames[name] {
			return true
		}
	}
	return false
}

var documentationNetworks = []netip.Prefix{
	netip.MustParsePrefix("192.0.2.0/24"), // RFC 5737
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("2001:db8::/32"), // RFC 3849
	netip.MustParsePrefix("3fff::/20"),     // RFC 9637
}

func documentationAddress(a netip.Addr) bool {
	for _, p := range documentationNetworks {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
