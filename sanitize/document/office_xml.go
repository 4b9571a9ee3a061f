package document

import (
	"encoding/base64"
	"strings"

	"kairan/sanitize/compound"
)

// officeXML reads a part of a document, spreadsheet or presentation, or a whole
// document in one XML file: what is shown, fields, formulas and addresses that
// stand in attributes. The vocabularies hardly overlap, so one reader does.
func (g *gatherer) officeXML(b []byte) {
	x := newXML(b)
	f := fields{g: g}
	var collect *strings.Builder // what the text in an element goes to, nil for nowhere
	var shown, formula, binary strings.Builder
	for x.next() {
		switch x.kind {
		case xmlText:
			if collect != nil {
				if collect.Len()+len(x.raw) <= g.l.Bytes {
					collect.WriteString(x.text())
				}
			}
		case xmlStart:
			switch string(x.name) {
			case "t", "lpwstr", "HyperlinkBase", "HLinks", "Template", "title", "subject", "description":
				collect = &shown
			case "instrText", "delInstrText":
				collect = &f.instr
			case "fldSimple":
				f.finish(x.attr("instr"))
			case "fldChar":
				f.char(x.attr("fldCharType"))
			case "f", "formula", "formula1", "formula2", "definedName", "oldFormula":
				collect = &formula
			case "binaryData", "binData":
				collect = &binary
			case "tab":
				g.say("\t")
			case "br", "cr":
				g.say("\n")
			case "ddeLink":
				g.note(NoteDDE)
				g.line(x.attr("ddeService") + " " + x.attr("ddeTopic"))
			case "control", "ocx":
				g.note(NoteActiveX)
			case "hlinkMouseOver":
				g.note(NoteMouseOver)
			case "Relationship":
				g.relationship(x, "", nil)
			}
			g.attributes(x)
		case xmlEnd:
			switch string(x.name) {
			case "t", "lpwstr", "HyperlinkBase", "HLinks", "Template", "title", "subject", "description":
				g.say(shown.String())
				if string(x.name) != "t" {
					g.link(shown.String(), HowHyperlink, false)
					g.endLine()
				}
				shown.Reset()
			case "f", "formula", "formula1", "formula2", "definedName", "oldFormula":
				g.formula(formula.String())
				formula.Reset()
			case "binaryData", "binData":
				g.base64Part(binary.String())
				binary.Reset()
			case "p", "si", "is", "tr", "row", "sp":
				g.endLine()
			}
			collect = nil
		}
	}
	f.rest()
	g.depth(x)
}

// flatXML reads a document in one XML file: the Flat OPC form of a package, and
// the formats of 2003.
func (g *gatherer) flatXML(b []byte) { g.officeXML(b) }

// attributes looks for addresses in the attributes of an element: of pictures and
// shapes in VML, of queries and connections, of actions in presentations.
func (g *gatherer) attributes(x *xmlScanner) {
	if len(x.attrs) < 6 {
		return
	}
	x.eachAttr(func(name, value []byte) bool {
		switch string(name) {
		case "href", "HRef":
			g.link(unescapeXML(value), HowHyperlink, false)
		case "src":
			g.link(unescapeXML(value), HowImage, true)
		case "url", "connection", "sourceFile", "editPage", "post":
			s := unescapeXML(value)
			g.link(s, HowExternal, false)
			for _, u := range urlsIn(s) {
				g.link(u, HowExternal, false)
			}
		case "onLoad", "onAction", "loadImage", "getContent":
			if x.is("customUI") || x.is("button") || string(name) == "onLoad" {
				g.note(NoteCustomUI)
			}
		case "action":
			if strings.HasPrefix(string(value), "ppaction://") {
				if strings.HasPrefix(string(value), "ppaction://program") || strings.HasPrefix(string(value), "ppaction://macro") {
					g.note(NoteProgram)
				}
			}
		case "Formula", "HRefFormula": // SpreadsheetML of 2003
			g.formula(unescapeXML(value))
		}
		return true
	})
}

// formula reads a formula of a spreadsheet as the list of its strings.
func (g *gatherer) formula(s string) {
	if s == "" {
		return
	}
	upper := strings.ToUpper(s)
	if i := strings.IndexByte(s, '|'); i > 0 && strings.Contains(s[i:], "!") && !strings.Contains(s[:i], `"`) {
		g.note(NoteDDE) // cmd|'/c calc'!A0
		g.line(s)
	}
	if strings.Contains(upper, "HYPERLINK(") || strings.Contains(upper, "WEBSERVICE(") || strings.Contains(upper, "IMAGE(") ||
		strings.Contains(s, "://") || strings.Contains(s, `\\`) || strings.Contains(upper, "CALL(") || strings.Contains(upper, "EXEC(") {
		all := foldScript(s, langVB, g.room(), func(v value) {
			for _, u := range wholeURLs(v.s) {
				g.link(u, HowFormula, false)
			}
			g.line(v.s)
		})
		if !all {
			g.problem(ProblemLimit, "a formula has too many strings")
		}
	}
}

// base64Part reads a binary part of a document in one XML file.
func (g *gatherer) base64Part(s string) {
	data := decodeBase64(s)
	if len(data) == 0 {
		return
	}
	if len(data) > g.room() {
		g.problem(ProblemLimit, "too much was decoded")
		return
	}
	g.decoded(len(data))
	g.embedded("", data)
}

// embedded reads a part without knowing its type.
func (g *gatherer) embedded(name string, data []byte) {
	switch {
	case strings.HasPrefix(string(data[:min(len(data), 8)]), compound.Magic):
		g.insideCompound(data)
	case strings.HasPrefix(string(data[:min(len(data), 16)]), activeMime):
		g.activeMime(data)
	case looksLikeFile(data):
		g.file(name, data)
	default:
		g.binaryStrings(data)
	}
}

// decodeBase64 decodes s, whatever lies between its characters, in either
// alphabet and without padding. A character too many at its end is dropped.
func decodeBase64(s string) []byte {
	clean := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '+', c == '/':
			clean = append(clean, c)
		case c == '-':
			clean = append(clean, '+')
		case c == '_':
			clean = append(clean, '/')
		case c == '=':
			// What follows a padding is another text.
			i = len(s)
		}
	}
	if len(clean)%4 == 1 {
		clean = clean[:len(clean)-1]
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(clean)))
	n, err := base64.RawStdEncoding.Decode(out, clean)
	if err != nil {
		return nil
	}
	return out[:n]
}
