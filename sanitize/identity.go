package sanitize

import (
	"time"

	"kairan/sanitize/envelope"
)

// IdentityKind says what sort of name an [Identity] is; it decides which
// spellings of it are searched for and which placeholder replaces it.
type IdentityKind string

// Kinds of identity, each with the placeholder that replaces it.
const (
	IdentityAddress      IdentityKind = "address"      // <recipient-address>
	IdentityDomain       IdentityKind = "domain"       // <recipient-domain>
	IdentityOrganisation IdentityKind = "organisation" // <organisation>
	IdentityPerson       IdentityKind = "person"       // <person>
	IdentityHost         IdentityKind = "host"         // <internal-host>
	IdentityToken        IdentityKind = "token"        // <recipient-token>
)

// Placeholder is the constant text that stands for an identity of this kind.
// It is never a hash or a pseudonym: a stable token would link two attacks on
// one victim.
func (k IdentityKind) Placeholder() string {
	switch k {
	case IdentityAddress:
		return "<recipient-address>"
	case IdentityDomain:
		return "<recipient-domain>"
	case IdentityOrganisation:
		return "<organisation>"
	case IdentityPerson:
		return "<person>"
	case IdentityHost:
		return "<internal-host>"
	}
	return "<recipient-token>"
}

// Identity is a name of a reporter, a member or a victim. It is a secret of the
// hub.
type Identity struct {
	Kind  IdentityKind `json:"kind"`
	Value string       `json:"value"`
	// Owner tells the operator whose it is: a member's id, "reporter" or
	// "victim".
	Owner string `json:"owner,omitempty"`
	// Involved says that it belongs to the member that reported or was attacked:
	// then even a name that is a common word counts wherever it stands.
	Involved bool `json:"involved,omitempty"`
}

// strict reports whether the identity's name counts however common a word it is.
func (id Identity) strict() bool {
	return id.Involved || id.Owner == OwnerReporter || id.Owner == OwnerVictim
}

// Policy is what Sanitize is told besides the mail.
type Policy struct {
	// Registry holds every identity of every member and of the hub itself.
	Registry []Identity `json:"registry"`
	// Learned holds the identities found in the report at hand.
	Learned []Identity `json:"learned"`
	// TimeGrain is what times are truncated to. Zero means an hour.
	TimeGrain time.Duration `json:"time_grain"`
	Limits    Limits        `json:"limits"`
	// Passwords are tried on archives, after those that stand in the report and in
	// the original. They are used and nowhere told.
	Passwords []string `json:"passwords,omitempty"`
	// Keys open reports that were encrypted to the hub. They are secrets.
	Keys envelope.Keys `json:"keys,omitzero"`
	// Tokens asks that what looks like made for one recipient is replaced too, though
	// nothing tells whose it is. A hub wants it: who sent the token knows.
	Tokens bool `json:"tokens,omitempty"`
	// Body asks for Sanitized.Body.
	Body bool `json:"body,omitempty"`

	// compiled is what Compile made of Registry, or nil.
	compiled *compiled
}

// Compile prepares the registry for searching, which takes a fraction of a second
// for some thousand members, so that Sanitize need not do it for each original.
// The registry must not be changed afterwards.
func (p Policy) Compile() Policy {
	p.compiled = compile(p.Registry)
	return p
}

// WithoutHub is ids without what belongs to the hub itself according to registry
// (Owner "hub"): a report is addressed to the hub, so Learn finds the hub's own
// mailbox and domain in it and cannot know them.
func WithoutHub(ids, registry []Identity) []Identity {
	hub := map[Identity]bool{}
	for _, id := range registry {
		if id.Owner == OwnerHub {
			hub[id.folded()] = true
		}
	}
	if len(hub) == 0 {
		return ids
	}
	out := make([]Identity, 0, len(ids))
	for _, id := range ids {
		if !hub[id.folded()] {
			out = append(out, id)
		}
	}
	return out
}

// folded is the identity for comparing: its kind, and its value as it is searched
// for.
func (id Identity) folded() Identity {
	value, _ := foldString(id.Value)
	return Identity{Kind: id.Kind, Value: value}
}

// Owners of identities that are not members.
const (
	OwnerHub      = "hub"      // the hub: its own name stands in every notice
	OwnerReporter = "reporter" // who sent the report at hand
	OwnerVictim   = "victim"   // whom the original was sent to
)

// Leak is an identity found where it must not be. It names its kind, owner and
// place, never its value.
type Leak struct {
	Kind  IdentityKind `json:"kind"`
	Owner string       `json:"owner"`
	// Where is a place a person can find: "header Subject", "part 1 line 12".
	Where string `json:"where"`
	// How is the encoding that hid it: "plain", "base64", "percent", ...
	How string `json:"how"`
	// Around is what stands about it, decoded, with the identity itself: for the
	// operator who decides, and for no log, ledger or output.
	Around string `json:"-"`
}

// Same reports whether two leaks are the same hit.
func (l Leak) Same(other Leak) bool {
	l.Around, other.Around = "", ""
	return l == other
}

// String is the leak without what stands about it.
func (l Leak) String() string {
	return string(l.Kind) + " of " + l.Owner + " in " + l.Where + ", " + l.How
}
