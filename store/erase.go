package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// ErrInUse is the error of erasing a report that something still needs.
var ErrInUse = errors.New("it is still needed")

// EraseReport decides that a report is erased, and takes everything from the ledger
// that could identify who reported or was attacked: who the reporter was, the
// digests of the mails, what the relay answered the receipt. What is sealed in the
// vault is destroyed afterwards, see [DB.Erasures]: an erasure that was decided and
// not ended is taken up again.
//
// A notice of its case that is not out is rejected, since what it must not tell can
// no longer be known; one that is out stays. While deliveries of it are under way
// the report is needed, and the error wraps [ErrInUse]. Doing it again does nothing.
// keepFacts keeps what was told of its originals, which was redacted, for searches;
// [DB.ForgetFacts] ends that.
func (db *DB) EraseReport(ctx context.Context, id ReportID, operator, reason string, keepFacts bool) error {
	if operator == "" || reason == "" {
		return fmt.Errorf("erase report %s: without an operator's name or a reason", id)
	}
	return db.tx(ctx, func(t *tx) error {
		var mail string
		var asked sql.NullInt64
		var state ReportState
		err := t.QueryRowContext(t.ctx, `select id, mail_id, state, erase_ms from report where id = $1 or number = $1`, string(id)).Scan(&id, &mail, &state, &asked)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("report %s: %w", id, ErrNotFound)
		}
		if err != nil || asked.Valid {
			return err
		}
		if err := t.underWay(id); err != nil {
			return err
		}
		if err := t.rejectNotices(id, operator); err != nil {
			return err
		}
		if err := t.QueryRowContext(t.ctx, `select state from report where id = $1`, string(id)).Scan(&state); err != nil {
			return err
		}
		if state != ReportDecided {
			if state != ReportHeld {
				return fmt.Errorf("report %s is %s: %w; wait until it was read", id, state, ErrInUse)
			}
			if _, err := t.exec(`update report set reason = 'erased' where id = $1`, string(id)); err != nil {
				return err
			}
			if err := t.decide(id, ReportHeld, DecisionRejected, operator); err != nil {
				return err
			}
		}
		if _, err := t.exec(`
			update report set erase_ms = $2, changed_ms = $2, member_id = null, ceptoar_id = (select ceptoar_id from member where member.id = report.member_id)
			where id = $1`, string(id), millis(t.now)); err != nil {
			return err
		}
		if _, err := t.exec(`update receipt set reply = '' where report_id = $1`, string(id)); err != nil {
			return err
		}
		if _, err := t.exec(`update original set sha256 = '', path = '', problems = '[]' where report_id = $1`, string(id)); err != nil {
			return err
		}
		if !keepFacts {
			if _, err := t.exec(`update original set facts = '{}' where report_id = $1`, string(id)); err != nil {
				return err
			}
		}
		// The mail's own digest stays: the same mail must not become a report again,
		// and it tells nothing to who does not have the mail.
		return t.audit(operator, "report", string(id), "erasing", reason)
	})
}

// underWay refuses while deliveries of the report's notices are not ended.
func (t *tx) underWay(id ReportID) error {
	var open int
	if err := t.QueryRowContext(t.ctx, `
		select count(*) from delivery d join notice n on n.id = d.notice_id join original o on o.case_id = n.case_id
		where o.report_id = $1 and d.state in ($2, $3, $4, $5)`,
		string(id), string(DeliveryQueued), string(DeliverySending), string(DeliveryDeferred), string(DeliveryUnknown)).Scan(&open); err != nil {
		return err
	}
	var approved int
	if err := t.QueryRowContext(t.ctx, `
		select count(*) from notice n join original o on o.case_id = n.case_id where o.report_id = $1 and n.state = $2`,
		string(id), string(NoticeApproved)).Scan(&approved); err != nil {
		return err
	}
	if open+approved > 0 {
		return fmt.Errorf("report %s: %w: its notice is under way, and the leak gate reads what was learned from it before each delivery; wait, or cancel them", id, ErrInUse)
	}
	return nil
}

