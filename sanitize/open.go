package sanitize

import (
	"slices"
	"strconv"

	"kairan/sanitize/archive"
	"kairan/sanitize/filetype"
	"kairan/sanitize/outlook"
	"kairan/sanitize/qr"
)

// opened is what a file holds, read by its structure alone: nothing of it is
// drawn, run or fetched.
type opened struct {
	// media is the real type by content.
	media string
	// notes are what an analyst wants to know of it, such as "macros".
	notes []string
	links []fileLink
	// text is what a reader of the file is shown, pages the HTML in it.
	text  string
	pages []string
	// codes are what the QR codes in it say.
	codes []string
	// files are those inside: members of an archive, attachments of a document.
	files []*Part
	// mail is the mail that the file is, as bytes to be read like any other.
	mail []byte
	// archived is true where files are members of an archive.
	archived bool
	// locked is true where a password would be needed.
	locked   bool
	problems []Problem
}

// fileLink is a URL that a file holds in its structure.
type fileLink struct {
	url, how string
	resource bool
}

const (
	// openDepth is how many files in one another are opened: an archive in an
	// archive in an archive, and the document in that.
	openDepth = 4
	// maxPictures bounds the pictures searched for codes in one original.
	maxPictures = 40
	// maxPieces and maxPieceBytes bound the pictures that may be pieces of a code
	// cut into several, which a page shows side by side.
	maxPieces     = 6
	maxPieceBytes = 1 << 20
)

// open reads what p holds, once. depth counts the files around it.
func (r *reader) open(p *Part, depth int, where string) *opened {
	o := p.opened
	if o != nil {
		for _, problem := range o.problems {
			r.problem(problem.Code, problem.Where, problem.Detail)
		}
		return o
	}
	o = &opened{}
	p.opened = o
	if len(p.Body) == 0 {
		return o
	}
	before := len(r.problems)
	defer func() { o.problems = slices.Clone(r.problems[min(before, len(r.problems)):]) }()
	var notes []string
	o.media, notes = filetype.Type(p.Body, p.Name)
	o.note(notes...)
	if depth > openDepth {
		if archive.Kind(p.Body) != "" {
			r.problem(ProblemLimit, where, "archives nested deeper than is read")
		}
		return o
	}
	switch {
	case outlook.IsMsg(p.Body):
		r.openMessage(o, where, outlook.ReadMsg, p.Body)
	case outlook.IsTNEF(p.Body):
		r.openMessage(o, where, outlook.ReadTNEF, p.Body)
	case qr.IsPicture(p.Body):
		r.openPicture(o, p.Body, where)
	case filetype.Family(o.media) == "document":
		// Many are zips; what counts is what their readers show.
		r.openDocument(o, p, where)
	case archive.Kind(p.Body) != "":
		r.openArchive(o, p, where)
	default:
		r.openDocument(o, p, where)
	}
	return o
}

func (o *opened) note(notes ...string) {
	for _, n := range notes {
		known := false
		for _, have := range o.notes {
			known = known || have == n
		}
		if !known {
			o.notes = append(o.notes, n)
		}
	}
}

// openMessage reads a mail in one of Microsoft's formats.
func (r *reader) openMessage(o *opened, where string, read func([]byte, outlook.Limits) (outlook.Message, error), b []byte) {
	m, err := read(b, outlook.Limits{Bytes: r.decoded, Attachments: r.limits.Attachments, Depth: r.limits.MessageDepth})
	if err != nil {
		r.problem(ProblemMalformed, where, "a message of Outlook that cannot be read")
		return
	}
	for _, p := range m.Problems {
		r.problem(p.Code, where, p.Detail)
	}
	o.mail = m.Mail()
	r.spend(len(o.mail))
}

// openPicture looks for codes.
func (r *reader) openPicture(o *opened, b []byte, where string) {
	if r.pictures >= maxPictures {
		r.problem(ProblemLimit, where, "more pictures than are searched for codes")
		return
	}
	r.pictures++
	texts, problems := qr.Read(b, qr.Limits{Work: r.pictureWork()})
	o.codes = append(o.codes, texts...)
	if len(texts) == 0 && len(r.blank) < maxPieces && len(b) <= maxPieceBytes {
		r.blank = append(r.blank, b)
	}
	for _, p := range problems {
		if p.Code == qr.CodeLimit {
			r.problem(ProblemPicture, where, p.Detail)
		}
	}
}

// pictureWork is what one picture may cost: the first few as much as they need,
// so that no number of pictures takes longer than the child process may run.
func (r *reader) pictureWork() int {
	const first = 5
	work := 1_000_000_000
	if r.pictures > first {
		work /= maxPictures
	}
	return work
}

// openArchive takes the members of an archive, within the limits that all files
// of a mail share.
func (r *reader) openArchive(o *opened, p *Part, where string) {
	c := archive.Read(p.Body, r.candidates(), archive.Limits{Bytes: max(1, r.decoded), Entries: 1000})
	r.spend(c.Decoded)
	o.archived = true
	for _, problem := range c.Problems {
		code := problem.Code
		switch code {
		case archive.ProblemEncrypted:
			o.locked = true
			code = ProblemLocked
		case archive.ProblemUnsupported:
			code = ProblemUnread
		}
		r.problem(code, where, "archive: "+problem.Detail)
	}
	encrypted := false
	for i, m := range c.Members {
		if m.Dir {
			continue
		}
		if r.parts <= 0 {
			r.problem(ProblemLimit, where, "more files than are read")
			break
		}
		r.parts--
		encrypted = encrypted || m.Encrypted
		o.files = append(o.files, &Part{
			Path: joinPath(p.Path, strconv.Itoa(i+1)), MediaType: "application/octet-stream", Attachment: true, Name: m.Name,
			Body: m.Data, member: &memberFacts{size: m.Size, encrypted: m.Encrypted, partial: m.Partial, unread: m.Data == nil, notes: m.Notes},
		})
	}
	if encrypted {
		o.note("password-protected")
	}
	if c.Kind != "" && len(c.Members) == 0 {
		o.note("archive-" + c.Kind)
	}
}

// candidates are the passwords to try. They are looked for when the first archive
// is met: most mails have none.
func (r *reader) candidates() []string {
	if r.words != nil {
		r.passwords = archive.Passwords(capText(r.words(), passwordText), r.passwords)
		r.words = nil
	}
	return r.passwords
}

// memberFacts are what an archive says of one of its members.
type memberFacts struct {
	size      int64
	encrypted bool
	partial   bool
	unread    bool
	notes     []string
}
