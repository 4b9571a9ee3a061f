package archive

import (
	"bytes"
	"compress/flate"
	"hash/crc32"
	"slices"
)

// span is a run of bytes of the archive, end not in it.
type span struct{ start, end int }

// zipReader is one run of reader.zip.
type zipReader struct {
	*reader
	b    []byte
	used []span // in order, none in another
}

// zip reads a zip: the members of its central directory, and those that only
// their local headers tell of. The latter are all there is where the directory
// is broken or missing, and what one reader shows and another hides where two
// zips stand one behind the other.
func (r *reader) zip(b []byte) {
	z := &zipReader{reader: r, b: b}
	d, ok := findDirectory(b)
	if !ok {
		r.problem(ProblemMalformed, "the zip has no readable directory")
	} else {
		r.out.Comment = decodeName(d.comment)
		if !z.central(d) {
			return
		}
		z.use(span{d.start, d.after})
	}
	z.hidden(ok)
}

// central reads the members of the directory. It is false where no more may be
// told.
func (z *zipReader) central(d zipDirectory) bool {
	c := cursor{b: z.b[d.start:d.end]}
	for len(c.b) > 0 {
		e, ok := centralEntry(&c)
		if !ok {
			z.problem(ProblemMalformed, "the zip's directory is cut short")
			break
		}
		if z.full() {
			return false
		}
		z.entry(e, d.base)
	}
	return true
}

// entry reads one member of the directory.
func (z *zipReader) entry(e zipEntry, base int) {
	local, ok := zipEntry{}, false
	for _, base := range []int{base, 0} {
		if at := e.offset + uint64(base); !ok && e.offset <= uint64(len(z.b)) && at <= uint64(len(z.b)) {
			local, ok = localEntry(z.b, int(at))
		}
	}
	if !ok {
		z.problem(ProblemMalformed, "a member of the zip's directory has no data")
		z.add(e.member())
		return
	}
	if !bytes.Equal(local.raw, e.raw) {
		e.notes = append(e.notes, "name-differs")
	}
	e.dataAt, e.offset = local.dataAt, local.offset
	if e.csize == 0 && local.csize > 0 {
		e.csize = local.csize
	}
	// Some readers believe the directory about encryption, others the header.
	e.plain = (e.flags^local.flags)&zipEncrypted != 0
	e.flags |= local.flags & zipEncrypted
	if e.extraField(zipExtraAES) == nil && local.extraField(zipExtraAES) != nil {
		e.extra = local.extra
	}
	z.member(e)
}

// member tells of e, whose data begins at e.dataAt, and reads it.
func (z *zipReader) member(e zipEntry) {
	m := e.member()
	end := e.dataAt + int(min(e.csize, uint64(len(z.b)-e.dataAt)))
	if uint64(end-e.dataAt) < e.csize {
		z.problem(ProblemMalformed, "a member of the zip is cut short")
	}
	if !z.use(span{int(e.offset), end}) {
		// Two members out of the same bytes are how a small zip becomes huge
		// without nesting.
		z.problem(ProblemLimit, "members of the zip share their compressed bytes")
		z.add(m)
		return
	}
	if !m.Dir || end > e.dataAt {
		z.fill(&m, e, z.b[e.dataAt:end])
	}
	z.add(m)
}

// fill reads the member's data into m.
func (z *zipReader) fill(m *Member, e zipEntry, packed []byte) {
	switch {
	case e.flags&(zipStrong|zipNoHeaders) != 0:
		z.problem(ProblemUnsupported, "a member uses an encryption that is not read")
	case e.flags&zipEncrypted != 0 || e.method == methodAES:
		m.Encrypted = true
		if e.plain {
			data, err := z.inflate(e.method, packed, m.Size)
			if err == nil && crc32.ChecksumIEEE(data) == e.crc {
				m.Encrypted = false
				z.checked(m, e, data, nil)
				return
			}
		}
		z.decrypt(m, e, packed)
	default:
		data, err := z.inflate(e.method, packed, m.Size)
		z.checked(m, e, data, err)
	}
}

