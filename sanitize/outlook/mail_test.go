package outlook

import (
	"bytes"
	"encoding/base64"
	"flag"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMailGolden(t *testing.T) {
	embedded := join(
		msgList(headerOfMessage,
			prop{propMessageClass, "IPM.Note"},
			prop{propSubject, "転送: 至急ご対応ください。アカウントの確認について、長い件名がここに続きます"},
			prop{propRepresentingName, `Taro "T" Yamada`}, prop{propRepresentingSMTP, "yamada@example.jp"},
			prop{propSenderName, "秘書"}, prop{propSenderSMTP, "sato@example.jp"},
			prop{propReceivedBySMTP, "desk@example.jp"},
			prop{propClientSubmitTime, sent}, prop{propMessageID, "<3@example.jp>"},
			prop{propBody, "添付の通り"},
		),
		msgRecipient(0, prop{propDisplayName, "CSIRT"}, prop{propSMTPAddress, "csirt@example.jp"}, prop{propRecipientType, 1}),
		msgRecipient(1, prop{propDisplayName, "名前だけ"}, prop{propEmailAddress, "/o=Example/cn=x"}, prop{propRecipientType, 1}),
		msgRecipient(2, prop{propSMTPAddress, "hidden@example.jp"}, prop{propRecipientType, 3}),
	)
	// sample has 32 bytes before its list of properties, an embedded message 24.
	inner := sample()
	for _, n := range inner {
		if n.Name == propertiesStream {
			n.Data = n.Data[headerOfMessage-headerOfEmbedded:]
		}
	}
	pem := []byte("0\x80\x06\x09*\x86H\x86\xf7\r\x01\x07\x02")
	signed := []byte("X-Again: x\r\n folded\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n--b--\r\n")
	for _, c := range []struct {
		name string
		m    Message
	}{
		{"with-headers", mustReadMsg(t, compoundFile(sample()), Limits{})},
		{"without-headers", mustReadMsg(t, compoundFile(join(embedded, msgEmbedded(0, "元のメール", inner))), Limits{})},
		{"tnef", mustReadTNEF(t, tnefSample(), Limits{})},
		{"empty", Message{}},
		{"smime-opaque", Message{Class: "IPM.Note.SMIME", Header: []byte("From: a@example.com\r\nContent-Type: text/plain\r\n"), Attachments: []Attachment{{Name: "smime.p7m", Type: "application/pkcs7-mime", Data: pem}}}},
		{"smime-clear", Message{Class: "IPM.Note.SMIME.MultipartSigned", Header: []byte("From: a@example.com\r\n"), Attachments: []Attachment{{Name: "smime.p7m", Type: "multipart/signed", Data: signed}}}},
	} {
		got := c.m.Mail()
		file := filepath.Join("testdata", c.name+".eml")
		if *update {
			if err := os.WriteFile(file, got, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("Mail of %s is\n%s\nwant\n%s", c.name, got, want)
		}
		for line := range strings.SplitSeq(string(got), "\r\n") {
			if len(line) > 78 && !strings.Contains(line, "boundary=") {
				t.Errorf("Mail of %s has a line of %d characters: %s", c.name, len(line), line)
			}
		}
	}
}

// leaf is a part that is no multipart, decoded.
type leaf struct{ kind, name, body string }

// leaves reads a mail with the readers of the standard library, which must find
// in it what was put in.
func leaves(t *testing.T, raw []byte) (header mail.Header, all []leaf) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("the mail cannot be read: %v\n%s", err, raw)
	}
	var walk func(kind string, r io.Reader)
	walk = func(kind string, r io.Reader) {
		_, params, err := mime.ParseMediaType(kind)
		if err != nil {
			t.Fatalf("media type %q: %v", kind, err)
		}
		for parts := multipart.NewReader(r, params["boundary"]); ; {
			p, err := parts.NextPart()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatalf("parts of %s: %v", kind, err)
			}
			if kind := p.Header.Get("Content-Type"); strings.HasPrefix(kind, "multipart/") {
				walk(kind, p)
				continue
			}
			_, disposition, _ := mime.ParseMediaType(p.Header.Get("Content-Disposition"))
			var body io.Reader = p
			if p.Header.Get("Content-Transfer-Encoding") == "base64" {
				body = base64.NewDecoder(base64.StdEncoding, p)
			}
			b, err := io.ReadAll(body)
			if err != nil {
				t.Fatalf("body of a part: %v", err)
			}
			all = append(all, leaf{p.Header.Get("Content-Type"), disposition["filename"], string(b)})
		}
	}
	walk(m.Header.Get("Content-Type"), m.Body)
	return m.Header, all
}

