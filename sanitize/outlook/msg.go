package outlook

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kairan/sanitize/compound"
)

// Names within a .msg file ([MS-OXMSG] §2.2); case does not matter.
const (
	propertiesStream = "__properties_version1.0"
	valuePrefix      = "__substg1.0_"
	recipientPrefix  = "__recip_version1.0_#"
	attachmentPrefix = "__attach_version1.0_#"
)

// Where the entries begin in a stream of properties ([MS-OXMSG] §2.4.1): after a
// header that depends on whose properties they are.
const (
	headerOfMessage  = 32
	headerOfEmbedded = 24
	headerOfOther    = 8
)

// maxEntries bounds the directory of a file: 500 attachments of 20 streams each.
const maxEntries = 10000

var errNoProperties = errors.New("no Outlook message: the compound file holds no properties")

// openCompound reads the directory of a compound file. One that does not begin
// with a root is not taken for a directory at all.
func openCompound(b []byte) (*compound.File, error) {
	c, err := compound.Open(b, compound.Limits{Entries: maxEntries})
	if err == nil && c.Entries[0].Kind != compound.Root {
		err = compound.ErrNoDirectory
	}
	return c, err
}

// IsMsg reports whether b is an Outlook message file: a compound file with a
// stream of MAPI properties in its root.
func IsMsg(b []byte) bool {
	if !bytes.HasPrefix(b, []byte(compound.Magic)) {
		return false
	}
	c, err := openCompound(b)
	if err != nil {
		// Whether it is one can no longer be said; the name of that stream is
		// reason enough to have it read, and held as unreadable.
		name := make([]byte, 0, 2*len(propertiesStream))
		for i := range len(propertiesStream) {
			name = append(name, propertiesStream[i], 0)
		}
		return bytes.Contains(b, name)
	}
	_, ok := c.Lookup(0, compound.Stream, propertiesStream)
	return ok
}

// ReadMsg reads an Outlook message file ([MS-OXMSG]). It fails only when nothing
// of a message can be read; what else is wrong is told in Message.Problems.
func ReadMsg(b []byte, l Limits) (Message, error) {
	c, err := openCompound(b)
	if err != nil {
		return Message{}, fmt.Errorf("read an Outlook message: %w", err)
	}
	f := &msgFile{reading: newReading(l), c: c, left: len(b)}
	if c.Limited {
		f.tell(ProblemLimit, "more streams than are read of one file")
	}
	m, ok := f.message(0, headerOfMessage, 1)
	if !ok {
		return Message{}, fmt.Errorf("read an Outlook message: %w", errNoProperties)
	}
	m.Problems = f.problems
	return m, nil
}

// msgFile is a .msg file being read.
type msgFile struct {
	*reading
	c *compound.File
	// left is how many bytes of streams the file can still hold. Streams do not
	// share sectors, so all of them together are no longer than the file; where
	// they claim to share some, a small file would make much of itself.
	left int
}

// stream gives a stream's bytes, as many as may be had.
func (f *msgFile) stream(i int) []byte {
	data, whole := f.c.Stream(i, min(f.left, f.bytes))
	switch {
	case whole:
	case len(data) == f.bytes:
		f.take(f.c.Entries[i].Size) // tells
		f.bytes = len(data)
	default:
		f.tell(ProblemMalformed, "a stream is shorter than its entry says, or shares its bytes with others")
	}
	f.left -= len(data)
	f.take(len(data))
	return data
}

// message reads the message in a storage; false when it holds none. header is
// the length of the header of its properties, depth its own place in the nest.
func (f *msgFile) message(storage, header, depth int) (Message, bool) {
	var m Message
	p, found := f.properties(storage, header)
	p.pickCodePage(0)

	for _, i := range f.sorted(storage, recipientPrefix) {
		who, _ := f.properties(i, headerOfOther)
		who.codePage = p.codePage
		m.addRecipient(f.reading, &who)
		found = true
	}
	m.fill(f.reading, &p)
	for n, i := range f.sorted(storage, attachmentPrefix) {
		found = true
		if !f.takeAttachment() {
			break
		}
		a := f.attachment(i, p.codePage, depth)
		a.name(n + 1)
		m.Attachments = append(m.Attachments, a)
	}
	return m, found
}

