package smtptest

import (
	"bufio"
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Server is a real mail server that was started for one test.
type Server struct {
	// Addr is its host and port on loopback.
	Addr string
	// Roots verify its certificate, which is for 127.0.0.1; PEM holds them as files
	// want them.
	Roots *x509.CertPool
	PEM   []byte

	dir string
}

// Postfix starts a Postfix that offers STARTTLS on a free port of loopback and
// relays everything to nextHop, a host and port such as "127.0.0.1:2525". It
// retries and bounces within seconds. It is stopped when the test ends.
//
// It needs root, because Postfix does, and Postfix. Without them the test is
// skipped, or fails if KAIRAN_REQUIRE_PEERS is 1.
func Postfix(t testing.TB, nextHop string) *Server {
	t.Helper()
	missing := ""
	if os.Geteuid() != 0 {
		missing = "Postfix can be started by root only"
	} else if _, err := exec.LookPath(postfixCommand); err != nil {
		missing = "Postfix is not installed"
	}
	switch {
	case missing != "" && os.Getenv("KAIRAN_REQUIRE_PEERS") == "1":
		t.Fatal("missing peer: " + missing)
	case missing != "":
		t.Skip("missing peer: " + missing)
	}

	// Not t.TempDir, which Postfix's unprivileged processes cannot enter.
	dir, err := os.MkdirTemp("", "kairan-postfix-")
	if err != nil {
		t.Fatalf("Postfix's folder: %v", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &Server{Addr: freePort(t), dir: dir}
	ca := NewCA(t)
	s.Roots, s.PEM = ca.Roots, ca.PEM
	cert, key := pemOf(t, ca.Server(24*time.Hour, "127.0.0.1", postfixName))
	host, port, err := net.SplitHostPort(nextHop)
	if err != nil {
		t.Fatalf("Postfix's next hop: %v", err)
	}
	for _, d := range []string{"", "etc", "spool", "data"} {
		d = filepath.Join(dir, d)
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatalf("Postfix's folder: %v", err)
		}
		if err := os.Chmod(d, 0o755); err != nil { // whatever the umask says
			t.Fatalf("Postfix's folder: %v", err)
		}
	}
	for name, content := range map[string]string{
		"cert.pem":  string(cert),
		"key.pem":   string(key),
		"main.cf":   fmt.Sprintf(mainCF, dir, postfixName, fmt.Sprintf("[%s]:%s", host, port)),
		"master.cf": fmt.Sprintf(masterCF, s.Addr),
	} {
		if err := os.WriteFile(filepath.Join(dir, "etc", name), []byte(content), 0o600); err != nil {
			t.Fatalf("Postfix's configuration: %v", err)
		}
	}
	// main.cf is read by unprivileged processes too.
	for _, name := range []string{"main.cf", "master.cf"} {
		if err := os.Chmod(filepath.Join(dir, "etc", name), 0o644); err != nil {
			t.Fatalf("Postfix's configuration: %v", err)
		}
	}
	s.run(t, "chown", "postfix", filepath.Join(dir, "data"))
	t.Cleanup(func() { s.run(t, postfixCommand, "-c", filepath.Join(dir, "etc"), "stop") })
	s.run(t, postfixCommand, "-c", filepath.Join(dir, "etc"), "start")
	s.awaitGreeting(t)
	return s
}

const (
	postfixCommand = "/usr/sbin/postfix"
	postfixName    = "relay.kairan.example"
)

// Log is what the server logged so far, for the message of a failed test.
func (s *Server) Log() string {
	b, err := os.ReadFile(filepath.Join(s.dir, "maillog"))
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func (s *Server) run(t testing.TB, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Errorf("%s %s: %v\n%s\n%s", name, strings.Join(args, " "), err, out, s.Log())
	}
}

// awaitGreeting returns when the server greets.
func (s *Server) awaitGreeting(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.Addr); err == nil {
			_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
			line, err := bufio.NewReader(conn).ReadString('\n')
			_ = conn.Close()
			if err == nil && strings.HasPrefix(line, "220") {
				return
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("Postfix does not greet at %s; its log:\n%s", s.Addr, s.Log())
		}
	}
}

// freePort returns an address at which nothing listens. Somebody else may take
// it before its user does, which is rare enough for a test.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("find a free port: %v", err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// mainCF takes the folder, our name and the next hop.
const mainCF = `compatibility_level = 3.6
queue_directory = %[1]s/spool
data_directory = %[1]s/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = loopback-only
inet_protocols = ipv4
myhostname = %[2]s
mydestination =
mynetworks = 127.0.0.0/8
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_tls_security_level = may
smtpd_tls_cert_file = %[1]s/etc/cert.pem
smtpd_tls_key_file = %[1]s/etc/key.pem
relayhost = %[3]s
alias_maps =
local_recipient_maps =
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
smtp_host_lookup = native
maillog_file = %[1]s/maillog
maillog_file_prefixes = %[1]s
queue_run_delay = 5s
minimal_backoff_time = 5s
maximal_backoff_time = 10s
maximal_queue_lifetime = 1h
bounce_queue_lifetime = 1h
message_size_limit = 52428800
`

// masterCF takes the address to listen on. Nothing is chrooted but what needs no
// file outside its queue.
const masterCF = `%s inet n - n - - smtpd
postlog   unix-dgram n - n - 1 postlogd
pickup    unix n - n 60 1 pickup
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
tlsmgr    unix - - n 1000? 1 tlsmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
verify    unix - - n - 1 verify
flush     unix n - n 1000? 0 flush
proxymap  unix - - n - - proxymap
smtp      unix - - n - - smtp
relay     unix - - n - - smtp
error     unix - - n - - error
retry     unix - - n - - error
discard   unix - - n - - discard
local     unix - n n - - local
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
`
