package document

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"kairan/sanitize/compound"
)

// scriptFile reads a script or batch file.
func (g *gatherer) scriptFile(b []byte, lang language) {
	g.note(NoteScript)
	text := string(utf8Text(b))
	if strings.Contains(text[:min(len(text), sniffBytes)], "#@~^") {
		g.problem(ProblemUnsupported, "the script is encoded with Script Encoder")
	}
	if i := strings.IndexByte(text, '<'); i >= 0 && strings.TrimSpace(text[:i]) == "" {
		// A page or job of several scripts: each block says its language.
		g.page(text)
		g.scripts++
		g.smuggled([]byte(text))
		g.scripts--
		return
	}
	g.script(text, lang)
}

// script reads a program's text: the strings it puts together, what they decode
// to, and the commands in it.
func (g *gatherer) script(text string, lang language) {
	if !foldScript(text, lang, g.room(), g.value) {
		g.problem(ProblemLimit, "a script has too many strings")
	}
	g.command(text)
	if lang == langPS {
		g.command(strings.NewReplacer("^", "", "`", "").Replace(text))
	}
}

// command reads a command line or a script as text: the URLs written out in it,
// and what it gives PowerShell in base64.
func (g *gatherer) command(s string) {
	for _, u := range urlsIn(s) {
		g.line(u)
	}
	if g.scripts >= maxInside {
		return
	}
	g.scripts++
	for _, run := range base64Runs(s, 24) {
		if d := decodeBase64(run); isUTF16Text(d) && len(d) <= g.room() {
			g.decoded(len(d))
			g.line(string(fromUTF16(d, binary.LittleEndian)))
			g.script(string(fromUTF16(d, binary.LittleEndian)), langPS)
		}
	}
	g.scripts--
}

