package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"kairan/sanitize"
)

// caseFor returns the case that takes in originals with this fingerprint, or
// makes one. A case whose notice was rejected or withdrawn, or that is older than
// mergeWindow, takes in nothing: what comes then is for an operator to see anew.
func (t *tx) caseFor(fingerprint string) (id CaseID, isNew bool, err error) {
	err = t.QueryRowContext(t.ctx, `
		select c.id from "case" c join notice n on n.case_id = c.id
		where c.fingerprint = $1 and c.created_ms > $2 and n.state in ('draft', 'awaiting-approval', 'approved', 'released', 'held')
		order by c.created_ms desc limit 1`,
		fingerprint, millis(t.now.Add(-mergeWindow))).Scan(&id)
	if err == nil || !errors.Is(err, sql.ErrNoRows) {
		return id, false, err
	}
	id = CaseID(newID("c", t.now))
	_, err = t.exec(`insert into "case" (id, fingerprint, created_ms) values ($1, $2, $3)`, string(id), fingerprint, millis(t.now))
	return id, true, err
}

// CaseAnalyses names the sealed analyses of every report that belongs to the
// case: together they hold everybody whom a notice about it must not name.
func (db *DB) CaseAnalyses(ctx context.Context, id CaseID) ([]VaultID, error) {
	var all []VaultID
	rows, err := db.read.QueryContext(ctx, `
		select distinct r.analysis_id from original o join report r on r.id = o.report_id
		where o.case_id = $1 and r.analysis_id is not null and r.erase_ms is null order by r.analysis_id`, string(id))
	err = each(rows, err, func(rows *sql.Rows) error {
		var v VaultID
		err := rows.Scan(&v)
		all = append(all, v)
		return err
	})
	return all, err
}

// settle decides the reports of a case whose notices have all been decided.
func (t *tx) settle(id CaseID) error {
	type tally struct{ open, released int }
	reports := map[ReportID]tally{}
	rows, err := t.QueryContext(t.ctx, `
		select r.id,
			sum(case when n.state in ('draft', 'awaiting-approval', 'approved', 'held') then 1 else 0 end),
			sum(case when n.state in ('released', 'superseded', 'withdrawn') then 1 else 0 end)
		from report r join original o on o.report_id = r.id join notice n on n.case_id = o.case_id
		where r.state = $1 and r.id in (select report_id from original where case_id = $2)
		group by r.id`, string(ReportDrafted), string(id))
	if err := each(rows, err, func(rows *sql.Rows) error {
		var r ReportID
		var n tally
		err := rows.Scan(&r, &n.open, &n.released)
		reports[r] = n
		return err
	}); err != nil {
		return err
	}
	for r, n := range reports {
		if n.open > 0 {
			continue
		}
		d := DecisionRejected
		if n.released > 0 {
			d = DecisionReleased
		}
		if err := t.decide(r, ReportDrafted, d, ActorHub); err != nil {
			return err
		}
	}
	return nil
}

// joined tells a case's notices, as far as they are not out, what an original that
// joined it teaches: what differs from theirs stands for a recipient and is told no
// more, and what holds its own draft holds them. An approval of what was to be told
// before does not hold for what is now: it is bound to its bytes.
func (t *tx) joined(id CaseID, o DraftOriginal) error {
	type open struct {
		id      NoticeID
		state   NoticeState
		content string
	}
	var notices []open
	rows, err := t.QueryContext(t.ctx, `select id, state, content from notice where case_id = $1 and state in ($2, $3, $4, $5)`,
		string(id), string(NoticeDraft), string(NoticeAwaiting), string(NoticeApproved), string(NoticeHeld))
	if err := each(rows, err, func(rows *sql.Rows) error {
		var n open
		err := rows.Scan(&n.id, &n.state, &n.content)
		notices = append(notices, n)
		return err
	}); err != nil {
		return err
	}
	for _, n := range notices {
		var c Content
		if err := json.Unmarshal([]byte(n.content), &c); err != nil {
			return fmt.Errorf("notice %s: content: %w", n.id, err)
		}
		changed := false
		for i := range c.Originals {
			facts, differs := sanitize.Generalise(c.Originals[i].Facts, o.Facts)
			if differs && c.Title == c.Originals[i].Facts.Subject {
				c.Title = facts.Subject
			}
			c.Originals[i].Facts = facts
			changed = changed || differs
		}
		if changed {
			b, err := json.Marshal(c)
			if err != nil {
				return fmt.Errorf("notice %s: content: %w", n.id, err)
			}
			if _, err := t.exec(`update notice set content = $1, changed_ms = $2 where id = $3`, string(b), millis(t.now), string(n.id)); err != nil {
				return err
			}
			if err := t.audit(ActorHub, "notice", string(n.id), "generalised", "what differs between its reports is told no more"); err != nil {
				return err
			}
		}
		if n.state != NoticeAwaiting {
			continue
		}
		for _, p := range o.Problems {
			if p.Holds() {
				if err := t.holdNotice(n.id, n.state, ActorHub, "another report of it needs an operator's eye: "+p.Code); err != nil {
					return err
				}
				break
			}
		}
	}
	return nil
}
