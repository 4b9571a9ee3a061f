package configs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/japanese"
)

const (
	contactHead = "id,ceptoar,address,language,max_tlp,kinds\n"
	memberHead  = "id,ceptoar,names,domains,reporters\n"
	ceptoarHead = "id,sector_ja,sector_en,name_ja,name_en,secretariat_ja,organisations\n"
)

// open opens a file of this folder as the program has it.
func open(t *testing.T, name string) io.Reader {
	t.Helper()
	b, err := Files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b)
}

// The lists that come with the program can be read and fit together.
func TestListsOfTheProgram(t *testing.T) {
	groups, err := ParseCeptoars(open(t, "ceptoars.csv"))
	if err != nil {
		t.Fatalf("ceptoars.csv: %v", err)
	}
	members, err := ParseMembers(open(t, "members.csv"))
	if err != nil {
		t.Fatalf("members.csv: %v", err)
	}
	contacts, err := ParseContacts(open(t, "contacts.csv"))
	if err != nil {
		t.Fatalf("contacts.csv: %v", err)
	}
	organisations := 0
	served := map[string]bool{}
	for _, c := range contacts {
		if c.Member == "" {
			served[c.Ceptoar] = true
		}
	}
	for _, g := range groups {
		organisations += g.Organisations
		if !served[g.ID] {
			t.Errorf("the secretariat of CEPTOAR %s is no contact", g.ID)
		}
	}
	if len(groups) != 21 || organisations != 4361 {
		t.Errorf("ceptoars.csv has %d CEPTOARs with %d organisations, want 21 with 4361", len(groups), organisations)
	}
	known := func(id string) bool { return slices.ContainsFunc(groups, func(g Ceptoar) bool { return g.ID == id }) }
	for _, m := range members {
		if !known(m.Ceptoar) {
			t.Errorf("members.csv line %d: there is no CEPTOAR %s", m.Line, m.Ceptoar)
		}
		for _, a := range slices.Concat(m.Domains, m.Reporters, m.ContactAddrs) {
			if !strings.HasSuffix(a, ".example") {
				t.Errorf("members.csv line %d: %s is not under .example", m.Line, a)
			}
		}
	}
	languages := map[string]bool{}
	for _, c := range contacts {
		languages[c.Language] = true
		if !known(c.Ceptoar) {
			t.Errorf("contacts.csv line %d: there is no CEPTOAR %s", c.Line, c.Ceptoar)
		}
		if c.Member != "" && !slices.ContainsFunc(members, func(m Member) bool { return m.ID == c.Member }) {
			t.Errorf("contacts.csv line %d: there is no member %s", c.Line, c.Member)
		}
		if !strings.HasSuffix(c.Address, ".example") {
			t.Errorf("contacts.csv line %d: %s is not under .example", c.Line, c.Address)
		}
	}
	if !languages["ja"] || !languages["en"] {
		t.Errorf("contacts.csv has the languages %v, want both", languages)
	}
}

func TestParseMembers(t *testing.T) {
	const text = "reporters,names,ceptoar,id,domains,kana\r\n" + // any order
		`a@x.example; b@x.example,"株式会社例;例, Inc.",power,m-1,x.example;y.example,レイ` + "\r\n"
	want := []Member{{Line: 2, ID: "m-1", Ceptoar: "power", Names: []string{"株式会社例", "例, Inc."}, Kana: []string{"レイ"},
		Domains: []string{"x.example", "y.example"}, Reporters: []string{"a@x.example", "b@x.example"}}}
	sjis, err := japanese.ShiftJIS.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string]string{"UTF-8": text, "UTF-8 with a byte order mark": "\xef\xbb\xbf" + text, "Shift_JIS": sjis} {
		got, err := ParseMembers(strings.NewReader(in))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("ParseMembers of %s = %+v, %v; want %+v", name, got, err, want)
		}
	}
}

