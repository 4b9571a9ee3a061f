package sanitize

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"kairan/sanitize/rewriter"
)

// urlSchemes are those of which a URL is an indicator, by each way to write them.
var urlSchemes = map[string]string{
	"http": "http", "https": "https", "ftp": "ftp", "ftps": "ftps", "sftp": "sftp",
	"hxxp": "http", "hxxps": "https", "hxtp": "http", "hxtps": "https", "htxp": "http", "htxps": "https", "fxp": "ftp", "fxps": "ftps", "meow": "http", "meows": "https",
	"ttp": "http", "ttps": "https", "hxp": "http", "hxps": "https", "htp": "http", "htps": "https", "htttp": "http", "htttps": "https", "hhttp": "http", "hhttps": "https",
	"xxxx": "http", "xxxxs": "https", "httx": "http", "httxs": "https",
}

// urls finds URLs in a text: whole ones by "://", and those that begin with
// "www.".
func (o *observables) urls(s string, at place) spans {
	var taken spans
	taken.begin()
	for from := 0; from < len(s); {
		i := strings.Index(s[from:], "://")
		if i < 0 {
			break
		}
		i += from
		start, scheme := schemeBefore(s, i, from)
		from = i + 3
		if scheme == "" || !startsWithHost(s[i+3:]) {
			continue
		}
		body, end := urlBody(s, start, i+3, o.limits.URLBytes)
		if body == "" {
			continue
		}
		if at.wraps {
			body, end = unwrapLine(s, start, body, end, o.limits.URLBytes)
		}
		if o.url(scheme+"://"+body, at) {
			taken.add(start, end)
			from = max(from, end)
		}
	}
	taken.begin()
	for from := 0; from+4 < len(s); {
		i := indexFold(s[from:], "www.")
		if i < 0 {
			break
		}
		i += from
		from = i + 4
		if e := taken.end(i); e > 0 {
			from = e
			continue
		}
		if i > 0 && (isAlnum(s[i-1]) || strings.IndexByte("@.-_", s[i-1]) >= 0) {
			continue
		}
		body, end := urlBody(s, i, i, o.limits.URLBytes)
		weaker := at
		weaker.confidence = "low"
		if strings.Count(body, ".") >= 2 && o.url("http://"+body, weaker) {
			taken.add(i, end)
			from = max(from, end)
		}
	}
	return taken
}

// startsWithHost looks at the bounded beginning of what follows a scheme, so that
// a text full of schemes without hosts costs no more than any other.
func startsWithHost(s string) bool {
	end, _ := authorityEnd(s)
	s = s[strings.LastIndexByte(s[:end], '@')+1 : end]
	_, _, ok := canonicalURL("http://" + s[:trimURL(s)])
	return ok
}

// schemeBefore finds the scheme that ends before s[i], looking back no further
// than least. Letters glued before it are not part of it.
func schemeBefore(s string, i, least int) (start int, scheme string) {
	from := max(least, i-7)
	if i-from < 3 {
		return i, ""
	}
	var lower [7]byte
	word := lower[:i-from]
	for k := range word {
		word[k] = s[from+k]
		if word[k] >= 'A' && word[k] <= 'Z' {
			word[k] |= 0x20
		}
	}
	for k := range word[:len(word)-2] {
		if name, ok := urlSchemes[string(word[k:])]; ok {
			return from + k, name
		}
	}
	for k := range word[:len(word)-2] {
		if name := veiledScheme(word[k:]); name != "" {
			return from + k, name
		}
	}
	return i, ""
}

// veiledScheme reads "http" and "https" with other signs for their t's: "h**p",
// "h++ps", "hxxxp", "h11p".
func veiledScheme(word []byte) string {
	name := "http"
	if n := len(word); n > 1 && word[n-1] == 's' {
		word, name = word[:n-1], "https"
	}
	n := len(word)
	if n < 4 || n > 5 || word[0] != 'h' || word[n-1] != 'p' {
		return ""
	}
	for _, c := range word[1 : n-1] {
		if strings.IndexByte("txz*+-_.~#1!$^", c) < 0 {
			return ""
		}
	}
	return name
}

