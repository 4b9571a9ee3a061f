package rewriter

import "strings"

// link is a URL taken apart as a browser does it (https://url.spec.whatwg.org/),
// nothing decoded.
type link struct {
	scheme string // "http", "https" or "ftp"
	host   string // lower case, without user, port, or a dot at the end
	rest   string // everything behind the authority
	// path begins with a slash or is empty; query and fragment have lost their
	// first character.
	path, query, fragment string
	// candidates is how many more URLs that the link carries may be looked at.
	candidates int
}

// mostCandidates bounds the URLs in one URL that are weighed as its target.
const mostCandidates = 32

// split takes a whole URL apart. It is false for everything but http, https and
// ftp.
func split(u string) (link, bool) {
	scheme, n := schemeOf(u)
	if scheme == "" || !strings.HasPrefix(u[n:], "//") {
		return link{}, false
	}
	l := link{scheme: scheme, candidates: mostCandidates}
	authority := u[n+2:]
	if i := strings.IndexAny(authority, `/\?#`); i >= 0 {
		authority, l.rest = authority[:i], authority[i:]
	}
	l.host = hostOf(authority)
	if l.host == "" {
		return link{}, false
	}
	l.path = l.rest
	if i := strings.IndexByte(l.path, '#'); i >= 0 {
		l.path, l.fragment = l.path[:i], l.path[i+1:]
	}
	if i := strings.IndexByte(l.path, '?'); i >= 0 {
		l.path, l.query = l.path[:i], l.path[i+1:]
	}
	return l, true
}

// schemeOf is the scheme that u begins with, as browsers write it, and how many
// bytes of u it takes with its colon. Defanged ones count: whoever refanged the
// wrapper may not have seen the one inside.
func schemeOf(u string) (scheme string, n int) {
	i := strings.IndexByte(u[:min(len(u), 6)], ':')
	switch i {
	case 3:
		if strings.EqualFold(u[:3], "ftp") {
			return "ftp", 4
		}
	case 4:
		if strings.EqualFold(u[:4], "http") || strings.EqualFold(u[:4], "hxxp") {
			return "http", 5
		}
	case 5:
		if strings.EqualFold(u[:5], "https") || strings.EqualFold(u[:5], "hxxps") {
			return "https", 6
		}
	}
	return "", 0
}

// hostOf is the host of an authority: what stands before the last at sign is a
// user's name, whatever host it looks like.
func hostOf(authority string) string {
	h := authority[strings.LastIndexByte(authority, '@')+1:]
	if i := strings.LastIndexByte(h, ':'); i >= 0 && i > strings.LastIndexByte(h, ']') {
		h = h[:i]
	}
	return strings.ToLower(strings.TrimSuffix(h, "."))
}

// unamp undoes "&amp;" in a URL that was pasted out of HTML: where every
// ampersand is written so. Where only some are, param deals with them.
func unamp(u string) string {
	if !strings.Contains(u, "&amp;") || strings.Count(u, "&") != strings.Count(u, "&amp;") {
		return u
	}
	return strings.ReplaceAll(u, "&amp;", "&")
}

// nextParam takes the first parameter off a query. name has lost a leading
// "amp;"; value is as written, without the rest of a quoted-printable equals sign
// (url=3Dhttp…), which stays where a raw mail was pasted.
func nextParam(query string) (name, value, rest string) {
	piece := query
	if i := strings.IndexByte(query, '&'); i >= 0 {
		piece, rest = query[:i], query[i+1:]
	}
	for strings.HasPrefix(piece, "amp;") {
		piece = piece[len("amp;"):]
	}
	if i := strings.IndexByte(piece, '='); i >= 0 {
		name, value = piece[:i], piece[i+1:]
		if len(value) > 6 && (value[:2] == "3D" || value[:3] == "=3D") {
			if v := strings.TrimLeft(value, "=")[2:]; strings.HasPrefix(v, "http") {
				value = v
			}
		}
		return name, value, rest
	}
	return piece, "", rest
}

// param is the first parameter of this name (in any case) that has a value, as
// written, and what follows it in the query without the ampersand.
func (l *link) param(name string) (value, rest string, ok bool) {
	for q := l.query; q != ""; {
		var n, v string
		n, v, q = nextParam(q)
		if v != "" && len(n) == len(name) && strings.EqualFold(n, name) {
			return v, q, true
		}
	}
	return "", "", false
}
