package pdf

import (
	"bytes"
	"compress/flate"
	"compress/lzw"
	"encoding/ascii85"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"testing"
)

// However a stream is packed, what is in it is found.
func TestFilters(t *testing.T) {
	inner := "1 0 " + aLink
	base85 := func(s string) string {
		var b bytes.Buffer
		w := ascii85.NewEncoder(&b)
		io.WriteString(w, s)
		w.Close()
		return b.String()
	}
	raw := func(s string) string {
		var b bytes.Buffer
		w, _ := flate.NewWriter(&b, 9)
		io.WriteString(w, s)
		w.Close()
		return b.String()
	}
	cut := deflated(inner)
	wrong := []byte(cut)
	wrong[len(wrong)-1] ^= 1
	hexed := hex.EncodeToString([]byte(inner))
	for _, c := range []struct{ name, filter, data string }{
		{"none", "", inner},
		{"Flate", "/Filter /FlateDecode", deflated(inner)},
		{"Flate, cut off", "/Filter /FlateDecode", cut[:len(cut)-4]},
		{"Flate, its checksum wrong", "/Filter /FlateDecode", string(wrong)},
		{"Flate without its header", "/Filter /FlateDecode", raw(inner)},
		{"Flate with a wrong header", "/Filter /FlateDecode", "\x00\x00" + raw(inner)},
		{"Flate behind an empty line", "/Filter /FlateDecode", "\r\n" + deflated(inner)},
		{"LZW", "/Filter /LZWDecode", packLZW(inner, 1)},
		{"LZW with late changes", "/Filter /LZWDecode /DecodeParms << /EarlyChange 0 >>", packLZW(inner, 0)},
		{"hexadecimal", "/Filter /ASCIIHexDecode", hexed + ">"},
		{"hexadecimal over lines", "/Filter /ASCIIHexDecode", hexed[:11] + "\n " + hexed[11:]},
		{"base 85", "/Filter /ASCII85Decode", base85(inner) + "~>"},
		{"base 85 with its start", "/Filter /A85", "<~" + base85(inner) + "~>"},
		{"run length", "/Filter /RunLengthDecode", string([]byte{byte(len(inner) - 1)}) + inner + "\x80"},
		{"a run", "/Filter /RL", string([]byte{3}) + inner[:4] + "\xf7 " + string([]byte{byte(len(inner) - 5)}) + inner[4:] + "\x80"},
		{"two in a row", "/Filter [/AHx /Fl]", hex.EncodeToString([]byte(deflated(inner))) + ">"},
		{"four in a row", "/Filter [/A85 /LZW /AHx /Fl]", base85(packLZW(hex.EncodeToString([]byte(deflated(inner)))+">", 1)) + "~>"},
		{"a name with escapes", "/Filter /Fl#61teDecode", deflated(inner)},
		{"through a reference", "/Filter 2 0 R", deflated(inner)},
		{"under its short key", "/F /Fl", deflated(inner)},
		{"none known", "/Filter /Crypt", inner},
	} {
		f := Read(file("", stream(fmt.Sprintf("/Type /ObjStm /N 1 /First 4 %s", c.filter), c.data), "/FlateDecode"), Limits{})
		if links(f) != "uri action https://evil.example/" {
			t.Errorf("%s: links %q, problems %v", c.name, links(f), f.Problems)
		}
	}
}

// packLZW packs as §7.4.4 says; early is 1 where codes grow one code early. The
// library's writer is the late one.
func packLZW(s string, early int) string {
	if early == 0 {
		var b bytes.Buffer
		w := lzw.NewWriter(&b, lzw.MSB, 8)
		io.WriteString(w, s)
		w.Close()
		return b.String()
	}
	var out []byte
	acc, bits, width := uint32(0), 0, 9
	put := func(code int) {
		acc = acc<<width | uint32(code)
		for bits += width; bits >= 8; bits -= 8 {
			out = append(out, byte(acc>>(bits-8)))
		}
	}
	table := map[string]int{}
	for i := range 256 {
		table[string([]byte{byte(i)})] = i
	}
	put(256)
	next, word := 258, ""
	for i := range len(s) {
		c := s[i : i+1]
		if _, ok := table[word+c]; ok {
			word += c
			continue
		}
		put(table[word])
		table[word+c] = next
		if next++; next+1 > 1<<width && width < 12 {
			width++
		}
		word = c
	}
	put(table[word])
	if next++; next+1 > 1<<width && width < 12 {
		width++
	}
	put(257)
	return string(append(out, byte(acc<<(8-bits))))
}

