package ingest

import (
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	tests := []struct {
		name string
		b    Backoff
		want []time.Duration // the longest that each pause may be
	}{
		{"zero value", Backoff{}, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second,
			32 * time.Second, 64 * time.Second, 128 * time.Second, 256 * time.Second, 5 * time.Minute, 5 * time.Minute}},
		{"own bounds", Backoff{Min: 3 * time.Second, Max: 10 * time.Second}, []time.Duration{3 * time.Second, 6 * time.Second, 10 * time.Second, 10 * time.Second}},
		{"min above max", Backoff{Min: time.Minute, Max: time.Second}, []time.Duration{time.Second, time.Second}},
		{"tiny", Backoff{Min: 1, Max: 2}, []time.Duration{1, 2, 2}},
		{"no overflow", Backoff{Min: 1 << 62, Max: 1<<63 - 1}, []time.Duration{1 << 62, 1<<63 - 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for round := range 3 {
				for i, most := range tt.want {
					if got := tt.b.Next(); got > most || got < most/2 || got <= 0 {
						t.Errorf("round %d, pause %d = %v; want between %v and %v", round, i+1, got, most/2, most)
					}
				}
				tt.b.Reset()
			}
		})
	}
}

func TestBackoffSpreads(t *testing.T) {
	seen := map[time.Duration]bool{}
	for range 100 {
		b := Backoff{Min: time.Hour, Max: time.Hour}
		seen[b.Next()] = true
	}
	if len(seen) < 50 {
		t.Errorf("100 first pauses took %d different lengths; want many, so that peers do not come back in step", len(seen))
	}
}
