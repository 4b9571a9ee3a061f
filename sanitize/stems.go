package sanitize

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// stems finds members' names in the domains that attackers register:
// "harino-bank-login.example" for the member Harino Bank.
type stems struct {
	search *automaton
	words  []string
	exact  map[string]bool // shorter ones, only between hyphens
	nearly *lookalikes
}

const longStem = 5 // bytes from which a stem counts anywhere in a label

// newStems gathers the stems of ids: organisations' names without spaces, and
// the label that was registered of each domain.
func newStems(ids []Identity) *stems {
	s := &stems{exact: map[string]bool{}}
	for _, id := range ids {
		switch id.Kind {
		case IdentityDomain:
			if isPublicProvider(id.Value) {
				continue
			}
			host := hostASCII(strings.Trim(strings.TrimSpace(id.Value), "@."))
			label, _, _ := strings.Cut(tenantDomain(host), ".")
			if service := registeredDomain(host); isShared(service) {
				// What stands before the service is the name.
				head := strings.TrimSuffix(strings.TrimSuffix(host, service), ".")
				label = head[strings.LastIndexByte(head, '.')+1:]
			}
			s.add(label, id)
			if u := hostUnicode(label); u != "" {
				s.add(u, id)
			}
		case IdentityOrganisation:
			for _, name := range []string{id.Value, withoutLegalForm(id.Value)} {
				// Thousands of abbreviations are half of all words of three letters.
				if text, gaps := foldString(name); id.strict() || !isCommonName(text, len(gaps)) {
					s.add(name, id)
				}
			}
		}
	}
	sort.Strings(s.words)
	n := 0
	for i, w := range s.words {
		if i == 0 || w != s.words[i-1] {
			s.words[n] = w
			n++
		}
	}
	s.words = s.words[:n]
	s.search = newAutomaton(s.words)
	s.nearly = newLookalikes(s.words)
	return s
}

func (s *stems) add(name string, id Identity) {
	stem := squeezeLabel(name)
	if stem == "" || genericStems[stem] || commonNames[stem] {
		return
	}
	if (id.Owner == OwnerReporter || id.Owner == OwnerVictim) && (len(stem) < 6 || commonWords[stem]) {
		return // learned from a mail, whose recipients may be anybody
	}
	if !id.strict() && isCommonName(stem, 0) {
		if len(stem) >= 3 && !commonWords[stem] && !shortWords[stem] {
			s.exact[stem] = true
		}
		return
	}
	runes := utf8.RuneCountInString(stem)
	ascii := runes == len(stem)
	switch {
	case ascii && runes >= longStem, !ascii && runes >= 3:
		s.words = append(s.words, stem)
	case runes >= 2:
		s.exact[stem] = true
	}
}

// genericStems are words that many organisations have in their names.
var genericStems = stringSet(`example group bank japan tokyo osaka online service services mail web system systems holdings company corp info security net
power energy water railway hospital insurance finance financial credit card cards airport airlines logistics telecom medical gas city town`)

// shortWords are words of three and four letters that stand in many domains.
var shortWords = stringSet(`all and any app apps art asia auto best blog book box bus buy car care cash chat city club code cool corp data date deal desk diy doc docs
dns easy edu eco eng euro event fast file find first fit fix fly food form free fun game get gift girl go gold good gov grow hair hand help home host hot hub ink
job jobs join just key kids land law lead life like line link list live loan log look love luck main man map mart max med meta mind mine mix mob moon more move
music my news next nice non now oct old one open opt out page park part pay pet phone pic plan plus pos post pro pub pure quick rate read real red rent rest ring
rock run safe sale sam save sea see self sell send seo set shop show sign site six sky snow soft son spa star stay step sub sun sure tag take talk tax tea tech ten
text the then tip top town toy trip true try two use user van via video view vip walk way wiki win wine wish wood word work world yes you your zen zero zip zone`)

// squeezeLabel is a name as it may stand in a label of a domain.
func squeezeLabel(name string) string {
	text, _ := foldString(name)
	return strings.Map(func(r rune) rune {
		switch r {
		case '-', '_', '.', ',', '&', '\'':
			return -1
		}
		return r
	}, text)
}

// in reports whether the registered part of host contains a stem, or is nearly one.
func (s *stems) in(host string) bool {
	host = hostASCII(host)
	label, _, _ := strings.Cut(registeredDomain(host), ".")
	forms := []string{label}
	// The name that somebody chose at a service is as good as a domain.
	if tenant, _, _ := strings.Cut(tenantDomain(host), "."); tenant != label {
		forms = append(forms, tenant)
	}
	for _, l := range forms[:len(forms):len(forms)] {
		if u := hostUnicode(l); u != "" {
			forms = append(forms, u)
		}
	}
	for _, l := range forms {
		for _, piece := range strings.FieldsFunc(l, func(r rune) bool { return r == '-' || r == '_' }) {
			if text, _ := foldString(piece); s.exact[text] {
				return true
			}
		}
		found := false
		squeezed := squeezeLabel(l)
		s.search.scan([]byte(squeezed), func(int, int) bool {
			found = true
			return false
		})
		if found || s.nearly.in(squeezed) {
			return true
		}
	}
	return false
}
