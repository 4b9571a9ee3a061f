package outlook

import (
	"bytes"
	"encoding/binary"

	"kairan/sanitize/compound"
)

// object reads an attachment that another program put into the message ([MS-
// OXCMSG] §2.2.2.9, afOle): a storage with streams of that program's own. A
// file that was dragged in lies in the stream of a package, which names it; of
// anything else the longest stream is given, and told to be only that.
func (f *msgFile) object(storage int, a *Attachment) {
	longest := -1
	todo := []int{storage}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, i := range f.c.Children(at) {
			if f.c.Entries[i].Kind == compound.Storage {
				todo = append(todo, i)
				continue
			}
			if compound.SameName(f.c.Entries[i].Name, packageStream) {
				if name, data, ok := readPackage(f.stream(i)); ok {
					a.Data = data
					if a.Name == "" {
						a.Name = f.shorten(name, maxNameRunes)
					}
					return
				}
			}
			if longest < 0 || f.c.Entries[i].Size > f.c.Entries[longest].Size {
				longest = i
			}
		}
	}
	if longest < 0 {
		f.tell(ProblemMalformed, "an attached object is empty")
		return
	}
	a.Data = f.stream(longest)
	f.tell(ProblemMalformed, "an attachment is an object of another program: only its longest stream is read")
}

const packageStream = "\x01Ole10Native"

// readPackage reads the stream of a packaged file ([MS-OLEDS] §2.3.6 for the
// size before it; the rest is undocumented and as Windows writes it): a mark,
// the name, its path, a kind, the path it is unpacked to, and the file.
func readPackage(b []byte) (name string, data []byte, ok bool) {
	if len(b) < 6 || binary.LittleEndian.Uint16(b[4:]) != 2 {
		return "", nil, false
	}
	b = b[6:]
	label, b, ok := bytes.Cut(b, []byte{0})
	if !ok {
		return "", nil, false
	}
	_, b, ok = bytes.Cut(b, []byte{0})
	if !ok || len(b) < 8 {
		return "", nil, false
	}
	path := int64(binary.LittleEndian.Uint32(b[4:]))
	if b = b[8:]; path+4 > int64(len(b)) {
		return "", nil, false
	}
	b = b[path:]
	size := int64(binary.LittleEndian.Uint32(b))
	b = b[4:]
	return cleanText(decodeCodePage(label, 0)), b[:min(size, int64(len(b)))], true
}
