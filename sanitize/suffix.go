package sanitize

import (
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// specialTLDs are names that the public suffix list does not know and that mails
// use all the same (RFC 2606, RFC 6761, RFC 7686). ".example" counts as public
// here: demonstrations and benchmarks live under it.
var specialTLDs = map[string]bool{
	"example": true, "test": true, "invalid": true, "local": true, "localhost": true, "onion": true, "i2p": true, "internal": true,
	"lan": true, "home": true, "corp": true, "bit": true,
}

// isTLD reports whether label is a top-level domain, in either form of an
// internationalised one and in any case.
func isTLD(label string) bool {
	if label == "" || len(label) > 63 {
		return false
	}
	l := strings.ToLower(label)
	if specialTLDs[l] || commonTLDs[l] {
		return true
	}
	if !isASCII(l) {
		ascii, err := idna.Punycode.ToASCII(l)
		if err != nil {
			return false
		}
		l = ascii
	}
	if !strings.HasPrefix(l, "xn--") && strings.ContainsAny(l, "-_0123456789") {
		return false // the root knows no such name
	}
	_, icann := publicsuffix.PublicSuffix(l)
	return icann
}

// hostASCII is host in lower case and, where it is internationalised, as
// browsers look it up (UTS #46); a name that no browser would look up keeps its
// plain Punycode form.
func hostASCII(host string) string {
	host = strings.ToLower(strings.TrimRight(host, "."))
	if isASCII(host) && !strings.Contains(host, "xn--") {
		return host // nothing to be done, or nothing that can be
	}
	ascii, err := idna.Lookup.ToASCII(host)
	if err != nil {
		if ascii, err = idna.Punycode.ToASCII(host); err != nil {
			return host
		}
	}
	return strings.ToLower(ascii)
}

// hostUnicode is host as a person would read it, "" when that is the same.
func hostUnicode(host string) string {
	if !strings.Contains(host, "xn--") {
		return ""
	}
	u, err := idna.Punycode.ToUnicode(host)
	if err != nil || u == host {
		return ""
	}
	return u
}

// registeredDomain is the part of host that somebody registered: the public
// suffix (as ICANN has it, so that an attacker's corner of a hosting service is
// not taken for a domain of its own) and one label before it. It is host itself
// where there is no such part.
func registeredDomain(host string) string {
	suffix := publicSuffix(host)
	if len(host) <= len(suffix)+1 {
		return host
	}
	head := host[:len(host)-len(suffix)-1]
	return host[strings.LastIndexByte(head, '.')+1:]
}

// publicSuffix is the longest suffix of host under which ICANN's registries
// register names, or its last label.
func publicSuffix(host string) string {
	suffix, icann := publicsuffix.PublicSuffix(host)
	for !icann {
		dot := strings.IndexByte(suffix, '.')
		if dot < 0 {
			return suffix
		}
		// A private suffix such as "github.io": go on to the right of its dot.
		rest := suffix[dot+1:]
		suffix, icann = publicsuffix.PublicSuffix(rest)
	}
	return suffix
}

// tenantDomain is the part of host that somebody registered or that a service
// gave to one of its users: "shop.pages.example" where pages.example is a private
// suffix of the public suffix list.
func tenantDomain(host string) string {
	suffix, _ := publicsuffix.PublicSuffix(host)
	if len(host) <= len(suffix)+1 {
		return host
	}
	head := host[:len(host)-len(suffix)-1]
	return host[strings.LastIndexByte(head, '.')+1:]
}

// under reports whether host is domain or lies below it.
func under(host, domain string) bool {
	return domain != "" && (host == domain || strings.HasSuffix(host, "."+domain))
}

// publicProviders sell mailboxes to everybody: their domains name nobody, and
// are no indicator either.
var publicProviders = stringSet(`
gmail.com googlemail.com outlook.com outlook.jp hotmail.com hotmail.co.jp live.com live.jp msn.com yahoo.com yahoo.co.jp ymail.ne.jp ymail.com
icloud.com me.com mac.com aol.com aol.jp gmx.com gmx.net gmx.de web.de mail.com mail.ru yandex.com yandex.ru proton.me protonmail.com zoho.com qq.com
163.com 126.com sina.com naver.com daum.net docomo.ne.jp ezweb.ne.jp au.com softbank.ne.jp i.softbank.jp vodafone.ne.jp ymobile.ne.jp rakuten.jp
nifty.com biglobe.ne.jp so-net.ne.jp ocn.ne.jp plala.or.jp infoseek.jp goo.jp excite.co.jp livedoor.com eonet.ne.jp asahi-net.or.jp dion.ne.jp
auone-net.jp tutanota.com fastmail.com t-online.de orange.fr free.fr comcast.net btinternet.com`)

func isPublicProvider(domain string) bool {
	return publicProviders[domain] || publicProviders[registeredDomain(domain)]
}

func stringSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}
