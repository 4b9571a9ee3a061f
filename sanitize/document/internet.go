package document

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
)

// iniShortcut reads .url, .website and .desktop files: keys and values in
// sections.
func (g *gatherer) iniShortcut(b []byte) {
	g.note(NoteShortcut)
	text := utf8Text(b)
	if !utf8.Valid(text) {
		if s, err := japanese.ShiftJIS.NewDecoder().Bytes(text); err == nil {
			text = s
		}
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		key, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		value = strings.TrimSpace(value)
		if !ok || value == "" {
			continue
		}
		key = strings.ToLower(strings.TrimSpace(key))
		if i := strings.IndexByte(key, '['); i > 0 { // Name[ja]
			key = key[:i]
		}
		switch key {
		case "url", "baseurl", "origurl":
			g.link(value, HowShortcut, false)
			g.line(value)
		case "iconfile", "icon":
			g.link(value, HowIcon, true)
			g.line(value)
		case "workingdirectory", "path":
			g.link(value, HowShortcut, false)
			g.line(value)
		case "exec", "tryexec":
			g.line(value)
			for _, u := range urlsIn(value) {
				g.link(u, HowShortcut, false)
			}
			g.script(value, langPS)
		}
	}
}

// xmlShortcut reads the shortcuts that are XML: .library-ms, .search-ms and
// .searchConnector-ms (an address), .settingcontent-ms (a command), .webloc.
func (g *gatherer) xmlShortcut(b []byte) {
	g.note(NoteShortcut)
	x := newXML(b)
	for x.next() {
		if x.kind == xmlStart {
			x.eachAttr(func(name, value []byte) bool {
				if n := strings.ToLower(string(name)); n == "url" || n == "href" || n == "path" {
					g.link(unescapeXML(value), HowShortcut, false)
				}
				return true
			})
			continue
		}
		if x.kind != xmlText {
			continue
		}
		s := strings.TrimSpace(x.text())
		switch strings.ToLower(string(x.name)) {
		case "url", "string", "simplelocation", "baseuri":
			g.link(s, HowShortcut, false)
			g.line(s)
		case "iconreference", "icon", "thumbnail":
			g.link(s, HowIcon, true)
			g.line(s)
		case "deeplink", "applicationinformation":
			g.line(s)
			for _, u := range urlsIn(s) {
				g.link(u, HowShortcut, false)
			}
			g.script(s, langPS)
		default:
			for _, u := range urlsIn(s) {
				g.link(u, HowShortcut, false)
			}
		}
	}
	g.depth(x)
}

// plist reads a property list in its binary form: a .webloc holds little but a
// URL, whose length stands before it and is not looked at.
func (g *gatherer) plist(b []byte) {
	g.note(NoteShortcut)
	// The offset table follows the strings at once, and begins with bytes that
	// print: a string's own length ends it.
	for i := bytes.Index(b, []byte("://")); i >= 0; {
		start := i
		for start > 0 && isSchemeByte(b[start-1]) {
			start--
		}
		if n, at := plistLength(b, start); at > 0 && at <= start && at+n <= len(b) {
			g.link(string(b[at:at+n]), HowShortcut, false)
			g.line(string(b[at : at+n]))
		}
		next := bytes.Index(b[i+3:], []byte("://"))
		if next < 0 {
			return
		}
		i += 3 + next
	}
}

// plistLength reads the head of the string of ASCII that begins at start or a
// little before: 0x5n, or 0x5f and an integer.
func plistLength(b []byte, start int) (n, at int) {
	for _, at := range []int{start, start + 1} { // a length may look like a letter
		if at >= 3 && b[at-3] == 0x5f && b[at-2] == 0x10 {
			return int(b[at-1]), at
		}
		if at >= 4 && b[at-4] == 0x5f && b[at-3] == 0x11 {
			return int(b[at-2])<<8 | int(b[at-1]), at
		}
		if at >= 1 && b[at-1]&0xf0 == 0x50 && b[at-1] != 0x5f {
			return int(b[at-1] & 15), at
		}
	}
	return 0, 0
}
