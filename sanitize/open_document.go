package sanitize

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"kairan/sanitize/document"
	"kairan/sanitize/pdf"
	"kairan/sanitize/qr"
	"kairan/sanitize/rtf"
)

// openDocument reads what a document, a shortcut, a calendar or a script points to
// and carries.
func (r *reader) openDocument(o *opened, p *Part, where string) {
	switch {
	case rtf.IsRTF(p.Body):
		r.openRichText(o, p, where)
		return
	case pdf.IsPDF(p.Body):
		r.openPDF(o, p, where)
		return
	}
	f := document.Read(p.Body, p.MediaType, p.Name, document.Limits{Bytes: max(1, min(r.decoded, maxDocumentBytes))})
	r.adopt(o, p, f, where)
}

// maxDocumentBytes bounds what one document may become.
const maxDocumentBytes = 64 << 20

// openPage reads what the scripts of a page put together.
func (r *reader) openPage(o *opened, p *Part, page []byte, where string) {
	r.adopt(o, p, document.Smuggled(page, document.Limits{Bytes: max(1, min(r.decoded, maxDocumentBytes))}), where)
}

// adopt takes the findings of one document over.
func (r *reader) adopt(o *opened, p *Part, f document.Findings, where string) {
	r.spend(f.Decoded)
	o.note(f.Notes...)
	for _, l := range f.Links {
		o.links = append(o.links, fileLink{url: l.URL, how: l.How, resource: l.Resource})
	}
	o.text = joinTexts(o.text, f.Text)
	o.pages = append(o.pages, f.HTML...)
	for _, file := range f.Files {
		r.addFile(o, p, file.Name, file.Data, where)
	}
	for i, picture := range f.Images {
		r.openPicture(o, picture, where+" picture "+strconv.Itoa(i+1))
	}
	for _, problem := range f.Problems {
		code := problem.Code
		switch code {
		case document.ProblemEncrypted:
			o.locked = true
			code = ProblemLocked
		case document.ProblemUnsupported:
			code = ProblemUnread
		}
		r.problem(code, where, "document: "+problem.Detail)
	}
}

// openRichText reads a document in rich text.
func (r *reader) openRichText(o *opened, p *Part, where string) {
	f := rtf.Scan(p.Body, rtf.Limits{})
	o.note(f.Notes...)
	for _, l := range f.Links {
		o.links = append(o.links, fileLink{url: l.URL, how: l.How, resource: l.Resource})
	}
	o.text = joinTexts(o.text, rtf.Text(p.Body, r.limits.TextBytes))
	if page, ok := rtf.HTML(p.Body, r.limits.TextBytes); ok {
		o.pages = append(o.pages, string(page))
	}
	for _, object := range f.Objects {
		r.spend(len(object.Data))
		r.addFile(o, p, object.Name, object.Data, where)
	}
	for i, picture := range f.Pictures {
		r.openPicture(o, picture, where+" picture "+strconv.Itoa(i+1))
	}
	for _, problem := range f.Problems {
		r.problem(ProblemLimit, where, "document: "+problem)
	}
}

// openPDF reads a PDF.
func (r *reader) openPDF(o *opened, p *Part, where string) {
	var passwords []string
	if bytes.Contains(p.Body, []byte("/Encrypt")) {
		passwords = r.candidates()
	}
	f := pdf.ReadWith(p.Body, passwords, pdf.Limits{Bytes: max(1, min(r.decoded, maxDocumentBytes))})
	r.spend(f.Decoded)
	for _, n := range f.Notes {
		if n != "object-streams" { // as most files have them
			o.note(n)
		}
	}
	for _, l := range f.Links {
		o.links = append(o.links, fileLink{url: l.URL, how: l.How, resource: l.Resource})
	}
	o.text = joinTexts(o.text, f.Text)
	for _, script := range f.Scripts {
		inner := document.Read([]byte(script), "application/javascript", "script.js", document.Limits{Bytes: max(1, min(r.decoded, maxDocumentBytes))})
		inner.Notes = nil // that it has scripts is told already
		r.adopt(o, p, inner, where)
	}
	for _, file := range f.Files {
		r.addFile(o, p, file.Name, file.Data, where)
	}
	for i, picture := range f.Images {
		place := where + " picture " + strconv.Itoa(i+1)
		if picture.JPEG != nil {
			r.openPicture(o, picture.JPEG, place)
			continue
		}
		if r.pictures++; r.pictures <= maxPictures {
			o.codes = append(o.codes, qr.ReadGray(picture.Gray, qr.Limits{Work: r.pictureWork()})...)
		}
	}
	for _, problem := range f.Problems {
		code := problem.Code
		if code == pdf.ProblemEncrypted {
			o.locked = true
			code = ProblemLocked
		}
		r.problem(code, where, "document: "+problem.Detail)
	}
}

// addFile adds a file that was found inside another.
func (r *reader) addFile(o *opened, p *Part, name string, data []byte, where string) {
	if len(data) == 0 || bytes.Equal(data, p.Body) {
		return
	}
	if r.parts <= 0 {
		r.problem(ProblemLimit, where, "more files than are read")
		return
	}
	r.parts--
	o.files = append(o.files, &Part{
		Path: joinPath(p.Path, fmt.Sprint(len(o.files)+1)), MediaType: "application/octet-stream", Attachment: true, Name: name, Body: data,
	})
}

func joinTexts(a, b string) string {
	if strings.TrimSpace(a) == "" {
		return b
	}
	if strings.TrimSpace(b) == "" {
		return a
	}
	return a + "\n" + b
}
