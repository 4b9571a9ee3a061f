package outlook

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"
)

// dtr is a date as an attribute has it.
func dtr(v ...uint16) (b []byte) {
	for _, x := range v {
		b = le16(b, x)
	}
	return b
}

// sentBy is the record of a sender.
func sentBy(name, address string) []byte {
	b := le16(le16(nil, 4), uint16(8+len(name)+len(address)))
	b = le16(le16(b, uint16(len(name))), uint16(len(address)))
	return append(append(b, name...), address...)
}

// text932 is the data of an attribute of text in code page 932.
func text932(s string) []byte {
	_, b := prop{0, in{s, sjis}}.encode()
	return append(b, 0)
}

// tnefSample is a mail as Exchange sends it in rich text.
func tnefSample() []byte {
	return tnefStream(
		attribute(levelMessage, attCodePage, le32(le32(nil, 932), 0)),
		attribute(levelMessage, attMessageClass, []byte("IPM.Note\x00")),
		attribute(levelMessage, attFrom, sentBy("Billing\x00", "SMTP:billing@example.com\x00")),
		attribute(levelMessage, attSubject, text932("古い件名")),
		attribute(levelMessage, attDateSent, dtr(2026, 4, 1, 0, 30, 0, 3)),
		attribute(levelMessage, attBody, text932("本文です")),
		attribute(levelMessage, attMessageProperties, tnefList(
			prop{propSubject, "新しい件名"},
			prop{propMessageID, "<2@example.com>"},
		)),
		attribute(levelMessage, attRecipients, concat(le32(nil, 2),
			tnefList(prop{propDisplayName, in{"山田", sjis}}, prop{propEmailAddress, "yamada@example.jp"}, prop{propRecipientType, 1}),
			tnefList(prop{propDisplayName, "佐藤"}, prop{propEmailAddress, "sato@example.jp"}, prop{propRecipientType, 2}),
		)),
		attribute(levelAttachment, attAttachRenderData, make([]byte, 14)),
		attribute(levelAttachment, attAttachData, []byte("first")), // before its name
		attribute(levelAttachment, attAttachTitle, text932("短い.txt")),
		attribute(levelAttachment, attAttachmentProperties, tnefList(prop{propAttachLongFilename, "とても長い名前の請求書.txt"}, prop{propAttachMimeTag, "text/plain"})),
		attribute(levelAttachment, attAttachRenderData, make([]byte, 14)),
		attribute(levelAttachment, attAttachmentProperties, tnefList(prop{propAttachData, []byte("second")})),
		attribute(levelAttachment, attAttachRenderData, make([]byte, 14)),
		attribute(levelAttachment, attAttachTitle, text932("表.xls")),
		attribute(levelAttachment, attAttachData, []byte("third")),
	)
}

func concat(b ...[]byte) []byte { return bytes.Join(b, nil) }

func TestReadTNEF(t *testing.T) {
	m := mustReadTNEF(t, tnefSample(), Limits{})
	if len(m.Problems) != 0 {
		t.Errorf("problems %v, want none", m.Problems)
	}
	for _, c := range []struct{ what, got, want string }{
		{"Class", m.Class, "IPM.Note"},
		{"Subject", m.Subject, "新しい件名"},
		{"From", fmt.Sprint(m.From), "{Billing billing@example.com}"},
		{"To", fmt.Sprint(m.To), "[{山田 yamada@example.jp}]"},
		{"Cc", fmt.Sprint(m.Cc), "[{佐藤 sato@example.jp}]"},
		{"Date", fmt.Sprint(m.Date), fmt.Sprint(sent)},
		{"MessageID", m.MessageID, "<2@example.com>"},
		{"Text", m.Text, "本文です"},
		{"attachments", names(m), `"とても長い名前の請求書.txt"=first "attachment-2.bin"=second "表.xls"=third `},
	} {
		if c.got != c.want {
			t.Errorf("%s = %q, want %q", c.what, c.got, c.want)
		}
	}
}

