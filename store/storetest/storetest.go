// Package storetest opens ledgers for tests: in a SQLite file, and in a real
// PostgreSQL that it starts on a free loopback port. Only tests import it.
package storetest

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"kairan/store"
)

// AuditKey is the key of every ledger that is opened here.
var AuditKey = []byte("0123456789abcdef0123456789abcdef")

// Ledger is where a ledger lies; it can be opened more than once.
type Ledger struct {
	driver, dsn string
}

// SQLite is an empty ledger in a file of the test's own.
func SQLite(t testing.TB) Ledger {
	return Ledger{"sqlite", store.SQLiteDSN(filepath.Join(t.TempDir(), "ledger.db"))}
}

var databases atomic.Int64

// Postgres is an empty ledger in a database of its own. Without PostgreSQL the
// test is skipped, or fails under KAIRAN_REQUIRE_PEERS=1.
func Postgres(t testing.TB) Ledger {
	t.Helper()
	c := startCluster(t)
	name := fmt.Sprintf("ledger%d", databases.Add(1))
	admin, err := sql.Open("pgx", c.dsn("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	if _, err := admin.Exec("create database " + name); err != nil {
		t.Fatalf("create a database: %v", err)
	}
	return Ledger{"pgx", c.dsn(name)}
}

// URL is the ledger's address as the setting ledger.url has it, for Postgres.
func (l Ledger) URL() string { return l.dsn }

// Both runs f once for SQLite and once for PostgreSQL.
func Both(t *testing.T, f func(*testing.T, Ledger)) {
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t)) })
}

// Open opens the ledger, migrated, under the given clock; nil means time.Now.
func (l Ledger) Open(t testing.TB, now func() time.Time) *store.DB {
	t.Helper()
	write, read := l.Pools(t)
	db, err := store.Open(t.Context(), store.Options{Write: write, Read: read, AuditKey: AuditKey, Now: now, Migrate: true})
	if err != nil {
		t.Fatalf("open the ledger: %v", err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// Pools opens the two connection pools, for tests that look past the ledger.
func (l Ledger) Pools(t testing.TB) (write, read *sql.DB) {
	t.Helper()
	write, err := sql.Open(l.driver, l.dsn)
	if err != nil {
		t.Fatal(err)
	}
	read = write
	if l.driver == "sqlite" {
		write.SetMaxOpenConns(1)
		if read, err = sql.Open(l.driver, l.dsn); err != nil {
			t.Fatal(err)
		}
		read.SetMaxOpenConns(4)
	}
	t.Cleanup(func() { write.Close(); read.Close() })
	return write, read
}

// missing ends a test for which a peer is not installed.
func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("KAIRAN_REQUIRE_PEERS") == "1" {
		t.Fatalf("%s is not installed and KAIRAN_REQUIRE_PEERS=1", what)
	}
	t.Skipf("skipped: %s is not installed", what)
}
