package outlook

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"strings"
)

// HeadersMissing is the field, without its line end, that Mail puts into a mail
// whose header was written from properties because the message holds no fields
// of its own. A field of that name in the message's own header is left out, so
// that nobody else can say it.
const HeadersMissing = headersField + ": not available"

const headersField = "X-Kairan-Headers"

// Mail writes the message as an Internet mail (RFC 5322, RFC 2045), for the
// reader of those. The fields that the message came with are given byte for
// byte, but for those that describe the body, which is written anew:
//
//	multipart/mixed
//	  multipart/alternative
//	    text/plain, text/html    whichever there are
//	  any attachment             in base64; an embedded message as message/rfc822
//
// A message that holds none is given fields written from its properties, and
// [HeadersMissing]. An S/MIME message (a class with ".SMIME" in it) becomes the
// mail it was sent as, with its one attachment for a body.
//
// The result depends on nothing but the message. The boundaries are digests of
// what stands between them, so that nobody can write content that holds them.
func (m Message) Mail() []byte {
	w := &mailWriter{}
	w.b.Grow(m.mailSize())
	w.message(&m, fingerprint(&m))
	return w.b.Bytes()
}

// mailSize is about how many bytes the mail will have.
func (m *Message) mailSize() int {
	encoded := func(n int) int { return n/57*78 + 1024 }
	n := len(m.Header) + encoded(len(m.Text)) + encoded(len(m.HTML)) + 100*(len(m.To)+len(m.Cc)+len(m.Bcc))
	for i := range m.Attachments {
		a := &m.Attachments[i]
		if n += encoded(len(a.Data)); a.Message != nil {
			n += a.Message.mailSize()
		}
	}
	return n
}

// digests is the digest of a message, with those of the messages embedded in it in
// the order of the attachments.
type digests struct {
	sum    []byte
	inside []digests
}

// fingerprint digests everything that Mail writes of m. Each byte is read once,
// however deep it lies.
func fingerprint(m *Message) digests {
	var d digests
	h := sha256.New()
	for _, s := range []string{m.Class, m.Subject, m.MessageID, m.Date.String(), m.Text, m.HTMLCharset} {
		digestField(h, s)
	}
	for _, people := range [][]Person{{m.From, m.Sender, m.ReceivedBy}, m.To, m.Cc, m.Bcc, m.ReplyTo} {
		for _, who := range people {
			digestField(h, who.Name)
			digestField(h, who.Address)
		}
		digestField(h, "")
	}
	digestField(h, m.Header)
	digestField(h, m.HTML)
	for i := range m.Attachments {
		a := &m.Attachments[i]
		digestField(h, a.Name)
		digestField(h, a.Type)
		digestField(h, a.ContentID)
		digestField(h, a.Data)
		if a.Message != nil {
			inner := fingerprint(a.Message)
			digestField(h, inner.sum)
			d.inside = append(d.inside, inner)
		}
	}
	d.sum = h.Sum(nil)
	return d
}

// digestField adds s with its length, so that no two lists of values are alike.
func digestField[T string | []byte](h hash.Hash, s T) {
	var size [8]byte
	binary.LittleEndian.PutUint64(size[:], uint64(len(s)))
	h.Write(size[:])
	h.Write([]byte(s))
}

// boundary makes a boundary that stands in no base64 and no quoted-printable.
func (d digests) boundary(of string) string {
	return "=_" + of + "_" + hex.EncodeToString(d.sum[:20])
}

// mailWriter writes a mail. Its lines end in CRLF, but those of a header that a
// message came with.
type mailWriter struct {
	b bytes.Buffer
}

func (w *mailWriter) line(parts ...string) {
	for _, s := range parts {
		w.b.WriteString(s)
	}
	w.b.WriteString("\r\n")
}

