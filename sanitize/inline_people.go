package sanitize

import (
	"strings"
)

// maxPeopleBytes bounds one quoted address field.
const maxPeopleBytes = 16 << 10

// quotedMailboxes reads the addresses of a quoted header, in which clients
// leave "[mailto:a@b]", "<a@b<mailto:a@b>>", "山田太郎 (a@b)", an unquoted "Doe,
// John" or an address as the name of itself.
func quotedMailboxes(value string) []Mailbox {
	value = strings.ToValidUTF8(value[:min(len(value), maxPeopleBytes)], "")
	value = unlink(bracket(peopleWidths.Replace(value)))
	var kept []Mailbox
	for _, m := range ParseMailboxes(value) {
		m.Name = strings.Trim(m.Name, "*'\"“”„«»`’‘ ")
		if strings.EqualFold(m.Name, m.Address) {
			m.Name = ""
		}
		if n := len(kept); n > 0 && kept[n-1].Address == "" && m.Address != "" && !strings.ContainsRune(kept[n-1].Name, '/') {
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

var peopleWidths = strings.NewReplacer("＜", "<", "＞", ">", "〈", "<", "〉", ">", "&lt;", "<", "&gt;", ">",
	"（", " (", "）", ")", "；", ";", "，", ",", "＠", "@", "\u3000", " ", "\u00a0", " ", ">、", ">,", "、", ",", "［", "[", "］", "]")

// bracket gives angle brackets to every address that stands in parentheses or
// square ones.
func bracket(value string) string {
	if !strings.ContainsAny(value, "([") {
		return value
	}
	var b strings.Builder
	angle := strings.Contains(value, "<")
	for i := 0; i < len(value); i++ {
		c := value[i]
		if c == '(' && !angle || c == '[' {
			inner := value[i+1:]
			end := strings.IndexAny(inner, "()[]<>")
			if end < 0 {
				end = len(inner)
			}
			closed := end < len(inner) && (inner[end] == ')' || inner[end] == ']')
			word := strings.TrimSpace(inner[:end])
			if strings.Contains(word, "@") && !strings.ContainsAny(word, " ,;") && (closed || end == len(inner)) {
				b.WriteString(" <" + word + ">")
				i += min(end+1, len(inner))
				continue
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}

// unlink undoes what the conversion of a linked address to text leaves: the
// link goes where the address stands without it, and becomes the address where
// it is the only one.
func unlink(value string) string {
	const open = "<mailto:"
	if !strings.Contains(value, open) {
		return value
	}
	var without strings.Builder
	eachLink(value, func(text, _ string) { without.WriteString(strings.ToLower(text)) })
	known := without.String()
	var b strings.Builder
	eachLink(value, func(text, link string) {
		b.WriteString(text)
		if link != "" && !strings.Contains(known, strings.ToLower(link)) {
			b.WriteString("<" + link + ">")
		}
	})
	return b.String()
}

// eachLink calls f for every "<mailto:...>" in value, with the text before it,
// and for the text behind the last.
func eachLink(value string, f func(text, link string)) {
	const open = "<mailto:"
	// No header holds more links than people; the bound keeps the look-ups of
	// unlink linear.
	for range 200 {
		before, after, ok := strings.Cut(value, open)
		end := strings.IndexAny(after, "<>")
		if !ok || end < 0 || after[end] != '>' {
			break
		}
		link, _, _ := strings.Cut(after[:end], "?")
		f(before, link)
		value = after[end+1:]
	}
	f(value, "")
}

// delegates are how Outlook says that somebody wrote in another's name: who
// wrote, the words, in whose name, and in Japanese more words.
var delegates = []struct{ between, end string }{
	{" on behalf of ", ""}, {" が ", "の代理で送信"}, {"が ", "の代理で送信"}, {"が", "の代理で送信"}, {" が ", "の代理"}, {" im auftrag von ", ""}, {" de la part de ", ""},
	{" en nombre de ", ""}, {" namens ", ""}, {" per conto di ", ""},
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
		i := strings.LastIndex(lower, d.between)
		if d.end != "" {
			i = strings.Index(lower, d.between)
		}
		if i < 0 || d.end != "" && !strings.Contains(lower[i:], d.end) {
			continue
		}
		principal := from[i+len(d.between):]
		if d.end != "" {
			principal, _, _ = strings.Cut(principal, d.end)
		}
		if writer := strings.TrimSpace(from[:i]); writer != "" && strings.TrimSpace(principal) != "" {
			f["Sender"], f["From"] = writer, strings.TrimSpace(principal)
			return
		}
	}
}
