package render

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-message"
)

// fields is an ordered header. The values are fit for a header as they stand;
// what is not goes through [encodeWords] first.
type fields [][2]string

// mail writes a text/plain mail in UTF-8 without the fields of one contact. The
// body is base64: it has no line that a gateway could wrap or stuff, and
// Japanese takes less room so than in quoted-printable.
func (c *Composer) mail(head fields, text string) ([]byte, error) {
	head = append(head, fields{
		{"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=utf-8"},
		{"Content-Transfer-Encoding", "base64"},
	}...)
	var h message.Header
	// go-message writes the field that was added last first.
	for i := len(head) - 1; i >= 0; i-- {
		name, value := head[i][0], head[i][1]
		if value == "" {
			continue
		}
		if strings.ContainsAny(value, "\r\n") {
			return nil, fmt.Errorf("field %s: it holds a line break", name)
		}
		// Raw, because go-message does not fold where the first word is as long as an
		// encoded word may be: it then leaves the whole value on one line.
		h.AddRaw(fold(name, value))
	}
	var b bytes.Buffer
	w, err := message.CreateWriter(&b, h)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write([]byte(crlf(text))); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if b.Len() > 0 && !bytes.HasSuffix(b.Bytes(), []byte("\r\n")) {
		b.WriteString("\r\n")
	}
	return b.Bytes(), nil
}

// maxLine is the longest header line without its CRLF (RFC 5322 §2.1.1).
const maxLine = 78

// fold writes a field, with a line break before a space wherever a line would
// grow longer than maxLine (RFC 5322 §2.2.3). A word longer than a line stays
// whole.
func fold(name, value string) []byte {
	var b strings.Builder
	b.WriteString(name + ":")
	column := b.Len()
	for word := range strings.SplitSeq(value, " ") {
		if column > len(name)+1 && column+1+len(word) > maxLine {
			b.WriteString("\r\n")
			column = 0
		}
		b.WriteString(" " + word)
		column += 1 + len(word)
	}
	b.WriteString("\r\n")
	return []byte(b.String())
}

// Sizes of an encoded word: short enough that the first one stands behind
// "Subject: " on its line.
const (
	wordStart = "=?utf-8?b?"
	wordEnd   = "?="
	wordBytes = 42 // what one holds; 56 characters of base64
)

// encodeWords makes a text fit for a header (RFC 2047). Plain words of ASCII stay
// as they are. What looks like an encoded word does not: an attacker may have
// written it, and the contact's program would decode what nobody here looked at.
func encodeWords(text string) string {
	if plainWords(text) {
		return text
	}
	text = strings.ToValidUTF8(text, "\ufffd")
	var words []string
	for len(text) > 0 {
		n := 0
		for i, r := range text { // no character may be cut in two (RFC 2047 §5)
			if i+utf8.RuneLen(r) > wordBytes {
				break
			}
			n = i + utf8.RuneLen(r)
		}
		words = append(words, wordStart+base64.StdEncoding.EncodeToString([]byte(text[:n]))+wordEnd)
		text = text[n:]
	}
	return strings.Join(words, " ")
}

// plainWords reports whether text can stand in a header as it is, and be folded
// at its spaces without being changed.
func plainWords(text string) bool {
	if strings.Contains(text, "=?") {
		return false
	}
	for word := range strings.SplitSeq(text, " ") {
		if word == "" || len(word) > len(wordStart)+base64.StdEncoding.EncodedLen(wordBytes)+len(wordEnd) {
			return false
		}
		for i := range len(word) {
			if word[i] <= ' ' || word[i] >= 0x7f {
				return false
			}
		}
	}
	return true
}

// address is the hub's own, with its name.
func (c *Composer) address(language string) string {
	name := c.hubName(language)
	if name == "" {
		return "<" + c.From + ">"
	}
	if encoded := encodeWords(name); encoded != name {
		return encoded + " <" + c.From + ">"
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `" <` + c.From + ">"
}

func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("Mon, 02 Jan 2006 15:04:05 -0700")
}

// crlf makes every line end CRLF, whatever the templates have.
func crlf(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r", ""), "\n", "\r\n")
}
