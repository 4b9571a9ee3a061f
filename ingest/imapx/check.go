package imapx

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/emersion/go-imap/v2"
)

// Check tries on a new connection what taking in mail needs: TLS, login, the
// folder, the folder of processed mail, which it makes when it is missing, and a
// way to move mail. It touches no mail. A connection that is open is closed
// first. [Hint] says how to mend its error.
func (m *Mailbox) Check(ctx context.Context) error {
	if err := m.Close(); err != nil {
		return err
	}
	s, err := m.connect(ctx)
	if err != nil {
		return fmt.Errorf("imap: %w", err)
	}
	m.s = s
	if !s.caps.Has(imap.CapMove) && !s.caps.Has(imap.CapUIDPlus) {
		err = fmt.Errorf("imap: %w", ErrNoMove)
	}
	return errors.Join(err, m.Close())
}

// Hint says in one plain sentence how to mend an error of a [Mailbox], or "" for
// nil.
func Hint(err error) string {
	if err == nil {
		return ""
	}
	switch {
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return "It was stopped before it was done; try it again."
	case errors.Is(err, ErrTLS):
		return hintTLS(err)
	case errors.Is(err, errSecret):
		return "The password or token could not be read: check the file or the command that gives it."
	case errors.Is(err, errNoMech):
		return "The server does not offer this way of logging in: choose another one, or enable it on the server."
	case errors.Is(err, ErrAuth):
		return "The server refused our login: check the user name and the password or token, and that IMAP is allowed for this user."
	case errors.Is(err, ErrFolder):
		return "A folder cannot be opened or made: check the names of both folders and our rights to them; some servers want INBOX. or INBOX/ in front of a name."
	case errors.Is(err, ErrNoMove):
		return "The server cannot move one mail safely: enable its MOVE or UIDPLUS extension, or use another server."
	case errors.Is(err, ErrConnect):
		return hintConnect(err)
	case errors.Is(err, errProtocol) || errors.Is(err, errFlood):
		return "The server does not speak IMAP as we know it: check that the port is the one for IMAP, usually 993."
	}
	if _, ok := refused(err); ok {
		return "The server cannot serve us just now: see its words and its log, and try again later."
	}
	return "Correct the mailbox's settings as the message says."
}

func hintTLS(err error) string {
	_, unknownCA := errors.AsType[x509.UnknownAuthorityError](err)
	_, wrongName := errors.AsType[x509.HostnameError](err)
	invalid, isInvalid := errors.AsType[x509.CertificateInvalidError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	_, no := refused(err)
	switch {
	case unknownCA:
		return "The server's certificate is from an issuer that we do not trust: add the issuer's certificate to the mailbox's root certificates in the configuration."
	case wrongName:
		return "The server's certificate is for another name: configure the server by the name that its certificate carries."
	case isInvalid && invalid.Reason == x509.Expired:
		return "The server's certificate has expired or is not valid yet: renew it, and check this machine's clock."
	case isInvalid:
		return "The server's certificate is not valid for a server: replace it."
	case record:
		return "The server does not speak TLS on this port: use STARTTLS, or the port for implicit TLS, usually 993."
	case errors.Is(err, errUnasked):
		return "The server, or somebody on the way to it, sent text before its turn, as an attacker on STARTTLS would: look at what stands between us and the server."
	case no:
		return "The server does not offer STARTTLS: enable TLS on it, or use its port for implicit TLS, usually 993; clear text is not used."
	case errors.Is(err, ErrTimeout):
		return "TLS got no answer: check that the port goes with the kind of TLS, usually 993 for implicit TLS and 143 for STARTTLS."
	}
	return "The server and we could not agree on TLS: it must speak TLS 1.2 or newer with a valid certificate."
}

func hintConnect(err error) string {
	_, dns := errors.AsType[*net.DNSError](err)
	switch {
	case dns:
		return "The server's name cannot be found: correct its spelling, or mend this machine's name resolution."
	case errors.Is(err, syscall.ECONNREFUSED):
		return "Nothing listens at the server's address and port: check both, and that the server runs."
	case errors.Is(err, ErrTimeout):
		return "The server does not answer in time: check its address, the port and any firewall on the way."
	}
	return "The server cannot be reached or hangs up: check its address, its log and the network on the way."
}
