package pdf

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
)

// passwordPadding fills passwords up to 32 bytes (§7.6.4.3.2).
const passwordPadding = "\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A"

func padded(password []byte) []byte {
	return append(bytes.Clone(password[:min(len(password), 32)]), passwordPadding...)[:32]
}

// tryPassword is the key that a password gives, as the user's or as the owner's,
// or nil.
func (r *reader) tryPassword(e dict, id, password []byte) *fileKey {
	version, _ := r.number(e["V"])
	revision, _ := r.number(e["R"])
	length, ok := r.number(e["Length"])
	if ok && length >= 5 && length <= 32 {
		length *= 8 // some writers count bytes
	}
	if !ok || length < 40 || length > 256 {
		length = 40
	}
	if version == 4 {
		length = 128
	}
	k := &fileKey{metadata: true}
	k.streams, k.strings = r.methods(e, version)
	if plain, ok := r.resolve(e["EncryptMetadata"]).(bool); ok {
		k.metadata = plain
	}
	o, u := r.bytes(e["O"]), r.bytes(e["U"])
	if version >= 5 || revision >= 5 {
		k.key = r.tryPassword5(e, o, u, password, revision)
	} else if len(o) >= 32 && len(u) >= 16 {
		l := legacy{o: o[:32], u: u, id: id, revision: revision, size: 5, metadata: k.metadata}
		permissions, _ := r.resolve(e["P"]).(float64)
		l.permissions = uint32(int64(permissions))
		if revision >= 3 {
			l.size = min(16, length/8)
		}
		if k.key = l.user(password); k.key == nil && len(password) > 0 {
			k.key = l.user(l.ofOwner(password))
		}
	}
	if k.key == nil {
		return nil
	}
	return k
}

// legacy is a lock of the revisions 2 to 4.
type legacy struct {
	o, u, id    []byte
	permissions uint32
	revision    int
	size        int // of the key, in bytes
	metadata    bool
}

// user is the key that a user password gives, or nil (algorithms 2, 4 and 5).
func (l legacy) user(password []byte) []byte {
	h := md5.New()
	h.Write(padded(password))
	h.Write(l.o)
	h.Write(binary.LittleEndian.AppendUint32(nil, l.permissions))
	h.Write(l.id)
	if !l.metadata && l.revision >= 4 {
		h.Write([]byte{255, 255, 255, 255})
	}
	key := h.Sum(nil)
	if l.revision < 3 {
		key = key[:l.size]
		check := make([]byte, 32)
		xorRC4(key, check, []byte(passwordPadding))
		if !bytes.HasPrefix(check, l.u[:min(32, len(l.u))]) {
			return nil
		}
		return key
	}
	for range 50 {
		sum := md5.Sum(key[:l.size])
		key = sum[:]
	}
	key = key[:l.size]
	sum := md5.Sum(append([]byte(passwordPadding), l.id...))
	check := sum[:]
	for i := range 20 {
		xorRC4(turned(key, i), check, check)
	}
	if !bytes.Equal(check, l.u[:16]) {
		return nil
	}
	return key
}

// ofOwner is the user password that an owner password gives (algorithm 7).
func (l legacy) ofOwner(password []byte) []byte {
	sum := md5.Sum(padded(password))
	if l.revision >= 3 {
		for range 50 {
			sum = md5.Sum(sum[:])
		}
	}
	out := bytes.Clone(l.o)
	if l.revision < 3 {
		xorRC4(sum[:l.size], out, out)
		return out
	}
	for i := 19; i >= 0; i-- {
		xorRC4(turned(sum[:l.size], i), out, out)
	}
	return out
}

func turned(key []byte, by int) []byte {
	out := bytes.Clone(key)
	for i := range out {
		out[i] ^= byte(by)
	}
	return out
}

// tryPassword5 is for AES-256: revisions 5 and 6 (algorithm 2.A).
func (r *reader) tryPassword5(e dict, o, u, password []byte, revision int) []byte {
	if len(u) < 48 {
		return nil
	}
	u = u[:48]
	password = password[:min(len(password), 127)]
	if ue := r.bytes(e["UE"]); len(ue) >= 32 && bytes.Equal(hash5(password, u[32:40], nil, revision), u[:32]) {
		return unwrap(hash5(password, u[40:48], nil, revision), ue[:32])
	}
	if len(password) == 0 || len(o) < 48 {
		return nil
	}
	if oe := r.bytes(e["OE"]); len(oe) >= 32 && bytes.Equal(hash5(password, o[32:40], u, revision), o[:32]) {
		return unwrap(hash5(password, o[40:48], u, revision), oe[:32])
	}
	return nil
}

func unwrap(key, wrapped []byte) []byte {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil
	}
	out := make([]byte, len(wrapped))
	cipher.NewCBCDecrypter(block, make([]byte, aes.BlockSize)).CryptBlocks(out, wrapped)
	return out
}

// hash5 is the hash of revision 5 (a SHA-256) and 6 (algorithm 2.B). The owner's
// has the user's check value in it.
func hash5(password, salt, user []byte, revision int) []byte {
	sum := sha256.Sum256(bytes.Join([][]byte{password, salt, user}, nil))
	k := sum[:]
	if revision < 6 {
		return k
	}
	for round := 1; ; round++ {
		k1 := bytes.Repeat(bytes.Join([][]byte{password, k, user}, nil), 64)
		block, err := aes.NewCipher(k[:16])
		if err != nil {
			return nil
		}
		cipher.NewCBCEncrypter(block, k[16:32]).CryptBlocks(k1, k1)
		// 256 leaves 1 when divided by 3, so the sum of the bytes will do.
		remainder := 0
		for _, c := range k1[:16] {
			remainder += int(c)
		}
		switch remainder % 3 {
		case 0:
			s := sha256.Sum256(k1)
			k = s[:]
		case 1:
			s := sha512.Sum384(k1)
			k = s[:]
		default:
			s := sha512.Sum512(k1)
			k = s[:]
		}
		// The last byte is at most 255, so this ends after 287 rounds.
		if round >= 64 && int(k1[len(k1)-1]) <= round-32 {
			return k[:32]
		}
	}
}