// base64Runs gives the runs of characters of base64 of that length at least.
func base64Runs(s string, atLeast int) []string {
	var runs []string
	start := -1
	for i := 0; i <= len(s); i++ {
		if i < len(s) && (isSchemeByte(s[i]) && s[i] != '-' || s[i] == '/' || s[i] == '=') {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 && i-start >= atLeast {
			runs = append(runs, s[start:i])
		}
		start = -1
	}
	return runs
}

// isUTF16Text knows UTF-16LE text that is mostly of ASCII.
func isUTF16Text(b []byte) bool {
	if len(b) < 8 {
		return false
	}
	ascii := 0
	for i := 0; i+1 < len(b); i += 2 {
		if b[i+1] == 0 && (b[i] >= ' ' && b[i] < 0x7f || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
			ascii++
		}
	}
	return ascii*10 >= len(b)/2*9
}

// value takes a string of a script.
func (g *gatherer) value(v value) {
	if v.decoded {
		g.decodedValue(v, 1)
	} else {
		g.decodedValue(v, 0)
	}
}

// decodedValue takes a string that was decoded so many times already: as a file, a
// page, a place to go to, or text; and tries what it decodes to.
func (g *gatherer) decodedValue(v value, times int) {
	s := v.s
	if target := strings.TrimSpace(s); v.redirect && (hasPrefixFold(target, "http") || strings.HasPrefix(target, "//") || hasPrefixFold(target, "www.")) {
		g.note(NoteRedirect)
		g.link(target, HowScript, false)
	}
	if len(s) < 12 && !hasAddress(s) || g.seen[s] {
		return
	}
	if g.seen == nil {
		g.seen = map[string]bool{}
	}
	g.seen[s] = true
	if len(s) > 16 && looksLikeFile([]byte(s)) {
		if !isPicture([]byte(s)) {
			g.note(NoteSmuggling) // a picture is an ordinary thing to put together
		}
		g.file("", []byte(s))
		return
	}
	if isUTF16Text([]byte(s)) {
		v.s = string(fromUTF16([]byte(s), binary.LittleEndian))
		g.decodedValue(v, times)
		return
	}
	if utf8.ValidString(s) && looksLikePage(s) {
		g.writtenPage(s, times > 0)
		return
	}
	if hasAddress(s) {
		g.line(s)
	}
	if times > 0 && looksLikeCode(s) && g.scripts < maxInside {
		g.scripts++
		g.script(s, langJS)
		g.scripts--
	}
	if times >= maxInside {
		return
	}
	g.eachDecoding(s, func(d string) {
		if len(d) > g.room() {
			g.problem(ProblemLimit, "too much was decoded")
			return
		}
		g.decoded(len(d))
		v.s = d
		g.decodedValue(v, times+1)
	})
}

// writtenPage takes a page that a script writes. Only one that was hidden is worth
// a note.
func (g *gatherer) writtenPage(s string, hidden bool) {
	g.page(s)
	if hidden {
		g.note(NoteSmuggling)
	}
	if g.scripts >= maxInside {
		g.problem(ProblemLimit, "scripts lie too deep in one another")
		return
	}
	g.scripts++
	g.smuggled([]byte(s))
	g.scripts--
}

// opensPage reports whether a function of that name sends the reader to what it is
// given.
func opensPage(name string) bool {
	for _, f := range []string{"location.replace", "location.assign", "window.open", "self.open", "top.open", "parent.open", "open", "location", "navigate"} {
		if endsName(name, f) && (f != "open" || len(name) == len(f)) {
			return true
		}
	}
	return false
}

func isLocation(name string) bool {
	return endsName(name, "location") || endsName(name, "location.href")
}

// endsName reports whether the last steps of a name with dots are those of end.
func endsName(name, end string) bool {
	before := len(name) - len(end)
	return before >= 0 && strings.EqualFold(name[before:], end) && (before == 0 || name[before-1] == '.')
}

// looksLikeFile knows the files that are sent this way by their first bytes.
func looksLikeFile(b []byte) bool {
	for _, magic := range []string{
		"PK\x03\x04", "Rar!\x1a\x07", "7z\xbc\xaf\x27\x1c", "%PDF-", "\x1f\x8b\x08", compound.Magic, lnkMagic, oneMagic, "MSCF",
		"BZh9", "\xfd7zXZ", "{\\rt", "ITSF", "conectix", "vhdxfile", "\x7fELF", "\xca\xfe\xba\xbe", "\x00asm",
	} {
		if bytes.HasPrefix(b, []byte(magic)) {
			return true
		}
	}
	if bytes.HasPrefix(b, []byte("MZ")) && len(b) > 64 && !utf8.Valid(b[:64]) || isPicture(b) {
		return true
	}
	return bytes.HasPrefix(b, []byte("MZ")) && len(b) > 64 && bytes.IndexByte(b[:64], 0) >= 0 ||
		len(b) > 32774 && string(b[32769:32774]) == "CD001"
}

// looksLikePage reports whether a string has the beginning of a tag in it that
// can do something.
func looksLikePage(s string) bool {
	for rest := s; ; {
		i := strings.IndexByte(rest, '<')
		if i < 0 || i+3 > len(rest) {
			return false
		}
		rest = rest[i+1:]
		name := rest
		if n := strings.IndexFunc(rest, func(r rune) bool { return (r|0x20 < 'a' || r|0x20 > 'z') && r != '!' }); n >= 0 {
			name = rest[:n]
		}
		switch strings.ToLower(name) {
		case "html", "!doctype", "body", "head", "script", "iframe", "form", "meta", "a", "img", "div", "table", "input", "svg", "embed",
			"object", "base", "frame", "area", "link", "style", "title", "p", "span", "button", "center", "td", "tr":
			return true
		}
	}
}

// looksLikeCode is a cheap test for a program's text.
func looksLikeCode(s string) bool {
	return strings.ContainsAny(s, "(=[") && strings.ContainsAny(s, "\"'`0123456789") && utf8.ValidString(s)
}

// hasAddress reports whether a string may hold a URL or a path in a network.
func hasAddress(s string) bool {
	return (strings.Contains(s, "//") || strings.Contains(s, `\\`) || strings.Contains(s, "www.")) && utf8.ValidString(s)
}
