package outlook

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/japanese"

	"kairan/sanitize/compound"
)

var sent = time.Date(2026, 4, 1, 0, 30, 0, 0, time.UTC)

// sample is a mail from outside, as Outlook stores it.
func sample() []*node {
	return join(
		msgList(headerOfMessage,
			prop{propMessageClass, "IPM.Note"},
			prop{propSubject, "請求書のご確認"},
			prop{propTransportHeaders, "Received: from mx.example.com (192.0.2.1)\r\n\tby mail.example.jp; Wed, 1 Apr 2026 09:30:00 +0900\r\nFrom: =?utf-8?B?6KuL5rGC?= <billing@example.com>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n\tboundary=\"gone\"\r\nSubject: test\r\n\r\n"},
			prop{propRepresentingName, "請求担当"}, prop{propRepresentingSMTP, "billing@example.com"},
			prop{propClientSubmitTime, sent},
			prop{propMessageID, "<1@example.com>"},
			prop{propBody, "本文 https://evil.example/\r\n"},
			prop{propHTML, []byte("<p>本文 <a href=https://evil.example/>here</a>")},
			prop{propInternetCodePage, 65001},
		),
		msgRecipient(0, prop{propDisplayName, "山田"}, prop{propSMTPAddress, "yamada@example.jp"}, prop{propRecipientType, 1}),
		msgRecipient(1, prop{propDisplayName, "佐藤"}, prop{propEmailAddress, "/o=Example/cn=sato"}, prop{propSMTPAddress, "sato@example.jp"}, prop{propRecipientType, 2}),
		msgAttachment(0, prop{propAttachLongFilename, "請求書 2026年4月.pdf"}, prop{propAttachFilename, "CF04~1.PDF"}, prop{propAttachMimeTag, "application/pdf"}, prop{propAttachMethod, 1}, prop{propAttachData, bytes.Repeat([]byte("%PDF"), 2000)}),
		msgAttachment(1, prop{propAttachData, []byte("nameless")}, prop{propAttachMethod, 1}, prop{propAttachHidden, true}, prop{propAttachContentID, "<pic@example.com>"}),
	)
}

func TestReadMsg(t *testing.T) {
	b := compoundFile(sample())
	if !IsMsg(b) {
		t.Errorf("IsMsg(sample) = false, want true")
	}
	m := mustReadMsg(t, b, Limits{})
	if len(m.Problems) != 0 {
		t.Errorf("Problems = %v, want none", m.Problems)
	}
	for _, c := range []struct{ what, got, want string }{
		{"Class", m.Class, "IPM.Note"},
		{"Subject", m.Subject, "請求書のご確認"},
		{"From", fmt.Sprint(m.From), "{請求担当 billing@example.com}"},
		{"To", fmt.Sprint(m.To), "[{山田 yamada@example.jp}]"},
		{"Cc", fmt.Sprint(m.Cc), "[{佐藤 sato@example.jp}]"},
		{"Date", fmt.Sprint(m.Date), fmt.Sprint(sent)},
		{"MessageID", m.MessageID, "<1@example.com>"},
		{"Text", m.Text, "本文 https://evil.example/\r\n"},
		{"HTML", string(m.HTML), "<p>本文 <a href=https://evil.example/>here</a>"},
		{"HTMLCharset", m.HTMLCharset, "utf-8"},
		{"Header ends in", string(m.Header[len(m.Header)-15:]), "Subject: test\r\n"},
	} {
		if c.got != c.want {
			t.Errorf("%s = %q, want %q", c.what, c.got, c.want)
		}
	}
	if len(m.Attachments) != 2 {
		t.Fatalf("%d attachments, want 2", len(m.Attachments))
	}
	if a := m.Attachments[0]; a.Name != "請求書 2026年4月.pdf" || a.Type != "application/pdf" || len(a.Data) != 8000 || a.Hidden {
		t.Errorf("attachment 1 is %q, %s, %d bytes, hidden %v; want the PDF of 8000 bytes", a.Name, a.Type, len(a.Data), a.Hidden)
	}
	if a := m.Attachments[1]; a.Name != "attachment-2.bin" || a.Type != "application/octet-stream" || string(a.Data) != "nameless" || !a.Hidden || a.ContentID != "pic@example.com" {
		t.Errorf("attachment 2 is %+v, want a hidden attachment-2.bin", a)
	}
}

