package rtf

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Kinds of compressed rich text, [MS-OXRTFCP] §2.1.3.1.1.
const (
	kindLZFu = 0x75465a4c
	kindMELA = 0x414c454d
)

// dictionary is what the compressor assumes to have been written before the text
// ([MS-OXRTFCP] §2.1.3.1.2).
const dictionary = "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript " +
	"\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"

// windowBytes is the size of the compressor's ring.
const windowBytes = 4096

// Errors of Decompress.
var (
	// ErrKind is for bytes that are no compressed rich text.
	ErrKind = errors.New("not compressed rich text")
	// ErrCut is for text that ends before its end; what came before is returned.
	ErrCut = errors.New("the compressed rich text is cut off")
	// ErrLimit is for text longer than the limit; as much as allowed is returned.
	ErrLimit = errors.New("the rich text is longer than is read")
)

// Decompress undoes the compression of PidTagRtfCompressed ([MS-OXRTFCP]) and
// yields at most limit bytes. The checksum is not looked at: what decodes is read,
// as mail clients do. With ErrCut or ErrLimit the text up to there comes too.
func Decompress(b []byte, limit int) ([]byte, error) {
	if len(b) < 16 {
		return nil, fmt.Errorf("decompress rich text: %w", ErrKind)
	}
	rawSize := int(binary.LittleEndian.Uint32(b[4:]))
	kind := binary.LittleEndian.Uint32(b[8:])
	body := b[16:]
	if size := int(binary.LittleEndian.Uint32(b)); size >= 12 && size-12 < len(body) {
		body = body[:size-12] // what the size counts begins behind itself
	}
	switch kind {
	case kindMELA:
		out := body[:min(len(body), rawSize, limit)]
		if rawSize > limit {
			return out, fmt.Errorf("decompress rich text: %w", ErrLimit)
		}
		if len(out) < rawSize {
			return out, fmt.Errorf("decompress rich text: %w", ErrCut)
		}
		return out, nil
	case kindLZFu:
		return unpack(body, rawSize, limit)
	}
	return nil, fmt.Errorf("decompress rich text: %w", ErrKind)
}

// unpack undoes LZFu ([MS-OXRTFCP] §2.2.2.1).
func unpack(body []byte, rawSize, limit int) ([]byte, error) {
	var ring [windowBytes]byte
	at := copy(ring[:], dictionary)
	// The declared size is the attacker's: it is a hint, bounded by what the input
	// can become.
	out := make([]byte, 0, max(0, min(rawSize, limit, 9*len(body))))
	put := func(c byte) bool {
		if len(out) >= limit {
			return false
		}
		out = append(out, c)
		ring[at] = c
		at = (at + 1) % windowBytes
		return true
	}
	for i := 0; i < len(body); {
		control := body[i]
		i++
		for bit := range 8 {
			if control&(1<<bit) == 0 {
				if i >= len(body) {
					return out, fmt.Errorf("decompress rich text: %w", ErrCut)
				}
				if !put(body[i]) {
					return out, fmt.Errorf("decompress rich text: %w", ErrLimit)
				}
				i++
				continue
			}
			if i+2 > len(body) {
				return out, fmt.Errorf("decompress rich text: %w", ErrCut)
			}
			reference := int(binary.BigEndian.Uint16(body[i:]))
			i += 2
			offset, length := reference>>4, reference&15+2
			if offset == at {
				return out, nil // the end
			}
			for j := range length {
				if !put(ring[(offset+j)%windowBytes]) {
					return out, fmt.Errorf("decompress rich text: %w", ErrLimit)
				}
			}
		}
	}
	return out, fmt.Errorf("decompress rich text: %w", ErrCut)
}
