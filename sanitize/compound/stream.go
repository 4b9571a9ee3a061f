package compound

import "encoding/binary"

const (
	// A stream shorter than this lies in the mini stream ([MS-CFB] §2.2): in
	// sectors of 64 bytes within the stream that the root entry has for them.
	miniCutoff = 4096
	miniSector = 64
)

// Stream gives the bytes of the stream at index i, at most most of them, and
// whether they are all that its entry claims. They are fewer where its chain of
// sectors breaks off. Where the chain loops they repeat themselves, as they do
// for every program that goes by the size. It gives nil and false for what is no
// stream.
//
// Streams of a broken file may claim the same sectors, each the whole file. So a
// caller who reads many bounds with most what they have in all. The bytes may
// share memory with the file and must not be changed.
func (f *File) Stream(i, most int) (data []byte, whole bool) {
	if i < 0 || i >= len(f.Entries) || f.Entries[i].Kind != Stream {
		return nil, false
	}
	e := &f.Entries[i]
	switch most = min(e.Size, most); {
	case most <= 0:
	case e.claimed < miniCutoff:
		f.loadMini()
		data = collect(f.mini, 0, miniSector, e.start, f.nextMini, min(most, len(f.mini)))
	default:
		data = f.chain(e.start, most)
	}
	return data, uint64(len(data)) == e.claimed
}

// loadMini reads the mini stream and as much of its table as describes it. Its
// size in the root entry is not asked for: one that lies would hide every short
// stream, and the chain says where it ends.
func (f *File) loadMini() {
	if f.miniLoaded {
		return
	}
	f.miniLoaded = true
	f.mini = f.chain(f.Entries[0].start, len(f.b))
	table := (len(f.mini)/miniSector + 1) * 4
	f.miniFAT = f.chain(binary.LittleEndian.Uint32(f.b[60:]), table)
}
