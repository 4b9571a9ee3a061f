package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"kairan/configs"
	"kairan/distribute"
	"kairan/distribute/render"
	"kairan/distribute/smtpx"
	"kairan/ingest/imapx"
	"kairan/sanitize"
	"kairan/store"
	"kairan/store/queue"
	"kairan/store/tlp"
	"kairan/store/vault"
)

// checkTimeout bounds each thing that is tried.
const checkTimeout = 30 * time.Second

// trial is one thing that check tries.
type trial struct {
	name string
	// try returns what is well, in a few words, or an error that says how to mend
	// what is not.
	try func(ctx context.Context) (string, error)
}

// runCheck tries everything that the configuration names and says in one line
// each how it stands. It changes nothing in the ledger and sends nothing.
func runCheck(ctx context.Context, s std, args []string) error {
	f := flags(s, "check", "check [--config FILE]")
	path := configFlag(f)
	rest, err := parse(f, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usagef("it takes no arguments, only --config")
	}
	cfg, err := loadConfig(*path)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "ok    configuration: %s\n", *path)
	trials := trialsOf(cfg)
	results := make([]string, len(trials))
	var group sync.WaitGroup
	failed := make([]bool, len(trials))
	for i, t := range trials {
		group.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, checkTimeout)
			defer cancel()
			well, err := t.try(ctx)
			if failed[i] = err != nil; failed[i] {
				results[i] = fmt.Sprintf("FAIL  %s: %s", t.name, oneLine(err))
				return
			}
			results[i] = fmt.Sprintf("ok    %s: %s", t.name, well)
		})
	}
	group.Wait()
	bad := 0
	for i, line := range results {
		fmt.Fprintln(s.out, forTerminal(line))
		if failed[i] {
			bad++
		}
	}
	if bad > 0 {
		fmt.Fprintf(s.err, "kairan check: %d of %d failed\n", bad, len(trials))
		return exitCode(exitError)
	}
	return nil
}

// oneLine is an error without its line breaks.
func oneLine(err error) string {
	b := []byte(err.Error())
	for i, c := range b {
		if c == '\n' {
			b[i] = ';'
		}
	}
	return string(b)
}

// checkTemplates composes a notice that tells nothing, which the gate must let pass:
// a foreign link in the hub's own words would hold every notice.
func checkTemplates(cfg configs.Config) (string, error) {
	composer, err := newComposer(cfg)
	if err != nil {
		return "", err
	}
	preview, err := composer.Preview(store.Notice{ID: "n00000000000000000000", Kind: store.KindTargetedMail, Revision: 1, TLP: tlp.Amber})
	if err != nil {
		return "", err
	}
	gate := &distribute.Gatekeeper{Hub: hubIdentities(cfg)}
	for _, language := range render.Languages() {
		if live := gate.Live(preview.Compositions[language].Shared()); len(live) > 0 {
			return "", fmt.Errorf("a notice of nothing would be stopped: %s in %s; the settings under [hub] (contact_line, name) may hold no link or address but the hub's own", live[0].Detail, live[0].Where)
		}
	}
	return "a notice can be composed and would pass", nil
}

