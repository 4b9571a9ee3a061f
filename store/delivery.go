package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Delivery is one revision of one notice for one contact.
type Delivery struct {
	ID          DeliveryID
	Notice      NoticeID
	Contact     ContactID
	State       DeliveryState
	Reason      string // why it was suppressed, cancelled or bounced
	Destination string
	Language    string
	Tries       int // attempts that count: being stopped before the dot does not
	Claim       int // claims so far; names the attempt under way or the last one
	Due         time.Time
	Planned     time.Time
	Accepted    time.Time // zero unless accepted
	Changed     time.Time
}

const deliveryColumns = `d.id, d.notice_id, d.contact_id, d.state, d.reason, d.destination, d.language, d.tries, d.claim, d.due_ms, d.planned_ms, d.accepted_ms, d.changed_ms`

func scanDelivery(row interface{ Scan(...any) error }, more ...any) (Delivery, error) {
	var d Delivery
	var due, planned, changed int64
	var accepted sql.NullInt64
	err := row.Scan(append([]any{&d.ID, &d.Notice, &d.Contact, &d.State, &d.Reason, &d.Destination, &d.Language, &d.Tries, &d.Claim,
		&due, &planned, &accepted, &changed}, more...)...)
	d.Due, d.Planned, d.Accepted, d.Changed = fromMillis(due), fromMillis(planned), fromNullMillis(accepted), fromMillis(changed)
	return d, err
}

// addDeliveries inserts the planned deliveries, many in one statement. The
// release's own audit row counts them.
func (t *tx) addDeliveries(r Release) error {
	const perStatement = 500 // 8 parameters each: below SQLite's 32,766 and PostgreSQL's 65,535
	for from := 0; from < len(r.Deliveries); from += perStatement {
		batch := r.Deliveries[from:min(from+perStatement, len(r.Deliveries))]
		var b strings.Builder
		var args []any
		b.WriteString(`insert into delivery (id, notice_id, contact_id, approved_digest, state, destination, language, due_ms, planned_ms, changed_ms) values `)
		for i, d := range batch {
			if i > 0 {
				b.WriteString(", ")
			}
			p := len(args)
			fmt.Fprintf(&b, "($%d, $%d, $%d, $%d, $%d, $%d, $%d, $%d, $%d, $%d)", p+1, p+2, p+3, p+4, p+5, p+6, p+7, p+8, p+8, p+8)
			args = append(args, newID("d", t.now), string(r.Notice), string(d.Contact), r.Digest, string(DeliveryQueued), d.Destination, d.Language, millis(t.now))
		}
		if _, err := t.exec(b.String(), args...); err != nil {
			return err
		}
	}
	return nil
}

// Work is a delivery that is due, and the claim it would have: together they
// name the work in JetStream.
type Work struct {
	Delivery DeliveryID
	Claim    int
}

// DueDeliveries lists deliveries that are queued and due, at most window of each
// destination and limit in all. What is beyond the window waits in the ledger,
// so that a destination that hangs never fills the queue.
func (db *DB) DueDeliveries(ctx context.Context, window, limit int) ([]Work, error) {
	var all []Work
	rows, err := db.read.QueryContext(ctx, `
		select id, claim + 1 from (
			select id, claim, due_ms, row_number() over (partition by destination order by due_ms, id) as place
			from delivery where state = $1 and due_ms <= $2) ready
		where place <= $3 order by due_ms, id limit $4`,
		string(DeliveryQueued), millis(db.now()), window, limit)
	err = each(rows, err, func(rows *sql.Rows) error {
		var w Work
		err := rows.Scan(&w.Delivery, &w.Claim)
		all = append(all, w)
		return err
	})
	return all, err
}

// Claim is what a worker needs to send one delivery.
type Claim struct {
	Delivery
	Address string
}