// urlBody cuts what follows the scheme: from s[i:], where the whole URL starts at
// s[start]. It returns the text and where it ends in s.
func urlBody(s string, start, i, limit int) (string, int) {
	if joined, end := angled(s, start, i, limit); end > 0 {
		return joined, end
	}
	rest := s[i:min(len(s), i+limit+utf8.UTFMax)]
	end, whole := authorityEnd(rest)
	if whole {
		end = urlRun(rest, end)
	}
	end = closeBracket(s, start, rest[:end])
	// "…" in three dots: the text goes on, or was cut.
	if i := strings.Index(rest[:end], "..."); i > 0 && strings.IndexByte(rest[i:end], '/') < 0 {
		end = i
	}
	end = trimURL(rest[:end])
	// "$https://…$": what opens it closes it.
	if start > 0 && end > 0 && rest[end-1] == s[start-1] && strings.IndexByte("$+^#%@-=", rest[end-1]) >= 0 {
		end--
	}
	if strings.HasSuffix(rest[:end], "'s") && (strings.IndexByte(rest[:end], '/') < 0 || strings.IndexByte(rest[:end], '?') >= 0) {
		end -= 2
	}
	if start > 0 && strings.IndexByte(`'"`, s[start-1]) >= 0 {
		if q := strings.IndexByte(rest[:end], s[start-1]); q >= 0 {
			end = q
		}
	}
	return rest[:end], i + end
}

// angled reads a URL in angle brackets, where it may be broken over lines (RFC
// 3986 appendix C), "<URL:…>" too and in quoted text. end is 0 if it is not.
func angled(s string, start, i, limit int) (joined string, end int) {
	if head := s[max(0, start-5):start]; !strings.HasSuffix(head, "<") && !strings.EqualFold(head, "<url:") {
		return "", 0
	}
	stop := min(len(s), i+limit)
	broken := false
	for end = i; end < stop && s[end] != '<'; end++ {
		switch s[end] {
		case '>':
			inner := s[i:end]
			if !broken {
				return "", 0 // any other reading finds it
			}
			if joined = strings.Join(strings.Fields(unquoteLines(inner)), ""); hostEnd(joined) == hostEnd(inner) {
				return joined, end
			}
			return "", 0
		case '\n', '\r':
			broken = true
			// The marks of a quotation are no closing brackets.
			for end+1 < stop && (s[end+1] == '>' || s[end+1] == ' ') && quotedLine(s, start) {
				end++
			}
		}
	}
	return "", 0
}

// quotedLine reports whether the line of s[i] begins with '>'.
func quotedLine(s string, i int) bool {
	const window = 200
	head := s[max(0, i-window):i]
	n := strings.LastIndexByte(head, '\n')
	return (n >= 0 || i <= window) && strings.HasPrefix(strings.TrimLeft(head[n+1:], " "), ">")
}

// unquoteLines drops the marks of a quotation from all lines but the first.
func unquoteLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := 1; i < len(lines); i++ {
		lines[i] = strings.TrimLeft(lines[i], "> ")
	}
	return strings.Join(lines, "\n")
}

// authorityEnd is where user, host and port end that s begins with; whole is false
// if a sign stands there after which no path can follow, as in "a.example,b".
func authorityEnd(s string) (end int, whole bool) {
	s = s[:min(len(s), maxAuthority)]
	end = hostEnd(s)
	for i := strings.LastIndexByte(s[:end], '@') + 1; i < end; i++ {
		if c := s[i]; c < utf8.RuneSelf && hostBytes[c] == 0 && c != '%' && c != '[' && c != ']' {
			return i, false
		}
	}
	return end, true
}

// maxAuthority is room for user, password, host and port, and bounds what is looked
// at for each sign of a URL.
const maxAuthority = 1024

