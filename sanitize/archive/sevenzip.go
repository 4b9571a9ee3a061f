package archive

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"

	"github.com/bodgit/sevenzip"
)

// szHeaderBytes is the longest header that is read: 20,000 files with long
// names.
const szHeaderBytes = 8 << 20

// szFileMax is how many files an archive may have for its data to be read: the
// library makes room for all of them.
const szFileMax = 50_000

// szReader is one run of reader.sevenZip.
type szReader struct {
	*reader
	b        []byte
	streams  szStreams
	files    []szFile
	password string // that opened the header
	locked   bool   // the header was encrypted
}

// sevenZip reads a 7z. Its header is read here, and only an archive whose
// header stood the test is given to the library for its data.
func (r *reader) sevenZip(b []byte) {
	z := &szReader{reader: r, b: b}
	if !z.header() {
		return
	}
	var data *szData
	if len(z.streams.folders) > 0 {
		data = z.source()
	}
	sizes := z.streams.sizesOf()
	folder, inFolder := 0, 0
	for i, f := range z.files {
		if r.full() {
			return
		}
		m := Member{Name: f.name, Size: 0, Dir: f.dir, Encrypted: z.locked}
		if f.attributes>>16&0xf000 == 0xa000 {
			m.Notes = append(m.Notes, "symlink")
		}
		if f.empty {
			if !m.Dir {
				m.Data = []byte{}
			}
			r.add(m)
			continue
		}
		for folder < len(z.streams.folders) && inFolder >= z.streams.folders[folder].streams {
			folder, inFolder = folder+1, 0
		}
		if folder == len(z.streams.folders) {
			r.problem(ProblemMalformed, "the 7z file has fewer data than files")
			return
		}
		info := &z.streams.folders[folder]
		inFolder++
		m.Size = -1
		if len(sizes) > 0 {
			m.Size, sizes = sizes[0], sizes[1:]
		}
		m.Encrypted = m.Encrypted || info.encrypted() != nil
		if data != nil {
			data.fill(&m, i, info)
		}
		r.add(m)
	}
}

// sizesOf are the declared sizes of all files that have data: those of a folder
// are told but for the last, which has what is left.
func (s *szStreams) sizesOf() []int64 {
	var all []int64
	told := s.sizes
	for i := range s.folders {
		f := &s.folders[i]
		left := f.size()
		for n := 1; n <= f.streams; n++ {
			size := left
			if n < f.streams {
				if len(told) == 0 {
					return all
				}
				size, told = told[0], told[1:]
			}
			if size > left {
				size = 1 << 63 // nothing to believe
			}
			left -= min(size, left)
			if size >= 1<<62 {
				all = append(all, -1)
			} else {
				all = append(all, int64(size))
			}
		}
	}
	return all
}

// header reads the header, also an encoded one. It is false where there is
// none to be read, and told.
func (z *szReader) header() bool {
	const bad = "the 7z file has no readable header"
	s, ok := sevenZipStart(z.b)
	if !ok {
		z.problem(ProblemMalformed, bad)
		return false
	}
	if s.size == 0 {
		return false // an empty archive
	}
	h := z.b[s.from : s.from+s.size]
	if crc32.ChecksumIEEE(h) != s.crc {
		z.problem(ProblemMalformed, bad)
		return false
	}
	p := szParser{cursor{b: h}}
	id := p.number()
	if id == szEncodedHeader {
		streams := p.streams()
		if p.bad || len(streams.folders) != 1 || len(streams.packed) != 1 {
			z.problem(ProblemMalformed, bad)
			return false
		}
		h, ok = z.decodeHeader(&streams)
		if !ok {
			return false
		}
		p = szParser{cursor{b: h}}
		id = p.number()
	}
	if id != szHeader {
		z.problem(ProblemMalformed, bad)
		return false
	}
	id = p.number()
	if id == szArchiveProperties || id == szAdditionalStreams {
		z.problem(ProblemUnsupported, "the 7z file has a header of a kind that is not read")
		return false
	}
	if id == szMainStreams {
		z.streams = p.streams()
		id = p.number()
	}
	if id == szFiles {
		z.files = p.files()
	}
	if p.bad {
		z.problem(ProblemMalformed, bad)
		return false
	}
	return true
}

