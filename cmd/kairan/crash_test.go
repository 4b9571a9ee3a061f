package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"kairan/configs"
	"kairan/distribute"
	"kairan/distribute/smtpx"
	"kairan/ingest"
	"kairan/store"
	"kairan/store/queue"
)

var kills = flag.Int("kills", 100, "how many random moments TestKilledAtRandomMoments kills at")

// steps are the outer steps on a report's way, in their order.
var steps = []string{"vault", "ledger", "file", "draft", "approve", "plan", "publish", "claim", "dot", "record", "acknowledge"}

// The hub dies before and after every outer step, with a report on the way, and
// is started again. Nothing may be missing, and no more may have come twice than
// was being sent.
func TestDiesAtEveryStep(t *testing.T) {
	for _, step := range steps {
		for _, when := range []string{"before", "after"} {
			if step == "acknowledge" && when == "before" {
				continue // is after record
			}
			t.Run(when+" "+step, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, 5, "")
				w.watch()
				w.report()
				p := w.start(when + " " + step)
				if err := p.Wait(); !killed(err) {
					text, _ := os.ReadFile(p.log.Name())
					t.Fatalf("it ended with %v; want it killed by itself\n%s", err, text)
				}
				again := w.start("")
				w.settle(60 * time.Second)
				again.stop(t)
				if n := w.audit(); n > testWorkers {
					t.Errorf("%d copies came twice; want at most the %d that can be in flight", n, testWorkers)
				}
			})
		}
	}
}

// The relay has the whole message, and the hub dies before it hears so. Only
// here must copies come twice.
func TestDiesBetweenDotAndReply(t *testing.T) {
	w := newWorld(t, 5, "")
	w.watch()
	var p *process
	started, dead := make(chan struct{}), make(chan struct{})
	first := make(chan struct{}, 1)
	first <- struct{}{}
	w.sink.Close()
	w.sink = &smtpx.Sink{Listen: w.sink.Addr(), OnData: func(e smtpx.SinkEnvelope, _ []byte) error {
		if e.From == "" { // a receipt
			return nil
		}
		select {
		case <-first:
			<-started
			p.kill()
			close(dead)
			return smtpx.ErrDrop
		default:
			return nil
		}
	}}
	w.must(w.sink.Start())
	t.Cleanup(func() { w.sink.Close() })
	w.report()
	p = w.start("")
	close(started)
	<-dead
	again := w.start("")
	w.settle(60 * time.Second)
	again.stop(t)
	if n := w.audit(); n < 1 || n > testWorkers {
		t.Errorf("%d copies came twice; want 1 to %d", n, testWorkers)
	}
}

// A hub is killed again and again while reports come in and notices go out.
func TestKilledAtRandomMoments(t *testing.T) {
	const reports, contacts = 20, 200
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 0))
	n := *kills
	if testing.Short() {
		n = min(n, 10)
	}
	w := newWorld(t, contacts, "")
	w.watch()
	for i := range n {
		for len(w.reports) < min(reports, 1+i*reports/n) {
			w.report()
		}
		p := w.start("")
		timer := time.NewTimer(time.Duration(50+chance.IntN(1200)) * time.Millisecond)
		<-timer.C
		if p.alive() {
			p.kill()
			continue
		}
		text, _ := os.ReadFile(p.log.Name())
		t.Fatalf("it ended by itself:\n%s", text)
	}
	for len(w.reports) < reports {
		w.report()
	}
	last := w.start("")
	w.settle(5 * time.Minute)
	last.stop(t)
	duplicates := w.audit()
	if most := n * testWorkers; duplicates > most {
		t.Errorf("%d copies came twice; want at most %d", duplicates, most)
	}
	t.Logf("%d kills, %d deliveries, %d copies came twice, 0 missing", n, reports*contacts, duplicates)
}

// A hub that is told to stop finishes what it is sending: nothing comes twice
// and nothing is unknown.
func TestStoppedCleanlyInTheMiddle(t *testing.T) {
	w := newWorld(t, 200, "")
	w.watch()
	w.report()
	for round := 0; !w.settled(); round++ {
		if round > 50 {
			t.Fatal("not settled after 50 starts")
		}
		p := w.start("")
		before := w.sink.Count()
		<-waitFor(func() bool { return w.sink.Count() >= min(before+40, 1+len(w.contacts)) || w.settled() })
		p.stop(t)
	}
	if n := w.audit(); n != 0 {
		t.Errorf("%d copies came twice after clean stops; want 0", n)
	}
	deliveries, err := w.desk.db.Deliveries(t.Context(), store.DeliveryFilter{})
	w.must(err)
	for _, d := range deliveries {
		if d.Tries != 1 {
			t.Errorf("delivery %s took %d tries; a clean stop is no attempt", d.ID, d.Tries)
		}
	}
}

func (p *process) alive() bool {
	return p.ProcessState == nil && syscall.Kill(p.Process.Pid, 0) == nil && !zombie(p.Process.Pid)
}

