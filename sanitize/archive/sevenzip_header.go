package archive

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"
	"slices"
	"unicode/utf16"
)

// Names of the properties in a 7z header (7zFormat.txt of the LZMA SDK).
const (
	szEnd = iota
	szHeader
	szArchiveProperties
	szAdditionalStreams
	szMainStreams
	szFiles
	szPackInfo
	szUnpackInfo
	szSubStreams
	szSize
	szCRC
	szFolder
	szUnpackSize
	szNumUnpackStream
	szEmptyStream
	szEmptyFile
	szAnti
	szName
	szEncodedHeader = 0x17
	szAttributes    = 0x15
)

// szStart is the start header: where the header lies.
type szStart struct {
	from, size int
	crc        uint32
}

// sevenZipStart reads and checks the 32 bytes at the start of b.
func sevenZipStart(b []byte) (s szStart, ok bool) {
	if len(b) < 32 || crc32.ChecksumIEEE(b[12:32]) != binary.LittleEndian.Uint32(b[8:]) {
		return s, false
	}
	from, size := binary.LittleEndian.Uint64(b[12:]), binary.LittleEndian.Uint64(b[20:])
	s = szStart{size: int(size), from: 32 + int(from), crc: binary.LittleEndian.Uint32(b[28:])}
	return s, from <= uint64(len(b)-32) && size <= uint64(len(b)-32)-from
}

// szCoder is one step of the decoding of a folder.
type szCoder struct {
	id         string
	in, out    int
	properties []byte
}

// szFolderInfo is a run of bytes that is decoded as one, for one or more files.
type szFolderInfo struct {
	coders  []szCoder
	packed  int      // streams of packed bytes that go in
	sizes   []uint64 // what comes out of each coder
	main    int      // the coder whose output is the folder's
	crc     uint32
	hasCRC  bool
	streams int // files in it
}

// size is what the folder decodes to.
func (f *szFolderInfo) size() uint64 {
	if f.main < len(f.sizes) {
		return f.sizes[f.main]
	}
	return 0
}

// encrypted returns the coder that decrypts.
func (f *szFolderInfo) encrypted() *szCoder {
	for i := range f.coders {
		if f.coders[i].id == szAES {
			return &f.coders[i]
		}
	}
	return nil
}

// szStreams tells of all folders.
type szStreams struct {
	position uint64
	packed   []uint64 // sizes
	folders  []szFolderInfo
	sizes    []uint64 // of the files in folders with more than one
}

// szFile is a file of the header.
type szFile struct {
	name       string
	empty      bool // has no bytes in any folder
	dir        bool
	attributes uint32
}

// szParser reads a header. Each count is checked against the bytes that are
// left, of which every counted thing takes some: the library that decodes the
// data makes room for what a header claims before it looks whether that is
// there.
type szParser struct{ cursor }

// number reads the format's own kind of integer.
func (p *szParser) number() uint64 {
	first := p.u8()
	n := bits.LeadingZeros8(^first)
	var v uint64
	for i := range n {
		v |= uint64(p.u8()) << (8 * i)
	}
	if n < 7 {
		v |= uint64(first&(1<<(7-n)-1)) << (8 * n)
	}
	return v
}

// count reads how many things follow, of which each takes at least one bit.
func (p *szParser) count() int {
	n := p.number()
	if n > uint64(len(p.b))*8 {
		p.fail()
		return 0
	}
	return int(n)
}

func (p *szParser) fail() { p.bad, p.b = true, nil }

// bits reads n flags.
func (p *szParser) bits(n int) []bool {
	b := p.bytes((n + 7) / 8)
	if b == nil {
		return make([]bool, 0)
	}
	flags := make([]bool, n)
	for i := range flags {
		flags[i] = b[i/8]&(0x80>>(i%8)) != 0
	}
	return flags
}

// crcs reads n checksums, of which some may be missing.
func (p *szParser) crcs(n int) (sums []uint32, have []bool) {
	if p.u8() != 0 {
		if n > len(p.b)/4 {
			p.fail()
			return nil, nil
		}
		have = make([]bool, n)
		for i := range have {
			have[i] = true
		}
	} else {
		have = p.bits(n)
	}
	sums = make([]uint32, len(have))
	for i, ok := range have {
		if ok {
			sums[i] = p.u32()
		}
	}
	return sums, have
}

func (p *szParser) streams() (s szStreams) {
	id := p.number()
	if id == szPackInfo {
		s.position = p.number()
		n := p.count()
		if id = p.number(); id == szSize && n <= len(p.b) {
			for range n {
				s.packed = append(s.packed, p.number())
			}
			id = p.number()
		}
		if id == szCRC {
			p.crcs(n)
			id = p.number()
		}
		if id != szEnd || len(s.packed) != n {
			p.fail()
		}
		id = p.number()
	}
	if id == szUnpackInfo {
		p.folders(&s)
		id = p.number()
	}
	if id == szSubStreams {
		p.subStreams(&s)
		id = p.number()
	}
	if id != szEnd {
		p.fail()
	}
	return s
}

