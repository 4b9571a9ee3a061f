package ingest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"kairan/sanitize"
	"kairan/store"
)

// fields makes a header of lines "Name: value".
func fields(lines ...string) (h sanitize.Header) {
	for _, l := range lines {
		name, value, _ := strings.Cut(l, ":")
		h = append(h, sanitize.Field{Name: name, Value: strings.TrimPrefix(value, " ")})
	}
	return h
}

func testAuthenticator() Authenticator {
	return Authenticator{
		AuthservID: "mx.hub.example",
		Known: func(_ context.Context, address string) (store.MemberID, bool, error) {
			return "bank-01", address == "taro@member.example", nil
		},
	}
}

func TestAuthenticate(t *testing.T) {
	const (
		from  = "From: Yamada Taro <taro@member.example>"
		dmarc = "Authentication-Results: mx.hub.example; dmarc=pass header.from=member.example"
	)
	tests := []struct {
		name   string
		header sanitize.Header
		reason string // "" means OK
	}{
		{"DMARC", fields(dmarc, from), ""},
		{"DMARC, other letters", fields("authentication-RESULTS: MX.Hub.Example; DMARC=PASS header.from=Member.EXAMPLE", "FROM: taro@MEMBER.example"), ""},
		{"DKIM of the same domain", fields("Authentication-Results: mx.hub.example; dkim=pass header.d=member.example", from), ""},
		{"DKIM of a subdomain", fields("Authentication-Results: mx.hub.example; dkim=pass header.d=mail.member.example", from), ""},
		{"DKIM although there is no policy", fields("Authentication-Results: mx.hub.example; dkim=pass header.d=member.example; dmarc=none header.from=member.example", from), ""},
		{"the second of two signatures", fields("Authentication-Results: mx.hub.example; dkim=fail header.d=member.example; dkim=pass header.d=member.example", from), ""},
		{"a later field of ours says otherwise", fields(dmarc, "Authentication-Results: mx.hub.example; dmarc=fail header.from=member.example", from), ""},

		{"no From", fields(dmarc), "From fields"},
		{"two From", fields(dmarc, from, "From: jiro@evil.example"), "From fields"},
		{"two From, one misspelt", fields(dmarc, from, "From : jiro@evil.example"), "misspelt"},
		{"two From, one with a NUL", fields(dmarc, "F\x00rom: jiro@evil.example", "\x00From: jiro@evil.example", from), "misspelt"},
		{"From with a space before the name", fields(dmarc, " From: taro@member.example"), "misspelt"},
		{"Sender is no From", fields(dmarc, "Sender: taro@member.example"), "From fields"},
		{"two mailboxes", fields(dmarc, "From: taro@member.example, jiro@evil.example"), "plain form"},

		{"no results", fields(from), "no Authentication-Results"},
		{"results of another server on top", fields("Authentication-Results: mx.evil.example; dmarc=pass header.from=member.example", dmarc, from), "not by"},
		{"only results of another server", fields("Authentication-Results: mx.evil.example; dmarc=pass header.from=member.example", from), "not by"},
		{"unreadable results on top", fields("Authentication-Results: mx.hub.example; garbage", dmarc, from), "cannot be read"},
		{"misspelt results", fields("Authentication-Results : mx.hub.example; dmarc=pass header.from=member.example", dmarc, from), "misspelt"},
		{"results quoted inside results", fields(`Authentication-Results: mx.hub.example; spf=fail smtp.mailfrom="x; dmarc=pass header.from=member.example; dkim=pass header.d=member.example"; dmarc=fail header.from=member.example`, from), "DMARC did not pass"},
		{"results quoted inside results, without DMARC", fields(`Authentication-Results: mx.hub.example; spf=fail smtp.mailfrom="x; dmarc=pass header.from=member.example"`, from), "neither"},
		{"results inside a comment", fields("Authentication-Results: mx.hub.example; spf=none (; dmarc=pass header.from=member.example)", from), "neither"},
		{"other names of the field", fields("ARC-Authentication-Results: i=1; mx.hub.example; dmarc=pass header.from=member.example", "X-Authentication-Results: mx.hub.example; dmarc=pass header.from=member.example", from), "no Authentication-Results"},

		{"none", fields("Authentication-Results: mx.hub.example; none", from), "neither"},
		{"SPF alone", fields("Authentication-Results: mx.hub.example; spf=pass smtp.mailfrom=member.example", from), "neither"},
		{"DMARC of another domain", fields("Authentication-Results: mx.hub.example; dmarc=pass header.from=evil.example", from), "another domain"},
		{"DMARC of the parent domain", fields("Authentication-Results: mx.hub.example; dmarc=pass header.from=member.example", "From: taro@hq.member.example"), "another domain"},
		{"DMARC without a domain", fields("Authentication-Results: mx.hub.example; dmarc=pass", from), "another domain"},
		{"DMARC failed although DKIM passed", fields("Authentication-Results: mx.hub.example; dkim=pass header.d=member.example; dmarc=fail header.from=member.example", from), "DMARC did not pass"},
		{"DMARC passed and failed", fields("Authentication-Results: mx.hub.example; dmarc=pass header.from=member.example; dmarc=fail header.from=member.example", from), "DMARC did not pass"},
		{"DKIM of another domain", fields("Authentication-Results: mx.hub.example; dkim=pass header.d=evil.example", from), "neither"},
		{"DKIM of a look-alike", fields("Authentication-Results: mx.hub.example; dkim=pass header.d=xmember.example", from), "neither"},
		{"DKIM of a public suffix", fields("Authentication-Results: mx.hub.example; dkim=pass header.d=co.jp", "From: taro@member.co.jp"), "neither"},
		{"DKIM of a neighbour under a public suffix", fields("Authentication-Results: mx.hub.example; dkim=pass header.d=evil.co.jp", "From: taro@member.co.jp"), "neither"},
		{"DKIM with a bracket in the domain", fields(`Authentication-Results: mx.hub.example; dkim=pass header.d="member.example(.evil.example"`, from), "neither"},
		{"DKIM with a NUL in the domain", fields("Authentication-Results: mx.hub.example; dkim=pass header.d=member.example\x00.evil.example", from), "cannot be read"},
		{"known domain, unknown person", fields(dmarc, "From: jiro@member.example"), "no known reporter"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := testAuthenticator().Authenticate(t.Context(), tt.header)
			if err != nil {
				t.Fatalf("Authenticate(%q): %v", tt.header, err)
			}
			want := Verdict{OK: true, Address: "taro@member.example", Member: "bank-01"}
			if tt.reason != "" {
				want = Verdict{Reason: got.Reason}
				if !strings.Contains(got.Reason, tt.reason) {
					t.Errorf("Authenticate(%q): reason %q; want one with %q", tt.header, got.Reason, tt.reason)
				}
			}
			if got != want {
				t.Errorf("Authenticate(%q) = %+v; want %+v", tt.header, got, want)
			}
			for _, word := range []string{"taro", "jiro", "member", "evil", "yamada"} {
				if strings.Contains(strings.ToLower(got.Reason), word+".") || strings.Contains(strings.ToLower(got.Reason), word+"@") {
					t.Errorf("Authenticate(%q): reason %q tells of %q", tt.header, got.Reason, word)
				}
			}
		})
	}
}

func TestAuthenticateUnconfigured(t *testing.T) {
	h := fields("Authentication-Results: mx.hub.example; dmarc=pass header.from=member.example", "From: taro@member.example")

	a := testAuthenticator()
	a.AuthservID = ""
	if v, err := a.Authenticate(t.Context(), h); err != nil || v.OK || !strings.Contains(v.Reason, "ingest.authserv_id") {
		t.Errorf("without AuthservID: %+v, %v; want not OK and the setting's name", v, err)
	}
	a = testAuthenticator()
	a.Known = nil
	if v, err := a.Authenticate(t.Context(), h); err != nil || v.OK || v.Reason == "" {
		t.Errorf("without Known: %+v, %v; want not OK with a reason", v, err)
	}
	a.Known = func(context.Context, string) (store.MemberID, bool, error) { return "", true, errors.New("lost") }
	if v, err := a.Authenticate(t.Context(), h); err == nil || v != (Verdict{}) {
		t.Errorf("Known fails: %+v, %v; want its error and no verdict", v, err)
	}
}
