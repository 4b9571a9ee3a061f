package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kairan/configs"
	"kairan/distribute/smtpx"
	"kairan/distribute/smtpx/smtptest"
	"kairan/ingest/imapx/imaptest"
	"kairan/store"
	"kairan/store/queue/natstest"
	"kairan/store/storetest"
	"kairan/store/tlp"
)

// The hub among real servers: reports in Dovecot over TLS, the ledger in
// PostgreSQL, the work in a nats-server of its own with TLS and credentials,
// notices through Postfix with STARTTLS. First check says that all is well, then
// a report becomes a notice at every contact, and every delivery has Postfix's
// own queue id.
func TestHubAmongRealServers(t *testing.T) {
	sink := &smtpx.Sink{}
	if err := sink.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sink.Close() })
	dovecot := imaptest.Dovecot(t, imaptest.Options{})
	postfix := smtptest.Postfix(t, sink.Addr())
	nats := natstest.Start(t, natstest.Options{Secure: true})
	ledger := storetest.Postgres(t)

	dir := t.TempDir()
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	config := write("kairan.toml", fmt.Appendf(nil, `[hub]
data = %q
[ledger]
url = %q
[[mailbox]]
name = "reports"
address = %q
security = "tls"
ca_file = %q
user = %q
password_file = %q
[ingest]
authserv_id = "mx.hub.example"
[review]
self_approving = ["targeted-mail"]
[relay]
address = %q
security = "starttls"
ca_file = %q
[nats]
url = %q
credentials_file = %q
ca_file = %q
`, filepath.Join(dir, "data"), ledger.URL(), dovecot.TLSAddr, write("imap.pem", dovecot.PEM), dovecot.User, write("imap.password", []byte(dovecot.Password)),
		postfix.Addr, write("smtp.pem", postfix.PEM), nats.URL, nats.Credentials, nats.CA))
	cfg, err := configs.Load(config)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	h, err := openHub(ctx, cfg, true, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if err := h.db.ImportMembers(ctx, []store.Member{{ID: "m1", Ceptoar: "power", Names: []string{"例示電力株式会社"},
		Domains: []string{"reijidenryoku.example"}, Reporters: []string{"csirt@reijidenryoku.example"}}}, "test"); err != nil {
		t.Fatal(err)
	}
	const contacts = 20
	var all []store.Contact
	for i := range contacts {
		all = append(all, store.Contact{ID: store.ContactID(fmt.Sprintf("c%02d", i)), Ceptoar: "power", Address: fmt.Sprintf("desk@c%d.example", i),
			Language: "ja", MaxTLP: tlp.Amber, Kinds: store.Kinds()})
	}
	if err := h.db.ImportContacts(ctx, all, false, "test"); err != nil {
		t.Fatal(err)
	}

	var out, errs strings.Builder
	if code := run(ctx, std{strings.NewReader(""), &out, &errs}, []string{"check", "--config", config}); code != exitOK {
		t.Fatalf("check exits %d:\n%s%s", code, &out, &errs)
	}

	serving, stop := newService(t, h)
	dovecot.Deliver([]byte(sampleReport(1)))
	deadline := time.After(60 * time.Second)
	for {
		counts, err := h.db.DeliveryCounts(ctx, "")
		if err != nil {
			t.Fatal(err)
		}
		if counts[store.DeliveryAccepted] == contacts && sink.Count() == contacts+1 { // and a receipt
			break
		}
		select {
		case err := <-serving:
			t.Fatalf("the hub ended: %v", err)
		case <-deadline:
			t.Fatalf("deliveries %v, %d at the sink\n%s", counts, sink.Count(), postfix.Log())
		case <-time.After(20 * time.Millisecond):
		}
	}
	stop()
	deliveries, err := h.db.Deliveries(ctx, store.DeliveryFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range deliveries {
		attempts, err := h.db.Attempts(ctx, d.ID)
		if err != nil {
			t.Fatal(err)
		}
		if len(attempts) != 1 || attempts[0].QueueID == "" || !strings.HasPrefix(attempts[0].TLS, "TLS") {
			t.Errorf("delivery %s: %+v; want one attempt over TLS with Postfix's queue id", d.ID, attempts)
		}
	}
	if n := len(dovecot.Mails("Processed")); n != 1 {
		t.Errorf("%d mails in Processed; want 1", n)
	}
}

// newService runs the hub's serve. stop ends it and waits for it.
func newService(t *testing.T, h *hub) (ended <-chan error, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.serve(ctx, slog.New(slog.DiscardHandler), nil) }()
	stop = func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	}
	return done, stop
}
