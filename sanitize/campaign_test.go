package sanitize

import (
	"strings"
	"testing"
)

// TestGeneralise: what differs between two reports of one attack stands for the
// recipient, and so is told of neither.
func TestGeneralise(t *testing.T) {
	one := func(word, number string) Facts {
		raw := strings.Join([]string{
			"From: a@evil.example", "To: x@victim.example", "Subject: Parcel " + word + " is waiting", "Content-Type: text/plain", "",
			"https://evil.example/p/" + word + "/login.php?lang=ja&n=" + number, "https://evil.example/logo.png", "",
		}, "\r\n")
		return Run([]byte("From: r@member.example\r\nContent-Type: message/rfc822\r\n\r\n"+raw), Policy{Tokens: true}).Originals[0].Facts
	}
	a, b := one("alpha", "12"), one("bravo", "34")
	got, changed := Generalise(a, b)
	if !changed {
		t.Fatal("nothing was changed")
	}
	if got.Subject != "Parcel <recipient-token> is waiting" {
		t.Errorf("subject = %q", got.Subject)
	}
	found := false
	for _, i := range got.Indicators {
		if strings.Contains(i.Value, "alpha") || strings.Contains(i.Defanged, "alpha") {
			t.Errorf("%s %q still holds what was made for one victim", i.Type, i.Value)
		}
		if i.Type == TypeURL && i.Value == "https://evil.example/p/<recipient-token>/login.php?lang=ja&n=<recipient-token>" {
			found = i.Pattern == "https://evil.example/p/*/login.php?lang=ja&n=*"
		}
	}
	if !found {
		t.Errorf("indicators = %+v; want the URL with its path, its parameters and a pattern", got.Indicators)
	}
	other, _ := Generalise(b, a)
	for i := range got.Indicators {
		if got.Indicators[i].Value != other.Indicators[i].Value {
			t.Errorf("from the one report %q, from the other %q", got.Indicators[i].Value, other.Indicators[i].Value)
		}
	}
	if again, changed := Generalise(got, other); changed {
		t.Errorf("doing it twice changes it again: %+v", again)
	}
	if _, changed := Generalise(a, a); changed {
		t.Error("two equal reports differ")
	}
}

func TestSkeleton(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"https://evil.example/p/alpha?n=1", "https://evil.example/p/bravo?n=2", true},
		{"https://evil.example/p/alpha", "https://evil.example/p/alpha/x", false},
		{"https://evil.example/p/alpha?n=1", "https://evil.example/p/alpha?m=1", false},
		{"https://evil.example/a.php", "https://evil.example/b.php", true},
		{"https://evil.example/a.php", "https://evil.example/b.zip", false},
		{"https://evil.example/", "https://evil2.example/", false},
	} {
		if got := Skeleton(c.a) == Skeleton(c.b); got != c.same {
			t.Errorf("%s and %s: same skeleton is %v, want %v", c.a, c.b, got, c.same)
		}
	}
}
