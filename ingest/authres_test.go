package ingest

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseAuthResults(t *testing.T) {
	prop := func(ptype, name, value string) authProp { return authProp{ptype, name, value} }
	tests := []struct {
		name, in, id string
		want         []authResult
	}{
		{"none", "mx.hub.example; none", "mx.hub.example", nil},
		{"none with version and comments", " (a) mx.hub.example (b) 1 (c) ; (d) none (e)", "mx.hub.example", nil},
		{"quoted id", `"mx hub"; none`, "mx hub", nil},
		{"one result", "mx.hub.example; dmarc=pass header.from=member.example", "mx.hub.example",
			[]authResult{{Method: "dmarc", Result: "pass", Props: []authProp{prop("header", "from", "member.example")}}}},
		{"upper case", "MX.hub.example; DMARC=Pass Header.From=Member.Example", "MX.hub.example",
			[]authResult{{Method: "dmarc", Result: "pass", Props: []authProp{prop("header", "from", "Member.Example")}}}},
		{"several, folded, trailing semicolon",
			"mx.hub.example;\r\n\tdkim=pass (2048-bit key; unprotected) header.d=member.example\r\n header.s=s1 header.b=\"a/b+c=\";\r\n\tspf=pass smtp.mailfrom=taro@member.example;",
			"mx.hub.example", []authResult{
				{Method: "dkim", Result: "pass", Props: []authProp{prop("header", "d", "member.example"), prop("header", "s", "s1"), prop("header", "b", "a/b+c=")}},
				{Method: "spf", Result: "pass", Props: []authProp{prop("smtp", "mailfrom", "taro@member.example")}},
			}},
		{"a semicolon inside quotes separates nothing",
			`mx.hub.example; spf=fail smtp.mailfrom="x; dkim=pass header.d=member.example"; dmarc=fail header.from=member.example`,
			"mx.hub.example", []authResult{
				{Method: "spf", Result: "fail", Props: []authProp{prop("smtp", "mailfrom", "x; dkim=pass header.d=member.example")}},
				{Method: "dmarc", Result: "fail", Props: []authProp{prop("header", "from", "member.example")}},
			}},
		{"quoted local part with an escaped quote",
			`mx.hub.example; spf=fail smtp.mailfrom="a\"; dmarc=pass header.from=member.example; x=\""@evil.example`,
			"mx.hub.example", []authResult{
				{Method: "spf", Result: "fail", Props: []authProp{prop("smtp", "mailfrom", `a"; dmarc=pass header.from=member.example; x="@evil.example`)}},
			}},
		{"a comment hides all inside it",
			`mx.hub.example; spf=fail (x (nested; dmarc=pass) \) "; dmarc=pass header.from=member.example) smtp.mailfrom=a@evil.example`,
			"mx.hub.example", []authResult{
				{Method: "spf", Result: "fail", Props: []authProp{prop("smtp", "mailfrom", "a@evil.example")}},
			}},
		{"reason, version, comment glued to the result",
			`mx.hub.example 1; dkim/1 = fail reason="body hash; differs" header . d = member.example; dmarc=pass(p=REJECT) header.from=member.example`,
			"mx.hub.example", []authResult{
				{Method: "dkim", Result: "fail", Reason: "body hash; differs", Props: []authProp{prop("header", "d", "member.example")}},
				{Method: "dmarc", Result: "pass", Props: []authProp{prop("header", "from", "member.example")}},
			}},
		{"IPv6, rewritten sender, agent identifier",
			"mx.hub.example; iprev=pass policy.iprev=2001:db8::1; spf=pass smtp.mailfrom=SRS0=ab/c=TT=member.example=taro@fwd.example; dkim=pass header.i=@member.example",
			"mx.hub.example", []authResult{
				{Method: "iprev", Result: "pass", Props: []authProp{prop("policy", "iprev", "2001:db8::1")}},
				{Method: "spf", Result: "pass", Props: []authProp{prop("smtp", "mailfrom", "SRS0=ab/c=TT=member.example=taro@fwd.example")}},
				{Method: "dkim", Result: "pass", Props: []authProp{prop("header", "i", "@member.example")}},
			}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			id, got, err := parseAuthResults(tt.in)
			if err != nil || id != tt.id || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("parseAuthResults(%q) = %q, %+v, %v; want %q, %+v, nil", tt.in, id, got, err, tt.id, tt.want)
			}
		})
	}
}

