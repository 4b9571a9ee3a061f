package document

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// The files of OneNote begin with their format ([MS-ONESTORE] §2.3.1); a file in
// one lies behind the GUID of FileDataStoreObject (§2.6.13).
const (
	oneMagic    = "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3"
	oneTocMagic = "\xa1\x2f\xff\x43\xd9\xef\x76\x4c\x9e\xe2\x10\xea\x57\x22\x76\x5f"
	oneFileGUID = "\xe7\x16\xe3\xbd\x65\x26\x11\x45\xa4\xc4\x8d\x4d\x0b\x7a\x9e\xac"
)

// onenote takes the files out of a notebook without reading its pages: their text
// is told where it holds a URL.
func (g *gatherer) onenote(b []byte) {
	names := fileNames(b)
	from := 0
	for {
		i := bytes.Index(b[from:], []byte(oneFileGUID))
		if i < 0 {
			break
		}
		g.binaryStrings(b[from : from+i])
		from += i + 16
		if len(b)-from < 20 {
			break
		}
		n := binary.LittleEndian.Uint64(b[from:])
		data := b[from+20:]
		if n > uint64(len(data)) {
			g.problem(ProblemMalformed, "an embedded file is cut short")
			n = uint64(len(data))
		}
		data = data[:n]
		from += 20 + int(n)
		name := ""
		if !isPicture(data) {
			g.note(NoteEmbeddedFile)
			// The names stand apart from the files, in the same order as a rule.
			if len(names) > 0 {
				name, names = names[0], names[1:]
			}
		}
		g.file(name, data)
	}
	g.binaryStrings(b[from:])
}

// nameEnds are the types of file that OneNote is used to bring.
var nameEnds = words("exe dll scr com bat cmd ps1 vbs vbe js jse wsf hta lnk url chm msi iso img vhd zip rar 7z doc docx docm xls xlsx xlsm ppt pptx rtf pdf html htm svg one jar iqy")

// fileNames finds the names of files among the strings in UTF-16LE, each once.
func fileNames(b []byte) []string {
	var names []string
	seen := map[string]bool{}
	for from := 0; len(names) < maxFiles; {
		i := bytes.Index(b[from:], []byte(".\x00"))
		if i < 0 {
			return names
		}
		i += from
		from = i + 2
		end := i + 2
		for end+1 < len(b) && end-i < 12 && b[end+1] == 0 && (b[end]|0x20 >= 'a' && b[end]|0x20 <= 'z' || b[end] >= '0' && b[end] <= '9') {
			end += 2
		}
		ext := strings.ToLower(string(narrow(b[i+2 : end])))
		if !nameEnds[ext] || end+1 < len(b) && (b[end] != 0 || b[end+1] != 0) {
			continue
		}
		start := i
		for start >= 2 && i-start < 256 && (b[start-1] != 0 || b[start-2] >= ' ') && strings.IndexByte(`\/:*?"<>|`, b[start-2]) < 0 {
			start -= 2
		}
		name := utf16z(b[start:end])
		if len(name) > len(ext)+1 && !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}
