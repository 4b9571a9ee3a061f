package sanitize

import (
	"encoding/base64"
	"regexp"
	"strings"
)

// traces learns from the fields that the reporter's and the victims' own servers
// and programs write: none of them is ever told, but an attacker who has seen one,
// in a reply to an earlier mail for instance, can put it into a link or a name.
func (l *learner) traces(h Header, owner string) {
	l.received(h, owner)
	for _, name := range []string{"In-Reply-To", "References", "Message-ID", "Resent-Message-ID"} {
		l.messageIDs(h.Get(name), owner)
	}
	if index := strings.Join(strings.Fields(h.Get("Thread-Index")), ""); len(index) >= 30 {
		// A time, then the number of the conversation ([MS-OXOMSG] §2.2.1.3).
		if b, err := base64.StdEncoding.DecodeString(index); err == nil && len(b) >= 22 {
			l.add(IdentityToken, index, owner)
			l.add(IdentityToken, base64.StdEncoding.EncodeToString(b[:22])[:28], owner)
		}
	}
	for _, f := range h {
		name := strings.ToLower(f.Name)
		switch {
		case strings.HasPrefix(name, "x-ms-") || strings.HasPrefix(name, "x-microsoft-"):
			for _, w := range strings.FieldsFunc(f.Value, func(r rune) bool { return r > 'z' || !tokenByte(byte(r)) }) {
				if isUUID(w) && strings.Trim(w, "0-") != "" {
					l.add(IdentityToken, w, owner)
				}
			}
		case strings.HasPrefix(name, "list-") && name != "list-unsubscribe" && name != "list-unsubscribe-post", name == "x-ml-name", name == "x-mailing-list", name == "x-loop":
			l.list(f.Value, owner)
		}
	}
}

// messageIDs learns the identifiers that were made at a known domain: mails that
// the victim wrote, or that its servers gave a number (RFC 5322 §3.6.4).
func (l *learner) messageIDs(field, owner string) {
	for i, id := range strings.FieldsFunc(field, func(r rune) bool { return r == '<' || r == '>' || r <= ' ' || r == ',' }) {
		if i >= maxMessageIDs {
			return
		}
		local, domain, ok := cutLast(id, '@')
		if !ok || !l.knows(hostASCII(domain)) {
			continue
		}
		l.add(IdentityToken, id, owner)
		if len(local) >= 8 {
			l.add(IdentityToken, local, owner)
		}
		if validHost(hostASCII(domain)) {
			l.add(IdentityHost, hostASCII(domain), owner)
		}
	}
}

const maxMessageIDs = 30

// list learns the name of a mailing list at a known domain, whose tag stands in
// subjects: "[csirt-all:00123]".
func (l *learner) list(value, owner string) {
	for _, w := range strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune("<>,; \t\"", r) }) {
		w = strings.ToLower(strings.TrimPrefix(w, "mailto:"))
		if local, domain, ok := cutLast(w, '@'); ok {
			if l.knows(hostASCII(domain)) {
				l.address(w, owner)
				l.listName(local, owner)
			}
			continue
		}
		if name, domain, ok := strings.Cut(w, "."); ok && l.knows(hostASCII(domain)) {
			l.listName(name, owner)
		} else if !ok {
			l.listName(w, owner)
		}
	}
}

func (l *learner) listName(name, owner string) {
	if len(name) >= 3 && !commonWords[name] && strings.Trim(name, "0123456789") != "" {
		l.add(IdentityToken, name, owner)
	}
}

