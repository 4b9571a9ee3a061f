package qr

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// corpus are the generated pictures of the corpus by name, none where there is no
// corpus.
func corpus(t testing.TB) map[string][]byte {
	folder := os.Getenv("KAIRAN_CORPUS")
	if folder == "" {
		return nil
	}
	files, err := filepath.Glob(filepath.Join(folder, "qr_generated", "*"))
	if err != nil {
		t.Fatalf("listing the corpus: %v", err)
	}
	all := map[string][]byte{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatalf("reading the corpus: %v", err)
		}
		all[filepath.Base(f)] = b
	}
	return all
}

// All 29 pictures are read, the two halves of one code together.
func TestCorpus(t *testing.T) {
	pictures := corpus(t)
	if pictures == nil {
		t.Skip("KAIRAN_CORPUS is not set")
	}
	const usual = "https://u0001.example.com/login?id=123456"
	others := map[string]string{"utf8text.png": "ログイン https://u0002.example.com/ あ"}
	if len(pictures) != 29 {
		t.Errorf("the corpus has %d pictures; want 29", len(pictures))
	}
	for name, b := range pictures {
		want := []string{usual}
		if o, ok := others[name]; ok {
			want = []string{o}
		}
		if name == "split_a.png" || name == "split_b.png" {
			want = nil
		}
		texts, problems := Read(b, Limits{})
		if !slices.Equal(texts, want) || len(problems) != 0 {
			t.Errorf("%s: Read = %q, problems %v; want %q", name, texts, problems, want)
		}
	}
	joined := ReadJoined([][]byte{pictures["split_a.png"], pictures["split_b.png"]}, Limits{})
	if !slices.Equal(joined, []string{usual}) {
		t.Errorf("split_a.png and split_b.png: ReadJoined = %q; want %q", joined, usual)
	}
}
