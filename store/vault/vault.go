// Package vault keeps originals, sealed: the mails as they were reported, byte
// for byte, which nobody but the hub may read and which must be erasable.
//
// Each blob is sealed with a key of its own. Two files make one blob, in two
// folders:
//
//	keys/<id>.age          the blob's data key, sealed to the master key
//	sealed/<xx>/<id>.age   the blob, sealed to the data key
//
// The folders are apart because they are backed up apart. Whoever destroys the
// small file in keys/ has erased the original, also in every backup of sealed/
// that was ever made, because nothing else can open it. So sealed/ may be
// backed up like anything else and kept for years, while backups of keys/ must
// be few, and must forget as soon as the hub has to. The master key lies in
// neither folder.
//
// Both are files of the age format (https://age-encryption.org/v1), for three
// reasons. It is a stream of authenticated chunks of 64 KiB, so that a large
// mail is never held whole, and a blob that was cut off or put together
// differently is noticed; with the AEADs of the standard library we should
// have had to make up such a format ourselves. Its file of keys is text, which
// can be printed and kept in a safe. And an original can be had back without
// this program, with the age command alone:
//
//	age -d -i master.key keys/<id>.age > data.key
//	age -d -i data.key sealed/<xx>/<id>.age > original.eml
//
// The vault knows nothing of the ledger but the ids that it gives. It keeps no
// index: what exists is what lies in the folders. It is not protected against
// a second process; see [LockDir].
package vault

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"kairan/store"
)

// Errors that callers act on. They are returned wrapped, with the id.
var (
	// ErrNotFound: nothing was ever committed under this id, or its key was
	// taken away by somebody other than [Vault.Erase].
	ErrNotFound = errors.New("not in the vault")
	// ErrErased: it was there, and [Vault.Erase] destroyed it.
	ErrErased = errors.New("erased from the vault")
	// ErrCorrupt: the files are there and are not what was sealed: changed, cut
	// off, exchanged, or sealed with another master key.
	ErrCorrupt = errors.New("corrupt in the vault")
	// ErrExists: the id is taken, by a blob or by a writer that is under way.
	ErrExists = errors.New("already in the vault")
	// ErrTooLarge: the blob is longer than the limit given to [Vault.Read].
	ErrTooLarge = errors.New("larger than the limit")
	// ErrInvalidID: no identifier that store.NewVaultID makes.
	ErrInvalidID = errors.New("invalid vault id")
	// ErrWrongMaster: the vault's keys are sealed with another master key.
	ErrWrongMaster = errors.New("the vault was sealed with another master key")
)

// Vault is a folder of sealed blobs. It may be used by many goroutines at once.
type Vault struct {
	dir    string
	master *Master

	// synced holds the shards of sealed/ whose own directory entry is known to
	// be on the disk.
	synced sync.Map

	// step is told the name of each step just before it is taken, so that tests
	// can die there. Nil but in tests.
	step func(string)
}

// Open opens the vault in dir and makes its folders where they are missing, for
// the owner only. It returns an error wrapping [ErrWrongMaster] if what lies
// there was sealed with another key: going on would fill one vault with two
// kinds of keys, and one of them may be lost already.
func Open(dir string, master *Master) (*Vault, error) {
	if master == nil {
		return nil, errors.New("open the vault: no master key")
	}
	v := &Vault{dir: dir, master: master}
	for _, d := range []string{dir, v.path("keys"), v.path("sealed"), v.path("tmp")} {
		if err := makeDir(d); err != nil {
			return nil, fmt.Errorf("open the vault: %w", err)
		}
	}
	if err := v.checkMaster(); err != nil {
		return nil, fmt.Errorf("open the vault: %w", err)
	}
	return v, nil
}