// urlRun is how far s, from its byte i on, may be one URL: up to what cannot stand
// in one, to a second URL glued to it ("…/a,https://…"), and to the entity of a
// bracket or quote (text that was a page).
func urlRun(s string, i int) int {
	for ; i < len(s) && isURLByte(s[i]); i++ {
		switch s[i] {
		case ':':
			if !strings.HasPrefix(s[i:], "://") {
				continue
			}
			if start, scheme := schemeBefore(s, i, 0); scheme != "" && start > 0 && strings.IndexByte(",;|", s[start-1]) >= 0 {
				return start - 1
			}
		case '&':
			for _, entity := range [...]string{"lt;", "gt;", "quot;", "nbsp;", "apos;", "#39;", "#34;"} {
				if strings.HasPrefix(s[i+1:], entity) {
					return i
				}
			}
		}
	}
	return i
}

// closeBracket cuts body, which begins at s[start], at a bracket that was opened
// before it: "[text](url)more", "[url=…]", "[url]…[/url]".
func closeBracket(s string, start int, body string) int {
	if i := strings.Index(body, "[/"); i >= 0 {
		body = body[:i]
	}
	open := byte(0)
	if start > 0 {
		open = s[start-1]
	}
	if open != '(' && open != '[' && open != '=' {
		return len(body)
	}
	depth := 0
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case c == '(' && open == '(', c == '[' && open != '(':
			depth++
		case c == ')' && open == '(', c == ']' && open != '(':
			if depth--; depth < 0 {
				return i
			}
		}
	}
	return len(body)
}

// unwrapLine joins a URL that ends where a long line ends with what follows in
// the next: mailers break lines at a fixed width without asking what they break.
// A next line that begins as a sentence does is not joined.
func unwrapLine(s string, start int, body string, end, limit int) (string, int) {
	const least = 60 // no mailer breaks lines shorter than that
	line := strings.LastIndexByte(s[max(0, start-limit):start], '\n') + 1 + max(0, start-limit)
	prefix := ""
	for i := line; i < start && (s[i] == '>' || s[i] == ' '); i++ {
		prefix = s[line : i+1]
	}
	width := end - line
	// In quoted text of format=flowed the blank before the break is left.
	soft := 0
	if strings.HasPrefix(prefix, ">") && strings.HasPrefix(s[end:], " \n") {
		soft = 1
	}
	if end+soft >= len(s) || s[end+soft] != '\n' || width < least {
		return body, end
	}
	for full := 1; end+soft < len(s) && s[end+soft] == '\n' && len(body) < limit; full++ {
		next := end + soft + 1
		if prefix != "" {
			if !strings.HasPrefix(s[next:], prefix) {
				break
			}
			next += len(prefix)
		}
		stop := next
		for stop < len(s) && stop-next < limit && isURLByte(s[stop]) {
			stop++
		}
		piece := s[next:stop]
		atEnd := stop == len(s) || s[stop] == '\n' || soft > 0 && strings.HasPrefix(s[stop:], " \n")
		if !continuesURL(piece, atEnd, full > 1) {
			break
		}
		whole := stop-end-soft-1 >= width && atEnd
		if !whole {
			piece = piece[:trimURL(piece)]
		}
		body += piece
		end = next + len(piece)
		if !whole {
			break
		}
	}
	return body, end
}

// continuesURL reports whether the word that a line begins with is the rest of
// the URL that the line before ended with. sure is true when two lines were
// broken at the same width already.
func continuesURL(word string, alone, sure bool) bool {
	if word == "" || strings.Contains(word, "://") || len(word) > 3 && strings.EqualFold(word[:4], "www.") || strings.HasPrefix(word, "--") {
		return false
	}
	if strings.ContainsAny(word, "@<>") {
		return false
	}
	// A number, or "No.5", more often begins the next line by itself.
	if core := strings.TrimRight(word, ".,;:!?)"); !sure && len(core) < 8 && (strings.Trim(core, "0123456789") == "" || strings.Trim(strings.TrimLeft(core, "NOnoFfIiGgPpVver"), ".0123456789") == "") {
		return false
	}
	telling := strings.ContainsAny(strings.TrimRight(word, ".,;:!?)"), "/=&?%#_0123456789") || strings.Contains(strings.TrimRight(word, "."), ".")
	return telling && (alone || strings.ContainsAny(word, "/=&?%#")) || alone && sure
}

