package envelope

import (
	"bytes"
	"compress/flate"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/gopenpgp/v3/crypto"
	"github.com/ProtonMail/gopenpgp/v3/profile"
)

func newPGP(t testing.TB, p *profile.Custom, made time.Time, life int32) *crypto.Key {
	t.Helper()
	key, err := crypto.PGPWithProfile(p).KeyGeneration().AddUserId("hub", "hub@hub.example").GenerationTime(made.Unix()).Lifetime(life).New().GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func armored(t testing.TB, key *crypto.Key) string {
	t.Helper()
	text, err := key.Armor()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func encryptPGP(t testing.TB, p *profile.Custom, content string, to ...*crypto.Key) (binary, text []byte) {
	t.Helper()
	ring, err := crypto.NewKeyRing(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range to {
		if err := ring.AddKey(key); err != nil {
			t.Fatal(err)
		}
	}
	// The time of the encryption is when the first key was valid.
	handle, err := crypto.PGPWithProfile(p).Encryption().Recipients(ring).SigningKey(to[0]).EncryptionTime(to[0].GetEntity().PrimaryKey.CreationTime.Unix() + 1).SignTime(to[0].GetEntity().PrimaryKey.CreationTime.Unix() + 1).Compress().New()
	if err != nil {
		t.Fatal(err)
	}
	message, err := handle.Encrypt([]byte(content))
	if err != nil {
		t.Fatal(err)
	}
	armour, err := message.ArmorBytes()
	if err != nil {
		t.Fatal(err)
	}
	return message.Bytes(), armour
}

func TestDecryptPGP(t *testing.T) {
	for name, p := range map[string]*profile.Custom{"default": profile.Default(), "RFC 4880": profile.RFC4880(), "RFC 9580": profile.RFC9580()} {
		// A day's life, long ago.
		key := newPGP(t, p, expired, 86400)
		other := newPGP(t, p, expired, 0)
		binary, text := encryptPGP(t, p, mail, other, key)
		k := Keys{PGP: []string{"no key", armored(t, key)}}
		for form, in := range map[string][]byte{
			"binary":       binary,
			"armour":       text,
			"CR LF":        bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")),
			"inline":       join([]byte("Dear hub,\n\n"), text, []byte("\n-- \nX\n")),
			"with headers": bytes.Replace(text, []byte("\n\n"), []byte("\nVersion: x\nComment: y\n\n"), 1),
			"indented":     bytes.ReplaceAll(text, []byte("\n"), []byte("\n ")),
		} {
			if got, err := k.DecryptPGP(in, 1000); string(got) != mail || err != nil {
				t.Errorf("%s, %s: DecryptPGP = %q, %v; want %q", name, form, got, err, mail)
			}
			if !IsPGPMessage(in) {
				t.Errorf("%s, %s: IsPGPMessage = false", name, form)
			}
		}
		if got, err := k.DecryptPGP(text, 10); string(got) != mail[:10] || !errors.Is(err, ErrLimit) {
			t.Errorf("%s: DecryptPGP with a limit of 10 = %q, %v; want %q, ErrLimit", name, got, err, mail[:10])
		}
		third := newPGP(t, p, expired, 0)
		for _, none := range []Keys{{}, {PGP: []string{armored(t, third)}}} {
			if got, err := none.DecryptPGP(text, 1000); got != nil || !errors.Is(err, ErrNoKey) {
				t.Errorf("%s: DecryptPGP without our key = %q, %v; want ErrNoKey", name, got, err)
			}
		}
		for n := 0; n < len(binary); n += 1 + len(binary)/60 {
			got, err := k.DecryptPGP(binary[:n], 1000)
			if err == nil || !strings.HasPrefix(mail, string(got)) {
				t.Fatalf("%s: DecryptPGP of the first %d bytes = %q, %v; want at most a beginning and an error", name, n, got, err)
			}
		}
		changed := bytes.Clone(binary)
		changed[len(changed)-5] ^= 1
		if _, err := k.DecryptPGP(changed, 1000); !errors.Is(err, ErrBroken) {
			t.Errorf("%s: DecryptPGP of a changed message: %v; want ErrBroken", name, err)
		}
	}
}

func TestDecryptPGPLocked(t *testing.T) {
	key := newPGP(t, profile.Default(), expired, 0)
	_, text := encryptPGP(t, profile.Default(), mail, key)
	locked, err := crypto.PGP().LockKey(key, []byte("open sesame"))
	if err != nil {
		t.Fatal(err)
	}
	k := Keys{PGP: []string{armored(t, locked)}, Passphrase: "open sesame"}
	if got, err := k.DecryptPGP(text, 1000); string(got) != mail || err != nil || k.Check() != nil {
		t.Errorf("DecryptPGP with a locked key = %q, %v, Check = %v; want %q", got, err, k.Check(), mail)
	}
	k.Passphrase = "wrong"
	if got, err := k.DecryptPGP(text, 1000); got != nil || !errors.Is(err, ErrNoKey) || !errors.Is(k.Check(), ErrBadKey) {
		t.Errorf("DecryptPGP with a wrong passphrase = %q, %v, Check = %v; want ErrNoKey and ErrBadKey", got, err, k.Check())
	}
}

// packets, written by hand (RFC 9580 §4.2, §5)

func pgpPacket(tag byte, body []byte) []byte {
	n := len(body)
	return join([]byte{0xc0 | tag, 255, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, body)
}

func pgpLiteral(content []byte) []byte {
	return pgpPacket(11, join([]byte{'b', 0, 0, 0, 0, 0}, content))
}

func pgpCompressed(body []byte) []byte {
	var z bytes.Buffer
	z.WriteByte(1)
	w, err := flate.NewWriter(&z, flate.BestCompression)
	if err != nil {
		panic(err) // the level is valid
	}
	_, _ = w.Write(body) // a buffer never fails
	_ = w.Close()
	return pgpPacket(8, z.Bytes())
}

var onePass = pgpPacket(4, []byte{3, 0, 8, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0})

func TestDecryptPGPPlain(t *testing.T) {
	many := pgpLiteral([]byte(mail))
	for range maxCompressed + 1 {
		many = pgpCompressed(many)
	}
	for _, c := range []struct {
		name string
		in   []byte
		want string
		err  error
	}{
		{"literal", pgpLiteral([]byte(mail)), mail, nil},
		{"compressed", pgpCompressed(pgpLiteral([]byte(mail))), mail, nil},
		{"signed", join(onePass, pgpLiteral([]byte(mail))), mail, nil},
		{"bomb", pgpCompressed(pgpLiteral(make([]byte, 50<<20))), strings.Repeat("\x00", 1000), ErrLimit},
		{"bomb of signatures", pgpCompressed(bytes.Repeat(onePass, 2_000_000)), "", ErrBroken},
		{"bomb of padding", pgpCompressed(join(pgpPacket(21, make([]byte, 50<<20)), pgpLiteral([]byte(mail)))), "", ErrBroken},
		{"compressed too often", many, "", ErrBroken},
		{"key packets without end", bytes.Repeat(pgpPacket(1, join([]byte{3}, make([]byte, 8), []byte{1, 0, 8, 1})), 10_000), "", ErrBroken},
		{"empty", nil, "", ErrBroken},
		{"text", []byte("hello, world"), "", ErrBroken},
		{"armour alone", []byte("-----BEGIN PGP MESSAGE-----"), "", ErrBroken},
	} {
		got, err := Keys{}.DecryptPGP(c.in, 1000)
		if string(got) != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: DecryptPGP = %.50q (%d bytes), %v; want %.50q, %v", c.name, got, len(got), err, c.want, c.err)
		}
	}
}

// A message that names us a thousand times does not cost a thousand private-key
// operations.
func TestDecryptPGPManyRecipients(t *testing.T) {
	key := newPGP(t, profile.RFC4880(), expired, 0)
	binary, _ := encryptPGP(t, profile.RFC4880(), mail, key)
	// A key packet for anybody (key identifier 0) that holds nothing of use.
	anybody := pgpPacket(1, join([]byte{3}, make([]byte, 8), []byte{1, 0, 8, 1}))
	in := join(bytes.Repeat(anybody, 100), binary)
	got, err := Keys{PGP: []string{armored(t, key)}}.DecryptPGP(in, 1000)
	if got != nil || !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), "more than 20 times") {
		t.Errorf("DecryptPGP = %q, %v; want it given up", got, err)
	}
	in = join(bytes.Repeat(anybody, 5), binary)
	if got, err := (Keys{PGP: []string{armored(t, key)}}).DecryptPGP(in, 1000); string(got) != mail || err != nil {
		t.Errorf("DecryptPGP behind five others = %q, %v; want %q", got, err, mail)
	}
}

func TestIsPGPMessage(t *testing.T) {
	for in, want := range map[string]bool{
		"-----BEGIN PGP MESSAGE-----\n": true, "text\n-----BEGIN PGP MESSAGE-----\n": true,
		"": false, "text": false, "-----BEGIN PGP SIGNATURE-----": false, "\x84": false, "\x84\x01\x03": false, "\xc1\x80\x03": false,
		"\xc1\x01\x03\xd2": true, "\x84\x01\x03\xd2": true, "\x85\x00\x01\x03\xd2": true, "\xc1\x01\x09\xd2": false, "\x89PNG\r\n\x1a\n": false, "\xff\xd8\xff\xe0": false,
	} {
		if got := IsPGPMessage([]byte(in)); got != want {
			t.Errorf("IsPGPMessage(%q) = %v, want %v", in, got, want)
		}
	}
}
