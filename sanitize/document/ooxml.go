package document

import (
	"bytes"
	"path"
	"strings"

	"kairan/sanitize/compound"
)

// ooxml reads a package of Office Open XML (ECMA-376).
func (g *gatherer) ooxml(b []byte) {
	g.ooxmlParts(g.packageParts(b))
}

func (g *gatherer) ooxmlParts(parts []part) {
	// Relationships first: their links are what an attacker needs most, and the
	// text must not use up what they need.
	files := map[string]bool{}
	for _, p := range parts {
		if strings.HasSuffix(strings.ToLower(p.name), ".rels") {
			g.relationships(p, files)
		}
	}
	for _, p := range parts {
		name := strings.ToLower(p.name)
		switch {
		case strings.HasSuffix(name, ".rels"), name == "[content_types].xml":
		case bytes.HasPrefix(p.data, []byte(compound.Magic)):
			if strings.Contains(name, "vba") {
				g.note(NoteMacros)
			}
			if strings.Contains(name, "activex") {
				g.note(NoteActiveX)
			}
			g.insideCompound(p.data)
		case isPicture(p.data):
			g.image(p.data)
		case files[name], strings.Contains(name, "/embeddings/"):
			g.note(NoteEmbeddedFile)
			g.file(p.name, p.data)
		case strings.HasSuffix(name, "vbaproject.bin"):
			g.note(NoteMacros)
			g.problem(ProblemMalformed, "the macros are no compound file")
		case strings.Contains(name, "macrosheets/"):
			g.note(NoteXLM)
			if looksXML(p.data) {
				g.officeXML(p.data)
			} else {
				g.binaryStrings(p.data)
			}
		case strings.HasSuffix(name, ".xml"), looksXML(p.data):
			if strings.Contains(name, "customui") {
				g.note(NoteCustomUI)
			}
			if strings.Contains(name, "activex/") {
				g.note(NoteActiveX)
			}
			g.officeXML(p.data)
			g.endLine()
		case strings.HasSuffix(name, ".bin"): // parts of xlsb, printer settings
			g.binaryStrings(p.data)
		}
	}
}

func looksXML(b []byte) bool {
	b = bytes.TrimLeft(b[:min(len(b), 64)], "\xef\xbb\xbf \t\r\n")
	return bytes.HasPrefix(b, []byte("<"))
}

// relationships reads a part of relationships (ECMA-376 part 2 §9.3). Parts that
// are documents of another kind are added to files, by their lower-case names.
func (g *gatherer) relationships(p part, files map[string]bool) {
	x := newXML(p.data)
	for x.next() {
		if x.kind == xmlStart && x.is("Relationship") {
			g.relationship(x, path.Dir(path.Dir(p.name)), files)
		}
	}
	g.depth(x)
}

func (g *gatherer) depth(x *xmlScanner) {
	if x.deep > g.l.Depth {
		g.problem(ProblemLimit, "elements lie too deep in one another")
	}
}

// relationHow names the kinds of relationship.
var relationHow = map[string]string{
	"hyperlink": HowHyperlink, "attachedtemplate": HowTemplate, "oleobject": HowObject, "package": HowObject, "frame": HowFrame,
	"image": HowImage, "externallinkpath": HowExternal, "externallink": HowExternal, "xlexternallinkpath": HowExternal,
	"subdocument": "subdocument", "mailmergesource": "mail-merge", "mailmergeheadersource": "mail-merge", "slidemaster": HowTemplate,
	"video": "media", "audio": "media", "media": "media",
}

func (g *gatherer) relationship(x *xmlScanner, base string, files map[string]bool) {
	kind := strings.ToLower(path.Base(x.attr("Type")))
	target := strings.TrimSpace(x.attr("Target"))
	how := relationHow[kind]
	if how == "" {
		how = kind
	}
	external := strings.EqualFold(x.attr("TargetMode"), "External")
	if !external && !strings.Contains(target, "://") {
		switch kind {
		case "afchunk", "package", "oleobject":
			if !strings.HasPrefix(target, "/") {
				target = path.Join(base, target)
			}
			if files != nil {
				files[strings.ToLower(strings.TrimPrefix(target, "/"))] = true
			}
		}
		return
	}
	before := len(g.f.Links)
	g.link(target, how, how == HowImage || how == "media")
	if how == HowTemplate && len(g.f.Links) > before {
		g.note(NoteRemoteTemplate)
	}
}

// insideCompound reads a compound file within another document.
func (g *gatherer) insideCompound(b []byte) {
	if g.inside >= maxInside {
		g.problem(ProblemLimit, "documents lie too deep in one another")
		return
	}
	g.inside++
	g.compoundFile(b)
	g.inside--
}
