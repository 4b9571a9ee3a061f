package smtpx

import (
	"regexp"
	"strings"
)

// How relays tell under which name they took a message, most specific first. A
// relay's operator finds the message by it. In each, the first group is the name.
var queueIDs = []*regexp.Regexp{
	// Exchange: <id@host> [InternalId=28780099928084, Hostname=MB1.relay.example] Queued mail for delivery
	regexp.MustCompile(`\[InternalId=([0-9]+)[,\]]`),
	// Postfix: Ok: queued as 4Zk1Qw2vJzz9s. With a content filter that passes the
	// next server's reply on, it is the last that counts, hence the greedy start.
	regexp.MustCompile(`(?i)^.*\bqueued as ([0-9A-Za-z._-]+)`),
	// Exim: OK id=1tD3Gk-000000001Ab-2xYz
	regexp.MustCompile(`\bid=([0-9A-Za-z._-]+)`),
	// Haraka: Message Queued (5C0F2B6E-9E0D-4C54-9E0D-3C1F4E2A9B11.1)
	regexp.MustCompile(`(?i)\bmessage queued \(([0-9A-Za-z._-]+)\)`),
	// Sendmail: 4AN2Ik0x012345 Message accepted for delivery. OpenSMTPD: 1a2b3c4d Message accepted for delivery
	regexp.MustCompile(`(?i)^([0-9A-Za-z._-]+):? Message accepted for delivery`),
	// qmail: ok 1763862000 qp 12345
	regexp.MustCompile(`(?i)^ok:? ([0-9]+ qp [0-9]+)$`),
	// Gmail: OK  1763862000 d2e1a72fcca58-7c3ecf7d9b1si123456b3a.12 - gsmtp
	regexp.MustCompile(`^OK +[0-9]+ ([0-9A-Za-z._-]+) - gsmtp`),
}

// maxQueueID keeps a long word from being taken for a name.
const maxQueueID = 128

// queueID finds the relay's name for the message in its reply, which has no
// enhanced code any more. It returns "" when the reply tells none that we know.
func queueID(words string) string {
	words = strings.TrimSpace(oneLine(words))
	for _, re := range queueIDs {
		if m := re.FindStringSubmatch(words); m != nil {
			if id := strings.TrimRight(m[1], "."); len(id) <= maxQueueID {
				return id
			}
		}
	}
	return ""
}
