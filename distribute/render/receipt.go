package render

import (
	"bytes"
	"fmt"
	"time"

	"kairan/store"
)

// Receipt composes the one mail to a reporter: the receipt number, how many
// originals were recognised, what happens next, in Japanese and in English.
// Nothing of the report is repeated in it. RFC 3834 §3.1.7: auto-replied.
func (c *Composer) Receipt(r store.Receipt, address string, at time.Time) ([]byte, error) {
	data := struct {
		Number, HubName, ContactLine, ReplyTo string
		Originals                             int
	}{Number: r.Number, ContactLine: c.ContactLine, ReplyTo: c.ReplyTo, Originals: r.Originals}
	var text bytes.Buffer
	for i, language := range Languages() {
		t := c.Templates.Lookup("receipt." + language + ".txt")
		if t == nil {
			return nil, fmt.Errorf("compose receipt of report %s: there is no template for language %q", r.Report, language)
		}
		if i > 0 {
			text.WriteString("\n")
		}
		data.HubName = c.hubName(language)
		if err := t.Execute(&text, data); err != nil {
			return nil, fmt.Errorf("compose receipt of report %s in %q: %w", r.Report, language, err)
		}
	}
	rest, err := c.mail(fields{
		{"From", c.address("ja")},
		{"Reply-To", "<" + c.ReplyTo + ">"},
		{"Subject", encodeWords("【" + c.Prefix + "】報告の受付 / Report received " + r.Number)},
		{"Date", date(at)},
		{"Auto-Submitted", "auto-replied"},
		{"X-Notice-Id", "receipt"},
	}, text.String())
	if err != nil {
		return nil, fmt.Errorf("compose receipt of report %s: %w", r.Report, err)
	}
	return append(OwnFields(address, "<receipt."+string(r.Report)+"@"+c.Domain+">"), rest...), nil
}
