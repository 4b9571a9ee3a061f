package archive

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/aes"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1"
	"encoding/binary"
	"hash/crc32"
	"testing"
)

// file is a member that a test puts into an archive.
type file struct{ name, data string }

func deflate(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, 6)
	if err != nil {
		t.Fatalf("deflating: %v", err)
	}
	w.Write(data)
	w.Close()
	return b.Bytes()
}

// buildZip writes a zip, with what lock does to each deflated member.
func buildZip(t testing.TB, files []file, lock func(*zip.FileHeader, []byte) []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate, CRC32: crc32.ChecksumIEEE([]byte(f.data)), UncompressedSize64: uint64(len(f.data))}
		packed := deflate(t, []byte(f.data))
		if lock != nil {
			packed = lock(h, packed)
		}
		h.CompressedSize64 = uint64(len(packed))
		m, err := w.CreateRaw(h)
		if err != nil {
			t.Fatalf("building a zip: %v", err)
		}
		m.Write(packed)
	}
	if err := w.Close(); err != nil {
		t.Fatalf("building a zip: %v", err)
	}
	return b.Bytes()
}

// lockClassic encrypts as PKZIP 2 does.
func lockClassic(password string) func(*zip.FileHeader, []byte) []byte {
	return func(h *zip.FileHeader, packed []byte) []byte {
		h.Flags |= 1
		k0, k1, k2 := uint32(305419896), uint32(591751049), uint32(878082192)
		step := func(c byte) {
			k0 = crc32.IEEETable[byte(k0)^c] ^ k0>>8
			k1 = (k1+k0&255)*134775813 + 1
			k2 = crc32.IEEETable[byte(k2)^byte(k1>>24)] ^ k2>>8
		}
		for i := range len(password) {
			step(password[i])
		}
		plain := append([]byte("elevenbytes"), byte(h.CRC32>>24))
		plain = append(plain, packed...)
		for i, c := range plain {
			t := uint16(k2) | 2
			plain[i] = c ^ byte(t*(t^1)>>8)
			step(c)
		}
		return plain
	}
}

// lockAES encrypts as WinZip does: version 1 or 2, strength 1 to 3.
func lockAES(t testing.TB, password string, version, strength int) func(*zip.FileHeader, []byte) []byte {
	return func(h *zip.FileHeader, packed []byte) []byte {
		size := 8 + 8*strength
		salt := bytes.Repeat([]byte{7}, size/2)
		key, err := pbkdf2.Key(sha1.New, password, salt, 1000, 2*size+2)
		if err != nil {
			t.Fatalf("deriving a key: %v", err)
		}
		block, err := aes.NewCipher(key[:size])
		if err != nil {
			t.Fatalf("making a cipher: %v", err)
		}
		sealed := bytes.Clone(packed)
		for i := range sealed {
			if i%16 == 0 {
				var n [16]byte
				binary.LittleEndian.PutUint32(n[:], uint32(i/16+1))
				block.Encrypt(n[:], n[:])
				for j := i; j < min(i+16, len(sealed)); j++ {
					sealed[j] ^= n[j-i]
				}
			}
		}
		mac := hmac.New(sha1.New, key[size:2*size])
		mac.Write(sealed)
		h.Flags |= 1
		h.Extra = []byte{0x01, 0x99, 7, 0, byte(version), 0, 'A', 'E', byte(strength), byte(h.Method), 0}
		h.Method = 99
		if version == 2 {
			h.CRC32 = 0
		}
		out := append(bytes.Clone(salt), key[2*size:]...)
		return append(append(out, sealed...), mac.Sum(nil)[:10]...)
	}
}
