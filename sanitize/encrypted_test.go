package sanitize

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/ProtonMail/gopenpgp/v3/crypto"

	"kairan/sanitize/envelope"
)

// sealedFor encrypts text for a key that is made here, and returns both armoured.
func sealedFor(t *testing.T, text string) (message, privateKey string) {
	t.Helper()
	key, err := crypto.PGP().KeyGeneration().AddUserId("hub", "report@hub.example").New().GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	handle, err := crypto.PGP().Encryption().Recipient(key).New()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := handle.Encrypt([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if message, err = sealed.Armor(); err != nil {
		t.Fatal(err)
	}
	if privateKey, err = key.Armor(); err != nil {
		t.Fatal(err)
	}
	return message, privateKey
}

// A report that was encrypted to the hub is read like any other; to somebody
// else, it is held with that reason.
func TestEncryptedReports(t *testing.T) {
	report := reportWith("Taro <taro@member.example>", "Content-Type: message/rfc822\r\n\r\n"+suspicious)
	_, entity, _ := strings.Cut(report, "MIME-Version: 1.0\r\n")
	header := "From: Taro <taro@member.example>\r\nTo: report@hub.example\r\nSubject: report\r\nMIME-Version: 1.0\r\n"
	message, key := sealedFor(t, entity)
	_, other := sealedFor(t, "x")
	mime := header + "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=pgp\r\n\r\n--pgp\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n" +
		"--pgp\r\nContent-Type: application/octet-stream\r\n\r\n" + message + "\r\n--pgp--\r\n"
	inlineText, inlineKey := sealedFor(t, "Please look at this.\n\n-----Original Message-----\nFrom: Billing <billing@evil.example>\nSent: Monday, November 16, 2026 10:00 AM\nTo: taro@member.example\nSubject: Your invoice\n\nPay at https://pay.evil.example/now\n")
	inline := header + "Content-Type: text/plain\r\n\r\n" + inlineText
	for _, c := range []struct {
		name, report string
		keys         envelope.Keys
		opened       bool
	}{
		{"multipart/encrypted", mime, envelope.Keys{PGP: []string{other, key}}, true},
		{"multipart/encrypted, for somebody else", mime, envelope.Keys{PGP: []string{other}}, false},
		{"multipart/encrypted, without a key", mime, envelope.Keys{}, false},
		{"armour in the text", inline, envelope.Keys{PGP: []string{inlineKey}}, true},
		{"armour in the text, without a key", inline, envelope.Keys{}, false},
	} {
		r := Run([]byte(c.report), Policy{Keys: c.keys})
		sealed := slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Code == ProblemEncrypted })
		if c.opened {
			if len(r.Originals) != 1 || sealed {
				t.Errorf("%s: %d originals, problems %v; want one", c.name, len(r.Originals), r.Problems)
				continue
			}
			if !slices.ContainsFunc(r.Originals[0].Facts.Indicators, func(n Indicator) bool { return n.Value == "https://pay.evil.example/now" }) {
				t.Errorf("%s: the link is not found", c.name)
			}
		} else if len(r.Originals) != 0 || !sealed {
			t.Errorf("%s: %d originals, problems %v; want none, and that it is encrypted", c.name, len(r.Originals), r.Problems)
		}
	}
}

// An S/MIME body that cannot be read is told and costs nothing else.
func TestBrokenSMIME(t *testing.T) {
	raw := "From: taro@member.example\r\nMIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		base64.StdEncoding.EncodeToString([]byte("0\x80\x06\x09*\x86H\x86\xf7\r\x01\x07\x02 broken")) + "\r\n"
	r := Run([]byte(raw), Policy{})
	if !slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Code == ProblemMalformed }) {
		t.Errorf("problems are %v", r.Problems)
	}
}
