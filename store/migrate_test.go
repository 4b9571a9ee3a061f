package store_test

import (
	"errors"
	"testing"

	"kairan/store"
	"kairan/store/storetest"
)

func open(t *testing.T, l storetest.Ledger, migrate bool) error {
	t.Helper()
	write, read := l.Pools(t)
	_, err := store.Open(t.Context(), store.Options{Write: write, Read: read, AuditKey: storetest.AuditKey, Migrate: migrate})
	return err
}

func TestMigrateFromVersionZero(t *testing.T) {
	storetest.Both(t, func(t *testing.T, l storetest.Ledger) {
		if err := open(t, l, false); !errors.Is(err, store.ErrVersion) {
			t.Errorf("Open of an empty database without leave to migrate: %v; want ErrVersion", err)
		}
		for range 2 { // the second time there is nothing to do
			if err := open(t, l, true); err != nil {
				t.Fatalf("Open: %v", err)
			}
		}
		if err := open(t, l, false); err != nil {
			t.Errorf("Open of a ledger that is up to date: %v", err)
		}
		write, _ := l.Pools(t)
		if _, err := write.Exec(`insert into schema_version (version, applied_ms) values (9999, 0)`); err != nil {
			t.Fatal(err)
		}
		if err := open(t, l, true); !errors.Is(err, store.ErrNewer) {
			t.Errorf("Open of a newer ledger: %v; want ErrNewer", err)
		}
	})
}

// A migration that fails leaves nothing behind, not even its first statements.
func TestMigrationThatFailsLeavesNothing(t *testing.T) {
	storetest.Both(t, func(t *testing.T, l storetest.Ledger) {
		write, _ := l.Pools(t)
		if _, err := write.Exec(`create table contact (id text)`); err != nil { // in the way of version 1
			t.Fatal(err)
		}
		if err := open(t, l, true); err == nil {
			t.Fatal("the migration went through")
		}
		var n int
		if err := write.QueryRow(`select count(*) from schema_version`).Scan(&n); err != nil || n != 0 {
			t.Errorf("after the failure %d versions are recorded, %v; want 0", n, err)
		}
		if _, err := write.Exec(`select 1 from lease`); err == nil {
			t.Error("a table of the failed migration is left")
		}
		if _, err := write.Exec(`drop table contact`); err != nil {
			t.Fatal(err)
		}
		if err := open(t, l, true); err != nil {
			t.Errorf("Open after the obstacle is gone: %v", err)
		}
	})
}
