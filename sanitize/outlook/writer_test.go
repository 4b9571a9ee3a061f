package outlook

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"
	"time"
	"unicode/utf16"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
)

// This file writes .msg files and TNEF streams for the tests, no more of the
// formats than they need.

// node is a storage or a stream of a compound file.
type node struct {
	name string
	data []byte
	kids []*node // of a storage, which has no data
	dir  bool
}

func storage(name string, kids ...*node) *node { return &node{name: name, kids: kids, dir: true} }
func stream(name string, data []byte) *node    { return &node{name: name, data: data} }
func join(lists ...[]*node) (all []*node) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}
func le16(b []byte, v uint16) []byte { return binary.LittleEndian.AppendUint16(b, v) }
func le32(b []byte, v uint32) []byte { return binary.LittleEndian.AppendUint32(b, v) }
func pad(b []byte, to int) []byte    { return append(b, make([]byte, (to-len(b)%to)%to)...) }

// compoundFile writes a compound file of version 3 ([MS-CFB]). The siblings of a
// storage form a tree that leans to the right.
func compoundFile(root []*node) []byte {
	const none, end, fatSector = 0xffffffff, 0xfffffffe, 0xfffffffd
	var sectors, mini []byte
	var fat, miniFAT []uint32
	store := func(b []byte) uint32 {
		if len(b) == 0 {
			return end
		}
		start := uint32(len(fat))
		sectors = append(sectors, pad(bytes.Clone(b), 512)...)
		for n := uint32(len(sectors) / 512); uint32(len(fat)) < n; {
			fat = append(fat, uint32(len(fat))+1)
		}
		fat[len(fat)-1] = end
		return start
	}
	var entries [][]byte
	var add func(n *node, kind byte) uint32
	add = func(n *node, kind byte) uint32 {
		i := uint32(len(entries))
		e := make([]byte, 128)
		entries = append(entries, e)
		units := utf16.Encode([]rune(n.name))
		for j, u := range units {
			binary.LittleEndian.PutUint16(e[2*j:], u)
		}
		binary.LittleEndian.PutUint16(e[64:], uint16(2*len(units)+2))
		e[66] = kind
		start := uint32(end)
		if n.dir {
			start = 0
		} else if len(n.data) >= 4096 {
			start = store(n.data)
		} else if len(n.data) > 0 {
			start = uint32(len(miniFAT))
			mini = append(mini, pad(bytes.Clone(n.data), 64)...)
			for len(miniFAT) < len(mini)/64 {
				miniFAT = append(miniFAT, uint32(len(miniFAT))+1)
			}
			miniFAT[len(miniFAT)-1] = end
		}
		child, last := uint32(none), uint32(none)
		for _, kid := range n.kids {
			kind := byte(kindStream)
			if kid.dir {
				kind = kindStorage
			}
			k := add(kid, kind)
			if last == none {
				child = k
			} else {
				binary.LittleEndian.PutUint32(entries[last][72:], k)
			}
			last = k
		}
		binary.LittleEndian.PutUint32(e[68:], none)
		binary.LittleEndian.PutUint32(e[72:], none)
		binary.LittleEndian.PutUint32(e[76:], child)
		binary.LittleEndian.PutUint32(e[116:], start)
		binary.LittleEndian.PutUint32(e[120:], uint32(len(n.data)))
		return i
	}
	add(&node{name: "Root Entry", kids: root, dir: true}, kindRoot)
	binary.LittleEndian.PutUint32(entries[0][116:], store(mini))
	binary.LittleEndian.PutUint32(entries[0][120:], uint32(len(mini)))
	var table []byte
	for _, n := range miniFAT {
		table = le32(table, n)
	}
	miniStart := store(table)
	dirStart := store(bytes.Join(entries, nil))
	fatStart := len(fat)
	for n := 0; n*128 < len(fat); n++ {
		fat = append(fat, fatSector) // the table describes its own sectors too
	}
	h := make([]byte, 76, 512)
	copy(h, compoundMagic)
	binary.LittleEndian.PutUint16(h[24:], 0x3e)
	binary.LittleEndian.PutUint16(h[26:], 3)
	binary.LittleEndian.PutUint16(h[28:], 0xfffe)
	binary.LittleEndian.PutUint16(h[30:], 9)
	binary.LittleEndian.PutUint16(h[32:], 6)
	binary.LittleEndian.PutUint32(h[44:], uint32(len(fat)-fatStart))
	binary.LittleEndian.PutUint32(h[48:], dirStart)
	binary.LittleEndian.PutUint32(h[56:], 4096)
	binary.LittleEndian.PutUint32(h[60:], miniStart)
	binary.LittleEndian.PutUint32(h[64:], uint32((len(table)+511)/512))
	binary.LittleEndian.PutUint32(h[68:], end)
	for i := range 109 {
		n := uint32(none)
		if fatStart+i < len(fat) {
			n = uint32(fatStart + i)
		}
		h = le32(h, n)
	}
	for _, n := range fat {
		sectors = le32(sectors, n)
	}
	for len(sectors)%512 != 0 {
		sectors = le32(sectors, none)
	}
	return append(h, sectors...)
}