// checked puts data into m and compares its checksum.
func (z *zipReader) checked(m *Member, e zipEntry, data []byte, err error) {
	if err == errMethod {
		z.problem(ProblemUnsupported, "a member uses a compression that is not read")
		return
	}
	z.filled(m, data, err)
	if err == nil && crc32.ChecksumIEEE(data) != e.crc {
		m.Notes = append(m.Notes, "bad-checksum")
	}
}

// use marks a span as used. It is false where some of it already was.
func (z *zipReader) use(s span) bool {
	i, _ := slices.BinarySearchFunc(z.used, s.start, func(u span, at int) int { return u.start - at })
	if i < len(z.used) && z.used[i].start < s.end || i > 0 && z.used[i-1].end > s.start {
		return false
	}
	z.used = slices.Insert(z.used, i, s)
	return true
}

// hidden looks for local headers where no member has been read yet. It takes
// them from front to back, so that what one of them covers is not looked at
// again.
func (z *zipReader) hidden(note bool) {
	known := slices.Clone(z.used)
	at := 0
	for {
		for len(known) > 0 && known[0].start <= at {
			at = max(at, known[0].end)
			known = known[1:]
		}
		if at >= len(z.b) {
			return
		}
		gap := len(z.b)
		if len(known) > 0 {
			gap = known[0].start
		}
		i := bytes.Index(z.b[at:gap], []byte(zipLocal))
		if i < 0 {
			at = gap
			continue
		}
		at += i
		e, ok := localEntry(z.b, at)
		if !ok || !plausibleLocal(e) {
			at++
			continue
		}
		if z.full() {
			return
		}
		if note {
			e.notes = append(e.notes, "not-in-directory")
		}
		at = z.streamed(e, gap)
	}
}

// plausibleLocal keeps four bytes that happen to look like a signature from
// becoming a member.
func plausibleLocal(e zipEntry) bool {
	return len(e.raw) > 0 && len(e.raw) <= nameBytes && e.raw[0] >= ' ' && (e.method <= 20 || e.method >= 93 && e.method <= 99)
}

// streamed reads a member by its local header alone and returns where its data
// ends, which is not behind limit.
func (z *zipReader) streamed(e zipEntry, limit int) int {
	if e.dataAt > limit {
		return limit
	}
	if e.flags&zipDescribed == 0 || e.csize != 0 {
		e.csize = min(e.csize, uint64(limit-e.dataAt))
		z.member(e)
		return e.dataAt + int(e.csize)
	}
	m := e.member()
	m.Size = -1
	packed := z.b[e.dataAt:limit]
	if e.flags&zipEncrypted == 0 && e.method == methodDeflate {
		// A deflated stream says itself where it ends, and not a byte too many is
		// read of it, because src gives them one by one.
		src := bytes.NewReader(packed)
		data, err := z.decode(flate.NewReader(src), len(packed), -1)
		e.csize = uint64(len(packed) - src.Len())
		e.crc = crc32.ChecksumIEEE(data)
		z.use(span{int(e.offset), e.dataAt + int(e.csize)})
		z.checked(&m, e, data, err)
		z.add(m)
		return e.dataAt + int(e.csize)
	}
	e.csize = uint64(len(packed))
	e.crc = 0
	if n, crc, size, ok := descriptor(packed); ok {
		e.csize, e.crc, e.size = uint64(n), crc, uint64(size)
		m.Size = int64(size)
	}
	z.use(span{int(e.offset), e.dataAt + int(e.csize)})
	z.fill(&m, e, packed[:e.csize])
	z.add(m)
	return e.dataAt + int(e.csize)
}

// descriptor finds the data descriptor behind b's first member (APPNOTE.TXT
// 4.3.9): the one that names as many bytes as stand before it.
func descriptor(b []byte) (n int, crc, size uint32, ok bool) {
	for at := 0; ; at++ {
		i := bytes.Index(b[at:], []byte(zipDescriptor))
		if i < 0 {
			return 0, 0, 0, false
		}
		at += i
		c := cursor{b: b[at+4:]}
		crc = c.u32()
		csize := c.u32()
		size = c.u32()
		if !c.bad && int(csize) == at {
			return at, crc, size, true
		}
	}
}
