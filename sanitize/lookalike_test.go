package sanitize

import (
	"testing"

	"pgregory.net/rapid"
)

func TestLookalikes(t *testing.T) {
	s := newStems([]Identity{{Kind: IdentityDomain, Value: "hekirei-denryoku.example"}, {Kind: IdentityOrganisation, Value: "Aoba Gas"}})
	for _, c := range []struct {
		host string
		want bool
	}{
		{"hekirei-denryoku.test", true},
		{"hekirei-denryoku-login.test", true},
		{"hekire1-denryoku.test", true},
		{"hekireidenryokku.test", true},
		{"hekrei-denryok.test", true},
		{"www.hekirai-denryoku.test", true},
		{"hekirei.test", false},
		{"denryoku-portal.test", false},
		{"aobagas.test", true},
		{"a0bagas.test", false}, // too short to be told from other words
	} {
		if got := s.in(c.host); got != c.want {
			t.Errorf("in(%q) = %v, want %v", c.host, got, c.want)
		}
	}
}

// TestDistance compares with the table that everybody knows.
func TestDistance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-d]{0,12}`)
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		row := make([]int, len(b)+1)
		for j := range row {
			row[j] = j
		}
		for i := range len(a) {
			diagonal := row[0]
			row[0] = i + 1
			for j := range len(b) {
				next := min(row[j+1]+1, row[j]+1, diagonal+1)
				if a[i] == b[j] {
					next = min(next, diagonal)
				}
				diagonal, row[j+1] = row[j+1], next
			}
		}
		if got := distance(a, b); got != row[len(b)] {
			t.Fatalf("distance(%q, %q) = %d, want %d", a, b, got, row[len(b)])
		}
	})
}

func TestWithoutTags(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"請求書のご案内", "請求書のご案内"},
		{"[EXTERNAL] 請求書", "請求書"},
		{"【外部メール】請求書", "請求書"},
		{"***SPAM*** hello", "hello"},
		{"[csirt-all:00123] 請求書", "請求書"},
		{"Re: [soc 12] Fw: [EXT] 請求書", "Re: Fw: 請求書"},
		{"[Amazon] ご注文の確認", "[Amazon] ご注文の確認"},
		{"【重要】ご確認ください", "【重要】ご確認ください"},
		{"[EXTERNAL]", "[EXTERNAL]"},
		{"(ml-user,45) x", "x"},
	} {
		if got := withoutTags(c.in); got != c.want {
			t.Errorf("withoutTags(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}
