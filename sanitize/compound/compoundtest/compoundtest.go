// Package compoundtest writes compound files ([MS-CFB]) for tests, no more of the
// format than they need. Its files are well formed but for one thing: the siblings
// of a storage form a tree that leans to the right, in the order they are given.
package compoundtest

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// Node is a storage or a stream.
type Node struct {
	Name    string
	Data    []byte
	Class   string // 16 bytes of CLSID, or ""
	Kids    []*Node
	Storage bool
}

// Storage is a storage with what it holds.
func Storage(name string, kids ...*Node) *Node { return &Node{Name: name, Kids: kids, Storage: true} }

// Stream is a stream with its bytes.
func Stream(name string, data []byte) *Node { return &Node{Name: name, Data: data} }

// File writes a compound file of version 3, with sectors of 512 bytes. After the
// header come the streams, the mini stream and its table, the directory, the
// sectors that list those of the FAT if the header does not suffice, and the FAT.
func File(root ...*Node) []byte { return write(root, 3, 512) }

// FileV4 does the same in version 4, with sectors of 4,096 bytes.
func FileV4(root ...*Node) []byte { return write(root, 4, 4096) }

const (
	free        = 0xffffffff
	endOfChain  = 0xfffffffe
	fatSector   = 0xfffffffd
	difatSector = 0xfffffffc

	miniCutoff = 4096
	inHeader   = 109 // sectors of the FAT that the header lists
)

func write(root []*Node, version uint16, sector int) []byte {
	w := &writer{sector: sector}
	w.add(&Node{Name: "Root Entry", Kids: root, Storage: true}, 5)
	put32(w.entries[0], 116, w.store(w.mini))
	put32(w.entries[0], 120, uint32(len(w.mini)))
	table := numbers(w.miniFAT)
	miniStart := w.store(table)
	dirStart := w.store(bytes.Join(w.entries, nil))

	// The table describes its own sectors too, and those that list them.
	per := sector / 4
	fats, difats := 0, 0
	for {
		all := len(w.fat) + fats + difats
		f := (all + per - 1) / per
		d := (max(f-inHeader, 0) + per - 2) / (per - 1)
		if f == fats && d == difats {
			break
		}
		fats, difats = f, d
	}
	difatStart := len(w.fat)
	fatStart := difatStart + difats
	for range difats {
		w.fat = append(w.fat, difatSector)
	}
	for range fats {
		w.fat = append(w.fat, fatSector)
	}
	list := make([]uint32, 0, fats)
	for i := range fats {
		list = append(list, uint32(fatStart+i))
	}
	for len(list) < inHeader {
		list = append(list, free)
	}

	h := make([]byte, 76, sector)
	copy(h, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	shift := uint16(9)
	if sector == 4096 {
		shift = 12
	}
	for off, v := range map[int]uint16{24: 0x3e, 26: version, 28: 0xfffe, 30: shift, 32: 6} {
		binary.LittleEndian.PutUint16(h[off:], v)
	}
	put32(h, 44, uint32(fats))
	put32(h, 48, dirStart)
	put32(h, 56, miniCutoff)
	put32(h, 60, miniStart)
	put32(h, 64, uint32((len(table)+sector-1)/sector))
	put32(h, 68, endOfChain)
	if difats > 0 {
		put32(h, 68, uint32(difatStart))
	}
	put32(h, 72, uint32(difats))
	h = append(h, numbers(list[:inHeader])...)
	h = append(h, make([]byte, sector-len(h))...)

	b := append(h, w.sectors...)
	list = list[inHeader:]
	for i := range difats {
		n := min(len(list), per-1)
		piece := append([]uint32(nil), list[:n]...)
		list = list[n:]
		for len(piece) < per-1 {
			piece = append(piece, free)
		}
		next := uint32(endOfChain)
		if i+1 < difats {
			next = uint32(difatStart + i + 1)
		}
		b = append(b, numbers(append(piece, next))...)
	}
	for len(w.fat) < fats*per {
		w.fat = append(w.fat, free)
	}
	return append(b, numbers(w.fat)...)
}

type writer struct {
	sector        int
	sectors, mini []byte
	fat, miniFAT  []uint32
	entries       [][]byte
}

// store puts bytes into sectors in a row and gives the first.
func (w *writer) store(b []byte) uint32 {
	var start uint32
	w.sectors, w.fat, start = chained(w.sectors, w.fat, b, w.sector)
	return start
}

func chained(sectors []byte, table []uint32, b []byte, size int) ([]byte, []uint32, uint32) {
	if len(b) == 0 {
		return sectors, table, endOfChain
	}
	start := uint32(len(table))
	sectors = append(sectors, b...)
	sectors = append(sectors, make([]byte, (size-len(b)%size)%size)...)
	for len(table) < len(sectors)/size {
		table = append(table, uint32(len(table))+1)
	}
	table[len(table)-1] = endOfChain
	return sectors, table, start
}

// add writes the line of a node and of all it holds, and gives its index.
func (w *writer) add(n *Node, kind byte) uint32 {
	i := uint32(len(w.entries))
	e := make([]byte, 128)
	w.entries = append(w.entries, e)
	units := utf16.Encode([]rune(n.Name))
	for j, u := range units {
		binary.LittleEndian.PutUint16(e[2*j:], u)
	}
	binary.LittleEndian.PutUint16(e[64:], uint16(2*len(units)+2))
	e[66] = kind
	copy(e[80:96], n.Class)
	start := uint32(endOfChain)
	switch {
	case n.Storage:
		start = 0
	case len(n.Data) >= miniCutoff:
		start = w.store(n.Data)
	default:
		w.mini, w.miniFAT, start = chained(w.mini, w.miniFAT, n.Data, 64)
	}
	child, last := uint32(free), uint32(free)
	for _, kid := range n.Kids {
		kind := byte(2)
		if kid.Storage {
			kind = 1
		}
		k := w.add(kid, kind)
		if last == free {
			child = k
		} else {
			put32(w.entries[last], 72, k)
		}
		last = k
	}
	put32(e, 68, free)
	put32(e, 72, free)
	put32(e, 76, child)
	put32(e, 116, start)
	put32(e, 120, uint32(len(n.Data)))
	return i
}

func put32(b []byte, off int, v uint32) { binary.LittleEndian.PutUint32(b[off:], v) }

func numbers(list []uint32) (b []byte) {
	for _, n := range list {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	return b
}
