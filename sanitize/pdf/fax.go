package pdf

import (
	"bytes"
	"io"

	"golang.org/x/image/ccitt"
)

// fax undoes CCITT's fax encoding (§7.4.6), the one of scanned pages: a bit for
// each pixel, black is 0. The mixed one of Group 3 (a positive K) is not read.
func (r *reader) fax(b []byte, p dict, s samples) ([]byte, bool) {
	k, _ := r.number(p["K"])
	if k > 0 {
		return nil, false
	}
	mode := ccitt.Group3
	if k < 0 {
		mode = ccitt.Group4
	}
	columns, given := r.number(p["Columns"])
	if !given {
		columns = 1728
	}
	if columns != s.width {
		return nil, false
	}
	black1, _ := r.resolve(p["BlackIs1"]).(bool)
	align, _ := r.resolve(p["EncodedByteAlign"]).(bool)
	return r.took(decodeFax(b, mode, s, align, black1, r.room())), true
}

// decodeFax keeps what came out before an error. The decoder is another's: should a
// hostile picture make it panic, the picture is empty, and the mail is read on.
func decodeFax(b []byte, mode ccitt.SubFormat, s samples, align, invert bool, room int) (out []byte) {
	defer func() {
		if recover() != nil {
			out = nil
		}
	}()
	z := ccitt.NewReader(bytes.NewReader(b), ccitt.MSB, mode, s.width, s.height, &ccitt.Options{Align: align, Invert: invert})
	out, _ = io.ReadAll(io.LimitReader(z, int64(room)+1))
	return out
}
