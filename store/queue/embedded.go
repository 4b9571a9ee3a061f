package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// embedded is a NATS server in this process that listens on no port.
type embedded struct {
	server *server.Server
	log    *serverLog
}

// startTimeout bounds the start of the embedded server, which takes some 20 ms.
const startTimeout = 15 * time.Second

func startEmbedded(ctx context.Context, o Options, log *slog.Logger) (*embedded, error) {
	if o.StoreDir == "" {
		// The server's own default is a folder in /tmp that all would share.
		return nil, errors.New("no folder for it is configured")
	}
	if err := os.MkdirAll(o.StoreDir, 0o700); err != nil {
		return nil, err
	}
	opts := &server.Options{
		ServerName: "kairan-" + o.Name,
		DontListen: true, // without it: every address, port 4222, no password
		NoSigs:     true, // signals are ours
		MaxPayload: 64 << 10,
		MaxConn:    64,

		JetStream: true,
		StoreDir:  o.StoreDir,
		// Explicit, because by default it takes three quarters of the memory and
		// of the disk. The stream reserves MaxBytes; the rest is for its state.
		JetStreamMaxMemory:     o.MaxBytes + 16<<20,
		JetStreamMaxStore:      64 << 20,
		DisableJetStreamBanner: true,
	}
	s, err := server.NewServer(opts)
	if err != nil {
		return nil, err
	}
	e := &embedded{server: s, log: &serverLog{log: log, fatal: make(chan string, 1)}}
	s.SetLoggerV2(e.log, false, false, false) // before Start, which may fail only there
	s.Start()
	if err := e.ready(ctx); err != nil {
		e.shutdown()
		return nil, err
	}
	return e, nil
}

// ready waits until JetStream has recovered, which is later than that the server
// takes connections. What makes it fail is told to the logger only.
func (e *embedded) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case text := <-e.log.fatal:
			return errors.New(text)
		case <-ctx.Done():
			return fmt.Errorf("it is not ready: %w", ctx.Err())
		case <-tick.C:
			if e.server.ReadyForConnections(time.Millisecond) && e.health() == nil {
				return nil
			}
		}
	}
}

func (e *embedded) health() error {
	if !e.server.Running() {
		return errors.New("it has stopped")
	}
	if h := e.server.Healthz(nil); h.Status != "ok" {
		return errors.New(h.Error)
	}
	return nil
}

func (e *embedded) shutdown() {
	e.server.Shutdown()
	e.server.WaitForShutdown()
}

// serverLog passes on what the server tells. Its notices are for somebody who
// runs a server, not for somebody who runs a hub.
type serverLog struct {
	log   *slog.Logger
	fatal chan string // the first one
}

var _ server.Logger = (*serverLog)(nil)

func (l *serverLog) Noticef(format string, v ...any) {
	l.log.Debug("nats server notice", "text", fmt.Sprintf(format, v...))
}

func (l *serverLog) Warnf(format string, v ...any) {
	l.log.Warn("nats server warning", "text", fmt.Sprintf(format, v...))
}

func (l *serverLog) Errorf(format string, v ...any) {
	l.log.Error("nats server error", "text", fmt.Sprintf(format, v...))
}

// Fatalf must not end the process, as the server's own logger does.
func (l *serverLog) Fatalf(format string, v ...any) {
	text := fmt.Sprintf(format, v...)
	l.log.Error("nats server failed", "text", text)
	select {
	case l.fatal <- text:
	default:
	}
}

func (l *serverLog) Debugf(string, ...any) {}

func (l *serverLog) Tracef(string, ...any) {}
