package archive

import (
	"archive/tar"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"io"
)

// gzip reads a gzip file, which holds one member. Its header may hold its name
// (RFC 1952 §2.3.1).
func (r *reader) gzip(b []byte) {
	m := Member{Size: -1}
	src, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		r.problem(ProblemMalformed, "the gzip file has no readable header")
		return
	}
	// The library takes the name for Latin-1, as the RFC says; everybody writes
	// what they have.
	var raw []byte
	for _, c := range src.Name {
		raw = append(raw, byte(c))
	}
	m.Name = decodeName(raw)
	r.out.Comment = src.Comment[:min(len(src.Comment), nameBytes)]
	data, err := r.decode(src, len(b), -1)
	if err == gzip.ErrChecksum {
		m.Notes, err = append(m.Notes, "bad-checksum"), nil
	}
	if err == gzip.ErrHeader && len(data) > 0 {
		r.problem(ProblemMalformed, "the gzip file has something behind its end")
		err = nil
	}
	r.filled(&m, data, err)
	r.add(m)
}

// bzip2 reads a bzip2 file, which holds one nameless member.
func (r *reader) bzip2(b []byte) {
	m := Member{Size: -1}
	data, err := r.decode(bzip2.NewReader(bytes.NewReader(b)), len(b), -1)
	r.filled(&m, data, err)
	r.add(m)
}

// tar reads a tar of any kind.
func (r *reader) tar(b []byte) {
	src := tar.NewReader(bytes.NewReader(b))
	for {
		h, err := src.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			r.problem(ProblemMalformed, "the tar file could not be read to its end")
			return
		}
		if r.full() {
			return
		}
		m := Member{Name: decodeName([]byte(h.Name)), Size: h.Size, Dir: h.Typeflag == tar.TypeDir}
		switch h.Typeflag {
		case tar.TypeSymlink, tar.TypeLink:
			m.Notes = append(m.Notes, "symlink")
		case tar.TypeReg, tar.TypeGNUSparse, tar.TypeCont:
			data, err := r.decode(src, len(b), h.Size)
			r.filled(&m, data, err)
		}
		r.add(m)
	}
}
