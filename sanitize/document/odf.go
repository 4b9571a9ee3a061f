package document

import (
	"bytes"
	"strings"

	"kairan/sanitize/compound"
)

// odf reads a package of OpenDocument (ISO/IEC 26300).
func (g *gatherer) odf(b []byte) {
	for _, p := range g.packageParts(b) {
		name := strings.ToLower(p.name)
		switch {
		case bytes.HasPrefix(p.data, []byte(compound.Magic)):
			g.insideCompound(p.data)
		case isPicture(p.data):
			if !strings.HasPrefix(name, "thumbnails/") {
				g.image(p.data)
			}
		case strings.HasPrefix(name, "basic/"), strings.HasPrefix(name, "scripts/"):
			if strings.HasSuffix(name, "-lc.xml") || strings.HasSuffix(name, "-lb.xml") {
				continue // lists of libraries
			}
			g.note(NoteMacros)
			g.odfMacro(p)
		case name == "meta-inf/manifest.xml":
			if bytes.Contains(p.data, []byte("encryption-data")) {
				g.note(NoteEncrypted)
				g.problem(ProblemEncrypted, "the document is encrypted with a password")
			}
		case strings.HasSuffix(name, ".xml"), strings.HasSuffix(name, ".rdf"):
			g.odfXML(p.data)
		case looksLikeFile(p.data):
			g.note(NoteEmbeddedFile)
			g.file(p.name, p.data)
		}
	}
}

func (g *gatherer) flatODF(b []byte) { g.odfXML(b) }

// odfMacro reads a module: of Basic, in XML, or of another language as it is.
func (g *gatherer) odfMacro(p part) {
	if !looksXML(p.data) {
		g.macro(string(utf8Text(p.data)))
		return
	}
	var source strings.Builder
	for x := newXML(p.data); x.next(); {
		if x.kind == xmlText {
			source.WriteString(x.text())
		}
	}
	g.macro(source.String())
}

// odfXML reads the content, styles or settings: every xlink:href, events, text.
func (g *gatherer) odfXML(b []byte) {
	x := newXML(b)
	event := ""
	binary := false
	for x.next() {
		switch x.kind {
		case xmlText:
			if binary {
				g.base64Part(string(x.raw))
			} else if len(bytes.TrimSpace(x.raw)) > 0 {
				g.say(x.text())
			}
		case xmlEnd:
			switch string(x.name) {
			case "p", "h", "table-cell", "page":
				g.endLine()
			}
			binary = false
		case xmlStart:
			switch string(x.name) {
			case "binary-data":
				binary = true
			case "tab", "s":
				g.say(" ")
			case "line-break":
				g.say("\n")
			case "event-listener":
				event = x.attr("event-name")
				if strings.HasSuffix(event, "load") || strings.HasSuffix(event, "open") || strings.HasSuffix(event, ":open") {
					g.note(NoteAutoRun)
				}
				g.note(NoteMacros)
			case "dde-source", "dde-connection-decl":
				g.note(NoteDDE)
				g.line(x.attr("dde-application") + " " + x.attr("dde-topic"))
			}
			g.odfAttributes(x)
		}
	}
	g.endLine()
	g.depth(x)
}

func (g *gatherer) odfAttributes(x *xmlScanner) {
	if len(x.attrs) < 6 {
		return
	}
	x.eachAttr(func(name, value []byte) bool {
		switch string(name) {
		case "href":
			url := unescapeXML(value)
			if hasPrefixFold(url, "vnd.sun.star.script:") || hasPrefixFold(url, "macro:") {
				return true
			}
			switch string(x.name) {
			case "image", "fill-image", "background-image":
				g.link(url, HowImage, true)
			case "object", "object-ole", "plugin", "applet":
				g.link(url, HowObject, false)
			case "template":
				g.link(url, HowTemplate, false)
			case "floating-frame":
				g.link(url, HowFrame, false)
			case "table-source", "section-source", "database-source-sql", "cell-range-source":
				g.link(url, HowExternal, false)
			default:
				g.link(url, HowHyperlink, false)
			}
		case "formula":
			g.formula(unescapeXML(value))
		}
		return true
	})
}
