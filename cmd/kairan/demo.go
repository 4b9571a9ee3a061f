package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"kairan/configs"
	"kairan/distribute/smtpx"
	"kairan/ingest/imapx"
	"kairan/store"
)

//go:embed demo-reports/*.eml
var demoReports embed.FS

// demoTimeout bounds how long the demo waits for the hub.
const demoTimeout = 2 * time.Minute

// runDemo runs a whole hub in this process, over real protocols on loopback: an
// IMAP server with the report mailbox, the hub, and an SMTP server that receives
// for every contact.
func runDemo(ctx context.Context, s std, args []string) error {
	f := flags(s, "demo", "demo [--once] [--data DIR]")
	once := f.Bool("once", false, "leave when everything has arrived; exit 0 only if it arrived as it should")
	data := f.String("data", "", "keep the ledger in this `folder`; otherwise in a temporary one that is removed")
	verbose := f.Bool("log", false, "show the hub's log too")
	rest, err := parse(f, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usagef("it takes no arguments")
	}
	d := &demo{std: s}
	defer d.close()
	if err := d.start(ctx, *data, *verbose); err != nil {
		return err
	}
	err = d.story(ctx)
	if err == nil && !*once {
		fmt.Fprintf(s.out, "\nThe hub stays up; Ctrl-C ends it. Look at it from another terminal:\n  KAIRAN_CONFIG=%s go run ./cmd/kairan notice ls\n", d.config)
		select {
		case <-ctx.Done():
		case ended := <-d.ended:
			d.ended <- ended
		}
	}
	if ctx.Err() != nil && !*once {
		err = nil // it was asked to end
	}
	return errors.Join(err, d.stop())
}

// demo is the hub and the world around it.
type demo struct {
	std
	mailbox *imapx.MemoryServer
	sink    *smtpx.Sink
	hub     *hub
	config  string // path of its configuration
	temp    string // removed at the end; "" when the folder was given

	cancel context.CancelFunc
	ended  chan error // what serve returned

	contacts []configs.Contact
	// What the story has told of already.
	reports map[store.ReportID]bool
	notices map[store.NoticeID]bool
	took    []time.Duration // from a report to the last copy of its notices
}

// start starts the servers and the hub, and fills its registry.
func (d *demo) start(ctx context.Context, data string, verbose bool) error {
	if data == "" {
		temp, err := os.MkdirTemp("", "kairan-demo-")
		if err != nil {
			return err
		}
		d.temp, data = temp, temp
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return err
	}
	d.reports, d.notices = map[store.ReportID]bool{}, map[store.NoticeID]bool{}
	d.mailbox, d.sink = newMemoryMailbox(), &smtpx.Sink{}
	if err := d.mailbox.Start(nil); err != nil {
		return err
	}
	if err := d.sink.Start(); err != nil {
		return err
	}
	password := filepath.Join(data, "mailbox.password")
	if err := os.WriteFile(password, []byte(mailboxPassword), 0o600); err != nil {
		return err
	}
	text := localConfig(filepath.Join(data, "hub"), d.mailbox.Addr(), d.sink.Addr(), password)
	d.config = filepath.Join(data, "kairan.toml")
	if err := os.WriteFile(d.config, []byte(text), 0o600); err != nil {
		return err
	}
	cfg, err := loadConfig(d.config)
	if err != nil {
		return err
	}
	log := slog.New(slog.DiscardHandler)
	if verbose {
		log = newLog(cfg, d.std)
	}
	if d.hub, err = openHub(ctx, cfg, true, log); err != nil {
		return err
	}
	if n, err := d.mails(ctx); err != nil {
		return err
	} else if n > 0 {
		return usagef("%s holds the ledger of an earlier run, in which every sample report is known already; name an empty folder", data)
	}
	if err := d.register(ctx); err != nil {
		return err
	}
	running, cancel := context.WithCancel(ctx)
	d.cancel, d.ended = cancel, make(chan error, 1)
	go func() { d.ended <- d.hub.serve(running, log, nil) }()

	groups, err := d.hub.db.Ceptoars(ctx)
	if err != nil {
		return err
	}
	organisations := 0
	for _, g := range groups {
		organisations += g.Organisations
	}
	fmt.Fprintf(d.out, "Kairan demo: %d CEPTOARs with %d organisations on the roster, %d contacts\n", len(groups), organisations, len(d.contacts))
	fmt.Fprintf(d.out, "  mailbox  imap://%s   contacts  smtp://%s   ledger  %s\n\n", d.mailbox.Addr(), d.sink.Addr(), sqlitePath(cfg))
	return nil
}

// register imports the example members and contacts.
func (d *demo) register(ctx context.Context) error {
	m, err := configs.Files.Open("members.csv")
	if err != nil {
		return err
	}
	defer m.Close()
	rows, err := configs.ParseMembers(m)
	if err != nil {
		return fmt.Errorf("members.csv: %w", err)
	}
	if err := d.hub.db.ImportMembers(ctx, members(rows), "demo"); err != nil {
		return err
	}
	c, err := configs.Files.Open("contacts.csv")
	if err != nil {
		return err
	}
	defer c.Close()
	if d.contacts, err = configs.ParseContacts(c); err != nil {
		return fmt.Errorf("contacts.csv: %w", err)
	}
	return d.hub.db.ImportContacts(ctx, contacts(d.contacts), true, "demo")
}

// stop tells the hub to stop and waits for it.
func (d *demo) stop() error {
	if d.cancel == nil {
		return nil
	}
	d.cancel()
	return <-d.ended
}

func (d *demo) close() {
	if d.cancel != nil {
		d.cancel()
	}
	if d.hub != nil {
		_ = d.hub.Close()
	}
	if d.sink != nil {
		_ = d.sink.Close()
	}
	if d.mailbox != nil {
		_ = d.mailbox.Close()
	}
	if d.temp != "" {
		_ = os.RemoveAll(d.temp)
	}
}