// received learns from the trace fields: for whom a server took the mail, the
// victims' own hosts and their addresses, and the numbers under which they queued
// it (RFC 5321 §4.4).
func (l *learner) received(h Header, owner string) {
	for i, field := range h.All("Received") {
		if i >= maxHops {
			break
		}
		hop := readHop(field)
		if hop.to != "" && !l.attackers[hop.to] {
			l.address(hop.to, OwnerVictim)
		}
		own := false
		for _, host := range hop.names {
			if validHost(host) && (l.knows(host) || isInternalHost(host)) {
				own = true
				l.add(IdentityHost, host, owner)
			}
		}
		if validHost(hop.by) && (l.knows(hop.by) || isInternalHost(hop.by)) {
			l.add(IdentityHost, hop.by, owner)
			if len(hop.id) >= 8 && hop.id != strings.Trim(hop.id, "0123456789") {
				l.add(IdentityToken, hop.id, owner)
			}
		}
		taker := l.knows(hop.by) || isInternalHost(hop.by)
		for _, a := range hop.byIPs {
			if taker && !a.IsLoopback() {
				l.add(IdentityHost, a.Unmap().String(), owner)
			}
		}
		for _, a := range hop.ips {
			if own || isPrivateIP(a) && !a.IsLoopback() && !a.IsUnspecified() {
				l.add(IdentityHost, a.Unmap().String(), owner)
			}
		}
	}
}

// isInternalHost reports whether host is a name that only one network has.
func isInternalHost(host string) bool {
	return strings.Contains(host, ".") && isPrivateHost(host) && !under(host, "localhost")
}

// How people in Japan write telephone numbers (the plan of the ministry:
// 0, then nine or ten digits), with the country's number or without.
var telephone = regexp.MustCompile(`(?:^|[^0-9A-Za-z])((?:\+81[-\s]?|0)(?:\(0\))?(\d{1,4})[-()\s.]{1,2}(\d{1,4})[-)\s.](\d{3,4}))(?:$|[^0-9A-Za-z])`)

// maxTelephones bounds those of one report.
const maxTelephones = 10

// ownWords learns from what the reporter wrote above the mail: the telephone
// numbers and the organisation of the signature.
func (l *learner) ownWords(text string) {
	text = text[:min(len(text), ownWordsBytes)]
	for _, m := range telephone.FindAllStringSubmatch(foldWidth(text), maxTelephones) {
		m = m[1:]
		digits := m[1] + m[2] + m[3]
		if len(digits) < 8 || len(digits) > 10 {
			continue
		}
		for _, v := range []string{"0" + m[1] + "-" + m[2] + "-" + m[3], "0" + digits, "+81" + digits, "81-" + m[1] + "-" + m[2] + "-" + m[3]} {
			l.add(IdentityToken, v, OwnerReporter)
		}
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if i+signatureLines < len(lines) && !aboutSomebody(lines[i:min(i+4, len(lines))]) {
			continue
		}
		if name := organisationIn(line); name != "" && aboutSomebody(lines[max(0, i-5):min(i+6, len(lines))]) {
			l.add(IdentityOrganisation, name, OwnerReporter)
		}
	}
}

const (
	ownWordsBytes  = 32 << 10
	signatureLines = 12 // of a signature, at the end of a text
)

// aboutSomebody reports whether lines hold what a signature does: a telephone
// number, an address, a postal code.
func aboutSomebody(lines []string) bool {
	for _, line := range lines {
		line = foldWidth(line)
		if strings.Contains(line, "〒") || strings.Contains(line, "@") || strings.Contains(line, "TEL") || strings.Contains(line, "Tel") || telephone.MatchString(line) {
			return true
		}
	}
	return false
}

// organisationIn is the line if it is an organisation's name, by its legal form:
// a signature has it on a line of its own, a sentence does not end with it.
func organisationIn(line string) string {
	line = strings.Trim(line, " \t　-=*_/|:：・■◆●□")
	if line == "" || len(line) > 120 || strings.ContainsAny(line, "。、，") {
		return ""
	}
	// "株式会社青空 情報システム部": the first word is the name.
	first := line
	if i := strings.IndexAny(line, " 　\t/"); i > 0 {
		first = line[:i]
	}
	if withoutLegalForm(first) != first && hasLegalForm(first) {
		return first
	}
	if bare := withoutLegalForm(line); bare != line && isASCII(line) {
		return line
	}
	return ""
}

// hasLegalForm reports whether a name has a Japanese company's legal form.
func hasLegalForm(name string) bool {
	for _, f := range legalForms {
		if strings.HasPrefix(name, f) || strings.HasSuffix(name, f) {
			return true
		}
	}
	return false
}
