package sanitize

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"kairan/sanitize/archive"
	"kairan/sanitize/outlook"
)

// Unpack finds the originals in a report: mails attached to it, whatever the
// attachment is called and however it is encoded, or else one mail forwarded
// inline. A mail inside an original belongs to it, unless the original is
// itself only somebody's forward of it; see [Original.Through].
//
// It never fails. A report in which nothing is found has a problem
// [ProblemNoOriginal]. Limits are counted over the whole report.
func Unpack(report []byte, limits Limits) Unpacked { return unpack(report, Policy{Limits: limits}) }

// unpack is Unpack with what the policy knows: passwords, and whose mail is
// itself a report.
func unpack(report []byte, policy Policy) Unpacked {
	x := &unpacker{reader: newReader(policy.Limits), insiders: insiders(policy)}
	x.reader.fit(len(report))
	x.reader.keys = policy.Keys
	if outlook.IsMsg(report) || outlook.IsTNEF(report) { // a report out of somebody's folder
		if mail := x.reader.open(&Part{Body: report}, 0, "report").mail; mail != nil {
			report = mail
		}
	}
	outer := x.reader.mail(report)
	x.Outer = outer
	x.Problems = x.reader.take()
	x.sender = senderDomain(outer)
	x.feedback, x.abuse = feedbackOf(outer)
	x.reader.passwords = policy.Passwords
	x.reader.words = func() string {
		return outer.Header.Text("Subject") + "\n" + displayText(outer).first(passwordText)
	}

	// Each step looks for another shape of report; a later one only if those
	// before it found nothing.
	x.attached()
	text := x.inline(len(x.Originals) == 0)
	x.ReporterText = strings.TrimSpace(text)
	if len(x.Originals) == 0 {
		x.Problems = append(x.Problems, Problem{Code: ProblemNoOriginal, Detail: "the report holds no mail, attached or quoted"})
	}
	return x.Unpacked
}

// insiders are the domains of the members and of the hub: a mail from one of them
// that holds another is itself a report.
func insiders(policy Policy) map[string]bool {
	if policy.compiled != nil {
		return policy.compiled.domains
	}
	return identityDomains(policy.Registry)
}

// unpacker is one run of Unpack.
type unpacker struct {
	Unpacked
	reader   *reader
	sender   string // domain of the report's sender
	insiders map[string]bool
	abuse    bool // it is an abuse report for machines
}

// attached takes the mails attached to the report: as parts, and in the archives
// and the files of Outlook that are attached to it.
func (x *unpacker) attached() {
	for _, p := range x.mails(x.Outer, "") {
		x.descend(p, "", nil, nil)
	}
	x.Problems = append(x.Problems, x.reader.take()...)
}

// mails are the mails in p, those in its files among them.
func (x *unpacker) mails(p *Part, prefix string) []*Part {
	var found []*Part
	p.Walk(func(c *Part) {
		switch {
		case isMailPart(c), x.abuse && isHeaderPart(c):
			found = append(found, c)
		case c.Attachment && len(c.Parts) == 0:
			found = append(found, x.inFile(c, 0, prefix)...)
		}
	})
	return found
}

// inFile are the mails in an attached file.
func (x *unpacker) inFile(p *Part, depth int, prefix string) []*Part {
	if !outlook.IsMsg(p.Body) && !outlook.IsTNEF(p.Body) && archive.Kind(p.Body) == "" {
		return nil
	}
	o := x.reader.open(p, depth, "part "+prefix+partNumber(p))
	if o.mail != nil {
		return []*Part{{Path: p.Path, Header: p.Header, MediaType: "application/vnd.ms-outlook", Name: p.Name, Attachment: true, Body: o.mail}}
	}
	if !o.archived {
		return nil
	}
	var found []*Part
	for _, f := range o.files {
		if hasExtension(f.Name, "eml", "mht", "mhtml") && hasMailHeader(f.Body) || f.Name == "" && hasMailHeader(f.Body) {
			mail := *f
			mail.MediaType = "message/rfc822"
			found = append(found, &mail)
			continue
		}
		found = append(found, x.inFile(f, depth+1, prefix)...)
	}
	return found
}

