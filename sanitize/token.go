package sanitize

import (
	"strings"
	"time"
	"unicode/utf8"
)

// An attacker who gives each victim a link, a file name or a sender of their own
// learns from a published notice which victim reported. Whether a value is such a
// token cannot be known from one mail: so what looks like one is taken for one.
// Words, small numbers, dates and versions do not; digests, random letters, long
// numbers and what is neither words nor numbers do.

// tokenRule says from how many characters on a piece of a value is believed to
// stand for one recipient.
type tokenRule struct {
	letters int // that make no word
	mixed   int // letters and digits, neither a word nor a number
	digits  int // that are no date
}

var (
	// A parameter's value costs little when it is lost: its name tells more.
	tokenInQuery = tokenRule{letters: 6, mixed: 6, digits: 5}
	// Pieces of paths, file names, subjects and local parts are mostly words, and
	// short codes such as those of link shorteners are the same for everybody.
	tokenInPath = tokenRule{letters: 10, mixed: 9, digits: 6}
	// The labels of a host name before what was registered.
	tokenInHost = tokenRule{letters: 14, mixed: 12, digits: 6}
)

// maxWordLetters is longer than what is written in one word.
const maxWordLetters = 28

// opaque replaces the pieces of s that look like the token of one recipient.
// Placeholders in it stay.
func (r *redactor) opaque(s string, rule tokenRule, counts redactions) string {
	if !r.tokens {
		return s
	}
	return replaceSpans(s, opaqueSpans(s, rule), counts)
}

// looksOpaque reports whether something in s looks like the token of one
// recipient.
func looksOpaque(s string, rule tokenRule) bool { return len(opaqueSpans(s, rule)) > 0 }

// opaqueSpans are the stretches of s that look like tokens: telephone numbers,
// addresses of one network, and of its runs of letters, digits and what base64 has
// besides those that look so as a whole or in a piece.
func opaqueSpans(s string, rule tokenRule) []span {
	var out []span
	tok := &token{kind: IdentityToken}
	if strings.ContainsAny(s, "0123456789") {
		for _, m := range telephone.FindAllStringSubmatchIndex(s, maxTelephones) {
			if n := m[5] - m[4] + m[7] - m[6] + m[9] - m[8]; n >= 8 && n <= 10 {
				out = append(out, span{m[2], m[3], tok})
			}
		}
		out = append(out, privateAddresses(s)...)
	}
	for i := 0; i < len(s); {
		if n := placeholderAt(s[i:]); n > 0 {
			i += n
			continue
		}
		if !tokenByte(s[i]) {
			i++
			continue
		}
		start := i
		for i < len(s) && tokenByte(s[i]) {
			i++
		}
		run := s[start:i]
		if isUUID(run) || looksBase64(run) {
			out = append(out, span{start, i, tok})
			continue
		}
		for from := 0; from < len(run); {
			if !isAlnum(run[from]) {
				from++
				continue
			}
			to := from
			for to < len(run) && isAlnum(run[to]) {
				to++
			}
			if opaquePiece(run[from:to], rule) {
				out = append(out, span{start + from, start + to, tok})
			}
			from = to
		}
	}
	return out
}

// privateAddresses are where the addresses of one network stand in s: no attacker
// has them, and whoever knows the network knows whose they are.
func privateAddresses(s string) []span {
	var out []span
	tok := &token{kind: IdentityHost}
	for i := 0; i < len(s); {
		if !addressByte(s[i]) {
			i++
			continue
		}
		start := i
		for i < len(s) && addressByte(s[i]) {
			i++
		}
		word := strings.TrimRight(s[start:i], ".:")
		if len(word) < 7 || len(word) > 45 || strings.Count(word, ".") < 3 && strings.Count(word, ":") < 2 {
			continue
		}
		if a, ok := parseIP(word); ok && isPrivateIP(a) && !a.IsLoopback() && !a.IsUnspecified() && !a.IsMulticast() {
			out = append(out, span{start, start + len(word), tok})
		}
	}
	return out
}

