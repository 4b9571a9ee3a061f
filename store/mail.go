package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// MailKind is what a mail at the mailbox turned out to be.
type MailKind string

// Kinds of mail. Only a report goes further; the others are kept and counted.
const (
	MailReport    MailKind = "report"
	MailReply     MailKind = "reply"
	MailBounce    MailKind = "bounce"
	MailAutoReply MailKind = "auto-reply"
	MailOwn       MailKind = "own"
)

// NewMail is a mail that lies sealed in the vault and is not yet in the ledger.
type NewMail struct {
	Mailbox     string // the mailbox's name in the configuration
	UIDValidity uint32
	UID         uint32
	SHA256      string // of the sealed bytes, lower-case hex
	Size        int64  // in bytes, as sealed
	HeaderOnly  bool   // past the size limit: only its header was taken
	Vault       VaultID
	Kind        MailKind

	// The rest is for reports.
	Authenticated bool
	Member        MemberID // whose reporter it is, "" when nobody knows
	// Hold is why the report must wait for an operator, "" when it need not.
	Hold string
}

// AddedMail is what AddMail did.
type AddedMail struct {
	// New is false when the ledger had this mail already; its Vault blob is then
	// not referred to, and the caller erases it.
	New    bool
	Report ReportID // "" for anything but a report
}

// Located tells whether the ledger knows the mail at this place. Filed is true
// once it was moved to the folder of processed mail.
func (db *DB) Located(ctx context.Context, mailbox string, uidValidity, uid uint32) (known, filed bool, err error) {
	var at sql.NullInt64
	err = db.read.QueryRowContext(ctx,
		`select filed_ms from mail_location where mailbox = $1 and uid_validity = $2 and uid = $3`,
		mailbox, int64(uidValidity), int64(uid)).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return false, false, nil
	}
	return err == nil, at.Valid, err
}

// AddMail records a mail and, if it is one, its report, under the mailbox's
// lease. The same bytes in the same mailbox are the same mail: a second time
// only the place is recorded.
func (db *DB) AddMail(ctx context.Context, l Lease, m NewMail) (AddedMail, error) {
	var added AddedMail
	err := db.tx(ctx, func(t *tx) error {
		added = AddedMail{}
		if err := t.holds(l); err != nil {
			return err
		}
		id := newID("m", t.now)
		n, err := t.exec(`
			insert into mail (id, mailbox, sha256, size, header_only, vault_id, kind, received_ms)
			values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (mailbox, sha256) do nothing`,
			id, m.Mailbox, m.SHA256, m.Size, integer(m.HeaderOnly), string(m.Vault), string(m.Kind), millis(t.now))
		if err != nil {
			return err
		}
		if n == 0 {
			if err := t.QueryRowContext(ctx, `select id from mail where mailbox = $1 and sha256 = $2`, m.Mailbox, m.SHA256).Scan(&id); err != nil {
				return err
			}
		}
		if _, err := t.exec(`
			insert into mail_location (mailbox, uid_validity, uid, mail_id, seen_ms)
			values ($1, $2, $3, $4, $5) on conflict (mailbox, uid_validity, uid) do nothing`,
			m.Mailbox, int64(m.UIDValidity), int64(m.UID), id, millis(t.now)); err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
		added.New = true
		if err := t.audit(ActorHub, "mail", id, "→ "+string(m.Kind), ""); err != nil {
			return err
		}
		if m.Kind != MailReport {
			return nil
		}
		added.Report = ReportID(newID("r", t.now))
		return t.addReport(added.Report, id, m)
	})
	if err != nil {
		return AddedMail{}, fmt.Errorf("record mail %d/%d of mailbox %s: %w", m.UIDValidity, m.UID, m.Mailbox, err)
	}
	return added, nil
}

// Filed records that the mail at this place was moved away, or is gone.
func (db *DB) Filed(ctx context.Context, l Lease, uidValidity, uid uint32, mailbox string) error {
	return db.tx(ctx, func(t *tx) error {
		if err := t.holds(l); err != nil {
			return err
		}
		_, err := t.exec(`update mail_location set filed_ms = $1 where mailbox = $2 and uid_validity = $3 and uid = $4 and filed_ms is null`,
			millis(t.now), mailbox, int64(uidValidity), int64(uid))
		return err
	})
}

// MailCounts counts the mails by kind.
func (db *DB) MailCounts(ctx context.Context) (map[MailKind]int, error) {
	counts := map[MailKind]int{}
	rows, err := db.read.QueryContext(ctx, `select kind, count(*) from mail group by kind`)
	err = each(rows, err, func(rows *sql.Rows) error {
		var k MailKind
		var n int
		if err := rows.Scan(&k, &n); err != nil {
			return err
		}
		counts[k] = n
		return nil
	})
	return counts, err
}

// VaultKnows reports whether anything in the ledger refers to the blob. What
// nothing refers to is left over from a process that was killed between the
// vault and the ledger.
func (db *DB) VaultKnows(ctx context.Context, id VaultID) (bool, error) {
	var n int
	err := db.read.QueryRowContext(ctx,
		`select (select count(*) from mail where vault_id = $1) + (select count(*) from report where analysis_id = $1)`, string(id)).Scan(&n)
	return n > 0, err
}
