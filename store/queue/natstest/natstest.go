// Package natstest starts a real NATS server, a process of its own, for tests.
//
// It is built from the module that go.mod names, because the servers that
// distributions package are older than what Kairan needs. Only tests import
// this package.
package natstest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// Options say what kind of server to start.
type Options struct {
	// Secure makes the server want TLS and a user's credentials.
	Secure bool
	// Memory keeps JetStream's data with the process: streams in files are lost
	// when it restarts, because its folder is emptied.
	Memory bool
}

// Server is a running nats-server with JetStream on a loopback port.
type Server struct {
	// URL to connect to. It stays the same over a Restart.
	URL string
	// Version is what the server calls itself.
	Version string
	// CA and Credentials are paths of files for clients, with Options.Secure.
	CA, Credentials string
	// WrongCredentials are those of a user whom the server does not know, WrongCA
	// is an authority that did not sign its certificate.
	WrongCredentials, WrongCA string

	t      testing.TB
	o      Options
	exe    string
	dir    string
	config string
	port   string // "-1" until the server has chosen one
	cmd    *exec.Cmd
	output chan struct{} // closed when the process has closed its output
}

// Start builds the server if need be, starts it, and stops it when the test is
// over. Without a Go toolchain the test is skipped, or with
// KAIRAN_REQUIRE_PEERS=1 fails.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	exe, err := binary()
	if err != nil {
		missing(t, fmt.Sprintf("a separate nats-server process is needed and cannot be built: %v", err))
	}
	s := &Server{t: t, o: o, exe: exe, dir: t.TempDir(), port: "-1"}
	s.config = filepath.Join(s.dir, "nats.conf")
	if o.Secure {
		if err := s.makeCredentials(); err != nil {
			t.Fatalf("make credentials: %v", err)
		}
	}
	t.Cleanup(s.Kill) // also of what Restart starts
	s.start()
	return s
}

func missing(t testing.TB, text string) {
	t.Helper()
	if os.Getenv("KAIRAN_REQUIRE_PEERS") == "1" {
		t.Fatal(text)
	}
	t.Skip(text)
}

// Kill ends the server as kill -9 does. Nothing happens if it does not run.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	<-s.output
	_ = s.cmd.Wait()
	s.cmd = nil
}

// Restart starts the server again, on the same port and with the same data
// unless Options.Memory says otherwise.
func (s *Server) Restart() {
	s.t.Helper()
	s.Kill()
	if s.o.Memory {
		if err := os.RemoveAll(filepath.Join(s.dir, "data")); err != nil {
			s.t.Fatal(err)
		}
	}
	s.start()
}

var (
	listening = regexp.MustCompile(`Listening for client connections on 127\.0\.0\.1:(\d+)`)
	version   = regexp.MustCompile(`Version: +(\S+)`)
)

const startTimeout = 30 * time.Second

func (s *Server) start() {
	s.t.Helper()
	conf := fmt.Sprintf("listen: \"127.0.0.1:%s\"\njetstream { store_dir: %q, max_memory_store: 64MB, max_file_store: 256MB }\n",
		s.port, filepath.Join(s.dir, "data")) + s.secureConfig()
	if err := os.WriteFile(s.config, []byte(conf), 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.cmd = exec.Command(s.exe, "-c", s.config)
	out, err := s.cmd.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	ready := make(chan error, 1)
	s.output = make(chan struct{})
	go func() { // ends when the process closes its output
		defer close(s.output)
		s.read(out, ready)
	}()
	select {
	case err = <-ready:
	case <-time.After(startTimeout):
		err = errors.New("not ready in time")
	}
	if err != nil {
		s.Kill()
		s.t.Fatalf("start nats-server: %v", err)
	}
	s.URL = "nats://127.0.0.1:" + s.port
}

// read waits for the line that tells the port and the one that tells it is
// ready, and then reads on, so that the process is never stuck writing.
func (s *Server) read(out io.Reader, ready chan<- error) {
	var seen strings.Builder
	told := false
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if told {
			continue
		}
		line := lines.Text()
		seen.WriteString(line + "\n")
		if m := listening.FindStringSubmatch(line); m != nil {
			s.port = m[1]
		}
		if m := version.FindStringSubmatch(line); m != nil {
			s.Version = m[1]
		}
		if strings.HasSuffix(line, "Server is ready") {
			told = true
			ready <- nil
		}
	}
	if !told {
		ready <- fmt.Errorf("it ended and said:\n%s", seen.String())
	}
}

// binary is the path of the built server. It is kept in the user's cache folder
// by version, because linking it takes seconds.
var binary = sync.OnceValues(func() (string, error) {
	const module = "github.com/nats-io/nats-server/v2"
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Version}} {{.GoVersion}}", module).Output()
	if err != nil {
		return "", explain(err)
	}
	name := strings.Join([]string{"nats-server", strings.ReplaceAll(strings.TrimSpace(string(out)), " ", "-go"), runtime.GOOS, runtime.GOARCH}, "-")
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir := filepath.Join(cache, "kairan-test-peers")
	exe := filepath.Join(dir, name)
	if _, err := os.Stat(exe); err == nil {
		return exe, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	// Another test process may be doing the same; who renames last wins.
	tmp, err := os.MkdirTemp(dir, "build-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	built := filepath.Join(tmp, name)
	if err := exec.CommandContext(ctx, "go", "build", "-o", built, module).Run(); err != nil {
		return "", explain(err)
	}
	return exe, os.Rename(built, exe)
})

func explain(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return fmt.Errorf("%w: %s", err, exit.Stderr)
	}
	return err
}
