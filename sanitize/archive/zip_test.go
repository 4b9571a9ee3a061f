package archive

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"testing"

	"github.com/ulikunitz/xz"
	"golang.org/x/text/encoding/japanese"
)

func TestZip(t *testing.T) {
	check(t, Read(buildZip(t, twoFiles, nil), nil, Limits{}), "zip", twoFiles)
}

func TestZipEncrypted(t *testing.T) {
	sjis, err := japanese.ShiftJIS.NewEncoder().String("ひみつ")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, password string
		lock           func(*zip.FileHeader, []byte) []byte
	}{
		{"ZipCrypto", "Abc123", lockClassic("Abc123")},
		{"ZipCrypto, a password in CP932", "ひみつ", lockClassic(sjis)},
		{"ZipCrypto, a password in UTF-8", "ひみつ", lockClassic("ひみつ")},
		{"AES-128, AE-1", "Abc123", lockAES(t, "Abc123", 1, 1)},
		{"AES-192, AE-1", "Abc123", lockAES(t, "Abc123", 1, 2)},
		{"AES-256, AE-1", "Abc123", lockAES(t, "Abc123", 1, 3)},
		{"AES-128, AE-2", "Abc123", lockAES(t, "Abc123", 2, 1)},
		{"AES-256, AE-2", "ひみつ", lockAES(t, "ひみつ", 2, 3)},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := buildZip(t, twoFiles, c.lock)
			got := Read(b, []string{"wrong", "Infected", c.password}, Limits{})
			check(t, got, "zip", twoFiles)
			if len(got.Problems) > 0 || !got.Members[0].Encrypted {
				t.Errorf("problems %v, encrypted %v; want none, true", got.Problems, got.Members[0].Encrypted)
			}
			for _, passwords := range [][]string{nil, {"wrong"}} {
				got = Read(b, passwords, Limits{})
				if !hasProblem(got, ProblemEncrypted) || len(got.Members) != 2 || got.Members[0].Data != nil || got.Members[0].Name != "invoice.txt" {
					t.Errorf("with passwords %q: %+v; want names only and a problem", passwords, got)
				}
				noSecrets(t, got, "wrong", "invoice", c.password)
			}
		})
	}
}

func TestZipPasswordsAreTriedWithinLimits(t *testing.T) {
	b := buildZip(t, twoFiles, lockAES(t, "Abc123", 2, 3))
	many := []string{}
	for i := range 60 {
		many = append(many, fmt.Sprint("wrong", i))
	}
	if got := Read(b, append(many, "Abc123"), Limits{}); !hasProblem(got, ProblemEncrypted) {
		t.Errorf("the 61st password was tried: %v", got.Problems)
	}
	if got := Read(b, []string{"wrong", "Abc123"}, Limits{Work: aesRounds}); !hasProblem(got, ProblemLimit) || got.Members[0].Data != nil {
		t.Errorf("more work was done than allowed: %v", got.Problems)
	}
}

