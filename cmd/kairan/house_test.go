package main

import (
	"encoding/json"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// house is the plan of the house: what each package may import of ours. A
// package imports only what lies below it, and the two arms never see each
// other. The order is the order of the way that a report takes.
var house = map[string][]string{
	// level 0: nothing of ours
	"store/tlp": {},
	"configs":   {},

	// level 1: pure; the readers of single formats below the one that puts them
	// together
	"sanitize/archive":  {},
	"sanitize/benign":   {},
	"sanitize/compound": {},
	"sanitize/envelope": {},
	"sanitize/document": {"sanitize/compound"},
	"sanitize/filetype": {"sanitize/archive"},
	"sanitize/markup":   {},
	"sanitize/outlook":  {"sanitize/compound", "sanitize/rtf"},
	"sanitize/pdf":      {},
	"sanitize/qr":       {},
	"sanitize/rewriter": {},
	"sanitize/rtf":      {},
	"sanitize":          {"sanitize/archive", "sanitize/benign", "sanitize/document", "sanitize/envelope", "sanitize/filetype", "sanitize/markup", "sanitize/outlook", "sanitize/pdf", "sanitize/qr", "sanitize/rewriter", "sanitize/rtf"},

	// level 2: the ledger
	"store": {"sanitize", "store/tlp"},

	// level 3: the way in, the way out, and what lies between
	"ingest":            {"sanitize", "sanitize/benign", "sanitize/envelope", "store", "store/tlp"},
	"ingest/imapx":      {"ingest"},
	"distribute/render": {"sanitize", "store"},
	"distribute":        {"distribute/render", "sanitize", "store"},
	"distribute/smtpx":  {"distribute", "store"},
	"store/vault":       {"store"},
	"store/queue":       {"store"},

	// level 4: the one binary
	"cmd/kairan": {"configs", "distribute", "distribute/render", "distribute/smtpx", "ingest", "ingest/imapx", "sanitize", "sanitize/benign", "sanitize/envelope", "store", "store/queue", "store/tlp", "store/vault"},

	// peers for tests; nothing but tests imports them
	"ingest/imapx/imaptest":          {},
	"distribute/smtpx/smtptest":      {},
	"sanitize/compound/compoundtest": {},
	"store/queue/natstest":           {},
	"store/storetest":                {"store"},
}

// edges are the libraries that only one package may import, so that changing one
// touches one folder.
var edges = map[string][]string{
	"github.com/emersion/go-imap":    {"ingest/imapx", "ingest/imapx/imaptest"},
	"github.com/emersion/go-smtp":    {"distribute/smtpx", "distribute/smtpx/smtptest"},
	"github.com/emersion/go-message": {"distribute/render"},
	"github.com/nats-io":             {"store/queue", "store/queue/natstest"},
	"filippo.io/age":                 {"store/vault"},
	"github.com/makiuchi-d/gozxing":  {"sanitize/qr"},
	"github.com/ProtonMail":          {"sanitize/envelope"},
	"github.com/smallstep/pkcs7":     {"sanitize/envelope"},
	"github.com/bodgit/sevenzip":     {"sanitize/archive"},
	"github.com/nwaples/rardecode":   {"sanitize/archive"},
	"github.com/jackc/pgx":           {"cmd/kairan", "store/storetest"},
	"modernc.org/sqlite":             {"cmd/kairan", "store/storetest"},
	"net/http":                       {},
}

// pure are the packages that must not reach the outside, and what that means.
var pure = []string{"sanitize", "sanitize/archive", "sanitize/benign", "sanitize/compound", "sanitize/document", "sanitize/envelope", "sanitize/filetype", "sanitize/markup", "sanitize/outlook", "sanitize/pdf", "sanitize/qr", "sanitize/rewriter", "sanitize/rtf", "distribute/render", "store/tlp"}

var impure = []string{"os", "net", "net/http", "log", "log/slog", "database/sql", "os/exec", "io/ioutil", "math/rand", "math/rand/v2", "crypto/rand"}

type pkg struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "kairan/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestHouse(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, "kairan/")
		may, known := house[name]
		if !known {
			t.Errorf("package %s is not in the plan of the house", name)
			continue
		}
		for _, i := range p.Imports {
			if ours, ok := strings.CutPrefix(i, "kairan/"); ok && !slices.Contains(may, ours) {
				t.Errorf("%s imports %s, which the plan of the house does not allow", name, ours)
			}
			for library, only := range edges {
				if (i == library || strings.HasPrefix(i, library+"/")) && !slices.Contains(only, name) {
					t.Errorf("%s imports %s; only %v may", name, i, only)
				}
			}
			if slices.Contains(pure, name) && slices.Contains(impure, i) {
				t.Errorf("%s is pure and imports %s", name, i)
			}
		}
		for _, i := range slices.Concat(p.TestImports, p.XTestImports) {
			ours := strings.TrimPrefix(i, "kairan/")
			if (strings.HasPrefix(name, "ingest") && strings.HasPrefix(ours, "distribute")) || (strings.HasPrefix(name, "distribute") && strings.HasPrefix(ours, "ingest")) {
				t.Errorf("the tests of %s import %s; the two arms never see each other", name, ours)
			}
		}
	}
	for name := range house {
		if !slices.ContainsFunc(packages(t), func(p pkg) bool { return p.ImportPath == "kairan/"+name }) {
			t.Errorf("the plan of the house has a package %s that does not exist", name)
		}
	}
}

// Test peers are imported by tests only.
func TestPeersAreForTests(t *testing.T) {
	for _, p := range packages(t) {
		for _, i := range p.Imports {
			if strings.HasPrefix(i, "kairan/") && strings.HasSuffix(i, "test") {
				t.Errorf("%s imports %s outside its tests", p.ImportPath, i)
			}
		}
	}
}

// At the top stand only the folders and files that the design names.
func TestTop(t *testing.T) {
	found, err := filepath.Glob("../../*")
	if err != nil {
		t.Fatal(err)
	}
	allowed := []string{"cmd", "ingest", "sanitize", "distribute", "store", "configs", "go.mod", "go.sum", "README.md", "LICENSE", "kairan"}
	for _, path := range found {
		if name := filepath.Base(path); !strings.HasPrefix(name, ".") && !slices.Contains(allowed, name) {
			t.Errorf("%s has no place at the top", name)
		}
	}
}
