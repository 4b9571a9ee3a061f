package document

import (
	"io"
	"mime/quotedprintable"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
)

// property is a content line of a calendar or card (RFC 5545 §3.1, RFC 6350
// §3.3): NAME;PARAM=value:value
type property struct {
	name   string // upper case, without a group
	params string // as they are written
	value  string // as it is written
}

// calendar reads an iCalendar file (RFC 5545).
func (g *gatherer) calendar(b []byte) {
	g.eachProperty(b, func(p property) {
		switch p.name {
		case "URL", "CONFERENCE", "SOURCE", "TZURL", "X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL", "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK",
			"X-MICROSOFT-ONLINEMEETINGCONFLINK", "X-MICROSOFT-LOCATIONS", "X-ZOOM-URL", "X-WEBEX-URL":
			g.textLinks(p, HowCalendar)
		case "ATTACH", "IMAGE":
			g.attached(p)
		case "X-ALT-DESC":
			g.page(unescapeText(p.value))
		case "SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT", "CONTACT", "CATEGORIES", "X-WR-CALDESC", "X-WR-CALNAME", "STYLED-DESCRIPTION", "STRUCTURED-DATA":
			s := unescapeText(p.value)
			if p.says("TEXT/HTML") || p.name == "DESCRIPTION" && looksLikePage(s) {
				g.page(s)
			}
			g.line(s)
			if alt := altRep(p); alt != "" {
				g.link(alt, HowCalendar, false)
			}
		case "ORGANIZER", "ATTENDEE":
			// People, some of them victims: no links.
		default:
			if strings.HasPrefix(p.name, "X-") && strings.Contains(p.value, "://") {
				g.textLinks(p, HowCalendar)
			}
		}
	})
}

// card reads a vCard (RFC 6350, and 2.1 and 3.0 before it).
func (g *gatherer) card(b []byte) {
	g.eachProperty(b, func(p property) {
		switch p.name {
		case "URL", "SOURCE", "IMPP", "FBURL", "CALURI", "CALADRURI", "X-SOCIALPROFILE":
			g.textLinks(p, HowCalendar)
		case "PHOTO", "LOGO", "SOUND", "KEY", "ATTACH":
			g.attached(p)
		case "FN", "N", "ORG", "TITLE", "NOTE", "ADR", "LABEL", "EMAIL", "TEL", "NICKNAME", "ROLE":
			g.line(unescapeText(p.value))
		default:
			if strings.Contains(p.value, "://") {
				g.textLinks(p, HowCalendar)
			}
		}
	})
}

// textLinks takes a value that is a URL, or a text or JSON with some.
func (g *gatherer) textLinks(p property, how string) {
	s := strings.TrimSpace(unescapeText(p.value))
	g.line(s)
	for _, u := range wholeURLs(s) {
		g.link(u, how, false)
	}
	if !strings.Contains(s, "://") && p.name == "URL" {
		g.link(s, how, false)
	}
}

// attached takes an attachment: a URL, or the file itself in base64.
func (g *gatherer) attached(p property) {
	encoded := p.says("ENCODING=BASE64", "ENCODING=B;") || strings.Contains(strings.ToUpper(";"+p.params+";"), ";BASE64;")
	var data []byte
	if encoded {
		data = decodeBase64(p.value)
	} else if d, ok := dataURI(strings.TrimSpace(p.value)); ok {
		data = d
	} else {
		g.link(p.value, HowCalendar, p.name == "PHOTO" || p.name == "LOGO" || p.name == "IMAGE")
		g.line(p.value)
		return
	}
	if len(data) > g.room() {
		g.problem(ProblemLimit, "too much was decoded")
		return
	}
	g.decoded(len(data))
	if len(data) > 0 && !isPicture(data) {
		g.note(NoteEmbeddedFile)
	}
	g.file(fileParam(p.params), data)
}

