package archive

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/ulikunitz/xz"
)

func TestGzip(t *testing.T) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Name = "invoice.txt"
	w.Write([]byte("Please pay."))
	w.Close()
	check(t, Read(b.Bytes(), nil, Limits{}), "gzip", []file{{"invoice.txt", "Please pay."}})
	got := Read(b.Bytes()[:b.Len()-10], nil, Limits{})
	if !hasProblem(got, ProblemMalformed) || !got.Members[0].Partial {
		t.Errorf("cut short: %+v; want a partial member and a problem", got)
	}
	b.Reset()
	w = gzip.NewWriter(&b)
	w.Write(make([]byte, 20<<20))
	w.Close()
	if got := Read(b.Bytes(), nil, Limits{}); !hasProblem(got, ProblemLimit) || got.Decoded > 200*b.Len() {
		t.Errorf("a bomb: %d bytes of %d, problems %v; want at most 200 times as many and a limit", got.Decoded, b.Len(), got.Problems)
	}
}

func TestBzip2(t *testing.T) {
	// "Please pay.\n", packed once with bzip2.
	b, err := base64.StdEncoding.DecodeString(bzip2Text)
	if err != nil {
		t.Fatal(err)
	}
	check(t, Read(b, nil, Limits{}), "bzip2", []file{{"", "Please pay.\n"}})
}

func TestXZ(t *testing.T) {
	text := strings.Repeat("Please pay. ", 5000)
	pack := func(check byte, text string) []byte {
		var b bytes.Buffer
		w, err := xz.WriterConfig{CheckSum: check, NoCheckSum: check == 0, BlockSize: 20000}.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(text))
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for _, sum := range []byte{0, xz.CRC32, xz.CRC64, xz.SHA256} {
		b := pack(sum, text)
		got := Read(b, nil, Limits{})
		check(t, got, "xz", []file{{"", text}})
		// Two streams with padding between them are one file.
		b = append(append(bytes.Clone(b), 0, 0, 0, 0), b...)
		check(t, Read(b, nil, Limits{}), "xz", []file{{"", text + text}})
		if len(got.Problems) > 0 {
			t.Errorf("checksum %d: problems %v; want none", sum, got.Problems)
		}
	}
	b := pack(xz.CRC32, text)
	at := bytes.Index(b, []byte{0x21, 1})
	b[at+2] = 40 // a dictionary of 4 GiB
	if got := Read(b, nil, Limits{}); !hasProblem(got, ProblemLimit) {
		t.Errorf("a dictionary of 4 GiB: problems %v; want a limit", got.Problems)
	}
}

func TestTar(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []tar.Header{
		{Name: "sub/", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "../invoice.txt", Typeflag: tar.TypeReg, Size: 11, Mode: 0o644},
		{Name: "link", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"},
	} {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			w.Write([]byte("Please pay."))
		}
	}
	w.Close()
	got := Read(b.Bytes(), nil, Limits{})
	if got.Kind != "tar" || len(got.Members) != 3 || !got.Members[0].Dir || string(got.Members[1].Data) != "Please pay." ||
		!slices.Equal(got.Members[1].Notes, []string{"path-traversal"}) || !slices.Equal(got.Members[2].Notes, []string{"symlink"}) {
		t.Errorf("got %+v; want a directory, a file that leaves it and a link", got)
	}
	if got := Read(b.Bytes()[:1030], nil, Limits{}); len(got.Members) != 2 || !hasProblem(got, ProblemMalformed) {
		t.Errorf("cut short: %+v; want two members and a problem", got)
	}
}

// isoRecordOf writes a directory record.
func isoRecordOf(name []byte, at, size int, flags byte) []byte {
	b := make([]byte, 33, 64)
	binary.LittleEndian.PutUint32(b[2:], uint32(at))
	binary.LittleEndian.PutUint32(b[10:], uint32(size))
	b[25], b[32] = flags, byte(len(name))
	b = append(b, name...)
	if len(b)%2 == 1 {
		b = append(b, 0)
	}
	b[0] = byte(len(b))
	return b
}

// buildISO writes a disc image with a directory "DOC" that holds the files, in
// sector 21 on, and with Joliet names if wide is given.
func buildISO(files []file, wide bool) []byte {
	name := func(s string, w bool) []byte {
		if !w {
			return []byte(s)
		}
		var b []byte
		for _, u := range utf16.Encode([]rune(s)) {
			b = binary.BigEndian.AppendUint16(b, u)
		}
		return b
	}
	image := make([]byte, 40*isoSector)
	put := func(sector int, b []byte) { copy(image[sector*isoSector:], b) }
	descriptor := func(sector int, kind byte, root int) {
		b := make([]byte, isoSector)
		b[0] = kind
		copy(b[1:], "CD001\x01")
		if kind == 2 {
			copy(b[88:], "%/E")
		}
		copy(b[156:], isoRecordOf([]byte{0}, root, isoSector, 2))
		put(sector, b)
	}
	tree := func(root, dir int, w bool) {
		self := append(isoRecordOf([]byte{0}, root, isoSector, 2), isoRecordOf([]byte{1}, root, isoSector, 2)...)
		put(root, append(self, isoRecordOf(name("DOC", w), dir, isoSector, 2)...))
		b := append(isoRecordOf([]byte{0}, dir, isoSector, 2), isoRecordOf([]byte{1}, root, isoSector, 2)...)
		// The parent again under a name of its own: a loop.
		b = append(b, isoRecordOf(name("LOOP", w), root, isoSector, 2)...)
		for i, f := range files {
			n := f.name
			if !w {
				n = fmt.Sprintf("FILE%d.TXT;1", i)
			}
			b = append(b, isoRecordOf(name(n, w), 30+i, len(f.data), 0)...)
			put(30+i, []byte(f.data))
		}
		put(dir, b)
	}
	descriptor(16, 1, 21)
	tree(21, 22, false)
	end := 17
	if wide {
		descriptor(17, 2, 24)
		tree(24, 25, true)
		end = 18
	}
	b := make([]byte, isoSector)
	b[0] = 255
	copy(b[1:], "CD001\x01")
	put(end, b)
	return image
}

