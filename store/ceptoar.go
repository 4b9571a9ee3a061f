package store

import (
	"context"
	"database/sql"
	"fmt"
)

// Ceptoar is a sector group with a secretariat.
type Ceptoar struct {
	ID            CeptoarID
	SectorJA      string
	SectorEN      string
	NameJA        string
	NameEN        string
	SecretariatJA string
	Organisations int
}

// ImportCeptoars adds the CEPTOARs or brings those that exist up to date. None
// is ever removed: notices and members refer to them.
func (db *DB) ImportCeptoars(ctx context.Context, all []Ceptoar, operator string) error {
	return db.tx(ctx, func(t *tx) error {
		for _, c := range all {
			if _, err := t.exec(`
				insert into ceptoar (id, sector_ja, sector_en, name_ja, name_en, secretariat_ja, organisations) values ($1, $2, $3, $4, $5, $6, $7)
				on conflict (id) do update set sector_ja = excluded.sector_ja, sector_en = excluded.sector_en, name_ja = excluded.name_ja,
					name_en = excluded.name_en, secretariat_ja = excluded.secretariat_ja, organisations = excluded.organisations`,
				string(c.ID), c.SectorJA, c.SectorEN, c.NameJA, c.NameEN, c.SecretariatJA, c.Organisations); err != nil {
				return fmt.Errorf("CEPTOAR %s: %w", c.ID, err)
			}
		}
		return t.audit(operator, "ceptoar", "", "import", fmt.Sprintf("%d CEPTOARs", len(all)))
	})
}

// Ceptoars lists the CEPTOARs by id.
func (db *DB) Ceptoars(ctx context.Context) ([]Ceptoar, error) {
	var all []Ceptoar
	rows, err := db.read.QueryContext(ctx, `select id, sector_ja, sector_en, name_ja, name_en, secretariat_ja, organisations from ceptoar order by id`)
	err = each(rows, err, func(rows *sql.Rows) error {
		var c Ceptoar
		err := rows.Scan(&c.ID, &c.SectorJA, &c.SectorEN, &c.NameJA, &c.NameEN, &c.SecretariatJA, &c.Organisations)
		all = append(all, c)
		return err
	})
	return all, err
}
