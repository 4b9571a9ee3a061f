package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"kairan/configs"
	"kairan/distribute/smtpx"
	"kairan/ingest/imapx"
	"kairan/store"
	"kairan/store/tlp"
)

// world is all that is around a hub: a report mailbox, the contacts' mail
// server, and the hub's data folder. Hub processes come and go in it.
type world struct {
	t       *testing.T
	dir     string
	config  string // path of the configuration
	mailbox *imapx.MemoryServer
	sink    *smtpx.Sink
	desk    *hub // the ledger as an operator's command sees it

	contacts []store.Contact
	reports  []string // SHA-256 of every report put into the mailbox
}

// newWorld makes a world with one member that reports and the given number of
// contacts. extra is appended to the configuration.
func newWorld(t *testing.T, contacts int, extra string) *world {
	t.Helper()
	return newWorldIn(t, t.TempDir(), contacts, extra)
}

// newWorldIn is newWorld with the hub's data in a folder of data.
func newWorldIn(t *testing.T, data string, contacts int, extra string) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), sink: &smtpx.Sink{}}
	if err := w.sink.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.sink.Close() })
	w.mailbox = startMailbox(t)
	w.config = filepath.Join(w.dir, "kairan.toml")
	text := localConfig(filepath.Join(data, "data"), w.mailbox.Addr(), w.sink.Addr(), w.passwordFile()) + extra
	if err := os.WriteFile(w.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w.register(contacts)
	return w
}

