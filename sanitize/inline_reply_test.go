package sanitize

import (
	"strings"
	"testing"
)

// TestInlineNot has ordinary mails in which no mail is forwarded.
func TestInlineNot(t *testing.T) {
	for name, text := range map[string]string{
		"plain words":     "Hello,\n\nwe received a strange mail.\n\nTaro Yamada\nTel: 03-0000-0000\nFrom: Tokyo\n",
		"an itinerary":    "Your trip:\n\nFrom: Tokyo\nTo: Osaka\nDate: 2026/05/21\nSeat: 5A\n",
		"a signature":     "報告します。\n\n________________________________\n山田 太郎\n宛先: 東京都千代田区\nMail: taro@member.example\n",
		"a table":         "Date: 2026/05/21\nSubject: meeting\nTo: everybody\n\nSee you.",
		"a summary":       "【差出人】evil@evil.example.net\n【件名】請求書\n【受信日時】2026/05/21\n【受信者数】3\n",
		"a bulleted one":  "・差出人：evil@evil.example.net\n・件名：請求書\n・日時：2026/05/21\n",
		"from in a line":  "From: the bottom of my heart\n\nThank you.\nSubject: none",
		"the word":        "転送します:\n\nよろしくお願いします。\n",
		"a ruled section": "--- 元のメール ---\n件名だけ: 請求書\n",
		"colons":          "From: \nTo: \nDate: \nSubject: \n",
	} {
		for _, kind := range []string{"text/plain", "text/html"} {
			body := text
			if kind == "text/html" {
				body = strings.ReplaceAll(text, "\n", "<br>\n")
			}
			u := Unpack([]byte("From: taro@member.example\nSubject: Fwd: x\nContent-Type: "+kind+"; charset=utf-8\n\n"+body), Limits{})
			if len(u.Originals) != 0 {
				t.Errorf("%s as %s: original %q; want none", name, kind, u.Originals[0].Raw)
			}
			if got, want := strings.Join(strings.Fields(u.ReporterText), " "), strings.Join(strings.Fields(text), " "); got != want {
				t.Errorf("%s as %s: own text %q; want all of it", name, kind, got)
			}
		}
	}
}

// TestInlineReply has replies, of which only the new words are the reporter's.
func TestInlineReply(t *testing.T) {
	const words = "三名が受信しました。\n開封はしていません。"
	for name, quote := range map[string]string{
		"Gmail":              "On Wed, Oct 27, 2021 at 9:31 AM Hub <hub@hub.example> wrote:\n> SECRET\n> more SECRET\n",
		"Gmail, broken":      "On Wed, Oct 27, 2021 at 9:31 AM The Hub of Them All <hub@hub.example>\nwrote:\n\n> SECRET\n",
		"Gmail ja":           "2026年5月21日(木) 16:15 窓口 <hub@hub.example>:\n\n> SECRET\n",
		"Thunderbird ja":     "On 2026/05/21 16:15, 窓口 wrote:\n> SECRET\n",
		"Apple ja":           "> 2026/05/21 16:15、窓口 <hub@hub.example>のメール:\n> \n> SECRET\n",
		"Yahoo, no marks":    "On Thursday, May 21, 2026, 04:15:00 PM GMT+9, Hub <hub@hub.example> wrote:\n\nSECRET\nmore SECRET\n",
		"Outlook":            "________________________________\nFrom: Hub <hub@hub.example>\nSent: Thursday, May 21, 2026 4:15 PM\nTo: taro@member.example\nSubject: Receipt\n\nSECRET\n",
		"Outlook ja":         "-----元のメッセージ-----\n差出人: 窓口 <hub@hub.example>\n送信日時: 2026年5月21日 16:15\n宛先: taro@member.example\n件名: 受付\n\nSECRET\n",
		"Outlook, no line":   "差出人: 窓口 <hub@hub.example>\n送信日時: 2026年5月21日 16:15\n宛先: taro@member.example\n件名: 受付\n\nSECRET\n",
		"German":             "Am 21.05.2026 um 16:15 schrieb Hub <hub@hub.example>:\n> SECRET\n",
		"marks and nothing":  "> SECRET\n>> SECRET\n",
		"full-width marks":   "＞ SECRET\n",
		"Outlook on the Mac": "On 5/21/2026, 4:15 PM, \"Hub\" <hub@hub.example> wrote:\n\n    SECRET\n",
	} {
		u := Unpack([]byte("From: taro@member.example\nSubject: Re: [受付 12] x\nContent-Type: text/plain; charset=utf-8\n\n"+words+"\n\n"+quote), Limits{})
		if len(u.Originals) != 0 || u.ReporterText != words {
			t.Errorf("%s: %d originals, own text %q; want none and %q", name, len(u.Originals), u.ReporterText, words)
		}
	}
	// With an attached mail the quote below the reporter's words is left out too.
	u := Unpack([]byte(mailWith("taro@member.example", "FW: x", "b", words+"\n\n-----Original Message-----\nFrom: evil@evil.example.net\nSubject: x\n\nSECRET\n", "Content-Type: message/rfc822\r\n\r\n"+attack)), Limits{})
	if len(u.Originals) != 1 || u.Originals[0].Inline || u.ReporterText != words {
		t.Errorf("beside an attached mail: %d originals, own text %q; want the attached one and %q", len(u.Originals), u.ReporterText, words)
	}
}