// Begin claims a delivery for worker until the given time: queued → sending,
// with an attempt under way. It returns false when there is nothing to do:
// somebody else has it, it is not due, or its notice or contact was stopped.
func (db *DB) Begin(ctx context.Context, id DeliveryID, worker string, until time.Time) (Claim, bool, error) {
	var c Claim
	ok := false
	err := db.tx(ctx, func(t *tx) error {
		ok = false
		var notice NoticeState
		var contact ContactState
		var err error
		c.Delivery, err = scanDelivery(t.QueryRowContext(ctx, `select `+deliveryColumns+`, c.address, c.state, n.state
			from delivery d join contact c on c.id = d.contact_id join notice n on n.id = d.notice_id where d.id = $1`, string(id)),
			&c.Address, &contact, &notice)
		if errors.Is(err, sql.ErrNoRows) {
			return nil // queued work of a ledger that is no longer there
		}
		if err != nil {
			return err
		}
		switch {
		case c.State != DeliveryQueued || c.Due.After(t.now):
			return nil
		case notice != NoticeReleased:
			return t.suppress(id, DeliveryQueued, "its notice is "+string(notice))
		case contact != ContactActive:
			return t.suppress(id, DeliveryQueued, "its contact is "+string(contact))
		}
		c.Claim++
		if _, err := t.exec(`update delivery set claim = $1, claimed_by = $2, claim_until_ms = $3 where id = $4`,
			c.Claim, worker, millis(until), string(id)); err != nil {
			return err
		}
		if _, err := t.exec(`insert into attempt (delivery_id, claim, worker, began_ms) values ($1, $2, $3, $4)`,
			string(id), c.Claim, worker, millis(t.now)); err != nil {
			return err
		}
		ok = true
		return move(t, DeliveryMachine, string(id), DeliveryQueued, DeliverySending, ActorHub, fmt.Sprintf("claim %d", c.Claim))
	})
	if err != nil {
		return Claim{}, false, fmt.Errorf("delivery %s: begin: %w", id, err)
	}
	return c, ok, nil
}

// End records what became of a claim. next is when to try again, for outcomes
// that are tried again. ErrState: the claim was given up meanwhile (it took too
// long and was swept), so the outcome is only kept with the attempt.
func (db *DB) End(ctx context.Context, id DeliveryID, claim int, o Outcome, next time.Time) error {
	lost := false
	err := db.tx(ctx, func(t *tx) error {
		lost = false
		n, err := t.exec(`update attempt set ended_ms = $1, outcome = case when outcome is null then $2 else outcome end,
			code = $3, enhanced = $4, reply = $5, stage = $6, queue_id = $7, tls = $8, duration_ms = $9
			where delivery_id = $10 and claim = $11`,
			millis(t.now), string(o.Kind), o.Code, o.Enhanced, o.Text, o.Stage, o.QueueID, o.TLS, o.Duration.Milliseconds(), string(id), claim)
		if err != nil {
			return err
		}
		if n != 1 {
			return ErrNotFound
		}
		var state DeliveryState
		var current int
		if err := t.QueryRowContext(ctx, `select state, claim from delivery where id = $1`, string(id)).Scan(&state, &current); err != nil {
			return err
		}
		if lost = state != DeliverySending || current != claim; lost {
			return t.audit(ActorHub, DeliveryMachine.Noun, string(id), "late outcome", fmt.Sprintf("claim %d: %s", claim, o.Kind))
		}
		return t.endDelivery(id, o, next)
	})
	if err == nil && lost {
		err = ErrState
	}
	if err != nil {
		return fmt.Errorf("delivery %s: end of claim %d: %w", id, claim, err)
	}
	return nil
}

func (t *tx) endDelivery(id DeliveryID, o Outcome, next time.Time) error {
	to, tries, due := DeliveryDeferred, 1, next
	var accepted any
	reason := ""
	switch o.Kind {
	case Accepted:
		to, accepted, due = DeliveryAccepted, millis(t.now), t.now
	case Permanent:
		to, reason, due = DeliveryBounced, "refused for good", t.now
	case Unknown:
		to = DeliveryUnknown
	case Stopped:
		to, tries, due = DeliveryQueued, 0, t.now
	}
	detail := string(o.Kind)
	if o.Code != 0 {
		detail = fmt.Sprintf("%s %d %s", o.Kind, o.Code, o.Enhanced)
	}
	// State and accepted_ms change in one statement: the CHECK ties them.
	if !DeliveryMachine.Allows(DeliverySending, to) {
		return fmt.Errorf("sending → %s: %w", to, ErrState)
	}
	n, err := t.exec(`update delivery set state = $1, reason = $2, tries = tries + $3, due_ms = $4, accepted_ms = $5, changed_ms = $6
		where id = $7 and state = $8`,
		string(to), reason, tries, millis(due), accepted, millis(t.now), string(id), string(DeliverySending))
	if err != nil {
		return err
	}
	if n != 1 {
		return ErrState
	}
	return t.audit(ActorHub, DeliveryMachine.Noun, string(id), string(DeliverySending)+" → "+string(to), strings.TrimSpace(detail))
}

