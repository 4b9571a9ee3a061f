package configs

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// mailboxDefaults are what a [[mailbox]] need not say.
func mailboxDefaults() Mailbox {
	return Mailbox{Security: "tls", Auth: "password", Folder: "INBOX", Processed: "Processed", PollInterval: Duration(30 * time.Second)}
}

// check finds what is wrong with settings that each for itself could be read.
func (l *loader) check(c Config) {
	l.checkHub(c.Hub)
	l.checkLedger(c.Ledger)
	if len(c.Mailboxes) == 0 {
		l.problem("mailbox", "there is none; add a [[mailbox]] (see kairan help configuration)")
	}
	names := map[string]bool{}
	for i, m := range c.Mailboxes {
		key := fmt.Sprintf("mailbox[%d]", i)
		l.checkMailbox(key, m)
		if m.Name != "" && names[m.Name] {
			l.problem(key+".name", "another mailbox has the same name")
		}
		names[m.Name] = true
	}
	l.checkRelay(c.Relay)

	for _, k := range c.Review.SelfApproving {
		l.oneOf("review.self_approving", k, "targeted-mail", "early-warning", "alert", "content", "drill")
	}
	l.oneOf("review.default_tlp", c.Review.DefaultTLP, "TLP:RED", "TLP:AMBER+STRICT", "TLP:AMBER", "TLP:GREEN", "TLP:CLEAR")
	for key, d := range map[string]Duration{"retention.originals": c.Retention.Originals, "retention.facts": c.Retention.Facts} {
		if d < 0 || d > 0 && d < Duration(24*time.Hour) {
			l.problem(key, "it must be 0s, for ever, or at least 24h")
		}
	}
	if c.Retention.Facts > 0 && (c.Retention.Originals == 0 || c.Retention.Facts < c.Retention.Originals) {
		l.problem("retention.facts", "facts cannot be forgotten before the originals are")
	}
	if c.Review.KAnonymity < 1 || c.Review.KAnonymity > 1000 {
		l.problem("review.k_anonymity", "it must be from 1 to 1000")
	}
	l.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	l.oneOf("log.format", c.Log.Format, "text", "json")

	for key, d := range map[string]Duration{
		"ingest.retry_first": c.Ingest.RetryFirst, "ingest.retry_max": c.Ingest.RetryMax,
		"sanitize.wall_time": c.Sanitize.WallTime, "sanitize.processor_time": c.Sanitize.ProcessorTime, "sanitize.time_grain": c.Sanitize.TimeGrain,
		"relay.connect_timeout": c.Relay.ConnectTimeout, "relay.command_timeout": c.Relay.CommandTimeout, "relay.dot_timeout": c.Relay.DotTimeout,
		"delivery.first_retry": c.Delivery.FirstRetry, "delivery.max_retry": c.Delivery.MaxRetry,
		"delivery.give_up": c.Delivery.GiveUp, "delivery.sending_timeout": c.Delivery.SendingTimeout,
	} {
		if d <= 0 {
			l.problem(key, "must be longer than nothing")
		}
	}
	l.ordered("ingest.retry_max", "ingest.retry_first", c.Ingest.RetryFirst, c.Ingest.RetryMax)
	l.ordered("delivery.max_retry", "delivery.first_retry", c.Delivery.FirstRetry, c.Delivery.MaxRetry)
	for key, n := range map[string]int{
		"relay.max_connections": c.Relay.MaxConnections, "relay.max_per_connection": c.Relay.MaxPerConnection,
		"delivery.workers": c.Delivery.Workers, "delivery.window": c.Delivery.Window,
	} {
		if n < 1 || n > 10_000 {
			l.problem(key, "must be a number from 1 to 10000")
		}
	}
	if c.Ingest.MaxMessageBytes < 64<<10 || c.Ingest.MaxMessageBytes > 1<<30 {
		l.problem("ingest.max_message_bytes", "must lie between 64KiB and 1GiB")
	}
	if c.Sanitize.Memory < 128<<20 {
		l.problem("sanitize.memory", "must be at least 128MiB")
	}
	l.checkNATS(c.NATS)
}

// checkNATS checks where the queue is. TLS is no setting: the connection always
// has it, but to this machine.
func (l *loader) checkNATS(n NATS) {
	if (n.CertFile == "") != (n.KeyFile == "") {
		l.problem("nats.cert_file", "cert_file and key_file belong together; set both or none")
	}
	if n.URL == "" {
		for key, v := range map[string]string{"nats.credentials_file": n.CredentialsFile, "nats.ca_file": n.CAFile, "nats.cert_file": n.CertFile} {
			if v != "" {
				l.problem(key, "nats.url is empty, and the queue inside the process needs none")
			}
		}
		return
	}
	for one := range strings.SplitSeq(n.URL, ",") { // a cluster's servers
		u, err := url.Parse(strings.TrimSpace(one))
		switch {
		case err != nil || u.Hostname() == "" || u.Scheme != "tls" && u.Scheme != "nats":
			// What was given is not repeated: it may hold a password.
			l.problem("nats.url", "is no NATS URL; write it as \"tls://nats.example:4222\"")
		case u.User != nil:
			l.problem("nats.url", "holds a user or password; put them into a file and set nats.credentials_file")
		}
	}
}

