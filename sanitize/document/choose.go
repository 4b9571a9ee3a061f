package document

import (
	"bytes"
	"path"
	"strings"

	"kairan/sanitize/compound"
)

const sniffBytes = 4096

type readFunc func(*gatherer, []byte)

// choose says how to read a file. Binary kinds show themselves; text is taken
// for what its beginning says, then for what it is declared or named as.
func choose(b []byte, mediaType, name string) (string, readFunc) {
	switch {
	case len(b) == 0:
		return "", nil
	case bytes.HasPrefix(b, []byte(compound.Magic)):
		return KindOLE, (*gatherer).compoundFile
	case bytes.HasPrefix(b, []byte(lnkMagic)):
		return KindShortcut, (*gatherer).lnk
	case bytes.HasPrefix(b, []byte(oneMagic)) || bytes.HasPrefix(b, []byte(oneTocMagic)):
		return KindOneNote, (*gatherer).onenote
	case bytes.HasPrefix(b, []byte(activeMime)):
		return KindOLE, (*gatherer).activeMime
	case bytes.HasPrefix(b, []byte("bplist0")):
		return KindInternet, (*gatherer).plist
	}
	ext := strings.ToLower(strings.TrimPrefix(path.Ext(strings.TrimRight(name, ". \u3000")), "."))
	mediaType = strings.ToLower(mediaType)
	if kind := zipKind(b, mediaType, ext); kind == KindODF {
		return kind, (*gatherer).odf
	} else if kind == KindOOXML {
		return kind, (*gatherer).ooxml
	}
	return chooseText(b, mediaType, ext)
}

var ooxmlExt = words("docx docm dotx dotm xlsx xlsm xltx xltm xlsb xlam pptx pptm potx potm ppsx ppsm ppam sldx sldm vsdx vsdm vssx vstx thmx glox")
var odfExt = words("odt ods odp odg odf ott ots otp odb odm oth fodt fods fodp")

