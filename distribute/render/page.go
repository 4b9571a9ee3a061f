package render

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"kairan/sanitize"
	"kairan/store"
)

// page is what the notice templates are given. Every text in it that an
// attacker chose is defanged.
type page struct {
	TLP         string
	Kind        string
	KindName    string
	Serial      string
	Revision    int
	Issued      string
	HubName     string
	ContactLine string
	ReplyTo     string
	Title       string
	Summary     []string // lines
	Originals   []pageOriginal
	Groups      []pageGroup
}

type pageOriginal struct {
	Number                                                           int // from 1
	Subject, From, FromName, ReplyTo, ReturnPathDomain, Date, Mailer string

	Inline      bool
	Attachments []sanitize.Attachment
	Excerpt     []string // lines
}

// pageGroup is one type of indicator, one indicator a line.
type pageGroup struct {
	Name  string
	Lines []string
}

func (c *Composer) page(n store.Notice, language string) page {
	p := page{
		TLP: n.TLP.String(), Kind: string(n.Kind), KindName: KindName(n.Kind, language),
		Serial: c.Serial(n), Revision: n.Revision, Issued: c.issued(n.Released, language),
		HubName: c.hubName(language), ContactLine: c.ContactLine,
		ReplyTo: c.ReplyTo, Title: tell(n.Content.Title), Summary: tellLines(n.Content.Summary),
	}
	groups := map[string]*pageGroup{}
	for i, o := range n.Content.Originals {
		original := c.original(o, language)
		original.Number = i + 1
		p.Originals = append(p.Originals, original)
		for _, i := range o.Facts.Indicators {
			name := groupName(i.Type, language)
			if i.Benign || name == "" {
				continue
			}
			if groups[name] == nil {
				groups[name] = &pageGroup{Name: name}
			}
			groups[name].add(tell(i.Defanged))
			if i.Pattern != "" {
				// "*" for what was left out: as it is entered into a search.
				groups[name].add(say(language, "　検索用：", "  search for: ") + tell(i.Pattern))
			}
		}
	}
	for _, t := range groupOrder {
		if g := groups[groupName(t, language)]; g != nil {
			p.Groups = append(p.Groups, *g)
			delete(groups, g.Name)
		}
	}
	return p
}

func (g *pageGroup) add(line string) {
	for _, l := range g.Lines {
		if l == line {
			return
		}
	}
	g.Lines = append(g.Lines, line)
}

func (c *Composer) original(o store.ContentOriginal, language string) pageOriginal {
	f := o.Facts
	out := pageOriginal{
		Subject:          tell(f.Subject),
		From:             tell(sanitize.DefangAddress(oneLine(f.From.Address))),
		FromName:         tell(f.From.Name),
		ReplyTo:          tell(sanitize.DefangAddress(oneLine(f.ReplyTo.Address))),
		ReturnPathDomain: tell(sanitize.DefangDomain(oneLine(f.ReturnPathDomain))),
		Date:             c.sent(f.Date, language),
		Mailer:           tell(f.Mailer),
		Inline:           o.Inline,
		Excerpt:          tellLines(o.Excerpt),
	}
	for _, a := range f.Attachments {
		told := sanitize.Attachment{Name: tell(a.Name), Type: tell(a.Type), Size: a.Size, SHA256: tell(a.SHA256)}
		for _, note := range a.Notes {
			told.Notes = append(told.Notes, tell(note))
		}
		out.Attachments = append(out.Attachments, told)
	}
	// How much was left out is not told: it differs from victim to victim.
	return out
}

// tell writes what an attacker chose for a person to read: on one line, with
// nothing in it that could be clicked, whatever the template has behind it.
func tell(s string) string {
	// A scheme at the end, as in "mailto:", is harmless only as long as nothing
	// follows.
	const behind = ","
	return strings.TrimSuffix(sanitize.Defang(sanitize.Defang(oneLine(s))+behind), behind)
}

// tellLines is tell for a text of several lines.
func tellLines(s string) []string {
	var out []string
	for line := range strings.Lines(s) {
		out = append(out, tell(line))
	}
	return out
}

// oneLine is s without line breaks and without characters that are not seen.
// Facts are so already; but a break in one of them would let an attacker write
// lines of a notice, or fields of its header, so that is not relied on.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp):
			return ' '
		case unicode.In(r, unicode.Cf, unicode.Cs, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector,
			unicode.Noncharacter_Code_Point):
			return -1
		}
		return r // U+FFFD for a byte that is not UTF-8
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// groupOrder is the order in which indicators are listed: what is blocked first.
var groupOrder = []string{
	sanitize.TypeURL, sanitize.TypeDomain, sanitize.TypeIPv4, sanitize.TypeIPv6, sanitize.TypeSender, sanitize.TypeReplyTo,
	sanitize.TypeEmail, sanitize.TypeFilename, sanitize.TypeSHA256, sanitize.TypeSHA1, sanitize.TypeMD5,
}

// groupName is the heading of a type of indicator; types without one are told
// elsewhere in the notice.
func groupName(t, language string) string {
	switch t {
	case sanitize.TypeURL:
		return "URL"
	case sanitize.TypeDomain:
		return say(language, "ドメイン名", "Domain names")
	case sanitize.TypeIPv4, sanitize.TypeIPv6:
		return say(language, "IPアドレス", "IP addresses")
	case sanitize.TypeSender:
		return say(language, "送信元メールアドレス", "Sender addresses")
	case sanitize.TypeReplyTo:
		return say(language, "返信先メールアドレス", "Reply-to addresses")
	case sanitize.TypeEmail:
		return say(language, "その他のメールアドレス", "Other mail addresses")
	case sanitize.TypeFilename:
		return say(language, "添付ファイル名", "Attachment names")
	case sanitize.TypeSHA256:
		return "SHA-256"
	case sanitize.TypeSHA1:
		return "SHA-1"
	case sanitize.TypeMD5:
		return "MD5"
	}
	return ""
}

func say(language, ja, en string) string {
	if language == "en" {
		return en
	}
	return ja
}

func (c *Composer) hubName(language string) string { return say(language, c.HubName, c.HubNameEN) }

var weekdays = strings.Split("日月火水木金土", "")

// issued is the time of the release in the hub's zone.
func (c *Composer) issued(t time.Time, language string) string {
	if t.IsZero() {
		return say(language, "（発出時に記載）", "(set at release)")
	}
	t = t.In(c.Location)
	if language == "en" {
		return t.Format("Mon, 2 January 2006 15:04 MST")
	}
	return fmt.Sprintf("%d年%d月%d日（%s）%s", t.Year(), t.Month(), t.Day(), weekdays[t.Weekday()], t.Format("15:04"))
}

// sent is when an original was sent, coarsened as the facts have it.
func (c *Composer) sent(rfc3339, language string) string {
	t, err := time.Parse(time.RFC3339, rfc3339)
	if err != nil {
		return ""
	}
	t = t.In(c.Location)
	if language == "en" {
		return t.Format("2 January 2006, about 15:00 MST")
	}
	return fmt.Sprintf("%d年%d月%d日（%s）%d時頃", t.Year(), t.Month(), t.Day(), weekdays[t.Weekday()], t.Hour())
}
