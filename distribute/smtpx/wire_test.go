package smtpx

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
)

// onceConn gives its text in reads of at most size bytes.
type onceConn struct {
	net.Conn
	text string
	size int
}

func (c *onceConn) Read(p []byte) (int, error) {
	if c.text == "" {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), c.size)], c.text)
	c.text = c.text[n:]
	return n, nil
}

func (c *onceConn) Write(p []byte) (int, error) { return len(p), nil }

func TestWireHandsOverOneReply(t *testing.T) {
	for _, c := range []struct{ sent, reply string }{
		{"250 ok\r\n", "250 ok\r\n"},
		{"250 ok\r\n250 again\r\n", "250 ok\r\n"},
		{"250-a\r\n250-b\r\n250 c\r\n", "250-a\r\n250-b\r\n250 c\r\n"},
		{"250-a\r\n250 c\r\n421 bye\r\n", "250-a\r\n250 c\r\n"},
		{"250-a\r\nnonsense\r\n251 other\r\n250\r\n250 c\r\nx", "250-a\r\nnonsense\r\n251 other\r\n250\r\n250 c\r\n"},
		{"220 go\r\n\x16\x03\x01", "220 go\r\n"},
		{"250\r\nx", "250\r\n"},
		{"\r\nx", "\r\n"},
		{"\nx", "\n"},
	} {
		for _, size := range []int{1, 3, 1000} {
			w := &wire{Conn: &onceConn{text: c.sent, size: size}}
			got, err := io.ReadAll(w)
			more := len(c.sent) > len(c.reply)
			if more && !errors.Is(err, errUnasked) {
				t.Errorf("%q in reads of %d ends with %v, want %v", c.sent, size, err, errUnasked)
			}
			if string(got) != c.reply || w.unasked != more {
				t.Errorf("%q in reads of %d is %q, unasked %v; want %q, %v", c.sent, size, got, w.unasked, c.reply, more)
			}
			if _, err := w.Write([]byte("NOOP\r\n")); errors.Is(err, errUnasked) != more {
				t.Errorf("after %q, Write = %v", c.sent, err)
			}
		}
	}
}

func TestWireLimitsReply(t *testing.T) {
	w := &wire{Conn: &onceConn{text: strings.Repeat("250-more\r\n", 1_000_000), size: 4096}}
	got, err := io.ReadAll(w)
	if !errors.Is(err, errLongReply) || len(got) > maxReply+4096 {
		t.Errorf("an endless reply ends after %d bytes with %v, want %v after 64 KiB", len(got), err, errLongReply)
	}
}
