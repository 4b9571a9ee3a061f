package imapx

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"kairan/ingest"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// maxRefs is how many mails Next returns at most.
const maxRefs = 500

// Next implements [ingest.Mailbox]. Mails that somebody marked as deleted are
// returned too, as long as they lie there: a report is not lost by a slip of a
// mail program. The size of a mail is 0 when the server does not tell it.
func (m *Mailbox) Next(ctx context.Context) ([]ingest.Ref, error) {
	for {
		var refs []ingest.Ref
		err := m.use(ctx, "look for mail", func(s *session) error {
			set, err := s.search(ctx, &imap.SearchCriteria{})
			if err != nil {
				return err
			}
			if uids := oldest(set, maxRefs); len(uids) > 0 {
				refs, err = s.refs(ctx, uids)
				return err
			}
			return s.wait(ctx, m.idleRenew(), m.pollInterval())
		})
		if err != nil {
			return nil, err
		}
		if len(refs) > 0 {
			return refs, nil
		}
	}
}

// oldest returns the n lowest UIDs: they rise in the order of arrival (RFC 9051
// §2.3.1.1). The set is not expanded, since a server can write four thousand
// million UIDs in twelve bytes, and need not write them in order.
func oldest(set imap.UIDSet, n int) []imap.UID {
	ranges := slices.Clone(set)
	for i, r := range ranges {
		ranges[i] = imap.UIDRange{Start: min(r.Start, r.Stop), Stop: max(r.Start, r.Stop)}
	}
	slices.SortFunc(ranges, func(a, b imap.UIDRange) int { return cmp.Compare(a.Start, b.Start) })
	var uids []imap.UID
	last := uint64(0) // 0 is no UID
	for _, r := range ranges {
		for uid := max(uint64(r.Start), last+1); uid <= uint64(r.Stop) && len(uids) < n; uid++ {
			uids = append(uids, imap.UID(uid))
			last = uid
		}
	}
	return uids
}

// refs asks for the sizes. A mail of which the server tells none is returned all
// the same: Fetch will find out what is the matter with it.
func (s *session) refs(ctx context.Context, uids []imap.UID) ([]ingest.Ref, error) {
	sizes := make(map[imap.UID]int64, len(uids))
	err := s.do(ctx, func(func()) error {
		cmd := s.client.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, RFC822Size: true})
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			var uid imap.UID
			var size int64
			for item := msg.Next(); item != nil; item = msg.Next() {
				switch item := item.(type) {
				case imapclient.FetchItemDataUID:
					uid = item.UID
				case imapclient.FetchItemDataRFC822Size:
					size = item.Size
				}
			}
			sizes[uid] = size
		}
		return cmd.Close()
	})
	if err != nil {
		return nil, fmt.Errorf("ask for sizes: %w", err)
	}
	refs := make([]ingest.Ref, len(uids))
	for i, uid := range uids {
		refs[i] = ingest.Ref{UIDValidity: s.validity, UID: uint32(uid), Size: sizes[uid]}
	}
	return refs, nil
}

// wait returns nil when it is worth looking again: the server told of a change,
// or renew (with IDLE, RFC 2177) or poll (without) is over.
func (s *session) wait(ctx context.Context, renew, poll time.Duration) error {
	var idle *imapclient.IdleCommand
	if s.caps.Has(imap.CapIdle) && !s.noIdle {
		err := s.do(ctx, func(func()) (err error) {
			idle, err = s.client.Idle()
			return err
		})
		if _, ok := refused(err); ok {
			s.noIdle = true
		} else if err != nil {
			return fmt.Errorf("begin to wait: %w", err)
		}
	}
	interval := renew
	if idle == nil {
		interval = poll
	}
	timer := time.NewTimer(interval)
	defer timer.Stop()
	select {
	case <-s.wake:
	case <-timer.C:
	case <-s.client.Closed():
		return fmt.Errorf("wait: %w", s.lost())
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if idle == nil {
		return nil
	}
	err := s.do(ctx, func(func()) error {
		if err := idle.Close(); err != nil {
			return err
		}
		return idle.Wait()
	})
	if err != nil {
		return fmt.Errorf("end to wait: %w", err)
	}
	return nil
}
