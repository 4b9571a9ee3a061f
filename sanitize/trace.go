package sanitize

import (
	"net/netip"
	"strings"
)

// trace tells from where the mail entered the victims' network.
//
// Each server puts its trace field on top of those it found (RFC 5321 §4.4), so
// the topmost are the victims' own, and everything below the first that was
// written about a stranger may be forged by that stranger. The border is looked
// for from the top. A field is believed while the server that wrote it is of the
// victims' domains, or is the relay that the believed field above names as its
// client: a host that takes in mail for others, as a filtering service does, and
// so no stranger. The client of the last believed field is the sending host; its
// address was seen by a server that does not lie.
//
// Where a relay's own field cannot be told from the rest, the addresses below it
// are told with low confidence. Elsewhere nothing below the border is told:
// forging it costs nothing and could blame anybody.
func (b *builder) trace(h Header) {
	const (
		above = iota // among the victims' own servers
		lost         // behind a relay that wrote no field that can be told
		below
	)
	state, relay := above, ""
	fields := h.All("Received")
	for i, field := range fields {
		if i >= maxHops || state == below {
			break
		}
		hop := readHop(field)
		if hop.ownName(b.redact) {
			continue // from one of their own to another
		}
		own := b.redact.ownDomain(hop.by)
		believed := own || relay != "" && hop.by == relay
		if believed {
			// A relay would have written a field of its own.
			if relay = hop.relay(); relay != "" && i+1 < len(fields) {
				state = lost // until the relay's own field comes
				continue
			}
		}
		address, found := hop.client()
		if !found {
			continue
		}
		at := place{where: "header Received", role: RoleInfrastructure, confidence: "low"}
		switch {
		case believed:
			state, at.confidence = below, "high"
			b.seen.add(TypeSendingIP, address.String(), at, false)
			b.helo(hop.helo)
		case state != lost:
			continue
		}
		b.seen.ip(address, at)
	}
	for _, name := range originFields {
		for _, v := range h.All(name) {
			if a, err := netip.ParseAddr(strings.TrimPrefix(strings.ToLower(strings.Trim(cleanText(v, 100), "[]‹› ")), "ipv6:")); err == nil {
				b.seen.ip(a, place{where: "header " + name, role: RoleInfrastructure, confidence: "low"})
			}
		}
	}
}

// originFields name the address that a webmail or relay took the mail from.
var originFields = []string{"X-Originating-IP", "X-Sender-IP", "X-Source-IP", "X-Client-IP", "X-Originating-Client-IP", "X-MDRemoteIP"}

// helo records what the sending host called itself.
func (b *builder) helo(name string) {
	if name == "" {
		return
	}
	if !isPrivateHost(name) {
		b.seen.add(TypeHelo, name, place{where: "header Received", role: RoleInfrastructure, confidence: "low"}, false)
	}
}

// client is the address from which a hop took the mail, unless it is of no use
// outside a network.
func (h hop) client() (a netip.Addr, ok bool) {
	for _, a := range h.ips {
		if a = a.Unmap(); !isPrivateIP(a) {
			return a, true
		}
	}
	return a, false
}

// relay is the name of the client where that takes in mail for others, as far as
// its name tells, or "".
func (h hop) relay() string {
	if len(h.names) == 0 {
		return ""
	}
	if name := h.names[len(h.names)-1]; isRelayName(name) { // what the DNS called it is written last
		return name
	}
	return ""
}

// isRelayName is true for the usual names of servers that take in mail for
// others: mx1.example, inbound-smtp.example, filter.example.
func isRelayName(host string) bool {
	first, _, _ := strings.Cut(host, ".")
	first = strings.TrimRight(first, "0123456789-")
	for _, name := range []string{"mx", "mxs", "inbound", "incoming", "gateway", "gw", "filter", "antispam", "spam", "spamfilter", "mailfilter", "relay", "mailgw", "mailgate", "smtp-in", "mx-in", "in-mx", "mailhub", "edge"} {
		if first == name || strings.HasPrefix(first, name+"-") || strings.HasPrefix(first, name+"_") {
			return true
		}
	}
	return false
}

// maxSignatures bounds the DKIM signatures that are told of.
const maxSignatures = 5

// signatures records who signed the mail by his own words (RFC 6376 §3.5).
// Nothing is verified: keys are asked for over the network.
func (b *builder) signatures(h Header) {
	for i, v := range h.All("DKIM-Signature") {
		if i >= maxSignatures {
			return
		}
		var domain, selector string
		for _, tag := range strings.Split(v, ";") {
			name, value, _ := strings.Cut(tag, "=")
			value = strings.ToLower(strings.Join(strings.Fields(value), ""))
			switch strings.TrimSpace(name) {
			case "d":
				domain = value
			case "s":
				selector = value
			}
		}
		domain, ok := canonicalHost(domain)
		if !ok || isPrivateHost(domain) {
			continue
		}
		if b.redact.ownDomain(domain) {
			continue
		}
		at := place{where: "header DKIM-Signature", role: RoleSender, confidence: "low"}
		b.seen.add(TypeDKIMDomain, domain, at, isInfrastructure(domain))
		if validHost(selector) {
			b.seen.add(TypeDKIMSelector, selector, at, false)
		}
	}
}

// verdicts records what the receiver found out about the sender: of the topmost
// Authentication-Results, which the receiving server wrote, and of Received-SPF.
// A mail can hold forged ones below it.
func (b *builder) verdicts(h Header) {
	kinds := map[string]string{"spf": TypeSPF, "dkim": TypeDKIM, "dmarc": TypeDMARC}
	told := map[string]bool{}
	tell := func(kind, result, where string) {
		if typ := kinds[kind]; typ != "" && !told[typ] && authResults[result] {
			told[typ] = true
			b.seen.add(typ, result, place{where: where, role: RoleInfrastructure, confidence: "low"}, true)
		}
	}
	for _, v := range h.All("Authentication-Results") {
		plain, _ := withoutComments(withoutQuotes(v))
		for i, clause := range strings.Split(plain, ";") {
			words := strings.Fields(clause)
			if i == 0 || len(words) == 0 { // the authserv-id
				if len(words) == 0 || !strings.Contains(words[0], "=") {
					continue // Microsoft's has no authserv-id
				}
			}
			method, result, ok := strings.Cut(strings.ToLower(words[0]), "=")
			method, _, _ = strings.Cut(method, "/")
			if ok {
				tell(method, result, "header Authentication-Results")
			}
		}
		break
	}
	if v := strings.Fields(strings.ToLower(h.Get("Received-SPF"))); len(v) > 0 {
		tell("spf", v[0], "header Received-SPF")
	}
}

var authResults = stringSet("none pass fail softfail neutral policy temperror permerror bestguesspass")

// withoutQuotes empties the quoted strings of a value: what stands in them is
// the attacker's.
func withoutQuotes(v string) string {
	if strings.IndexByte(v, '"') < 0 {
		return v
	}
	var b strings.Builder
	inQuotes := false
	for i := 0; i < len(v); i++ {
		switch {
		case v[i] == '\\':
			i++
		case v[i] == '"':
			inQuotes = !inQuotes
		case !inQuotes:
			b.WriteByte(v[i])
		}
	}
	return b.String()
}
