package vault

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"filippo.io/age"

	"kairan/store"
)

// maxKeyFile is far more than a sealed data key takes, about 350 bytes.
const maxKeyFile = 4096

// writeDataKey writes a blob's data key, sealed to the master key. Inside is an
// age identity file whose comment names the blob, so that keys exchanged between
// two blobs are noticed.
func (v *Vault) writeDataKey(w io.Writer, id store.VaultID, data *age.X25519Identity) error {
	seal, err := age.Encrypt(w, v.master.identity.Recipient())
	if err != nil {
		return err
	}
	if _, err := io.WriteString(seal, dataKeyComment(id)+data.String()+"\n"); err != nil {
		return err
	}
	return seal.Close()
}

// dataKey opens a blob's data key. Its errors wrap fs.ErrNotExist, [ErrCorrupt]
// or tell what went wrong with the disk. They never repeat what is in the key.
func (v *Vault) dataKey(id store.VaultID) (*age.X25519Identity, error) {
	f, err := os.Open(v.keyPath(id))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	src := &diskReader{r: io.LimitReader(f, maxKeyFile)}
	open, err := age.Decrypt(src, v.master.identity)
	if err != nil {
		return nil, src.explain("its key", err)
	}
	text, err := io.ReadAll(open)
	if err != nil {
		return nil, src.explain("its key", err)
	}
	line, ok := strings.CutPrefix(string(text), dataKeyComment(id))
	if !ok {
		return nil, fmt.Errorf("%w: its key is that of another blob", ErrCorrupt)
	}
	data, err := age.ParseX25519Identity(strings.TrimSuffix(line, "\n"))
	if err != nil {
		return nil, fmt.Errorf("%w: its key is not an age identity", ErrCorrupt)
	}
	return data, nil
}

func dataKeyComment(id store.VaultID) string { return "# data key of " + string(id) + "\n" }

// diskReader remembers the error of the disk, so that a disk that fails is told
// from a file that was changed: age reports both in the same words.
type diskReader struct {
	r   io.Reader
	err error
}

func (d *diskReader) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	if err != nil && err != io.EOF {
		d.err = err
	}
	return n, err
}

// explain makes of an error that age returned one that callers can act on.
func (d *diskReader) explain(what string, err error) error {
	if d.err != nil {
		return fmt.Errorf("read %s: %w", what, d.err)
	}
	var wrongKey *age.NoIdentityMatchError
	if errors.As(err, &wrongKey) {
		return fmt.Errorf("%w: %s was sealed with another key, or was changed", ErrCorrupt, what)
	}
	return fmt.Errorf("%w: %s: %w", ErrCorrupt, what, err)
}
