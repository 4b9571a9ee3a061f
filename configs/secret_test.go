package configs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// secretFile writes a file with a mode, whatever the umask is.
func secretFile(t *testing.T, dir, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(dir, "password")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSecretFromFile(t *testing.T) {
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	for _, c := range []struct {
		text string
		mode os.FileMode
		want string // in the error; "" for none
	}{
		{"hunter2\n", 0o600, ""},
		{" hunter2 \r\n", 0o400, ""},
		{"hunter2", 0o640, "mend it with: chmod 600 "},
		{"hunter2", 0o604, "mend it with: chmod 600 "},
		{"\n", 0o600, "is empty"},
		{strings.Repeat("x", maxSecret+1), 0o600, "larger than a secret can be"},
	} {
		got, err := Secret{File: secretFile(t, t.TempDir(), c.text, c.mode)}.Read(t.Context())
		switch {
		case c.want == "" && (err != nil || got != "hunter2"):
			t.Errorf("Read of a file with mode %o: %q, %v; want the password", c.mode, got, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("Read of a file with mode %o: %v; want an error with %q", c.mode, err, c.want)
		case err != nil && strings.Contains(err.Error(), "hunter2"):
			t.Errorf("the error of Read repeats the secret: %v", err)
		}
	}
	if _, err := (Secret{File: filepath.Join(t.TempDir(), "none")}).Read(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Read of no file: %v, want one that is os.ErrNotExist", err)
	}
}

// A named pipe would keep a poller waiting for ever, whatever its context says.
func TestSecretFromPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{path, t.TempDir()} {
		if _, err := (Secret{File: file}).Read(t.Context()); err == nil || !strings.HasSuffix(err.Error(), "is no ordinary file") {
			t.Errorf("Read of what is no file: %v, want it refused", err)
		}
	}
}

// systemd's credentials are readable by their group; that a service has some must
// not excuse other files.
func TestSecretFromCredential(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	if got, err := (Secret{File: secretFile(t, dir, "hunter2", 0o440)}).Read(t.Context()); err != nil || got != "hunter2" {
		t.Errorf("Read of a credential: %q, %v; want the password", got, err)
	}
	if _, err := (Secret{File: secretFile(t, dir, "hunter2", 0o444)}).Read(t.Context()); err == nil {
		t.Error("Read took a credential that everybody can read")
	}
	if _, err := (Secret{File: secretFile(t, t.TempDir(), "hunter2", 0o440)}).Read(t.Context()); err == nil {
		t.Error("Read took a file of the group that is no credential, because the service has credentials")
	}
}

func TestSecretFromEnvironment(t *testing.T) {
	t.Setenv("KAIRAN_TEST_SECRET", " hunter2\n")
	if got, err := (Secret{Env: "KAIRAN_TEST_SECRET"}).Read(t.Context()); err != nil || got != "hunter2" {
		t.Errorf("Read = %q, %v; want the password", got, err)
	}
	t.Setenv("KAIRAN_TEST_SECRET", " ")
	if _, err := (Secret{Env: "KAIRAN_TEST_SECRET"}).Read(t.Context()); err == nil || err.Error() != "the environment variable KAIRAN_TEST_SECRET is not set" {
		t.Errorf("Read of a blank variable: %v, want that it is not set", err)
	}
}

func TestSecretFromCommand(t *testing.T) {
	for _, c := range []struct {
		name    string
		command []string
		want    string // in the error; "" for none
	}{
		{"prints it", []string{"echo", "hunter2"}, ""},
		{"prints nothing", []string{"true"}, "printed nothing"},
		{"fails", []string{"sh", "-c", "echo hunter2; echo hunter2 >&2; exit 3"}, "the token command sh failed: exit status 3"},
		{"prints too much", []string{"sh", "-c", "head -c 100000 /dev/zero"}, "the token command sh failed"},
		{"is not there", []string{"/nonexistent/token"}, "the token command /nonexistent/token failed"},
	} {
		got, err := Secret{Command: c.command}.Read(t.Context())
		switch {
		case c.want == "" && (err != nil || got != "hunter2"):
			t.Errorf("a command that %s: %q, %v; want the token", c.name, got, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("a command that %s: %v; want an error with %q", c.name, err, c.want)
		case err != nil && strings.Contains(err.Error(), "hunter2"):
			t.Errorf("a command that %s: the error repeats the secret: %v", c.name, err)
		}
	}
	if _, err := (Secret{}).Read(t.Context()); err == nil {
		t.Error("Read from nowhere gave no error")
	}
}

// A token command sees the environment, but not the hub's own secrets.
func TestSecretCommandEnvironment(t *testing.T) {
	t.Setenv("KAIRAN_MASTER_KEY", "hunter2")
	t.Setenv("PGPASSWORD", "hunter2")
	t.Setenv("KAIRAN_TEST_HINT", "seen")
	got, err := Secret{Command: []string{"sh", "-c", `echo "[$KAIRAN_MASTER_KEY$PGPASSWORD]$KAIRAN_TEST_HINT"`}}.Read(t.Context())
	if err != nil || got != "[]seen" {
		t.Errorf("a token command sees %q, %v; want the environment without the hub's secrets", got, err)
	}
}

// A command that hangs, even one whose child holds its output open, ends with the
// context.
func TestSecretCommandIsBounded(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := (Secret{Command: []string{"sh", "-c", "sleep 60 & wait"}}).Read(ctx); err == nil {
		t.Error("Read of a command that hangs gave no error")
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("Read of a command that hangs took %v", took)
	}
}

func TestSecretIsNotShown(t *testing.T) {
	t.Setenv("KAIRAN_TEST_SECRET", "hunter2")
	file := secretFile(t, t.TempDir(), "hunter2", 0o600)
	for _, s := range []Secret{{}, {File: file}, {Env: "KAIRAN_TEST_SECRET"}, {Command: []string{"echo", "hunter2"}}} {
		var out bytes.Buffer
		slog.New(slog.NewTextHandler(&out, nil)).Info("test", "secret", s)
		fmt.Fprintf(&out, "%v %s", s, s)
		if strings.Contains(out.String(), "hunter2") {
			t.Errorf("a secret is shown: %s", out.String())
		}
	}
}