func TestZipNames(t *testing.T) {
	sjis := func(s string) string {
		s, err := japanese.ShiftJIS.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	unicodePath := func(raw, name string) []byte {
		p := []byte{0x75, 0x70, byte(5 + len(name)), 0, 1}
		p = binary.LittleEndian.AppendUint32(p, crc32.ChecksumIEEE([]byte(raw)))
		return append(p, name...)
	}
	for _, c := range []struct {
		raw   string
		utf8  bool
		extra []byte
		want  string
		notes []string
	}{
		{raw: "請求書.txt", utf8: true, want: "請求書.txt"},
		{raw: "請求書.txt", want: "請求書.txt"},
		{raw: sjis("請求書.txt"), want: "請求書.txt"},
		{raw: sjis("表示能力.exe"), want: "表示能力.exe"}, // second bytes are backslashes
		{raw: "a.txt", extra: unicodePath("a.txt", "請求書.txt"), want: "請求書.txt"},
		{raw: "a.txt", extra: unicodePath("b.txt", "請求書.txt"), want: "a.txt"},
		{raw: "../../a.txt", want: "../../a.txt", notes: []string{"path-traversal"}},
		{raw: `..\a.txt`, want: "../a.txt", notes: []string{"path-traversal"}},
		{raw: "a/.. /b", want: "a/.. /b", notes: []string{"path-traversal"}},
		{raw: "/etc/x", want: "/etc/x", notes: []string{"absolute-path"}},
		{raw: `C:\x`, want: "C:/x", notes: []string{"absolute-path"}},
		{raw: "a..b/c", want: "a..b/c"},
		{raw: "x\xff\xfe", want: "x\ufffd"},
	} {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		h := &zip.FileHeader{Name: c.raw, NonUTF8: !c.utf8, Extra: c.extra}
		if _, err := w.CreateRaw(h); err != nil {
			t.Fatal(err)
		}
		w.Close()
		got := Read(b.Bytes(), nil, Limits{})
		if len(got.Members) != 1 || got.Members[0].Name != c.want || !slices.Equal(got.Members[0].Notes, c.notes) {
			t.Errorf("name %q (UTF-8 %v) is told as %+v; want %q with notes %q", c.raw, c.utf8, got.Members, c.want, c.notes)
		}
	}
}

func TestZipNotes(t *testing.T) {
	b := buildZip(t, []file{{"a.txt", "one"}, {"A.TXT", "two"}, {"link", "target"}}, func(h *zip.FileHeader, packed []byte) []byte {
		if h.Name == "link" {
			h.CreatorVersion = 3 << 8
			h.ExternalAttrs = 0xa1ff << 16
		}
		if h.Name == "a.txt" {
			h.UncompressedSize64 = 10 << 30
			h.CRC32++
		}
		return packed
	})
	got := Read(b, nil, Limits{})
	for i, want := range [][]string{{"bad-checksum", "size-lies"}, {"duplicate-name"}, {"symlink"}} {
		if !slices.Equal(got.Members[i].Notes, want) {
			t.Errorf("notes of %q are %q; want %q", got.Members[i].Name, got.Members[i].Notes, want)
		}
	}
	if m := got.Members[0]; string(m.Data) != "one" || m.Size != 3 {
		t.Errorf("the member that claims 10 GB has %d bytes, %q; want 3, its own", m.Size, m.Data)
	}
}

// Readers take one of the two headers; both names and both zips matter.
func TestZipTwoReadings(t *testing.T) {
	one := buildZip(t, []file{{"shown.txt", "first"}}, nil)
	two := buildZip(t, []file{{"hidden.txt", "second"}}, nil)

	renamed := patch(t, one, "shown.txt", "other.exe")
	if got := Read(renamed, nil, Limits{}); !slices.Equal(got.Members[0].Notes, []string{"name-differs"}) || string(got.Members[0].Data) != "first" {
		t.Errorf("a name that differs in the local header: %+v", got.Members)
	}

	both := append(bytes.Clone(two), one...)
	got := Read(both, nil, Limits{})
	check(t, got, "zip", []file{{"shown.txt", "first"}, {"hidden.txt", "second"}})
	if !slices.Equal(got.Members[1].Notes, []string{"not-in-directory"}) {
		t.Errorf("notes of the hidden member are %q", got.Members[1].Notes)
	}
}

func TestZipBroken(t *testing.T) {
	whole := buildZip(t, twoFiles, nil)
	directory := bytes.Index(whole, []byte(zipCentral))
	for _, c := range []struct {
		name string
		b    []byte
	}{
		{"directory cut off", whole[:directory]},
		{"directory cut short", whole[:directory+20]},
		{"end record cut short", whole[:len(whole)-5]},
		{"directory overwritten", append(bytes.Clone(whole[:directory]), bytes.Repeat([]byte{'x'}, len(whole)-directory)...)},
		{"trailing bytes", append(bytes.Clone(whole), "trailing"...)},
	} {
		t.Run(c.name, func(t *testing.T) { check(t, Read(c.b, nil, Limits{}), "zip", twoFiles) })
	}
	t.Run("program before it", func(t *testing.T) {
		check(t, Read(append([]byte("MZ this is a program"), whole...), nil, Limits{}), "zip", twoFiles)
	})
	t.Run("picture before it", func(t *testing.T) {
		check(t, Read(append([]byte("\xff\xd8\xff\xe0 picture"), whole...), nil, Limits{}), "zip", twoFiles)
	})
	t.Run("streamed, with data descriptors", func(t *testing.T) {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for _, f := range twoFiles {
			m, err := w.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Deflate})
			if err != nil {
				t.Fatal(err)
			}
			m.Write([]byte(f.data))
		}
		m, err := w.CreateHeader(&zip.FileHeader{Name: "stored", Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		m.Write([]byte("as it is"))
		w.Close()
		want := append(slices.Clone(twoFiles), file{"stored", "as it is"})
		check(t, Read(b.Bytes(), nil, Limits{}), "zip", want)
		check(t, Read(b.Bytes()[:bytes.Index(b.Bytes(), []byte(zipCentral))], nil, Limits{}), "zip", want)
	})
	t.Run("member cut short", func(t *testing.T) {
		got := Read(whole[:48], nil, Limits{})
		if len(got.Members) != 1 || !got.Members[0].Partial && got.Members[0].Data != nil || !hasProblem(got, ProblemMalformed) {
			t.Errorf("got %+v; want one partial member and a problem", got)
		}
	})
	t.Run("encrypted by the directory only", func(t *testing.T) {
		b := bytes.Clone(whole)
		b[directory+8] |= 1
		check(t, Read(b, nil, Limits{}), "zip", twoFiles)
	})
}

func TestZipMethods(t *testing.T) {
	const text = "Please pay. Please pay. Please pay."
	lzmaPacked := []byte{9, 20, 5, 0, 0x5d, 0, 0, 1, 0}
	var b bytes.Buffer
	w, err := xz.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	w.Write([]byte(text))
	w.Close()
	for _, c := range []struct {
		method uint16
		packed []byte
		want   string
		code   string
	}{
		{0, []byte(text), text, ""},
		{95, b.Bytes(), text, ""},
		{14, append(lzmaPacked, lzmaRaw(t, text)...), text, ""},
		{98, []byte("PPMd"), "", ProblemUnsupported},
		{6, []byte("implode"), "", ProblemUnsupported},
	} {
		z := buildZip(t, []file{{"a", text}}, func(h *zip.FileHeader, _ []byte) []byte {
			h.Method = c.method
			return c.packed
		})
		got := Read(z, nil, Limits{})
		if string(got.Members[0].Data) != c.want || c.code != "" && !hasProblem(got, c.code) || c.code == "" && len(got.Problems) > 0 {
			t.Errorf("method %d: %q, problems %v; want %q, problem %q", c.method, got.Members[0].Data, got.Problems, c.want, c.code)
		}
	}
}

func TestZipBombs(t *testing.T) {
	zeros := file{"zeros", strings.Repeat("\x00", 50<<20)}
	t.Run("ratio", func(t *testing.T) {
		got := Read(buildZip(t, []file{zeros}, nil), nil, Limits{})
		m := got.Members[0]
		if !hasProblem(got, ProblemLimit) || !m.Partial || len(m.Data) > 200*60<<10 || m.Size != 50<<20 {
			t.Errorf("%d bytes, partial %v, size %d, problems %v; want at most 200 times what is packed and a problem", len(m.Data), m.Partial, m.Size, got.Problems)
		}
	})
	t.Run("bytes", func(t *testing.T) {
		b := buildZip(t, []file{{"a", strings.Repeat("Please pay. ", 1000)}, {"b", strings.Repeat("Please go. ", 1000)}}, nil)
		got := Read(b, nil, Limits{Bytes: 15000})
		if got.Decoded > 15000 || len(got.Members[0].Data) != 12000 || len(got.Members[1].Data) != 3000 || !got.Members[1].Partial {
			t.Errorf("%d bytes decoded, members of %d and %d; want 15000, 12000 and 3000", got.Decoded, len(got.Members[0].Data), len(got.Members[1].Data))
		}
	})
	t.Run("overlap", func(t *testing.T) {
		// 500 directory entries out of one member.
		b := buildZip(t, []file{{"kernel", strings.Repeat("Please pay. ", 10000)}}, nil)
		at := bytes.Index(b, []byte(zipCentral))
		end := bytes.Index(b, []byte(zipEnd))
		out := bytes.Clone(b[:at])
		out = append(out, bytes.Repeat(b[at:end], 500)...)
		record := bytes.Clone(b[end:])
		binary.LittleEndian.PutUint32(record[12:], uint32(500*(end-at)))
		got := Read(append(out, record...), nil, Limits{})
		if len(got.Members) != 500 || got.Decoded != 120000 || !hasProblem(got, ProblemLimit) {
			t.Errorf("%d members, %d bytes decoded, problems %v; want 500, 120000 and a problem", len(got.Members), got.Decoded, got.Problems)
		}
	})
	t.Run("entries", func(t *testing.T) {
		b := manyEntries(t, 200_000)
		got := Read(b, nil, Limits{})
		if len(got.Members) != 1000 || !hasProblem(got, ProblemLimit) {
			t.Errorf("%d members, problems %v; want 1000 and a problem", len(got.Members), got.Problems)
		}
		few := testing.AllocsPerRun(1, func() { Read(manyOf(b, 1000), nil, Limits{}) })
		many := testing.AllocsPerRun(1, func() { Read(b, nil, Limits{}) })
		if many > 1.2*few+100 {
			t.Errorf("200,000 entries take %.0f allocations, 1,000 take %.0f; want about as many", many, few)
		}
	})
	t.Run("itself", func(t *testing.T) {
		// A zip whose only member is as good as itself: each call reads one level.
		b := buildZip(t, []file{{"r.zip", string(buildZip(t, twoFiles, nil))}}, nil)
		got := Read(b, nil, Limits{})
		if len(got.Members) != 1 || Kind(got.Members[0].Data) != "zip" {
			t.Errorf("members %+v; want the one inner zip", got.Members)
		}
	})
	t.Run("claims", func(t *testing.T) {
		b := buildZip(t, []file{{"a", "small"}}, func(h *zip.FileHeader, p []byte) []byte { h.UncompressedSize64 = 10 << 30; return p })
		allocated := testing.Benchmark(func(tb *testing.B) {
			for range tb.N {
				Read(b, nil, Limits{})
			}
		}).AllocedBytesPerOp()
		if allocated > 200<<10 {
			t.Errorf("a member that claims 10 GB takes %d bytes; want no room made for the claim", allocated)
		}
	})
}

// manyEntries writes a zip of n empty members.
func manyEntries(t testing.TB, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := range n {
		if _, err := w.CreateRaw(&zip.FileHeader{Name: fmt.Sprintf("%06d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	return b.Bytes()
}

// manyOf cuts the directory of manyEntries down to its first n.
func manyOf(b []byte, n int) []byte {
	d, _ := findDirectory(b)
	out := bytes.Clone(b[:d.start+n*(zipCentralSize+6)])
	end := []byte(zipEnd + "\x00\x00\x00\x00\x00\x00\x00\x00")
	end = binary.LittleEndian.AppendUint32(end, uint32(n*(zipCentralSize+6)))
	end = binary.LittleEndian.AppendUint32(end, uint32(d.start))
	return append(append(out, end...), 0, 0)
}

func TestZip64(t *testing.T) {
	b := buildZip(t, twoFiles, func(h *zip.FileHeader, p []byte) []byte { return p })
	// The directory's first entry says its sizes and place in the extra field.
	at := bytes.Index(b, []byte(zipCentral))
	e := b[at:]
	extra := []byte{1, 0, 24, 0}
	extra = binary.LittleEndian.AppendUint64(extra, uint64(binary.LittleEndian.Uint32(e[24:])))
	extra = binary.LittleEndian.AppendUint64(extra, uint64(binary.LittleEndian.Uint32(e[20:])))
	extra = binary.LittleEndian.AppendUint64(extra, uint64(binary.LittleEndian.Uint32(e[42:])))
	entry := bytes.Clone(e[:zipCentralSize+len(twoFiles[0].name)])
	copy(entry[20:28], "\xff\xff\xff\xff\xff\xff\xff\xff")
	copy(entry[42:46], "\xff\xff\xff\xff")
	binary.LittleEndian.PutUint16(entry[30:], uint16(len(extra)))
	rest := e[len(entry):]
	out := append(bytes.Clone(b[:at]), entry...)
	out = append(append(out, extra...), rest...)
	end := bytes.LastIndex(out, []byte(zipEnd))
	binary.LittleEndian.PutUint32(out[end+12:], uint32(end-at))
	got := Read(out, nil, Limits{})
	check(t, got, "zip", twoFiles)
	if len(got.Problems) > 0 || len(got.Members[0].Notes) > 0 {
		t.Errorf("problems %v, notes %v; want none", got.Problems, got.Members[0].Notes)
	}
}
