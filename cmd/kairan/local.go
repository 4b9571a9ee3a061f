package main

import (
	"fmt"
	"strconv"

	"kairan/ingest/imapx"
)

// The report mailbox of the demo, on loopback and in memory.
const (
	mailboxUser     = "report@hub.example"
	mailboxPassword = "for-the-demo-only"
)

// newMemoryMailbox is go-imap's own memory server with the report mailbox.
func newMemoryMailbox() *imapx.MemoryServer {
	return &imapx.MemoryServer{User: mailboxUser, Password: mailboxPassword}
}

// localConfig is the configuration of a hub whose mailbox and relay are on
// loopback: everything else is the default. Its kinds approve themselves, and it
// tries again sooner than one would among strangers.
func localConfig(data, imap, smtp, passwordFile string) string {
	return fmt.Sprintf(`[hub]
data = %s

[[mailbox]]
name = "reports"
address = %s
security = "plain"
user = %s
password_file = %s
poll_interval = "1s"

[ingest]
authserv_id = "mx.hub.example"

[review]
self_approving = ["targeted-mail"]

[relay]
address = %s
security = "plain"

[delivery]
workers = 8
first_retry = "1s"
`, strconv.Quote(data), strconv.Quote(imap), strconv.Quote(mailboxUser), strconv.Quote(passwordFile), strconv.Quote(smtp))
}
