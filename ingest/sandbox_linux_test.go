package ingest

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"kairan/sanitize"
)

func init() {
	maps.Copy(misbehaviours, map[string]func() string{
		"killed": func() string { must(syscall.Tgkill(os.Getpid(), syscall.Gettid(), syscall.SIGKILL)); return "" },
		"3 GB": func() string {
			b := make([]byte, 3<<30)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			return ""
		},
		"too many files": func() string {
			for range 100 {
				_, err := syscall.Dup(0)
				must(err)
			}
			return ""
		},
		"open a file":  func() string { _, err := os.Open("/etc/passwd"); must(err); return "" },
		"write a file": func() string { must(os.WriteFile("/tmp/kairan-sandbox-test", []byte("x"), 0o600)); return "" },
		"connect": func() string {
			_, err := net.Dial("tcp", "127.0.0.1:9")
			if errors.Is(err, syscall.ECONNREFUSED) {
				return "reached the hub's network"
			}
			must(err)
			return ""
		},
		"start a process": func() string {
			_, err := os.StartProcess("/proc/self/exe", []string{"x", sandboxChildArg}, &os.ProcAttr{})
			must(err)
			return ""
		},
		"environment": func() string {
			dir, _ := os.Getwd()
			return strings.Join(append(os.Environ(), "wd="+dir), " ")
		},
		"network namespace": func() string {
			name, err := os.Readlink("/proc/self/ns/net")
			must(err)
			return name
		},
		"rlimits": func() string {
			var b strings.Builder
			for _, r := range []int{syscall.RLIMIT_CORE, syscall.RLIMIT_FSIZE, syscall.RLIMIT_NOFILE, syscall.RLIMIT_CPU, syscall.RLIMIT_DATA} {
				var l syscall.Rlimit
				must(syscall.Getrlimit(r, &l))
				fmt.Fprintf(&b, "%d/%d ", l.Cur, l.Max)
			}
			return b.String()
		},
	})
}

func TestSandboxLimits(t *testing.T) {
	tests := []misbehaviourTest{
		{"spin", 0, ErrSandboxTimeout, "1s of processor time"},
		{"killed", 0, ErrSandboxCrashed, "signal: killed"},
		{"too many files", 0, ErrSandboxCrashed, "exit status 2"},
		{"open a file", 0, ErrSandboxCrashed, "exit status 2"},
		{"write a file", 0, ErrSandboxCrashed, "exit status 2"},
		{"connect", 0, ErrSandboxCrashed, "exit status 2"},
		{"start a process", 0, ErrSandboxCrashed, "exit status 2"},
	}
	if !raceDetector { // with it the memory is not limited
		tests = append(tests, misbehaviourTest{"3 GB", 0, ErrSandboxCrashed, "exit status 2"})
	}
	testMisbehaviour(t, tests)
}

func TestSandboxIsolation(t *testing.T) {
	s, _ := testSandbox(t)
	got := s.Isolation()
	for _, want := range []string{"64 open files", "1s of processor time", "no opening of files, sockets or processes"} {
		if !strings.Contains(got, want) {
			t.Errorf("Isolation() = %q; want %q in it", got, want)
		}
	}
	if strings.Contains(got, "1024 MiB of memory") == raceDetector {
		t.Errorf("Isolation() = %q with race detector = %v; want the memory limited exactly without it", got, raceDetector)
	}

	theirs, err := s.Run(t.Context(), []byte("network namespace"), sanitize.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	ours, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	if own := strings.HasPrefix(got, "own user and network namespaces"); own == (theirs.ReporterText == ours) {
		t.Errorf("Isolation() = %q, but the child is in %s and the hub in %s", got, theirs.ReporterText, ours)
	}
}

// Where namespaces are forbidden the child runs without them.
func TestSandboxWithoutNamespaces(t *testing.T) {
	s, _ := testSandbox(t)
	s.found = &isolation{}
	if got, err := s.Run(t.Context(), []byte("hello"), sanitize.Policy{}); err != nil || got.ReporterText != "hello" {
		t.Errorf("Run(hello) without namespaces = %q, %v; want hello", got.ReporterText, err)
	}
	if got, err := s.Run(t.Context(), []byte("connect"), sanitize.Policy{}); err == nil {
		t.Errorf("Run(connect) without namespaces = %q; want the system call filter to refuse", got.ReporterText)
	}
}

func TestSandboxLimitsAreSet(t *testing.T) {
	s, _ := testSandbox(t)
	s.Limits.Files, s.Limits.Memory = 33, 777<<20
	got, err := s.Run(t.Context(), []byte("rlimits"), sanitize.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	want := "0/0 0/0 33/33 1/1 "
	if !raceDetector {
		want += "814743552/814743552 "
	}
	if !strings.HasPrefix(got.ReporterText, want) {
		t.Errorf("limits core, fsize, nofile, cpu, data = %q; want %q", got.ReporterText, want)
	}
}

func TestSandboxEnvironment(t *testing.T) {
	t.Setenv("KAIRAN_SECRET", "x")
	s, _ := testSandbox(t)
	got, err := s.Run(t.Context(), []byte("environment"), sanitize.Policy{})
	want := "GOMAXPROCS=1 GOTRACEBACK=none wd=/"
	if raceDetector {
		want = "GOMAXPROCS=1 GOTRACEBACK=none GORACE=atexit_sleep_ms=0 wd=/"
	}
	if err != nil || got.ReporterText != want {
		t.Errorf("the child's environment and folder: %q, %v; want %q", got.ReporterText, err, want)
	}
}
