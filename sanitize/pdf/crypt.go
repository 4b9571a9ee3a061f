package pdf

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
)

// fileKey decrypts a file by the standard security handler (ISO 32000-2 §7.6.4).
type fileKey struct {
	key      []byte
	aes      bool
	v5       bool
	identity bool // streams and strings are not encrypted
}

var passwordPadding = []byte("\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A")

// unlock finds the key, if the file is encrypted and anybody may read it, or one
// of the passwords opens it.
func (r *reader) unlock(passwords []string) {
	var encrypt dict
	var id []byte
	for _, t := range r.trailer {
		if d := r.dict(t["Encrypt"]); d != nil && encrypt == nil {
			encrypt = d
		}
		if a, ok := r.resolve(t["ID"]).(array); ok && len(a) > 0 && id == nil {
			id, _ = r.resolve(a[0]).(str)
		}
	}
	if encrypt == nil {
		return
	}
	r.note("encrypted")
	const most = 50
	for _, p := range append([]string{""}, passwords[:min(len(passwords), most)]...) {
		if k := r.tryPassword(encrypt, id, []byte(p)); k != nil {
			r.key = k
			r.decryptStrings()
			return
		}
	}
	r.locked = true
	r.problem(ProblemEncrypted, "a password is needed")
}

func (r *reader) bytes(v value) []byte {
	s, _ := r.resolve(v).(str)
	return s
}

// tryPassword is the key that a user password gives, or nil.
func (r *reader) tryPassword(e dict, id, password []byte) *fileKey {
	version, _ := r.number(e["V"])
	revision, _ := r.number(e["R"])
	length, ok := r.number(e["Length"])
	if !ok || length < 40 || length > 256 {
		length = 40
	}
	k := &fileKey{}
	if version >= 4 {
		n, _ := r.resolve(e["StmF"]).(name)
		filter := r.dict(r.dict(e["CF"])[n])
		method, _ := r.resolve(filter["CFM"]).(name)
		switch {
		case n == "Identity" || n == "":
			k.identity = true
		case method == "AESV2":
			k.aes = true
		case method == "AESV3":
			k.aes, k.v5 = true, true
		}
		if version == 4 {
			length = 128
		}
	}
	o, u := r.bytes(e["O"]), r.bytes(e["U"])
	if version >= 5 {
		k.aes, k.v5 = true, true
		return r.tryPassword5(e, u, password, revision, k)
	}
	if len(o) < 32 || len(u) < 16 {
		return nil
	}
	padded := append(append([]byte{}, password[:min(len(password), 32)]...), passwordPadding...)[:32]
	permissions, _ := r.resolve(e["P"]).(float64)
	h := md5.New()
	h.Write(padded)
	h.Write(o[:32])
	h.Write(binary.LittleEndian.AppendUint32(nil, uint32(int64(permissions))))
	h.Write(id)
	if plain, ok := r.resolve(e["EncryptMetadata"]).(bool); ok && !plain && revision >= 4 {
		h.Write([]byte{255, 255, 255, 255})
	}
	key := h.Sum(nil)
	n := 5
	if revision >= 3 {
		n = min(16, length/8)
		for range 50 {
			sum := md5.Sum(key[:n])
			key = sum[:]
		}
	}
	k.key = key[:n]
	if revision < 3 {
		check := make([]byte, 32)
		rc4XOR(k.key, check, passwordPadding)
		if !bytes.Equal(check, u[:min(32, len(u))]) {
			return nil
		}
		return k
	}
	sum := md5.New()
	sum.Write(passwordPadding)
	sum.Write(id)
	check := sum.Sum(nil)
	for i := range 20 {
		turned := make([]byte, n)
		for j := range turned {
			turned[j] = k.key[j] ^ byte(i)
		}
		rc4XOR(turned, check, check)
	}
	if !bytes.Equal(check, u[:16]) {
		return nil
	}
	return k
}

