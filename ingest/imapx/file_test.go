package imapx

import (
	"errors"
	"strings"
	"testing"

	"kairan/ingest"
	"kairan/ingest/imapx/imaptest"

	"github.com/emersion/go-imap/v2"
)

func TestFile(t *testing.T) {
	gone, there := "* SEARCH\nTAG OK done", "* SEARCH 5\nTAG OK done"
	plus := []string{"* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS\nTAG OK done"}
	tests := []struct {
		name  string
		rules imaptest.Rules
		want  error  // what the error is; any for errAny
		said  string // after SELECT, without NOOP
	}{
		{"MOVE with COPYUID", imaptest.Rules{"UID SEARCH": {there}, "UID MOVE": {"* OK [COPYUID 9 5 1] moved\n* 1 EXPUNGE\nTAG OK done"}}, nil,
			`UID SEARCH UID 5; UID MOVE 5 "Processed"`},
		{"MOVE without COPYUID", imaptest.Rules{"UID SEARCH": {there, gone}, "UID MOVE": {"TAG OK done"}}, nil,
			`UID SEARCH UID 5; UID MOVE 5 "Processed"; UID SEARCH UID 5`},
		{"MOVE that does nothing", imaptest.Rules{"UID SEARCH": {there}, "UID MOVE": {"TAG OK done"}}, errAny,
			`UID SEARCH UID 5; UID MOVE 5 "Processed"; UID SEARCH UID 5`},
		{"gone before", imaptest.Rules{"UID SEARCH": {gone}}, ingest.ErrVanished, `UID SEARCH UID 5`},
		{"TRYCREATE", imaptest.Rules{"UID SEARCH": {there}, "LIST": {"* LIST () \"/\" Processed\nTAG OK done", "TAG OK done"},
			"UID MOVE": {"TAG NO [TRYCREATE] no folder", "* OK [COPYUID 9 5 1] moved\nTAG OK done"}, "CREATE": {"TAG OK done"}, "SUBSCRIBE": {"TAG OK done"}}, nil,
			`UID SEARCH UID 5; UID MOVE 5 "Processed"; LIST "" "Processed"; CREATE "Processed"; SUBSCRIBE "Processed"; UID MOVE 5 "Processed"`},
		{"folder that cannot be made", imaptest.Rules{"UID SEARCH": {there}, "LIST": {"* LIST () \"/\" Processed\nTAG OK done", "TAG OK done"},
			"UID MOVE": {"TAG NO [TRYCREATE] no folder"}, "CREATE": {"TAG NO [NOPERM] no"}}, ErrFolder,
			`UID SEARCH UID 5; UID MOVE 5 "Processed"; LIST "" "Processed"; CREATE "Processed"`},
		{"folder full", imaptest.Rules{"UID SEARCH": {there}, "UID MOVE": {"TAG NO [OVERQUOTA] full"}}, errAny,
			`UID SEARCH UID 5; UID MOVE 5 "Processed"`},
		{"UIDPLUS", imaptest.Rules{"CAPABILITY": plus, "UID SEARCH": {there, gone}, "UID COPY": {"TAG OK [COPYUID 9 5 1] done"}, "UID STORE": {"TAG OK done"}, "UID EXPUNGE": {"* 1 EXPUNGE\nTAG OK done"}}, nil,
			`UID SEARCH UID 5; UID COPY 5 "Processed"; UID STORE 5 +FLAGS.SILENT (\Deleted); UID EXPUNGE 5; UID SEARCH UID 5`},
		{"UIDPLUS, COPY fails", imaptest.Rules{"CAPABILITY": plus, "UID SEARCH": {there}, "UID COPY": {"TAG NO [OVERQUOTA] full"}}, errAny,
			`UID SEARCH UID 5; UID COPY 5 "Processed"`},
		{"UIDPLUS, STORE fails", imaptest.Rules{"CAPABILITY": plus, "UID SEARCH": {there}, "UID COPY": {"TAG OK done"}, "UID STORE": {"TAG NO read-only"}}, errAny,
			`UID SEARCH UID 5; UID COPY 5 "Processed"; UID STORE 5 +FLAGS.SILENT (\Deleted)`},
		{"neither", imaptest.Rules{"CAPABILITY": {"* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\nTAG OK done"}, "UID SEARCH": {there}}, ErrNoMove,
			`UID SEARCH UID 5`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, f := fake(t, test.rules)
			err := m.File(within(t), five)
			if test.want == errAny && err == nil || test.want != errAny && !errors.Is(err, test.want) {
				t.Errorf("File() = %v; want %v", err, test.want)
			}
			var said []string
			begun := false
			for _, c := range f.Commands() {
				if begun && c != "NOOP" {
					said = append(said, c)
				}
				begun = begun || strings.HasPrefix(c, "SELECT")
			}
			if got := strings.Join(said, "; "); got != test.said {
				t.Errorf("the client said\n%s\nwant\n%s", got, test.said)
			}
		})
	}
}

var errAny = errors.New("some error")

// What others marked as deleted stays, with every server that can file.
func TestFileLeavesOthers(t *testing.T) {
	for _, o := range []imaptest.Options{{}, {Capabilities: "IMAP4rev1 IDLE UIDPLUS"}, {Capabilities: "IMAP4rev1 IDLE"}} {
		d := imaptest.Dovecot(t, o)
		m := mailboxAt(t, d.Addr)
		for n := range 3 {
			d.Deliver(letter(n))
		}
		refs := nextN(t, m, 3)
		err := m.s.client.Store(imap.UIDSetNum(imap.UID(refs[0].UID)), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close()
		if err != nil {
			t.Fatalf("mark a mail as deleted: %v", err)
		}
		want, left := error(nil), 2
		if o.Capabilities == "IMAP4rev1 IDLE" {
			want, left = ErrNoMove, 3
		}
		if err := m.File(within(t), refs[1]); !errors.Is(err, want) {
			t.Errorf("File() with capabilities %q = %v; want %v", o.Capabilities, err, want)
		}
		if still := next(t, m, left); still[0] != refs[0] {
			t.Errorf("with capabilities %q what was marked as deleted is gone", o.Capabilities)
		}
	}
}

// Folders with the names that people give them, and one that disappears.
func TestFolders(t *testing.T) {
	d := imaptest.Dovecot(t, imaptest.Options{})
	m := mailboxAt(t, d.Addr)
	m.Processed = "処理済み/二〇二六"
	d.Deliver(letter(1))
	d.Deliver(letter(2))
	refs := nextN(t, m, 2)
	if err := m.File(within(t), refs[0]); err != nil {
		t.Fatalf("File() = %v", err)
	}
	if err := m.s.client.Delete(m.Processed).Wait(); err != nil {
		t.Fatalf("delete the folder: %v", err)
	}
	if err := m.File(within(t), refs[1]); err != nil {
		t.Errorf("File() after somebody deleted the folder = %v", err)
	}
	back := mailboxAt(t, d.Addr)
	back.Folder = m.Processed
	if got := fetch(t, back, next(t, back, 1)[0]); !strings.HasSuffix(string(got), string(letter(2))) {
		t.Errorf("the folder has %q; want mail 2", got)
	}
}
