package sanitize

import (
	"net/netip"
	"strings"
	"sync"

	"golang.org/x/net/publicsuffix"

	"kairan/sanitize/benign"
)

// builtin are the lists that every original is screened with.
var builtin = sync.OnceValue(benign.Builtin)

// Screen judges indicators by lists of what is none (see [benign.Tier]). What
// programs write into mails becomes benign; so does the bare domain of a service
// where anybody can put content, while its URLs stay; and so does what is popular,
// which waits for an operator who knows better. Sanitize has screened with the
// built-in lists; doing it again with others only adds.
func Screen(all []Indicator, lists *benign.Lists) {
	for i := range all {
		n := &all[i]
		tier := tierOf(n, lists)
		if tier == benign.None {
			continue
		}
		if n.Tier == "" || tier == benign.Infrastructure || tier == benign.SharedHosting && n.Tier == benign.Popular.String() {
			n.Tier = tier.String()
		}
		if tier == benign.SharedHosting && (n.Type != TypeDomain && n.Type != TypeDKIMDomain || isTenant(n.Value)) {
			continue
		}
		n.Benign = true
	}
}

func tierOf(n *Indicator, lists *benign.Lists) (tier benign.Tier) {
	switch n.Type {
	case TypeURL:
		tier, _ = lists.URL(n.Value)
	case TypeDomain, TypeDKIMDomain, TypeHelo:
		tier, _ = lists.Host(n.Value)
	case TypeIPv4, TypeIPv6, TypeSendingIP:
		if a, err := netip.ParseAddr(n.Value); err == nil {
			tier, _ = lists.IP(a)
		}
	case TypeEmail:
		// A sender is told whatever it is: attackers write from popular sites too.
		if tier, _ = lists.Email(n.Value); tier < benign.Infrastructure {
			tier = benign.None
		}
	case TypeMD5, TypeSHA1, TypeSHA256:
		tier, _ = lists.Hash(n.Value)
	}
	return tier
}

// isTenant is true for a name that a service gave to one of its users, such as
// evil.pages.example: the service is everybody's, the name is not.
func isTenant(host string) bool {
	suffix, official := publicsuffix.PublicSuffix(host)
	return !official && strings.Contains(suffix, ".") && host != suffix
}

// isShared reports whether host is itself a service that many people use.
func isShared(host string) bool {
	tier, _ := builtin().Host(host)
	return tier == benign.SharedHosting || tier == benign.Popular
}

// popular says how many indicators wait for somebody who knows better than the
// lists.
func popular(all []Indicator) []Problem {
	for _, n := range all {
		if n.Tier == benign.Popular.String() && (n.Role == RoleLink || n.Role == RoleText) {
			return []Problem{{Code: ProblemPopular, Where: "indicators", Detail: "some are at sites that many people use; they are left out unless an operator says otherwise"}}
		}
	}
	return nil
}

// isInfrastructure reports whether host is one that programs write into mails.
func isInfrastructure(host string) bool {
	tier, _ := builtin().Host(strings.Trim(host, "[]"))
	return tier == benign.Infrastructure
}
