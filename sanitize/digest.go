package sanitize

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strings"
)

// hashedAddress is an address or a domain whose digests are searched for,
// because attackers put them into links to learn who clicked.
type hashedAddress struct {
	value string
	kind  IdentityKind
	owner string
}

// digestSet finds the digests of addresses in runs of hex digits.
type digestSet struct {
	addresses []hashedAddress
	entries   []digestEntry // sorted
	starts    []int32       // by the first two bytes: where they begin in entries; nil for few
	// short holds the CRC-32 of each address. Only a run of exactly eight digits
	// counts, since one in 200,000 runs would match by chance.
	short map[uint32]int32
}

// digestEntry is the beginning of a digest: enough that nothing else begins
// alike.
type digestEntry struct {
	head [16]byte
	of   int32
}

const (
	fewDigests     = 4096 // below that many entries a table of their starts does not pay
	minDigestHex   = 8    // fewest digits believed where a run of hex begins
	innerDigestHex = 16   // and in the midst of one
)

func newDigestSet(addresses []hashedAddress) *digestSet {
	d := &digestSet{addresses: addresses, short: make(map[uint32]int32, len(addresses))}
	d.entries = make([]digestEntry, 0, 8*len(addresses))
	for i, a := range addresses {
		lower := strings.ToLower(a.value)
		d.short[crc32.ChecksumIEEE([]byte(lower))] = int32(i)
		for _, v := range []string{lower, strings.ToUpper(a.value)} {
			b := []byte(v)
			m, s1, s2, s5 := md5.Sum(b), sha1.Sum(b), sha256.Sum256(b), sha512.Sum512(b)
			for _, sum := range [][]byte{m[:], s1[:], s2[:], s5[:]} {
				d.entries = append(d.entries, digestEntry{[16]byte(sum[:16]), int32(i)})
			}
		}
	}
	slices.SortFunc(d.entries, func(a, b digestEntry) int { return bytes.Compare(a.head[:], b.head[:]) })
	if len(d.entries) < fewDigests {
		return d
	}
	d.starts = make([]int32, 1<<16+1)
	for _, e := range d.entries {
		d.starts[int(binary.BigEndian.Uint16(e.head[:]))+1]++
	}
	for i := range 1 << 16 {
		d.starts[i+1] += d.starts[i]
	}
	return d
}

// after is the first entry not below head.
func (d *digestSet) after(head [16]byte) int {
	if d.starts == nil {
		i, _ := slices.BinarySearchFunc(d.entries, head, func(e digestEntry, head [16]byte) int { return bytes.Compare(e.head[:], head[:]) })
		return i
	}
	first := binary.BigEndian.Uint16(head[:])
	lo, hi := d.starts[first], d.starts[int(first)+1]
	for lo < hi && bytes.Compare(d.entries[lo].head[:], head[:]) < 0 {
		lo++
	}
	return int(lo)
}

// find looks for a digest of which run, a maximal run of hex digits, is or holds
// the beginning, or the whole. Time is linear in the run's length.
func (d *digestSet) find(run string) (hashedAddress, bool) {
	if len(d.addresses) == 0 || len(run) < minDigestHex {
		return hashedAddress{}, false
	}
	if len(run) == 8 {
		if v, ok := hexUint32(run); ok {
			if i, ok := d.short[v]; ok {
				return d.addresses[i], true
			}
		}
	}
	for i := 0; i+minDigestHex <= len(run); i++ {
		least := innerDigestHex
		if i == 0 {
			least = minDigestHex
		}
		if len(run)-i < least {
			break
		}
		if j, ok := d.begins(run[i:], least); ok {
			return d.addresses[j], true
		}
	}
	return hashedAddress{}, false
}

// mayHoldDigest is true for the length of decoded bytes that may be a digest, or
// hold one behind what stands before it in a path.
func mayHoldDigest(n int) bool { return n >= md5.Size && n <= 2*sha512.Size }

// findRaw looks for a digest in b.
func (d *digestSet) findRaw(b []byte) (hashedAddress, bool) {
	if !mayHoldDigest(len(b)) || len(d.addresses) == 0 {
		return hashedAddress{}, false
	}
	for ; len(b) >= 16; b = b[1:] {
		head := [16]byte(b[:16])
		if i := d.after(head); i < len(d.entries) && d.entries[i].head == head {
			return d.addresses[d.entries[i].of], true
		}
	}
	return hashedAddress{}, false
}

// begins finds the entry with which hex agrees as far as both go, which must be
// at least least digits.
func (d *digestSet) begins(hex string, least int) (int32, bool) {
	hex = hex[:min(len(hex), 32)]
	var want [16]byte
	for i := 0; i < len(hex); i++ {
		v, ok := hexDigit(hex[i])
		if !ok {
			return 0, false
		}
		want[i/2] |= v << (4 * (1 - i%2))
	}
	i := d.after(want)
	if i == len(d.entries) || len(hex) < least {
		return 0, false
	}
	e := &d.entries[i]
	n := len(hex)
	if !bytes.Equal(e.head[:n/2], want[:n/2]) || n%2 == 1 && e.head[n/2]>>4 != want[n/2]>>4 {
		return 0, false
	}
	return e.of, true
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

func hexUint32(s string) (uint32, bool) {
	var b [4]byte
	for i := 0; i < 8; i++ {
		v, ok := hexDigit(s[i])
		if !ok {
			return 0, false
		}
		b[i/2] |= v << (4 * (1 - i%2))
	}
	return binary.BigEndian.Uint32(b[:]), true
}