func TestBadContacts(t *testing.T) {
	const good = "c1,bank,a@x.example,ja,TLP:AMBER,alert\n"
	for _, c := range []struct{ name, text, want string }{
		{"no header", "", "line 1: there is no header row"},
		{"unknown column", "adress," + contactHead, `line 1: unknown column "adress"; the columns are id, ceptoar, address, language, max_tlp, kinds, member, from_ceptoars`},
		{"missing column", "id,ceptoar,address,language,max_tlp\n", `line 1: there is no column "kinds"`},
		{"column twice", "id," + contactHead, `line 1: column "id" stands there twice`},
		{"id of two", contactHead + good + "c1,bank,b@x.example,ja,TLP:AMBER,alert\n", "line 3: id is that of line 2 too"},
		{"address of two", contactHead + good + "c2,bank,A@X.example,ja,TLP:AMBER,alert\n", "line 3: address is that of line 2 too"},
		{"id that is an address", contactHead + "a@x.example,bank,a@x.example,ja,TLP:AMBER,alert\n", "line 2: id must be 1 to 64 letters, digits, hyphens or underscores"},
		{"display name", contactHead + "c1,bank,A <a@x.example>,ja,TLP:AMBER,alert\n", "line 2: address is no mail address of the plain form name@domain"},
		{"quoted local part", contactHead + `c1,bank,"""a b""@x.example",ja,TLP:AMBER,alert` + "\n", "line 2: address is no mail address of the plain form name@domain"},
		{"SMTP parameter", contactHead + "c1,bank,a@x.example> NOTIFY=NEVER,ja,TLP:AMBER,alert\n", "line 2: address is no mail address of the plain form name@domain"},
		{"two addresses", contactHead + "c1,bank,a@x.example;b@x.example,ja,TLP:AMBER,alert\n", "line 2: address is no mail address of the plain form name@domain"},
		{"address of one label", contactHead + "c1,bank,a@localhost,ja,TLP:AMBER,alert\n", "line 2: address is no mail address of the plain form name@domain"},
		{"address not in ASCII", contactHead + "c1,bank,ａ@x.example,ja,TLP:AMBER,alert\n", "line 2: address is no mail address of the plain form name@domain"},
		{"language", contactHead + "c1,bank,a@x.example,fr,TLP:AMBER,alert\n", "line 2: language must be of ja, en"},
		{"label", contactHead + "c1,bank,a@x.example,ja,AMBER,alert\n", "line 2: max_tlp must be of TLP:RED, TLP:AMBER+STRICT, TLP:AMBER, TLP:GREEN, TLP:CLEAR"},
		{"no label", contactHead + "c1,bank,a@x.example,ja,,alert\n", "line 2: max_tlp must be of TLP:RED, TLP:AMBER+STRICT, TLP:AMBER, TLP:GREEN, TLP:CLEAR"},
		{"kind", contactHead + "c1,bank,a@x.example,ja,TLP:AMBER,alert;alerts\n", "line 2: kinds must be of targeted-mail, early-warning, alert, content, drill"},
		{"no kind", contactHead + "c1,bank,a@x.example,ja,TLP:AMBER,;\n", "line 2: kinds is empty"},
		{"too few fields", contactHead + "c1,bank\n", "line 2: wrong number of fields"},
		{"field too long", contactHead + "c1,bank," + strings.Repeat("a", maxField) + "@x.example,ja,TLP:AMBER,alert\n", "line 2: a field is longer than 4,096 bytes or holds a line break"},
		{"line break", contactHead + "c1,bank,\"a@x.example\nb\",ja,TLP:AMBER,alert\n", "line 2: a field is longer than 4,096 bytes or holds a line break"},
		{"line break after others, CRLF", strings.ReplaceAll(contactHead+good, "\n", "\r\n") + "c2,bank,\"b@x.example\r\nb\",ja,TLP:AMBER,alert\r\n\r\nc3,bank,c@x.example,fr,TLP:AMBER,alert\r\n",
			"line 3: a field is longer than 4,096 bytes or holds a line break\nline 6: language must be of ja, en"},
		{"quote that does not end", contactHead + good + "c2,bank,\"b@x.example,ja,TLP:AMBER,alert\nc3,bank\n", `line 3: extraneous or missing " in quoted-field`},
		{"bytes of no charset", "id\xff\xfe\x80", "the file is neither UTF-8 nor Shift_JIS"},
		{"all of them", contactHead + "c1,bank,a,ja,TLP:AMBER,alert\n" + good + "c3,bank,b@x.example,xx,TLP:AMBER,alert\nc4,bank\n",
			"line 2: address is no mail address of the plain form name@domain\nline 3: id is that of line 2 too\nline 4: language must be of ja, en\nline 5: wrong number of fields"},
	} {
		rows, err := ParseContacts(strings.NewReader(c.text))
		if err == nil || err.Error() != c.want {
			t.Errorf("%s:\n got %v\nwant %s", c.name, err, c.want)
		}
		if rows != nil {
			t.Errorf("%s: it returned %d rows although one is bad", c.name, len(rows))
		}
	}
}

