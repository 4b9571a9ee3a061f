package ingest

import (
	"net/mail"
	"strconv"
	"strings"
	"time"

	"kairan/sanitize"
)

// staleAfter is how long a report may have been under way. Mail servers give up
// after five days (RFC 5321 §4.5.4.1); what is older was sent by somebody who kept
// it.
const staleAfter = 7 * 24 * time.Hour

const reasonStale = "it was written more than 7 days before it arrived: an old report, sent again"

// stale returns why a report may be an old one that somebody kept and sends
// again, "" when nothing says so. A signature that was good once is good for ever,
// and whoever was told of a report may have got hold of it.
//
// The times are those of the author's Date field and of every signature of domain
// (RFC 6376 §3.5, "t="), which is there for signatures that leave Date out. They
// are compared with the time at which our server says it took the mail, not with
// the clock, so that a mailbox that was not read for a while holds nothing back.
// Without that nothing is compared.
func stale(header sanitize.Header, domain, authservID string) (reason string) {
	arrived, ok := arrival(header, authservID)
	if !ok {
		return ""
	}
	limit := arrived.Add(-staleAfter)
	dates, _ := header.Named("date")
	for _, d := range dates {
		if written, ok := mailTime(d); ok && written.Before(limit) {
			return reasonStale
		}
	}
	signatures, _ := header.Named("dkim-signature")
	for _, s := range signatures {
		signer, signed := signature(s)
		if !signed.IsZero() && signed.Before(limit) && aligned(domain, signer) {
			return reasonStale
		}
	}
	return ""
}

// arrival is the time at which the server that signs its verdicts with authservID,
// or another of the same domain, took the mail. Of several such fields the topmost
// counts: those below it may have come with the mail.
func arrival(header sanitize.Header, authservID string) (time.Time, bool) {
	received, _ := header.Named("received")
	for _, r := range received {
		i := strings.LastIndexByte(r, ';')
		if i < 0 || !takenBy(r[:i], authservID) {
			continue
		}
		return mailTime(r[i+1:])
	}
	return time.Time{}, false
}

// takenBy reports whether a Received field names the server as the one that wrote
// it (RFC 5321 §4.4). A client chooses its own name in the field, which may be "by"
// too, so every "by" is looked at.
func takenBy(trace, server string) bool {
	words := strings.Fields(strings.ToLower(trace))
	for i, w := range words[:max(len(words)-1, 0)] {
		if by := words[i+1]; w == "by" && (by == strings.ToLower(server) || sanitize.IsDomain(by) && aligned(by, server)) {
			return true
		}
	}
	return false
}

func mailTime(value string) (time.Time, bool) {
	t, err := mail.ParseDate(strings.TrimSpace(value))
	return t, err == nil
}

// signature reads who signed and when from a DKIM-Signature field; the time is
// zero where it does not say.
func signature(value string) (domain string, signed time.Time) {
	for tag := range strings.SplitSeq(value, ";") {
		name, v, _ := strings.Cut(tag, "=")
		v = strings.Join(strings.Fields(v), "") // white space may stand in it (RFC 6376 §3.2)
		switch strings.TrimSpace(name) {
		case "d":
			domain = v
		case "t":
			if n, err := strconv.ParseUint(v, 10, 40); err == nil { // up to the year 36812
				signed = time.Unix(int64(n), 0)
			}
		}
	}
	return domain, signed
}
