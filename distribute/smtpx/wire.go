package smtpx

import (
	"cmp"
	"errors"
	"io"
	"net"
	"time"

	"github.com/emersion/go-smtp"
)

const (
	// maxReply is the longest reply we read, in bytes, all its lines together.
	// go-smtp limits lines but not their number.
	maxReply = 64 << 10
	// progress is how much of a message must be written per Relay.WriteTimeout.
	progress = 32 << 10
)

var (
	errUnasked   = errors.New("the relay sent text that nobody asked for")
	errLongReply = errors.New("the relay's reply is longer than 64 KiB")
)

// wire sits between the SMTP client and the (TLS) connection, and adds what
// go-smtp's client does not have. It is used by one goroutine at a time.
//
//   - It hands over one reply per command. Bytes behind a reply mean that the
//     relay and we no longer agree about which reply answers what, or that
//     somebody injected them before TLS began (CVE-2011-0411). The reply at hand
//     still counts, but nothing more can be written on this connection.
//   - It insists on whole replies. bufio.Reader.ReadLine, beneath net/textproto
//     and thus go-smtp, returns the beginning of a line without an error when the
//     rest is cut off by a time-out or a loss, so that "250 o" counts as a reply
//     and what comes later as the reply to the next command: see check.
//   - It bounds replies in length and the writing of a message in time.
//   - It counts the bytes of a message that the layer below took over, from
//     which follows whether the final dot can have left: see beyond.
type wire struct {
	net.Conn
	// preset is read before anything from the connection.
	preset []byte

	// The reply being read.
	line     [4]byte // how the current line begins
	lineLen  int
	code     [3]byte // of the reply's first line
	inReply  bool    // the first line was read and more follow
	replyLen int
	whole    bool  // the last line was read
	unasked  bool  // bytes followed the last line
	failed   error // of the first read that failed; no other use follows

	// The message being written; timeout 0 means that commands are.
	timeout time.Duration
	written int64
	budget  int // bytes until the deadline is renewed
}

func (w *wire) Read(p []byte) (n int, err error) {
	defer func() {
		if err != nil && w.failed == nil {
			w.failed = err
		}
	}()
	switch {
	case w.failed != nil:
		return 0, w.failed
	case w.unasked:
		return 0, errUnasked
	case w.replyLen > maxReply:
		return 0, errLongReply
	}
	if len(w.preset) > 0 {
		n = copy(p, w.preset)
		w.preset = w.preset[n:]
	} else {
		n, err = w.Conn.Read(p)
	}
	for i, c := range p[:n] {
		if w.whole {
			w.unasked = true
			if i == 0 {
				return 0, errUnasked
			}
			return i, nil
		}
		w.scan(c)
	}
	return n, err
}

// scan follows the lines of a reply to find its end: the first line without "-"
// behind its code, of the same code as the first (RFC 5321 §4.2.1). It agrees
// with net/textproto, which reads the same bytes next.
func (w *wire) scan(c byte) {
	w.replyLen++
	if c != '\n' {
		if w.lineLen < len(w.line) {
			w.line[w.lineLen] = c
		}
		w.lineLen++
		return
	}
	more := w.lineLen > 3 && w.line[3] == '-'
	if !w.inReply {
		copy(w.code[:], w.line[:3])
	} else if w.lineLen < 4 || [3]byte(w.line[:3]) != w.code || w.line[3] != ' ' {
		more = true
	}
	w.inReply, w.whole = more, !more
	w.line, w.lineLen = [4]byte{}, 0
}

// Write begins a new exchange: whatever is read next must be one reply to it.
func (w *wire) Write(p []byte) (int, error) {
	switch {
	case w.failed != nil:
		return 0, w.failed
	case w.unasked:
		return 0, errUnasked
	}
	w.inReply, w.whole, w.replyLen = false, false, 0
	w.line, w.lineLen = [4]byte{}, 0
	if w.timeout == 0 {
		return w.Conn.Write(p)
	}
	if w.budget <= 0 {
		if err := w.SetWriteDeadline(time.Now().Add(w.timeout)); err != nil {
			return 0, err
		}
		w.budget = progress
	}
	n, err := w.Conn.Write(p)
	w.written += int64(n)
	w.budget -= n
	return n, err
}

// check corrects err, with which a command ended: there is no reply, neither a
// good nor a bad one, if it was not read to its end.
func (w *wire) check(err error) error {
	if _, replied := errors.AsType[*smtp.SMTPError](err); (err == nil || replied) && !w.whole {
		return cmp.Or(w.failed, io.ErrUnexpectedEOF)
	}
	return err
}

// beginMessage is called after the 354.
func (w *wire) beginMessage(timeout time.Duration) {
	w.timeout, w.written, w.budget = timeout, 0, 0
}

// endMessage is called after the reply to the dot.
func (w *wire) endMessage() { w.timeout = 0 }

// beyond reports whether any byte of the final CRLF-dot-CRLF's dot or CRLF can
// have left, for a message that takes size bytes on the wire. A TCP connection
// counts what the kernel took; a TLS connection counts whole records, and the
// peer can read no part of one that is not whole. What neither counts, the relay
// can never see, so it cannot have taken the message. Counting from the dot, not
// from the LF behind it, also covers a relay that takes a dot and the end of the
// connection for the end of the message.
func (w *wire) beyond(size int64) bool { return w.written > size }
