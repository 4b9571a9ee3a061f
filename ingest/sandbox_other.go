//go:build !linux

package ingest

import (
	"fmt"
	"os"
	"runtime/debug"
	"syscall"
)

// Away from Linux the child is a process of its own and no more: good enough to
// try the hub on a desk. A crash or a time-out still means a held report.

const haveNamespaces = false

func childAttributes(bool) *syscall.SysProcAttr { return nil }

func killGroup(p *os.Process) error { return p.Kill() }

// confine can only ask Go's collector to keep to the memory.
func confine(l SandboxLimits) ([]string, error) {
	debug.SetMemoryLimit(l.Memory / 8 * 7)
	return []string{fmt.Sprintf("%d MiB of memory aimed at, nothing else is limited on this system but the wall time", l.Memory>>20)}, nil
}
