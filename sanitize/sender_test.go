package sanitize

import (
	"strings"
	"testing"
)

func TestParseMailbox(t *testing.T) {
	long := strings.Repeat("x", 64)
	tests := []struct{ in, address, domain string }{
		{"taro@member.example", "taro@member.example", "member.example"},
		{" Taro.Yamada+kairan@MEMBER.Example\t", "Taro.Yamada+kairan@member.example", "member.example"},
		{"<taro@member.example>", "taro@member.example", "member.example"},
		{"Taro Yamada <taro@member.example>", "taro@member.example", "member.example"},
		{"Taro Y. Yamada <taro@member.example>", "taro@member.example", "member.example"},
		{`"Yamada, Taro (IT) <x@evil.example>" <taro@member.example>`, "taro@member.example", "member.example"},
		{`"a\"b" <taro@member.example>`, "taro@member.example", "member.example"},
		{"=?ISO-2022-JP?B?GyRCOzNFRBsoQg==?= <taro@member.example>", "taro@member.example", "member.example"},
		{"山田太郎 <taro@member.example>", "taro@member.example", "member.example"},
		{"taro@xn--r8jz45g.example", "taro@xn--r8jz45g.example", "xn--r8jz45g.example"},
		{long + "@member.example", long + "@member.example", "member.example"},

		{"", "", ""},
		{"taro", "", ""},
		{"<>", "", ""},
		{"@member.example", "", ""},
		{"taro@", "", ""},
		{"taro@localhost", "", ""},
		{"taro@member..example", "", ""},
		{"taro@member.example.", "", ""},
		{"taro@-member.example", "", ""},
		{"taro@[192.0.2.1]", "", ""},
		{"taro@例え.example", "", ""},
		{"太郎@member.example", "", ""},
		{".taro@member.example", "", ""},
		{"ta..ro@member.example", "", ""},
		{long + "x@member.example", "", ""},
		{"taro@member.example@evil.example", "", ""},
		{"taro@member.example, jiro@evil.example", "", ""},
		{"<taro@member.example>, <jiro@evil.example>", "", ""},
		{"<jiro@evil.example> <taro@member.example>", "", ""},
		{"<<taro@member.example>>", "", ""},
		{"taro@member.example <jiro@evil.example>", "", ""},
		{"jiro@evil.example <taro@member.example>", "", ""},
		{"Group: taro@member.example;", "", ""},
		{"Group:<taro@member.example>", "", ""},
		{"<@evil.example:taro@member.example>", "", ""},
		{"<@evil.example,@x.example:taro@member.example>", "", ""},
		{"taro@member.example (Taro)", "", ""},
		{"(taro@member.example) jiro@evil.example", "", ""},
		{"taro(x)@member.example", "", ""},
		{"taro @member.example", "", ""},
		{"< taro@member.example >", "", ""},
		{`"taro"@member.example`, "", ""},
		{`"x" taro"@member.example>`, "", ""},
		{`"x <taro@member.example>`, "", ""},
		{`"x\" <taro@member.example>`, "", ""},
		{"=?utf-8?B?dGFyb0BtZW1iZXIuZXhhbXBsZQ==?=", "", ""},
		{"=?utf-8?Q?taro?=@member.example", "", ""},
		{"<taro@member.example> x", "", ""},
		{"taro\x00@member.example", "", ""},
		{"taro@member.example\x00", "", ""},
		{"taro@member.example\r\nFrom: jiro@evil.example", "", ""},
		{"\x1b$B;3ED\x1b(B <taro@member.example>", "", ""},
		{"\x8e\x52\x93\x63 <taro@member.example>", "", ""},
		{"a\u0085b <taro@member.example>", "", ""},
		{strings.Repeat("x ", 1000) + "<taro@member.example>", "", ""},
	}
	for _, tt := range tests {
		address, domain, ok := ParseMailbox(tt.in)
		if ok != (tt.address != "") || address != tt.address || ok && domain != tt.domain {
			t.Errorf("ParseMailbox(%q) = %q, %q, %v; want %q, %q, %v", tt.in, address, domain, ok, tt.address, tt.domain, tt.address != "")
		}
	}
}

// FuzzMailbox checks that whatever is accepted is a plain address that stands in
// the text and cannot be read otherwise.
func FuzzMailbox(f *testing.F) {
	for _, seed := range []string{"taro@member.example", `"a\"b" <taro@member.example>`, "a.b <c@d.example>", "G: a@b.example;", "<@a.example:b@c.example>", `"`, ">", "<"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		address, domain, ok := ParseMailbox(in)
		if !ok {
			if address != "" || domain != "" {
				t.Fatalf("ParseMailbox(%q) = %q, %q beside ok = false", in, address, domain)
			}
			return
		}
		if strings.Count(address, "@") != 1 || !strings.HasSuffix(address, "@"+domain) || strings.ContainsAny(address, " <>()[]\\,;:\"\x00\r\n") {
			t.Fatalf("ParseMailbox(%q) = %q, %q: not a plain address", in, address, domain)
		}
		if !strings.Contains(strings.ToLower(in), strings.ToLower(address)) {
			t.Fatalf("ParseMailbox(%q) = %q: not in the text", in, address)
		}
	})
}
