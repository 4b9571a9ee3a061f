package archive

import (
	"bytes"
	"compress/bzip2"
	"compress/flate"
	"encoding/binary"
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz/lzma"
)

// Compression methods of zip (APPNOTE.TXT 4.4.5).
const (
	methodStore   = 0
	methodDeflate = 8
	methodBzip2   = 12
	methodLZMA    = 14
	methodZstd    = 93
	methodXZ      = 95
	methodAES     = 99
)

// dictBytes is the largest dictionary that a decompressor may ask for. That of
// 7-Zip's strongest setting was this large for many years.
const dictBytes = 64 << 20

var errMethod = errors.New("the compression is not read")

// inflate undoes a zip compression method. size is the declared one.
func (z *zipReader) inflate(method uint16, packed []byte, size int64) ([]byte, error) {
	src := bytes.NewReader(packed)
	switch method {
	case methodStore:
		return z.store(packed)
	case methodDeflate:
		return z.decode(flate.NewReader(src), len(packed), size)
	case methodBzip2:
		return z.decode(bzip2.NewReader(src), len(packed), size)
	case methodLZMA:
		d, err := zipLZMA(packed, size)
		if err != nil {
			return nil, err
		}
		return z.decode(d, len(packed), size)
	case methodZstd, 20:
		d, err := zstd.NewReader(src, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, err
		}
		defer d.Close()
		return z.decode(d, len(packed), size)
	case methodXZ:
		return z.decode(&xzReader{src: src}, len(packed), size)
	}
	return nil, errMethod
}

// zipLZMA reads the LZMA of zip (APPNOTE.TXT 5.8.8): a version, the length of
// the properties, the properties, and the stream.
func zipLZMA(packed []byte, size int64) (io.Reader, error) {
	c := cursor{b: packed}
	c.u16()
	n := int(c.u16())
	properties := c.bytes(n)
	if c.bad || n != 5 {
		return nil, errMethod
	}
	return lzmaStream(properties, uint64(size), c.b)
}

// lzmaStream decodes an LZMA stream that has no header of its own. The size is
// all ones where it is not known.
func lzmaStream(properties []byte, size uint64, packed []byte) (io.Reader, error) {
	header := make([]byte, 0, lzma.HeaderLen)
	header = append(header, properties...)
	dict := binary.LittleEndian.Uint32(header[1:])
	// No distance reaches further back than the data itself.
	if uint64(dict) > size {
		binary.LittleEndian.PutUint32(header[1:], uint32(size))
	}
	header = binary.LittleEndian.AppendUint64(header, size)
	return lzma.ReaderConfig{DictCap: dictBytes}.NewReader(io.MultiReader(bytes.NewReader(header), bytes.NewReader(packed)))
}
