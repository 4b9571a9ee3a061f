package sanitize

import (
	"sort"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// header is the header of a mail written as lines of "Name: value".
func header(lines ...string) *Part {
	raw := ""
	for _, l := range lines {
		raw += l + "\r\n"
	}
	p, _ := Read([]byte(raw+"\r\n"), DefaultLimits())
	return p
}

func TestLearn(t *testing.T) {
	for _, c := range []struct {
		name string
		u    Unpacked
		want []string
	}{
		{
			"the reporter",
			Unpacked{Outer: header("From: Hanako Suzuki <h.suzuki@mail.member.co.jp>", "To: Kairan Report <report@hub.example>", "Cc: csirt@member.co.jp")},
			[]string{
				"address csirt@member.co.jp reporter", "address h.suzuki@mail.member.co.jp reporter", "address report@hub.example reporter",
				"domain hub.example reporter", "domain mail.member.co.jp reporter", "domain member.co.jp reporter",
				"person Hanako Suzuki reporter", "person Hanako reporter", "person h.suzuki reporter", "person hanakos reporter", "person hsuzuki reporter",
				"person shanako reporter", "person suzuki reporter", "person suzukih reporter", "person suzukihanako reporter", "person すずき reporter", "person はなこ reporter",
				"person はなこう reporter",
			},
		},
		{
			"a reporter with a provider for everybody",
			Unpacked{Outer: header("From: suzuki.h2@docomo.ne.jp")},
			[]string{"address suzuki.h2@docomo.ne.jp reporter", "person suzuki reporter", "person suzuki.h2 reporter", "person すずき reporter"},
		},
		{
			"the victim, not the attacker",
			Unpacked{Outer: &Part{}, Originals: []Original{{Raw: []byte("From: Evil Person <evil@attacker.example>\r\nReply-To: other@attacker.example\r\nTo: 山田 太郎 <yamada@victim.example>, evil@attacker.example\r\n" +
				"Received: from mail.attacker.example by mx7.victim.example for <tanaka@victim.example>; x\r\n\r\n" +
				"お客様各位\r\n株式会社青空 御中\r\n佐藤 花子 様\r\nDear Dr. John Smith,\r\nDear Customer,\r\nhttps://attacker.example/\r\n")}}},
			[]string{
				"address tanaka@victim.example victim", "address yamada@victim.example victim", "domain victim.example victim", "host mx7.victim.example victim",
				"organisation 株式会社青空 victim", "person John Smith victim", "person John victim", "person Smith victim",
				"person jsmith victim", "person smithj victim", "person smithjohn victim", "person tanaka victim", "person yamada victim", "person たなか victim", "person やまだ victim", "person 佐藤 victim", "person 佐藤 花子 victim", "person 太郎 victim",
				"person 山田 victim", "person 山田 太郎 victim", "person 株式会社青空 victim", "person 花子 victim",
			},
		},
		{
			"an attacker in the victim's own name",
			Unpacked{Outer: header("From: csirt@victim.example"), Originals: []Original{{Raw: []byte("From: boss@victim.example\r\nTo: yamada@victim.example\r\n\r\nx\r\n")}}},
			[]string{"address csirt@victim.example reporter", "address yamada@victim.example victim", "domain victim.example reporter", "person yamada victim", "person やまだ victim"},
		},
	} {
		var got []string
		for _, id := range Learn(c.u) {
			got = append(got, string(id.Kind)+" "+id.Value+" "+id.Owner)
		}
		sort.Strings(got)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: identities (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestWithoutHub(t *testing.T) {
	registry := []Identity{{Kind: IdentityAddress, Value: "report@hub.example", Owner: OwnerHub}, {Kind: IdentityDomain, Value: "hub.example", Owner: OwnerHub}}
	got := WithoutHub([]Identity{{Kind: IdentityAddress, Value: "Report@HUB.example", Owner: OwnerReporter}, {Kind: IdentityDomain, Value: "member.example", Owner: OwnerReporter}}, registry)
	if diff := cmp.Diff([]Identity{{Kind: IdentityDomain, Value: "member.example", Owner: OwnerReporter}}, got); diff != "" {
		t.Errorf("without the hub's (-want +got):\n%s", diff)
	}
}
