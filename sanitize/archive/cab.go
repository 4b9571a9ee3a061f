package archive

import (
	"bytes"
	"compress/flate"
	"io"
)

// cabFolder is a run of blocks that are decompressed as one ([MS-CAB] §2.2).
type cabFolder struct {
	at     uint32 // of the first block
	blocks int
	method uint16
	data   []byte
	err    error
	read   bool
}

// Compression of a cabinet's folder.
const (
	cabStored = 0
	cabMSZIP  = 1
)

// cab reads a cabinet whose folders are stored or compressed with MSZIP; of
// others the names are told.
func (r *reader) cab(b []byte) {
	c := cursor{b: b}
	c.bytes(16)
	files := c.u32()
	c.bytes(6)
	nFolders, nFiles, flags := int(c.u16()), int(c.u16()), c.u16()
	c.bytes(4)
	var folderExtra, blockExtra int
	if flags&4 != 0 {
		header := int(c.u16())
		folderExtra, blockExtra = int(c.u8()), int(c.u8())
		c.bytes(header)
	}
	for _, bit := range []uint16{1, 2} { // the cabinets before and after this one
		if flags&bit != 0 {
			c.cstring()
			c.cstring()
		}
	}
	if c.bad || uint64(files) > uint64(len(b)) || nFolders > len(c.b)/8 {
		r.problem(ProblemMalformed, "the cabinet has no readable header")
		return
	}
	folders := make([]cabFolder, nFolders)
	for i := range folders {
		folders[i] = cabFolder{at: c.u32(), blocks: int(c.u16()), method: c.u16() & 15}
		c.bytes(folderExtra)
	}
	c = cursor{b: b[files:]}
	for range nFiles {
		size, at, folder := c.u32(), c.u32(), int(c.u16())
		c.bytes(4) // date and time
		attributes := c.u16()
		name := c.cstring()
		if c.bad {
			r.problem(ProblemMalformed, "the cabinet's directory is cut short")
			return
		}
		if r.full() {
			return
		}
		m := Member{Name: decodeName(name), Size: int64(size)}
		if attributes&0x80 != 0 { // _A_NAME_IS_UTF
			m.Name = string(bytes.ToValidUTF8(name[:min(len(name), nameBytes)], []byte("\ufffd")))
		}
		switch {
		case folder < len(folders):
			r.cabFile(&m, b, &folders[folder], blockExtra, uint64(at), uint64(size))
		case folder >= 0xfffd:
			r.problem(ProblemUnsupported, "a member goes on in another cabinet")
		default:
			r.problem(ProblemMalformed, "a member of the cabinet has no data")
		}
		r.add(m)
	}
}

// cabFile takes a file out of its folder, which is decoded once.
func (r *reader) cabFile(m *Member, b []byte, f *cabFolder, extra int, at, size uint64) {
	if !f.read {
		f.read = true
		f.data, f.err = r.cabFolder(b, f, extra)
	}
	if f.err == errMethod {
		r.problem(ProblemUnsupported, "a member uses a compression that is not read")
		return
	}
	from := min(at, uint64(len(f.data)))
	to := min(at+size, uint64(len(f.data)))
	var err error
	if to-from < size {
		if err = f.err; err == nil {
			err = io.ErrUnexpectedEOF
		}
	}
	r.filled(m, f.data[from:to:to], err)
}

// cabFolder decodes the blocks of a folder ([MS-CAB] §2.4, [MS-MCI] §2).
func (r *reader) cabFolder(b []byte, f *cabFolder, extra int) (data []byte, err error) {
	if f.method != cabStored && f.method != cabMSZIP {
		return nil, errMethod
	}
	c := cursor{b: b[min(uint64(f.at), uint64(len(b))):]}
	for range f.blocks {
		c.u32() // checksum
		packed, size := int(c.u16()), int(c.u16())
		c.bytes(extra)
		block := c.bytes(packed)
		if c.bad {
			return data, io.ErrUnexpectedEOF
		}
		if f.method == cabMSZIP {
			if len(block) < 2 || block[0] != 'C' || block[1] != 'K' {
				return data, io.ErrUnexpectedEOF
			}
			// Each block may refer to the 32 KiB before it.
			src := flate.NewReaderDict(bytes.NewReader(block[2:]), data[max(0, len(data)-32<<10):])
			block, err = r.decode(src, packed, int64(size))
		} else {
			block, err = r.store(block)
		}
		data = append(data, block...)
		if err != nil {
			return data, err
		}
	}
	return data, nil
}
