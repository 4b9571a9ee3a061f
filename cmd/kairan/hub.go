package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	_ "time/tzdata" // Asia/Tokyo also where the system has no zones

	_ "github.com/jackc/pgx/v5/stdlib" // PostgreSQL
	_ "modernc.org/sqlite"             // SQLite, without cgo

	"kairan/configs"
	"kairan/store"
	"kairan/store/vault"
)

// hub is what serve, demo and the operators' verbs have in common: the
// configuration, the ledger and the vault.
type hub struct {
	cfg    configs.Config
	db     *store.DB
	vault  *vault.Vault
	master *vault.Master
	unlock func() // gives the data folder back; nil when it is not held

	// announce tells whoever watches of a move in the ledger; nil before the queue
	// is there.
	announce atomic.Pointer[func(noun, id string)]
}

// moved is called by the ledger after every move.
func (h *hub) moved(noun, id string) {
	if f := h.announce.Load(); f != nil {
		(*f)(noun, id)
	}
}

// Close closes the ledger and gives the data folder back.
func (h *hub) Close() error {
	var err error
	if h.db != nil {
		err = h.db.Close()
	}
	if h.unlock != nil {
		h.unlock()
	}
	return err
}

// openHub opens the data folder, the master key, the vault and the ledger. With
// own it takes the folder for itself, makes what is missing, and migrates the
// ledger; without, it works beside a hub that may be running.
func openHub(ctx context.Context, cfg configs.Config, own bool, log *slog.Logger) (h *hub, err error) {
	h = &hub{cfg: cfg}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.Close())
			h = nil
		}
	}()
	dir := cfg.Hub.Data
	if own {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return h, fmt.Errorf("make the data folder (setting hub.data): %w", err)
		}
		if h.unlock, err = vault.LockDir(dir); err != nil {
			return h, err
		}
	} else if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return h, fmt.Errorf("there is no data folder %s (setting hub.data); start the hub once with kairan serve", dir)
	}
	created := false
	if h.master, created, err = loadMaster(cfg, own); err != nil {
		return h, err
	}
	if created {
		log.Warn("a master key was created; without it no report can be read again: keep a copy of it somewhere else")
	}
	if h.vault, err = vault.Open(filepath.Join(dir, "vault"), h.master); err != nil {
		return h, err
	}
	if own {
		if _, err := h.vault.SweepTemp(); err != nil {
			return h, err
		}
	}
	if h.db, err = openLedger(ctx, cfg, h.master.Derive("audit log"), own, h.moved); err != nil {
		return h, err
	}
	if own {
		err = h.firstStart(ctx)
	}
	return h, err
}

// masterKeyEnv names the environment variable that may hold the master key.
const masterKeyEnv = "KAIRAN_MASTER_KEY"

// loadMaster reads the master key. Only the process that owns the data folder
// makes one.
func loadMaster(cfg configs.Config, own bool) (*vault.Master, bool, error) {
	path := masterPath(cfg)
	if os.Getenv(masterKeyEnv) == "" {
		_, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist) && vaultInUse(cfg):
			return nil, false, errMasterGone(path)
		case err != nil && !own:
			return nil, false, fmt.Errorf("read the master key: %w; run this as the user that the hub runs as", err)
		}
	}
	return vault.LoadOrCreateMaster(path, os.Getenv(masterKeyEnv))
}

// vaultInUse reports whether something in the vault is sealed already: then a
// master key that is missing was lost, and a new one would hide that.
func vaultInUse(cfg configs.Config) bool {
	keys, err := os.ReadDir(filepath.Join(cfg.Hub.Data, "vault", "keys"))
	return err == nil && len(keys) > 0
}

func errMasterGone(path string) error {
	return fmt.Errorf("the master key %s is gone, and the vault holds what is sealed with it; restore it from your copy", path)
}

func masterPath(cfg configs.Config) string {
	return cmp.Or(cfg.Vault.MasterKeyFile, filepath.Join(cfg.Hub.Data, "master.key"))
}

// sqlitePath is where the ledger lies when no URL is set.
func sqlitePath(cfg configs.Config) string { return filepath.Join(cfg.Hub.Data, "ledger.db") }

// openLedger opens the ledger: SQLite in the data folder, or PostgreSQL by URL.
func openLedger(ctx context.Context, cfg configs.Config, auditKey []byte, own bool, moved func(noun, id string)) (*store.DB, error) {
	o := store.Options{AuditKey: auditKey, Migrate: own, Moved: moved}
	var err error
	if cfg.Ledger.URL != "" {
		if o.Write, err = sql.Open("pgx", cfg.Ledger.URL); err != nil {
			return nil, errors.New("the ledger's URL (setting ledger.url) cannot be understood") // err may quote its password
		}
		o.Write.SetMaxOpenConns(16)
		o.Read = o.Write
	} else {
		path := sqlitePath(cfg)
		if !own {
			if _, err := os.Stat(path); err != nil {
				return nil, fmt.Errorf("open the ledger: %w", err)
			}
		}
		if o.Write, err = sql.Open("sqlite", store.SQLiteDSN(path)); err != nil {
			return nil, fmt.Errorf("open the ledger %s: %w", path, err)
		}
		o.Write.SetMaxOpenConns(1)
		if o.Read, err = sql.Open("sqlite", store.SQLiteDSN(path)); err != nil {
			return nil, fmt.Errorf("open the ledger %s: %w", path, err)
		}
		o.Read.SetMaxOpenConns(4)
	}
	db, err := store.Open(ctx, o)
	if err != nil {
		err = errors.Join(err, o.Read.Close())
		if o.Write != o.Read {
			err = errors.Join(err, o.Write.Close())
		}
		return nil, err
	}
	return db, nil
}

// firstStart loads the roster of CEPTOARs into a ledger that has none.
func (h *hub) firstStart(ctx context.Context) error {
	have, err := h.db.Ceptoars(ctx)
	if err != nil || len(have) > 0 {
		return err
	}
	return h.importRoster(ctx)
}

func (h *hub) importRoster(ctx context.Context) error {
	f, err := configs.Files.Open("ceptoars.csv")
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := configs.ParseCeptoars(f)
	if err != nil {
		return fmt.Errorf("the built-in roster: %w", err)
	}
	return h.db.ImportCeptoars(ctx, ceptoars(rows), store.ActorHub)
}

// configFlag adds the flag that every verb has which needs a configuration.
func configFlag(f interface {
	String(name, value, usage string) *string
}) *string {
	return f.String("config", cmp.Or(os.Getenv("KAIRAN_CONFIG"), "kairan.toml"), "the configuration `file` (also: environment KAIRAN_CONFIG)")
}

// loadConfig reads a configuration. What is wrong with it is a usage error, told
// before anything is connected.
func loadConfig(path string) (configs.Config, error) {
	cfg, err := configs.Load(path)
	if err != nil {
		msg := err.Error()
		if errors.Is(err, fs.ErrNotExist) {
			msg += "; name it with --config, and see kairan help configuration"
		}
		return cfg, usageError{"the configuration cannot be used:\n" + msg}
	}
	return cfg, nil
}

// newLog makes the log that the configuration asks for. It goes to standard
// error and carries identifiers only.
func newLog(cfg configs.Config, s std) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.Log.Level)) // checked with the configuration
	o := &slog.HandlerOptions{Level: level}
	if strings.EqualFold(cfg.Log.Format, "json") {
		return slog.New(slog.NewJSONHandler(s.err, o))
	}
	return slog.New(slog.NewTextHandler(s.err, o))
}
