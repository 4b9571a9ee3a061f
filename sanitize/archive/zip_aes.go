package archive

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/binary"
	"hash/crc32"
)

// zipAES is a member that WinZip's encryption protects, taken apart
// (https://www.winzip.com/en/support/aes-encryption/).
type zipAES struct {
	keySize  int    // 16, 24 or 32
	method   uint16 // compression below the encryption
	noCRC    bool   // AE-2 keeps no checksum of the plain bytes
	salt     []byte
	verifier []byte // 2 bytes
	data     []byte
	mac      []byte // first 10 bytes of an HMAC-SHA1 of data
}

// aesRounds is what one guess at a password costs: 1,000 rounds for each of the
// blocks of the key.
const aesRounds = 4000

// readAES takes a member apart.
func readAES(e zipEntry, packed []byte) (a zipAES, ok bool) {
	x := e.extraField(zipExtraAES)
	if len(x) < 7 || x[4] < 1 || x[4] > 3 {
		return a, false
	}
	a.noCRC = binary.LittleEndian.Uint16(x) == 2
	a.keySize = 8 + 8*int(x[4])
	a.method = binary.LittleEndian.Uint16(x[5:])
	c := cursor{b: packed}
	a.salt, a.verifier = c.bytes(a.keySize/2), c.bytes(2)
	a.data = c.bytes(len(c.b) - 10)
	a.mac = c.bytes(10)
	return a, !c.bad
}

// decryptAES reads the member into m, if one of the passwords fits: two bytes
// show it cheaply, the HMAC for certain.
func (z *zipReader) decryptAES(m *Member, e zipEntry, a zipAES) {
	for _, password := range z.passwords {
		for _, p := range spellings(password) {
			if !z.spend(aesRounds) {
				return
			}
			keys, err := pbkdf2.Key(sha1.New, string(p), a.salt, 1000, 2*a.keySize+2)
			if err != nil || subtle.ConstantTimeCompare(keys[2*a.keySize:], a.verifier) == 0 {
				continue
			}
			h := hmac.New(sha1.New, keys[a.keySize:2*a.keySize])
			h.Write(a.data)
			if !hmac.Equal(h.Sum(nil)[:10], a.mac) {
				continue
			}
			block, err := aes.NewCipher(keys[:a.keySize])
			if err != nil {
				continue
			}
			z.opened(password)
			if len(a.data) > z.left {
				z.checked(m, e, nil, errLimit)
				return
			}
			plain := make([]byte, len(a.data))
			zipCTR(block, plain, a.data)
			data, err := z.inflate(a.method, plain, m.Size)
			if a.noCRC {
				e.crc = crc32.ChecksumIEEE(data)
			}
			z.checked(m, e, data, err)
			return
		}
	}
	z.locked()
}

// zipCTR is counter mode with a little-endian counter that starts at one, which
// no library has.
func zipCTR(block cipher.Block, dst, src []byte) {
	var counter, stream [aes.BlockSize]byte
	for i := 0; i < len(src); i += aes.BlockSize {
		binary.LittleEndian.PutUint64(counter[:], uint64(i/aes.BlockSize+1))
		block.Encrypt(stream[:], counter[:])
		subtle.XORBytes(dst[i:], src[i:], stream[:])
	}
}
