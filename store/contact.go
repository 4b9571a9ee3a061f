package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"kairan/store/tlp"
)

// ContactState is whether a contact gets notices.
type ContactState string

// States of a contact.
const (
	ContactActive    ContactState = "active"
	ContactSuspended ContactState = "suspended"
	ContactRemoved   ContactState = "removed"
)

// Contact is a mailbox that receives notices.
type Contact struct {
	ID       ContactID
	Ceptoar  CeptoarID
	Member   MemberID // "" for a secretariat
	Address  string   // a secret of the hub; never logged
	Language string   // "ja" or "en"
	MaxTLP   tlp.Label
	// Kinds are the kinds it subscribed to.
	Kinds []Kind
	// From are the CEPTOARs about whose reports it wants to hear; empty means all.
	From  []CeptoarID
	State ContactState
}

// ImportContacts adds the contacts or brings those that exist up to date. With
// prune, contacts that are not among them are removed: they get nothing more,
// and what was sent to them stays in the ledger.
func (db *DB) ImportContacts(ctx context.Context, all []Contact, prune bool, operator string) error {
	return db.tx(ctx, func(t *tx) error {
		if prune {
			if err := t.pruneContacts(all, operator); err != nil {
				return err
			}
		}
		for _, c := range all {
			from := make([]string, len(c.From))
			for i, f := range c.From {
				from[i] = string(f)
			}
			if _, err := t.exec(`
				insert into contact (id, ceptoar_id, member_id, address, language, max_tlp, from_ceptoars, state) values ($1, $2, $3, $4, $5, $6, $7, $8)
				on conflict (id) do update set ceptoar_id = excluded.ceptoar_id, member_id = excluded.member_id, address = excluded.address,
					language = excluded.language, max_tlp = excluded.max_tlp, from_ceptoars = excluded.from_ceptoars, state = excluded.state`,
				string(c.ID), string(c.Ceptoar), null(c.Member), c.Address, c.Language, int(c.MaxTLP), strings.Join(from, ";"), string(ContactActive)); err != nil {
				return fmt.Errorf("contact %s: %w", c.ID, err)
			}
			if _, err := t.exec(`delete from subscription where contact_id = $1`, string(c.ID)); err != nil {
				return err
			}
			for _, k := range c.Kinds {
				if _, err := t.exec(`insert into subscription (contact_id, kind) values ($1, $2) on conflict (contact_id, kind) do nothing`, string(c.ID), string(k)); err != nil {
					return fmt.Errorf("contact %s: %w", c.ID, err)
				}
			}
			if err := t.audit(operator, "contact", string(c.ID), "import", ""); err != nil {
				return err
			}
		}
		return nil
	})
}

// pruneContacts removes the contacts that are not among those given.
func (t *tx) pruneContacts(keep []Contact, operator string) error {
	have, err := t.ids(`select id from contact where state <> $1 order by id`, string(ContactRemoved))
	if err != nil {
		return err
	}
	for _, id := range have {
		if slices.ContainsFunc(keep, func(c Contact) bool { return string(c.ID) == id }) {
			continue
		}
		if _, err := t.exec(`update contact set state = $1 where id = $2`, string(ContactRemoved), id); err != nil {
			return fmt.Errorf("contact %s: %w", id, err)
		}
		if err := t.audit(operator, "contact", id, "removed", ""); err != nil {
			return err
		}
	}
	return nil
}

// Contacts lists the contacts that are not removed, by id.
func (db *DB) Contacts(ctx context.Context) ([]Contact, error) {
	kinds := map[ContactID][]Kind{}
	rows, err := db.read.QueryContext(ctx, `select contact_id, kind from subscription order by contact_id, kind`)
	if err := each(rows, err, func(rows *sql.Rows) error {
		var id ContactID
		var k Kind
		err := rows.Scan(&id, &k)
		kinds[id] = append(kinds[id], k)
		return err
	}); err != nil {
		return nil, err
	}
	var all []Contact
	rows, err = db.read.QueryContext(ctx, `
		select id, ceptoar_id, coalesce(member_id, ''), address, language, max_tlp, from_ceptoars, state from contact where state <> 'removed' order by id`)
	err = each(rows, err, func(rows *sql.Rows) error {
		var c Contact
		var from string
		if err := rows.Scan(&c.ID, &c.Ceptoar, &c.Member, &c.Address, &c.Language, &c.MaxTLP, &from, &c.State); err != nil {
			return err
		}
		for f := range strings.SplitSeq(from, ";") {
			if f != "" {
				c.From = append(c.From, CeptoarID(f))
			}
		}
		c.Kinds = slices.Clone(kinds[c.ID])
		all = append(all, c)
		return nil
	})
	return all, err
}

// CaseCeptoars names the CEPTOARs whose members reported something of the case,
// or none where one of them has fewer than k members: who subscribes to one sector
// only would learn the sector from getting the notice, and in a small one that is
// nearly who reported. It decides who is chosen, and is never told to anybody.
func (db *DB) CaseCeptoars(ctx context.Context, id CaseID, k int) ([]CeptoarID, error) {
	var all []CeptoarID
	few := false
	rows, err := db.read.QueryContext(ctx, `
		select m.ceptoar_id, (select count(*) from member every where every.ceptoar_id = m.ceptoar_id)
		from original o join report r on r.id = o.report_id join member m on m.id = r.member_id
		where o.case_id = $1 group by m.ceptoar_id order by m.ceptoar_id`, string(id))
	err = each(rows, err, func(rows *sql.Rows) error {
		var c CeptoarID
		var members int
		err := rows.Scan(&c, &members)
		all = append(all, c)
		few = few || members < k
		return err
	})
	if few {
		return nil, err
	}
	return all, err
}
