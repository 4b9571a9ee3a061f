package sanitize

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sampleRegistry knows the victims of the samples.
var sampleRegistry = append([]Identity{
	{Kind: IdentityOrganisation, Value: "Members Rail", Owner: "m9"}, {Kind: IdentityDomain, Value: "members-rail.example", Owner: "m9"},
}, testRegistry...)

// sanitizeSample takes a mail through what Run does with each original.
func sanitizeSample(raw []byte, registry []Identity) (Facts, []Problem) {
	o := Original{Raw: raw}
	learned := Learn(Unpacked{Outer: &Part{}, Originals: []Original{o}})
	return Sanitize(o, Policy{Registry: registry, Learned: learned})
}

func TestFactsOfSamples(t *testing.T) {
	files, err := filepath.Glob("testdata/facts/*.eml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		facts, problems := sanitizeSample(raw, sampleRegistry)
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(struct {
			Facts    Facts     `json:"facts"`
			Problems []Problem `json:"problems"`
		}{facts, problems}); err != nil {
			t.Fatal(err)
		}
		golden := strings.TrimSuffix(file, ".eml") + ".json"
		if *update {
			if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), b.String()); diff != "" {
			t.Errorf("facts of %s (-want +got; go test -run TestFactsOfSamples -update writes them anew):\n%s", file, diff)
		}
		if leaks := NewGate(append(Learn(Unpacked{Outer: &Part{}, Originals: []Original{{Raw: raw}}}), sampleRegistry...)).Check(b.Bytes()); len(leaks) > 0 {
			t.Errorf("the gate finds %+v in the facts of %s", leaks, file)
		}
	}
}

// The same campaign against two victims must not tell which of them reported.
func TestFactsDoNotDependOnTheVictim(t *testing.T) {
	mail := func(user, display, domain, org string) []byte {
		return []byte("Delivered-To: " + user + "@" + domain + "\r\nFrom: Billing <billing@evil.example>\r\nTo: \"" + display + "\" <" + user + "@" + domain + ">\r\n" +
			"Return-Path: <b-" + user + "=" + domain + "@evil.example>\r\nDate: Mon, 03 Aug 2026 10:41:59 +0900\r\nSubject: Invoice for " + display + " (" + org + ") " + user + "@" + domain + "\r\n\r\n" +
			"Dear " + display + ",\r\n\r\nhttps://evil.example/p/" + user + "?a=" + user + "%40" + domain + "&k=1#" + user + "\r\nhttps://" + strings.ReplaceAll(user, ".", "-") + "-at-" + strings.ReplaceAll(domain, ".", "-") + ".evil.example/\r\n" +
			"https://www." + domain + "/\r\n")
	}
	registry := append([]Identity{{Kind: IdentityOrganisation, Value: "Harino Bank", Owner: "m8"}, {Kind: IdentityDomain, Value: "harino-bank.example", Owner: "m8"}}, testRegistry...)
	a, pa := sanitizeSample(mail("taro.yamada", "Taro Yamada", "aone-denryoku.example", "Aone Electric Power"), registry)
	b, pb := sanitizeSample(mail("ruriko", "Ruriko von der Watanuki", "harino-bank.example", "Harino Bank"), registry)
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("facts of one campaign against two victims differ:\n%s", diff)
	}
	if diff := cmp.Diff(pa, pb); diff != "" {
		t.Errorf("problems of one campaign against two victims differ:\n%s", diff)
	}
}

func TestSanitizeMemberLikeSenderHolds(t *testing.T) {
	raw := "From: Support <help@aone-denryoku-support.example>\r\nSubject: x\r\n\r\nhttps://hikari-login.example/a\r\n"
	facts, problems := sanitizeSample([]byte(raw), append([]Identity{{Kind: IdentityOrganisation, Value: "hikari", Owner: "m3"}}, testRegistry...))
	held := map[string]bool{}
	for _, p := range problems {
		if p.Code == ProblemMemberLike && p.Holds() {
			held[p.Where] = true
		}
	}
	if !held["header From"] || !held["part 1 text/plain"] {
		t.Errorf("a sender and a link that look like members give the problems %+v, want member-like at both places", problems)
	}
	b, err := json.Marshal(facts)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"aone", "hikari"} {
		if strings.Contains(string(b), name) {
			t.Errorf("the facts hold %q: %s", name, b)
		}
	}
}

func TestSanitizeSpoofedOwnDomain(t *testing.T) {
	facts, _ := sanitizeSample([]byte("From: IT <it@aone-denryoku.example>\r\nSubject: x\r\n\r\nx\r\n"), testRegistry)
	if facts.From.Address != "<recipient-address>" || len(sightingsOf(facts, TypeSender)) != 0 {
		t.Errorf("a mail in a member's own name gives From %+v and senders %v, want a placeholder and none", facts.From, sightingsOf(facts, TypeSender))
	}
}

