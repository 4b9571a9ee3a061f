package imapx

import (
	"context"
	"errors"
	"fmt"

	"kairan/ingest"

	"github.com/emersion/go-imap/v2"
)

// File implements [ingest.Mailbox]. Where MOVE (RFC 6851) is missing it copies,
// marks as deleted and expunges that one mail (UIDPLUS, RFC 4315), in this order
// and each only when the one before succeeded: killed in between, there is a copy
// too many, never one too few. A server with neither gets [ErrNoMove].
func (m *Mailbox) File(ctx context.Context, r ingest.Ref) error {
	return m.use(ctx, "file mail", func(s *session) error {
		if r.UIDValidity != s.validity {
			return ingest.ErrVanished
		}
		uid := imap.UID(r.UID)
		// A server may say OK to moving nothing at all.
		if there, err := s.has(ctx, uid); err != nil {
			return err
		} else if !there {
			return ingest.ErrVanished
		}
		moved, err := s.move(ctx, uid, m.processed())
		if no, ok := refused(err); ok && (no.Code == imap.ResponseCodeTryCreate || no.Code == imap.ResponseCodeNonExistent) {
			if err := s.ensureFolder(ctx, m.processed()); err != nil {
				return fmt.Errorf("make the folder of processed mail: %w", err)
			}
			moved, err = s.move(ctx, uid, m.processed())
		}
		if err != nil || moved {
			return err
		}
		there, err := s.has(ctx, uid)
		if err == nil && there {
			err = errors.New("the server said that it moved the mail, but it is still there")
		}
		return err
	})
}

// move moves one mail. moved reports that the server named it (COPYUID) as
// moved; otherwise it only said OK.
//
// It does not use go-imap's own way for servers without MOVE, which sends all
// three commands at once, so that a mail whose COPY fails is expunged, and which
// without UIDPLUS expunges every mail that is marked as deleted.
func (s *session) move(ctx context.Context, uid imap.UID, folder string) (moved bool, err error) {
	caps := s.client.Caps() // go-imap decides by these
	set := imap.UIDSetNum(uid)
	if caps.Has(imap.CapMove) {
		err = s.do(ctx, func(func()) error {
			data, err := s.client.Move(set, folder).Wait()
			if err == nil {
				source, _ := data.SourceUIDs.(imap.UIDSet)
				moved = source.Contains(uid)
			}
			return err
		})
		return moved, err
	}
	if !caps.Has(imap.CapUIDPlus) {
		return false, ErrNoMove
	}
	if err := s.do(ctx, func(func()) error {
		_, err := s.client.Copy(set, folder).Wait()
		return err
	}); err != nil {
		return false, fmt.Errorf("copy: %w", err)
	}
	if err := s.do(ctx, func(func()) error {
		flags := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}
		return s.client.Store(set, flags, nil).Close()
	}); err != nil {
		return false, fmt.Errorf("mark as deleted: %w", err)
	}
	if err := s.do(ctx, func(func()) error { return s.client.UIDExpunge(set).Close() }); err != nil {
		return false, fmt.Errorf("expunge: %w", err)
	}
	return false, nil
}
