package sanitize

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// DefangURL writes a URL so that no mail client makes a link of it:
// "hxxps[://]evil[.]example/login?to=a[@]b". The path and the parameters stay
// readable; what would be clickable in them is written likewise.
func DefangURL(url string) string { return Defang(url) }

// DefangDomain writes a host name or an IP address so that no mail client makes
// a link of it: "evil[.]example", "192[.]0[.]2[.]1", "2001[:]db8[:][:]1".
func DefangDomain(host string) string {
	if a, ok := parseIP(strings.Trim(host, "[]")); ok && a.Is6() {
		return strings.ReplaceAll(strings.Trim(host, "[]"), ":", "[:]")
	}
	if isASCII(host) && strings.IndexByte(host, '[') < 0 {
		return strings.ReplaceAll(host, ".", "[.]")
	}
	var b strings.Builder
	for i, r := range host {
		if isDot(r) && !bracketed(host, i, utf8.RuneLen(r)) {
			b.WriteString("[.]")
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// DefangAddress writes an e-mail address so that no mail client makes a link of
// it: "sales[@]evil[.]example".
func DefangAddress(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 || bracketed(address, at, 1) {
		return Defang(address)
	}
	local := Defang(address[:at])
	return local + "[@]" + DefangDomain(address[at+1:])
}

// Defang writes a text for people (a subject, a display name, a file name) so
// that nothing in it can be clicked: neither URLs nor bare domains, addresses,
// IP addresses, "www.", "mailto:" and its like, and UNC paths. It also writes
// "report.zip" as "report[.]zip", because zip is a top-level domain and some
// clients link it. Defanging twice changes nothing more.
func Defang(text string) string {
	var b strings.Builder
	b.Grow(len(text) + len(text)/8)
	for i := 0; i < len(text); {
		if n, out := defangScheme(text, i); n > 0 {
			b.WriteString(out)
			i += n
			continue
		}
		if nameStart(text, i) {
			n := nameRun(text[i:])
			b.WriteString(defangRun(text[i : i+n]))
			i += n
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == '@' || r == '＠':
			if bracketed(text, i, size) {
				b.WriteByte('@')
			} else {
				b.WriteString("[@]")
			}
		case r == '\\' && strings.HasPrefix(text[i:], `\\`) && !bracketed(text, i, 2):
			b.WriteString(`[\\]`)
			size = 2
		default:
			b.WriteString(text[i : i+size])
		}
		i += size
	}
	return b.String()
}

// clickableSchemes are those that a client links without "//" behind them.
var clickableSchemes = map[string]bool{
	"http": true, "https": true, "ftp": true, "ftps": true, "sftp": true, "file": true, "smb": true, "mailto": true, "tel": true, "sms": true, "callto": true,
	"skype": true, "sip": true, "sips": true, "xmpp": true, "news": true, "nntp": true, "ldap": true, "ldaps": true, "javascript": true,
	"vbscript": true, "data": true, "ms-msdt": true, "search-ms": true, "onenote": true, "webcal": true, "magnet": true, "intent": true,
	"cid": true, "about": true, "blob": true, "line": true,
}

// defangScheme writes the colon at text[i:], with the scheme that the caller
// has already written out, or a scheme that starts at i. It returns how many
// bytes it used, 0 when there is no scheme here.
func defangScheme(text string, i int) (int, string) {
	if i > 0 && isSchemeByte(text[i-1]) && isSchemeByte(text[i]) {
		return 0, "" // in the midst of a word
	}
	j := i
	for j < len(text) && j-i < 24 && isSchemeByte(text[j]) {
		j++
	}
	word := text[i:j]
	rest := text[j:]
	colon, slashes := 0, 0
	switch {
	case strings.HasPrefix(rest, ":"):
		colon = 1
	case strings.HasPrefix(rest, "："):
		colon = len("：")
	default:
		return 0, ""
	}
	after := rest[colon:]
	for _, form := range []string{"//", "／／", `\\`, `/\`, `\/`} {
		if strings.HasPrefix(after, form) {
			slashes = len(form)
			break
		}
	}
	lower := strings.ToLower(word)
	if word == "" && bracketed(text, i, colon+slashes) {
		return 0, ""
	}
	if slashes > 0 {
		return j - i + colon + slashes, dead(word, lower) + "[://]"
	}
	next, _ := utf8.DecodeRuneInString(after)
	if word == "" {
		// The word stands in what was written already: "a.mailto:b".
		k := i
		for k > 0 && i-k < 24 && isSchemeByte(text[k-1]) && text[k-1] != '.' {
			k--
		}
		lower = strings.ToLower(text[k:i])
	}
	if !clickableSchemes[lower] || after == "" || unicode.IsSpace(next) {
		return 0, ""
	}
	if word == "" {
		return colon, "[:]"
	}
	return j - i + colon, dead(word, lower) + "[:]"
}

// dead is the scheme as an analyst writes it.
func dead(word, lower string) string {
	switch lower {
	case "http":
		return "hxxp"
	case "https":
		return "hxxps"
	case "ftp":
		return "fxp"
	case "ftps":
		return "fxps"
	}
	return defangRun(word)
}

func isSchemeByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'
}

// bracketed reports whether the n bytes at text[i:] already stand in brackets.
func bracketed(text string, i, n int) bool {
	return i > 0 && text[i-1] == '[' && i+n < len(text) && text[i+n] == ']'
}

// isDot reports whether a browser takes r for the dot of a host name (UTS #46
// §2.3).
func isDot(r rune) bool { return r == '.' || r == '。' || r == '．' || r == '｡' }

func isNameRune(r rune) bool {
	return r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r)
}

// nameStart reports whether a run of a possible host name begins at text[i:].
func nameStart(text string, i int) bool {
	r, _ := utf8.DecodeRuneInString(text[i:])
	return isNameRune(r)
}

// nameRun is the length of the possible host name that s begins with: labels
// with single dots between them. Where ASCII is glued to another script a new one
// begins, since a client may see it so.
func nameRun(s string) int {
	end := 0
	prev := rune(0)
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if isNameRune(r) {
			if prev >= utf8.RuneSelf && r < utf8.RuneSelf {
				break
			}
			prev = r
			i += size
			end = i
			continue
		}
		prev = 0
		if !isDot(r) || i+size >= len(s) || !nameStart(s, i+size) {
			break
		}
		i += size
	}
	return end
}

// defangRun writes the dots of a possible host name in brackets if a client
// could take it for one.
func defangRun(run string) string {
	if !strings.ContainsFunc(run, isDot) || !linkable(run) {
		return run
	}
	return DefangDomain(run)
}

// linkable reports whether some client may make a link of run: a label but the
// first is a top-level domain, or it is an IPv4 address, or "www." is in it. Japanese glued to a label does not stop a client from linking what
// stands before it.
func linkable(run string) bool {
	labels := strings.FieldsFunc(run, isDot)
	if len(labels) < 2 {
		return false
	}
	if len(labels) == 4 {
		if _, ok := parseIP(strings.Join(labels, ".")); ok {
			return true
		}
	}
	for _, l := range labels[:len(labels)-1] {
		if strings.HasSuffix(strings.ToLower(foldWidth(l)), "www") {
			return true
		}
	}
	for _, l := range labels[1:] {
		l = foldWidth(l)
		if isTLD(l) {
			return true
		}
		head := asciiHead(l)
		word := strings.TrimRight(head, "-_0123456789")
		if len(head) < len(l) && isTLD(head) || len(word) < len(head) && isTLD(word) {
			return true
		}
	}
	return false
}

// asciiHead is the ASCII text that s begins with.
func asciiHead(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return s[:i]
		}
	}
	return s
}

// foldWidth writes full-width ASCII as ASCII.
func foldWidth(s string) string {
	if isASCII(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			return r - '！' + '!'
		}
		return r
	}, s)
}
