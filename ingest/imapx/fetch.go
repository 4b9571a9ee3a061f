package imapx

import (
	"context"
	"errors"
	"fmt"
	"io"

	"kairan/ingest"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// Fetch implements [ingest.Mailbox]. A mail that the server announces as longer
// than limit is not read at all, and costs the connection, because that is the
// only way to stop a server in the middle of an answer. Whatever was written to w
// before an error is to be thrown away.
func (m *Mailbox) Fetch(ctx context.Context, r ingest.Ref, w io.Writer, limit int64) error {
	return m.use(ctx, "fetch mail", func(s *session) error {
		cut, err := s.body(ctx, r, &imap.FetchItemBodySection{Peek: true}, w, limit, false)
		if err == nil && cut {
			err = ingest.ErrTooLarge
		}
		return err
	})
}

// FetchHeader implements [ingest.Mailbox].
func (m *Mailbox) FetchHeader(ctx context.Context, r ingest.Ref, w io.Writer, limit int64) error {
	return m.use(ctx, "fetch header", func(s *session) error {
		part := &imap.SectionPartial{Size: max(limit, 1)} // 0 is not allowed (RFC 9051 §9, partial)
		section := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, Peek: true, Partial: part}
		_, err := s.body(ctx, r, section, w, limit, true)
		return err
	})
}

// body streams a section of one mail into w, as far as limit. cut reports that
// there was more: then s is spent, and w has the first limit bytes if keep, else
// nothing.
func (s *session) body(ctx context.Context, r ingest.Ref, section *imap.FetchItemBodySection, w io.Writer, limit int64, keep bool) (cut bool, err error) {
	if r.UIDValidity != s.validity {
		return false, ingest.ErrVanished
	}
	in := &intake{section: section, w: w, limit: limit, keep: keep}
	err = s.doWithRoom(ctx, limit, func(beat func()) error {
		in.beat = beat
		cmd := s.client.Fetch(imap.UIDSetNum(imap.UID(r.UID)), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}})
		in.receive(cmd)
		switch {
		case in.broken:
			// go-imap's reading goroutine goes on as soon as the literal has failed,
			// and to read what is left of it now would race with that.
			_ = s.wire.Close()
			<-s.client.Closed()
		case in.stop():
			// The client would read the rest of the answer to its end.
			_ = s.wire.Close()
			s.spent = true
			_ = cmd.Close() // says only that the connection is closed
			return nil
		}
		return cmd.Close()
	})
	_, no := refused(err)
	switch {
	case err != nil && !no:
		return false, err
	case in.err != nil:
		return false, in.err
	case in.cut:
		return true, nil
	case err == nil && in.taken && !in.none:
		return false, nil
	}
	// A NO, or an OK without the mail: it is gone, or the server is at fault
	// (go-imap loses a mail that is answered before its UID).
	there, searchErr := s.has(ctx, imap.UID(r.UID))
	switch {
	case searchErr != nil:
		return false, fmt.Errorf("look whether it is gone: %w", searchErr)
	case !there:
		return false, ingest.ErrVanished
	case err != nil:
		return false, err
	}
	return false, errors.New("the server has the mail but does not give it out")
}

// intake copies one section, once.
type intake struct {
	section *imap.FetchItemBodySection
	w       io.Writer
	limit   int64
	keep    bool
	beat    func()

	taken bool  // the section came
	none  bool  // it was NIL
	cut   bool  // it is longer than limit
	err   error // of w
	// broken: it came shorter than announced, so the connection is over.
	broken bool
}

// stop reports that nothing more is to be read.
func (in *intake) stop() bool { return in.cut || in.broken || in.err != nil }

// receive reads the answer until it is over or nothing more is to be read: the
// client's Next would first read the rest of what came last.
func (in *intake) receive(cmd *imapclient.FetchCommand) {
	for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
		for item := msg.Next(); item != nil; item = msg.Next() {
			if d, ok := item.(imapclient.FetchItemDataBodySection); ok {
				in.take(d)
			}
			if in.stop() {
				return
			}
		}
	}
}

func (in *intake) take(d imapclient.FetchItemDataBodySection) {
	if in.taken || d.Section == nil || d.Section.Specifier != in.section.Specifier || len(d.Section.Part) > 0 {
		return // not what was asked for; the client skips it
	}
	in.taken = true
	if d.Literal == nil {
		in.none = true
		return
	}
	size := d.Literal.Size()
	if in.cut = size > in.limit; in.cut && !in.keep {
		return
	}
	n, err := io.Copy(&beating{in.w, in.beat}, io.LimitReader(d.Literal, in.limit))
	if wr, ok := errors.AsType[*writeError](err); ok {
		in.err = wr.err
		return
	}
	// A connection that ends is an io.EOF, as if the mail were over.
	in.broken = err != nil || n < min(size, in.limit)
}

// beating tells the watchdog that the mail is still coming, and marks errors of
// the writer as not being the server's.
type beating struct {
	w    io.Writer
	beat func()
}

func (b *beating) Write(p []byte) (int, error) {
	b.beat()
	n, err := b.w.Write(p)
	if err != nil {
		err = &writeError{err}
	}
	return n, err
}

type writeError struct{ err error }

func (e *writeError) Error() string { return e.err.Error() }
