//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package vault

import (
	"errors"
	"os"
	"strconv"
	"sync"
	"syscall"
)

// lockFile uses flock(2): the kernel lets go of it when the process ends, so a
// kill -9 leaves no stale lock. The file itself stays; removing it would let two
// processes lock two files of the same name. It is a bare descriptor and no
// os.File, which the collector would close if the caller forgot unlock.
func lockFile(path string) (func(), error) {
	fd, err := syscall.Open(path, syscall.O_RDWR|syscall.O_CREAT|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	if err := syscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = ErrLocked
		}
		return nil, errors.Join(err, syscall.Close(fd))
	}
	err = syscall.Ftruncate(fd, 0)
	if err == nil {
		_, err = syscall.Pwrite(fd, []byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil {
		return nil, errors.Join(err, syscall.Close(fd))
	}
	return sync.OnceFunc(func() { _ = syscall.Close(fd) }), nil
}
