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
	limit := x.reader.limits.TextBytes
	pageText, offsets := htmlLines(shown.page, limit)

	plain := x.chain(shown.plain)
	page := x.chain(pageText)
	switch {
	case len(plain) > 0:
		own = join(plain[0].before, plain[0].after)
	case len(page) > 0:
		own = join(page[0].before, page[0].after)
	case strings.TrimSpace(shown.plain) != "":
		return shown.plain
	default:
		return pageText
	}
	if !take {
		return own
	}

	chain := plain
	if len(chain) == 0 {
		chain = page
	}
	pageMark, pageBody := len(shown.page), len(shown.page)
	if len(page) > 0 {
		// As deep as the plain form goes, if the HTML goes so deep.
		last := page[min(len(page), len(chain))-1]
		pageMark, pageBody = offset(offsets, page[0].markLine, len(shown.page)), offset(offsets, last.bodyLine, len(shown.page))
	}
	last := chain[len(chain)-1]
	m := inlineMail{fields: last.fields, text: last.body, zone: zone(x.Outer), files: x.files(shown.page, pageMark)}
	if pageBody < len(shown.page) {
		m.html = shown.page[pageBody:]
	}
	o := Original{
		Path: "inline:" + last.client, Inline: true, Raw: m.write(),
		Problems: []Problem{{Code: ProblemInline, Detail: "the header fields come from a quoted block; there are no transport headers"}},
	}
	for i, q := range chain[:len(chain)-1] {
		between := inlineMail{fields: q.fields, text: chain[i+1].before, zone: zone(x.Outer)}
		o.Through = append(o.Through, x.reader.mail(between.write()))
		x.reader.take()
	}
	x.add(o)
	return own
}

// chain finds the quoted mail in text, and while that one comes from the
// report's own organisation, the one quoted in it. In all but the first, before
// holds the words of the mail around it, and the line numbers count from the
// beginning of text.
func (x *unpacker) chain(text string) []quotedMail {
	var chain []quotedMail
	line := 0
	for len(chain) < x.reader.limits.MessageDepth {
		q, ok := findQuoted(text)
		if !ok {
			break
		}
		q.markLine += line
		q.bodyLine += line
		line = q.bodyLine
		chain = append(chain, q)
		sender := quotedMailboxes(q.fields["From"])
		if len(sender) == 0 || !sameOrganisation(x.sender, domainOf(sender[0].Address)) {
			break
		}
		text = q.body
	}
	return chain
}

func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return strings.ToLower(domain)
}

func join(before, after string) string {
	return strings.TrimSpace(before) + "\n" + strings.TrimSpace(after)
}

func offset(offsets []int, line, none int) int {
	if line < len(offsets) {
		return offsets[line]
	}
	return none
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
