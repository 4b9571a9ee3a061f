// Package archive reads the archives that come attached to mail: what they
// hold, and the data of it where that can be had.
//
// It is pure: bytes in, values out. It opens no file, writes nothing and keeps
// nothing between calls. [Read] reads one level; who wants the archive inside
// an archive calls it again with what is left of the limits.
//
// An attacker wrote these bytes so that programs choke on them or disagree
// about them. So every size is checked against what remains before anything is
// allocated, every byte decoded is counted, no compressed byte is used twice,
// and where a format can be read in two ways (a zip by its directory or by its
// local headers, a disc image by its Joliet or its primary names) the members of
// both readings are returned.
//
// A password that [Read] is given is used and forgotten: it appears in no
// member, no problem and no error.
package archive

import "fmt"

// Limits bound one call of [Read]. The zero value of a field means its default.
type Limits struct {
	// Entries are the members told of, directories among them. Default 1,000.
	Entries int
	// Bytes is what may be decoded in all. Default 100 MiB.
	Bytes int
	// Ratio is how many bytes one compressed byte may become, once more than
	// 1 MiB has come out. Default 200.
	Ratio int
	// Passwords are tried at most, of those given. Default 50.
	Passwords int
	// Work bounds what the passwords may cost, in rounds of the hash that turns a
	// password into a key; a round takes about 100 ns. 7-Zip asks for 2^19 of
	// them for a key, RAR for 2^15 to 2^18, zip for 4,000. Default 40 million.
	Work int
}

const ratioFrom = 1 << 20 // Limits.Ratio counts above this many bytes

func (l Limits) orDefault() Limits {
	for _, f := range []struct {
		have *int
		want int
	}{
		{&l.Entries, 1000}, {&l.Bytes, 100 << 20}, {&l.Ratio, 200}, {&l.Passwords, 50}, {&l.Work, 40_000_000},
	} {
		if *f.have <= 0 {
			*f.have = f.want
		}
	}
	return l
}

// Contents are what an archive holds.
type Contents struct {
	// Kind is as [Kind] says; "" where b is no archive.
	Kind string
	// Comment is the archive's own, at most 4 KiB of it, as UTF-8.
	Comment string
	// Members are in the archive's order, those it hides from its directory last.
	Members  []Member
	Problems []Problem
	// Decoded counts the bytes that were decoded, of members and on the way to
	// them. It is never more than Limits.Bytes.
	Decoded int
}

// Member is a file or directory in an archive.
type Member struct {
	// Name is as the archive has it, in UTF-8 and with '/' between the steps. It
	// is the attacker's: never use it as a path. "" where the format has no names.
	Name string
	// Size is the real size where Data is whole, else the declared one, -1 where
	// none is declared.
	Size int64
	Dir  bool
	// Data is nil where nothing was read. It may share memory with the bytes
	// given to Read.
	Data []byte
	// Partial is true where Data is only the beginning: no digest of it means
	// anything.
	Partial bool
	// Encrypted is true also where a password opened it.
	Encrypted bool
	// Notes are of these: "absolute-path", "bad-checksum", "duplicate-name",
	// "name-differs" (directory and local header disagree), "not-in-directory",
	// "path-traversal", "size-lies", "symlink".
	Notes []string
}

// Problem is why something of an archive was not read.
type Problem struct {
	Code string
	// Detail is for an operator. It holds no name, no content and no password.
	Detail string
}

// Codes of problems.
const (
	ProblemLimit       = "limit"
	ProblemEncrypted   = "encrypted"
	ProblemMalformed   = "malformed"
	ProblemUnsupported = "unsupported"
)

// Read reads one archive. It never fails: what cannot be read is a [Problem],
// and what was read before it is kept. The passwords are tried in their order,
// for each encrypted member the one that opened the last first.
func Read(b []byte, passwords []string, l Limits) (c Contents) {
	kind, at := locate(b)
	r := newReader(passwords, l, &c)
	c.Kind = kind
	// The 7z and rar decoders are libraries that were not written for hostile
	// input alone; whatever they still panic at ends the reading of this archive
	// and nothing more.
	defer func() {
		if p := recover(); p != nil {
			r.problem(ProblemMalformed, "the decoder gave up")
		}
		c.Decoded = r.limits.Bytes - r.left
	}()
	switch kind {
	case "":
	case "zip":
		r.zip(b)
	case "7z":
		r.sevenZip(b[at:])
	case "rar":
		r.rar(b[at:])
	case "gzip":
		r.gzip(b)
	case "bzip2":
		r.bzip2(b)
	case "xz":
		r.xz(b)
	case "tar":
		r.tar(b)
	case "iso":
		r.iso(b)
	case "cab":
		r.cab(b[at:])
	default:
		r.problem(ProblemUnsupported, fmt.Sprintf("archives of kind %s are not read", kind))
	}
	return c
}
