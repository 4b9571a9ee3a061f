package sanitize

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sender returns the one mailbox of the one From field, with its domain in lower
// case, or why there is none, in constant text. It is for deciding who sent a
// mail, so it refuses whatever two programs could read in two ways.
func Sender(header Header) (address, domain, reason string) {
	switch from, odd := header.Named("from"); {
	case odd:
		return "", "", "the name of the From field is misspelt"
	case len(from) != 1:
		return "", "", fmt.Sprintf("there are %d From fields, not one", len(from))
	default:
		address, domain, ok := ParseMailbox(from[0])
		if !ok {
			return "", "", "the From field does not hold exactly one mailbox in a plain form"
		}
		return address, domain, ""
	}
}

// Named returns the values of the fields with a name (given in lower
// case), topmost first. odd is true when some field's name is that name only
// after dropping spaces, control characters and the like: other programs may
// take it for the real one, so nobody can say who the sender is.
func (h Header) Named(name string) (values []string, odd bool) {
	for _, f := range h {
		switch {
		case strings.EqualFold(f.Name, name):
			values = append(values, f.Value)
		case strings.EqualFold(strings.Map(visibleASCII, f.Name), name):
			odd = true
		}
	}
	return values, odd
}

func visibleASCII(r rune) rune {
	if '!' <= r && r <= '~' {
		return r
	}
	return -1
}

// ParseMailbox reads the value of a From field that holds exactly one mailbox,
// "taro@member.example", "<taro@member.example>" or with a display name before
// the bracket. domain comes back in lower case, also in address.
//
// RFC 5322 allows much more: groups, lists, routes, comments, quoted local parts,
// domain literals, white space around the dots. Mail programs disagree about each
// of them, and an honest reporter's program writes none, so all of them are
// refused. So are encoded words inside the address.
func ParseMailbox(value string) (address, domain string, ok bool) {
	const maxBytes = 2000 // two lines at their longest
	value = strings.Trim(value, " \t")
	if len(value) > maxBytes || !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) {
		return "", "", false
	}
	spec := value
	if strings.HasSuffix(value, ">") {
		rest, ok := skipDisplayName(value)
		if !ok || rest[0] != '<' {
			return "", "", false
		}
		spec = rest[1 : len(rest)-1]
	}
	local, domain, found := strings.Cut(spec, "@")
	domain = strings.ToLower(domain)
	if !found || !isDotAtom(local) || len(local) > 64 || strings.Contains(local, "=?") || !IsDomain(domain) {
		return "", "", false
	}
	return local + "@" + domain, domain, true
}

// skipDisplayName returns what follows the words before the "<". ok is false
// when something else than words stands there. Dots between words are let pass
// (RFC 5322 §4.1, obs-phrase: "Taro Y. Yamada"), and so is UTF-8.
func skipDisplayName(s string) (rest string, ok bool) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '<':
			return s[i:], true
		case c == '"':
			for i++; i < len(s) && s[i] != '"'; i++ {
				if s[i] == '\\' {
					i++
				}
			}
			if i >= len(s) {
				return "", false
			}
		case c == ' ', c == '\t', c == '.', isAtom(c), c >= utf8.RuneSelf:
		default:
			return "", false
		}
	}
	return "", false
}

// isDotAtom is dot-atom-text of RFC 5322 §3.2.3.
func isDotAtom(s string) bool {
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" {
			return false
		}
		for i := range len(atom) {
			if !isAtom(atom[i]) {
				return false
			}
		}
	}
	return true
}

// IsDomain reports whether s is a host name in lower case with at least two labels (RFC 1123 §2.1),
// internationalised ones in their ASCII form.
func IsDomain(s string) bool {
	if len(s) > 253 || !strings.Contains(s, ".") {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if c := label[i]; !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-') {
				return false
			}
		}
	}
	return true
}

// isAtom is atext of RFC 5322 §3.2.3.
func isAtom(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0
}

// ReadHeader reads the header at the beginning of a mail, as [Read] does, and
// nothing of the body.
func ReadHeader(raw []byte, limits Limits) Header {
	h, _ := newReader(limits).readHeader(raw, true, "")
	return h
}
