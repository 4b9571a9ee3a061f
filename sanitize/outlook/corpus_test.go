package outlook

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kairan/sanitize/compound"
)

// TestCorpusMsg opens every .msg of a collection that is not ours to publish,
// which KAIRAN_CORPUS names: also those that were made to break readers.
func TestCorpusMsg(t *testing.T) {
	dir := os.Getenv("KAIRAN_CORPUS")
	if dir == "" {
		t.Skip("KAIRAN_CORPUS is not set")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.msg"))
	if err != nil {
		t.Fatal(err)
	}
	opened := 0
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(b), compound.Magic) {
			continue // a mail under that name
		}
		if !IsMsg(b) {
			t.Errorf("IsMsg(%s) = false, want true", filepath.Base(file))
		}
		m, err := ReadMsg(b, Limits{})
		if err != nil {
			t.Errorf("ReadMsg(%s): %v", filepath.Base(file), err)
			continue
		}
		opened++
		if m.Subject == "" && m.Text == "" && filepath.Base(file) != "blank.msg" {
			t.Errorf("ReadMsg(%s) found neither subject nor text", filepath.Base(file))
		}
		if !strings.HasPrefix(filepath.Base(file), "clusterfuzz") && len(m.Problems) > 0 {
			t.Errorf("ReadMsg(%s): problems %v, want none", filepath.Base(file), m.Problems)
		}
		m.Mail()
	}
	if opened < 50 {
		t.Errorf("%d files opened, want 50 at least", opened)
	}
	t.Logf("%d of the compound files opened", opened)
}

// TestCorpusTNEF recovers from each stream what the list beside it names.
func TestCorpusTNEF(t *testing.T) {
	dir := os.Getenv("KAIRAN_CORPUS")
	if dir == "" {
		t.Skip("KAIRAN_CORPUS is not set")
	}
	lists, err := filepath.Glob(filepath.Join(dir, "tnef_*", "*.list"))
	if err != nil {
		t.Fatal(err)
	}
	wanted, found := 0, 0
	for _, list := range lists {
		names, err := os.ReadFile(list)
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(strings.TrimSuffix(list, ".list") + ".tnef")
		if err != nil {
			t.Fatal(err)
		}
		m, err := ReadTNEF(b, Limits{})
		if err != nil {
			t.Errorf("ReadTNEF(%s): %v", filepath.Base(list), err)
			continue
		}
		m.Mail()
		have := map[string]int{}
		files := contents(&m, have)
		for name := range strings.FieldsFuncSeq(string(names), func(r rune) bool { return r == '\n' || r == '\r' }) {
			wanted++
			if name == "Untitled Attachment" { // the list's word for a file without a name of its own
				if files--; files >= 0 {
					found++
					continue
				}
			} else if have[name] > 0 {
				have[name]--
				files--
				found++
				continue
			}
			t.Errorf("ReadTNEF(%s) does not give %q, only %v", filepath.Base(list), name, have)
		}
	}
	if found < wanted || wanted == 0 {
		t.Errorf("%d of %d listed files recovered", found, wanted)
	}
	t.Logf("%d of %d listed files recovered", found, wanted)
}

// contents counts by name what a message holds, and how many it is in all.
func contents(m *Message, have map[string]int) (n int) {
	if len(m.RTF) > 0 {
		have["body.rtf"]++
		n++
	}
	if len(m.HTML) > 0 {
		have["body.html"]++
		n++
	}
	for i := range m.Attachments {
		have[m.Attachments[i].Name]++
		if n++; m.Attachments[i].Message != nil {
			n += contents(m.Attachments[i].Message, have)
		}
	}
	return n
}
