package main

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"strings"

	"kairan/distribute"
	"kairan/distribute/render"
	"kairan/sanitize"
	"kairan/store"
)

// noticeLeaks shows what the leak gate finds in a notice, with what stands about
// it, and lets single hits pass. It wants who may read originals: it shows names.
func noticeLeaks(ctx context.Context, s std, args []string) error {
	var allow, reason *string
	d, err := sit(ctx, s, "notice leaks NOTICE [--allow NUMBER,... --reason TEXT]", args, 1, func(f *flag.FlagSet) {
		allow = f.String("allow", "", "let these hits pass, by their `numbers`: 1 or 1,3")
		reason = f.String("reason", "", "why, for the audit log; no names")
	})
	if err != nil {
		return err
	}
	defer d.Close()
	if *allow != "" && strings.TrimSpace(*reason) == "" {
		return usagef("say why with --reason TEXT")
	}
	if err := d.mayHandle(); err != nil {
		return err
	}
	n, err := d.db.Notice(ctx, store.NoticeID(d.args[0]))
	if err != nil {
		return err
	}
	leaks, err := d.leaks(ctx, n)
	if err != nil {
		return err
	}
	if *allow == "" {
		for i, l := range leaks {
			fmt.Fprintf(s.out, "%3d  %s\n     … %s …\n", i+1, inLine(l.String()), inLine(l.Around))
		}
		if len(leaks) == 0 {
			fmt.Fprintf(s.out, "the leak gate finds nothing in notice %s\n", n.ID)
		}
		return nil
	}
	numbers, err := hitNumbers(*allow, len(leaks))
	if err != nil {
		return err
	}
	for _, i := range numbers {
		if err := d.db.AllowLeak(ctx, n.ID, leaks[i-1], d.operator, *reason); err != nil {
			return err
		}
	}
	fmt.Fprintf(s.out, "%d hits pass in notice %s from now on; resume and approve it if it is to go out\n", len(numbers), n.ID)
	return nil
}

// leaks are the hits of the gate in every language of a notice, each once, that
// nobody let pass yet.
func (d *desk) leaks(ctx context.Context, n store.Notice) ([]sanitize.Leak, error) {
	composer, err := newComposer(d.cfg)
	if err != nil {
		return nil, err
	}
	preview, err := composer.Preview(n)
	if err != nil {
		return nil, err
	}
	gate := &distribute.Gatekeeper{Ledger: d.db, Vault: d.vault, Hub: hubIdentities(d.cfg)}
	var all []sanitize.Leak
	for _, language := range render.Languages() {
		found, _, err := gate.CheckNotice(ctx, n.ID, n.Case, preview.Compositions[language].Shared())
		if err != nil {
			return nil, err
		}
	next:
		for _, l := range found {
			for _, known := range all {
				if known.Same(l) {
					continue next
				}
			}
			all = append(all, l)
		}
	}
	return all, nil
}

// hitNumbers reads "1,3".
func hitNumbers(s string, most int) ([]int, error) {
	var all []int
	for _, w := range strings.Split(s, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(w))
		if err != nil || n < 1 || n > most {
			return nil, usagef("%q is no number of a hit: there are %d, see them without --allow", strings.TrimSpace(w), most)
		}
		all = append(all, n)
	}
	return all, nil
}
