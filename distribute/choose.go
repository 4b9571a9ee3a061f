// Package distribute is the way out: it chooses who gets a notice, plans the
// deliveries, and sends each.
//
// The ledger decides. A delivery is claimed there before anything is sent, and
// what became of it is recorded there before the work counts as done. The leak
// gate reads the finished bytes between the two. What carries the work in
// between (JetStream) may lose or repeat it without harm.
//
// The package knows nothing of the way in.
package distribute

import (
	"slices"

	"kairan/store"
)

// Choice says whether a contact gets a notice, and why or why not.
type Choice struct {
	Contact store.Contact
	Send    bool
	Reason  string
}

// Choose decides who gets a notice about reports from the given CEPTOARs. It is
// pure. The contacts of the reporting member get it like everybody else: leaving
// them out would tell the others who reported.
func Choose(n store.Notice, from []store.CeptoarID, contacts []store.Contact) []Choice {
	choices := make([]Choice, 0, len(contacts))
	for _, c := range contacts {
		send, reason := choose(n, from, c)
		choices = append(choices, Choice{Contact: c, Send: send, Reason: reason})
	}
	return choices
}

func choose(n store.Notice, from []store.CeptoarID, c store.Contact) (bool, string) {
	switch {
	case c.State != store.ContactActive:
		return false, "the contact is " + string(c.State)
	case !slices.Contains(c.Kinds, n.Kind):
		return false, "not subscribed to " + string(n.Kind)
	case !n.TLP.Within(c.MaxTLP):
		return false, "takes nothing stricter than " + c.MaxTLP.String()
	case len(c.From) > 0 && len(from) > 0 && !slices.ContainsFunc(from, func(id store.CeptoarID) bool { return slices.Contains(c.From, id) }):
		return false, "not subscribed to what comes from this sector"
	}
	return true, "subscribed to " + string(n.Kind) + " up to " + c.MaxTLP.String()
}

// Chosen counts the contacts that get the notice.
func Chosen(choices []Choice) int {
	n := 0
	for _, c := range choices {
		if c.Send {
			n++
		}
	}
	return n
}
