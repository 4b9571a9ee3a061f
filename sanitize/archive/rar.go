package archive

import (
	"bytes"
	"errors"
	"io"
	"io/fs"

	"github.com/nwaples/rardecode/v2"
)

// rar3Rounds is what RAR 3 takes for a key, and a new one for each salt.
const rar3Rounds = 1 << 18

// rar reads a RAR of version 1.5 to 7.
func (r *reader) rar(b []byte) {
	five := len(b) > 7 && b[6] == 1
	if five {
		r.rar5(b)
		return
	}
	list, err := r.rarList(b, "", false)
	if !list.locked && !errors.Is(err, rardecode.ErrArchiveEncrypted) {
		return
	}
	// RAR 3 keeps nothing to check a password with: the first file must decode.
	members, problems := r.out.Members, r.out.Problems
	for _, password := range r.passwords {
		if !r.spend(rar3Rounds) {
			return
		}
		if !r.rarFits(b, password) {
			continue
		}
		r.opened(password)
		r.restart()
		if _, err := r.rarList(b, password, true); err != nil && len(r.out.Members) == 0 {
			r.out.Members, r.out.Problems = members, problems
		}
		return
	}
	r.locked()
}

// restart forgets what was told of the archive, before it is read again with
// the password.
func (r *reader) restart() {
	r.out.Members, r.out.Problems = nil, nil
	clear(r.names)
}

// rarOpen opens the archive; "" is no password.
func rarOpen(b []byte, password string) (*rardecode.Reader, error) {
	options := []rardecode.Option{rardecode.MaxDictionarySize(dictBytes)}
	if password != "" {
		options = append(options, rardecode.Password(password))
	}
	return rardecode.NewReader(bytes.NewReader(b), options...)
}

// rarFound is what rarList saw.
type rarFound struct {
	locked bool // a file is encrypted and was not read
}

// rarList tells of all members. A key for each costs as much as a guess, so
// they are counted where old says that the archive is of version 3.
func (r *reader) rarList(b []byte, password string, old bool) (found rarFound, err error) {
	src, err := rarOpen(b, password)
	if err != nil {
		if !errors.Is(err, rardecode.ErrArchiveEncrypted) {
			r.problem(ProblemMalformed, "the rar file could not be opened")
		}
		return found, err
	}
	base := r.left
	for {
		h, err := src.Next()
		if err == io.EOF {
			return found, nil
		}
		if errors.Is(err, rardecode.ErrDictionaryTooLarge) {
			r.problem(ProblemLimit, "the rar file asks for more memory than it may have")
			return found, err
		}
		if errors.Is(err, rardecode.ErrArchiveEncrypted) {
			return found, err
		}
		if errors.Is(err, rardecode.ErrMultiVolume) {
			r.problem(ProblemUnsupported, "the rar file goes on in another file")
			return found, err
		}
		if err != nil {
			r.problem(ProblemMalformed, "the rar file could not be read to its end")
			return found, err
		}
		if r.full() {
			return found, nil
		}
		m := Member{Name: decodeName([]byte(h.Name)), Size: h.UnPackedSize, Dir: h.IsDir, Encrypted: h.Encrypted || h.HeaderEncrypted}
		if h.UnKnownSize {
			m.Size = -1
		}
		if h.LinkType != rardecode.LinkTypeNone && h.LinkType != rardecode.LinkTypeFileCopy || h.Mode()&fs.ModeSymlink != 0 {
			m.Notes = append(m.Notes, "symlink")
		}
		keys := 0 // that the library derives at worst: one for the header, one for the data
		if old && h.HeaderEncrypted {
			keys++
		}
		if old && h.Encrypted && password != "" {
			keys++
		}
		if !r.spend(keys * rar3Rounds) {
			r.add(m)
			return found, nil
		}
		switch {
		case h.IsDir:
		case h.Encrypted && password == "":
			found.locked = true
		default:
			r.rarFill(&m, src, len(b), base)
		}
		r.add(m)
	}
}

// rarFill reads the data of the member at hand. The ratio is that of the whole
// archive, because its members may be compressed as one.
func (r *reader) rarFill(m *Member, src io.Reader, packed, base int) {
	allowed := max(ratioFrom, packed*r.limits.Ratio) - (base - r.left)
	if allowed <= 0 {
		r.filled(m, nil, errLimit)
		return
	}
	data, err := r.decode(io.LimitReader(src, int64(allowed)+1), packed, m.Size)
	switch {
	case err == nil && len(data) > allowed:
		data, err = data[:allowed], errLimit
	case errors.Is(err, rardecode.ErrBadFileChecksum):
		m.Notes, err = append(m.Notes, "bad-checksum"), nil
	case errors.Is(err, rardecode.ErrUnsupportedDecoder), errors.Is(err, rardecode.ErrUnknownDecoder):
		r.problem(ProblemUnsupported, "a member uses a compression that is not read")
		return
	}
	r.filled(m, data, err)
}

// rarFits reports whether the password opens the headers and the first
// encrypted file, for archives that keep nothing to check it with.
func (r *reader) rarFits(b []byte, password string) (fits bool) {
	// A wrong password makes the decoder read noise.
	defer func() {
		if recover() != nil {
			fits = false
		}
	}()
	src, err := rarOpen(b, password)
	if err != nil {
		return false
	}
	for range r.limits.Entries {
		h, err := src.Next()
		if err != nil || h.HeaderEncrypted && !r.spend(rar3Rounds) {
			return false
		}
		if h.IsDir || h.UnPackedSize == 0 {
			if h.HeaderEncrypted {
				fits = true // its checksum was right
			}
			continue
		}
		if !h.Encrypted && !h.HeaderEncrypted {
			if h.Solid { // what follows cannot be decoded without it
				if _, err := r.decode(src, len(b), h.UnPackedSize); err != nil {
					return false
				}
			}
			continue
		}
		_, err = r.decode(src, len(b), h.UnPackedSize)
		return err == nil || err == errLimit
	}
	return fits
}
