package vault

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"

	"filippo.io/age"

	"kairan/store"
)

// Writer seals one blob. Until Commit returns nil the blob does not exist. Every
// Writer ends with Commit or Abort; Abort after Commit does nothing, so that it
// can be deferred. It is used by one goroutine.
type Writer struct {
	v    *Vault
	ctx  context.Context
	id   store.VaultID
	key  *os.File       // tmp/<id>.key; its existence also reserves the id
	blob *os.File       // tmp/<id>.blob
	seal io.WriteCloser // encrypts into blob
	sum  hash.Hash
	size int64
	err  error // the first failure; nothing can be committed after it
	done bool
}

var errDone = errors.New("the writer is already closed")

// Create begins a blob. An id is used once: Create returns an error wrapping
// [ErrExists] if it is taken and [ErrErased] if it was. ctx bounds the Writes
// and the Commit too.
func (v *Vault) Create(ctx context.Context, id store.VaultID) (*Writer, error) {
	if !valid(id) {
		return nil, invalidID(id)
	}
	w, err := v.create(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", id, err)
	}
	return w, nil
}

func (v *Vault) create(ctx context.Context, id store.VaultID) (*Writer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w := &Writer{v: v, ctx: ctx, id: id, sum: sha256.New()}
	// The reservation comes before the question whether the id is taken, so that
	// of two writers at once only one can go on. It ends when the key is renamed
	// to its place, and then the question finds it there.
	key, err := os.OpenFile(v.path("tmp", string(id)+tmpKey), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, ErrExists
	} else if err != nil {
		return nil, err
	}
	w.key = key
	if err := w.begin(); err != nil {
		w.Abort()
		return nil, err
	}
	return w, nil
}

// begin makes the data key, writes it down, and opens the sealed stream.
func (w *Writer) begin() error {
	if gone, err := exists(w.v.erasedPath(w.id)); err != nil {
		return err
	} else if gone {
		return ErrErased
	}
	if taken, err := exists(w.v.keyPath(w.id)); err != nil {
		return err
	} else if taken {
		return ErrExists
	}
	data, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	if err := w.v.writeDataKey(w.key, w.id, data); err != nil {
		return err
	}
	// O_TRUNC: a blob without a reservation is a leftover.
	w.blob, err = os.OpenFile(w.v.path("tmp", string(w.id)+tmpBlob), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	w.seal, err = age.Encrypt(w.blob, data.Recipient())
	return err
}

// Write seals p. After an error, a full disk for example, the blob cannot be
// committed any more.
func (w *Writer) Write(p []byte) (int, error) {
	if err := w.usable(); err != nil {
		return 0, fmt.Errorf("seal %s: %w", w.id, err)
	}
	n, err := w.seal.Write(p)
	w.sum.Write(p[:n])
	w.size += int64(n)
	if err != nil {
		w.err = err
		return n, fmt.Errorf("seal %s: %w", w.id, err)
	}
	return n, nil
}

// Digest is the SHA-256 of what was written so far, before sealing.
func (w *Writer) Digest() [sha256.Size]byte { return [sha256.Size]byte(w.sum.Sum(nil)) }

// Size is how many bytes were written so far, before sealing.
func (w *Writer) Size() int64 { return w.size }

// Commit makes the blob exist. When it returns nil, the blob and its key survive
// the process being killed and the power being cut. When it returns an error,
// the blob does not exist, and the same id may be tried again.
func (w *Writer) Commit() error {
	err := w.usable()
	if err == nil {
		err = w.commit()
	}
	if err != nil {
		if !w.done {
			w.Abort()
		}
		return fmt.Errorf("seal %s: %w", w.id, err)
	}
	w.done = true
	return nil
}

// commit puts both files on the disk before either gets its name, and the key
// last: the name in keys/ is what makes a blob exist, so a blob that exists is
// whole. Killed before, it leaves files in tmp/ and at most a blob that nothing
// can open, which a second try overwrites and [Vault.Orphans] finds.
func (w *Writer) commit() error {
	w.v.at("close blob")
	if err := w.seal.Close(); err != nil { // writes the last chunk
		return err
	}
	if err := w.blob.Sync(); err != nil {
		return err
	}
	if err := w.blob.Close(); err != nil {
		return err
	}
	w.v.at("sync key")
	if err := w.key.Sync(); err != nil {
		return err
	}
	if err := w.key.Close(); err != nil {
		return err
	}
	w.v.at("make shard")
	if err := w.v.makeShard(shard(w.id)); err != nil {
		return err
	}
	w.v.at("rename blob")
	if err := os.Rename(w.blob.Name(), w.v.blobPath(w.id)); err != nil {
		return err
	}
	w.v.at("sync shard")
	if err := syncDir(w.v.path("sealed", shard(w.id))); err != nil {
		return errors.Join(err, os.Remove(w.v.blobPath(w.id)))
	}
	w.v.at("rename key")
	if err := os.Rename(w.key.Name(), w.v.keyPath(w.id)); err != nil {
		return errors.Join(err, os.Remove(w.v.blobPath(w.id)))
	}
	w.v.at("sync keys")
	if err := syncDir(w.v.path("keys")); err != nil {
		// Whether the name would survive is now unknown, so it must not stay.
		return errors.Join(err, os.Remove(w.v.keyPath(w.id)), os.Remove(w.v.blobPath(w.id)))
	}
	w.v.at("committed")
	return nil
}

// Abort throws the blob away. It does nothing after Commit or Abort.
func (w *Writer) Abort() {
	if w.done {
		return
	}
	w.done = true
	// Errors are not worth telling: what stays in tmp/ is swept at the next start.
	// The reservation goes last.
	if w.blob != nil {
		_ = w.blob.Close()
		_ = os.Remove(w.blob.Name())
	}
	_ = w.key.Close()
	_ = os.Remove(w.key.Name())
}

func (w *Writer) usable() error {
	switch {
	case w.done:
		return errDone
	case w.err != nil:
		return w.err
	default:
		return w.ctx.Err()
	}
}

// Seal seals what write writes, and returns its SHA-256 in lower-case hex and
// its size in bytes. When it returns nil, the blob survives whatever
// [Writer.Commit] says it survives; when write fails, nothing is kept and Seal
// returns that error.
func (v *Vault) Seal(ctx context.Context, id store.VaultID, write func(io.Writer) error) (digest string, size int64, err error) {
	w, err := v.Create(ctx, id)
	if err != nil {
		return "", 0, err
	}
	defer w.Abort()
	if err := write(w); err != nil {
		return "", 0, err
	}
	if err := w.Commit(); err != nil {
		return "", 0, err
	}
	sum := w.Digest()
	return hex.EncodeToString(sum[:]), w.Size(), nil
}

// Put seals a blob that is already in memory.
func (v *Vault) Put(ctx context.Context, id store.VaultID, b []byte) error {
	_, _, err := v.Seal(ctx, id, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
	return err
}

// makeShard makes a folder in sealed/ where it is missing. Its name is synced
// once per process even if the folder was there, because the process that made
// it may have been killed before it came to that.
func (v *Vault) makeShard(name string) error {
	if _, ok := v.synced.Load(name); ok {
		return nil
	}
	if err := makeDir(v.path("sealed", name)); err != nil {
		return err
	}
	if err := syncDir(v.path("sealed")); err != nil {
		return err
	}
	v.synced.Store(name, true)
	return nil
}