// sorted gives the storages within one whose names begin with prefix, in the order
// of the number that follows.
func (f *msgFile) sorted(storage int, prefix string) []int {
	var found []int
	for _, i := range f.c.Children(storage) {
		if e := f.c.Entries[i]; e.Kind == compound.Storage && hasPrefixFold(e.Name, prefix) {
			found = append(found, i)
		}
	}
	number := func(i int) uint64 {
		n, err := strconv.ParseUint(f.c.Entries[i].Name[len(prefix):], 16, 32)
		if err != nil {
			return 1 << 32 // no number: last
		}
		return n
	}
	slices.SortStableFunc(found, func(a, b int) int { return cmp.Compare(number(a), number(b)) })
	return found
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// properties reads the list of properties in a storage: those of a fixed size from the stream
// of properties, the others each from a stream of its own, whether or not the
// first names it. found is false when there is neither.
func (f *msgFile) properties(storage, header int) (p properties, found bool) {
	if i, ok := f.c.Lookup(storage, compound.Stream, propertiesStream); ok {
		found = true
		fixed := f.stream(i)
		for fixed = fixed[min(header, len(fixed)):]; len(fixed) >= 16; fixed = fixed[16:] {
			kind, id := binary.LittleEndian.Uint16(fixed), binary.LittleEndian.Uint16(fixed[2:])
			if fixedSize(kind) <= 0 {
				continue // the size of a stream, or of many values
			}
			if len(p.list) >= f.limits.Properties {
				f.tell(ProblemLimit, "more properties than are read of one list")
				break
			}
			p.set(id, kind, fixed[8:16])
		}
	}
	for _, i := range f.c.Children(storage) {
		e := f.c.Entries[i]
		if e.Kind != compound.Stream || !hasPrefixFold(e.Name, valuePrefix) {
			continue
		}
		found = true
		id, kind, ok := parseTag(e.Name[len(valuePrefix):])
		if !ok || kind&multiValue != 0 || id >= firstNamed {
			continue
		}
		if len(p.list) >= f.limits.Properties {
			f.tell(ProblemLimit, "more properties than are read of one list")
			break
		}
		p.set(id, kind, f.stream(i))
	}
	return p, found
}

// parseTag reads the eight hexadecimal digits that name a property's stream;
// false for the stream of a single one of many values, whose name goes on.
func parseTag(s string) (id, kind uint16, ok bool) {
	n, err := strconv.ParseUint(s, 16, 32)
	return uint16(n >> 16), uint16(n), err == nil && len(s) == 8
}

// attachment reads the attachment in a storage.
func (f *msgFile) attachment(storage, codePage, depth int) Attachment {
	p, _ := f.properties(storage, headerOfOther)
	p.codePage = codePage
	a := attached(f.reading, &p)
	object := -1
	for _, i := range f.c.Children(storage) {
		e := f.c.Entries[i]
		if id, _, ok := parseTag(strings.TrimPrefix(e.Name, valuePrefix)); ok && id == propAttachData && e.Kind == compound.Storage {
			object = i
		}
	}
	if data := p.bytes(propAttachData); len(data) > 0 && a.Data == nil {
		a.Data = data
	}
	if object < 0 {
		if a.Data == nil && p.integer(propAttachMethod) == methodEmbedded {
			f.tell(ProblemMalformed, "an embedded message is missing")
		}
		return a
	}
	if p.integer(propAttachMethod) == methodOLE {
		f.object(object, &a)
		return a
	}
	if depth >= f.limits.Depth {
		f.tell(ProblemLimit, "messages in one another deeper than are read")
		return a
	}
	if m, ok := f.message(object, headerOfEmbedded, depth+1); ok {
		a.Message, a.Type, a.Data = &m, "message/rfc822", nil
	} else {
		f.tell(ProblemMalformed, "an embedded message is empty")
	}
	return a
}