func (w *world) passwordFile() string {
	path := filepath.Join(w.dir, "password")
	if err := os.WriteFile(path, []byte(mailboxPassword+"\n"), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// register fills the ledger's registry, as the import commands do.
func (w *world) register(contacts int) {
	w.t.Helper()
	ctx := w.t.Context()
	h := w.open(true)
	defer h.Close()
	w.must(h.db.ImportMembers(ctx, []store.Member{{ID: "m1", Ceptoar: "power", Names: []string{"例示電力株式会社", "例示電力"},
		Domains: []string{"reijidenryoku.example"}, Reporters: []string{"csirt@reijidenryoku.example"}}}, "test"))
	for i := range contacts {
		w.contacts = append(w.contacts, store.Contact{
			ID: store.ContactID(fmt.Sprintf("c%04d", i)), Ceptoar: "power", Address: fmt.Sprintf("desk%d@c%d.example", i, i%7),
			Language: []string{"ja", "en"}[i%2], MaxTLP: tlp.Amber, Kinds: []store.Kind{store.KindTargetedMail}, State: store.ContactActive,
		})
	}
	w.must(h.db.ImportContacts(ctx, w.contacts, false, "test"))
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// open opens the ledger and the vault in this process.
func (w *world) open(own bool) *hub {
	w.t.Helper()
	cfg, err := configs.Load(w.config)
	w.must(err)
	h, err := openHub(w.t.Context(), cfg, own, slog.New(slog.DiscardHandler))
	w.must(err)
	return h
}

// watch opens the ledger for looking at while hubs come and go.
func (w *world) watch() {
	w.t.Helper()
	w.desk = w.open(false)
	w.t.Cleanup(func() { w.desk.Close() })
}

// report puts one more report into the mailbox.
func (w *world) report() {
	w.t.Helper()
	mail := []byte(sampleReport(len(w.reports)))
	sum := sha256.Sum256(mail)
	w.reports = append(w.reports, hex.EncodeToString(sum[:]))
	w.must(w.mailbox.Append(mail))
}

// sampleReport is a report of a targeted mail, another attack for every n.
func sampleReport(n int) string {
	return strings.ReplaceAll(fmt.Sprintf(`Authentication-Results: mx.hub.example; dmarc=pass header.from=reijidenryoku.example
Received: from mail.reijidenryoku.example by mx.hub.example; Mon, 6 Apr 2026 09:00:%02d +0900
From: CSIRT <csirt@reijidenryoku.example>
To: report@hub.example
Subject: FW: suspicious mail %d
Date: Mon, 6 Apr 2026 09:00:00 +0900
Message-ID: <report-%d@reijidenryoku.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="outer"

--outer
Content-Type: text/plain; charset=utf-8

Please look at this.
--outer
Content-Type: message/rfc822

From: Accounts <billing@invoice-%d.example>
To: Taro Reiji <taro@reijidenryoku.example>
Subject: Invoice %d
Date: Mon, 6 Apr 2026 08:12:00 +0900
Message-ID: <%d@invoice-%d.example>
Content-Type: text/plain; charset=utf-8

See https://pay.invoice-%d.example/doc/%d?m=taro%%40reijidenryoku.example for details.
--outer--
`, n%60, n, n, n, n, n, n, n, n), "\n", "\r\n")
}

// hubProcess is a hub in a process of its own, for killing.
type process struct {
	*exec.Cmd
	log *os.File
}

// start starts a hub process. die names the step at which it kills itself, ""
// for none.
func (w *world) start(die string) *process {
	w.t.Helper()
	log, err := os.CreateTemp(w.dir, "hub-*.log")
	w.must(err)
	p := &process{exec.Command(os.Args[0]), log}
	p.Env = append(os.Environ(), asHub+"="+w.config, "KAIRAN_TEST_DIE="+die)
	p.Stderr, p.Stdout = log, log
	p.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	w.must(p.Start())
	w.t.Cleanup(p.kill)
	return p
}

// kill kills the process and waits for it; a dead one is left alone.
func (p *process) kill() {
	if p.ProcessState != nil {
		return
	}
	_ = p.Process.Kill()
	_ = p.Wait()
	p.log.Close()
}

// stop stops the process as systemd does, and fails the test if it does not end
// well.
func (p *process) stop(t *testing.T) {
	t.Helper()
	// A process that is told to stop before it listens to signals just dies.
	<-waitFor(func() bool {
		text, err := os.ReadFile(p.log.Name())
		return err != nil || strings.Contains(string(text), "the hub runs") || !p.alive()
	})
	_ = p.Process.Signal(syscall.SIGTERM)
	err := p.Wait()
	if err != nil {
		text, _ := os.ReadFile(p.log.Name())
		t.Errorf("the hub ended with %v:\n%s", err, text)
	}
	p.log.Close()
}

// settle waits until every report is decided and every delivery ended.
func (w *world) settle(limit time.Duration) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), limit)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if w.settled() {
			return
		}
		select {
		case <-ctx.Done():
			counts, _ := w.desk.db.DeliveryCounts(w.t.Context(), "")
			reports, _ := w.desk.db.Reports(w.t.Context(), "", 100)
			logs, _ := filepath.Glob(filepath.Join(w.dir, "hub-*.log"))
			var last []byte
			for _, name := range logs {
				if text, err := os.ReadFile(name); err == nil && len(text) > 0 {
					last = text
				}
			}
			w.t.Fatalf("not settled after %v: %d reports, deliveries %v, %d at the sink\n%s", limit, len(reports), counts, w.sink.Count(), last)
		case <-tick.C:
		}
	}
}

func (w *world) settled() bool {
	ctx := w.t.Context()
	decided, err := w.desk.db.Reports(ctx, store.ReportDecided, 1000)
	w.must(err)
	counts, err := w.desk.db.DeliveryCounts(ctx, "")
	w.must(err)
	filed, err := w.mailbox.Count("Processed")
	w.must(err)
	return len(decided) == len(w.reports) && counts[store.DeliveryAccepted] == len(w.reports)*len(w.contacts) && filed == len(w.reports)
}

var messageID = regexp.MustCompile(`(?m)^Message-ID: <([0-9a-f-]{36})@`)

