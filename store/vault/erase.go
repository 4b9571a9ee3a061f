package vault

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"kairan/store"
)

// Erase destroys a blob for good: its key first, then the blob. Erasing twice
// is no error. It returns an error wrapping [ErrNotFound] for an id under which
// there never was anything. Whoever has the blob open can read it to its end.
//
// The key file is overwritten before it is removed. A disk that writes in new
// places (SSD, copy-on-write file systems) may keep the old bytes for a while;
// they are sealed with the master key, and who must rule that out too encrypts
// the disk.
//
// An empty file keys/<id>.erased stays, so that an erased original is told from
// one that never was, and so that a backup cannot bring it back.
func (v *Vault) Erase(ctx context.Context, id store.VaultID) error {
	if !valid(id) {
		return invalidID(id)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("erase %s: %w", id, err)
	}
	known := false
	for _, path := range []string{v.erasedPath(id), v.keyPath(id), v.blobPath(id)} {
		there, err := exists(path)
		if err != nil {
			return fmt.Errorf("erase %s: %w", id, err)
		}
		known = known || there
	}
	if !known {
		return fmt.Errorf("erase %s: %w", id, ErrNotFound)
	}
	if _, err := v.destroy(id); err != nil {
		return fmt.Errorf("erase %s: %w", id, err)
	}
	return nil
}

// destroy does what is left to do of an erasure and returns how many files it
// removed. The mark comes first: killed after it, the next start goes on, and
// until then nothing opens the blob.
func (v *Vault) destroy(id store.VaultID) (removed int, err error) {
	v.at("mark erased")
	mark, err := os.OpenFile(v.erasedPath(id), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return removed, err
	}
	if err := mark.Close(); err != nil {
		return removed, err
	}
	if err := syncDir(v.path("keys")); err != nil {
		return removed, err
	}
	v.at("overwrite key")
	switch err := overwrite(v.keyPath(id)); {
	case err == nil:
		v.at("remove key")
		if err := os.Remove(v.keyPath(id)); err != nil {
			return removed, err
		}
		removed++
		if err := syncDir(v.path("keys")); err != nil {
			return removed, err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return removed, err
	}
	v.at("remove blob")
	switch err := os.Remove(v.blobPath(id)); {
	case err == nil:
		removed++
		if err := syncDir(v.path("sealed", shard(id))); err != nil {
			return removed, err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return removed, err
	}
	v.at("erased")
	return removed, nil
}

// overwrite fills a file with chance, in place, and syncs it.
func overwrite(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		_, err = io.CopyN(f, rand.Reader, info.Size())
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
