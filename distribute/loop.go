package distribute

import (
	"context"
	"log/slog"
	"time"
)

// Pauses of a loop.
const (
	lookEvery  = time.Second      // with nothing to wake it
	failedMost = 10 * time.Second // between two failures, at most
)

// loop runs round again and again until ctx ends: when it is woken, and every
// second anyway. After a failure it pauses, twice as long each time, but is woken
// all the same: it may be one notice that fails, and the others must not wait for
// it. A failure is told in the log when it begins, changes or ends. what names it
// there.
func loop(ctx context.Context, log *slog.Logger, what string, wake <-chan struct{}, round func(context.Context) error) {
	failing, pause := "", lookEvery
	for {
		err := round(ctx)
		if ctx.Err() != nil {
			return
		}
		switch {
		case err == nil && failing != "":
			log.Info(what + " works again")
			failing = ""
		case err != nil && err.Error() != failing:
			failing = err.Error()
			log.Warn(what+" failed; trying again", "err", failing)
		}
		if err == nil {
			pause = lookEvery
		} else {
			pause = min(2*pause, failedMost)
		}
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-time.After(pause):
		}
	}
}
