package compound

import "encoding/binary"

// endOfChain stands for the sector after the last ([MS-CFB] §2.1). What is not in
// the table counts as it, and so does every number beyond the end of the file.
const endOfChain = 0xfffffffe

// readFAT finds the sectors of the FAT: 109 are named in the header, the rest in
// a chain of sectors of their own ([MS-CFB] §2.5). No more are kept than it takes
// to describe every sector that the file has, which also ends a loop.
func (f *File) readFAT() {
	need := len(f.b)/f.sectorSize/(f.sectorSize/4) + 1
	add := func(list []byte) {
		for ; len(list) >= 4 && len(f.fat) < need; list = list[4:] {
			f.fat = append(f.fat, binary.LittleEndian.Uint32(list))
		}
	}
	add(f.b[76:headerSize])
	for next := binary.LittleEndian.Uint32(f.b[68:]); len(f.fat) < need; {
		s := f.sector(next)
		last := f.sectorSize - 4
		add(s[:min(len(s), last)])
		if len(s) < f.sectorSize {
			return
		}
		next = binary.LittleEndian.Uint32(s[last:])
	}
}

// sector gives the bytes of one sector: fewer at the end of a file cut short,
// none beyond it. They are numbered from the one after the header.
func (f *File) sector(n uint32) []byte {
	off := (int64(n) + 1) * int64(f.sectorSize)
	if off >= int64(len(f.b)) {
		return nil
	}
	return f.b[off:min(off+int64(f.sectorSize), int64(len(f.b)))]
}

// next gives the sector after n in its chain.
func (f *File) next(n uint32) uint32 {
	per := uint32(f.sectorSize / 4)
	if n/per >= uint32(len(f.fat)) {
		return endOfChain
	}
	return tableAt(f.sector(f.fat[n/per]), n%per)
}

// nextMini does the same within the mini stream.
func (f *File) nextMini(n uint32) uint32 { return tableAt(f.miniFAT, n) }

// tableAt gives the n-th number of a table.
func tableAt(table []byte, n uint32) uint32 {
	if i := int64(n) * 4; i+4 <= int64(len(table)) {
		return binary.LittleEndian.Uint32(table[i:])
	}
	return endOfChain
}

// chain gives up to most bytes of the chain of sectors that begins at n.
func (f *File) chain(n uint32, most int) []byte {
	return collect(f.b, f.sectorSize, f.sectorSize, n, f.next, min(most, len(f.b)))
}

// collect gives up to most bytes of a chain of sectors in b, which has sector 0
// at first. Sectors that lie in a row are not copied, so that most streams cost
// nothing. A chain that loops ends at most, which callers bound by the length of
// the file.
func collect(b []byte, first, size int, n uint32, next func(uint32) uint32, most int) []byte {
	var data []byte // copied, as it comes: a claim alone allocates nothing
	from, to := int64(0), int64(0)
	for got := int64(0); got < int64(most); {
		off := int64(first) + int64(n)*int64(size)
		if off >= int64(len(b)) {
			break
		}
		end := min(off+int64(size), int64(len(b)))
		if off != to || to == from {
			data = append(data, b[from:to]...)
			from = off
		}
		to = end
		got += end - off
		n = next(n)
	}
	if data == nil {
		data = b[from:to]
	} else {
		data = append(data, b[from:to]...)
	}
	end := min(len(data), max(most, 0))
	return data[:end:end]
}