// descend takes the mail in p as an original, or what it forwards.
func (x *unpacker) descend(p *Part, path string, through []*Part, problems []Problem) {
	step := p.Path
	if step == "" {
		step = "1" // RFC 3501 §6.4.5 numbers the body of a mail of one part so
	}
	if path != "" {
		path += " > "
	}
	path += step + ":" + p.MediaType
	if len(x.Originals) >= x.reader.limits.Originals {
		x.limit("more originals than are read")
		return
	}
	if len(bytes.TrimSpace(p.Body)) == 0 {
		x.Problems = append(x.Problems, Problem{Code: ProblemMalformed, Where: "part " + path, Detail: "an attached mail is empty"})
		return
	}
	if x.reader.parts <= 0 {
		x.limit("more parts than are read")
		x.add(Original{Path: path, Raw: p.Body, Through: through, Problems: problems})
		return
	}
	mail := x.reader.mail(p.Body)
	// Whoever sanitizes the original reads it again and tells its problems. Here
	// only those count that say where the unpacking stopped, and those of a mail
	// that is no original.
	found := x.reader.take()
	problems = append(slices.Clip(problems), headersMissing(p.Body)...)
	if isHeaderPart(p) {
		problems = append(problems, Problem{Code: ProblemMalformed, Where: "part " + path, Detail: "only the header of the mail was reported"})
	}
	sender := senderDomain(mail)
	foreign := !sameOrganisation(x.sender, sender) && !x.insider(sender)
	var nested []*Part
	if !foreign || saysForward(mail) {
		nested = x.mails(mail, path+" > ")
		found = append(found, x.reader.take()...)
	}
	if len(nested) == 0 {
		x.add(Original{Path: path, Raw: p.Body, Through: through, Problems: problems})
		return
	}
	if len(through)+1 >= x.reader.limits.MessageDepth {
		problems = append(slices.Clip(problems), Problem{Code: ProblemLimit, Where: "part " + path, Detail: "mails nested deeper than is read"})
		x.add(Original{Path: path, Raw: p.Body, Through: through, Problems: problems})
		return
	}
	for i := range found {
		found[i].Where = strings.TrimSpace("forwarding mail " + found[i].Where)
	}
	problems = append(slices.Clip(problems), found...)
	if foreign {
		// It may be a secretariat's forward of a member's report, or an attack
		// that calls itself a forward: a person must look.
		problems = append(problems, Problem{Code: ProblemAmbiguous, Where: "part " + path, Detail: "taken for a forward although it comes from another domain than the report"})
	}
	for _, n := range nested {
		x.descend(n, path, append(slices.Clip(through), mail), problems)
	}
}

// insider is true for the domain of a member or of the hub.
func (x *unpacker) insider(domain string) bool {
	for domain != "" {
		if x.insiders[domain] {
			return true
		}
		_, domain, _ = strings.Cut(domain, ".")
	}
	return false
}

// headersMissing says of a mail that was stored without its header that the one
// it has was written anew.
func headersMissing(mail []byte) []Problem {
	head := mail[:min(len(mail), 64<<10)]
	if !bytes.Contains(head[:endOfHeader(head)], []byte(outlook.HeadersMissing)) {
		return nil
	}
	return []Problem{{Code: ProblemInline, Detail: "the header fields come from the properties of an Outlook file; there are no transport headers"}}
}

func (x *unpacker) add(o Original) {
	o.source = x.feedback.source
	x.Originals = append(x.Originals, o)
}

func (x *unpacker) limit(detail string) {
	p := Problem{Code: ProblemLimit, Where: "report", Detail: detail}
	if !slices.Contains(x.Problems, p) {
		x.Problems = append(x.Problems, p)
	}
}

// isMailPart is true for a mail by its type, or by its name where a client or a
// gateway has lost the type.
func isMailPart(p *Part) bool {
	switch p.MediaType {
	case "message/rfc822", "message/global": // RFC 2046 §5.2.1, RFC 6532 §3.7
		return true
	case "text/plain", "text/html", "application/pgp-encrypted":
		return extension(p.Name) == "eml" && hasMailHeader(p.Body)
	case "application/x-eml", "message/x-rfc822", "application/rfc822", "application/eml", "application/mbox", "application/x-mbox":
		return hasMailHeader(p.Body)
	}
	// Under any other type, and any name, it must be plain.
	return p.Attachment && hasMailHeader(p.Body) && (extension(p.Name) == "eml" || hasWholeHeader(p.Body))
}

