package smtpx

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-sasl"
)

// Auth is how we authenticate to the relay (RFC 4954). It is used only after
// verified TLS, or on loopback.
type Auth struct {
	// Mechanism is "PLAIN", "LOGIN", "XOAUTH2" or "OAUTHBEARER".
	Mechanism string
	Username  string
	// Secret returns the password or, for the last two, the access token. It is
	// called for each new connection, so that a token is a fresh one, and should
	// end when ctx does. Its error is shown to the operator.
	Secret func(ctx context.Context) (string, error)
}

func (a *Auth) validate() error {
	switch a.Mechanism {
	case "PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER":
	default:
		return errors.New("the relay's login must be by PLAIN, LOGIN, XOAUTH2 or OAUTHBEARER")
	}
	if a.Username == "" || a.Secret == nil {
		return errors.New("the relay's login needs a user name and a password or token")
	}
	if hasControl(a.Username) {
		return errors.New("the user name for the relay has a control character")
	}
	return nil
}

// client returns the SASL client with a secret read just now.
func (a *Auth) client(ctx context.Context, host string, port int) (sasl.Client, error) {
	secret, err := a.Secret(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the relay's secret: %w", err)
	}
	if secret == "" || hasControl(secret) {
		// NUL and ^A separate fields in these mechanisms; a line end is most
		// often the one at the end of a file, left by whoever read it.
		return nil, errors.New("the relay's secret is empty or has a control character, such as a line end")
	}
	switch a.Mechanism {
	case "PLAIN":
		return sasl.NewPlainClient("", a.Username, secret), nil
	case "LOGIN":
		return &steps{mech: "LOGIN", answers: []string{a.Username, secret}}, nil
	case "XOAUTH2":
		return &steps{mech: "XOAUTH2", answers: []string{""},
			initial: []byte("user=" + a.Username + "\x01auth=Bearer " + secret + "\x01\x01")}, nil
	default: // OAUTHBEARER, RFC 7628 §3.1; "=" and "," of a saslname are escaped (RFC 5801 §4)
		name := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(a.Username)
		return &steps{mech: "OAUTHBEARER", answers: []string{"\x01"},
			initial: fmt.Appendf(nil, "n,a=%s,\x01host=%s\x01port=%d\x01auth=Bearer %s\x01\x01", name, host, port, secret)}, nil
	}
}

// steps is a SASL client that gives fixed answers in turn, whatever it is asked.
// LOGIN was never standardised and servers ask in different words, which
// go-sasl's client refuses; the two OAuth mechanisms answer the challenge that
// carries an error (RFC 7628 §3.2.3), because the reply with the code and words
// that we keep comes only after that.
type steps struct {
	mech    string
	initial []byte
	answers []string
}

func (s *steps) Start() (string, []byte, error) { return s.mech, s.initial, nil }

func (s *steps) Next([]byte) ([]byte, error) {
	if len(s.answers) == 0 {
		return nil, sasl.ErrUnexpectedServerChallenge
	}
	a := s.answers[0]
	s.answers = s.answers[1:]
	return []byte(a), nil // never nil, which go-smtp takes for success
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f })
}
