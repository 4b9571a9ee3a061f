package envelope

import (
	"bytes"
	"compress/zlib"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smallstep/pkcs7"
)

// mail is the entity inside every message of these tests.
const mail = "Content-Type: text/plain\r\n\r\na report, decrypted\r\n"

// pair makes a certificate that was valid up to that time.
func pair(t testing.TB, key crypto.Signer, serial int64, until time.Time) (KeyPair, *x509.Certificate) {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial),
		Subject:      pkix.Name{CommonName: "hub.example"},
		NotBefore:    until.Add(-24 * time.Hour),
		NotAfter:     until,
		SubjectKeyId: []byte{1, 2, 3, byte(serial)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return KeyPair{
		CertPEM: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		KeyPEM:  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
	}, cert
}

func newRSA(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Far from any other: validity plays no part.
var expired = time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)

func sign(t testing.TB, content string, detached bool) []byte {
	t.Helper()
	key := newRSA(t)
	_, cert := pair(t, key, 1, expired)
	s, err := pkcs7.NewSignedData([]byte(content))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.AddSigner(cert, key, pkcs7.SignerInfoConfig{}); err != nil {
		t.Fatal(err)
	}
	if detached {
		s.Detach()
	}
	der, err := s.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// compress writes CompressedData (RFC 3274).
func compress(content []byte) []byte {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	_, _ = w.Write(content) // a buffer never fails
	_ = w.Close()
	info := derWrap(tagSequence, join(derWrap(tagOID, []byte(pkcs7Arc+"\x01")), derWrap(context|constructed, derWrap(tagOctetString, z.Bytes()))))
	data := derWrap(tagSequence, join([]byte{tagInteger, 1, 0}, derWrap(tagSequence, derWrap(tagOID, []byte(oidZlib))), info))
	return derWrap(tagSequence, join(derWrap(tagOID, []byte(oidCompressed)), derWrap(context|constructed, data)))
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// openssl are the keys of testdata; both PEM blocks stand in one file.
func openssl(t testing.TB) Keys {
	t.Helper()
	var k Keys
	for _, name := range []string{"rsa.pem", "ec.pem"} {
		text := string(testdata(t, name))
		k.SMIME = append(k.SMIME, KeyPair{text, text})
	}
	if err := k.Check(); err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSignedContent(t *testing.T) {
	der := sign(t, mail, false)
	for _, c := range []struct {
		name string
		in   []byte
		want string
		err  error
	}{
		{"DER", der, mail, nil},
		{"PEM", pem.EncodeToMemory(&pem.Block{Type: "PKCS7", Bytes: der}), mail, nil},
		{"base64", []byte(base64.StdEncoding.EncodeToString(der)), mail, nil},
		{"trailing bytes", append(bytes.Clone(der), 0, 0, 0), mail, nil},
		{"BER in pieces", testdata(t, "signed-stream.p7m"), openssl3, nil},
		{"detached", sign(t, mail, true), "", ErrDetached},
		{"encrypted", testdata(t, "rsa-gcm.p7m"), "", ErrEncrypted},
		{"compressed", compress([]byte(mail)), mail, nil},
		{"empty", nil, "", ErrBroken},
		{"text", []byte("hello, world"), "", ErrBroken},
		{"another structure", []byte{0x30, 3, 2, 1, 0}, "", ErrBroken},
	} {
		got, err := SignedContent(c.in)
		if string(got) != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: SignedContent = %q, %v; want %q, %v", c.name, got, err, c.want, c.err)
		}
	}
}

// What OpenSSL signed and encrypted.
const openssl3 = "Content-Type: text/plain\r\n\r\nhello from openssl\r\n"

func TestSignedContentTruncated(t *testing.T) {
	for name, der := range map[string][]byte{"DER": sign(t, mail, false), "BER": testdata(t, "signed-stream.p7m"), "compressed": compress([]byte(mail))} {
		whole, err := SignedContent(der)
		if err != nil {
			t.Fatal(err)
		}
		before := 0
		for n := range der {
			got, err := SignedContent(der[:n])
			if !bytes.HasPrefix(whole, got) || len(got) < before || err == nil && len(got) < len(whole) {
				t.Fatalf("%s: SignedContent of the first %d bytes = %q, %v; want a beginning of %q and no less than of fewer bytes", name, n, got, err, whole)
			}
			before = len(got)
		}
		if before != len(whole) {
			t.Errorf("%s: without its last byte SignedContent gives %d bytes, want all %d", name, before, len(whole))
		}
	}
}

func TestSignedContentBomb(t *testing.T) {
	bomb := compress(make([]byte, 50<<20))
	got, err := SignedContent(bomb)
	if !errors.Is(err, ErrLimit) || len(got) > maxRatio*len(bomb) {
		t.Errorf("SignedContent of a bomb of %d bytes = %d bytes, %v; want ErrLimit", len(bomb), len(got), err)
	}
	small := bytes.Repeat([]byte("a"), minInflated)
	if got, err := SignedContent(compress(small)); err != nil || !bytes.Equal(got, small) {
		t.Errorf("SignedContent of compressed %d bytes = %d bytes, %v", len(small), len(got), err)
	}
}

// Nesting costs no stack, wherever it stands.
func TestNesting(t *testing.T) {
	deep := bytes.Repeat([]byte{0x30, 0x80}, 2_000_000)
	strings := bytes.Repeat([]byte{0x24, 0x80}, 2_000_000)
	oid := derWrap(tagOID, []byte(oidSigned))
	for name, in := range map[string][]byte{
		"everywhere":          deep,
		"in the content":      join([]byte{0x30, 0x80}, oid, []byte{0xa0, 0x80}, deep),
		"in the digests":      join([]byte{0x30, 0x80}, oid, []byte{0xa0, 0x80, 0x30, 0x80, 2, 1, 1, 0x31, 0x80}, deep),
		"in the octet string": join([]byte{0x30, 0x80}, oid, []byte{0xa0, 0x80, 0x30, 0x80, 2, 1, 1, 0x31, 0, 0x30, 0x80}, derWrap(tagOID, []byte(pkcs7Arc+"\x01")), []byte{0xa0, 0x80}, strings),
	} {
		if got, err := SignedContent(in); !errors.Is(err, ErrBroken) {
			t.Errorf("nested %s: SignedContent = %d bytes, %v; want ErrBroken", name, len(got), err)
		}
		if got, err := openssl(t).DecryptSMIME(in, 1000); !errors.Is(err, ErrBroken) {
			t.Errorf("nested %s: DecryptSMIME = %d bytes, %v; want ErrBroken", name, len(got), err)
		}
	}
}

func encrypt(t testing.TB, content string, algorithm int, to ...*x509.Certificate) []byte {
	t.Helper()
	pkcs7.ContentEncryptionAlgorithm = algorithm
	der, err := pkcs7.Encrypt([]byte(content), to)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestDecryptSMIME(t *testing.T) {
	ours, cert := pair(t, newRSA(t), 7, expired)
	theirs, other := pair(t, newRSA(t), 8, expired)
	k := Keys{SMIME: []KeyPair{{"no certificate", "no key"}, theirs, ours}}
	for name, algorithm := range map[string]int{
		"AES-128-CBC": pkcs7.EncryptionAlgorithmAES128CBC, "AES-256-CBC": pkcs7.EncryptionAlgorithmAES256CBC,
		"AES-128-GCM": pkcs7.EncryptionAlgorithmAES128GCM, "AES-256-GCM": pkcs7.EncryptionAlgorithmAES256GCM,
	} {
		der := encrypt(t, mail, algorithm, other, cert)
		if got, err := k.DecryptSMIME(der, 1000); string(got) != mail || err != nil {
			t.Errorf("%s: DecryptSMIME = %q, %v; want %q", name, got, err, mail)
		}
		if got, err := k.DecryptSMIME(der, 10); string(got) != mail[:10] || !errors.Is(err, ErrLimit) {
			t.Errorf("%s: DecryptSMIME with a limit of 10 = %q, %v; want %q, ErrLimit", name, got, err, mail[:10])
		}
		third, _ := pair(t, newRSA(t), 9, expired)
		for _, none := range []Keys{{}, {SMIME: []KeyPair{third}}} {
			if got, err := none.DecryptSMIME(der, 1000); got != nil || !errors.Is(err, ErrNoKey) {
				t.Errorf("%s: DecryptSMIME without our key = %q, %v; want ErrNoKey", name, got, err)
			}
		}
		wrong, _ := pair(t, newRSA(t), 7, expired) // names the certificate, but is not it
		if got, err := (Keys{SMIME: []KeyPair{wrong}}).DecryptSMIME(der, 1000); got != nil || !errors.Is(err, ErrBroken) {
			t.Errorf("%s: DecryptSMIME with another key of our name = %q, %v; want ErrBroken", name, got, err)
		}
		for n := range der {
			got, err := k.DecryptSMIME(der[:n], 1000)
			if err == nil || len(got) > 0 && !strings.HasPrefix(mail, string(got[:min(len(got), 32)])) {
				t.Fatalf("%s: DecryptSMIME of the first %d bytes = %q, %v; want at most a beginning and an error", name, n, got, err)
			}
		}
	}
}

func TestDecryptSMIMEOpenSSL(t *testing.T) {
	k := openssl(t)
	for _, name := range []string{"rsa-gcm", "rsa-oaep256", "rsa-stream", "ec-aes128", "ec-sha256", "ec-keyid"} {
		got, err := k.DecryptSMIME(testdata(t, name+".p7m"), 1000)
		if string(got) != openssl3 || err != nil {
			t.Errorf("%s: DecryptSMIME = %q, %v; want %q", name, got, err, openssl3)
		}
	}
	if got, err := k.DecryptSMIME(testdata(t, "signed-stream.p7m"), 1000); got != nil || !errors.Is(err, ErrBroken) {
		t.Errorf("DecryptSMIME of signed data = %q, %v; want ErrBroken", got, err)
	}
	gcm := testdata(t, "rsa-gcm.p7m")
	gcm[len(gcm)-1] ^= 1
	if got, err := k.DecryptSMIME(gcm, 1000); got != nil || !errors.Is(err, ErrBroken) {
		t.Errorf("DecryptSMIME of changed AES-GCM = %q, %v; want ErrBroken and nothing", got, err)
	}
}

// agree writes EnvelopedData for one recipient by ECDH (RFC 5753, RFC 8418), in
// AES-128-CBC with a key that is wrapped in AES-128.
func agree(t testing.TB, cert *x509.Certificate, public *ecdh.PublicKey, scheme string, material []byte) []byte {
	t.Helper()
	ephemeral, err := public.Curve().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := ephemeral.ECDH(public)
	if err != nil {
		t.Fatal(err)
	}
	wrap := derWrap(tagSequence, derWrap(tagOID, []byte(aesArc+"\x05")))
	var ukm, shared []byte
	if material != nil {
		ukm = derWrap(context|constructed|1, derWrap(tagOctetString, material))
		shared = derWrap(context|constructed, derWrap(tagOctetString, material))
	}
	info := derWrap(tagSequence, join(wrap, shared, derWrap(context|constructed|2, derWrap(tagOctetString, []byte{0, 0, 0, 128}))))
	kek := derive(t, agreements[scheme], secret, material, info)
	key := bytes.Repeat([]byte{9}, 16)
	rid := derWrap(tagSequence, join(cert.RawIssuer, derWrap(tagInteger, cert.SerialNumber.Bytes())))
	point := derWrap(tagBitString, append([]byte{0}, ephemeral.PublicKey().Bytes()...))
	info2 := derWrap(context|constructed|1, join(
		[]byte{tagInteger, 1, 3},
		derWrap(context|constructed, derWrap(context|constructed|1, join(derWrap(tagSequence, derWrap(tagOID, []byte{1})), point))),
		ukm,
		derWrap(tagSequence, join(derWrap(tagOID, []byte(scheme)), wrap)),
		derWrap(tagSequence, derWrap(tagSequence, join(rid, derWrap(tagOctetString, wrapAES(t, kek, key))))),
	))
	return envelop(t, info2, key)
}

func TestDecryptSMIMEAgreement(t *testing.T) {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	nist, cert := pair(t, p384, 3, expired)
	public, err := p384.PublicKey.ECDH()
	if err != nil {
		t.Fatal(err)
	}
	x, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	xKey, err := x509.MarshalPKCS8PrivateKey(x)
	if err != nil {
		t.Fatal(err)
	}
	x25519 := KeyPair{nist.CertPEM, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: xKey}))}
	for scheme := range agreements {
		for _, material := range [][]byte{nil, []byte("material")} {
			name := fmt.Sprintf("scheme %x with material %q", scheme, material)
			if got, err := (Keys{SMIME: []KeyPair{nist}}).DecryptSMIME(agree(t, cert, public, scheme, material), 1000); string(got) != mail || err != nil {
				t.Errorf("P-384, %s: DecryptSMIME = %q, %v; want %q", name, got, err, mail)
			}
			if got, err := (Keys{SMIME: []KeyPair{x25519}}).DecryptSMIME(agree(t, cert, x.PublicKey(), scheme, material), 1000); string(got) != mail || err != nil {
				t.Errorf("X25519, %s: DecryptSMIME = %q, %v; want %q", name, got, err, mail)
			}
		}
	}
	if got, err := (Keys{SMIME: []KeyPair{nist}}).DecryptSMIME(agree(t, cert, x.PublicKey(), oidOfSHA256, nil), 1000); got != nil || !errors.Is(err, ErrBroken) {
		t.Errorf("DecryptSMIME of a point of another curve = %q, %v; want ErrBroken", got, err)
	}
}

