package queue

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// pause is how long to wait after a number of failures before: 100 ms, 200 ms,
// 400 ms and so on up to 10 s, give or take a fifth so that nodes that failed
// together do not come back together.
func pause(failures int) time.Duration {
	d := 100 * time.Millisecond << min(max(failures, 0), 7)
	d = min(d, 10*time.Second)
	return d*4/5 + rand.N(d*2/5)
}

// wait reports whether the time passed before the context ended.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// changes tells the log of trouble when it begins, when it is of a new kind, and
// when it is over, but not each time.
type changes struct {
	log       *slog.Logger
	bad, good string

	mu   sync.Mutex
	told map[string]bool // what was told since it last worked
}

func (c *changes) failed(err error) {
	text := reason(err)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.told[text] || len(c.told) >= 16 {
		return
	}
	if c.told == nil {
		c.told = map[string]bool{}
	}
	c.told[text] = true
	c.log.Warn(c.bad, "error", text)
}

func (c *changes) fine() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.told != nil {
		c.told = nil
		c.log.Info(c.good)
	}
}
