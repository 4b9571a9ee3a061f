package configs

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// box is the least that a configuration must say.
const box = `
[[mailbox]]
name = "reports"
address = "imap.hub.example:993"
user = "report@hub.example"
password_file = "/etc/kairan/mailbox.password"
`

func embedded(t *testing.T) []byte {
	t.Helper()
	text, err := Files.ReadFile("kairan.toml")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// withMailbox is the embedded file with its example of a mailbox taken out of the
// comments.
func withMailbox(t *testing.T) string {
	t.Helper()
	before, rest, found := strings.Cut(string(embedded(t)), "# [[mailbox]]\n")
	if !found {
		t.Fatal("kairan.toml has no commented [[mailbox]]")
	}
	example, after, found := strings.Cut(rest, "\n\n")
	if !found {
		t.Fatal("the commented [[mailbox]] does not end")
	}
	example = regexp.MustCompile(`(?m)^# ?`).ReplaceAllString(example, "")
	return before + "[[mailbox]]\n" + example + "\n\n" + after
}

func TestDefaultsComeFromTheFile(t *testing.T) {
	c := Default()
	if c.Hub.TimeZone != "Asia/Tokyo" || c.Ingest.MaxMessageBytes != 25<<20 || c.Delivery.GiveUp.Duration() != 72*time.Hour || !c.Receipt.Enabled {
		t.Errorf("Default() = %+v, want what kairan.toml says", c)
	}
	got, err := Parse("kairan.toml", []byte(box))
	if err != nil {
		t.Fatalf("Parse of a mailbox alone: %v", err)
	}
	if len(got.Mailboxes) != 1 || got.Mailboxes[0].Processed != "Processed" {
		t.Errorf("Parse of a mailbox alone has mailboxes %+v, want one with the defaults", got.Mailboxes)
	}
	got.Mailboxes = nil
	if !reflect.DeepEqual(got, c) {
		t.Errorf("Parse of a mailbox alone = %+v, want the defaults %+v", got, c)
	}
}

func TestTheFileNamesOnlyWhatDiffers(t *testing.T) {
	c, err := Parse("kairan.toml", []byte("[relay]\naddress = \"mx.hub.example:25\"\n"+box))
	if err != nil {
		t.Fatal(err)
	}
	if c.Relay.Address != "mx.hub.example:25" || c.Relay.Security != "starttls" || c.Relay.MaxConnections != 10 {
		t.Errorf("relay is %+v, want the given address and the defaults otherwise", c.Relay)
	}
}

// The example of a mailbox stands in comments, so nothing else would notice that
// it is wrong.
func TestMailboxExample(t *testing.T) {
	text := withMailbox(t)
	_, err := Parse("kairan.toml", []byte(text))
	if err != nil {
		t.Fatalf("kairan.toml with its example mailbox: %v", err)
	}
	var tree struct {
		Mailbox []map[string]any `toml:"mailbox"`
	}
	if err := toml.Unmarshal([]byte(text), &tree); err != nil {
		t.Fatal(err)
	}
	d := mailboxDefaults()
	want := map[string]any{"security": d.Security, "auth": d.Auth, "folder": d.Folder, "processed": d.Processed, "poll_interval": d.PollInterval.Duration().String()}
	for key, value := range want {
		if got := tree.Mailbox[0][key]; got != value {
			t.Errorf("the example says %s = %v, but the default is %v", key, got, value)
		}
	}
}

// Every setting is documented, and everything documented is a setting.
func TestEverySettingIsDocumented(t *testing.T) {
	var tree map[string]any
	if err := toml.Unmarshal([]byte(withMailbox(t)), &tree); err != nil {
		t.Fatal(err)
	}
	written, known := treeKeys("", tree), structKeys("", reflect.TypeFor[Config]())
	for _, k := range known {
		if !slices.Contains(written, k) {
			t.Errorf("setting %s is not in kairan.toml", k)
		}
	}
	for _, k := range written {
		if !slices.Contains(known, k) {
			t.Errorf("kairan.toml has %s, which is no setting", k)
		}
	}
	if len(known) < 50 {
		t.Errorf("found %d settings, want all of them", len(known))
	}
}

func treeKeys(path string, tree map[string]any) []string {
	var keys []string
	for name, value := range tree {
		key := join(path, name)
		switch v := value.(type) {
		case map[string]any:
			keys = append(keys, treeKeys(key, v)...)
		case []any:
			if len(v) == 1 {
				if table, ok := v[0].(map[string]any); ok {
					keys = append(keys, treeKeys(key, table)...)
					continue
				}
			}
			keys = append(keys, key)
		default:
			keys = append(keys, key)
		}
	}
	return keys
}

func structKeys(path string, t reflect.Type) []string {
	var keys []string
	for f := range t.Fields() {
		key := join(path, f.Tag.Get("toml"))
		of := f.Type
		if of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		if of.Kind() == reflect.Struct {
			keys = append(keys, structKeys(key, of)...)
			continue
		}
		keys = append(keys, key)
	}
	return keys
}

func TestMisconfigurations(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"unknown key with a near one", "[relay]\nadress = \"mx.hub.example:25\"\n" + box, `k.toml:2: relay.adress: unknown key; did you mean relay.address?`},
		{"unknown key like no other", "[relay]\ncolour = \"red\"\n" + box, `k.toml:2: relay.colour: unknown key`},
		{"unknown table", "[rely]\naddress = \"mx.hub.example:25\"\n" + box, `k.toml:1: rely: unknown key; did you mean relay?`},
		{"unknown key in a mailbox", box + "pasword_env = \"P\"\n", `k.toml:7: mailbox[0].pasword_env: unknown key; did you mean mailbox[0].password_env?`},
		{"unknown key in an inline table", "\nrelay = {adress = \"mx.hub.example:25\"}\n" + box, `k.toml:2: relay.adress: unknown key; did you mean relay.address?`},
		{"dotted key", "relay.adress = \"mx.hub.example:25\"\n" + box, `k.toml:1: relay.adress: unknown key; did you mean relay.address?`},
		{"no TOML", "[relay\n", `k.toml:1: toml: expected ']' to close table name`},
		{"key twice", "[log]\nlevel = \"info\"\nlevel = \"info\"\n", `k.toml:3: toml: key level is already defined`},
		{"number for text", "[relay]\nauth = 3\n" + box, `k.toml:2: relay.auth: wants text in quotes`},
		{"text for a number", "[delivery]\nworkers = \"ten\"\n" + box, `k.toml:2: delivery.workers: wants a whole number`},
		{"text for yes or no", "[receipt]\nenabled = \"yes\"\n" + box, `k.toml:2: receipt.enabled: wants true or false`},
		{"text for a list", "[review]\nself_approving = \"drill\"\n" + box, `k.toml:2: review.self_approving: wants a list of texts, ["like", "this"]`},
		{"value for a table", "log = \"info\"\n" + box, `k.toml:1: log: wants to be a table, [like.this]`},
		{"number for a duration", "[sanitize]\nwall_time = 30\n" + box, `k.toml:2: sanitize.wall_time: wants text in quotes`},
		{"bad duration", "[sanitize]\nwall_time = \"90 sec\"\n" + box, `k.toml:2: sanitize.wall_time: "90 sec" is no duration; write it as "30s", "5m" or "72h"`},
		{"duration below nothing", "[delivery]\ngive_up = \"-1h\"\n" + box, `k.toml:2: delivery.give_up: must be longer than nothing`},
		{"bad size", "[sanitize]\nmemory = \"1 gig\"\n" + box, `k.toml:2: sanitize.memory: "1 gig" is no size; write it as "64KiB", "25MiB" or "1GiB"`},
		{"size below nothing", "[sanitize]\nmemory = -5\n" + box, `k.toml:2: sanitize.memory: "-5" is no size; write it as "64KiB", "25MiB" or "1GiB"`},
		{"size out of bounds", "[ingest]\nmax_message_bytes = \"2GiB\"\n" + box, `k.toml:2: ingest.max_message_bytes: must lie between 64KiB and 1GiB`},
		{"number below nothing", "[delivery]\nworkers = -1\n" + box, `k.toml:2: delivery.workers: must be a number from 1 to 10000`},
		{"retries out of order", "[delivery]\nfirst_retry = \"5h\"\n" + box, `k.toml:1: delivery.max_retry: must not be shorter than delivery.first_retry`},
		{"bad address", "[hub]\naddress = \"Report <report@hub.example>\"\n" + box, `k.toml:2: hub.address: "Report <report@hub.example>" is no mail address of the plain form name@domain`},
		{"bad time zone", "[hub]\ntime_zone = \"Tokyo\"\n" + box, `k.toml:2: hub.time_zone: "Tokyo" is no time zone; write it as "Asia/Tokyo"`},
		{"bad serial prefix", "[hub]\nserial_prefix = \"C4 TAP\"\n" + box, `k.toml:2: hub.serial_prefix: must be 1 to 16 letters or digits`},
		{"name of two lines", "[hub]\nname = \"a\\nb\"\n" + box, `k.toml:2: hub.name: must be a single line`},
		{"unknown kind", "[review]\nself_approving = [\"targetted-mail\"]\n" + box, `k.toml:2: review.self_approving: "targetted-mail" is not one of targeted-mail, early-warning, alert, content, drill`},
		{"unknown label", "[review]\ndefault_tlp = \"AMBER\"\n" + box, `k.toml:2: review.default_tlp: "AMBER" is not one of TLP:RED, TLP:AMBER+STRICT, TLP:AMBER, TLP:GREEN, TLP:CLEAR`},
		{"unknown log level", "[log]\nlevel = \"loud\"\n" + box, `k.toml:2: log.level: "loud" is not one of debug, info, warn, error`},
		{"unknown security", "[relay]\nsecurity = \"ssl\"\n" + box, `k.toml:2: relay.security: "ssl" is not one of tls, starttls, plain`},
		{"relay in clear", "[relay]\naddress = \"mx.hub.example:25\"\nsecurity = \"plain\"\n" + box, `k.toml:3: relay.security: "plain" is for loopback addresses only; use "tls" or "starttls"`},
		{"mailbox in clear", box + "security = \"plain\"\n", `k.toml:7: mailbox[0].security: "plain" is for loopback addresses only; use "tls" or "starttls"`},
		{"name that looks like loopback", "[relay]\naddress = \"127.0.0.1.hub.example:25\"\nsecurity = \"plain\"\n" + box, `k.toml:3: relay.security: "plain" is for loopback addresses only; use "tls" or "starttls"`},
		{"server without a port", "[relay]\naddress = \"mx.hub.example\"\n" + box, `k.toml:2: relay.address: "mx.hub.example" is no server; write it as "mail.example:993"`},
		{"port that is none", "[relay]\naddress = \"mx.hub.example:99999\"\n" + box, `k.toml:2: relay.address: "mx.hub.example:99999" is no server; write it as "mail.example:993"`},
		{"two secrets", box + "password_env = \"P\"\n", `k.toml:6: mailbox[0].password_file: set only one of password_file, password_env and token_command`},
		{"no secret", "[[mailbox]]\nname = \"a\"\naddress = \"imap.hub.example:993\"\nuser = \"u\"\n", `k.toml:1: mailbox[0].password_file: there is no password or token; set one of password_file, password_env and token_command`},
		{"secret for nobody", "[relay]\npassword_env = \"P\"\n" + box, `k.toml:1: relay.password_file: a password is set, but auth is "none"`},
		{"login as nobody", "[relay]\nauth = \"plain\"\npassword_env = \"P\"\n" + box, `k.toml:1: relay.user: relay.auth is "plain", and there is nobody to log in as`},
		{"two mailboxes of a name", box + box, `k.toml:9: mailbox[1].name: another mailbox has the same name`},
		{"two mailboxes without a name", strings.ReplaceAll(box+box, "name = \"reports\"\n", ""), "k.toml:2: mailbox[0].name: must be 1 to 31 lower-case letters, digits or hyphens\nk.toml:7: mailbox[1].name: must be 1 to 31 lower-case letters, digits or hyphens"},
		{"address and security of one server", "[relay]\naddress = \"mx.hub.example\"\nsecurity = \"ssl\"\n" + box, "k.toml:2: relay.address: \"mx.hub.example\" is no server; write it as \"mail.example:993\"\nk.toml:3: relay.security: \"ssl\" is not one of tls, starttls, plain"},
		{"mailbox that is looked at too often", box + "poll_interval = \"10ms\"\n", `k.toml:7: mailbox[0].poll_interval: must be at least 1s`},
		{"too little memory", "[sanitize]\nmemory = \"1MiB\"\n" + box, `k.toml:2: sanitize.memory: must be at least 128MiB`},
		{"name that is no domain", "[relay]\nhello = \"mx hub\"\n" + box, `k.toml:2: relay.hello: "mx hub" is no domain name`},
		{"link in a name", "[hub]\nname = \"https://hub.example\"\n" + box, `k.toml:2: hub.name: holds a link; nothing in a notice can be clicked, so the leak gate would hold every one`},
		{"no data folder", "[hub]\ndata = \"\"\n" + box, `k.toml:2: hub.data: names no folder`},
		{"no mailbox", "", `k.toml: mailbox: there is none; add a [[mailbox]] (see kairan help configuration)`},
		{"one folder for both", box + "processed = \"INBOX\"\n", `k.toml:7: mailbox[0].processed: folder and processed must name two different folders`},
		{"ledger of another make", "[ledger]\nurl = \"mysql://db.example/kairan\"\n" + box, `k.toml:2: ledger.url: is no PostgreSQL URL; write it as postgres://user@host/database`},
		{"password in the ledger's URL", "[ledger]\nurl = \"postgres://kairan:hunter2@db.example/kairan\"\n" + box, `k.toml:2: ledger.url: holds a password; put it into a pgpass file or the environment variable PGPASSWORD`},
		{"password in the ledger's query", "[ledger]\nurl = \"postgres://db.example/kairan?sslmode=verify-full&password=hunter2\"\n" + box, `k.toml:2: ledger.url: holds a password; put it into a pgpass file or the environment variable PGPASSWORD`},
		{"no NATS URL", "[nats]\nurl = \"nats.example:4222\"\n" + box, `k.toml:2: nats.url: is no NATS URL; write it as "tls://nats.example:4222"`},
		{"password in the NATS URL", "[nats]\nurl = \"tls://hub:hunter2@nats.example\"\n" + box, `k.toml:2: nats.url: holds a user or password; put them into a file and set nats.credentials_file`},
		{"certificate without its key", "[nats]\nurl = \"tls://nats.example\"\ncert_file = \"c.pem\"\n" + box, `k.toml:3: nats.cert_file: cert_file and key_file belong together; set both or none`},
		{"certificates for nobody", "[nats]\nca_file = \"ca.pem\"\n" + box, `k.toml:2: nats.ca_file: nats.url is empty, and the queue inside the process needs none`},
	} {
		_, err := Parse("k.toml", []byte(c.text))
		if err == nil {
			t.Errorf("%s: Parse took it; want %q", c.name, c.want)
		} else if err.Error() != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the message repeats a password", c.name)
		}
	}
}