// hostEnd is where the authority that s begins with ends. A host name may have
// letters of any script, and Japanese text may follow it without a space: what is
// behind the top-level domain is not part of it.
func hostEnd(s string) int {
	end := 0
	for end < len(s) {
		r, size := utf8.DecodeRuneInString(s[end:])
		if r < utf8.RuneSelf {
			if !isURLByte(byte(r)) || r == '/' || r == '?' || r == '#' {
				break
			}
		} else if r == utf8.RuneError || !(unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) || isDot(r) || r == 'ー' || circled(r) || invisible(r)) {
			break
		}
		end += size
	}
	host := s[:end]
	if isASCII(host) {
		return end
	}
	at := strings.LastIndexByte(host, '@') + 1
	// Walk over the labels and stop behind the last that can be a top-level domain.
	last, labels := 0, 0
	for i := at; i < end && labels < maxLabels; {
		j := i
		for j < end {
			r, size := utf8.DecodeRuneInString(host[j:])
			if isDot(r) {
				break
			}
			j += size
		}
		label := host[i:j]
		labels++
		head := asciiHead(label)
		switch {
		case labels > 1 && len(head) < len(label) && isTLD(head):
			return i + len(head)
		case labels > 1 && isTLD(label), labels > 1 && isASCII(label) && label != "":
			last = j
		}
		if j == end {
			break
		}
		r, size := utf8.DecodeRuneInString(host[j:])
		if r == '。' && last > 0 && (j+size == end || host[j+size] >= utf8.RuneSelf) {
			break // a full stop, not a dot
		}
		i = j + size
	}
	if last > 0 {
		return last
	}
	return len(asciiHead(host))
}

// maxLabels bounds the labels of a host that are looked up as top-level domains.
const maxLabels = 10

// circled reports whether r is a letter or digit in a circle, which hosts are
// looked up without.
func circled(r rune) bool { return r >= 0x2460 && r <= 0x2473 || r >= 0x24b6 && r <= 0x24ea }

func isASCII(s string) bool { return len(asciiHead(s)) == len(s) }

// isURLByte reports whether c may stand in a URL as people write them: all that
// RFC 3986 has, and a few that browsers take.
func isURLByte(c byte) bool { return urlBytes[c] }

var urlBytes = func() (t [256]bool) {
	for c := '!'; c < 0x7f; c++ {
		t[c] = !strings.ContainsRune("<>\"`{}|\\^", c)
	}
	return t
}()

// trimURL is the length of s without the punctuation of the sentence around it:
// a closing bracket belongs to the URL only if it was opened in it.
func trimURL(s string) int {
	count := map[byte]int{}
	for i := 0; i < len(s); i++ {
		if strings.IndexByte("()[]", s[i]) >= 0 {
			count[s[i]]++
		}
	}
	end := len(s)
	for end > 0 {
		switch c := s[end-1]; c {
		case '~':
			if end > 1 && s[end-2] == '/' {
				return end // a home directory
			}
		case '.', ',', ';', ':', '!', '?', '\'', '"', '*', '_', '&':
		case ')', ']':
			open := byte('(')
			if c == ']' {
				open = '['
			}
			if count[c] <= count[open] {
				return end
			}
			count[c]--
		case '(', '[':
			count[c]--
		default:
			return end
		}
		end--
	}
	return end
}

