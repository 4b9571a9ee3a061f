package archive

import (
	"errors"
	"io"
	"slices"
	"strings"
)

// reader is one run of Read.
type reader struct {
	limits    Limits
	passwords []string
	out       *Contents
	left      int // bytes that may still be decoded
	work      int // rounds that may still be spent on passwords
	names     map[string]struct{}
}

func newReader(passwords []string, l Limits, out *Contents) *reader {
	l = l.orDefault()
	r := &reader{limits: l, out: out, left: l.Bytes, work: l.Work, names: map[string]struct{}{}}
	for _, p := range passwords {
		if p != "" && !slices.Contains(r.passwords, p) && len(r.passwords) < l.Passwords {
			r.passwords = append(r.passwords, p)
		}
	}
	return r
}

// problem tells each thing once: a thousand members may have the same one.
func (r *reader) problem(code, detail string) {
	p := Problem{Code: code, Detail: detail}
	if !slices.Contains(r.out.Problems, p) {
		r.out.Problems = append(r.out.Problems, p)
	}
}

// full reports whether no further member may be told, and tells of it.
func (r *reader) full() bool {
	if len(r.out.Members) < r.limits.Entries {
		return false
	}
	r.problem(ProblemLimit, "more members than are read")
	return true
}

// add tells of a member. The caller has asked full.
func (r *reader) add(m Member) {
	m.Name = slashed(m.Name)
	m.Notes = append(m.Notes, nameNotes(m.Name)...)
	if m.Name != "" {
		// Windows and macOS take both names for one file.
		key := strings.ToLower(strings.TrimSuffix(m.Name, "/"))
		if _, again := r.names[key]; again {
			m.Notes = append(m.Notes, "duplicate-name")
		}
		r.names[key] = struct{}{}
	}
	if m.Data != nil && !m.Partial {
		if m.Size >= 0 && m.Size != int64(len(m.Data)) {
			m.Notes = append(m.Notes, "size-lies")
		}
		m.Size = int64(len(m.Data))
	}
	slices.Sort(m.Notes)
	m.Notes = slices.Compact(m.Notes)
	r.out.Members = append(r.out.Members, m)
}

// believed is how many bytes have come when the rest of what is allowed is
// believed to come too.
const believed = 1 << 20

// errLimit is what decode returns where a limit ended it.
var errLimit = errors.New("a limit ended the decoding")

// decode reads src to its end, as far as the limits go: packed is how many
// bytes of the archive it comes from, size what the archive says will come (-1
// for nothing). What was read is returned with an error too.
func (r *reader) decode(src io.Reader, packed int, size int64) ([]byte, error) {
	allowed := min(r.left, max(ratioFrom, packed*r.limits.Ratio))
	// What the archive promises is not believed: room is made for a few times
	// what it brings, and the rest grows as it comes.
	room := min(allowed, max(512, 4*packed))
	if size >= 0 && size < int64(room) {
		room = int(size)
	}
	data := make([]byte, 0, room+1)
	var err error
	for err == nil && len(data) <= allowed {
		if len(data) == cap(data) {
			more := max(512, len(data))
			if len(data) >= believed {
				more = allowed // at once: twice over would take twice the memory
			}
			data = slices.Grow(data, min(more, allowed+1-len(data)))
		}
		var n int
		n, err = src.Read(data[len(data):min(cap(data), allowed+1)])
		data = data[:len(data)+n]
	}
	if len(data) > allowed {
		data, err = data[:allowed], errLimit
	}
	r.left -= len(data)
	if err == io.EOF {
		err = nil
	}
	if cap(data)-len(data) > 1024+len(data)/4 {
		data = slices.Clone(data)
	}
	return data, err
}

// store is decode for what is not compressed: it shares the bytes.
func (r *reader) store(b []byte) ([]byte, error) {
	if len(b) > r.left {
		b = b[:r.left:r.left]
		r.left = 0
		return b, errLimit
	}
	r.left -= len(b)
	return b[:len(b):len(b)], nil
}

// filled puts decoded data into m, and tells of err.
func (r *reader) filled(m *Member, data []byte, err error) {
	if err != nil {
		m.Partial = true
		if errors.Is(err, errLimit) {
			r.problem(ProblemLimit, "a member holds more than is decoded")
		} else {
			r.problem(ProblemMalformed, "a member could not be decoded to its end")
		}
		if len(data) == 0 {
			return
		}
	}
	if data == nil {
		data = []byte{}
	}
	m.Data = data
}

// spend takes rounds from the work that passwords may cost. It is false, and
// told, where there are not so many left.
func (r *reader) spend(rounds int) bool {
	if rounds > r.work {
		r.problem(ProblemLimit, "trying passwords costs more work than is done")
		return false
	}
	r.work -= rounds
	return true
}

// opened moves the password that fitted to the front, because the next member
// most likely has the same.
func (r *reader) opened(password string) {
	if i := slices.Index(r.passwords, password); i > 0 {
		copy(r.passwords[1:i+1], r.passwords[:i])
		r.passwords[0] = password
	}
}

// locked tells that a member stays unread.
func (r *reader) locked() {
	if len(r.passwords) == 0 {
		r.problem(ProblemEncrypted, "encrypted, and no password is known")
	} else {
		r.problem(ProblemEncrypted, "encrypted, and none of the known passwords fits")
	}
}
