package distribute

import (
	"context"
	"errors"
	"time"

	"kairan/store"
)

// Pauses between two tries to write to the ledger.
const (
	writeFirst = 100 * time.Millisecond
	writeMost  = 5 * time.Second
)

// persist has the ledger learn an outcome: a database that is away, or a disk that
// is full, is tried again with growing pauses for as long as record lasts, or, once
// ctx has ended because the hub stops, for recordTime. What cannot be written until
// then is found by the sweep as unknown. A refusal by the ledger is final.
func persist(ctx, record context.Context, write func(context.Context) error) error {
	stopping, stop := context.WithCancel(record)
	defer stop()
	defer context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(recordTime, stop)
		context.AfterFunc(stopping, func() { timer.Stop() })
	})()
	for pause := writeFirst; ; pause = min(2*pause, writeMost) {
		err := write(stopping)
		if err == nil || errors.Is(err, store.ErrState) || errors.Is(err, store.ErrNotFound) {
			return err
		}
		select {
		case <-stopping.Done():
			return err
		case <-time.After(pause):
		}
	}
}
