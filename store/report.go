package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"kairan/sanitize"
	"kairan/store/tlp"
)

// Report is a report as the ledger knows it.
type Report struct {
	ID            ReportID
	Number        string // the receipt number, "K7Q2-M9XD"
	Mailbox       string
	State         ReportState
	Decision      Decision
	Reason        string // why it is held or rejected; no identity
	Authenticated bool
	Member        MemberID
	Vault         VaultID // the mail, byte for byte
	Analysis      VaultID // what was learned from it, sealed; "" before it was read
	HeaderOnly    bool
	Size          int64
	Tries         int
	Received      time.Time
	Changed       time.Time
	// Erased is when its erasure was decided, zero before; Gone is when it ended.
	Erased, Gone time.Time
}

const reportColumns = `r.id, r.number, m.mailbox, r.state, coalesce(r.decision, ''), r.reason, r.authenticated,
	coalesce(r.member_id, ''), m.vault_id, coalesce(r.analysis_id, ''), m.header_only, m.size, r.tries, r.received_ms, r.changed_ms,
	coalesce(r.erase_ms, 0), coalesce(r.erased_ms, 0)
	from report r join mail m on m.id = r.mail_id`

func scanReport(row interface{ Scan(...any) error }) (Report, error) {
	var r Report
	var received, changed, erased, gone int64
	err := row.Scan(&r.ID, &r.Number, &r.Mailbox, &r.State, &r.Decision, &r.Reason, &r.Authenticated, &r.Member,
		&r.Vault, &r.Analysis, &r.HeaderOnly, &r.Size, &r.Tries, &received, &changed, &erased, &gone)
	r.Received, r.Changed = fromMillis(received), fromMillis(changed)
	if erased > 0 {
		r.Erased = fromMillis(erased)
	}
	if gone > 0 {
		r.Gone = fromMillis(gone)
	}
	return r, err
}

// addReport makes the report of a mail, received or held from the start.
func (t *tx) addReport(id ReportID, mail string, m NewMail) error {
	state := ReportReceived
	if m.Hold != "" {
		state = ReportHeld
	}
	if _, err := t.exec(`
		insert into report (id, mail_id, number, state, reason, authenticated, member_id, due_ms, received_ms, changed_ms)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $8)`,
		string(id), mail, newReceiptNumber(), string(state), m.Hold, integer(m.Authenticated), null(m.Member), millis(t.now)); err != nil {
		return err
	}
	return made(t, ReportMachine, string(id), state, ActorHub, m.Hold)
}

