package smtpx

import (
	"bufio"
	"bytes"
	"io"
	"net/textproto"
	"strings"
	"testing"
)

func TestCheckMessage(t *testing.T) {
	for _, s := range []string{
		"Subject: x\r\n\r\nHello.\r\n",
		".Subject: x\r\n\r\n.\r\n..\r\n",
		"Subject: x\r\n\r\n" + strings.Repeat("a", 998) + "\r\n",
		"Subject: x\r\n\r\n8 bit: 注意\r\n",
		"\r\n",
	} {
		if err := checkMessage([]byte(s)); err != nil {
			t.Errorf("checkMessage(%.60q) = %v, want nil", s, err)
		}
	}
	for s, want := range map[string]string{
		"":                                                 "empty",
		"Subject: x\r\n\r\nHello.":                         "does not end with CRLF",
		"Subject: x\r\n\r\nHello.\n":                       "does not end with CRLF",
		"Subject: x\n\r\nHello.\r\n":                       "line 1 of the message ends with LF alone",
		"A: x\r\n\r\na\r.\r\r\n":                           "line 3 of the message contains CR alone",
		"A: x\r\n\r\na\n.\r\nb\r\n":                        "line 3 of the message ends with LF alone",
		"A: x\r\n\r\na\r\n.\rb\r\n":                        "line 4 of the message contains CR alone",
		"A: x\r\n\r\na\r\r\n":                              "line 3 of the message contains CR alone",
		"A: x\r\n\r\na\x00b\r\n":                           "line 3 of the message contains NUL",
		"Subject: 注意\r\n\r\nHello.\r\n":                    "not ASCII",
		"A: x\r\n\r\n" + strings.Repeat("a", 999) + "\r\n": "longer than 998",
		"\r\n\n":      "does not end with CRLF",
		"\n\r\n":      "line 1 of the message ends with LF alone",
		"a\r\n\r\r\n": "line 2 of the message contains CR alone",
	} {
		if err := checkMessage([]byte(s)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("checkMessage(%.60q) = %v, want an error with %q", s, err, want)
		}
	}
}

// What passes is read back as it was by a reader that knows only CRLF, and by
// one that takes any LF for a line end, and is as long on the wire as we count.
func FuzzCheckMessage(f *testing.F) {
	f.Add([]byte("A: x\r\n\r\n.\r\n..\r\nb\r\n"))
	f.Add([]byte("A: x\r\n\r\na\n.\nMAIL FROM:<a@b.example>\r\n"))
	f.Add([]byte("A: x\r\n\r\na\r.\r\nb\r\n"))
	f.Fuzz(func(t *testing.T, message []byte) {
		if checkMessage(message) != nil {
			return
		}
		var wire bytes.Buffer
		bw := bufio.NewWriter(&wire)
		dot := textproto.NewWriter(bw).DotWriter()
		_, _ = dot.Write(message)
		_ = dot.Close()
		if got, want := int64(wire.Len()), stuffedLen(message)+3; got != want {
			t.Errorf("%q takes %d bytes on the wire, want %d", message, got, want)
		}
		if n := bytes.Count(wire.Bytes(), []byte("\r\n.\r\n")); n != 1 && wire.String() != ".\r\n" {
			t.Errorf("%q ends %d times on the wire: %q", message, n, wire.Bytes())
		}
		br := bufio.NewReader(&wire)
		back, err := io.ReadAll(textproto.NewReader(br).DotReader())
		if want := bytes.ReplaceAll(message, []byte("\r\n"), []byte("\n")); err != nil || !bytes.Equal(back, want) || br.Buffered() > 0 {
			t.Errorf("%q is read back as %q, %v", message, back, err)
		}
	})
}
