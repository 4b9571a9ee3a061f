package outlook

import (
	"encoding/binary"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// Types of property values ([MS-OXCDATA] §2.11.1).
const (
	typeInteger16 = 0x0002
	typeInteger32 = 0x0003
	typeFloat32   = 0x0004
	typeFloat64   = 0x0005
	typeCurrency  = 0x0006
	typeAppTime   = 0x0007
	typeError     = 0x000a
	typeBoolean   = 0x000b
	typeObject    = 0x000d
	typeInteger64 = 0x0014
	typeString8   = 0x001e
	typeString    = 0x001f
	typeTime      = 0x0040
	typeGUID      = 0x0048
	typeBinary    = 0x0102

	multiValue = 0x1000 // set in the type of a property with many values
)

// Properties read here ([MS-OXPROPS] §2).
const (
	propMessageClass         = 0x001a
	propSubject              = 0x0037
	propClientSubmitTime     = 0x0039
	propRepresentingKey      = 0x003b
	propSubjectPrefix        = 0x003d
	propReceivedByName       = 0x0040
	propRepresentingEntryID  = 0x0041
	propRepresentingName     = 0x0042
	propReplyEntries         = 0x004f
	propReplyNames           = 0x0050
	propRepresentingAddrType = 0x0064
	propRepresentingAddress  = 0x0065
	propConversationTopic    = 0x0070
	propReceivedByAddrType   = 0x0075
	propReceivedByAddress    = 0x0076
	propTransportHeaders     = 0x007d
	propRecipientType        = 0x0c15
	propSenderEntryID        = 0x0c19
	propSenderName           = 0x0c1a
	propSenderKey            = 0x0c1d
	propSenderAddrType       = 0x0c1e
	propSenderAddress        = 0x0c1f
	propDisplayBcc           = 0x0e02
	propDisplayCc            = 0x0e03
	propDisplayTo            = 0x0e04
	propDeliveryTime         = 0x0e06
	propNormalizedSubject    = 0x0e1d
	propEntryID              = 0x0fff
	propBody                 = 0x1000
	propRTF                  = 0x1009
	propHTML                 = 0x1013
	propMessageID            = 0x1035
	propDisplayName          = 0x3001
	propAddrType             = 0x3002
	propEmailAddress         = 0x3003
	propSearchKey            = 0x300b
	propAttachData           = 0x3701
	propAttachFilename       = 0x3704
	propAttachMethod         = 0x3705
	propAttachLongFilename   = 0x3707
	propAttachPathname       = 0x3708
	propAttachTransportName  = 0x370c
	propAttachLongPathname   = 0x370d
	propAttachMimeTag        = 0x370e
	propAttachContentID      = 0x3712
	propAttachFlags          = 0x3714
	propSMTPAddress          = 0x39fe
	propInternetCodePage     = 0x3fde
	propLocale               = 0x3ff1
	propMessageCodePage      = 0x3ffd
	propSenderSMTP           = 0x5d01
	propRepresentingSMTP     = 0x5d02
	propReceivedBySMTP       = 0x5d07
	propRecipientDisplayName = 0x5ff6
	propAttachHidden         = 0x7ffe

	// firstNamed begins the range of properties whose meaning a file defines
	// itself. None of them is read.
	firstNamed = 0x8000
)

// property is one property's value. A fixed-size value is its bytes as they lie
// in the file, at least as many as its type has. Of a property with many values
// it is the first.
type property struct {
	kind  uint16 // without multiValue
	value []byte
}

// properties is one list of properties: of a message, a recipient or an
// attachment.
type properties struct {
	list map[uint16]property
	// codePage is that of the list's String8 values, 0 when unknown.
	codePage int
}

// set adds a property. Of a property that comes twice, one with a value is
// kept rather than one without, a Unicode string rather than one in a code page,
// and the first rather than the second.
func (p *properties) set(id, kind uint16, value []byte) {
	if id >= firstNamed {
		return
	}
	if old, ok := p.list[id]; ok && len(old.value) > 0 &&
		(len(value) == 0 || !(old.kind == typeString8 && kind == typeString)) {
		return
	}
	if p.list == nil {
		p.list = map[uint16]property{}
	}
	p.list[id] = property{kind, value}
}

// bytes gives a property's bytes as stored; nil without one.
func (p *properties) bytes(id uint16) []byte { return p.list[id].value }

// integer gives a property as a number; 0 without one.
func (p *properties) integer(id uint16) int {
	v := p.list[id]
	switch {
	case v.kind == typeInteger32 && len(v.value) >= 4:
		return int(int32(binary.LittleEndian.Uint32(v.value)))
	case (v.kind == typeInteger16 || v.kind == typeBoolean) && len(v.value) >= 2:
		return int(int16(binary.LittleEndian.Uint16(v.value)))
	}
	return 0
}

// time gives a property as a time in UTC; the zero time without one.
func (p *properties) time(id uint16) time.Time {
	v := p.list[id]
	if v.kind != typeTime || len(v.value) < 8 {
		return time.Time{}
	}
	return fileTime(binary.LittleEndian.Uint64(v.value))
}

// fileTime reads a count of 100 ns since 1601 (MS-DTYP §2.3.3); the zero time
// for what is no date that a mail can have.
func fileTime(ticks uint64) time.Time {
	const (
		second = 10_000_000
		epoch  = 11_644_473_600 // seconds from 1601 to 1970
	)
	t := time.Unix(int64(ticks/second)-epoch, int64(ticks%second)*100).UTC()
	if y := t.Year(); y < 1970 || y > 9999 {
		return time.Time{}
	}
	return t
}

// text gives a property as text, without the NULs that end it in some files; ""
// without one or when it is no text.
func (p *properties) text(id uint16) string {
	v := p.list[id]
	switch v.kind {
	case typeString:
		return cleanText(decodeUTF16(v.value))
	case typeString8, typeBinary:
		return cleanText(decodeCodePage(v.value, p.codePage))
	}
	return ""
}

// decodeUTF16 reads UTF-16LE; half a pair becomes U+FFFD.
func decodeUTF16(b []byte) string {
	var s strings.Builder
	s.Grow(len(b) / 2)
	for len(b) >= 2 {
		c := rune(binary.LittleEndian.Uint16(b))
		b = b[2:]
		if utf16.IsSurrogate(c) && len(b) >= 2 {
			if pair := utf16.DecodeRune(c, rune(binary.LittleEndian.Uint16(b))); pair != utf8.RuneError {
				c, b = pair, b[2:]
			}
		}
		s.WriteRune(c) // half a pair is written as U+FFFD
	}
	return s.String()
}

// fixedSize is how many bytes a value of that type has; 0 when they vary, -1
// for a type that is not known.
func fixedSize(kind uint16) int {
	switch kind {
	case typeInteger16, typeBoolean:
		return 2
	case typeInteger32, typeFloat32, typeError:
		return 4
	case typeFloat64, typeCurrency, typeAppTime, typeInteger64, typeTime:
		return 8
	case typeGUID:
		return 16
	case typeString8, typeString, typeBinary, typeObject:
		return 0
	}
	return -1
}
