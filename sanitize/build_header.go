package sanitize

import (
	"strings"
)

// header takes the facts of the original's own header.
func (b *builder) header(h Header) {
	subject := h.Text("Subject")
	if b.redact.tokens {
		subject = withoutTags(cleanText(subject, 0))
	}
	if b.facts.Subject = b.fact(subject, "header Subject"); b.facts.Subject != "" {
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
			if b.facts.ReturnPathDomain = b.senderDomain(domain, "header Return-Path"); b.facts.ReturnPathDomain != "" {
				b.returnPath(m.Address)
			}
		}
	}
	b.trace(h)
	b.facts.Date = coarseDate(h.Get("Date"), b.grain)
	for _, name := range []string{"X-Mailer", "User-Agent"} {
		if b.facts.Mailer == "" {
			b.facts.Mailer = b.fact(h.Text(name), "header "+name)
			b.claim(TypeMailer, h.Text(name), "header "+name)
		}
	}
	b.messageID(h)
	b.elsewhere(h)
	b.signatures(h)
	b.verdicts(h)
	b.memberSender(h)
}

// memberSender tells of a mail that came from a member's or a victim's own mailbox,
// as far as one can see: another member's domain, or the victim's own with a pass
// from the server that took the mail. What it says of the attacker would say who
// was broken into, so a person decides. A mail in the victim's own name without
// that is merely forged, as many are.
func (b *builder) memberSender(h Header) {
	passed := false
	for _, typ := range []string{TypeDMARC, TypeDKIM} {
		passed = passed || b.seen.index[observableKey{typ, "pass"}] != nil
	}
	for i, m := range h.Mailboxes("From") {
		_, domain, ok := cutLast(strings.ToLower(m.Address), '@')
		if !ok || i >= maxSenders {
			continue
		}
		if victims := b.redact.victims(domain); victims && passed || !victims && b.redact.ownDomain(domain) {
			b.counts[Redaction{Kind: ProblemMemberSender, Where: "header From"}]++
			b.problem(Problem{Code: ProblemMemberSender, Where: "header From", Detail: "it seems to come from a member's or a victim's own mailbox; the sender was left out"})
			return
		}
	}
}

// headerValues are the values that header tells at once. What it adds to what was
// observed is searched with that.
func headerValues(h Header) []string {
	var all []string
	for _, f := range h {
		switch strings.ToLower(f.Name) {
		case "subject", "from", "sender", "reply-to", "return-path", "message-id", "x-mailer", "user-agent":
			all = append(all, decodeWords(f.Value))
		}
	}
	return all
}

// claim records a value of a field that the attacker's program wrote, unless
// something in it had to be redacted: half of it is nothing to search for.
func (b *builder) claim(typ, value, where string) {
	value = cleanText(value, b.limits.FieldBytes)
	// The whole of it: half a name would not be recognised.
	told, _ := b.redact.text(value)
	if told == value && value != "" {
		b.indicator(typ, capRunes(value, b.limits.FactRunes), RoleSender, "low", []string{where}, false)
	}
}

// elsewhere records the addresses and URLs that the attacker put into other
// fields. Those that servers on the way write are left out.
func (b *builder) elsewhere(h Header) {
	for _, name := range []string{"Disposition-Notification-To", "Return-Receipt-To", "Errors-To", "X-Sender", "X-Original-From", "X-From", "X-Reply-To", "X-Errors-To"} {
		for i, m := range h.Mailboxes(name) {
			if i >= maxSenders {
				break
			}
			if m.Address != "" {
				b.seen.address(m.Address, TypeEmail, place{where: "header " + name, role: RoleSender, confidence: "low"})
			}
		}
	}
	for _, f := range h {
		if !strings.Contains(f.Value, "://") && !strings.Contains(f.Value, "=?") {
			continue
		}
		name := strings.ToLower(f.Name)
		if strings.HasPrefix(name, "list-") || strings.HasPrefix(name, "x-") && !serverFields(name) || ownFields[name] {
			b.seen.urls(refang(cleanText(decodeWords(strings.NewReplacer("<", " ", ">", " ").Replace(f.Value)), 0)), place{where: "header " + fieldWord(f.Name), role: RoleText, confidence: "low"})
		}
	}
}

// ownFields are fields without "X-" whose author is the sender.
var ownFields = stringSet("subject from comments keywords content-location content-base content-description feedback-id errors-to")

// serverFields is true for the fields in which servers and their filters talk
// about themselves.
func serverFields(name string) bool {
	for _, part := range []string{"abuse", "complaint", "spam", "virus", "scan", "received", "ms-exchange", "microsoft", "forefront", "proofpoint", "barracuda", "mimecast", "csa", "dkim", "arc", "policy", "ironport", "fireeye", "trend", "sophos"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// messageID records the Message-ID if the attacker's program made it, and not a
// server of the victim's that found none, nor one that carries the victim's
// address.
func (b *builder) messageID(h Header) {
	id := strings.Trim(cleanText(h.Get("Message-ID"), 998), "‹› ")
	_, domain, ok := cutLast(id, '@')
	if !ok || b.redact.ownDomain(strings.ToLower(domain)) {
		return
	}
	_, _, verdict := b.address(id)
	switch {
	case verdict != urlTold:
	case b.redact.tokens:
		// It is one of a kind: whoever made it knows which mail it was.
		if told := IdentityToken.Placeholder() + "@" + b.redact.opaqueHost(strings.ToLower(domain), redactions{}); telling(told) {
			b.indicator(TypeMessageID, told, RoleSender, "low", []string{"header Message-ID"}, false)
		}
	default:
		b.claim(TypeMessageID, id, "header Message-ID")
	}
}

// returnPath records the envelope sender, unless its local part was made for one
// recipient.
func (b *builder) returnPath(address string) {
	local, domain, _ := cutLast(cleanText(address, 320), '@')
	domain, ok := canonicalHost(domain)
	if !ok || local == "" {
		return
	}
	address = local + "@" + domain
	if redacted, _, verdict := b.address(address); verdict == urlTold && redacted == address {
		b.seen.add(TypeReturnPath, address, place{where: "header Return-Path", role: RoleSender, confidence: "medium"}, false)
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
	if told.Name = b.fact(m.Name, where); typ == TypeSender {
		b.claim(TypeDisplayName, m.Name, where)
	}
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
	if !isPublicProvider(domain) && b.redact.memberLike(domain) {
		return "", counts, urlMemberLike
	}
	if told, _ := b.redact.text(address); told == IdentityAddress.Placeholder() {
		return "", counts, urlOwn // not an attacker's address that merely holds one
	}
	host, verdict := b.redact.host(domain, counts)
	if verdict != urlTold {
		return "", counts, verdict
	}
	local = b.redact.opaque(b.redact.component(local, counts), tokenInPath, counts)
	return local + "@" + host, counts, urlTold
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
