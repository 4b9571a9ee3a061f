package smtpx

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"kairan/store"
)

func TestAccepted(t *testing.T) {
	for _, c := range []struct{ name, reply, enhanced, id, text string }{
		{"Postfix", "2.0.0 Ok: queued as 4Zk1Qw2vJzz9s", "2.0.0", "4Zk1Qw2vJzz9s", "Ok: queued as 4Zk1Qw2vJzz9s"},
		{"Postfix, short names", "2.0.0 Ok: queued as E9F3A12345", "2.0.0", "E9F3A12345", ""},
		{"Postfix behind a filter", "2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 9A8B7C", "2.0.0", "9A8B7C", ""},
		{"Exim", "OK id=1tD3Gk-000000001Ab-2xYz", "", "1tD3Gk-000000001Ab-2xYz", "OK id=1tD3Gk-000000001Ab-2xYz"},
		{"Sendmail", "2.0.0 4AN2Ik0x012345 Message accepted for delivery", "2.0.0", "4AN2Ik0x012345", ""},
		{"OpenSMTPD", "2.0.0 1a2b3c4d Message accepted for delivery", "2.0.0", "1a2b3c4d", ""},
		{"OpenSMTPD before 6.6", "2.0.0: 1a2b3c4d Message accepted for delivery", "2.0.0", "1a2b3c4d", "1a2b3c4d Message accepted for delivery"},
		{"Exchange", "2.6.0 <n1@kairan.example> [InternalId=28780099928084, Hostname=MB1.relay.example] 2345 bytes in 0.140, 16.300 KB/sec Queued mail for delivery", "2.6.0", "28780099928084", ""},
		{"Exchange, no host", "2.6.0 <n1@kairan.example> [InternalId=77] Queued mail for delivery", "2.6.0", "77", ""},
		{"Haraka", "Message Queued (5C0F2B6E-9E0D-4C54-9E0D-3C1F4E2A9B11.1)", "", "5C0F2B6E-9E0D-4C54-9E0D-3C1F4E2A9B11.1", ""},
		{"qmail", "ok 1763862000 qp 12345", "", "1763862000 qp 12345", ""},
		{"Gmail", "2.0.0 OK  1763862000 d2e1a72fcca58-7c3ecf7d9b1si123456b3a.12 - gsmtp", "2.0.0", "d2e1a72fcca58-7c3ecf7d9b1si123456b3a.12", "OK 1763862000 d2e1a72fcca58-7c3ecf7d9b1si123456b3a.12 - gsmtp"},
		{"go-smtp", "2.0.0 OK: queued", "2.0.0", "", "OK: queued"},
		{"silent", "", "", "", ""},
		{"several lines", "2.0.0 Thank you\n2.0.0 Ok: queued as ABC", "2.0.0", "ABC", "Thank you Ok: queued as ABC"},
		{"a longer code on the second line", "2.0.0 a\n2.0.01 b", "2.0.0", "", "a 2.0.01 b"},
		{"not a code", "2.0 Ok", "", "", "2.0 Ok"},
		{"not a code of SMTP", "3.1.1 Ok", "", "", "3.1.1 Ok"},
		{"controls", "ok \x1b[31mred\x00 \u202eevil", "", "", "ok ?[31mred? ?evil"},
		{"no name in a long word", "Ok: queued as " + strings.Repeat("A", 200), "", "", ""},
	} {
		out := accepted(250, c.reply)
		if out.Kind != store.Accepted || out.Enhanced != c.enhanced || out.QueueID != c.id {
			t.Errorf("%s: accepted(%q) = %s, enhanced %q, id %q; want accepted, %q, %q", c.name, c.reply, out.Kind, out.Enhanced, out.QueueID, c.enhanced, c.id)
		}
		if c.text != "" && out.Text != c.text {
			t.Errorf("%s: accepted(%q) has text %q, want %q", c.name, c.reply, out.Text, c.text)
		}
	}
}

func FuzzReply(f *testing.F) {
	f.Add("2.0.0 Ok: queued as 4Zk1Qw2vJzz9s")
	f.Add("5.1.1 a\n5.1.1 b\r\n\x1b[0m\xff")
	f.Add(strings.Repeat("字", 400))
	f.Fuzz(func(t *testing.T, s string) {
		out := accepted(250, s)
		if len(out.Text) > maxText || !utf8.ValidString(out.Text) {
			t.Errorf("accepted(%q) has a text of %d bytes, valid UTF-8: %v", s, len(out.Text), utf8.ValidString(out.Text))
		}
		for _, text := range []string{out.Text, out.Enhanced, out.QueueID} {
			if i := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
				t.Errorf("accepted(%q) tells %q, not printable at %d", s, text, i)
			}
		}
	})
}
