package configs

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
)

// Ceptoar is a row of ceptoars.csv.
type Ceptoar struct {
	Line                                                             int
	ID, SectorJA, SectorEN, NameJA, NameEN, SecretariatJA, Published string
	Organisations                                                    int
}

// Member is a row of members.csv. Everything in it but ID and Ceptoar is a
// secret of the hub.
type Member struct {
	Line                                                         int
	ID, Ceptoar                                                  string
	Names, Kana, Abbreviations, Domains, Reporters, ContactAddrs []string
}

// Contact is a row of contacts.csv.
type Contact struct {
	Line                                           int
	ID, Ceptoar, Member, Address, Language, MaxTLP string
	Kinds, FromCeptoars                            []string
}

// Limits of a CSV file.
const (
	maxCSV   = 64 << 20
	maxRows  = 100_000
	maxField = 4 << 10
	maxTold  = 50 // problems told of one file
)

// ParseCeptoars reads a roster: columns id, sector_ja, sector_en, name_ja,
// name_en, secretariat_ja, organisations, members_as_published, in any order. Its
// error names every bad row with its line; with one, nothing is returned.
func ParseCeptoars(r io.Reader) ([]Ceptoar, error) {
	var all []Ceptoar
	err := table(r, []string{"id", "sector_ja", "sector_en", "name_ja", "name_en", "secretariat_ja", "organisations"}, []string{"members_as_published"}, func(row row) {
		n, err := strconv.Atoi(row.get("organisations"))
		if err != nil || n < 0 {
			row.bad("organisations is no number")
		}
		row.identifier("id")
		row.filled("name_ja", "name_en")
		all = append(all, Ceptoar{Line: row.line, ID: row.get("id"), SectorJA: row.get("sector_ja"), SectorEN: row.get("sector_en"), NameJA: row.get("name_ja"),
			NameEN: row.get("name_en"), SecretariatJA: row.get("secretariat_ja"), Published: row.get("members_as_published"), Organisations: n})
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// ParseMembers reads a list of members: columns id, ceptoar, names, kana,
// abbreviations, domains, reporters, contacts; lists have ";" between.
//
// No two members may have the same reporter: who reported would depend on chance.
func ParseMembers(r io.Reader) ([]Member, error) {
	var all []Member
	reporters := map[string]int{}
	err := table(r, []string{"id", "ceptoar", "names", "domains", "reporters"}, []string{"kana", "abbreviations", "contacts"}, func(row row) {
		m := Member{Line: row.line, ID: row.get("id"), Ceptoar: row.get("ceptoar"), Names: row.list("names"), Kana: row.list("kana"),
			Abbreviations: row.list("abbreviations"), Domains: row.list("domains"), Reporters: row.list("reporters"), ContactAddrs: row.list("contacts")}
		row.identifier("id", "ceptoar")
		if len(m.Names) == 0 {
			row.bad("names is empty")
		}
		m.check(row.bad)
		for _, a := range m.Reporters {
			key := strings.ToLower(a)
			if first, ok := reporters[key]; ok && first != row.line {
				row.bad(fmt.Sprintf("reporters: one is that of line %d too", first))
			}
			reporters[key] = row.line
		}
		all = append(all, m)
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// check calls bad with what is wrong with a member's domains and addresses. It
// repeats none: they are secrets, and this is shown on screens.
func (m Member) check(bad func(string)) {
	for _, d := range m.Domains {
		if !validDomain(d) || !strings.Contains(d, ".") {
			bad("domains: one is no domain name in ASCII")
		}
	}
	for _, a := range slices.Concat(m.Reporters, m.ContactAddrs) {
		if !validAddress(a) {
			bad("reporters or contacts: one is no mail address of the plain form name@domain")
		}
	}
}

// ParseContacts reads a list of contacts: columns id, ceptoar, address, language,
// max_tlp, kinds, and optionally member and from_ceptoars; lists have ";" between.
func ParseContacts(r io.Reader) ([]Contact, error) {
	var all []Contact
	addresses := map[string]int{}
	err := table(r, []string{"id", "ceptoar", "address", "language", "max_tlp", "kinds"}, []string{"member", "from_ceptoars"}, func(row row) {
		c := Contact{Line: row.line, ID: row.get("id"), Ceptoar: row.get("ceptoar"), Member: row.get("member"), Address: row.get("address"), Language: row.get("language"),
			MaxTLP: row.get("max_tlp"), Kinds: row.list("kinds"), FromCeptoars: row.list("from_ceptoars")}
		row.identifier("id", "ceptoar")
		if !validAddress(c.Address) {
			row.bad("address is no mail address of the plain form name@domain")
		}
		key := strings.ToLower(c.Address)
		if first, ok := addresses[key]; ok {
			row.bad(fmt.Sprintf("address is that of line %d too", first))
		}
		addresses[key] = row.line
		row.oneOf("language", []string{c.Language}, "ja", "en")
		row.oneOf("max_tlp", []string{c.MaxTLP}, "TLP:RED", "TLP:AMBER+STRICT", "TLP:AMBER", "TLP:GREEN", "TLP:CLEAR")
		row.oneOf("kinds", c.Kinds, "targeted-mail", "early-warning", "alert", "content", "drill")
		if len(c.Kinds) == 0 {
			row.bad("kinds is empty")
		}
		all = append(all, c)
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// row is one row of a CSV file with a header.
type row struct {
	line    int
	columns map[string]int
	fields  []string
	bad     func(string)
}

func (r row) get(column string) string {
	i, ok := r.columns[column]
	if !ok {
		return ""
	}
	return strings.TrimSpace(r.fields[i])
}

func (r row) list(column string) []string {
	var all []string
	for v := range strings.SplitSeq(r.get(column), ";") {
		if v = strings.TrimSpace(v); v != "" {
			all = append(all, v)
		}
	}
	return all
}

func (r row) filled(columns ...string) {
	for _, c := range columns {
		if r.get(c) == "" {
			r.bad(c + " is empty")
		}
	}
}

// identifier checks columns that become identifiers of the ledger: they are
// logged, so they must be plain and must not be an address.
func (r row) identifier(columns ...string) {
	for _, c := range columns {
		if !validID(r.get(c)) {
			r.bad(c + " must be 1 to 64 letters, digits, hyphens or underscores")
		}
	}
}

func validID(s string) bool {
	return len(s) > 0 && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_')
	})
}

func (r row) oneOf(column string, values []string, allowed ...string) {
	for _, v := range values {
		if !slices.Contains(allowed, v) {
			r.bad(fmt.Sprintf("%s must be of %s", column, strings.Join(allowed, ", ")))
			return
		}
	}
}

// table reads a CSV file (RFC 4180) with a header row and calls each for every
// row after it.
func table(r io.Reader, required, optional []string, each func(row)) error {
	text, err := io.ReadAll(io.LimitReader(r, maxCSV+1))
	if err != nil {
		return err
	}
	if len(text) > maxCSV {
		return errors.New("the file is larger than 64 MiB")
	}
	if text, err = utf8Text(text); err != nil {
		return err
	}
	c := csv.NewReader(bytes.NewReader(text))
	head, err := c.Read()
	if err != nil {
		return errors.New("line 1: there is no header row")
	}
	columns := map[string]int{}
	var problems []error
	told := func(line int, what string) {
		if len(problems) < maxTold {
			problems = append(problems, fmt.Errorf("line %d: %s", line, what))
		}
	}
	for i, name := range head {
		name = strings.TrimSpace(name)
		if !slices.Contains(required, name) && !slices.Contains(optional, name) {
			told(1, fmt.Sprintf("unknown column %q; the columns are %s", name, strings.Join(slices.Concat(required, optional), ", ")))
		} else if _, twice := columns[name]; twice {
			told(1, fmt.Sprintf("column %q stands there twice", name))
		}
		columns[name] = i
	}
	for _, name := range required {
		if _, ok := columns[name]; !ok {
			told(1, fmt.Sprintf("there is no column %q", name))
		}
	}
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	seen := map[string]int{}
	for n := 0; ; n++ {
		fields, err := c.Read()
		if err == io.EOF {
			break
		}
		var parse *csv.ParseError
		if errors.As(err, &parse) {
			told(parse.StartLine, parse.Err.Error()) // where the row begins: a quote that is left open ends at the last line
			if !errors.Is(parse.Err, csv.ErrFieldCount) {
				break // nobody knows where the next row begins
			}
			continue
		} else if err != nil {
			return err
		}
		line, _ := c.FieldPos(0)
		if n >= maxRows {
			told(line, "more than 100,000 rows")
			break
		}
		one := row{line: line, columns: columns, fields: fields, bad: func(what string) { told(line, what) }}
		if slices.ContainsFunc(fields, func(f string) bool { return len(f) > maxField || strings.ContainsAny(f, "\r\n\x00") }) {
			one.bad("a field is longer than 4,096 bytes or holds a line break")
			continue
		}
		if first, ok := seen[one.get("id")]; ok {
			one.bad(fmt.Sprintf("id is that of line %d too", first))
		}
		seen[one.get("id")] = line
		each(one)
	}
	return errors.Join(problems...)
}

// utf8Text takes off a byte order mark and reads Shift_JIS, which is what
// spreadsheets in Japan write.
func utf8Text(b []byte) ([]byte, error) {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	if utf8.Valid(b) {
		return b, nil
	}
	text, err := japanese.ShiftJIS.NewDecoder().Bytes(b)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
		return nil, errors.New("the file is neither UTF-8 nor Shift_JIS")
	}
	return text, nil
}
