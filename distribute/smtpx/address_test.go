package smtpx

import (
	"strings"
	"testing"
)

func TestValidAddress(t *testing.T) {
	label := strings.Repeat("a", 63)
	for _, s := range []string{
		"desk@bank.example.jp",
		"first.last+kairan=x@bank.example",
		"!#$%&'*+-/=?^_`{|}~@bank.example",
		"0@1.example",
		"desk@xn--wgv71a119e.example",
		strings.Repeat("a", 64) + "@bank.example",
		"a@" + label + "." + label + ".example",
	} {
		if err := ValidAddress(s); err != nil {
			t.Errorf("ValidAddress(%q) = %v, want nil", s, err)
		}
	}
	for _, s := range []string{
		"",
		"desk",
		"@bank.example",
		"desk@",
		"desk@bank",
		"desk@bank.example.",
		"desk@.bank.example",
		"desk@bank..example",
		"desk@-bank.example",
		"desk@bank-.example",
		"desk@ba_nk.example",
		"desk@192.0.2.1",
		"desk@[192.0.2.1]",
		"desk@bank.example@bank.example",
		".desk@bank.example",
		"desk.@bank.example",
		"de..sk@bank.example",
		`"desk"@bank.example`,
		`"de sk"@bank.example`,
		"de sk@bank.example",
		"desk@bank.example ",
		"desk@bank.example> NOTIFY=NEVER <x",
		"d@e.example> NOTIFY=NEVER <x@e.example",
		"desk@bank.example\r\nRCPT TO:<x@e.example>",
		"desk\x00@bank.example",
		"desk@bank.example\n",
		"<desk@bank.example>",
		"@relay.example:desk@bank.example",
		"(c)desk@bank.example",
		"窓口@bank.example",
		"desk@銀行.example",
		"desk@bank.example\u202e",
		strings.Repeat("a", 65) + "@bank.example",
		"a@a" + label + ".example",
		"a@" + strings.Repeat("abcdefg.", 32) + "example",
	} {
		err := ValidAddress(s)
		if err == nil {
			t.Errorf("ValidAddress(%q) = nil, want an error", s)
		} else if len(s) > 4 && strings.Contains(err.Error(), s) {
			t.Errorf("ValidAddress(%q) = %v, which repeats the address", s, err)
		}
	}
}

func FuzzValidAddress(f *testing.F) {
	f.Add("desk@bank.example.jp")
	f.Add("d@e.example> NOTIFY=NEVER <x@e.example")
	f.Add("a@b.example\r\nDATA")
	f.Fuzz(func(t *testing.T, s string) {
		if ValidAddress(s) != nil {
			return
		}
		if strings.ContainsAny(s, " \t\r\n<>()[]\\,;:\"\x00") || strings.Count(s, "@") != 1 || len(s) > 254 {
			t.Errorf("ValidAddress(%q) = nil", s)
		}
		for i := range len(s) {
			if s[i] <= ' ' || s[i] > '~' {
				t.Errorf("ValidAddress(%q) = nil, byte %d is not printable ASCII", s, i)
			}
		}
	})
}
