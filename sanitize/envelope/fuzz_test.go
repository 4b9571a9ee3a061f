package envelope

import (
	"errors"
	"testing"
)

// wraps is true for an error that says what it is, and for none.
func wraps(err error) bool {
	for _, known := range []error{nil, ErrBroken, ErrLimit, ErrNoKey, ErrDetached, ErrEncrypted} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

func FuzzSMIME(f *testing.F) {
	f.Add(sign(f, mail, false))
	f.Add(sign(f, mail, true))
	f.Add(compress([]byte(mail)))
	for _, name := range []string{"rsa-gcm", "rsa-oaep256", "rsa-stream", "ec-aes128", "ec-sha256", "ec-keyid", "signed-stream"} {
		f.Add(testdata(f, name+".p7m"))
	}
	k := openssl(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		if content, err := SignedContent(b); !wraps(err) || len(content) > max(len(b), minInflated, maxRatio*len(b)) {
			t.Errorf("SignedContent of %d bytes = %d bytes, %v", len(b), len(content), err)
		}
		const limit = 1000
		if content, err := k.DecryptSMIME(b, limit); !wraps(err) || len(content) > limit && !errors.Is(err, ErrBroken) {
			t.Errorf("DecryptSMIME = %d bytes, %v", len(content), err)
		}
	})
}

func FuzzDecryptPGP(f *testing.F) {
	// A fixed key: the workers of a fuzzer are processes of their own.
	k := Keys{PGP: []string{string(testdata(f, "pgp.key"))}}
	text := testdata(f, "pgp.asc")
	if got, err := k.DecryptPGP(text, 1000); string(got) != mail || err != nil {
		f.Fatalf("DecryptPGP = %q, %v; want %q", got, err, mail)
	}
	f.Add(text)
	f.Add(unarmor(text, "PGP MESSAGE"))
	f.Add(pgpLiteral([]byte(mail)))
	f.Add(join(onePass, pgpCompressed(pgpLiteral([]byte(mail)))))
	f.Fuzz(func(t *testing.T, b []byte) {
		const limit = 1000
		if content, err := k.DecryptPGP(b, limit); !wraps(err) || len(content) > limit {
			t.Errorf("DecryptPGP = %d bytes, %v", len(content), err)
		}
		IsPGPMessage(b)
	})
}
