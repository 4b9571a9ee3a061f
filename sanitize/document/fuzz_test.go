package document

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"unicode/utf8"
)

// corpusFiles are the files of the corpus's folder, nil where there is none.
func corpusFiles(t testing.TB, folder string) map[string][]byte {
	root := os.Getenv("KAIRAN_CORPUS")
	if root == "" {
		return nil
	}
	entries, err := os.ReadDir(filepath.Join(root, folder))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		b, err := os.ReadFile(filepath.Join(root, folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = b
	}
	return files
}

// checkPromises checks what Findings promise whatever was read.
func checkPromises(t *testing.T, f Findings, l Limits) {
	t.Helper()
	l = l.orDefault()
	if f.Decoded > l.Bytes || len(f.Text) > l.Bytes+1 {
		t.Errorf("%d bytes decoded and %d of text, want at most %d", f.Decoded, len(f.Text), l.Bytes)
	}
	if len(f.Links) > l.Links || len(f.Images) > maxImages || len(f.Files) > maxFiles || len(f.HTML) > maxFiles {
		t.Errorf("%d links, %d images, %d files, %d pages: too many", len(f.Links), len(f.Images), len(f.Files), len(f.HTML))
	}
	if !slices.IsSorted(f.Notes) || !utf8.ValidString(f.Text) {
		t.Errorf("notes %q are not sorted or the text is not UTF-8", f.Notes)
	}
	seen := map[Link]bool{}
	for _, link := range f.Links {
		if seen[link] || link.URL == "" || !utf8.ValidString(link.URL) || len(link.URL) > maxURL+64 {
			t.Errorf("link %q is empty, twice there, too long or not UTF-8", link.URL)
		}
		seen[link] = true
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range samples(f) {
		f.Add(s.data, s.mediaType, s.name)
	}
	for name, b := range corpusFiles(f, "archives_generated") {
		f.Add(b, "", name)
	}
	f.Fuzz(func(t *testing.T, b []byte, mediaType, name string) {
		l := Limits{Bytes: 1 << 20, Links: 50}
		checkPromises(t, Read(b, mediaType, name, l), l)
	})
}

func FuzzSmuggled(f *testing.F) {
	for _, p := range pages() {
		f.Add([]byte(p.html))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		l := Limits{Bytes: 1 << 20, Links: 50}
		checkPromises(t, Smuggled(b, l), l)
	})
}
