package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kairan/distribute/smtpx"
	"kairan/store"
	"kairan/store/queue/natstest"
	"kairan/store/storetest"
)

// The relay is away when the notice is released. The deliveries wait, are tried
// again by themselves, and arrive once each.
func TestRelayAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20, "")
	w.watch()
	addr := w.sink.Addr()
	w.sink.Close()
	w.report()
	p := w.start("")
	<-waitFor(func() bool { return w.count(store.DeliveryDeferred) == len(w.contacts) })
	w.sink = &smtpx.Sink{Listen: addr}
	w.must(w.sink.Start())
	t.Cleanup(func() { w.sink.Close() })
	w.settle(60 * time.Second)
	p.stop(t)
	if n := w.audit(); n != 0 {
		t.Errorf("%d copies came twice; want 0", n)
	}
}

// The relay refuses some for now and some for good. Each outcome is kept with the
// relay's words, and nobody else waits for them.
func TestRelayRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 20, "")
	w.watch()
	addr := w.sink.Addr()
	w.sink.Close()
	greylisted := map[string]bool{}
	w.sink = &smtpx.Sink{Listen: addr, OnRcpt: func(to string) error {
		switch {
		case to == w.contacts[3].Address:
			return smtpx.Refusal(550, "5.1.1", "no such mailbox")
		case to == w.contacts[5].Address && !greylisted[to]:
			greylisted[to] = true
			return smtpx.Refusal(451, "4.7.1", "greylisted, try again")
		}
		return nil
	}}
	w.must(w.sink.Start())
	t.Cleanup(func() { w.sink.Close() })
	w.report()
	p := w.start("")
	<-waitFor(func() bool {
		return w.count(store.DeliveryAccepted) == len(w.contacts)-1 && w.count(store.DeliveryBounced) == 1
	})
	p.stop(t)
	for i, want := range map[int][]string{3: {"550 5.1.1 no such mailbox"}, 5: {"451 4.7.1 greylisted, try again", "250"}} {
		d, err := w.desk.db.Deliveries(t.Context(), store.DeliveryFilter{Contact: w.contacts[i].ID})
		w.must(err)
		attempts, err := w.desk.db.Attempts(t.Context(), d[0].ID)
		w.must(err)
		if len(attempts) != len(want) {
			t.Fatalf("contact %d: %d attempts; want %d", i, len(attempts), len(want))
		}
		for j, a := range attempts {
			if said := strings.TrimSpace(fmt.Sprintf("%d %s %s", a.Code, a.Enhanced, a.Text)); !strings.HasPrefix(said, want[j]) {
				t.Errorf("contact %d, attempt %d: %q; want %q", i, j+1, said, want[j])
			}
		}
	}
}

// The nats-server is killed in the middle of a fan-out and comes back with
// nothing: the ledger publishes again what is due.
func TestNATSKilledInTheMiddle(t *testing.T) {
	t.Parallel()
	nats := natstest.Start(t, natstest.Options{Memory: true})
	w := newWorld(t, 200, fmt.Sprintf("\n[nats]\nurl = %q\n", nats.URL))
	w.watch()
	w.report()
	p := w.start("")
	<-waitFor(func() bool { return w.count(store.DeliveryAccepted) >= 20 })
	nats.Kill()
	nats.Restart()
	w.settle(2 * time.Minute)
	p.stop(t)
	if n := w.audit(); n != 0 {
		t.Errorf("%d copies came twice; want 0", n)
	}
}

// The disk is full while reports come in. Nothing is filed away that is not in
// the ledger, and when there is room again everything goes on by itself.
func TestDiskFull(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("skipped: making a small disk takes root")
	}
	dir := t.TempDir()
	mount := func(options string) error {
		out, err := exec.Command("mount", "-t", "tmpfs", "-o", options, "tmpfs", dir).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}
	if err := mount("size=24m"); err != nil {
		t.Skipf("skipped: a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	w := newWorldIn(t, dir, 5, "")
	w.watch()
	filler := filepath.Join(dir, "filler")
	w.report()
	p := w.start("")
	w.settle(60 * time.Second)
	fill(t, filler)
	w.report()
	w.report()
	<-waitFor(func() bool {
		text, err := os.ReadFile(p.log.Name())
		return err == nil && strings.Contains(string(text), "no space left") || strings.Contains(string(text), "is full")
	})
	if n, err := w.mailbox.Count("Processed"); err != nil || n > 3 || n != w.reportsInLedger() {
		t.Errorf("with a full disk %d mails are filed away and %d are in the ledger, %v; want the same", n, w.reportsInLedger(), err)
	}
	w.must(os.Remove(filler))
	w.settle(2 * time.Minute)
	p.stop(t)
	if n := w.audit(); n > testWorkers {
		t.Errorf("%d copies came twice; want at most %d", n, testWorkers)
	}
}

// fill writes a file until nothing more goes onto the disk.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, size := range []int{1 << 20, 4 << 10, 1} {
		block := make([]byte, size)
		for {
			if _, err := f.Write(block); err != nil {
				break
			}
		}
	}
}

func (w *world) count(s store.DeliveryState) int {
	w.t.Helper()
	counts, err := w.desk.db.DeliveryCounts(w.t.Context(), "")
	w.must(err)
	return counts[s]
}

func (w *world) reportsInLedger() int {
	w.t.Helper()
	all, err := w.desk.db.Reports(w.t.Context(), "", 1000)
	w.must(err)
	return len(all)
}

// PostgreSQL is killed in the middle of a fan-out and comes back. What was sent is
// recorded once it is back, and the rest goes out.
func TestLedgerKilledInTheMiddle(t *testing.T) {
	t.Parallel()
	ledger := storetest.Postgres(t)
	w := newWorld(t, 200, fmt.Sprintf("\n[ledger]\nurl = %q\n", ledger.URL()))
	w.watch()
	w.report()
	p := w.start("")
	<-waitFor(func() bool { return w.count(store.DeliveryAccepted) >= 20 })
	storetest.RestartPostgres(t)
	w.watch() // on new connections
	w.settle(2 * time.Minute)
	p.stop(t)
	if n := w.audit(); n != 0 {
		t.Errorf("%d copies came twice; want 0, since the hub lived on", n)
	}
}
