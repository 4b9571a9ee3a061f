package outlook

import (
	"bytes"
	"strconv"
	"strings"

	"kairan/sanitize/rtf"
)

// Bounds of what becomes a header field when a message is written as a mail.
const (
	maxNameRunes    = 1000 // a name of a person or a file, an address
	maxSubjectRunes = 10000
)

// pickCodePage chooses the code page of a message's String8 values: first where
// that is one, else what the properties say.
func (p *properties) pickCodePage(first int) {
	for _, page := range []int{first, p.integer(propMessageCodePage), p.integer(propInternetCodePage), localeCodePage(p.integer(propLocale))} {
		if _, ok := codePages[page]; ok && page != 1200 && page != 1201 {
			p.codePage = page
			return
		}
	}
}

// fill reads a message's own properties into m. What m has already, from older
// attributes of a TNEF stream, stays where the properties are silent.
func (m *Message) fill(r *reading, p *properties) {
	set := func(dst *string, values ...string) {
		for _, v := range values {
			if v != "" {
				*dst = v
				return
			}
		}
	}
	set(&m.Class, p.text(propMessageClass))
	set(&m.Subject, subject(p))
	set(&m.MessageID, strings.TrimSpace(p.text(propMessageID)))
	if h := transportHeader(p.text(propTransportHeaders)); h != nil {
		m.Header = h
	}
	for _, f := range []struct {
		dst *Person
		of  personProps
	}{{&m.From, representing}, {&m.Sender, sender}, {&m.ReceivedBy, receivedBy}} {
		if who := p.person(f.of); who != (Person{}) {
			*f.dst = who
		}
	}
	m.ReplyTo = p.replyTo(r.limits.Properties)
	if len(m.To)+len(m.Cc)+len(m.Bcc) == 0 {
		m.To = p.displayed(propDisplayTo, r.limits.Properties)
		m.Cc = p.displayed(propDisplayCc, r.limits.Properties)
		m.Bcc = p.displayed(propDisplayBcc, r.limits.Properties)
	}
	for _, id := range []uint16{propClientSubmitTime, propDeliveryTime} {
		if t := p.time(id); !t.IsZero() {
			m.Date = t
			break
		}
	}
	m.fillBody(r, p)
	m.cut(r)
	if strings.Contains(strings.ToLower(m.Class), ".rpmsg") {
		r.tell(ProblemEncrypted, "a message protected by rights management")
	}
}

// subject puts the subject together. Exchange stores one that has a prefix such
// as "RE: " with a mark and the prefix's length before it ([MS-OXCMSG]
// §2.2.1.46 speaks of the prefix, and leaves the mark to be seen).
func subject(p *properties) string {
	s := p.text(propSubject)
	if r := []rune(s[:min(len(s), 8)]); len(r) >= 2 && r[0] == 1 {
		s = s[1+len(string(r[1])):]
	}
	if s == "" {
		s = p.text(propSubjectPrefix) + p.text(propNormalizedSubject)
	}
	if s == "" {
		s = p.text(propConversationTopic)
	}
	return s
}

// transportHeader takes the fields out of what a message stores of its header:
// it may begin with a line that is no field, and go on after an empty line with
// the headers of parts that are no longer there. nil when there is no field.
func transportHeader(s string) []byte {
	s = strings.TrimLeft(s, " \t\r\n")
	const title = "Microsoft Mail Internet Headers"
	if strings.HasPrefix(s, title) {
		_, s, _ = strings.Cut(s, "\n")
	}
	end, fields := 0, false
	for end < len(s) {
		line, _, _ := strings.Cut(s[end:], "\n")
		if strings.Trim(line, "\r") == "" {
			break
		}
		fields = fields || strings.IndexByte(line, ':') > 0
		end = min(end+len(line)+1, len(s))
	}
	if !fields {
		return nil
	}
	return []byte(s[:end])
}

// fillBody reads the body in each form in which it is stored.
func (m *Message) fillBody(r *reading, p *properties) {
	if t := p.text(propBody); t != "" {
		m.Text = t
	}
	m.fillHTML(p)
	m.fillRTF(r, p.bytes(propRTF))
}

// fillRTF reads the rich-text body, and takes out of it the HTML or the text
// that the message does not hold otherwise.
func (m *Message) fillRTF(r *reading, compressed []byte) {
	if len(compressed) == 0 {
		return
	}
	// Decompressing multiplies by up to nine; no body needs more than this.
	const most = 16 << 20
	limit := min(r.bytes, most)
	doc, err := rtf.Decompress(compressed, limit)
	switch {
	case len(doc) >= limit:
		r.tell(ProblemLimit, "a rich-text body is longer than is read")
	case err != nil:
		r.tell(ProblemMalformed, "the compressed rich text is broken")
	}
	if m.RTF = doc[:r.take(len(doc))]; len(doc) == 0 {
		m.RTF = nil
		return
	}
	if len(m.HTML) == 0 {
		if html, ok := rtf.HTML(m.RTF, min(r.bytes, most)); ok && len(html) > 0 {
			m.HTML, m.HTMLCharset = html[:r.take(len(html))], "utf-8"
		}
	}
	if m.Text == "" && len(m.HTML) == 0 {
		text := rtf.Text(m.RTF, min(r.bytes, most))
		m.Text = strings.ToValidUTF8(cleanText(text[:r.take(len(text))]), "\uFFFD")
	}
}