func words(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// zipKind tells office packages from archives. Word opens a package whose first
// bytes were spoilt, after asking, so the name counts where a package is broken.
func zipKind(b []byte, mediaType, ext string) string {
	isZip := bytes.HasPrefix(b, []byte("PK\x03\x04")) || bytes.HasPrefix(b, []byte("PK\x05\x06"))
	office := ooxmlExt[ext] || strings.Contains(mediaType, "openxmlformats") || strings.Contains(mediaType, "macroenabled")
	open := odfExt[ext] || strings.Contains(mediaType, "opendocument")
	if !isZip && !((office || open) && bytes.Contains(b, []byte("PK\x03\x04"))) {
		return ""
	}
	head := b[:min(len(b), sniffBytes)]
	switch {
	case bytes.Contains(head, []byte("mimetypeapplication/vnd.oasis.opendocument")), bytes.Contains(head, []byte("mimetypeapplication/vnd.sun.xml")):
		return KindODF
	case bytes.Contains(b, []byte("[Content_Types].xml")), bytes.Contains(b, []byte("word/document.xml")), bytes.Contains(b, []byte("_rels/.rels")):
		return KindOOXML
	case open:
		return KindODF
	case office:
		return KindOOXML
	case bytes.Contains(b, []byte("META-INF/manifest.xml")) && bytes.Contains(b, []byte("content.xml")):
		return KindODF
	}
	return ""
}

var scriptExt = map[string]language{
	"js": langJS, "jse": langJS, "mjs": langJS, "wsf": langJS, "wsc": langJS, "sct": langJS, "hta": langJS,
	"vbs": langVB, "vbe": langVB, "vb": langVB, "bas": langVB, "cls": langVB,
	"ps1": langPS, "psm1": langPS, "psd1": langPS, "ps1xml": langPS, "bat": langPS, "cmd": langPS,
	"sh": langPS, "py": langJS,
}

// chooseText tells the kinds of text from each other.
func chooseText(b []byte, mediaType, ext string) (string, readFunc) {
	head := strings.ToLower(headText(b))
	begin := strings.TrimLeft(head, "\ufeff \t\r\n")
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(head, w) {
				return true
			}
		}
		return false
	}
	switch {
	case strings.HasPrefix(begin, "begin:vcalendar"):
		return KindCalendar, (*gatherer).calendar
	case strings.HasPrefix(begin, "begin:vcard"):
		return KindCard, (*gatherer).card
	case has("[internetshortcut"), has("[desktop entry]"):
		return KindInternet, (*gatherer).iniShortcut
	}
	if lang, ok := scriptExt[ext]; ok {
		return KindScript, func(g *gatherer, b []byte) { g.scriptFile(b, lang) }
	}
	if strings.HasPrefix(begin, "<") {
		page := has("<html", "<!doctype html", "<body") // which may hold a picture
		switch {
		case has("<hta:application"), !page && has("<script") && has("<job", "<component", "<scriptlet"):
			return KindScript, func(g *gatherer, b []byte) { g.scriptFile(b, langJS) }
		case has("pkg:package", "<w:worddocument", "progid=\"word.document", "progid=\"excel.sheet", "office:spreadsheet", "<package xmlns=\"http://schemas.microsoft.com/office/2006/xmlpackage"):
			return KindFlat, (*gatherer).flatXML
		case has("<office:document", "opendocument:xmlns:office"):
			return KindODF, (*gatherer).flatODF
		case has("librarydescription", "searchconnectordescription", "<persistedquery", "<pcsettings", "<plist"):
			return KindInternet, (*gatherer).xmlShortcut
		case !page && has("<svg"):
			return KindSVG, (*gatherer).svg
		}
	}
	switch {
	case ext == "ics", ext == "ical", ext == "ifb", ext == "vcs", mediaType == "text/calendar", mediaType == "application/ics":
		return KindCalendar, (*gatherer).calendar
	case ext == "vcf", ext == "vcard", mediaType == "text/vcard", mediaType == "text/x-vcard", mediaType == "text/directory":
		return KindCard, (*gatherer).card
	case ext == "url", ext == "website", ext == "desktop":
		return KindInternet, (*gatherer).iniShortcut
	case ext == "library-ms", ext == "search-ms", ext == "searchconnector-ms", ext == "settingcontent-ms", ext == "webloc":
		return KindInternet, (*gatherer).xmlShortcut
	case ext == "svg", mediaType == "image/svg+xml":
		return KindSVG, (*gatherer).svg
	case strings.HasSuffix(mediaType, "javascript"), strings.HasSuffix(mediaType, "ecmascript"), mediaType == "application/hta", mediaType == "text/jscript":
		return KindScript, func(g *gatherer, b []byte) { g.scriptFile(b, langJS) }
	case strings.HasSuffix(mediaType, "vbscript"), strings.HasSuffix(mediaType, "vbs"):
		return KindScript, func(g *gatherer, b []byte) { g.scriptFile(b, langVB) }
	case strings.HasSuffix(mediaType, "powershell"), strings.HasSuffix(mediaType, "x-bat"), strings.HasSuffix(mediaType, "msdos-program") && isMostlyText(b):
		return KindScript, func(g *gatherer, b []byte) { g.scriptFile(b, langPS) }
	}
	return "", nil
}

// headText is the beginning of a file as text.
func headText(b []byte) string { return string(utf8Text(b[:min(len(b), sniffBytes)])) }

func isMostlyText(b []byte) bool {
	b = b[:min(len(b), sniffBytes)]
	odd := 0
	for _, c := range b {
		if c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' {
			odd++
		}
	}
	return odd*50 <= len(b)
}

// isPicture knows the picture files that mail and documents hold.
func isPicture(b []byte) bool {
	for _, magic := range []string{"\x89PNG\r\n", "\xff\xd8\xff", "GIF8", "BM", "II*\x00", "MM\x00*"} {
		if bytes.HasPrefix(b, []byte(magic)) {
			return magic != "BM" || len(b) > 26 && b[6] == 0 && b[7] == 0
		}
	}
	return len(b) > 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP"
}
