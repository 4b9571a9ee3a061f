package ingest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"kairan/sanitize"
)

// sandboxChildArg makes the test's own program a child of a sandbox.
const sandboxChildArg = "sandbox-child-of-the-test"

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == sandboxChildArg {
		os.Exit(sandboxMain(os.Stdin, os.Stdout, misbehave))
	}
	os.Exit(m.Run())
}

// misbehave stands for a reading of the report that goes wrong in the way that
// the report asks for. A report that asks for nothing is echoed.
func misbehave(report []byte, policy sanitize.Policy) sanitize.Result {
	if wrong, ok := misbehaviours[string(report)]; ok {
		return sanitize.Result{ReporterText: wrong()}
	}
	return sanitize.Result{
		ReporterText: string(report),
		Identities:   policy.Registry,
		Originals:    []sanitize.Sanitized{{Path: "1.2:message/rfc822", Size: len(report)}},
	}
}

// misbehaviours are what a report can ask for; more are in the tests of each
// system.
var misbehaviours = map[string]func() string{
	"panic": func() string { panic("Yamada Taro <taro@member.example>") },
	"stack overflow": func() string {
		var dive func(int) int
		dive = func(n int) int { return dive(n+1) + 1 }
		return string(rune(dive(0)))
	},
	"spin": func() string {
		n := uint64(1)
		for n != 0 { // for 200 years or so
			n++
		}
		return ""
	},
	"sleep":   func() string { <-time.After(time.Hour); return "" },
	"exit 0":  func() string { os.Exit(0); return "" },
	"garbage": func() string { return exitAfter("Yamada Taro, this is not JSON") },
	"more after the end": func() string {
		return exitAfter(`{"result":{}} {"result":{}}`)
	},
	"null":   func() string { return exitAfter("null") },
	"100 MB": func() string { return strings.Repeat("x", 100<<20) },
	"100 MB of noise": func() string {
		b := bytes.Repeat([]byte("Yamada Taro\n"), 1<<20)
		for range 8 {
			os.Stderr.Write(b)
		}
		return ""
	},
}

func exitAfter(output string) string {
	os.Stdout.WriteString(output)
	os.Exit(0)
	return ""
}

// must fails the child as a fault of ours would.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func testSandbox(t *testing.T) (*Sandbox, *bytes.Buffer) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	log := new(bytes.Buffer)
	return &Sandbox{
		Command: []string{exe, sandboxChildArg},
		Limits:  SandboxLimits{CPU: time.Second},
		Log:     slog.New(slog.NewTextHandler(log, nil)),
	}, log
}

func TestSandboxRoundTrip(t *testing.T) {
	s, _ := testSandbox(t)
	policy := sanitize.Policy{Registry: []sanitize.Identity{{Kind: sanitize.IdentityAddress, Value: "taro@member.example", Owner: "bank-01"}}}
	for _, report := range []string{"", "short", "\x00\xff\r\n", strings.Repeat("a long report\r\n", 100_000)} {
		got, err := s.Run(t.Context(), []byte(report), policy)
		want := misbehave([]byte(strings.ToValidUTF8(report, "\uFFFD")), policy)
		want.Originals[0].Size = len(report)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("Run(%.20q…, %d bytes) = %.200v, %v; want %.200v", report, len(report), got, err, want)
		}
	}
}

// misbehaviourTest is a report and the error that it must end in.
type misbehaviourTest struct {
	report string
	wall   time.Duration // 0 means the default
	want   error
	text   string // in the error
}

func TestSandboxMisbehaviour(t *testing.T) {
	testMisbehaviour(t, []misbehaviourTest{
		{"panic", 0, ErrSandboxCrashed, "exit status 2"},
		{"stack overflow", 0, ErrSandboxCrashed, "exit status 2"},
		{"sleep", 300 * time.Millisecond, ErrSandboxTimeout, "300ms"},
		{"spin", 300 * time.Millisecond, ErrSandboxTimeout, "300ms"},
		{"exit 0", 0, ErrSandboxOutput, "format"},
		{"garbage", 0, ErrSandboxOutput, "format"},
		{"more after the end", 0, ErrSandboxOutput, "format"},
		{"null", 0, ErrSandboxOutput, "format"},
		{"100 MB", 0, ErrSandboxOutput, "67108864 bytes"},
		{"100 MB of noise", 0, nil, ""},
	})
}

