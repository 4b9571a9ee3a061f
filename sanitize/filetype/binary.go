package filetype

import (
	"bytes"
	"encoding/binary"
	"strings"

	"kairan/sanitize/archive"
)

// pdfAt is where the PDF header is, which readers accept anywhere in the first
// 1,024 bytes (ISO 32000-1, annex H, note 13), or -1.
func pdfAt(b []byte) int { return bytes.Index(b[:min(len(b), 1024)], []byte("%PDF-")) }

// isRTF takes what Word takes: "{\rt" and anything, after blanks.
func isRTF(b []byte) bool {
	b = bytes.TrimLeft(b[:min(len(b), 64)], " \t\r\n\x00\xef\xbb\xbf")
	return len(b) >= 4 && b[0] == '{' && b[1] == '\\' && b[2]|0x20 == 'r' && b[3]|0x20 == 't'
}

// zipNames are looked at in a zip's directory.
const zipNames = 300

// zipped says what a zip is by the names in it.
func zipped(b []byte) string {
	names := archive.ZipNames(b, zipNames)
	var word, xl, ppt, types, macros, binaryBook, manifest, android, classes, xps, visio, onlyOffice bool
	for _, n := range names {
		s := strings.ReplaceAll(strings.ToLower(string(n[:min(len(n), 100)])), `\`, "/")
		s = strings.TrimLeft(s, "/")
		switch {
		case s == "[content_types].xml":
			types = true
		case s == "meta-inf/manifest.mf":
			manifest = true
		case s == "androidmanifest.xml":
			android = true
		case s == "xl/workbook.bin":
			xl, binaryBook = true, true
		case s == "fixeddocseq.fdseq" || strings.HasPrefix(s, "documents/1/"):
			xps = true
		case strings.HasPrefix(s, "word/"):
			word = true
		case strings.HasPrefix(s, "xl/"):
			xl = true
		case strings.HasPrefix(s, "ppt/"):
			ppt = true
		case strings.HasPrefix(s, "visio/"):
			visio = true
		case strings.HasSuffix(s, ".class"):
			classes = true
		}
		if strings.HasSuffix(s, "vbaproject.bin") || strings.HasSuffix(s, "macrosheets/sheet1.xml") {
			macros = true
		}
	}
	// A zip without a directory is judged by its first members.
	if names == nil {
		h := head(b)
		types = bytes.Contains(h, []byte("[Content_Types].xml"))
		word, xl, ppt = bytes.Contains(h, []byte("word/")), bytes.Contains(h, []byte("xl/")), bytes.Contains(h, []byte("ppt/"))
	}
	onlyOffice = types || len(names) > 0 && (word || xl || ppt) && bytes.Contains(head(b), []byte("_rels/.rels"))
	switch {
	case onlyOffice && word && macros:
		return "application/vnd.ms-word.document.macroenabled.12"
	case onlyOffice && word:
		return "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	case onlyOffice && binaryBook:
		return "application/vnd.ms-excel.sheet.binary.macroenabled.12"
	case onlyOffice && xl && macros:
		return "application/vnd.ms-excel.sheet.macroenabled.12"
	case onlyOffice && xl:
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case onlyOffice && ppt && macros:
		return "application/vnd.ms-powerpoint.presentation.macroenabled.12"
	case onlyOffice && ppt:
		return "application/vnd.openxmlformats-officedocument.presentationml.presentation"
	case onlyOffice && visio:
		return "application/vnd.ms-visio.drawing.main+xml"
	case types && xps:
		return "application/vnd.ms-xpsdocument"
	case android && (classes || manifest || len(names) > 2):
		return "application/vnd.android.package-archive"
	case manifest && classes || manifest && len(names) > 0 && strings.EqualFold(string(names[0]), "META-INF/"):
		return typeJAR
	}
	return firstMember(b)
}

// firstMember reads the member "mimetype" that OpenDocument and EPUB files
// begin with, stored (OpenDocument 1.3 part 2, 3.3).
func firstMember(b []byte) string {
	const at = 30 + len("mimetype")
	if len(b) > at && string(b[30:at]) == "mimetype" {
		s := string(b[at:min(len(b), at+100)])
		for _, p := range []string{"application/vnd.oasis.opendocument.", "application/epub+zip"} {
			if strings.HasPrefix(s, p) {
				if i := strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == 'P' }); i > 0 {
					s = s[:i]
				}
				return s
			}
		}
	}
	return "application/zip"
}

// compoundSectors are looked at in a compound file's directory: its names show
// what program wrote it.
const compoundSectors = 8

// compound says what an OLE compound file is ([MS-CFB] §2.6).
func compound(b []byte) string {
	const plain = "application/x-ole-storage"
	if len(b) < 512 {
		return plain
	}
	shift := binary.LittleEndian.Uint16(b[30:])
	if shift != 9 && shift != 12 {
		return plain
	}
	// Most programs write the directory in one piece; following the FAT for more
	// of it is work for who reads the file.
	from := (uint64(binary.LittleEndian.Uint32(b[48:])) + 1) << shift
	if from >= uint64(len(b)) {
		return plain
	}
	dir := b[from:min(uint64(len(b)), from+compoundSectors<<shift)]
	kind := plain
	for first := true; len(dir) >= 128; dir = dir[128:] {
		if first && string(dir[80:96]) == "\x84\x10\x0c\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46" {
			return typeMSI
		}
		first = false
		n := int(binary.LittleEndian.Uint16(dir[64:]))
		if n < 4 || n > 64 {
			continue
		}
		name := make([]byte, 0, 32)
		for i := 0; i+2 < n; i += 2 {
			name = append(name, dir[i])
		}
		s := string(name)
		switch {
		case s == "__properties_version1.0" || strings.HasPrefix(s, "__nameid_version") || strings.HasPrefix(s, "__substg1.0_"):
			// Its own, or those of a mail embedded in a document: the first entry
			// of a document's directory names the document.
			if kind == plain {
				return "application/vnd.ms-outlook"
			}
		case s == "WordDocument":
			return "application/msword"
		case s == "Workbook" || s == "Book":
			return "application/vnd.ms-excel"
		case s == "PowerPoint Document":
			return "application/vnd.ms-powerpoint"
		case s == "VisioDocument":
			return "application/vnd.visio"
		case s == "Quill" || s == "Contents" && kind == plain:
			kind = "application/vnd.ms-publisher"
		case s == "EncryptedPackage" || s == "EncryptionInfo":
			// An OOXML document behind a password ([MS-OFFCRYPTO] §2.3).
			kind = "application/vnd.ms-office.encrypted"
		}
	}
	return kind
}
