package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"

	"kairan/sanitize"
	"kairan/store"
)

// runOriginal reads the mail of a report: the one way to do so. It wants the right
// person and a reason, and is in the audit log before a byte is given.
func runOriginal(ctx context.Context, s std, args []string) error {
	return subverb(ctx, s, "original", args, map[string]func(context.Context, std, []string) error{
		"show": originalShow, "export": originalExport,
	})
}

// originalShow prints a report's mail, or one original of it, as text that a
// terminal cannot be deceived by.
func originalShow(ctx context.Context, s std, args []string) error {
	raw, _, err := readOriginal(ctx, s, "original show REPORT --reason TEXT [--number N]", "show", args, nil)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(s.out)
	for line := range strings.Lines(strings.ToValidUTF8(string(raw), "\ufffd")) {
		fmt.Fprintln(w, inLine(strings.TrimRight(line, "\r\n")))
	}
	return w.Flush()
}

// originalExport writes the bytes into a new file that only its owner can read.
func originalExport(ctx context.Context, s std, args []string) error {
	var out *string
	raw, id, err := readOriginal(ctx, s, "original export REPORT --reason TEXT [--number N] [--out FILE]", "export", args, func(f *flag.FlagSet) {
		out = f.String("out", "", "the `file` to write; it must not exist. By default REPORT.eml, or REPORT-N.eml")
	})
	if err != nil {
		return err
	}
	name := *out
	if name == "" {
		name = id + ".eml"
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already; nothing was written over it", inLine(name))
	}
	if err != nil {
		return fmt.Errorf("write the original: %w", err)
	}
	if _, err := f.Write(raw); err != nil {
		return errors.Join(fmt.Errorf("write the original: %w", err), f.Close(), os.Remove(name))
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("write the original: %w", err)
	}
	fmt.Fprintf(s.out, "%s: %d bytes. It is hostile and names people: open it nowhere but in an analysis machine, and destroy it afterwards\n", inLine(name), len(raw))
	return nil
}

// readOriginal gives the bytes of a report, or with --number those of an original
// in it, once the audit log holds that they were asked for. name is what a file
// of them is called.
func readOriginal(ctx context.Context, s std, synopsis, what string, args []string, add func(*flag.FlagSet)) (raw []byte, name string, err error) {
	var reason *string
	var number *int
	d, err := sit(ctx, s, synopsis, args, 1, func(f *flag.FlagSet) {
		reason = f.String("reason", "", "why, for the audit log; no names")
		number = f.Int("number", 0, "the original of that number in the report (1, 2, …) instead of the whole report")
		if add != nil {
			add(f)
		}
	})
	if err != nil {
		return nil, "", err
	}
	defer d.Close()
	if strings.TrimSpace(*reason) == "" {
		return nil, "", usagef("say why with --reason TEXT")
	}
	if err := d.mayHandle(); err != nil {
		return nil, "", err
	}
	r, err := d.db.Report(ctx, store.ReportID(d.args[0]))
	if err != nil {
		return nil, "", err
	}
	if !r.Erased.IsZero() {
		return nil, "", fmt.Errorf("report %s was erased on %s", r.ID, d.when(r.Erased))
	}
	part := "whole"
	if name = string(r.ID); *number != 0 {
		part = "original " + strconv.Itoa(*number)
		name += "-" + strconv.Itoa(*number)
	}
	if err := d.db.RecordAccess(ctx, r.ID, d.operator, what+" "+part, *reason); err != nil {
		return nil, "", fmt.Errorf("nothing was read, because it could not be recorded: %w", err)
	}
	if raw, err = d.vault.Read(ctx, r.Vault, int64(d.cfg.Ingest.MaxMessageBytes)+1); err != nil {
		return nil, "", fmt.Errorf("report %s: %w", r.ID, err)
	}
	if *number == 0 {
		return raw, name, nil
	}
	u := sanitize.Unpack(raw, sanitize.DefaultLimits())
	if *number < 1 || *number > len(u.Originals) {
		return nil, "", fmt.Errorf("report %s holds %d originals, no number %d", r.ID, len(u.Originals), *number)
	}
	return u.Originals[*number-1].Raw, name, nil
}

// mayHandle reports whether whoever runs this may read originals: the user of the
// system, whatever --operator says.
func (d *desk) mayHandle() error {
	name := systemUser()
	if slices.Contains(d.cfg.Review.Handlers, name) {
		d.operator = name
		return nil
	}
	return fmt.Errorf("%s may not read originals: only those may whom the setting review.handlers names", inLine(name))
}

// systemUser is the user of the system who runs this process, also behind sudo.
// The environment is believed only from root, who could be anybody.
func systemUser() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	if u.Uid == "0" {
		if name := os.Getenv("SUDO_USER"); name != "" {
			return name
		}
	}
	return u.Username
}