func (p *szParser) folders(s *szStreams) {
	if p.number() != szFolder {
		p.fail()
	}
	n := p.count()
	if p.u8() != 0 { // the folders lie elsewhere, which no program writes
		p.fail()
	}
	for i := 0; i < n && !p.bad; i++ {
		s.folders = append(s.folders, p.folder())
	}
	if p.number() != szUnpackSize || p.bad {
		p.fail()
		return
	}
	packed := 0
	for i := range s.folders {
		f := &s.folders[i]
		f.streams = 1
		packed += f.packed
		for _, c := range f.coders {
			for range c.out {
				f.sizes = append(f.sizes, p.number())
			}
		}
	}
	if packed > len(s.packed) {
		p.fail()
	}
	id := p.number()
	if id == szCRC {
		sums, have := p.crcs(n)
		for i := range min(len(sums), len(s.folders)) {
			s.folders[i].crc, s.folders[i].hasCRC = sums[i], have[i]
		}
		id = p.number()
	}
	if id != szEnd {
		p.fail()
	}
}

// szCoders are in one folder at most, and ends of streams at one coder; real
// ones have up to five and four.
const szCoders = 16

func (p *szParser) folder() (f szFolderInfo) {
	n := p.number()
	if n == 0 || n > szCoders {
		p.fail()
		return f
	}
	in, out := 0, 0
	for range n {
		c := szCoder{in: 1, out: 1}
		flags := p.u8()
		c.id = string(p.bytes(int(flags & 15)))
		if flags&0x10 != 0 {
			i, o := p.number(), p.number()
			if i > szCoders || o > szCoders {
				p.fail()
				return szFolderInfo{}
			}
			c.in, c.out = int(i), int(o)
		}
		if flags&0x20 != 0 {
			c.properties = p.bytes(int(min(p.number(), 1<<20)))
		}
		if flags&0xc0 != 0 || c.out != 1 || p.bad {
			p.fail()
			return szFolderInfo{}
		}
		in, out = in+c.in, out+c.out
		f.coders = append(f.coders, c)
	}
	f.packed = in - (out - 1)
	if p.bad || f.packed < 1 {
		p.fail()
		return f
	}
	bound := make([]bool, out)
	for range out - 1 {
		i, o := p.number(), p.number()
		if i >= uint64(in) || o >= uint64(out) {
			p.fail()
			return f
		}
		bound[o] = true
	}
	f.main = max(0, slices.Index(bound, false))
	if f.packed > 1 {
		for range f.packed {
			if p.number() >= uint64(in) {
				p.fail()
			}
		}
	}
	return f
}

func (p *szParser) subStreams(s *szStreams) {
	id := p.number()
	total, unknown := 0, 0
	if id == szNumUnpackStream {
		for i := range s.folders {
			s.folders[i].streams = p.count()
		}
		id = p.number()
	}
	for _, f := range s.folders {
		total += f.streams
		if f.streams != 1 || !f.hasCRC {
			unknown += f.streams
		}
	}
	// Each file has at least a name of two bytes, later in this header.
	if total > len(p.b) {
		p.fail()
		return
	}
	if id == szSize {
		for i := range s.folders {
			for n := 1; n < s.folders[i].streams && !p.bad; n++ {
				s.sizes = append(s.sizes, p.number())
			}
		}
		id = p.number()
	}
	if id == szCRC {
		p.crcs(unknown)
		id = p.number()
	}
	if id != szEnd {
		p.fail()
	}
}

// files reads what follows szFiles.
func (p *szParser) files() []szFile {
	n := p.count()
	if n > len(p.b)/2 {
		p.fail()
		return nil
	}
	files := make([]szFile, n)
	empties := 0
	for !p.bad {
		id := p.number()
		if id == szEnd {
			break
		}
		size := p.number()
		if size > uint64(len(p.b)) {
			p.fail()
			break
		}
		q := szParser{cursor{b: p.bytes(int(size))}}
		switch id {
		case szEmptyStream:
			for i, e := range q.bits(n) {
				files[i].empty = e
				if e {
					files[i].dir = true // until szEmptyFile says otherwise
					empties++
				}
			}
		case szEmptyFile:
			flags := q.bits(empties)
			for i := range files {
				if files[i].empty && len(flags) > 0 {
					files[i].dir = !flags[0]
					flags = flags[1:]
				}
			}
		case szName:
			if q.u8() != 0 {
				q.fail()
			}
			for i := range files {
				files[i].name = q.utf16()
			}
		case szAttributes:
			q.attributes(files)
		}
		if q.bad {
			p.fail()
		}
	}
	if p.bad {
		return nil
	}
	return files
}

// utf16 reads a name that ends with a zero.
func (p *szParser) utf16() string {
	var u []uint16
	for {
		c := p.u16()
		if c == 0 {
			return string(utf16.Decode(u))
		}
		if len(u) < nameBytes {
			u = append(u, c)
		}
	}
}

func (p *szParser) attributes(files []szFile) {
	have := make([]bool, len(files))
	if p.u8() == 0 {
		have = p.bits(len(files))
	} else {
		for i := range have {
			have[i] = true
		}
	}
	if p.u8() != 0 {
		p.fail()
	}
	for i, ok := range have {
		if ok {
			files[i].attributes = p.u32()
		}
	}
}
