package ingest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/exec"
	"strings"
	"sync"
	"time"

	"kairan/sanitize"
)

// What a report can do to the child process that reads it. Each is final: the
// same report would do it again. Every other error of [Sandbox.Run] says nothing
// about the report.
var (
	// ErrSandboxTimeout: it was not done within the wall time or the processor time.
	ErrSandboxTimeout = errors.New("reading it took too long")
	// ErrSandboxCrashed: it ended otherwise than by itself, for want of memory or
	// because of a fault of ours. The error tells the exit status or the signal.
	ErrSandboxCrashed = errors.New("the process that read it crashed")
	// ErrSandboxOutput: what it handed back is too long or is no result.
	ErrSandboxOutput = errors.New("the process that read it handed back no usable result")
)

// SandboxLimits bound one child process. The zero value of a field means its
// default. They are far above what any real mail needs: 1,500 real phishing
// mails took 9 ms each at the 99th percentile.
type SandboxLimits struct {
	CPU    time.Duration `json:"cpu"`    // processor time, rounded up to seconds; 20 s
	Memory int64         `json:"memory"` // bytes of private memory; 1 GiB
	Files  int           `json:"files"`  // open files; 64
	Output int64         `json:"-"`      // bytes of result that the hub reads; 64 MiB
}

func (l SandboxLimits) orDefault() SandboxLimits {
	return SandboxLimits{
		CPU:    cmp.Or(l.CPU, 20*time.Second),
		Memory: cmp.Or(l.Memory, 1<<30),
		Files:  cmp.Or(l.Files, 64),
		Output: cmp.Or(l.Output, 64<<20),
	}
}

// Sandbox reads hostile mail in a child process, one process for each report, so
// that a mail that exhausts memory or time, or finds a fault in a parser, costs
// nothing but its own reading. The child gets the report on its standard input,
// has no environment, no network and no files where the system allows taking
// them away (see [Sandbox.Isolation]), and hands back what [sanitize.Run]
// returns. Use it by pointer; it may be used by several goroutines at once.
//
// If the hub is killed, a child that waits for input ends with its pipe, and one
// that computes ends with its processor time at the latest.
type Sandbox struct {
	// Command starts a process that calls [SandboxMain]: an absolute path, because
	// the child has no PATH and runs in "/", and arguments.
	Command []string
	// Env is the child's whole environment. Nil means what Go's runtime should
	// know: one processor, and no stack traces, since nobody reads them.
	Env []string
	// Wall is how long a report may take; zero means 30 seconds.
	Wall   time.Duration
	Limits SandboxLimits
	Log    *slog.Logger // nil means no log

	mu    sync.Mutex
	found *isolation // nil until a child was started successfully
}

// isolation is what was found out about this system.
type isolation struct {
	namespaces bool
	limits     []string // what the child says that it put on itself
}

// sandboxJob is what the child reads first: four bytes with the length of this as
// JSON, this, and then Size bytes of report.
type sandboxJob struct {
	Probe  bool            `json:"probe"` // put on the limits, read nothing
	Limits SandboxLimits   `json:"limits"`
	Policy sanitize.Policy `json:"policy"`
	Size   int             `json:"size"`
}

// sandboxReply is what the child writes, as JSON.
type sandboxReply struct {
	Limits []string         `json:"limits"` // those that it could put on itself, for people
	Result *sanitize.Result `json:"result"` // nil for a probe
}

// Run has a child process read the report. When ctx ends the child is killed and
// the error is ctx's.
func (s *Sandbox) Run(ctx context.Context, report []byte, policy sanitize.Policy) (sanitize.Result, error) {
	how, err := s.probe()
	if err != nil {
		return sanitize.Result{}, err
	}
	wall := cmp.Or(s.Wall, 30*time.Second)
	ctx, cancel := context.WithTimeoutCause(ctx, wall, fmt.Errorf("%w: more than %v", ErrSandboxTimeout, wall))
	defer cancel()
	reply, err := s.child(ctx, how.namespaces, sandboxJob{Policy: policy, Size: len(report)}, report)
	if err != nil {
		return sanitize.Result{}, err
	}
	return *reply.Result, nil
}

// Isolation says for an operator what keeps the child away from the rest of the
// system, or why no child can be started.
func (s *Sandbox) Isolation() string {
	how, err := s.probe()
	if err != nil {
		return err.Error()
	}
	network := "shares the hub's network namespace, which this system does not let it leave"
	if how.namespaces {
		network = "own user and network namespaces"
	}
	return strings.Join(append([]string{network}, how.limits...), "; ")
}

// probe finds out, once, whether children can have namespaces of their own: only
// trying tells, because kernels, containers and systemd each may forbid them.
func (s *Sandbox) probe() (isolation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.found != nil {
		return *s.found, nil
	}
	// Not the caller's context: what is found out here is kept for everybody.
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var errs []error
	for _, namespaces := range []bool{true, false} {
		if namespaces && !haveNamespaces {
			continue
		}
		reply, err := s.child(ctx, namespaces, sandboxJob{Probe: true}, nil)
		if err == nil {
			s.found = &isolation{namespaces: namespaces, limits: reply.Limits}
			return *s.found, nil
		}
		errs = append(errs, err)
	}
	// The attempt without namespaces asks for less, so its error is the one to mend.
	return isolation{}, fmt.Errorf("no process can be started to read reports in: %v", errs[len(errs)-1])
}

