package main

import (
	"context"
	"io"

	"kairan/distribute"
	"kairan/ingest"
	"kairan/sanitize"
	"kairan/store"
	"kairan/store/queue"
)

// ledger is all that the hub's arms need of the ledger; *store.DB has it.
type ledger interface {
	ingest.PollerLedger
	ingest.RefinerLedger
	distribute.PlannerLedger
	distribute.SenderLedger
	distribute.ReceiptsLedger
	distribute.GatekeeperLedger
	queue.DueLedger
	Sweep(ctx context.Context, o store.SweepOptions) (store.Swept, error)
}

// originals is all that they need of the vault; *vault.Vault has it.
type originals interface {
	Seal(ctx context.Context, id store.VaultID, write func(io.Writer) error) (digest string, size int64, err error)
	Read(ctx context.Context, id store.VaultID, limit int64) ([]byte, error)
	Erase(ctx context.Context, id store.VaultID) error
}

// parts are the things with an effect outside the process. serve makes them from
// the configuration; a test puts others in front of them, to stop the process at
// a given step.
type parts struct {
	ledger    ledger
	vault     originals
	reader    ingest.Reader
	mailboxes map[string]ingest.Mailbox
	courier   distribute.Courier
	publisher queue.Publisher
	// observe is told of every step that the queue confirmed. May be nil.
	observe func(queue.Event)
}

var _ ledger = (*store.DB)(nil)

var _ ingest.Reader = readerFunc(nil)

// readerFunc is a Reader made of a function.
type readerFunc func(ctx context.Context, report []byte, policy sanitize.Policy) (sanitize.Result, error)

func (f readerFunc) Run(ctx context.Context, report []byte, policy sanitize.Policy) (sanitize.Result, error) {
	return f(ctx, report, policy)
}
