package distribute

import (
	"math/rand/v2"
	"time"
)

// Retry says when a delivery that was refused for now is tried again: First
// after the first attempt, then twice the pause before, up to Max, each up to a
// fifth longer at random so that what failed together does not come back
// together. With a minute and four hours: 1, 2, 4, 8, 16, 32 minutes, 1 h, 2 h,
// then every 4 h.
type Retry struct {
	First, Max time.Duration
}

// Pause is how long to wait after the attempt with the given number, counted
// from 0. It is 0 when First is.
func (r Retry) Pause(tries int) time.Duration {
	// Far below what a Duration holds, so that nothing here can overflow.
	const longest = 100 * 365 * 24 * time.Hour
	most := min(max(r.Max, r.First), longest)
	d := min(r.First, most)
	for i := 0; i < tries && 0 < d && d < most; i++ {
		d = min(2*d, most)
	}
	if d <= 0 {
		return 0
	}
	return d + rand.N(d/5+1)
}
