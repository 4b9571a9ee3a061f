package imaptest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/textproto"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Deliver brings a mail into INBOX by LMTP, as a mail transfer agent does. Dovecot
// puts its own trace fields in front.
func (s *Server) Deliver(mail []byte) {
	s.t.Helper()
	if err := s.deliver(mail); err != nil {
		s.t.Fatalf("deliver by LMTP: %v; Dovecot's log:\n%s", err, s.Log())
	}
}

// deliver speaks RFC 2033.
func (s *Server) deliver(mail []byte) error {
	raw, err := net.DialTimeout("tcp", s.LMTPAddr, 10*time.Second)
	if err != nil {
		return err
	}
	_ = raw.SetDeadline(time.Now().Add(30 * time.Second))
	c := textproto.NewConn(raw)
	defer func() { _ = c.Close() }()
	if _, _, err := c.ReadResponse(220); err != nil {
		return err
	}
	for _, step := range []struct {
		say  string
		want int
	}{
		{"LHLO client.example", 250},
		{"MAIL FROM:<reporter@member.example>", 250},
		{"RCPT TO:<" + s.User + ">", 250},
		{"DATA", 354},
	} {
		if err := c.PrintfLine("%s", step.say); err != nil {
			return err
		}
		if _, _, err := c.ReadResponse(step.want); err != nil {
			return fmt.Errorf("%s: %w", step.say, err)
		}
	}
	w := c.DotWriter()
	_, err = w.Write(mail)
	if err := errors.Join(err, w.Close()); err != nil {
		return err
	}
	_, _, err = c.ReadResponse(250)
	return err
}

// Drop brings a mail into INBOX by putting a file there, byte for byte.
func (s *Server) Drop(mail []byte) {
	s.t.Helper()
	maildir := s.path("home/Maildir")
	if _, err := os.Stat(maildir + "/new"); errors.Is(err, fs.ErrNotExist) {
		s.t.Fatal("drop a mail: INBOX exists only after the first login or delivery")
	}
	name := fmt.Sprintf("%d.%d.imaptest", time.Now().Unix(), time.Now().UnixNano())
	s.write("home/Maildir/tmp/"+name, mail)
	if err := os.Rename(filepath.Join(maildir, "tmp", name), filepath.Join(maildir, "new", name)); err != nil {
		s.t.Fatalf("drop a mail: %v", err)
	}
}

// Mail is a mail as it lies on disk.
type Mail struct {
	Data []byte
	// Flags are Maildir's letters, such as "S" for \Seen.
	Flags string
}

// Mails returns what lies in the folder, in order of arrival; nothing for one
// that is missing. Line ends are as Dovecot stores them.
func (s *Server) Mails(folder string) []Mail {
	s.t.Helper()
	dir := s.path("home/Maildir")
	if folder != "INBOX" {
		dir = filepath.Join(dir, "."+strings.ReplaceAll(folder, "/", "."))
	}
	type file struct {
		stem, path, flags string
	}
	var files []file
	for _, sub := range []string{"cur", "new"} {
		entries, err := os.ReadDir(filepath.Join(dir, sub))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.t.Fatalf("look into folder %s: %v", folder, err)
		}
		for _, e := range entries {
			stem, flags, _ := strings.Cut(e.Name(), ":2,")
			files = append(files, file{stem, filepath.Join(dir, sub, e.Name()), flags})
		}
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.stem, b.stem) })
	mails := make([]Mail, len(files))
	for i, f := range files {
		data, err := os.ReadFile(f.path)
		if err != nil {
			s.t.Fatalf("read a mail of folder %s: %v", folder, err)
		}
		mails[i] = Mail{Data: data, Flags: f.flags}
	}
	return mails
}

var uidListHead = regexp.MustCompile(`^3 V(\d+) `)

// Renumber changes the UIDVALIDITY of INBOX and keeps the UIDs, as if the folder
// had been made anew, and returns the new one. It stops and starts the server.
func (s *Server) Renumber() uint32 {
	s.t.Helper()
	s.Stop()
	const name = "home/Maildir/dovecot-uidlist"
	list, err := os.ReadFile(s.path(name))
	if err != nil {
		s.t.Fatalf("change UIDVALIDITY: %v", err)
	}
	head := uidListHead.FindSubmatch(list)
	if head == nil {
		line, _, _ := bytes.Cut(list, []byte("\n"))
		s.t.Fatalf("change UIDVALIDITY: this Dovecot writes its list otherwise: %q", line)
	}
	old, err := strconv.ParseUint(string(head[1]), 10, 32)
	if err != nil {
		s.t.Fatalf("change UIDVALIDITY: %v", err)
	}
	s.write(name, fmt.Appendf(nil, "3 V%d %s", old+1000, list[len(head[0]):]))
	caches, err := filepath.Glob(s.path("home/Maildir/dovecot.index*"))
	for _, c := range caches {
		err = errors.Join(err, os.Remove(c))
	}
	if err != nil {
		s.t.Fatalf("change UIDVALIDITY: %v", err)
	}
	s.Start()
	return uint32(old + 1000)
}
