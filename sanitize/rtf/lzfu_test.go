package rtf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strings"
	"testing"
)

// compress writes LZFu as [MS-OXRTFCP] §3.1.3.3 has it, with the longest match
// that a plain search finds.
func compress(doc []byte) []byte {
	ring := make([]byte, ringSize)
	w := copy(ring, preset)
	filled := w
	var stream []byte
	var control byte
	var run []byte
	bits := 0
	flush := func() {
		stream = append(append(stream, control), run...)
		control, run, bits = 0, nil, 0
	}
	put := func(c byte) {
		ring[w] = c
		w = (w + 1) & ringMask
		filled = min(filled+1, ringSize)
	}
	for i := 0; i < len(doc); {
		from, n := 0, 0
		for p := 0; p < filled; p++ {
			if p == w {
				continue
			}
			k := 0
			for k < 17 && i+k < len(doc) && (p+k)&ringMask != w && (p+k) < filled && ring[(p+k)&ringMask] == doc[i+k] {
				k++
			}
			if k > n {
				from, n = p, k
			}
		}
		if n >= 2 {
			control |= 1 << bits
			run = binary.BigEndian.AppendUint16(run, uint16(from<<4|(n-2)))
		} else {
			n = 1
			run = append(run, doc[i])
		}
		for range n {
			put(doc[i])
			i++
		}
		if bits++; bits == 8 {
			flush()
		}
	}
	control |= 1 << bits
	run = binary.BigEndian.AppendUint16(run, uint16(w<<4))
	flush()
	return header(typeLZFu, len(doc), stream)
}

func header(kind uint32, raw int, stream []byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(stream)+12))
	b = binary.LittleEndian.AppendUint32(b, uint32(raw))
	b = binary.LittleEndian.AppendUint32(b, kind)
	b = binary.LittleEndian.AppendUint32(b, ^crc32.Update(^uint32(0), crc32.IEEETable, stream))
	return append(b, stream...)
}

func TestDecompress(t *testing.T) {
	doc := []byte(`{\rtf1\ansi\ansicpg1252\pard hello ` + strings.Repeat("world ", 3000) + `\par}`)
	packed := compress(doc)
	for _, c := range []struct {
		name  string
		in    []byte
		limit int
		want  []byte
		err   error
	}{
		{"LZFu", packed, 1 << 20, doc, nil},
		{"LZFu behind padding", append(bytes.Clone(packed), 0, 0, 0), 1 << 20, doc, nil},
		{"LZFu whose size is a lie", append([]byte{1, 0, 0, 0}, packed[4:]...), 1 << 20, doc, nil},
		{"LZFu whose decoded size is a lie", append(append(bytes.Clone(packed[:4]), 255, 255, 255, 255), packed[8:]...), 1 << 20, doc, nil},
		{"LZFu with a wrong checksum", append(append(bytes.Clone(packed[:12]), 1, 2, 3, 4), packed[16:]...), 1 << 20, doc, nil},
		{"MELA", header(typeMELA, len(doc), doc), 1 << 20, doc, nil},
		{"MELA cut", header(typeMELA, len(doc), doc)[:100], 1 << 20, doc[:84], ErrTruncated},
		{"MELA over the limit", header(typeMELA, len(doc), doc), 10, doc[:10], ErrLimit},
		{"never compressed", doc, 1 << 20, doc, nil},
		{"over the limit", packed, 1000, doc[:1000], ErrLimit},
		{"no limit left", packed, 0, nil, ErrLimit},
		{"negative limit", packed, -1, nil, ErrLimit},
		{"empty", nil, 100, nil, ErrTruncated},
		{"header alone", packed[:16], 100, nil, ErrTruncated},
		{"cut inside the header", packed[:9], 100, nil, ErrTruncated},
		{"another type", header(0x12345678, 3, []byte("abc")), 100, nil, ErrNotCompressed},
	} {
		got, err := Decompress(c.in, c.limit)
		if !bytes.Equal(got, c.want) || !errors.Is(err, c.err) {
			t.Errorf("%s: Decompress = %d bytes, %v; want %d bytes, %v", c.name, len(got), err, len(c.want), c.err)
		}
	}
}

// TestDecompressExample is the example of [MS-OXRTFCP] §4.1.1.
func TestDecompressExample(t *testing.T) {
	in := []byte("\x2d\x00\x00\x00\x2b\x00\x00\x00\x4c\x5a\x46\x75\xf1\xc5\xc7\xa7\x03\x00\x0a\x00\x72\x63\x70\x67\x31\x32\x35\x42\x32\x0a\xf3\x20\x68\x65\x6c\x09\x00\x20\x62\x77\x05\xb0\x6c\x64\x7d\x0a\x80\x0f\xa0")
	want := "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
	if got, err := Decompress(in, 100); string(got) != want || err != nil {
		t.Errorf("Decompress = %q, %v; want %q", got, err, want)
	}
}

// Whatever is cut off, what stands before it is there.
func TestDecompressTruncated(t *testing.T) {
	doc := []byte(`{\rtf1\ansi some words, some of them words again: some words}`)
	packed := compress(doc)
	for n := headerBytes + 3; n < len(packed)-2; n++ {
		got, err := Decompress(packed[:n], 1000)
		if !bytes.HasPrefix(doc, got) || len(got) == 0 || !errors.Is(err, ErrTruncated) {
			t.Fatalf("first %d bytes: Decompress = %q, %v; want a beginning of %q and ErrTruncated", n, got, err, doc)
		}
	}
}

func TestDecompressChecksum(t *testing.T) {
	in := header(typeLZFu, 100, []byte{1})
	in[12]++
	if got, err := Decompress(in, 100); got != nil || !errors.Is(err, ErrChecksum) {
		t.Errorf("Decompress = %q, %v; want ErrChecksum", got, err)
	}
}

// A header that promises 4 GiB costs no memory.
func TestDecompressBomb(t *testing.T) {
	in := header(typeLZFu, 1<<32-1, bytes.Repeat([]byte{0xff, 0, 15, 0, 15, 0, 15, 0, 15, 0, 15, 0, 15, 0, 15, 0, 15}, 100))
	got, err := Decompress(in, 1<<30)
	if len(got) > 9*len(in) || cap(got) > 10*len(in) || err == nil {
		t.Errorf("Decompress of %d bytes = %d bytes in %d, %v; want at most nine times as many and an error", len(in), len(got), cap(got), err)
	}
}