// message writes a mail. The fields that describe its body come first: a reader
// that stops in a long header has met them.
func (w *mailWriter) message(m *Message, d digests) {
	w.line("MIME-Version: 1.0")
	if a, ok := m.smime(); ok {
		if fields, rest, ok := splitEntity(a.Data); ok {
			w.b.Write(fields)
			w.header(m)
			w.b.Write(rest)
			return
		}
		w.line(`Content-Type: application/pkcs7-mime; name="smime.p7m"`)
		w.line("Content-Transfer-Encoding: base64")
		w.line(`Content-Disposition: attachment; filename="smime.p7m"`)
		w.header(m)
		w.line()
		w.base64(a.Data)
		return
	}
	mixed, alternative := d.boundary("mixed"), d.boundary("alternative")
	w.line(`Content-Type: multipart/mixed; boundary="`, mixed, `"`)
	w.header(m)
	w.line()
	w.line("--", mixed)
	w.line(`Content-Type: multipart/alternative; boundary="`, alternative, `"`)
	w.line()
	if m.Text != "" || len(m.HTML) == 0 {
		w.line("--", alternative)
		w.line("Content-Type: text/plain; charset=utf-8")
		w.line("Content-Transfer-Encoding: base64")
		w.line()
		w.base64([]byte(m.Text))
	}
	if len(m.HTML) > 0 {
		w.line("--", alternative)
		if isToken(m.HTMLCharset) {
			w.line("Content-Type: text/html; charset=", m.HTMLCharset)
		} else {
			w.line("Content-Type: text/html")
		}
		w.line("Content-Transfer-Encoding: base64")
		w.line()
		w.base64(m.HTML)
	}
	w.line("--", alternative, "--")
	embedded := 0
	for i := range m.Attachments {
		a := &m.Attachments[i]
		w.line("--", mixed)
		if a.Message == nil {
			w.file(a)
			continue
		}
		w.line("Content-Type: message/rfc822")
		w.line("Content-Transfer-Encoding: 8bit")
		w.about(a)
		w.line()
		w.message(a.Message, d.inside[embedded])
		w.line()
		embedded++
	}
	w.line("--", mixed, "--")
}

// file writes an attached file as a part.
func (w *mailWriter) file(a *Attachment) {
	kind := a.Type
	switch {
	case !isMediaType(kind):
		kind = "application/octet-stream"
	case strings.HasPrefix(kind, "multipart/"):
		// Its boundary is in its data, if that is a whole entity.
		if kind = "application/octet-stream"; isEntity(a.Data) {
			kind = "message/rfc822"
		}
	}
	w.line("Content-Type: ", kind)
	w.line("Content-Transfer-Encoding: base64")
	w.about(a)
	w.line()
	w.base64(a.Data)
}

// about writes an attachment's disposition and identifier.
func (w *mailWriter) about(a *Attachment) {
	w.b.WriteString("Content-Disposition: ")
	if a.Hidden {
		w.b.WriteString("inline")
	} else {
		w.b.WriteString("attachment")
	}
	w.parameter("filename", a.Name)
	w.line()
	if id := atomic(a.ContentID); id != "" {
		w.line("Content-ID: <", id, ">")
	}
}

// smime gives the attachment that is the body of an S/MIME message ([MS-
// OXOSMIME] §2.1.3).
func (m *Message) smime() (*Attachment, bool) {
	if !strings.Contains(strings.ToLower(m.Class), ".smime") || len(m.Attachments) != 1 {
		return nil, false
	}
	a := &m.Attachments[0]
	return a, a.Message == nil && len(a.Data) > 0
}

// maxEntityHeader bounds the header of an attachment that is a whole entity.
const maxEntityHeader = 64 << 10

// splitEntity splits an attachment that is a whole MIME entity, as the body of a
// clear-signed message is, into the fields that describe its content, and its
// body with the empty line before it. The other fields of its header are those
// of the message again, and left out.
func splitEntity(b []byte) (fields, rest []byte, ok bool) {
	keep := false
	for at := 0; at < len(b) && at < maxEntityHeader; {
		n := bytes.IndexByte(b[at:], '\n') + 1
		if n == 0 {
			break
		}
		line := b[at : at+n]
		if len(bytes.Trim(line, "\r\n")) == 0 {
			return fields, b[at:], ok
		}
		if line[0] != ' ' && line[0] != '\t' {
			name, _, found := bytes.Cut(line, []byte(":"))
			if !found || !isToken(string(name)) {
				break
			}
			keep = hasPrefixFold(string(name), "content-")
			ok = ok || strings.EqualFold(string(name), "content-type")
		}
		if keep {
			fields = append(fields, line...)
		}
		at += n
	}
	return nil, nil, false
}

func isEntity(b []byte) bool {
	_, _, ok := splitEntity(b)
	return ok
}

// base64 writes b in lines of 76 characters (RFC 2045 §6.8).
func (w *mailWriter) base64(b []byte) {
	const perLine = 57
	for len(b) > 0 {
		n := min(perLine, len(b))
		w.b.Write(base64.StdEncoding.AppendEncode(w.b.AvailableBuffer(), b[:n]))
		w.b.WriteString("\r\n")
		b = b[n:]
	}
}