func TestBadMembers(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"domain", memberHead + "m1,power,例,http://x.example,a@x.example\n", "line 2: domains: one is no domain name in ASCII"},
		{"domain not in ASCII", memberHead + "m1,power,例,例.example,a@x.example\n", "line 2: domains: one is no domain name in ASCII"},
		{"domain of one label", memberHead + "m1,power,例,example,a@x.example\n", "line 2: domains: one is no domain name in ASCII"},
		{"reporter", memberHead + "m1,power,例,x.example,somebody\n", "line 2: reporters or contacts: one is no mail address of the plain form name@domain"},
		{"no name", memberHead + "m1,power,,x.example,a@x.example\n", "line 2: names is empty"},
		{"names that are none", memberHead + "m1,power,; ;,x.example,a@x.example\n", "line 2: names is empty"},
		{"reporter of two", memberHead + "m1,power,例,x.example,a@x.example\nm2,gas,壱,y.example,A@x.example\n", "line 3: reporters: one is that of line 2 too"},
	} {
		rows, err := ParseMembers(strings.NewReader(c.text))
		if err == nil || err.Error() != c.want {
			t.Errorf("%s:\n got %v\nwant %s", c.name, err, c.want)
		}
		if rows != nil {
			t.Errorf("%s: it returned %d rows although one is bad", c.name, len(rows))
		}
	}
}

func TestBadCeptoars(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"number", ceptoarHead + "bank,金融,Finance,銀行等CEPTOAR,Banks CEPTOAR,協会,many\n", "line 2: organisations is no number"},
		{"number below nothing", ceptoarHead + "bank,金融,Finance,銀行等CEPTOAR,Banks CEPTOAR,協会,-1\n", "line 2: organisations is no number"},
		{"no name", ceptoarHead + "bank,金融,Finance,銀行等CEPTOAR,,協会,1\n", "line 2: name_en is empty"},
	} {
		if rows, err := ParseCeptoars(strings.NewReader(c.text)); rows != nil || err == nil || err.Error() != c.want {
			t.Errorf("%s:\n got %v, %v\nwant %s", c.name, rows, err, c.want)
		}
	}
}

func TestTooManyRows(t *testing.T) {
	var b strings.Builder
	b.WriteString(memberHead)
	for i := range maxRows + 1 {
		fmt.Fprintf(&b, "m%d,power,n,,\n", i)
	}
	if rows, err := ParseMembers(strings.NewReader(b.String())); rows != nil || err == nil || err.Error() != "line 100002: more than 100,000 rows" {
		t.Errorf("ParseMembers of %d rows gave %d rows, %v; want an error", maxRows+1, len(rows), err)
	}
}

// A file full of errors does not fill the screen.
func TestManyProblems(t *testing.T) {
	text := memberHead + strings.Repeat("!,power,n,,\n", 1000)
	_, err := ParseMembers(strings.NewReader(text))
	if err == nil {
		t.Fatal("ParseMembers took bad rows")
	}
	if n := strings.Count(err.Error(), "\n") + 1; n != maxTold {
		t.Errorf("ParseMembers told %d problems, want %d", n, maxTold)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the disk is broken") }

func TestUnreadableList(t *testing.T) {
	if _, err := ParseMembers(broken{}); err == nil || err.Error() != "the disk is broken" {
		t.Errorf("ParseMembers of what cannot be read: %v, want its error", err)
	}
}

// FuzzCSV: whatever is given, the parsers end without a panic, return nothing
// beside an error, and what they return keeps their promises.
func FuzzCSV(f *testing.F) {
	for _, name := range []string{"ceptoars.csv", "members.csv", "contacts.csv"} {
		b, err := Files.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, s := range []string{"", "\n", "\xef\xbb\xbf", contactHead, memberHead + "m1,power,\"例;例\",x.example,a@x.example\n", memberHead + "\"", "id\x00", "\x83\x65\x83\x58\x83\x67",
		`{"members":[{"id":"M1","sector":"S","names":["n"]}]}`, `{"members":[{}]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		groups, err := ParseCeptoars(bytes.NewReader(b))
		if err != nil && groups != nil {
			t.Error("ParseCeptoars returned rows beside an error")
		}
		contacts, err := ParseContacts(bytes.NewReader(b))
		if err != nil && contacts != nil {
			t.Error("ParseContacts returned rows beside an error")
		}
		for _, c := range contacts {
			if !validID(c.ID) || !validAddress(c.Address) || len(c.Kinds) == 0 {
				t.Errorf("ParseContacts took %+v", c)
			}
		}
		for _, parse := range []func(io.Reader) ([]Member, error){ParseMembers} {
			members, err := parse(bytes.NewReader(b))
			if err != nil && members != nil {
				t.Error("a parser of members returned some beside an error")
			}
			for _, m := range members {
				if !validID(m.ID) || !validID(m.Ceptoar) || len(m.Names) == 0 {
					t.Errorf("a parser of members took %+v", m)
				}
				for _, a := range m.Reporters {
					if !validAddress(a) {
						t.Errorf("a parser of members took the reporter %q", a)
					}
				}
			}
		}
	})
}
