package archive

import (
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"unicode/utf16"
)

// szLock says what build7z encrypts.
type szLock struct {
	password string
	headers  bool
}

func szNumber(v uint64) []byte {
	if v < 0x80 {
		return []byte{byte(v)}
	}
	return append([]byte{0xff}, binary.LittleEndian.AppendUint64(nil, v)...)
}

// szSeal encrypts plain, unless the password is "", and describes the coder that
// undoes it.
func szSeal(t testing.TB, plain []byte, password string) (folder, sealed []byte) {
	if password == "" {
		return []byte{1, 0x01, 0x00}, plain
	}
	properties := []byte{0x40 | 10, 0x0f} // 2^10 rounds, no salt, 16 bytes to start the chain
	iv := []byte("sixteen bytes iv")
	properties = append(properties, iv...)
	k, err := readSZKey(properties)
	if err != nil {
		t.Fatalf("reading the test's own key: %v", err)
	}
	folder = append([]byte{1, 0x24}, szAES...)
	folder = append(append(folder, szNumber(uint64(len(properties)))...), properties...)
	return folder, cbc(t, k.derive(password).key, iv, plain)
}

// szStreamsOf describes one folder of stored bytes.
func szStreamsOf(position, packed int, folder []byte, plain []byte) []byte {
	b := append([]byte{szPackInfo}, szNumber(uint64(position))...)
	b = append(b, 1, szSize)
	b = append(b, szNumber(uint64(packed))...)
	b = append(b, szEnd, szUnpackInfo, szFolder, 1, 0)
	b = append(b, folder...)
	b = append(append(b, szUnpackSize), szNumber(uint64(len(plain)))...)
	b = append(b, szCRC, 1)
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(plain))
	return append(b, szEnd)
}

// build7z writes a 7z that stores the files in one folder.
func build7z(t testing.TB, files []file, lock *szLock) []byte {
	t.Helper()
	var plain []byte
	password := ""
	if lock != nil {
		password = lock.password
	}
	for _, f := range files {
		plain = append(plain, f.data...)
	}
	folder, body := szSeal(t, plain, password)
	h := append([]byte{szHeader, szMainStreams}, szStreamsOf(0, len(body), folder, plain)...)
	if len(files) != 1 {
		h = append(h, szSubStreams, szNumUnpackStream)
		h = append(h, szNumber(uint64(len(files)))...)
		h = append(h, szSize)
		for _, f := range files[:len(files)-1] {
			h = append(h, szNumber(uint64(len(f.data)))...)
		}
		h = append(h, szCRC, 1)
		for _, f := range files {
			h = binary.LittleEndian.AppendUint32(h, crc32.ChecksumIEEE([]byte(f.data)))
		}
		h = append(h, szEnd)
	}
	h = append(h, szEnd, szFiles)
	h = append(h, szNumber(uint64(len(files)))...)
	names := []byte{0}
	for _, f := range files {
		for _, u := range utf16.Encode([]rune(f.name + "\x00")) {
			names = binary.LittleEndian.AppendUint16(names, u)
		}
	}
	h = append(append(h, szName), szNumber(uint64(len(names)))...)
	h = append(append(h, names...), szEnd, szEnd)
	if lock != nil && lock.headers {
		folder, sealed := szSeal(t, h, password)
		plainHeader := h
		h = append([]byte{szEncodedHeader}, szStreamsOf(len(body), len(sealed), folder, plainHeader)...)
		h = append(h, szEnd)
		body = append(body, sealed...)
	}
	return sevenZipOf(body, h)
}

// sevenZipOf puts a start header before a body and a header.
func sevenZipOf(body, h []byte) []byte {
	start := binary.LittleEndian.AppendUint64(nil, uint64(len(body)))
	start = binary.LittleEndian.AppendUint64(start, uint64(len(h)))
	start = binary.LittleEndian.AppendUint32(start, crc32.ChecksumIEEE(h))
	out := []byte("7z\xbc\xaf\x27\x1c\x00\x04")
	out = binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(start))
	return append(append(append(out, start...), body...), h...)
}

func TestSevenZip(t *testing.T) {
	check(t, Read(build7z(t, twoFiles, nil), nil, Limits{}), "7z", twoFiles)
	check(t, Read(build7z(t, twoFiles[:1], nil), nil, Limits{}), "7z", twoFiles[:1])
	check(t, Read(append([]byte("MZ a program that knows 7z\xbc\xaf\x27\x1c"), build7z(t, twoFiles, nil)...), nil, Limits{}), "7z", twoFiles)
}

