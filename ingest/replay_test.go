package ingest

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestAuthenticateReplay(t *testing.T) {
	const (
		verdict  = "Authentication-Results: mx.hub.example; dmarc=pass header.from=member.example"
		received = "Received: from mx.member.example (mx.member.example [192.0.2.1]) by mx.hub.example with ESMTPS id 1; "
		from     = "From: taro@member.example"
		arrival  = "Mon, 16 Nov 2026 10:15:02 +0900"
		earlier  = "Received: from pc by mx.member.example; Mon, 02 Nov 2026 10:15:02 +0900"
	)
	arrived, err := time.Parse(time.RFC1123Z, arrival)
	if err != nil {
		t.Fatal(err)
	}
	signed := func(domain string, ago time.Duration) string {
		return fmt.Sprintf("DKIM-Signature: v=1; a=rsa-sha256; d=%s; s=a;\r\n\t t = %d ; h=from:subject; b=AAAA", domain, arrived.Add(-ago).Unix())
	}
	const day = 24 * time.Hour
	for _, tt := range []struct {
		name  string
		lines []string
		stale bool
	}{
		{"just written", []string{"Date: Mon, 16 Nov 2026 10:15:00 +0900"}, false},
		{"under way for six days", []string{"Date: Tue, 10 Nov 2026 10:15:02 +0900"}, false},
		{"written eight days before", []string{"Date: Sun, 08 Nov 2026 10:15:02 +0900"}, true},
		{"written long before, in another form", []string{"Date: 8 Mar 2021 01:15 GMT (once)"}, true},
		{"two dates, one old", []string{"Date: Mon, 16 Nov 2026 10:15:00 +0900", "Date: Sun, 08 Nov 2026 10:15:02 +0900"}, true},
		{"a clock that is ahead", []string{"Date: Sat, 16 Nov 2030 10:15:00 +0900"}, false},
		{"no date", nil, false},
		{"an unreadable date", []string{"Date: the day before yesterday"}, false},
		{"a new date, a new signature", []string{"Date: Mon, 16 Nov 2026 10:15:00 +0900", signed("member.example", day)}, false},
		{"a new date, an old signature", []string{"Date: Mon, 16 Nov 2026 10:15:00 +0900", signed("member.example", 8*day)}, true},
		{"an old signature of a host of theirs", []string{"Date: Mon, 16 Nov 2026 10:15:00 +0900", signed("mail.member.example", 8*day)}, true},
		{"an old signature of somebody else", []string{"Date: Mon, 16 Nov 2026 10:15:00 +0900", signed("list.example", 8*day)}, false},
		{"a signature without a time", []string{"DKIM-Signature: v=1; d=member.example; t=; b=AAAA"}, false},
		{"a signature of the year 292 billion", []string{"DKIM-Signature: v=1; d=member.example; t=9223372036854775807; b=AAAA"}, false},
	} {
		for _, top := range []struct {
			name, line string
			ours       bool
		}{
			{"", received + arrival, true},
			{", taken by another server of ours", strings.Replace(received, "by mx.", "by MX2.", 1) + arrival, true},
			{", from a client called by", strings.Replace(received, "from mx.member.example", "from by", 1) + arrival, true},
			{", no time of arrival", received + "soon", false},
			{", taken by somebody else's", strings.Replace(received, "by mx.hub.example", "by mx.hub.evil.example", 1) + arrival, false},
			{", no time at all", strings.TrimRight(received, "; "), false},
			{", no arrival", "X: y", false},
		} {
			lines := append([]string{verdict, top.line, from, earlier}, tt.lines...)
			v, err := testAuthenticator().Authenticate(t.Context(), fields(lines...))
			if want := !tt.stale || !top.ours; err != nil || v.OK != want || !want && v.Reason != reasonStale {
				t.Errorf("%s%s: %+v, %v; want believed: %v", tt.name, top.name, v, err, want)
			}
		}
	}
}
