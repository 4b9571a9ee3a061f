// Package outlook reads mail in Microsoft's own formats: Outlook's .msg files
// ([MS-OXMSG]) and the TNEF stream that Exchange sends as winmail.dat
// ([MS-OXTNEF]). Both are containers around the same thing, a list of MAPI
// properties ([MS-OXPROPS]) for the message, each recipient and each
// attachment, so one reader of properties serves both.
//
// [ReadMsg] and [ReadTNEF] give a [Message]; [Message.Mail] writes it as an
// ordinary mail, for the reader that reads all others.
//
// It is pure: bytes in, values out. Its input is hostile: every length is
// checked against what remains before it is believed, every chain of sectors
// and every tree ends, and a limit that is hit keeps what was read so far and
// is told. It renders nothing, runs nothing and follows no reference.
package outlook

import (
	"time"
)

// Limits bound what is read from one file. The zero value of a field means its
// default.
type Limits struct {
	Bytes       int // decoded in all, bodies and attachments together; 100 MiB
	Attachments int // in all, those of embedded messages counted; 500
	Depth       int // messages in one another, the outermost counted; 6
	Properties  int // in one list of properties, and recipients of one message; 10,000
}

// orDefault fills every zero field with its default.
func (l Limits) orDefault() Limits {
	d := Limits{Bytes: 100 << 20, Attachments: 500, Depth: 6, Properties: 10000}
	for _, f := range []struct{ have, want *int }{
		{&l.Bytes, &d.Bytes}, {&l.Attachments, &d.Attachments}, {&l.Depth, &d.Depth}, {&l.Properties, &d.Properties},
	} {
		if *f.have <= 0 {
			*f.have = *f.want
		}
	}
	return l
}

// Message is a mail, or another item of a mailbox as far as it resembles one.
// Every string is valid UTF-8 without a NUL; the byte slices may share memory
// with the file they were read from.
type Message struct {
	// Class is the kind of item, such as "IPM.Note" or "IPM.Appointment".
	Class string
	// Header holds the fields that the mail came with over the Internet
	// (PidTagTransportMessageHeaders), up to the first empty line and without
	// it, as UTF-8. It is nil for a mail that was never sent over SMTP, such as
	// one within an Exchange organisation, and for a draft.
	Header []byte

	Subject string
	// From is whom the mail claims to be from, Sender who sent it for them.
	From, Sender Person
	To, Cc, Bcc  []Person
	ReplyTo      []Person
	// ReceivedBy is the mailbox that the item lay in, the zero value when the
	// file does not say.
	ReceivedBy Person
	// Date is when the client sent the mail, or else when it was delivered; the
	// zero time when neither is said. In UTC.
	Date      time.Time
	MessageID string // with its angle brackets

	// Text is the plain body. Where the file holds none it is taken out of the
	// rich text, if that is all there is.
	Text string
	// HTML is the HTML body as stored, or else as taken back out of the rich text.
	HTML []byte
	// HTMLCharset labels HTML as the file declares it, such as "utf-8" or
	// "shift_jis"; "" when it does not.
	HTMLCharset string
	// RTF is the rich-text body, decompressed.
	RTF []byte

	Attachments []Attachment
	// Problems concern the whole file: an embedded message has none of its own.
	Problems []Problem
}

// Person is somebody named in a message.
type Person struct {
	Name string
	// Address is an Internet address where the file holds one. Else it is what
	// the file holds, often the name of a mailbox within an organisation such as
	// "/o=Example/ou=Exchange/cn=Recipients/cn=taro".
	Address string
}

// Attachment is a file, or a message, attached to a message.
type Attachment struct {
	// Name is the file name as the sender gave it, never "": an attachment
	// without one is named by its place, as "attachment-1.bin".
	Name      string
	Type      string // media type, lower case; application/octet-stream when unknown
	ContentID string // without angle brackets
	Data      []byte
	// Message is the message itself where one is embedded; Data is nil then.
	Message *Message
	// Hidden is true for what Outlook does not list, mostly pictures of the body.
	Hidden bool
}

// Problem is something about a file that its reader should know. Detail is for
// an operator and holds nothing of the mail's content.
type Problem struct {
	Code   string
	Detail string
}

// Codes of problems.
const (
	ProblemLimit     = "limit"     // a limit was hit and reading stopped there
	ProblemMalformed = "malformed" // something was broken or missing
	ProblemEncrypted = "encrypted" // the content cannot be read without a key
)

// maxProblems bounds what is told of one file: a broken one repeats itself.
const maxProblems = 100

// reading is the state of reading one file, shared by all that is nested in it.
type reading struct {
	limits      Limits
	bytes       int // what may still be decoded
	attachments int // what may still be read
	problems    []Problem
}

func newReading(l Limits) *reading {
	l = l.orDefault()
	return &reading{limits: l, bytes: l.Bytes, attachments: l.Attachments}
}

// tell records a problem, once.
func (r *reading) tell(code, detail string) {
	p := Problem{code, detail}
	for _, have := range r.problems {
		if have == p {
			return
		}
	}
	if len(r.problems) < maxProblems {
		r.problems = append(r.problems, p)
	}
}

// take charges n bytes and says how many of them may be had.
func (r *reading) take(n int) int {
	if n > r.bytes {
		r.tell(ProblemLimit, "more bytes than are read of one file")
		n = r.bytes
	}
	r.bytes -= n
	return n
}

// takeAttachment charges one attachment; false when there may be no more.
func (r *reading) takeAttachment() bool {
	if r.attachments == 0 {
		r.tell(ProblemLimit, "more attachments than are read of one file")
		return false
	}
	r.attachments--
	return true
}
