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

// Kind is the kind of a notice.
type Kind string

// Kinds of notice.
const (
	KindTargetedMail Kind = "targeted-mail" // 標的型メール情報
	KindEarlyWarning Kind = "early-warning" // 早期警戒情報
	KindAlert        Kind = "alert"         // 注意喚起
	KindContent      Kind = "content"       // 情報共有会
	KindDrill        Kind = "drill"         // 訓練
)

// Kinds lists every kind.
func Kinds() []Kind {
	return []Kind{KindTargetedMail, KindEarlyWarning, KindAlert, KindContent, KindDrill}
}

// Content is what a notice tells: facts, and nothing else.
type Content struct {
	Title string `json:"title"`
	// Summary is what an operator wrote about it, in lines.
	Summary   string            `json:"summary,omitempty"`
	Originals []ContentOriginal `json:"originals"`
}

// ContentOriginal is one original as a notice tells it.
type ContentOriginal struct {
	// Inline says that no transport headers were there to be read.
	Inline bool           `json:"inline"`
	Facts  sanitize.Facts `json:"facts"`
	// Excerpt is a part of the original's text, redacted, that an operator put in.
	Excerpt string `json:"excerpt,omitempty"`
	// Problems are for the operator who decides; a notice does not tell them.
	Problems []sanitize.Problem `json:"problems,omitempty"`
}

// Notice is a notice as the ledger knows it.
type Notice struct {
	ID       NoticeID
	Case     CaseID
	Revision int
	Kind     Kind
	TLP      tlp.Label
	State    NoticeState
	Reason   string // why it is held or rejected
	Content  Content
	// FiscalYear and Serial are 0 before the release.
	FiscalYear, Serial int
	ApprovedBy         string
	// ApprovedDigest is the digest of what was shown to the approver.
	ApprovedDigest string
	Approved       time.Time
	Released       time.Time
	Created        time.Time
	Changed        time.Time
}

const noticeColumns = `id, case_id, revision, kind, tlp, state, reason, content, coalesce(fiscal_year, 0), coalesce(serial, 0),
	coalesce(approved_by, ''), coalesce(approved_digest, ''), approved_ms, released_ms, created_ms, changed_ms from notice`

func scanNotice(row interface{ Scan(...any) error }) (Notice, error) {
	var n Notice
	var content []byte
	var approved, released sql.NullInt64
	var created, changed int64
	err := row.Scan(&n.ID, &n.Case, &n.Revision, &n.Kind, &n.TLP, &n.State, &n.Reason, &content, &n.FiscalYear, &n.Serial,
		&n.ApprovedBy, &n.ApprovedDigest, &approved, &released, &created, &changed)
	if err != nil {
		return n, err
	}
	n.Approved, n.Released = fromNullMillis(approved), fromNullMillis(released)
	n.Created, n.Changed = fromMillis(created), fromMillis(changed)
	if err := json.Unmarshal(content, &n.Content); err != nil {
		return n, fmt.Errorf("notice %s: content: %w", n.ID, err)
	}
	return n, nil
}

// addNotice drafts the first notice of a case. It awaits approval, or is held at
// once when one of its problems asks for an operator's eye.
func (t *tx) addNotice(c CaseID, o DraftOriginal, d Draft) error {
	id := newNoticeID()
	content, err := json.Marshal(Content{
		Title:     o.Facts.Subject,
		Originals: []ContentOriginal{{Inline: o.Inline, Facts: o.Facts, Problems: o.Problems}},
	})
	if err != nil {
		return fmt.Errorf("notice %s: content: %w", id, err)
	}
	if _, err := t.exec(`
		insert into notice (id, case_id, revision, kind, tlp, state, reason, content, created_ms, changed_ms)
		values ($1, $2, 1, $3, $4, $5, '', $6, $7, $7)`,
		string(id), string(c), string(d.Kind), int(d.TLP), string(NoticeDraft), string(content), millis(t.now)); err != nil {
		return err
	}
	if err := made(t, NoticeMachine, string(id), NoticeDraft, ActorHub, ""); err != nil {
		return err
	}
	for _, p := range o.Problems {
		if p.Holds() {
			return t.holdNotice(id, NoticeDraft, ActorHub, "needs an operator's eye: "+p.Code)
		}
	}
	return move(t, NoticeMachine, string(id), NoticeDraft, NoticeAwaiting, ActorHub, "")
}

// holdNotice sets the reason before the state, because the CHECK wants both.
func (t *tx) holdNotice(id NoticeID, from NoticeState, actor, reason string) error {
	if _, err := t.exec(`update notice set reason = $1 where id = $2`, reason, string(id)); err != nil {
		return err
	}
	return move(t, NoticeMachine, string(id), from, NoticeHeld, actor, reason)
}