// checkMaster tries the master key on some of the keys that are there. One that
// opens is enough; several are tried because a single one may be damaged.
func (v *Vault) checkMaster() error {
	const enough = 16
	dir, err := os.Open(v.path("keys"))
	if err != nil {
		return err
	}
	defer dir.Close()
	var tried int
	for tried < enough {
		names, err := dir.Readdirnames(1)
		if errors.Is(err, io.EOF) {
			if tried == 0 {
				return nil // nothing sealed yet
			}
			break
		} else if err != nil {
			return err
		}
		name, ok := strings.CutSuffix(names[0], keySuffix)
		id := store.VaultID(name)
		if !ok || !valid(id) {
			continue
		}
		// A key whose erasure was interrupted is full of chance.
		if gone, err := exists(v.erasedPath(id)); err != nil {
			return err
		} else if gone {
			continue
		}
		if _, err := v.dataKey(id); err == nil {
			return nil
		} else if !errors.Is(err, ErrCorrupt) {
			return err
		}
		tried++
	}
	return fmt.Errorf("%w: none of %d keys in %s could be opened; put back the master key that it was made with", ErrWrongMaster, tried, v.path("keys"))
}

// SweepTemp removes what writers left behind that were killed, and finishes
// erasures that were interrupted. It returns how many files it removed. Call it
// at the start, when the folder is locked and before the first Create: it would
// also remove what a writer has under way.
func (v *Vault) SweepTemp() (int, error) {
	var removed int
	left, err := os.ReadDir(v.path("tmp"))
	if err != nil {
		return 0, fmt.Errorf("sweep the vault: %w", err)
	}
	for _, e := range left {
		if err := os.Remove(v.path("tmp", e.Name())); err != nil {
			return removed, fmt.Errorf("sweep the vault: %w", err)
		}
		removed++
	}
	keys, err := os.ReadDir(v.path("keys"))
	if err != nil {
		return removed, fmt.Errorf("sweep the vault: %w", err)
	}
	for _, e := range keys {
		name, ok := strings.CutSuffix(e.Name(), erasedSuffix)
		id := store.VaultID(name)
		if !ok || !valid(id) {
			continue
		}
		n, err := v.destroy(id)
		removed += n
		if err != nil {
			return removed, fmt.Errorf("sweep the vault: erase %s: %w", id, err)
		}
	}
	return removed, nil
}

const (
	keySuffix    = ".age"
	blobSuffix   = ".age"
	erasedSuffix = ".erased" // an empty file in keys/ that outlives the key
	tmpKey       = ".key"
	tmpBlob      = ".blob"
)

func (v *Vault) path(elem ...string) string {
	return filepath.Join(append([]string{v.dir}, elem...)...)
}

func (v *Vault) keyPath(id store.VaultID) string { return v.path("keys", string(id)+keySuffix) }

func (v *Vault) erasedPath(id store.VaultID) string { return v.path("keys", string(id)+erasedSuffix) }

func (v *Vault) blobPath(id store.VaultID) string {
	return v.path("sealed", shard(id), string(id)+blobSuffix)
}

// shard names the folder of an id: its last two characters, which are random,
// so that the 1,024 folders fill evenly.
func shard(id store.VaultID) string { return string(id[len(id)-2:]) }

// valid reports whether id is of the form that store.NewVaultID makes. Ids
// become file names, so nothing else may come near the disk.
func valid(id store.VaultID) bool {
	if len(id) != 21 || id[0] != 'v' {
		return false
	}
	for _, c := range []byte(id[1:]) {
		switch {
		case '0' <= c && c <= '9':
		case 'a' <= c && c <= 'z' && c != 'i' && c != 'l' && c != 'o' && c != 'u':
		default:
			return false
		}
	}
	return true
}

// invalidID does not repeat the id: it may be anything, and errors are logged.
func invalidID(id store.VaultID) error {
	return fmt.Errorf("%w (%d bytes)", ErrInvalidID, len(id))
}

func exists(path string) (bool, error) {
	switch _, err := os.Lstat(path); {
	case err == nil:
		return true, nil
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	default:
		return false, err
	}
}

func (v *Vault) at(step string) {
	if v.step != nil {
		v.step(step)
	}
}
