package imapx

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// Whatever a server says, a call ends, without panic, and writes no more than
// the limit. The input is cut at NUL: the first piece is the greeting, and each
// line of the client is answered by the next; after the last the server hangs up.
func FuzzServer(f *testing.F) {
	login := "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hi\r\n\x00" +
		"* CAPABILITY IMAP4rev1 MOVE UIDPLUS AUTH=PLAIN SASL-IR\r\nT1 OK\r\n\x00T2 OK [CAPABILITY IMAP4rev1 MOVE] in\r\n\x00" +
		"* CAPABILITY IMAP4rev1 MOVE UIDPLUS\r\nT3 OK\r\n\x00* LIST () \"/\" Processed\r\nT4 OK\r\n\x00" +
		"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\nT5 OK [READ-WRITE] ok\r\n\x00"
	for _, rest := range []string{
		"* 1 FETCH (UID 5 BODY[] {4}\r\nabcd)\r\nT6 OK\r\n",
		"* 1 FETCH (UID 5 BODY[] {9}\r\nabcd)\r\nT6 OK\r\n",
		"* 1 FETCH (UID 5 BODY[] {99999999999999999999}\r\nabcd)\r\nT6 OK\r\n",
		"* 1 FETCH (UID 5 BODY[] \"abcd\" BODY[] {4}\r\nabcd)\r\nT6 OK\r\n",
		"* 1 FETCH (BODY[] {4}\r\nabcd UID 5)\r\nT6 OK\r\n\x00T7 OK\r\n\x00* SEARCH 5\r\nT8 OK\r\n",
		"* 1 FETCH (UID 5 BODY[] NIL)\r\nT6 OK\r\n\x00T7 OK\r\n\x00* SEARCH\r\nT8 OK\r\n",
		"* 1 FETCH (UID 5 BODYSTRUCTURE ((((((",
		"* CAPABILITY IMAP4rev1\r\n* SEARCH (\r\nT6 OK\r\n",
		"T6 NO [EXPUNGEISSUED] gone\r\n\x00* BYE\r\n",
	} {
		f.Add(login + rest)
	}
	f.Fuzz(func(t *testing.T, says string) {
		const limit = 64
		m := &Mailbox{Addr: "127.0.0.1:143", Security: PlainLoopback, Auth: Auth{User: "u", Password: password("p")}, CommandTimeout: 100 * time.Millisecond}
		served := make(chan struct{})
		m.Dial = func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() {
				defer close(served)
				defer func() { _ = theirs.Close() }()
				lines := bufio.NewScanner(theirs)
				pieces := strings.Split(says, "\x00")
				for i, piece := range pieces {
					if _, err := io.WriteString(theirs, piece); err != nil || i == len(pieces)-1 || !lines.Scan() {
						return
					}
				}
			}()
			return ours, nil
		}
		var got strings.Builder
		begin := time.Now()
		err := m.Fetch(within(t), five, &got, limit)
		if d := time.Since(begin); d > 4*time.Second {
			t.Errorf("Fetch() took %v, error %v", d, err)
		}
		if got.Len() > limit {
			t.Errorf("Fetch(limit %d) wrote %d bytes", limit, got.Len())
		}
		if err == nil && !strings.Contains(says, got.String()) {
			t.Errorf("Fetch() = %q, which was not said", got.String())
		}
		_ = m.Close() // of a server that says anything
		<-served
	})
}