func TestInlineInterleaved(t *testing.T) {
	u := Unpack([]byte("From: taro@member.example\nSubject: Re: x\n\nOn 1 May 2026 Hub <hub@hub.example> wrote:\n> how many?\n\nThree.\n\n> opened?\n\nNo.\n"), Limits{})
	if got := strings.Join(strings.Fields(u.ReporterText), " "); got != "Three. No." {
		t.Errorf("own text %q; want the answers only", got)
	}
}

// TestInlineChain has forwards of forwards, real ones and what looks like them.
func TestInlineChain(t *testing.T) {
	const outlook = "-----Original Message-----\nFrom: %F\nSent: Thursday, May 21, 2026 4:15 PM\nTo: %T\nSubject: %S\n\n"
	block := func(from, to, subject string) string {
		return strings.NewReplacer("%F", from, "%T", to, "%S", subject).Replace(outlook)
	}
	for _, c := range []struct {
		name, text, subject string
		through             int
		ambiguous           bool
	}{
		{"a colleague's forward", block("A <a@member.example>", "taro@member.example", "FW: Invoice") + "see this\n\n" + block("evil@evil.example.net", "a@member.example", "Invoice") + "pay", "Invoice", 1, false},
		{"a colleague's forward, marked", "> Begin forwarded message:\n>\n> From: A <a@member.example>\n> Subject: look\n> Date: 21 May 2026 at 16:15:00 JST\n>\n> see\n>\n>> Begin forwarded message:\n>>\n>> From: evil@evil.example.net\n>> Subject: Invoice\n>> Date: 21 May 2026 at 16:00:00 JST\n>>\n>> pay\n", "Invoice", 1, false},
		{"links between", block("A <a@member.example>", "taro@member.example", "FW: Invoice") + "https://evil.example.net/\n\n" + block("b@other.example", "a@member.example", "Invoice") + "pay", "Invoice", 1, true},
		{"a member's forward through a secretariat", block("B <b@other-member.example>", "taro@member.example", "FW: Invoice") + "please\n\n" + block("evil@evil.example.net", "b@other-member.example", "Invoice") + "pay", "Invoice", 1, true},
		{"an attack that quotes a reply", block("A <a@member.example>", "taro@member.example", "RE: Invoice") + "https://evil.example.net/\n\n" + block("b@other.example", "a@member.example", "Invoice") + "ok", "RE: Invoice", 0, false},
		{"an attack that quotes a forward", block("evil@evil.example.net", "taro@member.example", "FW: Invoice") + "https://evil.example.net/\n\n" + block("boss@member.example", "taro@member.example", "Invoice") + "pay", "FW: Invoice", 0, false},
		{"somebody else's letters", block("evil@evil.example.net", "taro@member.example", "Invoice") + "see below\n\n" + block("b@other.example", "evil@evil.example.net", "Invoice 2") + "ok", "Invoice", 0, false},
	} {
		u := Unpack([]byte("From: taro@member.example\nSubject: FW: x\n\nplease look\n\n"+c.text), Limits{})
		if len(u.Originals) != 1 {
			t.Errorf("%s: %d originals; want one", c.name, len(u.Originals))
			continue
		}
		o := u.Originals[0]
		p, _ := Read(o.Raw, Limits{})
		held := false
		for _, problem := range o.Problems {
			held = held || problem.Code == ProblemAmbiguous
		}
		if got := p.Header.Text("Subject"); got != c.subject || len(o.Through) != c.through || held != c.ambiguous || u.ReporterText != "please look" {
			t.Errorf("%s: subject %q through %d mails, ambiguous %v, own text %q; want %q, %d, %v", c.name, got, len(o.Through), held, u.ReporterText, c.subject, c.through, c.ambiguous)
		}
	}
}

