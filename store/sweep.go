package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"
)

// SweepOptions say what Sweep does with what it finds.
type SweepOptions struct {
	// GiveUp is how long after its planning a delivery is tried. Zero: for ever.
	GiveUp time.Duration
	// Alone is true when no other process can be sending from this ledger (the
	// data folder is locked and this one has just started): then every claim is a
	// dead worker's, however long it would still run.
	Alone bool
	// Limit is how many rows of each sort one call moves; 0 means 1,000.
	Limit int
}

// Swept counts what Sweep moved.
type Swept struct {
	Due      int // deferred or unknown → queued
	Stuck    int // sending → unknown
	Expired  int
	Receipts int // sending → unknown
}

// Sweep moves what time moves: deliveries whose next try is due go back to the
// queue, claims that ran out become unknown, and deliveries past their time
// expire. A stuck receipt becomes unknown and stays so.
func (db *DB) Sweep(ctx context.Context, o SweepOptions) (Swept, error) {
	if o.Limit <= 0 {
		o.Limit = 1000
	}
	if idle, err := db.nothingToSweep(ctx, o); err != nil || idle {
		return Swept{}, err
	}
	var s Swept
	err := db.tx(ctx, func(t *tx) error {
		s = Swept{}
		now, stuckBefore := millis(t.now), o.stuckBefore(t.now)
		stuck, err := t.ids(`select id from delivery where state = $1 and claim_until_ms <= $2 order by claim_until_ms limit $3`,
			string(DeliverySending), stuckBefore, o.Limit)
		if err != nil {
			return err
		}
		for _, id := range stuck {
			if err := t.giveUpClaim(DeliveryID(id)); err != nil {
				return err
			}
		}
		s.Stuck = len(stuck)
		if o.GiveUp > 0 {
			if s.Expired, err = t.expire(now-o.GiveUp.Milliseconds(), o.Limit); err != nil {
				return err
			}
		}
		for _, from := range []DeliveryState{DeliveryDeferred, DeliveryUnknown} {
			due, err := t.ids(`select id from delivery where state = $1 and due_ms <= $2 order by due_ms limit $3`, string(from), now, o.Limit)
			if err != nil {
				return err
			}
			for _, id := range due {
				if err := move(t, DeliveryMachine, id, from, DeliveryQueued, ActorHub, "due"); err != nil {
					return err
				}
			}
			s.Due += len(due)
		}
		receipts, err := t.ids(`select report_id from receipt where state = $1 and claim_until_ms <= $2 limit $3`, string(ReceiptSending), stuckBefore, o.Limit)
		if err != nil {
			return err
		}
		for _, id := range receipts {
			if err := move(t, ReceiptMachine, id, ReceiptSending, ReceiptUnknown, ActorHub, "its worker is gone"); err != nil {
				return err
			}
		}
		s.Receipts = len(receipts)
		return nil
	})
	if err != nil {
		return Swept{}, fmt.Errorf("sweep: %w", err)
	}
	return s, nil
}

// stuckBefore is when a claim must have run out to count as stuck.
func (o SweepOptions) stuckBefore(now time.Time) int64 {
	if o.Alone {
		return math.MaxInt64
	}
	return millis(now)
}

// nothingToSweep spares an idle hub the transaction, which would be synced to
// disk at every tick for nothing.
func (db *DB) nothingToSweep(ctx context.Context, o SweepOptions) (bool, error) {
	now := db.now()
	giveUp := int64(math.MinInt64)
	if o.GiveUp > 0 {
		giveUp = millis(now.Add(-o.GiveUp))
	}
	var found int
	err := db.read.QueryRowContext(ctx, `select
		case when exists (select 1 from delivery where state in ('deferred', 'unknown') and due_ms <= $1)
			or exists (select 1 from delivery where state = 'sending' and claim_until_ms <= $2)
			or exists (select 1 from delivery where state in ('queued', 'deferred') and planned_ms <= $3)
			or exists (select 1 from receipt where state = 'sending' and claim_until_ms <= $2)
		then 1 else 0 end`, millis(now), o.stuckBefore(now), giveUp).Scan(&found)
	if err != nil {
		return false, fmt.Errorf("sweep: %w", err)
	}
	return found == 0, nil
}

// giveUpClaim makes a delivery whose worker is gone unknown, due at once.
func (t *tx) giveUpClaim(id DeliveryID) error {
	if _, err := t.exec(`update attempt set ended_ms = $1, outcome = $2, reply = 'its worker is gone' where delivery_id = $3 and outcome is null`,
		millis(t.now), string(Unknown), string(id)); err != nil {
		return err
	}
	if _, err := t.exec(`update delivery set due_ms = $1, tries = tries + 1 where id = $2`, millis(t.now), string(id)); err != nil {
		return err
	}
	return move(t, DeliveryMachine, string(id), DeliverySending, DeliveryUnknown, ActorHub, "its worker is gone")
}

func (t *tx) expire(plannedBefore int64, limit int) (int, error) {
	n := 0
	for _, from := range []DeliveryState{DeliveryQueued, DeliveryDeferred} {
		old, err := t.ids(`select id from delivery where state = $1 and planned_ms <= $2 limit $3`, string(from), plannedBefore, limit)
		if err != nil {
			return n, err
		}
		for _, id := range old {
			if err := move(t, DeliveryMachine, id, from, DeliveryExpired, ActorHub, ""); err != nil {
				return n, err
			}
			if _, err := t.exec(`update delivery set reason = 'not delivered in time' where id = $1`, id); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}

// ids collects the single text column of a query.
func (t *tx) ids(query string, args ...any) ([]string, error) {
	var all []string
	rows, err := t.QueryContext(t.ctx, query, args...)
	err = each(rows, err, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		all = append(all, id)
		return err
	})
	return all, err
}