// names lists the attachments of a message, with short data.
func names(m Message) (s string) {
	for _, a := range m.Attachments {
		s += fmt.Sprintf("%q=%s ", a.Name, a.Data)
	}
	return s
}

func TestTNEFProperties(t *testing.T) {
	guid := make([]byte, 16)
	utf16 := func(s string) []byte { _, b := prop{0, s}.encode(); return b }
	subject := prop{propSubject, "after"}
	kind, value := subject.encode()
	last := pad(append(le32(le32(le16(le16(nil, kind), propSubject), 1), uint32(len(value))), value...), 4)
	for _, c := range []struct {
		name string
		list []byte // one property, before the subject
	}{
		{"named by a number", concat(le16(le16(nil, typeInteger32), 0x8001), guid, le32(nil, 0), le32(nil, 7), le32(nil, 42))},
		{"named by a word", concat(le16(le16(nil, typeString), 0x8002), guid, le32(nil, 1), le32(nil, 6), pad(utf16("abc"), 4), le32(le32(nil, 1), 2), pad(utf16("x"), 4))},
		{"many strings", concat(le16(le16(nil, typeString|multiValue), 0x3a00), le32(nil, 2), le32(nil, 2), pad(utf16("x"), 4), le32(nil, 4), utf16("yz"))},
		{"many numbers", concat(le16(le16(nil, typeInteger16|multiValue), 0x3a01), le32(nil, 2), le32(nil, 1), le32(nil, 2))},
		{"many times", concat(le16(le16(nil, typeTime|multiValue), 0x3a02), le32(nil, 1), make([]byte, 8))},
		{"no values", concat(le16(le16(nil, typeBinary), 0x3a03), le32(nil, 0))},
		{"a GUID", concat(le16(le16(nil, typeGUID), 0x3a04), guid)},
		{"a truth", concat(le16(le16(nil, typeBoolean), 0x3a05), le32(nil, 1))},
	} {
		m := mustReadTNEF(t, tnefStream(attribute(levelMessage, attMessageProperties, concat(le32(nil, 2), c.list, last))), Limits{})
		if m.Subject != "after" || len(m.Problems) != 0 {
			t.Errorf("%s: subject %q, problems %v; want the property after it read", c.name, m.Subject, m.Problems)
		}
	}
	for _, c := range []struct {
		name string
		list []byte
	}{
		{"a type that is not known", le16(le16(nil, 0x0999), 0x3a00)},
		{"a length beyond the end", concat(le16(le16(nil, typeBinary), 0x3a00), le32(le32(nil, 1), 0xfffffff0))},
		{"a count beyond the end", concat(le16(le16(nil, typeBinary|multiValue), 0x3a00), le32(nil, 0xffffffff), le32(nil, 0xffffffff))},
		{"a name beyond the end", concat(le16(le16(nil, typeString), 0x8002), guid, le32(nil, 1), le32(nil, 0xffffffff))},
	} {
		m := mustReadTNEF(t, tnefStream(attribute(levelMessage, attMessageProperties, concat(le32(nil, 3), last, c.list, last))), Limits{})
		if m.Subject != "after" || !problem(m, ProblemMalformed) {
			t.Errorf("%s: subject %q, problems %v; want what came before it, and a problem", c.name, m.Subject, m.Problems)
		}
	}
}

func TestTNEFBroken(t *testing.T) {
	whole := tnefSample()
	wrongSum := bytes.Clone(whole)
	wrongSum[len(wrongSum)-1]++
	longer := bytes.Clone(whole)
	binary.LittleEndian.PutUint32(longer[len(longer)-2-5-4:], 0xffffffff)
	for _, c := range []struct {
		name string
		b    []byte
		last string // data of the last attachment
	}{
		{"garbage at the end", append(bytes.Clone(whole), "\x00\x00garbage that goes on"...), "third"},
		{"a checksum", wrongSum, "third"},
		{"cut off", whole[:len(whole)-4], "thi"},
		{"a length beyond the end", longer, "third" + string(whole[len(whole)-2:])},
	} {
		m := mustReadTNEF(t, c.b, Limits{})
		if len(m.Attachments) != 3 || string(m.Attachments[2].Data) != c.last || !problem(m, ProblemMalformed) {
			t.Errorf("%s: attachments %s, problems %v; want three, the last %q, and a problem", c.name, names(m), m.Problems, c.last)
		}
	}
	for n := range whole {
		m, err := ReadTNEF(whole[:n], Limits{})
		if (err == nil) != (n >= 4) {
			t.Fatalf("ReadTNEF(the first %d bytes): %v", n, err)
		}
		m.Mail()
	}
	for i := range whole {
		for _, v := range []byte{0, 0x7f, 0xff} {
			b := bytes.Clone(whole)
			b[i] = v
			_, _ = ReadTNEF(b, Limits{}) // must not panic
		}
	}
}

