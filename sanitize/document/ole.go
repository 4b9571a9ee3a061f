package document

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"slices"
	"strings"

	"kairan/sanitize/compound"
)

const activeMime = "ActiveMime"

// Classes of objects that attackers use ([MS-OLEDS]), as they are stored.
const (
	classEquation = "\x02\xce\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"
	classURL      = "\xe0\xc9\xea\x79\xf9\xba\xce\x11\x8c\x82\x00\xaa\x00\x4b\xa9\x0b" // a URL moniker
	classHTA      = "\xd8\xf4\x50\x30\xb5\x98\xcf\x11\xbb\x82\x00\xaa\x00\xbd\xce\x0b"
)

// compoundFile reads a compound file: a document of Office 97 to 2003, an object
// in another document, a project of macros, an encrypted document.
func (g *gatherer) compoundFile(b []byte) {
	c, err := compound.Open(b, compound.Limits{Entries: g.l.Entries})
	if err != nil {
		g.problem(ProblemMalformed, "the compound file's directory cannot be read")
		g.binaryStrings(b)
		return
	}
	if g.inside == 0 && slices.ContainsFunc(c.Entries, func(e compound.Entry) bool { return e.Name == "__properties_version1.0" }) {
		g.f.Kind = "" // an Outlook message, which is not read here
		return
	}
	if c.Limited {
		g.problem(ProblemLimit, "too many entries in the compound file")
	}
	streams := map[string][]byte{} // those of the document itself
	for i, e := range c.Entries {
		if string(e.Class[:]) == classEquation {
			g.note(NoteEquationEditor)
		}
		if string(e.Class[:]) == classHTA {
			g.note(NoteScript)
		}
		if e.Kind != compound.Stream {
			continue
		}
		// The streams of one file may all claim the same sectors: what they hold in
		// all is bounded as if it were decoded.
		data, whole := c.Stream(i, g.room())
		if !whole && len(data) == g.room() {
			g.problem(ProblemLimit, "too much was decoded")
		}
		g.decoded(len(data))
		if e.Parent >= 0 && compound.SameName(c.Entries[e.Parent].Name, "VBA") {
			g.vbaStream(e.Name, data)
			continue
		}
		if e.Parent <= 0 {
			streams[strings.ToLower(e.Name)] = data
		}
		g.oleStream(e.Name, data)
	}
	if encrypted, ok := streams["encryptedpackage"]; ok {
		g.encryptedPackage(streams["encryptioninfo"], encrypted)
	}
}

// oleStream reads a stream by its name.
func (g *gatherer) oleStream(name string, data []byte) {
	g.monikers(data)
	switch strings.ToLower(name) {
	case "workbook", "book":
		g.biff(data)
	case "worddocument":
		// FibBase.fEncrypted ([MS-DOC] §2.5.2)
		if len(data) > 12 && data[11]&1 != 0 {
			g.note(NoteEncrypted)
			g.problem(ProblemEncrypted, "the document is encrypted")
			return
		}
		g.wordText(data)
	case "powerpoint document":
		g.presentation(data)
	case "\x01ole10native":
		g.ole10Native(data)
	case "equation native":
		g.note(NoteEquationEditor)
	case "package", "contents":
		if looksLikeFile(data) {
			g.note(NoteEmbeddedFile)
			g.file("", data)
			return
		}
		g.binaryStrings(data)
	case "\x03ocxname", "\x03ocxdata":
		g.note(NoteActiveX)
		g.binaryStrings(data)
	case "encryptedpackage", "encryptioninfo", "pictures":
	case "encryptedsummary":
		g.note(NoteEncrypted)
		g.problem(ProblemEncrypted, "the presentation is encrypted")
	default:
		g.binaryStrings(data)
	}
}

// wordText finds URLs in the text of a Word document, which is in one byte or two
// a character, piece by piece. Its fields end in control characters, so strings do.
func (g *gatherer) wordText(data []byte) {
	g.binaryStrings(data)
	upper := bytes.ToUpper(data)
	for _, w := range []string{"\x13DDE", "\x13 DDE", "\x13\x00D\x00D\x00E\x00", "\x13\x00 \x00D\x00D\x00E\x00"} {
		if bytes.Contains(upper, []byte(w)) {
			g.note(NoteDDE)
		}
	}
}

// monikers finds the addresses of hyperlinks and linked objects: a URL moniker
// has its length before it ([MS-OSHARED] §2.3.7.6).
func (g *gatherer) monikers(b []byte) {
	for {
		i := bytes.Index(b, []byte(classURL))
		if i < 0 {
			return
		}
		b = b[i+16:]
		if len(b) < 4 {
			return
		}
		n := int64(binary.LittleEndian.Uint32(b))
		if n >= 2 && n <= int64(len(b)-4) && n <= 2*maxURL {
			g.link(utf16z(b[4:4+n]), HowHyperlink, false)
		} else if len(b) > 4 {
			// A moniker in a stream of another format has no length.
			g.link(utf16z(b[:min(len(b), 2*maxURL)]), HowHyperlink, false)
		}
	}
}

// ole10Native reads a file that was put into a document as a package ([MS-OLEDS]
// §2.3.6 and what Windows writes into it): label, path, the file.
func (g *gatherer) ole10Native(b []byte) {
	g.note(NoteEmbeddedFile)
	if len(b) < 6 {
		g.problem(ProblemMalformed, "an embedded file is cut short")
		return
	}
	whole := b[4:]
	rest := whole
	if binary.LittleEndian.Uint16(rest) != 2 {
		g.embedded("", whole)
		return
	}
	rest = rest[2:]
	text := func() string {
		i := bytes.IndexByte(rest, 0)
		if i < 0 {
			i = max(len(rest)-1, 0)
		}
		s := ansi(rest[:i])
		rest = rest[min(i+1, len(rest)):]
		return s
	}
	counted := func() []byte {
		if len(rest) < 4 {
			rest = nil
			return nil
		}
		n := int(min(binary.LittleEndian.Uint32(rest), uint32(len(rest)-4)))
		s := rest[4 : 4+n]
		rest = rest[4+n:]
		return s
	}
	label, source := text(), text()
	rest = rest[min(4, len(rest)):]
	counted() // the path of the temporary file
	data := counted()
	if len(data) == 0 {
		g.problem(ProblemMalformed, "an embedded file is cut short")
		g.binaryStrings(whole)
		return
	}
	if label == "" {
		label = source
	}
	g.line(source)
	g.file(label, data)
}

// activeMime reads the macros of a document saved as a page: a compressed compound
// file behind a short header.
func (g *gatherer) activeMime(b []byte) {
	i := bytes.IndexByte(b[:min(len(b), 256)], 0x78)
	for i >= 0 && i+1 < len(b) && (int(b[i])<<8|int(b[i+1]))%31 != 0 {
		n := bytes.IndexByte(b[i+1:min(len(b), 256)], 0x78)
		if n < 0 {
			i = -1
			break
		}
		i += 1 + n
	}
	if i < 0 {
		g.problem(ProblemMalformed, "an ActiveMime file holds nothing compressed")
		return
	}
	z, err := zlib.NewReader(bytes.NewReader(b[i:]))
	if err != nil {
		g.problem(ProblemMalformed, "an ActiveMime file holds nothing compressed")
		return
	}
	if data := g.inflate(z, int64(len(b))); bytes.HasPrefix(data, []byte(compound.Magic)) {
		g.insideCompound(data)
	} else {
		g.binaryStrings(data)
	}
}
