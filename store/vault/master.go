package vault

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"filippo.io/age"
)

// Master is the key that every data key of the vault is sealed to. Whoever has
// it and the data folder can read every original; whoever loses it loses all of
// them. It prints as "[master key]" whatever verb it is printed with.
type Master struct {
	identity *age.X25519Identity
}

// maxMasterFile is far more than an identity and its comments take.
const maxMasterFile = 64 << 10

// LoadOrCreateMaster returns the master key: the one in env, which is the value
// of an environment variable and not its name, if that is not empty; else the
// one in the file at path; else, and then created is true, a new one that is
// first written to that file, for the owner only, and synced to the disk.
//
// Both hold an age identity ("AGE-SECRET-KEY-1…"), with comment lines where one
// likes, so that the age command can use the file as it is. A file that others
// than its owner may read is refused. Errors never repeat anything of the key.
func LoadOrCreateMaster(path, env string) (m *Master, created bool, err error) {
	if strings.TrimSpace(env) != "" {
		m, err := parseMaster([]byte(env))
		if err != nil {
			return nil, false, fmt.Errorf("master key from the environment: %w", err)
		}
		return m, false, nil
	}
	m, err = loadMaster(path)
	if errors.Is(err, fs.ErrNotExist) {
		created, err = createMaster(path)
		if err == nil {
			// Read back, also when another process was faster: what is used is
			// what lies on the disk.
			m, err = loadMaster(path)
		}
	}
	if err != nil {
		return nil, false, fmt.Errorf("master key in %s: %w", path, err)
	}
	return m, created, nil
}

func loadMaster(path string) (*Master, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.Unwrap(err) // the caller names the file
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a file")
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("others than its owner may use it (mode %04o); run: chmod 600 %s", info.Mode().Perm(), path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxMasterFile))
	if err != nil {
		return nil, err
	}
	return parseMaster(text)
}

// parseMaster does not wrap what age says, which could repeat a mistyped key.
func parseMaster(text []byte) (*Master, error) {
	ids, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil {
		return nil, errors.New(`it is not an age identity; it should have one line that begins with "AGE-SECRET-KEY-1", put it back from its safe copy`)
	}
	if len(ids) != 1 {
		return nil, fmt.Errorf("it has %d identities and should have one", len(ids))
	}
	id, ok := ids[0].(*age.X25519Identity)
	if !ok {
		return nil, errors.New(`it is an age identity of another kind; it should begin with "AGE-SECRET-KEY-1"`)
	}
	return newMaster(id)
}

func newMaster(id *age.X25519Identity) (*Master, error) {
	m := &Master{identity: id}
	// Derive cannot report an error; whatever could be wrong with it is so here.
	if _, err := m.derive(""); err != nil {
		return nil, fmt.Errorf("derive keys from it: %w", err)
	}
	return m, nil
}

// createMaster writes a new key to path and reports whether it did; it did not
// if another process was faster. The file appears whole or not at all: a start
// that is killed must not leave an empty file, which would be taken for a key
// that was destroyed.
func createMaster(path string) (bool, error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return false, err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return false, err
	}
	f, err := os.CreateTemp(dir, ".master-*") // mode 0600
	if err != nil {
		return false, err
	}
	defer os.Remove(f.Name())
	_, err = fmt.Fprintf(f, "# Master key of a Kairan vault, made %s.\n# Keep a copy in a safe place: without it every sealed original is lost.\n%s\n",
		time.Now().UTC().Format(time.DateOnly), id)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return false, err
	}
	// Link and not Rename: it fails if there is a file already, and a key must
	// never be overwritten.
	if err := os.Link(f.Name(), path); errors.Is(err, fs.ErrExist) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	return true, syncDir(dir)
}

// Derive returns 32 bytes for a purpose of their own, the same ones whenever the
// same label is asked for: HKDF-SHA256 (RFC 5869) of the identity's text, with
// the label as info. The identity cannot be found from them.
func (m *Master) Derive(label string) []byte {
	key, _ := m.derive(label) // newMaster has tried it
	return key
}

func (m *Master) derive(label string) ([]byte, error) {
	return hkdf.Key(sha256.New, []byte(m.identity.String()), nil, "kairan "+label, 32)
}

const hidden = "[master key]"

// String hides the key.
func (Master) String() string { return hidden }

// GoString hides the key.
func (Master) GoString() string { return hidden }

// Format hides the key from every verb, also %d and %x.
func (Master) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, hidden) }

// LogValue hides the key.
func (Master) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides the key from encoders.
func (Master) MarshalText() ([]byte, error) { return []byte(hidden), nil }
