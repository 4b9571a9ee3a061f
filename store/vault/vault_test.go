package vault

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"filippo.io/age"

	"kairan/store"
)

func newTestMaster(t testing.TB) *Master {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	m, err := newMaster(id)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newTestVault(t testing.TB) *Vault {
	t.Helper()
	v, err := Open(filepath.Join(t.TempDir(), "vault"), newTestMaster(t))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func newID() store.VaultID { return store.NewVaultID(time.Now()) }

// text is n bytes that do not repeat, and are the same for the same seed.
func text(seed uint64, n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16)})
	_, _ = r.Read(b)
	return b
}

func put(t testing.TB, v *Vault, b []byte) store.VaultID {
	t.Helper()
	id := newID()
	if err := v.Put(t.Context(), id, b); err != nil {
		t.Fatalf("Put(%d bytes): %v", len(b), err)
	}
	return id
}

func TestRoundTrip(t *testing.T) {
	v := newTestVault(t)
	const chunk = 64 << 10
	for _, n := range []int{0, 1, chunk - 1, chunk, chunk + 1, 3*chunk - 1, 3 * chunk, 3*chunk + 1} {
		want := text(1, n)
		id := newID()
		w, err := v.Create(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if there, err := v.Exists(t.Context(), id); there || err != nil {
			t.Errorf("Exists before Commit = %v, %v; want false", there, err)
		}
		for rest := want; len(rest) > 0; {
			k := min(len(rest), 1000)
			if m, err := w.Write(rest[:k]); m != k || err != nil {
				t.Fatalf("Write = %d, %v; want %d", m, err, k)
			}
			rest = rest[k:]
		}
		if err := w.Commit(); err != nil {
			t.Fatalf("Commit of %d bytes: %v", n, err)
		}
		if w.Size() != int64(n) || w.Digest() != sha256.Sum256(want) {
			t.Errorf("%d bytes: Size = %d, Digest = %x; want that of what was written", n, w.Size(), w.Digest())
		}
		w.Abort() // does nothing now
		if _, err := w.Write([]byte("x")); !errors.Is(err, errDone) {
			t.Errorf("Write after Commit = %v; want %v", err, errDone)
		}
		if err := w.Commit(); !errors.Is(err, errDone) {
			t.Errorf("second Commit = %v; want %v", err, errDone)
		}
		got, err := v.Read(t.Context(), id, int64(n))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("Read of %d bytes with just that limit = %d bytes, %v; want what was written", n, len(got), err)
		}
		if there, err := v.Exists(t.Context(), id); !there || err != nil {
			t.Errorf("Exists after Commit = %v, %v; want true", there, err)
		}
		if n > 0 {
			if got, err := v.Read(t.Context(), id, int64(n-1)); !errors.Is(err, ErrTooLarge) || got != nil {
				t.Errorf("Read of %d bytes with limit %d = %d bytes, %v; want nothing and ErrTooLarge", n, n-1, len(got), err)
			}
		}
	}
}

func TestNothingOfAnOriginalLiesOpen(t *testing.T) {
	v := newTestVault(t)
	secret := []byte("the victim is member.example")
	put(t, v, bytes.Repeat(secret, 10000))
	walk(t, v, func(path string, b []byte) {
		if bytes.Contains(b, secret[:12]) || bytes.Contains(b, []byte("AGE-SECRET-KEY-1")) {
			t.Errorf("%s holds plaintext or a bare key", path)
		}
	})
}

