package queue

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	dialTimeout    = 5 * time.Second
	requestTimeout = 5 * time.Second
	drainTimeout   = 5 * time.Second
	// A server that vanished without a word is noticed after three pings, half a
	// minute. Who waits for work notices within two seconds (fetchHeartbeat).
	pingInterval = 10 * time.Second
)

// dial connects. closed is closed when the connection is closed for good.
func dial(ctx context.Context, o Options, server *embedded, log *slog.Logger, closed chan struct{}) (*nats.Conn, error) {
	opts := []nats.Option{
		nats.Name("kairan-" + o.Name),
		nats.Timeout(dialTimeout),
		nats.DrainTimeout(drainTimeout),
		nats.PingInterval(pingInterval),
		nats.MaxPingsOutstanding(2),
		nats.MaxReconnects(-1),
		nats.CustomReconnectDelay(func(attempts int) time.Duration { return pause(attempts - 1) }),
		// By default the second refusal closes the connection for good; but
		// credentials expire and are renewed.
		nats.IgnoreAuthErrorAbort(),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("connection to NATS lost", "error", reason(err))
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { log.Info("connection to NATS restored") }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			log.Warn("nats error", "error", reason(err))
		}),
		nats.ClosedHandler(func(*nats.Conn) { close(closed) }),
	}
	if server != nil {
		return nats.Connect("", append(opts, nats.InProcessServer(server.server))...)
	}
	secure, err := checkURL(o.URL)
	if err != nil {
		return nil, err
	}
	if secure {
		opts = append(opts, nats.Secure(&tls.Config{MinVersion: tls.VersionTLS12}))
	}
	if o.CA != "" {
		opts = append(opts, nats.RootCAs(o.CA))
	}
	if o.Cert != "" || o.Key != "" {
		opts = append(opts, nats.ClientCert(o.Cert, o.Key))
	}
	if o.Credentials != "" {
		// The library reads the file when it connects, and again each time.
		if _, err := os.Stat(o.Credentials); err != nil {
			return nil, fmt.Errorf("read the credentials: %w", err)
		}
		opts = append(opts, nats.UserCredentials(o.Credentials))
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	nc, err := nats.Connect(o.URL, opts...)
	if err != nil {
		return nil, explainDial(err, o)
	}
	return nc, nil
}

// checkURL reports whether the connection must be TLS: always, but to ourselves.
func checkURL(s string) (secure bool, err error) {
	for one := range strings.SplitSeq(s, ",") {
		u, err := url.Parse(strings.TrimSpace(one))
		if err != nil || u.Hostname() == "" {
			// The error of url.Parse repeats the URL with its password.
			return false, errors.New("the URL is not of the form tls://host:port")
		}
		if u.User != nil {
			return false, errors.New("the URL has a user or password in it; put them into a credentials file")
		}
		switch u.Scheme {
		case "tls":
			secure = true
		case "nats":
			ip := net.ParseIP(u.Hostname())
			secure = secure || u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())
		default:
			return false, fmt.Errorf("the URL begins with %q; want tls:// or nats://", u.Scheme+"://")
		}
	}
	return secure, nil
}

// explainDial adds what to do to what the library says.
func explainDial(err error, o Options) error {
	hint := func(text string) error { return fmt.Errorf("%w: %s", err, text) }
	var (
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	switch {
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrAuthRevoked), errors.Is(err, nats.ErrAccountAuthExpired):
		if o.Credentials == "" {
			return hint("the server wants credentials and none are configured; ask its operator for a .creds file")
		}
		return hint(fmt.Sprintf("the server refuses the credentials in %s; they may belong to another server, have expired or been revoked: ask its operator for new ones", o.Credentials))
	case errors.Is(err, nats.ErrSecureConnWanted):
		return hint("the server offers no TLS, and without it only a server on a loopback address is used; switch TLS on there")
	case errors.As(err, &unknown):
		return hint("the server's certificate is not signed by a known authority; configure the PEM file of the one that signed it as CA")
	case errors.As(err, &name):
		return hint("the server's certificate is for another name; use a name in the URL that stands in it")
	case errors.As(err, &invalid):
		return hint("the server's certificate is not valid now; look at its dates and at this machine's clock")
	case errors.Is(err, nats.ErrNoServers):
		return hint("nothing answers there; look whether the server runs, and at host and port of the URL")
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return hint("look at the paths of CA, certificate, key and credentials")
	}
	return err
}

// explainJetStream does the same for the first request.
func explainJetStream(err error) error {
	switch {
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount), errors.Is(err, nats.ErrNoResponders):
		return fmt.Errorf("%w: the server has JetStream switched off for this user, or its cluster has no leader", err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrTimeout):
		return fmt.Errorf("%w: the user may lack the right to publish on $JS.API.> and to subscribe to _INBOX.>", err)
	case refused(err):
		return fmt.Errorf("%w: if stream %s there was made by something else, delete it; nothing is lost, the ledger publishes again", err, streamName)
	}
	return err
}

// reason is an error without the addresses that errors of the network repeat.
func reason(err error) string {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Op + ": " + op.Err.Error()
	}
	return err.Error()
}
