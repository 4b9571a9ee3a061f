package store

import (
	"context"
	"fmt"
)

// RetryDelivery puts a delivery back into the queue, due now. A deferred or
// unknown one is only brought forward; one that had ended is opened again.
func (db *DB) RetryDelivery(ctx context.Context, id DeliveryID, operator string) error {
	return db.steer(ctx, id, func(t *tx, d Delivery) error {
		if d.State != DeliveryQueued {
			if err := move(t, DeliveryMachine, string(id), d.State, DeliveryQueued, operator, "retry"); err != nil {
				return err
			}
		}
		// For one that had ended the give-up time counts anew: an operator who retries
		// it wants it tried, not expired at the next sweep.
		_, err := t.exec(`update delivery set due_ms = $1, planned_ms = case when $2 = 1 then $1 else planned_ms end, reason = '' where id = $3`,
			millis(t.now), integer(!d.State.Open()), string(id))
		return err
	})
}

// CancelDelivery ends a delivery that is not yet sent. One that is being sent
// cannot be cancelled: ErrState.
func (db *DB) CancelDelivery(ctx context.Context, id DeliveryID, operator string) error {
	return db.steer(ctx, id, func(t *tx, d Delivery) error {
		if err := move(t, DeliveryMachine, string(id), d.State, DeliveryCancelled, operator, "cancel"); err != nil {
			return err
		}
		_, err := t.exec(`update delivery set reason = 'cancelled by an operator' where id = $1`, string(id))
		return err
	})
}

func (db *DB) steer(ctx context.Context, id DeliveryID, f func(*tx, Delivery) error) error {
	d, err := db.Delivery(ctx, id)
	if err != nil {
		return err
	}
	if err := db.tx(ctx, func(t *tx) error { return f(t, d) }); err != nil {
		return fmt.Errorf("delivery %s is %s: %w", id, d.State, err)
	}
	return nil
}