func TestParseAuthResultsRefuses(t *testing.T) {
	tests := []struct{ name, in string }{
		{"empty", ""},
		{"only space", " \t"},
		{"no results", "mx.hub.example"},
		{"no results after the semicolon", "mx.hub.example;"},
		{"no id", "; dmarc=pass header.from=member.example"},
		{"no id, as one large provider writes it", "spf=pass smtp.mailfrom=member.example; dmarc=pass header.from=member.example"},
		{"version 2", "mx.hub.example 2; none"},
		{"version glued to a quoted id", `"mx"1; none`},
		{"two ids", "mx.hub.example mx2.hub.example; none"},
		{"method version 2", "mx.hub.example; dkim/2=pass header.d=member.example"},
		{"none, then more", "mx.hub.example; none; dmarc=pass header.from=member.example"},
		{"none among results", "mx.hub.example; dmarc=pass header.from=member.example; none"},
		{"two semicolons", "mx.hub.example;; dmarc=pass header.from=member.example"},
		{"two semicolons at the end", "mx.hub.example; dmarc=pass header.from=member.example;;"},
		{"garbage", "mx.hub.example; garbage"},
		{"no result", "mx.hub.example; dmarc="},
		{"no property name", "mx.hub.example; dmarc=pass header.=member.example"},
		{"not a property", "mx.hub.example; dmarc=pass action=none header.from=member.example"},
		{"no value", "mx.hub.example; spf=pass smtp.mailfrom=; dmarc=pass header.from=member.example"},
		{"reason after a property", `mx.hub.example; dkim=pass header.d=member.example reason="x"`},
		{"two reasons", `mx.hub.example; dkim=pass reason=x reason=y`},
		{"the same property twice", "mx.hub.example; dmarc=pass header.from=evil.example header.from=member.example"},
		{"no space after a quoted value", `mx.hub.example; dkim=pass header.b="x"header.d=member.example`},
		{"quote within a value", `mx.hub.example; spf=fail smtp.mailfrom=a"; dmarc=pass header.from=member.example`},
		{"angle brackets", "mx.hub.example; spf=pass smtp.mailfrom=<>; dmarc=pass header.from=member.example"},
		{"open quote", `mx.hub.example; dkim=pass reason="x`},
		{"open quote after a backslash", `mx.hub.example; dkim=pass reason="x\`},
		{"open comment", "mx.hub.example; dmarc=pass (x header.from=member.example"},
		{"open comment after a backslash", `mx.hub.example; dmarc=pass (x\`},
		{"open comment of one character", "mx.hub.example; dmarc=pass ("},
		{"open comment as a whole", "("},
		{"closing bracket alone", "mx.hub.example; dmarc=pass ) header.from=member.example"},
		{"deep comment", "mx.hub.example " + strings.Repeat("(", 11) + strings.Repeat(")", 11) + "; none"},
		{"NUL in a value", "mx.hub.example; dmarc=pass header.from=member.example\x00.evil.example"},
		{"NUL in quotes", "mx.hub.example; dmarc=pass header.from=\"member.example\x00\""},
		{"NUL in a comment", "mx.hub.example; dmarc=pass (\x00) header.from=member.example"},
		{"line end in quotes", "mx.hub.example; dmarc=pass reason=\"x\r\n y\""},
		{"non-ASCII", "mx.hub.example; dmarc=pass header.from=例え.example"},
		{"too long", "mx.hub.example; none (" + strings.Repeat("x", maxAuthResultsBytes) + ")"},
		{"too many results", "mx.hub.example" + strings.Repeat("; dkim=fail", maxAuthResults+1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if id, got, err := parseAuthResults(tt.in); err == nil || id != "" || got != nil {
				t.Errorf("parseAuthResults(%q) = %q, %+v, %v; want an error and nothing else", tt.in, id, got, err)
			}
		})
	}
}

// FuzzAuthResults checks what must hold for any field: no panic, nothing beside
// an error, and no result whose words are not in the field's own text.
func FuzzAuthResults(f *testing.F) {
	for _, seed := range []string{
		"mx.hub.example; none",
		"mx.hub.example 1; dmarc=pass (p=none) header.from=member.example;",
		`mx.hub.example; spf=fail smtp.mailfrom="x; dkim=pass header.d=member.example"; dmarc=fail header.from=member.example`,
		`mx; dkim/1=pass reason="a\"b" header.b="a/b" header.i=@x.example (c (d) \) e)`,
		`"a b"@c; x=y z.w="q"@r`,
		"(((((", "mx;;", "\x00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		id, results, err := parseAuthResults(in)
		if err != nil {
			if id != "" || results != nil {
				t.Fatalf("parseAuthResults(%q) = %q, %+v beside the error %v", in, id, results, err)
			}
			return
		}
		if len(results) > strings.Count(in, ";") {
			t.Fatalf("parseAuthResults(%q): %d results out of %d semicolons", in, len(results), strings.Count(in, ";"))
		}
		lower := strings.ToLower(in)
		for _, r := range results {
			if r.Method == "" || r.Result == "" || !strings.Contains(lower, r.Method) || !strings.Contains(lower, r.Result) {
				t.Fatalf("parseAuthResults(%q): result %+v is not in the text", in, r)
			}
		}
		// One more result after what was read must not change what was read.
		if strings.HasSuffix(strings.TrimSpace(in), ";") || results == nil || len(results) == maxAuthResults || len(in) > maxAuthResultsBytes-20 {
			return
		}
		_, more, err := parseAuthResults(in + "; x=y")
		if err != nil || len(more) != len(results)+1 {
			t.Fatalf("parseAuthResults(%q + a result) = %d results, %v; want %d", in, len(more), err, len(results)+1)
		}
	})
}