// Notice returns one notice, or ErrNotFound.
func (db *DB) Notice(ctx context.Context, id NoticeID) (Notice, error) {
	n, err := scanNotice(db.read.QueryRowContext(ctx, `select `+noticeColumns+` where id = $1`, string(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return n, fmt.Errorf("notice %s: %w", id, ErrNotFound)
	}
	return n, err
}

// NoticeBySerial returns the newest revision of a released notice, or ErrNotFound.
func (db *DB) NoticeBySerial(ctx context.Context, fiscalYear, serial int) (Notice, error) {
	n, err := scanNotice(db.read.QueryRowContext(ctx,
		`select `+noticeColumns+` where fiscal_year = $1 and serial = $2 order by revision desc limit 1`, fiscalYear, serial))
	if errors.Is(err, sql.ErrNoRows) {
		return n, fmt.Errorf("notice %d-%04d: %w", fiscalYear, serial, ErrNotFound)
	}
	return n, err
}

// Notices lists notices in the given state, or all for "", oldest first.
func (db *DB) Notices(ctx context.Context, state NoticeState, limit int) ([]Notice, error) {
	var all []Notice
	rows, err := db.read.QueryContext(ctx,
		`select `+noticeColumns+` where state = $1 or $1 = '' order by created_ms, id limit $2`, string(state), limit)
	err = each(rows, err, func(rows *sql.Rows) error {
		n, err := scanNotice(rows)
		all = append(all, n)
		return err
	})
	return all, err
}

// Approve records that operator approved what has this digest. It works only
// from awaiting approval, and a notice that was edited since it was shown has
// another digest by the time it is released, which stops it there.
func (db *DB) Approve(ctx context.Context, id NoticeID, operator, digest string) error {
	if operator == "" || len(digest) != 64 {
		return fmt.Errorf("approve notice %s: without an operator's name or a whole digest", id)
	}
	return db.tx(ctx, func(t *tx) error {
		if _, err := t.exec(`update notice set approved_by = $1, approved_digest = $2, approved_ms = $3 where id = $4 and state = $5`,
			operator, digest, millis(t.now), string(id), string(NoticeAwaiting)); err != nil {
			return err
		}
		return move(t, NoticeMachine, string(id), NoticeAwaiting, NoticeApproved, operator, "digest "+digest)
	})
}

// RejectNotice decides that a notice shall not go out.
func (db *DB) RejectNotice(ctx context.Context, id NoticeID, operator, reason string) error {
	return db.tx(ctx, func(t *tx) error {
		n, err := t.noticeHead(id)
		if err != nil {
			return err
		}
		if _, err := t.exec(`update notice set reason = $1 where id = $2`, reason, string(id)); err != nil {
			return err
		}
		if err := move(t, NoticeMachine, string(id), n.State, NoticeRejected, operator, reason); err != nil {
			return err
		}
		return t.settle(n.Case)
	})
}

// HoldNotice keeps a notice back until it is resumed.
func (db *DB) HoldNotice(ctx context.Context, id NoticeID, operator, reason string) error {
	return db.tx(ctx, func(t *tx) error {
		n, err := t.noticeHead(id)
		if err != nil {
			return err
		}
		return t.holdNotice(id, n.State, operator, reason)
	})
}

// ResumeNotice takes a held notice up again: it awaits approval.
func (db *DB) ResumeNotice(ctx context.Context, id NoticeID, operator string) error {
	return db.tx(ctx, func(t *tx) error {
		if err := move(t, NoticeMachine, string(id), NoticeHeld, NoticeAwaiting, operator, ""); err != nil {
			return err
		}
		_, err := t.exec(`update notice set reason = '', approved_by = null, approved_digest = null, approved_ms = null where id = $1`, string(id))
		return err
	})
}

func (t *tx) noticeHead(id NoticeID) (Notice, error) {
	n, err := scanNotice(t.QueryRowContext(t.ctx, `select `+noticeColumns+` where id = $1`, string(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return n, fmt.Errorf("notice %s: %w", id, ErrNotFound)
	}
	return n, err
}

// Release is what Planner decided for one approved notice.
type Release struct {
	Notice NoticeID
	// Digest is that of the notice as it would go out now; it must be the one
	// that was approved.
	Digest     string
	FiscalYear int
	Deliveries []NewDelivery
}

// NewDelivery is one planned delivery.
type NewDelivery struct {
	Contact     ContactID
	Destination string // the domain of the contact's address
	Language    string
}

// Release gives the notice its serial and plans all its deliveries, in one
// transaction. It returns false, and does nothing, when the notice is released
// already. ErrDigest: it is not what was approved.
func (db *DB) Release(ctx context.Context, r Release) (bool, error) {
	done := false
	err := db.tx(ctx, func(t *tx) error {
		done = false
		n, err := t.noticeHead(r.Notice)
		if err != nil {
			return err
		}
		if n.State == NoticeReleased {
			return nil
		}
		if n.ApprovedDigest != r.Digest {
			return ErrDigest
		}
		var serial int
		if err := t.QueryRowContext(ctx, `
			insert into serial (fiscal_year, last) values ($1, 1)
			on conflict (fiscal_year) do update set last = serial.last + 1 returning last`, r.FiscalYear).Scan(&serial); err != nil {
			return err
		}
		if _, err := t.exec(`update notice set fiscal_year = $1, serial = $2, released_ms = $3 where id = $4`,
			r.FiscalYear, serial, millis(t.now), string(r.Notice)); err != nil {
			return err
		}
		if err := move(t, NoticeMachine, string(r.Notice), NoticeApproved, NoticeReleased, ActorHub,
			fmt.Sprintf("serial %d of %d, %d deliveries", serial, r.FiscalYear, len(r.Deliveries))); err != nil {
			return err
		}
		if err := t.addDeliveries(r); err != nil {
			return err
		}
		done = true
		return t.settle(n.Case)
	})
	if err != nil {
		return false, fmt.Errorf("notice %s: release: %w", r.Notice, err)
	}
	return done, nil
}
