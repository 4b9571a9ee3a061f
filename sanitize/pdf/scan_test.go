package pdf

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

const aLink = "<< /S /URI /URI (https://evil.example/) >>"

// Wherever in a file an object is, it is found.
func TestObjectsAreFound(t *testing.T) {
	plain := file("", aLink)
	unclosed := []byte("%PDF-1.7\n9 0 obj (never closed\n")
	behindString := append(bytes.Clone(unclosed), ("1 0 obj " + aLink + "\nendobj")...)
	inStream := file("", "<< /Length 60 >>\nstream\n"+"5 0 obj "+aLink+"\nendobj  \nendstream")
	for _, c := range []struct {
		name string
		b    []byte
	}{
		{"no table at all", plain},
		{"a table that lies", withTable(plain, 3)},
		{"no end", bytes.TrimSuffix(plain, []byte("endobj\ntrailer\n<< /Size 2  >>\n%%EOF\n"))},
		{"no line ends", []byte("%PDF-1.0 1 0 obj" + aLink + "endobj")},
		{"old line ends", []byte(strings.ReplaceAll(string(plain), "\n", "\r"))},
		{"junk before", append(bytes.Repeat([]byte("junk 7 obj "), 50), plain...)},
		{"inside a comment", []byte("%PDF-1.7\n% 1 0 obj " + aLink)},
		{"behind a string that is never closed", behindString},
		{"behind many of them, with a table", withTable(append(bytes.Repeat([]byte("9 0 obj (\n"), 20_000), "1 0 obj "+aLink+"\nendobj"...), 200_000)},
		{"inside a stream", inStream},
		{"behind a stream without an end", []byte("%PDF-1.7\n2 0 obj << /Length 9 >> stream\nxx\nendobj\n1 0 obj " + aLink + " endobj")},
		{"too deep", []byte("%PDF-1.7\n2 0 obj " + strings.Repeat("[", 5000) + "\nendobj\n1 0 obj " + aLink + " endobj")},
		{"an older revision", append(file("", aLink), file("", "<< /S /URI /URI (https://evil.example/) >>", "null")...)},
		{"in an object stream", file("", packed("/Filter /FlateDecode", deflated, []int{4, 5}, "<< /X 1 >>", aLink))},
		{"in an object stream whose length is in another", file("", strings.Replace(packed("/Filter /FlateDecode", deflated, []int{5}, aLink), "/Length ", "/Length 2 0 R /X ", 1), "99")},
	} {
		if f := Read(c.b, Limits{}); links(f) != "uri action https://evil.example/" {
			t.Errorf("%s: links %q, problems %v", c.name, links(f), f.Problems)
		}
	}
}

// Every revision of an object counts, and the last is what references mean.
func TestRevisions(t *testing.T) {
	first := file("", "<< /S /URI /URI 2 0 R >>", "(https://first.example/)", "<< /S /URI /URI (https://old.example/) >>")
	b := append(first, file("", "<< /S /URI /URI 2 0 R >>", "(https://second.example/)", "<< /S /URI /URI (https://new.example/) >>")...)
	want := "uri action https://second.example/\nuri action https://old.example/\nuri action https://new.example/"
	if got := links(Read(b, Limits{})); got != want {
		t.Errorf("links %q, want %q", got, want)
	}
}

// A cross-reference table says which of two objects of a number is read.
func TestTables(t *testing.T) {
	b := []byte("%PDF-1.7\n")
	var offsets []int
	for i, o := range []string{"<< /S /URI /URI 2 0 R >>", "(https://true.example/)"} {
		offsets = append(offsets, len(b))
		b = fmt.Appendf(b, "%d 0 obj %s endobj\n", i+1, o)
	}
	b = append(b, "2 0 obj (https://decoy.example/) endobj\n"...)
	rows := "\x00\x00\x00"
	for _, o := range offsets {
		rows += string([]byte{1, byte(o >> 8), byte(o)})
	}
	table := "9 0 obj " + stream("/Type /XRef /Size 3 /W [1 2 0] /Filter /FlateDecode", deflated(rows)) + " endobj"
	for name, b := range map[string][]byte{
		"a table":                  withTable(b, offsets...),
		"a table, junk before":     append([]byte("junk\n"), withTable(b, offsets...)...),
		"a stream":                 append(bytes.Clone(b), table...),
		"a stream with its ranges": append(bytes.Clone(b), strings.Replace(table, "/W", "/Index [0 3] /W", 1)...),
	} {
		if f := Read(b, Limits{}); links(f) != "uri action https://true.example/" {
			t.Errorf("%s: links %q, problems %v", name, links(f), f.Problems)
		}
	}
}

// The declared length of a stream counts, though it has the word for its end in it.
func TestLengthOfStreams(t *testing.T) {
	asItIs := func(s string) string { return s }
	direct := packed("", asItIs, []int{7, 8}, "(endstream endobj)", aLink)
	i := strings.LastIndex(direct[:strings.Index(direct, ">>\nstream")], " /Length ")
	length := strings.TrimSpace(direct[i+len(" /Length ") : strings.Index(direct, ">>\nstream")])
	for name, o := range map[string]string{
		"direct":            direct,
		"in another object": strings.Replace(direct, "/Length "+length, "/Length 2 0 R", 1),
	} {
		if f := Read(file("", o, length), Limits{}); links(f) != "uri action https://evil.example/" {
			t.Errorf("%s: links %q, problems %v", name, links(f), f.Problems)
		}
	}
}
