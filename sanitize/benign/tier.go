package benign

import "strings"

// tiers assigns MISP's warning lists to tiers, by a part of the list's name. The
// name stands in the file, while the folder that MISP calls the list by does not;
// both are matched, so that a list whose name is its folder works too. The first
// row that fits counts.
var tiers = []struct {
	part string // in lower case
	tier Tier
}{
	// Infrastructure: nothing an attacker could own, or own alone.
	{"crl and ocsp", Infrastructure},
	{"crl-hostname", Infrastructure},
	{"crl-ip", Infrastructure},
	{"rfc 1918", Infrastructure}, {"rfc1918", Infrastructure},
	{"rfc 3849", Infrastructure}, {"rfc3849", Infrastructure},
	{"rfc 5735", Infrastructure}, {"rfc5735", Infrastructure},
	{"rfc 6598", Infrastructure}, {"rfc6598", Infrastructure},
	{"rfc 6761", Infrastructure}, {"rfc6761", Infrastructure},
	{"rfc 5771", Infrastructure}, {"multicast", Infrastructure},
	{"link local", Infrastructure}, {"linklocal", Infrastructure},
	{"hashes for empty", Infrastructure}, {"empty-hashes", Infrastructure},
	{"hashes with common false-positives", Infrastructure}, {"common-ioc-false-positive", Infrastructure},
	{"nioc-filehash", Infrastructure}, {"windows binary", Infrastructure}, {"windows-binary-hashes", Infrastructure},
	{"public dns", Infrastructure}, {"public-dns", Infrastructure},
	{"office 365 ip", Infrastructure}, {"office365-ip", Infrastructure},
	{"tlds as known by iana", Infrastructure}, {"tlds", Infrastructure},

	// SharedHosting: anybody can put content there.
	{"lots-project", SharedHosting}, {"living off trusted sites", SharedHosting},
	{"url shortener", SharedHosting}, {"url-shortener", SharedHosting},
	{"link in bio", SharedHosting}, {"link-in-bio", SharedHosting},
	{"dynamic dns", SharedHosting}, {"dynamic-dns", SharedHosting},
	{"ipfs gateway", SharedHosting}, {"ipfs-gateway", SharedHosting},
	{"free subdomain", SharedHosting}, {"free file host", SharedHosting},
	{"disposable email", SharedHosting}, {"disposable-email", SharedHosting},
	{"free email", SharedHosting}, {"eu-mail", SharedHosting},
}

// TierOf is the tier of a MISP warning list of this name. A list that is not in
// the table is [Popular], which hides nothing: so are tranco, cisco, majestic,
// cloudflare and crux (popular sites), google, microsoft and microsoft-office365
// (names that attackers borrow), bank-website, university, security-provider,
// whats-my-ip, and the lists of addresses that mail is sent from.
func TierOf(name string) Tier {
	name = strings.ToLower(name)
	for _, t := range tiers {
		if strings.Contains(name, t.part) {
			return t.tier
		}
	}
	return Popular
}
