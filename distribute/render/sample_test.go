package render

import (
	"slices"
	"strings"
	"testing"
	"text/template"
	"time"

	"kairan/configs"
	"kairan/sanitize"
	"kairan/store"
	"kairan/store/tlp"
)

// testComposer has the built-in templates.
func testComposer(t testing.TB) *Composer {
	t.Helper()
	templates, err := template.New("").Option("missingkey=error").ParseFS(configs.Files, "templates/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	return &Composer{
		HubName: "標的型メール情報共有事務局", HubNameEN: "Targeted-mail sharing secretariat",
		From: "notices@hub.example", ReplyTo: "answers@hub.example", ListID: "notices.hub.example", Domain: "hub.example", Prefix: "C4TAP",
		ContactLine: "電話 / phone: 03-0000-0000", Location: time.FixedZone("JST", 9*60*60), Templates: templates,
	}
}

// richNotice has two originals, every type of indicator, attachments,
// placeholders, and everything that a notice does not tell.
func richNotice() store.Notice {
	hash := func(digit string, n int) string { return strings.Repeat(digit, n) }
	return store.Notice{
		ID: "n0123456789abcdefghjk", Case: "c0123456789abcdefghjk", Revision: 1, Kind: store.KindTargetedMail, TLP: tlp.Amber,
		State: store.NoticeReleased, FiscalYear: 2026, Serial: 54,
		Released: time.Date(2026, 8, 3, 2, 15, 30, 0, time.UTC), Created: time.Date(2026, 8, 3, 1, 0, 0, 0, time.UTC),
		Content: store.Content{
			Title: "【重要】<recipient-organisation>様 請求書のご確認をお願いいたします（https://login.evil.example/）",
			Originals: []store.ContentOriginal{
				{
					Facts: sanitize.Facts{
						Subject: "【重要】<recipient-organisation>様 請求書のご確認をお願いいたします（https://login.evil.example/）",
						From:    sanitize.Mailbox{Name: "経理部 support@bank.example", Address: "billing@evil.example"},
						ReplyTo: sanitize.Mailbox{Name: "返信先", Address: "reply@drop.example"}, ReturnPathDomain: "bounce.evil.example",
						Date: "2026-08-03T01:00:00Z", Mailer: "Mailer 1.0 (www.mailer.example)",
						Attachments: []sanitize.Attachment{
							{Name: "請求書.pdf.exe", Type: "application/octet-stream", Size: 20480, MD5: hash("a", 32), SHA1: hash("b", 40), SHA256: hash("c", 64),
								Notes: []string{"double-extension", "executable-extension"}},
							{Type: "application/zip", Size: 7, SHA256: hash("d", 64)},
						},
						Indicators: []sanitize.Indicator{
							{Type: sanitize.TypeDomain, Value: "evil.example", Defanged: "evil[.]example", Role: sanitize.RoleLink, Where: []string{"part 1 text/plain"}, Confidence: "high"},
							{Type: sanitize.TypeDomain, Value: "w3.org", Defanged: "w3[.]org", Role: sanitize.RoleInfrastructure, Confidence: "low", Benign: true},
							{Type: sanitize.TypeEmail, Value: "drop@mail.example", Defanged: "drop[@]mail[.]example", Role: sanitize.RoleText, Confidence: "low"},
							{Type: sanitize.TypeFilename, Value: "請求書.pdf.exe", Defanged: "請求書[.]pdf[.]exe", Role: sanitize.RoleAttachment, Confidence: "medium"},
							{Type: sanitize.TypeIPv4, Value: "198.51.100.9", Defanged: "198[.]51[.]100[.]9", Role: sanitize.RoleInfrastructure, Confidence: "high"},
							{Type: sanitize.TypeIPv6, Value: "2001:db8::9", Defanged: "2001[:]db8[:][:]9", Role: sanitize.RoleInfrastructure, Confidence: "high"},
							{Type: sanitize.TypeMD5, Value: hash("a", 32), Defanged: hash("a", 32), Role: sanitize.RoleAttachment, Confidence: "high"},
							{Type: sanitize.TypeReplyTo, Value: "reply@drop.example", Defanged: "reply[@]drop[.]example", Role: sanitize.RoleSender, Confidence: "high"},
							{Type: sanitize.TypeSender, Value: "billing@evil.example", Defanged: "billing[@]evil[.]example", Role: sanitize.RoleSender, Confidence: "medium"},
							{Type: sanitize.TypeSHA1, Value: hash("b", 40), Defanged: hash("b", 40), Role: sanitize.RoleAttachment, Confidence: "high"},
							{Type: sanitize.TypeSHA256, Value: hash("c", 64), Defanged: hash("c", 64), Role: sanitize.RoleAttachment, Confidence: "high"},
							{Type: sanitize.TypeSubject, Value: "請求書", Defanged: "請求書", Role: sanitize.RoleText, Confidence: "low"},
							{Type: sanitize.TypeURL, Value: "https://login.evil.example/a?to=<recipient-address>&id=<opaque>",
								Defanged: "hxxps[://]login[.]evil[.]example/a?to=<recipient-address>&id=<opaque>", Role: sanitize.RoleLink, Confidence: "high"},
						},
						Redactions: []sanitize.Redaction{
							{Kind: "recipient-organisation", Where: "header Subject", Count: 1},
							{Kind: "recipient-address", Where: "part 1 text/plain", Count: 2},
						},
					},
				},
				{
					Inline: true,
					Facts: sanitize.Facts{
						Subject: "Invoice overdue", From: sanitize.Mailbox{Address: "<recipient-address>"},
						Indicators: []sanitize.Indicator{
							{Type: sanitize.TypeDomain, Value: "evil.example", Defanged: "evil[.]example", Role: sanitize.RoleLink, Confidence: "high"},
							{Type: sanitize.TypeURL, Value: "http://203.0.113.7/x", Defanged: "hxxp[://]203[.]0[.]113[.]7/x", Role: sanitize.RoleLink, Confidence: "high"},
						},
					},
					Problems: []sanitize.Problem{{Code: sanitize.ProblemInline, Where: "part 1"}},
				},
			},
		},
	}
}

