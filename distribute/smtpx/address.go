package smtpx

import (
	"errors"
	"strings"
)

// Limits of RFC 5321 §4.5.3.1, in bytes. A path is at most 256 with its angle
// brackets, so an address is at most 254.
const (
	maxAddress = 254
	maxLocal   = 64
	maxLabel   = 63
)

// ValidAddress reports why s cannot be used as an SMTP address, or nil. It
// accepts less than the standards do: a dot-atom, "@", and a domain of at least
// two labels, all in ASCII. Quoted local parts, comments, source routes, address
// literals and SMTPUTF8 are refused, because what no grammar of a mail server
// reads differently from ours cannot smuggle a command or a parameter
// (go-smtp's client writes whatever has no line end, such as
// "a@b.example> NOTIFY=NEVER <c"). The error does not contain s.
func ValidAddress(s string) error {
	if len(s) > maxAddress {
		return errors.New("the address is longer than 254 bytes")
	}
	local, domain, ok := strings.Cut(s, "@")
	if !ok {
		return errors.New("the address has no @")
	}
	if local == "" || len(local) > maxLocal {
		return errors.New("the part before @ must have 1 to 64 characters")
	}
	for atom := range strings.SplitSeq(local, ".") {
		if atom == "" {
			return errors.New("the part before @ begins or ends with a dot or has two in a row")
		}
		for i := range len(atom) {
			if !isAtext(atom[i]) {
				return errors.New("the part before @ has a character that is not allowed without quotes")
			}
		}
	}
	return validDomain(domain)
}

// validDomain accepts a fully qualified host name (RFC 1123 §2.1).
func validDomain(s string) error {
	if len(s) > 253 {
		return errors.New("the domain is longer than 253 bytes")
	}
	labels, last := 0, ""
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > maxLabel {
			return errors.New("each part of the domain must have 1 to 63 characters")
		}
		if label[0] == '-' || label[len(label)-1] == '-' {
			return errors.New("a part of the domain begins or ends with a hyphen")
		}
		for i := range len(label) {
			if c := label[i]; !isAlnum(c) && c != '-' {
				return errors.New("the domain has a character that is not a letter, digit or hyphen (write it in its xn-- form)")
			}
		}
		labels, last = labels+1, label
	}
	if labels < 2 {
		return errors.New("the domain must have at least two parts")
	}
	if strings.Trim(last, "0123456789") == "" {
		return errors.New("the domain ends with a number, like an IP address")
	}
	return nil
}

func isAlnum(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// isAtext is atext of RFC 5322 §3.2.3.
func isAtext(c byte) bool {
	return isAlnum(c) || strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0
}
