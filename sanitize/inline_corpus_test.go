package sanitize

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// forwardFixture is what a file of the collection's folder of inline forwards
// holds, told by its name and by the mail that all of them quote.
type forwardFixture struct {
	reply   bool   // a reply's quote, no forward
	date    string // in UTC
	address string
	name    string
}

// fixtureDates are the dates of the quoted mail by the beginning of the file's
// name; the longest counts. Clients that write no offset mean the reporter's.
var fixtureDates = map[string]string{
	"apple_mail": "2021-10-26T11:25:08Z", "apple_mail_en": "2021-10-25T08:17:21Z", "apple_mail_en_body_variant_13": "2022-08-17T07:06:24Z",
	"apple_mail_en_body_variant_6": "2021-07-16T17:24:14Z", "apple_mail_en_body_variant_7": "2021-07-16T17:24:14Z",
	"gmail": "2021-10-27T09:31:00Z", "gmail_en_body_variant_14": "2023-04-06T16:17:00Z", "gmail_en_body_variant_15": "2023-04-06T16:17:00Z",
	"hubspot": "2022-09-19T21:55:44Z", "hubspot_fr": "2022-09-19T13:20:05Z", "ionos": "2023-02-10T21:52:00Z", "mailmate": "2021-10-27T09:31:00Z",
	"missive_en_body": "2022-07-19T15:36:00Z", "missive_en_body.": "2022-07-19T15:09:00Z", "missive_en_body_variant_3": "2022-07-01T17:03:00Z",
	"new_outlook_2019": "2021-10-28T12:46:00Z", "new_outlook_2019_en_body_variant_14": "2023-04-06T16:17:00Z", "new_outlook_2019_en_body_variant_15": "2023-04-06T16:17:00Z",
	"new_outlook_2019_cs": "2021-10-28T12:06:00Z", "new_outlook_2019_da": "2021-10-28T12:06:00Z", "new_outlook_2019_fi": "2021-10-28T12:06:00Z",
	"new_outlook_2019_fr": "2021-10-28T12:06:00Z", "new_outlook_2019_nl": "2021-10-28T12:06:00Z",
	"outlook_2013": "2021-10-25T11:17:00Z", "outlook_2019": "2021-10-28T12:46:00Z",
	"outlook_live": "2021-10-27T15:14:00Z", "outlook_live_en_body_variant_14": "2023-04-06T16:17:00Z", "outlook_live_en_body_variant_15": "2023-04-06T16:17:00Z",
	"thunderbird": "2021-11-03T14:51:30Z", "thunderbird_en_body_variant_14": "2023-04-06T16:17:00Z", "thunderbird_en_body_variant_15": "2023-04-06T16:17:00Z",
	"unknown": "2022-07-23T07:53:00Z", "yahoo": "2021-11-02T08:26:50Z",
}

func fixture(name string) forwardFixture {
	f := forwardFixture{address: "john.doe@acme.com", name: "John Doe", reply: strings.Contains(name, "_variant_4.")}
	longest := -1
	for prefix, date := range fixtureDates {
		if strings.HasPrefix(name, prefix) && len(prefix) > longest {
			f.date, longest = date, len(prefix)
		}
	}
	switch name {
	case "apple_mail_en_body_variant_5.txt":
		f.name = ""
	case "outlook_live_en_body_variant_11.txt":
		f.name = "John, Doe"
	case "outlook_live_en_body_variant_9.txt", "outlook_live_en_body_variant_10.txt": // on behalf of
		f.name, f.address = "", "ticketing@acme.com"
	case "unknown_en_body_variant_12.txt":
		f.address = "" // the client shows none
	}
	return f
}

// TestInlineCorpus reads the collection's inline forwards of nine clients in 24
// languages.
func TestInlineCorpus(t *testing.T) {
	dir := os.Getenv("KAIRAN_CORPUS")
	if dir == "" {
		t.Skip("KAIRAN_CORPUS is not set")
	}
	files, err := filepath.Glob(filepath.Join(dir, "forward_crisp_fixtures", "*_body*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the collection has no inline forwards (%v)", err)
	}
	const first, last = "Aenean quis diam urna.", "at congue massa sagittis eget."
	blank := regexp.MustCompile(`\s+`)
	forwards, right, replies := 0, 0, 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		want := fixture(name)
		subject := "FW: Integer consequat non purus"
		if want.reply {
			subject = "Re: Integer consequat non purus"
		}
		u := Unpack([]byte("From: taro@member.example\nDate: Fri, 22 May 2026 09:00:00 +0000\nSubject: "+subject+"\nContent-Type: text/plain; charset=utf-8\n\n"+string(text)), Limits{})
		if want.reply {
			replies++
			if len(u.Originals) != 0 || strings.Contains(u.ReporterText, "Unicum") {
				t.Errorf("%s is a reply: %d originals, own text %q; want none, and the own text without the quote", name, len(u.Originals), u.ReporterText)
			}
			continue
		}
		forwards++
		if len(u.Originals) != 1 {
			t.Errorf("%s: %d originals, problems %+v; want one", name, len(u.Originals), u.Problems)
			continue
		}
		p, problems := Read(u.Originals[0].Raw, Limits{})
		var from Mailbox
		if boxes := p.Header.Mailboxes("From"); len(boxes) == 1 {
			from = boxes[0]
		}
		date, _ := time.Parse(time.RFC1123Z, p.Header.Get("Date"))
		body := blank.ReplaceAllString(strings.TrimSpace(p.Text), " ")
		ok := true
		for _, c := range []struct{ what, got, want string }{
			{"address", from.Address, want.address}, {"name", from.Name, want.name},
			{"date", date.UTC().Format(time.RFC3339), want.date},
			{"subject", p.Header.Text("Subject"), "Integer consequat non purus"},
			{"beginning of the body", body[:min(len(body), len(first))], first},
		} {
			if c.got != c.want {
				ok = false
				t.Errorf("%s: %s %q; want %q", name, c.what, c.got, c.want)
			}
		}
		single := !regexp.MustCompile(`variant_(8|13|14|15)`).MatchString(name)
		if single && !strings.HasSuffix(body, last) || !strings.Contains(body, last) {
			ok = false
			t.Errorf("%s: body ends %q; want %q", name, body[max(0, len(body)-60):], last)
		}
		if strings.Contains(u.ReporterText, "Aenean") || strings.Contains(string(text), "Aliquam eget") != strings.Contains(u.ReporterText, "Aliquam eget") {
			ok = false
			t.Errorf("%s: own text %q; want the words before the forward and nothing else", name, u.ReporterText)
		}
		if len(problems) > 0 {
			t.Errorf("%s: the mail written anew has problems %+v", name, problems)
		}
		if ok {
			right++
		}
	}
	t.Logf("%d of %d forwards right, %d replies", right, forwards, replies)
	if right < 175 {
		t.Errorf("%d of %d forwards right; want 175", right, forwards)
	}
}
