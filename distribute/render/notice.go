// Package render composes the hub's mails. It is pure: a notice and the hub's
// own data in, bytes out, and the same bytes whenever it is asked again.
//
// A notice is text/plain in UTF-8 and nothing else. What comes from an original
// is shown defanged. A notice is composed once per language; only the To and
// Message-ID fields differ from contact to contact, so that nothing in one
// contact's copy tells of another.
package render

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"text/template"
	"time"

	"kairan/store"
)

// Languages are those in which a notice can be composed.
func Languages() []string { return []string{"ja", "en"} }

// Composer holds what every mail of the hub has in common.
type Composer struct {
	HubName     string // in Japanese
	HubNameEN   string
	From        string // the address that notices come from
	ReplyTo     string // the mailbox that answers go to
	ListID      string // "notices.hub.example", RFC 2919
	Domain      string // of Message-IDs
	Prefix      string // of serials: "C4TAP"
	ContactLine string // how to reach the hub
	Location    *time.Location
	// Templates are named "notice.ja.txt", "receipt.en.txt" and so on.
	Templates *template.Template
}

// Serial is the number by which people call a notice: "C4TAP-2026-0054".
func (c *Composer) Serial(n store.Notice) string {
	if n.Serial == 0 {
		return c.Prefix + "-----"
	}
	return fmt.Sprintf("%s-%d-%04d", c.Prefix, n.FiscalYear, n.Serial)
}

// Composition is a notice in one language, complete but for the fields that
// belong to one contact.
type Composition struct {
	// Subject and Text are as a person reads them.
	Subject, Text string
	// rest are the bytes after the contact's own fields.
	rest   []byte
	domain string
}

// Notice composes a notice. The time in it is that of its release, so that
// every attempt at every delivery of it has the same bytes.
func (c *Composer) Notice(n store.Notice, language string) (Composition, error) {
	t := c.Templates.Lookup("notice." + language + ".txt")
	if t == nil {
		return Composition{}, fmt.Errorf("compose notice %s: there is no template for language %q", n.ID, language)
	}
	var text bytes.Buffer
	if err := t.Execute(&text, c.page(n, language)); err != nil {
		return Composition{}, fmt.Errorf("compose notice %s in %q: %w", n.ID, language, err)
	}
	out := Composition{Subject: c.subject(n, language), Text: text.String(), domain: c.Domain}
	var err error
	out.rest, err = c.mail(fields{
		{"From", c.address(language)},
		{"Reply-To", "<" + c.ReplyTo + ">"},
		{"Subject", encodeWords(out.Subject)},
		{"Date", date(n.Released)},
		{"List-Id", "<" + c.ListID + ">"},
		{"Auto-Submitted", "auto-generated"},
		{"X-Notice-Id", n.ID.UUID()},
		{"Content-Language", language},
	}, out.Text)
	if err != nil {
		return Composition{}, fmt.Errorf("compose notice %s in %q: %w", n.ID, language, err)
	}
	return out, nil
}

// Finish makes one contact's copy. Its Message-ID is made of the delivery and
// nothing else, so a second try has the same one. address must be a plain
// address; it is the only recipient that the copy names.
func (p Composition) Finish(d store.DeliveryID, address string) []byte {
	head := OwnFields(address, MessageID(d, p.domain))
	return append(head, p.rest...)
}

// OwnFields are the fields in which one contact's copy differs from another's.
func OwnFields(address, messageID string) []byte {
	return fmt.Appendf(nil, "To: <%s>\r\nMessage-ID: %s\r\n", address, messageID)
}

// Shared are the bytes that every contact's copy has.
func (p Composition) Shared() []byte { return p.rest }

// MessageID is derived from the delivery and never changes (RFC 5322 §3.6.4).
func MessageID(d store.DeliveryID, domain string) string {
	return "<" + d.UUID() + "@" + domain + ">"
}

// Preview is a notice as it stands before it has a serial, in every language,
// with the digest that an approval binds to.
type Preview struct {
	Compositions map[string]Composition
	// Digest is the lower-case hex SHA-256 over everything that contacts will
	// read, in every language. It changes with the facts, the label and the templates.
	Digest string
}

// Preview composes what an approver is shown.
func (c *Composer) Preview(n store.Notice) (Preview, error) {
	n.FiscalYear, n.Serial, n.Released = 0, 0, time.Time{}
	p := Preview{Compositions: map[string]Composition{}}
	h := sha256.New()
	fmt.Fprintf(h, "%s %s %d %s\n", n.ID, n.Kind, n.Revision, n.TLP)
	for _, language := range Languages() {
		composed, err := c.Notice(n, language)
		if err != nil {
			return Preview{}, err
		}
		p.Compositions[language] = composed
		fmt.Fprintf(h, "%s %d\n", language, len(composed.rest))
		h.Write(composed.rest)
	}
	p.Digest = hex.EncodeToString(h.Sum(nil))
	return p, nil
}

// subject is "[TLP:AMBER] 【C4TAP】標的型メール情報 C4TAP-2026-0054 …".
func (c *Composer) subject(n store.Notice, language string) string {
	mark, kind := "【"+c.Prefix+"】", KindName(n.Kind, language)
	if language == "en" {
		mark = "[" + c.Prefix + "] "
	}
	title := tell(n.Content.Title)
	const most = 60
	if r := []rune(title); len(r) > most {
		title = string(r[:most]) + "…"
	}
	return strings.TrimSpace(fmt.Sprintf("[%s] %s%s %s %s", n.TLP, mark, kind, c.Serial(n), title))
}

// KindName is the kind as people call it.
func KindName(k store.Kind, language string) string {
	names := map[store.Kind][2]string{
		store.KindTargetedMail: {"標的型メール情報", "Targeted mail"},
		store.KindEarlyWarning: {"早期警戒情報", "Early warning"},
		store.KindAlert:        {"注意喚起", "Alert"},
		store.KindContent:      {"情報共有会", "Information sharing"},
		store.KindDrill:        {"訓練", "Drill"},
	}[k]
	if language == "en" {
		return names[1]
	}
	return names[0]
}
