package vault

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ErrLocked is wrapped by the error of [LockDir] if another process holds the
// folder.
var ErrLocked = errors.New("the data folder is in use by another kairan process")

// lockPatience is how long a lock is waited for that nobody may hold any more.
const lockPatience = 3 * time.Second

// LockDir takes a data folder for this process, by a lock on its file hub.lock,
// and keeps it until unlock is called or the process ends, however it ends. If
// another has it, the error wraps [ErrLocked] and names its process id.
//
// It lives here because the vault is what two processes would harm: one's
// SweepTemp removes what the other is writing. An embedded NATS server does not
// notice a second one on its folder either. SQLite and PostgreSQL look after
// themselves.
func LockDir(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	path := filepath.Join(dir, "hub.lock")
	// A hub that was killed while it started a child leaves the lock to that child
	// until it has become another program: for a moment only.
	for give := time.Now().Add(lockPatience); ; {
		unlock, err = lockFile(path)
		if !errors.Is(err, ErrLocked) || time.Now().After(give) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if errors.Is(err, ErrLocked) {
		if pid := holder(path); pid != 0 {
			return nil, fmt.Errorf("%w (pid %d): %s", ErrLocked, pid, dir)
		}
		return nil, fmt.Errorf("%w: %s", ErrLocked, dir)
	} else if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	return unlock, nil
}

// holder is the process id written in a lock file, or 0.
func holder(path string) int {
	f, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 32))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || pid < 0 {
		return 0
	}
	return pid
}
