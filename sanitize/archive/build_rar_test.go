package archive

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"testing"
	"unicode/utf16"
)

// rarLock says what buildRAR5 and buildRAR3 encrypt.
type rarLock struct {
	password string
	headers  bool
	power    int  // RAR 5
	noCheck  bool // RAR 5: leave out what shows a wrong password
}

func vint(v int) []byte {
	var b []byte
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

func cbc(t testing.TB, key, iv, plain []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatalf("making a cipher: %v", err)
	}
	sealed := append(bytes.Clone(plain), make([]byte, -len(plain)&15)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(sealed, sealed)
	return sealed
}

// buildRAR5 writes a RAR 5 of stored files.
func buildRAR5(t testing.TB, files []file, lock *rarLock) []byte {
	t.Helper()
	salt, iv := bytes.Repeat([]byte{3}, 16), bytes.Repeat([]byte{5}, 16)
	var key []byte
	var record []byte // what follows the flags of an encryption record
	if lock != nil {
		derive := func(rounds int) []byte {
			k, err := pbkdf2.Key(sha256.New, lock.password, salt, rounds, 32)
			if err != nil {
				t.Fatalf("deriving a key: %v", err)
			}
			return k
		}
		key = derive(1 << lock.power)
		check := make([]byte, 8)
		for i, x := range derive(1<<lock.power + 32) {
			check[i%8] ^= x
		}
		sum := sha256.Sum256(check)
		record = append([]byte{byte(lock.power)}, salt...)
		check = append(check, sum[:4]...)
		if !lock.headers {
			record = append(record, iv...)
		}
		if !lock.noCheck {
			record = append(record, check...)
		}
	}
	flag := func() []byte {
		if lock.noCheck {
			return vint(0)
		}
		return vint(1)
	}
	out := []byte("Rar!\x1a\x07\x01\x00")
	block := func(body, data []byte, seal bool) {
		h := append(vint(len(body)), body...)
		h = append(binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(h)), h...)
		if seal {
			h = append(bytes.Clone(iv), cbc(t, key, iv, h)...)
		}
		out = append(append(out, h...), data...)
	}
	sealed := lock != nil && lock.headers
	if sealed {
		block(append(append([]byte{4, 0, 0}, flag()...), record...), nil, false)
	}
	block([]byte{1, 0, 0}, nil, sealed)
	for _, f := range files {
		data := []byte(f.data)
		var extra []byte
		if lock != nil && !lock.headers {
			data = cbc(t, key, iv, data)
			e := append(append([]byte{1, 0}, flag()...), record...)
			extra = append(vint(len(e)), e...)
		}
		body := []byte{2}
		if extra != nil {
			body = append(append(body, 3), vint(len(extra))...)
		} else {
			body = append(body, 2)
		}
		body = append(body, vint(len(data))...)
		body = append(body, 4) // a checksum follows
		body = append(body, vint(len(f.data))...)
		body = append(body, 0)
		body = binary.LittleEndian.AppendUint32(body, crc32.ChecksumIEEE([]byte(f.data)))
		body = append(body, 0, 1) // stored, on Unix
		body = append(append(body, vint(len(f.name))...), f.name...)
		block(append(body, extra...), data, sealed)
	}
	block([]byte{5, 0, 0}, nil, sealed)
	return out
}

// rar3Key derives what RAR 3 does.
func rar3Key(password string, salt []byte) (key, iv []byte) {
	var p []byte
	for _, u := range utf16.Encode([]rune(password)) {
		p = binary.LittleEndian.AppendUint16(p, u)
	}
	p = append(p, salt...)
	h := sha1.New()
	for i := range 1 << 18 {
		h.Write(p)
		h.Write([]byte{byte(i), byte(i >> 8), byte(i >> 16)})
		if i%(1<<14) == 0 {
			iv = append(iv, h.Sum(nil)[19])
		}
	}
	sum := h.Sum(nil)
	for i := 0; i < 16; i += 4 {
		key = append(key, sum[i+3], sum[i+2], sum[i+1], sum[i])
	}
	return key, iv
}

// buildRAR3 writes a RAR 3 of stored files.
func buildRAR3(t testing.TB, files []file, lock *rarLock) []byte {
	t.Helper()
	salt := []byte("saltsalt")
	var key, iv []byte
	if lock != nil {
		key, iv = rar3Key(lock.password, salt)
	}
	out := []byte("Rar!\x1a\x07\x00")
	block := func(kind byte, flags uint16, body, data []byte, seal bool) {
		h := []byte{kind}
		h = binary.LittleEndian.AppendUint16(h, flags)
		h = binary.LittleEndian.AppendUint16(h, uint16(7+len(body)))
		h = append(h, body...)
		h = append(binary.LittleEndian.AppendUint16(nil, uint16(crc32.ChecksumIEEE(h))), h...)
		if seal {
			h = append(bytes.Clone(salt), cbc(t, key, iv, h)...)
		}
		out = append(append(out, h...), data...)
	}
	sealed := lock != nil && lock.headers
	flags := uint16(0)
	if sealed {
		flags = 0x80
	}
	block(0x73, flags, make([]byte, 6), nil, false)
	for _, f := range files {
		data, flags := []byte(f.data), uint16(0x8000)
		if lock != nil {
			data, flags = cbc(t, key, iv, data), flags|0x404
		}
		body := binary.LittleEndian.AppendUint32(nil, uint32(len(data)))
		body = binary.LittleEndian.AppendUint32(body, uint32(len(f.data)))
		body = append(body, 3) // Unix
		body = binary.LittleEndian.AppendUint32(body, crc32.ChecksumIEEE([]byte(f.data)))
		body = append(body, 0, 0, 0x21, 0x50, 29, 0x30) // a date, the version, stored
		body = binary.LittleEndian.AppendUint16(body, uint16(len(f.name)))
		body = append(body, 0xa4, 0x81, 0, 0)
		body = append(body, f.name...)
		if lock != nil {
			body = append(body, salt...)
		}
		block(0x74, flags, body, data, sealed)
	}
	block(0x7b, 0x4000, nil, nil, sealed)
	return out
}