func sightingsOf(f Facts, typ string) []string {
	var out []string
	for _, i := range f.Indicators {
		if i.Type == typ {
			out = append(out, i.Value)
		}
	}
	return out
}

func TestSanitizeTellsLimits(t *testing.T) {
	var b strings.Builder
	b.WriteString("From: a@evil.example\r\n\r\n")
	for i := range 40 {
		b.WriteString("http://evil.example/" + strings.Repeat("a", i+1) + "\r\n")
	}
	facts, problems := Sanitize(Original{Raw: []byte(b.String())}, Policy{Limits: Limits{Indicators: 10}})
	limited := false
	for _, p := range problems {
		limited = limited || p.Code == ProblemLimit
	}
	if len(facts.Indicators) != 10 || !limited {
		t.Errorf("%d indicators with a limit of 10, problems %+v; want 10 and a limit told", len(facts.Indicators), problems)
	}
}

func TestSourceAddress(t *testing.T) {
	for _, c := range []struct{ name, received, want string }{
		{"at the victim's border", "Received: from mx.member.example ([203.0.113.1]) by in.member.example; x\r\nReceived: from evil (evil.example [198.51.100.9]) by mx.member.example; x\r\nReceived: from x ([192.0.2.7]) by evil.example; x\r\n", "198.51.100.9"},
		{"IPv6", "Received: from evil ([IPv6:2001:db8:1::24ab]) by mx.member.example with ESMTP; x\r\n", "2001:db8:1::24ab"},
		{"from inside", "Received: from pc ([10.0.0.3]) by mx.member.example; x\r\n", ""},
		{"only what an attacker wrote", "Received: from x ([192.0.2.7]) by evil.example; x\r\n", ""},
	} {
		facts, _ := Sanitize(Original{Raw: []byte(c.received + "From: a@evil.example\r\n\r\nx\r\n")}, Policy{Registry: []Identity{{Kind: IdentityDomain, Value: "member.example", Owner: "m1"}}})
		got := strings.Join(append(sightingsOf(facts, TypeIPv4), sightingsOf(facts, TypeIPv6)...), " ")
		if got != c.want {
			t.Errorf("%s: the source is %q, want %q", c.name, got, c.want)
		}
	}
}

func TestCoarseDate(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Mon, 03 Aug 2026 10:41:59 +0900", "2026-08-03T01:00:00Z"},
		{"Mon, 03 Aug 2026 10:41:59 +0900 (for Taro)", "2026-08-03T01:00:00Z"},
		{"2026年8月3日 10:41", "2026-08-03T01:00:00Z"},
		{"2026/08/03 (月) 10:41", "2026-08-03T01:00:00Z"},
		{"2026年8月3日 午後3:05", "2026-08-03T06:00:00Z"},
		{"yesterday", ""},
		{"", ""},
		{"Mon, 03 Aug 9999 10:41:59 +0900", ""},
	} {
		if got := coarseDate(c.in, 3600e9); got != c.want {
			t.Errorf("coarseDate(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestNameNotes(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"請求書.pdf", ""},
		{"請求書.pdf.exe", "double-extension executable-extension"},
		{"請求書\u202efdp.exe", "bidi-in-name executable-extension"},
		{"a.pdf                .scr", "double-extension executable-extension"},
		{"backup.tar.gz", ""},
		{"v1.2.zip", ""},
		{"photo.jpg.zip", "double-extension"},
	} {
		if got := strings.Join(nameNotes(c.in), " "); got != c.want {
			t.Errorf("nameNotes(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

// TestMailsInMails: how deep mails in one another are read is told where it ends.
func TestMailsInMails(t *testing.T) {
	head := "From: a@evil.example\r\nDate: Mon, 06 Apr 2026 09:00:00 +0900\r\nMIME-Version: 1.0\r\n"
	for _, c := range []struct {
		deep  int
		limit bool
	}{{1, false}, {DefaultLimits().MessageDepth - 1, false}, {DefaultLimits().MessageDepth + 2, true}} {
		mail := strings.Repeat(head+"Content-Type: message/rfc822\r\n\r\n", c.deep) + head + "\r\nhttps://evil.example/\r\n"
		got := RunAs(AsOriginal, []byte(mail), Policy{}).Originals[0]
		told := slices.ContainsFunc(got.Problems, func(p Problem) bool { return p.Code == ProblemLimit })
		if told != c.limit {
			t.Errorf("%d mails in one another: a limit is told: %v, want %v", c.deep, told, c.limit)
		}
	}
}