// In clear is allowed where nobody can listen.
func TestPlainOnLoopback(t *testing.T) {
	for _, host := range []string{"localhost", "127.0.0.1", "127.8.9.10", "[::1]"} {
		text := strings.Replace(box, "imap.hub.example:993", host+":143", 1) + "security = \"plain\"\n[relay]\naddress = \"" + host + ":25\"\nsecurity = \"plain\"\n"
		if _, err := Parse("k.toml", []byte(text)); err != nil {
			t.Errorf("plain to %s: %v, want it allowed", host, err)
		}
	}
	for _, host := range []string{"192.0.2.1", "[2001:db8::1]", "localhost.example", "[::]", "0.0.0.0"} {
		text := "[relay]\naddress = \"" + host + ":25\"\nsecurity = \"plain\"\n" + box
		if _, err := Parse("k.toml", []byte(text)); err == nil || !strings.HasPrefix(err.Error(), "k.toml:3: relay.security: ") {
			t.Errorf("plain to %s: %v, want it refused", host, err)
		}
	}
}

// Mending one thing after another, with a start in between, is what nobody wants.
func TestAllIsToldAtOnce(t *testing.T) {
	text := `[relay]
adress = "mx.hub.example:25"
security = "ssl"

[delivery]
first_retry = "90 sec"
workers = -1

[review]
self_approving = ["one", "drill", "two"]
` + box + `security = "none"
`
	want := `k.toml:2: relay.adress: unknown key; did you mean relay.address?
k.toml:3: relay.security: "ssl" is not one of tls, starttls, plain
k.toml:6: delivery.first_retry: "90 sec" is no duration; write it as "30s", "5m" or "72h"
k.toml:7: delivery.workers: must be a number from 1 to 10000
k.toml:10: review.self_approving: "one" is not one of targeted-mail, early-warning, alert, content, drill
k.toml:10: review.self_approving: "two" is not one of targeted-mail, early-warning, alert, content, drill
k.toml:17: mailbox[0].security: "none" is not one of tls, starttls, plain`
	for range 20 { // the order must not depend on that of a map
		_, err := Parse("k.toml", []byte(text))
		var problems Problems
		if !errors.As(err, &problems) {
			t.Fatalf("Parse gave %T (%v), want Problems", err, err)
		}
		if err.Error() != want {
			t.Fatalf("got\n%v\nwant\n%s", err, want)
		}
	}
}

