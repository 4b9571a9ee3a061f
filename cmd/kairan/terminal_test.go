package main

import (
	"strings"
	"testing"
	"unicode"
)

// hostile are texts with which a mail could steer a terminal, and what is left of
// them in a line.
var hostile = map[string]string{
	"\x1b[2J\x1b[Hall is well":              "[2J[Hall is well",        // clear the screen
	"\x1b]0;root@hub\x07請求書":                "]0;root@hub請求書",          // set the window's title
	"\x1b]8;;http://x.example\x1b\\y":       "]8;;http://x.example\\y", // a link
	"\u009b31m赤\u0090q\u009c":               "31m赤q",                   // the same in C1
	"one\r\ndigest 0000":                    "one digest 0000",         // a line of its own
	"one\rtwo\ntab\tend":                    "onetwo tab end",
	"invoice\u202efdp.exe\u2066\u2069":      "invoicefdp.exe", // bidirectional
	"\u200binvisible\u00ad\ufeff\u2028\x7f": "invisible",
	"broken \xff\xfe end":                   "broken  end",
	"\U000e0041tag":                         "tag",
}

func TestInLine(t *testing.T) {
	for in, want := range hostile {
		got := inLine(in)
		if got != want {
			t.Errorf("inLine(%q) = %q; want %q", in, got, want)
		}
		if again := inLine(got); again != got {
			t.Errorf("inLine(%q) = %q, and of that %q; want it to be stable", in, got, again)
		}
	}
}

// Whatever stands in a cell, a row is one line, and its columns stand where those
// of the head do.
func TestTableOfHostileCells(t *testing.T) {
	for in := range hostile {
		var b strings.Builder
		table(&b, []string{"notice", "title", "end"}, [][]string{{"n1", in, "."}, {"n2", "標的型メール", "."}})
		lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
		if len(lines) != 3 {
			t.Errorf("a table with %q has %d lines; want 3:\n%q", in, len(lines), b.String())
			continue
		}
		at := columns(lines[0][:strings.Index(lines[0], "end")])
		for _, line := range lines[1:] {
			if got := columns(strings.TrimSuffix(line, ".")); got != at {
				t.Errorf("with %q the last column begins at %d, below a head at %d: %q", in, got, at, line)
			}
		}
		if i := strings.IndexFunc(b.String(), func(r rune) bool { return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) }); i >= 0 {
			t.Errorf("a table with %q prints a character that steers: %q", in, b.String()[i:])
		}
	}
}

func TestColumns(t *testing.T) {
	for s, want := range map[string]int{
		"":        0,
		"abc":     3,
		"請求書":     6,
		"ＡＢＣ":     6, // full width
		"ｱｲｳ":     3, // half width
		"A請B":     4,
		"（株）":     6,
		"請求書.pdf": 10,
	} {
		if got := columns(s); got != want {
			t.Errorf("columns(%q) = %d; want %d", s, got, want)
		}
	}
}

// A text is cut between letters, never wider than there is room.
func TestClip(t *testing.T) {
	for _, c := range []struct {
		s    string
		n    int
		want string
	}{
		{"請求書", 6, "請求書"},
		{"請求書", 5, "請求…"},
		{"請求書", 4, "請…"}, // 求 would need one column more
		{"請求書", 2, "…"},
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"a請求", 4, "a請…"},
	} {
		got := clip(c.s, c.n)
		if got != c.want || columns(got) > c.n {
			t.Errorf("clip(%q, %d) = %q of %d columns; want %q", c.s, c.n, got, columns(got), c.want)
		}
	}
}
