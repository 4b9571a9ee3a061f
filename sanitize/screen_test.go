package sanitize

import (
	"testing"

	"kairan/sanitize/benign"
)

// What is no indicator, and for what a service of everybody's stands.
func TestScreen(t *testing.T) {
	lists := benign.Builtin()
	for _, c := range []struct {
		typ, value string
		tier       string
		benign     bool
	}{
		{TypeURL, "http://www.w3.org/1999/xhtml", "infrastructure", true},
		{TypeDomain, "schemas.microsoft.com", "infrastructure", true},
		{TypeURL, "https://docs.google.com/forms/d/e/1FAI/viewform", "shared-hosting", false},
		{TypeDomain, "docs.google.com", "shared-hosting", true},
		{TypeURL, "https://bit.ly/3abc", "shared-hosting", false},
		{TypeDomain, "bit.ly", "shared-hosting", true},
		{TypeDomain, "signin-check.pages.dev", "shared-hosting", false}, // a tenant's own name
		{TypeDomain, "pages.dev", "shared-hosting", true},
		{TypeURL, "https://signin-check.pages.dev/x", "shared-hosting", false},
		{TypeURL, "https://www.google.com/", "popular", true},
		{TypeIPv4, "8.8.8.8", "infrastructure", true},
		{TypeIPv4, "198.51.100.7", "", false}, // documentation stands for the attacker's
		{TypeSender, "somebody@gmail.com", "", false},
		{TypeURL, "https://evil.example/", "", false},
		{TypeSHA256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "infrastructure", true},
	} {
		list := []Indicator{{Type: c.typ, Value: c.value}}
		Screen(list, lists)
		if list[0].Tier != c.tier || list[0].Benign != c.benign {
			t.Errorf("%s %s: tier %q, benign %v; want %q, %v", c.typ, c.value, list[0].Tier, list[0].Benign, c.tier, c.benign)
		}
	}
}
