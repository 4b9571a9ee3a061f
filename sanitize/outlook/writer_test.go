package outlook

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"
	"time"
	"unicode/utf16"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"

	"kairan/sanitize/compound/compoundtest"
)

// This file writes .msg files and TNEF streams for the tests, no more of the
// formats than they need.

type node = compoundtest.Node

var (
	storage = compoundtest.Storage
	stream  = compoundtest.Stream
)

func compoundFile(root []*node) []byte { return compoundtest.File(root...) }
func join(lists ...[]*node) (all []*node) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}
func le16(b []byte, v uint16) []byte { return binary.LittleEndian.AppendUint16(b, v) }
func le32(b []byte, v uint32) []byte { return binary.LittleEndian.AppendUint32(b, v) }
func pad(b []byte, to int) []byte    { return append(b, make([]byte, (to-len(b)%to)%to)...) }

// prop is a property: value is a string, []byte, int, bool or time.Time.
type prop struct {
	id    uint16
	value any
}

// in says that a string is stored in a code page rather than as Unicode.
type in struct {
	s string
	e encoding.Encoding
}

// encode gives a property's type and bytes.
func (p prop) encode() (kind uint16, b []byte) {
	switch v := p.value.(type) {
	case string:
		for _, u := range utf16.Encode([]rune(v)) {
			b = le16(b, u)
		}
		return typeString, b
	case in:
		b := []byte(v.s)
		if v.e != nil {
			var err error
			if b, err = v.e.NewEncoder().Bytes(b); err != nil {
				panic(fmt.Sprintf("the test's own text %q cannot be encoded: %v", v.s, err))
			}
		}
		return typeString8, b
	case []byte:
		return typeBinary, v
	case int:
		return typeInteger32, le32(nil, uint32(v))
	case bool:
		if v {
			return typeBoolean, []byte{1, 0, 0, 0}
		}
		return typeBoolean, []byte{0, 0, 0, 0}
	case time.Time:
		return typeTime, binary.LittleEndian.AppendUint64(nil, uint64(v.Unix()+11644473600)*1e7)
	}
	panic("the test has a property of a type that is not written")
}

// msgList writes a list of properties as the streams of a .msg file.
func msgList(header int, list ...prop) []*node {
	fixed := make([]byte, header)
	var nodes []*node
	for _, p := range list {
		kind, b := p.encode()
		fixed = le32(le16(le16(fixed, kind), p.id), 6)
		if fixedSize(kind) > 0 {
			fixed = pad(append(fixed, b...), 8)
			continue
		}
		fixed = le32(le32(fixed, uint32(len(b))), 0)
		nodes = append(nodes, stream(fmt.Sprintf("%s%04X%04X", valuePrefix, p.id, kind), b))
	}
	return append(nodes, stream(propertiesStream, fixed))
}

func msgRecipient(n int, list ...prop) []*node {
	return []*node{storage(fmt.Sprintf("%s%08X", recipientPrefix, n), msgList(headerOfOther, list...)...)}
}

func msgAttachment(n int, list ...prop) []*node {
	return []*node{storage(fmt.Sprintf("%s%08X", attachmentPrefix, n), msgList(headerOfOther, list...)...)}
}

// msgEmbedded is an attachment that is a message: its streams are inside.
func msgEmbedded(n int, name string, inside []*node) []*node {
	a := msgAttachment(n, prop{propDisplayName, name}, prop{propAttachMethod, methodEmbedded})
	a[0].Kids = append(a[0].Kids, storage(valuePrefix+"3701000D", inside...))
	return a
}

// attribute writes an attribute of a TNEF stream.
func attribute(level byte, name uint16, data []byte) []byte {
	b := le32(le16(le16([]byte{level}, name), 6), uint32(len(data)))
	return le16(append(b, data...), checksum(data))
}

// tnefStream writes a TNEF stream.
func tnefStream(attributes ...[]byte) []byte {
	return append(le16(le32(nil, tnefMagic), 1), bytes.Join(attributes, nil)...)
}

// tnefList writes a list of properties.
func tnefList(list ...prop) []byte {
	b := le32(nil, uint32(len(list)))
	for _, p := range list {
		kind, v := p.encode()
		b = le16(le16(b, kind), p.id)
		if fixedSize(kind) == 0 {
			b = le32(le32(b, 1), uint32(len(v)))
		}
		b = pad(append(b, v...), 4)
	}
	return b
}

var sjis = japanese.ShiftJIS

// problem reports whether one of that code was told.
func problem(m Message, code string) bool {
	for _, p := range m.Problems {
		if p.Code == code {
			return true
		}
	}
	return false
}

func mustReadMsg(t *testing.T, b []byte, l Limits) Message {
	t.Helper()
	m, err := ReadMsg(b, l)
	if err != nil {
		t.Fatalf("ReadMsg: %v", err)
	}
	return m
}

func mustReadTNEF(t *testing.T, b []byte, l Limits) Message {
	t.Helper()
	m, err := ReadTNEF(b, l)
	if err != nil {
		t.Fatalf("ReadTNEF: %v", err)
	}
	return m
}
