package vault

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"kairan/store"
)

// Orphans returns the blobs that lie in the vault since before a point in time
// and that known, which asks the ledger, does not know: those of a process that
// was killed after sealing and before recording. They may be given to Erase.
// The time should lie far enough back that no process is still between the two;
// an hour is plenty. Orphans removes nothing, and changes nothing.
func (v *Vault) Orphans(ctx context.Context, known func(store.VaultID) (bool, error), before time.Time) ([]store.VaultID, error) {
	found := map[store.VaultID]bool{}
	// A blob without a key was not finished, but takes room all the same.
	dirs := []string{v.path("keys")}
	shards, err := os.ReadDir(v.path("sealed"))
	if err != nil {
		return nil, fmt.Errorf("look for orphans: %w", err)
	}
	for _, s := range shards {
		dirs = append(dirs, v.path("sealed", s.Name()))
	}
	for _, dir := range dirs {
		files, err := os.ReadDir(dir)
		if err != nil {
			return nil, fmt.Errorf("look for orphans: %w", err)
		}
		for _, f := range files {
			if err := ctx.Err(); err != nil {
				return nil, fmt.Errorf("look for orphans: %w", err)
			}
			name, ok := strings.CutSuffix(f.Name(), blobSuffix)
			id := store.VaultID(name)
			if !ok || !valid(id) || found[id] {
				continue
			}
			orphan, err := v.orphan(f, id, known, before)
			if err != nil {
				return nil, fmt.Errorf("look for orphans: %s: %w", id, err)
			}
			if orphan {
				found[id] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}

func (v *Vault) orphan(f fs.DirEntry, id store.VaultID, known func(store.VaultID) (bool, error), before time.Time) (bool, error) {
	info, err := f.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // erased while we looked
	} else if err != nil {
		return false, err
	}
	if !info.ModTime().Before(before) {
		return false, nil
	}
	k, err := known(id)
	return err == nil && !k, err
}