func (l *loader) checkHub(h Hub) {
	for key, a := range map[string]string{"hub.address": h.Address, "hub.notice_from": h.NoticeFrom} {
		if !validAddress(a) {
			l.problem(key, "%q is no mail address of the plain form name@domain", a)
		}
	}
	if h.ReplyTo != "" && !validAddress(h.ReplyTo) {
		l.problem("hub.reply_to", "%q is no mail address of the plain form name@domain", h.ReplyTo)
	}
	for key, d := range map[string]string{"hub.list_id": h.ListID, "hub.message_id_domain": h.MessageIDDomain} {
		if !validDomain(d) {
			l.problem(key, "%q is no domain name", d)
		}
	}
	for key, s := range map[string]string{"hub.name": h.Name, "hub.name_en": h.NameEN, "hub.contact_line": h.ContactLine} {
		if strings.ContainsAny(s, "\r\n") {
			l.problem(key, "must be a single line")
		}
		if lower := strings.ToLower(s); strings.Contains(lower, "://") || strings.Contains(lower, "www.") {
			l.problem(key, "holds a link; nothing in a notice can be clicked, so the leak gate would hold every one")
		}
	}
	if _, err := time.LoadLocation(h.TimeZone); err != nil || h.TimeZone == "" {
		l.problem("hub.time_zone", "%q is no time zone; write it as \"Asia/Tokyo\"", h.TimeZone)
	}
	if !regexp.MustCompile(`^[A-Za-z0-9]{1,16}$`).MatchString(h.SerialPrefix) {
		l.problem("hub.serial_prefix", "must be 1 to 16 letters or digits")
	}
	if h.Data == "" {
		l.problem("hub.data", "names no folder")
	}
}

func (l *loader) checkLedger(s Ledger) {
	if s.URL == "" {
		return
	}
	u, err := url.Parse(s.URL)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") || u.Host == "" {
		l.problem("ledger.url", "is no PostgreSQL URL; write it as postgres://user@host/database")
		return
	}
	// The driver takes passwords from the query too.
	if _, has := u.User.Password(); has || u.Query().Has("password") || u.Query().Has("sslpassword") {
		l.problem("ledger.url", "holds a password; put it into a pgpass file or the environment variable PGPASSWORD")
	}
}

func (l *loader) checkMailbox(key string, m Mailbox) {
	if !regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,30}$`).MatchString(m.Name) {
		l.problem(key+".name", "must be 1 to 31 lower-case letters, digits or hyphens")
	}
	l.checkServer(key, m.Address, m.Security)
	l.oneOf(key+".auth", m.Auth, "password", "xoauth2", "oauthbearer")
	if m.User == "" {
		l.problem(key+".user", "names nobody")
	}
	l.checkSecret(key, m.Secret(), true)
	if m.Folder == "" || m.Processed == "" || m.Folder == m.Processed {
		l.problem(key+".processed", "folder and processed must name two different folders")
	}
	if m.PollInterval < Duration(time.Second) {
		l.problem(key+".poll_interval", "must be at least 1s")
	}
}

func (l *loader) checkRelay(r Relay) {
	l.checkServer("relay", r.Address, r.Security)
	l.oneOf("relay.auth", r.Auth, "none", "plain", "login", "xoauth2", "oauthbearer")
	if r.Auth != "none" && r.User == "" {
		l.problem("relay.user", "relay.auth is %q, and there is nobody to log in as", r.Auth)
	}
	l.checkSecret("relay", r.Secret(), r.Auth != "none")
	if r.Hello != "" && !validDomain(r.Hello) {
		l.problem("relay.hello", "%q is no domain name", r.Hello)
	}
}

// checkServer checks an address, and that nothing goes over a network in clear.
func (l *loader) checkServer(key, address, security string) {
	l.oneOf(key+".security", security, "tls", "starttls", "plain")
	host, port, err := net.SplitHostPort(address)
	if n, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || n == 0 || host == "" {
		l.problem(key+".address", "%q is no server; write it as \"mail.example:993\"", address)
		return
	}
	ip := net.ParseIP(host)
	if security == "plain" && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		l.problem(key+".security", "\"plain\" is for loopback addresses only; use \"tls\" or \"starttls\"")
	}
}

// checkSecret checks that a secret comes from exactly one place.
func (l *loader) checkSecret(key string, s Secret, needed bool) {
	n := 0
	for _, set := range []bool{s.File != "", s.Env != "", len(s.Command) > 0} {
		if set {
			n++
		}
	}
	switch {
	case n > 1:
		l.problem(key+".password_file", "set only one of password_file, password_env and token_command")
	case n == 0 && needed:
		l.problem(key+".password_file", "there is no password or token; set one of password_file, password_env and token_command")
	case n == 1 && !needed:
		l.problem(key+".password_file", "a password is set, but auth is \"none\"")
	}
}

func (l *loader) oneOf(key, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		l.problem(key, "%q is not one of %s", value, strings.Join(allowed, ", "))
	}
}

func (l *loader) ordered(longKey, shortKey string, short, long Duration) {
	if long < short {
		l.problem(longKey, "must not be shorter than %s", shortKey)
	}
}

var (
	domain = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)
	local  = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$")
)

func validDomain(s string) bool { return len(s) <= 253 && domain.MatchString(s) }

// validAddress is a dot-atom address in ASCII (RFC 5321 §4.1.2 without quoted
// strings and literals), which is all that the hub ever writes to.
func validAddress(s string) bool {
	name, host, ok := strings.Cut(s, "@")
	return ok && len(s) <= 254 && len(name) <= 64 && local.MatchString(name) && strings.Contains(host, ".") && validDomain(host)
}
