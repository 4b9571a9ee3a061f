package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Lease is the right to do something that only one process may do, such as
// polling a mailbox. Its epoch grows each time it changes hands, and every
// transaction done under it checks owner, epoch and expiry: a process that lost
// it without noticing can no longer write.
type Lease struct {
	Name  string
	Owner string
	Epoch int64
}

// TakeLease takes or renews the lease for ttl. It returns false while somebody
// else holds it. On several machines ttl must be long against their clocks'
// difference.
func (db *DB) TakeLease(ctx context.Context, name, owner string, ttl time.Duration) (Lease, bool, error) {
	now := db.now()
	l := Lease{Name: name, Owner: owner}
	err := db.write.QueryRowContext(ctx, `
		insert into lease (name, owner, epoch, expires_ms) values ($1, $2, 1, $3)
		on conflict (name) do update set
			epoch = case when lease.owner = excluded.owner and lease.expires_ms > $4 then lease.epoch else lease.epoch + 1 end,
			owner = excluded.owner, expires_ms = excluded.expires_ms
		where lease.owner = excluded.owner or lease.expires_ms <= $4
		returning epoch`,
		name, owner, now.Add(ttl).UnixMilli(), now.UnixMilli()).Scan(&l.Epoch)
	if errors.Is(err, sql.ErrNoRows) {
		return Lease{}, false, nil
	}
	if err != nil {
		return Lease{}, false, fmt.Errorf("lease %s: %w", name, err)
	}
	return l, true, nil
}

// GiveLease gives the lease back, so that a standby need not wait for it to run
// out.
func (db *DB) GiveLease(ctx context.Context, l Lease) error {
	_, err := db.write.ExecContext(ctx, `update lease set expires_ms = 0 where name = $1 and owner = $2 and epoch = $3`, l.Name, l.Owner, l.Epoch)
	return err
}

// BreakLeases ends every lease. It is for a process that knows that no other one
// works on this ledger: those that held them are dead.
func (db *DB) BreakLeases(ctx context.Context) error {
	_, err := db.write.ExecContext(ctx, `update lease set expires_ms = 0`)
	return err
}

// holds returns ErrLease unless l is still in force.
func (t *tx) holds(l Lease) error {
	var n int
	if err := t.QueryRowContext(t.ctx,
		`select count(*) from lease where name = $1 and owner = $2 and epoch = $3 and expires_ms > $4`,
		l.Name, l.Owner, l.Epoch, t.now.UnixMilli()).Scan(&n); err != nil {
		return fmt.Errorf("lease %s: %w", l.Name, err)
	}
	if n == 0 {
		return fmt.Errorf("lease %s: %w", l.Name, ErrLease)
	}
	return nil
}
