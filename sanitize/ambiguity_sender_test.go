package sanitize

import (
	"strings"
	"testing"
)

// Ways to write the sender so that a filter sees one and the reader another
// (Chen, Paxson and Jiang, "Composition Kills", USENIX Security 2020). shown are
// the addresses that clients show; where they differ among clients, or the filter
// sees another, there is more than one and the mail is ambiguous.
func oddSenders() []struct {
	name, header string
	shown        []string
} {
	const boss, evil = "boss@bank.example", "a@evil.example"
	return []struct {
		name, header string
		shown        []string
	}{
		{"plain", "From: " + boss, []string{boss}},
		{"named", "From: The Boss <" + boss + ">", []string{boss}},
		{"folded", "From: The Boss\n <" + boss + ">", []string{boss}},
		{"folded first", "From:\n The Boss <" + boss + ">", []string{boss}},
		{"folded in the address", "From: <boss@\n bank.example>", []string{boss}},
		{"name folded", "From\n : " + boss, []string{boss}},
		{"two fields", "From: " + boss + "\nFrom: " + evil, []string{boss, evil}},
		{"two fields, a blank first", " From: " + boss + "\nFrom: " + evil, []string{boss, evil}},
		{"two fields, a blank behind", "From : " + boss + "\nFrom: " + evil, []string{boss, evil}},
		{"two fields, a blank behind, second", "From: " + boss + "\nFrom : " + evil, []string{boss, evil}},
		{"two fields, name folded", "From\n : " + boss + "\nFrom: " + evil, []string{boss, evil}},
		{"two fields, name folded, second", "From: " + boss + "\nFrom\n : " + evil, []string{boss, evil}},
		{"two fields, NUL", "From\x00: " + boss + "\nFrom: " + evil, []string{boss, evil}},
		{"two fields, tab", "From\t: " + boss + "\nFrom: " + evil, []string{boss, evil}},
		{"two fields, 8 bit", "From\xa0: " + boss + "\nFrom: " + evil, []string{boss, evil}},
		{"two fields, a field between", "From: " + boss + "\nX-A: y\nFrom: " + evil, []string{boss, evil}},
		{"two fields, a bare CR", "X-A: y\rFrom: " + boss + "\nFrom: " + evil, []string{boss, evil}},
		{"two fields, half in the text", "From: " + boss + "\n \nFrom: " + evil, []string{boss, evil}},
		{"no field, a Sender", "Sender: " + boss, []string{boss}},
		{"a Sender too", "From: " + boss + "\nSender: " + evil, []string{boss}},
		{"an empty From and a Sender", "From:\nSender: " + boss, []string{boss}},
		{"resent", "From: " + boss + "\nResent-From: " + evil, []string{boss}},
		{"a list", "From: " + boss + ", " + evil, []string{boss, evil}},
		{"a list in brackets", "From: <" + boss + ">, <" + evil + ">", []string{boss, evil}},
		{"a list without a comma", "From: <" + boss + "> <" + evil + ">", []string{boss, evil}},
		{"a list in one bracket", "From: <" + boss + ", " + evil + ">", []string{boss, evil}},
		{"a list with an empty one", "From: ,," + boss, []string{boss}},
		{"semicolons", "From: " + boss + "; " + evil, []string{boss, evil}},
		{"a group", "From: Staff: " + boss + ", " + evil + ";", []string{boss, evil}},
		{"a group of one", "From: Staff: <" + boss + ">;", []string{boss}},
		{"an empty group", "From: undisclosed:;, " + boss, []string{boss}},
		{"a route", "From: <@evil.example:" + boss + ">", []string{boss, "@evil.example"}},
		{"a route of two", "From: <@evil.example,@other.example:" + boss + ">", []string{boss, "@evil.example"}},
		{"a route, bare", "From: @evil.example:" + boss, []string{boss, "@evil.example"}},
		{"a quoted pair", `From: <bo\ss@bank.example>`, []string{boss, `bo\ss@bank.example`}},
		{"a quoted pair, quoted", `From: <"bo\ss"@bank.example>`, []string{boss, `"bo\ss"@bank.example`}},
		{"a quoted local part", `From: <"boss"@bank.example>`, []string{`"boss"@bank.example`}},
		{"a comment before", "From: (" + evil + ") " + boss, []string{boss}},
		{"a comment behind", "From: " + boss + " (" + evil + ")", []string{boss}},
		{"a comment in the address", "From: <boss(" + evil + ")@bank.example>", []string{boss, evil}},
		{"a comment, half", "From: " + boss + "(" + evil, []string{boss, evil}},
		{"a comment in the domain", "From: boss@bank(x).example", []string{boss}},
		{"NUL behind", "From: " + boss + "\x00" + evil, []string{boss, evil}},
		{"NUL in brackets", "From: <" + boss + "\x00@evil.example>", []string{boss, "evil.example"}},
		{"an encoded address", "From: =?utf-8?B?Ym9zc0BiYW5rLmV4YW1wbGU=?=", []string{boss}},
		{"an encoded address in brackets", "From: <=?utf-8?B?Ym9zc0BiYW5rLmV4YW1wbGU=?=>", []string{boss}},
		{"an encoded address and another", "From: =?utf-8?Q?=22boss=40bank.example=22?= <" + evil + ">", []string{evil}},
		{"an encoded address, comma", "From: =?utf-8?Q?boss=40bank.example?=, " + evil, []string{boss, evil}},
		{"an encoded bracket", "From: =?utf-8?Q?<boss=40bank.example>?= <" + evil + ">", []string{evil, boss}},
		{"an encoded NUL", "From: =?utf-8?Q?boss=40bank.example=00?= <" + evil + ">", []string{evil}},
		{"an address as the name", "From: \"" + boss + "\" <" + evil + ">", []string{evil}},
		{"an address as the name, unquoted", "From: " + boss + " <" + evil + ">", []string{evil, boss}},
		{"an address as the name, brackets", "From: \"<" + boss + ">\" <" + evil + ">", []string{evil}},
		{"two brackets in one another", "From: <<" + boss + ">>", []string{boss}},
		{"brackets in one another", "From: <" + evil + "<" + boss + ">>", []string{boss, evil}},
		{"bracket without an end", "From: <" + boss, []string{boss}},
		{"bracket without a beginning", "From: " + boss + ">", []string{boss}},
		{"text behind the bracket", "From: <" + boss + "> " + evil, []string{boss, evil}},
		{"quotes without an end", "From: \"x <" + boss + ">", []string{boss}},
		{"an escaped quote", `From: "x\" <a@evil.example>, \"" <` + boss + ">", []string{boss}},
		{"two at signs", "From: boss@bank.example@evil.example", []string{"boss@bank.example@evil.example", evil}},
		{"a trailing dot", "From: boss@bank.example.", []string{boss}},
		{"an address literal", "From: boss@[192.0.2.1]", []string{"boss@[192.0.2.1"}},
		{"upper case", "FROM: BOSS@BANK.EXAMPLE", []string{boss}},
		{"8 bit", "From: \xe4\xb8\x8a\xe5\x8f\xb8 <" + boss + ">", []string{boss}},
		{"a Subject twice", "From: " + boss + "\nSubject: y", []string{boss, "?"}},
		{"a Date twice", "From: " + boss + "\nDate: Mon, 1 Jan 2024 00:00:00 +0900\nDate: Tue, 2 Jan 2024 00:00:00 +0900", []string{boss}},
	}
}

// The sender that is told is the one that a client shows, or the mail is said to be
// ambiguous.
func TestEvasiveSenders(t *testing.T) {
	for _, s := range oddSenders() {
		for _, end := range []string{"\n", "\r\n"} {
			mail := "Received: from mx.evil.example by mx.member.example; Mon, 1 Jan 2024 00:00:00 +0900\n" + s.header + "\nSubject: x\nTo: b@member.example\n\nhello\n"
			facts, problems := Sanitize(Original{Raw: []byte(strings.ReplaceAll(mail, "\n", end))}, Policy{})
			var told []string
			for _, i := range facts.Indicators {
				if i.Type == TypeSender {
					told = append(told, i.Value)
				}
			}
			all := strings.ToLower(strings.Join(told, " ") + " " + facts.From.Address + " " + facts.From.Name)
			first := strings.Contains(all, s.shown[0])
			if first && len(s.shown) == 1 || saysAmbiguous(problems) {
				continue
			}
			t.Errorf("%s, lines ended by %q: clients show %q; told are %q, from %+v, problems %v", s.name, end, s.shown, told, facts.From, problems)
		}
	}
}
