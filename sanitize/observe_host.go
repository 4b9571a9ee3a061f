package sanitize

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"
	"golang.org/x/text/unicode/norm"
)

// host records a host name or an IP address.
func (o *observables) host(host string, at place, benign bool) {
	if a, ok := parseIP(host); ok {
		o.ip(a, at)
		return
	}
	o.add(TypeDomain, host, at, benign)
}

// parseIP reads an IP address. Most words are none, and that costs little to see.
func parseIP(s string) (a netip.Addr, ok bool) {
	if s == "" || !(isDigit(s[len(s)-1]) || strings.IndexByte(s, ':') >= 0) {
		return a, false
	}
	a, err := netip.ParseAddr(s)
	return a, err == nil
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
	if a, ok := parseIP(host); ok {
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
	if plain, ok := plainHost(host); ok {
		return plain, true
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

// plainHost is canonicalHost for what most hosts are: names in ASCII letters that
// begin with one.
func plainHost(host string) (string, bool) {
	upper, last := false, byte('.')
	for i := 0; i < len(host); i++ {
		switch c := host[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9' && last != '.', c == '.' && last != '.':
		case c == '-' && last != '.' && last != '-': // "--" may be Punycode
		case c >= 'A' && c <= 'Z':
			upper = true
		default:
			return "", false
		}
		last = host[i]
	}
	if last == '.' || len(host) > 63 {
		return "", false
	}
	if upper {
		host = strings.ToLower(host)
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
		if eq := strings.IndexByte(s[start:i], '='); eq > 0 && labelWords[strings.ToLower(s[start:start+eq])] && start+eq+1 < i {
			start += eq + 1
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

// labelWords stand before an address and an equals sign; any other such word is
// part of the address, as in bounces.
var labelWords = stringSet("mail e-mail email address addr to from cc bcc user userid username id login account sender reply-to mailto contact rcpt recipient")

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

// What a byte is to the scan for bare hosts.
const (
	hostLetter = 1 + iota // begins a word and stands in it
	hostSign              // stands in a word
)

var hostBytes = func() (t [256]byte) {
	for c := range t {
		if isAlnum(byte(c)) {
			t[c] = hostLetter
		}
	}
	for _, c := range "-_.:" {
		t[c] = hostSign
	}
	return t
}()

// hosts finds bare domains and IP addresses in a text.
func (o *observables) hosts(s string, at place, taken *spans) {
	taken.begin()
	for i := 0; i < len(s); {
		if hostBytes[s[i]] != hostLetter && !(s[i] == ':' && i+1 < len(s) && s[i+1] == ':') {
			i++
			continue
		}
		start, end := i, i
		dots, colons := 0, 0
		for end < len(s) && hostBytes[s[end]] != 0 {
			switch s[end] {
			case '.':
				dots++
			case ':':
				colons++
			}
			end++
		}
		i = end
		if dots == 0 && colons < 2 {
			continue
		}
		if e := taken.end(start); e > 0 {
			i = max(e, start+1)
			continue
		}
		word := strings.TrimRight(s[start:end], ".:-_")
		switch {
		case len(word) > 300:
		case colons >= 2:
			o.bareIPv6(word, at)
		case dots > 0:
			o.bareHost(s, start, start+len(word), at, taken)
		}
	}
}

func (o *observables) bareIPv6(word string, at place) {
	a, ok := parseIP(word)
	// "::1" and "12::" are more often something else.
	if ok && a.Is6() && !a.Is4In6() && len(word) >= 6 {
		at.confidence = "low"
		o.ip(a, at)
	}
}

// bareHost judges the word s[start:end], which has dots in it.
func (o *observables) bareHost(s string, start, end int, at place, taken *spans) {
	at.confidence = "low"
	word, port, _ := strings.Cut(s[start:end], ":")
	if port != "" && strings.IndexByte(word, '.') < 0 {
		// "URL:evil.example", "http:evil.example"
		start += len(word) + 1
		word, port = port, ""
	}
	if o.veiled(s, start, end, at, taken) {
		return
	}
	a, isIP := parseIP(word)
	if port != "" && (len(port) > 5 || strings.Trim(port, "0123456789") != "") {
		return
	}
	if start > 0 && gluedHost(s, start, isIP) {
		return
	}
	rest := s[end:]
	pathed := len(rest) > 1 && (rest[0] == '/' && isURLByte(rest[1]) || rest[0] == '?' && asksFor(rest))
	if isIP && isChapter(rest) {
		return
	}
	if isIP && !(pathed && rest[0] == '/' && !isDigit(rest[1])) {
		if !isVersion(s, start) {
			o.ip(a, at)
		}
		return
	}
	if !isIP && rest != "" && rest[0] == '(' && len(rest) > 1 && rest[1] != ' ' && wordTLDs[strings.ToLower(word[strings.LastIndexByte(word, '.')+1:])] {
		return // a program calls something
	}
	if !isIP && !bareDomain(word, pathed, standsAlone(s, start, end)) {
		return
	}
	host, ok := canonicalHost(word)
	if !ok || isPrivateHost(host) || isIP && isVersion(s, start) {
		return
	}
	if !pathed {
		o.add(TypeDomain, host, at, isInfrastructure(host))
		return
	}
	_, stop := urlBody(s, start, start, o.limits.URLBytes)
	if o.url("http://"+s[start:max(stop, end)], at) {
		taken.add(start, max(stop, end))
	}
}

// veiled records a URL whose "://" is written in a way that urls does not know:
// "http: //evil.example", "hxxp ://", "http//", "http;//", "http:evil.example".
func (o *observables) veiled(s string, start, end int, at place, taken *spans) bool {
	i := start
	telling := false
	for i > 0 && start-i < 6 && strings.IndexByte(":/\\;_ <>[]()", s[i-1]) >= 0 {
		i--
		telling = telling || s[i] == ':' || s[i] == '/' || s[i] == ';'
	}
	if !telling {
		return false
	}
	first, scheme := schemeBefore(s, i, 0)
	if scheme == "" || first > 0 && isAlnum(s[first-1]) || !plausibleHost(s[start:end]) {
		return false
	}
	_, stop := urlBody(s, start, start, o.limits.URLBytes)
	if stop <= start || !o.url(scheme+"://"+s[start:stop], at) {
		return false
	}
	taken.add(start, stop)
	return true
}

// plausibleHost is true for a name that may be a domain, and for an IP address.
func plausibleHost(word string) bool {
	word, _, _ = strings.Cut(word, ":")
	if _, ok := parseIP(word); ok {
		return true
	}
	return plausibleDomain(word)
}

// gluedHost reports whether what stands before s[start] makes a part of something
// else of the word there: of a path, of an address, of a longer name.
func gluedHost(s string, start int, isIP bool) bool {
	switch s[start-1] {
	case '@':
		return !isIP
	case '-', '\\', '%':
		return true
	case '.', '_':
		// "*.evil.example", ".evil.example", "_evil.example_"
		return start > 1 && s[start-2] != ' ' && s[start-2] != '*' && s[start-2] != '\n' && s[start-2] < utf8.RuneSelf
	case '/':
		// "//evil.example" is one, "a/evil.example" and "a://b.c" are none.
		return !(start > 1 && s[start-2] == '/' && (start == 2 || s[start-3] == ' ' || s[start-3] == '\n' || s[start-3] >= utf8.RuneSelf))
	}
	return false
}

// asksFor reports whether rest begins with a query: "?id=".
func asksFor(rest string) bool {
	i := 1
	for i < len(rest) && i < 30 && (isAlnum(rest[i]) || rest[i] == '_' || rest[i] == '-') {
		i++
	}
	return i > 1 && i < len(rest) && rest[i] == '='
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isVersion reports whether the four numbers at s[start] are the version of
// something by the word before them.
func isVersion(s string, start int) bool {
	head := strings.ToLower(strings.TrimRight(s[max(0, start-24):start], " :=.#(\"'"))
	for _, word := range [...]string{"version", "ver", "release", "rel", "build", "rev", "revision", "firmware", "update", "バージョン", "版", "ビルド", "第", "v"} {
		if rest, ok := strings.CutSuffix(head, word); ok && (word[0] >= utf8.RuneSelf || rest == "" || !isAlnum(rest[len(rest)-1])) {
			return true
		}
	}
	return false
}

// isChapter reports whether what follows four numbers makes them those of a text
// or of a release.
func isChapter(rest string) bool {
	for _, word := range [...]string{"版", "章", "節", "項", "以降", "以前", "以上", "未満"} {
		if strings.HasPrefix(rest, word) {
			return true
		}
	}
	return false
}

// standsAlone reports whether the word s[start:end] is all of its line, or between
// Japanese: it is no part of an English sentence then.
func standsAlone(s string, start, end int) bool {
	const window = 8
	before := strings.TrimRight(s[max(0, start-window):start], " \t<([\"'*|:>")
	if before != "" && before[len(before)-1] < utf8.RuneSelf && before[len(before)-1] != '\n' {
		return false
	}
	after := strings.TrimLeft(s[end:min(len(s), end+window)], " \t>)]\"'*|:")
	return after == "" || after[0] == '\n' || after[0] == '\r' || after[0] >= utf8.RuneSelf
}

// bareDomain reports whether a word in a sentence is meant as a domain. Sentences
// without a space after the full stop ("ok.so we go.To be"), file names and the
// members of programs are not. alone says that no English stands around it.
func bareDomain(word string, pathed, alone bool) bool {
	if !plausibleDomain(word) {
		return false
	}
	labels := strings.Split(word, ".")
	tld := labels[len(labels)-1]
	lower := strings.ToLower(tld)
	if unicode.IsUpper(rune(tld[0])) && tld != strings.ToUpper(tld) {
		return false
	}
	name := strings.ToLower(labels[len(labels)-2])
	if fileExtensions[lower] && !(len(labels) > 2 && (pathed || lower == "app")) || programs[name+"."+lower] {
		return false
	}
	if pathed {
		return len(name) > 1
	}
	if wordTLDs[lower] && plainWords[name] && !isSharedSuffix(name+"."+lower) {
		return false
	}
	if strings.IndexByte(name, '_') >= 0 {
		return false // hosts have them, what is registered has not
	}
	sure := alone || strings.ContainsAny(word, "0123456789-")
	switch {
	case len(labels) == 2:
		return len(name) > 2 && (commonTLDs[lower] && !wordTLDs[lower] || (commonTLDs[lower] || wordTLDs[lower]) && (sure || knownTLDs[lower]))
	case len(name) < 2:
		return false
	case len(lower) == 2 && !wordTLDs[lower]:
		return commonTLDs[lower] || len(name) > 3 || isTLD(name)
	}
	return commonTLDs[lower] && !wordTLDs[lower] || sure || knownTLDs[lower] || strings.EqualFold(labels[0], "www") || isSharedSuffix(name+"."+lower)
}

// isSharedSuffix reports whether anybody can have a name under domain, as under
// "pages.dev".
func isSharedSuffix(domain string) bool {
	suffix, icann := publicsuffix.PublicSuffix(domain)
	return suffix == domain && !icann
}

// commonTLDs are top-level domains that are no file extensions and are common
// among attackers' domains.
var commonTLDs = stringSet(`com net org biz info edu gov jp cn ru su de uk fr kr tw hk br us ca au eu nl pl ua vn th sg my ph cz ro hu bg gr pt es ch se fi dk
xyz icu vip cc io asia mobi example tokyo onion club shop site online website click link buzz cyou sbs cfd bond ml ga cf gq tk pw
store tech space cloud ltd work osaka nagoya kyoto support services digital email monster quest rest lol fit autos boats homes hair beauty makeup skin mom
ink wang ren xin kim men loan win bid stream download review date racing party trade webcam faith science accountant cricket`)

// wordTLDs are top-level domains that are English words too, or that the members
// of programs are named like.
var wordTLDs = stringSet(`info us my top live life today world pro me tv app dev page zone run fun one team media news
club shop site online website click link store space work support services digital email rest fit date party review download stream win bid trade
men loan science faith homes hair skin mom ink io cc space cloud`)

// knownTLDs are those of them that attackers like.
var knownTLDs = stringSet("info us top live site online shop club website click link store work")

// plainWords are words that stand before a full stop, or before the member of an
// object, far more often than in the name of a domain.
var plainWords = stringSet(`the and for are but not you all any can had her was one our out day get has him his how man new now old see two way who boy did its let put say
she too use dad mom more most much many some than then them they this that these those there here where when what which while with without from into onto over under
about after again also back been before being below between both come could does doing done down each even ever every few first give goes going good great have help
home into just keep know last left less life like list little long look made make might must near need never next none nothing once only open other page part please
right said same should show since soon still such sure take team text thank thanks their think time today together tomorrow until update used very want week well were
will word work would year yes yet your yours contact join call send mail email click link site website shop service support news media data item items user users name
names file files error warning debug document window console system object module package process event request response config settings app apps index main self
node next super string number array math date json html body head form input button image img self parent child element value key type types id list map set price
product order orders account accounts session client server model view page pages state props obj foo bar test example
style styles version versions stack root prev parameter argument option options field fields column row table frame layer`)

// programs are names that end like a domain and are known as something else.
var programs = stringSet("asp.net ado.net vb.net ml.net command.com cmd.com socket.io")

// fileExtensions are top-level domains that are far more often the end of a file
// name.
var fileExtensions = stringSet("zip mov md sh py pl rs so ps app cab bar pub bin ai ad java mm cpp cs gdn name tf ms")
