package ingest

import (
	"context"
	"errors"
	"io"
)

// Ref names a mail in a mailbox as IMAP does: a UID is unique only together
// with the mailbox's UIDVALIDITY (RFC 9051 §2.3.1.1).
type Ref struct {
	UIDValidity uint32
	UID         uint32
	// Size is RFC822.SIZE in bytes as the server tells it; a hint, not a promise.
	Size int64
}

// ErrVanished is returned by Fetch and File when the mail is no longer in the
// mailbox: somebody else moved or deleted it. The mailbox stays usable.
var ErrVanished = errors.New("the mail is no longer in the mailbox")

// Mailbox is a report mailbox. It connects when it is first used and again
// after every error, so a caller only has to call it again, after a pause.
// Every call is bounded in time and returns when its context ends. It is used
// by one goroutine at a time.
type Mailbox interface {
	// Next returns the mails that lie in the mailbox, oldest first, at most a
	// few hundred. With none there it waits until there is one (IDLE or polling).
	// It returns the same mails again until they are filed.
	Next(ctx context.Context) ([]Ref, error)
	// Fetch streams the whole mail into w without setting \Seen, and stops with
	// [ErrTooLarge] after limit bytes, having written no more than those.
	Fetch(ctx context.Context, r Ref, w io.Writer, limit int64) error
	// FetchHeader streams the header only, cut off silently at limit bytes.
	FetchHeader(ctx context.Context, r Ref, w io.Writer, limit int64) error
	// File moves the mail to the folder of processed mail, which it makes when it
	// is missing.
	File(ctx context.Context, r Ref) error
	// Close ends the connection, if there is one.
	Close() error
}

// ErrTooLarge is returned by Mailbox.Fetch for a mail longer than the limit.
var ErrTooLarge = errors.New("the mail is larger than the limit")
