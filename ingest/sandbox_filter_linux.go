//go:build linux && (amd64 || arm64)

package ingest

import (
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// forbidden are the system calls with which a process reaches for what it does
// not have yet: files by name, sockets, other processes, more of the kernel. The
// child needs none of them once it has its pipes. What is not listed stays
// allowed, because a list of what Go's runtime needs would break with some later
// version of it.
var forbidden = append([]uint32{
	unix.SYS_OPENAT, unix.SYS_OPENAT2, unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_MEMFD_CREATE,
	unix.SYS_UNLINKAT, unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_MKDIRAT, unix.SYS_MKNODAT, unix.SYS_LINKAT,
	unix.SYS_SYMLINKAT, unix.SYS_FCHMODAT, unix.SYS_FCHOWNAT, unix.SYS_TRUNCATE, unix.SYS_UTIMENSAT,
	unix.SYS_SETXATTR, unix.SYS_LSETXATTR, unix.SYS_REMOVEXATTR, unix.SYS_LREMOVEXATTR,
	unix.SYS_SOCKET, unix.SYS_SOCKETPAIR, unix.SYS_CONNECT, unix.SYS_BIND,
	unix.SYS_EXECVE, unix.SYS_EXECVEAT, unix.SYS_KILL, unix.SYS_PTRACE,
	unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV,
	unix.SYS_PIDFD_OPEN, unix.SYS_PIDFD_GETFD, unix.SYS_PIDFD_SEND_SIGNAL,
	unix.SYS_SHMGET, unix.SYS_MSGGET, unix.SYS_SEMGET, unix.SYS_MQ_OPEN,
	unix.SYS_UNSHARE, unix.SYS_SETNS, unix.SYS_CHROOT, unix.SYS_PIVOT_ROOT, unix.SYS_MOUNT, unix.SYS_UMOUNT2,
	unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_IO_URING_SETUP, unix.SYS_USERFAULTFD,
	unix.SYS_KEYCTL, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY,
}, forbiddenHere...)

// filterSystemCalls makes the forbidden calls fail with EPERM on all threads of
// this process, present and future, and carries the calling thread's "no new
// privileges" to them (seccomp(2), SECCOMP_FILTER_FLAG_TSYNC).
func filterSystemCalls() error {
	program := filterProgram()
	fprog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(&fprog)))
	if errno != 0 {
		return errno
	}
	return nil
}

// filterProgram is the filter in the kernel's own language (classic BPF over
// struct seccomp_data).
func filterProgram() []unix.SockFilter {
	const (
		number, arch, flags = 0, 4, 16 // offsets in struct seccomp_data; flags is the low half of the first argument
		allow               = unix.SECCOMP_RET_ALLOW
		refuse              = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
		missing             = unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
	)
	load := func(offset uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
	}
	ret := func(action uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: action}
	}
	// when continues with the next instruction if the test holds, and skips it if not.
	when := func(test uint16, k uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | test | unix.BPF_K, K: k, Jf: 1}
	}
	unless := func(test uint16, k uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | test | unix.BPF_K, K: k, Jt: 1}
	}

	program := []unix.SockFilter{
		load(arch),
		unless(unix.BPF_JEQ, filterArch), ret(refuse), // another machine's numbering
		load(number),
		when(unix.BPF_JGE, 0x40000000), ret(refuse), // the x32 numbering of amd64; unused elsewhere
		// A filter cannot look at the flags of clone3, and whoever finds it missing
		// falls back to clone.
		when(unix.BPF_JEQ, unix.SYS_CLONE3), ret(missing),
	}
	for _, call := range slices.Compact(slices.Sorted(slices.Values(forbidden))) {
		program = append(program, when(unix.BPF_JEQ, call), ret(refuse))
	}
	return append(program,
		unless(unix.BPF_JEQ, unix.SYS_CLONE), ret(allow),
		load(flags), // a thread is Go's business, a process is not
		unless(unix.BPF_JSET, unix.CLONE_THREAD), ret(refuse),
		ret(allow),
	)
}