// decodeHeader undoes the compression and encryption of the header itself.
func (z *szReader) decodeHeader(s *szStreams) ([]byte, bool) {
	f := &s.folders[0]
	size := f.size()
	if s.position > uint64(len(z.b)-32) || s.packed[0] > uint64(len(z.b)-32)-s.position {
		z.problem(ProblemMalformed, "the 7z file's header lies outside it")
		return nil, false
	}
	if size > szHeaderBytes {
		z.problem(ProblemLimit, "the 7z file's header is too long")
		return nil, false
	}
	packed := z.b[32+s.position:][:s.packed[0]]
	lock := f.encrypted()
	if lock == nil {
		h, err := z.chain(f, packed, nil)
		if err != nil || f.hasCRC && crc32.ChecksumIEEE(h) != f.crc {
			z.chainProblem(err)
			return nil, false
		}
		return h, true
	}
	k, err := readSZKey(lock.properties)
	if err != nil {
		z.problem(ProblemUnsupported, "the 7z file's encryption is not read")
		return nil, false
	}
	for _, password := range z.passwords {
		if !z.spend(k.rounds()) {
			return nil, false
		}
		h, err := z.chain(f, packed, k.derive(password))
		if err == nil && (f.hasCRC && crc32.ChecksumIEEE(h) == f.crc || !f.hasCRC && len(h) > 0 && h[0] == szHeader) {
			z.password, z.locked = password, true
			z.opened(password)
			return h, true
		}
	}
	z.reader.locked()
	return nil, false
}

func (z *szReader) chainProblem(err error) {
	switch err {
	case errMethod:
		z.problem(ProblemUnsupported, "the 7z file uses a compression that is not read")
	case errLimit:
		z.problem(ProblemLimit, "the 7z file's header holds more than is decoded")
	default:
		z.problem(ProblemMalformed, "the 7z file's header could not be decoded")
	}
}

// szData reads the data of the files, in their order.
type szData struct {
	*szReader
	lib   *sevenzip.Reader
	base  int // bytes decoded before
	ended bool
}

// source opens the archive for its data, with the password that fits, or
// returns nil and tells why not.
func (z *szReader) source() *szData {
	d := &szData{szReader: z, base: z.left}
	if len(z.files) > szFileMax {
		z.problem(ProblemLimit, "the 7z file has too many files to read their data")
		return nil
	}
	var lock *szFolderInfo
	at := 0 // of the folder's first packed stream
	where := 0
	for i := range z.streams.folders {
		f := &z.streams.folders[i]
		if code, detail := f.refused(); code != "" {
			z.problem(code, detail)
			return nil
		}
		if lock == nil && f.encrypted() != nil {
			lock, where = f, at
		}
		at += f.packed
	}
	if lock != nil && z.password == "" {
		if !z.unlock(lock, where) {
			return nil
		}
	}
	lib, err := sevenzip.NewReaderWithPassword(bytes.NewReader(z.b), int64(len(z.b)), z.password)
	if err != nil || len(lib.File) != len(z.files) {
		z.problem(ProblemMalformed, "the 7z file's data could not be opened")
		return nil
	}
	d.lib = lib
	return d
}

// fill reads the data of the i-th file into m.
func (d *szData) fill(m *Member, i int, f *szFolderInfo) {
	if d.ended {
		return
	}
	src, err := d.lib.File[i].Open()
	if err != nil {
		d.problem(ProblemMalformed, "a member could not be decoded to its end")
		d.ended = f.streams > 1
		return
	}
	// The files of a folder are compressed as one, so only the whole archive has
	// a ratio: what it may become, less what has come out of it.
	allowed := max(ratioFrom, len(d.b)*d.limits.Ratio) - (d.base - d.left)
	data, err := d.decode(io.LimitReader(src, int64(max(0, allowed))+1), len(d.b), m.Size)
	if err == nil && len(data) > allowed {
		data, err = data[:max(0, allowed)], errLimit
	}
	if err == nil {
		err = src.Close()
	}
	d.ended = err != nil
	d.filled(m, data, err)
	if sum := d.lib.File[i].CRC32; err == nil && sum != 0 && crc32.ChecksumIEEE(data) != sum {
		m.Notes = append(m.Notes, "bad-checksum")
	}
}

// refused says why the library should not decode a folder, if so: because it
// would make more room than it may, or trusts the input too far.
func (f *szFolderInfo) refused() (code, detail string) {
	const large = "the 7z file asks for more memory than it may have"
	for _, c := range f.coders {
		switch c.id {
		case "\x03\x01\x01", "\x03\x04\x01": // LZMA, PPMd: a byte, and the size of the memory
			if len(c.properties) != 5 {
				return ProblemMalformed, "the 7z file's header is malformed"
			}
			if binary.LittleEndian.Uint32(c.properties[1:]) > dictBytes {
				return ProblemLimit, large
			}
		case "\x21": // LZMA2
			if len(c.properties) != 1 {
				return ProblemMalformed, "the 7z file's header is malformed"
			}
			if c.properties[0] > 28 { // 64 MiB
				return ProblemLimit, large
			}
		case "\x00", "\x03", "\x0a", "\x03\x03\x01\x03", "\x03\x03\x01\x1b", "\x03\x03\x02\x05", "\x03\x03\x05\x01",
			"\x03\x03\x08\x05", "\x04\x01\x08", "\x04\x02\x02":
		case szAES:
			if k, err := readSZKey(c.properties); err != nil || k.power > szPowerMax {
				return ProblemUnsupported, "the 7z file's encryption is not read"
			}
		default:
			return ProblemUnsupported, "the 7z file uses a compression that is not read"
		}
	}
	return "", ""
}
