package sanitize

import (
	"regexp"
	"strings"
)

// shownText is what a client shows of a mail as its text: in both forms, where
// it has both.
type shownText struct {
	plain string
	page  string // HTML
}

// first is the beginning of the text in either form.
func (s shownText) first(n int) string {
	text := s.plain
	if strings.TrimSpace(text) == "" {
		text = htmlText(s.page, n)
	}
	if len(text) > n {
		text = strings.ToValidUTF8(text[:n], "")
	}
	return text
}

// displayText gathers the text parts of a mail; mails attached as text are left
// out.
func displayText(p *Part) shownText {
	var plain, pages []string
	p.walkShown(func(c *Part) {
		switch {
		case c.Text == "" || isMailPart(c):
		case c.MediaType == "text/html":
			pages = append(pages, c.Text)
		case c.MediaType == "text/plain":
			plain = append(plain, c.Text)
		}
	})
	return shownText{plain: strings.Join(plain, "\n"), page: strings.Join(pages, "\n")}
}

// inline looks for a mail forwarded inline and returns the reporter's own text,
// without what is quoted. Only with take the quoted mail becomes an original:
// beside an attached one it is a copy of it, or of earlier letters.
func (x *unpacker) inline(take bool) (own string) {
	shown := displayText(x.Outer)
	kind, subject := cutSubject(x.Outer.Header.Text("Subject"))
	plain := &quoteText{text: shown.plain, subject: subject}
	chain := x.chain(plain, kind)
	hasPlain := strings.TrimSpace(shown.plain) != ""
	if !take && (len(chain) > 0 || hasPlain) {
		return ownWords(plain, chain)
	}
	text, page := pageLines(shown.page, x.reader.limits.TextBytes)
	paged := &quoteText{text: text, page: page, subject: subject}
	pageChain := x.chain(paged, kind)
	switch {
	case len(chain) > 0:
		own = ownWords(plain, chain)
	case len(pageChain) > 0:
		own = ownWords(paged, pageChain)
	case hasPlain:
		return ownWords(plain, nil)
	default:
		return ownWords(paged, nil)
	}
	if !take || !isForward(firstChain(chain, pageChain), kind) {
		return own
	}
	x.takeInline(shown.page, text, page, chain, pageChain, subject)
	return own
}

func firstChain(chain, other []quotedMail) []quotedMail {
	if len(chain) > 0 {
		return chain
	}
	return other
}

// isForward is false for what a reply quotes: a header that a line or nothing
// sets off, below a subject that calls its mail a reply.
func isForward(chain []quotedMail, kind int) bool {
	return kind != subjectReply || len(chain) > 1 || chain[0].evidence == markForward
}

// ownWords is what the reporter wrote around the quoted mails.
func ownWords(t *quoteText, chain []quotedMail) string {
	if len(chain) == 0 {
		return t.own()
	}
	before := &quoteText{text: chain[0].before, page: t.page} // it begins where the text does
	after := &quoteText{text: chain[0].after}
	return strings.TrimSpace(before.own()) + "\n" + strings.TrimSpace(after.own())
}

// takeInline makes an original of the quoted mail at the end of the chain, in
// the forms that the report has.
func (x *unpacker) takeInline(html, text string, page *quotePage, chain, pageChain []quotedMail, subject string) {
	last := &quotedMail{}
	m := inlineMail{zone: zone(x.Outer)}
	problems := []Problem{{Code: ProblemInline, Detail: "the header fields come from a quoted block; there are no transport headers"}}
	if len(chain) > 0 {
		last = &chain[len(chain)-1]
		m.text = last.words
	}
	mark := len(html)
	if len(pageChain) > 0 {
		// As deep as the plain form goes, if the HTML goes so deep.
		deep := &pageChain[len(pageChain)-1]
		if len(chain) > 0 && len(chain) < len(pageChain) {
			deep = &pageChain[len(chain)-1]
		}
		if len(chain) == 0 {
			last = deep
		}
		end := -1
		if deep.after != "" {
			end = deep.end
		}
		mark, m.html = page.place(pageChain[0].start), page.fragment(html, deep.body, end)
		last.fill(deep)
	} else if strings.TrimSpace(html) != "" {
		// The sender's address shows where the quoted header is.
		if at := strings.Index(text, senderAddress(last.fields)); at >= 0 {
			mark, m.html = page.place(at), page.fragment(html, at, -1)
		}
		problems = append(problems, Problem{Code: ProblemAmbiguous, Where: "text/html", Detail: "the quoted header was found in the plain form only"})
	}
	if m.text == "" && m.html == "" {
		m.text = "\n"
	}
	if last.fields["Subject"] == "" && subject != "" {
		last.fields["Subject"] = subject
	}
	m.fields, m.habit, m.files = last.fields, last.habit, x.files(html, mark)
	if date := m.fields["Date"]; date != "" {
		if _, ok := quotedDate(date, m.zone, m.habit); !ok {
			problems = append(problems, Problem{Code: ProblemMalformed, Where: "header Date", Detail: "the quoted date can be read in no way, or in two"})
		}
	}
	through := firstChain(chain, pageChain)
	problems = append(problems, chainProblems(through)...)
	o := Original{Path: "inline:" + last.client, Inline: true, Raw: m.write(), Problems: problems}
	for i := range through[:len(through)-1] {
		q := through[i]
		between := inlineMail{fields: q.fields, habit: q.habit, text: through[i+1].before, zone: m.zone}
		o.Through = append(o.Through, x.reader.mail(between.write()))
		x.reader.take()
	}
	x.add(o)
}