// testMisbehaviour checks each report's error, that nothing which the child wrote
// gets out by way of the error or the log, and that the next report is read.
func testMisbehaviour(t *testing.T, tests []misbehaviourTest) {
	for _, tt := range tests {
		t.Run(strings.ReplaceAll(tt.report, " ", "_"), func(t *testing.T) {
			s, log := testSandbox(t)
			s.Wall = tt.wall
			if tt.want != ErrSandboxTimeout {
				s.Limits.CPU = 0 // the default, since some of them take a while to fail
			}
			_, err := s.Run(t.Context(), []byte(tt.report), sanitize.Policy{})
			if !errors.Is(err, tt.want) || tt.want != nil && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("Run(%q): error %v; want %v with %q", tt.report, err, tt.want, tt.text)
			}
			if all := log.String() + errText(err); strings.Contains(all, "Taro") || strings.Contains(all, "goroutine") {
				t.Errorf("Run(%q): what the child wrote got out: %s", tt.report, all)
			}
			if (log.Len() > 0) != (tt.want != nil) {
				t.Errorf("Run(%q): log %q; want a line exactly when the child failed", tt.report, log)
			}

			s.Wall = 0
			if got, err := s.Run(t.Context(), []byte("next"), sanitize.Policy{}); err != nil || got.ReporterText != "next" {
				t.Errorf("the report after %q: %+v, %v; want it read", tt.report, got, err)
			}
		})
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestSandboxCancel(t *testing.T) {
	s, log := testSandbox(t)
	if _, err := s.Run(t.Context(), []byte("first"), sanitize.Policy{}); err != nil {
		t.Fatal(err)
	}
	stopped := errors.New("the hub is stopping")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 200*time.Millisecond, stopped)
	defer cancel()
	start := time.Now()
	_, err := s.Run(ctx, []byte("sleep"), sanitize.Policy{})
	if !errors.Is(err, stopped) || errors.Is(err, ErrSandboxTimeout) || errors.Is(err, ErrSandboxCrashed) {
		t.Errorf("Run whose context ends: %v; want the context's cause and no verdict on the report", err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("Run returned %v after its context ended; want at once", took)
	}
	if log.Len() > 0 {
		t.Errorf("Run whose context ends logs %q; want nothing", log)
	}
}

func TestSandboxCannotStart(t *testing.T) {
	for _, s := range []*Sandbox{{}, {Command: []string{"/nowhere/kairan"}}} {
		_, err := s.Run(t.Context(), []byte("x"), sanitize.Policy{})
		for _, verdict := range []error{nil, ErrSandboxTimeout, ErrSandboxCrashed, ErrSandboxOutput} {
			if errors.Is(err, verdict) {
				t.Errorf("Run with command %q: %v; want an error that says nothing about the report", s.Command, err)
			}
		}
		if got := s.Isolation(); !strings.Contains(got, "no process can be started") {
			t.Errorf("Isolation with command %q = %q; want why no process can be started", s.Command, got)
		}
	}
}

// TestSandboxMainRefuses checks the child against what is no job. None of them
// reaches the limits, so they may run in the test's own process.
func TestSandboxMainRefuses(t *testing.T) {
	job := func(length uint32, text string) string {
		return string(binary.BigEndian.AppendUint32(nil, length)) + text
	}
	for _, in := range []string{"", "abc", job(10, "{}"), job(2, "[]"), job(1<<31, "{}"), job(11, `{"size":-1}`)} {
		var out bytes.Buffer
		if code := SandboxMain(strings.NewReader(in), &out); code != exitBadJob || out.Len() > 0 {
			t.Errorf("SandboxMain(%q) = %d, wrote %q; want %d and nothing", in, code, &out, exitBadJob)
		}
	}
}