// audit compares what lies at the receiving side, in the mailbox and in the
// ledger. It returns how many copies came twice.
func (w *world) audit() (duplicates int) {
	w.t.Helper()
	ctx := w.t.Context()
	t := w.t

	// Every mail is filed away, once, and has one report that is released.
	for folder, want := range map[string]int{"INBOX": 0, "Processed": len(w.reports)} {
		if n, err := w.mailbox.Count(folder); err != nil || n != want {
			t.Errorf("%d mails in %s, %v; want %d", n, folder, err, want)
		}
	}
	reports, err := w.desk.db.Reports(ctx, "", 1000)
	w.must(err)
	if len(reports) != len(w.reports) {
		t.Errorf("%d reports in the ledger; want %d", len(reports), len(w.reports))
	}
	inVault := map[string]bool{}
	for _, r := range reports {
		if r.Decision != store.DecisionReleased {
			t.Errorf("report %s is %s %s (%s); want released", r.ID, r.State, r.Decision, r.Reason)
		}
		raw, err := w.desk.vault.Read(ctx, r.Vault, 1<<20)
		if err != nil {
			t.Errorf("report %s: %v", r.ID, err)
		}
		sum := sha256.Sum256(raw)
		inVault[hex.EncodeToString(sum[:])] = true
	}
	for i, sum := range w.reports {
		if !inVault[sum] {
			t.Errorf("report %d is not in the vault as it was sent", i)
		}
	}

	// Every contact has a copy of every notice, and what came twice is the same
	// bytes and unknown in the ledger.
	copies := map[store.DeliveryID][]smtpx.SinkMessage{}
	receipts := 0
	for _, m := range w.sink.Messages() {
		if m.From == "" {
			receipts++
			continue
		}
		id := messageID.FindSubmatch(m.Data)
		if id == nil || len(m.To) != 1 {
			t.Fatalf("a mail with no Message-ID of ours, or with %d recipients", len(m.To))
		}
		delivery, err := store.ParseDeliveryUUID(string(id[1]))
		w.must(err)
		copies[delivery] = append(copies[delivery], m)
	}
	if receipts > len(w.reports) {
		t.Errorf("%d receipts for %d reports", receipts, len(w.reports))
	}
	deliveries, err := w.desk.db.Deliveries(ctx, store.DeliveryFilter{Limit: 1_000_000})
	w.must(err)
	if want := len(w.reports) * len(w.contacts); len(deliveries) != want {
		t.Errorf("%d deliveries; want %d", len(deliveries), want)
	}
	addresses := map[store.ContactID]string{}
	for _, c := range w.contacts {
		addresses[c.ID] = c.Address
	}
	for _, d := range deliveries {
		got := copies[d.ID]
		delete(copies, d.ID)
		if len(got) == 0 {
			t.Errorf("delivery %s is %s and nothing arrived", d.ID, d.State)
			continue
		}
		attempts, err := w.desk.db.Attempts(ctx, d.ID)
		w.must(err)
		unknown := 0
		for _, a := range attempts {
			if a.Kind == store.Unknown {
				unknown++
			}
		}
		duplicates += len(got) - 1
		if len(got)-1 > unknown {
			t.Errorf("delivery %s arrived %d times, and the ledger says unknown %d times", d.ID, len(got), unknown)
		}
		for _, m := range got {
			if string(m.Data) != string(got[0].Data) {
				t.Errorf("delivery %s arrived with different bytes", d.ID)
			}
			if m.To[0] != addresses[d.Contact] {
				t.Errorf("delivery %s went to somebody else", d.ID)
			}
			if strings.Contains(string(m.Data), "reijidenryoku") {
				t.Errorf("delivery %s names the reporter", d.ID)
			}
		}
	}
	for id := range copies {
		t.Errorf("a copy arrived of delivery %s, which the ledger does not know", id)
	}
	if n, err := w.desk.db.AuditVerify(ctx, store.AuditAnchor{}); err != nil {
		t.Errorf("the audit log after %d rows: %v", n, err)
	}
	return duplicates
}

// startMailbox starts go-imap's memory server with the report mailbox in it.
func startMailbox(t *testing.T) *imapx.MemoryServer {
	t.Helper()
	s := newMemoryMailbox()
	if err := s.Start(nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

var _ io.Closer = (*hub)(nil)

// testWorkers is how many sends a hub of localConfig has in flight at most.
const testWorkers = 8
