package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"kairan/configs"
	"kairan/store"
	"kairan/store/tlp"
)

func runContact(ctx context.Context, s std, args []string) error {
	return subverb(ctx, s, "contact", args, map[string]func(context.Context, std, []string) error{"ls": contactList, "import": contactImport})
}

func runMember(ctx context.Context, s std, args []string) error {
	return subverb(ctx, s, "member", args, map[string]func(context.Context, std, []string) error{"ls": memberList, "import": memberImport})
}

func runCeptoar(ctx context.Context, s std, args []string) error {
	return subverb(ctx, s, "ceptoar", args, map[string]func(context.Context, std, []string) error{"ls": ceptoarList, "import": ceptoarImport})
}

// importFile opens the file that an import verb names; "-" is standard input.
func (d *desk) importFile() (io.ReadCloser, error) {
	if d.args[0] == "-" {
		return io.NopCloser(d.in), nil
	}
	return os.Open(d.args[0])
}

// badRows makes one usage error of all that is wrong with a file.
func badRows(file string, err error) error {
	return usageError{fmt.Sprintf("%s cannot be imported, and nothing was changed:\n%v", file, err)}
}

// maxTold bounds how many bad rows are told of: a file that does not fit the
// ledger at all is not to fill the screen.
const maxTold = 50

// problems gathers what is wrong with the rows of a file.
type problems []error

func (p *problems) add(format string, args ...any) {
	if len(*p) < maxTold {
		*p = append(*p, fmt.Errorf(format, args...))
	}
}

// err is nil when nothing is wrong with the file.
func (p problems) err(file string) error {
	if len(p) == 0 {
		return nil
	}
	return badRows(file, errors.Join(p...))
}

func contactImport(ctx context.Context, s std, args []string) error {
	var prune *bool
	d, err := sit(ctx, s, "contact import FILE [--prune]", args, 1, func(f *flag.FlagSet) {
		prune = f.Bool("prune", false, "remove contacts that are not in the file")
	})
	if err != nil {
		return err
	}
	defer d.Close()
	f, err := d.importFile()
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := configs.ParseContacts(f)
	if err != nil {
		return badRows(d.args[0], err)
	}
	var places []place
	for _, r := range rows {
		places = append(places, place{r.Line, append([]string{r.Ceptoar}, r.FromCeptoars...), r.Member})
	}
	if err := d.knownPlaces(ctx, places); err != nil {
		return err
	}
	if err := d.freeAddresses(ctx, rows, *prune); err != nil {
		return err
	}
	if err := d.db.ImportContacts(ctx, contacts(rows), *prune, d.operator); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%d contacts imported\n", len(rows))
	return nil
}

// freeAddresses checks that no row has the address of a contact that stays beside
// it: a mailbox gets one copy, not two.
func (d *desk) freeAddresses(ctx context.Context, rows []configs.Contact, prune bool) error {
	have, err := d.db.Contacts(ctx)
	if err != nil {
		return err
	}
	inFile := map[string]bool{}
	for _, r := range rows {
		inFile[r.ID] = true
	}
	taken := map[string]store.ContactID{}
	for _, c := range have {
		if !prune && !inFile[string(c.ID)] {
			taken[strings.ToLower(c.Address)] = c.ID
		}
	}
	var bad problems
	for _, r := range rows {
		if id, ok := taken[strings.ToLower(r.Address)]; ok {
			bad.add("line %d: its address is that of contact %s", r.Line, id)
		}
	}
	return bad.err(d.args[0])
}

func memberImport(ctx context.Context, s std, args []string) error {
	d, err := sit(ctx, s, "member import FILE", args, 1, nil)
	if err != nil {
		return err
	}
	defer d.Close()
	f, err := d.importFile()
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := configs.ParseMembers(f)
	if err != nil {
		return badRows(d.args[0], err)
	}
	var places []place
	for _, r := range rows {
		places = append(places, place{line: r.Line, ceptoars: []string{r.Ceptoar}})
	}
	if err := d.knownPlaces(ctx, places); err != nil {
		return err
	}
	if err := d.db.ImportMembers(ctx, members(rows), d.operator); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%d members imported\n", len(rows))
	return nil
}

func ceptoarImport(ctx context.Context, s std, args []string) error {
	d, err := sit(ctx, s, "ceptoar import FILE", args, 1, nil)
	if err != nil {
		return err
	}
	defer d.Close()
	f, err := d.importFile()
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := configs.ParseCeptoars(f)
	if err != nil {
		return badRows(d.args[0], err)
	}
	if err := d.db.ImportCeptoars(ctx, ceptoars(rows), d.operator); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%d CEPTOARs imported\n", len(rows))
	return nil
}

