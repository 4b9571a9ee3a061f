package distribute

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"kairan/distribute/render"
	"kairan/sanitize"
	"kairan/store"
)

// ReceiptsLedger is what Receipts needs of the ledger; *store.DB has it.
type ReceiptsLedger interface {
	DueReceipts(ctx context.Context, limit int) ([]store.ReportID, error)
	BeginReceipt(ctx context.Context, id store.ReportID, until time.Time) (store.Receipt, bool, error)
	EndReceipt(ctx context.Context, id store.ReportID, o store.Outcome, next time.Time) error
}

// Receipts sends each authenticated reporter one mail. The ledger has a receipt
// only for reports whose sender was believed; the address is read from the
// report itself, so that the ledger need not hold it.
type Receipts struct {
	Ledger   ReceiptsLedger
	Vault    Opener
	Composer *render.Composer
	Courier  Courier
	// MaxBytes is the largest report that the vault may hold.
	MaxBytes int64
	Timeout  time.Duration
	Retry    Retry
	// Tries is how often a refused receipt is tried; 0 means 5.
	Tries int
	// Wake makes Run look at once; it looks every second anyway.
	Wake <-chan struct{}
	Log  *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Run sends what is due until ctx ends.
func (r *Receipts) Run(ctx context.Context) error {
	loop(ctx, r.Log, "sending receipts", r.Wake, r.round)
	return nil
}

// round sends what is due. One receipt that fails does not stop the others.
func (r *Receipts) round(ctx context.Context) error {
	ids, err := r.Ledger.DueReceipts(ctx, 100)
	for _, id := range ids {
		if ctx.Err() != nil {
			return nil
		}
		err = errors.Join(err, r.Send(ctx, id))
	}
	return err
}

// Send sends the receipt of a report, unless it was sent or is being sent.
func (r *Receipts) Send(ctx context.Context, id store.ReportID) error {
	receipt, ok, err := r.Ledger.BeginReceipt(ctx, id, now(r.Now).Add(r.Timeout+recordTime+10*time.Second))
	if err != nil || !ok {
		return err
	}
	record, done := context.WithTimeout(context.WithoutCancel(ctx), r.Timeout+recordTime)
	defer done()
	end := func(o store.Outcome, next time.Time) error {
		return persist(ctx, record, func(ctx context.Context) error { return r.Ledger.EndReceipt(ctx, id, o, next) })
	}
	address, message, err := r.compose(ctx, receipt)
	switch {
	case err != nil && ctx.Err() != nil:
		return end(stoppedComposing, now(r.Now))
	case err != nil:
		return errors.Join(err, end(notComposed, r.next(receipt)))
	}
	attempt, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	// The null return path: whatever bounces must not come back as a mail.
	outcome := outOfTime(ctx, r.Courier.Deliver(attempt, Envelope{From: "", To: address}, message))
	r.Log.Info("receipt", "report", id, "outcome", outcome.Kind, "code", outcome.Code, "stage", outcome.Stage)
	return end(outcome, r.next(receipt))
}

// next is when to try again, zero for never.
func (r *Receipts) next(receipt store.Receipt) time.Time {
	tries := r.Tries
	if tries <= 0 {
		tries = 5
	}
	if receipt.Tries+1 >= tries {
		return time.Time{}
	}
	return now(r.Now).Add(r.Retry.Pause(receipt.Tries))
}

func (r *Receipts) compose(ctx context.Context, receipt store.Receipt) (address string, message []byte, err error) {
	raw, err := r.Vault.Read(ctx, receipt.Vault, r.MaxBytes)
	if err != nil {
		return "", nil, fmt.Errorf("receipt of report %s: read it from the vault: %w", receipt.Report, err)
	}
	address, _, reason := sanitize.Sender(sanitize.ReadHeader(raw, sanitize.DefaultLimits()))
	if reason != "" {
		return "", nil, fmt.Errorf("receipt of report %s: %s", receipt.Report, reason)
	}
	message, err = r.Composer.Receipt(receipt, address, now(r.Now))
	return address, message, err
}