func addressByte(c byte) bool {
	return c == '.' || c == ':' || isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f'
}

// tokenByte reports whether c may stand inside a token: base64 and base64url
// (RFC 4648 §4, §5), UUIDs.
func tokenByte(c byte) bool { return isAlnum(c) || c == '-' || c == '_' || c == '+' || c == '=' }

// isUUID reports whether s is a UUID as it is written (RFC 9562 §4).
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := 0; i < len(s); i++ {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if _, hex := hexDigit(s[i]); dash != (s[i] == '-') || !dash && !hex {
			return false
		}
	}
	return true
}

// looksBase64 reports whether s, with base64's signs in it, is encoded rather than
// words with hyphens between: capitals and digits stand in the midst of its
// pieces, not at their beginnings and ends.
func looksBase64(s string) bool {
	if len(s) < 12 || !strings.ContainsAny(s, "-_+=") {
		return false
	}
	if t := strings.TrimRight(s, "="); len(t) < len(s) && len(s)%4 == 0 && !strings.ContainsAny(t, "-_+=") && !allWords(t) {
		return true
	}
	turns, letters := 0, 0
	for i := 1; i < len(s); i++ {
		a, b := charClass(s[i-1]), charClass(s[i])
		if a == 0 || b == 0 {
			continue
		}
		letters++
		if a != b && !(a == upperChar && b == lowerChar) {
			turns++
		}
	}
	return letters >= 10 && turns*4 >= letters && turns >= 4
}

const (
	lowerChar = iota + 1
	upperChar
	digitChar
)

func charClass(c byte) int {
	switch {
	case c >= 'a' && c <= 'z':
		return lowerChar
	case c >= 'A' && c <= 'Z':
		return upperChar
	case c >= '0' && c <= '9':
		return digitChar
	}
	return 0
}

// opaquePiece judges letters and digits with nothing between.
func opaquePiece(s string, rule tokenRule) bool {
	digits, runs := 0, 0 // runs of digits
	for i := 0; i < len(s); i++ {
		if isDigit(s[i]) {
			digits++
			if i == 0 || !isDigit(s[i-1]) {
				runs++
			}
		}
	}
	switch {
	case digits == len(s):
		return len(s) >= rule.digits && !isDateNumber(s)
	case digits == 0:
		return len(s) >= rule.letters && !allWords(s)
	}
	if longestDigits(s) >= rule.digits && !isDateNumber(strings.Trim(s, letters)) {
		return true
	}
	if len(s) < rule.mixed {
		return false
	}
	// "page12", "office365portal": words with a number before, behind or between.
	return runs > 2 || !wordsAround(s)
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// wordsAround reports whether s is words with numbers between them, at least one
// of them longer than chance makes words.
func wordsAround(s string) bool {
	long := false
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return r >= '0' && r <= '9' }) {
		if !allWords(w) {
			return false
		}
		long = long || len(w) >= 4 && wordEnd(w) >= 4
	}
	return long
}

