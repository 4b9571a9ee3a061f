package document

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"hash"
	"strconv"
)

// excelPassword is the one that Excel tries by itself, so that a workbook can be
// encrypted and still open without a question: attackers use it against scanners.
const excelPassword = "VelvetSweatshop"

// maxSpin bounds the rounds of a password's hash; Office uses 100,000.
const maxSpin = 200_000

// maxPasswords is how often the password is tried for one call of Read.
const maxPasswords = 3

const encryptedSegment = 4096

// encryptedPackage reads a document of Office Open XML that is encrypted
// ([MS-OFFCRYPTO] §2.3.4), if it is with the password that Excel knows.
func (g *gatherer) encryptedPackage(info, data []byte) {
	g.note(NoteEncrypted)
	// A password costs 0.1 s, and a package may hold a thousand encrypted ones.
	var plain []byte
	if g.passwords++; g.passwords <= maxPasswords {
		plain = decryptPackage(info, data, g.room())
	}
	if plain == nil {
		g.problem(ProblemEncrypted, "the document is encrypted with a password")
		return
	}
	g.decoded(len(plain))
	if g.inside >= maxInside {
		g.problem(ProblemLimit, "documents lie too deep in one another")
		return
	}
	g.inside++
	g.ooxml(plain)
	g.inside--
}

// decryptPackage gives the package, or nil where the password is another or the
// way of encrypting is none of the two that Office 2007 and later write.
func decryptPackage(info, data []byte, room int) []byte {
	if len(info) < 8 || len(data) < 8+aes.BlockSize {
		return nil
	}
	size := binary.LittleEndian.Uint64(data)
	body := data[8:]
	body = body[:len(body)&^(aes.BlockSize-1)]
	if size > uint64(len(body)) || len(body) > room {
		return nil
	}
	var plain []byte
	switch major, minor := binary.LittleEndian.Uint16(info), binary.LittleEndian.Uint16(info[2:]); {
	case major == 4 && minor == 4:
		plain = decryptAgile(info[8:], body)
	case minor == 2 && major >= 2 && major <= 4:
		plain = decryptStandard(info[8:], body)
	}
	if plain == nil {
		return nil
	}
	return plain[:size]
}

// spin is the hash of a password that both ways begin with.
func spin(h hash.Hash, salt []byte, rounds uint32) []byte {
	var password []byte
	for i := range len(excelPassword) {
		password = append(password, excelPassword[i], 0)
	}
	h.Write(salt)
	h.Write(password)
	sum := h.Sum(nil)
	var n [4]byte
	for i := range rounds {
		binary.LittleEndian.PutUint32(n[:], i)
		h.Reset()
		h.Write(n[:])
		h.Write(sum)
		sum = h.Sum(sum[:0])
	}
	return sum
}

func hashOf(h hash.Hash, parts ...[]byte) []byte {
	h.Reset()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// decryptStandard is AES in ECB mode with a key of SHA-1 (§2.3.4.5 to §2.3.4.9).
func decryptStandard(info, body []byte) []byte {
	if len(info) < 4 {
		return nil
	}
	headerSize := int64(binary.LittleEndian.Uint32(info))
	if headerSize < 32 || headerSize > int64(len(info)-4) {
		return nil
	}
	header, verifier := info[4:4+headerSize], info[4+headerSize:]
	bits := binary.LittleEndian.Uint32(header[16:])
	if len(verifier) < 4+16+16+4+32 || bits != 128 && bits != 192 && bits != 256 {
		return nil
	}
	salt, check, checkHash := verifier[4:20], verifier[20:36], verifier[40:72]
	h := sha1.New()
	sum := hashOf(h, spin(sha1.New(), salt, 50_000), []byte{0, 0, 0, 0})
	derive := func(fill byte) []byte { // §2.3.4.7
		pad := bytes.Repeat([]byte{fill}, 64)
		for i := range sum {
			pad[i] ^= sum[i]
		}
		return hashOf(h, pad)
	}
	key := append(derive(0x36), derive(0x5c)...)[:bits/8]
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil
	}
	ecb := func(in []byte) []byte {
		out := make([]byte, len(in))
		for i := 0; i+aes.BlockSize <= len(in); i += aes.BlockSize {
			block.Decrypt(out[i:], in[i:])
		}
		return out
	}
	if !bytes.Equal(hashOf(h, ecb(check)), ecb(checkHash)[:sha1.Size]) {
		return nil
	}
	return ecb(body)
}

