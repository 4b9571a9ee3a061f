package smtpx

import (
	"bytes"
	"testing"

	"kairan/store"
)

// BenchmarkDeliver is a bare loop of 10 KiB messages against the sink: what the
// courier costs when nothing is recorded. The sink forgets nothing, so its
// memory grows with b.N.
func BenchmarkDeliver(b *testing.B) {
	sink := start(b, &Sink{MaxMessages: 1 << 30})
	r := relayTo(b, sink.Addr())
	r.MaxPerConnection = 1 << 30
	message := append([]byte("Subject: notice\r\n\r\n"), bytes.Repeat([]byte("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abc\r\n"), 162)...)
	ctx := b.Context()
	b.SetParallelism(5) // of 10 connections on two cores
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if out := r.Deliver(ctx, envelope, message); out.Kind != store.Accepted {
				b.Errorf("Deliver = %+v, want accepted", out)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
