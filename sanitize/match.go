package sanitize

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is one spelling of an identity, folded.
type token struct {
	text  string
	kind  IdentityKind
	owner string
	gaps  []uint16 // where the spelling has a space
	runes int
	ascii bool
	loose bool // spaces may stand anywhere inside: addresses, domains, Japanese
	kana  bool // hiragana only
	ideal bool // a single kanji
	weak  bool // a common word: counts only where it is plainly somebody's name
}

// matcher finds the spellings of identities in texts. It is never changed once
// built.
type matcher struct {
	tokens  []token
	search  *automaton
	digests *digestSet
}

// span is where an identity stands in a source text, in bytes.
type span struct {
	from, to int
	tok      *token
}

// strength is how long a token must be to be believed in a text, because texts
// that were decoded on suspicion contain short words by chance.
type strength struct {
	ascii int // at least so many ASCII characters
	runes int // or, for other tokens, so many runes
}

func (s strength) admits(t *token) bool {
	if t.ascii {
		return t.runes >= s.ascii
	}
	return t.runes >= s.runes
}

// newMatcher builds the matcher of ids.
func newMatcher(ids []Identity) *matcher {
	b := spellings{}
	for _, id := range ids {
		b.add(id)
	}
	sort.Slice(b.tokens, func(i, j int) bool {
		if b.tokens[i].text != b.tokens[j].text {
			return b.tokens[i].text < b.tokens[j].text
		}
		return kindRank(b.tokens[i].kind) < kindRank(b.tokens[j].kind)
	})
	m := &matcher{digests: newDigestSet(b.hashed)}
	words := make([]string, 0, len(b.tokens))
	for _, t := range b.tokens {
		if len(words) > 0 && words[len(words)-1] == t.text {
			last := &m.tokens[len(m.tokens)-1]
			last.weak = last.weak && t.weak
			continue
		}
		words = append(words, t.text)
		m.tokens = append(m.tokens, t)
	}
	m.search = newAutomaton(words)
	return m
}

// kindRank orders kinds from the most telling: a spelling that belongs to two
// identities is told as the first.
func kindRank(k IdentityKind) int {
	for i, o := range []IdentityKind{IdentityAddress, IdentityDomain, IdentityHost, IdentityOrganisation, IdentityPerson} {
		if k == o {
			return i
		}
	}
	return 5
}

// find calls yield for every identity in f that is strong enough, until yield
// returns false.
func (m *matcher) find(f *folded, s strength, yield func(span) bool) {
	m.search.scan(f.text, func(word, end int) bool {
		t := &m.tokens[word]
		start := end - len(t.text)
		if !s.admits(t) || !f.stands(t, start, end) {
			return true
		}
		return yield(span{from: int(f.from[start]), to: int(f.to[end-1]), tok: t})
	})
}

// maxShortRun is how long a decoded run may be for a word of a few letters to be
// believed in it: that so few bytes are all text is no chance.
const maxShortRun = 24

// findWhole is find for the words that s does not admit, in short runs that were
// decoded: there even one of a few letters does not stand by chance.
func (m *matcher) findWhole(text string, f *folded, s strength, yield func(span) bool) {
	m.search.scan(f.text, func(word, end int) bool {
		t := &m.tokens[word]
		start := end - len(t.text)
		if s.admits(t) || t.weak || t.runes < 3 || !f.stands(t, start, end) {
			return true
		}
		sp := span{from: int(f.from[start]), to: int(f.to[end-1]), tok: t}
		// Each run is a line of its own, see joined.
		from := strings.LastIndexByte(text[:sp.from], '\n') + 1
		to := strings.IndexByte(text[sp.to:], '\n')
		if to < 0 {
			to = len(text) - sp.to
		}
		if sp.to+to-from > maxShortRun {
			return true
		}
		return yield(sp)
	})
}

// stands reports whether t, whose letters are at f.text[start:end], stands there
// as a word of its own and not by chance.
func (f *folded) stands(t *token, start, end int) bool {
	split := false // by a space that the spelling does not have
	own := t.gaps
	for i := start + 1; i < end; i++ {
		for len(own) > 0 && int(own[0]) < i-start {
			own = own[1:]
		}
		if f.gap[i] && (len(own) == 0 || int(own[0]) != i-start) {
			split = true
			break
		}
	}
	if split && !t.loose {
		return false
	}
	before, after := f.runeBefore(start), f.runeAfter(end)
	if t.ascii || t.text[0] < utf8.RuneSelf {
		if joins(rune(t.text[0]), before, t.runes < 4) {
			return false
		}
	}
	if last := t.text[len(t.text)-1]; last < utf8.RuneSelf && joins(rune(last), after, t.runes < 4) {
		return false
	}
	if t.weak && !f.formal(start, end) {
		return false
	}
	if t.ascii {
		return true
	}
	switch {
	case t.ideal, split && t.runes < 4:
		return !isWordRune(before) && (!isWordRune(after) || f.honorific(end))
	case t.kana && t.runes < 5:
		return !isKana(before) && (!isKana(after) || f.particle(end) || f.honorific(end))
	}
	return true
}

