package document

import (
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxImages = 20
	maxFiles  = 100
	// maxURL bounds a link: browsers and Office take 2,083 characters, but a data:
	// or a padded URL may be longer and still work.
	maxURL = 32 << 10
	// maxInside is how many documents are read in one another: the document of
	// an encrypted package, the macros of a presentation.
	maxInside = 3
)

// gatherer collects Findings within limits. All readers write into one.
type gatherer struct {
	l         Limits
	f         Findings
	text      strings.Builder
	links     map[Link]bool
	linked    map[string]bool // by URL: a string in binary data that is a link too says nothing new
	told      map[Problem]bool
	inside    int // documents being read in one another
	scripts   int // scripts being read in one another
	passwords int // tries to decrypt
	seen      map[string]bool
}

func newGatherer(l Limits) *gatherer { return &gatherer{l: l.orDefault()} }

func (g *gatherer) findings() Findings {
	g.f.Text = g.text.String()
	slices.Sort(g.f.Notes)
	return g.f
}

func (g *gatherer) note(n string) {
	if !slices.Contains(g.f.Notes, n) {
		g.f.Notes = append(g.f.Notes, n)
	}
}

func (g *gatherer) problem(code, detail string) {
	p := Problem{code, detail}
	if g.told[p] {
		return
	}
	if g.told == nil {
		g.told = map[Problem]bool{}
	}
	g.told[p] = true
	g.f.Problems = append(g.f.Problems, p)
}

// room is how many bytes may still be decoded.
func (g *gatherer) room() int { return g.l.Bytes - g.f.Decoded }

// decoded counts n bytes, and tells where they are too many. The caller has
// bounded them by room already.
func (g *gatherer) decoded(n int) { g.f.Decoded += min(n, g.room()) }

// link adds what points outside. What points inside the document, or at a path
// on the reader's own disk, is no link.
func (g *gatherer) link(url, how string, resource bool) {
	url = strings.ToValidUTF8(strings.TrimSpace(strings.Trim(url, "\x00")), "\uFFFD")
	if len(url) > maxURL {
		g.problem(ProblemLimit, "a link is longer than 32 KiB")
		url = url[:maxURL]
		for !utf8.ValidString(url[len(url)-min(len(url), utf8.UTFMax):]) {
			url = url[:len(url)-1]
		}
	}
	// mhtml:http://a!x-usc:http://b makes Windows load both.
	if inner, ok := cutPrefixFold(url, "mhtml:"); ok {
		for ok {
			inner, ok = cutPrefixFold(inner, "mhtml:")
		}
		for len(inner) > 0 {
			first, rest := cutFold(inner, "!x-usc:")
			g.link(first, how, resource)
			inner = rest
		}
		return
	}
	if unc, ok := uncURL(url); ok {
		url = unc
	} else if !outside(url) {
		return
	}
	k := Link{url, how, resource}
	if g.links[k] || how == HowString && g.linked[url] {
		return
	}
	if len(g.f.Links) >= g.l.Links {
		g.problem(ProblemLimit, "too many links")
		return
	}
	if g.links == nil {
		g.links, g.linked = map[Link]bool{}, map[string]bool{}
	}
	g.links[k], g.linked[url] = true, true
	g.f.Links = append(g.f.Links, k)
}

// outside tells a link from a path: it has a scheme that is no drive letter, or
// begins as one writes a host by hand.
func outside(url string) bool {
	if hasPrefixFold(url, "www.") || strings.HasPrefix(url, "//") && len(url) > 4 {
		return true
	}
	scheme, rest, ok := strings.Cut(url, ":")
	if !ok || len(scheme) < 2 || rest == "" {
		return false
	}
	for i := 0; i < len(scheme); i++ {
		c := scheme[i] | 0x20
		if (c < 'a' || c > 'z') && (i == 0 || !strings.ContainsRune("0123456789+-.", rune(scheme[i]))) {
			return false
		}
	}
	return !strings.EqualFold(scheme, "file") // what of that is outside, uncURL knows
}

