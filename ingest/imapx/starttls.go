package imapx

import (
	"bufio"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// errUnasked: text came in clear behind the answer to STARTTLS, where only a
// handshake may. Whoever can write it wants it taken for the server's (RFC 9051
// §11.2).
var errUnasked = errors.New("text came in clear before the TLS handshake")

// maxClearLines is how much a server may say before TLS.
const maxClearLines = 100

// askTLS reads the greeting and has the server begin TLS (RFC 9051 §6.2.1). It is
// done without go-imap so that its parser sees nothing that came in clear, and so
// that nothing of that is believed, capabilities and PREAUTH included.
func askTLS(conn io.ReadWriter) error {
	r := bufio.NewReaderSize(conn, 8<<10) // the longest line, and more than RFC 2683 §3.2.1.5 asks for
	line, err := clearLine(r)
	if err != nil {
		return err
	}
	switch status, text := cutStatus(line, "*"); status {
	case "OK":
	case "BYE":
		return &imap.Error{Type: imap.StatusResponseTypeBye, Text: text}
	case "PREAUTH": // RFC 9051 §11.1: no way to TLS any more
		return errors.New("the server let us in without TLS")
	default:
		return errProtocol
	}
	const tag = "S1"
	if _, err := io.WriteString(conn, tag+" STARTTLS\r\n"); err != nil {
		return err
	}
	for range maxClearLines {
		if line, err = clearLine(r); err != nil {
			return err
		}
		switch status, text := cutStatus(line, tag); status {
		case "":
			if !strings.HasPrefix(line, "* ") {
				return errProtocol
			}
		case "OK":
			if r.Buffered() > 0 {
				return errUnasked
			}
			return nil
		case "NO", "BAD":
			return &imap.Error{Type: imap.StatusResponseType(status), Text: text}
		default:
			return errProtocol
		}
	}
	return errFlood
}

func clearLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return "", err
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}

// cutStatus returns the status and the text of a response with this tag, or ""
// for another one.
func cutStatus(line, tag string) (status, text string) {
	rest, ok := strings.CutPrefix(line, tag+" ")
	if !ok {
		return "", ""
	}
	status, text, _ = strings.Cut(rest, " ")
	return strings.ToUpper(status), text
}

// greeted is a connection on which the greeting was read already: go-imap, which
// begins by waiting for one, gets another that says nothing.
type greeted struct {
	net.Conn
	greeting *strings.Reader
}

func newGreeted(conn net.Conn) greeted {
	return greeted{conn, strings.NewReader("* OK [CAPABILITY IMAP4rev1] TLS\r\n")}
}

func (g greeted) Read(p []byte) (int, error) {
	if g.greeting.Len() > 0 {
		return g.greeting.Read(p)
	}
	return g.Conn.Read(p)
}
