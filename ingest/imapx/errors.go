package imapx

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// What went wrong, for callers that tell an operator; see [Hint]. Besides these
// the methods return the context's cause, ingest's own errors, errors of the
// writer given to Fetch, and errors without a sentinel for a server that breaks
// the protocol.
var (
	// ErrConnect: the server could not be reached or the connection was lost.
	ErrConnect = errors.New("connection trouble")
	// ErrTimeout is an ErrConnect: the server did not answer in time.
	ErrTimeout = fmt.Errorf("%w: no answer in time", ErrConnect)
	// ErrTLS: the server could not be made to speak TLS in a way we trust.
	ErrTLS = errors.New("no trusted TLS")
	// ErrAuth: there is no way to log in, or the server refused it.
	ErrAuth = errors.New("not logged in")
	// ErrFolder: a folder cannot be opened, found or made.
	ErrFolder = errors.New("folder trouble")
	// ErrNoMove: the server cannot move one mail: it offers neither MOVE (RFC
	// 6851) nor UIDPLUS (RFC 4315), and without those filing one mail would
	// expunge whatever else is marked as deleted.
	ErrNoMove = errors.New("the server offers neither MOVE nor UIDPLUS")
)

// errProtocol stands for all errors of go-imap's parser. Their own text quotes
// what the server sent, which after a wrong length is the inside of a mail.
var errProtocol = errors.New("the server's answer could not be understood")

// Reasons for which Auth cannot be used.
var (
	errSecret = errors.New("the password or token could not be read")
	errNoMech = errors.New("the server does not offer this way of logging in here")
)

// refusal is a server's NO, BAD or BYE.
type refusal struct{ err *imap.Error }

func (r *refusal) Error() string {
	text := strings.Map(func(c rune) rune {
		if c < 0x20 || c == 0x7f {
			return ' '
		}
		return c
	}, r.err.Text)
	if runes := []rune(text); len(runes) > 200 {
		text = string(runes[:200]) + "…"
	}
	if r.err.Code != "" {
		return fmt.Sprintf("the server said %s [%s] %s", r.err.Type, r.err.Code, text)
	}
	return fmt.Sprintf("the server said %s %s", r.err.Type, text)
}

func (r *refusal) Unwrap() error { return r.err }

// refused returns the server's refusal in err's chain, if that is what it is.
func refused(err error) (*imap.Error, bool) { return errors.AsType[*imap.Error](err) }

// explain puts an error of go-imap into words that are safe to log and do not
// change from one try to the next (no ephemeral port). failure is why the
// connection failed, or nil.
func explain(err, failure error) error {
	if err == nil {
		return nil
	}
	if r, ok := errors.AsType[*imap.Error](err); ok {
		return &refusal{r}
	}
	if isTLS(err) || errors.Is(err, errUnasked) || errors.Is(err, errFlood) {
		return err
	}
	timeout, _ := errors.AsType[net.Error](failure)
	op, isOp := errors.AsType[*net.OpError](failure)
	switch {
	case failure == nil:
		return errProtocol
	case errors.Is(failure, errFlood):
		return errFlood
	case timeout != nil && timeout.Timeout():
		return ErrTimeout
	case errors.Is(failure, io.EOF), errors.Is(failure, net.ErrClosed), errors.Is(failure, io.ErrClosedPipe):
		return fmt.Errorf("%w: the server hung up", ErrConnect)
	case isOp:
		return fmt.Errorf("%w: %w", ErrConnect, op.Err)
	default:
		return fmt.Errorf("%w: %w", ErrConnect, failure)
	}
}

// isTLS reports whether err came from crypto/tls as it is.
func isTLS(err error) bool {
	_, cert := errors.AsType[*tls.CertificateVerificationError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	op, isOp := errors.AsType[*net.OpError](err) // so that it wraps an alert
	return cert || record || isOp && (op.Op == "remote error" || op.Op == "local error")
}
