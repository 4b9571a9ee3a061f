package outlook

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// foldAt is the length that lines of a header are kept below (RFC 5322 §2.1.1).
const foldAt = 76

// header writes the fields that say who sent what: as the message came with
// them, or from its properties.
func (w *mailWriter) header(m *Message) {
	if len(m.Header) > 0 {
		w.ownHeader(m.Header)
		return
	}
	w.line(HeadersMissing)
	from, sender := m.From, m.Sender
	if from == (Person{}) {
		from, sender = sender, Person{}
	}
	w.people("From", from)
	if sender != from {
		w.people("Sender", sender)
	}
	w.people("Reply-To", m.ReplyTo...)
	if !m.Date.IsZero() {
		w.line("Date: ", m.Date.Format(time.RFC1123Z))
	}
	if id := atomic(m.MessageID); id != "" {
		w.line("Message-ID: <", id, ">")
	}
	if m.Subject != "" {
		w.field("Subject", words(m.Subject))
	}
	if isInternet(m.ReceivedBy.Address) {
		w.line("Delivered-To: ", atomic(m.ReceivedBy.Address))
	}
	w.people("To", m.To...)
	w.people("Cc", m.Cc...)
	w.people("Bcc", m.Bcc...)
}

// ownHeader writes a header without the fields that Mail writes itself.
func (w *mailWriter) ownHeader(header []byte) {
	skip := false
	for len(header) > 0 {
		n := bytes.IndexByte(header, '\n') + 1
		if n == 0 {
			n = len(header)
		}
		line := header[:n]
		header = header[n:]
		if len(bytes.Trim(line, "\r\n")) == 0 {
			return
		}
		if line[0] != ' ' && line[0] != '\t' {
			skip = isOurs(line)
		}
		if skip {
			continue
		}
		w.b.Write(line)
		if line[len(line)-1] != '\n' {
			w.line()
		}
	}
}

// isOurs is true for the line of a field that Mail writes itself, also where its
// name is misspelled in a way that some reader passes over.
func isOurs(line []byte) bool {
	name, _, ok := bytes.Cut(line, []byte(":"))
	if !ok || len(name) > 100 {
		return false
	}
	bare := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c == '-' {
			return c
		}
		return -1
	}, strings.ToLower(string(name)))
	switch bare {
	case "mime-version", "content-type", "content-transfer-encoding", strings.ToLower(headersField):
		return true
	}
	return false
}

// field writes a field out of pieces between which it may be folded.
func (w *mailWriter) field(name string, pieces []string) {
	w.b.WriteString(name)
	w.b.WriteByte(':')
	column := len(name) + 1
	for i, piece := range pieces {
		if i > 0 && column+1+len(piece) > foldAt {
			w.b.WriteString("\r\n")
			column = 0
		}
		w.b.WriteByte(' ')
		w.b.WriteString(piece)
		column += 1 + len(piece)
	}
	w.line()
}

// people writes a field of addresses; none for nobody.
func (w *mailWriter) people(field string, people ...Person) {
	var pieces []string
	for _, who := range people {
		name, address := who.Name, ""
		switch {
		case isInternet(who.Address):
			address = atomic(who.Address)
		case name == "":
			name = who.Address // better than nothing; no address to a mail reader
		}
		if name == "" && address == "" {
			continue
		}
		if len(pieces) > 0 {
			pieces[len(pieces)-1] += ","
		}
		if name != "" {
			pieces = append(pieces, phrase(name)...)
		}
		if address != "" {
			pieces = append(pieces, "<"+address+">")
		}
	}
	if len(pieces) > 0 {
		w.field(field, pieces)
	}
}

// atomic takes out of an address or identifier what cannot stand between angle
// brackets on one line.
func atomic(s string) string {
	return strings.Map(func(c rune) rune {
		if c <= ' ' || c == 0x7f || c == '<' || c == '>' || c == 0x85 || c == 0x2028 || c == 0x2029 {
			return -1
		}
		return c
	}, s)
}

// isPlain is true for what can stand in a header as it is: printable ASCII that
// is not taken for an encoded word, with no word too long for a line and no
// blank that folding would change.
func isPlain(s string) bool {
	word := 0
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
		if word++; s[i] == ' ' {
			word = 0
		}
		if word > foldAt {
			return false
		}
	}
	return !strings.Contains(s, "=?") && !strings.Contains(s, "  ") && strings.TrimSpace(s) == s
}

// words writes unstructured text: as it is, or in encoded words.
func words(s string) []string {
	if isPlain(s) {
		return strings.Split(s, " ")
	}
	return encodedWords(s)
}

// phrase writes a name that stands before an address.
func phrase(s string) []string {
	if isPlain(s) && len(s) < 60 {
		return []string{`"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`}
	}
	return encodedWords(s)
}

// encodedWords writes s as encoded words (RFC 2047 §5: of at most 75 characters,
// none of which splits a character).
func encodedWords(s string) (pieces []string) {
	const most = 39 // bytes, which make 52 characters and leave room for a field name
	for len(s) > 0 {
		n := min(most, len(s))
		for n < len(s) && n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		pieces = append(pieces, "=?utf-8?B?"+base64.StdEncoding.EncodeToString([]byte(s[:n]))+"?=")
		s = s[n:]
	}
	return pieces
}

// parameter writes a parameter of a field, on a line of its own: as it is, or as
// RFC 2231 §3 and §4 have it, in as many pieces as it takes.
func (w *mailWriter) parameter(name, value string) {
	const most = 60
	if isPlain(value) && len(value) <= most && !strings.ContainsAny(value, `"\`) {
		fmt.Fprintf(&w.b, ";\r\n %s=\"%s\"", name, value)
		return
	}
	var pieces []string
	piece := []byte("utf-8''")
	for i := 0; i < len(value); i++ {
		if len(piece) > most-3 {
			pieces, piece = append(pieces, string(piece)), nil
		}
		if c := value[i]; c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '.' || c == '_' {
			piece = append(piece, c)
		} else {
			piece = fmt.Appendf(piece, "%%%02X", c)
		}
	}
	pieces = append(pieces, string(piece))
	for i, piece := range pieces {
		if len(pieces) == 1 {
			fmt.Fprintf(&w.b, ";\r\n %s*=%s", name, piece)
		} else {
			fmt.Fprintf(&w.b, ";\r\n %s*%d*=%s", name, i, piece)
		}
	}
}
