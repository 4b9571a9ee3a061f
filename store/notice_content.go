package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
)

// EditContent changes what a notice tells that is not out: one that awaits approval
// or is held. What was done is kept in the audit log, not the words. An edit is
// never lost: change is given what stands there now.
func (db *DB) EditContent(ctx context.Context, id NoticeID, operator, what string, change func(*Content) error) error {
	return db.tx(ctx, func(t *tx) error {
		n, err := t.noticeHead(id)
		if err != nil {
			return err
		}
		if n.State != NoticeAwaiting && n.State != NoticeHeld {
			return fmt.Errorf("notice %s is %s; only one that awaits approval or is held can be changed", id, n.State)
		}
		if err := change(&n.Content); err != nil {
			return err
		}
		content, err := json.Marshal(n.Content)
		if err != nil {
			return fmt.Errorf("notice %s: content: %w", id, err)
		}
		if _, err := t.exec(`update notice set content = $1, changed_ms = $2 where id = $3`, string(content), millis(t.now), string(id)); err != nil {
			return err
		}
		return t.audit(operator, "notice", string(id), "edited", what)
	})
}

// Source is where a notice's original lies: the sealed analysis of its report, and
// which of the report's originals it is, from 0.
type Source struct {
	Report   ReportID
	Analysis VaultID
	Place    int
}

// CaseSource is the source of the original from which the notice of a case was
// drafted: the first of the case. ErrNotFound when it was erased.
func (db *DB) CaseSource(ctx context.Context, id CaseID) (Source, error) {
	var s Source
	err := db.read.QueryRowContext(ctx, `
		select r.id, coalesce(r.analysis_id, ''), o.place - 1 from original o join report r on r.id = o.report_id
		where o.case_id = $1 and r.erase_ms is null order by o.id limit 1`, string(id)).Scan(&s.Report, &s.Analysis, &s.Place)
	if errors.Is(err, sql.ErrNoRows) || err == nil && s.Analysis == "" {
		return s, fmt.Errorf("case %s: the original's analysis: %w", id, ErrNotFound)
	}
	return s, err
}
