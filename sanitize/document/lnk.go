package document

import (
	"encoding/binary"
	"strings"
)

// lnkMagic is the header's size and class ([MS-SHLLINK] §2.1).
const lnkMagic = "L\x00\x00\x00\x01\x14\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"

// LinkFlags (§2.1.1)
const (
	lnkIDList   = 1 << 0
	lnkInfo     = 1 << 1
	lnkName     = 1 << 2
	lnkRelative = 1 << 3
	lnkWorkDir  = 1 << 4
	lnkArgs     = 1 << 5
	lnkIcon     = 1 << 6
	lnkUnicode  = 1 << 7
	lnkNoInfo   = 1 << 8
)

// Blocks of extra data (§2.5)
const (
	lnkEnvironment     = 0xa0000001
	lnkIconEnvironment = 0xa0000007
)

// shortcut is what a .lnk file says, as far as it matters.
type shortcut struct {
	target, network, relative, workDir, args, icon, environment, iconEnvironment string
}

// lnk reads a shortcut of Windows.
func (g *gatherer) lnk(b []byte) {
	g.note(NoteShortcut)
	if len(b) < 76 {
		g.problem(ProblemMalformed, "the shortcut is cut short")
		return
	}
	var s shortcut
	flags := binary.LittleEndian.Uint32(b[20:])
	rest := b[76:]
	// cut takes n bytes off, fewer where there are no more.
	cut := func(n int64) []byte {
		if n > int64(len(rest)) {
			g.problem(ProblemMalformed, "the shortcut is cut short")
			n = int64(len(rest))
		}
		p := rest[:n]
		rest = rest[n:]
		return p
	}
	u16 := func() int64 {
		if p := cut(2); len(p) == 2 {
			return int64(binary.LittleEndian.Uint16(p))
		}
		return 0
	}
	if flags&lnkIDList != 0 {
		s.target = itemNames(cut(u16()), g)
	}
	if flags&lnkInfo != 0 && flags&lnkNoInfo == 0 && len(rest) >= 4 {
		s.linkInfo(cut(int64(binary.LittleEndian.Uint32(rest))))
	}
	text := func(flag uint32) string {
		if flags&flag == 0 || len(rest) < 2 {
			return ""
		}
		n := u16()
		if flags&lnkUnicode != 0 {
			return utf16z(cut(2 * n))
		}
		return ansi(cut(n))
	}
	name := text(lnkName)
	s.relative, s.workDir, s.args, s.icon = text(lnkRelative), text(lnkWorkDir), text(lnkArgs), text(lnkIcon)
	for len(rest) >= 4 {
		size := int64(binary.LittleEndian.Uint32(rest))
		if size < 4 { // the last block
			rest = rest[4:]
			break
		}
		block := cut(size)
		if len(block) < 8 {
			break
		}
		switch binary.LittleEndian.Uint32(block[4:]) {
		case lnkEnvironment:
			s.environment = environmentPath(block[8:])
		case lnkIconEnvironment:
			s.iconEnvironment = environmentPath(block[8:])
		default:
			g.binaryStrings(block)
		}
	}
	g.tell(s, name)
	if len(rest) > 16 {
		// Shortcuts carry the decoy and the program that their command cuts out of them.
		g.note(NoteOverlay)
		g.file("", rest)
	}
}

// tell adds what a shortcut says: its command line first.
func (g *gatherer) tell(s shortcut, name string) {
	target := s.environment
	for _, t := range []string{s.target, s.network, s.relative} {
		if target == "" {
			target = t
		}
	}
	if line := strings.TrimSpace(target + " " + s.args); line != "" {
		g.line(line)
		for _, u := range urlsIn(line) {
			g.link(u, HowShortcut, false)
		}
		g.link(target, HowShortcut, false)
		g.script(s.args, langPS)
		for _, u := range urlsIn(strings.NewReplacer("^", "", "`", "").Replace(s.args)) {
			g.link(u, HowShortcut, false)
		}
	}
	for _, t := range []string{s.target, s.network, s.relative, s.workDir, name} {
		if t != target {
			g.line(t)
		}
		g.link(t, HowShortcut, false)
	}
	for _, t := range []string{s.icon, s.iconEnvironment} {
		g.line(t)
		g.link(t, HowIcon, true)
	}
}

// linkInfo reads where the target lies (§2.3).
func (s *shortcut) linkInfo(b []byte) {
	if len(b) < 28 {
		return
	}
	u32 := func(off int) int64 { return int64(binary.LittleEndian.Uint32(b[off:])) }
	at := func(off int64, wide bool) string {
		if off < 28 || off >= int64(len(b)) {
			return ""
		}
		if wide {
			return utf16z(b[off:])
		}
		return ansi(b[off:])
	}
	flags, wide := u32(8), u32(4) >= 0x24 && len(b) >= 36
	suffix := at(u32(24), false)
	if wide {
		if t := at(u32(32), true); t != "" {
			suffix = t
		}
	}
	if flags&1 != 0 {
		local := at(u32(16), false)
		if wide {
			if t := at(u32(28), true); t != "" {
				local = t
			}
		}
		if s.target == "" || local != "" {
			s.target = joinPath(local, suffix)
		}
	}
	if off := u32(20); flags&2 != 0 && off >= 28 && off+20 <= int64(len(b)) {
		network := b[off:]
		if n := int64(binary.LittleEndian.Uint32(network[8:])); n >= 20 && n < int64(len(network)) {
			s.network = joinPath(ansi(network[n:]), suffix)
		}
	}
}

func joinPath(a, b string) string {
	if b == "" {
		return a
	}
	if a == "" || strings.HasSuffix(a, `\`) {
		return a + b
	}
	return a + `\` + b
}

// environmentPath reads a path in two forms of fixed size (§2.5.4).
func environmentPath(b []byte) string {
	if len(b) >= 780 {
		if s := utf16z(b[260:780]); s != "" {
			return s
		}
	}
	return ansi(b[:min(len(b), 260)])
}

// itemNames puts a path together from a list of items (§2.2), of which each kind
// of folder has its own format. What matters is the same in all that are used: a
// drive begins with its letter, a file has its name in UTF-16 behind a signature.
func itemNames(b []byte, g *gatherer) string {
	path := ""
	g.binaryStrings(b)
	for len(b) >= 2 {
		n := int(binary.LittleEndian.Uint16(b))
		if n < 3 || n > len(b) {
			break
		}
		item := b[2:n]
		b = b[n:]
		switch kind := item[0]; {
		case kind&0x70 == 0x20 && len(item) > 3 && item[2] == ':':
			path = joinPath(path, ansi(item[1:min(len(item), 23)]))
		case kind&0x70 == 0x30 && len(item) > 14:
			path = joinPath(path, fileItemName(item))
		case kind&0x70 == 0x40 && len(item) > 5: // a place in the network
			path = ansi(item[3:])
		}
		if len(path) > maxURL {
			break
		}
	}
	return path
}

// fileItemName gives the long name of a file's item, else the short one.
func fileItemName(item []byte) string {
	if off := int(binary.LittleEndian.Uint16(item[len(item)-2:])) - 2; off >= 14 && off+20 < len(item) && binary.LittleEndian.Uint32(item[off+4:]) == 0xbeef0004 {
		// How far the name is in differs by version: 18, 22, 34, 38 or 42 more bytes.
		start := map[uint16]int{3: 20, 7: 38, 8: 42, 9: 46}[binary.LittleEndian.Uint16(item[off+2:])]
		if start > 0 && off+start < len(item) {
			if s := utf16z(item[off+start:]); s != "" {
				return s
			}
		}
	}
	return ansi(item[12:])
}
