package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"kairan/store"
)

// runErase destroys the mail of reports, and what was learned from them.
func runErase(ctx context.Context, s std, args []string) error {
	var reason *string
	d, err := sit(ctx, s, "erase REPORT... --reason TEXT", args, -1, func(f *flag.FlagSet) {
		reason = f.String("reason", "", "why, for the audit log; no names")
	})
	if err != nil {
		return err
	}
	defer d.Close()
	if len(d.args) == 0 {
		return usagef("usage: kairan erase REPORT... --reason TEXT")
	}
	if strings.TrimSpace(*reason) == "" {
		return usagef("say why with --reason TEXT")
	}
	for _, id := range d.args {
		if err := d.db.EraseReport(ctx, store.ReportID(id), d.operator, *reason, false); err != nil {
			return err
		}
	}
	e := &eraser{ledger: d.db, vault: d.vault, now: time.Now, log: slog.New(slog.DiscardHandler)}
	if err := e.finish(ctx); err != nil {
		return fmt.Errorf("the erasure was decided and is taken up again by the hub: %w", err)
	}
	for _, id := range d.args {
		r, err := d.db.Report(ctx, store.ReportID(id))
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "report %s is erased: the mail and what was learned from it cannot be read again, in any copy of the vault\n", r.ID)
	}
	return nil
}
