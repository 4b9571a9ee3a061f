package render

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kairan/store"
)

var update = flag.Bool("update", false, "write the golden files anew")

// readable is a mail with its header as it is sent and its text decoded.
func readable(t testing.TB, mail []byte) string {
	t.Helper()
	head, _, _ := bytes.Cut(mail, []byte("\r\n\r\n"))
	_, text := split(t, mail)
	return string(bytes.ReplaceAll(head, []byte("\r"), nil)) + "\n\n" + string(bytes.ReplaceAll([]byte(text), []byte("\r"), nil))
}

func TestGolden(t *testing.T) {
	receipt, err := testComposer(t).Receipt(store.Receipt{Report: "r0123456789abcdefghjk", Number: "K7Q2-M9XD", Originals: 2},
		"csirt@member.example", time.Date(2026, 8, 3, 2, 15, 30, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	for name, mail := range map[string][]byte{
		"notice-rich.ja":  compose(t, richNotice(), "ja"),
		"notice-rich.en":  compose(t, richNotice(), "en"),
		"notice-empty.ja": compose(t, emptyNotice(), "ja"),
		"notice-empty.en": compose(t, emptyNotice(), "en"),
		"receipt":         receipt,
	} {
		for _, f := range faults(mail) {
			t.Errorf("%s: %s", name, f)
		}
		got, file := readable(t, mail), filepath.Join("testdata", name+".golden")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got; go test -run TestGolden -update writes it anew):\n%s", file, diff)
		}
	}
}
