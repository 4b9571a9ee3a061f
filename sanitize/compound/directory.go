package compound

import (
	"encoding/binary"
	"unicode/utf16"
)

// entrySize is the length of a line of the directory.
const entrySize = 128

// readDirectory reads the lines of the directory ([MS-CFB] §2.6).
func (f *File) readDirectory(dir []byte) {
	version := binary.LittleEndian.Uint16(f.b[26:])
	f.Entries = make([]Entry, 0, len(dir)/entrySize)
	for ; len(dir) >= entrySize; dir = dir[entrySize:] {
		u32 := func(off int) uint32 { return binary.LittleEndian.Uint32(dir[off:]) }
		e := Entry{
			Name: entryName(dir), Kind: Kind(dir[66]), Class: [16]byte(dir[80:96]), Parent: -1,
			left: u32(68), right: u32(72), child: u32(76), start: u32(116), claimed: binary.LittleEndian.Uint64(dir[120:]),
		}
		if version < 4 {
			e.claimed &= 0xffffffff // §2.6.3: the upper half may be junk
		}
		e.Size = int(min(e.claimed, uint64(len(f.b))))
		f.Entries = append(f.Entries, e)
	}
}

// entryName gives the name of a line: its length, with the NUL at its end, is in
// bytes.
func entryName(line []byte) string {
	units := make([]uint16, 0, 32)
	size := min(int(binary.LittleEndian.Uint16(line[64:])), 64)
	for i := 0; i+2 <= size; i += 2 {
		u := binary.LittleEndian.Uint16(line[i:])
		if u == 0 {
			break
		}
		units = append(units, u)
	}
	return string(utf16.Decode(units))
}