func TestMailReadsBack(t *testing.T) {
	long := strings.Repeat("長い名前", 50) + ".pdf"
	m := Message{
		Subject: "=?utf-8?Q?not_a_word?=", Text: "一", HTML: []byte("<p>二"), HTMLCharset: "utf-8",
		From: Person{"悪意\r\nBcc: x@example.com", "a@example.com>\r\nX-Forged: 1\r\n <b@example.com"},
		To:   []Person{{`A "B" \C`, "c@example.jp"}, {"D, E", "d@example.jp"}},
		Attachments: []Attachment{
			{Name: long, Type: "application/pdf", Data: bytes.Repeat([]byte{0, 1, 2}, 999)},
			{Name: "a\"b\r\nX: y.txt", Type: "text/plain; x=\"\r\n", Data: []byte("--=_mixed\r\n")},
			{Name: "m.eml", Message: &Message{Subject: "inner", Text: "三"}},
			{Name: "p", Type: "multipart/mixed", Data: []byte("no entity")},
		},
	}
	header, all := leaves(t, m.Mail())
	for _, c := range []struct{ field, want string }{
		{"X-Forged", ""}, {"Bcc", ""}, {"X", ""}, {"X-Kairan-Headers", "not available"},
	} {
		if got := header.Get(c.field); got != c.want {
			t.Errorf("field %s is %q, want %q", c.field, got, c.want)
		}
	}
	if got, err := new(mime.WordDecoder).DecodeHeader(header.Get("Subject")); err != nil || got != m.Subject {
		t.Errorf("Subject reads %q, %v; want %q", got, err, m.Subject)
	}
	to, err := header.AddressList("To")
	if err != nil || len(to) != 2 || to[0].Name != m.To[0].Name || to[1].Name != m.To[1].Name {
		t.Errorf("To reads %v, %v; want %v", to, err, m.To)
	}
	want := []leaf{
		{"text/plain; charset=utf-8", "", "一"},
		{"text/html; charset=utf-8", "", "<p>二"},
		{"application/pdf", long, string(m.Attachments[0].Data)},
		{"application/octet-stream", m.Attachments[1].Name, "--=_mixed\r\n"},
		{"message/rfc822", "m.eml", string(m.Attachments[2].Message.Mail())},
		{"application/octet-stream", "p", "no entity"},
	}
	if len(all) != len(want) {
		t.Fatalf("%d parts, want %d", len(all), len(want))
	}
	for i, w := range want {
		if i == 4 {
			w.body = all[i].body // its boundaries are checked next
		}
		if all[i] != w {
			t.Errorf("part %d is %+.300v, want %+.300v", i, all[i], w)
		}
	}
	if h, inner := leaves(t, []byte(all[4].body)); h.Get("Subject") != "inner" || len(inner) != 1 || inner[0].body != "三" {
		t.Errorf("the embedded message reads %v, %v; want subject inner and text 三", h, inner)
	}
}

func TestOwnHeader(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"A: b\r\nContent-Type: text/html;\r\n\tcharset=x\r\nC: d\r\n", "A: b\r\nC: d\r\n"},
		{"CONTENT-TYPE : text/html\r\nC: d\r\n", "C: d\r\n"},
		{"Con\x00tent-Type: text/html\r\nC: d\r\n", "C: d\r\n"},
		{"X-Kairan-Headers: not available\r\nmime-version: 1.0\nContent-Transfer-Encoding: 8bit\nC: d\n", "C: d\n"},
		{"Content-Language: ja\r\nSubject: \x1b$B@A5a\x1b(B\r\n  folded", "Content-Language: ja\r\nSubject: \x1b$B@A5a\x1b(B\r\n  folded\r\n"},
		{"A: b\r\n\r\nC: d\r\n", "A: b\r\n"},
	} {
		w := &mailWriter{}
		w.ownHeader([]byte(c.in))
		if got := w.b.String(); got != c.want {
			t.Errorf("header %q is written %q, want %q", c.in, got, c.want)
		}
	}
}

func TestSplitEntity(t *testing.T) {
	for _, c := range []struct {
		in, fields, rest string
		ok               bool
	}{
		{"MIME-Version: 1.0\r\nContent-Type: a/b;\r\n\tc=d\r\nX: y\r\n\r\nbody", "Content-Type: a/b;\r\n\tc=d\r\n", "\r\nbody", true},
		{"content-type: a/b\n\n", "content-type: a/b\n", "\n", true},
		{"Content-Type: a/b\r\n", "", "", false},
		{"Subject: x\r\n\r\nbody", "", "", false},
		{"no field\r\nContent-Type: a/b\r\n\r\n", "", "", false},
		{"0\x80\x06\t*", "", "", false},
		{"", "", "", false},
	} {
		fields, rest, ok := splitEntity([]byte(c.in))
		if ok != c.ok || ok && (string(fields) != c.fields || string(rest) != c.rest) {
			t.Errorf("splitEntity(%q) = %q, %q, %v; want %q, %q, %v", c.in, fields, rest, ok, c.fields, c.rest, c.ok)
		}
	}
}

func TestMailIsDeterministic(t *testing.T) {
	m := mustReadMsg(t, compoundFile(sample()), Limits{})
	first := m.Mail()
	if !bytes.Equal(first, m.Mail()) {
		t.Error("two writings of one message differ")
	}
	m.Attachments[1].Data = []byte("another")
	b1, _, _ := strings.Cut(string(first), "\r\nReceived")
	b2, _, _ := strings.Cut(string(m.Mail()), "\r\nReceived")
	if b1 == b2 {
		t.Errorf("messages with different attachments have the same boundary: %s", b1)
	}
}
