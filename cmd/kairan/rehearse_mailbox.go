package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"kairan/ingest"
)

// folderMailbox is a mailbox whose mails are files. It is read once.
type folderMailbox struct {
	files []mailFile
}

type mailFile struct {
	name string
	size int64
}

var _ ingest.Mailbox = (*folderMailbox)(nil)

// newFolderMailbox looks at the files, so that what cannot be read is told before
// anything is done.
func newFolderMailbox(names []string) (*folderMailbox, error) {
	m := &folderMailbox{}
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", inLine(name), cause(err))
		}
		if !info.Mode().IsRegular() {
			return nil, fmt.Errorf("%s: %w", inLine(name), errNoFile)
		}
		m.files = append(m.files, mailFile{name, info.Size()})
	}
	return m, nil
}

var errNoFile = errors.New("it is no file; give the reports themselves")

// Next returns the files in their order.
func (m *folderMailbox) Next(context.Context) ([]ingest.Ref, error) {
	var refs []ingest.Ref
	for i, f := range m.files {
		refs = append(refs, ingest.Ref{UIDValidity: 1, UID: uint32(i + 1), Size: f.size})
	}
	return refs, nil
}

func (m *folderMailbox) Fetch(_ context.Context, r ingest.Ref, w io.Writer, limit int64) error {
	f, err := m.open(r)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.Copy(w, io.LimitReader(f, limit)); err != nil {
		return fmt.Errorf("%s: %w", inLine(m.name(r)), cause(err))
	}
	if n, _ := f.Read(make([]byte, 1)); n > 0 {
		return ingest.ErrTooLarge
	}
	return nil
}

func (m *folderMailbox) FetchHeader(_ context.Context, r ingest.Ref, w io.Writer, limit int64) error {
	f, err := m.open(r)
	if err != nil {
		return err
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, limit))
	if err != nil {
		return fmt.Errorf("%s: %w", inLine(m.name(r)), cause(err))
	}
	for _, end := range []string{"\r\n\r\n", "\n\n"} {
		if i := bytes.Index(head, []byte(end)); i >= 0 {
			head = head[:i+len(end)]
		}
	}
	_, err = w.Write(head)
	return err
}

func (m *folderMailbox) name(r ingest.Ref) string { return m.files[r.UID-1].name }

func (m *folderMailbox) open(r ingest.Ref) (*os.File, error) {
	f, err := os.Open(m.name(r))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", inLine(m.name(r)), cause(err))
	}
	return f, nil
}

// File leaves the file where it is.
func (m *folderMailbox) File(context.Context, ingest.Ref) error { return nil }

func (m *folderMailbox) Close() error { return nil }