// hasWholeHeader is true when b begins, with its first line, with a header that
// says who sent a mail, and when or over which servers it came.
func hasWholeHeader(b []byte) bool {
	line, _, _ := cutLine(b, 0)
	if _, _, _, ok := cutField(line); !ok && !isMboxLine(line) {
		return false // an archive that stores a mail, for instance
	}
	end := bytes.Index(b[:min(len(b), 256<<10)], []byte("\n\n"))
	if crlf := bytes.Index(b[:min(len(b), 256<<10)], []byte("\r\n\r\n")); crlf >= 0 && (end < 0 || crlf < end) {
		end = crlf
	}
	if end < 0 {
		return false
	}
	h := ReadHeader(b[:end+2], DefaultLimits())
	return h.Get("From") != "" && (h.Get("Date") != "" || h.Get("Received") != "" || h.Get("Message-ID") != "")
}

// mailFields are fields of which a mail's header has at least two.
var mailFields = stringSet(`received from to subject date message-id mime-version content-type return-path delivered-to
	dkim-signature authentication-results x-mailer reply-to cc sender content-transfer-encoding x-received arc-seal`)

// hasMailHeader is true when b begins with the header of a mail.
func hasMailHeader(b []byte) bool {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	known, bad := 0, 0
	pos := 0
	for range 60 { // lines; a few Received fields may come first
		if pos >= len(b) {
			break
		}
		line, next, _ := cutLine(b, pos)
		pos = next
		switch {
		case len(line) == 0:
			if known > 0 {
				return known >= 2
			}
			continue
		case line[0] == ' ' || line[0] == '\t' || isMboxLine(line):
			continue
		}
		name, _, _, ok := cutField(line)
		if !ok {
			if bad++; bad > 3 {
				return false
			}
			continue
		}
		if mailFields[strings.ToLower(name)] {
			known++
		}
	}
	return known >= 2
}

// senderDomain is the domain of the mail's sender, lower case, or "".
func senderDomain(p *Part) string {
	for _, m := range p.Header.Mailboxes("From") {
		if i := strings.LastIndexByte(m.Address, '@'); i >= 0 {
			return strings.ToLower(strings.TrimRight(m.Address[i+1:], "."))
		}
	}
	return ""
}

// sameOrganisation is true for two domains of one owner. Two mailboxes at a
// public provider have nothing in common.
func sameOrganisation(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	ra, rb := registeredDomain(a), registeredDomain(b)
	if ra == "" || rb == "" {
		return a == b
	}
	return ra == rb && !isPublicProvider(a) && !isPublicProvider(ra)
}

// saysForward is true for a mail that calls itself a forward.
func saysForward(p *Part) bool {
	if subjectSaysForward(p) {
		return true
	}
	text := strings.ToLower(displayText(p).first(2 << 10))
	return strings.Contains(text, "転送") || strings.Contains(text, "forward")
}

// subjectSaysForward is true for a mail whose subject calls it a forward, behind
// the tags of gateways and lists.
func subjectSaysForward(p *Part) bool {
	subject := strings.ToLower(strings.TrimSpace(p.Header.Text("Subject")))
	for {
		switch {
		case strings.HasPrefix(subject, "[fwd"):
			return true
		case strings.HasPrefix(subject, "[") && strings.Contains(subject, "]"):
			_, subject, _ = strings.Cut(subject, "]")
		case strings.HasPrefix(subject, "【") && strings.Contains(subject, "】"):
			if strings.Contains(subject[:strings.Index(subject, "】")], "転送") {
				return true
			}
			_, subject, _ = strings.Cut(subject, "】")
		default:
			for _, mark := range []string{"fwd:", "fw:", "fwd：", "fw：", "転送", "tr:", "wg:"} {
				if strings.HasPrefix(subject, mark) {
					return true
				}
			}
			return false
		}
		subject = strings.TrimSpace(subject)
	}
}

// zone is where the report's sender was, as far as the Date field tells; for
// dates that clients quote in local time. The hub's own country is the default.
func zone(p *Part) *time.Location {
	words := strings.Fields(p.Header.Get("Date"))
	for _, w := range words[min(3, len(words)):] {
		if w[0] != '+' && w[0] != '-' {
			continue
		}
		if t, err := time.Parse("-0700", w); err == nil {
			_, offset := t.Zone()
			return time.FixedZone("", offset)
		}
	}
	return time.FixedZone("JST", 9*60*60)
}
