package smtpx

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"kairan/store"

	"github.com/emersion/go-smtp"
)

// maxText is the limit of store.Outcome.Text.
const maxText = 1000

// accepted is a 2xx after the dot. text may begin with an enhanced code.
func accepted(code int, text string) store.Outcome {
	enhanced, words := cutEnhanced(text)
	return store.Outcome{Kind: store.Accepted, Code: code, Enhanced: enhanced, Text: oneLine(words), Stage: stageDot, QueueID: queueID(words)}
}

// refusal is a reply that refuses, at MAIL or later.
func refusal(stage string, se *smtp.SMTPError) store.Outcome {
	enhanced, words := cutEnhanced(joinEnhanced(se))
	out := store.Outcome{Kind: store.Transient, Code: se.Code, Enhanced: enhanced, Text: oneLine(words), Stage: stage}
	switch {
	case se.Code == 530 || se.Code == 534 || se.Code == 535 || se.Code == 538:
		// RFC 4954 §6: the relay wants a login, or a better one. That is ours to
		// mend; contacts must not be struck off for it.
		out.Stage = stageAuth
	case se.Code/100 == 5:
		out.Kind = store.Permanent
	}
	return out
}

// beforeDot is what became of an attempt that ended with err before any byte of
// the dot left.
func beforeDot(ctx context.Context, a *attempt, err error) store.Outcome {
	if se, ok := errors.AsType[*smtp.SMTPError](err); ok {
		return refusal(a.stage, se)
	}
	if ctx.Err() != nil {
		return stopped(a.stage)
	}
	return ownWords(store.Transient, a.stage, err)
}

// unknown is a loss after the dot, or after a part of it.
func unknown(err error) store.Outcome {
	return ownWords(store.Unknown, stageDot, fmt.Errorf("no reply came to the end of the message: %w", err))
}

func stopped(stage string) store.Outcome {
	return store.Outcome{Kind: store.Stopped, Text: "stopped before the message was sent", Stage: stage}
}

// notConnected is a relay that could not be used. Whatever it said, it was not
// about this message, so it is never Permanent.
func notConnected(f *failure) store.Outcome {
	if se, ok := errors.AsType[*smtp.SMTPError](f.err); ok {
		enhanced, words := cutEnhanced(joinEnhanced(se))
		return store.Outcome{Kind: store.Transient, Code: se.Code, Enhanced: enhanced, Text: oneLine(words), Stage: f.stage}
	}
	return ownWords(store.Transient, f.stage, f.err)
}

// ownWords is an outcome without a reply.
func ownWords(kind store.OutcomeKind, stage string, err error) store.Outcome {
	return store.Outcome{Kind: kind, Text: oneLine(plain(err)), Stage: stage}
}

// plain says in words what the commonest errors leave to be guessed.
func plain(err error) string {
	var record tls.RecordHeaderError
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return "timed out: " + err.Error()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the relay closed the connection: " + err.Error()
	case errors.As(err, &record):
		return "the relay does not speak TLS here: " + err.Error()
	}
	return err.Error()
}

// oneLine makes s printable, one line, and at most maxText bytes. Replies are a
// stranger's text and errors of net/textproto quote them.
func oneLine(s string) string {
	var b strings.Builder
	space := true // swallow it at the beginning
	for _, c := range s {
		if c == '\n' || c == '\r' || c == '\t' {
			c = ' '
		}
		if c == ' ' && space {
			continue
		}
		if c == utf8.RuneError || !unicode.IsPrint(c) {
			c = '?'
		}
		if b.Len()+utf8.RuneLen(c) > maxText {
			break
		}
		space = c == ' '
		b.WriteRune(c)
	}
	return strings.TrimSuffix(b.String(), " ")
}

// cutEnhanced takes the enhanced status code of RFC 3463 off the front of a
// reply, and off its other lines where they repeat it (RFC 2034 §4).
func cutEnhanced(s string) (enhanced, words string) {
	first, _, _ := strings.Cut(s, "\n")
	code, _, _ := strings.Cut(first, " ")
	code = strings.TrimSuffix(code, ":") // OpenSMTPD before 6.6
	if enhancedNumbers(code) == (smtp.EnhancedCode{}) {
		return "", s
	}
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		if word, rest, _ := strings.Cut(line, " "); strings.TrimSuffix(word, ":") == code {
			lines[i] = rest
		}
	}
	return code, strings.Join(lines, "\n")
}

// enhancedNumbers reads "2.1.5" (RFC 3463 §2), or returns zero.
func enhancedNumbers(s string) (code smtp.EnhancedCode) {
	parts := strings.Split(s, ".")
	if len(s) > 9 || len(parts) != 3 {
		return smtp.EnhancedCode{}
	}
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n > 999 {
			return smtp.EnhancedCode{}
		}
		code[i] = int(n)
	}
	if code[0] != 2 && code[0] != 4 && code[0] != 5 {
		return smtp.EnhancedCode{}
	}
	return code
}

// joinEnhanced undoes go-smtp's separation, which takes any three numbers,
// negative ones too, so that there is one way of reading replies.
func joinEnhanced(se *smtp.SMTPError) string {
	if se.EnhancedCode == (smtp.EnhancedCode{}) {
		return se.Message
	}
	c := se.EnhancedCode
	return fmt.Sprintf("%d.%d.%d %s", c[0], c[1], c[2], se.Message)
}