func TestMsgBodies(t *testing.T) {
	for _, c := range []struct {
		name          string
		list          []prop
		subject, text string
		html, charset string
	}{
		{"code page 932", []prop{{propSubject, in{"重要なお知らせ", sjis}}, {propBody, in{"髙橋①様 ﾃｽﾄ", sjis}}, {propMessageCodePage, 932}},
			"重要なお知らせ", "髙橋①様 ﾃｽﾄ", "", ""},
		{"932 by locale", []prop{{propSubject, in{"会議", sjis}}, {propLocale, 0x0411}}, "会議", "", "", ""},
		{"932 said to be 1252", []prop{{propSubject, in{"ご確認ください", sjis}}, {propMessageCodePage, 1252}}, "ご確認ください", "", "", ""},
		{"no code page", []prop{{propSubject, in{"ご確認ください", sjis}}}, "ご確認ください", "", "", ""},
		{"EUC-JP said to be 932", []prop{{propSubject, in{"ご確認ください", japanese.EUCJP}}, {propMessageCodePage, 932}}, "ご確認ください", "", "", ""},
		{"UTF-8 said to be 1252", []prop{{propSubject, in{"請求書", nil}}, {propMessageCodePage, 1252}}, "請求書", "", "", ""},
		{"JIS", []prop{{propSubject, in{"請求書", japanese.ISO2022JP}}, {propMessageCodePage, 50220}}, "請求書", "", "", ""},
		{"JIS undeclared", []prop{{propSubject, in{"請求書", japanese.ISO2022JP}}, {propMessageCodePage, 1252}}, "請求書", "", "", ""},
		{"a prefix's mark", []prop{{propSubject, "\x01\x05RE: 件名"}}, "RE: 件名", "", "", ""},
		{"subject in two", []prop{{propSubjectPrefix, "FW: "}, {propNormalizedSubject, "x"}}, "FW: x", "", "", ""},
		{"HTML in JIS", []prop{{propSubject, "x"}, {propInternetCodePage, 50220}, {propMessageCodePage, 932}, {propHTML, []byte("<p>\x1b$B@A5a\x1b(B")}},
			"x", "", "<p>\x1b$B@A5a\x1b(B", "iso-2022-jp"},
		{"HTML as a string", []prop{{propSubject, "x"}, {propHTML, "<p>請求"}}, "x", "", "<p>請求", "utf-8"},
		{"HTML in 932", []prop{{propSubject, "x"}, {propHTML, in{"<p>請求", sjis}}, {propMessageCodePage, 932}}, "x", "", "<p>\x90\xbf\x8b\x81", "shift_jis"},
		{"rich text with HTML in it", []prop{{propSubject, "x"}, {propRTF, melted(`{\rtf1\ansi\ansicpg1252\fromhtml1 {\*\htmltag64 <p>}hello{\*\htmltag72 </p>}}`)}}, "x", "", "<p>hello</p>", "utf-8"},
		{"rich text", []prop{{propSubject, "x"}, {propRTF, melted(`{\rtf1\ansi\ansicpg1252 plain words}`)}}, "x", "plain words", "", ""},
	} {
		m := mustReadMsg(t, compoundFile(msgList(headerOfMessage, c.list...)), Limits{})
		if m.Subject != c.subject || strings.TrimSpace(m.Text) != c.text || string(m.HTML) != c.html || m.HTMLCharset != c.charset {
			t.Errorf("%s: subject %q, text %q, HTML %q in %q; want %q, %q, %q in %q", c.name, m.Subject, m.Text, m.HTML, m.HTMLCharset, c.subject, c.text, c.html, c.charset)
		}
		if len(m.Problems) != 0 {
			t.Errorf("%s: problems %v, want none", c.name, m.Problems)
		}
	}
}

// melted is rich text in the uncompressed form of compressed rich text
// ([MS-OXRTFCP] §2.1.3.1.1).
func melted(doc string) []byte {
	b := le32(le32(nil, uint32(len(doc)+12)), uint32(len(doc)))
	return append(append(b, "MELA\x00\x00\x00\x00"...), doc...)
}

// oneOffEntry is an entry identifier that holds name and address, as Unicode.
func oneOffEntry(name, address string) []byte {
	b := append(append(make([]byte, 4), oneOffProvider...), 0, 0, 0, 0x80)
	for _, s := range []string{name, "SMTP", address} {
		_, v := prop{0, s}.encode()
		b = append(append(b, v...), 0, 0)
	}
	return b
}

