package smtpx

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"time"

	"kairan/distribute"
	"kairan/store"

	"github.com/emersion/go-smtp"
)

// Deliver sends message to e.To in a transaction of its own. See
// [distribute.Courier] for what it promises. It takes at most the wait for a
// free connection, and then the sum of the timeouts of the steps.
//
//   - Accepted: a 2xx after the final dot. QueueID is set where the reply tells it.
//   - Transient: a 4xx; no usable connection (stages "connect", "tls", "auth",
//     whatever the code, since these are not about this message); a loss or a
//     time-out before the dot; a login that the relay asks for at a later verb.
//   - Permanent: a 5xx to MAIL, RCPT, DATA or the dot; an address or a message
//     that we refuse to put on the wire (code 0, our own words).
//   - Unknown: the dot, or a part of the line it stands on, was handed to the
//     network, and no reply came that says yes or no.
//   - Stopped: ctx ended before the dot. Past that point Deliver still waits for
//     the reply, up to DrainTimeout.
func (r *Relay) Deliver(ctx context.Context, e distribute.Envelope, message []byte) store.Outcome {
	began := time.Now()
	out := r.deliver(ctx, e, message)
	out.Duration = time.Since(began)
	return out
}

func (r *Relay) deliver(ctx context.Context, e distribute.Envelope, message []byte) store.Outcome {
	if err := r.setup(); err != nil {
		return ownWords(store.Transient, stageConnect, err)
	}
	if e.From != "" {
		if err := ValidAddress(e.From); err != nil {
			return ownWords(store.Permanent, stageMail, err)
		}
	}
	if err := ValidAddress(e.To); err != nil {
		return ownWords(store.Permanent, stageRcpt, err)
	}
	if err := checkMessage(message); err != nil {
		return ownWords(store.Permanent, stageData, err)
	}

	if !r.acquire(ctx) {
		return stopped(stageConnect)
	}
	defer r.release()
	a := &attempt{stage: stageConnect, drain: or(r.DrainTimeout, 10*time.Second)}
	a.watch(ctx)
	defer a.end()

	if s := r.take(); s != nil {
		a.hold(s.raw)
		if r.spent(s) {
			s.quit()
		} else if out, gone := r.transact(ctx, a, s, e, message); !gone {
			return out
		}
		// Gone means closed while it lay idle, which is the relay's good right
		// and no failed attempt. Once only: a new connection has no such excuse.
	}
	s, f := r.connect(ctx, a)
	if f != nil {
		if ctx.Err() != nil {
			return stopped(a.stage)
		}
		return notConnected(f)
	}
	out, _ := r.transact(ctx, a, s, e, message)
	return out
}

// transact sends one message over s and then keeps or drops s. It returns gone,
// and a void outcome, if s was used before and turned out to be closed before
// the relay had taken anything of this transaction.
func (r *Relay) transact(ctx context.Context, a *attempt, s *session, e distribute.Envelope, message []byte) (out store.Outcome, gone bool) {
	reused := s.sent > 0
	s.sent++
	out, err := r.converse(ctx, a, s, e, message)
	if reused && a.stage == stageMail && closedIdle(err) && ctx.Err() == nil {
		_ = s.raw.Close()
		return store.Outcome{}, true
	}
	out.TLS = s.tls
	a.end()
	if known(err) && out.Code != 421 && !s.wire.unasked && !a.wasCut() {
		r.put(s)
	} else {
		_ = s.raw.Close()
	}
	return out, false
}

// converse speaks from MAIL to the reply to the dot. The error is nil, or what
// the outcome was made of: it tells what to do with the connection.
func (r *Relay) converse(ctx context.Context, a *attempt, s *session, e distribute.Envelope, message []byte) (store.Outcome, error) {
	failed := func(err error) (store.Outcome, error) { return beforeDot(ctx, a, err), err }

	a.stage = stageMail
	if s.dirty {
		if err := s.wire.check(s.client.Reset()); err != nil {
			return failed(resetFailed(err))
		}
		// go-smtp wants a new EHLO after RSET. Said here, lest its refusal be
		// taken for one of MAIL.
		if err := s.wire.check(s.client.Hello(r.hello())); err != nil {
			return failed(resetFailed(err))
		}
		s.dirty = false
	}
	if ok, _ := s.client.Extension("8BITMIME"); !ok && has8bit(message) {
		return ownWords(store.Transient, stageMail, errors.New("the relay does not take messages with 8-bit text")), nil
	}
	// RET=HDRS, where offered, keeps our text out of bounces (RFC 3461 §4.3).
	options := &smtp.MailOptions{Size: int64(len(message)), Return: smtp.DSNReturnHeaders}
	if err := s.wire.check(s.client.Mail(e.From, options)); err != nil {
		return failed(err)
	}
	s.dirty = true
	a.stage = stageRcpt
	if err := s.wire.check(s.client.Rcpt(e.To, nil)); err != nil {
		return failed(err)
	}
	a.stage = stageData
	w, err := s.client.Data()
	if err := s.wire.check(err); err != nil {
		return failed(err)
	}
	s.wire.beginMessage(or(r.WriteTimeout, 30*time.Second))
	// From here on the client must not be used for anything but the dot:
	// textproto ends an open message with a dot before it writes a command.
	if _, err := w.Write(message); err != nil {
		return failed(err)
	}
	if !a.commit(ctx) {
		return failed(context.Canceled)
	}
	a.stage = stageDot
	resp, err := w.CloseWithResponse()
	err = s.wire.check(err)
	s.wire.endMessage()
	se, replied := errors.AsType[*smtp.SMTPError](err)
	if err == nil || replied {
		s.dirty = false // the reply ends the transaction (RFC 5321 §4.1.1.4)
	}
	switch {
	case err == nil:
		return accepted(250, resp.StatusText), nil
	case replied && se.Code/100 == 2: // go-smtp expects 250 precisely
		return accepted(se.Code, joinEnhanced(se)), nil
	case replied && (se.Code/100 == 4 || se.Code/100 == 5):
		return refusal(stageDot, se), err
	case !s.wire.beyond(stuffedLen(message)):
		// go-smtp keeps up to 4 KiB back until the dot, so a peer that stopped
		// reading may show only now; still, no byte of the dot's line left.
		a.stage = stageData
		return failed(err)
	default:
		return unknown(err), err
	}
}

// known reports whether the relay is in a known state after an exchange that
// ended with err: all went well, or it refused in a way that a verb can be
// refused.
func known(err error) bool {
	se, replied := errors.AsType[*smtp.SMTPError](err)
	return err == nil || replied && (se.Code/100 == 4 || se.Code/100 == 5)
}

// closedIdle reports whether err, met at RSET or MAIL on a connection that was
// used before, means that the relay had ended the session. 503 is a relay that
// no longer knows that we introduced ourselves.
func closedIdle(err error) bool {
	if se, ok := errors.AsType[*smtp.SMTPError](err); ok {
		return se.Code == 421 || se.Code == 503
	}
	var rf *resetError
	return errors.As(err, &rf) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
		errors.Is(err, io.ErrClosedPipe) || errors.Is(err, net.ErrClosed) || errors.Is(err, errUnasked)
}

// resetError is a failure to begin anew on a used connection. The next message
// is not to blame for it, so it is not an *smtp.SMTPError, whatever the relay
// said.
type resetError struct{ err error }

func resetFailed(err error) error { return &resetError{err} }

func (e *resetError) Error() string { return "begin anew on a used connection: " + e.err.Error() }
