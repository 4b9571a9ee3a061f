package outlook

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// personProps are the properties that name one person, each of which may be
// missing.
type personProps struct {
	name, addrType, address, smtp, entryID, key uint16
}

// The persons of a message. A property that does not exist for one of them is 0.
var (
	representing = personProps{propRepresentingName, propRepresentingAddrType, propRepresentingAddress, propRepresentingSMTP, propRepresentingEntryID, propRepresentingKey}
	sender       = personProps{propSenderName, propSenderAddrType, propSenderAddress, propSenderSMTP, propSenderEntryID, propSenderKey}
	receivedBy   = personProps{propReceivedByName, propReceivedByAddrType, propReceivedByAddress, propReceivedBySMTP, 0, 0}
	recipient    = personProps{propDisplayName, propAddrType, propEmailAddress, propSMTPAddress, propEntryID, propSearchKey}
)

// person reads who those properties name. Of the many places for an address the
// first that holds an Internet address is taken.
func (p *properties) person(of personProps) Person {
	who := Person{Name: p.text(of.name)}
	entry := p.oneOff(p.bytes(of.entryID))
	key := p.text(of.key)
	if kind, address, ok := strings.Cut(key, ":"); ok && strings.EqualFold(kind, "SMTP") {
		key = strings.ToLower(address) // a search key is stored in capitals
	} else {
		key = ""
	}
	stored := p.text(of.address)
	for _, a := range []string{p.text(of.smtp), stored, entry.Address, key, who.Name} {
		if a = strings.TrimSpace(a); isInternet(a) {
			who.Address = a
			break
		}
	}
	if who.Address == "" {
		who.Address = stored
	}
	if who.Name == "" {
		who.Name = entry.Name
	}
	if who.Name == "" && of == recipient {
		who.Name = p.text(propRecipientDisplayName)
	}
	if who.Name == who.Address {
		who.Name = ""
	}
	return who
}

// isInternet is true for what looks like an Internet address rather than the
// name of a mailbox within an organisation.
func isInternet(a string) bool {
	at := strings.LastIndexByte(a, '@')
	return at > 0 && at < len(a)-1 && a[0] != '/' && !strings.ContainsAny(a, " \t\r\n")
}

// oneOffProvider begins the data of an entry identifier that holds name and
// address itself ([MS-OXCDATA] §2.2.5.1).
const oneOffProvider = "\x81\x2b\x1f\xa4\xbe\xa3\x10\x19\x9d\x6e\x00\xdd\x01\x0f\x54\x02"

// oneOff reads such an entry identifier; the zero Person when it is another.
func (p *properties) oneOff(b []byte) Person {
	const header = 4 + 16 + 2 + 2 // flags, provider, version, more flags
	if len(b) < header || string(b[4:20]) != oneOffProvider {
		return Person{}
	}
	unicode := binary.LittleEndian.Uint16(b[22:])&0x8000 != 0
	b = b[header:]
	field := func() string {
		if unicode {
			for i := 0; i+2 <= len(b); i += 2 {
				if b[i] == 0 && b[i+1] == 0 {
					s := decodeUTF16(b[:i])
					b = b[i+2:]
					return s
				}
			}
			s := decodeUTF16(b)
			b = nil
			return s
		}
		s, rest, _ := bytes.Cut(b, []byte{0})
		b = rest
		return cleanText(decodeCodePage(s, p.codePage))
	}
	name := field()
	field() // the address type: what looks like an Internet address is one
	return Person{Name: name, Address: field()}
}

// replyTo reads whom answers go to: a list of entry identifiers ([MS-OXCDATA]
// §2.3.3), or else their names.
func (p *properties) replyTo(most int) (people []Person) {
	if b := p.bytes(propReplyEntries); len(b) >= 8 {
		b = b[8:]
		for len(b) >= 4 && len(people) < most {
			n := int64(binary.LittleEndian.Uint32(b))
			b = b[4:]
			if n > int64(len(b)) {
				break
			}
			if who := p.oneOff(b[:n]); who != (Person{}) {
				people = append(people, who)
			}
			b = b[min((n+3)&^3, int64(len(b))):]
		}
	}
	if len(people) == 0 {
		people = p.displayed(propReplyNames, most)
	}
	return people
}

// displayed reads a list of names as Outlook shows it, with ';' between them.
func (p *properties) displayed(id uint16, most int) (people []Person) {
	for name := range strings.SplitSeq(p.text(id), ";") {
		if name = strings.TrimSpace(name); name == "" || len(people) >= most {
			continue
		}
		who := Person{Name: name}
		if bare := strings.Trim(name, "'\""); isInternet(bare) {
			who = Person{Address: bare}
		}
		people = append(people, who)
	}
	return people
}

// Types of recipients ([MS-OXOMSG] §2.2.3.1); higher bits are flags.
const (
	recipientCc  = 2
	recipientBcc = 3
)

// addRecipient puts one line of the table of recipients into its list.
func (m *Message) addRecipient(r *reading, p *properties) {
	who := p.person(recipient)
	if who == (Person{}) {
		return
	}
	if len(m.To)+len(m.Cc)+len(m.Bcc) >= r.limits.Properties {
		r.tell(ProblemLimit, "more recipients than are read of one message")
		return
	}
	switch p.integer(propRecipientType) & 0xf {
	case recipientCc:
		m.Cc = append(m.Cc, who)
	case recipientBcc:
		m.Bcc = append(m.Bcc, who)
	default:
		m.To = append(m.To, who)
	}
}
