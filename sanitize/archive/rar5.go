package archive

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha256"
)

// rar5PowerMax bounds the rounds for a key, of which WinRAR writes 2^15. The
// library would do 2^24 of them for each file.
const rar5PowerMax = 20

// rar5Lock is how a RAR 5 archive or one file of it is encrypted
// (https://www.rarlab.com/technote.htm, "Encryption header").
type rar5Lock struct {
	power int
	salt  string
	check string // 12 bytes that show a wrong password, or ""
}

// fits reports whether the password is right, as far as the lock can tell.
func (l rar5Lock) fits(password string) bool {
	if l.check == "" {
		return true
	}
	v, err := pbkdf2.Key(sha256.New, password, []byte(l.salt), 1<<l.power+32, sha256.Size)
	if err != nil {
		return false
	}
	var check [8]byte
	for i, x := range v {
		check[i%8] ^= x
	}
	return string(check[:]) == l.check[:8]
}

// rar5Scan walks over the blocks of an archive, to learn what the keys will
// cost before the library derives them.
type rar5Scan struct {
	headers *rar5Lock  // of the headers themselves
	files   []rar5Lock // different ones only
	bad     bool       // a lock asks for more than is done
}

// scanRAR5 looks at up to limit blocks. Headers that are encrypted are read
// with the password, if it is not "".
func scanRAR5(b []byte, password string, limit int) (s rar5Scan) {
	b = b[min(len(b), 8):] // the signature
	var key cipher.Block
	for range limit {
		header, used, ok := rar5Header(b, key)
		if !ok {
			return s
		}
		b = b[used:]
		c := rar5Cursor{cursor{b: header}}
		kind, flags := c.vint(), c.vint()
		var extra, data uint64
		if flags&1 != 0 {
			extra = c.vint()
		}
		if flags&2 != 0 {
			data = c.vint()
		}
		switch kind {
		case 4: // encryption of all that follows
			l, ok := c.lock(false)
			if !ok || l.power > rar5PowerMax {
				s.bad = true
				return s
			}
			s.headers = &l
			if password == "" || !l.fits(password) {
				return s
			}
			k, err := pbkdf2.Key(sha256.New, password, []byte(l.salt), 1<<l.power, 32)
			if err != nil {
				return s
			}
			if key, err = aes.NewCipher(k); err != nil {
				return s
			}
		case 2, 3: // a file, or something of the archive's own in the form of one
			if extra <= uint64(len(c.b)) {
				s.file(c.b[len(c.b)-int(extra):])
			}
		case 5:
			return s
		}
		if data > uint64(len(b)) {
			return s
		}
		b = b[data:]
	}
	return s
}

// file reads the extra records of a file's header.
func (s *rar5Scan) file(extra []byte) {
	c := rar5Cursor{cursor{b: extra}}
	for len(c.b) > 0 && !c.bad {
		size := c.vint()
		if size == 0 || size > uint64(len(c.b)) {
			return
		}
		record := rar5Cursor{cursor{b: c.bytes(int(size))}}
		if record.vint() != 1 {
			continue
		}
		l, ok := record.lock(true)
		if !ok {
			continue
		}
		if l.power > rar5PowerMax {
			s.bad = true
		}
		if len(s.files) == 0 || s.files[len(s.files)-1] != l {
			s.files = append(s.files, l)
		}
	}
}

// rar5Header returns the next block header behind its size, and how many bytes
// it takes of b.
func rar5Header(b []byte, key cipher.Block) (header []byte, used int, ok bool) {
	whole := b
	if key != nil {
		if len(b) < 2*aes.BlockSize {
			return nil, 0, false
		}
		iv := b[:aes.BlockSize]
		// A header is a few KB at most; 2 MiB is the format's own limit.
		b = bytes.Clone(b[aes.BlockSize:min(len(b), 1<<12)])
		b = b[:len(b)&^(aes.BlockSize-1)]
		cipher.NewCBCDecrypter(key, iv).CryptBlocks(b, b)
	}
	c := rar5Cursor{cursor{b: b}}
	c.u32() // checksum
	size := c.vint()
	if c.bad || size == 0 || size > uint64(len(c.b)) {
		return nil, 0, false
	}
	header = c.bytes(int(size))
	used = len(b) - len(c.b)
	if key != nil {
		used = aes.BlockSize + (used+aes.BlockSize-1)&^(aes.BlockSize-1)
	}
	return header, used, used <= len(whole)
}

// rar5Cursor reads RAR 5's own kind of integer.
type rar5Cursor struct{ cursor }

func (c *rar5Cursor) vint() (v uint64) {
	for shift := 0; shift < 64; shift += 7 {
		x := c.u8()
		v |= uint64(x&0x7f) << shift
		if x&0x80 == 0 {
			return v
		}
	}
	c.bad = true
	return 0
}

// lock reads an encryption record; that of a file has the start of its chain in
// it.
func (c *rar5Cursor) lock(file bool) (l rar5Lock, ok bool) {
	version, flags := c.vint(), c.vint()
	l.power = int(c.u8())
	l.salt = string(c.bytes(16))
	if file {
		c.bytes(aes.BlockSize)
	}
	if flags&1 != 0 {
		l.check = string(c.bytes(12))
	}
	return l, !c.bad && version == 0
}

// rar5 reads a RAR 5.
func (r *reader) rar5(b []byte) {
	blocks := r.limits.Entries + 100
	s := scanRAR5(b, "", blocks)
	if s.bad {
		r.problem(ProblemLimit, "the rar file's keys cost more work than is done")
		return
	}
	lock := s.headers
	if lock == nil && len(s.files) > 0 {
		lock = &s.files[0]
	}
	if lock == nil {
		r.rarList(b, "", false)
		return
	}
	for _, password := range r.passwords {
		if !r.spend(1 << lock.power) {
			break
		}
		if !lock.fits(password) || lock.check == "" && !r.rarFits(b, password) {
			continue
		}
		s = scanRAR5(b, password, blocks)
		cost := 0
		for _, l := range s.files {
			cost += 1 << min(l.power, rar5PowerMax)
		}
		if s.bad || !r.spend(cost) {
			r.problem(ProblemLimit, "the rar file's keys cost more work than is done")
			break
		}
		r.opened(password)
		r.rarList(b, password, false)
		return
	}
	r.locked()
	if s.headers == nil {
		r.rarList(b, "", false) // the names may be had without a password
	}
}
