// Package imaptest gives tests a real Dovecot and an IMAP server that misbehaves
// on request. It is for tests only.
package imaptest

import (
	"bufio"
	"context"
	"crypto/x509"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"text/template"
	"time"
)

// Options change the Dovecot that is started. The zero value is a usual one.
type Options struct {
	// Capabilities, if not empty, are what it claims to be able to do after
	// login instead of everything that it can, for instance "IMAP4rev1 UIDPLUS".
	Capabilities string
}

// Server is a Dovecot that was started for one test. It has one user with an
// INBOX, and makes no other folder by itself.
type Server struct {
	// Addr is where it speaks IMAP, with STARTTLS; TLSAddr, with implicit TLS.
	// LMTPAddr takes mail for the user in.
	Addr, TLSAddr, LMTPAddr string
	// User and Password are who may log in, in clear too, since it is on loopback.
	User, Password string
	// Roots verify its certificate, which is for 127.0.0.1 and localhost; PEM holds
	// them as files want them.
	Roots *x509.CertPool
	PEM   []byte

	t       testing.TB
	options Options
	dir     string
	owner   *user.User
	running *process // nil when stopped
}

// Dovecot starts a Dovecot on free ports of loopback, as the user nobody when the
// test runs as root, else as the test's own user. It is stopped when the test
// ends. If there is no Dovecot the test is skipped, or fails if
// KAIRAN_REQUIRE_PEERS is 1.
func Dovecot(t testing.TB, o Options) *Server {
	t.Helper()
	binary, missing := findDovecot()
	switch {
	case missing != "" && os.Getenv("KAIRAN_REQUIRE_PEERS") == "1":
		t.Fatal("missing peer: " + missing)
	case missing != "":
		t.Skip("missing peer: " + missing)
	}
	s := &Server{User: "reports", Password: "pass word", t: t, options: o}
	var err error
	if os.Geteuid() == 0 { // which Dovecot refuses to keep mail for
		s.owner, err = user.Lookup("nobody")
	} else {
		s.owner, err = user.Current()
	}
	if err != nil {
		t.Fatalf("Dovecot's user: %v", err)
	}
	// Not t.TempDir, which other users cannot enter. Short, for Unix sockets.
	if s.dir, err = os.MkdirTemp("", "kairan-dovecot-"); err != nil {
		t.Fatalf("Dovecot's folder: %v", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(s.dir) })
	t.Cleanup(func() {
		s.Kill()
		if t.Failed() {
			t.Logf("Dovecot's log:\n%s", s.Log())
		}
	})
	cert, key := s.certificate()
	s.write("cert.pem", cert)
	s.write("key.pem", key)
	s.write("passwd", fmt.Appendf(nil, "%s:{PLAIN}%s:%s:%s::%s/home::\n", s.User, s.Password, s.owner.Uid, s.owner.Gid, s.dir))
	for _, d := range []string{"run", "state", "home"} {
		if err := os.Mkdir(s.path(d), 0o700); err != nil {
			t.Fatalf("Dovecot's folder: %v", err)
		}
		s.give(d)
	}
	s.give("")

	// Somebody may take a port between our finding it free and Dovecot's using it.
	for try := 0; ; try++ {
		s.Addr, s.TLSAddr, s.LMTPAddr = freeAddr(t), freeAddr(t), freeAddr(t)
		s.write("dovecot.conf", s.config())
		if err = s.start(binary); err == nil {
			return s
		}
		if try == 2 {
			t.Fatalf("start Dovecot: %v; its log:\n%s", err, s.Log())
		}
	}
}

func findDovecot() (binary, missing string) {
	if !canStart {
		return "", "Dovecot is started on Linux only"
	}
	for _, name := range []string{"dovecot", "/usr/sbin/dovecot"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, ""
		}
	}
	return "", "Dovecot is not installed"
}

