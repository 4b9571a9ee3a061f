package rtf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// Errors of Decompress. ErrTruncated and ErrLimit come with what was decoded.
var (
	ErrNotCompressed = errors.New("not compressed RTF")
	ErrTruncated     = errors.New("compressed RTF ends early")
	ErrChecksum      = errors.New("compressed RTF has a wrong checksum")
	ErrLimit         = errors.New("compressed RTF is larger than the limit")
)

// The header's four little-endian words and the two types of compression
// ([MS-OXRTFCP] §2.1.3.1).
const (
	headerBytes = 16
	typeLZFu    = 0x75465A4C // compressed
	typeMELA    = 0x414C454D // stored
)

// The dictionary is a ring of 4,096 bytes ([MS-OXRTFCP] §2.1.3.1.3); a match is
// at most 17 bytes, so a document is at most some eight times its compressed size.
const (
	ringSize = 4096
	ringMask = ringSize - 1
)

// preset is what the dictionary holds at the start ([MS-OXRTFCP] §2.1.2.1).
const preset = `{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0` +
	"\r\n" + `\par \pard\plain\f0\fs20\b\i\u\tab\tx`

// Decompress undoes the compression of PidTagRtfCompressed ([MS-OXRTFCP]), both
// LZFu and MELA; a document that was never compressed is returned as it is. The
// result is at most limit bytes and may share memory with b.
//
// What the header says of sizes is not believed. Input that ends early gives
// what was decoded and an error wrapping [ErrTruncated]; one larger than limit
// its beginning and [ErrLimit]. The checksum matters only when nothing could be
// decoded: then the error wraps [ErrChecksum] or, for data of another kind,
// [ErrNotCompressed].
func Decompress(b []byte, limit int) ([]byte, error) {
	if IsRTF(b) {
		return capped(b, limit)
	}
	if len(b) < headerBytes {
		return nil, fmt.Errorf("header of %d bytes: %w", len(b), ErrTruncated)
	}
	size := uint64(binary.LittleEndian.Uint32(b))    // of what follows this word
	raw := uint64(binary.LittleEndian.Uint32(b[4:])) // decoded
	kind := binary.LittleEndian.Uint32(b[8:])        // typeLZFu or typeMELA
	checksum := binary.LittleEndian.Uint32(b[12:])   // of the LZFu stream
	rest := b[headerBytes:]
	switch kind {
	case typeMELA:
		if raw < uint64(len(rest)) {
			return capped(rest[:raw], limit)
		}
		out, err := capped(rest, limit)
		if err == nil && raw > uint64(len(rest)) {
			err = fmt.Errorf("%d of %d stored bytes: %w", len(rest), raw, ErrTruncated)
		}
		return out, err
	case typeLZFu:
	default:
		return nil, fmt.Errorf("compression type %#08x: %w", kind, ErrNotCompressed)
	}
	// Some writers leave padding behind the stream; what the header's size leaves
	// out is not read unless that size is plainly wrong.
	whole := size <= uint64(len(rest))+headerBytes-4
	if stream := size - (headerBytes - 4); whole && size > headerBytes-4 {
		rest = rest[:stream]
	}
	out, err := inflate(rest, raw, limit)
	if len(out) == 0 && err != nil && whole && ^crc32.Update(^uint32(0), crc32.IEEETable, rest) != checksum {
		return nil, fmt.Errorf("nothing decoded of %d bytes: %w", len(rest), ErrChecksum)
	}
	return out, err
}

// capped is b, or its beginning with ErrLimit.
func capped(b []byte, limit int) ([]byte, error) {
	if limit = max(limit, 0); len(b) > limit {
		return b[:limit], fmt.Errorf("%d bytes stored: %w", len(b), ErrLimit)
	}
	return b, nil
}

// inflate decodes an LZFu stream ([MS-OXRTFCP] §3.1.3.2). raw is the size that
// the header promises: it saves allocations where it is plausible, and excuses
// a missing end mark where it is reached.
func inflate(in []byte, raw uint64, limit int) ([]byte, error) {
	limit = max(limit, 0)
	out := make([]byte, 0, min(raw, uint64(limit), 9*uint64(len(in))))
	var ring [ringSize]byte
	w := copy(ring[:], preset)
	for len(in) > 0 {
		control := in[0]
		in = in[1:]
		for bit := 0; bit < 8; bit++ {
			if len(in) == 0 {
				break
			}
			if len(out) >= limit {
				return out, fmt.Errorf("more than %d bytes: %w", limit, ErrLimit)
			}
			if control&(1<<bit) == 0 {
				ring[w] = in[0]
				out = append(out, in[0])
				w = (w + 1) & ringMask
				in = in[1:]
				continue
			}
			if len(in) < 2 {
				return out, fmt.Errorf("inside a reference: %w", ErrTruncated)
			}
			ref := int(binary.BigEndian.Uint16(in))
			in = in[2:]
			from, n := ref>>4, ref&15+2
			if from == w { // the end mark
				return out, nil
			}
			for ; n > 0 && len(out) < limit; n-- {
				c := ring[from]
				ring[w] = c
				out = append(out, c)
				from, w = (from+1)&ringMask, (w+1)&ringMask
			}
			if n > 0 {
				return out, fmt.Errorf("more than %d bytes: %w", limit, ErrLimit)
			}
		}
	}
	if uint64(len(out)) < raw || len(out) == 0 {
		return out, fmt.Errorf("%d of %d bytes and no end mark: %w", len(out), raw, ErrTruncated)
	}
	return out, nil
}
