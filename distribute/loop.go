package distribute

import (
	"context"
	"log/slog"
	"time"
)

// Pauses of a loop.
const (
	lookEvery  = time.Second // with nothing to wake it
	failedMost = time.Minute // between two failures, at most
)

// loop runs round again and again until ctx ends: when it is woken, and every
// second anyway. After a failure it pauses, twice as long each time. A failure is
// told in the log when it begins, changes or ends. what names it there.
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
		woken := wake
		if err == nil {
			pause = lookEvery
		} else {
			pause = min(2*pause, failedMost)
			woken = nil // more work is no reason to hurry while it fails
		}
		select {
		case <-ctx.Done():
			return
		case <-woken:
		case <-time.After(pause):
		}
	}
}
