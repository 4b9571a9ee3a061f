package archive

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

// isoSector is the size of a sector, in which all places are counted.
const isoSector = 2048

// isoDirectories are read at most of one image; a loop of them ends there too.
const isoDirectories = 1000

// isoReader is one run of reader.iso.
type isoReader struct {
	*reader
	b    []byte
	wide bool // names are UTF-16, as Joliet has it
	seen map[isoExtent]bool
}

// isoExtent is where something lies: one file's bytes may be told under two
// names, but are told once for each pair of place and size.
type isoExtent struct{ at, size uint32 }

// iso reads an ISO 9660 image (ECMA-119): the files of its Joliet names, which
// are what Windows shows, and then those that only the primary names tell of.
func (r *reader) iso(b []byte) {
	x := &isoReader{reader: r, b: b, seen: map[isoExtent]bool{}}
	var primary, joliet []byte
	for at := 16 * isoSector; at+isoSector <= len(b) && at < 80*isoSector; at += isoSector {
		d := b[at : at+isoSector]
		if string(d[1:6]) != "CD001" || d[0] == 255 {
			break
		}
		switch {
		case d[0] == 1 && primary == nil:
			primary = d
		case d[0] == 2 && d[88] == '%' && d[89] == '/' && strings.IndexByte("@CE", d[90]) >= 0:
			joliet = d
		}
	}
	if primary == nil && joliet == nil {
		r.problem(ProblemMalformed, "the disc image has no volume descriptor")
		return
	}
	if joliet != nil {
		x.wide = true
		x.tree(joliet[156:190], true)
	}
	if primary != nil {
		x.wide = false
		x.tree(primary[156:190], joliet == nil)
	}
}

// isoRecord is a directory record (ECMA-119 9.1).
type isoRecord struct {
	isoExtent
	dir, more bool // more: the file goes on in the next record
	name      []byte
}

// readISORecord reads the record at the start of b and returns its length, 0
// where there is none.
func readISORecord(b []byte) (e isoRecord, n int) {
	if len(b) < 34 || b[0] < 34 || int(b[0]) > len(b) {
		return e, 0
	}
	n = int(b[0])
	e.at, e.size = binary.LittleEndian.Uint32(b[2:]), binary.LittleEndian.Uint32(b[10:])
	e.at += uint32(b[1]) // an extended attribute record comes first
	e.dir, e.more = b[25]&2 != 0, b[25]&0x80 != 0
	e.name = b[33:min(n, 33+int(b[32]))]
	return e, n
}

// tree reads all directories from the root's record on, level by level. It
// tells of them only if asked: the second tree has them again.
func (x *isoReader) tree(root []byte, tell bool) {
	type dir struct {
		isoExtent
		path string
	}
	e, n := readISORecord(root)
	if n == 0 {
		x.problem(ProblemMalformed, "the disc image has no root directory")
		return
	}
	queue := []dir{{isoExtent: e.isoExtent}}
	visited := map[uint32]bool{e.at: true}
	for i := 0; i < len(queue); i++ {
		b := x.extent(queue[i].isoExtent)
		if uint32(len(b)) < queue[i].size {
			x.problem(ProblemMalformed, "a directory of the disc image is cut short")
		}
		var parts [][]byte
		for at := 0; at < len(b); {
			e, n := readISORecord(b[at:])
			if n == 0 {
				// Records do not cross sectors; the rest of this one is empty.
				at += isoSector - at%isoSector
				continue
			}
			at += n
			name := x.name(e.name)
			if name == "" {
				continue // the directory itself or its parent
			}
			if e.dir {
				if visited[e.at] || len(queue) >= isoDirectories {
					continue
				}
				visited[e.at] = true
				queue = append(queue, dir{e.isoExtent, queue[i].path + name + "/"})
			}
			if x.seen[e.isoExtent] && e.size > 0 {
				continue
			}
			if x.full() {
				return
			}
			x.seen[e.isoExtent] = true
			if e.dir {
				if tell {
					x.add(Member{Name: queue[i].path + name + "/", Size: -1, Dir: true})
				}
				continue
			}
			data := x.extent(e.isoExtent)
			parts = append(parts, data)
			if e.more && len(data) == int(e.size) {
				continue
			}
			x.file(queue[i].path+name, parts, len(data) < int(e.size))
			parts = nil
		}
	}
}

// file tells of a file that lies in one or several extents.
func (x *isoReader) file(name string, parts [][]byte, short bool) {
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	m := Member{Name: name, Size: int64(size)}
	whole := parts[0]
	if len(parts) > 1 && size <= x.left {
		whole = bytes.Join(parts, nil)
	}
	data, err := x.store(whole)
	x.filled(&m, data, err)
	if short {
		m.Partial, m.Size = true, -1
		x.problem(ProblemMalformed, "a file of the disc image is cut short")
	}
	x.add(m)
}

// extent returns the bytes of an extent, as far as the image has them.
func (x *isoReader) extent(e isoExtent) []byte {
	from := min(uint64(e.at)*isoSector, uint64(len(x.b)))
	to := min(from+uint64(e.size), uint64(len(x.b)))
	return x.b[from:to:to]
}

// name decodes a file identifier; "" for a directory itself and its parent.
func (x *isoReader) name(raw []byte) string {
	if len(raw) <= 1 && (len(raw) == 0 || raw[0] <= 1) {
		return ""
	}
	s := ""
	if x.wide {
		u := make([]uint16, len(raw)/2)
		for i := range u {
			u[i] = binary.BigEndian.Uint16(raw[2*i:])
		}
		s = string(utf16.Decode(u))
	} else {
		s = decodeName(raw)
	}
	// ";1" is the version of the file, a dot before it an empty extension.
	if i := strings.LastIndexByte(s, ';'); i > 0 {
		s = s[:i]
	}
	if t := strings.TrimSuffix(s, "."); t != "" && !x.wide {
		s = t
	}
	return s
}
