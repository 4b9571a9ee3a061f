package queue

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The embedded server listens on no port of any address.
func TestNothingListens(t *testing.T) {
	before := listeningSockets(t)
	q := connect(t, embeddedOptions(t))
	publishAll(t, q, works(1))
	if err := q.Health(); err != nil {
		t.Fatal(err)
	}
	if after := listeningSockets(t); len(after) > len(before) {
		t.Errorf("with the queue open this process listens on %v; before on %v", after, before)
	}
}

// listeningSockets are the local addresses on which this process listens, as
// /proc/self/net/tcp writes them.
func listeningSockets(t *testing.T) []string {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	mine := map[string]bool{}
	for _, fd := range fds {
		target, err := os.Readlink(filepath.Join("/proc/self/fd", fd.Name()))
		if inode, ok := strings.CutPrefix(target, "socket:["); err == nil && ok {
			mine[strings.TrimSuffix(inode, "]")] = true
		}
	}
	const listen = "0A" // TCP_LISTEN
	var found []string
	for _, table := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		b, err := os.ReadFile(table)
		if err != nil {
			continue // no IPv6 here
		}
		for line := range strings.Lines(string(b)) {
			if f := strings.Fields(line); len(f) > 9 && f[3] == listen && mine[f[9]] {
				found = append(found, f[1])
			}
		}
	}
	return found
}
