package sanitize

import (
	"net/netip"
	"strings"
)

// feedback is what the machine-readable part of an abuse report says (ARF, RFC
// 5965 §3): whom the mail was for, and from where the reporter's server took it.
type feedback struct {
	recipients []string
	source     netip.Addr
}

// feedbackOf finds the feedback report in a mail; ok is false for any other mail.
func feedbackOf(outer *Part) (f feedback, ok bool) {
	outer.walkShown(func(p *Part) {
		if p.MediaType != "message/feedback-report" {
			return
		}
		ok = true
		h := ReadHeader(p.Body, DefaultLimits())
		for _, name := range []string{"Original-Rcpt-To", "Removal-Recipient"} {
			for _, v := range h.All(name) {
				for _, m := range ParseMailboxes(v) {
					f.recipients = append(f.recipients, m.Address)
				}
			}
		}
		if a, err := netip.ParseAddr(strings.Trim(strings.TrimSpace(h.Get("Source-IP")), "[]")); err == nil {
			f.source = a.Unmap()
		}
	})
	return f, ok
}

// isHeaderPart is true for an original of which an abuse report holds the header
// alone (RFC 5965 §2 d, RFC 6522 §4).
func isHeaderPart(p *Part) bool {
	return p.MediaType == "text/rfc822-headers" && hasMailHeader(p.Body)
}
