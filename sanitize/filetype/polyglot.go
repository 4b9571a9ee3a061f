package filetype

import (
	"bytes"

	"kairan/sanitize/archive"
)

// polyglot reports whether b is valid as another kind of file too. What holds
// other files as they are (archives, compound files, mail) is none for that.
func polyglot(b []byte, mediaType string) bool {
	family := Family(mediaType)
	switch family {
	case "archive", "disk-image", "mail":
		return false
	case "document":
		if mediaType != typePDF && mediaType != typeRTF {
			return false
		}
	case "executable":
		if mediaType == typeMSI || mediaType == typeJAR {
			return false
		}
	}
	if at := pdfAt(b); mediaType != typePDF && at >= 0 {
		// Text may speak of PDF.
		if family != "text" && family != "script" && family != "web" || at < 16 {
			return true
		}
	} else if mediaType == typePDF && at > 0 && prefix(bytes.TrimLeft(b[:at], " \r\n\t"), "<") {
		return true // HTML before a PDF
	}
	if !prefix(b, "PK") && archive.Kind(b) == "zip" {
		return true
	}
	switch {
	case prefix(b, "GIF89a=") || prefix(b, "GIF89a/*") || prefix(b, "GIF87a=") || prefix(b, "GIF87a/*"):
		return true // a picture that runs as JavaScript
	case prefix(b, "BM=") || prefix(b, "BM/*") || prefix(b, "\xff\xd8\xff\xe0/*"):
		return true
	case family == "image" && mediaType != "image/svg+xml" || family == "executable" || family == "media" || family == "shortcut" && mediaType == typeLNK:
		low := bytes.ToLower(head(b))
		return has(low, "<script", "<hta:application", "<?php", "<html")
	}
	return false
}
