package document

import (
	"bytes"
	"strings"
)

// Smuggled finds what a page assembles in its reader's browser: files it makes
// the browser save, pages it writes, places it sends the reader to. html is the
// page in UTF-8 or UTF-16. Strings with a URL that its scripts hold are in
// Findings.Text; links in the page's own tags are the caller's business. A page
// without any means to assemble something gives zero Findings, at the cost of one
// look at each byte or less.
func Smuggled(html []byte, l Limits) Findings {
	html = utf8Text(html)
	if !canAssemble(html) {
		return Findings{}
	}
	g := newGatherer(l)
	g.f.Kind = KindPage
	g.smuggled(html)
	return g.findings()
}

// The words a page needs one of, to assemble anything: a script, a handler of an
// event, a data: URI. Each is looked for by four letters in a row.
var assembly = []string{
	"scri", "atob", "data", "onlo", "oncl", "oner", "onmo", "onfo", "onto", "onpa", "onbe", "onsu", "onan", "onpo", "onke", "onre", "onbl", "onun", "onha", "onme", "onwh", "onsc", "ontr", "onch", "onin", "onco", "onpl", "onac", "onro", "onse",
}

// A window of four bytes moves over the page; how far it may move is told by its
// last byte (Horspool's algorithm, for several words). Zero means: compare.
var assemblyStep = func() (step [256]uint8) {
	for i := range step {
		step[i] = 4
	}
	for _, w := range assembly {
		for i := range 4 {
			for _, c := range []byte{w[i], w[i] &^ 0x20} {
				step[c] = min(step[c], uint8(3-i))
			}
		}
	}
	return step
}()

func canAssemble(b []byte) bool {
	for i := 3; i < len(b); {
		if step := assemblyStep[b[i]]; step > 0 {
			i += int(step)
			continue
		}
		if assembles(b, i-3) {
			return true
		}
		i++
	}
	return false
}

// assembles compares what stands at i.
func assembles(b []byte, i int) bool {
	switch b[i] | 0x20 {
	case 's': // <script, <svg:script, javascript:, vbscript:
		return i > 0 && b[i+1]|0x20 == 'c' && hasPrefixFold(string(b[i:min(len(b), i+6)]), "script") && strings.IndexByte("<:aA", b[i-1]) >= 0 ||
			i > 0 && b[i-1]|0x20 == 'b' && hasPrefixFold(string(b[i:min(len(b), i+7)]), "script:")
	case 'a':
		return strings.EqualFold(string(b[i:i+4]), "atob")
	case 'd': // data:text/html
		return i+4 < len(b) && b[i+4] == ':' && strings.EqualFold(string(b[i:i+4]), "data") && !hasPrefixFold(string(b[i:min(len(b), i+11)]), "data:image/")
	case 'o': // onload=
		if i == 0 || b[i+1]|0x20 != 'n' || strings.IndexByte(" \t\r\n\f\"'/", b[i-1]) < 0 {
			return false
		}
		j := i + 2
		for j < len(b) && j < i+30 && b[j]|0x20 >= 'a' && b[j]|0x20 <= 'z' {
			j++
		}
		for j < len(b) && j < i+40 && isXMLSpace(b[j]) {
			j++
		}
		return j < len(b) && b[j] == '='
	}
	return false
}

// smuggled reads a page's scripts and handlers.
func (g *gatherer) smuggled(html []byte) {
	for pos := 0; pos < len(html); {
		i := bytes.IndexByte(html[pos:], '<')
		if i < 0 {
			break
		}
		pos += i
		t, end := tagAt(html, pos)
		pos = end
		if t.name == "" {
			continue
		}
		lang := g.tag(t)
		if strings.TrimPrefix(t.name, "svg:") != "script" {
			continue
		}
		body := html[pos:]
		if n := indexFold(body, "</script"); n >= 0 {
			body = body[:n]
		}
		pos += len(body)
		if body = bytes.TrimSpace(body); len(body) > 0 && lang != langNone {
			g.note(NoteScript)
			g.scriptInPage(string(body), lang)
		}
	}
}

// langNone is a script block that holds data.
const langNone language = 255

// tag is a start tag.
type tag struct {
	name  string // lower case
	attrs []byte
}

// tagAt reads the tag that begins with the '<' at pos. Its end is the first '>'
// outside quotes, or the first of all where a quote is never closed.
func tagAt(html []byte, pos int) (tag, int) {
	i := pos + 1
	for i < len(html) && i-pos < 40 && (html[i]|0x20 >= 'a' && html[i]|0x20 <= 'z' || html[i] == ':' || html[i] >= '0' && html[i] <= '9') {
		i++
	}
	if i == pos+1 {
		return tag{}, pos + 1
	}
	t := tag{name: strings.ToLower(string(html[pos+1 : i]))}
	quote := byte(0)
	j := i
	for ; j < len(html); j++ {
		c := html[j]
		if quote != 0 {
			if c == quote {
				quote = 0
			}
		} else if (c == '"' || c == '\'') && html[j-1] == '=' || (c == '"' || c == '\'') && isXMLSpace(html[j-1]) {
			quote = c
		} else if c == '>' {
			break
		}
	}
	if j == len(html) {
		if n := bytes.IndexByte(html[i:], '>'); n >= 0 {
			j = i + n
		}
	}
	t.attrs = html[i:j]
	return t, min(j+1, len(html))
}

