package imapx

import (
	"context"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// session is one connection. After connect it is logged in and has the folder
// selected.
type session struct {
	wire    *wire
	screen  *screen
	client  *imapclient.Client // nil until the TCP connection is secured
	timeout time.Duration
	caps    imap.CapSet
	// validity is the folder's UIDVALIDITY, which cannot change while it is
	// selected (RFC 9051 §2.3.1.1).
	validity uint32
	// wake gets a token when the server tells of a change. Room for one.
	wake chan struct{}
	// noIdle: the server offered IDLE and then refused it.
	noIdle bool
	// spent: an answer was cut off, so that nothing can follow it.
	spent bool
}

// do runs f, which speaks with the server, and closes the connection under it
// when ctx ends or when f neither returned nor called beat for the timeout:
// closing is the only thing that go-imap heeds. It returns the context's cause in
// the first case and an error that is [ErrTimeout] in the second, else f's error
// put into safe words.
func (s *session) do(ctx context.Context, f func(beat func()) error) error {
	return s.doWithRoom(ctx, 0, f)
}

// doWithRoom is do for an answer that may be extra bytes longer than usual.
func (s *session) doWithRoom(ctx context.Context, extra int64, f func(beat func()) error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s.wire.room.Store(commandRoom + min(extra, 1<<40))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(s.timeout, func() { cancel(ErrTimeout) })
	defer timer.Stop()
	stop := context.AfterFunc(ctx, func() { _ = s.wire.Close() })
	err := f(func() { timer.Reset(s.timeout) })
	if !stop() {
		return context.Cause(ctx)
	}
	return explain(err, s.wire.failure())
}

// drop closes the connection without a word and waits for the client's
// goroutines. No command may be unfinished.
func (s *session) drop() {
	_ = s.wire.Close()
	if s.client != nil {
		_ = s.client.Close() // its error is why it was dropped
	}
}

// gone reports that the server hung up.
func (s *session) gone() bool {
	select {
	case <-s.client.Closed():
		return true
	default:
		return false
	}
}

// lost says why a connection ended that nobody was speaking on.
func (s *session) lost() error {
	return explain(errProtocol, s.wire.failure())
}

// has reports whether the mail is in the folder, as the server knows now.
func (s *session) has(ctx context.Context, uid imap.UID) (bool, error) {
	set, err := s.search(ctx, &imap.SearchCriteria{UID: []imap.UIDSet{imap.UIDSetNum(uid)}})
	if err != nil {
		return false, err
	}
	return set.Contains(uid), nil
}

// search returns the UIDs that fulfil the criteria. It asks for news first:
// a server need not show a mail, or its absence, before it has told of it.
func (s *session) search(ctx context.Context, c *imap.SearchCriteria) (imap.UIDSet, error) {
	if err := s.do(ctx, func(func()) error { return s.client.Noop().Wait() }); err != nil {
		return nil, err
	}
	// What came until here the search will show; only what comes later is news.
	select {
	case <-s.wake:
	default:
	}
	var set imap.UIDSet
	err := s.do(ctx, func(func()) error {
		data, err := s.client.UIDSearch(c, nil).Wait()
		if err != nil {
			return err
		}
		set, _ = data.All.(imap.UIDSet)
		return nil
	})
	return set, err
}
