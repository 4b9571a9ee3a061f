package distribute

import (
	"context"

	"kairan/store"
)

// Envelope is what SMTP is told besides the message (RFC 5321 §2.3.1).
type Envelope struct {
	// From is the return path, an address or "" for the null one.
	From string
	// To is the one recipient. Never more than one per transaction: another
	// contact's address must not be seen, and each has an outcome of its own.
	To string
}

// Courier hands one message to a relay. It is bounded in time and returns an
// outcome whatever happens, never an error; after ctx ends it returns soon,
// with store.Stopped when the final dot was not yet sent. message has CRLF line
// ends and is not changed but for dot-stuffing. It may be called by many
// goroutines at once.
type Courier interface {
	Deliver(ctx context.Context, e Envelope, message []byte) store.Outcome
}
