package outlook

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	tnefMagic = 0x223e9f78

	levelMessage    = 1
	levelAttachment = 2

	// Before and after an attribute's data: level, name and type, length;
	// checksum.
	attributeHeader   = 1 + 4 + 4
	attributeChecksum = 2
)

// Names of attributes ([MS-OXTNEF] §2.1.3.3).
const (
	attFrom                 = 0x8000
	attSubject              = 0x8004
	attDateSent             = 0x8005
	attDateReceived         = 0x8006
	attMessageClass         = 0x8008
	attMessageID            = 0x8009
	attBody                 = 0x800c
	attAttachData           = 0x800f
	attAttachTitle          = 0x8010
	attAttachTransportName  = 0x9001
	attAttachRenderData     = 0x9002
	attMessageProperties    = 0x9003
	attRecipients           = 0x9004
	attAttachmentProperties = 0x9005
	attCodePage             = 0x9007
	renderDataOLE           = 2
)

var errNotTNEF = errors.New("no TNEF stream")

// IsTNEF reports whether b begins as a TNEF stream does.
func IsTNEF(b []byte) bool {
	return len(b) >= 4 && binary.LittleEndian.Uint32(b) == tnefMagic
}

// ReadTNEF reads a TNEF stream ([MS-OXTNEF]), mostly named winmail.dat. It fails
// only when b is none; what else is wrong is told in Message.Problems.
func ReadTNEF(b []byte, l Limits) (Message, error) {
	if !IsTNEF(b) {
		return Message{}, fmt.Errorf("read TNEF: %w", errNotTNEF)
	}
	r := newReading(l)
	m := readTNEF(r, b, 1)
	m.Problems = r.problems
	return m, nil
}

// tnefFile is a TNEF stream being read. What its attributes say is gathered
// first, because any of them may change how the others are read (the code page)
// or come in any order (an attachment's name and data).
type tnefFile struct {
	*reading
	depth       int
	codePage    int
	attributes  map[uint16][]byte // of the message, the first of each name
	properties  properties
	recipients  [][]byte
	attachments []tnefAttachment
	full        bool // there may be no more attachments
}

// tnefAttachment is an attachment's attributes.
type tnefAttachment struct {
	title, transportName []byte
	data                 []byte
	ole                  bool
	properties           properties
}

// readTNEF reads a TNEF stream whose magic was checked, at that depth.
func readTNEF(r *reading, b []byte, depth int) Message {
	f := &tnefFile{reading: r, depth: depth, attributes: map[uint16][]byte{}}
	b = b[min(6, len(b)):] // the magic, and a key that nobody uses
	for len(b) > 0 {
		if len(b) < attributeHeader || b[0] != levelMessage && b[0] != levelAttachment {
			r.tell(ProblemMalformed, "there are bytes after the end of the TNEF stream")
			break
		}
		level, name := b[0], binary.LittleEndian.Uint16(b[1:])
		size := int64(binary.LittleEndian.Uint32(b[5:]))
		b = b[attributeHeader:]
		if size > int64(len(b)) {
			r.tell(ProblemMalformed, "the TNEF stream is cut off")
			size = int64(len(b))
		}
		data := b[:size:size]
		b = b[size:]
		if len(b) >= attributeChecksum {
			if checksum(data) != binary.LittleEndian.Uint16(b) {
				r.tell(ProblemMalformed, "a checksum of the TNEF stream is wrong")
			}
			b = b[attributeChecksum:]
		} else {
			b = nil
		}
		if depth == 1 { // a nested stream is part of data that was charged
			data = data[:r.take(len(data))]
		}
		if level == levelMessage {
			f.messageAttribute(name, data)
		} else {
			f.attachmentAttribute(name, data)
		}
	}
	return f.message()
}

func checksum(b []byte) (sum uint16) {
	for _, c := range b {
		sum += uint16(c)
	}
	return sum
}

func (f *tnefFile) messageAttribute(name uint16, data []byte) {
	switch name {
	case attMessageProperties:
		c := cursor{b: data}
		f.list(&c, &f.properties)
		f.checkCut(&c)
	case attRecipients:
		f.recipients = append(f.recipients, data)
	case attCodePage:
		if len(data) >= 4 && f.codePage == 0 {
			f.codePage = int(int32(binary.LittleEndian.Uint32(data)))
		}
	default:
		if len(f.attributes[name]) == 0 {
			f.attributes[name] = data
		}
	}
}

