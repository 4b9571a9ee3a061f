package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"kairan/sanitize"
)

// Member is an organisation in a CEPTOAR. Everything in it but ID and Ceptoar
// identifies it and is a secret of the hub.
type Member struct {
	ID      MemberID
	Ceptoar CeptoarID
	// Names are its names in every script and language, with its abbreviations.
	Names []string
	// Domains are its mail and web domains, in ASCII (RFC 5890 A-labels).
	Domains []string
	// Reporters are the addresses that may report, Addresses other addresses of
	// the member.
	Reporters []string
	Addresses []string
}

// Identities are what identifies the member. Domains and addresses are in lower
// case.
func (m Member) Identities() []sanitize.Identity {
	var ids []sanitize.Identity
	for _, part := range []struct {
		kind   sanitize.IdentityKind
		values []string
	}{
		{sanitize.IdentityOrganisation, m.Names},
		{sanitize.IdentityDomain, m.Domains},
		{sanitize.IdentityAddress, m.Reporters},
		{sanitize.IdentityAddress, m.Addresses},
	} {
		for _, v := range part.values {
			if part.kind != sanitize.IdentityOrganisation {
				v = strings.ToLower(v)
			}
			ids = append(ids, sanitize.Identity{Kind: part.kind, Value: v, Owner: string(m.ID)})
		}
	}
	return ids
}

// ImportMembers replaces what is registered of each given member. Others stay.
func (db *DB) ImportMembers(ctx context.Context, all []Member, operator string) error {
	return db.tx(ctx, func(t *tx) error {
		for _, m := range all {
			if _, err := t.exec(`insert into member (id, ceptoar_id) values ($1, $2) on conflict (id) do update set ceptoar_id = excluded.ceptoar_id`,
				string(m.ID), string(m.Ceptoar)); err != nil {
				return fmt.Errorf("member %s: %w", m.ID, err)
			}
			if _, err := t.exec(`delete from member_identity where member_id = $1`, string(m.ID)); err != nil {
				return fmt.Errorf("member %s: %w", m.ID, err)
			}
			for _, part := range []struct {
				kind     sanitize.IdentityKind
				reporter bool
				values   []string
			}{
				{sanitize.IdentityOrganisation, false, m.Names},
				{sanitize.IdentityDomain, false, m.Domains},
				{sanitize.IdentityAddress, true, m.Reporters},
				{sanitize.IdentityAddress, false, m.Addresses},
			} {
				for _, v := range part.values {
					if part.kind != sanitize.IdentityOrganisation {
						v = strings.ToLower(v)
					}
					if _, err := t.exec(`insert into member_identity (member_id, kind, value, reporter) values ($1, $2, $3, $4)
						on conflict (member_id, kind, value) do nothing`, string(m.ID), string(part.kind), v, integer(part.reporter)); err != nil {
						return fmt.Errorf("member %s: %w", m.ID, err)
					}
				}
			}
			if err := t.audit(operator, "member", string(m.ID), "import", ""); err != nil {
				return err
			}
		}
		return nil
	})
}

// Identities lists everything that identifies a member, for redaction and the
// leak gate.
func (db *DB) Identities(ctx context.Context) ([]sanitize.Identity, error) {
	var all []sanitize.Identity
	rows, err := db.read.QueryContext(ctx, `select member_id, kind, value from member_identity order by member_id, kind, value`)
	err = each(rows, err, func(rows *sql.Rows) error {
		var i sanitize.Identity
		err := rows.Scan(&i.Owner, &i.Kind, &i.Value)
		all = append(all, i)
		return err
	})
	return all, err
}

// ReporterOf tells whose reporter the address is, "" when it is nobody's.
func (db *DB) ReporterOf(ctx context.Context, address string) (MemberID, error) {
	var id MemberID
	err := db.read.QueryRowContext(ctx, `select member_id from member_identity where kind = 'address' and value = $1 and reporter = 1 order by member_id limit 1`,
		strings.ToLower(address)).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}

// MemberIDs lists the members, by id.
func (db *DB) MemberIDs(ctx context.Context) ([]MemberID, error) {
	var all []MemberID
	rows, err := db.read.QueryContext(ctx, `select id from member order by id`)
	err = each(rows, err, func(rows *sql.Rows) error {
		var id MemberID
		err := rows.Scan(&id)
		all = append(all, id)
		return err
	})
	return all, err
}