var agileHashes = map[string]func() hash.Hash{
	"SHA1": sha1.New, "SHA-1": sha1.New, "SHA256": sha256.New, "SHA384": sha512.New384, "SHA512": sha512.New,
}

// agileKey is one of the elements that say how something is encrypted.
type agileKey struct {
	salt, verifier, verifierHash, key []byte
	newHash                           func() hash.Hash
	bits, spin                        int
}

func agileAttrs(x *xmlScanner) agileKey {
	number := func(name string) int { n, _ := strconv.Atoi(x.attr(name)); return n }
	return agileKey{
		salt: decodeBase64(x.attr("saltValue")), verifier: decodeBase64(x.attr("encryptedVerifierHashInput")),
		verifierHash: decodeBase64(x.attr("encryptedVerifierHashValue")), key: decodeBase64(x.attr("encryptedKeyValue")),
		newHash: agileHashes[x.attr("hashAlgorithm")], bits: number("keyBits"), spin: number("spinCount"),
	}
}

// decryptAgile is AES in CBC mode, segment by segment, with a key of its own that
// the password opens (§2.3.4.10 to §2.3.4.15).
func decryptAgile(info, body []byte) []byte {
	var data, password agileKey
	for x := newXML(info); x.next(); {
		if x.kind == xmlStart && x.is("keyData") && x.attr("cipherChaining") == "ChainingModeCBC" {
			data = agileAttrs(x)
		} else if x.kind == xmlStart && x.is("encryptedKey") && password.key == nil {
			password = agileAttrs(x)
		}
	}
	size := password.bits / 8
	if data.newHash == nil || password.newHash == nil || size != 16 && size != 24 && size != 32 || password.spin < 0 || password.spin > maxSpin ||
		len(password.key) < size || len(password.verifier) < aes.BlockSize || len(password.salt) < aes.BlockSize || len(data.salt) < aes.BlockSize {
		return nil
	}
	h := password.newHash()
	base := spin(password.newHash(), password.salt, uint32(password.spin))
	open := func(block string, in []byte) []byte {
		key := fit(hashOf(h, base, []byte(block)), size)
		return cbc(key, password.salt, in)
	}
	check := open("\xfe\xa7\xd2\x76\x3b\x4b\x9e\x79", password.verifier)
	sum := open("\xd7\xaa\x0f\x6d\x30\x61\x34\x4e", password.verifierHash)
	if n := min(len(sum), h.Size()); n < h.Size() || !bytes.Equal(hashOf(h, check), sum[:n]) {
		return nil
	}
	key := open("\x14\x6e\x0b\xe7\xab\xac\xd0\xd6", password.key)
	if len(key) < size {
		return nil
	}
	out := make([]byte, 0, len(body))
	h = data.newHash()
	for n := uint32(0); len(body) > 0; n++ {
		segment := body[:min(len(body), encryptedSegment)]
		body = body[len(segment):]
		iv := fit(hashOf(h, data.salt, binary.LittleEndian.AppendUint32(nil, n)), aes.BlockSize)
		out = append(out, cbc(key[:size], iv, segment)...)
	}
	return out
}

// fit makes a hash as long as a key: a shorter one is filled with 0x36.
func fit(b []byte, size int) []byte {
	for len(b) < size {
		b = append(b, 0x36)
	}
	return b[:size]
}

func cbc(key, iv, in []byte) []byte {
	block, err := aes.NewCipher(key)
	in = in[:len(in)&^(aes.BlockSize-1)]
	if err != nil || len(iv) < aes.BlockSize {
		return nil
	}
	out := make([]byte, len(in))
	cipher.NewCBCDecrypter(block, iv[:aes.BlockSize]).CryptBlocks(out, in)
	return out
}
