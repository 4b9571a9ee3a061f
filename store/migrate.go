package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// version is the newest migration, the version that this program needs.
func version() (int, []string, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return 0, nil, err
	}
	for i, name := range names {
		n, err := strconv.Atoi(strings.TrimPrefix(strings.SplitN(name, "_", 2)[0], "migrations/"))
		if err != nil || n != i+1 {
			return 0, nil, fmt.Errorf("migration %s is out of order", name)
		}
	}
	return len(names), names, nil
}

// migrate runs, each in a transaction of its own, the migrations that the
// ledger has not seen. It only goes forwards.
func (db *DB) migrate(ctx context.Context, allowed bool) error {
	want, names, err := version()
	if err != nil {
		return err
	}
	have, err := db.haveVersion(ctx, allowed)
	if err != nil {
		return fmt.Errorf("ledger: read its version: %w", err)
	}
	switch {
	case have == want:
		return nil
	case have > want:
		return fmt.Errorf("%w: it is at %d and this one knows %d; use the newer program", ErrNewer, have, want)
	case !allowed && have == 0:
		return fmt.Errorf("%w: there is none yet; start the hub once (kairan serve)", ErrVersion)
	case !allowed:
		return fmt.Errorf("%w: it is at %d and this program needs %d; restart the hub to bring it up to date", ErrVersion, have, want)
	}
	for n := have + 1; n <= want; n++ {
		if err := db.migrateOne(ctx, n, names[n-1]); err != nil {
			return fmt.Errorf("ledger: migrate to version %d: %w", n, err)
		}
	}
	return nil
}

// haveVersion is 0 for a ledger that has no table of versions.
func (db *DB) haveVersion(ctx context.Context, create bool) (int, error) {
	if create {
		if _, err := db.write.ExecContext(ctx,
			`create table if not exists schema_version (version integer primary key, applied_ms bigint not null)`); err != nil {
			return 0, err
		}
	}
	var v int
	err := db.write.QueryRowContext(ctx, `select coalesce(max(version), 0) from schema_version`).Scan(&v)
	if err != nil && !create {
		if pingErr := db.write.PingContext(ctx); pingErr != nil {
			return 0, errors.Join(err, pingErr)
		}
		return 0, nil // reachable, but without the table
	}
	return v, err
}

func (db *DB) migrateOne(ctx context.Context, n int, name string) error {
	text, err := migrations.ReadFile(name)
	if err != nil {
		return err
	}
	t, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer t.Rollback() //nolint:errcheck // after Commit it has nothing to do
	// The first statement takes the version, so that of two processes that
	// migrate at once one fails instead of running everything twice.
	if _, err := t.ExecContext(ctx, `insert into schema_version (version, applied_ms) values ($1, $2)`, n, db.now().UnixMilli()); err != nil {
		return err
	}
	for i, statement := range statements(string(text)) {
		if _, err := t.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s, statement %d: %w", name, i+1, err)
		}
	}
	return t.Commit()
}

// statements splits a migration at its semicolons, which stand at line ends and
// nowhere else: not every driver takes several statements at once.
func statements(text string) []string {
	var all []string
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "--") {
			continue
		}
		b.WriteString(line)
		if strings.HasSuffix(strings.TrimSpace(line), ";") {
			all = append(all, strings.TrimSuffix(strings.TrimSpace(b.String()), ";"))
			b.Reset()
		}
	}
	return all
}
