package sanitize

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// urlVerdict says what became of a URL under redaction.
type urlVerdict int

const (
	urlTold       urlVerdict = iota // as it is, or with placeholders in it
	urlOwn                          // a member's or a victim's own site: no indicator
	urlMemberLike                   // the registered domain contains a member's name
)

// urlParts are the parts of a URL as written. Joined again they are the same.
type urlParts struct {
	scheme, userinfo, host, port, path, query, fragment string
	hasUser, hasQuery, hasFragment                      bool
}

// splitURL cuts an absolute URL into its parts (RFC 3986 §3).
func splitURL(u string) (p urlParts, ok bool) {
	scheme, rest, ok := strings.Cut(u, "://")
	if !ok {
		return p, false
	}
	p.scheme = scheme
	rest, p.fragment, p.hasFragment = strings.Cut(rest, "#")
	rest, p.query, p.hasQuery = strings.Cut(rest, "?")
	authority := rest
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		authority, p.path = rest[:i], rest[i:]
	}
	if user, host, found := cutLast(authority, '@'); found {
		p.userinfo, p.hasUser, authority = user, true, host
	}
	p.host = authority
	if i := strings.LastIndexByte(authority, ':'); i >= 0 && !strings.HasSuffix(authority, "]") {
		p.host, p.port = authority[:i], authority[i:]
	}
	return p, true
}

func (p urlParts) String() string {
	var b strings.Builder
	b.WriteString(p.scheme + "://")
	if p.hasUser {
		b.WriteString(p.userinfo + "@")
	}
	b.WriteString(p.host + p.port + p.path)
	if p.hasQuery {
		b.WriteString("?" + p.query)
	}
	if p.hasFragment {
		b.WriteString("#" + p.fragment)
	}
	return b.String()
}

// url redacts a URL and keeps what tells of the attack: scheme, host, the shape
// of the path and the names of the parameters.
func (r *redactor) url(u string) (string, redactions, urlVerdict) {
	counts := redactions{}
	p, ok := splitURL(u)
	if !ok {
		s, counts := r.text(u)
		return s, counts, urlTold
	}
	host, verdict := r.host(p.host, counts)
	if verdict != urlTold {
		return "", counts, verdict
	}
	if r.cleared {
		return r.opaqueURL(p, counts).String(), counts, urlTold
	}
	p.host = host
	if p.hasUser {
		user, pass, hasPass := strings.Cut(p.userinfo, ":")
		p.userinfo = r.component(user, counts)
		if hasPass {
			p.userinfo += ":" + r.component(pass, counts)
		}
	}
	p.path = r.each(p.path, "/;", counts)
	p.query = r.pairs(p.query, counts)
	if strings.ContainsAny(p.fragment, "=&") {
		p.fragment = r.pairs(p.fragment, counts)
	} else {
		p.fragment = r.each(p.fragment, "/?", counts)
	}
	if kind, found := r.reveals(p.String()); found {
		// It lies across the parts: base64 with a slash in it, a name in pieces.
		p.userinfo, p.hasUser = "", false
		p.path, p.query, p.fragment = "/"+IdentityToken.Placeholder(), "", ""
		p.hasQuery, p.hasFragment = false, false
		counts[kind]++
		if _, found = r.reveals(p.String()); found {
			return "", counts, urlMemberLike
		}
	}
	return r.opaqueURL(p, counts).String(), counts, urlTold
}

// host redacts the labels to the left of the registered domain.
func (r *redactor) host(host string, counts redactions) (string, urlVerdict) {
	if !r.cleared {
		return r.hostAlone(host, counts)
	}
	// The same few hosts come again and again.
	verdict, known := r.hosts[host]
	if !known {
		_, verdict = r.hostAlone(host, counts)
		if r.hosts == nil {
			r.hosts = map[string]urlVerdict{}
		}
		r.hosts[host] = verdict
	}
	return host, verdict
}

