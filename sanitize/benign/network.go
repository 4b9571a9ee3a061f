package benign

import (
	"encoding/binary"
	"net/netip"
	"slices"
)

// networks are address ranges, for each tier a table of its own.
type networks [Infrastructure + 1][]span

// span is a range of addresses, both ends included, as IPv6 has them (IPv4 ones
// as ::ffff:0:0/96).
type span struct {
	first, last address
	list        int32
}

// address is an IPv6 address as a number.
type address struct{ high, low uint64 }

func addressOf(a netip.Addr) address {
	b := a.As16()
	return address{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}

func (a address) compare(b address) int {
	switch {
	case a.high < b.high || a.high == b.high && a.low < b.low:
		return -1
	case a == b:
		return 0
	}
	return 1
}

func spanOf(p netip.Prefix, list int32) span {
	bits := p.Bits()
	if p.Addr().Is4() {
		bits += 96
	}
	first := addressOf(p.Masked().Addr())
	last := first
	if bits < 64 {
		last.high |= ^uint64(0) >> bits
		last.low = ^uint64(0)
	} else if bits < 128 {
		last.low |= ^uint64(0) >> (bits - 64)
	}
	return span{first, last, list}
}

// add puts spans into the table of a tier. Prefixes are nested or apart, never
// half across each other, so what lies in another one is left out and the table
// stays sorted and without overlaps.
func (n *networks) add(tier Tier, spans []span) {
	if len(spans) == 0 {
		return
	}
	all := append(slices.Clone(n[tier]), spans...)
	slices.SortStableFunc(all, func(a, b span) int {
		if c := a.first.compare(b.first); c != 0 {
			return c
		}
		return b.last.compare(a.last) // the larger first
	})
	kept := all[:0]
	for _, s := range all {
		if len(kept) > 0 && s.last.compare(kept[len(kept)-1].last) <= 0 {
			continue
		}
		kept = append(kept, s)
	}
	n[tier] = kept
}

// find is the mark of the highest tier that has a.
func (n *networks) find(a netip.Addr) mark {
	want := addressOf(a)
	for tier := Infrastructure; tier > None; tier-- {
		table := n[tier]
		lo, hi := 0, len(table)
		for lo < hi {
			mid := int(uint(lo+hi) >> 1)
			if table[mid].last.compare(want) < 0 {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		if lo < len(table) && table[lo].first.compare(want) <= 0 {
			return mark{tier, table[lo].list}
		}
	}
	return mark{}
}
