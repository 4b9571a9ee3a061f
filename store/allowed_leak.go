package store

import (
	"context"
	"database/sql"
	"fmt"

	"kairan/sanitize"
)

// AllowLeak lets one hit of the leak gate pass in one notice, and records who said
// so and why. It works only while the notice is not out. Doing it again does
// nothing.
func (db *DB) AllowLeak(ctx context.Context, id NoticeID, l sanitize.Leak, operator, reason string) error {
	if operator == "" || reason == "" {
		return fmt.Errorf("notice %s: letting a leak pass wants an operator's name and a reason", id)
	}
	return db.tx(ctx, func(t *tx) error {
		n, err := t.noticeHead(id)
		if err != nil {
			return err
		}
		if n.State != NoticeAwaiting && n.State != NoticeHeld {
			return fmt.Errorf("notice %s is %s; only before it is approved can something be let pass", id, n.State)
		}
		added, err := t.exec(`
			insert into allowed_leak (notice_id, kind, owner, place, how, operator, reason, at_ms) values ($1, $2, $3, $4, $5, $6, $7, $8)
			on conflict do nothing`, string(id), string(l.Kind), l.Owner, l.Where, l.How, operator, reason, millis(t.now))
		if err != nil || added == 0 {
			return err
		}
		return t.audit(operator, "notice", string(id), "leak allowed", fmt.Sprintf("%s of %s in %s, %s: %s", l.Kind, l.Owner, l.Where, l.How, reason))
	})
}

// AllowedLeaks are the hits that were let pass in a notice.
func (db *DB) AllowedLeaks(ctx context.Context, id NoticeID) ([]sanitize.Leak, error) {
	var all []sanitize.Leak
	rows, err := db.read.QueryContext(ctx, `select kind, owner, place, how from allowed_leak where notice_id = $1 order by at_ms, place`, string(id))
	err = each(rows, err, func(rows *sql.Rows) error {
		var l sanitize.Leak
		err := rows.Scan(&l.Kind, &l.Owner, &l.Where, &l.How)
		all = append(all, l)
		return err
	})
	return all, err
}
