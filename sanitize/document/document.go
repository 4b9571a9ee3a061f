// Package document reads the structure of the files that attackers attach to
// mail, for the links, the programs and the files inside them: Office documents
// of every age, OpenDocument, OneNote, shortcuts, calendars, scripts, and pages
// that assemble a file in the reader's browser. PDF, RTF, archives and Outlook
// messages are not its business.
//
// It is pure: bytes in, values out. Nothing is rendered, run or fetched: a macro
// is text to it, a formula a string, a script a list of literals. It keeps
// nothing between calls.
//
// An attacker wrote these bytes. So every length is checked against what remains
// before anything is allocated, every byte that is decoded is counted, each
// reader goes over its input once and keeps no stack that the input can grow, and
// what a limit cuts off is told as a [Problem].
package document

// Limits bound one call. The zero value of a field means its default.
type Limits struct {
	// Bytes is what may be decoded in all: inflated, decrypted, or put together
	// from a script. It also bounds Findings.Text. Default 64 MiB.
	Bytes int
	// Entries are the parts of a package or the lines of a compound file's
	// directory that are looked at. Default 1,000.
	Entries int
	// Depth is how deep elements of XML may lie in one another. A deeper document
	// is told of, and read all the same, since its reader keeps no stack. Default
	// 256.
	Depth int
	// Links, counted without repetitions. Default 1,000.
	Links int
}

func (l Limits) orDefault() Limits {
	for _, f := range []struct {
		have *int
		want int
	}{
		{&l.Bytes, 64 << 20}, {&l.Entries, 1000}, {&l.Depth, 256}, {&l.Links, 1000},
	} {
		if *f.have <= 0 {
			*f.have = f.want
		}
	}
	return l
}

// Findings are what a document holds. Every string in it is valid UTF-8 and the
// attacker's own: nothing is defanged or redacted. Data may share memory with
// the bytes that were read.
type Findings struct {
	// Kind is what the document was read as, one of the Kind constants, or "" for
	// what is no business of this package.
	Kind string
	// Links are in the order they were found; no two are equal.
	Links []Link
	// Text is what the document shows and what its programs say, for URLs that
	// are written out. Paragraphs, cells, fields and strings have a line each.
	Text string
	// HTML are pages: those that a page writes itself, and descriptions in HTML.
	HTML []string
	// Notes are the Note constants that apply, in alphabetical order.
	Notes []string
	// Files are payloads: objects in a document, what a page makes a browser save.
	Files []File
	// Images are picture files, 20 at most.
	Images   [][]byte
	Problems []Problem
	// Decoded counts the bytes that were decoded. It is never more than
	// Limits.Bytes.
	Decoded int
}

// Link is something that the document points to outside itself.
type Link struct {
	// URL is as the document has it, except that a UNC path is written as a URL:
	// \\host\share becomes file://host/share, \\host@SSL\DavWWWRoot\a becomes
	// https://host/a.
	URL string
	// How names the mechanism, one of the How constants.
	How string
	// Resource is true for what is loaded to be shown, such as a picture, false
	// for what a reader follows or what runs.
	Resource bool
}

// File is a file inside the document.
type File struct {
	Name string // as the document gives it, without its path; may be ""
	Data []byte
}

// Problem says what could not be read. Detail is for an operator and holds
// nothing of the document's content.
type Problem struct {
	Code   string
	Detail string
}

// Codes of problems.
const (
	ProblemLimit       = "limit"
	ProblemMalformed   = "malformed"
	ProblemEncrypted   = "encrypted"
	ProblemUnsupported = "unsupported"
)

// Kinds of document.
const (
	KindOOXML    = "ooxml"    // docx, xlsx, pptx and their templates and add-ins
	KindOLE      = "ole"      // doc, xls, ppt and other compound files
	KindODF      = "odf"      // odt, ods, odp
	KindFlat     = "flat-xml" // an Office document in one XML file
	KindShortcut = "shortcut" // .lnk
	KindInternet = "internet-shortcut"
	KindOneNote  = "onenote"
	KindCalendar = "calendar"
	KindCard     = "vcard"
	KindScript   = "script"
	KindSVG      = "svg"
	KindPage     = "page" // of Smuggled
)

// Mechanisms, Link.How. A relationship of a package ([ECMA-376] part 2 §9.3) of
// another type than these has the last step of its type as How.
const (
	HowHyperlink = "hyperlink"
	HowTemplate  = "template" // loaded when the document is opened
	HowObject    = "object"   // a linked object
	HowFrame     = "frame"
	HowImage     = "image"
	HowExternal  = "external-link" // another workbook or a data connection
	HowField     = "field"
	HowFormula   = "formula"
	HowMacro     = "macro"
	HowString    = "string" // found as a string in binary data
	HowShortcut  = "shortcut"
	HowIcon      = "icon"
	HowCalendar  = "calendar"
	HowScript    = "script"
)

// Notes, Findings.Notes.
const (
	NoteActiveX        = "activex"
	NoteAutoRun        = "auto-run" // macros that run when the document is opened
	NoteCustomUI       = "custom-ui"
	NoteDDE            = "dde"
	NoteEmbeddedFile   = "embedded-file"
	NoteEncrypted      = "encrypted"
	NoteEquationEditor = "equation-editor"
	NoteSmuggling      = "html-smuggling"
	NoteMacros         = "macros"
	NoteMouseOver      = "mouse-over-link"
	NoteOverlay        = "overlay-data" // a shortcut with a file behind its end
	NoteProgram        = "program-action"
	NoteRemoteTemplate = "remote-template"
	NoteScript         = "script"
	NoteRedirect       = "script-redirect"
	NoteShortcut       = "shortcut"
	NoteXLM            = "xlm-macros"
)

// Read reads a document of any kind that the package knows. The content decides
// what it is; the declared media type and the file name, which may both be "",
// decide only among kinds of text. It never fails: what it does not know gives
// zero Findings, what it cannot read a [Problem].
func Read(b []byte, mediaType, name string, l Limits) Findings {
	g := newGatherer(l)
	if kind, read := choose(b, mediaType, name); read != nil {
		g.f.Kind = kind
		read(g, b)
	}
	return g.findings()
}
