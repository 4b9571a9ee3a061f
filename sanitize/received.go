package sanitize

import (
	"net/netip"
	"strings"
)

// maxHops bounds the trace fields that are read.
const maxHops = 50

// maxHopBytes is how much of one is read.
const maxHopBytes = 4000

// hop is what a trace field says: who took the mail, and from whom.
type hop struct {
	by    string
	helo  string       // what the sending host called itself, where it is a name
	names []string     // what the sending host called itself and what the DNS called it
	byIPs []netip.Addr // of the host that took it
	ips   []netip.Addr // its addresses, in the order written
	to    string       // the address in "for"
	id    string       // under which the host queued it
}

// hopWords are the words of a trace field; "(", ")" and ";" are words of their own,
// "<" and ">" are blanks.
func hopWords(field string) []string {
	words := make([]string, 0, 40)
	start := -1
	for i := 0; i <= len(field); i++ {
		c := byte(' ')
		if i < len(field) {
			c = field[i]
		}
		sign := c == '(' || c == ')' || c == ';'
		if c > ' ' && c != '<' && c != '>' && !sign {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 {
			words = append(words, strings.Fields(cleanText(field[start:i], 0))...)
			start = -1
		}
		if sign {
			words = append(words, field[i:i+1])
		}
	}
	return words
}

// readHop reads a Received field (RFC 5321 §4.4) leniently: by its words.
func readHop(field string) hop {
	words := hopWords(field[:min(len(field), maxHopBytes)])
	var h hop
	clause := ""
	for i, w := range words {
		lower := strings.ToLower(w)
		switch lower {
		case "from", "by", "with", "id", "via", ";":
			clause = lower
			continue
		case "for":
			clause = lower
			if i+1 < len(words) {
				h.to = strings.ToLower(strings.Trim(words[i+1], ",;"))
			}
			continue
		}
		switch clause {
		case "id":
			if h.id == "" {
				h.id = strings.Trim(w, ",")
			}
		case "by":
			if h.by == "" {
				h.by = hostASCII(strings.Trim(lower, ",[]"))
			}
			if a, ok := addressLiteral(strings.TrimPrefix(strings.Trim(lower, "[],"), "ipv6:")); ok {
				h.byIPs = append(h.byIPs, a)
			}
		case "from":
			if strings.HasPrefix(lower, "helo=") || i > 0 && strings.EqualFold(words[i-1], "from") {
				if name := hostASCII(strings.TrimPrefix(strings.Trim(lower, ","), "helo=")); validHost(name) && strings.Contains(name, ".") {
					h.helo = name
				}
			}
			literal := strings.TrimPrefix(strings.TrimPrefix(strings.Trim(lower, "[],"), "helo="), "ipv6:")
			if a, ok := addressLiteral(literal); ok {
				h.ips = append(h.ips, a)
			} else if host := hostASCII(literal); validHost(host) && strings.Contains(host, ".") {
				h.names = append(h.names, host)
			}
		}
	}
	return h
}

// addressLiteral reads an address as trace fields have it.
func addressLiteral(s string) (a netip.Addr, ok bool) { return parseIP(strings.Trim(s, "[]")) }

// ownName reports whether the sending host is one of the victims' own.
func (h hop) ownName(r *redactor) bool {
	for _, n := range h.names {
		if r.ownDomain(n) {
			return true
		}
	}
	return false
}