func (r *redactor) hostAlone(host string, counts redactions) (string, urlVerdict) {
	if _, ok := parseIP(strings.Trim(host, "[]")); ok {
		return host, urlTold
	}
	switch {
	case r.victims(host), r.hubs(host):
		return "", urlOwn
	case r.ownDomain(host):
		// Another member's site in an attacker's mail was broken into, or is what the
		// attack pretends to be: which of both, only a person can say.
		return "", urlMemberLike
	}
	registered := registeredDomain(host)
	if r.memberLike(host) {
		return "", urlMemberLike
	}
	if _, found := r.reveals(registered); found {
		return "", urlMemberLike
	}
	if u := hostUnicode(registered); u != "" {
		if _, found := r.reveals(u); found {
			return "", urlMemberLike
		}
	}
	if len(host) == len(registered) {
		return host, urlTold
	}
	labels := strings.Split(strings.TrimSuffix(host, "."+registered), ".")
	for i, l := range labels {
		if u := hostUnicode(l); u != "" {
			if _, found := r.reveals(u); found {
				labels[i] = IdentityToken.Placeholder()
				counts[IdentityToken]++
				continue
			}
		}
		if _, found := r.reveals(l); found {
			labels[i] = IdentityToken.Placeholder()
			counts[IdentityToken]++
		}
	}
	left := strings.Join(labels, ".")
	if _, found := r.reveals(left); found {
		// Spread over labels: "taro.member.evil.example".
		left = IdentityToken.Placeholder()
		counts[IdentityToken]++
	}
	return left + "." + registered, urlTold
}

// pairs redacts "a=1&b=2". Names stay unless they identify.
func (r *redactor) pairs(s string, counts redactions) string {
	var b strings.Builder
	for len(s) > 0 {
		end := strings.IndexAny(s, "&;")
		if end < 0 {
			end = len(s)
		}
		name, value, hasValue := strings.Cut(s[:end], "=")
		b.WriteString(r.component(name, counts))
		if hasValue {
			b.WriteString("=" + r.component(value, counts))
		}
		if end < len(s) {
			b.WriteByte(s[end])
			end++
		}
		s = s[end:]
	}
	return b.String()
}

// each redacts the pieces of s between any of the bytes seps.
func (r *redactor) each(s, seps string, counts redactions) string {
	var b strings.Builder
	for {
		end := strings.IndexAny(s, seps)
		if end < 0 {
			b.WriteString(r.component(s, counts))
			return b.String()
		}
		b.WriteString(r.component(s[:end], counts))
		b.WriteByte(s[end])
		s = s[end+1:]
	}
}

// isName reports whether what a value was decoded to is an identity and nothing
// else: then even one of a few letters does not stand there by chance.
func (r *redactor) isName(v *view) bool {
	if len(v.text) > 4*maxWholeName {
		return false
	}
	lines := strings.Split(v.text, "\n")
	if v.depth == 0 {
		lines = shortDecoded(v.text)
	}
	for _, line := range lines {
		line = strings.Trim(line, "\x01\x00 \ufffd")
		if len(line) < 3 || len(line) > maxWholeName {
			continue
		}
		f := fold(line)
		whole := false
		for _, m := range r.matchers {
			m.find(f, anyStrength, func(sp span) bool {
				whole = sp.from == 0 && sp.to == len(line)
				return !whole
			})
		}
		f.release()
		if whole {
			return true
		}
	}
	return false
}

// shortDecoded are the readings of a whole value that is too short to be searched
// for what it might hide: base64 and hex, of UTF-8 or UTF-16.
func shortDecoded(s string) []string {
	var out []string
	add := func(b []byte) {
		if n := len(b); n >= 3 && utf8.Valid(b) {
			out = append(out, string(b))
		}
		if len(b) >= 6 && len(b)%2 == 0 {
			low, high := make([]uint16, len(b)/2), make([]uint16, len(b)/2)
			for i := range low {
				low[i], high[i] = uint16(b[2*i])|uint16(b[2*i+1])<<8, uint16(b[2*i+1])|uint16(b[2*i])<<8
			}
			out = append(out, string(utf16.Decode(low)), string(utf16.Decode(high)))
		}
	}
	if len(s) < 4 || len(s) > maxWholeName {
		return nil
	}
	bare := strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(s), "=")
	if b, err := base64.RawStdEncoding.DecodeString(bare); err == nil {
		add(b)
	}
	if b, err := hex.DecodeString(s); err == nil {
		add(b)
	}
	return out
}

// maxWholeName is longer than the name of anybody.
const maxWholeName = 200

// component is one value of a URL, or the placeholder for it if it identifies
// somebody. An address that is plainly written is told as such, everything else
// as a token: which of a victim's names a value holds is nobody's business.
func (r *redactor) component(value string, counts redactions) string {
	if r.cleared || len(value) < 2 || placeholderAt(value) == len(value) {
		return value
	}
	told := IdentityKind("")
	for _, v := range views(value) {
		kind, found := r.revealedBy(&v)
		if !found && !r.isName(&v) {
			continue
		}
		told = IdentityToken
		if kind == IdentityAddress && v.min == anyStrength {
			told = kind
			break
		}
	}
	if told != "" {
		counts[told]++
		return told.Placeholder()
	}
	return value
}
