package rtf

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// compressed is doc as literals only, which every reader of LZFu takes.
func compressed(doc string) []byte {
	var body []byte
	for i := 0; i < len(doc); i += 8 {
		body = append(body, 0)
		body = append(body, doc[i:min(i+8, len(doc))]...)
	}
	if n := len(doc) % 8; n != 0 {
		body[len(body)-n-1] |= 1 << n
	} else {
		body = append(body, 1)
	}
	end := (len(dictionary) + len(doc)) % windowBytes
	body = binary.BigEndian.AppendUint16(body, uint16(end<<4))
	head := binary.LittleEndian.AppendUint32(nil, uint32(len(body)+12))
	head = binary.LittleEndian.AppendUint32(head, uint32(len(doc)))
	head = binary.LittleEndian.AppendUint32(head, kindLZFu)
	return append(binary.LittleEndian.AppendUint32(head, 0), body...)
}

func TestDecompress(t *testing.T) {
	// The examples of [MS-OXRTFCP] §3.1.
	simple, _ := hex.DecodeString("2d0000002b0000004c5a4675f1c5c7a703000a00726370673132354232" + "0af32068656c090020627705b06c647d0a800fa0")
	repeated, _ := hex.DecodeString("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")
	long := strings.Repeat("0123456789abcdef", 3000)
	for _, c := range []struct {
		name, want string
		in         []byte
		limit      int
		err        error
	}{
		{"the example", "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n", simple, 1000, nil},
		{"the example of a repetition", "{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}", repeated, 1000, nil},
		{"longer than the window", long, compressed(long), 1 << 20, nil},
		{"not compressed", "{\\rtf1 x}", append([]byte("\x15\x00\x00\x00\x09\x00\x00\x00MELA\x00\x00\x00\x00"), "{\\rtf1 x}"...), 1000, nil},
		{"cut off", "{\\rtf1 WXYZ", repeated[:24], 1000, ErrCut},
		{"longer than allowed", "0123456789", compressed(long), 10, ErrLimit},
		{"something else", "", []byte("{\\rtf1 plain and simple}"), 1000, ErrKind},
		{"nothing", "", nil, 1000, ErrKind},
	} {
		got, err := Decompress(c.in, c.limit)
		if !strings.HasPrefix(string(got), c.want) || c.err == nil && string(got) != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: Decompress gave %q, %v; want %q, %v", c.name, got, err, c.want, c.err)
		}
	}
}

func TestHTML(t *testing.T) {
	const head = `{\rtf1\ansi\ansicpg932\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}{\f1\fnil\fcharset128 MS;}{\f2\fcharset204 Cyr;}}{\colortbl\red0\green0\blue0;}`
	for _, c := range []struct{ name, in, want string }{
		{"a page", `{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 hello\htmlrtf \par}\htmlrtf0 {\*\htmltag72 </p>}}`, "<p>hello</p>"},
		{"a link", `{\*\htmltag84 <a href="https://evil.example/\'82\'a0?a=1&amp;b">}x{\*\htmltag92 </a>}}`, `<a href="https://evil.example/あ?a=1&amp;b">x</a>`},
		{"two bytes of one character", `\f1 \'93\'fa\'96\'7b}`, "日本"},
		{"another code page", `\f2 \'ef\'f0}`, "пр"},
		{"Unicode with what stands in", `\u26085?\u26412 ?x}`, "日本x"},
		{"Unicode with two that stand in", `\uc2\u26085\'93\'fa\uc1 y}`, "日y"},
		{"a pair of surrogates", `\u-10179?\u-8703?}`, "😁"},
		{"lines in tags", `{\*\htmltag <div\par class=x>}a\par b}`, "<div\r\nclass=x>a\r\nb"},
		{"entities", `{\*\htmltag84 &nbsp;}\lquote a\rquote\~b}`, "&nbsp;&lsquo;a&rsquo;&nbsp;b"},
		{"what is for rich text only", `{\*\mhtmltag84 <x>}\htmlrtf {\field{\*\fldinst HYPERLINK "https://evil.example/"}{\fldrslt\htmlrtf0 y\htmlrtf }}\htmlrtf0 }`, "y"},
		{"escapes", `{\*\htmltag84 \{\\\}}}`, `{\}`},
	} {
		got, ok := HTML([]byte(head+c.in), 1<<20)
		if !ok || string(got) != c.want {
			t.Errorf("%s: HTML = %q, %v; want %q", c.name, got, ok, c.want)
		}
	}
	if got, ok := HTML([]byte(`{\rtf1\ansi no page}`), 100); ok {
		t.Errorf("a document that was no page gave %q", got)
	}
}