// prop is a property: value is a string, []byte, int, bool or time.Time.
type prop struct {
	id    uint16
	value any
}

// in says that a string is stored in a code page rather than as Unicode.
type in struct {
	s string
	e encoding.Encoding
}

// encode gives a property's type and bytes.
func (p prop) encode() (kind uint16, b []byte) {
	switch v := p.value.(type) {
	case string:
		for _, u := range utf16.Encode([]rune(v)) {
			b = le16(b, u)
		}
		return typeString, b
	case in:
		b := []byte(v.s)
		if v.e != nil {
			var err error
			if b, err = v.e.NewEncoder().Bytes(b); err != nil {
				panic(fmt.Sprintf("the test's own text %q cannot be encoded: %v", v.s, err))
			}
		}
		return typeString8, b
	case []byte:
		return typeBinary, v
	case int:
		return typeInteger32, le32(nil, uint32(v))
	case bool:
		if v {
			return typeBoolean, []byte{1, 0, 0, 0}
		}
		return typeBoolean, []byte{0, 0, 0, 0}
	case time.Time:
		return typeTime, binary.LittleEndian.AppendUint64(nil, uint64(v.Unix()+11644473600)*1e7)
	}
	panic("the test has a property of a type that is not written")
}

// msgList writes a list of properties as the streams of a .msg file.
func msgList(header int, list ...prop) []*node {
	fixed := make([]byte, header)
	var nodes []*node
	for _, p := range list {
		kind, b := p.encode()
		fixed = le32(le16(le16(fixed, kind), p.id), 6)
		if fixedSize(kind) > 0 {
			fixed = pad(append(fixed, b...), 8)
			continue
		}
		fixed = le32(le32(fixed, uint32(len(b))), 0)
		nodes = append(nodes, stream(fmt.Sprintf("%s%04X%04X", valuePrefix, p.id, kind), b))
	}
	return append(nodes, stream(propertiesStream, fixed))
}

func msgRecipient(n int, list ...prop) []*node {
	return []*node{storage(fmt.Sprintf("%s%08X", recipientPrefix, n), msgList(headerOfOther, list...)...)}
}

func msgAttachment(n int, list ...prop) []*node {
	return []*node{storage(fmt.Sprintf("%s%08X", attachmentPrefix, n), msgList(headerOfOther, list...)...)}
}

// msgEmbedded is an attachment that is a message: its streams are inside.
func msgEmbedded(n int, name string, inside []*node) []*node {
	a := msgAttachment(n, prop{propDisplayName, name}, prop{propAttachMethod, methodEmbedded})
	a[0].kids = append(a[0].kids, storage(valuePrefix+"3701000D", inside...))
	return a
}

// attribute writes an attribute of a TNEF stream.
func attribute(level byte, name uint16, data []byte) []byte {
	b := le32(le16(le16([]byte{level}, name), 6), uint32(len(data)))
	return le16(append(b, data...), checksum(data))
}

// tnefStream writes a TNEF stream.
func tnefStream(attributes ...[]byte) []byte {
	return append(le16(le32(nil, tnefMagic), 1), bytes.Join(attributes, nil)...)
}

// tnefList writes a list of properties.
func tnefList(list ...prop) []byte {
	b := le32(nil, uint32(len(list)))
	for _, p := range list {
		kind, v := p.encode()
		b = le16(le16(b, kind), p.id)
		if fixedSize(kind) == 0 {
			b = le32(le32(b, 1), uint32(len(v)))
		}
		b = pad(append(b, v...), 4)
	}
	return b
}

var sjis = japanese.ShiftJIS

// problem reports whether one of that code was told.
func problem(m Message, code string) bool {
	for _, p := range m.Problems {
		if p.Code == code {
			return true
		}
	}
	return false
}

func mustReadMsg(t *testing.T, b []byte, l Limits) Message {
	t.Helper()
	m, err := ReadMsg(b, l)
	if err != nil {
		t.Fatalf("ReadMsg: %v", err)
	}
	return m
}

func mustReadTNEF(t *testing.T, b []byte, l Limits) Message {
	t.Helper()
	m, err := ReadTNEF(b, l)
	if err != nil {
		t.Fatalf("ReadTNEF: %v", err)
	}
	return m
}