// TestInlineSummary has a reporter list the fields of the mail that is forwarded
// below.
func TestInlineSummary(t *testing.T) {
	u := Unpack([]byte("From: taro@member.example\nSubject: FW: x\nContent-Type: text/plain; charset=utf-8\n\n差出人: evil@evil.example.net\n件名: Invoice\n受信日時: 2026/05/21\n\n三名が受信\n\n"+
		"---------- Forwarded message ---------\nFrom: Evil <evil@evil.example.net>\nDate: Thu, May 21, 2026 at 4:15 PM\nSubject: Invoice\nTo: <taro@member.example>\n\npay\n"), Limits{})
	if len(u.Originals) != 1 {
		t.Fatalf("%d originals; want one", len(u.Originals))
	}
	p, _ := Read(u.Originals[0].Raw, Limits{})
	if strings.TrimSpace(p.Text) != "pay" || !strings.Contains(u.ReporterText, "三名") || !strings.Contains(u.ReporterText, "受信日時") {
		t.Errorf("body %q, own text %q; want the forwarded body and the whole summary", p.Text, u.ReporterText)
	}
}

// TestInlineFormsDiffer has a plain form with a quoted header and HTML in which
// none is to be found.
func TestInlineFormsDiffer(t *testing.T) {
	u := Unpack([]byte("From: taro@member.example\nSubject: FW: x\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\nlook\n\n-----Original Message-----\nFrom: evil@evil.example.net\nSubject: Invoice\n\npay\n"+
		"--b\nContent-Type: text/html\n\n<p>look <a href=\"https://intranet.member.example/\">x</a></p><p>evil@evil.example.net has written:</p><a href=\"https://pay.example.net/\">pay</a>\n--b--\n"), Limits{})
	if len(u.Originals) != 1 {
		t.Fatalf("%d originals; want one", len(u.Originals))
	}
	o := u.Originals[0]
	p, _ := Read(o.Raw, Limits{})
	all := ""
	p.Walk(func(c *Part) { all += c.Text })
	if !strings.Contains(all, "https://pay.example.net/") || strings.Contains(all, "intranet") || o.Problems[len(o.Problems)-1].Code != ProblemAmbiguous {
		t.Errorf("text %q, problems %+v; want the attacker's link, none of the reporter's, and %q", all, o.Problems, ProblemAmbiguous)
	}
}

func TestCutSubject(t *testing.T) {
	for _, c := range []struct {
		in, bare string
		kind     int
	}{
		{"Invoice", "Invoice", subjectPlain}, {"Fwd: Invoice", "Invoice", subjectForward}, {"FW: RE: Invoice", "RE: Invoice", subjectForward},
		{"転送: 請求書", "請求書", subjectForward}, {"転送：請求書", "請求書", subjectForward}, {"[SPAM] Fwd: x", "x", subjectForward}, {"【迷惑メール】FW: x", "x", subjectForward},
		{"[meiwaku] 転送: x", "x", subjectForward}, {"[Fwd: x]", "x", subjectForward}, {"【転送】x", "x", subjectForward}, {"Re: x", "x", subjectReply},
		{"RE: FW: x", "x", subjectForward}, {"Re[2]: x", "x", subjectReply}, {"返信：x", "x", subjectReply}, {"WG: x", "x", subjectForward}, {"x (fwd)", "x", subjectForward},
		{"Note: x", "Note: x", subjectPlain}, {"", "", subjectPlain}, {"İLT: x", "x", subjectForward}, {"[a", "[a", subjectPlain},
	} {
		if kind, bare := cutSubject(c.in); kind != c.kind || bare != c.bare {
			t.Errorf("cutSubject(%q) = %d, %q; want %d, %q", c.in, kind, bare, c.kind, c.bare)
		}
	}
}