func TestText(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", `{\rtf1\ansi{\fonttbl{\f0 Arial;}}{\info{\author Nobody}}Hello\par {\b World}}`, "Hello\nWorld"},
		{"Japanese", `{\rtf1\ansi\ansicpg932{\fonttbl{\f0\fcharset128 \'82\'6c\'82\'72;}}\f0 \'82\'b1\'82\'f1}`, "こん"},
		{"unknown destinations", `{\rtf1 a{\*\unknown b}c{\pict 0102}d}`, "acd"},
		{"binary data", "{\\rtf1 a{\\pict\\bin4 {}}}}b}", "ab"},
		{"obfuscated beginning", "  {\\rt a}", "a"},
		{"too many ends", `{\rtf1 a}}}}b`, "ab"},
		{"not rich text", `hello`, ""},
	} {
		if got := Text([]byte(c.in), 1<<20); got != c.want {
			t.Errorf("%s: Text(%q) = %q, want %q", c.name, c.in, got, c.want)
		}
	}
	if got := Text([]byte(`{\rtf1 `+strings.Repeat("a", 1000)+`}`), 100); len(got) > 101 {
		t.Errorf("Text goes beyond its limit: %d", len(got))
	}
	if got := Text([]byte(strings.Repeat("{", 1_000_000)+`\rtf1 x`), 100); got != "" {
		t.Errorf("a million groups gave %q", got)
	}
	if got := Text([]byte(`{\rtf1`+strings.Repeat("{", 1_000_000)+`x`), 100); got != "x" {
		t.Errorf("text in a million groups is %q", got)
	}
}

func TestScan(t *testing.T) {
	var native bytes.Buffer
	native.WriteString("\x02\x00bill.exe\x00C:\\bill.exe\x00\x00\x00\x03\x00")
	for _, s := range []string{"C:\\temp\\bill.exe\x00", "MZ payload"} {
		native.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(s))))
		native.WriteString(s)
	}
	var ole bytes.Buffer
	ole.WriteString("\x01\x05\x00\x00\x02\x00\x00\x00")
	for _, s := range []string{"Package\x00", "", "", native.String()} {
		ole.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(s))))
		ole.WriteString(s)
	}
	digits := hex.EncodeToString(ole.Bytes())
	junk := digits[:7] + "\r\n " + `{\*\x}` + digits[7:20] + `\'aa` + digits[20:]
	doc := `{\rtf1{\*\template https://evil.example/t.dotm}{\field{\*\fldinst {HYPERLINK "https://evil.example/a\\b" }}{\fldrslt x}}` +
		`{\field{\*\fldinst INCLUDEPICTURE "https://evil.example/p.png" \\d}}{\field{\*\fldinst DDEAUTO c:\\\\x}}{\object\objemb\objupdate{\*\objclass Package}{\*\objdata ` + junk + `}}}`
	got := Scan([]byte(doc), Limits{})
	want := []Link{{"https://evil.example/t.dotm", "template", false}, {`https://evil.example/a\b`, "hyperlink", false}, {"https://evil.example/p.png", "includepicture", true}}
	if len(got.Links) != len(want) {
		t.Fatalf("links %+v, want %+v", got.Links, want)
	}
	for i := range want {
		if got.Links[i] != want[i] {
			t.Errorf("link %d is %+v, want %+v", i, got.Links[i], want[i])
		}
	}
	if len(got.Objects) != 1 || got.Objects[0].Name != "bill.exe" || string(got.Objects[0].Data) != "MZ payload" || got.Objects[0].Class != "Package" {
		t.Errorf("objects %+v, want bill.exe", got.Objects)
	}
	if notes := strings.Join(got.Notes, " "); notes != "auto-update-object dde embedded-object external-template" {
		t.Errorf("notes are %q", notes)
	}
}

func FuzzRTF(f *testing.F) {
	f.Add([]byte(`{\rtf1\ansi\fromhtml1{\*\htmltag64 <p>}\u26085?\'93\'fa{\object{\*\objdata 0105000002}}}`))
	f.Add(compressed(`{\rtf1 x}`))
	if dir := os.Getenv("KAIRAN_CORPUS"); dir != "" {
		for _, name := range []string{"a.rtf", "b.rtf"} {
			if b, err := os.ReadFile(filepath.Join(dir, "archives_generated", name)); err == nil {
				f.Add(b)
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		const limit = 1 << 20
		out, _ := Decompress(b, limit)
		for _, doc := range [][]byte{b, out} {
			if text := Text(doc, limit); len(text) > limit+256 {
				t.Errorf("%d bytes of text", len(text))
			}
			HTML(doc, limit)
			Scan(doc, Limits{Bytes: limit})
		}
	})
}

func BenchmarkText(b *testing.B) {
	doc := []byte(`{\rtf1\ansi\ansicpg932{\fonttbl{\f0\fcharset128 MS;}}\f0 ` + strings.Repeat(`\pard\plain\fs20 Hello {\b world} \'93\'fa\'96\'7b\par `, 5000) + `}`)
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		Text(doc, 10<<20)
	}
}
