package render

import (
	"bytes"
	"mime"
	"net/mail"
	"strings"
	"testing"
	"time"

	"kairan/sanitize"
	"kairan/store"
)

func TestHeader(t *testing.T) {
	for _, language := range Languages() {
		copyOf := compose(t, richNotice(), language)
		m, err := mail.ReadMessage(bytes.NewReader(copyOf))
		if err != nil {
			t.Fatalf("%s: a reader by other people refuses the notice: %v", language, err)
		}
		for name, want := range map[string]string{
			"To":             "<desk@contact.example>",
			"Message-Id":     "<00443214-c742-854b-8635-cf8465300000@hub.example>",
			"Reply-To":       "<answers@hub.example>",
			"Date":           "Mon, 03 Aug 2026 02:15:30 +0000",
			"List-Id":        "<notices.hub.example>",
			"Auto-Submitted": "auto-generated",
			"Mime-Version":   "1.0",
			"Content-Type":   "text/plain; charset=utf-8",
		} {
			if got := m.Header[name]; len(got) != 1 || got[0] != want {
				t.Errorf("%s: %s is %q, want once %q", language, name, got, want)
			}
		}
		for _, name := range []string{"Cc", "Bcc", "Sender", "Return-Path", "Received", "List-Unsubscribe", "X-Mailer", "User-Agent"} {
			if got := m.Header[name]; len(got) > 0 {
				t.Errorf("%s: there is a field %s: %q", language, name, got)
			}
		}
		c, err := testComposer(t).Notice(richNotice(), language)
		if err != nil {
			t.Fatal(err)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if err != nil || subject != c.Subject || !strings.HasPrefix(subject, "[TLP:AMBER] ") {
			t.Errorf("%s: the subject decodes to %q, %v; want %q", language, subject, err, c.Subject)
		}
		from, err := m.Header.AddressList("From")
		if err != nil || len(from) != 1 || from[0].Address != "notices@hub.example" || from[0].Name != testComposer(t).hubName(language) {
			t.Errorf("%s: From reads %v, %v; want the hub's name and address", language, from, err)
		}
		_, text := split(t, copyOf)
		for _, sign := range []string{"http://", "https://", "www.", "@evil", "@bank", "@drop", "@mail"} {
			if strings.Contains(strings.ToLower(text), sign) {
				t.Errorf("%s: the text has %q in it", language, sign)
			}
		}
	}
}

// A reader on paper may want to know what a mail program will show of a name
// that needs quoting.
func TestNameOfTheHub(t *testing.T) {
	for _, name := range []string{"", "Hub", `The "Hub", Ltd. <x@y.example>`, `back\slash`, "事務局", strings.Repeat("長い名前", 20), "=?utf-8?b?SGk=?=", "two  spaces"} {
		c := testComposer(t)
		c.HubNameEN = name
		n, err := c.Notice(emptyNotice(), "en")
		if err != nil {
			t.Fatal(err)
		}
		m, err := mail.ReadMessage(bytes.NewReader(n.Finish("d1", "a@contact.example")))
		if err != nil {
			t.Fatal(err)
		}
		from, err := m.Header.AddressList("From")
		if err != nil || len(from) != 1 || from[0].Name != name || from[0].Address != c.From {
			t.Errorf("the name %q reads as %+v, %v", name, from, err)
		}
	}
}

func TestEncodeWords(t *testing.T) {
	for _, text := range []string{
		"", "plain ASCII words", "請求書", "mixed 請求書 and ASCII", strings.Repeat("長", 300), strings.Repeat("x", 300), strings.Repeat("word ", 60) + "end",
		"two  spaces", " leading", "trailing ", "tab\there", "=?utf-8?B?aHR0cDovL2V2aWwuZXhhbXBsZQ==?=", "=?utf-8?q?a?= =?utf-8?q?b?=", "😀😀😀😀😀😀😀😀😀😀😀😀",
		strings.Repeat("é", 41) + "長", "=?", "?=",
	} {
		field := string(fold("Subject", encodeWords(text)))
		value, ok := strings.CutPrefix(field, "Subject:")
		if !ok || !strings.HasSuffix(field, "\r\n") {
			t.Fatalf("fold(%q) = %q, which is no field", text, field)
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(field, "\r\n"), "\r\n") {
			if len(line) > 78 || strings.TrimSpace(line) == "" {
				t.Errorf("of %q a line of the field is %q: %d columns", text, line, len(line))
			}
		}
		unfolded := strings.TrimPrefix(strings.ReplaceAll(value, "\r\n", ""), " ")
		got, err := new(mime.WordDecoder).DecodeHeader(unfolded)
		if err != nil || got != text {
			t.Errorf("%q is written %q, which decodes to %q, %v", text, field, got, err)
		}
		for word := range strings.FieldsSeq(value) {
			if len(word) > 75 && strings.HasPrefix(word, "=?") {
				t.Errorf("of %q an encoded word is longer than 75 columns (RFC 2047 §2): %q", text, word)
			}
		}
	}
}

// An attacker's text must not become fields of our header or lines of our text.
func TestInjection(t *testing.T) {
	for _, evil := range []string{
		"x\r\nBcc: everybody@evil.example", "x\nBcc: everybody@evil.example", "x\rBcc: everybody@evil.example", "x\r\n\r\nTLP:CLEAR\r\n",
		"x\u2028TLP:CLEAR", "x\u0085TLP:CLEAR", "x\x00\x1b[2J", "\u202egpj.exe", "=?utf-8?Q?=0D=0ABcc:_everybody@evil.example?=", "a\xff\xfeb", "\ufeff\u200bw\u200bww.evil.com",
	} {
		n := richNotice()
		n.Content.Title = evil
		f := &n.Content.Originals[0].Facts
		f.Subject, f.From.Name, f.From.Address, f.ReplyTo.Address, f.ReturnPathDomain, f.Mailer = evil, evil, evil, evil, evil, evil
		f.Attachments[0].Name, f.Attachments[0].Type, f.Attachments[0].SHA256, f.Attachments[0].Notes = evil, evil, evil, []string{evil}
		f.Indicators[0].Defanged = evil
		for _, language := range Languages() {
			m := compose(t, n, language)
			for _, fault := range faults(m) {
				t.Errorf("with %q in the facts the notice in %s is faulty: %s", evil, language, fault)
			}
			clean := compose(t, richNotice(), language)
			head, text := split(t, m)
			wantHead, wantText := split(t, clean)
			if len(head) != len(wantHead) {
				t.Errorf("with %q in the facts the notice in %s has %d fields, want %d: %v", evil, language, len(head), len(wantHead), head)
			}
			if got, want := strings.Count(text, "\n"), strings.Count(wantText, "\n"); got > want {
				t.Errorf("with %q in the facts the text in %s has %d lines, want at most %d:\n%s", evil, language, got, want, text)
			}
		}
	}
}

func TestLineBreakInASettingIsRefused(t *testing.T) {
	c := testComposer(t)
	c.ListID = "notices.hub.example>\r\nBcc: <x@evil.example"
	if _, err := c.Notice(richNotice(), "ja"); err == nil || strings.Contains(err.Error(), "evil") {
		t.Errorf("a List-Id with a line break in it gives the error %v, want one that names the field only", err)
	}
}

// Every attempt at every delivery has the same bytes but To and Message-ID, and
// two contacts' copies tell nothing of each other.
func TestCopiesDifferInTwoFieldsOnly(t *testing.T) {
	c, err := testComposer(t).Notice(richNotice(), "ja")
	if err != nil {
		t.Fatal(err)
	}
	const d1, d2 = store.DeliveryID("d0000000000000000000v"), store.DeliveryID("d0000000000000000000w")
	a, b := c.Finish(d1, "desk@contact.example"), c.Finish(d2, "sec@other.example")
	if !bytes.Equal(a, c.Finish(d1, "desk@contact.example")) {
		t.Error("the same copy has other bytes the second time")
	}
	restA, okA := bytes.CutPrefix(a, []byte("To: <desk@contact.example>\r\nMessage-ID: <"+d1.UUID()+"@hub.example>\r\n"))
	restB, okB := bytes.CutPrefix(b, []byte("To: <sec@other.example>\r\nMessage-ID: <"+d2.UUID()+"@hub.example>\r\n"))
	if !okA || !okB || !bytes.Equal(restA, restB) || !bytes.Equal(restA, c.Shared()) {
		t.Error("two copies differ in more than To and Message-ID")
	}
}

func TestUnknownLanguage(t *testing.T) {
	if _, err := testComposer(t).Notice(richNotice(), "fr"); err == nil || !strings.Contains(err.Error(), `"fr"`) {
		t.Errorf("a notice in French gives the error %v, want one that names the language", err)
	}
}

func TestSerial(t *testing.T) {
	c := testComposer(t)
	if got := c.Serial(richNotice()); got != "C4TAP-2026-0054" {
		t.Errorf("the serial is %q, want C4TAP-2026-0054", got)
	}
	n := richNotice()
	n.FiscalYear, n.Serial = 0, 0
	if got := c.Serial(n); got != "C4TAP-----" {
		t.Errorf("before its release the serial is %q, want C4TAP-----", got)
	}
}

func TestReceiptTellsNothingOfTheReport(t *testing.T) {
	at := time.Date(2026, 8, 3, 2, 15, 30, 0, time.UTC)
	for originals, want := range map[int]string{0: "none could be recognised", 1: "1 mail was recognised", 20: "20 mails were recognised"} {
		m, err := testComposer(t).Receipt(store.Receipt{Report: "r1", Number: "K7Q2-M9XD", Originals: originals}, "csirt@member.example", at)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range faults(m) {
			t.Errorf("the receipt is faulty: %s", f)
		}
		head, text := split(t, m)
		if !strings.Contains(text, want) || strings.Count(text, "K7Q2-M9XD") != 2 {
			t.Errorf("the receipt for %d originals does not say %q and its number in both languages:\n%s", originals, want, text)
		}
		// RFC 3834 §3.1.7, and §3.1.2: a mail program must not answer it.
		if got := head.Get("Auto-Submitted"); got != "auto-replied" {
			t.Errorf("Auto-Submitted of a receipt is %q, want auto-replied", got)
		}
		if strings.Contains(text, "@") {
			t.Errorf("the receipt's text has an address in it:\n%s", text)
		}
	}
}

// FuzzNotice: whatever the facts hold, a notice is a well-formed mail in which
// nothing can be clicked.
func FuzzNotice(f *testing.F) {
	for _, s := range []string{"", "請求書", "https://evil.example/?a=b@c", "x\r\nBcc: y", "=?utf-8?B?aHR0cDovL2V2aWwuZXhhbXBsZQ==?=", "\xff\u202e", "www.evil.com", "mailto:a@b",
		"<recipient-address>", "[.]", "http[://", "a@[b", `\\evil\share`, "{{.}}", ".", "mAilto:", strings.Repeat("x", 2000)} {
		f.Add(s, s, 7)
	}
	c := testComposer(f)
	f.Fuzz(func(t *testing.T, a, b string, size int) {
		n := richNotice()
		n.Content.Title = a
		n.Content.Originals[1].Facts = sanitize.Facts{
			Subject: b, From: sanitize.Mailbox{Name: a, Address: b}, ReplyTo: sanitize.Mailbox{Name: b, Address: a}, ReturnPathDomain: b, Date: a, Mailer: b,
			Attachments: []sanitize.Attachment{{Name: a, Type: b, Size: size, SHA256: a, Notes: []string{a, b}}},
			Indicators: []sanitize.Indicator{{Type: sanitize.TypeURL, Value: a, Defanged: a}, {Type: sanitize.TypeDomain, Value: b, Defanged: b},
				{Type: a, Value: b, Defanged: a}},
			Redactions: []sanitize.Redaction{{Kind: a, Where: b, Count: size}},
		}
		for _, language := range Languages() {
			composed, err := c.Notice(n, language)
			if err != nil {
				t.Fatalf("composing %q, %q: %v", a, b, err)
			}
			m := composed.Finish("d0123456789abcdefghjk", "desk@contact.example")
			for _, fault := range faults(m) {
				t.Errorf("of %q, %q the notice in %s is faulty: %s", a, b, language, fault)
			}
			if _, err := mail.ReadMessage(bytes.NewReader(m)); err != nil {
				t.Errorf("of %q, %q the notice in %s cannot be read: %v", a, b, language, err)
			}
		}
	})
}
