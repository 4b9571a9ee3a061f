package pdf

import (
	"bytes"
	"encoding/base64"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// inMail are the PDF files in the corpus's mails that are sent in base64.
func inMail(b []byte) (all [][]byte) {
	for {
		i := bytes.Index(b, []byte("\nJVBERi0"))
		if i < 0 {
			return all
		}
		b = b[i+1:]
		var text []byte
		for len(b) > 0 {
			line, rest, _ := bytes.Cut(b, []byte("\n"))
			line = bytes.TrimRight(line, "\r ")
			if len(line) == 0 || bytes.HasPrefix(line, []byte("--")) {
				break
			}
			text, b = append(text, line...), rest
		}
		out := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
		n, _ := base64.StdEncoding.Decode(out, text) // some are cut off
		all = append(all, out[:n])
	}
}

// Every PDF of the corpus is read, and what a reader of it sees is found.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("KAIRAN_CORPUS")
	if dir == "" {
		t.Skip("KAIRAN_CORPUS is not set")
	}
	want := map[string]struct{ links, text, notes, problems string }{
		"rspamd/test__functional__messages__content_url.eml":                                                            {"uri action http://www.example.com/\nuri action http://8.8.8.8/", "Lo http://www.example.com also http://8.8.8.8 kbye", "", ""},
		"rspamd/test__functional__messages__numeric_urls.eml":                                                           {"uri action http://5.6.7.8/\nuri action http://example.com/cool", "http://5.6.7.8 and http://example.com/cool", "", ""},
		"rspamd/test__functional__messages__pdf_js.eml":                                                                 {"", "Planet PDF JavaScript Learning Center", "acroform javascript", ""},
		"rspamd/test__functional__messages__pdf_encrypted.eml":                                                          {"", "", "encrypted", "encrypted"},
		"spamassassin/t__data__spam__extracttext__gtube_pdf.eml":                                                        {"", "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X", "", ""},
		"tika_eml/rsers-standard-integration-tests__src__test__resources__test-documents__test-incremental-updates.eml": {"", "Testing Incremental", "", ""},
	}
	read := 0
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		short := filepath.ToSlash(strings.TrimPrefix(path, dir+string(filepath.Separator)))
		w, known := want[short]
		for _, file := range inMail(b) {
			read++
			f := Read(file, Limits{})
			if known && (links(f) != w.links || !strings.Contains(f.Text, w.text) || strings.Join(f.Notes, " ") != w.notes || problems(f) != w.problems) {
				t.Errorf("%s: links %q, text %q, notes %v, problems %v; want %q, %q, %q, %q", short, links(f), f.Text, f.Notes, f.Problems, w.links, w.text, w.notes, w.problems)
			}
			delete(want, short)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range want {
		t.Errorf("%s: no PDF was found in it", name)
	}
	if read < 20 {
		t.Errorf("%d PDF files were read", read)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(file("/Root 1 0 R", "<< /A << /S /URI /URI (https://evil.example/) >> >>", stream("/Filter /FlateDecode", deflated("BT (x) Tj ET"))))
	f.Add(file("", stream("/Type /ObjStm /N 1 /First 4 /Filter /LZWDecode", packLZW("1 0 "+aLink, 1))))
	f.Add(withTable(file("", aLink), 15))
	f.Add(file("", stream("/Type /XRef /Size 3 /W [1 2 0]", "\x01\x00\x09\x01\x00\x20")))
	f.Add(file("", stream("", "q 1 0 0 1 5 5 cm "+strings.Repeat("0 0 3 3 re f 3 3 m 6 3 l 6 6 l h S ", 40))))
	f.Add(file("", stream("/Subtype /Image /Width 21 /Height 21 /ColorSpace [/Indexed /DeviceRGB 1 <000000ffffff>] /BitsPerComponent 1", samplesOf("\x00", "\x01", 1))))
	f.Add(file("", stream("/Subtype /Image /Width 21 /Height 21 /Filter /CCITTFaxDecode /DecodeParms << /K -1 /Columns 21 >>", "\x30\xff")))
	f.Add(file("", stream("", "BI /W 21 /H 21 /BPC 1 /CS /G ID "+samplesOf("\x00", "\x01", 1)+" EI")))
	f.Add(file("", "<< /XFA 2 0 R /JS (getURL\\(unescape\\('%68'\\) + String.fromCharCode\\(104\\)\\)) >>", stream("", `<a><script>"\x68"</script><submit target="https://evil.example/"/></a>`)))
	f.Add(shownBy("/F1 << /Subtype /Type0 /Encoding /90ms-RKSJ-H /ToUnicode 3 0 R /DescendantFonts [<< /W [1 [2] 3 4 5] >>] >>", "BT /F1 9 Tf [<93fa> -300 (x)] TJ ET", stream("", "1 beginbfrange <01> <05> <0041> endbfrange")))
	for _, l := range locks {
		f.Add(l.file())
	}
	if dir := os.Getenv("KAIRAN_CORPUS"); dir != "" {
		for _, name := range []string{"rspamd/test__functional__messages__content_url.eml", "rspamd/test__functional__messages__pdf_encrypted.eml"} {
			if b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name))); err == nil {
				for _, file := range inMail(b) {
					f.Add(file)
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		const most = 4 << 20
		got := ReadWith(b, []string{"owner"}, Limits{Bytes: most, Objects: 2000})
		if got.Decoded > most || got.Decoded < 0 {
			t.Errorf("%d bytes decoded", got.Decoded)
		}
		for _, i := range got.Images {
			if (i.JPEG == nil) == (i.Gray == nil) {
				t.Error("a picture is a JPEG or samples, not both and not neither")
			}
		}
		again := ReadWith(b, []string{"owner"}, Limits{Bytes: most, Objects: 2000})
		if !slices.Equal(got.Links, again.Links) || got.Text != again.Text || !slices.Equal(got.Notes, again.Notes) || !slices.Equal(got.Problems, again.Problems) {
			t.Error("the same file is read in two ways")
		}
	})
}

func BenchmarkRead(b *testing.B) {
	text := strings.Repeat("BT /F1 12 Tf 72 700 Td [(Please) -250 (see the) 20 ( invoice)] TJ ET\n", 100)
	var objects []string
	for range 300 {
		objects = append(objects, "<< /Type /Annot /Rect [0 0 10 10] /A << /S /URI /URI (https://evil.example/) >> >>", stream("", text))
	}
	doc := file("", objects...)
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		Read(doc, Limits{})
	}
}