// tag reads the attributes of a tag that can assemble something, and says in which
// language the script it begins is.
func (g *gatherer) tag(t tag) language {
	lang := langJS
	if len(t.attrs) < 4 {
		return lang
	}
	x := xmlScanner{attrs: t.attrs}
	download, name := hasAttr(t.attrs, "download"), ""
	var uris [][]byte
	x.eachAttr(func(n, value []byte) bool {
		attr := strings.ToLower(string(n))
		switch {
		case t.name == "script" && (attr == "language" || attr == "type"):
			kind := strings.ToLower(string(value))
			if strings.Contains(kind, "vbs") {
				lang = langVB
			} else if strings.Contains(kind, "json") {
				lang = langNone
			}
		case attr == "download":
			name = unescapeXML(value)
		case len(attr) > 4 && strings.HasPrefix(attr, "on"):
			g.note(NoteScript)
			g.scriptInPage(unescapeXML(value), langJS)
		case len(value) > 10 && t.name != "img" && (attr == "href" || attr == "src" || attr == "action" || attr == "formaction" || attr == "data" || attr == "srcdoc" || attr == "content" || attr == "value"):
			uris = append(uris, value)
		}
		return true
	})
	for _, raw := range uris {
		g.scriptURI(raw, name, download)
	}
	return lang
}

// hasAttr finds an attribute that may have no value.
func hasAttr(attrs []byte, name string) bool {
	i := indexFold(attrs, name)
	return i > 0 && (isXMLSpace(attrs[i-1]) || attrs[i-1] == '"' || attrs[i-1] == '\'' || attrs[i-1] == '/')
}

// scriptURI reads a javascript: or a data: URI.
func (g *gatherer) scriptURI(raw []byte, name string, download bool) {
	lead := strings.ToLower(string(raw[:min(len(raw), 200)]))
	if !strings.Contains(lead, "script") && !strings.Contains(lead, "data") && !strings.Contains(lead, "&") {
		return
	}
	s := strings.TrimLeft(unescapeXML(raw), "\x00 \t\r\n\f")
	if i := strings.IndexByte(s[:min(len(s), 40)], ':'); i > 0 {
		scheme := strings.Map(func(r rune) rune {
			if r <= ' ' {
				return -1 // browsers pass over them
			}
			return r
		}, strings.ToLower(s[:i]))
		switch scheme {
		case "javascript", "vbscript":
			g.note(NoteScript)
			g.scriptInPage(unescapePercent(s[i+1:]), map[string]language{"javascript": langJS, "vbscript": langVB}[scheme])
			return
		case "data":
			s = "data" + s[i:]
		}
	}
	if i := indexFold([]byte(s), "url=data:"); i >= 0 { // meta refresh
		s = s[i+4:]
	}
	data, ok := dataURI(s)
	if !ok || len(data) == 0 {
		return
	}
	if len(data) > g.room() {
		g.problem(ProblemLimit, "too much was decoded")
		return
	}
	g.decoded(len(data))
	if download && !isPicture(data) {
		g.note(NoteSmuggling)
		g.file(name, data)
		return
	}
	g.decodedValue(value{s: string(data)}, 1)
}

// scriptInPage reads a script of a page. Its comment marks of HTML are none to it.
func (g *gatherer) scriptInPage(s string, lang language) {
	s = strings.TrimPrefix(strings.TrimSpace(s), "<!--")
	s = strings.TrimPrefix(s, "<![CDATA[")
	g.savesFile(s)
	g.script(s, lang)
}

// savesFile notes the ways to make a browser save what a script has made.
func (g *gatherer) savesFile(s string) {
	for _, way := range []string{"msSaveOrOpenBlob", "msSaveBlob", "showSaveFilePicker"} {
		if strings.Contains(s, way) {
			g.note(NoteSmuggling)
		}
	}
	if (strings.Contains(s, "createObjectURL") || strings.Contains(s, "new Blob") || strings.Contains(s, "new File(")) &&
		(strings.Contains(s, ".download") || strings.Contains(s, `"download"`) || strings.Contains(s, `'download'`) || strings.Contains(s, ".click(")) {
		g.note(NoteSmuggling)
	}
}

// svg reads a picture that may hold scripts. The caller reads it as a page too.
func (g *gatherer) svg(b []byte) {
	html := utf8Text(b)
	if indexFold(html, "<script") >= 0 || indexFold(html, ":script") >= 0 || indexFold(html, "javascript:") >= 0 {
		g.note(NoteScript)
	}
	g.smuggled(html)
}

// indexFold finds word, which is in lower case, whatever its case in b.
func indexFold(b []byte, word string) int {
	lower := word[len(word)-1]
	upper := lower
	if lower >= 'a' && lower <= 'z' {
		upper -= 'a' - 'A'
	}
	// Where the next letter of each case stands, found again only when it is passed.
	nextLower, nextUpper := -1, -1
	next := func(at, from int, c byte) int {
		if at >= from {
			return at
		}
		if i := bytes.IndexByte(b[from:], c); i >= 0 {
			return from + i
		}
		return len(b)
	}
	for from := len(word) - 1; from < len(b); {
		nextLower, nextUpper = next(nextLower, from, lower), next(nextUpper, from, upper)
		i := min(nextLower, nextUpper)
		if i == len(b) {
			return -1
		}
		if start := i + 1 - len(word); strings.EqualFold(string(b[start:i+1]), word) {
			return start
		}
		from = i + 1
	}
	return -1
}
