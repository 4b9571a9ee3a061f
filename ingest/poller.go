// Package ingest is the way in: a mail at the mailbox becomes a report, a reply
// or a bounce, and a report becomes drafts.
//
// The order is vault, ledger, file away. A mail is sealed first, recorded
// second and moved out of the mailbox last, so that a hub killed anywhere between
// finds it again: in the mailbox when the ledger does not know it, in the ledger
// when the mailbox still has it. Nothing is acknowledged upstream that is not
// committed, and the ledger refuses to record the same mail twice.
//
// The package knows nothing of the way out. It never answers anybody.
package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"kairan/sanitize"
	"kairan/store"
)

// PollerLedger is what a poller needs of the ledger; *store.DB has it.
type PollerLedger interface {
	TakeLease(ctx context.Context, name, owner string, ttl time.Duration) (store.Lease, bool, error)
	GiveLease(ctx context.Context, l store.Lease) error
	Located(ctx context.Context, mailbox string, uidValidity, uid uint32) (known, filed bool, err error)
	AddMail(ctx context.Context, l store.Lease, m store.NewMail) (store.AddedMail, error)
	Filed(ctx context.Context, l store.Lease, uidValidity, uid uint32, mailbox string) error
}

// Vault keeps what it is given sealed.
type Vault interface {
	// Seal keeps, under id, everything that write writes. When it returns nil the
	// bytes survive a power cut; when write fails nothing is kept and Seal
	// returns that error. digest is the lower-case hex SHA-256 of the bytes.
	Seal(ctx context.Context, id store.VaultID, write func(io.Writer) error) (digest string, size int64, err error)
	// Read returns what is kept under id, or an error when it is longer than limit.
	Read(ctx context.Context, id store.VaultID, limit int64) ([]byte, error)
	// Erase destroys what is kept under id; nothing there is no error.
	Erase(ctx context.Context, id store.VaultID) error
}

// Poller brings in the mail of one mailbox. Of several pollers for the same
// mailbox, in this process or another, only the one that holds the lease works;
// the others stand by.
type Poller struct {
	Name          string // the mailbox's name in the configuration
	Mailbox       Mailbox
	Ledger        PollerLedger
	Vault         Vault
	Hub           HubIdentity
	Authenticator Authenticator
	// MaxBytes is the largest mail that is taken whole.
	MaxBytes int64
	// Owner names this process among those that may hold the lease.
	Owner string
	// LeaseTTL is how long the lease outlives a process that was killed. Zero
	// means 30 seconds.
	LeaseTTL time.Duration
	// Pause is how long to wait after an error, growing.
	Pause Backoff
	// Arrived is called after a report was recorded; it must not block. May be nil.
	Arrived func()
	Log     *slog.Logger

	failed map[place]int // how often in a row a mail could not be brought in
}

// place is where a mail lies in the mailbox.
type place struct{ uidValidity, uid uint32 }

// headerLimit is how much of a mail is looked at to tell what it is.
const headerLimit = 256 << 10

// Run polls until ctx ends. Whatever goes wrong is tried again after a growing
// pause and told in the log when it changes.
func (p *Poller) Run(ctx context.Context) error {
	p.defaults()
	log := p.Log.With("mailbox", p.Name)
	defer p.Mailbox.Close()
	trouble := changes{log: log, what: "mailbox"}
	standby := false
	for ctx.Err() == nil {
		lease, ok, err := p.Ledger.TakeLease(ctx, "mailbox "+p.Name, p.Owner, p.LeaseTTL)
		switch {
		case err != nil:
			trouble.tell(err)
			wait(ctx, p.Pause.Next())
			continue
		case !ok:
			if !standby {
				log.Info("another process polls this mailbox; standing by")
			}
			standby = true
			wait(ctx, p.LeaseTTL/3)
			continue
		}
		standby = false
		began := time.Now()
		err = p.withLease(ctx, lease, func(ctx context.Context) error { return p.poll(ctx, lease, &trouble) })
		if time.Since(began) >= goodRun {
			p.Pause.Reset()
		}
		if err := p.Mailbox.Close(); err != nil {
			log.Debug("mailbox closed uncleanly")
		}
		if ctx.Err() != nil {
			break
		}
		trouble.tell(err)
		wait(ctx, p.Pause.Next())
	}
	return nil
}

