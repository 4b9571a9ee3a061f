package sanitize

import (
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kairan/sanitize/document"
	"kairan/sanitize/qr"
)

// passwordText is how much of a mail's text is looked through for passwords.
const passwordText = 64 << 10

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
	o.read(b.limits, policy.Passwords, nil)
	root := o.parsed
	b.reader = o.reader.clone()
	outside := b.reader.words
	b.reader.words = func() string {
		own := root.Header.Text("Subject") + "\n" + displayText(root).first(passwordText/2)
		if outside != nil {
			own += "\n" + outside()
		}
		return own
	}
	b.redact.cleared = b.redact.clear(headerValues(root.Header))
	b.header(root.Header)
	b.redact.cleared, b.redact.hosts = false, nil
	if o.source.IsValid() && !isPrivateIP(o.source) {
		at := place{where: "abuse report Source-IP", role: RoleInfrastructure, confidence: "high"}
		b.seen.add(TypeSendingIP, o.source.String(), at, false)
		b.seen.ip(o.source, at)
	}
	b.body(root, "", 0)
	if len(b.reader.blank) > 1 {
		for _, code := range qr.ReadJoined(b.reader.blank, qr.Limits{}) {
			b.code(code, "pictures side by side QR code")
		}
	}
	for _, p := range b.reader.take() {
		b.problem(p)
	}
	b.compare(root)
	b.indicators()
	b.personalised()
	Screen(b.facts.Indicators, builtin())
	for _, p := range popular(b.facts.Indicators) {
		b.problem(p)
	}
	s := Sanitized{Path: o.Path, Inline: o.Inline, SHA256: digest(o.Raw), Size: len(o.Raw)}
	if policy.Body {
		s.Body = b.shown(root)
	}
	b.redactions()
	s.Facts, s.Problems = b.facts, append(slices.Clip(o.Problems), b.problems...)
	return s
}

// differs is told of a mail whose two forms do not say the same.
var differs = Problem{Code: ProblemDiffers, Where: "body", Detail: "its text and its page say different things"}

// compare tells whether the mail says one thing to readers of text and another to
// readers of pages, and whether a page hides text.
func (b *builder) compare(root *Part) {
	var text, page *Part
	root.walkShown(func(p *Part) {
		switch {
		case p.Text == "" || p.Attachment:
		case p.MediaType == "text/plain" && text == nil:
			text = p
		case p.MediaType == "text/html" && page == nil:
			page = p
		}
	})
	if text != nil && page != nil && !sayTheSame(text.Text, page.pageText()) {
		b.problem(differs)
	}
	if b.seen.hidden {
		b.problem(Problem{Code: ProblemHidden, Where: "body", Detail: "the page holds text that its reader is not shown"})
	}
}

// shown is the text of the original as a person would read it, after redaction.
func (b *builder) shown(root *Part) string {
	shown := displayText(root)
	text := shown.plain
	if shown.page != "" && (strings.TrimSpace(text) == "" || b.told[differs]) {
		text = strings.TrimSpace(text + "\n\n" + shownPage(shown.page, b.limits.BodyBytes))
	}
	if len(text) > b.limits.BodyBytes {
		text = strings.ToValidUTF8(text[:b.limits.BodyBytes], "")
	}
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
	reader   *reader // of the original, with what is left of the limits
	files    int     // told of, in one another or not
	facts    Facts
	problems []Problem
	counts   map[Redaction]int // by kind and place, Count being 0
	told     map[Problem]bool
	touched  map[string]bool        // places where something was redacted
	places   map[[2]string][]string // of the attachments, by name and SHA-256
}

func (b *builder) problem(p Problem) {
	if !b.told[p] {
		b.told[p] = true
		b.problems = append(b.problems, p)
	}
}

func (b *builder) count(where string, counts redactions) {
	if len(counts) > 0 {
		b.touch(where)
	}
	for kind, n := range counts {
		b.counts[Redaction{Kind: strings.Trim(kind.Placeholder(), "<>"), Where: where}] += n
	}
}

func (b *builder) touch(where ...string) {
	if b.touched == nil {
		b.touched = map[string]bool{}
	}
	for _, w := range where {
		b.touched[w] = true
	}
}

// NotePersonalised marks a file in which something stands for one recipient, so
// that its digests are those of one victim's copy.
const NotePersonalised = "personalised"

// personalised marks the files in which something was redacted. Their digests are
// told all the same: what else is in an archive may be told by nothing else.
func (b *builder) personalised() {
	var walk func(list []Attachment)
	walk = func(list []Attachment) {
		for i := range list {
			a := &list[i]
			walk(a.Members)
			if slices.ContainsFunc(b.places[[2]string{a.Name, a.SHA256}], b.touchedInside) {
				a.Notes = append(a.Notes, NotePersonalised)
				slices.Sort(a.Notes)
				a.Notes = slices.Compact(a.Notes)
			}
		}
	}
	if len(b.places) > 0 && len(b.touched) > 0 {
		walk(b.facts.Attachments)
	}
}

