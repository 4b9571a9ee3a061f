package smtpx

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/emersion/go-smtp"
)

// Check tries what each delivery needs: connection, TLS, EHLO, login, QUIT. It
// sends nothing. [Hint] says how to mend its error, which names the step that
// failed and may contain the relay's words.
func (r *Relay) Check(ctx context.Context) error {
	if err := r.setup(); err != nil {
		return err
	}
	if !r.acquire(ctx) {
		if err := ctx.Err(); err != nil {
			return err
		}
		return errors.New("the relay was closed")
	}
	defer r.release()
	a := &attempt{stage: stageConnect}
	a.watch(ctx)
	defer a.end()
	if s := r.take(); s != nil { // a used one proves nothing, and there may be no more
		s.quit()
	}
	s, f := r.connect(ctx, a)
	if f != nil {
		return f
	}
	s.quit()
	return nil
}

// Hint says in one sentence what to do about an error of [Relay.Check], or ""
// for nil.
func Hint(err error) string {
	if err == nil {
		return ""
	}
	if f, ok := errors.AsType[*failure](err); ok {
		return hintAt(f)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return "The check was stopped before it was done; try it again."
	}
	return "Correct the relay's settings: " + oneLine(err.Error()) + "."
}

func hintAt(f *failure) string {
	var dns *net.DNSError
	var unknownCA x509.UnknownAuthorityError
	var wrongName x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	timeout := errors.Is(f, os.ErrDeadlineExceeded) || errors.Is(f, context.DeadlineExceeded)
	var ne net.Error
	timeout = timeout || errors.As(f, &ne) && ne.Timeout()

	switch {
	case errors.As(f, &dns):
		return "The relay's host name cannot be found: correct its spelling, or mend this machine's name resolution."
	case errors.Is(f, syscall.ECONNREFUSED):
		return "Nothing listens at the relay's address and port: check both, and that the relay runs."
	case errors.Is(f, errNotLocal):
		return "The relay's name leads to another machine: configure TLS or STARTTLS."
	case errors.Is(f, errNoStartTLS):
		return "The relay does not offer STARTTLS: enable TLS on it, or use its port for implicit TLS (usually 465); clear text is not used."
	case errors.Is(f, errUnasked):
		return "The relay, or somebody on the way to it, sent text before its turn, as an attacker on STARTTLS would: look at what stands between us and the relay."
	case errors.As(f, &unknownCA):
		return "The relay's certificate is from an issuer that we do not trust: add the issuer's certificate to the relay's root certificates in the configuration."
	case errors.As(f, &wrongName):
		return "The relay's certificate is for another name: configure the relay by the name that its certificate carries."
	case errors.As(f, &invalid) && invalid.Reason == x509.Expired:
		return "The relay's certificate has expired or is not valid yet: renew it, and check this machine's clock."
	case errors.As(f, &invalid):
		return "The relay's certificate is not valid for a server: replace it."
	case errors.As(f, &record):
		return "The relay does not speak TLS on this port: use STARTTLS, or the port for implicit TLS (usually 465)."
	case f.stage == stageTLS && timeout:
		return "The TLS handshake got no answer: this may be a port for STARTTLS (587, 25) rather than for implicit TLS (465)."
	case f.stage == stageTLS:
		return "The relay and we could not agree on TLS: it must speak TLS 1.2 or newer with a valid certificate."
	case errors.Is(f, errNoAuth):
		return "The relay does not offer this way of logging in: choose one that it offers, or enable it there."
	case f.stage == stageAuth && f.code()/100 == 5:
		return "The relay refused our login: check the user name and the password or token."
	case f.stage == stageAuth && f.code() == 0 && !timeout && !lost(f):
		return "The password or token could not be read: check the file or the command that gives it."
	case f.stage == stageAuth:
		return "The relay could not check our login just now: try again, and look at the relay's log."
	case timeout:
		return "The relay's address does not answer in time: check the address, the port (one for implicit TLS stays silent when addressed in clear) and any firewall on the way."
	case f.code() != 0:
		return "The relay does not want to serve us: see its words, check that it knows this machine and our EHLO name."
	case lost(f):
		return "The relay hung up before we could speak: check that this machine may connect to it."
	}
	return "The relay cannot be reached: check its address and the network on the way."
}

// lost reports whether f is a connection that ended.
func lost(f *failure) bool {
	_, replied := errors.AsType[*smtp.SMTPError](f.err)
	return !replied && (errors.Is(f, io.EOF) || errors.Is(f, io.ErrUnexpectedEOF) || errors.Is(f, syscall.ECONNRESET) || errors.Is(f, syscall.EPIPE))
}
