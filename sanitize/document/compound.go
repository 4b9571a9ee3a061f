package document

import (
	"encoding/binary"
	"strings"
)

// This reads compound files ([MS-CFB]) in place of github.com/richardlehane/mscfb
// 1.0.9, which keeps the whole path with every entry before they can be counted
// (10,000 storages in one another, 1.3 MB, cost it 800 MB) and refuses a file for
// one broken pointer that Office steps over. An attacker's file may have both.

const (
	compoundMagic = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

	endOfChain = 0xfffffffe
	miniCutoff = 4096 // a shorter stream lies in the mini stream
	miniSector = 64
	dirEntry   = 128

	kindStorage = 1
	kindStream  = 2
	kindRoot    = 5
)

// compound is a compound file with its directory.
type compound struct {
	b             []byte
	sectorSize    int
	fat           []uint32 // the sectors that hold the FAT
	entries       []entry
	mini, miniFAT []byte
	limited       bool // the directory is longer than what was read of it
}

// entry is a storage or a stream.
type entry struct {
	name               string
	kind               byte
	class              [16]byte // CLSID as it is stored
	left, right, child uint32
	start              uint32
	size               int
	parent             int // -1 where none has it as a child
}

// openCompound reads the tables of a compound file, and of its directory as many
// entries as allowed.
func openCompound(b []byte, entries int) (*compound, bool) {
	if len(b) < 512 || string(b[:8]) != compoundMagic {
		return nil, false
	}
	u32 := func(off int) uint32 { return binary.LittleEndian.Uint32(b[off:]) }
	c := &compound{b: b, sectorSize: 512}
	if binary.LittleEndian.Uint16(b[30:]) == 12 {
		c.sectorSize = 4096
	}
	c.readFAT(u32(68))
	dir := c.chain(u32(48), (entries+1)*dirEntry)
	if len(dir) > entries*dirEntry {
		c.limited, dir = true, dir[:entries*dirEntry]
	}
	c.readDirectory(dir)
	if len(c.entries) == 0 {
		return nil, false
	}
	c.mini = c.chain(c.entries[0].start, c.entries[0].size)
	c.miniFAT = c.chain(u32(60), (len(c.mini)/miniSector+1)*4)
	return c, true
}

// readFAT finds the sectors of the FAT: 109 are named in the header, the rest in
// sectors of their own ([MS-CFB] §2.5). No more are kept than describe the sectors
// that the file has, which also ends a loop.
func (c *compound) readFAT(next uint32) {
	per := c.sectorSize / 4
	need := len(c.b)/c.sectorSize/per + 1
	add := func(list []byte) {
		for ; len(list) >= 4 && len(c.fat) < need; list = list[4:] {
			c.fat = append(c.fat, binary.LittleEndian.Uint32(list))
		}
	}
	add(c.b[76:512])
	for len(c.fat) < need {
		s := c.sector(next)
		if len(s) < c.sectorSize {
			return
		}
		add(s[:c.sectorSize-4])
		next = binary.LittleEndian.Uint32(s[c.sectorSize-4:])
	}
}

func (c *compound) sector(n uint32) []byte {
	off := (int64(n) + 1) * int64(c.sectorSize)
	if off >= int64(len(c.b)) {
		return nil
	}
	return c.b[off:min(off+int64(c.sectorSize), int64(len(c.b)))]
}

func (c *compound) next(n uint32) uint32 {
	per := uint32(c.sectorSize / 4)
	if n/per >= uint32(len(c.fat)) {
		return endOfChain
	}
	s := c.sector(c.fat[n/per])
	if i := int(n%per) * 4; i+4 <= len(s) {
		return binary.LittleEndian.Uint32(s[i:])
	}
	return endOfChain
}

// chain gives up to size bytes of the sectors from n on. They are not copied where
// they lie in a row. None is longer than the file, so one that loops ends there.
func (c *compound) chain(n uint32, size int) []byte {
	size = min(size, len(c.b))
	var data, run []byte
	copied, runEnd := false, int64(-1)
	for got := 0; got < size; {
		s := c.sector(n)
		if len(s) == 0 {
			break
		}
		off := (int64(n) + 1) * int64(c.sectorSize)
		if off == runEnd {
			run = c.b[runEnd-int64(len(run)) : off+int64(len(s))]
		} else {
			if run != nil {
				data, copied = append(data, run...), true
			}
			run = s
		}
		runEnd = off + int64(len(s))
		got += len(s)
		n = c.next(n)
	}
	if copied {
		data = append(data, run...)
	} else {
		data = run
	}
	return data[:min(len(data), size):min(len(data), size)]
}

func (c *compound) miniChain(n uint32, size int) []byte {
	size = min(size, len(c.mini))
	data := make([]byte, 0, size)
	for len(data) < size {
		off := int64(n) * miniSector
		if off >= int64(len(c.mini)) {
			break
		}
		data = append(data, c.mini[off:min(off+miniSector, off+int64(size-len(data)), int64(len(c.mini)))]...)
		if i := int64(n) * 4; i+4 <= int64(len(c.miniFAT)) {
			n = binary.LittleEndian.Uint32(c.miniFAT[i:])
		} else {
			break
		}
	}
	return data
}

// readDirectory reads the entries ([MS-CFB] §2.6) and whose child each is.
func (c *compound) readDirectory(dir []byte) {
	for ; len(dir) >= dirEntry; dir = dir[dirEntry:] {
		u32 := func(off int) uint32 { return binary.LittleEndian.Uint32(dir[off:]) }
		e := entry{kind: dir[66], left: u32(68), right: u32(72), child: u32(76), start: u32(116), parent: -1}
		e.size = int(min(u32(120), uint32(min(len(c.b), 1<<31-1))))
		copy(e.class[:], dir[80:96])
		n := min(int(binary.LittleEndian.Uint16(dir[64:])), 64) &^ 1
		e.name = strings.TrimRight(utf16z(dir[:n]), "\x00")
		c.entries = append(c.entries, e)
	}
	for i := range c.entries {
		if k := c.entries[i].kind; k == kindStorage || k == kindRoot {
			c.adopt(i)
		}
	}
}

// adopt marks the children of a storage, whose siblings form a tree. An entry has
// the first parent that claims it, which ends every loop.
func (c *compound) adopt(storage int) {
	todo := []uint32{c.entries[storage].child}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if i == 0 || i >= uint32(len(c.entries)) || c.entries[i].parent >= 0 {
			continue
		}
		e := &c.entries[i]
		e.parent = storage
		todo = append(todo, e.left, e.right)
	}
}

// parentName is the name of the storage that an entry lies in.
func (c *compound) parentName(e entry) string {
	if e.parent < 0 {
		return ""
	}
	return c.entries[e.parent].name
}

// stream gives the bytes of a stream, as many as there are and most at the most.
func (c *compound) stream(e entry, most int) []byte {
	if e.size < miniCutoff {
		return c.miniChain(e.start, min(e.size, most))
	}
	return c.chain(e.start, min(e.size, most))
}
