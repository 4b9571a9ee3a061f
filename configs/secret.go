package configs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Secret says where a password or token comes from: a file, an environment
// variable, or what a command prints. It never holds the secret itself.
type Secret struct {
	File    string
	Env     string
	Command []string
}

// maxSecret bounds a secret; access tokens have a few thousand bytes.
const maxSecret = 64 << 10

// commandTimeout bounds a token command.
const commandTimeout = 30 * time.Second

// Read gets the secret, without the blanks and line ends around it. It is read
// anew each time, so that a changed file or a fresh token takes effect without a
// restart. Its errors do not repeat what it read.
func (s Secret) Read(ctx context.Context) (string, error) {
	switch {
	case s.File != "":
		return s.fromFile()
	case s.Env != "":
		v, ok := os.LookupEnv(s.Env)
		if !ok || strings.TrimSpace(v) == "" {
			return "", fmt.Errorf("the environment variable %s is not set", s.Env)
		}
		return strings.TrimSpace(v), nil
	case len(s.Command) > 0:
		return s.fromCommand(ctx)
	}
	return "", errors.New("no place is set that the secret comes from")
}

func (s Secret) fromFile() (string, error) {
	info, err := os.Stat(s.File)
	if err != nil {
		return "", fmt.Errorf("read the secret: %w", err)
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is no ordinary file", s.File) // a pipe would keep us waiting for as long as it likes
	}
	if mode := info.Mode().Perm(); mode&0o007 != 0 || mode&0o070 != 0 && !isCredential(s.File) {
		return "", fmt.Errorf("the secret in %s can be read by others; mend it with: chmod 600 %s", s.File, s.File)
	}
	if info.Size() > maxSecret {
		return "", fmt.Errorf("%s is larger than a secret can be", s.File)
	}
	b, err := os.ReadFile(s.File)
	if err != nil {
		return "", fmt.Errorf("read the secret: %w", err)
	}
	v := strings.TrimSpace(string(b))
	if v == "" {
		return "", fmt.Errorf("the file %s is empty", s.File)
	}
	return v, nil
}

// isCredential reports whether systemd handed the file over (LoadCredential=): it
// gives such files mode 0440, in a folder that only the service can enter.
func isCredential(file string) bool {
	dir := os.Getenv("CREDENTIALS_DIRECTORY")
	return dir != "" && filepath.Dir(filepath.Clean(file)) == filepath.Clean(dir)
}

func (s Secret) fromCommand(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.Command[0], s.Command[1:]...)
	cmd.WaitDelay = time.Second
	// It has no business with the hub's own secrets.
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "KAIRAN_MASTER_KEY=") || strings.HasPrefix(v, "PGPASSWORD=")
	})
	var out bytes.Buffer
	cmd.Stdout = &limited{&out, maxSecret}
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("the token command %s failed: %w", s.Command[0], err)
	}
	v := strings.TrimSpace(out.String())
	if v == "" {
		return "", fmt.Errorf("the token command %s printed nothing", s.Command[0])
	}
	return v, nil
}

// limited refuses what is beyond its room.
type limited struct {
	b    *bytes.Buffer
	room int
}

func (l *limited) Write(p []byte) (int, error) {
	if len(p) > l.room {
		return 0, errors.New("it printed too much")
	}
	l.room -= len(p)
	return l.b.Write(p)
}

// String tells the place, never the secret.
func (s Secret) String() string {
	switch {
	case s.File != "":
		return "file " + s.File
	case s.Env != "":
		return "environment variable " + s.Env
	case len(s.Command) > 0:
		return "command " + s.Command[0]
	}
	return "none"
}

// LogValue is what a log may show.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
