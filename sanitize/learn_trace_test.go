package sanitize

import (
	"slices"
	"strings"
	"testing"
)

// TestLearnTraces: what servers, programs and people write about themselves.
func TestLearnTraces(t *testing.T) {
	outer := header("From: CSIRT <csirt@member.example>", "Message-ID: <report-20260406@ex01.member.example>", "List-Id: All of the CSIRT <csirt-all.member.example>",
		"Received: from EX01 (ex01.corp.member.example [10.1.2.3]) by mx.member.example ([198.51.100.7]) with ESMTP id 4F0a9b8c7d; Mon, 6 Apr 2026 09:00:00 +0900",
		"X-MS-Exchange-CrossTenant-Id: 5a470176-2911-404e-8c3e-8ec6cf8b0057")
	original := Original{Raw: []byte("From: a@evil.example\r\nTo: Taro Yamada <taro.yamada@member.example>\r\n" +
		"In-Reply-To: <12345678.abc@member.example> <other@evil.example>\r\nThread-Index: AdLHabcdefghijklmnopqrstuvwxyz0123456789ABCD\r\n\r\nx\r\n")}
	words := "よろしくお願いいたします。\n--\n株式会社あおぞら情報 セキュリティ室\n〒100-0001 東京都\nTEL 03-5296-9477 / FAX: 03(5296)9478\n"
	got := Learn(Unpacked{Outer: outer, Originals: []Original{original}, ReporterText: words})
	var values []string
	for _, id := range got {
		values = append(values, string(id.Kind)+" "+id.Value)
	}
	for _, want := range []string{
		"token report-20260406", "host ex01.member.example", "token csirt-all", "host ex01.corp.member.example", "host 10.1.2.3", "host 198.51.100.7",
		"token 4F0a9b8c7d", "token 5a470176-2911-404e-8c3e-8ec6cf8b0057", "token 12345678.abc", "token AdLHabcdefghijklmnopqrstuvwxyz0123456789ABCD",
		"organisation 株式会社あおぞら情報", "token 03-5296-9477", "token 0352969477", "token 03-5296-9478", "token +81352969477",
		"person tyamada", "person yamadat", "person taroyamada", "person やまだ",
	} {
		if !slices.Contains(values, want) {
			t.Errorf("%q was not learned", want)
		}
	}
	for _, v := range values {
		if strings.Contains(v, "evil") || strings.Contains(v, "other") || strings.Contains(v, "お願い") {
			t.Errorf("%q was learned, which is the attacker's or nobody's", v)
		}
	}
}

// TestLearnAtAService: who has a name at a service that gives names to everybody
// does not make the service a secret, nor its other users members.
func TestLearnAtAService(t *testing.T) {
	report := "From: csirt@aozora.onmicrosoft.com\r\nTo: report@hub.example\r\nContent-Type: message/rfc822\r\n\r\n" +
		"From: a@evil.example\r\nTo: x@aozora.onmicrosoft.com\r\nSubject: x\r\n\r\nhttps://evil.onmicrosoft.com/a https://aozora-login.pages.dev/b\r\n"
	r := Run([]byte(report), Policy{})
	told := told(r.Originals[0].Facts)
	if !strings.Contains(told, "evil[.]onmicrosoft[.]com") {
		t.Errorf("the attacker's name at the victim's service is not told:\n%s", told)
	}
	if strings.Contains(told, "aozora") {
		t.Errorf("the victim's name is told:\n%s", told)
	}
	held := slices.ContainsFunc(r.Originals[0].Problems, func(p Problem) bool { return p.Code == ProblemMemberLike })
	if !held {
		t.Error("a site at a service in the victim's name is not held")
	}
}
