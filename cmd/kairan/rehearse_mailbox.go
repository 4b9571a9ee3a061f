package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"kairan/ingest"
)

// folderMailbox is a mailbox whose mails are files. It is read once.
type folderMailbox struct {
	files []mailFile
	filed int
	empty func() // called when there is no more
}

type mailFile struct {
	name string
	size int64
}

func (m *folderMailbox) done() bool { return m.filed == len(m.files) }

// Next returns the first mail that was not filed: in their order, one by one.
func (m *folderMailbox) Next(ctx context.Context) ([]ingest.Ref, error) {
	if m.done() {
		m.empty()
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return []ingest.Ref{{UIDValidity: 1, UID: uint32(m.filed + 1), Size: m.files[m.filed].size}}, nil
}

func (m *folderMailbox) Fetch(_ context.Context, r ingest.Ref, w io.Writer, limit int64) error {
	return m.copy(r, w, limit, ingest.ErrTooLarge)
}

func (m *folderMailbox) FetchHeader(_ context.Context, r ingest.Ref, w io.Writer, limit int64) error {
	return m.copy(r, w, limit, nil)
}

func (m *folderMailbox) copy(r ingest.Ref, w io.Writer, limit int64, tooLarge error) error {
	file := m.files[r.UID-1].name
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("%s: %w", inLine(file), cause(err))
	}
	defer f.Close()
	n, err := io.Copy(w, io.LimitReader(f, limit))
	if err != nil {
		return fmt.Errorf("%s: %w", inLine(file), cause(err))
	}
	if n == limit {
		if k, _ := f.Read(make([]byte, 1)); k > 0 {
			return tooLarge
		}
	}
	return nil
}

// File counts the mail as taken; the file stays where it is.
func (m *folderMailbox) File(_ context.Context, r ingest.Ref) error {
	m.filed = max(m.filed, int(r.UID))
	return nil
}

func (m *folderMailbox) Close() error { return nil }