func trialsOf(cfg configs.Config) []trial {
	quiet := slog.New(slog.DiscardHandler)
	trials := []trial{
		{"data folder", func(context.Context) (string, error) { return checkData(cfg.Hub.Data) }},
		{"master key", func(context.Context) (string, error) { return checkMaster(cfg) }},
		{"ledger", func(ctx context.Context) (string, error) { return checkLedger(ctx, cfg) }},
		{"templates", func(context.Context) (string, error) { return checkTemplates(cfg) }},
		{"reading of reports", func(ctx context.Context) (string, error) {
			box := newSandbox(cfg, quiet)
			if _, err := box.Run(ctx, []byte("Subject: check\r\n\r\n"), sanitize.Policy{}); err != nil {
				return "", err
			}
			return "in a process of its own: " + box.Isolation(), nil
		}},
		{"keys for encrypted reports", func(ctx context.Context) (string, error) {
			keys, err := reportKeys(ctx, cfg.Sanitize)
			return keys.String(), err
		}},
		{"warning lists", func(context.Context) (string, error) {
			if _, err := warningLists(cfg.Sanitize.WarningLists); err != nil {
				return "", err
			}
			if cfg.Sanitize.WarningLists == "" {
				return "the built-in ones only", nil
			}
			return "can be read", nil
		}},
		{"authentication of reporters", func(context.Context) (string, error) {
			if cfg.Ingest.AuthservID == "" {
				return "", errors.New("no sender is believed, and every report will be held: set ingest.authserv_id to the name by which your mail server signs its Authentication-Results")
			}
			return "verdicts by " + cfg.Ingest.AuthservID + " are believed", nil
		}},
	}
	for _, m := range cfg.Mailboxes {
		trials = append(trials, trial{"mailbox " + m.Name, func(ctx context.Context) (string, error) {
			box, err := newMailbox(m, quiet)
			if err != nil {
				return "", err
			}
			if err := box.Check(ctx); err != nil {
				return "", hinted(err, imapx.Hint(err))
			}
			return fmt.Sprintf("%s answers, folders %s and %s are there", m.Address, m.Folder, m.Processed), nil
		}})
	}
	trials = append(trials, trial{"relay", func(ctx context.Context) (string, error) {
		relay, err := newRelay(cfg, quiet)
		if err != nil {
			return "", err
		}
		defer relay.Close() //nolint:errcheck // it sent nothing
		if err := relay.Check(ctx); err != nil {
			return "", hinted(err, smtpx.Hint(err))
		}
		return cfg.Relay.Address + " answers", nil
	}})
	if cfg.NATS.URL != "" {
		trials = append(trials, trial{"nats", func(ctx context.Context) (string, error) {
			q, err := queue.Connect(ctx, queue.Options{URL: cfg.NATS.URL, Credentials: cfg.NATS.CredentialsFile, CA: cfg.NATS.CAFile,
				Cert: cfg.NATS.CertFile, Key: cfg.NATS.KeyFile, Name: "check", Log: quiet})
			if err != nil {
				return "", err
			}
			return "answers, and the streams are there", errors.Join(q.Health(), q.Close())
		}})
	}
	return trials
}

func hinted(err error, hint string) error {
	if hint == "" {
		return err
	}
	return fmt.Errorf("%w. %s", err, hint)
}

// checkData sees whether the folder can be written, without leaving anything.
func checkData(dir string) (string, error) {
	info, err := os.Stat(dir)
	if errors.Is(err, os.ErrNotExist) {
		parent := filepath.Dir(dir)
		if _, err := os.Stat(parent); err != nil {
			return "", fmt.Errorf("neither %s nor %s exists; make one of them (setting hub.data)", dir, parent)
		}
		return dir + " will be made at the first start", nil
	}
	if err != nil {
		return "", err
	}
	if !info.IsDir() {
		return "", fmt.Errorf("%s is no folder (setting hub.data)", dir)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("%s can be entered by others; mend it with: chmod 700 %s", dir, dir)
	}
	probe, err := os.CreateTemp(dir, ".check-")
	if err != nil {
		return "", fmt.Errorf("%s cannot be written; run this as the user that the hub runs as: %w", dir, err)
	}
	return dir + " can be written", errors.Join(probe.Close(), os.Remove(probe.Name()))
}

func checkMaster(cfg configs.Config) (string, error) {
	path := masterPath(cfg)
	if os.Getenv(masterKeyEnv) != "" {
		_, _, err := vault.LoadOrCreateMaster(path, os.Getenv(masterKeyEnv))
		return "comes from the environment", err
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		if vaultInUse(cfg) {
			return "", errMasterGone(path)
		}
		return path + " will be made at the first start", nil
	}
	_, _, err := vault.LoadOrCreateMaster(path, "")
	return path + " can be read", err
}

// checkLedger opens the ledger without changing it.
func checkLedger(ctx context.Context, cfg configs.Config) (string, error) {
	if cfg.Ledger.URL == "" {
		if _, err := os.Stat(sqlitePath(cfg)); errors.Is(err, os.ErrNotExist) {
			return sqlitePath(cfg) + " will be made at the first start", nil
		}
	}
	// The key does not matter: nothing is written.
	db, err := openLedger(ctx, cfg, make([]byte, 32), false, nil)
	if errors.Is(err, store.ErrVersion) && !errors.Is(err, store.ErrNewer) {
		return "reachable; the hub will bring it up to date when it starts", nil
	}
	if err != nil {
		var netErr *net.OpError
		if errors.As(err, &netErr) {
			return "", fmt.Errorf("%w. Is the server running, and is ledger.url right?", err)
		}
		return "", err
	}
	defer db.Close() //nolint:errcheck // it only read
	all, err := db.Ceptoars(ctx)
	if err != nil {
		return "", err
	}
	contacts, err := db.Contacts(ctx)
	if err != nil {
		return "", err
	}
	if len(contacts) == 0 {
		return fmt.Sprintf("up to date, %d CEPTOARs, and no contacts yet: kairan contact import", len(all)), nil
	}
	return fmt.Sprintf("up to date, %d CEPTOARs, %d contacts", len(all), len(contacts)), nil
}
