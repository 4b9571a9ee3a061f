package envelope

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/subtle"
	"encoding/binary"
)

// Ciphers of the content (RFC 3565 §2.1, RFC 5084 §1, RFC 3370 §5.1), with the
// size of their key.
type contentCipher struct {
	keySize int
	gcm     bool
	triple  bool // Triple DES, not AES
}

const aesArc = "\x60\x86\x48\x01\x65\x03\x04\x01" // 2.16.840.1.101.3.4.1

var contentCiphers = map[string]contentCipher{
	aesArc + "\x02":                    {keySize: 16},
	aesArc + "\x16":                    {keySize: 24},
	aesArc + "\x2a":                    {keySize: 32},
	aesArc + "\x06":                    {keySize: 16, gcm: true},
	aesArc + "\x1a":                    {keySize: 24, gcm: true},
	aesArc + "\x2e":                    {keySize: 32, gcm: true},
	"\x2a\x86\x48\x86\xf7\x0d\x03\x07": {keySize: 24, triple: true},
}

// decrypt gives the content. Of one that ends early there is a beginning, in CBC.
func (env enveloped) decrypt(key []byte) ([]byte, error) {
	c, ok := contentCiphers[env.cipher.oid]
	if !ok {
		return nil, broken("cipher of the content is not supported")
	}
	if len(key) != c.keySize {
		return nil, broken("key of the content has a wrong size")
	}
	var block cipher.Block
	var err error
	if c.triple {
		block, err = des.NewTripleDESCipher(key)
	} else {
		block, err = aes.NewCipher(key)
	}
	if err != nil {
		return nil, broken("key of the content")
	}
	if c.gcm {
		return env.openGCM(block)
	}
	return env.openCBC(block)
}

// openCBC undoes CBC and the padding (RFC 5652 §6.3).
func (env enveloped) openCBC(block cipher.Block) ([]byte, error) {
	iv, size := env.cipher.params.body, block.BlockSize()
	if len(iv) != size {
		return nil, broken("initialisation vector")
	}
	whole := len(env.data) - len(env.data)%size
	out := env.data[:whole]
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(out, out) // octets made a copy
	if env.cut || whole != len(env.data) {
		return out, broken("content ends early")
	}
	if whole == 0 {
		return nil, broken("empty content")
	}
	pad := int(out[whole-1])
	if pad == 0 || pad > size || !bytes.Equal(out[whole-pad:], bytes.Repeat([]byte{byte(pad)}, pad)) {
		return nil, broken("padding")
	}
	return out[:whole-pad], nil
}

// defaultTag is the size of an authentication tag whose parameters name none
// (RFC 5084 §3.2).
const defaultTag = 12

// openGCM undoes GCM (RFC 5084). Some writers put it, against the standard, into
// EnvelopedData, where the tag follows the content, the parameters into one more
// sequence, and the nonce behind another tag.
func (env enveloped) openGCM(block cipher.Block) ([]byte, error) {
	params := env.cipher.params.body
	if more, ok := take(&params, tagSequence); ok {
		params = more.body
	}
	nonce, params, ok := next(params)
	if !ok || len(nonce.body) == 0 {
		return nil, broken("nonce")
	}
	tag := defaultTag
	if n, ok := take(&params, tagInteger); ok && len(n.body) == 1 {
		tag = int(n.body[0])
	}
	var gcm cipher.AEAD
	var err error
	if len(nonce.body) == 12 {
		gcm, err = cipher.NewGCMWithTagSize(block, tag)
	} else if tag == 16 {
		gcm, err = cipher.NewGCMWithNonceSize(block, len(nonce.body))
	} else {
		err = errUnsupported
	}
	if err != nil {
		return nil, broken("parameters of the cipher")
	}
	data := append(env.data, env.mac...)
	out, err := gcm.Open(data[:0], nonce.body, data, env.attributes)
	if err != nil {
		return nil, broken("authentication of the content")
	}
	return out, nil
}

// unwrapAES undoes the AES key wrap (RFC 3394 §2.2.2).
func unwrapAES(kek, wrapped []byte) ([]byte, error) {
	block, err := aes.NewCipher(kek)
	if err != nil || len(wrapped) < 24 || len(wrapped)%8 != 0 || len(wrapped) > 8+64 {
		return nil, ErrBroken
	}
	n := len(wrapped)/8 - 1
	var buf [16]byte
	copy(buf[:8], wrapped)
	out := bytes.Clone(wrapped[8:])
	for j := 5; j >= 0; j-- {
		for i := n; i > 0; i-- {
			t := binary.BigEndian.Uint64(buf[:8]) ^ uint64(n*j+i)
			binary.BigEndian.PutUint64(buf[:8], t)
			copy(buf[8:], out[8*i-8:])
			block.Decrypt(buf[:], buf[:])
			copy(out[8*i-8:], buf[8:])
		}
	}
	if subtle.ConstantTimeCompare(buf[:8], bytes.Repeat([]byte{0xa6}, 8)) != 1 {
		return nil, ErrBroken
	}
	return out, nil
}