// tryPassword5 is for AES-256 (§7.6.4.3.3 and §7.6.4.4.10).
func (r *reader) tryPassword5(e dict, u, password []byte, revision int, k *fileKey) *fileKey {
	ue := r.bytes(e["UE"])
	if len(u) < 48 || len(ue) < 32 {
		return nil
	}
	password = password[:min(len(password), 127)]
	if !bytes.Equal(hash5(password, u[32:40], revision), u[:32]) {
		return nil
	}
	block, err := aes.NewCipher(hash5(password, u[40:48], revision))
	if err != nil {
		return nil
	}
	k.key = make([]byte, 32)
	cipher.NewCBCDecrypter(block, make([]byte, 16)).CryptBlocks(k.key, ue[:32])
	return k
}

// hash5 is the hash of revision 5 (a SHA-256) and 6 (algorithm 2.B).
func hash5(password, salt []byte, revision int) []byte {
	sum := sha256.Sum256(append(bytes.Clone(password), salt...))
	k := sum[:]
	if revision < 6 {
		return k
	}
	for i := 0; i < 64 || i < 2000; i++ {
		k1 := bytes.Repeat(append(bytes.Clone(password), k...), 64)
		block, err := aes.NewCipher(k[:16])
		if err != nil {
			return nil
		}
		cipher.NewCBCEncrypter(block, k[16:32]).CryptBlocks(k1, k1)
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
		if i >= 63 && int(k1[len(k1)-1]) <= i-31 {
			break
		}
	}
	return k[:32]
}

func rc4XOR(key, dst, src []byte) {
	if c, err := rc4.NewCipher(key); err == nil {
		c.XORKeyStream(dst, src)
	}
}

// decrypt decrypts a string or a stream of an object.
func (k *fileKey) decrypt(of ref, b []byte) []byte {
	if k.identity || len(b) == 0 {
		return b
	}
	key := k.key
	if !k.v5 {
		h := md5.New()
		h.Write(k.key)
		h.Write([]byte{byte(of.number), byte(of.number >> 8), byte(of.number >> 16), byte(of.generation), byte(of.generation >> 8)})
		if k.aes {
			h.Write([]byte("sAlT"))
		}
		key = h.Sum(nil)[:min(16, len(k.key)+5)]
	}
	if !k.aes {
		out := make([]byte, len(b))
		rc4XOR(key, out, b)
		return out
	}
	if len(b) < 32 || len(b)%16 != 0 {
		b = b[:len(b)/16*16]
		if len(b) < 32 {
			return nil
		}
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil
	}
	out := make([]byte, len(b)-16)
	cipher.NewCBCDecrypter(block, b[:16]).CryptBlocks(out, b[16:])
	if pad := int(out[len(out)-1]); pad >= 1 && pad <= 16 {
		out = out[:len(out)-pad]
	}
	return out
}

func (k *fileKey) stream(o *object, b []byte) []byte {
	if d, _ := o.value.(dict); d["Type"] == name("XRef") {
		return b
	}
	return k.decrypt(o.ref, b)
}

// decryptStrings decrypts the strings of every object, but those of the
// encryption dictionary itself.
func (r *reader) decryptStrings() {
	skip := map[int]bool{}
	for _, t := range r.trailer {
		if k, ok := t["Encrypt"].(ref); ok {
			skip[k.number] = true
		}
	}
	for _, o := range r.objects {
		if d, _ := o.value.(dict); skip[o.number] || d["Type"] == name("XRef") {
			continue
		}
		o.value = r.key.decrypted(o.ref, o.value)
	}
}

func (k *fileKey) decrypted(of ref, v value) value {
	switch v := v.(type) {
	case str:
		return str(k.decrypt(of, v))
	case array:
		for i := range v {
			v[i] = k.decrypted(of, v[i])
		}
	case dict:
		for key, inner := range v {
			v[key] = k.decrypted(of, inner)
		}
	}
	return v
}