// fillHTML reads the HTML body, which is binary in the code page of the mail as
// it came, or a string.
func (m *Message) fillHTML(p *properties) {
	v := p.list[propHTML]
	switch v.kind {
	case typeString:
		m.HTML, m.HTMLCharset = []byte(cleanText(decodeUTF16(v.value))), "utf-8"
	case typeString8, typeBinary:
		page := p.codePage
		if own := p.integer(propInternetCodePage); v.kind == typeBinary && own != 0 {
			page = own
		}
		m.HTML = bytes.TrimRight(v.value, "\x00")
		if bytes.HasPrefix(m.HTML, []byte("\xff\xfe")) {
			page, m.HTML = 1200, v.value // the zeros are halves of letters
		}
		m.HTMLCharset = charsetOf(m.HTML, page).label
		if _, known := codePages[page]; !known && m.HTMLCharset == codePages[1252].label {
			m.HTMLCharset = "" // a guess; the HTML itself may say better
		}
	}
	if len(m.HTML) == 0 {
		m.HTML, m.HTMLCharset = nil, ""
	}
}

// cut shortens what will become header fields.
func (m *Message) cut(r *reading) {
	m.Subject = r.shorten(m.Subject, maxSubjectRunes)
	for _, s := range []*string{&m.Class, &m.MessageID} {
		*s = r.shorten(*s, maxNameRunes)
	}
	for _, who := range []*Person{&m.From, &m.Sender, &m.ReceivedBy} {
		r.shortenPerson(who)
	}
	for _, people := range [][]Person{m.To, m.Cc, m.Bcc, m.ReplyTo} {
		for i := range people {
			r.shortenPerson(&people[i])
		}
	}
}

func (r *reading) shortenPerson(who *Person) {
	who.Name = r.shorten(who.Name, maxNameRunes)
	who.Address = r.shorten(who.Address, maxNameRunes)
}

// shorten cuts s to n runes and tells of it.
func (r *reading) shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			r.tell(ProblemLimit, "a name or a subject was too long and is cut")
			return s[:i]
		}
		n--
	}
	return s
}

// Ways in which an attachment is attached ([MS-OXCMSG] §2.2.2.9).
const (
	methodByReference        = 2
	methodByReferenceResolve = 3
	methodByReferenceOnly    = 4
	methodEmbedded           = 5
	methodOLE                = 6
	methodByWebReference     = 7
)

// attached reads what an attachment's properties say of it but for its data.
func attached(r *reading, p *properties) Attachment {
	a := Attachment{
		Type:      mimeTag(p.text(propAttachMimeTag)),
		ContentID: strings.Trim(p.text(propAttachContentID), "<> \t\r\n"),
		// 4: the attachment is a part of the body (MHTML reference)
		Hidden: p.integer(propAttachHidden) != 0 || p.integer(propAttachFlags)&4 != 0,
	}
	for _, id := range []uint16{propAttachLongFilename, propAttachFilename, propAttachTransportName, propDisplayName} {
		if a.Name = p.text(id); a.Name != "" {
			break
		}
	}
	a.Name = r.shorten(a.Name, maxNameRunes)
	a.ContentID = r.shorten(a.ContentID, maxNameRunes)
	if !isMediaType(a.Type) {
		a.Type = "application/octet-stream"
	}
	switch p.integer(propAttachMethod) {
	case methodByReference, methodByReferenceResolve, methodByReferenceOnly, methodByWebReference:
		r.tell(ProblemMalformed, "an attachment is by reference: its file is not in the message")
		for _, id := range []uint16{propAttachLongPathname, propAttachPathname} {
			// A link to a file in the cloud is a link like one in the body.
			if where := p.text(id); strings.Contains(where, "://") {
				a.Type, a.Data = "text/uri-list", []byte(where+"\r\n")
				break
			}
		}
	}
	if strings.EqualFold(a.Name, "message.rpmsg") || a.Type == "application/x-microsoft-rpmsg-message" {
		r.tell(ProblemEncrypted, "a message protected by rights management")
	}
	return a
}

// name gives an attachment without a name the one of its place, from 1.
func (a *Attachment) name(number int) {
	if a.Name != "" {
		return
	}
	extension := ".bin"
	if a.Message != nil {
		extension = ".eml"
	}
	a.Name = "attachment-" + strconv.Itoa(number) + extension
}

// mimeTag takes the media type out of a tag that may have parameters.
func mimeTag(s string) string {
	s, _, _ = strings.Cut(s, ";")
	return strings.ToLower(strings.TrimSpace(s))
}

// isMediaType is true for type/subtype of tokens (RFC 6838 §4.2).
func isMediaType(s string) bool {
	kind, sub, ok := strings.Cut(s, "/")
	return ok && isToken(kind) && isToken(sub) && len(s) <= 255
}

func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("!#$&-^_.+", rune(c)) {
			return false
		}
	}
	return s != ""
}
