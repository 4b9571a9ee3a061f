package archive

import (
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"
)

func FuzzRead(f *testing.F) {
	for _, b := range [][]byte{
		buildZip(f, twoFiles, nil), buildZip(f, twoFiles, lockClassic("a")), buildZip(f, twoFiles, lockAES(f, "a", 2, 1)),
		buildRAR5(f, twoFiles, nil), buildRAR5(f, twoFiles, &rarLock{password: "a", power: 1}), buildRAR5(f, twoFiles, &rarLock{password: "a", power: 1, headers: true}),
		buildRAR3(f, twoFiles, nil), build7z(f, twoFiles, nil), build7z(f, twoFiles, &szLock{"a", false}), build7z(f, twoFiles, &szLock{"a", true}),
		buildCAB(f, twoFiles, cabStored), buildCAB(f, twoFiles, cabMSZIP), buildISO(twoFiles, true),
	} {
		f.Add(b)
	}
	if corpus := os.Getenv("KAIRAN_CORPUS"); corpus != "" {
		names, err := filepath.Glob(filepath.Join(corpus, "archives_generated", "*"))
		if err != nil {
			f.Fatal(err)
		}
		for _, n := range names {
			if b, err := os.ReadFile(n); err == nil && len(b) < 100<<10 {
				f.Add(b)
			}
		}
	}
	limits := Limits{Entries: 50, Bytes: 4 << 20, Work: 1 << 16}
	f.Fuzz(func(t *testing.T, b []byte) {
		c := Read(b, []string{"a", "infected"}, limits)
		if len(c.Members) > limits.Entries || c.Decoded > limits.Bytes || c.Decoded < 0 {
			t.Fatalf("%d members, %d bytes decoded: more than allowed", len(c.Members), c.Decoded)
		}
		if c.Kind != Kind(b) {
			t.Fatalf("Read says %q, Kind %q", c.Kind, Kind(b))
		}
		total := 0
		for _, m := range c.Members {
			total += len(m.Data)
			if !utf8.ValidString(m.Name) {
				t.Fatalf("name %q is not UTF-8", m.Name)
			}
			if m.Data != nil && !m.Partial && m.Size != int64(len(m.Data)) {
				t.Fatalf("member of %d bytes says %d", len(m.Data), m.Size)
			}
		}
		if total > limits.Bytes {
			t.Fatalf("members hold %d bytes, more than allowed", total)
		}
	})
}