// joins reports whether the neighbour of a word continues it. A digit beside a
// letter does not, except for the shortest words, where "ana7" is no "ana".
func joins(edge, neighbour rune, short bool) bool {
	letter := func(r rune) bool { return r >= 'a' && r <= 'z' }
	digit := func(r rune) bool { return r >= '0' && r <= '9' }
	switch {
	case letter(edge):
		return letter(neighbour) || short && digit(neighbour)
	case digit(edge):
		return digit(neighbour) || short && letter(neighbour)
	}
	return false
}

// runeBefore is the rune directly before f.text[i], 0 when a gap is between.
func (f *folded) runeBefore(i int) rune {
	if i == 0 || f.gap[i] {
		return 0
	}
	r, _ := utf8.DecodeLastRune(f.text[:i])
	return r
}

// runeAfter is the rune directly at f.text[i], 0 when a gap is before it.
func (f *folded) runeAfter(i int) rune {
	if i >= len(f.text) || f.gap[i] {
		return 0
	}
	r, _ := utf8.DecodeRune(f.text[i:])
	return r
}

func isWordRune(r rune) bool { return r > 0x7f && unicode.IsLetter(r) }

func isKana(r rune) bool { return r >= 'ぁ' && r <= 'ゖ' || r == 'ー' }

// honorific reports whether a form of address stands at f.text[i:].
func (f *folded) honorific(i int) bool {
	return hasAnyPrefix(f.text[i:], "様", "さま", "殿", "どの", "さん", "氏", "君", "先生", "御中", "部長", "課長", "社長")
}

// particle reports whether one of the particles that follow a noun stands at
// f.text[i:].
func (f *folded) particle(i int) bool {
	return hasAnyPrefix(f.text[i:], "の", "が", "は", "を", "に", "へ", "と", "で", "も", "や", "から", "より", "まで", "など")
}

func hasAnyPrefix(b []byte, prefixes ...string) bool {
	for _, p := range prefixes {
		if len(b) >= len(p) && string(b[:len(p)]) == p {
			return true
		}
	}
	return false
}

// spellings gathers the tokens of identities.
type spellings struct {
	tokens []token
	hashed []hashedAddress
}

// add makes the tokens of one identity.
func (b *spellings) add(id Identity) {
	value := strings.TrimSpace(id.Value)
	switch id.Kind {
	case IdentityAddress:
		b.address(id, value)
	case IdentityDomain:
		b.domain(id, value)
	case IdentityOrganisation, IdentityPerson:
		b.name(id, value)
	default:
		b.token(id, value, true)
	}
}

// How the signs of an address are written in host names and in file names.
var (
	dashes      = strings.NewReplacer("@", "-", ".", "-", "_", "-")
	underscores = strings.NewReplacer("@", "_", ".", "_")
)

// address adds the ways to write an address, also those of VERP return paths
// ("taro=member.example") and of host names ("taro-at-member-example").
func (b *spellings) address(id Identity, value string) {
	value = strings.ToLower(strings.Trim(value, "<>"))
	local, domain, ok := cutLast(value, '@')
	if !ok || local == "" || domain == "" {
		b.token(id, value, true)
		return
	}
	dots := strings.ReplaceAll(domain, ".", "dot")
	for _, d := range domainForms(domain) {
		b.token(id, local+"@"+d, true)
		b.token(id, local+"="+d, true)
		b.token(id, local+"at"+d, true)
	}
	b.token(id, local+"at"+dots, true)
	b.token(id, dashes.Replace(local)+"-at-"+dashes.Replace(domain), true)
	b.token(id, dashes.Replace(local)+"-"+dashes.Replace(domain), true)
	b.token(id, underscores.Replace(local)+"_at_"+underscores.Replace(domain), true)
	b.token(id, local+"_at_"+domain, true)
	b.hashed = append(b.hashed, hashedAddress{value, id.Kind, id.Owner})
}

