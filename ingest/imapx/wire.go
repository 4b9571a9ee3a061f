package imapx

import (
	"errors"
	"net"
	"sync/atomic"
)

// wire is the TCP connection under the client. It remembers why it failed, since
// go-imap flattens that into text, and bounds what one command may bring, since
// go-imap buffers a line or a literal of any length.
type wire struct {
	net.Conn
	room   atomic.Int64          // bytes that may still be read
	failed atomic.Pointer[error] // the first failure
}

// commandRoom is what one command may bring in: the answer to UID SEARCH with
// some million mails. A mail may bring its own limit on top.
const commandRoom = 16 << 20

var errFlood = errors.New("the server sent more than any answer has")

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if w.room.Add(-int64(n)) < 0 && err == nil {
		err = errFlood
	}
	w.note(err)
	return n, err
}

func (w *wire) Write(p []byte) (int, error) {
	n, err := w.Conn.Write(p)
	w.note(err)
	return n, err
}

func (w *wire) note(err error) {
	if err != nil {
		w.failed.CompareAndSwap(nil, &err)
	}
}

// failure returns why the connection cannot be used any more, or nil.
func (w *wire) failure() error {
	if err := w.failed.Load(); err != nil {
		return *err
	}
	return nil
}