const oidOfSHA256 = "\x2b\x81\x04\x01\x0b\x01"

// A message that names us a thousand times does not cost a thousand private-key
// operations.
func TestDecryptSMIMEManyRecipients(t *testing.T) {
	ours, cert := pair(t, newRSA(t), 7, expired)
	rid := derWrap(tagSequence, join(cert.RawIssuer, []byte{tagInteger, 1, 7}))
	one := derWrap(tagSequence, join([]byte{tagInteger, 1, 0}, rid, derWrap(tagSequence, derWrap(tagOID, []byte(oidRSA))), derWrap(tagOctetString, make([]byte, 256))))
	in := envelop(t, bytes.Repeat(one, 1000), make([]byte, 16))
	if got, err := (Keys{SMIME: []KeyPair{ours}}).DecryptSMIME(in, 1000); got != nil || !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), "more than 20 times") {
		t.Errorf("DecryptSMIME = %q, %v; want it given up", got, err)
	}
}

func TestKeysSecret(t *testing.T) {
	ours, _ := pair(t, newRSA(t), 7, expired)
	k := Keys{PGP: []string{"secret"}, Passphrase: "secret", SMIME: []KeyPair{ours}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if s := fmt.Sprintf(verb, k) + fmt.Sprintf(verb, k.SMIME); strings.Contains(s, "secret") || strings.Contains(s, "PRIVATE") {
			t.Errorf("Sprintf(%q) of Keys = %q; it holds a secret", verb, s)
		}
	}
	err := Keys{PGP: []string{"secret"}, SMIME: []KeyPair{ours, {ours.CertPEM, "secret"}, {"secret", ours.KeyPEM}}}.Check()
	if !errors.Is(err, ErrBadKey) || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "OpenPGP key 1") || !strings.Contains(err.Error(), "S/MIME key 3") || strings.Contains(err.Error(), "S/MIME key 1") {
		t.Errorf("Check = %v; want ErrBadKey of OpenPGP key 1 and S/MIME keys 2 and 3, without secrets", err)
	}
}
