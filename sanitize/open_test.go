package sanitize

import (
	"slices"
	"strings"
	"testing"
)

// A file in a mail is opened, whatever it is in, and every place is told.
func TestFilesAreOpened(t *testing.T) {
	pdf := "%PDF-1.7\n1 0 obj\n<< /A << /S /URI /URI (https://evil.example/from-pdf) >> /OpenAction << /S /JavaScript /JS (x) >> >>\nendobj\n"
	shortcut := "[InternetShortcut]\r\nURL=https://evil.example/from-url\r\n"
	page := `<html><a href="https://evil.example/from-page">x</a></html>`
	mail := func(parts ...string) []byte {
		return []byte("From: a@evil.example\r\nTo: taro@member.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b\r\n" +
			strings.Join(parts, "\r\n--b\r\n") + "\r\n--b--\r\n")
	}
	for _, c := range []struct {
		name, url string
		raw       []byte
		notes     string // of the attachment
		members   string
	}{
		{"a PDF", "https://evil.example/from-pdf", mail(attached("application/pdf", "bill.pdf", pdf)), "javascript open-action", ""},
		{"an Internet shortcut", "https://evil.example/from-url", mail(attached("application/octet-stream", "bill.url", shortcut)), "executable-extension shortcut", ""},
		{"a page", "https://evil.example/from-page", mail(attached("text/html", "bill.html", page)), "", ""},
		{"a PDF in a zip in a zip", "https://evil.example/from-pdf", mail(attached("application/zip", "a.zip", zipOf(t, "b.zip", zipOf(t, "c/bill.pdf", pdf)))), "", "b.zip c/bill.pdf"},
		{"a page in a zip", "https://evil.example/from-page", mail(attached("application/zip", "a.zip", zipOf(t, "bill.html", page, "read.me", "x"))), "", "bill.html read.me"},
		{"a mail in a zip", "https://pay.evil.example/now", mail(attached("application/zip", "a.zip", zipOf(t, "m.eml", suspicious))), "", ""},
	} {
		s := sanitize(Original{Raw: c.raw}, Policy{})
		found := slices.ContainsFunc(s.Facts.Indicators, func(n Indicator) bool { return n.Type == TypeURL && n.Value == c.url && !n.Benign })
		if !found || len(s.Facts.Attachments) != 1 {
			t.Errorf("%s: %s found: %v; %d attachments; problems %v", c.name, c.url, found, len(s.Facts.Attachments), s.Problems)
			continue
		}
		a := s.Facts.Attachments[0]
		notes := slices.DeleteFunc(slices.Clone(a.Notes), func(n string) bool { return n == "type-mismatch" || n == "executable" })
		if got := strings.Join(notes, " "); got != c.notes {
			t.Errorf("%s: notes are %q, want %q", c.name, got, c.notes)
		}
		var members []string
		var list func(all []Attachment)
		list = func(all []Attachment) {
			for _, m := range all {
				members = append(members, m.Name)
				if len(m.SHA256) != 64 {
					t.Errorf("%s: member %s has no digest", c.name, m.Name)
				}
				list(m.Members)
			}
		}
		list(a.Members)
		if got := strings.Join(members, " "); got != c.members {
			t.Errorf("%s: members are %q, want %q", c.name, got, c.members)
		}
	}
}

// A zip that holds itself, and zips in one another beyond the limit, end.
func TestNestedArchivesEnd(t *testing.T) {
	inner := "the end"
	for range 12 {
		inner = zipOf(t, "next.zip", inner)
	}
	raw := []byte("From: a@evil.example\r\n" + attached("application/zip", "a.zip", inner))
	s := sanitize(Original{Raw: raw}, Policy{})
	if !slices.ContainsFunc(s.Problems, func(p Problem) bool { return p.Code == ProblemLimit }) {
		t.Errorf("twelve archives in one another are read without a limit: %v", s.Problems)
	}
}