// An attachment without rendering data begins where an attribute repeats.
func TestTNEFWithoutRenderData(t *testing.T) {
	m := mustReadTNEF(t, tnefStream(
		attribute(levelAttachment, attAttachTitle, []byte("a.txt\x00")), attribute(levelAttachment, attAttachData, []byte("1")),
		attribute(levelAttachment, attAttachTitle, []byte("b.txt\x00")), attribute(levelAttachment, attAttachData, []byte("2")),
	), Limits{})
	if got, want := names(m), `"a.txt"=1 "b.txt"=2 `; got != want {
		t.Errorf("attachments %s, want %s", got, want)
	}
}

// tnefNested is a stream with depth-1 streams in one another.
func tnefNested(depth int) []byte {
	var inside []byte
	for d := depth; d >= 1; d-- {
		attributes := [][]byte{attribute(levelMessage, attSubject, []byte(fmt.Sprintf("level %d\x00", d)))}
		if inside != nil {
			list := le16(le16(le32(nil, 1), typeObject), propAttachData)
			list = le32(le32(list, 1), uint32(16+len(inside)))
			list = pad(append(append(list, make([]byte, 16)...), inside...), 4)
			attributes = append(attributes, attribute(levelAttachment, attAttachRenderData, make([]byte, 14)), attribute(levelAttachment, attAttachmentProperties, list))
		}
		inside = tnefStream(attributes...)
	}
	return inside
}

func TestTNEFEmbedded(t *testing.T) {
	m := mustReadTNEF(t, tnefNested(3), Limits{})
	inner := m.Attachments[0].Message
	if inner == nil || inner.Subject != "level 2" || inner.Attachments[0].Message == nil || inner.Attachments[0].Message.Subject != "level 3" || len(m.Problems) != 0 {
		t.Errorf("message %+v, want two embedded in one another and no problem", m)
	}
	m = mustReadTNEF(t, tnefNested(8), Limits{})
	depth := 1
	for at := &m; len(at.Attachments) > 0 && at.Attachments[0].Message != nil; at = at.Attachments[0].Message {
		depth++
	}
	if depth != 6 || !problem(m, ProblemLimit) {
		t.Errorf("read to depth %d with problems %v, want 6 and a limit told", depth, m.Problems)
	}
}

func TestTNEFLimits(t *testing.T) {
	for _, c := range []struct {
		limits Limits
		want   string
	}{
		{Limits{Attachments: 2}, `"とても長い名前の請求書.txt"=first "attachment-2.bin"=second `},
		{Limits{Properties: 1}, `"とても長い名前の請求書.txt"=first "attachment-2.bin"=second "表.xls"=third `},
	} {
		m := mustReadTNEF(t, tnefSample(), c.limits)
		if got := names(m); got != c.want || !problem(m, ProblemLimit) {
			t.Errorf("limits %+v: attachments %s, problems %v; want %s and a limit told", c.limits, got, m.Problems, c.want)
		}
	}
	m := mustReadTNEF(t, tnefSample(), Limits{Bytes: 300})
	total := len(m.Subject) + len(m.Text)
	for _, a := range m.Attachments {
		total += len(a.Data)
	}
	if total > 600 || m.Subject == "" || !problem(m, ProblemLimit) {
		t.Errorf("limit of 300 bytes: %d bytes read, subject %q, problems %v", total, m.Subject, m.Problems)
	}
}
