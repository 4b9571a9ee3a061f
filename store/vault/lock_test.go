package vault

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLockDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	unlock, err := LockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = LockDir(dir)
	if want := fmt.Sprintf("the data folder is in use by another kairan process (pid %d)", os.Getpid()); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), want) {
		t.Errorf("second LockDir = %v; want %q", err, want)
	}
	unlock()
	unlock()
	unlock, err = LockDir(dir)
	if err != nil {
		t.Errorf("LockDir after unlock: %v", err)
	} else {
		unlock()
	}
	if _, err := LockDir(filepath.Join(dir, "hub.lock")); err == nil || errors.Is(err, ErrLocked) {
		t.Errorf("LockDir on a file = %v; want another error than ErrLocked", err)
	}
}

// The lock of a process that was killed is gone, and while it lives its number
// is told.
func TestLockDirOfAnotherProcess(t *testing.T) {
	dir := t.TempDir()
	cmd := child(t, "lock", dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "locked\n" {
		t.Fatalf("the other process said %q, %v", line, err)
	}
	_, err = LockDir(dir)
	if want := fmt.Sprintf("(pid %d)", cmd.Process.Pid); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), want) {
		t.Errorf("LockDir = %v; want %q", err, want)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	unlock, err := LockDir(dir)
	if err != nil {
		t.Fatalf("LockDir after the other was killed: %v", err)
	}
	unlock()
}