// domain adds a domain in both of its forms, and with dashes for dots as one
// writes it into a label of another domain.
func (b *spellings) domain(id Identity, value string) {
	value = strings.ToLower(strings.Trim(value, "@."))
	for _, d := range domainForms(value) {
		b.token(id, d, true)
		if dashed := strings.ReplaceAll(d, ".", "-"); dashed != d && len(dashed) >= 8 {
			b.token(id, dashed, true)
		}
	}
	b.hashed = append(b.hashed, hashedAddress{value, id.Kind, id.Owner})
}

// domainForms are the Punycode and the Unicode form of a domain.
func domainForms(domain string) []string {
	forms := []string{domain}
	if ascii := hostASCII(domain); ascii != domain {
		forms = append(forms, ascii)
	}
	if u := hostUnicode(hostASCII(domain)); u != "" && u != domain {
		forms = append(forms, u)
	}
	return forms
}

// name adds a name with and without its legal form, with its words joined as in
// addresses and file names, and a name of two words in either order.
func (b *spellings) name(id Identity, value string) {
	b.token(id, value, false)
	bare := value
	if id.Kind == IdentityOrganisation {
		bare = withoutLegalForm(value)
		if bare != value {
			b.token(id, bare, false)
		}
	}
	words := strings.FieldsFunc(bare, func(r rune) bool { return unicode.IsSpace(r) || r == '・' })
	if len(words) < 2 || len(words) > 4 {
		return
	}
	for _, sep := range []string{"-", "_", ".", "+"} {
		b.token(id, strings.Join(words, sep), false)
	}
	if id.Kind == IdentityPerson && len(words) == 2 {
		for _, sep := range []string{" ", "-", "_", ".", "+"} {
			b.token(id, words[1]+sep+words[0], false)
		}
	}
}

// token adds one spelling. Single letters name nobody.
func (b *spellings) token(id Identity, value string, loose bool) {
	text, gaps := foldString(value)
	t := token{text: text, kind: id.Kind, owner: id.Owner, gaps: gaps, runes: utf8.RuneCountInString(text), loose: loose, ascii: true, kana: true}
	for _, r := range text {
		t.ascii = t.ascii && r < utf8.RuneSelf
		t.kana = t.kana && isKana(r)
	}
	if t.runes == 0 || t.ascii && t.runes < 2 || strings.IndexByte(text, barrier) >= 0 || len(text) > 512 {
		return
	}
	if !t.ascii {
		t.loose = true
		t.ideal = t.runes == 1
	} else if t.runes < 8 {
		t.loose = false // "a.co" is not to be found in "see a. Co"
	}
	t.weak = !id.strict() && (id.Kind == IdentityOrganisation || id.Kind == IdentityPerson) && isCommonName(t.text, len(gaps))
	b.tokens = append(b.tokens, t)
}

// legalForms are what a company's name is written with or without.
var legalForms = []string{
	"株式会社", "(株)", "（株）", "㈱", "有限会社", "(有)", "（有）", "㈲", "合同会社", "合資会社", "合名会社", "一般社団法人", "公益社団法人",
	"一般財団法人", "公益財団法人", "独立行政法人", "国立研究開発法人", "国立大学法人", "地方独立行政法人", "特定非営利活動法人", "医療法人", "学校法人",
}

// latinForms are the same at the end of an English name, longest first.
var latinForms = []string{
	"company, limited", "company limited", "co., ltd.", "co., ltd", "co.,ltd.", "co.,ltd", "co. ltd.", "co ltd", "corporation", "incorporated", "limited",
	"k.k.", "g.k.", "inc.", "inc", "corp.", "corp", "ltd.", "ltd", "llc", "plc", "gmbh", "holdings",
}

// withoutLegalForm is an organisation's name without "株式会社" or "Co., Ltd.",
// the name itself if nothing telling would be left.
func withoutLegalForm(name string) string {
	s := strings.TrimSpace(name)
	for _, f := range legalForms {
		s = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(s, f), f))
	}
	for _, f := range latinForms {
		if n := len(s) - len(f); n > 1 && strings.EqualFold(s[n:], f) && (s[n-1] == ' ' || s[n-1] == ',') {
			s = strings.TrimRight(s[:n], " ,")
			break
		}
	}
	if utf8.RuneCountInString(s) < 2 {
		return name
	}
	return s
}

// cutLast is strings.Cut at the last sep.
func cutLast(s string, sep byte) (before, after string, found bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}
