package vault

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"kairan/store"
)

func itoa(n int) string { return strconv.Itoa(n) }

// FuzzID: an id is either refused, or stays inside the vault's folders.
func FuzzID(f *testing.F) {
	for _, s := range []string{
		"", "v", "v0123456789abcdefghj", "v0123456789abcdefghjk", "v0123456789abcdefghjkm", "V0123456789ABCDEFGHJK",
		"../../../etc/passwd..", "v../../../../../../x", "v0123456789abcdefgh/.", "v0123456789abcdefgh..", "v\x00123456789abcdefghjk",
		"v0123456789abcdefghi0", "r0123456789abcdefghjk", "v０123456789abcdefg", `v..\..\..\..\..\..\xx`, "v0123456789abcdefghj\n",
	} {
		f.Add(s)
	}
	v := newTestVault(f)
	f.Fuzz(func(t *testing.T, s string) {
		id := store.VaultID(s)
		_, openErr := v.Open(t.Context(), id)
		there, existsErr := v.Exists(t.Context(), id)
		eraseErr := v.Erase(t.Context(), id)
		if !valid(id) {
			_, createErr := v.Create(t.Context(), id)
			for what, err := range map[string]error{"Open": openErr, "Exists": existsErr, "Erase": eraseErr, "Create": createErr} {
				if !errors.Is(err, ErrInvalidID) {
					t.Errorf("%s(%q) = %v; want ErrInvalidID", what, s, err)
				}
				if err != nil && len(s) > 3 && strings.Contains(err.Error(), s) {
					t.Errorf("%s(%q) repeats the id in its error %q", what, s, err)
				}
			}
			return
		}
		if !errors.Is(openErr, ErrNotFound) || there || existsErr != nil || !errors.Is(eraseErr, ErrNotFound) {
			t.Errorf("%q: Open = %v, Exists = %v, %v, Erase = %v; want not found", s, openErr, there, existsErr, eraseErr)
		}
		for _, p := range []string{v.keyPath(id), v.blobPath(id), v.erasedPath(id)} {
			if rel, err := filepath.Rel(v.dir, p); err != nil || !filepath.IsLocal(rel) || filepath.Clean(p) != p {
				t.Errorf("%q leads to %q", s, p)
			}
		}
	})
}

// FuzzFiles: whatever lies in the two files of a blob, reading it ends, gives
// the original or an error that callers can act on, and never panics.
func FuzzFiles(f *testing.F) {
	v := newTestVault(f)
	want := text(9, 70<<10)
	id := put(f, v, want)
	key, err := os.ReadFile(v.keyPath(id))
	if err != nil {
		f.Fatal(err)
	}
	blob, err := os.ReadFile(v.blobPath(id))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(key, blob[:1000])
	f.Add([]byte("age-encryption.org/v1\n-> X25519 \n"), []byte("age-encryption.org/v1\n---\n"))
	f.Add([]byte("AGE-SECRET-KEY-1"), []byte{})
	f.Fuzz(func(t *testing.T, k, b []byte) {
		if err := os.WriteFile(v.keyPath(id), k, 0o600); err != nil {
			t.Fatal(err)
		}
		check := func() {
			t.Helper()
			got, err := v.Read(t.Context(), id, 1<<20)
			if err == nil && !bytes.Equal(got, want) || err != nil && !errors.Is(err, ErrCorrupt) {
				t.Errorf("Read = %d bytes, %v; want the original or ErrCorrupt", len(got), err)
			}
		}
		if err := os.WriteFile(v.blobPath(id), blob, 0o600); err != nil {
			t.Fatal(err)
		}
		check() // a strange key
		if err := os.WriteFile(v.keyPath(id), key, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(v.blobPath(id), b, 0o600); err != nil {
			t.Fatal(err)
		}
		check() // a strange blob
	})
}
