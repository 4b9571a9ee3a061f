package distribute

import (
	"testing"

	"kairan/store"
	"kairan/store/tlp"
)

func TestChoose(t *testing.T) {
	all := store.Contact{ID: "c", State: store.ContactActive, Kinds: store.Kinds(), MaxTLP: tlp.Red}
	with := func(change func(*store.Contact)) store.Contact {
		c := all
		change(&c)
		return c
	}
	notice := store.Notice{Kind: store.KindTargetedMail, TLP: tlp.Amber}
	power := []store.CeptoarID{"power"}
	for _, c := range []struct {
		name    string
		contact store.Contact
		from    []store.CeptoarID
		send    bool
		reason  string
	}{
		{"takes everything", all, power, true, "subscribed to targeted-mail up to TLP:RED"},
		{"the reporting member's own", with(func(c *store.Contact) { c.Member, c.Ceptoar = "m1", "power" }), power, true, "subscribed to targeted-mail up to TLP:RED"},
		{"suspended", with(func(c *store.Contact) { c.State = store.ContactSuspended }), power, false, "the contact is suspended"},
		{"removed", with(func(c *store.Contact) { c.State = store.ContactRemoved }), power, false, "the contact is removed"},
		{"no state at all", with(func(c *store.Contact) { c.State = "" }), power, false, "the contact is "},
		{"another kind", with(func(c *store.Contact) { c.Kinds = []store.Kind{store.KindDrill} }), power, false, "not subscribed to targeted-mail"},
		{"no kind", with(func(c *store.Contact) { c.Kinds = nil }), power, false, "not subscribed to targeted-mail"},
		{"up to just this label", with(func(c *store.Contact) { c.MaxTLP = tlp.Amber }), power, true, "subscribed to targeted-mail up to TLP:AMBER"},
		{"up to a milder label", with(func(c *store.Contact) { c.MaxTLP = tlp.Green }), power, false, "takes nothing stricter than TLP:GREEN"},
		{"this sector", with(func(c *store.Contact) { c.From = []store.CeptoarID{"bank", "power"} }), power, true, "subscribed to targeted-mail up to TLP:RED"},
		{"another sector", with(func(c *store.Contact) { c.From = []store.CeptoarID{"bank"} }), power, false, "not subscribed to what comes from this sector"},
		{"one of the sectors", with(func(c *store.Contact) { c.From = []store.CeptoarID{"bank"} }), []store.CeptoarID{"power", "bank"}, true, "subscribed to targeted-mail up to TLP:RED"},
		{"another sector, from nobody known", with(func(c *store.Contact) { c.From = []store.CeptoarID{"bank"} }), nil, true, "subscribed to targeted-mail up to TLP:RED"},
	} {
		got := Choose(notice, c.from, []store.Contact{c.contact})
		if len(got) != 1 || got[0].Send != c.send || got[0].Reason != c.reason || got[0].Contact.ID != "c" {
			t.Errorf("%s: chosen %+v, want send=%v because %q", c.name, got, c.send, c.reason)
		}
	}
}

// Whoever reported gets the notice like everybody else, because who does not get
// it would tell the others who reported (THREATS S1).
func TestChooseDoesNotDependOnTheReporter(t *testing.T) {
	contacts := []store.Contact{
		{ID: "reporter", Ceptoar: "power", Member: "m1", State: store.ContactActive, Kinds: store.Kinds(), MaxTLP: tlp.Red},
		{ID: "neighbour", Ceptoar: "power", Member: "m2", State: store.ContactActive, Kinds: store.Kinds(), MaxTLP: tlp.Red},
		{ID: "secretariat", Ceptoar: "power", State: store.ContactActive, Kinds: store.Kinds(), MaxTLP: tlp.Red},
	}
	choices := Choose(store.Notice{Kind: store.KindAlert, TLP: tlp.Green}, []store.CeptoarID{"power"}, contacts)
	for _, c := range choices {
		if !c.Send || c.Reason != choices[0].Reason {
			t.Errorf("contact %s: send=%v because %q; want the same as for every other", c.Contact.ID, c.Send, c.Reason)
		}
	}
	if Chosen(choices) != 3 || Chosen(nil) != 0 {
		t.Errorf("%d of 3 are chosen, and %d of none", Chosen(choices), Chosen(nil))
	}
}
