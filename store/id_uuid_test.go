package store

import (
	"regexp"
	"testing"
	"time"
)

func TestUUID(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for range 1000 {
		id := DeliveryID(newID("d", time.Now()))
		u := id.UUID()
		if !form.MatchString(u) || seen[u] {
			t.Fatalf("the UUID of %s is %q", id, u)
		}
		seen[u] = true
		if back, err := ParseDeliveryUUID(u); err != nil || back != id {
			t.Fatalf("%s was %s, and comes back as %s, %v", u, id, back, err)
		}
	}
	for _, bad := range []string{"", "x", "00000000-0000-0000-0000-000000000000", "gggggggg-0000-8000-8000-000000000000", "00000000-0000-8000-8000-000000000001"} {
		if id, err := ParseDeliveryUUID(bad); err == nil {
			t.Errorf("ParseDeliveryUUID(%q) = %s, want an error", bad, id)
		}
	}
	if u := DeliveryID("n0123456789abcdefghjk").UUID(); u != "" {
		t.Errorf("a notice's identifier is taken for a delivery's: %s", u)
	}
	if u := NoticeID("n0123456789abcdefghjk").UUID(); !form.MatchString(u) {
		t.Errorf("the UUID of a notice is %q", u)
	}
}
