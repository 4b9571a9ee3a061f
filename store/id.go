package store

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"time"
)

// The ledger's identifiers. Each has a type of its own, so that a NoticeID
// given for a DeliveryID does not compile. They are safe to log and carry no
// meaning but the time at which they were made.
type (
	ReportID   string // "r" + 20 characters
	OriginalID string // "o" + 20 characters
	CaseID     string // "c" + 20 characters
	NoticeID   string // "n" + 20 characters
	DeliveryID string // "d" + 20 characters
	ContactID  string // as the operator's list of contacts names it
	MemberID   string // as the operator's list of members names it
	CeptoarID  string // as the roster names it: "bank", "water", …
	VaultID    string // "v" + 20 characters; names a sealed blob in the vault
)

// crockford is base32 without letters that a person misreads, in lower case.
var crockford = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// newID makes an identifier: the letter, eight characters of time (so that
// rows written together lie together) and twelve of chance.
func newID(letter string, now time.Time) string {
	var b [13]byte
	binary.BigEndian.PutUint64(b[:8], uint64(now.UnixMilli())<<24) // 40 bits; they wrap in 2039, which costs only locality
	_, _ = rand.Read(b[5:])                                        // never fails (crypto/rand)
	return letter + strings.ToLower(crockford.EncodeToString(b[:]))[:20]
}

// newNoticeID makes an identifier that is random throughout: contacts see it, and
// the time at which a draft was made is nearly that of the report.
func newNoticeID() NoticeID {
	var b [13]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return NoticeID("n" + strings.ToLower(crockford.EncodeToString(b[:]))[:20])
}

// NewVaultID makes the name of a blob that is about to be put into the vault.
func NewVaultID(now time.Time) VaultID { return VaultID(newID("v", now)) }

// newReceiptNumber makes the number that the reporter is told: eight random
// characters in two groups. It is no counter, because a counter would tell one
// reporter how many others there are.
func newReceiptNumber() string {
	var b [5]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	s := strings.ToUpper(crockford.EncodeToString(b[:]))
	return s[:4] + "-" + s[4:]
}
