package smtpx

import (
	"context"
	"net"
	"sync"
	"time"
)

// attempt is one call of Deliver or Check, and what the end of its context does
// to it: before the final dot, the connection is cut and nothing was sent; from
// then on, the reply is waited for, but only for a while.
type attempt struct {
	drain time.Duration
	// stage is the verb under way; only for the goroutine that delivers.
	stage string

	mu        sync.Mutex
	conn      net.Conn    // what to cut; nil while there is none
	committed bool        // the dot may leave any moment
	cutOff    bool        // conn was closed because the context ended
	over      bool        // nothing more may be done to conn
	timer     *time.Timer // runs from the context's end after commit
	unhook    func() bool
}

// watch makes the attempt follow ctx until end.
func (a *attempt) watch(ctx context.Context) {
	a.unhook = context.AfterFunc(ctx, a.stop)
}

// end leaves the connection alone from now on. It may be called twice.
func (a *attempt) end() {
	a.unhook()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.over = true
	if a.timer != nil {
		a.timer.Stop()
	}
}

// stop is called when the context ends.
func (a *attempt) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.committed && !a.over {
		a.timer = time.AfterFunc(a.drain, func() {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.cut()
		})
		return
	}
	a.cut()
}

// cut closes the connection, and with it whatever waits for it. a.mu is held.
func (a *attempt) cut() {
	if a.over {
		return
	}
	a.cutOff = true
	if a.conn != nil {
		_ = a.conn.Close()
	}
}

// hold tells which connection the attempt now uses.
func (a *attempt) hold(conn net.Conn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.conn = conn
	if a.cutOff {
		_ = conn.Close()
	}
}

// commit is the last moment to be stopped: after true, the dot is sent.
func (a *attempt) commit(ctx context.Context) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.committed = !a.cutOff && ctx.Err() == nil
	return a.committed
}

// wasCut reports whether the attempt closed its connection.
func (a *attempt) wasCut() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.cutOff
}