// Report returns one report, or ErrNotFound.
func (db *DB) Report(ctx context.Context, id ReportID) (Report, error) {
	r, err := scanReport(db.read.QueryRowContext(ctx, `select `+reportColumns+` where r.id = $1 or r.number = $1`, string(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return r, fmt.Errorf("report %s: %w", id, ErrNotFound)
	}
	return r, err
}

// Reports lists reports in the given state, or all for "", oldest first.
func (db *DB) Reports(ctx context.Context, state ReportState, limit int) ([]Report, error) {
	var all []Report
	rows, err := db.read.QueryContext(ctx,
		`select `+reportColumns+` where r.state = $1 or $1 = '' order by r.received_ms, r.id limit $2`, string(state), limit)
	err = each(rows, err, func(rows *sql.Rows) error {
		r, err := scanReport(rows)
		all = append(all, r)
		return err
	})
	return all, err
}

// DueReports lists the reports that wait to be read now, oldest first.
func (db *DB) DueReports(ctx context.Context, limit int) ([]ReportID, error) {
	var all []ReportID
	rows, err := db.read.QueryContext(ctx,
		`select id from report where state = $1 and due_ms <= $2 order by received_ms, id limit $3`,
		string(ReportReceived), millis(db.now()), limit)
	err = each(rows, err, func(rows *sql.Rows) error {
		var id ReportID
		err := rows.Scan(&id)
		all = append(all, id)
		return err
	})
	return all, err
}

// PostponeReport counts a failed try to read the report, for a reason outside
// it, and sets when to try again.
func (db *DB) PostponeReport(ctx context.Context, id ReportID, next time.Time) error {
	return db.tx(ctx, func(t *tx) error {
		_, err := t.exec(`update report set tries = tries + 1, due_ms = $1 where id = $2 and state = $3`,
			millis(next), string(id), string(ReportReceived))
		return err
	})
}

// HoldReport keeps a report that cannot go on by itself, with the reason.
func (db *DB) HoldReport(ctx context.Context, id ReportID, reason string) error {
	return db.tx(ctx, func(t *tx) error { return t.holdReport(id, ReportReceived, reason) })
}

// holdReport sets the reason before the state, because the CHECK wants both.
func (t *tx) holdReport(id ReportID, from ReportState, reason string) error {
	if _, err := t.exec(`update report set reason = $1 where id = $2`, reason, string(id)); err != nil {
		return err
	}
	return move(t, ReportMachine, string(id), from, ReportHeld, ActorHub, reason)
}

// RetryReport has a held report read again. With vouch the operator answers for
// its sender: it is then treated as authenticated. Without, a report whose sender
// is not authenticated stays held: ErrState.
func (db *DB) RetryReport(ctx context.Context, id ReportID, operator string, vouch bool) error {
	return db.tx(ctx, func(t *tx) error {
		detail := ""
		if vouch {
			detail = "sender vouched for"
		} else {
			var authenticated bool
			if err := t.QueryRowContext(ctx, `select authenticated from report where id = $1`, string(id)).Scan(&authenticated); err != nil {
				return fmt.Errorf("report %s: %w", id, err)
			}
			if !authenticated {
				return fmt.Errorf("report %s: its sender is not authenticated, so somebody must vouch for it: %w", id, ErrState)
			}
		}
		if err := move(t, ReportMachine, string(id), ReportHeld, ReportReceived, operator, detail); err != nil {
			return err
		}
		_, err := t.exec(`update report set reason = '', tries = 0, due_ms = $1,
			authenticated = case when $2 = 1 then 1 else authenticated end where id = $3`, millis(t.now), integer(vouch), string(id))
		return err
	})
}

// RejectReport decides that a held report leads to nothing.
func (db *DB) RejectReport(ctx context.Context, id ReportID, operator, reason string) error {
	return db.tx(ctx, func(t *tx) error {
		// The decision comes first: a decided row without one is refused.
		if _, err := t.exec(`update report set reason = $1 where id = $2`, reason, string(id)); err != nil {
			return err
		}
		return t.decide(id, ReportHeld, DecisionRejected, operator)
	})
}

// decide moves a report to decided. It is a statement of its own because state
// and decision must change together (see the CHECK).
func (t *tx) decide(id ReportID, from ReportState, d Decision, actor string) error {
	if !ReportMachine.Allows(from, ReportDecided) {
		return fmt.Errorf("report %s: %s → decided: %w", id, from, ErrState)
	}
	n, err := t.exec(`update report set state = $1, decision = $2, changed_ms = $3 where id = $4 and state = $5`,
		string(ReportDecided), string(d), millis(t.now), string(id), string(from))
	if err != nil {
		return fmt.Errorf("report %s: decide: %w", id, err)
	}
	if n != 1 {
		return fmt.Errorf("report %s: it is no longer %s: %w", id, from, ErrState)
	}
	return t.audit(actor, ReportMachine.Noun, string(id), string(from)+" → "+string(ReportDecided), string(d))
}

// Draft is what reading a report yielded.
type Draft struct {
	Analysis  VaultID // the sealed Analysis of the report
	Originals []DraftOriginal
	Kind      Kind
	TLP       tlp.Label
	// Hold is why a report without originals is held.
	Hold string
}

// DraftOriginal is one original of the report. Originals with the same
// fingerprint belong to one case.
type DraftOriginal struct {
	sanitize.Sanitized
	Fingerprint string
}

// mergeWindow is how long a case takes in further originals.
const mergeWindow = 90 * 24 * time.Hour

// AddDraft records what was found in a report that is still received, drafts a
// notice for every new case among its originals, and queues the reporter's
// receipt if the report was authenticated. It returns false, and does nothing,
// when the report is no longer received: doing it again does nothing.
func (db *DB) AddDraft(ctx context.Context, id ReportID, d Draft) (bool, error) {
	done := false
	err := db.tx(ctx, func(t *tx) error {
		done = false
		var state ReportState
		var authenticated bool
		err := t.QueryRowContext(ctx, `select state, authenticated from report where id = $1`, string(id)).Scan(&state, &authenticated)
		if err != nil || state != ReportReceived {
			return err
		}
		done = true
		if _, err := t.exec(`update report set analysis_id = $1 where id = $2`, string(d.Analysis), string(id)); err != nil {
			return err
		}
		if err := move(t, ReportMachine, string(id), ReportReceived, ReportUnwrapped, ActorHub, fmt.Sprintf("%d originals", len(d.Originals))); err != nil {
			return err
		}
		if authenticated {
			if err := t.addReceipt(id, len(d.Originals)); err != nil {
				return err
			}
		}
		if len(d.Originals) == 0 {
			return t.holdReport(id, ReportUnwrapped, d.Hold)
		}
		merged := true
		for i, o := range d.Originals {
			isNew, err := t.addOriginal(id, i+1, o, d)
			if err != nil {
				return err
			}
			merged = merged && !isNew
		}
		if err := move(t, ReportMachine, string(id), ReportUnwrapped, ReportDrafted, ActorHub, ""); err != nil {
			return err
		}
		if merged {
			return t.decide(id, ReportDrafted, DecisionMerged, ActorHub)
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("report %s: draft: %w", id, err)
	}
	return done, nil
}

// addOriginal puts an original into its case and drafts a notice when the case
// is new. It returns whether it is.
func (t *tx) addOriginal(report ReportID, place int, o DraftOriginal, d Draft) (isNew bool, err error) {
	id := newID("o", t.now)
	caseID, isNew, err := t.caseFor(o.Fingerprint)
	if err != nil {
		return false, err
	}
	facts, err := json.Marshal(o.Facts)
	if err != nil {
		return false, fmt.Errorf("original %s: %w", id, err)
	}
	problems, err := json.Marshal(o.Problems)
	if err != nil {
		return false, fmt.Errorf("original %s: %w", id, err)
	}
	if _, err := t.exec(`
		insert into original (id, report_id, case_id, place, path, sha256, size, inline, facts, problems)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		id, string(report), string(caseID), place, o.Path, o.SHA256, o.Size, integer(o.Inline), string(facts), string(problems)); err != nil {
		return false, err
	}
	if !isNew {
		if err := t.audit(ActorHub, "case", string(caseID), "joined", id); err != nil {
			return false, err
		}
		return false, t.joined(caseID, o)
	}
	return true, t.addNotice(caseID, o, d)
}

// Original is an original as the ledger knows it.
type Original struct {
	ID       OriginalID
	Report   ReportID
	Case     CaseID
	Path     string
	SHA256   string
	Size     int
	Inline   bool
	Facts    sanitize.Facts
	Problems []sanitize.Problem
}

// Originals lists the originals of a report in their order.
func (db *DB) Originals(ctx context.Context, report ReportID) ([]Original, error) {
	var all []Original
	rows, err := db.read.QueryContext(ctx,
		`select id, report_id, case_id, path, sha256, size, inline, facts, problems from original where report_id = $1 order by place`, string(report))
	err = each(rows, err, func(rows *sql.Rows) error {
		var o Original
		var facts, problems []byte
		if err := rows.Scan(&o.ID, &o.Report, &o.Case, &o.Path, &o.SHA256, &o.Size, &o.Inline, &facts, &problems); err != nil {
			return err
		}
		all = append(all, o)
		return errors.Join(json.Unmarshal(facts, &all[len(all)-1].Facts), json.Unmarshal(problems, &all[len(all)-1].Problems))
	})
	return all, err
}

// ReportsNear lists the other authenticated reports of the same member that came
// within the given time before or after report id, oldest first: a reporter often
// says in a second mail what belongs to the first.
func (db *DB) ReportsNear(ctx context.Context, id ReportID, within time.Duration) ([]Report, error) {
	one, err := db.Report(ctx, id)
	if err != nil {
		return nil, err
	}
	const most = 100
	var all []Report
	rows, err := db.read.QueryContext(ctx, `select `+reportColumns+`
		where r.id <> $1 and r.authenticated = 1 and coalesce(r.member_id, '') = $2 and r.received_ms between $3 and $4
		order by r.received_ms, r.id limit $5`,
		string(one.ID), string(one.Member), millis(one.Received.Add(-within)), millis(one.Received.Add(within)), most)
	err = each(rows, err, func(rows *sql.Rows) error {
		r, err := scanReport(rows)
		all = append(all, r)
		return err
	})
	return all, err
}