// Once takes in what lies in the mailbox, and returns. It is for a mailbox that
// gets no more: the first failure ends it.
func (p *Poller) Once(ctx context.Context) error {
	p.defaults()
	lease, ok, err := p.Ledger.TakeLease(ctx, "mailbox "+p.Name, p.Owner, p.LeaseTTL)
	switch {
	case err != nil:
		return err
	case !ok:
		return fmt.Errorf("another process polls mailbox %s", p.Name)
	}
	err = p.withLease(ctx, lease, func(ctx context.Context) error { return p.round(ctx, lease) })
	return errors.Join(err, p.Mailbox.Close())
}

func (p *Poller) defaults() {
	if p.LeaseTTL <= 0 {
		p.LeaseTTL = 30 * time.Second
	}
}

// goodRun is how long a connection must have lasted so that its loss is no part of
// the trouble before it: many servers end one now and then.
const goodRun = 10 * time.Minute

// withLease works while the lease is kept, and gives it back at the end. It
// returns the first error, after which the mailbox is to be connected anew.
func (p *Poller) withLease(ctx context.Context, lease store.Lease, work func(context.Context) error) error {
	held, lose := context.WithCancelCause(ctx)
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		lose(p.keepLease(held, lease))
	}()
	err := work(held)
	lose(nil)
	<-kept
	if cause := context.Cause(held); errors.Is(cause, store.ErrLease) {
		err = cause
	}
	give, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer done()
	if giveErr := p.Ledger.GiveLease(give, lease); giveErr != nil && err == nil {
		err = fmt.Errorf("give the lease back: %w", giveErr)
	}
	return err
}

// keepLease renews the lease until ctx ends or it is lost.
func (p *Poller) keepLease(ctx context.Context, lease store.Lease) error {
	lastGood := time.Now()
	for {
		if !wait(ctx, p.LeaseTTL/3) {
			return nil
		}
		again, ok, err := p.Ledger.TakeLease(ctx, lease.Name, lease.Owner, p.LeaseTTL)
		switch {
		case err == nil && (!ok || again.Epoch != lease.Epoch):
			return fmt.Errorf("lease %s: %w", lease.Name, store.ErrLease)
		case err == nil:
			lastGood = time.Now()
		case time.Since(lastGood) > p.LeaseTTL:
			return fmt.Errorf("lease %s: not renewed in time: %w", lease.Name, store.ErrLease)
		}
	}
}

// poll takes in what lies in the mailbox, again and again.
func (p *Poller) poll(ctx context.Context, lease store.Lease, trouble *changes) error {
	for {
		if err := p.round(ctx, lease); err != nil {
			return err
		}
		// Only now: with a mail that fails every time, looking for mail works in
		// between, and neither the pause nor the log must begin anew each time.
		trouble.over()
		p.Pause.Reset()
	}
}

// round takes in what lies in the mailbox, waiting until something does.
func (p *Poller) round(ctx context.Context, lease store.Lease) error {
	refs, err := p.Mailbox.Next(ctx)
	if err != nil {
		return fmt.Errorf("look for new mail: %w", err)
	}
	// What failed comes last: a mail that the server cannot hand over, or that the
	// vault cannot take, must not stop the ones behind it.
	slices.SortStableFunc(refs, func(a, b Ref) int {
		return cmp.Compare(p.failed[place{a.UIDValidity, a.UID}], p.failed[place{b.UIDValidity, b.UID}])
	})
	for _, ref := range refs {
		if err := p.take(ctx, lease, ref); err != nil {
			p.fails(ref)
			return fmt.Errorf("mail %d/%d: %w", ref.UIDValidity, ref.UID, err)
		}
		delete(p.failed, place{ref.UIDValidity, ref.UID})
	}
	return nil
}

// fails counts a failure of a mail. What is counted is only for the order, so it
// may be forgotten.
func (p *Poller) fails(ref Ref) {
	const most = 10_000
	if p.failed == nil || len(p.failed) >= most {
		p.failed = map[place]int{}
	}
	p.failed[place{ref.UIDValidity, ref.UID}]++
}

