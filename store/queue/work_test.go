package queue

import (
	"testing"
)

func TestParseWork(t *testing.T) {
	const id = "d0123456789abcdefghjk"
	for s, want := range map[string]Work{
		id + ".0":       {Delivery: id, Attempt: 0},
		id + ".1":       {Delivery: id, Attempt: 1},
		id + ".1000000": {Delivery: id, Attempt: 1000000},
	} {
		if got, err := parseWork([]byte(s)); got != want || err != nil {
			t.Errorf("parseWork(%q) = %v, %v; want %v", s, got, err, want)
		}
		if want.String() != s {
			t.Errorf("String of %v = %q; want %q", want, want.String(), s)
		}
	}
	for _, s := range []string{
		"", ".", id, id + ".", id + ".x", id + ".-1", id + ".+1", id + ".01", id + ".1.", id + ".1 ", " " + id + ".1", id + ".1000001",
		id + ".99999999999999999999", id + ".1\x00", "n" + id[1:] + ".1", id + "0.1", id[:20] + ".1", "D" + id[1:] + ".1", "d0123456789abcdefghi0.1", id + ".１",
	} {
		if got, err := parseWork([]byte(s)); err == nil || got != (Work{}) {
			t.Errorf("parseWork(%q) = %v, %v; want an error", s, got, err)
		}
	}
}

func FuzzParseWork(f *testing.F) {
	f.Add([]byte("d0123456789abcdefghjk.1"))
	f.Add([]byte("d0123456789abcdefghjk.01"))
	f.Add([]byte("d0123456789abcdefghjk"))
	f.Add([]byte("..1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		w, err := parseWork(b)
		if err == nil && w.String() != string(b) {
			t.Errorf("parseWork(%q) = %v, which is written %q", b, w, w.String())
		}
		if err == nil && w.check() != nil {
			t.Errorf("parseWork(%q) = %v, which cannot be published", b, w)
		}
	})
}
