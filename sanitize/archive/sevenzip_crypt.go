package archive

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"unicode/utf16"

	"github.com/bodgit/sevenzip"
	"github.com/ulikunitz/xz/lzma"
)

// szAES is the coder that decrypts: AES-256 in CBC mode with a key of SHA-256.
const szAES = "\x06\xf1\x07\x01"

// szPowerMax bounds the rounds of the hash, of which 7-Zip writes 2^19.
const szPowerMax = 22

// szKey are the properties of szAES.
type szKey struct {
	power int
	salt  []byte
	iv    [aes.BlockSize]byte
}

func readSZKey(properties []byte) (k szKey, err error) {
	c := cursor{b: properties}
	a := c.u8()
	k.power = int(a & 0x3f)
	if a&0xc0 != 0 {
		b := c.u8()
		k.salt = c.bytes(int(a>>7&1 + b>>4))
		copy(k.iv[:], c.bytes(int(a>>6&1+b&15)))
	}
	if c.bad || k.power > szPowerMax && k.power != 0x3f {
		return k, errors.New("the encryption's properties are malformed")
	}
	return k, nil
}

func (k szKey) rounds() int {
	if k.power == 0x3f {
		return 1
	}
	return 1 << k.power
}

// szCipher is a password's key with the start of the chain.
type szCipher struct{ key, iv []byte }

// derive makes the key of a password: the hash of salt, password in UTF-16 and
// a counter, again and again.
func (k szKey) derive(password string) *szCipher {
	b := bytes.Clone(k.salt)
	for _, u := range utf16.Encode([]rune(password)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	c := &szCipher{key: make([]byte, sha256.Size), iv: k.iv[:]}
	if k.power == 0x3f {
		copy(c.key, b)
		return c
	}
	n := len(b)
	b = append(b, make([]byte, 8)...)
	h := sha256.New()
	for i := range uint64(1) << k.power {
		binary.LittleEndian.PutUint64(b[n:], i)
		h.Write(b)
	}
	h.Sum(c.key[:0])
	return c
}

// decrypt returns the plain bytes of the whole blocks of b.
func (c *szCipher) decrypt(b []byte) []byte {
	block, err := aes.NewCipher(c.key)
	if err != nil {
		return nil
	}
	plain := make([]byte, len(b)&^(aes.BlockSize-1))
	cipher.NewCBCDecrypter(block, c.iv).CryptBlocks(plain, b[:len(plain)])
	return plain
}

// chain decodes a folder whose coders follow each other, which is what headers
// use. The first coder of the list is the last to be applied in archives that
// 7-Zip writes; the encryption always comes first.
func (z *szReader) chain(f *szFolderInfo, packed []byte, key *szCipher) ([]byte, error) {
	if len(f.coders) > 2 || f.packed != 1 {
		return nil, errMethod
	}
	var codec *szCoder
	size := f.sizes[0]
	for i := range f.coders {
		if f.coders[i].id != szAES {
			codec, size = &f.coders[i], f.sizes[i]
		} else if key == nil {
			return nil, errMethod
		}
	}
	if size > szHeaderBytes {
		return nil, errLimit
	}
	if key != nil {
		if len(packed) > z.left {
			return nil, errLimit
		}
		packed = key.decrypt(packed)
	}
	src, err := szCodec(codec, packed, size)
	if err != nil {
		return nil, err
	}
	data, err := z.decode(io.LimitReader(src, int64(size)), len(packed), int64(size))
	if err == nil && uint64(len(data)) < size {
		err = io.ErrUnexpectedEOF
	}
	return data, err
}

// szCodec opens the one decompressor of a chain; nil is none.
func szCodec(c *szCoder, packed []byte, size uint64) (io.Reader, error) {
	switch {
	case c == nil || c.id == "\x00":
		return bytes.NewReader(packed), nil
	case c.id == "\x03\x01\x01" && len(c.properties) == 5:
		return lzmaStream(c.properties, size, packed)
	case c.id == "\x21" && len(c.properties) == 1 && c.properties[0] <= 40:
		p := c.properties[0]
		dict := min(uint64(2|p&1)<<(p/2+11), max(size, lzma.MinDictCap))
		return lzma.Reader2Config{DictCap: int(dict)}.NewReader2(bytes.NewReader(packed))
	}
	return nil, errMethod
}

// unlock finds the password of a folder, whose first packed stream has the
// given number. The first block shows most wrong passwords at the cost of one
// key, the checksum of the first file the others.
func (z *szReader) unlock(f *szFolderInfo, stream int) bool {
	k, err := readSZKey(f.encrypted().properties)
	if err != nil {
		z.problem(ProblemUnsupported, "the 7z file's encryption is not read")
		return false
	}
	at := z.streams.position
	for _, n := range z.streams.packed[:stream] {
		at += n
	}
	var head []byte
	if at < uint64(len(z.b)-32) {
		head = z.b[32+at:]
		head = head[:min(len(head), aes.BlockSize)]
	}
	for _, password := range z.passwords {
		if !z.spend(k.rounds()) {
			return false
		}
		if !f.plausible(k.derive(password).decrypt(head)) {
			continue
		}
		if !z.spend(k.rounds()) { // the library derives it again
			return false
		}
		if z.fits(password) {
			z.password = password
			z.opened(password)
			return true
		}
	}
	z.reader.locked()
	return false
}

// plausible reports whether the first bytes behind the encryption can be the
// start of what the next coder reads.
func (f *szFolderInfo) plausible(head []byte) bool {
	if len(head) == 0 || len(f.coders) != 2 {
		return true
	}
	for _, c := range f.coders {
		switch c.id {
		case "\x03\x01\x01":
			return head[0] == 0 // the range coder's first byte
		case "\x21":
			return head[0] == 1 || head[0] >= 0xe0 // a chunk that starts a dictionary
		}
	}
	return true
}

// fits reads the first encrypted file and compares its checksum.
func (z *szReader) fits(password string) bool {
	lib, err := sevenzip.NewReaderWithPassword(bytes.NewReader(z.b), int64(len(z.b)), password)
	if err != nil {
		return false
	}
	for _, f := range lib.File {
		if f.FileInfo().IsDir() || f.UncompressedSize == 0 || z.streams.folders[f.Stream].encrypted() == nil {
			continue
		}
		src, err := f.Open()
		if err != nil {
			return false
		}
		data, err := z.decode(src, len(z.b), int64(min(f.UncompressedSize, 1<<62)))
		return err == errLimit || err == nil && uint64(len(data)) == f.UncompressedSize && (f.CRC32 == 0 || crc32.ChecksumIEEE(data) == f.CRC32)
	}
	return false
}
