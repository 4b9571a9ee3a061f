package ingest

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const haveNamespaces = true

// childAttributes gives the child a process group, to be killed as a whole, and
// with namespaces a network without any interface that is up. A network
// namespace takes a user namespace to make without privileges; inside it the
// child is nobody, which takes every capability from it even where the hub runs
// as root.
func childAttributes(namespaces bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true}
	if namespaces {
		const nobody = 65534
		a.Cloneflags = unix.CLONE_NEWUSER | unix.CLONE_NEWNET
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Geteuid(), Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Getegid(), Size: 1}}
	}
	return a
}

func killGroup(p *os.Process) error {
	return syscall.Kill(-p.Pid, syscall.SIGKILL)
}

// confine puts the limits on this process, for good, and names those that it
// could put on.
//
// The address space (RLIMIT_AS) cannot be limited usefully: Go reserves 1.2 GB of
// it before main begins, of which it uses 2 MB, so with a limit of 1 GiB the next
// allocation fails. RLIMIT_DATA counts private writable mappings since Linux 4.7,
// which is what a program really takes (40 MB at the start). Go's collector is
// told of it, so that it works harder before the kernel refuses.
//
// Nor can the number of processes (RLIMIT_NPROC): it counts every thread of the
// user, those of the hub among them, and Go ends a program whose threads cannot
// be made. The system call filter forbids new processes instead.
func confine(l SandboxLimits) (limits []string, err error) {
	debug.SetMemoryLimit(l.Memory / 8 * 7)
	type limit struct {
		resource int
		value    uint64
		name     string // "" for what needs no telling
	}
	all := []limit{
		{unix.RLIMIT_CORE, 0, ""}, // a core dump would hold the mail
		{unix.RLIMIT_FSIZE, 0, ""},
		{unix.RLIMIT_NOFILE, uint64(l.Files), fmt.Sprintf("%d open files", l.Files)},
		// Soft and hard limit are the same because Go ignores the signal at the soft
		// one; at the hard one the kernel kills.
		{unix.RLIMIT_CPU, uint64((l.CPU + time.Second - 1) / time.Second), fmt.Sprintf("%v of processor time", l.CPU)},
	}
	if !raceDetector {
		all = append(all, limit{unix.RLIMIT_DATA, uint64(l.Memory), fmt.Sprintf("%d MiB of memory", l.Memory>>20)})
	}
	for _, r := range all {
		if err := unix.Setrlimit(r.resource, &unix.Rlimit{Cur: r.value, Max: r.value}); err != nil {
			return nil, fmt.Errorf("limit %d: %w", r.resource, err)
		}
		if r.name != "" {
			limits = append(limits, r.name)
		}
	}

	// This holds for the calling thread and those that it starts; the filter
	// carries it to all threads.
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return nil, fmt.Errorf("give up new privileges: %w", err)
	}
	if filterSystemCalls() == nil { // not every container has it
		limits = append(limits, "no new privileges", "no opening of files, sockets or processes")
	}
	return limits, nil
}
