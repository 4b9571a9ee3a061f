package distribute

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"kairan/store"
)

var errAway = errors.New("the database is away")

func TestPersist(t *testing.T) {
	for _, c := range []struct {
		name   string
		fails  int           // how often writing fails
		err    error         // with what
		stop   bool          // the hub stops at the beginning
		record time.Duration // how long it may take
		want   error
		took   time.Duration // at most
	}{
		{"at once", 0, nil, false, time.Minute, nil, 0},
		{"away for a while", 6, errAway, false, time.Minute, nil, 10 * time.Second},
		{"away for too long", 1 << 20, errAway, false, time.Minute, errAway, time.Minute},
		{"away while the hub stops", 1 << 20, errAway, true, time.Hour, errAway, recordTime},
		{"back while the hub stops", 5, errAway, true, time.Hour, nil, recordTime},
		{"refused", 1 << 20, store.ErrState, false, time.Minute, store.ErrState, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				record, done := context.WithTimeout(context.WithoutCancel(ctx), c.record)
				defer done()
				if c.stop {
					stop()
				}
				began, n := time.Now(), 0
				err := persist(ctx, record, func(context.Context) error {
					if n++; n <= c.fails {
						return c.err
					}
					return nil
				})
				if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
					t.Errorf("persist = %v; want %v", err, c.want)
				}
				if took := time.Since(began); took > c.took {
					t.Errorf("it took %v; want at most %v", took, c.took)
				}
			})
		})
	}
}