// place is what a row says about where somebody belongs.
type place struct {
	line     int
	ceptoars []string
	member   string // "" for none
}

// knownPlaces checks that the CEPTOARs and members that rows name are in the
// ledger, and names the lines where they are not.
func (d *desk) knownPlaces(ctx context.Context, places []place) error {
	groups, err := d.db.Ceptoars(ctx)
	if err != nil {
		return err
	}
	members, err := d.db.MemberIDs(ctx)
	if err != nil {
		return err
	}
	known, knownMember := map[string]bool{}, map[string]bool{}
	for _, g := range groups {
		known[string(g.ID)] = true
	}
	for _, m := range members {
		knownMember[string(m)] = true
	}
	var bad problems
	for _, p := range places {
		for _, c := range p.ceptoars {
			if !known[c] {
				bad.add("line %d: there is no CEPTOAR %q; kairan ceptoar ls lists them", p.line, c)
			}
		}
		if p.member != "" && !knownMember[p.member] {
			bad.add("line %d: there is no member %q; import members first", p.line, p.member)
		}
	}
	return bad.err(d.args[0])
}

// contacts are rows as the ledger takes them. They were checked when they were
// read.
func contacts(rows []configs.Contact) []store.Contact {
	var all []store.Contact
	for _, r := range rows {
		c := store.Contact{ID: store.ContactID(r.ID), Ceptoar: store.CeptoarID(r.Ceptoar), Member: store.MemberID(r.Member),
			Address: r.Address, Language: r.Language, Kinds: kinds(r.Kinds), State: store.ContactActive}
		c.MaxTLP, _ = tlp.Parse(r.MaxTLP)
		for _, f := range r.FromCeptoars {
			c.From = append(c.From, store.CeptoarID(f))
		}
		all = append(all, c)
	}
	return all
}

func members(rows []configs.Member) []store.Member {
	var all []store.Member
	for _, r := range rows {
		all = append(all, store.Member{ID: store.MemberID(r.ID), Ceptoar: store.CeptoarID(r.Ceptoar),
			Names: slices.Concat(r.Names, r.Kana, r.Abbreviations), Domains: r.Domains, Reporters: r.Reporters, Addresses: r.ContactAddrs})
	}
	return all
}

func ceptoars(rows []configs.Ceptoar) []store.Ceptoar {
	var all []store.Ceptoar
	for _, r := range rows {
		all = append(all, store.Ceptoar{ID: store.CeptoarID(r.ID), SectorJA: r.SectorJA, SectorEN: r.SectorEN, NameJA: r.NameJA,
			NameEN: r.NameEN, SecretariatJA: r.SecretariatJA, Organisations: r.Organisations})
	}
	return all
}

func contactList(ctx context.Context, s std, args []string) error {
	d, err := sit(ctx, s, "contact ls", args, 0, nil)
	if err != nil {
		return err
	}
	defer d.Close()
	all, err := d.db.Contacts(ctx)
	if err != nil {
		return err
	}
	if d.json {
		return printJSON(s.out, all)
	}
	var rows [][]string
	for _, c := range all {
		var ks []string
		for _, k := range c.Kinds {
			ks = append(ks, string(k))
		}
		rows = append(rows, []string{string(c.ID), string(c.Ceptoar), string(c.State), c.Language, c.MaxTLP.String(), c.Address, fmt.Sprint(ks)})
	}
	table(s.out, []string{"contact", "ceptoar", "state", "language", "up to", "address", "kinds"}, rows)
	return nil
}

// memberList lists members by id only: their names are secrets of the hub, and a
// list on a screen is easily seen by others.
func memberList(ctx context.Context, s std, args []string) error {
	d, err := sit(ctx, s, "member ls", args, 0, nil)
	if err != nil {
		return err
	}
	defer d.Close()
	ids, err := d.db.MemberIDs(ctx)
	if err != nil {
		return err
	}
	if d.json {
		return printJSON(s.out, ids)
	}
	for _, id := range ids {
		fmt.Fprintln(s.out, id)
	}
	return nil
}

func ceptoarList(ctx context.Context, s std, args []string) error {
	d, err := sit(ctx, s, "ceptoar ls", args, 0, nil)
	if err != nil {
		return err
	}
	defer d.Close()
	all, err := d.db.Ceptoars(ctx)
	if err != nil {
		return err
	}
	if d.json {
		return printJSON(s.out, all)
	}
	var rows [][]string
	for _, c := range all {
		rows = append(rows, []string{string(c.ID), c.NameJA, c.NameEN, fmt.Sprint(c.Organisations), c.SecretariatJA})
	}
	table(s.out, []string{"ceptoar", "name", "in English", "organisations", "secretariat"}, rows)
	return nil
}
