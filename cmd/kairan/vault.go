package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"kairan/store"
)

// runVault looks after the sealed originals.
func runVault(ctx context.Context, s std, args []string) error {
	return subverb(ctx, s, "vault", args, map[string]func(context.Context, std, []string) error{"orphans": vaultOrphans})
}

// orphanAge is how old a sealed blob must be before it is taken for left over:
// far longer than the time between the vault and the ledger.
const orphanAge = time.Hour

// orphans are the sealed blobs that nothing in the ledger refers to.
func (h *hub) orphans(ctx context.Context) ([]store.VaultID, error) {
	known := func(id store.VaultID) (bool, error) { return h.db.VaultKnows(ctx, id) }
	return h.vault.Orphans(ctx, known, time.Now().Add(-orphanAge))
}

// vaultOrphans lists what a killed process sealed and never came to record, and
// erases it when told to.
func vaultOrphans(ctx context.Context, s std, args []string) error {
	var erase *bool
	d, err := sit(ctx, s, "vault orphans [--erase]", args, 0, func(f *flag.FlagSet) {
		erase = f.Bool("erase", false, "destroy them, for good; not with a ledger that was lost or restored from a backup")
	})
	if err != nil {
		return err
	}
	defer d.Close()
	left, err := d.orphans(ctx)
	if err != nil {
		return err
	}
	for _, id := range left {
		fmt.Fprintln(s.out, id)
		if *erase {
			err = errors.Join(err, d.vault.Erase(ctx, id))
		}
	}
	return err
}
