package sanitize

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
)

// Unpacked is what Unpack finds in a report.
type Unpacked struct {
	Originals    []Original
	ReporterText string
	// Outer is the report's own mail as it was read, the source of the
	// reporter's identity. Nil where the file is an original itself.
	Outer    *Part
	Problems []Problem

	feedback feedback // of an abuse report for machines
}

// Original is a suspicious mail found inside a report, byte for byte as far as
// the report preserves it.
type Original struct {
	// Path says how it was unwrapped; see Sanitized.Path.
	Path string
	// Raw is the mail. An inline forward has no bytes of its own, so Raw is a
	// mail written anew from the quoted header fields and the quoted body.
	Raw    []byte
	Inline bool
	// Through are the mails between the report and this original (a forward of
	// a forward), outermost first: sources of identity, not of indicators.
	Through  []*Part
	Problems []Problem

	// parsed is Raw as it was read, nil before; reader is what read it, with what
	// is left of the limits, and its problems.
	parsed *Part
	reader *reader
	source netip.Addr // from where the reporter's server took it, by its own words
}

// read reads the original, once.
func (o *Original) read(limits Limits, passwords []string, words func() string) {
	if o.parsed == nil {
		o.reader = newReader(limits)
		o.reader.fit(len(o.Raw))
		o.reader.passwords, o.reader.words = passwords, words
		o.parsed = o.reader.mail(o.Raw)
	}
}

// Part is a mail or one part of it, as the lenient reader sees it.
type Part struct {
	// Path numbers the parts as IMAP does (RFC 3501 §6.4.5): "1.2". The mail
	// itself has "". What looks like a part in a preamble or an epilogue, and is
	// one for some readers, has that word as its last step: "1.epilogue".
	Path   string
	Header Header
	// MediaType is "type/subtype" in lower case, "text/plain" where none or an
	// unreadable one is given.
	MediaType string
	// Charset is the declared one, lower case, or "".
	Charset string
	// Name is the decoded file name, or "".
	Name string
	// Attachment is true for everything that a mail client would show as a file
	// rather than as text.
	Attachment bool
	// Body holds the bytes with the transfer encoding undone; for a multipart it
	// is nil.
	Body []byte
	// Text is Body as UTF-8 for text/* parts that are not attachments, "" for
	// others. Line ends are "\n".
	Text string
	// Parts are the children of a multipart. A message/rfc822 has none: its
	// Body is the mail inside.
	Parts []*Part
	// Others are the same part in other readings, where readers disagree on it;
	// their Path says which.
	Others []*Part

	// raw is true for what only the scan of the raw bytes found.
	raw bool
	// page is what pageText made of Text.
	page *string
	// opened is what the file holds, nil before it was opened; member what the
	// archive around it says of it, nil outside of one.
	opened *opened
	member *memberFacts
}

// pageText is what a person reads of a part that is a page. It is made once.
func (p *Part) pageText() string {
	if p.page == nil {
		text := htmlText(p.Text, len(p.Text)+1)
		p.page = &text
	}
	return *p.page
}

// Walk calls f for p, its other readings and every part below it, parents first.
func (p *Part) Walk(f func(*Part)) {
	f(p)
	for _, o := range p.Others {
		f(o)
	}
	for _, c := range p.Parts {
		c.Walk(f)
	}
}

// walkShown is Walk without other readings: what a mail client shows.
func (p *Part) walkShown(f func(*Part)) {
	f(p)
	for _, c := range p.Parts {
		c.walkShown(f)
	}
}

// digest is the lower-case hex SHA-256 of b.
func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