// Suppress ends the claim because the finished bytes must not leave, and stops
// the notice's other deliveries that are not yet sent: what would leak to one
// would leak to all.
func (db *DB) Suppress(ctx context.Context, id DeliveryID, claim int, reason string) error {
	err := db.tx(ctx, func(t *tx) error {
		if _, err := t.exec(`update attempt set ended_ms = $1, outcome = $2, reply = $3, stage = 'gate' where delivery_id = $4 and claim = $5 and outcome is null`,
			millis(t.now), string(Stopped), reason, string(id), claim); err != nil {
			return err
		}
		if err := t.suppress(id, DeliverySending, reason); err != nil {
			return err
		}
		var others []DeliveryID
		rows, err := t.QueryContext(ctx, `select id from delivery where state = $1 and notice_id = (select notice_id from delivery where id = $2)`,
			string(DeliveryQueued), string(id))
		if err := each(rows, err, func(rows *sql.Rows) error {
			var o DeliveryID
			err := rows.Scan(&o)
			others = append(others, o)
			return err
		}); err != nil {
			return err
		}
		for _, o := range others {
			if err := t.suppress(o, DeliveryQueued, reason); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("delivery %s: suppress: %w", id, err)
	}
	return nil
}

func (t *tx) suppress(id DeliveryID, from DeliveryState, reason string) error {
	if err := move(t, DeliveryMachine, string(id), from, DeliverySuppressed, ActorHub, reason); err != nil {
		return err
	}
	_, err := t.exec(`update delivery set reason = $1 where id = $2`, reason, string(id))
	return err
}

// Delivery returns one delivery, or ErrNotFound.
func (db *DB) Delivery(ctx context.Context, id DeliveryID) (Delivery, error) {
	d, err := scanDelivery(db.read.QueryRowContext(ctx, `select `+deliveryColumns+` from delivery d where d.id = $1`, string(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return d, fmt.Errorf("delivery %s: %w", id, ErrNotFound)
	}
	return d, err
}

// DeliveryFilter chooses deliveries; an empty field chooses all.
type DeliveryFilter struct {
	State       DeliveryState
	Notice      NoticeID
	Contact     ContactID
	Destination string
	Open        bool // only those for which something is still to be done
	Limit       int  // 0 means 1,000
}

// Deliveries lists deliveries, those due first first.
func (db *DB) Deliveries(ctx context.Context, f DeliveryFilter) ([]Delivery, error) {
	if f.Limit <= 0 {
		f.Limit = 1000
	}
	var all []Delivery
	rows, err := db.read.QueryContext(ctx, `select `+deliveryColumns+` from delivery d
		where (d.state = $1 or $1 = '') and (d.notice_id = $2 or $2 = '') and (d.contact_id = $3 or $3 = '') and (d.destination = $4 or $4 = '')
			and ($5 = 0 or d.state in ('queued', 'sending', 'deferred', 'unknown'))
		order by d.due_ms, d.id limit $6`,
		string(f.State), string(f.Notice), string(f.Contact), f.Destination, integer(f.Open), f.Limit)
	err = each(rows, err, func(rows *sql.Rows) error {
		d, err := scanDelivery(rows)
		all = append(all, d)
		return err
	})
	return all, err
}

// DeliveryCounts counts the deliveries of a notice, or of all for "", by state.
func (db *DB) DeliveryCounts(ctx context.Context, notice NoticeID) (map[DeliveryState]int, error) {
	counts := map[DeliveryState]int{}
	rows, err := db.read.QueryContext(ctx, `select state, count(*) from delivery where notice_id = $1 or $1 = '' group by state`, string(notice))
	err = each(rows, err, func(rows *sql.Rows) error {
		var s DeliveryState
		var n int
		err := rows.Scan(&s, &n)
		counts[s] = n
		return err
	})
	return counts, err
}

// Attempt is one SMTP conversation for a delivery.
type Attempt struct {
	Claim  int
	Worker string
	Began  time.Time
	Ended  time.Time // zero while it is under way
	Outcome
}

// Attempts lists the attempts at a delivery, oldest first. An attempt under way
// has an empty Outcome.Kind.
func (db *DB) Attempts(ctx context.Context, id DeliveryID) ([]Attempt, error) {
	var all []Attempt
	rows, err := db.read.QueryContext(ctx, `
		select claim, worker, began_ms, ended_ms, coalesce(outcome, ''), code, enhanced, reply, stage, queue_id, tls, duration_ms
		from attempt where delivery_id = $1 order by claim`, string(id))
	err = each(rows, err, func(rows *sql.Rows) error {
		var a Attempt
		var began, duration int64
		var ended sql.NullInt64
		if err := rows.Scan(&a.Claim, &a.Worker, &began, &ended, &a.Kind, &a.Code, &a.Enhanced, &a.Text, &a.Stage, &a.QueueID, &a.TLS, &duration); err != nil {
			return err
		}
		a.Began, a.Ended, a.Duration = fromMillis(began), fromNullMillis(ended), time.Duration(duration)*time.Millisecond
		all = append(all, a)
		return nil
	})
	return all, err
}
