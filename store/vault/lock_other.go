//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"sync"
)

// lockFile uses the existence of the file, which every system has. After a kill
// it stays behind and must be removed by hand, as the error says.
func lockFile(path string) (func(), error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%w; if there is none, remove %s", ErrLocked, path)
	} else if err != nil {
		return nil, err
	}
	if _, err := f.WriteString(strconv.Itoa(os.Getpid()) + "\n"); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(path))
	}
	return sync.OnceFunc(func() { _ = f.Close(); _ = os.Remove(path) }), nil
}
