package compound_test

import (
	"os"
	"path/filepath"
	"testing"

	"kairan/sanitize/compound"
	"kairan/sanitize/compound/compoundtest"
)

// FuzzOpen: no file makes the reader panic or go in circles, and no entry is in
// two places.
func FuzzOpen(f *testing.F) {
	f.Add(compoundtest.File(compoundtest.Stream("a", []byte("b")), compoundtest.Storage("s", compoundtest.Stream("c", make([]byte, 5000)))))
	f.Add(compoundtest.FileV4(compoundtest.Stream("a", []byte("b"))))
	if root := os.Getenv("KAIRAN_CORPUS"); root != "" {
		_ = filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return nil
			}
			if b, err := os.ReadFile(path); err == nil && len(b) < 200<<10 && len(b) > 8 && string(b[:8]) == compound.Magic {
				f.Add(b)
			}
			return nil
		})
	}
	f.Fuzz(func(t *testing.T, b []byte) { check(t, "fuzz", b) })
}
