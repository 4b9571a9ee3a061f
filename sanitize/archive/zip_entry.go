package archive

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"strings"
	"unicode/utf8"
)

// Signatures and sizes of zip records (APPNOTE.TXT 4.3).
const (
	zipLocal       = "PK\x03\x04"
	zipCentral     = "PK\x01\x02"
	zipEnd         = "PK\x05\x06"
	zipEnd64       = "PK\x06\x06"
	zipLocator64   = "PK\x06\x07"
	zipDescriptor  = "PK\x07\x08"
	zipLocalSize   = 30
	zipCentralSize = 46
	zipEndSize     = 22
	zipEnd64Size   = 56
	zipEndSearch   = zipEndSize + 1<<16
)

// Bits of zipEntry.flags (APPNOTE.TXT 4.4.4).
const (
	zipEncrypted  = 1 << 0
	zipDescribed  = 1 << 3 // sizes and checksum follow the data
	zipStrong     = 1 << 6
	zipUTF8       = 1 << 11
	zipNoHeaders  = 1 << 13
	zipSize32Max  = 1<<32 - 1
	zipExtraZip64 = 0x0001
	zipExtraAES   = 0x9901
	zipExtraName  = 0x7075
)

// zipEntry is what one header says of a member.
type zipEntry struct {
	raw        []byte // the name as it lies there
	flags      uint16
	method     uint16
	time       uint16
	crc        uint32
	csize      uint64
	size       uint64
	extra      []byte
	creator    byte   // system that wrote the attributes: 3 is Unix
	attributes uint32 // external ones
	offset     uint64 // of the local header
	dataAt     int    // where the data begins
	plain      bool   // only one of the headers calls it encrypted
	notes      []string
}

// zipDirectory is where the central directory lies.
type zipDirectory struct {
	start, end int // of the directory
	base       int // what its offsets are counted from: the archive's first byte
	after      int // first byte behind the end record and its comment
	comment    []byte
}

// findDirectory looks for the end record and the directory that it points to.
func findDirectory(b []byte) (d zipDirectory, ok bool) {
	from := max(0, len(b)-zipEndSearch)
	end := -1
	for at := from; ; {
		i := bytes.Index(b[at:], []byte(zipEnd))
		if i < 0 {
			break
		}
		at += i
		if at+zipEndSize > len(b) {
			break
		}
		// A record whose comment ends with the file beats one inside a comment.
		exact := at+zipEndSize+int(binary.LittleEndian.Uint16(b[at+20:])) == len(b)
		if dir, good := directoryAt(b, at); good {
			d, ok, end = dir, true, at
			if exact {
				break
			}
		}
		at++
	}
	return d, ok && end >= 0
}

// directoryAt follows the end record at the given place.
func directoryAt(b []byte, end int) (d zipDirectory, ok bool) {
	size := uint64(binary.LittleEndian.Uint32(b[end+12:]))
	offset := uint64(binary.LittleEndian.Uint32(b[end+16:]))
	comment := b[end+zipEndSize:]
	comment = comment[:min(len(comment), int(binary.LittleEndian.Uint16(b[end+20:])))]
	d = zipDirectory{comment: comment, after: end + zipEndSize + len(comment), end: end}
	if loc := end - 20; loc >= 0 && string(b[loc:loc+4]) == zipLocator64 {
		// The locator's offset is off by whatever stands before the archive, so
		// the place right before it is tried as well.
		at := binary.LittleEndian.Uint64(b[loc+8:])
		for _, at := range []uint64{at, uint64(max(0, loc-zipEnd64Size))} {
			if at < uint64(loc) && uint64(loc)-at >= zipEnd64Size && string(b[at:at+4]) == zipEnd64 {
				size, offset = binary.LittleEndian.Uint64(b[at+40:]), binary.LittleEndian.Uint64(b[at+48:])
				d.end = int(at)
				break
			}
		}
	}
	isDirectory := func(at int) bool {
		return at+zipCentralSize <= d.end && string(b[at:at+4]) == zipCentral
	}
	if size <= uint64(d.end) && isDirectory(d.end-int(size)) {
		d.start = d.end - int(size)
		if offset <= uint64(d.start) {
			d.base = d.start - int(offset)
		}
		return d, true
	}
	if offset < uint64(d.end) && isDirectory(int(offset)) {
		d.start = int(offset)
		return d, true
	}
	// An empty archive has no directory at all.
	d.start = d.end
	return d, size == 0 && offset == 0 && end == 0
}