// emptyNotice tells nothing but itself.
func emptyNotice() store.Notice {
	return store.Notice{
		ID: "n0000000000000000000z", Case: "c0000000000000000000z", Revision: 2, Kind: store.KindDrill, TLP: tlp.Clear, State: store.NoticeReleased,
		FiscalYear: 2026, Serial: 1, Released: time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC),
	}
}

// compose makes one finished copy.
func compose(t testing.TB, n store.Notice, language string) []byte {
	t.Helper()
	c, err := testComposer(t).Notice(n, language)
	if err != nil {
		t.Fatal(err)
	}
	return c.Finish("d0123456789abcdefghjk", "desk@contact.example")
}

// split reads a mail: the lines of its header, unfolded, and its text decoded.
func split(t testing.TB, mail []byte) (head sanitize.Header, text string) {
	t.Helper()
	part, problems := sanitize.Read(mail, sanitize.DefaultLimits())
	if len(problems) > 0 {
		t.Fatalf("the mail is not well formed: %+v\n%s", problems, mail)
	}
	return part.Header, part.Text
}

// faults are what is wrong with a mail on its way (RFC 5321 §2.3.8, RFC 5322
// §2.1.1), or with its text for people.
func faults(mail []byte) []string {
	var all []string
	if !strings.HasSuffix(string(mail), "\r\n") {
		all = append(all, "it does not end with CRLF")
	}
	lines := strings.Split(string(mail), "\r\n")
	body := slices.Index(lines, "")
	for i, line := range lines {
		most := 998
		if i < body {
			most = 78
		}
		if len(line) > most && !strings.HasPrefix(line, "To: ") {
			all = append(all, "a line is too long: "+line)
		}
		if strings.ContainsFunc(line, func(r rune) bool { return r == '\r' || r == '\n' || r == 0 || r >= 0x80 }) {
			all = append(all, "a line has CR or LF alone, NUL, or more than ASCII: "+line)
		}
	}
	for _, p := range sanitize.Live(mail) {
		all = append(all, p.Where+": "+p.Detail)
	}
	return all
}