// attachmentAttribute adds an attribute to the last attachment. Each begins
// with its rendering data; where that is missing, an attribute that the last one
// has already begins the next.
func (f *tnefFile) attachmentAttribute(name uint16, data []byte) {
	if f.full {
		return // or it would be read as the last attachment's
	}
	var a *tnefAttachment
	if n := len(f.attachments); n > 0 {
		a = &f.attachments[n-1]
	}
	if a == nil || name == attAttachRenderData ||
		name == attAttachData && len(a.data) > 0 || name == attAttachTitle && len(a.title) > 0 {
		if f.full = f.full || !f.takeAttachment(); f.full {
			return
		}
		f.attachments = append(f.attachments, tnefAttachment{})
		a = &f.attachments[len(f.attachments)-1]
	}
	switch name {
	case attAttachRenderData:
		a.ole = len(data) >= 2 && binary.LittleEndian.Uint16(data) == renderDataOLE
	case attAttachTitle:
		a.title = data
	case attAttachTransportName:
		a.transportName = data
	case attAttachData:
		a.data = data
	case attAttachmentProperties:
		c := cursor{b: data}
		f.list(&c, &a.properties)
		f.checkCut(&c)
	}
}

// message puts together what was gathered. The properties are newer and say
// more than the attributes, which are read first.
func (f *tnefFile) message() Message {
	var m Message
	f.properties.pickCodePage(f.codePage)
	page := f.properties.codePage
	text := func(name uint16) string {
		return cleanText(decodeCodePage(f.attributes[name], page))
	}
	m.Class = text(attMessageClass)
	m.Subject = text(attSubject)
	m.Text = text(attBody)
	m.From = f.from(f.attributes[attFrom], page)
	for _, name := range []uint16{attDateSent, attDateReceived} {
		if m.Date = dateRecord(f.attributes[name]); !m.Date.IsZero() {
			break
		}
	}
	// Mostly a number of Exchange's own.
	if id := strings.TrimSpace(text(attMessageID)); strings.HasPrefix(id, "<") && strings.Contains(id, "@") {
		m.MessageID = id
	}
	for _, table := range f.recipients {
		c := cursor{b: table}
		for rows := c.u32(); rows > 0 && !c.short && len(c.b) > 0; rows-- {
			who := properties{codePage: page}
			f.list(&c, &who)
			m.addRecipient(f.reading, &who)
		}
		f.checkCut(&c)
	}
	m.fill(f.reading, &f.properties)
	for i := range f.attachments {
		a := f.attachment(&f.attachments[i], page)
		a.name(i + 1)
		m.Attachments = append(m.Attachments, a)
	}
	return m
}

// attachment puts one attachment together.
func (f *tnefFile) attachment(t *tnefAttachment, page int) Attachment {
	t.properties.codePage = page
	a := attached(f.reading, &t.properties)
	for _, name := range [][]byte{t.title, t.transportName} {
		if a.Name == "" {
			a.Name = f.shorten(cleanText(decodeCodePage(name, page)), maxNameRunes)
		}
	}
	if a.Data == nil {
		a.Data = t.data
	}
	v := t.properties.list[propAttachData]
	if len(v.value) == 0 {
		return a
	}
	object := v.value
	if v.kind == typeObject && len(object) >= 16 {
		object = object[16:] // the identifier of the interface to read it with
	}
	switch {
	case v.kind == typeObject && IsTNEF(object) && f.depth >= f.limits.Depth:
		f.tell(ProblemLimit, "messages in one another deeper than are read")
		a.Data = object
	case v.kind == typeObject && IsTNEF(object):
		m := readTNEF(f.reading, object, f.depth+1)
		a.Message, a.Type, a.Data = &m, "message/rfc822", nil
	case len(a.Data) == 0:
		a.Data = object
	}
	return a
}

// from reads who sent the message ([MS-OXTNEF] §2.1.3.3.1): a record of lengths,
// then name and address, the address with its type before it.
func (f *tnefFile) from(b []byte, page int) Person {
	if len(b) < 8 {
		return Person{}
	}
	name, address := int(binary.LittleEndian.Uint16(b[4:])), int(binary.LittleEndian.Uint16(b[6:]))
	if b = b[8:]; name+address > len(b) {
		f.tell(ProblemMalformed, "the sender's record is cut off")
		return Person{}
	}
	who := Person{
		Name:    cleanText(decodeCodePage(b[:name], page)),
		Address: cleanText(decodeCodePage(b[name:name+address], page)),
	}
	if kind, rest, ok := strings.Cut(who.Address, ":"); ok && !strings.ContainsAny(kind, "@/") {
		who.Address = rest
	}
	if who.Name == who.Address {
		who.Name = ""
	}
	return who
}

// dateRecord reads a date ([MS-OXTNEF] §2.1.3.3.4): year, month, day, hour,
// minute, second. The zero time for none.
func dateRecord(b []byte) time.Time {
	if len(b) < 12 {
		return time.Time{}
	}
	var v [6]int
	for i := range v {
		v[i] = int(binary.LittleEndian.Uint16(b[2*i:]))
	}
	if v[0] < 1970 || v[0] > 9999 || v[1] < 1 || v[1] > 12 || v[2] < 1 || v[2] > 31 || v[3] > 23 || v[4] > 59 || v[5] > 60 {
		return time.Time{}
	}
	return time.Date(v[0], time.Month(v[1]), v[2], v[3], v[4], v[5], 0, time.UTC)
}
