package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Receipt is the one mail that tells a reporter that the report arrived.
type Receipt struct {
	Report    ReportID
	Number    string
	Originals int
	Vault     VaultID // the report, from which the reporter's address is read
	State     ReceiptState
	Tries     int
	Code      int
	Reply     string
}

// addReceipt queues the receipt of a report, unless it has one: a report that is
// read again must not bring its reporter a second mail.
func (t *tx) addReceipt(id ReportID, originals int) error {
	n, err := t.exec(`insert into receipt (report_id, state, originals, due_ms, changed_ms) values ($1, $2, $3, $4, $4) on conflict (report_id) do nothing`,
		string(id), string(ReceiptQueued), originals, millis(t.now))
	if err != nil || n == 0 {
		return err
	}
	return made(t, ReceiptMachine, string(id), ReceiptQueued, ActorHub, "")
}

const receiptColumns = `p.report_id, r.number, p.originals, m.vault_id, p.state, p.tries, p.code, p.reply
	from receipt p join report r on r.id = p.report_id join mail m on m.id = r.mail_id`

func scanReceipt(row interface{ Scan(...any) error }) (Receipt, error) {
	var r Receipt
	err := row.Scan(&r.Report, &r.Number, &r.Originals, &r.Vault, &r.State, &r.Tries, &r.Code, &r.Reply)
	return r, err
}

// Receipt returns the receipt of a report, or ErrNotFound when it gets none.
func (db *DB) Receipt(ctx context.Context, id ReportID) (Receipt, error) {
	r, err := scanReceipt(db.read.QueryRowContext(ctx, `select `+receiptColumns+` where p.report_id = $1`, string(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return r, fmt.Errorf("receipt of report %s: %w", id, ErrNotFound)
	}
	return r, err
}

// DueReceipts lists the reports whose receipts are to be sent now.
func (db *DB) DueReceipts(ctx context.Context, limit int) ([]ReportID, error) {
	var all []ReportID
	rows, err := db.read.QueryContext(ctx, `select report_id from receipt where state = $1 and due_ms <= $2 order by due_ms limit $3`,
		string(ReceiptQueued), millis(db.now()), limit)
	err = each(rows, err, func(rows *sql.Rows) error {
		var id ReportID
		err := rows.Scan(&id)
		all = append(all, id)
		return err
	})
	return all, err
}

// BeginReceipt claims a receipt until the given time. It returns false when it
// is not there to be claimed.
func (db *DB) BeginReceipt(ctx context.Context, id ReportID, until time.Time) (Receipt, bool, error) {
	var r Receipt
	ok := false
	err := db.tx(ctx, func(t *tx) error {
		ok = false
		var err error
		r, err = scanReceipt(t.QueryRowContext(ctx, `select `+receiptColumns+` where p.report_id = $1 and p.state = $2 and p.due_ms <= $3`,
			string(id), string(ReceiptQueued), millis(t.now)))
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := t.exec(`update receipt set claim_until_ms = $1 where report_id = $2`, millis(until), string(id)); err != nil {
			return err
		}
		ok = true
		return move(t, ReceiptMachine, string(id), ReceiptQueued, ReceiptSending, ActorHub, "")
	})
	if err != nil {
		return Receipt{}, false, fmt.Errorf("receipt of report %s: begin: %w", id, err)
	}
	return r, ok, nil
}

// EndReceipt records what became of a claimed receipt. A transient outcome is
// tried again at next, or never when next is zero.
func (db *DB) EndReceipt(ctx context.Context, id ReportID, o Outcome, next time.Time) error {
	to, tries := ReceiptFailed, 1
	switch {
	case o.Kind == Accepted:
		to = ReceiptAccepted
	case o.Kind == Unknown:
		to = ReceiptUnknown
	case o.Kind == Stopped:
		to, tries = ReceiptQueued, 0
	case o.Kind == Transient && !next.IsZero():
		to = ReceiptQueued
	}
	err := db.tx(ctx, func(t *tx) error {
		if next.IsZero() {
			next = t.now
		}
		if _, err := t.exec(`update receipt set tries = tries + $1, due_ms = $2, code = $3, reply = $4 where report_id = $5`,
			tries, millis(next), o.Code, o.Text, string(id)); err != nil {
			return err
		}
		return move(t, ReceiptMachine, string(id), ReceiptSending, to, ActorHub, string(o.Kind))
	})
	if err != nil {
		return fmt.Errorf("receipt of report %s: end: %w", id, err)
	}
	return nil
}

// ReceiptCounts counts receipts by state.
func (db *DB) ReceiptCounts(ctx context.Context) (map[ReceiptState]int, error) {
	counts := map[ReceiptState]int{}
	rows, err := db.read.QueryContext(ctx, `select state, count(*) from receipt group by state`)
	err = each(rows, err, func(rows *sql.Rows) error {
		var s ReceiptState
		var n int
		err := rows.Scan(&s, &n)
		counts[s] = n
		return err
	})
	return counts, err
}
