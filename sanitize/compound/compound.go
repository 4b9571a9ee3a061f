// Package compound reads compound files ([MS-CFB]): the file system in a file
// that Outlook messages, Office documents of 1997 to 2003, embedded objects and
// projects of macros lie in. It gives the directory and the bytes of the streams;
// what they mean is for others.
//
// It is pure: bytes in, values out, and keeps nothing between calls. Its input is
// hostile: a file may name sectors it does not have, chain them in a loop, let
// streams share them, nest ten thousand storages, or hide a storage that nothing
// points to. So every chain and every tree ends, the work of [Open] is linear in
// the bytes it reads, that of [File.Stream] in the bytes it gives, and a broken
// pointer costs only what lies behind it.
package compound

import (
	"encoding/binary"
	"errors"
)

// Magic is what a compound file begins with ([MS-CFB] §2.2).
const Magic = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

// Errors of [Open].
var (
	ErrNotCompound = errors.New("not a compound file")
	ErrNoDirectory = errors.New("the compound file's directory cannot be read")
)

// Limits bound what is read of one file. The zero value of a field means its
// default.
type Limits struct {
	// Entries are the lines of the directory that are read, unused ones counted.
	// Default 10,000.
	Entries int
}

const defaultEntries = 10_000

// Kind is what an entry of the directory is ([MS-CFB] §2.6.1). Other values than
// these occur in broken files, and in lines that are not in use.
type Kind byte

const (
	Unused  Kind = 0
	Storage Kind = 1
	Stream  Kind = 2
	Root    Kind = 5
)

// Entry is a line of the directory. All of it is as the file claims it to be.
type Entry struct {
	Name  string // valid UTF-8 without a NUL, at most 32 characters, may be ""
	Kind  Kind
	Class [16]byte // CLSID of a storage, in the byte order of the file
	// Size is how many bytes a stream claims to have, or the length of the whole
	// file if it claims more.
	Size int
	// Parent is the index of the storage that holds the entry; -1 for the root, and
	// for what no storage holds. Following it always ends.
	Parent int

	claimed            uint64 // the size before it was bounded
	start              uint32 // the first sector
	left, right, child uint32
	kids               []int
}

// File is a compound file whose directory has been read. It is not safe for
// concurrent use.
type File struct {
	// Entries is the directory in the order of the file, the root first; it has one
	// entry at least. It holds also what cannot be reached from the root, and lines
	// that are not in use, so its indices are those of the file.
	Entries []Entry
	// Limited is true when the directory was longer than Limits.Entries.
	Limited bool

	b          []byte
	sectorSize int
	fat        []uint32 // the sectors that hold the FAT
	// The mini stream and the table of its sectors, once they are wanted.
	mini, miniFAT []byte
	miniLoaded    bool
}

// headerSize is the least that the header takes; with sectors of 4,096 bytes the
// rest of the first of them is empty.
const headerSize = 512

// Open reads the directory of a compound file, which may be cut short or broken:
// it fails only where b is no compound file ([ErrNotCompound]) or nothing of the
// directory is there ([ErrNoDirectory]). Whether the first entry says of itself
// that it is the [Root] is left to the caller to check. The File keeps b, which
// must not be changed.
func Open(b []byte, l Limits) (*File, error) {
	if len(b) < headerSize || string(b[:len(Magic)]) != Magic {
		return nil, ErrNotCompound
	}
	entries := l.Entries
	if entries <= 0 {
		entries = defaultEntries
	}
	f := &File{b: b, sectorSize: 512}
	if binary.LittleEndian.Uint16(b[30:]) == 12 {
		f.sectorSize = 4096
	}
	f.readFAT()
	// One more than allowed, to tell whether there are more; no more than fit in b.
	lines := min(entries, len(b)/entrySize) + 1
	f.readDirectory(f.chain(binary.LittleEndian.Uint32(b[48:]), lines*entrySize))
	if len(f.Entries) > entries {
		f.Limited, f.Entries = true, f.Entries[:entries]
	}
	if len(f.Entries) == 0 {
		return nil, ErrNoDirectory
	}
	f.growTree()
	return f, nil
}
