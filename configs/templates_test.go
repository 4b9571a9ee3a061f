package configs

import (
	"bytes"
	"strings"
	"testing"
	"text/template"
)

// What the templates are given, as package render gives it.
type (
	sampleAttachment struct {
		Name, Type, MD5, SHA1, SHA256 string
		Size                          int
		Notes                         []string
	}
	sampleOriginal struct {
		Number                                                           int
		Subject, From, FromName, ReplyTo, ReturnPathDomain, Date, Mailer string
		Inline                                                           bool
		Attachments                                                      []sampleAttachment
		Excerpt                                                          []string
	}
	sampleGroup struct {
		Name  string
		Lines []string
	}
	sampleNotice struct {
		TLP, Kind, KindName, Serial                  string
		Revision                                     int
		Issued, HubName, ContactLine, ReplyTo, Title string
		Summary                                      []string
		Originals                                    []sampleOriginal
		Groups                                       []sampleGroup
	}
	sampleReceipt struct {
		Number, HubName, ContactLine, ReplyTo string
		Originals                             int
	}
)

// execute fills a template in, and checks what every mail body must keep.
func execute(t *testing.T, name string, data any) string {
	t.Helper()
	all, err := template.New("").Option("missingkey=error").ParseFS(Files, "templates/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := all.ExecuteTemplate(&b, name, data); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	text := b.String()
	if strings.HasPrefix(text, "\n") || !strings.HasSuffix(text, "\n") || strings.HasSuffix(text, "\n\n") || strings.Contains(text, "\n\n\n") {
		t.Errorf("%s has blank lines too many or too few:\n%q", name, text)
	}
	for line := range strings.SplitSeq(text, "\n") {
		if columns(line) > 76 && !strings.Contains(line, digest) {
			t.Errorf("%s has a line of %d columns: %s", name, columns(line), line)
		}
		if strings.TrimRight(line, " \t\u3000") != line {
			t.Errorf("%s has a line that ends with a blank: %q", name, line)
		}
	}
	return text
}

// columns is how wide a terminal shows s: Japanese letters take two columns.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r >= 0x1100 {
			n++
		}
	}
	return n
}

// digest is as long as one of SHA-256. Its line is not broken, so that it can be
// copied, and is wider than text may be.
var digest = strings.Repeat("0", 64)

var full = sampleNotice{
	TLP: "TLP:AMBER", Kind: "targeted-mail", KindName: "標的型メール情報", Serial: "C4TAP-2026-0054", Revision: 2, Issued: "2026年7月8日（水）10:20",
	HubName: "事務局", ContactLine: "TEL 00-0000-0000", ReplyTo: "report@hub.example", Title: "ご請求書", Summary: []string{"one line", "", "another"},
	Originals: []sampleOriginal{
		{Number: 1, Subject: "ご請求書", From: "a[@]x[.]example", FromName: "経理部", ReplyTo: "b[@]x[.]example", ReturnPathDomain: "x[.]example", Date: "2026年7月8日（水）8時頃", Mailer: "Mailer 1",
			Inline: true, Excerpt: []string{"text", "", "of the mail"}, Attachments: []sampleAttachment{
				{Name: "a.exe", Type: "application/zip", Size: 7, SHA256: digest, Notes: []string{"bidi-in-name", "double-extension", "executable-extension", "other"}}, {}}},
		{Number: 2, From: "c[@]y[.]example"},
	},
	Groups: []sampleGroup{{Name: "URL", Lines: []string{"hxxp[://]x[.]example/", "hxxp[://]y[.]example/"}}, {Name: "MD5", Lines: []string{"00"}}},
}

var todo = map[string]string{"ja": "■ お願いしたいこと", "en": "WHAT WE ASK OF YOU"}

func TestNoticeTemplates(t *testing.T) {
	for language, end := range map[string]string{"ja": "TLP:AMBER ここまで", "en": "End of TLP:AMBER"} {
		name := "notice." + language + ".txt"
		text := execute(t, name, full)
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		if lines[0] != "TLP:AMBER" || lines[len(lines)-1] != end {
			t.Errorf("%s begins with %q and ends with %q; want the label alone, and %q", name, lines[0], lines[len(lines)-1], end)
		}
		for _, want := range []string{"\n  hxxp[://]x[.]example/\n  hxxp[://]y[.]example/\n", "C4TAP-2026-0054", "TEL 00-0000-0000", "ご請求書", "c[@]y[.]example", "ACK", "SEEN", "NONE", "FP"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q:\n%s", name, want, text)
			}
		}
		do, mail, indicators, answer := strings.Index(text, todo[language]), strings.Index(text, "a[@]x"), strings.Index(text, "hxxp[://]"), strings.LastIndex(text, "ACK")
		if do < 0 || mail < do || indicators < mail || answer < indicators {
			t.Errorf("%s is out of order: what to do at %d, the mail at %d, indicators at %d, how to answer at %d", name, do, mail, indicators, answer)
		}
	}
}

// What there is nothing to say about has no heading either.
func TestNoticeTemplatesLeaveOutWhatIsEmpty(t *testing.T) {
	bare := sampleNotice{TLP: "TLP:GREEN", Kind: "alert", KindName: "Alert", Serial: "C4TAP-2026-0001", Revision: 1, Issued: "today"}
	for name, headings := range map[string][]string{
		"notice.ja.txt": {"■ お願いしたいこと", "■ 不審メールの概要", "■ 検索・遮断に用いる情報", "■ 表記について", "発出元", "標題"},
		"notice.en.txt": {"WHAT WE ASK OF YOU", "THE SUSPICIOUS MAIL", "INDICATORS TO SEARCH FOR", "HOW TO READ THEM", "By:", "Title:"},
	} {
		empty, whole := execute(t, name, bare), execute(t, name, full)
		for _, h := range headings {
			if strings.Contains(empty, h) {
				t.Errorf("%s with nothing to tell has %q:\n%s", name, h, empty)
			}
			if !strings.Contains(whole, h) {
				t.Errorf("%s with everything to tell lacks %q", name, h)
			}
		}
	}
}

func TestDrillSaysSo(t *testing.T) {
	drill := full
	drill.Kind = "drill"
	for name, words := range map[string]string{"notice.ja.txt": "これは訓練です", "notice.en.txt": "This is an exercise"} {
		if strings.Contains(execute(t, name, full), words) {
			t.Errorf("%s calls an attack a drill", name)
		}
		if !strings.Contains(execute(t, name, drill), words) {
			t.Errorf("%s does not say that a drill is one", name)
		}
	}
}

func TestReceiptTemplates(t *testing.T) {
	for _, name := range []string{"receipt.ja.txt", "receipt.en.txt"} {
		none := execute(t, name, sampleReceipt{Number: "7QK2-M4XD"})
		one := execute(t, name, sampleReceipt{Number: "7QK2-M4XD", HubName: "H", ContactLine: "T", Originals: 1})
		two := execute(t, name, sampleReceipt{Number: "7QK2-M4XD", HubName: "H", ContactLine: "T", Originals: 2})
		if none == one || one == two {
			t.Errorf("%s does not tell how many originals were recognised", name)
		}
		if !strings.Contains(none, "7QK2-M4XD") {
			t.Errorf("%s lacks the receipt number:\n%s", name, none)
		}
	}
}