func walk(t testing.TB, v *Vault, f func(path string, b []byte)) {
	t.Helper()
	err := filepath.WalkDir(v.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		f(path, b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnIDIsUsedOnce(t *testing.T) {
	v, ctx := newTestVault(t), t.Context()
	id := newID()
	w, err := v.Create(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Create(ctx, id); !errors.Is(err, ErrExists) {
		t.Errorf("Create while another writer has the id = %v; want ErrExists", err)
	}
	w.Abort()
	w.Abort()
	if left, _ := os.ReadDir(v.path("tmp")); len(left) != 0 {
		t.Errorf("Abort left %v", left)
	}
	if _, err := v.Open(ctx, id); !errors.Is(err, ErrNotFound) {
		t.Errorf("Open after Abort = %v; want ErrNotFound", err)
	}
	if err := v.Put(ctx, id, []byte("first")); err != nil {
		t.Fatalf("Put after Abort: %v", err)
	}
	if err := v.Put(ctx, id, []byte("second")); !errors.Is(err, ErrExists) {
		t.Errorf("second Put = %v; want ErrExists", err)
	}
	if got, err := v.Read(ctx, id, 100); string(got) != "first" || err != nil {
		t.Errorf("Read = %q, %v; want the first", got, err)
	}
	if left, _ := os.ReadDir(v.path("tmp")); len(left) != 0 {
		t.Errorf("a refused Put left %v", left)
	}
}

func TestEndedContext(t *testing.T) {
	v := newTestVault(t)
	id := put(t, v, text(3, 200<<10))
	ctx, cancel := context.WithCancel(t.Context())
	r, err := v.Open(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	w, err := v.Create(ctx, newID())
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := io.ReadAll(r); !errors.Is(err, context.Canceled) {
		t.Errorf("Read after its context ended = %v; want context.Canceled", err)
	}
	if _, err := w.Write([]byte("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("Write after its context ended = %v; want context.Canceled", err)
	}
	if err := w.Commit(); !errors.Is(err, context.Canceled) {
		t.Errorf("Commit after its context ended = %v; want context.Canceled", err)
	}
	if left, _ := os.ReadDir(v.path("tmp")); len(left) != 0 {
		t.Errorf("a failed Commit left %v", left)
	}
	_, openErr := v.Open(ctx, id)
	_, createErr := v.Create(ctx, newID())
	_, existsErr := v.Exists(ctx, id)
	for what, err := range map[string]error{"Open": openErr, "Create": createErr, "Exists": existsErr, "Erase": v.Erase(ctx, id)} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s after the context ended = %v; want context.Canceled", what, err)
		}
	}
}

// A large mail is streamed: neither sealing nor reading may hold it.
func TestLargeBlobInLittleMemory(t *testing.T) {
	const size, most = 50 << 20, 16 << 20
	v := newTestVault(t)
	id := newID()
	piece := text(4, 1<<20)
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	runtime.GC()
	base, peak := heap(), uint64(0)

	w, err := v.Create(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for range size / len(piece) {
		if _, err := w.Write(piece); err != nil {
			t.Fatal(err)
		}
		peak = max(peak, heap())
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	r, err := v.Open(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	buf := make([]byte, len(piece))
	for range size / len(piece) {
		if _, err := io.ReadFull(r, buf); err != nil || !bytes.Equal(buf, piece) {
			t.Fatalf("what came back is not what was sealed (%v)", err)
		}
		peak = max(peak, heap())
	}
	if n, err := r.Read(buf); n != 0 || err != io.EOF {
		t.Errorf("Read at the end = %d, %v; want io.EOF", n, err)
	}
	if peak > base+most {
		t.Errorf("the heap grew by %d MiB; want at most %d", (peak-base)>>20, most>>20)
	}
}

// Whatever byte of either file is changed, wherever it is cut off, and however
// files are exchanged, nobody gets a wrong original.
func TestTampering(t *testing.T) {
	v := newTestVault(t)
	want := text(5, 150<<10) // three chunks
	id := put(t, v, want)
	other := put(t, v, text(6, 150<<10))

	mustCorrupt := func(what string) {
		t.Helper()
		got, err := v.Read(t.Context(), id, 1<<20)
		if !errors.Is(err, ErrCorrupt) || got != nil {
			t.Errorf("%s: Read = %d bytes, %v; want nothing and ErrCorrupt", what, len(got), err)
		}
	}
	for _, path := range []string{v.keyPath(id), v.blobPath(id)} {
		kind := filepath.Base(filepath.Dir(path))
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		write := func(b []byte) {
			t.Helper()
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		// Each byte of the headers, then samples of the rest and its ends.
		var places []int
		for i := range good {
			if i < 400 || i%4999 == 0 || i > len(good)-20 {
				places = append(places, i)
			}
		}
		for _, i := range places {
			bad := slices.Clone(good)
			bad[i] ^= 0x01
			write(bad)
			mustCorrupt(kind + ": a bit flipped at " + itoa(i))
		}
		for _, n := range []int{0, 1, 21, 22, 100, len(good) / 2, len(good) - 1} {
			write(good[:n])
			mustCorrupt(kind + ": cut off at " + itoa(n))
		}
		write(append(slices.Clone(good), 'x'))
		mustCorrupt(kind + ": a byte appended")
		write(append(slices.Clone(good), make([]byte, 100<<10)...))
		mustCorrupt(kind + ": much appended")
		write(good)
	}
	if b, err := os.ReadFile(v.blobPath(id)); err != nil {
		t.Fatal(err)
	} else {
		// Whole chunks of 64 KiB + 16 taken from the end: the truncation that a
		// naive format does not notice.
		if err := os.WriteFile(v.blobPath(id), b[:len(b)-(22<<10)-16], 0o600); err != nil {
			t.Fatal(err)
		}
		mustCorrupt("the last chunk cut off")
		if err := os.WriteFile(v.blobPath(id), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}

	if got, err := v.Read(t.Context(), id, 1<<20); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("with everything put back, Read = %d bytes, %v", len(got), err)
	}
	exchange := func(a, b string) {
		t.Helper()
		for _, m := range [][2]string{{a, a + "x"}, {b, a}, {a + "x", b}} {
			if err := os.Rename(m[0], m[1]); err != nil {
				t.Fatal(err)
			}
		}
	}
	exchange(v.blobPath(id), v.blobPath(other))
	mustCorrupt("blobs exchanged")
	exchange(v.keyPath(id), v.keyPath(other))
	mustCorrupt("blobs and keys exchanged")
	exchange(v.blobPath(id), v.blobPath(other))
	mustCorrupt("keys exchanged")
	exchange(v.keyPath(id), v.keyPath(other))
	if err := os.Remove(v.blobPath(id)); err != nil {
		t.Fatal(err)
	}
	mustCorrupt("the blob is missing")
	if err := os.Remove(v.keyPath(other)); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Open(t.Context(), other); !errors.Is(err, ErrNotFound) {
		t.Errorf("with the key missing, Open = %v; want ErrNotFound", err)
	}
}

func TestADiskThatFailsIsNoCorruption(t *testing.T) {
	v := newTestVault(t)
	id := put(t, v, []byte("x"))
	if err := os.Remove(v.blobPath(id)); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(v.blobPath(id), 0o700); err != nil { // reading a folder fails in the system call
		t.Fatal(err)
	}
	if _, err := v.Read(t.Context(), id, 10); err == nil || errors.Is(err, ErrCorrupt) {
		t.Errorf("Read = %v; want the system's error and not ErrCorrupt", err)
	}
}

func TestWrongMaster(t *testing.T) {
	v := newTestVault(t)
	if _, err := Open(v.dir, newTestMaster(t)); err != nil {
		t.Errorf("Open of an empty vault with another master: %v; want none", err)
	}
	put(t, v, []byte("one"))
	id := put(t, v, []byte("two"))
	if _, err := Open(v.dir, newTestMaster(t)); !errors.Is(err, ErrWrongMaster) {
		t.Errorf("Open with another master = %v; want ErrWrongMaster", err)
	}
	if _, err := Open(v.dir, nil); err == nil {
		t.Errorf("Open without a master succeeded")
	}
	other := &Vault{dir: v.dir, master: newTestMaster(t)}
	if _, err := other.Read(t.Context(), id, 10); !errors.Is(err, ErrCorrupt) {
		t.Errorf("Read with another master = %v; want ErrCorrupt", err)
	}
	// One damaged key does not stop the hub from starting.
	if err := os.WriteFile(v.keyPath(id), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(v.dir, v.master); err != nil {
		t.Errorf("Open with one damaged key of two: %v", err)
	}
}

func TestErase(t *testing.T) {
	v, ctx := newTestVault(t), t.Context()
	id := put(t, v, text(7, 1000))
	backup, err := os.ReadFile(v.keyPath(id))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if err := v.Erase(ctx, id); err != nil {
			t.Fatalf("Erase number %d: %v", i+1, err)
		}
		if _, err := v.Read(ctx, id, 1000); !errors.Is(err, ErrErased) {
			t.Errorf("Read after Erase = %v; want ErrErased", err)
		}
		if there, err := v.Exists(ctx, id); there || err != nil {
			t.Errorf("Exists after Erase = %v, %v; want false", there, err)
		}
		if err := v.Put(ctx, id, []byte("again")); !errors.Is(err, ErrErased) {
			t.Errorf("Put after Erase = %v; want ErrErased", err)
		}
	}
	walk(t, v, func(path string, b []byte) {
		if len(b) > 0 {
			t.Errorf("after Erase %s holds %d bytes", path, len(b))
		}
	})
	if err := v.Erase(ctx, newID()); !errors.Is(err, ErrNotFound) {
		t.Errorf("Erase of what never was = %v; want ErrNotFound", err)
	}
	// A key that comes back with a backup opens nothing, and goes at the next start.
	if err := os.WriteFile(v.keyPath(id), backup, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Open(ctx, id); !errors.Is(err, ErrErased) {
		t.Errorf("Open with the key brought back = %v; want ErrErased", err)
	}
	if n, err := v.SweepTemp(); n != 1 || err != nil {
		t.Errorf("SweepTemp = %d, %v; want the key brought back removed", n, err)
	}
}

func TestOrphans(t *testing.T) {
	v := newTestVault(t)
	old, young, recorded, erased, keyless := put(t, v, nil), put(t, v, nil), put(t, v, nil), put(t, v, nil), put(t, v, nil)
	if err := v.Erase(t.Context(), erased); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(v.keyPath(keyless)); err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)
	for _, id := range []store.VaultID{old, recorded, keyless} {
		for _, p := range []string{v.keyPath(id), v.blobPath(id)} {
			if err := os.Chtimes(p, start, start); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
		}
	}
	known := func(id store.VaultID) (bool, error) { return id == recorded, nil }
	got, err := v.Orphans(t.Context(), known, start.Add(time.Hour))
	want := []store.VaultID{old, keyless}
	slices.Sort(want)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("Orphans = %v, %v; want %v: not the young one (%s), the recorded one nor the erased one", got, err, want, young)
	}
	for _, id := range got {
		if err := v.Erase(t.Context(), id); err != nil {
			t.Errorf("Erase of an orphan: %v", err)
		}
	}
	if got, err := v.Orphans(t.Context(), known, start.Add(time.Hour)); len(got) != 0 || err != nil {
		t.Errorf("Orphans after erasing them = %v, %v; want none", got, err)
	}
	lost := errors.New("database lost")
	if _, err := v.Orphans(t.Context(), func(store.VaultID) (bool, error) { return false, lost }, time.Now().Add(time.Hour)); !errors.Is(err, lost) {
		t.Errorf("Orphans with the ledger lost = %v; want its error, because nothing may be erased then", err)
	}
}

func TestModes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "vault")
	if err := os.MkdirAll(filepath.Join(dir, "keys"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "keys"), 0o755); err != nil {
		t.Fatal(err)
	}
	v, err := Open(dir, newTestMaster(t))
	if err != nil {
		t.Fatal(err)
	}
	put(t, v, []byte("x"))
	if err := v.Erase(t.Context(), put(t, v, []byte("y"))); err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %o; want %o", path, info.Mode().Perm(), want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// An original can be had back without this package, as the package comment says.
func TestRecoverWithAgeAlone(t *testing.T) {
	v := newTestVault(t)
	want := text(8, 100<<10)
	id := put(t, v, want)
	unseal := func(path string, identity age.Identity) []byte {
		t.Helper()
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		r, err := age.Decrypt(f, identity)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	ids, err := age.ParseIdentities(bytes.NewReader(unseal(v.path("keys", string(id)+".age"), v.master.identity)))
	if err != nil || len(ids) != 1 {
		t.Fatalf("the data key is no identity file: %d identities, %v", len(ids), err)
	}
	if got := unseal(v.path("sealed", string(id[19:]), string(id)+".age"), ids[0]); !bytes.Equal(got, want) {
		t.Errorf("age alone read %d bytes; want the %d that were sealed", len(got), len(want))
	}
}
