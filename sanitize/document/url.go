package document

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// schemes are those looked for in text and binary data. Each ends in "://".
var schemes = []string{"http", "https", "ftp", "ftps", "file", "ws", "wss", "ms-appinstaller", "search-ms", "ms-search", "ms-msdt", "sftp", "smb", "dav", "davs"}

// urlsIn gives the URLs written out in a command line or a program's text: from
// the scheme to a blank, quote or bracket. UNC paths to hosts outside are given as
// file: URLs.
func urlsIn(s string) []string {
	var urls []string
	for from := 0; ; {
		i := strings.Index(s[from:], "://")
		if i < 0 {
			break
		}
		i += from
		start := i
		for start > from && isSchemeByte(s[start-1]) {
			start--
		}
		// A name may be glued to the scheme: take the longest known one.
		scheme := knownScheme(s[start:i])
		end := i + 3
		for end < len(s) && !endsURL(s[end]) {
			end++
		}
		from = end
		if url := strings.TrimRight(s[i-len(scheme):end], ".,;:!?'*"); scheme != "" && len(url) > i+3-(i-len(scheme)) {
			urls = append(urls, url)
		}
	}
	for from := 0; ; {
		i := strings.Index(s[from:], `\\`)
		if i < 0 {
			return urls
		}
		i += from
		end := i + 2
		for end < len(s) && !endsUNC(s[end]) {
			end++
		}
		from = end
		if url, ok := uncURL(s[i:end]); ok {
			urls = append(urls, url)
		}
	}
}

// wholeURLs gives a string that is a URL as it is, and else those in it.
func wholeURLs(s string) []string {
	t := strings.TrimSpace(s)
	if i := strings.Index(t, "://"); i > 0 && knownScheme(t[:i]) == strings.ToLower(t[:i]) && !strings.ContainsAny(t, " \t\r\n\"<>") && strings.Count(t, "://") == 1 && len(t) > i+3 {
		return []string{t}
	}
	return urlsIn(s)
}

func isSchemeByte(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '+'
}

// knownScheme gives the longest scheme that s ends in, in lower case.
func knownScheme(s string) string {
	best := ""
	s = strings.ToLower(s[max(0, len(s)-16):])
	for _, scheme := range schemes {
		if strings.HasSuffix(s, scheme) && len(scheme) > len(best) {
			best = scheme
		}
	}
	return best
}

func endsURL(c byte) bool {
	return c <= ' ' || c == 0x7f || strings.IndexByte("\"'<>`^{}|\\)(,;", c) >= 0
}

func endsUNC(c byte) bool { return c <= ' ' || strings.IndexByte("\"'<>|,;*", c) >= 0 }

// binaryStrings finds URLs as strings in binary data, of one byte or two a
// character.
func (g *gatherer) binaryStrings(b []byte) {
	for from := 0; ; {
		i := bytes.Index(b[from:], []byte("://"))
		if i < 0 {
			break
		}
		i += from
		start, end := i, i+3
		for start > from && isSchemeByte(b[start-1]) {
			start--
		}
		for end < len(b) && b[end] < 0x7f && !endsURL(b[end]) {
			end++
		}
		scheme := knownScheme(string(b[start:i]))
		from = end
		start = i - len(scheme)
		if scheme != "" && end-i > 6 {
			g.link(string(b[start:declared(b, start, end, 1)]), HowString, false)
		}
	}
	for from := 0; ; {
		i := bytes.Index(b[from:], []byte(":\x00/\x00/\x00"))
		if i < 0 {
			return
		}
		i += from
		start, end := i, i+6
		for start-2 >= from && b[start-1] == 0 && isSchemeByte(b[start-2]) {
			start -= 2
		}
		for end+1 < len(b) && b[end+1] == 0 && b[end] < 0x7f && !endsURL(b[end]) {
			end += 2
		}
		scheme := knownScheme(string(narrow(b[start:i])))
		from = end
		start = i - 2*len(scheme)
		if scheme != "" && end-i > 12 {
			g.link(string(narrow(b[start:declared(b, start, end, 2)])), HowString, false)
		}
	}
}

func narrow(b []byte) []byte {
	out := make([]byte, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		out = append(out, b[i])
	}
	return out
}

// declared shortens a string that goes on into the bytes behind it by chance:
// where its length stands before it and is a little less than what was found, the
// length counts.
func declared(b []byte, start, end, width int) int {
	n := (end - start) / width
	try := func(length uint32) (int, bool) {
		return start + int(length)*width, int64(length) < int64(n) && int64(length)+4 >= int64(n) && length > 8
	}
	if start >= 4 {
		if e, ok := try(binary.LittleEndian.Uint32(b[start-4:])); ok {
			return e
		}
	}
	if start >= 2 {
		if e, ok := try(uint32(binary.LittleEndian.Uint16(b[start-2:]))); ok {
			return e
		}
	}
	if start >= 3 && b[start-1] <= 1 { // strings of BIFF have flags in between
		if e, ok := try(uint32(b[start-2])); ok {
			return e
		}
	}
	if start >= 1 {
		if e, ok := try(uint32(b[start-1])); ok {
			return e
		}
	}
	return end
}
