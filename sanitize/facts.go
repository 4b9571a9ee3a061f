package sanitize

// Facts are all that may be told about an original: the whole list. Every
// string in it is valid UTF-8 in NFC without control, bidirectional or
// zero-width characters, at most 300 runes long unless its field says
// otherwise, and has been through redaction: where it named a reporter, a
// member or a victim it holds a placeholder such as "<recipient-address>".
// '<' and '>' of the attacker's own are written '‹' and '›', so that a
// placeholder cannot be forged.
type Facts struct {
	Subject string  `json:"subject"`
	From    Mailbox `json:"from"`
	ReplyTo Mailbox `json:"reply_to"`
	// ReturnPathDomain is the domain of the envelope sender, lower case.
	ReturnPathDomain string `json:"return_path_domain,omitempty"`
	// Date is when the original says it was sent, in UTC, coarsened to
	// Policy.TimeGrain, as RFC 3339. Empty when it says nothing readable.
	Date string `json:"date,omitempty"`
	// Mailer is X-Mailer or User-Agent.
	Mailer string `json:"mailer,omitempty"`

	Attachments []Attachment `json:"attachments"`
	// Indicators are sorted by type, then by value; no two are equal in both.
	Indicators []Indicator `json:"indicators"`
	Redactions []Redaction `json:"redactions"`
}

// Mailbox is an address as the attacker wrote it, live (not defanged).
type Mailbox struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address,omitempty"`
}

// Attachment is what is told of a file that is itself dropped. The digests are
// lower-case hex and Size counts bytes, both after the transfer encoding is
// undone.
type Attachment struct {
	Name   string `json:"name"`
	Type   string `json:"type"` // media type as declared, lower case
	Size   int    `json:"size"`
	MD5    string `json:"md5"`
	SHA1   string `json:"sha1"`
	SHA256 string `json:"sha256"`
	// RealType is the media type by content, where one is known.
	RealType string `json:"real_type,omitempty"`
	// Notes are what is suspicious about it: of its name ("double-extension",
	// "bidi-in-name", "executable-extension"), its type ("type-mismatch",
	// "polyglot"), what it holds ("macros", "javascript", "external-template",
	// "password-protected"), its place in an archive ("path-traversal"), or that
	// something in it stands for one recipient ("personalised").
	Notes []string `json:"notes"`
	// Members are the files inside an archive or a document, with the same facts.
	// The digests of one that could not be read are empty.
	Members []Attachment `json:"members"`
}

// Kinds of indicator, Indicator.Type.
const (
	TypeURL     = "url"
	TypeDomain  = "domain"
	TypeIPv4    = "ipv4"
	TypeIPv6    = "ipv6"
	TypeEmail   = "email"
	TypeSender  = "sender"
	TypeReplyTo = "reply-to"

	TypeDisplayName  = "display-name" // of the sender
	TypeReturnPath   = "return-path"  // the envelope sender
	TypeMessageID    = "message-id"   // where the attacker's program made it
	TypeMailer       = "x-mailer"
	TypeSendingIP    = "sending-ip"    // the first hop outside the victims' border
	TypeHelo         = "helo"          // what that hop called itself
	TypeDKIMDomain   = "dkim-domain"   // d= of a signature (RFC 6376 §3.5), not verified
	TypeDKIMSelector = "dkim-selector" // s= of it
	TypeSPF          = "spf"           // results as the receiver recorded them (RFC 8601 §2.7), lower case
	TypeDKIM         = "dkim"
	TypeDMARC        = "dmarc"
	TypeQR           = "qr" // what a code in a picture says, where it is no URL

	TypeSubject  = "subject"
	TypeFilename = "filename"
	TypeMD5      = "md5"
	TypeSHA1     = "sha1"
	TypeSHA256   = "sha256"
)

// Roles of an indicator, Indicator.Role.
const (
	RoleLink           = "link"
	RoleResource       = "resource"
	RoleSender         = "sender"
	RoleInfrastructure = "infrastructure"
	RoleAttachment     = "attachment"
	RoleText           = "text"
)

// Indicator is an observable judged worth searching for.
type Indicator struct {
	Type string `json:"type"`
	// Value is live, for a machine, and of a file name exactly what it is, with the
	// direction marks that turn it round; Defanged is the same for a person to read. A
	// URL is not cut at 300 runes: it is at most Limits.URLBytes long, plus
	// placeholders, and a longer one is told as its host alone.
	Value    string `json:"value"`
	Defanged string `json:"defanged"`
	// Pattern is set where redaction left placeholders in Value: the same with a "*"
	// for each, which stands for any characters, to search for.
	Pattern string `json:"pattern,omitempty"`
	Role    string `json:"role"`
	// Where names every place it was found in, such as "header From" or
	// "part 1.2 text/html a href".
	Where []string `json:"where"`
	// Confidence is "high", "medium" or "low".
	Confidence string `json:"confidence"`
	// Benign is true for what is recorded but not worth searching for; a notice
	// does not tell it.
	Benign bool `json:"benign"`
	// Tier is the list of what is no indicator that knows the value:
	// "infrastructure", "shared-hosting" or "popular"; see [Screen].
	Tier string `json:"tier,omitempty"`
}

// Redaction says that something was left out or replaced, never what.
type Redaction struct {
	Kind  string `json:"kind"` // the placeholder without its brackets, e.g. "recipient-address"
	Where string `json:"where"`
	Count int    `json:"count"`
}

// Problem is something about a report or an original that its reader should
// know. Detail is for an operator; it holds no identity and no mail content.
type Problem struct {
	Code   string `json:"code"`
	Where  string `json:"where,omitempty"`
	Detail string `json:"detail,omitempty"`
}

// Codes of problems.
const (
	ProblemAmbiguous    = "ambiguous"     // can be read in several ways
	ProblemLimit        = "limit"         // a limit was hit and reading stopped there
	ProblemCharset      = "charset"       // text could not be decoded as declared
	ProblemEncoding     = "encoding"      // a transfer encoding was broken
	ProblemMalformed    = "malformed"     // a line or a part was not well formed
	ProblemNoOriginal   = "no-original"   // no original was found in the report
	ProblemInline       = "inline"        // header fields come from a quoted block
	ProblemMemberLike   = "member-like"   // an attacker's value contains a member's name: indicator and leak at once
	ProblemMemberSender = "member-sender" // was sent from a member's or a victim's own mailbox
	ProblemEncrypted    = "encrypted"     // was encrypted, and there is no key that opens it
	ProblemLocked       = "locked"        // an archive or document needs a password that is not known
	ProblemPicture      = "picture"       // a picture was not searched to its end for codes
	ProblemUnread       = "unread"        // an archive or document of a kind that is not read
	ProblemPopular      = "popular"       // indicators at popular sites wait for an operator
	ProblemDiffers      = "differs"       // its text and its page say different things
	ProblemSmuggling    = "smuggling"     // a page puts a file together in its reader's browser
	ProblemToken        = "token"         // an indicator was left out because too little remained of it
	ProblemHidden       = "hidden-text"   // a page holds text that its reader is not shown
)

// Holds reports whether a draft with this problem must wait for an operator
// even where its kind approves itself.
func (p Problem) Holds() bool {
	switch p.Code {
	case ProblemAmbiguous, ProblemLimit, ProblemNoOriginal, ProblemMemberLike, ProblemMemberSender, ProblemEncrypted, ProblemLocked:
		return true
	}
	return false
}
