package pdf

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"strings"
)

// file is a PDF of the given objects, numbered from 1, and a trailer.
func file(trailer string, objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	for i, o := range objects {
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d %s >>\n%%%%EOF\n", len(objects)+1, trailer)
	return b.Bytes()
}

// withTable is b with a cross-reference table that points to the objects at the
// given offsets, numbered from 1.
func withTable(b []byte, offsets ...int) []byte {
	var t strings.Builder
	fmt.Fprintf(&t, "\nxref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&t, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&t, "trailer\n<< /Size %d >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, len(b)+1)
	return append(bytes.Clone(b), t.String()...)
}

func stream(dict, data string) string {
	return fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", dict, len(data), data)
}

func deflated(s string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	io.WriteString(w, s)
	w.Close()
	return b.String()
}

// packed is an object stream of objects with the given numbers.
func packed(filter string, pack func(string) string, numbers []int, objects ...string) string {
	var index, body strings.Builder
	for i, o := range objects {
		fmt.Fprintf(&index, "%d %d ", numbers[i], body.Len())
		body.WriteString(o + " ")
	}
	return stream(fmt.Sprintf("/Type /ObjStm /N %d /First %d %s", len(objects), index.Len(), filter), pack(index.String()+body.String()))
}

func links(f Findings) string {
	var all []string
	for _, l := range f.Links {
		s := l.How + " " + l.URL
		if l.Resource {
			s += " (resource)"
		}
		all = append(all, s)
	}
	return strings.Join(all, "\n")
}

// problems are the codes, each once.
func problems(f Findings) string {
	var all []string
	for _, p := range f.Problems {
		if !strings.Contains(strings.Join(all, " "), p.Code) {
			all = append(all, p.Code)
		}
	}
	return strings.Join(all, " ")
}
