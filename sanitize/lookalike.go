package sanitize

import "math/bits"

// lookalikes finds members' names that were written with a letter or two wrong, as
// attackers register them: "hekire1-denryoku" for "hekirei-denryoku".
type lookalikes struct {
	words []string
	masks []uint64 // the letters of each word
}

// Names of fewer bytes have neighbours that are words of their own.
const (
	oneWrongFrom = 8
	twoWrongFrom = 12
	maxLookalike = 64 // bits of a word, and bytes of a label (RFC 1035 §2.3.4)
)

func newLookalikes(words []string) *lookalikes {
	l := &lookalikes{}
	for _, w := range words {
		if len(w) >= oneWrongFrom && len(w) <= maxLookalike && isASCII(w) {
			l.words = append(l.words, w)
			l.masks = append(l.masks, letterMask(w))
		}
	}
	return l
}

// letterMask has a bit for each letter and digit in s.
func letterMask(s string) (m uint64) {
	for i := 0; i < len(s); i++ {
		m |= 1 << (s[i] & 63)
	}
	return m
}

// in reports whether label is nearly one of the words.
func (l *lookalikes) in(label string) bool {
	if len(label) < oneWrongFrom-1 || len(label) > maxLookalike {
		return false
	}
	mask := letterMask(label)
	for i, w := range l.words {
		allowed := 1
		if len(w) >= twoWrongFrom {
			allowed = 2
		}
		// A wrong letter changes at most two bits: it is most cheaply seen here that
		// nearly no word is alike.
		if d := len(w) - len(label); d > allowed || -d > allowed || bits.OnesCount64(mask^l.masks[i]) > 2*allowed {
			continue
		}
		if distance(label, w) <= allowed {
			return true
		}
	}
	return false
}

// distance is how many letters of b must be changed, left out or added to make a
// (Levenshtein); b has at most 64 bytes. It goes over a once (Myers, A fast
// bit-vector algorithm, 1999).
func distance(a, b string) int {
	if b == "" {
		return len(a)
	}
	var at [256]uint64
	for i := 0; i < len(b); i++ {
		at[b[i]] |= 1 << i
	}
	plus, minus := ^uint64(0), uint64(0)
	last := uint64(1) << (len(b) - 1)
	d := len(b)
	for i := 0; i < len(a); i++ {
		eq := at[a[i]]
		xv := eq | minus
		xh := (((eq & plus) + plus) ^ plus) | eq
		ph := minus | ^(xh | plus)
		mh := plus & xh
		if ph&last != 0 {
			d++
		}
		if mh&last != 0 {
			d--
		}
		ph = ph<<1 | 1
		mh <<= 1
		plus = mh | ^(xv | ph)
		minus = ph & xv
	}
	return d
}
