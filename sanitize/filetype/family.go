package filetype

import "strings"

// Media types that this package names in more than one place.
const (
	typePE  = "application/vnd.microsoft.portable-executable"
	typeLNK = "application/x-ms-shortcut"
	typeURL = "application/internet-shortcut"
	typePDF = "application/pdf"
	typeRTF = "application/rtf"
	typeMSI = "application/x-msi"
	typeJAR = "application/java-archive"
	typeHTA = "application/hta"
	typeJS  = "text/javascript"
	typeVBS = "text/vbscript"
	typePS1 = "application/x-powershell"
	typeBAT = "application/x-bat"
)

// families name the media types that do not show theirs, extensions the media
// types that extensions promise.
var families, extensions = index(kindsOfFile)

// kindOfFile is a media type with its family and the extensions that promise it.
type kindOfFile struct{ family, mediaType, extensions string }

var kindsOfFile = []kindOfFile{
	{"executable", typePE, "exe dll scr pif cpl com sys ocx xll drv"},
	{"executable", typeMSI, "msi msp mst"},
	{"executable", typeJAR, "jar"},
	{"executable", "application/vnd.android.package-archive", "apk"},
	{"executable", "application/x-elf", "elf"},
	{"executable", "application/x-executable", ""},
	{"executable", "application/x-sharedlib", "so"},
	{"executable", "application/x-object", ""},
	{"executable", "application/x-mach-binary", ""},
	{"executable", "application/x-java-applet", "class"},
	{"executable", "application/wasm", ""},
	{"executable", "application/vnd.debian.binary-package", "deb"},
	{"executable", "application/x-rpm", "rpm"},
	{"executable", "application/x-chrome-extension", "crx"},
	{"executable", "application/x-shockwave-flash", "swf"},

	{"script", typeJS, "js jse mjs"},
	{"script", typeVBS, "vbs vbe vb"},
	{"script", typePS1, "ps1 psm1 psd1"},
	{"script", typeBAT, "bat cmd"},
	{"script", typeHTA, "hta"},
	{"script", "application/x-wsf", "wsf wsh"},
	{"script", "text/scriptlet", "sct wsc"},
	{"script", "application/x-sh", "sh"},
	{"script", "text/x-python", "py pyw"},
	{"script", "application/x-bytecode.python", "pyc"},
	{"script", "text/x-perl", "pl"},
	{"script", "text/x-php", "php"},
	{"script", "text/x-ruby", "rb"},
	{"script", "text/x-lua", "lua"},
	{"script", "text/x-tcl", "tcl"},
	{"script", "application/x-ms-registry", "reg"},

	{"document", typePDF, "pdf"},
	{"document", typeRTF, "rtf"},
	{"document", "application/msword", "doc dot"},
	{"document", "application/vnd.ms-excel", "xls xlt xla"},
	{"document", "application/vnd.ms-powerpoint", "ppt pps pot"},
	{"document", "application/vnd.visio", "vsd"},
	{"document", "application/vnd.ms-publisher", "pub"},
	{"document", "application/x-ole-storage", ""},
	{"document", "application/vnd.ms-office.encrypted", ""},
	{"document", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx dotx"},
	{"document", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx xltx"},
	{"document", "application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx ppsx potx"},
	{"document", "application/vnd.ms-word.document.macroenabled.12", "docm dotm"},
	{"document", "application/vnd.ms-excel.sheet.macroenabled.12", "xlsm xltm xlam"},
	{"document", "application/vnd.ms-excel.sheet.binary.macroenabled.12", "xlsb"},
	{"document", "application/vnd.ms-powerpoint.presentation.macroenabled.12", "pptm ppsm potm"},
	{"document", "application/vnd.ms-visio.drawing.main+xml", "vsdx"},
	{"document", "application/vnd.ms-xpsdocument", "xps oxps"},
	{"document", "application/onenote", "one onepkg"},
	{"document", "application/vnd.ms-htmlhelp", "chm"},
	{"document", "application/epub+zip", "epub"},
	{"document", "application/postscript", "ps eps"},
	{"document", "application/vnd.oasis.opendocument.text", "odt"},
	{"document", "application/vnd.oasis.opendocument.spreadsheet", "ods"},
	{"document", "application/vnd.oasis.opendocument.presentation", "odp"},
	{"document", "application/x-ichitaro", "jtd jtdc"},
	{"document", "application/x-msaccess", "mdb accdb"},

	{"archive", "application/zip", "zip zipx"},
	{"archive", "application/x-7z-compressed", "7z"},
	{"archive", "application/vnd.rar", "rar r00"},
	{"archive", "application/gzip", "gz tgz"},
	{"archive", "application/x-bzip2", "bz2 tbz"},
	{"archive", "application/x-xz", "xz txz"},
	{"archive", "application/x-tar", "tar"},
	{"archive", "application/vnd.ms-cab-compressed", "cab"},
	{"archive", "application/x-lzh-compressed", "lzh lha"},
	{"archive", "application/x-arj", "arj"},
	{"archive", "application/x-ace-compressed", "ace"},
	{"archive", "application/zstd", "zst"},
	{"archive", "application/lzip", "lz"},
	{"archive", "application/zlib", "z"},
	{"archive", "application/x-cpio", "cpio"},
	{"archive", "application/x-archive", ""},
	{"archive", "application/x-xar", "xar pkg"},

	{"disk-image", "application/x-iso9660-image", "iso"},
	{"disk-image", "application/x-udf-image", "udf"},
	{"disk-image", "application/x-vhd", "vhd"},
	{"disk-image", "application/x-vhdx", "vhdx"},
	{"disk-image", "application/x-raw-disk-image", "img"},
	{"disk-image", "application/x-apple-diskimage", "dmg"},

	{"mail", "message/rfc822", "eml"},
	{"mail", "application/vnd.ms-outlook", "msg"},
	{"mail", "application/ms-tnef", "tnef"},

	{"web", "text/html", "html htm shtml xht"},
	{"web", "application/xhtml+xml", "xhtml"},
	{"web", "multipart/related", "mht mhtml"},

	{"shortcut", typeLNK, "lnk"},
	{"shortcut", typeURL, "url website"},
	{"shortcut", "application/windows-library+xml", "library-ms searchconnector-ms search-ms settingcontent-ms"},
	{"shortcut", "application/x-desktop", "desktop"},

	{"text", "text/plain", "txt log ini"},
	{"text", "text/csv", "csv"},
	{"text", "text/tab-separated-values", "tsv"},
	{"text", "text/xml", "xml"},
	{"text", "application/json", "json"},
	{"text", "text/calendar", "ics"},
	{"text", "text/vcard", "vcf"},
	{"text", "text/css", "css"},
	{"text", "text/markdown", "md"},

	{"image", "image/jpeg", "jpg jpeg jpe jfif"},
	{"image", "image/png", "png"},
	{"image", "image/gif", "gif"},
	{"image", "image/bmp", "bmp dib"},
	{"image", "image/webp", "webp"},
	{"image", "image/tiff", "tif tiff"},
	{"image", "image/svg+xml", "svg"},
	{"image", "image/x-icon", "ico"},
	{"image", "image/heic", "heic"},
	{"image", "image/avif", "avif"},

	{"media", "audio/mpeg", "mp3"},
	{"media", "audio/wav", "wav"},
	{"media", "audio/x-m4a", "m4a"},
	{"media", "video/mp4", "mp4 m4v"},
	{"media", "video/quicktime", "mov"},
	{"media", "video/x-msvideo", "avi"},
	{"media", "video/x-ms-asf", "wmv wma"},
}

func index(kinds []kindOfFile) (families, extensions map[string]string) {
	families, extensions = map[string]string{}, map[string]string{}
	for _, k := range kinds {
		families[k.mediaType] = k.family
		for e := range strings.FieldsSeq(k.extensions) {
			extensions[e] = k.mediaType
		}
	}
	return families, extensions
}

// Family says what a file of a media type is good for: "executable", "script",
// "document", "archive", "image", "disk-image", "mail", "web", "shortcut",
// "text", "media" or "unknown".
func Family(mediaType string) string {
	if f, ok := families[mediaType]; ok {
		return f
	}
	top, _, _ := strings.Cut(mediaType, "/")
	switch top {
	case "image", "text":
		return top
	case "audio", "video":
		return "media"
	case "message":
		return "mail"
	}
	if strings.HasPrefix(mediaType, "application/vnd.oasis.opendocument.") {
		return "document"
	}
	return "unknown"
}

// mismatch reports whether an extension promises another family than the
// content has.
func mismatch(ext, mediaType string) bool {
	promised, have := Family(extensions[ext]), Family(mediaType)
	if promised == have || promised == "unknown" || have == "unknown" {
		return false
	}
	switch promised {
	case "document":
		switch {
		case have == "archive":
			// OOXML and OpenDocument are zips, and a bare one may be all that the
			// directory shows.
			return mediaType != "application/zip" || !zipDocument(ext)
		case have == "text":
			return ext == "pdf" || zipDocument(ext) // the older programs open text
		case have == "mail":
			return mediaType != "message/rfc822" || ext != "doc" && ext != "xls" // saved as MHTML
		}
	case "executable":
		return have != "archive" || mediaType != "application/zip" || ext != "jar" && ext != "apk"
	case "mail":
		return have != "text"
	case "web":
		return have != "text" && !(have == "mail" && strings.HasPrefix(ext, "mht"))
	case "text":
		return !(ext == "xml" && (have == "image" && mediaType == "image/svg+xml" || mediaType == "application/xhtml+xml"))
	case "shortcut", "script":
		return have != "text"
	}
	return true
}

// zipDocument reports whether documents with the extension are zips.
func zipDocument(ext string) bool {
	t := extensions[ext]
	return strings.Contains(t, "openxmlformats") || strings.Contains(t, "opendocument") || strings.HasSuffix(t, ".12") ||
		t == "application/epub+zip" || t == "application/vnd.ms-xpsdocument" || t == "application/vnd.ms-visio.drawing.main+xml"
}
