package document

import (
	"encoding/binary"
	"strings"
)

// Records of a workbook ([MS-XLS] §2.3).
const (
	biffFilePass   = 0x2f
	biffBoundSheet = 0x85
	biffSST        = 0xfc
	biffContinue   = 0x3c
	biffName       = 0x18
	biffBOF        = 0x809
)

// biff reads the records of a workbook of Excel 97 to 2003.
func (g *gatherer) biff(b []byte) {
	for len(b) >= 4 {
		kind, size := binary.LittleEndian.Uint16(b), int(binary.LittleEndian.Uint16(b[2:]))
		if size > len(b)-4 {
			g.problem(ProblemMalformed, "a record of the workbook is cut short")
			size = len(b) - 4
		}
		data := b[4 : 4+size]
		b = b[4+size:]
		switch kind {
		case biffFilePass:
			g.note(NoteEncrypted)
			g.problem(ProblemEncrypted, "the workbook is encrypted")
			return
		case biffBoundSheet: // §2.4.28
			if len(data) > 6 && data[5] == 1 {
				g.note(NoteXLM)
			}
		case biffName: // §2.4.150: a built-in name, 1 or 2 is Auto_Open or Auto_Close
			if len(data) > 15 {
				builtIn := data[0]&0x20 != 0
				name := string(data[15:min(len(data), 15+int(data[3]))])
				if builtIn && (data[15] == 1 || data[15] == 2) || strings.HasPrefix(strings.ToLower(name), "auto_open") {
					g.note(NoteAutoRun)
				}
			}
		case biffSST:
			parts := [][]byte{data}
			for len(b) >= 4 && binary.LittleEndian.Uint16(b) == biffContinue {
				n := min(int(binary.LittleEndian.Uint16(b[2:])), len(b)-4)
				parts = append(parts, b[4:4+n])
				b = b[4+n:]
			}
			g.sharedStrings(parts)
		default:
			if size > 12 {
				g.binaryStrings(data)
			}
		}
	}
}

// pieces reads bytes that go on in the next record. A string that does so has its
// width told anew at the beginning of that.
type pieces struct {
	at   []byte
	rest [][]byte
}

func (p *pieces) more() bool {
	for len(p.at) == 0 {
		if len(p.rest) == 0 {
			return false
		}
		p.at, p.rest = p.rest[0], p.rest[1:]
	}
	return true
}

func (p *pieces) take(n int) []byte {
	var out []byte
	for n > 0 && p.more() {
		k := min(n, len(p.at))
		if out == nil && k == n {
			out, p.at = p.at[:k], p.at[k:]
			return out
		}
		out = append(out, p.at[:k]...)
		p.at = p.at[k:]
		n -= k
	}
	return out
}

func (p *pieces) u16() int {
	if b := p.take(2); len(b) == 2 {
		return int(binary.LittleEndian.Uint16(b))
	}
	return 0
}

func (p *pieces) u32() int {
	if b := p.take(4); len(b) == 4 {
		return int(min(binary.LittleEndian.Uint32(b), 1<<30))
	}
	return 0
}

// sharedStrings reads the table of strings ([MS-XLS] §2.4.265, §2.5.293).
func (g *gatherer) sharedStrings(parts [][]byte) {
	p := &pieces{rest: parts}
	p.take(8)
	for p.more() {
		chars := p.u16()
		flags := p.take(1)
		if len(flags) == 0 {
			return
		}
		runs, ext := 0, 0
		if flags[0]&8 != 0 {
			runs = p.u16()
		}
		if flags[0]&4 != 0 {
			ext = p.u32()
		}
		g.line(p.characters(chars, flags[0]&1 != 0))
		p.take(4 * runs)
		p.take(ext)
	}
}

func (p *pieces) characters(n int, wide bool) string {
	var s strings.Builder
	for n > 0 && p.more() {
		width := 1
		if wide {
			width = 2
		}
		k := min(n, len(p.at)/width)
		if wide {
			s.Write(fromUTF16(p.at[:2*k], binary.LittleEndian))
		} else {
			for _, c := range p.at[:k] {
				s.WriteRune(rune(c))
			}
		}
		p.at = p.at[k*width:]
		n -= k
		if n > 0 {
			p.at = nil // half a character is none
			if !p.more() {
				break
			}
			wide = p.at[0]&1 != 0
			p.at = p.at[1:]
		}
	}
	return s.String()
}
