package sanitize

import (
	"regexp"
	"strings"
)

// maxPeopleBytes bounds one quoted address field.
const maxPeopleBytes = 16 << 10

// quotedMailboxes reads the addresses of a quoted header, in which clients
// leave "[mailto:a@b]", "<a@b<mailto:a@b>>", an unquoted "Doe, John" or an
// address as the name of itself.
func quotedMailboxes(value string) []Mailbox {
	value = unlink(widths.Replace(strings.ToValidUTF8(value[:min(len(value), maxPeopleBytes)], "")))
	var kept []Mailbox
	for _, m := range ParseMailboxes(value) {
		m.Name = strings.Trim(m.Name, "*'\" ")
		if strings.EqualFold(m.Name, m.Address) {
			m.Name = ""
		}
		if n := len(kept); n > 0 && kept[n-1].Address == "" && m.Address != "" {
			if m.Name = strings.TrimSpace(kept[n-1].Name + ", " + m.Name); strings.HasSuffix(m.Name, ",") {
				m.Name = m.Name[:len(m.Name)-1]
			}
			kept = kept[:n-1]
		}
		if m != (Mailbox{}) {
			kept = append(kept, m)
		}
	}
	return kept
}

var (
	widths = strings.NewReplacer("[mailto:", "<mailto:", "]", ">", "＜", "<", "＞", ">")
	mailto = regexp.MustCompile(`<mailto:([^<>]*)>`)
)

// unlink undoes what the conversion of a linked address to text leaves: the
// link goes where the address stands without it, and becomes the address where
// it is the only one.
func unlink(value string) string {
	without := strings.ToLower(mailto.ReplaceAllString(value, ""))
	return mailto.ReplaceAllStringFunc(value, func(link string) string {
		address := link[len("<mailto:") : len(link)-1]
		if strings.Contains(without, strings.ToLower(address)) {
			return ""
		}
		return "<" + address + ">"
	})
}

// delegates are how Outlook says that somebody wrote in another's name: who
// wrote, the words, in whose name, and in Japanese more words.
var delegates = []struct{ between, end string }{
	{" on behalf of ", ""}, {" が ", "の代理で送信"}, {"が ", "の代理で送信"},
}

// splitDelegate puts the one who wrote into Sender and the one in whose name
// into From, as the mail's own header had them (RFC 5322 §3.6.2).
func (f quotedFields) splitDelegate() {
	from := f["From"]
	lower := strings.ToLower(from)
	if len(lower) != len(from) {
		return
	}
	for _, d := range delegates {
		writer, _, ok := strings.Cut(lower, d.between)
		if !ok || d.end != "" && !strings.Contains(lower, d.end) {
			continue
		}
		principal := from[len(writer)+len(d.between):]
		if d.end != "" {
			principal, _, _ = strings.Cut(principal, d.end)
		}
		f["Sender"], f["From"] = from[:len(writer)], strings.TrimSpace(principal)
		return
	}
}