// A misspelt setting is not told of again as a missing one.
func TestMisspeltIsNotMissing(t *testing.T) {
	text := strings.Replace(box, "user =", "usr =", 1)
	_, err := Parse("k.toml", []byte(text))
	want := `k.toml:5: mailbox[0].usr: unknown key; did you mean mailbox[0].user?`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kairan.toml")
	if _, err := Load(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Load of no file: %v, want one that is os.ErrNotExist", err)
	}
	if err := os.WriteFile(path, []byte(box), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err != nil {
		t.Errorf("Load: %v", err)
	}
	if err := os.Truncate(path, maxConfig+1); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "larger than a configuration can be") {
		t.Errorf("Load of a file of %d bytes: %v, want that it is too large", maxConfig+1, err)
	}
}

func TestSize(t *testing.T) {
	for text, want := range map[string]Size{"0": 0, "7": 7, "64KiB": 64 << 10, "25 MiB": 25 << 20, "1GiB": 1 << 30} {
		var s Size
		if err := s.UnmarshalText([]byte(text)); err != nil || s != want {
			t.Errorf("Size of %q = %d, %v; want %d", text, s, err, want)
		}
	}
	for _, text := range []string{"", "KiB", "1kb", "-1", "1.5MiB", "9999999999GiB", "9223372036854775807GiB"} {
		var s Size
		if err := s.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("Size of %q = %d, want an error", text, s)
		}
	}
}

// FuzzParse: whatever is given, Parse ends without a panic, and what it returns
// without an error stands up to being checked again.
func FuzzParse(f *testing.F) {
	text, err := Files.ReadFile("kairan.toml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	for _, s := range []string{box, box + box, "", "[relay", "relay = {adress = 1}", "mailbox = [1, {}]", "[[mailbox]]\n[mailbox.x]", "a.b.c = 1", "\"\" = 1", "[review]\nself_approving = [[]]", "[[hub]]", "[nats]\nurl = \"%zz://\"", "\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse("k.toml", text)
		var problems Problems
		if err != nil {
			if !errors.As(err, &problems) || len(problems) == 0 {
				t.Fatalf("Parse gave %T (%v), want Problems", err, err)
			}
			lines := strings.Count(string(text), "\n") + 1
			for _, p := range problems {
				if p.Line < 0 || p.Line > lines || p.Message == "" {
					t.Errorf("problem %+v of a text with %d lines", p, lines)
				}
			}
			return
		}
		l := &loader{file: "k.toml"}
		if l.check(c); l.err() != nil {
			t.Errorf("Parse took what check refuses: %v", l.err())
		}
	})
}