func TestSevenZipEncrypted(t *testing.T) {
	for _, headers := range []bool{false, true} {
		b := build7z(t, twoFiles, &szLock{"Abc123", headers})
		got := Read(b, []string{"wrong", "Abc123"}, Limits{})
		check(t, got, "7z", twoFiles)
		if len(got.Problems) > 0 || !got.Members[0].Encrypted {
			t.Errorf("headers encrypted %v: problems %v, encrypted %v; want none, true", headers, got.Problems, got.Members[0].Encrypted)
		}
		for _, passwords := range [][]string{nil, {"wrong"}} {
			got := Read(b, passwords, Limits{})
			if !hasProblem(got, ProblemEncrypted) || slices.ContainsFunc(got.Members, func(m Member) bool { return m.Data != nil }) || headers != (len(got.Members) == 0) {
				t.Errorf("headers encrypted %v, passwords %q: %+v; want no data and a problem", headers, passwords, got)
			}
			noSecrets(t, got, "wrong", "invoice", "Abc123")
		}
	}
}

// The library makes room for what a header claims.
func TestSevenZipClaims(t *testing.T) {
	huge := szNumber(1 << 31)
	sum := func(parts ...[]byte) []byte { return slices.Concat(parts...) }
	for _, c := range []struct {
		name   string
		header []byte
	}{
		{"files", sum([]byte{szHeader, szFiles}, huge, []byte{szEnd, szEnd})},
		{"packed streams", sum([]byte{szHeader, szMainStreams, szPackInfo, 0}, huge, []byte{szCRC, 1, szEnd, szEnd})},
		{"folders", sum([]byte{szHeader, szMainStreams, szUnpackInfo, szFolder}, huge, []byte{0, szUnpackSize, szCRC, 1, szEnd, szEnd})},
		{"coders", sum([]byte{szHeader, szMainStreams, szPackInfo, 0, 1, szSize, 1, szEnd, szUnpackInfo, szFolder, 1, 0}, huge)},
		{"streams of a coder", sum([]byte{szHeader, szMainStreams, szPackInfo, 0, 1, szSize, 1, szEnd, szUnpackInfo, szFolder, 1, 0, 1, 0x11, 0}, huge, huge)},
		{"files of a folder", sum([]byte{szHeader, szMainStreams}, szStreamsOf(0, 0, []byte{1, 1, 0}, nil), []byte{szSubStreams, szNumUnpackStream}, huge, []byte{szCRC, 1, szEnd, szEnd})},
	} {
		got := Read(sevenZipOf(nil, c.header), nil, Limits{})
		if !hasProblem(got, ProblemMalformed) || len(got.Members) > 0 {
			t.Errorf("a header that claims 2^31 %s: %+v; want nothing and a problem", c.name, got)
		}
	}
	dictionary := sum([]byte{szHeader, szMainStreams}, szStreamsOf(0, 0, []byte{1, 0x21, 0x21, 1, 40}, nil), []byte{szEnd, szFiles, 1, szName, 5, 0, 'a', 0, 0, 0, szEnd, szEnd})
	if got := Read(sevenZipOf(nil, dictionary), nil, Limits{}); !hasProblem(got, ProblemLimit) || len(got.Members) != 1 {
		t.Errorf("a dictionary of 4 GiB: %+v; want a name and a limit", got)
	}
}

func TestCorpusArchives(t *testing.T) {
	corpus := os.Getenv("KAIRAN_CORPUS")
	if corpus == "" {
		t.Skip("KAIRAN_CORPUS is not set")
	}
	evil := file{"evil.txt", "hello evil\n"}
	for _, c := range []struct {
		name, kind string
		want       []file
	}{
		{"plain.zip", "zip", []file{evil, {"日本語.txt", "inner"}}},
		{"zc.zip", "zip", []file{evil}},
		{"aes.zip", "zip", []file{evil}},
		{"enc.7z", "7z", []file{evil}},
		{"enc_hdr.7z", "7z", []file{evil}},
	} {
		b, err := os.ReadFile(filepath.Join(corpus, "archives_generated", c.name))
		if err != nil {
			t.Fatal(err)
		}
		t.Run(c.name, func(t *testing.T) { check(t, Read(b, Passwords("", nil), Limits{}), c.kind, c.want) })
	}
}