// zombie reports whether a child of ours is dead and only waits to be seen.
func zombie(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	return strings.HasPrefix(rest, "Z")
}

func killed(err error) bool {
	var exit interface{ Sys() any }
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// waitFor closes its channel when ok is true.
func waitFor(ok func() bool) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for !ok() {
			<-tick.C
		}
	}()
	return done
}

// hubProcess is what the test binary does as a hub: serve, with something in
// front of the parts that kills the process at one step.
func hubProcess(ctx context.Context, s std) int {
	cfg, err := configs.Load(os.Getenv(asHub))
	if err != nil {
		fmt.Fprintln(s.err, err)
		return exitUsage
	}
	log := slog.New(slog.NewTextHandler(s.err, nil))
	h, err := openHub(ctx, cfg, true, log)
	if err != nil {
		fmt.Fprintln(s.err, err)
		return exitError
	}
	var front func(*parts)
	if die := os.Getenv("KAIRAN_TEST_DIE"); die != "" {
		front = deathAt(die).front
	}
	if err := errors.Join(h.serve(ctx, log, front), h.Close()); err != nil {
		fmt.Fprintln(s.err, err)
		return exitError
	}
	return exitOK
}

// deathAt names a step, such as "before vault", at which the process kills
// itself.
type deathAt string

func (d deathAt) at(moment string) {
	if string(d) == moment {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // until the signal is there
	}
}

// around runs f between the two moments of a step.
func (d deathAt) around(step string, f func()) {
	d.at("before " + step)
	f()
	d.at("after " + step)
}

func (d deathAt) front(p *parts) {
	p.vault = mortalVault{p.vault, d}
	p.ledger = mortalLedger{p.ledger, d}
	p.courier = mortalCourier{p.courier, d}
	p.publisher = mortalPublisher{p.publisher, d}
	for name, m := range p.mailboxes {
		p.mailboxes[name] = mortalMailbox{m, d}
	}
	p.observe = func(e queue.Event) {
		if e.Kind == queue.Acked {
			d.at("after acknowledge")
		}
	}
}

type mortalVault struct {
	originals
	d deathAt
}

func (v mortalVault) Seal(ctx context.Context, id store.VaultID, write func(io.Writer) error) (digest string, size int64, err error) {
	v.d.around("vault", func() { digest, size, err = v.originals.Seal(ctx, id, write) })
	return
}

type mortalMailbox struct {
	ingest.Mailbox
	d deathAt
}

func (m mortalMailbox) File(ctx context.Context, r ingest.Ref) (err error) {
	m.d.around("file", func() { err = m.Mailbox.File(ctx, r) })
	return
}

type mortalLedger struct {
	ledger
	d deathAt
}

func (l mortalLedger) AddMail(ctx context.Context, lease store.Lease, m store.NewMail) (added store.AddedMail, err error) {
	l.d.around("ledger", func() { added, err = l.ledger.AddMail(ctx, lease, m) })
	return
}

func (l mortalLedger) AddDraft(ctx context.Context, id store.ReportID, draft store.Draft) (done bool, err error) {
	l.d.around("draft", func() { done, err = l.ledger.AddDraft(ctx, id, draft) })
	return
}

func (l mortalLedger) Approve(ctx context.Context, id store.NoticeID, operator, digest string) (err error) {
	l.d.around("approve", func() { err = l.ledger.Approve(ctx, id, operator, digest) })
	return
}

func (l mortalLedger) Release(ctx context.Context, r store.Release) (done bool, err error) {
	l.d.around("plan", func() { done, err = l.ledger.Release(ctx, r) })
	return
}

func (l mortalLedger) Begin(ctx context.Context, id store.DeliveryID, worker string, until time.Time) (c store.Claim, ok bool, err error) {
	l.d.around("claim", func() { c, ok, err = l.ledger.Begin(ctx, id, worker, until) })
	return
}

func (l mortalLedger) End(ctx context.Context, id store.DeliveryID, claim int, o store.Outcome, next time.Time) (err error) {
	l.d.around("record", func() { err = l.ledger.End(ctx, id, claim, o, next) })
	return
}

type mortalCourier struct {
	distribute.Courier
	d deathAt
}

func (c mortalCourier) Deliver(ctx context.Context, e distribute.Envelope, message []byte) (o store.Outcome) {
	if e.From == "" { // a receipt
		return c.Courier.Deliver(ctx, e, message)
	}
	c.d.around("dot", func() { o = c.Courier.Deliver(ctx, e, message) })
	return
}

type mortalPublisher struct {
	queue.Publisher
	d deathAt
}

func (p mortalPublisher) PublishAll(ctx context.Context, work []queue.Work) (n int, err error) {
	if len(work) == 0 {
		return p.Publisher.PublishAll(ctx, work)
	}
	p.d.around("publish", func() { n, err = p.Publisher.PublishAll(ctx, work) })
	return
}