// take brings in one mail: vault, ledger, file away.
func (p *Poller) take(ctx context.Context, lease store.Lease, ref Ref) error {
	known, _, err := p.Ledger.Located(ctx, p.Name, ref.UIDValidity, ref.UID)
	if err != nil {
		return err
	}
	if !known {
		if err := p.record(ctx, lease, ref); errors.Is(err, ErrVanished) {
			return nil // somebody else took it away; there is nothing to record
		} else if err != nil {
			return err
		}
	}
	if err := p.Mailbox.File(ctx, ref); err != nil && !errors.Is(err, ErrVanished) {
		return fmt.Errorf("file away: %w", err)
	}
	return p.Ledger.Filed(ctx, lease, ref.UIDValidity, ref.UID, p.Name)
}

// record seals the mail and puts it into the ledger.
func (p *Poller) record(ctx context.Context, lease store.Lease, ref Ref) error {
	head := &headBuffer{limit: headerLimit}
	mail := store.NewMail{Mailbox: p.Name, UIDValidity: ref.UIDValidity, UID: ref.UID, Vault: store.NewVaultID(time.Now())}
	err := ErrTooLarge
	if ref.Size <= p.MaxBytes {
		mail.SHA256, mail.Size, err = p.Vault.Seal(ctx, mail.Vault, func(w io.Writer) error {
			return p.Mailbox.Fetch(ctx, ref, io.MultiWriter(w, head), p.MaxBytes)
		})
	}
	if errors.Is(err, ErrTooLarge) {
		head.kept = nil
		mail.HeaderOnly = true
		mail.Hold = fmt.Sprintf("larger than %d bytes (setting ingest.max_message_bytes): only its header was taken; the mail itself lies in the folder of processed mail", p.MaxBytes)
		mail.SHA256, mail.Size, err = p.Vault.Seal(ctx, mail.Vault, func(w io.Writer) error {
			return p.Mailbox.FetchHeader(ctx, ref, io.MultiWriter(w, head), headerLimit)
		})
	}
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	if err := p.judge(ctx, &mail, head.header()); err != nil {
		return errors.Join(err, p.Vault.Erase(ctx, mail.Vault))
	}
	added, err := p.Ledger.AddMail(ctx, lease, mail)
	if err != nil {
		// Whether the ledger has it is not known (a commit's answer may be lost), so
		// the blob stays; what nothing refers to is swept later.
		return err
	}
	if !added.New {
		if err := p.Vault.Erase(ctx, mail.Vault); err != nil {
			return fmt.Errorf("erase the second copy: %w", err)
		}
	}
	p.Log.Info("mail recorded", "mailbox", p.Name, "uid_validity", ref.UIDValidity, "uid", ref.UID, "kind", mail.Kind,
		"report", added.Report, "new", added.New, "held", mail.Hold != "")
	if added.Report != "" && p.Arrived != nil {
		p.Arrived()
	}
	return nil
}

// judge tells what the mail is and, of a report, whether its sender is believed.
func (p *Poller) judge(ctx context.Context, mail *store.NewMail, header sanitize.Header) error {
	mail.Kind = Classify(header, p.Hub)
	if mail.Kind != store.MailReport {
		mail.Hold = ""
		return nil
	}
	v, err := p.Authenticator.Authenticate(ctx, header)
	if err != nil {
		return fmt.Errorf("look up the reporter: %w", err)
	}
	mail.Authenticated, mail.Member = v.OK, v.Member
	if !v.OK && mail.Hold == "" {
		mail.Hold = "not authenticated: " + v.Reason
	}
	return nil
}

// headBuffer keeps the first limit bytes of what is written to it.
type headBuffer struct {
	kept  []byte
	limit int
}

func (b *headBuffer) Write(p []byte) (int, error) {
	if room := b.limit - len(b.kept); room > 0 {
		b.kept = append(b.kept, p[:min(room, len(p))]...)
	}
	return len(p), nil
}

// header parses what was kept, up to the first empty line.
func (b *headBuffer) header() sanitize.Header {
	return sanitize.ReadHeader(b.kept, sanitize.DefaultLimits())
}

// wait returns false when ctx ended before d was over.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
