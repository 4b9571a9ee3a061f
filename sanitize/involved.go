package sanitize

// memberIndex finds the member that a domain or an address belongs to.
type memberIndex struct {
	owner map[string]string
	names map[string][]Identity // by owner
}

func newMemberIndex(registry []Identity) memberIndex {
	m := memberIndex{owner: map[string]string{}, names: map[string][]Identity{}}
	for _, id := range registry {
		if id.Owner == "" || id.Owner == OwnerHub {
			continue
		}
		m.names[id.Owner] = append(m.names[id.Owner], id)
		if id.Kind == IdentityDomain || id.Kind == IdentityAddress {
			m.owner[id.folded().Value] = id.Owner
		}
	}
	return m
}

// involved are the identities of every member of which something was learned: it
// reported, or it was attacked.
func (m memberIndex) involved(learned []Identity) []Identity {
	var out []Identity
	done := map[string]bool{}
	for _, id := range learned {
		if id.Kind != IdentityDomain && id.Kind != IdentityAddress {
			continue
		}
		owner := m.owner[id.folded().Value]
		if owner == "" || done[owner] {
			continue
		}
		done[owner] = true
		for _, name := range m.names[owner] {
			name.Involved = true
			out = append(out, name)
		}
	}
	return out
}
