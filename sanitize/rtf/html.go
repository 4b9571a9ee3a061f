package rtf

import (
	"bytes"
	"unicode/utf8"
)

// HTML takes the page out of a document that Outlook or Exchange made of one
// ([MS-OXRTFEX] §2.2.3): \*\htmltag groups and the text between them, without
// what stands between \htmlrtf and \htmlrtf0. Escaped bytes are read in the code
// page of the font at that place, inside tags in the document's own, so the
// result is UTF-8 whatever charset its meta elements claim. It is at most limit
// bytes, and less is given where the document is longer.
//
// ok is false when the document is not encapsulated HTML.
func HTML(doc []byte, limit int) (html []byte, ok bool) {
	if !bytes.Contains(doc, []byte(`\fromhtml`)) {
		return nil, false
	}
	r := newReader(doc, forHTML, limit)
	r.run()
	if !r.fromHTML {
		return nil, false
	}
	return r.body(), true
}

// Text is what a person reads of a document, with "\n" between lines and "\t"
// between cells: the body with text boxes, notes, headers and what fields show,
// without hidden text. It also undoes \fromtext ([MS-OXRTFEX] §2.2.4). The
// result is valid UTF-8 and at most limit bytes; text beyond that is left out.
func Text(doc []byte, limit int) string {
	r := newReader(doc, forText, limit)
	r.run()
	return string(r.body())
}

// body is the body's text, cut to the limit between two characters.
func (r *reader) body() []byte {
	b := r.frames[0].buf
	if !utf8.Valid(b) {
		b = bytes.ToValidUTF8(b, []byte("\uFFFD"))
	}
	if len(b) <= r.limit {
		return b
	}
	n := r.limit
	for n > 0 && b[n]&0xc0 == 0x80 {
		n--
	}
	return b[:n]
}