// uncURL writes \\host\share as a URL. Windows reaches \\host@SSL@8443\… by
// WebDAV, over HTTP. A host without a dot is a name of the victim's own network.
func uncURL(s string) (string, bool) {
	p := s
	if rest, ok := cutPrefixFold(p, "file:"); ok {
		p = strings.ReplaceAll(rest, "/", `\`)
		if strings.HasPrefix(p, `\\\\`) { // file:////host/share
			p = p[2:]
		}
	}
	if rest, ok := cutPrefixFold(p, `\\?\unc\`); ok {
		p = `\\` + rest
	}
	if !strings.HasPrefix(p, `\\`) || len(p) < 4 || p[2] == '\\' {
		return "", false
	}
	host, path, _ := strings.Cut(p[2:], `\`)
	name, dav, isDAV := strings.Cut(host, "@")
	if name == "" || strings.ContainsAny(name, "?:") || !isDAV && !strings.Contains(name, ".") {
		return "", false
	}
	path = strings.ReplaceAll(path, `\`, "/")
	if !isDAV {
		return "file://" + name + "/" + path, true
	}
	if rest, ok := cutPrefixFold(path, "davwwwroot"); ok {
		path = strings.TrimPrefix(rest, "/")
	}
	scheme := "http"
	if rest, ok := cutPrefixFold(dav, "ssl"); ok {
		scheme, dav = "https", strings.TrimPrefix(rest, "@")
	}
	if dav != "" {
		name += ":" + dav
	}
	return scheme + "://" + name + "/" + path, true
}

// say adds a piece of text without ending the line.
func (g *gatherer) say(s string) {
	if s == "" {
		return
	}
	if g.text.Len()+len(s) > g.l.Bytes {
		g.problem(ProblemLimit, "the text is too long")
		return
	}
	if utf8.ValidString(s) {
		g.text.WriteString(s)
		return
	}
	g.text.WriteString(strings.ToValidUTF8(s, "\uFFFD"))
}

// line adds a line of text.
func (g *gatherer) line(s string) {
	if s != "" {
		g.say(s)
		g.endLine()
	}
}

// endLine ends a line that has something on it.
func (g *gatherer) endLine() {
	if n := g.text.Len(); n > 0 && g.text.String()[n-1] != '\n' {
		g.text.WriteByte('\n')
	}
}

// file adds a file, or a picture to the pictures.
func (g *gatherer) file(name string, data []byte) {
	if len(data) == 0 {
		return
	}
	if isPicture(data) {
		g.image(data)
		return
	}
	if len(g.f.Files) >= maxFiles {
		g.problem(ProblemLimit, "too many files inside")
		return
	}
	if i := strings.LastIndexAny(name, `\/`); i >= 0 {
		name = name[i+1:]
	}
	g.f.Files = append(g.f.Files, File{strings.ToValidUTF8(name, "\uFFFD"), data})
}

func (g *gatherer) image(data []byte) {
	if len(g.f.Images) >= maxImages {
		g.problem(ProblemLimit, "too many pictures inside")
		return
	}
	g.f.Images = append(g.f.Images, data)
}

func (g *gatherer) page(html string) {
	if len(g.f.HTML) >= maxFiles {
		g.problem(ProblemLimit, "too many pages inside")
		return
	}
	g.f.HTML = append(g.f.HTML, strings.ToValidUTF8(html, "\uFFFD"))
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if hasPrefixFold(s, prefix) {
		return s[len(prefix):], true
	}
	return s, false
}

// cutFold cuts s at the first sep, whatever its case.
func cutFold(s, sep string) (before, after string) {
	for i := 0; i+len(sep) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(sep)], sep) {
			return s[:i], s[i+len(sep):]
		}
	}
	return s, ""
}
