package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"
)

// ActorHub is the actor of everything that the hub does by itself.
const ActorHub = "hub"

// AuditRow is one row of the audit log: who moved what, when. It holds
// identifiers and constant words only.
type AuditRow struct {
	Seq     int64
	At      time.Time
	Actor   string // ActorHub, or the operator's name
	Noun    string
	Subject string
	Move    string // "queued → sending", or "→ received" for a row that was made
	Detail  string
	MAC     string
}

// mac chains a row to the one before it: HMAC-SHA-256 over the previous row's
// MAC and every field, each with its length in front, so that no two different
// rows have the same input.
func (r AuditRow) mac(key []byte, previous string) string {
	h := hmac.New(sha256.New, key)
	field := func(s string) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	var numbers [16]byte
	binary.BigEndian.PutUint64(numbers[:8], uint64(r.Seq))
	binary.BigEndian.PutUint64(numbers[8:], uint64(r.At.UnixMilli()))
	field(previous)
	h.Write(numbers[:])
	for _, s := range []string{r.Actor, r.Noun, r.Subject, r.Move, r.Detail} {
		field(s)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// audit appends a row to the chain, in the transaction of the move it tells of.
func (t *tx) audit(actor, noun, subject, move, detail string) error {
	var seq int64
	var previous string
	if err := t.QueryRowContext(t.ctx, `select seq, mac from audit_head`).Scan(&seq, &previous); err != nil {
		return fmt.Errorf("audit: read the end of the chain: %w", err)
	}
	r := AuditRow{Seq: seq + 1, At: fromMillis(t.now.UnixMilli()), Actor: actor, Noun: noun, Subject: subject, Move: move, Detail: detail}
	r.MAC = r.mac(t.db.auditKey, previous)
	if _, err := t.exec(`insert into audit (seq, at_ms, actor, noun, subject, move, detail, mac) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
		r.Seq, millis(r.At), r.Actor, r.Noun, r.Subject, r.Move, r.Detail, r.MAC); err != nil {
		return fmt.Errorf("audit: append: %w", err)
	}
	if _, err := t.exec(`update audit_head set seq = $1, mac = $2`, r.Seq, r.MAC); err != nil {
		return fmt.Errorf("audit: move the end of the chain: %w", err)
	}
	t.moves = append(t.moves, [2]string{noun, subject})
	return nil
}

// AuditAnchor names the end of the chain at some moment. Kept elsewhere (a log
// on another machine, paper), it shows later that no rows were cut off the end.
type AuditAnchor struct {
	Seq int64
	MAC string
}

// AuditHead is the chain's present end.
func (db *DB) AuditHead(ctx context.Context) (AuditAnchor, error) {
	var a AuditAnchor
	err := db.read.QueryRowContext(ctx, `select seq, mac from audit_head`).Scan(&a.Seq, &a.MAC)
	return a, err
}

// AuditBroken is the error of AuditVerify: the chain does not hold at Seq.
type AuditBroken struct {
	Seq  int64
	What string
}

func (e *AuditBroken) Error() string {
	return fmt.Sprintf("the audit log does not hold at row %d: %s", e.Seq, e.What)
}

// AuditVerify reads the whole chain and returns how many rows it has. A row that
// was changed, removed, added or moved, also at the end, gives an
// [*AuditBroken]. With an anchor other than the zero one it also checks that the
// anchor's row is there and unchanged.
func (db *DB) AuditVerify(ctx context.Context, anchor AuditAnchor) (int64, error) {
	t, err := db.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelDefault})
	if err != nil {
		return 0, fmt.Errorf("audit: %w", err)
	}
	defer t.Rollback() //nolint:errcheck // it only read
	// The head is read first: rows that are appended while this runs lie beyond it.
	var head AuditAnchor
	if err := t.QueryRowContext(ctx, `select seq, mac from audit_head`).Scan(&head.Seq, &head.MAC); err != nil {
		return 0, fmt.Errorf("audit: %w", err)
	}
	var n int64
	previous, anchored := "", anchor == AuditAnchor{}
	rows, err := t.QueryContext(ctx,
		`select seq, at_ms, actor, noun, subject, move, detail, mac from audit where seq <= $1 order by seq`, head.Seq)
	err = each(rows, err, func(rows *sql.Rows) error {
		var r AuditRow
		var at int64
		if err := rows.Scan(&r.Seq, &at, &r.Actor, &r.Noun, &r.Subject, &r.Move, &r.Detail, &r.MAC); err != nil {
			return err
		}
		r.At = fromMillis(at)
		if r.Seq != n+1 {
			return &AuditBroken{n + 1, "this row is missing"}
		}
		n++
		if !hmac.Equal([]byte(r.mac(db.auditKey, previous)), []byte(r.MAC)) {
			return &AuditBroken{r.Seq, "its code does not fit its content and the row before it"}
		}
		if r.Seq == anchor.Seq {
			if r.MAC != anchor.MAC {
				return &AuditBroken{r.Seq, "it is not the row that the anchor names"}
			}
			anchored = true
		}
		previous = r.MAC
		return nil
	})
	if err != nil {
		return n, err
	}
	if n != head.Seq || previous != head.MAC {
		return n, &AuditBroken{n + 1, "rows are missing at the end"}
	}
	if !anchored {
		return n, &AuditBroken{anchor.Seq, "the row that the anchor names is missing"}
	}
	return n, nil
}

// AuditOf lists the rows about one subject, oldest first.
func (db *DB) AuditOf(ctx context.Context, subject string) ([]AuditRow, error) {
	var all []AuditRow
	rows, err := db.read.QueryContext(ctx,
		`select seq, at_ms, actor, noun, subject, move, detail, mac from audit where subject = $1 order by seq`, subject)
	err = each(rows, err, func(rows *sql.Rows) error {
		var r AuditRow
		var at int64
		if err := rows.Scan(&r.Seq, &at, &r.Actor, &r.Noun, &r.Subject, &r.Move, &r.Detail, &r.MAC); err != nil {
			return err
		}
		r.At = fromMillis(at)
		all = append(all, r)
		return nil
	})
	return all, err
}