// centralEntry reads one entry of the directory.
func centralEntry(c *cursor) (e zipEntry, ok bool) {
	if len(c.b) < zipCentralSize || string(c.b[:4]) != zipCentral {
		return e, false
	}
	c.bytes(5)
	e.creator = c.u8()
	c.u16() // version needed
	e.flags, e.method, e.time = c.u16(), c.u16(), c.u16()
	c.u16() // date
	e.crc, e.csize, e.size = c.u32(), uint64(c.u32()), uint64(c.u32())
	name, extra, comment := int(c.u16()), int(c.u16()), int(c.u16())
	c.bytes(4) // disk, internal attributes
	e.attributes, e.offset = c.u32(), uint64(c.u32())
	e.raw, e.extra = c.bytes(name), c.bytes(extra)
	c.bytes(comment)
	if c.bad {
		return e, false
	}
	e.zip64(true)
	return e, true
}

// localEntry reads the local header at the given place and finds the data.
func localEntry(b []byte, at int) (e zipEntry, ok bool) {
	c := cursor{b: b[at:]}
	if len(c.b) < zipLocalSize || string(c.b[:4]) != zipLocal {
		return e, false
	}
	c.bytes(6)
	e.flags, e.method, e.time = c.u16(), c.u16(), c.u16()
	c.u16() // date
	e.crc, e.csize, e.size = c.u32(), uint64(c.u32()), uint64(c.u32())
	name, extra := int(c.u16()), int(c.u16())
	e.raw, e.extra = c.bytes(name), c.bytes(extra)
	e.offset, e.dataAt = uint64(at), len(b)-len(c.b)
	e.zip64(false)
	return e, !c.bad
}

// zip64 takes the sizes that did not fit from the extra field (APPNOTE.TXT
// 4.5.3): only those that are all ones in the header are there.
func (e *zipEntry) zip64(central bool) {
	c := cursor{b: e.extraField(zipExtraZip64)}
	fields := []*uint64{&e.size, &e.csize}
	if central {
		fields = append(fields, &e.offset)
	}
	for _, f := range fields {
		if *f == zipSize32Max && len(c.b) >= 8 {
			*f = c.u64()
		}
	}
}

// extraField returns the first extra field with that number, or nil.
func (e *zipEntry) extraField(id uint16) []byte {
	c := cursor{b: e.extra}
	for len(c.b) >= 4 {
		have, n := c.u16(), int(c.u16())
		if p := c.bytes(n); have == id {
			return p
		}
	}
	return nil
}

// name is the member's name. What the Unicode extra field says counts only
// while it belongs to the name in the header (APPNOTE.TXT 4.6.9).
func (e *zipEntry) name() string {
	if e.flags&zipUTF8 == 0 {
		if p := e.extraField(zipExtraName); len(p) > 5 && p[0] == 1 &&
			binary.LittleEndian.Uint32(p[1:]) == crc32.ChecksumIEEE(e.raw) && utf8.Valid(p[5:]) {
			return string(p[5:min(len(p), 5+nameBytes)])
		}
	}
	return decodeName(e.raw)
}

// member is e before its data is read.
func (e *zipEntry) member() Member {
	m := Member{Name: e.name(), Size: -1, Encrypted: e.flags&zipEncrypted != 0, Notes: e.notes}
	if e.size <= 1<<62 {
		m.Size = int64(e.size)
	}
	m.Dir = strings.HasSuffix(m.Name, "/") || strings.HasSuffix(m.Name, `\`)
	if e.creator == 3 && e.attributes>>16&0xf000 == 0xa000 {
		m.Notes = append(m.Notes, "symlink")
	}
	return m
}
