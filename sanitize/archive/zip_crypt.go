package archive

import (
	"hash/crc32"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
)

// decrypt reads an encrypted member into m, if one of the passwords fits.
func (z *zipReader) decrypt(m *Member, e zipEntry, packed []byte) {
	if a, ok := readAES(e, packed); ok {
		z.decryptAES(m, e, a)
		return
	}
	if e.method == methodAES {
		z.problem(ProblemMalformed, "an encrypted member is cut short")
		return
	}
	z.decryptClassic(m, e, packed)
}

// spellings are the bytes that a password may stand for: a Japanese one is
// UTF-8 in some programs and CP932 in others.
func spellings(password string) [][]byte {
	all := [][]byte{[]byte(password)}
	for i := range len(password) {
		if password[i] >= utf8.RuneSelf {
			if s, err := japanese.ShiftJIS.NewEncoder().Bytes([]byte(password)); err == nil {
				all = append(all, s)
			}
			break
		}
	}
	return all
}

// classicHeader is what stands before the data of a member that PKWARE's first
// encryption protects.
const classicHeader = 12

// decryptClassic undoes the traditional PKWARE encryption (APPNOTE.TXT 6.1).
// Its header's last byte shows a wrong password in 255 cases of 256, and the
// checksum the rest.
func (z *zipReader) decryptClassic(m *Member, e zipEntry, packed []byte) {
	if len(packed) < classicHeader {
		z.problem(ProblemMalformed, "an encrypted member is cut short")
		return
	}
	check := byte(e.crc >> 24)
	if e.flags&zipDescribed != 0 {
		check = byte(e.time >> 8)
	}
	for _, password := range z.passwords {
		for _, p := range spellings(password) {
			k := newClassicKeys(p)
			var header [classicHeader]byte
			k.decrypt(header[:], packed[:classicHeader])
			if got := header[classicHeader-1]; got != check && got != byte(e.crc>>24) {
				continue
			}
			plain := packed[classicHeader:]
			if len(plain) > z.left {
				z.problem(ProblemLimit, "a member holds more than is decoded")
				return
			}
			plain = make([]byte, len(plain))
			k.decrypt(plain, packed[classicHeader:])
			data, err := z.inflate(e.method, plain, m.Size)
			if err == errMethod || err == nil && crc32.ChecksumIEEE(data) == e.crc {
				z.opened(password)
				z.checked(m, e, data, err)
				return
			}
			if err == errLimit {
				z.checked(m, e, nil, err)
				return
			}
		}
	}
	z.locked()
}

// classicKeys is the state of the traditional encryption.
type classicKeys [3]uint32

func newClassicKeys(password []byte) *classicKeys {
	k := &classicKeys{0x12345678, 0x23456789, 0x34567890}
	for _, c := range password {
		k.update(c)
	}
	return k
}

func (k *classicKeys) update(c byte) {
	k[0] = crc32.IEEETable[byte(k[0])^c] ^ k[0]>>8
	k[1] = (k[1]+k[0]&0xff)*134775813 + 1
	k[2] = crc32.IEEETable[byte(k[2])^byte(k[1]>>24)] ^ k[2]>>8
}

// decrypt writes the plain bytes of src to dst, which is as long.
func (k *classicKeys) decrypt(dst, src []byte) {
	for i, c := range src {
		t := k[2] | 2
		c ^= byte(t * (t ^ 1) >> 8)
		k.update(c)
		dst[i] = c
	}
}
