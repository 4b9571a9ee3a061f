package store

import "time"

// OutcomeKind says what became of one attempt to hand a message to a relay.
type OutcomeKind string

// Kinds of outcome.
const (
	// Accepted: the relay took responsibility (a 2xx after the final dot).
	Accepted OutcomeKind = "accepted"
	// Transient: refused for now (4xx), or the relay could not be reached, or
	// what it offered could not be trusted (TLS). Tried again later.
	Transient OutcomeKind = "transient"
	// Permanent: refused for good (5xx).
	Permanent OutcomeKind = "permanent"
	// Unknown: the connection was lost after the final dot and before its
	// answer. Nobody can know; it is sent again with the same Message-ID.
	Unknown OutcomeKind = "unknown"
	// Stopped: the hub was stopped before the final dot. Not an attempt.
	Stopped OutcomeKind = "stopped"
)

// Outcome is what became of one SMTP conversation, with the relay's own words.
type Outcome struct {
	Kind OutcomeKind
	// Code is the SMTP reply code, 0 where no reply came.
	Code int
	// Enhanced is the enhanced status code of RFC 3463 ("5.1.1"), or "".
	Enhanced string
	// Text is the relay's reply without its codes, or what went wrong in our
	// own words, at most 1,000 bytes of printable text on one line.
	Text string
	// Stage is the verb that was under way: "connect", "tls", "auth", "mail",
	// "rcpt", "data", "dot".
	Stage string
	// QueueID is the relay's name for the message where its reply tells one.
	QueueID string
	// TLS is the version and cipher of the connection ("TLS 1.3"), or "".
	TLS string
	// Duration is the time from asking for a connection to the outcome.
	Duration time.Duration
}