func longestDigits(s string) int {
	longest, run := 0, 0
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// isDateNumber reports whether digits are a day or a month as people write them
// into names.
func isDateNumber(s string) bool {
	for _, layout := range [...]string{"20060102", "200601"} {
		if len(s) != len(layout) {
			continue
		}
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 1990 && t.Year() < 2100 {
			return true
		}
	}
	return false
}

// allWords reports whether letters are words: "login", "AdobeDocumentCloud",
// "HTML", "seikyuusho".
func allWords(s string) bool {
	if len(s) > 3*maxWordLetters {
		return false
	}
	words, size := 0, len(s)
	for s != "" {
		n := wordEnd(s)
		if !isWordLike(s[:n]) {
			return false
		}
		s = s[n:]
		words++
	}
	// Letters at random fall into words of two or three.
	return words < 3 || size >= 4*words
}

// wordEnd is where the first word of letters ends: before a capital that follows a
// small letter, or before the last of several capitals that begins a word.
func wordEnd(s string) int {
	for i := 1; i < len(s); i++ {
		if charClass(s[i]) != upperChar {
			continue
		}
		if charClass(s[i-1]) == lowerChar {
			return i
		}
		if i+1 < len(s) && charClass(s[i+1]) == lowerChar {
			return i
		}
	}
	return len(s)
}

// isWordLike reports whether letters could be spoken: that most pairs of
// neighbours occur in words of English or in Japanese written with Latin letters.
// Of ten letters at random one in twenty-five passes.
func isWordLike(s string) bool {
	if len(s) <= 3 {
		return true
	}
	if len(s) > maxWordLetters {
		return false
	}
	upper := true
	for i := 0; i < len(s); i++ {
		upper = upper && charClass(s[i]) == upperChar
	}
	if upper && len(s) <= 5 {
		return true // an abbreviation
	}
	if strings.ContainsAny(s, "0123456789") {
		return false
	}
	lower := strings.ToLower(s)
	known := 0
	for i := 0; i+1 < len(lower); i++ {
		if spokenPair(lower[i], lower[i+1]) {
			known++
		}
	}
	return known*4 >= (len(lower)-1)*3
}

// spokenPair reports whether b follows a in words.
func spokenPair(a, b byte) bool {
	va, vb := isVowel(a), isVowel(b)
	switch {
	case a == 'q':
		return b == 'u'
	case va && vb:
		return strings.Contains(" ai au ay ea ee ei eo eu ey ia ie io iu oa oe oi oo ou oy ua ue ui ya ye yo yu uu ae ", " "+string([]byte{a, b})+" ")
	case va:
		return b != 'q' && b != 'j'
	case vb:
		return a != 'x' || b == 'i'
	}
	return spokenClusters[[2]byte{a, b}]
}

func isVowel(c byte) bool {
	switch c {
	case 'a', 'e', 'i', 'o', 'u', 'y':
		return true
	}
	return false
}

// spokenClusters are the pairs of consonants that are common in words.
var spokenClusters = func() map[[2]byte]bool {
	m := map[[2]byte]bool{}
	for _, w := range strings.Fields(`bb bl br bs cc ch ck cl cr cs ct dd dg dl dm dr ds ff fl fr ft gg gh gl gm gn gr gs hn hr ht kk kl kn ks
		lb lc ld lf lg lk ll lm ln lp lr ls lt lv mb mm mp ms mn nc nd nf ng nj nk nl nm nn nr ns nt nv nw nz ph pl pp pr ps pt
		rb rc rd rf rg rh rj rk rl rm rn rp rr rs rt rv rw rz sc sh sk sl sm sn sp sq ss st sw tc th tl tm tr ts tt tw tz wh wl wn wr ws xc xp xt zz dw gw mt db dp`) {
		m[[2]byte{w[0], w[1]}] = true
	}
	return m
}()

// opaqueValue judges the value of a parameter, or a fragment: percent-encoding
// undone, and a URL in it by its own parts.
func opaqueValue(value string) bool {
	plain := value
	if strings.IndexByte(value, '%') >= 0 {
		plain = strings.ToValidUTF8(string(unpercent(value, '%')), "\ufffd")
	}
	if strings.Contains(plain, "://") {
		if p, ok := splitURL(plain); ok {
			return p.opaque()
		}
	}
	if len(plain) > 200 {
		return true // nobody writes so much by hand
	}
	return strings.Contains(plain, "\ufffd") || looksOpaque(plain, tokenInQuery)
}

// opaque reports whether some part of a URL looks like a token.
func (p urlParts) opaque() bool {
	if p.hasUser && looksOpaque(p.userinfo, tokenInQuery) || looksOpaque(string(unpercent(p.path, '%')), tokenInPath) {
		return true
	}
	for _, pair := range strings.FieldsFunc(p.query+"&"+p.fragment, func(r rune) bool { return r == '&' || r == ';' }) {
		_, value, ok := strings.Cut(pair, "=")
		if !ok {
			value = pair
		}
		if looksOpaque(value, tokenInQuery) {
			return true
		}
	}
	return false
}

// opaqueURL replaces what looks like tokens in the parts of a URL whose
// identities were replaced already. Path shape and parameter names stay.
func (r *redactor) opaqueURL(p urlParts, counts redactions) urlParts {
	if !r.tokens {
		return p
	}
	value := func(s string) string {
		if s == "" || placeholderAt(s) == len(s) || !opaqueValue(s) && !r.hidesName(s) {
			return s
		}
		counts[IdentityToken]++
		return IdentityToken.Placeholder()
	}
	pairs := func(s string) string {
		return mapBetween(s, "&;", func(pair string) string {
			name, v, ok := strings.Cut(pair, "=")
			if !ok {
				return value(pair) // "?8f3a…": a value without a name
			}
			if r.hidesName(name) {
				counts[IdentityToken]++
				return IdentityToken.Placeholder() + "=" + value(v)
			}
			return r.opaque(name, tokenInPath, counts) + "=" + value(v)
		})
	}
	p.host = r.opaqueHost(p.host, counts)
	if p.hasUser {
		p.userinfo = mapBetween(p.userinfo, ":", value)
	}
	p.path = mapBetween(p.path, "/;", func(segment string) string {
		if len(segment) > maxSegment || r.hidesName(segment) {
			counts[IdentityToken]++
			return IdentityToken.Placeholder()
		}
		if strings.IndexByte(segment, '%') >= 0 {
			plain := string(unpercent(segment, '%'))
			if !utf8.ValidString(plain) || looksOpaque(plain, tokenInPath) {
				counts[IdentityToken]++
				return IdentityToken.Placeholder()
			}
			return segment
		}
		if name, v, ok := strings.Cut(segment, "="); ok { // matrix parameters (RFC 3986 §3.3)
			return name + "=" + value(v)
		}
		return r.opaque(segment, tokenInPath, counts)
	})
	p.query = pairs(p.query)
	p.fragment = mapBetween(p.fragment, "/?", pairs)
	return p
}

// hidesName reports whether a component, percent-encoding undone, is an identity in
// base64 or hex and nothing else, however short.
func (r *redactor) hidesName(component string) bool {
	if strings.IndexByte(component, '%') >= 0 {
		component = string(unpercent(component, '%'))
	}
	return r.isName(&view{text: component})
}

// maxSegment is longer than a segment of a path that means something.
const maxSegment = 120

// opaqueHost replaces what looks like a token in the labels of a host name that
// stand before what somebody registered, be it with a registry or with a service
// that gives names to everybody.
func (r *redactor) opaqueHost(host string, counts redactions) string {
	if !r.tokens {
		return host
	}
	if _, ok := parseIP(strings.Trim(host, "[]")); ok {
		return host
	}
	own := tenantDomain(host)
	if len(host) <= len(own)+1 {
		return host
	}
	return mapBetween(host[:len(host)-len(own)-1], ".", func(label string) string {
		if len(label) > 40 {
			counts[IdentityToken]++
			return IdentityToken.Placeholder()
		}
		return r.opaque(label, tokenInHost, counts)
	}) + "." + own
}

// mapBetween is s with each piece between any of the bytes seps replaced.
func mapBetween(s, seps string, with func(string) string) string {
	var b strings.Builder
	for {
		end := strings.IndexAny(s, seps)
		if end < 0 {
			b.WriteString(with(s))
			return b.String()
		}
		b.WriteString(with(s[:end]))
		b.WriteByte(s[end])
		s = s[end+1:]
	}
}
