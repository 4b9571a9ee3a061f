package configs

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Config are the settings; configs/kairan.toml says what each means. What Load
// and Parse return is complete and consistent.
type Config struct {
	Hub       Hub       `toml:"hub"`
	Ledger    Ledger    `toml:"ledger"`
	Vault     Vault     `toml:"vault"`
	Mailboxes []Mailbox `toml:"mailbox"`
	Ingest    Ingest    `toml:"ingest"`
	Sanitize  Sanitize  `toml:"sanitize"`
	Review    Review    `toml:"review"`
	Retention Retention `toml:"retention"`
	Relay     Relay     `toml:"relay"`
	Delivery  Delivery  `toml:"delivery"`
	Receipt   Receipt   `toml:"receipt"`
	NATS      NATS      `toml:"nats"`
	Log       Log       `toml:"log"`
}

// Hub is [hub].
type Hub struct {
	Name            string `toml:"name"`
	NameEN          string `toml:"name_en"`
	Address         string `toml:"address"`
	NoticeFrom      string `toml:"notice_from"`
	ReplyTo         string `toml:"reply_to"`
	ListID          string `toml:"list_id"`
	MessageIDDomain string `toml:"message_id_domain"`
	ContactLine     string `toml:"contact_line"`
	TimeZone        string `toml:"time_zone"`
	SerialPrefix    string `toml:"serial_prefix"`
	Data            string `toml:"data"`
}

// Location is the hub's time zone.
func (h Hub) Location() *time.Location {
	l, err := time.LoadLocation(h.TimeZone)
	if err != nil { // checked when it was loaded
		return time.UTC
	}
	return l
}

// Answers is where answers to notices go.
func (h Hub) Answers() string { return cmp.Or(h.ReplyTo, h.Address) }

// Ledger is [ledger].
type Ledger struct {
	URL string `toml:"url"`
}

// Vault is [vault].
type Vault struct {
	MasterKeyFile string `toml:"master_key_file"`
}

// Mailbox is one [[mailbox]].
type Mailbox struct {
	Name         string   `toml:"name"`
	Address      string   `toml:"address"`
	Security     string   `toml:"security"`
	CAFile       string   `toml:"ca_file"`
	Auth         string   `toml:"auth"`
	User         string   `toml:"user"`
	PasswordFile string   `toml:"password_file"`
	PasswordEnv  string   `toml:"password_env"`
	TokenCommand []string `toml:"token_command"`
	Folder       string   `toml:"folder"`
	Processed    string   `toml:"processed"`
	PollInterval Duration `toml:"poll_interval"`
}

// Secret is where the mailbox's password or token comes from.
func (m Mailbox) Secret() Secret { return Secret{m.PasswordFile, m.PasswordEnv, m.TokenCommand} }

// Ingest is [ingest].
type Ingest struct {
	AuthservID      string   `toml:"authserv_id"`
	MaxMessageBytes Size     `toml:"max_message_bytes"`
	RetryFirst      Duration `toml:"retry_first"`
	RetryMax        Duration `toml:"retry_max"`
}

// Sanitize is [sanitize].
type Sanitize struct {
	WallTime      Duration `toml:"wall_time"`
	ProcessorTime Duration `toml:"processor_time"`
	Memory        Size     `toml:"memory"`
	TimeGrain     Duration `toml:"time_grain"`
	Passwords     []string `toml:"passwords"`
	WarningLists  string   `toml:"warning_lists"`

	PGPKeyFiles       []string `toml:"pgp_key_files"`
	PGPPassphraseFile string   `toml:"pgp_passphrase_file"`
	SMIMEKeyFiles     []string `toml:"smime_key_files"`
}

// Review is [review].
type Review struct {
	SelfApproving []string `toml:"self_approving"`
	DefaultTLP    string   `toml:"default_tlp"`
	KAnonymity    int      `toml:"k_anonymity"`
	Handlers      []string `toml:"handlers"`
}

// Retention is [retention]: how long things are kept, 0 for ever.
type Retention struct {
	Originals Duration `toml:"originals"`
	Facts     Duration `toml:"facts"`
}

// Relay is [relay].
type Relay struct {
	Address          string   `toml:"address"`
	Security         string   `toml:"security"`
	CAFile           string   `toml:"ca_file"`
	Auth             string   `toml:"auth"`
	User             string   `toml:"user"`
	PasswordFile     string   `toml:"password_file"`
	PasswordEnv      string   `toml:"password_env"`
	TokenCommand     []string `toml:"token_command"`
	Hello            string   `toml:"hello"`
	MaxConnections   int      `toml:"max_connections"`
	MaxPerConnection int      `toml:"max_per_connection"`
	ConnectTimeout   Duration `toml:"connect_timeout"`
	CommandTimeout   Duration `toml:"command_timeout"`
	DotTimeout       Duration `toml:"dot_timeout"`
}

// Secret is where the relay's password or token comes from.
func (r Relay) Secret() Secret { return Secret{r.PasswordFile, r.PasswordEnv, r.TokenCommand} }

// Delivery is [delivery].
type Delivery struct {
	Workers        int      `toml:"workers"`
	Window         int      `toml:"window"`
	FirstRetry     Duration `toml:"first_retry"`
	MaxRetry       Duration `toml:"max_retry"`
	GiveUp         Duration `toml:"give_up"`
	SendingTimeout Duration `toml:"sending_timeout"`
}

// Receipt is [receipt].
type Receipt struct {
	Enabled bool `toml:"enabled"`
}

// NATS is [nats].
type NATS struct {
	URL             string `toml:"url"`
	CredentialsFile string `toml:"credentials_file"`
	CAFile          string `toml:"ca_file"`
	CertFile        string `toml:"cert_file"`
	KeyFile         string `toml:"key_file"`
}

// Log is [log].
type Log struct {
	Level  string `toml:"level"`
	Format string `toml:"format"`
}

// Duration is a span of time, written as time.ParseDuration reads it.
type Duration time.Duration

// Duration is d as Go's own type.
func (d Duration) Duration() time.Duration { return time.Duration(d) }

// UnmarshalText reads "30s".
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil {
		return fmt.Errorf("%q is no duration; write it as \"30s\", \"5m\" or \"72h\"", b)
	}
	*d = Duration(v)
	return nil
}

// Size is a number of bytes, written with KiB, MiB or GiB or as a plain number.
type Size int64

// UnmarshalText reads "25MiB".
func (s *Size) UnmarshalText(b []byte) error {
	number, factor := string(b), int64(1)
	for i, unit := range []string{"KiB", "MiB", "GiB"} {
		if n, ok := strings.CutSuffix(number, unit); ok {
			number, factor = strings.TrimSpace(n), 1<<(10*(i+1))
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > (1<<62)/factor {
		return fmt.Errorf("%q is no size; write it as \"64KiB\", \"25MiB\" or \"1GiB\"", b)
	}
	*s = Size(n * factor)
	return nil
}
