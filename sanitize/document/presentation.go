package document

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"

	"kairan/sanitize/compound"
)

// Records of a presentation ([MS-PPT] §2.13.24).
const (
	pptCString   = 0x0fba
	pptTextChars = 0x0fa0
	pptTextBytes = 0x0fa8
	pptStorage   = 0x1011 // an object or the macros, a compound file
	pptInteract  = 0x0ff3
)

// presentation reads the records of a presentation of PowerPoint 97 to 2003.
// Records lie in containers; going into each container makes one pass of it.
func (g *gatherer) presentation(b []byte) {
	for len(b) >= 8 {
		head, kind := binary.LittleEndian.Uint16(b), binary.LittleEndian.Uint16(b[2:])
		size := int64(binary.LittleEndian.Uint32(b[4:]))
		b = b[8:]
		if head&0xf == 0xf {
			continue // a container: its records follow
		}
		if size > int64(len(b)) {
			g.problem(ProblemMalformed, "a record of the presentation is cut short")
			size = int64(len(b))
		}
		data := b[:size]
		b = b[size:]
		switch kind {
		case pptCString, pptTextChars:
			s := utf16z(data)
			g.line(s)
			if kind == pptCString {
				g.link(s, HowHyperlink, false)
			}
		case pptTextBytes:
			g.line(ansi(data))
		case pptInteract: // InteractiveInfoAtom: its action is at 8, 2 runs a program
			if len(data) > 8 && data[8] == 2 {
				g.note(NoteProgram)
			}
		case pptStorage:
			if head>>4 == 1 && len(data) > 4 {
				z, err := zlib.NewReader(bytes.NewReader(data[4:]))
				if err != nil {
					g.problem(ProblemMalformed, "compressed data is damaged")
					continue
				}
				data = g.inflate(z, size)
			}
			if bytes.HasPrefix(data, []byte(compound.Magic)) {
				g.insideCompound(data)
			}
		}
	}
}
