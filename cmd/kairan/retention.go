package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"kairan/configs"
	"kairan/store"
	"kairan/store/vault"
)

// erasureLedger is what an eraser needs of the ledger; *store.DB has it.
type erasureLedger interface {
	OldReports(ctx context.Context, before time.Time, limit int) ([]store.ReportID, error)
	EraseReport(ctx context.Context, id store.ReportID, operator, reason string, keepFacts bool) error
	Erasures(ctx context.Context, limit int) ([]store.Erasure, error)
	EndErasure(ctx context.Context, id store.ReportID) error
	ForgetFacts(ctx context.Context, before time.Time) (int, error)
}

// eraser destroys what was sealed of reports: those whose erasure was decided, by
// an operator or by an eraser that was killed, and those that are old.
type eraser struct {
	ledger    erasureLedger
	vault     originals
	retention configs.Retention
	now       func() time.Time
	log       *slog.Logger
}

// eraseBatch bounds what is erased in one go, so that the ledger is not busy with
// it for long.
const eraseBatch = 100

// run erases what is due, now and every hour.
func (e *eraser) run(ctx context.Context) error {
	for {
		if err := e.once(ctx); err != nil && ctx.Err() == nil {
			e.log.Error("erasing what is old", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Hour):
		}
	}
}

// once erases everything that is due.
func (e *eraser) once(ctx context.Context) error {
	if err := e.finish(ctx); err != nil {
		return err
	}
	before := e.now().Add(-e.retention.Originals.Duration())
	inUse := 0
	for e.retention.Originals > 0 {
		old, err := e.ledger.OldReports(ctx, before, eraseBatch+inUse)
		if err != nil {
			return err
		}
		if len(old) <= inUse {
			break // nothing but what is still needed
		}
		inUse = 0
		for _, id := range old {
			err := e.ledger.EraseReport(ctx, id, store.ActorHub, "older than retention.originals", true)
			switch {
			case errors.Is(err, store.ErrInUse):
				inUse++
			case err != nil:
				return err
			}
		}
		if err := e.finish(ctx); err != nil {
			return err
		}
	}
	if e.retention.Facts > 0 {
		n, err := e.ledger.ForgetFacts(ctx, e.now().Add(-e.retention.Facts.Duration()))
		if err != nil {
			return err
		}
		if n > 0 {
			e.log.Info("facts forgotten", "originals", n)
		}
	}
	return nil
}

// finish destroys what is sealed of every report whose erasure was decided.
func (e *eraser) finish(ctx context.Context) error {
	for {
		due, err := e.ledger.Erasures(ctx, eraseBatch)
		if err != nil || len(due) == 0 {
			return err
		}
		for _, d := range due {
			for _, blob := range d.Blobs {
				if err := e.vault.Erase(ctx, blob); err != nil && !errors.Is(err, vault.ErrNotFound) {
					return err
				}
			}
			if err := e.ledger.EndErasure(ctx, d.Report); err != nil {
				return err
			}
			e.log.Info("report erased", "report", d.Report)
		}
	}
}
