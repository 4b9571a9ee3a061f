package rewriter

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

var anyURL = regexp.MustCompile(`(?i)\bhttps?://[^\s"'<>]{4,1000}`)

// corpusURLs are the URLs that stand plainly in the corpus's files, none where
// there is no corpus.
func corpusURLs(t testing.TB) []string {
	root := os.Getenv("KAIRAN_CORPUS")
	if root == "" {
		return nil
	}
	seen := map[string]bool{}
	var all []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Base(filepath.Dir(path)) == "warninglists" {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, u := range anyURL.FindAll(b[:min(len(b), 1<<20)], 2000) {
			if !seen[string(u)] {
				seen[string(u)] = true
				all = append(all, string(u))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("reading the corpus: %v", err)
	}
	return all
}

// TestCorpus: ordinary mail carries few URLs in one another, and no gateway
// rewrote the mail of that time.
func TestCorpus(t *testing.T) {
	urls := corpusURLs(t)
	if urls == nil {
		t.Skip("KAIRAN_CORPUS is not set")
	}
	wrapping := 0
	for _, u := range urls {
		steps := Unwrap(u)
		if len(steps) > 0 {
			wrapping++
		}
		for _, s := range steps {
			if s.Kind == Gateway {
				t.Errorf("Unwrap(%q) finds the gateway %q; want none in this corpus", u, s.Service)
			}
		}
		if service, ok := Opaque(u); ok {
			t.Errorf("Opaque(%q) = %q; want no gateway in this corpus", u, service)
		}
	}
	if len(urls) < 500 || wrapping == 0 || wrapping > len(urls)/50 {
		t.Errorf("%d of %d URLs wrap another; want some, and at most one in 50 of at least 500", wrapping, len(urls))
	}
}
