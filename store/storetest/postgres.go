package storetest

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
)

// cluster is one running PostgreSQL, shared by the tests of a test binary.
type cluster struct {
	dir  string
	bin  string
	port int
	as   *syscall.Credential
}

var shared struct {
	sync.Mutex
	*cluster
}

// Main runs a package's tests and stops what they started. A package whose tests
// use Postgres calls it from TestMain.
func Main(m *testing.M) int {
	defer func() {
		shared.Lock()
		defer shared.Unlock()
		if shared.cluster != nil {
			shared.stop()
		}
	}()
	return m.Run()
}

func startCluster(t testing.TB) *cluster {
	t.Helper()
	bin, err := binaries()
	if err != nil {
		missing(t, "PostgreSQL")
	}
	shared.Lock()
	defer shared.Unlock()
	if shared.cluster != nil {
		return shared.cluster
	}
	c := &cluster{bin: bin}
	if c.as, err = ordinaryUser(); err != nil {
		missing(t, "an ordinary user for PostgreSQL, which refuses to run as root,")
	}
	if err := c.start(); err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	shared.cluster = c
	return c
}

// binaries finds the folder with initdb and pg_ctl: Debian keeps them off PATH.
func binaries() (string, error) {
	if p, err := exec.LookPath("pg_ctl"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			return filepath.Dir(p), nil
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/pg_ctl")
	if err != nil || len(found) == 0 {
		return "", exec.ErrNotFound
	}
	return filepath.Dir(found[len(found)-1]), nil
}

// ordinaryUser is nil for an ordinary user, and somebody else's credential for
// root.
func ordinaryUser() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.ParseUint(u.Uid, 10, 32)
		gid, _ := strconv.ParseUint(u.Gid, 10, 32)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, user.UnknownUserError("postgres")
}

func (c *cluster) start() error {
	dir, err := os.MkdirTemp("", "kairan-postgres-")
	if err != nil {
		return err
	}
	c.dir = dir
	if c.as != nil {
		if err := os.Chown(dir, int(c.as.Uid), int(c.as.Gid)); err != nil {
			return err
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	c.port = l.Addr().(*net.TCPAddr).Port
	l.Close()
	if err := c.run("initdb", "-D", c.data(), "--no-sync", "-A", "trust", "-U", "kairan", "-E", "UTF8", "--no-locale"); err != nil {
		return err
	}
	return c.run("pg_ctl", "-D", c.data(), "-w", "-l", filepath.Join(dir, "log"), "-o", c.options(), "start")
}

func (c *cluster) options() string {
	return fmt.Sprintf("-p %d -c listen_addresses=127.0.0.1 -c unix_socket_directories=%s -c fsync=off", c.port, c.dir)
}

// RestartPostgres kills the PostgreSQL of this test binary, if it runs, and starts
// it again: every connection is lost, and what was not committed.
func RestartPostgres(t testing.TB) {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.cluster == nil {
		return
	}
	if err := shared.run("pg_ctl", "-D", shared.data(), "-m", "immediate", "-w", "-l", filepath.Join(shared.dir, "log"), "-o", shared.options(), "restart"); err != nil {
		t.Fatalf("restart PostgreSQL: %v", err)
	}
}

func (c *cluster) stop() {
	// A cluster that will not stop is left to its fate: the tests are over.
	_ = c.run("pg_ctl", "-D", c.data(), "-m", "immediate", "-w", "stop")
	_ = os.RemoveAll(c.dir)
}

func (c *cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *cluster) run(name string, args ...string) error {
	cmd := exec.Command(filepath.Join(c.bin, name), args...)
	cmd.Dir = c.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.as}
	out, err := os.CreateTemp(c.dir, "out-")
	if err != nil {
		return err
	}
	defer out.Close()
	// A file and not a pipe: the server inherits it and would keep a pipe open.
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(out.Name())
		return fmt.Errorf("%s: %w: %s", name, err, said)
	}
	return nil
}

func (c *cluster) dsn(database string) string {
	u := url.URL{Scheme: "postgres", User: url.User("kairan"), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port)), Path: database,
		RawQuery: "sslmode=disable"}
	return u.String()
}