// senderAddress is the address in the quoted From field, or what is nowhere.
func senderAddress(fields quotedFields) string {
	for _, m := range quotedMailboxes(fields["From"]) {
		if m.Address != "" {
			return m.Address
		}
	}
	return "\x00"
}

// fill takes from the other form of the same mail the fields that are missing
// in q, and a sender's address.
func (q *quotedMail) fill(other *quotedMail) {
	for name, value := range other.fields {
		if q.fields[name] == "" || name == "From" && !strings.Contains(q.fields[name], "@") && strings.Contains(value, "@") {
			q.fields[name] = value
		}
	}
}

// chain finds the quoted mail in t, and while that one is itself a report, the
// one quoted in it. In all but the first, before holds the words of the mail
// around it.
func (x *unpacker) chain(t *quoteText, kind int) []quotedMail {
	q, ok := t.findQuoted()
	if !ok && kind == subjectForward {
		q, ok = t.findIntroduced()
	}
	if !ok {
		return nil
	}
	chain := []quotedMail{q}
	for len(chain) < x.reader.limits.MessageDepth {
		t = t.inside(q)
		inner, ok := t.findQuoted()
		if !ok || !x.passedOn(&q, &inner) {
			break
		}
		chain = append(chain, inner)
		q = inner
	}
	return chain
}

// passedOn is true when q is somebody's forward of inner and no original: it
// says that it forwards, and it comes from the report's own organisation or
// from where inner was received. An attacker who writes in the organisation's
// name can quote a harmless mail, so the mere quote of a reply does not do.
func (x *unpacker) passedOn(q, inner *quotedMail) bool {
	senders := quotedMailboxes(q.fields["From"])
	if len(senders) == 0 {
		return false
	}
	kind, _ := cutSubject(q.fields["Subject"])
	if sameOrganisation(x.sender, domainOf(senders[0].Address)) {
		return inner.evidence == markForward || kind == subjectForward
	}
	inner.foreign = kind == subjectForward && inner.evidence >= markLine && inner.isTo(senders[0].Address)
	return inner.foreign
}

// isTo is true when the mail went to an address or its organisation.
func (q *quotedMail) isTo(address string) bool {
	for _, m := range quotedMailboxes(q.fields["To"] + "," + q.fields["Cc"]) {
		if address != "" && (strings.EqualFold(m.Address, address) || sameOrganisation(domainOf(m.Address), domainOf(address))) {
			return true
		}
	}
	return false
}

// chainProblems are what an operator must know of how the last mail of a chain
// was found.
func chainProblems(chain []quotedMail) (problems []Problem) {
	for _, q := range chain[1:] {
		if q.foreign {
			// It may be a secretariat's forward of a member's report, or an attack
			// that calls itself a forward: a person must look.
			problems = append(problems, Problem{Code: ProblemAmbiguous, Detail: "a mail quoted in a forward was taken for the original although the forward comes from another domain than the report"})
		}
		if strings.Contains(q.before, "://") {
			problems = append(problems, Problem{Code: ProblemAmbiguous, Detail: "there are links between the quoted mails, of which the innermost was taken for the original"})
		}
	}
	return problems
}

func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return strings.ToLower(domain)
}

// files are the report's attachments that came with the mail forwarded inline:
// all but signatures and the pictures of the reporter's own text, which ends at
// mark in page.
func (x *unpacker) files(page string, mark int) []*Part {
	theirs := contentIDs(page[mark:])
	own := contentIDs(page[:mark])
	var files []*Part
	x.Outer.Walk(func(p *Part) {
		if !p.Attachment || len(files) >= x.reader.limits.Attachments {
			return
		}
		switch p.MediaType {
		case "application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature":
			return
		}
		id := strings.Trim(p.Header.Get("Content-ID"), "<> ")
		if id != "" && own[id] && !theirs[id] {
			return
		}
		files = append(files, p)
	})
	return files
}

var cid = regexp.MustCompile(`(?i)cid:([^"'\s<>)]{1,200})`)

// contentIDs are the parts that a page shows (RFC 2392).
func contentIDs(page string) map[string]bool {
	ids := map[string]bool{}
	for _, m := range cid.FindAllStringSubmatch(page, 1000) {
		ids[m[1]] = true
	}
	return ids
}
