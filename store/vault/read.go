package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"filippo.io/age"

	"kairan/store"
)

// Open opens a blob for reading. What Read returns is authentic as far as it
// goes; only io.EOF says that it is also whole. Errors, also those of Read, wrap
// [ErrNotFound], [ErrErased] or [ErrCorrupt], or tell what the disk said. The
// caller closes the reader.
func (v *Vault) Open(ctx context.Context, id store.VaultID) (io.ReadCloser, error) {
	if !valid(id) {
		return nil, invalidID(id)
	}
	r, err := v.open(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("unseal %s: %w", id, err)
	}
	return r, nil
}

func (v *Vault) open(ctx context.Context, id store.VaultID) (*reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	// Asked first and not only when the key is missing: a key that came back with
	// a backup must not bring an erased original back.
	if gone, err := exists(v.erasedPath(id)); err != nil {
		return nil, err
	} else if gone {
		return nil, ErrErased
	}
	data, err := v.dataKey(id)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	} else if err != nil {
		return nil, err
	}
	f, err := os.Open(v.blobPath(id))
	if errors.Is(err, fs.ErrNotExist) {
		// Erased between the two questions, or lost.
		if gone, goneErr := exists(v.erasedPath(id)); goneErr == nil && gone {
			return nil, ErrErased
		}
		return nil, fmt.Errorf("%w: there is a key and no blob", ErrCorrupt)
	} else if err != nil {
		return nil, err
	}
	src := &diskReader{r: f}
	plain, err := age.Decrypt(src, data)
	if err != nil {
		return nil, errors.Join(src.explain("the blob", err), f.Close())
	}
	return &reader{ctx: ctx, id: id, f: f, src: src, plain: plain}, nil
}

type reader struct {
	ctx   context.Context
	id    store.VaultID
	f     *os.File
	src   *diskReader
	plain io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, fmt.Errorf("unseal %s: %w", r.id, err)
	}
	n, err := r.plain.Read(p)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("unseal %s: %w", r.id, r.src.explain("the blob", err))
	}
	return n, err
}

func (r *reader) Close() error { return r.f.Close() }

// Read returns a whole blob, or nothing. A blob longer than limit bytes is an
// error wrapping [ErrTooLarge], and is not read further.
func (v *Vault) Read(ctx context.Context, id store.VaultID, limit int64) ([]byte, error) {
	r, err := v.Open(ctx, id)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var b bytes.Buffer
	if _, err := io.Copy(&b, io.LimitReader(r, limit)); err != nil {
		return nil, err
	}
	// The byte after the last one tells whether there are more, and that the end
	// is the true end.
	switch n, err := io.ReadFull(r, make([]byte, 1)); {
	case n > 0:
		return nil, fmt.Errorf("unseal %s: %w of %d bytes", id, ErrTooLarge, limit)
	case err != io.EOF:
		return nil, err
	}
	return b.Bytes(), nil
}

// Exists reports whether a blob was committed and not erased. It does not say
// that it can be read.
func (v *Vault) Exists(ctx context.Context, id store.VaultID) (bool, error) {
	if !valid(id) {
		return false, invalidID(id)
	}
	if err := ctx.Err(); err != nil {
		return false, fmt.Errorf("look for %s: %w", id, err)
	}
	gone, err := exists(v.erasedPath(id))
	if err != nil {
		return false, fmt.Errorf("look for %s: %w", id, err)
	}
	key, err := exists(v.keyPath(id))
	if err != nil {
		return false, fmt.Errorf("look for %s: %w", id, err)
	}
	return key && !gone, nil
}
