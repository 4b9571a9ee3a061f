package archive

import (
	"bytes"
	"errors"
	"io"

	"github.com/ulikunitz/xz/lzma"
)

// xz reads an xz file, which holds one nameless member.
func (r *reader) xz(b []byte) {
	m := Member{Size: -1}
	data, err := r.decode(&xzReader{src: bytes.NewReader(b)}, len(b), -1)
	if err == errMethod {
		r.problem(ProblemUnsupported, "the xz file uses a filter that is not read")
	} else {
		r.filled(&m, data, err)
	}
	r.add(m)
}

var errXZ = errors.New("the xz file is malformed")

// xzReader walks over the streams and blocks of an xz file itself (The .xz File
// Format 1.2, https://tukaani.org/xz/xz-file-format.txt), because the library
// makes room for whatever dictionary a block asks for, up to 4 GiB. It checks
// no checksums.
type xzReader struct {
	src      *bytes.Reader
	inStream bool
	check    int // bytes of checksum behind a block
	block    io.Reader
	from     int // bytes left when the block's data began
}

// Read gives what the blocks hold, one after the other.
func (x *xzReader) Read(p []byte) (int, error) {
	for {
		if x.block == nil {
			if err := x.next(); err != nil {
				return 0, err
			}
			continue
		}
		n, err := x.block.Read(p)
		if err == io.EOF {
			x.block = nil
			pad := -(x.from - x.src.Len()) & 3
			if _, err := x.take(pad + x.check); err != nil {
				return n, err
			}
			err = nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// take reads n bytes.
func (x *xzReader) take(n int) ([]byte, error) {
	if n > x.src.Len() {
		return nil, io.ErrUnexpectedEOF
	}
	p := make([]byte, n)
	_, err := io.ReadFull(x.src, p)
	return p, err
}

// next goes to the next block, over the end of a stream and the start of
// another.
func (x *xzReader) next() error {
	if !x.inStream {
		return x.stream()
	}
	size, err := x.src.ReadByte()
	if err != nil {
		return io.ErrUnexpectedEOF
	}
	if size == 0 {
		return x.endStream()
	}
	header, err := x.take(4*int(size) + 3)
	if err != nil {
		return err
	}
	dict, err := xzBlock(header)
	if err != nil {
		return err
	}
	x.from = x.src.Len()
	// No distance reaches further back than the data itself, and that cannot be
	// larger than what any input of this length decodes to.
	x.block, err = lzma.Reader2Config{DictCap: int(min(dict, uint64(max(lzma.MinDictCap, 8000*x.from))))}.NewReader2(x.src)
	return err
}

// xzBlock reads a block header behind its size byte and returns the dictionary
// that it asks for.
func xzBlock(header []byte) (dict uint64, err error) {
	c := cursor{b: header}
	flags := c.u8()
	if flags&3 != 0 {
		return 0, errMethod // another filter comes before LZMA2
	}
	for _, bit := range []byte{0x40, 0x80} {
		if flags&bit != 0 {
			for i := 0; c.u8()&0x80 != 0 && i < 9; i++ { // a size, of no use here
			}
		}
	}
	id, n, p := c.u8(), c.u8(), c.u8()
	if c.bad {
		return 0, errXZ
	}
	if id != 0x21 || n != 1 || p > 40 {
		return 0, errMethod
	}
	dict = uint64(2|p&1) << (p/2 + 11)
	if dict > dictBytes {
		return 0, errLimit
	}
	return dict, nil
}

// stream reads the header of a stream, after padding.
func (x *xzReader) stream() error {
	for {
		if x.src.Len() == 0 {
			return io.EOF
		}
		h, err := x.take(4)
		if err != nil {
			return err
		}
		if string(h) == "\x00\x00\x00\x00" {
			continue
		}
		rest, err := x.take(8)
		if err != nil {
			return err
		}
		if string(h)+string(rest[:2]) != "\xfd7zXZ\x00" {
			return errXZ
		}
		kind := int(rest[3] & 15)
		if kind != 0 {
			x.check = 4 << ((kind - 1) / 3)
		} else {
			x.check = 0
		}
		x.inStream = true
		return nil
	}
}

// endStream passes over the index, whose first byte has been read, and the
// footer.
func (x *xzReader) endStream() error {
	x.inStream = false
	at := x.src.Len() + 1
	number := func() (v uint64) {
		for shift := 0; shift < 63; shift += 7 {
			c, err := x.src.ReadByte()
			if err != nil {
				return 0
			}
			v |= uint64(c&0x7f) << shift
			if c&0x80 == 0 {
				break
			}
		}
		return v
	}
	for records := number(); records > 0 && x.src.Len() > 0; records-- {
		number()
		number()
	}
	pad := -(at - x.src.Len()) & 3
	_, err := x.take(pad + 4 + 12)
	return err
}
