package document

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"io"
	"strings"
)

const (
	// A part that inflates to more than ratioFrom bytes may have become at most
	// maxRatio times as large.
	ratioFrom = 1 << 20
	maxRatio  = 200
)

// part is one file of a package.
type part struct {
	name string
	data []byte
}

// packageParts inflates the files of a zip as far as the limits allow. Where the
// directory is broken it takes the files from their local headers, as Office does
// when it repairs a document: attackers break it on purpose.
func (g *gatherer) packageParts(b []byte) []part {
	z, err := openZip(b)
	if err != nil {
		g.problem(ProblemMalformed, "the package's directory cannot be read")
		return g.localParts(b)
	}
	var parts []part
	for _, f := range z.File {
		if len(parts) >= g.l.Entries {
			g.problem(ProblemLimit, "too many parts in the package")
			break
		}
		if f.Flags&1 != 0 {
			g.note(NoteEncrypted)
			g.problem(ProblemEncrypted, "a part of the package is encrypted")
			continue
		}
		raw, err := f.OpenRaw()
		if err != nil {
			g.problem(ProblemMalformed, "a part of the package cannot be read")
			continue
		}
		var r io.Reader = raw
		if f.Method == zip.Deflate {
			r = flate.NewReader(raw)
		} else if f.Method != zip.Store {
			g.problem(ProblemUnsupported, "a part of the package is compressed in an unknown way")
			continue
		}
		parts = append(parts, part{partName(f.Name), g.inflate(r, int64(f.CompressedSize64))})
	}
	return parts
}

// openZip is zip.NewReader, which has panicked on hostile input in the past.
func openZip(b []byte) (z *zip.Reader, err error) {
	defer func() {
		if recover() != nil {
			z, err = nil, zip.ErrFormat
		}
	}()
	z, err = zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err == nil && len(z.File) == 0 {
		return nil, zip.ErrFormat
	}
	return z, err
}

func partName(name string) string {
	return strings.TrimLeft(strings.ReplaceAll(strings.ToValidUTF8(name, "\uFFFD"), `\`, "/"), "/")
}

// inflate reads r, which comes from a compressed file of so many bytes, until a
// limit. What is read before an error counts.
func (g *gatherer) inflate(r io.Reader, compressed int64) []byte {
	most := int64(g.room())
	if byRatio := max(ratioFrom, compressed*maxRatio); byRatio < most {
		most = byRatio
	}
	var buf bytes.Buffer
	n, err := io.Copy(&buf, io.LimitReader(r, most+1))
	if err != nil {
		g.problem(ProblemMalformed, "compressed data is damaged")
	}
	data := buf.Bytes()
	if n > most {
		g.problem(ProblemLimit, "too much was decoded")
		data = data[:most]
	}
	g.decoded(len(data))
	return data
}

// localParts finds files by their local headers (APPNOTE 4.3.7). No byte is
// inflated twice.
func (g *gatherer) localParts(b []byte) []part {
	var parts []part
	for {
		i := bytes.Index(b, []byte("PK\x03\x04"))
		if i < 0 || len(b)-i < 30 {
			return parts
		}
		h := b[i:]
		flags, method := binary.LittleEndian.Uint16(h[6:]), binary.LittleEndian.Uint16(h[8:])
		size := int(binary.LittleEndian.Uint32(h[18:]))
		nameLen, extraLen := int(binary.LittleEndian.Uint16(h[26:])), int(binary.LittleEndian.Uint16(h[28:]))
		b = h[4:]
		if nameLen == 0 || 30+nameLen+extraLen > len(h) || flags&1 != 0 {
			continue
		}
		if len(parts) >= g.l.Entries {
			g.problem(ProblemLimit, "too many parts in the package")
			return parts
		}
		name, data := string(h[30:30+nameLen]), h[30+nameLen+extraLen:]
		switch method {
		case zip.Store:
			if size > len(data) || flags&8 != 0 {
				size = max(0, bytes.Index(data, []byte("PK")))
			}
			size = min(size, g.room())
			g.decoded(size)
			parts = append(parts, part{partName(name), data[:size]})
			b = data[size:]
		case zip.Deflate:
			in := bytes.NewReader(data) // a ByteReader: flate takes no byte too many
			parts = append(parts, part{partName(name), g.inflate(flate.NewReader(in), int64(len(data)))})
			b = data[len(data)-in.Len():]
		}
	}
}