// child runs one child process from beginning to end.
func (s *Sandbox) child(ctx context.Context, namespaces bool, job sandboxJob, report []byte) (sandboxReply, error) {
	if len(s.Command) == 0 {
		return sandboxReply{}, errors.New("no command is set")
	}
	job.Limits = s.Limits.orDefault()
	head, err := job.encode()
	if err != nil {
		return sandboxReply{}, err
	}

	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)

	out := cappedBuffer{room: job.Limits.Output, full: func() {
		stop(fmt.Errorf("%w: more than %d bytes", ErrSandboxOutput, job.Limits.Output))
	}}
	var noise byteCounter
	cmd := exec.CommandContext(ctx, s.Command[0], s.Command[1:]...)
	cmd.Dir = "/"
	cmd.Env = s.Env
	if cmd.Env == nil {
		cmd.Env = []string{"GOMAXPROCS=1", "GOTRACEBACK=none"}
		if raceDetector {
			cmd.Env = append(cmd.Env, "GORACE=atexit_sleep_ms=0") // it sleeps a second before it exits
		}
	}
	cmd.Stdin = io.MultiReader(bytes.NewReader(head), bytes.NewReader(report))
	cmd.Stdout = &out
	cmd.Stderr = &noise // a stack trace may hold mail content: counted, never kept
	cmd.SysProcAttr = childAttributes(namespaces)
	cmd.Cancel = func() error { return killGroup(cmd.Process) }
	cmd.WaitDelay = 2 * time.Second // for pipes that something outliving the child holds open

	if err := cmd.Start(); err != nil {
		return sandboxReply{}, fmt.Errorf("start the process: %w", err)
	}
	err = cmd.Wait()
	if errors.Is(err, exec.ErrWaitDelay) {
		// Something of its group still holds a pipe, so the group's number is not
		// anybody else's yet.
		_ = killGroup(cmd.Process)
	}
	reply, err := judge(ctx, cmd, err, out.kept.Bytes(), job)
	if s.Log != nil && blames(err) {
		s.Log.Warn("sandbox failed", "err", err, "stderr_bytes", int64(noise), "stdout_bytes", out.kept.Len(), "cpu", cpuTime(cmd))
	}
	return reply, err
}

// judge tells how the child ended. ctx is the one that it ran with; it may have
// ended since, or because of a limit. Without an error the reply has a result
// unless the job was a probe.
func judge(ctx context.Context, cmd *exec.Cmd, waited error, out []byte, job sandboxJob) (reply sandboxReply, err error) {
	state := cmd.ProcessState
	switch {
	case waited == nil:
		if json.Unmarshal(out, &reply) != nil || (reply.Result == nil) != job.Probe {
			return sandboxReply{}, fmt.Errorf("%w: not in its format", ErrSandboxOutput) // Unmarshal's error may quote the mail
		}
		return reply, nil
	case ctx.Err() != nil:
		return reply, context.Cause(ctx)
	case state.ExitCode() < 0 && cpuTime(cmd) >= job.Limits.CPU/2: // the kernel's two counts differ, the more the busier the machine
		return reply, fmt.Errorf("%w: more than %v of processor time", ErrSandboxTimeout, job.Limits.CPU)
	case state.ExitCode() == exitBadJob:
		return reply, errors.New("the process did not understand its job: its program may be of another version than the hub that runs")
	case state.ExitCode() == exitNotConfined:
		return reply, errors.New("the process could not put limits on itself")
	case state.Success():
		return reply, fmt.Errorf("%w: it left something running", ErrSandboxCrashed)
	}
	return reply, fmt.Errorf("%w: %v", ErrSandboxCrashed, state)
}

// blames is true for an error that says something about the report.
func blames(err error) bool {
	return errors.Is(err, ErrSandboxTimeout) || errors.Is(err, ErrSandboxCrashed) || errors.Is(err, ErrSandboxOutput)
}

func cpuTime(cmd *exec.Cmd) time.Duration {
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// encode is the job as the child reads it.
func (j sandboxJob) encode() ([]byte, error) {
	b, err := json.Marshal(j)
	if err != nil {
		return nil, fmt.Errorf("write the job: %w", err)
	}
	if len(b) > maxJobBytes {
		return nil, fmt.Errorf("the job has %d bytes: the registry of members is too large", len(b))
	}
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...), nil
}

// cappedBuffer keeps what is written to it until it is full, then calls full
// and refuses. The buffer is not embedded: its ReadFrom would let io.Copy in past
// the cap.
type cappedBuffer struct {
	kept bytes.Buffer
	room int64
	full func()
}

func (b *cappedBuffer) Write(p []byte) (int, error) {
	if b.room -= int64(len(p)); b.room < 0 {
		b.full()
		return 0, ErrSandboxOutput
	}
	return b.kept.Write(p)
}

// byteCounter counts what is written to it and forgets it.
type byteCounter int64

func (c *byteCounter) Write(p []byte) (int, error) {
	*c += byteCounter(len(p))
	return len(p), nil
}