// fileParam is the name that calendar programs give with a file.
func fileParam(params string) string {
	for param := range strings.SplitSeq(params, ";") {
		for _, key := range []string{"FILENAME=", "X-FILENAME=", "X-APPLE-FILENAME="} {
			if v, ok := cutPrefixFold(param, key); ok {
				return strings.Trim(v, `"`)
			}
		}
	}
	return ""
}

// altRep is where a text says that its better form is (RFC 5545 §3.2.1).
func altRep(p property) string {
	_, rest := cutFold(p.params, `ALTREP="`)
	url, _, _ := strings.Cut(rest, `"`)
	return url
}

// eachProperty unfolds the lines (RFC 5545 §3.1) and calls f with each.
func (g *gatherer) eachProperty(b []byte, f func(property)) {
	b = utf8Text(b)
	if !utf8.Valid(b) {
		if s, err := japanese.ShiftJIS.NewDecoder().Bytes(b); err == nil {
			b = s
		}
	}
	text := string(b)
	var line strings.Builder
	flush := func() {
		if p, ok := parseProperty(line.String()); ok {
			f(p)
		}
		line.Reset()
	}
	soft := false // the line before ends in a soft break of quoted-printable
	for text != "" {
		var next string
		i := strings.IndexAny(text, "\r\n")
		if i < 0 {
			next, text = text, ""
		} else {
			next = text[:i]
			if strings.HasPrefix(text[i:], "\r\n") {
				i++
			}
			text = text[i+1:]
		}
		switch {
		case soft:
			line.WriteString("\r\n" + next)
		case next != "" && (next[0] == ' ' || next[0] == '\t') && line.Len() > 0:
			line.WriteString(next[1:])
		default:
			flush()
			line.WriteString(next)
		}
		soft = strings.HasSuffix(next, "=") && (soft || quotedPrintable(line.String()))
	}
	flush()
}

// quotedPrintable reports whether a line's parameters say so.
func quotedPrintable(line string) bool {
	head, _, ok := strings.Cut(line[:min(len(line), 300)], ":")
	return ok && strings.Contains(strings.ToUpper(head), "QUOTED-PRINTABLE")
}

// says reports whether the parameters hold words, whatever their case.
func (p property) says(words ...string) bool {
	upper := strings.ToUpper(p.params) + ";"
	for _, w := range words {
		if strings.Contains(upper, w) {
			return true
		}
	}
	return false
}

func parseProperty(line string) (property, bool) {
	// A colon in a quoted parameter does not end them.
	quoted, colon := false, -1
	for i := 0; i < len(line) && colon < 0; i++ {
		switch {
		case line[i] == '"':
			quoted = !quoted
		case line[i] == ':' && !quoted:
			colon = i
		}
	}
	if colon < 0 {
		colon = strings.IndexByte(line, ':')
	}
	if colon < 1 {
		return property{}, false
	}
	name, params, _ := strings.Cut(line[:colon], ";")
	if _, after, ok := strings.Cut(name, "."); ok {
		name = after
	}
	p := property{strings.ToUpper(strings.TrimSpace(name)), params, line[colon+1:]}
	if p.says("QUOTED-PRINTABLE") {
		if b, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(p.value))); err == nil || len(b) > 0 {
			p.value = string(b)
			if p.says("SHIFT_JIS", "SHIFT-JIS", "CP932", "WINDOWS-31J") {
				if s, err := japanese.ShiftJIS.NewDecoder().String(p.value); err == nil {
					p.value = s
				}
			}
		}
	}
	return p, true
}

// unescapeText undoes the escapes of text values (RFC 5545 §3.3.11).
func unescapeText(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			out.WriteByte(s[i])
			continue
		}
		i++
		switch c := s[i]; c {
		case 'n', 'N':
			out.WriteByte('\n')
		case '\\', ',', ';', ':', '"':
			out.WriteByte(c)
		default:
			out.WriteByte('\\')
			out.WriteByte(c)
		}
	}
	return out.String()
}
