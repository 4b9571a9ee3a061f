// Package filetype says what a file is by its content, whatever it calls itself.
//
// It is pure: bytes in, values out. It looks at the first 4 KiB of a file, at a
// few fixed places further in (a disc image shows at 32 KiB) and at the last
// 64 KiB (the directory of a zip), so its cost does not grow with the file.
package filetype

import (
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"

	"kairan/sanitize/archive"
)

// Notes of [Type].
const (
	// NoteMismatch: the name's extension promises another family than the
	// content has.
	NoteMismatch = "type-mismatch"
	// NotePolyglot: the content is valid as two kinds of file.
	NotePolyglot = "polyglot"
	// NoteExecutable: to open it is to run it, as with a program, a script or a
	// .lnk.
	NoteExecutable = "executable"
)

const headBytes = 4096

// unknown is the media type of what nobody can tell.
const unknown = "application/octet-stream"

// Type returns the media type of a file by its content, in lower case and
// without parameters, and notes in alphabetical order. The name decides only
// between kinds of text that their content does not tell apart, such as scripts;
// it may be "". What is not known is "application/octet-stream".
func Type(b []byte, name string) (mediaType string, notes []string) {
	ext := extension(name)
	mediaType = byContent(b)
	if weak(mediaType) && isText(b) {
		mediaType = byText(head(b), mediaType, ext)
	}
	if mismatch(ext, mediaType) {
		notes = append(notes, NoteMismatch)
	}
	if polyglot(b, mediaType) {
		notes = append(notes, NotePolyglot)
	}
	switch Family(mediaType) {
	case "executable", "script":
		notes = append(notes, NoteExecutable)
	case "shortcut":
		if mediaType == typeLNK {
			notes = append(notes, NoteExecutable)
		}
	}
	slices.Sort(notes)
	return mediaType, notes
}

func head(b []byte) []byte { return b[:min(len(b), headBytes)] }

// extension is the last extension of a name, lower case, without its dot.
// Blanks and dots at the end do not count, because Windows drops them.
func extension(name string) string {
	name = strings.TrimRight(name, " .\u3000")
	i := strings.LastIndexByte(name, '.')
	if i < 0 || len(name)-i > 20 {
		return ""
	}
	return strings.ToLower(name[i+1:])
}

// byContent is the type by magic bytes: ours first, because the library does
// not know them or is content with less.
func byContent(b []byte) string {
	if len(b) == 0 {
		return unknown
	}
	switch {
	case prefix(b, "\x78\x9f\x3e\x22"):
		return "application/ms-tnef"
	case prefix(b, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
		return compound(b)
	case prefix(b, "MZ"):
		return typePE
	case prefix(b, "\x4c\x00\x00\x00\x01\x14\x02\x00"):
		return typeLNK
	}
	if at := pdfAt(b); at >= 0 && strings.TrimLeft(string(b[:at]), "\x00\t\n\f\r \xef\xbb\xbf") == "" {
		return typePDF
	}
	if isRTF(b) {
		return typeRTF
	}
	kind := archive.Kind(b)
	if kind == "zip" && prefix(b, "PK") {
		return zipped(b)
	}
	if t, ok := kinds[kind]; ok && kind != "zip" {
		return t
	}
	t := mimetype.Detect(head(b)).String()
	if i := strings.IndexByte(t, ';'); i >= 0 {
		t = t[:i]
	}
	t = strings.ToLower(strings.TrimSpace(t))
	if better, ok := renamed[t]; ok {
		t = better
	}
	if t == typePDF {
		// The library looks for a PDF before anything else; what a file begins
		// with is what programs that go by its name take it for.
		for _, p := range pictures {
			if prefix(b, p.magic) {
				return p.mediaType
			}
		}
	}
	if weak(t) {
		// A file whose PDF header comes late is a PDF to those who open it.
		if at := pdfAt(b); at >= 0 && !isText(b) {
			return typePDF
		}
	}
	return t
}

// pictures are what a PDF is hidden in.
var pictures = []struct{ magic, mediaType string }{
	{"GIF8", "image/gif"}, {"\xff\xd8\xff", "image/jpeg"}, {"\x89PNG\r\n", "image/png"}, {"BM", "image/bmp"}, {"II*\x00", "image/tiff"}, {"MM\x00*", "image/tiff"},
}

// kinds are the media types of what package archive knows.
var kinds = map[string]string{
	"7z": "application/x-7z-compressed", "rar": "application/vnd.rar", "gzip": "application/gzip",
	"bzip2": "application/x-bzip2", "xz": "application/x-xz", "tar": "application/x-tar",
	"cab": "application/vnd.ms-cab-compressed", "iso": "application/x-iso9660-image", "udf": "application/x-udf-image",
	"lzh": "application/x-lzh-compressed", "arj": "application/x-arj", "ace": "application/x-ace-compressed",
	"vhd": "application/x-vhd", "vhdx": "application/x-vhdx", "img": "application/x-raw-disk-image",
}

// renamed gives kinds that have several names one.
var renamed = map[string]string{
	"text/rtf": typeRTF, "application/x-ms-installer": typeMSI, "text/x-shellscript": "application/x-sh",
}

// weak reports whether a type of the library says little enough that the text
// itself should be looked at: it takes mail, scripts and fragments of HTML for
// tables, subtitles or nothing at all.
func weak(t string) bool {
	switch t {
	case "text/plain", unknown, "text/csv", "text/tab-separated-values", "application/x-subrip", "text/xml", "text/x-lua",
		"text/x-perl", "text/x-python", "text/x-ruby", "text/x-tcl", "text/javascript", "text/x-php", "text/html":
		return true
	}
	return false
}

func prefix(b []byte, s string) bool { return len(b) >= len(s) && string(b[:len(s)]) == s }