func TestMsgPeople(t *testing.T) {
	const dn = "/o=Example/ou=Exchange/cn=Recipients/cn=taro"
	reply := pad(oneOffEntry("返信先", "reply@example.com"), 4)
	reply = append(le32(le32(le32(nil, 1), uint32(4+len(reply))), uint32(len(reply))), reply...)
	for _, c := range []struct {
		name string
		list []prop
		want string // From, Sender, To, ReplyTo
	}{
		{"SMTP beside EX", []prop{{propRepresentingName, "太郎"}, {propRepresentingAddrType, "EX"}, {propRepresentingAddress, dn}, {propRepresentingSMTP, "taro@example.jp"}},
			"{太郎 taro@example.jp} { } [] []"},
		{"EX alone", []prop{{propRepresentingName, "太郎"}, {propRepresentingAddress, dn}}, "{太郎 " + dn + "} { } [] []"},
		{"entry identifier", []prop{{propRepresentingAddress, dn}, {propRepresentingEntryID, oneOffEntry("太郎", "taro@example.jp")}}, "{太郎 taro@example.jp} { } [] []"},
		{"search key", []prop{{propSenderAddress, dn}, {propSenderKey, []byte("SMTP:TARO@EXAMPLE.JP\x00")}}, "{ } { taro@example.jp} [] []"},
		{"name that is an address", []prop{{propSenderName, "taro@example.jp"}}, "{ } { taro@example.jp} [] []"},
		{"shown recipients", []prop{{propDisplayTo, "山田; 'sato@example.jp'"}}, "{ } { } [{山田 } { sato@example.jp}] []"},
		{"reply", []prop{{propReplyEntries, reply}, {propReplyNames, "unused"}}, "{ } { } [] [{返信先 reply@example.com}]"},
		{"reply by name", []prop{{propReplyNames, "reply@example.com"}}, "{ } { } [] [{ reply@example.com}]"},
		{"reply with a length that lies", []prop{{propReplyEntries, le32(le32(le32(nil, 1), 8), 0xffffffff)}}, "{ } { } [] []"},
	} {
		m := mustReadMsg(t, compoundFile(msgList(headerOfMessage, c.list...)), Limits{})
		if got := fmt.Sprint(m.From, m.Sender, m.To, m.ReplyTo); got != c.want {
			t.Errorf("%s: From, Sender, To and ReplyTo are %s, want %s", c.name, got, c.want)
		}
	}
}

