package distribute

import (
	"math"
	"testing"
	"time"
)

func TestRetryPauses(t *testing.T) {
	r := Retry{First: time.Minute, Max: 4 * time.Hour}
	longest := time.Duration(0) // that the pauses so far could have been
	for tries, want := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 240, 240, 240} {
		want *= time.Minute
		for range 50 {
			got := r.Pause(tries)
			if got < want || got > want*12/10 {
				t.Fatalf("the pause after attempt %d is %v, want %v and up to a fifth more", tries, got, want)
			}
			if want < r.Max && got < longest {
				t.Fatalf("the pause after attempt %d is %v, shorter than one before", tries, got)
			}
		}
		longest = want * 12 / 10
	}
}

func TestRetryPausesAreSpread(t *testing.T) {
	r := Retry{First: time.Hour, Max: time.Hour}
	seen := map[time.Duration]bool{}
	for range 100 {
		seen[r.Pause(3)] = true
	}
	if len(seen) < 50 {
		t.Errorf("100 pauses have %d lengths: what failed together comes back together", len(seen))
	}
}

func TestRetryNeverOverflows(t *testing.T) {
	for _, r := range []Retry{
		{time.Minute, 4 * time.Hour}, {time.Nanosecond, math.MaxInt64}, {time.Hour, math.MaxInt64}, {math.MaxInt64, math.MaxInt64}, {time.Hour, time.Minute}, {time.Hour, 0},
	} {
		for _, tries := range []int{0, 1, 29, 30, 31, 62, 63, 64, 1000, math.MaxInt, -1} {
			if got := r.Pause(tries); got <= 0 && r.First > time.Nanosecond*10 || got < 0 {
				t.Errorf("%+v: the pause after attempt %d is %v", r, tries, got)
			}
		}
	}
	if got := (Retry{}).Pause(1000); got != 0 {
		t.Errorf("the zero value pauses %v, want 0", got)
	}
	if got := (Retry{First: time.Hour, Max: time.Minute}).Pause(5); got < time.Hour || got > 72*time.Minute {
		t.Errorf("with a maximum below the first pause it pauses %v, want the first pause", got)
	}
}
