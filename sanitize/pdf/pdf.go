// Package pdf reads the structure of PDF files (ISO 32000-2) for what attackers
// put into them: links, scripts, actions, files, pictures, and the text in which
// an address may be written.
//
// It is pure: bytes in, values out. Nothing is rendered, run or fetched. It does
// not depend on the cross-reference table, which hostile files break or lie in:
// objects are looked for in the bytes, so every revision of the file counts, and
// those inside object streams are found too. Where there is a table, what it
// points to is read as well, and it says which revision of an object a reference
// means. Every length is checked against what remains, what is decoded is counted,
// and work is bounded by a multiple of what was read.
//
// It does not decode JPEG (the caller does), JPEG 2000 and JBIG2 (told as a
// problem), nor the glyphs of fonts: text in a font that does not say which
// characters its codes mean is noted as "unmapped-text".
package pdf

import (
	"bytes"
	"image"
)

// Limits bound one call. The zero value of a field means its default.
type Limits struct {
	Bytes       int // decoded in all; 64 MiB
	StreamBytes int // decoded from one stream; 32 MiB
	Objects     int // 50,000
	Depth       int // values in one another; 32
	Images      int // 20
	Links       int // 1,000
}

func (l Limits) orDefault() Limits {
	for _, f := range []struct {
		have *int
		want int
	}{{&l.Bytes, 64 << 20}, {&l.StreamBytes, 32 << 20}, {&l.Objects, 50_000}, {&l.Depth, 32}, {&l.Images, 20}, {&l.Links, 1000}} {
		if *f.have <= 0 {
			*f.have = f.want
		}
	}
	return l
}

// Findings are what a file holds. Every string is valid UTF-8 and the attacker's
// own.
type Findings struct {
	Links []Link
	// Text is what the pages show, as far as it can be had without rendering, and
	// what scripts, forms and notes say; a line for each line.
	Text string
	// Scripts are the programs as they stand, for a reader of JavaScript; what can
	// be had of them without one is in Links and Text already.
	Scripts []string
	// Notes, sorted, are of these: "acroform", "embedded-file", "encrypted",
	// "javascript", "launch-action", "object-streams", "open-action", "rich-media",
	// "unmapped-text", "xfa".
	Notes    []string
	Files    []File
	Images   []Image
	Problems []Problem
	// Decoded counts the bytes that were decoded, never more than Limits.Bytes.
	Decoded int
}

// Link is a URL, or the path of a file elsewhere, that a file points to.
type Link struct {
	URL string
	// How is "uri action", "open action" (a URI action that runs by itself),
	// "launch", "goto remote", "submit form", "import data", "javascript" or
	// "metadata".
	How string
	// Resource is true where the URL is not followed by whoever reads the file: it
	// is a base for others, is fetched as part of the file, or merely describes it.
	Resource bool
}

// File is a file embedded in the file.
type File struct {
	Name string
	Data []byte
}

// Image is a picture: a whole JPEG file, or samples drawn grey. A code that a page
// draws as filled squares is a picture too. One of the two is set.
type Image struct {
	JPEG []byte
	Gray *image.Gray
}

// Problem says what was not read. Detail holds nothing of the file's content.
type Problem struct{ Code, Detail string }

// Codes of problems.
const (
	ProblemLimit     = "limit"
	ProblemMalformed = "malformed"
	ProblemPicture   = "picture" // not every picture was taken; ordinary files have many
	ProblemEncrypted = "encrypted"
)

// IsPDF reports whether b has the header of a PDF in its first 1,024 bytes, where
// readers look for it.
func IsPDF(b []byte) bool { return bytes.Contains(b[:min(len(b), 1024)], []byte("%PDF-")) }

// Read is ReadWith without passwords.
func Read(b []byte, l Limits) Findings { return ReadWith(b, nil, l) }

// ReadWith reads a file. One that is encrypted for everybody to read, with an
// empty user password, is decrypted as every reader does; passwords are tried
// besides, the first 50, as the user's and the owner's. It never fails: what
// cannot be read is a [Problem].
func ReadWith(b []byte, passwords []string, l Limits) Findings {
	return newReader(b, l).read(passwords)
}
