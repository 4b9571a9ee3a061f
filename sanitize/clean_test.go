package sanitize

import "testing"

func TestCleanText(t *testing.T) {
	for _, c := range []struct {
		in   string
		max  int
		want string
	}{
		{"  請求書 \t\r\n 送付  ", 0, "請求書 送付"},
		{"a\u202egnp.exe", 0, "agnp.exe"},
		{"zero\u200bwidth\u00ad", 0, "zerowidth"},
		{"\x1b[31mred\x1b[0m \u009b2Jx", 0, "red x"},
		{"line\u2028two\u0085three", 0, "line two three"},
		{"<recipient-address> ＜person＞", 0, "‹recipient-address› ‹person›"},
		{"か\u3099", 0, "が"},
		{"nul\x00 bad\xff", 0, "nul bad\ufffd"},
		{"tag\U000e0041 vs\ufe0f non\ufdd0", 0, "tag vs non"},
		{"あいうえお", 4, "あいう…"},
		{"あいうえお", 5, "あいうえお"},
		{"abc def", 5, "abc…"},
	} {
		got := cleanText(c.in, c.max)
		if got != c.want {
			t.Errorf("cleanText(%q, %d) = %q, want %q", c.in, c.max, got, c.want)
		}
		if again := cleanText(got, c.max); again != got {
			t.Errorf("cleanText(%q, %d) = %q, and again %q: it must not change any more", c.in, c.max, got, again)
		}
	}
}

func TestCapRunesKeepsPlaceholdersWhole(t *testing.T) {
	const in = "mail for <recipient-address> today"
	for n := 1; n < 40; n++ {
		got := capRunes(in, n)
		for i := 0; i < len(got); i++ {
			if got[i] == '<' && placeholderAt(got[i:]) == 0 {
				t.Errorf("capRunes(%q, %d) = %q: the placeholder was cut", in, n, got)
			}
		}
		if again := capRunes(got, n); again != got {
			t.Errorf("capRunes(%q, %d) = %q, and again %q", in, n, got, again)
		}
	}
}