func TestTransportHeader(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"\r\n \r\n", ""},
		{"no field at all\r\n", ""},
		{"A: b\r\n c\r\nD: e\r\n\r\n--part\r\nContent-Type: text/html\r\n", "A: b\r\n c\r\nD: e\r\n"},
		{"A: b\nC: d", "A: b\nC: d"},
		{"Microsoft Mail Internet Headers Version 2.0\r\nA: b\r\n", "A: b\r\n"},
		{"\r\nA: b\r\n", "A: b\r\n"},
	} {
		if got := transportHeader(c.in); string(got) != c.want {
			t.Errorf("transportHeader(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

// nested is a message with depth-1 messages in one another.
func nested(depth int) []*node {
	header := headerOfEmbedded
	var inside []*node
	for d := depth; d >= 1; d-- {
		if d == 1 {
			header = headerOfMessage
		}
		this := msgList(header, prop{propSubject, fmt.Sprint("level ", d)})
		if inside != nil {
			this = join(this, msgEmbedded(0, "inner", inside))
		}
		inside = this
	}
	return inside
}

func TestEmbeddedMsg(t *testing.T) {
	m := mustReadMsg(t, compoundFile(nested(6)), Limits{})
	at := &m
	for d := 1; d <= 6; d++ {
		if want := fmt.Sprint("level ", d); at.Subject != want {
			t.Fatalf("subject at depth %d is %q, want %q", d, at.Subject, want)
		}
		if d < 6 {
			if len(at.Attachments) != 1 || at.Attachments[0].Message == nil || at.Attachments[0].Name != "inner" {
				t.Fatalf("at depth %d there is no embedded message", d)
			}
			at = at.Attachments[0].Message
		}
	}
	if len(m.Problems) != 0 {
		t.Errorf("problems %v, want none", m.Problems)
	}
}

func TestMsgLimits(t *testing.T) {
	many := sample()
	for i := range 20 {
		many = join(many, msgAttachment(i+2, prop{propAttachData, []byte("x")}))
	}
	for _, c := range []struct {
		name   string
		file   []*node
		limits Limits
		check  func(m Message) bool
	}{
		{"depth", nested(8), Limits{}, func(m Message) bool { return m.Subject == "level 1" }},
		{"attachments", many, Limits{Attachments: 5}, func(m Message) bool { return len(m.Attachments) == 5 }},
		{"bytes", sample(), Limits{Bytes: 2000}, func(m Message) bool { return m.Subject != "" && len(m.Attachments[0].Data) < 2000 }},
		{"properties", sample(), Limits{Properties: 2}, func(m Message) bool { return len(m.To)+len(m.Cc) <= 2 }},
		{"name", msgList(headerOfMessage, prop{propSubject, strings.Repeat("件", maxSubjectRunes+1)}), Limits{}, func(m Message) bool { return len(m.Subject) == 3*maxSubjectRunes }},
	} {
		m := mustReadMsg(t, compoundFile(c.file), c.limits)
		if !problem(m, ProblemLimit) || !c.check(m) {
			t.Errorf("limit of %s: problems %v, message %+.200v; want a limit told and the rest kept", c.name, m.Problems, m)
		}
	}
}

func TestMsgObjects(t *testing.T) {
	packaged := le16(le32(nil, 0), 2)
	packaged = append(packaged, "invoice.js\x00C:\\invoice.js\x00\x00\x00\x03\x00"...)
	packaged = append(le32(packaged, 4), "C:\\\x00"...)
	packaged = append(le32(packaged, 5), "alertREST"...)
	ole := func(kids ...*node) []*node {
		a := msgAttachment(0, prop{propAttachMethod, methodOLE})
		a[0].Kids = append(a[0].Kids, storage(valuePrefix+"3701000D", kids...))
		return a
	}
	for _, c := range []struct {
		name       string
		attachment []*node
		want       Attachment
		code       string
	}{
		{"package", ole(stream(packageStream, packaged)), Attachment{Name: "invoice.js", Data: []byte("alert")}, ""},
		{"longest stream", ole(stream("\x01CompObj", []byte("ab")), storage("x", stream("CONTENTS", []byte("%PDF-1.4")))), Attachment{Name: "attachment-1.bin", Data: []byte("%PDF-1.4")}, ProblemMalformed},
		{"empty", ole(), Attachment{Name: "attachment-1.bin"}, ProblemMalformed},
		{"by reference", msgAttachment(0, prop{propAttachMethod, methodByReference}, prop{propAttachLongPathname, `\\server\share\a.doc`}, prop{propAttachFilename, "a.doc"}), Attachment{Name: "a.doc"}, ProblemMalformed},
		{"in the cloud", msgAttachment(0, prop{propAttachMethod, methodByWebReference}, prop{propAttachLongPathname, "https://evil.example/a.doc"}, prop{propAttachFilename, "a.doc"}), Attachment{Name: "a.doc", Data: []byte("https://evil.example/a.doc\r\n")}, ProblemMalformed},
		{"rights management", msgAttachment(0, prop{propAttachFilename, "message.rpmsg"}, prop{propAttachData, []byte("x")}), Attachment{Name: "message.rpmsg", Data: []byte("x")}, ProblemEncrypted},
		{"missing message", msgAttachment(0, prop{propAttachMethod, methodEmbedded}), Attachment{Name: "attachment-1.bin"}, ProblemMalformed},
	} {
		m := mustReadMsg(t, compoundFile(join(msgList(headerOfMessage, prop{propSubject, "x"}), c.attachment)), Limits{})
		if len(m.Attachments) != 1 {
			t.Errorf("%s: %d attachments, want 1", c.name, len(m.Attachments))
			continue
		}
		a := m.Attachments[0]
		if a.Name != c.want.Name || !bytes.Equal(a.Data, c.want.Data) || (c.code == "") != (len(m.Problems) == 0) || c.code != "" && !problem(m, c.code) {
			t.Errorf("%s: %q with data %q and problems %v, want %q, %q and code %q", c.name, a.Name, a.Data, m.Problems, c.want.Name, c.want.Data, c.code)
		}
	}
}

// TestMsgCut reads a file cut off at every place: it must give what there is.
func TestMsgCut(t *testing.T) {
	b := compoundFile(sample())
	read := 0
	for n := 0; n < len(b); n += 37 {
		if m, err := ReadMsg(b[:n], Limits{}); err == nil {
			read++
			m.Mail()
		}
	}
	// The last sector holds the whole table, so a cut there alone can be survived.
	if _, err := ReadMsg(b[:len(b)-1], Limits{}); err != nil {
		t.Errorf("ReadMsg(all but the last byte): %v, want the message", err)
	}
	t.Logf("%d cut files read", read)
}

// TestMsgDamaged puts hostile numbers into every field of the tables.
func TestMsgDamaged(t *testing.T) {
	b := compoundFile(sample())
	for _, v := range []uint32{0, 1, 2, 5, 0x7fffffff, 0xfffffffe, 0xffffffff} {
		for off := 24; off+4 <= len(b); off += 4 {
			if off >= 512+8192 && off < len(b)-8192 {
				continue // contents
			}
			broken := bytes.Clone(b)
			binary.LittleEndian.PutUint32(broken[off:], v)
			m, err := ReadMsg(broken, Limits{})
			if err != nil {
				continue
			}
			total := len(m.Text) + len(m.HTML) + len(m.Header)
			for _, a := range m.Attachments {
				total += len(a.Data)
			}
			if total > 4*len(b) {
				t.Fatalf("%#x at %d: %d bytes out of a file of %d", v, off, total, len(b))
			}
		}
	}
}

func TestMsgLoops(t *testing.T) {
	b := compoundFile(sample())
	dir := bytes.Index(b, []byte("R\x00o\x00o\x00t\x00 \x00E\x00"))
	entries := (len(b) - dir) / 128
	for i := range entries {
		for _, field := range []int{68, 72, 76} { // left, right, child
			for _, to := range []int{0, 1, i} {
				broken := bytes.Clone(b)
				binary.LittleEndian.PutUint32(broken[dir+128*i+field:], uint32(to))
				_, _ = ReadMsg(broken, Limits{}) // must end
			}
		}
	}
	// A chain of sectors that leads back to itself.
	fat := len(b) - 512
	for i := range 128 {
		broken := bytes.Clone(b)
		binary.LittleEndian.PutUint32(broken[fat+4*i:], uint32(i))
		_, _ = ReadMsg(broken, Limits{})
	}
}

// TestMsgShared has 400 attachments that claim the same bytes.
func TestMsgShared(t *testing.T) {
	file := msgList(headerOfMessage, prop{propSubject, "x"})
	for i := range 400 {
		file = join(file, msgAttachment(i, prop{propAttachData, bytes.Repeat([]byte{byte(i)}, 5000)}))
	}
	b := compoundFile(file)
	dir := bytes.Index(b, []byte("R\x00o\x00o\x00t\x00 \x00E\x00"))
	for i := dir; i+128 <= len(b); i += 128 {
		if binary.LittleEndian.Uint32(b[i+120:]) == 5000 {
			binary.LittleEndian.PutUint32(b[i+116:], 0)
			binary.LittleEndian.PutUint32(b[i+120:], uint32(len(b)))
		}
	}
	m := mustReadMsg(t, b, Limits{})
	total := 0
	for _, a := range m.Attachments {
		total += len(a.Data)
	}
	if total > len(b) || !problem(m, ProblemMalformed) {
		t.Errorf("%d bytes out of a file of %d, problems %v; want no more than the file has, and it told", total, len(b), m.Problems)
	}
}

// TestDeepDirectory has storages in one another up to the limit of entries and
// beyond: what they cost must not grow with their depth.
func TestDeepDirectory(t *testing.T) {
	deep := storage("d")
	for range 3 * maxEntries {
		deep = storage("d", deep)
	}
	b := compoundFile(join(msgList(headerOfMessage, prop{propSubject, "x"}), []*node{deep}))
	m := mustReadMsg(t, b, Limits{})
	if m.Subject != "x" || !problem(m, ProblemLimit) {
		t.Errorf("subject %q, problems %v; want the message, and a limit told", m.Subject, m.Problems)
	}
}

func TestIsMsg(t *testing.T) {
	for _, c := range []struct {
		name string
		b    []byte
		want bool
	}{
		{"nothing", nil, false},
		{"magic alone", []byte(compound.Magic), false},
		{"text", []byte("From: a@example.com\r\n\r\n"), false},
		{"a message", compoundFile(sample()), true},
		{"a document", compoundFile([]*node{stream("WordDocument", []byte("x"))}), false},
		{"a document with a message in it", compoundFile([]*node{storage("ObjectPool", sample()...)}), false},
	} {
		if got := IsMsg(c.b); got != c.want {
			t.Errorf("IsMsg(%s) = %v, want %v", c.name, got, c.want)
		}
	}
	for _, b := range [][]byte{nil, []byte("text"), compoundFile([]*node{stream("WordDocument", []byte("x"))})} {
		if _, err := ReadMsg(b, Limits{}); err == nil {
			t.Errorf("ReadMsg(%.20q) gave no error, want one", b)
		}
	}
}
