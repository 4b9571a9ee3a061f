//go:build unix

package vault

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"kairan/store"
)

// The tests here need a process that dies. It is this test binary again, with
// what it shall do in its environment.
const (
	envRole = "KAIRAN_VAULT_TEST_ROLE"
	envDir  = "KAIRAN_VAULT_TEST_DIR"
	envStep = "KAIRAN_VAULT_TEST_STEP"
)

// crashIdentity is the master key that a test and its children share.
const crashIdentity = testIdentity

func TestMain(m *testing.M) {
	if role := os.Getenv(envRole); role != "" {
		if err := asChild(role, os.Getenv(envDir), os.Getenv(envStep)); err != nil {
			log.Fatal(err)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func child(t *testing.T, role, dir string, env ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^$")
	cmd.Env = append(os.Environ(), envRole+"="+role, envDir+"="+dir)
	cmd.Env = append(cmd.Env, env...)
	cmd.Stderr = os.Stderr
	return cmd
}

func asChild(role, dir, step string) error {
	if role == "lock" {
		if _, err := LockDir(dir); err != nil {
			return err
		}
		fmt.Println("locked")
		select {} // until it is killed
	}
	v, err := openCrashVault(dir)
	if err != nil {
		return err
	}
	// Dies as kill -9 would, just before a step is taken.
	v.step = func(s string) {
		if s == step {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	ctx := context.Background()
	switch role {
	case "put":
		return v.Put(ctx, crashID, crashText(crashID))
	case "erase":
		return v.Erase(ctx, crashID)
	case "write": // for ever: seals, and tells each committed id
		for {
			id := newID()
			if err := v.Put(ctx, id, crashText(id)); err != nil {
				return err
			}
			fmt.Println(id)
		}
	case "full":
		return fillDisk(v)
	}
	return errors.New("no such role: " + role)
}

const crashID store.VaultID = "v0123456789abcdefghjk"

// crashText is what is sealed under an id: of a length and content that follow
// from it, so that the parent can tell whether it came back whole.
func crashText(id store.VaultID) []byte {
	var n int
	for _, c := range []byte(id) {
		n = n*31 + int(c)
	}
	return bytes.Repeat([]byte(id), n&0xfff)
}

func openCrashVault(dir string) (*Vault, error) {
	id, err := age.ParseX25519Identity(crashIdentity)
	if err != nil {
		return nil, err
	}
	m, err := newMaster(id)
	if err != nil {
		return nil, err
	}
	return Open(dir, m)
}

var commitSteps = []string{"close blob", "sync key", "make shard", "rename blob", "sync shard", "rename key", "sync keys", "committed"}

// Dying at any step of a Commit leaves either the whole blob or none, nothing in
// the way of trying again, and nothing behind after a sweep.
func TestDieAtEachStepOfCommit(t *testing.T) {
	for i, step := range commitSteps {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			die(t, "put", dir, step)
			v, err := openCrashVault(dir)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := v.SweepTemp(); err != nil {
				t.Fatal(err)
			}
			if left, _ := os.ReadDir(v.path("tmp")); len(left) != 0 {
				t.Errorf("after SweepTemp there is still %v", left)
			}
			committed := i > 5 // the key has its name
			got, err := v.Read(t.Context(), crashID, 1<<20)
			switch {
			case committed && (err != nil || !bytes.Equal(got, crashText(crashID))):
				t.Errorf("Read = %d bytes, %v; want the blob", len(got), err)
			case !committed && !errors.Is(err, ErrNotFound):
				t.Errorf("Read = %d bytes, %v; want ErrNotFound", len(got), err)
			case !committed:
				if err := v.Put(t.Context(), crashID, crashText(crashID)); err != nil {
					t.Errorf("trying again: %v", err)
				}
			}
			if got, err := v.Read(t.Context(), crashID, 1<<20); err != nil || !bytes.Equal(got, crashText(crashID)) {
				t.Errorf("in the end Read = %d bytes, %v; want the blob", len(got), err)
			}
		})
	}
}

// An erasure that has begun is never undone: nothing reads it, and the next
// start brings it to its end.
func TestDieAtEachStepOfErase(t *testing.T) {
	for i, step := range []string{"mark erased", "overwrite key", "remove key", "remove blob", "erased"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			v, err := openCrashVault(dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := v.Put(t.Context(), crashID, crashText(crashID)); err != nil {
				t.Fatal(err)
			}
			die(t, "erase", dir, step)
			v, err = openCrashVault(dir)
			if err != nil {
				t.Fatalf("opening the vault after an interrupted erasure: %v", err)
			}
			if _, err := v.Read(t.Context(), crashID, 1<<20); i > 0 && !errors.Is(err, ErrErased) || i == 0 && err != nil {
				t.Errorf("Read = %v; want ErrErased once it has begun", err)
			}
			if _, err := v.SweepTemp(); err != nil {
				t.Fatal(err)
			}
			key, err1 := exists(v.keyPath(crashID))
			blob, err2 := exists(v.blobPath(crashID))
			if err1 != nil || err2 != nil || i > 0 && (key || blob) {
				t.Errorf("after SweepTemp: key there %v, blob there %v (%v, %v)", key, blob, err1, err2)
			}
		})
	}
}

func die(t *testing.T, role, dir, step string) {
	t.Helper()
	err := child(t, role, dir, envStep+"="+step).Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the child ended with %v; want it killed at %q", err, step)
	}
}

// The order of a commit is what a power cut cannot disturb: a name is given
// only to what is synced, and the key's last.
func TestCommitOrder(t *testing.T) {
	v := newTestVault(t)
	var got []string
	v.step = func(s string) { got = append(got, s) }
	put(t, v, []byte("x"))
	if strings.Join(got, ", ") != strings.Join(commitSteps, ", ") {
		t.Errorf("steps were %q; want %q", got, commitSteps)
	}
}

// Killed at random moments, over and over in the same folder: every id that was
// told as committed reads, and reads whole.
func TestKillAtRandomMoments(t *testing.T) {
	rounds := 25
	if testing.Short() {
		rounds = 5
	}
	dir := t.TempDir()
	committed := map[store.VaultID]bool{}
	for range rounds {
		cmd := child(t, "write", dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(out)
		for n, most := 0, 1+rand.IntN(10); ; n++ {
			line, err := lines.ReadString('\n')
			if err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			committed[store.VaultID(strings.TrimSpace(line))] = true
			if n == most {
				time.AfterFunc(rand.N(5*time.Millisecond), func() { _ = cmd.Process.Kill() })
			}
		}
		_ = cmd.Wait()

		v, err := openCrashVault(dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.SweepTemp(); err != nil {
			t.Fatal(err)
		}
		for id := range committed {
			if got, err := v.Read(t.Context(), id, 1<<20); err != nil || !bytes.Equal(got, crashText(id)) {
				t.Errorf("%s was committed and reads as %d bytes, %v", id, len(got), err)
			}
		}
		// What is there without having been told was committed and not yet told:
		// at most one for each kill.
		orphans, err := v.Orphans(t.Context(), func(id store.VaultID) (bool, error) { return committed[id], nil }, time.Now().Add(time.Hour))
		if err != nil || len(orphans) > 1 {
			t.Errorf("orphans %v, %v; want at most one", orphans, err)
		}
		for _, id := range orphans {
			if err := v.Erase(t.Context(), id); err != nil {
				t.Error(err)
			}
		}
	}
	if len(committed) < rounds {
		t.Errorf("only %d blobs in %d rounds", len(committed), rounds)
	}
}

// A disk that takes no more: an error, nothing of the blob left, what was there
// before untouched, and room again means it works again. The limit on the size
// of files stands in for the disk, because it needs no rights; the system says
// EFBIG then and not ENOSPC.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	if out, err := child(t, "full", dir).Output(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if left, err := os.ReadDir(filepath.Join(dir, "tmp")); len(left) != 0 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func fillDisk(v *Vault) error {
	ctx := context.Background()
	signal.Ignore(syscall.SIGXFSZ)
	small, large := newID(), newID()
	if err := v.Put(ctx, small, []byte("small")); err != nil {
		return err
	}
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		return err
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 100 << 10, Max: old.Max}); err != nil {
		return err
	}
	w, err := v.Create(ctx, large)
	if err != nil {
		return err
	}
	_, err = w.Write(make([]byte, 1<<20))
	if !errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("Write to a full disk = %w; want EFBIG", err)
	}
	if _, err := w.Write([]byte("more")); !errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("Write after a failed one = %w; want the same error again", err)
	}
	if err := w.Commit(); !errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("Commit after a failed Write = %w; want the same error again", err)
	}
	if err := v.Put(ctx, large, make([]byte, 1<<20)); !errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("Put on a full disk = %w; want EFBIG", err)
	}
	if there, err := v.Exists(ctx, large); there || err != nil {
		return fmt.Errorf("Exists = %v, %w; want false", there, err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		return err
	}
	if err := v.Put(ctx, large, make([]byte, 1<<20)); err != nil {
		return fmt.Errorf("Put with room again: %w", err)
	}
	for _, id := range []store.VaultID{small, large} {
		if _, err := v.Read(ctx, id, 1<<20); err != nil {
			return err
		}
	}
	return nil
}
