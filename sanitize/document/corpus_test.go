package document

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func corpus(t *testing.T) string {
	root := os.Getenv("KAIRAN_CORPUS")
	if root == "" {
		t.Skip("KAIRAN_CORPUS is not set")
	}
	return root
}

// Whatever lies in the corpus, mails among it, keeps the promises.
func TestCorpusPromises(t *testing.T) {
	files := 0
	err := filepath.WalkDir(corpus(t), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		checkPromises(t, Read(b, "", d.Name(), Limits{}), Limits{})
		checkPromises(t, Smuggled(b, Limits{}), Limits{})
		return nil
	})
	if err != nil || files == 0 {
		t.Errorf("%d files read: %v", files, err)
	}
}

func TestCorpusKinds(t *testing.T) {
	files := corpusFiles(t, "archives_generated")
	corpus(t)
	for name, want := range map[string]string{
		"a.lnk": KindShortcut, "one.one": KindOneNote, "a.ics": KindCalendar, "a.js": KindScript, "a.vbs": KindScript, "a.ps1": KindScript,
		"a.bat": KindScript, "a.hta": KindScript, "a.svg": KindSVG, "a.msg": "", "a.html": "", "plain.zip": "", "p.pdf": "", "a.rtf": "", "a.iso": "",
	} {
		if got := Read(files[name], "", name, Limits{}).Kind; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// The attached documents of the labelled mails: each has the mail's URL.
func TestLabelledDocuments(t *testing.T) {
	folder := filepath.Join(filepath.Dir(corpus(t)), "bench", "indicators")
	truth, err := os.ReadFile(filepath.Join(folder, "truth.jsonl"))
	if os.IsNotExist(err) {
		return // a corpus without the labelled mails beside it
	} else if err != nil {
		t.Fatal(err)
	}
	found := 0
	for lines := bufio.NewScanner(bytes.NewReader(truth)); lines.Scan(); {
		var row struct {
			File, Case string
			Truth      struct{ URL []string }
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		if row.Case != "docx_template" {
			continue
		}
		mail, err := os.ReadFile(filepath.Join(folder, row.File))
		if err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(strings.ReplaceAll(string(mail), "\r\n", "\n"), "filename=\"a.docx\"\n\n")
		body, _, _ := strings.Cut(after, "\n--")
		docx, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(body, "\n", ""))
		if err != nil {
			t.Fatalf("%s: %v", row.File, err)
		}
		f := Read(docx, "", "a.docx", Limits{})
		if len(f.Links) != 1 || f.Links[0].URL != row.Truth.URL[0] || f.Links[0].How != HowTemplate {
			t.Errorf("%s: links %v, want the template %s", row.File, f.Links, row.Truth.URL)
		}
		found++
	}
	if found == 0 {
		t.Error("no labelled document was found")
	}
}
