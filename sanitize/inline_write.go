package sanitize

import (
	"bytes"
	"encoding/base64"
	"mime"
	"strings"
	"time"
	"unicode"
)

// inlineMail is what a mail forwarded inline is written anew from.
type inlineMail struct {
	fields quotedFields
	text   string // "" where the report has none
	html   string // "" where the report has none; UTF-8
	files  []*Part
	zone   *time.Location // of the reporter, for a date without an offset
	habit  dateHabit
}

// write makes a mail of it. The same mail always gives the same bytes.
func (m inlineMail) write() []byte {
	var b bytes.Buffer
	for _, name := range []string{"From", "Sender", "Reply-To", "To", "Cc"} {
		if v := m.fields[name]; v != "" {
			writeMailboxes(&b, name, quotedMailboxes(v))
		}
	}
	if t, ok := quotedDate(m.fields["Date"], m.zone, m.habit); ok {
		b.WriteString("Date: " + t.Format("Mon, 02 Jan 2006 15:04:05 -0700") + "\r\n")
	}
	if v := m.fields["Subject"]; v != "" {
		b.WriteString("Subject: " + encodeWords(v) + "\r\n")
	}
	b.WriteString("MIME-Version: 1.0\r\n")
	m.writeBody(&b)
	return b.Bytes()
}

// The boundaries hold a '_', which no line of base64 does.
const (
	mixedBoundary       = "=_mixed"
	alternativeBoundary = "=_alternative"
)

func (m inlineMail) writeBody(b *bytes.Buffer) {
	if len(m.files) == 0 {
		m.writeText(b)
		return
	}
	b.WriteString("Content-Type: multipart/mixed; boundary=\"" + mixedBoundary + "\"\r\n\r\n")
	b.WriteString("--" + mixedBoundary + "\r\n")
	m.writeText(b)
	for _, f := range m.files {
		b.WriteString("--" + mixedBoundary + "\r\n")
		kind := mime.FormatMediaType(f.MediaType, nil)
		if kind == "" {
			kind = "application/octet-stream"
		}
		b.WriteString("Content-Type: " + kind + "\r\n")
		disposition := "attachment"
		if f.Name != "" {
			disposition += "; filename*=utf-8''" + percentEncode(f.Name)
		}
		b.WriteString("Content-Disposition: " + disposition + "\r\n")
		writeBase64(b, f.Body)
	}
	b.WriteString("--" + mixedBoundary + "--\r\n")
}

func (m inlineMail) writeText(b *bytes.Buffer) {
	switch {
	case m.html == "":
		b.WriteString("Content-Type: text/plain; charset=utf-8\r\n")
		writeBase64(b, []byte(m.text))
		return
	case m.text == "":
		b.WriteString("Content-Type: text/html; charset=utf-8\r\n")
		writeBase64(b, []byte(m.html))
		return
	}
	b.WriteString("Content-Type: multipart/alternative; boundary=\"" + alternativeBoundary + "\"\r\n\r\n")
	b.WriteString("--" + alternativeBoundary + "\r\nContent-Type: text/plain; charset=utf-8\r\n")
	writeBase64(b, []byte(m.text))
	b.WriteString("--" + alternativeBoundary + "\r\nContent-Type: text/html; charset=utf-8\r\n")
	writeBase64(b, []byte(m.html))
	b.WriteString("--" + alternativeBoundary + "--\r\n")
}

// writeBase64 ends the header and writes a body in lines of 76.
func writeBase64(b *bytes.Buffer, body []byte) {
	b.WriteString("Content-Transfer-Encoding: base64\r\n\r\n")
	const line = 57 // bytes that make 76 characters
	encoded := make([]byte, base64.StdEncoding.EncodedLen(line))
	for len(body) > 0 {
		n := min(line, len(body))
		base64.StdEncoding.Encode(encoded, body[:n])
		b.Write(encoded[:base64.StdEncoding.EncodedLen(n)])
		b.WriteString("\r\n")
		body = body[n:]
	}
}

// writeMailboxes writes an address field.
func writeMailboxes(b *bytes.Buffer, field string, boxes []Mailbox) {
	if len(boxes) == 0 {
		return
	}
	b.WriteString(field + ":")
	for i, m := range boxes {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\r\n " + encodeWords(m.Name))
		if m.Address != "" {
			b.WriteString(" <" + headerSafe(m.Address) + ">")
		}
	}
	b.WriteString("\r\n")
}

// headerSafe drops what would end an address or its line.
func headerSafe(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '<' || r == '>' || r == ' ' {
			return -1
		}
		return r
	}, s)
}

// encodeWords writes text as encoded words (RFC 2047), always unless it is
// harmless as it stands: quoted text may hold anything, "=?" too.
func encodeWords(s string) string {
	plain := len(s) < 70
	for _, c := range []byte(s) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == ' ' || c == '-') {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	var words []string
	for len(s) > 0 {
		n := min(45, len(s)) // 60 characters of base64 in a word of at most 75
		for n < len(s) && n > 42 && s[n]&0xc0 == 0x80 {
			n--
		}
		words = append(words, "=?utf-8?B?"+base64.StdEncoding.EncodeToString([]byte(s[:n]))+"?=")
		s = s[n:]
	}
	return strings.Join(words, "\r\n ")
}

// percentEncode writes a value for RFC 2231.
func percentEncode(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(s) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_' {
			b.WriteByte(c)
			continue
		}
		b.WriteString("%" + hex[c>>4:c>>4+1] + hex[c&15:c&15+1])
	}
	return b.String()
}
