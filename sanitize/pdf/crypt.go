package pdf

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rc4"
)

// method is how something is encrypted.
type method int

const (
	plainly method = iota // not at all
	byRC4
	byAES // with a key for each object
	byAES256
)

// fileKey decrypts a file by the standard security handler (§7.6.4).
type fileKey struct {
	key              []byte
	streams, strings method
	metadata         bool // the file's description is encrypted too
}

// maxTries bounds the passwords tried with each of the dictionaries: one try costs
// some milliseconds.
const maxTries = 150

// unlock finds the key, if the file is encrypted and anybody may read it, or one
// of the passwords opens it.
func (r *reader) unlock(passwords []string) {
	const mostPasswords, most = 50, 4
	var locks []dict
	skip := map[int]bool{}
	ids := [][]byte{nil}
	for _, t := range r.trailer {
		if k, ok := t["Encrypt"].(ref); ok {
			skip[k.number] = true
		}
		d := r.dict(t["Encrypt"])
		if d != nil && len(locks) < most && !containsLock(locks, r, d) {
			locks = append(locks, d)
		}
		if a, ok := r.resolve(t["ID"]).(array); ok && len(a) > 0 && len(ids) < most {
			if id := r.bytes(a[0]); id != nil && !bytes.Equal(id, ids[len(ids)-1]) {
				ids = append(ids, id)
			}
		}
	}
	if len(locks) == 0 {
		return
	}
	r.note("encrypted")
	tries := maxTries
	for _, p := range append([]string{""}, passwords[:min(len(passwords), mostPasswords)]...) {
		for _, lock := range locks {
			for i := len(ids) - 1; i >= 0 && tries > 0; i-- {
				tries--
				if k := r.tryPassword(lock, ids[i], []byte(p)); k != nil {
					r.key = k
					r.decryptStrings(skip)
					return
				}
			}
		}
	}
	r.locked = true
	r.problem(ProblemEncrypted, "a password is needed")
}

// containsLock is true where an encryption dictionary is known by its check value:
// every revision of a file repeats it.
func containsLock(locks []dict, r *reader, d dict) bool {
	for _, have := range locks {
		if bytes.Equal(r.bytes(have["U"]), r.bytes(d["U"])) && bytes.Equal(r.bytes(have["O"]), r.bytes(d["O"])) {
			return true
		}
	}
	return false
}

// methods are how a dictionary says that streams and strings are encrypted.
func (r *reader) methods(e dict, version int) (streams, strings method) {
	if version < 4 {
		return byRC4, byRC4
	}
	of := func(filter name) method {
		if filter == "" || filter == "Identity" {
			return plainly
		}
		switch r.name(r.dict(r.dict(e["CF"])[filter])["CFM"]) {
		case "None":
			return plainly
		case "V2":
			return byRC4
		case "AESV3":
			return byAES256
		}
		if version >= 5 {
			return byAES256
		}
		return byAES
	}
	return of(r.name(e["StmF"])), of(r.name(e["StrF"]))
}

// leaves is true for a stream that is not encrypted although the file is.
func (k *fileKey) leaves(r *reader, d dict, filters []name, params []dict) bool {
	if !k.metadata && r.name(d["Type"]) == "Metadata" {
		return true
	}
	if len(filters) == 0 || filters[0] != "Crypt" {
		return false
	}
	filter := r.name(params[0]["Name"])
	return filter == "" || filter == "Identity"
}

func (k *fileKey) stream(of ref, b []byte) []byte { return k.decrypt(k.streams, of, b) }

// string decrypts a string. One that can be read as it is was not encrypted, and
// the dictionary that says so is there to hide it: what is encrypted does not come
// out as readable by chance.
func (k *fileKey) string(of ref, b str) str {
	if readable(b) {
		return b
	}
	return k.decrypt(k.strings, of, b)
}

// readable is true for at least eight characters of ASCII and nothing else.
func readable(b []byte) bool {
	if len(b) < 8 {
		return false
	}
	for _, c := range b {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// decrypt decrypts a string or a stream of an object (§7.6.3).
func (k *fileKey) decrypt(by method, of ref, b []byte) []byte {
	if by == plainly || len(b) == 0 {
		return b
	}
	key := k.key
	if by != byAES256 {
		h := md5.New()
		h.Write(k.key)
		h.Write([]byte{byte(of.number), byte(of.number >> 8), byte(of.number >> 16), byte(of.generation), byte(of.generation >> 8)})
		if by == byAES {
			h.Write([]byte("sAlT"))
		}
		key = h.Sum(nil)[:min(16, len(k.key)+5)]
	}
	if by == byRC4 {
		out := make([]byte, len(b))
		xorRC4(key, out, b)
		return out
	}
	b = b[:len(b)/aes.BlockSize*aes.BlockSize]
	if len(b) < 2*aes.BlockSize {
		return nil
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil
	}
	out := make([]byte, len(b)-aes.BlockSize)
	cipher.NewCBCDecrypter(block, b[:aes.BlockSize]).CryptBlocks(out, b[aes.BlockSize:])
	if pad := int(out[len(out)-1]); pad >= 1 && pad <= aes.BlockSize {
		out = out[:len(out)-pad]
	}
	return out
}

func xorRC4(key, dst, src []byte) {
	if c, err := rc4.NewCipher(key); err == nil {
		c.XORKeyStream(dst, src)
	}
}

// decryptStrings decrypts the strings of every object but the encryption
// dictionaries, whose numbers are given.
func (r *reader) decryptStrings(skip map[int]bool) {
	for _, o := range r.objects {
		if !skip[o.number] && o.dict()["Type"] != name("XRef") {
			o.value = r.key.decrypted(o.ref, o.value)
		}
	}
}

func (k *fileKey) decrypted(of ref, v value) value {
	switch v := v.(type) {
	case str:
		return k.string(of, v)
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