// Start starts it again, at the same addresses, after Stop or Kill.
func (s *Server) Start() {
	s.t.Helper()
	binary, _ := findDovecot()
	if err := s.start(binary); err != nil {
		s.t.Fatalf("start Dovecot: %v; its log:\n%s", err, s.Log())
	}
}

// Stop shuts it down in order, which ends all connections. It does nothing when
// it does not run.
func (s *Server) Stop() { s.end((*process).terminate) }

// Kill ends it at once and without order, connections included. It does nothing
// when it does not run.
func (s *Server) Kill() { s.end((*process).kill) }

func (s *Server) end(how func(*process)) {
	s.t.Helper()
	p := s.running
	s.running = nil
	if p == nil {
		return
	}
	how(p)
	select {
	case <-p.done:
		p.kill() // what outlived its master
	case <-time.After(30 * time.Second):
		p.kill()
		s.t.Errorf("Dovecot did not end within 30 s; its log:\n%s", s.Log())
	}
}

func (s *Server) start(binary string) error {
	// Left by Kill. A helper that has not ended yet would still answer at its
	// socket, and Dovecot would believe that another one runs.
	_ = os.Remove(s.path("run/master.pid"))
	_ = filepath.WalkDir(s.path("run"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type()&fs.ModeSocket != 0 {
			_ = os.Remove(path)
		}
		return nil
	})
	p, err := spawn(s.owner, binary, "-F", "-c", s.path("dovecot.conf"))
	if err != nil {
		return err
	}
	s.running = p
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !greets(ctx, s.Addr) {
		select {
		case <-tick.C:
		case <-p.done:
			s.running = nil
			return errors.New("it ended")
		case <-ctx.Done():
			s.Kill()
			return errors.New("it does not greet")
		}
	}
	return nil
}

func greets(ctx context.Context, addr string) bool {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	line, err := bufio.NewReader(conn).ReadString('\n')
	return err == nil && strings.HasPrefix(line, "* OK")
}

// Log is what the server logged so far, for the message of a failed test.
func (s *Server) Log() string {
	b, err := os.ReadFile(s.path("dovecot.log"))
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func (s *Server) path(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }

// write makes a file that Dovecot can read.
func (s *Server) write(name string, content []byte) {
	s.t.Helper()
	if err := os.WriteFile(s.path(name), content, 0o600); err != nil {
		s.t.Fatalf("Dovecot's files: %v", err)
	}
	s.give(name)
}

// give makes Dovecot's user the owner.
func (s *Server) give(name string) {
	s.t.Helper()
	uid, err1 := strconv.Atoi(s.owner.Uid)
	gid, err2 := strconv.Atoi(s.owner.Gid)
	if err := errors.Join(err1, err2); err != nil {
		s.t.Fatalf("Dovecot's user: %v", err)
	}
	if err := os.Chown(s.path(name), uid, gid); err != nil {
		s.t.Fatalf("Dovecot's files: %v", err)
	}
}

//go:embed dovecot.conf.tmpl
var configText string

var configTemplate = template.Must(template.New("dovecot.conf").Parse(configText))

func (s *Server) config() []byte {
	s.t.Helper()
	group, err := user.LookupGroupId(s.owner.Gid)
	if err != nil {
		s.t.Fatalf("Dovecot's group: %v", err)
	}
	var b strings.Builder
	err = configTemplate.Execute(&b, map[string]string{
		"Dir": s.dir, "User": s.owner.Username, "Group": group.Name, "UID": s.owner.Uid,
		"IMAP": port(s.Addr), "IMAPS": port(s.TLSAddr), "LMTP": port(s.LMTPAddr),
		"Capabilities": s.options.Capabilities,
	})
	if err != nil {
		s.t.Fatalf("Dovecot's configuration: %v", err)
	}
	return []byte(b.String())
}

func port(addr string) string { return addr[strings.LastIndexByte(addr, ':')+1:] }

// freeAddr returns an address at which nothing listens.
func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("find a free port: %v", err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