// touchedInside reports whether something in the file at that place was redacted.
// Its own name and type are not in it.
func (b *builder) touchedInside(file string) bool {
	for t := range b.touched {
		if inside, ok := strings.CutPrefix(t, file+" "); ok && inside != "name" && inside != "type" {
			return true
		}
	}
	return false
}

// fact makes a value of Facts out of an attacker's text.
func (b *builder) fact(s, where string) string {
	// Redaction before the cut: half an address would not be recognised.
	s, counts := b.redact.text(cleanText(s, b.limits.FieldBytes))
	b.count(where, counts)
	return capRunes(s, b.limits.FactRunes)
}

// memberLike says that an attacker's value contains a member's name. It is a good
// indicator and a leak at once, so it stays out and a person decides.
func (b *builder) memberLike(where string) {
	b.counts[Redaction{Kind: ProblemMemberLike, Where: where}]++
	b.problem(Problem{Code: ProblemMemberLike, Where: where, Detail: "an attacker's name contains a member's; it was left out"})
}

// body goes through the parts of the original, and of mails inside it.
func (b *builder) body(root *Part, prefix string, depth int) {
	root.Walk(func(p *Part) {
		where := prefix + "part " + partNumber(p)
		if len(p.Parts) > 0 || strings.HasPrefix(p.MediaType, "multipart/") && p.Body == nil {
			return
		}
		if p.Attachment && b.innerMail(p, where, depth) {
			return
		}
		if p.Attachment {
			b.attachment(p, where, depth)
		}
		b.content(p, where)
	})
}

// innerMail reads a part that is a mail itself, and reports whether it is one.
func (b *builder) innerMail(p *Part, where string, depth int) bool {
	isMail := p.MediaType == "message/rfc822" || p.MediaType == "message/global" || hasExtension(p.Name, "eml") && hasMailHeader(p.Body)
	if !isMail || len(p.Body) == 0 {
		return false
	}
	if depth >= b.limits.MessageDepth {
		b.problem(Problem{Code: ProblemLimit, Where: where, Detail: "mails in one another, deeper than is read"})
		return false
	}
	b.message(p.Body, where, depth+1)
	return true
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
	told := len(b.reader.problems)
	inner := b.reader.mail(raw)
	for i := told; i < len(b.reader.problems); i++ {
		p := &b.reader.problems[i]
		p.Where = strings.TrimSpace(where + " " + p.Where)
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
	at := place{where: where + " " + mediaWord(p.MediaType), role: RoleText, confidence: "medium"}
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
		b.page(p, text, where)
		if mayDrawCode(text) {
			b.drawn(qr.ReadTable(text, maxDrawnBytes), where)
		}
		if text == p.Text {
			text = p.pageText()
		} else {
			text = htmlText(text, b.limits.TextBytes)
		}
	}
	at.wraps = !isHTML
	b.seen.text(text, at)
	if strings.Contains(text, "█") || strings.Contains(text, "▀") || strings.Contains(text, "■") || strings.Contains(text, "##") {
		b.drawn(qr.ReadText(strings.Split(capText(text, maxDrawnBytes), "\n")), where)
	}
}

// maxDrawnBytes bounds the text in which codes drawn with characters or cells are
// looked for.
const maxDrawnBytes = 1 << 20

// mayDrawCode is a cheap test for pages with as many cells or boxes as the
// smallest code has runs of one colour: 21 rows of five and more.
func mayDrawCode(page string) bool {
	const least = 21 * 5
	cells := 0
	for _, tag := range [...]string{"<td", "<TD", "<div", "<DIV", "<span", "<SPAN", "<i ", "<b "} {
		if cells += strings.Count(page, tag); cells >= least {
			return true
		}
	}
	return false
}

// drawn records codes that are drawn without a picture, so that no filter of
// pictures sees them.
func (b *builder) drawn(codes []string, where string) {
	for _, code := range codes {
		b.code(code, where+" drawn QR code")
	}
}

// page searches what the scripts of a page put together: links, further pages, and
// files that the reader's browser is made to save.
func (b *builder) page(p *Part, text, where string) {
	if !b.seen.active {
		return // nothing in it runs
	}
	var o opened
	b.reader.openPage(&o, p, []byte(text), where)
	if len(o.links) == 0 && len(o.pages) == 0 && len(o.files) == 0 && o.text == "" && len(o.notes) == 0 {
		return
	}
	where += " script"
	b.inside(&o, where, 0)
	for i, f := range o.files {
		if a, ok := b.file(f, where+" > "+strconv.Itoa(i+1), 0, 1); ok {
			a.Notes = append(a.Notes, document.NoteSmuggling)
			slices.Sort(a.Notes)
			b.facts.Attachments = append(b.facts.Attachments, a)
		}
	}
	for _, n := range o.notes {
		if n == document.NoteSmuggling {
			b.problem(Problem{Code: ProblemSmuggling, Where: where, Detail: "a page that makes its reader's browser put a file together"})
		}
	}
}

