// Package store is the ledger: the hub's nouns, their states and their SQL.
//
// The ledger is the only truth. Every move of a report, a notice and a delivery
// is committed here before anything acts on it, with its audit row in the same
// transaction; whatever else the hub keeps (JetStream, connections, caches) can
// be lost and is made again from it. The same text of SQL runs on SQLite and on
// PostgreSQL.
//
// An exported method is one transaction. Doing a step twice is harmless because
// the database refuses the second, not because callers take care.
//
// The ledger holds identifiers, states and what may be told. Mail and what
// identifies a reporter or a victim lie in the vault; of members it holds what
// the operator registered.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"time"
)

//go:embed migrations/*.sql
var migrations embed.FS

// DB is the ledger. It is safe for concurrent use.
type DB struct {
	// write is used for transactions that change something, read for the rest.
	// On SQLite write has one connection; on PostgreSQL they may be the same.
	write, read *sql.DB
	auditKey    []byte
	now         func() time.Time
	moved       func(noun, id string)
}

// Options say how to open a ledger.
type Options struct {
	// Write and Read are connection pools. For SQLite, Write must have one
	// connection and begin its transactions "immediate". DB.Close closes both.
	Write, Read *sql.DB
	// AuditKey is the HMAC key of the audit chain, 32 bytes. It must not lie in
	// the database.
	AuditKey []byte
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Moved is called for every move, after its transaction was committed; it must
	// not block. Nil means that nobody watches.
	Moved func(noun, id string)
	// Migrate brings an older ledger up to date. Only a process that holds the
	// data folder may ask for it; others get ErrVersion.
	Migrate bool
}

// Errors that callers act on.
var (
	// ErrNotFound: there is no such row.
	ErrNotFound = errors.New("not found")
	// ErrState: the row is not in a state from which this move is allowed.
	ErrState = errors.New("not possible in this state")
	// ErrLease: the lease is held by somebody else or has run out.
	ErrLease = errors.New("the lease is lost")
	// ErrVersion: the ledger was made by another version of the program.
	ErrVersion = errors.New("the ledger has another version")
	// ErrNewer is the ErrVersion of a ledger that this program is too old for.
	ErrNewer = fmt.Errorf("%w and is newer than this program", ErrVersion)
	// ErrDigest: what is to be approved or released is not what was shown.
	ErrDigest = errors.New("the notice is not what was shown")
)

// Open checks the ledger's version, migrates it where asked, and returns it.
func Open(ctx context.Context, o Options) (*DB, error) {
	if len(o.AuditKey) < 32 {
		return nil, errors.New("the audit key has fewer than 32 bytes")
	}
	db := &DB{write: o.Write, read: o.Read, auditKey: o.AuditKey, now: o.Now, moved: o.Moved}
	if db.now == nil {
		db.now = time.Now
	}
	if err := db.migrate(ctx, o.Migrate); err != nil {
		return nil, err
	}
	return db, nil
}

// Close closes both pools.
func (db *DB) Close() error {
	err := db.read.Close()
	if db.write != db.read {
		err = errors.Join(db.write.Close(), err)
	}
	return err
}

// Ping reports whether the ledger can be read and written.
func (db *DB) Ping(ctx context.Context) error {
	return db.tx(ctx, func(*tx) error { return nil })
}

// tx is one transaction that changes something.
type tx struct {
	*sql.Tx
	db    *DB
	ctx   context.Context
	now   time.Time
	moves [][2]string // noun and id of each audit row
}

// tx runs f in a transaction. Every writer takes the audit chain's end first.
// Writers therefore queue up, on PostgreSQL as on SQLite, and what f reads cannot
// change under it. A transaction that PostgreSQL gave up for a deadlock or for
// serialization is run again.
func (db *DB) tx(ctx context.Context, f func(*tx) error) error {
	const tries = 3
	var err error
	for range tries {
		if err = db.txOnce(ctx, f); err == nil || !rerun(err) {
			return err
		}
	}
	return err
}

func (db *DB) txOnce(ctx context.Context, f func(*tx) error) error {
	t, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("ledger: begin: %w", err)
	}
	defer t.Rollback() //nolint:errcheck // after Commit it has nothing to do
	if _, err := t.ExecContext(ctx, `update audit_head set seq = seq`); err != nil {
		return fmt.Errorf("ledger: begin: %w", err)
	}
	own := &tx{Tx: t, db: db, ctx: ctx, now: db.now()}
	if err := f(own); err != nil {
		return err
	}
	if err := t.Commit(); err != nil {
		return fmt.Errorf("ledger: commit: %w", err)
	}
	if db.moved != nil {
		for _, m := range own.moves {
			db.moved(m[0], m[1])
		}
	}
	return nil
}

// rerun reports whether err is PostgreSQL's serialization_failure or
// deadlock_detected. Nothing of such a transaction was kept.
func rerun(err error) bool {
	var s interface{ SQLState() string }
	return errors.As(err, &s) && (s.SQLState() == "40001" || s.SQLState() == "40P01")
}

// exec runs a statement and returns how many rows it changed.
func (t *tx) exec(query string, args ...any) (int64, error) {
	r, err := t.ExecContext(t.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// move changes the state of one row, which must be in state from, and writes the
// audit row.
func move[S ~string](t *tx, m Machine[S], id string, from, to S, actor, detail string) error {
	if !m.Allows(from, to) {
		return fmt.Errorf("%s %s: %s → %s: %w", m.Noun, id, from, to, ErrState)
	}
	key := "id"
	if m.Noun == ReceiptMachine.Noun {
		key = "report_id"
	}
	n, err := t.exec(`update `+m.Noun+` set state = $1, changed_ms = $2 where `+key+` = $3 and state = $4`,
		string(to), t.now.UnixMilli(), id, string(from))
	if err != nil {
		return fmt.Errorf("%s %s: %s → %s: %w", m.Noun, id, from, to, err)
	}
	if n != 1 {
		return fmt.Errorf("%s %s: it is no longer %s: %w", m.Noun, id, from, ErrState)
	}
	return t.audit(actor, m.Noun, id, string(from)+" → "+string(to), detail)
}

// made writes the audit row of a row that was just inserted.
func made[S ~string](t *tx, m Machine[S], id string, state S, actor, detail string) error {
	return t.audit(actor, m.Noun, id, "→ "+string(state), detail)
}

func millis(t time.Time) int64 { return t.UnixMilli() }

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func fromNullMillis(ms sql.NullInt64) time.Time { return fromMillis(ms.Int64) }

func integer(b bool) int {
	if b {
		return 1
	}
	return 0
}

// null is nil for "" and s otherwise, for columns where NULL says "none".
func null[S ~string](s S) any {
	if s == "" {
		return nil
	}
	return string(s)
}

// each scans every row of a query.
func each(rows *sql.Rows, err error, scan func(*sql.Rows) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
