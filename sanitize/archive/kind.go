package archive

import (
	"bytes"
	"encoding/binary"
)

// Kind says which archive b is, by its magic bytes: "zip", "7z", "rar", "gzip",
// "bzip2", "xz", "tar", "cab", "iso", "udf", "lzh", "arj", "ace", "vhd", "vhdx",
// "img" (a FAT file system) or "" for none. A zip is one also where something
// stands before it; a 7z, rar or cab where a Windows program does that unpacks
// itself. The cost does not grow with b, but for programs: their first MiB is
// searched.
func Kind(b []byte) string {
	kind, _ := locate(b)
	return kind
}

// Magic bytes at the start of a file.
var magics = []struct{ kind, magic string }{
	{"zip", "PK\x03\x04"},
	{"zip", "PK\x05\x06"},           // an empty one
	{"zip", "PK\x07\x08PK\x03\x04"}, // one of a set of one
	{"zip", "PK00PK\x03\x04"},       // the same, as WinZip wrote it
	{"7z", "7z\xbc\xaf\x27\x1c"},
	{"rar", "Rar!\x1a\x07\x00"},     // 1.5 to 4
	{"rar", "Rar!\x1a\x07\x01\x00"}, // 5
	{"gzip", "\x1f\x8b\x08"},
	{"xz", "\xfd7zXZ\x00"},
	{"cab", "MSCF\x00\x00\x00\x00"},
	{"vhdx", "vhdxfile"},
	{"vhd", "conectix"}, // a dynamic one; a fixed one ends so
}

// sfxSearch is how far into a program an archive is looked for: what unpacks it
// is 50 to 400 KB.
const sfxSearch = 1 << 20

// locate is Kind, with where the archive begins. For zip that is always 0: its
// reader finds its own way.
func locate(b []byte) (kind string, at int) {
	for _, m := range magics {
		if len(b) >= len(m.magic) && string(b[:len(m.magic)]) == m.magic {
			return m.kind, 0
		}
	}
	switch {
	case len(b) >= 10 && string(b[:3]) == "BZh" && b[3] >= '1' && b[3] <= '9' &&
		(string(b[4:10]) == "1AY&SY" || string(b[4:10]) == "\x17\x72\x45\x38\x50\x90"):
		return "bzip2", 0
	case len(b) >= 14 && string(b[7:14]) == "**ACE**":
		return "ace", 0
	case isLZH(b):
		return "lzh", 0
	case isARJ(b):
		return "arj", 0
	case isTar(b):
		return "tar", 0
	}
	if k := discKind(b); k != "" {
		return k, 0
	}
	if len(b) >= 512 && string(b[len(b)-512:][:8]) == "conectix" {
		return "vhd", 0
	}
	if isFAT(b) {
		return "img", 0
	}
	// Where something else comes first, the zip must end with the file, or every
	// document with an embedded one would be taken for a zip.
	program := len(b) > 2 && string(b[:2]) == "MZ"
	if d, ok := findDirectory(b); ok && (d.after == len(b) || program) {
		return "zip", 0
	}
	if program {
		return locateInProgram(b[:min(len(b), sfxSearch)])
	}
	return "", 0
}

// locateInProgram finds the first archive behind a self-extracting program.
func locateInProgram(b []byte) (kind string, at int) {
	at = -1
	for _, m := range magics {
		switch m.kind {
		case "7z", "rar", "cab":
			i := bytes.Index(b, []byte(m.magic))
			// Each program that unpacks carries the magic bytes it looks for, so
			// what follows must look like a header too.
			for i >= 0 && !plausibleStart(m.kind, b[i:]) {
				j := bytes.Index(b[i+1:], []byte(m.magic))
				if j < 0 {
					i = -1
					break
				}
				i += 1 + j
			}
			if i >= 0 && (at < 0 || i < at) {
				kind, at = m.kind, i
			}
		}
	}
	if at < 0 {
		return "", 0
	}
	return kind, at
}

func plausibleStart(kind string, b []byte) bool {
	switch kind {
	case "7z":
		_, ok := sevenZipStart(b)
		return ok
	case "cab":
		return len(b) >= 36 && b[24] == 3 && b[25] == 1 // version 1.3, [MS-CAB] §2.1
	default: // rar: a block header of a known type follows
		return len(b) >= 14 && (b[6] == 1 || b[9] == 0x73)
	}
}

// isLZH looks for the method of the first member, such as "-lh5-".
func isLZH(b []byte) bool {
	if len(b) < 21 || b[2] != '-' || b[6] != '-' {
		return false
	}
	switch string(b[3:5]) {
	case "lh", "lz", "pm":
		return b[20] <= 3 // level of the header
	}
	return false
}

func isARJ(b []byte) bool {
	if len(b) < 34 || b[0] != 0x60 || b[1] != 0xea {
		return false
	}
	size := int(binary.LittleEndian.Uint16(b[2:]))
	return size >= 30 && size <= 2600 && b[10] == 2 // the first header is the archive's own, type 2
}

// isTar checks the sum of the first header, which every kind of tar has.
func isTar(b []byte) bool {
	if len(b) < 512 || b[0] == 0 {
		return false
	}
	sum, want := 0, 0
	for _, c := range bytes.Trim(b[148:156], " \x00") {
		if c < '0' || c > '7' {
			return false
		}
		want = want<<3 | int(c-'0')
	}
	for i, c := range b[:512] {
		if i >= 148 && i < 156 {
			c = ' '
		}
		sum += int(c)
	}
	return want != 0 && sum == want
}

// discKind reads the volume recognition sequence from the 17th sector on
// (ECMA-167 2/8.3): ISO 9660 wins, because it is read here and UDF is not.
func discKind(b []byte) string {
	kind := ""
	for at := 16 * isoSector; at+6 <= len(b) && at < 24*isoSector; at += isoSector {
		switch string(b[at+1 : at+6]) {
		case "CD001":
			return "iso"
		case "NSR02", "NSR03":
			kind = "udf"
		case "BEA01", "TEA01", "BOOT2":
		default:
			return kind
		}
	}
	return kind
}

// isFAT checks the boot sector of a FAT file system.
func isFAT(b []byte) bool {
	if len(b) < 512 || b[510] != 0x55 || b[511] != 0xaa || (b[0] != 0xeb && b[0] != 0xe9) {
		return false
	}
	sector := binary.LittleEndian.Uint16(b[11:])
	cluster := b[13]
	return sector >= 512 && sector <= 4096 && sector&(sector-1) == 0 &&
		cluster != 0 && cluster&(cluster-1) == 0 &&
		(b[16] == 1 || b[16] == 2) && b[21] >= 0xf0
}
