// Package rtf reads Rich Text Format, the form in which Outlook keeps a mail's
// body and in which many an exploit is sent.
//
// [Decompress] undoes the compression of MAPI ([MS-OXRTFCP]). [HTML] takes the
// page back out that Outlook wrapped in RTF ([MS-OXRTFEX]), [Text] reads any
// document as a person would, and [Scan] tells what an attached document links
// to and carries inside. Nothing is rendered, run or fetched.
//
// The package is pure: bytes in, values out. Documents are hostile: a reader
// keeps its own bounded stack of groups instead of recursing, takes time and
// memory linear in its input, and never fails as a whole; what Word would
// still accept is accepted.
package rtf

import "bytes"

// byteOrderMark is what some generators put before a document.
var byteOrderMark = []byte("\xef\xbb\xbf")

// maxLead is how much white space may stand before a document, or between its
// brace and its first control word.
const maxLead = 64

// IsRTF is true for a document that Word would open as RTF. Word asks for no
// more than "{\rt", of which exploit documents make use: "{\rt1", "{\rtxyz".
// White space and a byte order mark before it are passed over.
func IsRTF(b []byte) bool {
	b = skipSpace(bytes.TrimPrefix(b, byteOrderMark))
	if len(b) == 0 || b[0] != '{' {
		return false
	}
	return bytes.HasPrefix(skipSpace(b[1:]), []byte(`\rt`))
}

// skipSpace drops up to maxLead bytes of white space and NULs.
func skipSpace(b []byte) []byte {
	for n := 0; n < maxLead && len(b) > 0; n++ {
		switch b[0] {
		case ' ', '\t', '\r', '\n', '\v', '\f', 0:
			b = b[1:]
		default:
			return b
		}
	}
	return b
}