// url records a URL, its host, and a URL that it carries. It reports whether u
// was one.
func (o *observables) url(u string, at place) bool {
	u, host, ok := canonicalURL(u)
	if !ok {
		return false
	}
	if len(u) > o.limits.URLBytes {
		o.cut[at.where] = true
		p, _ := splitURL(u)
		u = p.scheme + "://" + p.host + p.port + "/"
		if len(u) > o.limits.URLBytes {
			return false
		}
	}
	if isPrivateHost(host) {
		return true
	}
	steps := rewriter.Unwrap(u)
	if len(steps) == 0 {
		_, opaque := rewriter.Opaque(u)
		benign := opaque || isInfrastructure(host)
		o.add(TypeURL, u, at, benign)
		o.host(host, at, benign)
		if domain := rewriter.TargetDomain(u); opaque && domain != "" {
			o.target(domain, at)
		}
		return true
	}
	// What a gateway or a well-known redirector wrote is recorded as benign, and
	// the first names the victim; the URL in it is what counts.
	for _, s := range steps {
		if wrapper, host, ok := canonicalURL(s.Wrapper); ok && len(wrapper) <= o.limits.URLBytes {
			benign := s.Service != openRedirect
			o.add(TypeURL, wrapper, at, benign)
			o.host(host, at, benign)
		}
	}
	inner := at
	inner.where += " (redirect)"
	last := steps[len(steps)-1]
	if last.Service == openRedirect {
		// A decoy may stand before the target that counts.
		for _, c := range rewriter.Carried(last.Wrapper) {
			if target, host, ok := canonicalURL(c); ok && c != last.Target && len(target) <= o.limits.URLBytes && !isPrivateHost(host) {
				o.add(TypeURL, target, inner, isInfrastructure(host))
				o.host(host, inner, isInfrastructure(host))
			}
		}
	}
	if target, host, ok := canonicalURL(steps[len(steps)-1].Target); ok && len(target) <= o.limits.URLBytes && !isPrivateHost(host) {
		benign := isInfrastructure(host)
		o.add(TypeURL, target, inner, benign)
		o.host(host, inner, benign)
	}
	return true
}

// openRedirect is the service of a URL that carries another one in no known way.
// The site may be anybody's, the attacker's own among them.
const openRedirect = "open-redirect"

// target records the domain that a gateway tells of a URL that only it knows.
func (o *observables) target(domain string, at place) {
	if host, ok := canonicalHost(domain); ok && !isPrivateHost(host) {
		at.where += " (redirect)"
		at.confidence = "medium"
		o.host(host, at, isInfrastructure(host))
	}
}

// canonicalURL writes a URL in one way: scheme and host in lower case, the host
// in Punycode and in its plain form, what cannot stand in a URL percent-encoded.
// The rest stays as the attacker wrote it.
func canonicalURL(u string) (canonical, host string, ok bool) {
	p, ok := splitURL(u)
	if !ok {
		return "", "", false
	}
	p.scheme = strings.ToLower(p.scheme)
	p.host, ok = canonicalHost(p.host)
	if !ok {
		return "", "", false
	}
	if p.port != "" {
		digits := strings.TrimLeft(p.port, ":")
		if len(digits) > 5 || strings.Trim(digits, "0123456789") != "" {
			return "", "", false
		}
		if digits == "" {
			p.port = ""
		}
	}
	return escapeURL(p.String()), strings.Trim(p.host, "[]"), true
}

// escapeURL percent-encodes what cannot stand in a URL, '<' and '>' among it.
func escapeURL(u string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(u))
	for i := 0; i < len(u); i++ {
		c := u[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte("<>\"`{}|\\^", c) >= 0 {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// indexFold is strings.Index without regard to ASCII case. sub is lower case. It
// looks at one byte in len(sub) of what is not alike (Horspool's search).
func indexFold(s, sub string) int {
	n := len(sub)
	if len(s) < 512 { // not worth a table
		for i := 0; i+n <= len(s); i++ {
			if c := s[i]; (c == sub[0] || c >= 'A' && c <= 'Z' && c|0x20 == sub[0]) && strings.EqualFold(s[i:i+n], sub) {
				return i
			}
		}
		return -1
	}
	var skip [256]byte
	for i := range skip {
		skip[i] = byte(n)
	}
	for i := range n - 1 {
		c := sub[i]
		skip[c] = byte(n - 1 - i)
		if c >= 'a' && c <= 'z' {
			skip[c-0x20] = byte(n - 1 - i)
		}
	}
	last := sub[n-1]
	for i := n - 1; i < len(s); {
		c := s[i]
		if c == last || c >= 'A' && c <= 'Z' && c|0x20 == last {
			if strings.EqualFold(s[i-n+1:i+1], sub) {
				return i - n + 1
			}
		}
		i += int(skip[c])
	}
	return -1
}