// looksHTML is true for a text that begins as a page does.
func looksHTML(text string) bool {
	head := strings.ToLower(strings.TrimLeft(text[:min(len(text), 1<<10)], " \t\r\n\ufeff"))
	return strings.HasPrefix(head, "<!doctype html") || strings.HasPrefix(head, "<html") || strings.HasPrefix(head, "<head") ||
		strings.HasPrefix(head, "<body") || strings.HasPrefix(head, "<script") || strings.HasPrefix(head, "<svg") || strings.HasPrefix(head, "<meta")
}

// indicator adds one that has been through redaction.
func (b *builder) indicator(typ, value, role, confidence string, where []string, benign bool) {
	b.facts.Indicators = append(b.facts.Indicators, Indicator{
		Type: typ, Value: value, Defanged: defanged(typ, value), Pattern: searchPattern(value), Role: role, Where: where, Confidence: confidence, Benign: benign,
	})
}

// searchPattern is value with a "*" for each placeholder, "" if it has none.
func searchPattern(value string) string {
	if strings.IndexByte(value, '<') < 0 {
		return ""
	}
	pattern := value
	for _, p := range placeholders {
		pattern = strings.ReplaceAll(pattern, p, "*")
	}
	if pattern == value {
		return ""
	}
	return pattern
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
	if typ == TypeFilename {
		value = showDirections(value)
	}
	return Defang(value)
}

// indicators redacts what was observed and tells what is left of it. What is
// nothing without the redacted part is left out whole.
func (b *builder) indicators() {
	b.redact.cleared = b.redact.clear(b.seen.values())
	defer func() { b.redact.cleared, b.redact.hosts = false, nil }()
	for _, o := range b.seen.list {
		where := o.where[0]
		value, counts, verdict := o.value, redactions{}, urlTold
		switch o.typ {
		case TypeURL:
			if value, counts, verdict = b.redact.url(o.value); value != o.value && b.everybodys(value) {
				value = ""
			}
		case TypeDomain, TypeHelo, TypeDKIMDomain:
			host, v := b.redact.host(o.value, counts)
			if v == urlTold && host == o.value {
				host = b.redact.opaqueHost(host, counts)
			}
			if value, verdict = host, v; v == urlTold && host != o.value {
				value = registeredDomain(o.value)
			}
		case TypeEmail, TypeSender, TypeReplyTo:
			value, counts, verdict = b.address(o.value)
			if verdict == urlTold && value != o.value && !telling(value) {
				value = ""
			}
		case TypeFilename:
			if value, counts = b.redact.text(o.value); value != o.value && !telling(value) {
				value = ""
			}
		default:
			if s, c := b.redact.text(o.value); s != o.value {
				value, counts = "", c
			} else if o.typ == TypeQR {
				value = capRunes(value, b.limits.FactRunes)
			}
		}
		b.count(where, counts)
		if len(counts) > 0 || verdict != urlTold {
			b.touch(o.where...)
		}
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

// everybodys reports whether a URL from which something was left out lies at a
// service that many people use, so that what is left would fit all of theirs. The
// name that a service gave to one of its users is not the service.
func (b *builder) everybodys(url string) bool {
	p, ok := splitURL(url)
	if !ok || isTenant(p.host) {
		return false
	}
	if !isShared(p.host) {
		return false
	}
	b.problem(Problem{Code: ProblemToken, Where: "indicators", Detail: "a link at a service that many people use stands for one recipient, or looks like it; it was left out"})
	return true
}

// telling reports whether enough is left of a redacted value to search for: the
// domain of an address that is not everybody's, or a word of a file's name.
func telling(value string) bool {
	left := value
	for _, p := range placeholders {
		left = strings.ReplaceAll(left, p, "")
	}
	if local, domain, ok := cutLast(left, '@'); ok {
		return !isPublicProvider(domain) || len(local) >= 6
	}
	if dot := strings.LastIndexByte(left, '.'); dot >= 0 {
		left = left[:dot]
	}
	n := 0
	for _, r := range left {
		if unicode.IsLetter(r) {
			n++
			if r >= utf8.RuneSelf {
				n++ // a kanji says more than a letter
			}
		}
	}
	return n >= 4
}

// values are all that was observed, as it is searched for identities: each host
// once, in its own script too where it is in Punycode, and of URLs what is left.
func (o *observables) values() []string {
	all := make([]string, 0, 2*len(o.list))
	known := make(map[string]bool, len(o.list))
	add := func(v string) {
		if v != "" && !known[v] {
			known[v] = true
			all = append(all, v)
		}
	}
	host := func(h string) {
		add(h)
		if strings.Contains(h, "xn--") {
			add(hostUnicode(h))
		}
	}
	for _, seen := range o.list {
		switch seen.typ {
		case TypeURL:
			p, ok := splitURL(seen.value)
			if !ok {
				add(seen.value)
				continue
			}
			host(p.host)
			p.scheme, p.host, p.port = "", "", ""
			if rest := p.String(); rest != ":///" && rest != "://" {
				add(rest)
			}
		case TypeDomain, TypeHelo, TypeDKIMDomain:
			host(seen.value)
		default:
			if _, domain, ok := cutLast(seen.value, '@'); ok && strings.Contains(domain, "xn--") {
				add(hostUnicode(domain))
			}
			add(seen.value)
		}
	}
	return all
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
