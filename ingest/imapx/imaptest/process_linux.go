package imaptest

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"runtime"
	"strconv"
	"syscall"
)

const canStart = true

// process is a child with a process group of its own.
type process struct {
	pid  int
	done chan struct{} // closed when it has ended
}

// spawn starts a program as the user, unless the test itself runs as that user.
// It ends with the test's process at the latest, even when that is killed.
func spawn(as *user.User, name string, args ...string) (*process, error) {
	cmd := exec.Command(name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if os.Geteuid() == 0 {
		uid, err := strconv.ParseUint(as.Uid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("user id: %w", err)
		}
		gid, err := strconv.ParseUint(as.Gid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("group id: %w", err)
		}
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
	p := &process{done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// Pdeathsig is sent when the thread ends that started the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if err == nil {
			p.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ends is nobody's concern
		}
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

func (p *process) terminate() { _ = syscall.Kill(p.pid, syscall.SIGTERM) }

// kill ends the whole group, and does nothing when there is none any more.
func (p *process) kill() { _ = syscall.Kill(-p.pid, syscall.SIGKILL) }
