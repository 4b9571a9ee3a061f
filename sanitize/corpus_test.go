package sanitize

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestCorpus reads every file of a collection of malformed and hostile mails.
// It runs where KAIRAN_CORPUS names the folder; the collection is not ours to
// publish.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("KAIRAN_CORPUS")
	if dir == "" {
		t.Skip("KAIRAN_CORPUS is not set")
	}
	files, forwards, found := 0, 0, 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		u := Unpack(raw, Limits{})
		if len(u.Originals) == 0 && len(u.Problems) == 0 {
			t.Errorf("Unpack(%s) found neither an original nor a problem", path)
		}
		for _, o := range u.Originals {
			if len(o.Raw) == 0 {
				t.Errorf("Unpack(%s): original %s is empty", path, o.Path)
			}
		}
		p, _ := Read(raw, Limits{})
		checkPart(t, path, p)

		// The quoted mails of the collection are bodies without a mail around.
		if strings.Contains(path, "forward_crisp_fixtures") && strings.Contains(filepath.Base(path), "_en_body") {
			forwards++
			report := "From: reporter@member.example\nContent-Type: text/plain; charset=utf-8\n\n" + string(raw)
			if u := Unpack([]byte(report), Limits{}); len(u.Originals) == 1 {
				o, _ := Read(u.Originals[0].Raw, Limits{})
				if from := o.Header.Mailboxes("From"); len(from) == 1 && from[0].Address != "" {
					found++
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	// The rest are replies ("On ... wrote:") and one that quotes no address.
	if found < forwards*4/5 {
		t.Errorf("%d of %d English forwards recognised, want four of five", found, forwards)
	}
	t.Logf("%d files; %d of %d English forwards recognised", files, found, forwards)
}

// checkPart checks what Part promises.
func checkPart(t *testing.T, name string, p *Part) {
	t.Helper()
	p.Walk(func(c *Part) {
		if !utf8.ValidString(c.Text) || !utf8.ValidString(c.Name) {
			t.Errorf("%s: part %s: text or name is not valid UTF-8", name, c.Path)
		}
		if c.Text != "" && (c.Attachment || strings.Contains(c.Text, "\r")) {
			t.Errorf("%s: part %s: text of an attachment, or with CR", name, c.Path)
		}
		if strings.HasPrefix(c.MediaType, "multipart/") && c.Body != nil {
			t.Errorf("%s: part %s: a multipart with a body", name, c.Path)
		}
		if !isMediaType(c.MediaType) {
			t.Errorf("%s: part %s: media type %q", name, c.Path, c.MediaType)
		}
	})
}
