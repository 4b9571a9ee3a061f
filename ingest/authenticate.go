package ingest

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/net/publicsuffix"

	"kairan/sanitize"
	"kairan/store"
)

// Authenticator decides whether a report's sender is believed.
//
// It checks no signature itself. The mail server that put the mail into the
// mailbox did, and said so in an Authentication-Results field; that field is
// believed when it is the topmost of its kind and bears the server's own name,
// because a server writes it above all that the sender wrote and removes what
// the sender wrote in its name (RFC 8601 §5). Where a mail passes several
// checkers, the last of them must therefore write the one field that counts.
type Authenticator struct {
	// AuthservID is the name by which our mail server signs its verdicts (setting
	// ingest.authserv_id), compared without regard to case. Empty means that
	// nobody is believed.
	AuthservID string
	// Known returns the member for whom an address may report. The address has
	// its domain in lower case and its local part as the sender wrote it. Nil
	// means that nobody is known.
	Known func(ctx context.Context, address string) (store.MemberID, bool, error)
}

// Verdict is what an Authenticator found.
type Verdict struct {
	OK bool
	// Address is the reporter's address, with its domain in lower case, and Member
	// whom it reports for. Both are empty unless OK, so that nobody writes to an
	// address that the sender merely claims.
	Address string
	Member  store.MemberID
	// Reason says why not, for an operator; "" when OK. It is constant text but
	// for our own settings: it holds nothing that the sender wrote.
	Reason string
}

// Authenticate judges the header of a report. The sender must be named by
// exactly one From field with one mailbox, the mail server must have passed
// DMARC for that mailbox's domain, or DKIM for a domain aligned with it, the mail
// must not be an old one sent again, and the address must be known. The error is
// that of Known.
func (a Authenticator) Authenticate(ctx context.Context, header sanitize.Header) (Verdict, error) {
	if a.AuthservID == "" {
		return Verdict{Reason: "the setting ingest.authserv_id is empty, so no sender is believed"}, nil
	}
	address, domain, reason := sanitize.Sender(header)
	if reason != "" {
		return Verdict{Reason: reason}, nil
	}
	if reason := a.vouched(header, domain); reason != "" {
		return Verdict{Reason: reason}, nil
	}
	if reason := stale(header, domain, a.AuthservID); reason != "" {
		return Verdict{Reason: reason}, nil
	}
	if a.Known == nil {
		return Verdict{Reason: reasonUnknown}, nil
	}
	member, known, err := a.Known(ctx, address)
	switch {
	case err != nil:
		return Verdict{}, err
	case !known:
		return Verdict{Reason: reasonUnknown}, nil
	}
	return Verdict{OK: true, Address: address, Member: member}, nil
}

const reasonUnknown = "the sender is no known reporter"

// vouched returns "" when our mail server says that the mail comes from domain,
// otherwise why not.
func (a Authenticator) vouched(header sanitize.Header, domain string) (reason string) {
	fields, odd := header.Named("authentication-results")
	switch {
	case odd:
		return "the name of an Authentication-Results field is misspelt"
	case len(fields) == 0:
		return "the mail server wrote no Authentication-Results field"
	}
	id, results, err := parseAuthResults(fields[0])
	if err != nil {
		return "the topmost Authentication-Results field cannot be read: " + err.Error()
	}
	if !strings.EqualFold(id, a.AuthservID) {
		return fmt.Sprintf("the topmost Authentication-Results field is not by %q (setting ingest.authserv_id)", a.AuthservID)
	}

	passed := false
	for _, r := range results {
		switch r.Method {
		case "dmarc":
			switch r.Result {
			case "pass":
				if !strings.EqualFold(r.prop("header", "from"), domain) {
					return "DMARC passed for another domain than that of From"
				}
				passed = true
			case "none", "temperror", "permerror": // no policy to be had; DKIM may still vouch
			default:
				return "DMARC did not pass"
			}
		case "dkim":
			if r.Result == "pass" && aligned(domain, r.prop("header", "d")) {
				passed = true
			}
		}
	}
	if !passed {
		return "neither DMARC nor an aligned DKIM signature passed"
	}
	return ""
}

// aligned is DMARC's relaxed alignment (RFC 7489 §3.1.1): the two domains belong
// to the same organisation.
func aligned(from, signer string) bool {
	signer = strings.ToLower(signer)
	if !sanitize.IsDomain(signer) {
		return false
	}
	if from == signer {
		return true
	}
	a, errA := publicsuffix.EffectiveTLDPlusOne(from)
	b, errB := publicsuffix.EffectiveTLDPlusOne(signer)
	return errA == nil && errB == nil && a == b
}
