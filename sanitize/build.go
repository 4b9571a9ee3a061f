package sanitize

import (
	"crypto/md5"
	"crypto/sha1"
	"encoding/hex"
	"net/mail"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Sanitize reads one original and builds what may be told about it, out of
// nothing: what has no field in [Facts] does not get there, the text of the mail
// least of all. It never fails; what it could not do is among the problems. The
// same mail sent to two victims yields equal facts.
func Sanitize(o Original, policy Policy) (Facts, []Problem) {
	s := sanitize(o, policy)
	return s.Facts, s.Problems[len(o.Problems):]
}

func sanitize(o Original, policy Policy) Sanitized {
	b := &builder{
		limits: policy.Limits.orDefault(),
		redact: newRedactor(policy),
		grain:  policy.TimeGrain,
		counts: map[Redaction]int{},
		told:   map[Problem]bool{},
		facts:  Facts{Attachments: []Attachment{}, Indicators: []Indicator{}, Redactions: []Redaction{}},
	}
	if b.grain <= 0 {
		b.grain = time.Hour
	}
	b.seen = newObservables(b.limits)
	root, problems := Read(o.Raw, b.limits)
	for _, p := range problems {
		b.problem(p)
	}
	b.header(root.Header)
	b.body(root, "", 0)
	b.indicators()
	s := Sanitized{Path: o.Path, Inline: o.Inline, SHA256: digest(o.Raw), Size: len(o.Raw)}
	if policy.Body {
		s.Body = b.shown(root)
	}
	b.redactions()
	s.Facts, s.Problems = b.facts, append(slices.Clip(o.Problems), b.problems...)
	return s
}

// shown is the text of the original as a person would read it, after redaction.
func (b *builder) shown(root *Part) string {
	text := displayText(root).first(b.limits.BodyBytes)
	text, counts := b.redact.text(cleanLines(text))
	b.count("body", counts)
	return text
}

// builder gathers the facts of one original.
type builder struct {
	limits   Limits
	redact   *redactor
	grain    time.Duration
	seen     *observables
	facts    Facts
	problems []Problem
	counts   map[Redaction]int // by kind and place, Count being 0
	told     map[Problem]bool
}

func (b *builder) problem(p Problem) {
	if !b.told[p] {
		b.told[p] = true
		b.problems = append(b.problems, p)
	}
}

func (b *builder) count(where string, counts redactions) {
	for kind, n := range counts {
		b.counts[Redaction{Kind: strings.Trim(kind.Placeholder(), "<>"), Where: where}] += n
	}
}

// fact makes a value of Facts out of an attacker's text.
func (b *builder) fact(s, where string) string {
	// Redaction before the cut: half an address would not be recognised.
	s, counts := b.redact.text(cleanText(s, b.limits.FieldBytes))
	b.count(where, counts)
	return capRunes(s, b.limits.FactRunes)
}

// header takes the facts of the original's own header.
func (b *builder) header(h Header) {
	if b.facts.Subject = b.fact(h.Text("Subject"), "header Subject"); b.facts.Subject != "" {
		b.indicator(TypeSubject, b.facts.Subject, RoleText, "medium", []string{"header Subject"}, false)
	}
	for i, m := range h.Mailboxes("From") {
		if i >= maxSenders {
			b.problem(Problem{Code: ProblemLimit, Where: "header From", Detail: "more senders than are told"})
			break
		}
		told, ok := b.mailbox(m, TypeSender, "header From")
		if i == 0 {
			b.facts.From = told
		} else if ok {
			// A second sender is an attack on whoever reads only one
			// (RFC 5322 §3.6.2 allows it only with a Sender field).
			b.problem(Problem{Code: ProblemAmbiguous, Where: "header From", Detail: "more than one sender"})
		}
	}
	if m := firstMailbox(h, "Sender"); m.Address != "" {
		b.mailbox(m, TypeSender, "header Sender")
	}
	if m := firstMailbox(h, "Reply-To"); m != (Mailbox{}) {
		b.facts.ReplyTo, _ = b.mailbox(m, TypeReplyTo, "header Reply-To")
	}
	if m := firstMailbox(h, "Return-Path"); m.Address != "" {
		// Its local part is often made from the victim's address (VERP).
		if _, domain, ok := cutLast(m.Address, '@'); ok {
			b.facts.ReturnPathDomain = b.senderDomain(domain, "header Return-Path")
		}
	}
	b.source(h)
	b.facts.Date = coarseDate(h.Get("Date"), b.grain)
	for _, name := range []string{"X-Mailer", "User-Agent"} {
		if b.facts.Mailer == "" {
			b.facts.Mailer = b.fact(h.Text(name), "header "+name)
		}
	}
}

// maxSenders bounds the senders of one original.
const maxSenders = 10

// firstMailbox is the first address of the field name.
func firstMailbox(h Header, name string) Mailbox {
	if list := h.Mailboxes(name); len(list) > 0 {
		return list[0]
	}
	return Mailbox{}
}

// mailbox tells a sender's mailbox, and records it as an indicator unless it is
// an identity: attackers often write in a victim's own name. It reports whether
// it was recorded.
func (b *builder) mailbox(m Mailbox, typ, where string) (told Mailbox, ok bool) {
	told.Name = b.fact(m.Name, where)
	local, domain, found := cutLast(cleanText(m.Address, 320), '@')
	if !found || local == "" {
		told.Address = b.fact(m.Address, where)
		return told, false
	}
	domain, valid := canonicalHost(domain)
	if !valid {
		told.Address = b.fact(m.Address, where)
		return told, false
	}
	address := local + "@" + domain
	redacted, counts, verdict := b.address(address)
	b.count(where, counts)
	switch verdict {
	case urlOwn:
		told.Address = IdentityAddress.Placeholder()
		b.count(where, redactions{IdentityAddress: 1})
		return told, false
	case urlMemberLike:
		told.Address = IdentityToken.Placeholder()
		b.memberLike(where)
		return told, false
	}
	told.Address = capRunes(redacted, b.limits.FactRunes)
	if redacted != address {
		return told, false
	}
	at := place{where: where, role: RoleSender, confidence: "high"}
	b.seen.add(typ, address, at, false)
	if !isPublicProvider(domain) {
		at.confidence = "medium"
		b.seen.host(strings.Trim(domain, "[]"), at, isInfrastructure(domain))
	}
	return told, true
}

// address redacts an attacker's address: the local part may name the victim.
func (b *builder) address(address string) (string, redactions, urlVerdict) {
	counts := redactions{}
	local, domain, _ := cutLast(address, '@')
	if b.redact.ownDomain(domain) {
		return "", counts, urlOwn
	}
	if !isPublicProvider(domain) && b.redact.stems.in(domain) {
		return "", counts, urlMemberLike
	}
	if kind, found := b.redact.reveals(address); found && kind == IdentityAddress {
		return "", counts, urlOwn
	}
	host, verdict := b.redact.host(domain, counts)
	if verdict != urlTold {
		return "", counts, verdict
	}
	return b.redact.component(local, counts) + "@" + host, counts, urlTold
}

// senderDomain tells a domain that the attacker sends from.
func (b *builder) senderDomain(domain, where string) string {
	domain, ok := canonicalHost(cleanText(domain, 260))
	if !ok {
		return ""
	}
	counts := redactions{}
	host, verdict := b.redact.host(domain, counts)
	b.count(where, counts)
	switch verdict {
	case urlOwn:
		b.count(where, redactions{IdentityDomain: 1})
		return IdentityDomain.Placeholder()
	case urlMemberLike:
		b.memberLike(where)
		return IdentityToken.Placeholder()
	}
	if host == domain && !isPublicProvider(domain) {
		b.seen.host(strings.Trim(domain, "[]"), place{where: where, role: RoleSender, confidence: "medium"}, isInfrastructure(domain))
	}
	return host
}

// source records the address from which the mail entered the victims' network:
// of the topmost trace field that a server of theirs wrote about a host that is
// not theirs. All above it is theirs, all below it the attacker may have forged
// (RFC 5321 §4.4).
func (b *builder) source(h Header) {
	for i, field := range h.All("Received") {
		if i >= maxHops {
			return
		}
		hop := readHop(field)
		if !b.redact.ownDomain(hop.by) || hop.ownName(b.redact) {
			continue
		}
		for _, a := range hop.ips {
			if !isPrivateIP(a) {
				b.seen.ip(a, place{where: "header Received", role: RoleInfrastructure, confidence: "high"})
				return
			}
		}
	}
}

// memberLike says that an attacker's value contains a member's name. It is a good
// indicator and a leak at once, so it stays out and a person decides.
func (b *builder) memberLike(where string) {
	b.counts[Redaction{Kind: ProblemMemberLike, Where: where}]++
	b.problem(Problem{Code: ProblemMemberLike, Where: where, Detail: "an attacker's name contains a member's; it was left out"})
}

// Dates as inline forwards of Japanese mail programs have them.
var (
	japaneseDate = regexp.MustCompile(`(\d{4})[年/-](\d{1,2})[月/-](\d{1,2})日?[^\d]{0,12}?(午前|午後)?\s{0,3}(\d{1,2})[:時](\d{1,2})`)
	japanTime    = time.FixedZone("JST", 9*60*60)
)

// coarseDate is when a Date field says a mail was sent, truncated, in UTC and as
// RFC 3339, "" if it says nothing readable. A Japanese date without a zone counts
// as Japan's time.
func coarseDate(field string, grain time.Duration) string {
	field = cleanText(field, 200)
	t, err := mail.ParseDate(field)
	if err != nil {
		m := japaneseDate.FindStringSubmatch(field)
		if m == nil {
			return ""
		}
		n := make([]int, len(m))
		for i := range m {
			n[i], _ = strconv.Atoi(m[i]) // digits only, by the expression
		}
		if m[4] == "午後" && n[5] < 12 {
			n[5] += 12
		}
		t = time.Date(n[1], time.Month(n[2]), n[3], n[5], n[6], 0, 0, japanTime)
	}
	t = t.UTC()
	if t.Year() < 1970 || t.Year() > 2200 {
		return ""
	}
	return t.Truncate(grain).Format(time.RFC3339)
}

// body goes through the parts of the original, and of mails inside it.
func (b *builder) body(root *Part, prefix string, depth int) {
	root.Walk(func(p *Part) {
		where := prefix + "part " + partNumber(p)
		if len(p.Parts) > 0 || strings.HasPrefix(p.MediaType, "multipart/") && p.Body == nil {
			return
		}
		isMail := p.MediaType == "message/rfc822" || p.Attachment && hasExtension(p.Name, "eml") && hasMailHeader(p.Body)
		if isMail && depth < b.limits.MessageDepth && len(p.Body) > 0 {
			b.message(p.Body, where, depth+1)
			return
		}
		if p.Attachment {
			b.attachment(p, where)
		}
		b.content(p, where)
	})
}

func partNumber(p *Part) string {
	if p.Path == "" {
		return "1"
	}
	return p.Path
}

// message reads a mail inside the original: its senders and its text tell of the
// same attack.
func (b *builder) message(raw []byte, where string, depth int) {
	inner, problems := Read(raw, b.limits)
	for _, p := range problems {
		p.Where = strings.TrimSpace(where + " " + p.Where)
		b.problem(p)
	}
	for _, name := range []string{"From", "Reply-To"} {
		if m := firstMailbox(inner.Header, name); m.Address != "" {
			b.mailbox(m, TypeEmail, where+" header "+name)
		}
	}
	b.body(inner, where+" > ", depth)
}

// content searches a part for observables.
func (b *builder) content(p *Part, where string) {
	text, isHTML := p.Text, p.MediaType == "text/html" || p.MediaType == "application/xhtml+xml" || p.MediaType == "image/svg+xml"
	if p.Attachment {
		isHTML = isHTML || hasExtension(p.Name, "htm", "html", "shtml", "xhtml", "svg")
		if !isHTML && !isText(p.Body) {
			return
		}
		text, _ = decode(p.Body[:min(len(p.Body), b.limits.TextBytes)], p.Charset)
		isHTML = isHTML || looksHTML(text)
	}
	if len(text) > b.limits.TextBytes {
		text = text[:b.limits.TextBytes]
		b.problem(Problem{Code: ProblemLimit, Where: where, Detail: "not everything was searched for indicators"})
	}
	if text == "" {
		return
	}
	at := place{where: where + " " + p.MediaType, role: RoleText, confidence: "medium"}
	if p.Attachment {
		at.role = RoleAttachment
	}
	if p.raw {
		// Where a value begins and ends there is less certain, and what else stands
		// in it may be the mail's own header.
		at.confidence = "low"
		b.seen.urls(refang(text), at)
		return
	}
	if isHTML {
		b.seen.html(text, at, 0)
		text = htmlText(text, b.limits.TextBytes)
	}
	b.seen.text(text, at)
}

// looksHTML is true for a text that begins as a page does.
func looksHTML(text string) bool {
	head := strings.ToLower(strings.TrimLeft(text[:min(len(text), 1<<10)], " \t\r\n\ufeff"))
	return strings.HasPrefix(head, "<!doctype html") || strings.HasPrefix(head, "<html") || strings.HasPrefix(head, "<head") ||
		strings.HasPrefix(head, "<body") || strings.HasPrefix(head, "<script") || strings.HasPrefix(head, "<svg") || strings.HasPrefix(head, "<meta")
}

// attachment tells of a file.
func (b *builder) attachment(p *Part, where string) {
	if len(b.facts.Attachments) >= b.limits.Attachments {
		b.problem(Problem{Code: ProblemLimit, Where: "attachments", Detail: "more attachments than are told"})
		return
	}
	m, s := md5.Sum(p.Body), sha1.Sum(p.Body)
	a := Attachment{
		Name: b.fact(p.Name, where+" name"), Type: b.fact(p.MediaType, where+" type"), Size: len(p.Body),
		MD5: hex.EncodeToString(m[:]), SHA1: hex.EncodeToString(s[:]), SHA256: digest(p.Body), Notes: nameNotes(p.Name),
	}
	b.facts.Attachments = append(b.facts.Attachments, a)
	if a.Name != "" {
		b.indicator(TypeFilename, a.Name, RoleAttachment, "medium", []string{where + " name"}, false)
	}
	if len(p.Body) == 0 {
		return // the digests of nothing are everywhere
	}
	for _, d := range []struct{ typ, value string }{{TypeSHA256, a.SHA256}, {TypeSHA1, a.SHA1}, {TypeMD5, a.MD5}} {
		b.indicator(d.typ, d.value, RoleAttachment, "high", []string{where}, false)
	}
}

// Endings of file names.
var (
	executableExtensions = stringSet(`exe scr com pif bat cmd ps1 psm1 vbs vbe js jse wsf wsh hta lnk msi msp msc cpl dll jar iso img vhd vhdx reg
chm scf url application appref-ms gadget inf sct settingcontent-ms xll wll ppam xlam one library-ms search-ms diagcab cab apk dmg pkg app command sh py`)
	documentExtensions = stringSet(`pdf doc docx docm xls xlsx xlsm ppt pptx pptm rtf txt csv jpg jpeg png gif bmp tif tiff html htm zip rar 7z lzh xml mp3 mp4 wav
odt ods eml msg`)
)

// nameNotes says what is suspicious about a file name as it was sent.
func nameNotes(name string) []string {
	var notes []string
	if strings.ContainsFunc(name, func(r rune) bool {
		return r == 0x061c || r >= 0x200e && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
	}) {
		notes = append(notes, "bidi-in-name")
	}
	clean := strings.ToLower(strings.TrimRight(cleanText(name, 0), " ."))
	stem, last, ok := cutLast(clean, '.')
	last = strings.TrimSpace(last)
	if ok {
		_, before, two := cutLast(strings.TrimRight(stem, " "), '.')
		if two && documentExtensions[strings.TrimSpace(before)] && (executableExtensions[last] || documentExtensions[last]) {
			notes = append(notes, "double-extension")
		}
		if executableExtensions[last] {
			notes = append(notes, "executable-extension")
		}
	}
	sort.Strings(notes)
	return notes
}

func hasExtension(name string, extensions ...string) bool {
	_, last, _ := cutLast(strings.ToLower(name), '.')
	for _, e := range extensions {
		if last == e {
			return true
		}
	}
	return false
}

// indicator adds one that has been through redaction.
func (b *builder) indicator(typ, value, role, confidence string, where []string, benign bool) {
	b.facts.Indicators = append(b.facts.Indicators, Indicator{
		Type: typ, Value: value, Defanged: defanged(typ, value), Role: role, Where: where, Confidence: confidence, Benign: benign,
	})
}

// defanged is the value of an indicator for a person to read. An internationalised
// domain shows both of its forms.
func defanged(typ, value string) string {
	switch typ {
	case TypeURL:
		return DefangURL(value)
	case TypeDomain:
		if u := hostUnicode(value); u != "" {
			return DefangDomain(value) + " (" + DefangDomain(cleanText(u, 0)) + ")"
		}
		return DefangDomain(value)
	case TypeIPv4, TypeIPv6:
		return DefangDomain(value)
	case TypeEmail, TypeSender, TypeReplyTo:
		return DefangAddress(value)
	}
	return Defang(value)
}

// indicators redacts what was observed and tells what is left of it. What is
// nothing without the redacted part is left out whole.
func (b *builder) indicators() {
	for _, o := range b.seen.list {
		where := o.where[0]
		value, counts, verdict := o.value, redactions{}, urlTold
		switch o.typ {
		case TypeURL:
			value, counts, verdict = b.redact.url(o.value)
		case TypeDomain:
			host, v := b.redact.host(o.value, counts)
			if value, verdict = host, v; v == urlTold && host != o.value {
				value = registeredDomain(o.value)
			}
		case TypeEmail, TypeSender, TypeReplyTo:
			value, counts, verdict = b.address(o.value)
			if verdict == urlTold && value != o.value {
				value = ""
			}
		default:
			if s, c := b.redact.text(o.value); s != o.value {
				value, counts = "", c
			}
		}
		b.count(where, counts)
		switch verdict {
		case urlOwn:
			kind := "member-domain"
			if o.typ == TypeEmail || o.typ == TypeSender || o.typ == TypeReplyTo {
				kind = "recipient-address"
			}
			b.counts[Redaction{Kind: kind, Where: where}]++
			continue
		case urlMemberLike:
			b.memberLike(where)
			continue
		}
		if value != "" && utf8.ValidString(value) {
			b.indicator(o.typ, value, o.role, o.confidence, append([]string(nil), o.where...), o.benign)
		}
	}
	for _, p := range b.seen.problems() {
		b.problem(p)
	}
	b.facts.Indicators = b.unite(b.facts.Indicators)
}

// unite sorts indicators and makes one of those that redaction made equal.
func (b *builder) unite(list []Indicator) []Indicator {
	sort.SliceStable(list, func(i, j int) bool {
		if list[i].Type != list[j].Type {
			return list[i].Type < list[j].Type
		}
		return list[i].Value < list[j].Value
	})
	out := list[:0]
	for _, n := range list {
		last := len(out) - 1
		if last < 0 || out[last].Type != n.Type || out[last].Value != n.Value {
			out = append(out, n)
			continue
		}
		o := &out[last]
		o.Where = mergeWhere(o.Where, n.Where)
		if rank(roleOrder, n.Role) < rank(roleOrder, o.Role) {
			o.Role = n.Role
		}
		if rank(confidenceOrder, n.Confidence) < rank(confidenceOrder, o.Confidence) {
			o.Confidence = n.Confidence
		}
		o.Benign = o.Benign && n.Benign
	}
	if len(out) > b.limits.Indicators {
		out = out[:b.limits.Indicators]
		b.problem(Problem{Code: ProblemLimit, Where: "indicators", Detail: "more indicators than are told"})
	}
	return out
}

func mergeWhere(a, more []string) []string {
	for _, w := range more {
		known := false
		for _, k := range a {
			known = known || k == w
		}
		if !known && len(a) < maxWhere {
			a = append(a, w)
		}
	}
	return a
}

// redactions tells the counts in a fixed order.
func (b *builder) redactions() {
	for r, n := range b.counts {
		r.Count = n
		b.facts.Redactions = append(b.facts.Redactions, r)
	}
	sort.Slice(b.facts.Redactions, func(i, j int) bool {
		x, y := b.facts.Redactions[i], b.facts.Redactions[j]
		if x.Kind != y.Kind {
			return x.Kind < y.Kind
		}
		return x.Where < y.Where
	})
}
