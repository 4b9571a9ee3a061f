package imapx

import (
	"bytes"
	"errors"
	"net"
	"testing"
)

func TestMemoryServer(t *testing.T) {
	var early MemoryServer
	if err := early.Close(); err != nil {
		t.Errorf("Close() before Start = %v", err)
	}
	if err := early.Append(letter(1)); err == nil {
		t.Error("Append() before Start succeeded")
	}

	s := memory(t, &MemoryServer{})
	if err := s.Start(nil); err == nil {
		t.Error("Start() again succeeded")
	}
	if host, _, err := net.SplitHostPort(s.Addr()); err != nil || host != "127.0.0.1" {
		t.Errorf("Addr() = %q, %v; want a port of 127.0.0.1", s.Addr(), err)
	}
	for n := range 3 {
		if err := s.Append(letter(n)); err != nil {
			t.Fatalf("Append() = %v", err)
		}
	}
	for _, mail := range []string{"", "no header at all\r\n", "From the editor\r\nSubject: x\r\n\r\n", "Subject: x\n\nline ends of Unix\n"} {
		if err := s.Append([]byte(mail)); !errors.Is(err, ErrUnfaithful) {
			t.Errorf("Append(%q) = %v; want ErrUnfaithful", mail, err)
		}
	}
	for folder, want := range map[string]int{"INBOX": 3, "Processed": 0} {
		if n, err := s.Count(folder); err != nil || n != want {
			t.Errorf("Count(%s) = %d, %v; want %d", folder, n, err, want)
		}
		mails, err := s.Messages(folder)
		if err != nil || len(mails) != want {
			t.Fatalf("Messages(%s) = %d mails, %v; want %d", folder, len(mails), err, want)
		}
		for n, mail := range mails {
			if !bytes.Equal(mail, letter(n)) {
				t.Errorf("Messages(%s)[%d] = %q; want %q", folder, n, mail, letter(n))
			}
		}
	}
}

func TestMemoryServerClosed(t *testing.T) {
	s := &MemoryServer{User: "reports", Password: "p"}
	if err := s.Start(nil); err != nil {
		t.Fatalf("Start() = %v", err)
	}
	if err := s.Append(letter(1)); err != nil {
		t.Fatalf("Append() = %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
	if _, err := s.Messages("INBOX"); err == nil {
		t.Error("Messages() of a closed server succeeded")
	}
	if conn, err := net.Dial("tcp", s.Addr()); err == nil {
		_ = conn.Close()
		t.Error("a closed server still listens")
	}
}
