package imapx

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-sasl"
)

// Auth is how we log in: a user and exactly one of the three functions, each of
// which returns a secret. They are called for each new connection, so that a
// token is a fresh one and a changed password file is read again, and should end
// when ctx does. Their errors are shown to the operator.
type Auth struct {
	User string
	// Password is used by SASL PLAIN (RFC 4616) where that is offered, else by
	// LOGIN unless the server says LOGINDISABLED.
	Password func(ctx context.Context) (string, error)
	// XOAuth2 returns an access token for XOAUTH2, the mechanism of Google and
	// Microsoft.
	XOAuth2 func(ctx context.Context) (string, error)
	// OAuthBearer returns an access token for OAUTHBEARER (RFC 7628).
	OAuthBearer func(ctx context.Context) (string, error)
}

func (a *Auth) validate() error {
	if a.User == "" {
		return errors.New("the mailbox needs a user name")
	}
	if hasControl(a.User) {
		return errors.New("the mailbox's user name has a control character")
	}
	n := 0
	for _, f := range []func(context.Context) (string, error){a.Password, a.XOAuth2, a.OAuthBearer} {
		if f != nil {
			n++
		}
	}
	if n != 1 {
		return errors.New("the mailbox needs exactly one of password, XOAUTH2 token and OAUTHBEARER token")
	}
	return nil
}

// login logs in, with a secret read just now.
func (s *session) login(ctx context.Context, a *Auth, host string, port int) error {
	mech := ""
	switch {
	case a.XOAuth2 != nil:
		mech = "XOAUTH2"
	case a.OAuthBearer != nil:
		mech = "OAUTHBEARER"
	case s.caps.Has(imap.AuthCap("PLAIN")):
		mech = "PLAIN"
	case s.caps.Has(imap.CapLoginDisabled):
		return fmt.Errorf("%w: %w", ErrAuth, errNoMech)
	}
	if mech != "" && !s.caps.Has(imap.AuthCap(mech)) {
		return fmt.Errorf("%w: %w: %s", ErrAuth, errNoMech, mech)
	}
	secret, err := s.secret(ctx, a)
	if err != nil {
		return err
	}

	var client sasl.Client
	switch mech {
	case "PLAIN":
		client = sasl.NewPlainClient("", a.User, secret)
	case "XOAUTH2":
		// The answer to its error challenge is to be empty.
		client = &bearer{mech: mech, initial: "user=" + a.User + "\x01auth=Bearer " + secret + "\x01\x01"}
	case "OAUTHBEARER":
		// RFC 7628 §3.1; "=" and "," of a saslname are escaped (RFC 5801 §4).
		name := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(a.User)
		client = &bearer{mech: mech, farewell: "\x01",
			initial: fmt.Sprintf("n,a=%s,\x01host=%s\x01port=%d\x01auth=Bearer %s\x01\x01", name, host, port, secret)}
	}
	err = s.do(ctx, func(func()) error {
		if client == nil {
			return s.client.Login(a.User, secret).Wait()
		}
		return s.client.Authenticate(client)
	})
	if r, ok := refused(err); ok && !isTemporary(r) {
		return fmt.Errorf("%w: %w", ErrAuth, err)
	}
	return err
}

// secret asks for the password or token, for no longer than a command.
func (s *session) secret(ctx context.Context, a *Auth) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.timeout, errors.New("not within the time limit of a command"))
	defer cancel()
	read := a.Password
	if read == nil {
		read = a.XOAuth2
	}
	if read == nil {
		read = a.OAuthBearer
	}
	secret, err := read(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return "", fmt.Errorf("%w: %w: %w", ErrAuth, errSecret, context.Cause(ctx))
	case err != nil:
		return "", fmt.Errorf("%w: %w: %w", ErrAuth, errSecret, err)
	case secret == "" || hasControl(secret):
		// NUL and ^A separate fields in these mechanisms; a line end is most often
		// the one at the end of a file, left by whoever read it.
		return "", fmt.Errorf("%w: %w: it is empty or has a control character, such as a line end", ErrAuth, errSecret)
	}
	return secret, nil
}

// isTemporary reports whether the server would not have let anybody in
// (RFC 5530 §3): to call that a wrong password would send the operator astray.
func isTemporary(r *imap.Error) bool {
	switch r.Code {
	case imap.ResponseCodeUnavailable, imap.ResponseCodeServerBug, imap.ResponseCodeInUse,
		imap.ResponseCodeLimit, imap.ResponseCodeContactAdmin, imap.ResponseCodeCorruption:
		return true
	}
	return false
}

// bearer is the SASL client of the two mechanisms that send a token. It answers
// the challenge that carries an error (RFC 7628 §3.2.3), as go-sasl's does not,
// because the reply with the code and words that we keep comes only after that.
type bearer struct {
	mech, initial, farewell string
	answered                bool
}

func (b *bearer) Start() (string, []byte, error) { return b.mech, []byte(b.initial), nil }

func (b *bearer) Next([]byte) ([]byte, error) {
	if b.answered {
		return nil, sasl.ErrUnexpectedServerChallenge
	}
	b.answered = true
	return []byte(b.farewell), nil
}
