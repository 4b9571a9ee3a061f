package smtpx

import (
	"bytes"
	"errors"
	"fmt"
)

// maxLine is the longest line in bytes without its CRLF (RFC 5321 §4.5.3.1.6).
const maxLine = 998

// checkMessage reports why the message must not be put on the wire, or nil. It
// makes SMTP smuggling impossible: servers disagree about what ends a message
// only where there is a CR or LF that is not part of a CRLF, so there is none
// (RFC 5321 §2.3.8). It also refuses what relays cut, fold or choke on: NUL,
// long lines, and 8-bit bytes in the header, which only SMTPUTF8 would allow and
// we never ask for.
func checkMessage(message []byte) error {
	if len(message) == 0 {
		return errors.New("the message is empty")
	}
	if !bytes.HasSuffix(message, []byte("\r\n")) {
		return errors.New("the message does not end with CRLF")
	}
	inHeader := true
	for n, rest := 1, message; len(rest) > 0; n++ {
		// A line ends at the first LF; a CR anywhere but right before it is bare.
		end := bytes.IndexByte(rest, '\n') // found: the message ends with one
		line, ok := bytes.CutSuffix(rest[:end], []byte("\r"))
		if !ok {
			return fmt.Errorf("line %d of the message ends with LF alone", n)
		}
		rest = rest[end+1:]
		if len(line) > maxLine {
			return fmt.Errorf("line %d of the message is longer than 998 bytes", n)
		}
		if bytes.IndexByte(line, '\r') >= 0 {
			return fmt.Errorf("line %d of the message contains CR alone", n)
		}
		if bytes.IndexByte(line, 0) >= 0 {
			return fmt.Errorf("line %d of the message contains NUL", n)
		}
		if len(line) == 0 {
			inHeader = false
		}
		if inHeader && has8bit(line) {
			return fmt.Errorf("line %d of the message, in its header, has characters that are not ASCII", n)
		}
	}
	return nil
}

func has8bit(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return true
		}
	}
	return false
}

// stuffedLen is the number of bytes the checked message takes on the wire before
// the final dot: each line that begins with a dot gets another (RFC 5321 §4.5.2).
func stuffedLen(message []byte) int64 {
	n := len(message) + bytes.Count(message, []byte("\r\n."))
	if message[0] == '.' {
		n++
	}
	return int64(n)
}