func TestISO(t *testing.T) {
	files := []file{{"請求書.exe", "MZ program"}, {"letter.txt", "Please pay."}}
	want := []file{{"DOC/請求書.exe", "MZ program"}, {"DOC/letter.txt", "Please pay."}}
	check(t, Read(buildISO(files, true), nil, Limits{}), "iso", want)
	check(t, Read(buildISO(files, false), nil, Limits{}), "iso", []file{{"DOC/FILE0.TXT", "MZ program"}, {"DOC/FILE1.TXT", "Please pay."}})
	b := buildISO(files, true)
	got := Read(b[:31*isoSector], nil, Limits{})
	if len(got.Members) != 3 || !hasProblem(got, ProblemMalformed) {
		t.Errorf("cut short: %+v; want a directory, two files and a problem", got)
	}
}

// buildCAB writes a cabinet with one folder of two blocks.
func buildCAB(t testing.TB, files []file, method uint16) []byte {
	t.Helper()
	var plain []byte
	for _, f := range files {
		plain = append(plain, f.data...)
	}
	var directory, blocks []byte
	at := 0
	for _, f := range files {
		directory = binary.LittleEndian.AppendUint32(directory, uint32(len(f.data)))
		directory = binary.LittleEndian.AppendUint32(directory, uint32(at))
		directory = append(directory, 0, 0, 0, 0, 0, 0, 0x20, 0)
		directory = append(append(directory, f.name...), 0)
		at += len(f.data)
	}
	n := 0
	for part := range slices.Chunk(plain, (len(plain)+1)/2) {
		packed := part
		if method == cabMSZIP {
			packed = append([]byte("CK"), deflate(t, part)...)
		}
		blocks = append(blocks, 0, 0, 0, 0)
		blocks = binary.LittleEndian.AppendUint16(blocks, uint16(len(packed)))
		blocks = binary.LittleEndian.AppendUint16(blocks, uint16(len(part)))
		blocks = append(blocks, packed...)
		n++
	}
	b := append([]byte("MSCF\x00\x00\x00\x00"), make([]byte, 8)...)
	b = binary.LittleEndian.AppendUint32(b, 44) // files
	b = append(b, 0, 0, 0, 0, 3, 1, 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(files)))
	b = append(b, 0, 0, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, uint32(44+len(directory)))
	b = binary.LittleEndian.AppendUint16(b, uint16(n))
	b = binary.LittleEndian.AppendUint16(b, method)
	return append(append(b, directory...), blocks...)
}

func TestCAB(t *testing.T) {
	check(t, Read(buildCAB(t, twoFiles, cabStored), nil, Limits{}), "cab", twoFiles)
	check(t, Read(buildCAB(t, twoFiles, cabMSZIP), nil, Limits{}), "cab", twoFiles)
	got := Read(buildCAB(t, twoFiles, 3), nil, Limits{}) // LZX
	if !hasProblem(got, ProblemUnsupported) || len(got.Members) != 2 || got.Members[0].Data != nil {
		t.Errorf("LZX: %+v; want names and a problem", got)
	}
}

func TestKind(t *testing.T) {
	fat := make([]byte, 1024)
	copy(fat, "\xeb\x3c\x90MSDOS5.0\x00\x02\x01\x01\x00\x02")
	fat[21], fat[510], fat[511] = 0xf8, 0x55, 0xaa
	udf := make([]byte, 20*isoSector)
	copy(udf[16*isoSector+1:], "BEA01")
	copy(udf[17*isoSector+1:], "NSR02")
	lzh := append([]byte{30, 0}, "-lh5-\x0b\x00\x00\x00\x0b\x00\x00\x00\x00\x00\x00\x00\x20\x00\x03a.t"...)
	for _, c := range []struct{ b, want string }{
		{string(buildZip(t, twoFiles, nil)), "zip"},
		{"PK\x05\x06" + strings.Repeat("\x00", 18), "zip"},
		{string(fat), "img"},
		{string(udf), "udf"},
		{string(lzh), "lzh"},
		{"vhdxfile" + strings.Repeat("x", 100), "vhdx"},
		{strings.Repeat("x", 1024) + "conectix" + strings.Repeat("\x00", 504), "vhd"},
		{"\x12\x34\x31\x00\x00\x00\x90**ACE**\x14\x14", "ace"},
		{"\x60\xea\x2b\x00\x22\x0b\x01\x02\x10\x00\x02" + strings.Repeat("\x00", 40), "arj"},
		{"", ""},
		{"PK", ""},
		{"MZ", ""},
		{"plain text", ""},
		{strings.Repeat("\x00", 100000), ""},
	} {
		if got := Kind([]byte(c.b)); got != c.want {
			t.Errorf("Kind(%.20q...) = %q; want %q", c.b, got, c.want)
		}
		if got := Read([]byte(c.b), nil, Limits{}); c.want != "" && c.want != "zip" && !hasProblem(got, ProblemUnsupported) {
			t.Errorf("Read of a %s tells %v; want that it is not supported", c.want, got.Problems)
		}
	}
}

const bzip2Text = "QlpoOTFBWSZTWfxOogkAAAHTgAAQQAFAACIESCAgADEAMCADak4VKBIbxdyRThQkPxOogkA="
