package envelope

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"encoding/binary"
	"hash"
	"testing"
)

// envelop writes EnvelopedData around mail in AES-128-CBC, with an IV of zeros.
func envelop(t testing.TB, recipients, key []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	pad := 16 - len(mail)%16
	data := append([]byte(mail), bytes.Repeat([]byte{byte(pad)}, pad)...)
	iv := make([]byte, 16)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(data, data)
	info := derWrap(tagSequence, join(
		derWrap(tagOID, []byte(pkcs7Arc+"\x01")),
		derWrap(tagSequence, join(derWrap(tagOID, []byte(aesArc+"\x02")), derWrap(tagOctetString, iv))),
		derWrap(context, data),
	))
	body := derWrap(tagSequence, join([]byte{tagInteger, 1, 2}, derWrap(tagSet, recipients), info))
	return derWrap(tagSequence, join(derWrap(tagOID, []byte(oidEnveloped)), derWrap(context|constructed, body)))
}

// derive is the key that a recipient derives too.
func derive(t testing.TB, a agreement, secret, material, info []byte) []byte {
	t.Helper()
	if a.hkdf {
		key, err := hkdf.Key(func() hash.Hash { return a.hash.New() }, secret, material, string(info), 16)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	h := a.hash.New()
	h.Write(secret)
	h.Write([]byte{0, 0, 0, 1})
	h.Write(info)
	return h.Sum(nil)[:16]
}

// wrapAES is the AES key wrap (RFC 3394 §2.2.1).
func wrapAES(t testing.TB, kek, key []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(kek)
	if err != nil {
		t.Fatal(err)
	}
	out := append(bytes.Repeat([]byte{0xa6}, 8), key...)
	n := len(key) / 8
	for j := range 6 {
		for i := 1; i <= n; i++ {
			buf := append(bytes.Clone(out[:8]), out[8*i:8*i+8]...)
			block.Encrypt(buf, buf)
			binary.BigEndian.PutUint64(out, binary.BigEndian.Uint64(buf)^uint64(n*j+i))
			copy(out[8*i:], buf[8:])
		}
	}
	return out
}
