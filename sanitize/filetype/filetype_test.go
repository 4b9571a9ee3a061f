package filetype

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// zipOf is a zip of empty members.
func zipOf(names ...string) string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, n := range names {
		if _, err := w.CreateRaw(&zip.FileHeader{Name: n}); err != nil {
			panic(err)
		}
	}
	w.Close()
	return b.String()
}

// oleOf is the beginning of a compound file whose directory has the names.
func oleOf(names ...string) string {
	b := make([]byte, 512+512*((len(names)+4)/4))
	copy(b, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	b[30] = 9
	for i, n := range append([]string{"Root Entry"}, names...) {
		e := b[512+128*i:]
		for j := range len(n) {
			e[2*j] = n[j]
		}
		binary.LittleEndian.PutUint16(e[64:], uint16(2*len(n)+2))
	}
	return string(b)
}

func disc(marks ...string) string {
	b := make([]byte, 20*2048)
	for i, m := range marks {
		copy(b[(16+i)*2048+1:], m)
	}
	return string(b)
}

const (
	pe   = "MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00"
	jpeg = "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
	png  = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00"
	gif  = "GIF89a\x01\x00\x01\x00\x80\x00\x00"
	lnk  = "\x4c\x00\x00\x00\x01\x14\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46\x00\x00"
	one  = "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3\x00\x00\x00\x00"
)

func wide(s string) string {
	b := []byte("\xff\xfe")
	for i := range len(s) {
		b = append(b, s[i], 0)
	}
	return string(b)
}

func TestType(t *testing.T) {
	for _, c := range []struct{ b, name, want, notes string }{
		// by magic
		{pe, "a.exe", typePE, "executable"},
		{pe, "", typePE, "executable"},
		{pe, "invoice.pdf", typePE, "executable type-mismatch"},
		{pe, "photo.jpg", typePE, "executable type-mismatch"},
		{"%PDF-1.7\n", "a.pdf", typePDF, ""},
		{"\r\n\r\n%PDF-1.7\n", "a.pdf", typePDF, ""},
		{"{\\rtf1 x}", "a.rtf", typeRTF, ""},
		{"{\\rt\x00 x}", "a.doc", typeRTF, ""},
		{" \r\n{\\rtXX x}", "a.doc", typeRTF, ""},
		{jpeg, "a.jpg", "image/jpeg", ""},
		{jpeg, "a.png", "image/jpeg", ""},
		{png, "a.png", "image/png", ""},
		{png, "a.exe", "image/png", "type-mismatch"},
		{gif, "a.gif", "image/gif", ""},
		{lnk, "a.lnk", typeLNK, "executable"},
		{lnk, "a.pdf", typeLNK, "executable type-mismatch"},
		{one, "a.one", "application/onenote", ""},
		{"\x78\x9f\x3e\x22\x01\x00", "winmail.dat", "application/ms-tnef", ""},
		{disc("CD001"), "a.iso", "application/x-iso9660-image", ""},
		{disc("CD001"), "a.img", "application/x-iso9660-image", ""},
		{disc("CD001"), "a.pdf", "application/x-iso9660-image", "type-mismatch"},
		{disc("BEA01", "NSR03"), "a.iso", "application/x-udf-image", ""},
		{"vhdxfile" + strings.Repeat("\x00", 600), "a.vhdx", "application/x-vhdx", ""},
		{strings.Repeat("\x00", 512) + "conectix" + strings.Repeat("\x00", 504), "a.vhd", "application/x-vhd", ""},
		{"\x1e\x00-lh5-\x0b\x00\x00\x00\x0b\x00\x00\x00\x00\x00\x00\x00\x20\x00\x03a.t", "a.lzh", "application/x-lzh-compressed", ""},
		{"MSCF\x00\x00\x00\x00\x00\x01\x00\x00", "a.cab", "application/vnd.ms-cab-compressed", ""},
		{"7z\xbc\xaf\x27\x1c\x00\x04", "a.7z", "application/x-7z-compressed", ""},
		{"Rar!\x1a\x07\x01\x00", "a.zip", "application/vnd.rar", ""},
		{"\x1f\x8b\x08\x00", "a.gz", "application/gzip", ""},
		// zip and what is made of it
		{zipOf("a.txt"), "a.zip", "application/zip", ""},
		{zipOf("a.txt"), "a.docx", "application/zip", ""},
		{zipOf("a.txt"), "a.jpg", "application/zip", "type-mismatch"},
		{zipOf("a.txt"), "a.pdf", "application/zip", "type-mismatch"},
		{zipOf("[Content_Types].xml", "_rels/.rels", "word/document.xml"), "a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ""},
		{zipOf("[Content_Types].xml", "_rels/.rels", "word/document.xml"), "a.zip", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "type-mismatch"},
		{zipOf("word/document.xml", "word/vbaProject.bin", "[Content_Types].xml"), "a.docm", "application/vnd.ms-word.document.macroenabled.12", ""},
		{zipOf("[Content_Types].xml", "xl/workbook.xml"), "a.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ""},
		{zipOf("[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin"), "a.xlsx", "application/vnd.ms-excel.sheet.macroenabled.12", ""},
		{zipOf("[Content_Types].xml", "xl/workbook.bin"), "a.xlsb", "application/vnd.ms-excel.sheet.binary.macroenabled.12", ""},
		{zipOf("[Content_Types].xml", "ppt/presentation.xml"), "a.pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation", ""},
		{zipOf("META-INF/MANIFEST.MF", "a/Main.class"), "a.jar", typeJAR, "executable"},
		// compound files
		{oleOf("WordDocument"), "a.doc", "application/msword", ""},
		{oleOf("Workbook"), "a.xls", "application/vnd.ms-excel", ""},
		{oleOf("PowerPoint Document"), "a.ppt", "application/vnd.ms-powerpoint", ""},
		{oleOf("__nameid_version1.0", "__properties_version1.0"), "a.msg", "application/vnd.ms-outlook", ""},
		{oleOf("__properties_version1.0"), "a.doc", "application/vnd.ms-outlook", "type-mismatch"},
		{oleOf("EncryptionInfo", "EncryptedPackage"), "a.docx", "application/vnd.ms-office.encrypted", ""},
		{oleOf("x"), "a.doc", "application/x-ole-storage", ""},
		// text
		{"<hta:application id=x>", "a.hta", typeHTA, "executable"},
		{"<html><script>x</script><HTA:APPLICATION>", "a.html", typeHTA, "executable type-mismatch"},
		{"<html><body>x", "invoice.pdf", "text/html", "type-mismatch"},
		{"<script>location='https://evil.example'</script>", "", "text/html", ""},
		{"hello <a href=\"https://evil.example\">here</a>", "a.html", "text/html", ""},
		{"<!-- x --><svg xmlns=\"http://www.w3.org/2000/svg\">", "a.svg", "image/svg+xml", ""},
		{"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>x</script></svg>", "", "image/svg+xml", ""},
		{wide("<html><body>"), "a.html", "text/html", ""},
		{"var a=new ActiveXObject(\"x\")", "", typeJS, "executable"},
		{"var a = 1;", "a.js", typeJS, "executable"},
		{"CreateObject(\"x\")", "", typeVBS, "executable"},
		{"x = 1", "a.vbs", typeVBS, "executable"},
		{"IEX(New-Object Net.WebClient)", "", typePS1, "executable"},
		{wide("IEX (New-Object Net.WebClient)"), "a.ps1", typePS1, "executable"},
		{"@echo off\r\nstart x", "", typeBAT, "executable"},
		{"start x", "a.cmd", typeBAT, "executable"},
		{"#!/bin/sh\necho", "", "application/x-sh", "executable"},
		{"<job><script language=\"VBScript\">", "a.wsf", "application/x-wsf", "executable"},
		{"@echo off\r\n", "letter.txt", typeBAT, "executable type-mismatch"},
		{"[InternetShortcut]\r\nURL=https://evil.example/\r\n", "a.url", typeURL, ""},
		{"[InternetShortcut]\r\nURL=https://evil.example/\r\n", "a.pdf", typeURL, "type-mismatch"},
		{"BEGIN:VCALENDAR\r\n", "a.ics", "text/calendar", ""},
		{"BEGIN:VEVENT\r\n", "", "text/calendar", ""},
		{"BEGIN:VCARD\r\n", "a.vcf", "text/vcard", ""},
		{"Received: from x\r\nFrom: a@example.com\r\n\r\nhello", "", "message/rfc822", ""},
		{"From: a@example.com\r\nSubject: x\r\n\r\n<html>", "a.eml", "message/rfc822", ""},
		{"Received: from x\r\n", "a.eml", "message/rfc822", ""},
		{"hello", "a.txt", "text/plain", ""},
		{"請求書です。", "a.txt", "text/plain", ""},
		{"hello", "a.pdf", "text/plain", "type-mismatch"},
		{"hello", "a.doc", "text/plain", ""},
		{"hello", "", "text/plain", ""},
		{"a,b\n1,2\n3,4\n", "a.csv", "text/csv", ""},
		{"{\"a\": 1}", "a.json", "application/json", ""},
		{"", "a.pdf", "application/octet-stream", ""},
		{"\x00\x01\x02\x03\x9c\x88", "a.bin", "application/octet-stream", ""},
		// two kinds at once
		{jpeg + zipOf("a.txt"), "a.jpg", "image/jpeg", "polyglot"},
		{gif + "%PDF-1.4", "a.gif", "image/gif", "polyglot"},
		{"GIF89a/*\x00\x00*/=1;alert(1)", "a.gif", "image/gif", "polyglot"},
		{png + "<script>alert(1)</script>", "a.png", "image/png", "polyglot"},
		{"%PDF-1.4\n" + zipOf("a.exe"), "a.pdf", typePDF, "polyglot"},
		{pe + zipOf("a.txt"), "a.exe", typePE, "executable polyglot"},
		{pe + "<hta:application>", "a.exe", typePE, "executable polyglot"},
		{zipOf("%PDF-1.4.txt"), "a.zip", "application/zip", ""},
		// names
		{pe, "invoice.pdf.exe", typePE, "executable"},
		{pe, "invoice.pdf .", typePE, "executable type-mismatch"},
		{"hello", "INVOICE.TXT", "text/plain", ""},
	} {
		got, notes := Type([]byte(c.b), c.name)
		if got != c.want || strings.Join(notes, " ") != c.notes {
			t.Errorf("Type(%.40q, %q) = %s, %q; want %s, %q", c.b, c.name, got, notes, c.want, c.notes)
		}
	}
}

func TestFamily(t *testing.T) {
	for _, c := range []struct{ mediaType, want string }{
		{typePE, "executable"}, {typeJS, "script"}, {typePDF, "document"}, {"application/zip", "archive"},
		{"image/x-unheard-of", "image"}, {"application/x-iso9660-image", "disk-image"}, {"message/rfc822", "mail"}, {"message/delivery-status", "mail"},
		{"text/html", "web"}, {typeURL, "shortcut"}, {"text/x-unheard-of", "text"}, {"audio/x-unheard-of", "media"},
		{"video/mp4", "media"}, {"application/octet-stream", "unknown"}, {"", "unknown"},
		{"application/vnd.oasis.opendocument.text-template", "document"},
	} {
		if got := Family(c.mediaType); got != c.want {
			t.Errorf("Family(%q) = %q; want %q", c.mediaType, got, c.want)
		}
	}
}

// Every extension of the table promises a family.
func TestExtensions(t *testing.T) {
	for e, mediaType := range extensions {
		if f := Family(mediaType); f == "unknown" {
			t.Errorf("extension %q promises %q, which has no family", e, mediaType)
		}
	}
}

func TestCorpusTypes(t *testing.T) {
	corpus := os.Getenv("KAIRAN_CORPUS")
	if corpus == "" {
		t.Skip("KAIRAN_CORPUS is not set")
	}
	for name, want := range map[string]string{
		"a.bat": typeBAT, "a.eml": "message/rfc822", "a.hta": typeHTA, "a.html": "text/html", "a.ics": "text/calendar",
		"a.iso": "application/x-iso9660-image", "a.js": typeJS, "a.lnk": typeLNK, "a.msg": "application/vnd.ms-outlook",
		"a.ps1": typePS1, "a.rtf": typeRTF, "a.svg": "image/svg+xml", "a.tnef": "application/ms-tnef", "a.vbs": typeVBS,
		"aes.zip": "application/zip", "b.rtf": typeRTF, "enc.7z": "application/x-7z-compressed", "enc_hdr.7z": "application/x-7z-compressed",
		"evil.txt": "text/plain", "one.one": "application/onenote", "p.pdf": typePDF, "plain.zip": "application/zip", "zc.zip": "application/zip",
	} {
		b, err := os.ReadFile(filepath.Join(corpus, "archives_generated", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, called := range []string{name, ""} {
			if got, notes := Type(b, called); got != want || slices.Contains(notes, NoteMismatch) || slices.Contains(notes, NotePolyglot) {
				t.Errorf("%s, called %q, is %s with notes %q; want %s", name, called, got, notes, want)
			}
		}
	}
	// Outlook's own files, of which none may be taken for anything else.
	for _, folder := range []string{"msg_poi", "msg_tika"} {
		names, err := filepath.Glob(filepath.Join(corpus, folder, "*.msg"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if got, notes := Type(b, filepath.Base(name)); Family(got) != "mail" || len(notes) > 0 {
				t.Errorf("%s is %s with notes %q; want mail without any", filepath.Base(name), got, notes)
			}
		}
	}
}

func BenchmarkType(b *testing.B) {
	text := []byte(strings.Repeat("Please pay the invoice that is attached to this mail. ", 2000))
	picture := append([]byte(jpeg), make([]byte, 1<<20)...)
	b.Run("text", func(b *testing.B) {
		for b.Loop() {
			Type(text, "a.txt")
		}
	})
	b.Run("picture", func(b *testing.B) {
		for b.Loop() {
			Type(picture, "a.jpg")
		}
	})
}

func FuzzType(f *testing.F) {
	for _, s := range []string{pe, jpeg + zipOf("a"), oleOf("WordDocument"), disc("CD001"), "<html>", wide("<html>"), "Received: x\n", "{\\rt", "PK\x03\x04"} {
		f.Add([]byte(s), "a.pdf")
	}
	if corpus := os.Getenv("KAIRAN_CORPUS"); corpus != "" {
		names, err := filepath.Glob(filepath.Join(corpus, "archives_generated", "*"))
		if err != nil {
			f.Fatal(err)
		}
		for _, n := range names {
			if b, err := os.ReadFile(n); err == nil && len(b) < 100<<10 {
				f.Add(b, filepath.Base(n))
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, name string) {
		got, notes := Type(b, name)
		if top, sub, ok := strings.Cut(got, "/"); !ok || top == "" || sub == "" || strings.ToLower(got) != got || strings.Contains(got, ";") {
			t.Fatalf("Type(%q) = %q; want a media type in lower case without parameters", name, got)
		}
		if !slices.IsSorted(notes) {
			t.Fatalf("notes %q are not sorted", notes)
		}
		Family(got)
	})
}