// rejectNotices rejects what is not out of the report's cases.
func (t *tx) rejectNotices(id ReportID, operator string) error {
	type open struct {
		id    NoticeID
		in    CaseID
		state NoticeState
	}
	var notices []open
	rows, err := t.QueryContext(t.ctx, `
		select distinct n.id, n.case_id, n.state from notice n join original o on o.case_id = n.case_id
		where o.report_id = $1 and n.state in ($2, $3)`, string(id), string(NoticeAwaiting), string(NoticeHeld))
	if err := each(rows, err, func(rows *sql.Rows) error {
		var n open
		err := rows.Scan(&n.id, &n.in, &n.state)
		notices = append(notices, n)
		return err
	}); err != nil {
		return err
	}
	const reason = "a report of it was erased"
	for _, n := range notices {
		if _, err := t.exec(`update notice set reason = $1 where id = $2`, reason, string(n.id)); err != nil {
			return err
		}
		if err := move(t, NoticeMachine, string(n.id), n.state, NoticeRejected, operator, reason); err != nil {
			return err
		}
		if err := t.settle(n.in); err != nil {
			return err
		}
	}
	return nil
}

// Erasure is a report whose erasure was decided, and what of it is sealed.
type Erasure struct {
	Report ReportID
	Blobs  []VaultID
}

// Erasures lists the erasures that were decided and not ended.
func (db *DB) Erasures(ctx context.Context, limit int) ([]Erasure, error) {
	var all []Erasure
	rows, err := db.read.QueryContext(ctx, `
		select r.id, m.vault_id, coalesce(r.analysis_id, '') from report r join mail m on m.id = r.mail_id
		where r.erase_ms is not null and r.erased_ms is null order by r.erase_ms, r.id limit $1`, limit)
	err = each(rows, err, func(rows *sql.Rows) error {
		var e Erasure
		var mail, analysis VaultID
		err := rows.Scan(&e.Report, &mail, &analysis)
		e.Blobs = append(e.Blobs, mail)
		if analysis != "" {
			e.Blobs = append(e.Blobs, analysis)
		}
		all = append(all, e)
		return err
	})
	return all, err
}

// EndErasure records that what was sealed of the report is destroyed.
func (db *DB) EndErasure(ctx context.Context, id ReportID) error {
	return db.tx(ctx, func(t *tx) error {
		r, err := t.exec(`update report set erased_ms = $2 where id = $1 and erase_ms is not null and erased_ms is null`, string(id), millis(t.now))
		if err != nil || r == 0 {
			return err
		}
		return t.audit(ActorHub, "report", string(id), "erased", "")
	})
}

// OldReports lists decided reports that came before a time and are not erased,
// oldest first.
func (db *DB) OldReports(ctx context.Context, before time.Time, limit int) ([]ReportID, error) {
	var all []ReportID
	rows, err := db.read.QueryContext(ctx, `
		select id from report where state = $1 and received_ms < $2 and erase_ms is null order by received_ms, id limit $3`,
		string(ReportDecided), millis(before), limit)
	err = each(rows, err, func(rows *sql.Rows) error {
		var id ReportID
		err := rows.Scan(&id)
		all = append(all, id)
		return err
	})
	return all, err
}

// ForgetFacts takes from the ledger what was told of the originals of erased reports
// that came before a time, and returns of how many. Notices keep what they told.
func (db *DB) ForgetFacts(ctx context.Context, before time.Time) (int, error) {
	n := 0
	err := db.tx(ctx, func(t *tx) error {
		changed, err := t.exec(`
			update original set facts = '{}' where facts <> '{}' and report_id in
				(select id from report where received_ms < $1 and erased_ms is not null)`, millis(before))
		n = int(changed)
		if err != nil || n == 0 {
			return err
		}
		return t.audit(ActorHub, "facts", "all", "forgotten", fmt.Sprintf("%d originals of before %s", n, before.UTC().Format(time.DateOnly)))
	})
	return n, err
}

// RecordAccess records that somebody reads a mail, and why. It is called before
// the bytes are given: without a record there is no reading.
func (db *DB) RecordAccess(ctx context.Context, id ReportID, operator, what, reason string) error {
	if operator == "" || reason == "" {
		return fmt.Errorf("report %s: reading it wants an operator's name and a reason", id)
	}
	return db.tx(ctx, func(t *tx) error { return t.audit(operator, "report", string(id), what, reason) })
}