// The codes of LZW grow from 9 to 12 bits.
func TestLongLZW(t *testing.T) {
	var long strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&long, "%d,", i*i)
	}
	for early := range 2 {
		r := &reader{limits: Limits{}.orDefault(), left: 1 << 20, told: map[Problem]bool{}}
		in := long.String()
		if early == 1 {
			in = in[:6000] // the table of the test's writer is never full
		}
		if got := string(r.lzw([]byte(packLZW(in, early)), early)); got != in {
			t.Errorf("early change %d: %d bytes came out of %d", early, len(got), len(in))
		}
	}
}

func TestPredictors(t *testing.T) {
	data := "abcdefghijklmnopqrstuvwxyz012345" // 8 rows of 4
	var png [5]string
	for filter := range png {
		above := make([]byte, 4)
		for i := 0; i < len(data); i += 4 {
			row := []byte(data[i : i+4])
			png[filter] += string([]byte{byte(filter)})
			for j := range row {
				var left, corner byte
				if j > 0 {
					left, corner = row[j-1], above[j-1]
				}
				by := [5]byte{0, left, above[j], byte((int(left) + int(above[j])) / 2), paeth(left, above[j], corner)}
				png[filter] += string([]byte{row[j] - by[filter]})
			}
			above = row
		}
	}
	tiff := func(step int) string {
		out := []byte(data)
		for i := 0; i < len(out); i += 4 {
			for j := 3; j >= step; j-- {
				out[i+j] -= out[i+j-step]
			}
		}
		return string(out)
	}
	nibbles := []byte(data)
	for i := 0; i < len(nibbles); i += 4 {
		var n [8]byte
		for j := range n {
			n[j] = data[i+j/2] >> (4 - 4*(j%2)) & 15
		}
		for j := 7; j > 0; j-- {
			n[j] = (n[j] - n[j-1]) & 15
		}
		for j := range 4 {
			nibbles[i+j] = n[2*j]<<4 | n[2*j+1]
		}
	}
	words := []byte(data)
	for i := 0; i < len(words); i += 4 {
		a, b := uint16(data[i])<<8|uint16(data[i+1]), uint16(data[i+2])<<8|uint16(data[i+3])
		words[i+2], words[i+3] = byte((b-a)>>8), byte(b-a)
	}
	for _, c := range []struct {
		name   string
		params dict
		in     string
	}{
		{"none", dict{}, data},
		{"PNG, none", dict{"Predictor": 10.0, "Columns": 4.0}, png[0]},
		{"PNG, left", dict{"Predictor": 11.0, "Columns": 4.0}, png[1]},
		{"PNG, up", dict{"Predictor": 12.0, "Columns": 4.0}, png[2]},
		{"PNG, average", dict{"Predictor": 13.0, "Columns": 4.0}, png[3]},
		{"PNG, Paeth, by the rows' own word", dict{"Predictor": 10.0, "Columns": 4.0}, png[4]},
		{"TIFF", dict{"Predictor": 2.0, "Columns": 4.0}, tiff(1)},
		{"TIFF with two colours", dict{"Predictor": 2.0, "Columns": 2.0, "Colors": 2.0}, tiff(2)},
		{"TIFF with four bits", dict{"Predictor": 2.0, "Columns": 8.0, "BitsPerComponent": 4.0}, string(nibbles)},
		{"TIFF with sixteen bits", dict{"Predictor": 2.0, "Columns": 2.0, "BitsPerComponent": 16.0}, string(words)},
	} {
		r := &reader{}
		if got := string(r.predict(c.params, []byte(c.in))); got != data {
			t.Errorf("%s: %q, want %q", c.name, got, data)
		}
	}
}
