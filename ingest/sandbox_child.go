package ingest

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"io"

	"kairan/sanitize"
)

// Exit statuses of the child besides 0 and what Go's runtime makes of a panic
// (2). They are chosen so that nothing else uses them.
const (
	exitBadJob      = 97 // what came on standard input is no job
	exitNotConfined = 98 // a limit could not be put on
	exitNotWritten  = 99 // the result could not be written
)

// maxJobBytes bounds the job's description; a registry of 5,000 organisations
// takes about 5 MB.
const maxJobBytes = 64 << 20

// SandboxMain is the child's side of a [Sandbox]: the whole program of the
// process that the sandbox's command starts. It puts limits on the process that
// it runs in, so nothing else may go on there. It returns the exit status.
func SandboxMain(stdin io.Reader, stdout io.Writer) int {
	return sandboxMain(stdin, stdout, sanitize.Run)
}

// sandboxMain is SandboxMain with another reading of the report, so that a test
// can misbehave in it.
func sandboxMain(stdin io.Reader, stdout io.Writer, run func([]byte, sanitize.Policy) sanitize.Result) int {
	// The job is the hub's own; no byte of the mail has been read yet.
	var length [4]byte
	if _, err := io.ReadFull(stdin, length[:]); err != nil {
		return exitBadJob
	}
	n := binary.BigEndian.Uint32(length[:])
	if n > maxJobBytes {
		return exitBadJob
	}
	var job sandboxJob
	head := make([]byte, n)
	if _, err := io.ReadFull(stdin, head); err != nil || json.Unmarshal(head, &job) != nil || job.Size < 0 {
		return exitBadJob
	}

	limits, err := confine(job.Limits.orDefault())
	if err != nil {
		return exitNotConfined
	}
	reply := sandboxReply{Limits: limits}
	if !job.Probe {
		report := make([]byte, job.Size)
		if _, err := io.ReadFull(stdin, report); err != nil {
			return exitBadJob
		}
		result := run(report, job.Policy)
		reply.Result = &result
	}
	w := bufio.NewWriter(stdout)
	if err := json.NewEncoder(w).Encode(reply); err != nil || w.Flush() != nil {
		return exitNotWritten
	}
	return 0
}
