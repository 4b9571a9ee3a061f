package ingest

import (
	"math/rand/v2"
	"time"
)

// Backoff makes growing pauses for something that is tried again and again: each
// twice as long as the one before, from Min to Max, and each shortened by chance
// by up to a half, so that many who lost the same server do not come back to it
// in step. With the defaults the pauses are at most 1, 2, 4, … 256 seconds, then
// 5 minutes. It is used by one goroutine; the zero value is ready.
type Backoff struct {
	Min time.Duration // the longest first pause; zero means 1 second
	Max time.Duration // the longest pause; zero means 5 minutes

	last time.Duration // before chance; 0 after Reset
}

// Next returns the next pause.
func (b *Backoff) Next() time.Duration {
	least, most := b.Min, b.Max
	if least <= 0 {
		least = time.Second
	}
	if most <= 0 {
		most = 5 * time.Minute
	}
	switch {
	case b.last <= 0:
		b.last = min(least, most)
	case b.last > most-b.last: // written so that it cannot overflow
		b.last = most
	default:
		b.last *= 2
	}
	return b.last - rand.N(b.last/2+1)
}

// Reset is called after a success: the next pause is a short one again.
func (b *Backoff) Reset() { b.last = 0 }
