package configs

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

const goodRegistry = `{"hub": {"address": "report@hub.example", "authserv_id": "mx.hub.example", "notice_from": "notice@hub.example"},
"members": [
 {"id": "M1", "sector": "S1", "names": ["青空電力株式会社", " "], "kana": ["アオゾラデンリョク"], "abbreviations": ["AZP"],
  "domains": ["aozora.example"], "reporters": ["csirt@aozora.example"], "contacts": ["soc@aozora.example"], "since": 2012},
 {"id": "M2", "sector": "S1", "names": ["Minato Bank"], "domains": [], "reporters": null}]}`

func TestParseRegistry(t *testing.T) {
	got, err := ParseRegistry(strings.NewReader("\ufeff" + goodRegistry)) // some editors begin a file so
	want := Registry{Address: "report@hub.example", NoticeFrom: "notice@hub.example", AuthservID: "mx.hub.example", Members: []Member{
		{Line: 1, ID: "M1", Ceptoar: "S1", Names: []string{"青空電力株式会社"}, Kana: []string{"アオゾラデンリョク"}, Abbreviations: []string{"AZP"},
			Domains: []string{"aozora.example"}, Reporters: []string{"csirt@aozora.example"}, ContactAddrs: []string{"soc@aozora.example"}},
		{Line: 2, ID: "M2", Ceptoar: "S1", Names: []string{"Minato Bank"}},
	}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("ParseRegistry = %+v, %v; want %+v", got, err, want)
	}
}

// TestParseRegistryRefuses: every fault is named by its place, and no value is
// repeated.
func TestParseRegistryRefuses(t *testing.T) {
	for _, c := range []struct{ name, from, to, says string }{
		{"no JSON", `"members"`, `members`, "line 2: it is no JSON"},
		{"cut off", `"reporters": null}]}`, `"rep`, "no JSON"},
		{"something behind it", `null}]}`, `null}]} {}`, "no JSON"},
		{"names that are one name", `["Minato Bank"]`, `"Minato Bank"`, "line 5: members.names is of another type"},
		{"a hub that is a list", `{"address": "report@hub.example", "authserv_id": "mx.hub.example", "notice_from": "notice@hub.example"}`, `[]`, "hub is of another type"},
		{"a hub without an address", `"address"`, `"adress"`, "hub.address"},
		{"notices from a name", `"notice@hub.example"`, `"Notice <notice@hub.example>"`, "hub.notice_from"},
		{"an address with a line break", `"report@hub.example"`, `"report@hub.example\r\nBcc: x@evil.example"`, "hub.address"},
		{"no authserv-id", `"mx.hub.example"`, `""`, "hub.authserv_id"},
		{"an id that is an address", `"M2"`, `"soc@minato.example"`, "member 2: id must be"},
		{"the same id", `"M2"`, `"M1"`, "member 2: id is that of member 1 too"},
		{"no sector", `"sector": "S1", "names": ["Minato`, `"names": ["Minato`, "member 2: sector must be"},
		{"no names", `["Minato Bank"]`, `["  "]`, "member 2: names is empty"},
		{"a name in two lines", `"Minato Bank"`, `"Minato\nBank"`, "line break"},
		{"a name of 5,000 bytes", `"Minato Bank"`, `"` + strings.Repeat("M", 5000) + `"`, "longer than 4,096"},
		{"a domain that is an address", `["aozora.example"]`, `["soc@aozora.example"]`, "member 1: domains"},
		{"a reporter without a domain", `["csirt@aozora.example"]`, `["csirt"]`, "member 1: reporters"},
		{"a reporter with a command behind", `["csirt@aozora.example"]`, `["d@e.f> NOTIFY=NEVER <x"]`, "member 1: reporters"},
		{"a reporter of two", `"reporters": null`, `"reporters": ["CSIRT@aozora.example"]`, "member 2: reporters: one is that of member 1 too"},
	} {
		text := strings.Replace(goodRegistry, c.from, c.to, 1)
		if text == goodRegistry {
			t.Fatalf("%s: the registry has no %q", c.name, c.from)
		}
		got, err := ParseRegistry(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), c.says) || len(got.Members) > 0 {
			t.Errorf("%s: %d members, %v; want none and %q", c.name, len(got.Members), err, c.says)
			continue
		}
		for _, secret := range []string{"Minato", "青空", "aozora", "AZP", "evil", "NOTIFY"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error repeats %q: %v", c.name, secret, err)
			}
		}
	}
	for name, text := range map[string]string{"nothing": "", "null": "null", "no members": goodRegistry[:strings.Index(goodRegistry, `"members"`)] + `"members": []}`, "a number": "7"} {
		if _, err := ParseRegistry(strings.NewReader(text)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	many := &strings.Builder{}
	for i := range 500 {
		fmt.Fprintf(many, `{"id": "m%d", "sector": "", "names": []},`, i)
	}
	_, err := ParseRegistry(strings.NewReader(`{"members": [` + strings.TrimSuffix(many.String(), ",") + `]}`))
	if err == nil || strings.Count(err.Error(), "\n") > maxTold {
		t.Errorf("500 bad members: %d lines, want at most %d", strings.Count(err.Error(), "\n"), maxTold)
	}
}

func FuzzParseRegistry(f *testing.F) {
	f.Add(goodRegistry)
	f.Fuzz(func(t *testing.T, text string) {
		reg, err := ParseRegistry(strings.NewReader(text))
		if err == nil && (len(reg.Members) == 0 || !validAddress(reg.Address) || !validAddress(reg.NoticeFrom)) {
			t.Errorf("ParseRegistry(%q) = %+v", text, reg)
		}
	})
}
