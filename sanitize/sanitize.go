// Package sanitize turns a hostile mail into facts that may be told.
//
// It is pure: bytes in, values out. It opens no file and no connection, asks no
// clock, logs nothing and starts no goroutine that outlives the call. It never
// fails either: what cannot be read becomes a [Problem], and whoever drafts a
// notice decides what a problem means.
//
// A report goes through it in three steps. [Unpack] finds the originals inside
// the report and keeps the reporter's own words apart. [Learn] gathers what
// would identify the reporter or the victim. [Sanitize] reads one original and
// builds [Facts] out of it on an empty page: a value that has no field in Facts
// does not exist, and every value that has one went through redaction.
// [Gate] is the last door: it reads the finished bytes of something about to
// leave and names every identity still in them.
package sanitize

import (
	"kairan/sanitize/archive"
	"kairan/sanitize/outlook"
)

// Result is everything that one report yields. It is what the child process
// that reads hostile mail hands back to the hub (see [Run]), so it holds no
// bytes of the report but those that somebody downstream needs.
type Result struct {
	// Originals are in the order in which the report holds them.
	Originals []Sanitized `json:"originals"`
	// ReporterText is what the reporter wrote around the originals. It is never
	// mined for indicators and never leaves the hub.
	ReporterText string `json:"reporter_text"`
	// Requests are what the reporter asks for in those words.
	Requests Requests `json:"requests"`
	// Identities are what Learn found, for the leak gate. They are secrets.
	Identities []Identity `json:"identities"`
	// Problems concern the report as a whole; those of one original are with it.
	Problems []Problem `json:"problems"`
}

// Sanitized is one original with what may be told about it.
type Sanitized struct {
	// Path says how the original was unwrapped, for example
	// "1.2:message/rfc822" or "inline:outlook".
	Path string `json:"path"`
	// Inline is true when the original's header fields were taken from a quoted
	// block because the report holds no transport headers.
	Inline bool `json:"inline"`
	// SHA256 is the lower-case hex digest of the original's bytes, Size their
	// number.
	SHA256 string `json:"sha256"`
	Size   int    `json:"size"`

	Facts Facts `json:"facts"`
	// Body is the text as a person would read it, after redaction; only where
	// Policy.Body asks for it. No notice holds it.
	Body     string    `json:"body,omitempty"`
	Problems []Problem `json:"problems"`
}

// As says what a file is taken for.
type As string

// What a file can be taken for.
const (
	// AsReport looks for originals in it.
	AsReport As = "report"
	// AsOriginal takes the file itself for the suspicious mail.
	AsOriginal As = "original"
	// AsAuto takes a file for a report if it holds a mail, or is a forward by its
	// subject and quotes one; otherwise for an original.
	AsAuto As = "auto"
)

// Run takes one report through Unpack, Learn and Sanitize. Policy.Learned is
// ignored and filled from the report.
func Run(report []byte, policy Policy) Result { return RunAs(AsReport, report, policy) }

// RunAs is Run for a file that may be an original itself.
func RunAs(as As, file []byte, policy Policy) Result {
	u := unpackAs(as, file, policy)
	for i := range u.Originals {
		o := &u.Originals[i]
		o.read(policy.Limits, policy.Passwords, func() string { return u.ReporterText })
	}
	if policy.compiled == nil {
		policy = policy.Compile()
	}
	policy.Learned = Learn(u)
	policy.Learned = append(policy.Learned, policy.compiled.members.involved(policy.Learned)...)
	r := Result{
		ReporterText: u.ReporterText,
		Requests:     requests(u.ReporterText),
		Identities:   policy.Learned,
		Problems:     u.Problems,
	}
	for _, o := range u.Originals {
		r.Originals = append(r.Originals, sanitize(o, policy))
	}
	return r
}

func unpackAs(as As, file []byte, policy Policy) Unpacked {
	if as == AsOriginal {
		return unpackNothing(file, policy)
	}
	u := unpack(file, policy)
	if as != AsAuto {
		return u
	}
	for _, o := range u.Originals {
		// Many a suspicious mail quotes another: that alone makes no report of it.
		if !o.Inline || subjectSaysForward(u.Outer) {
			return u
		}
	}
	return unpackNothing(file, policy)
}

// unpackNothing is a file that is an original itself: a mail, or one as Outlook
// stores it.
func unpackNothing(file []byte, policy Policy) Unpacked {
	o := Original{Raw: file}
	if outlook.IsMsg(file) || outlook.IsTNEF(file) {
		r := newReader(policy.Limits)
		if mail := r.open(&Part{Body: file}, 0, "file").mail; mail != nil {
			o.Raw = mail
			o.Problems = append(r.take(), headersMissing(mail)...)
		}
	}
	return Unpacked{Originals: []Original{o}}
}

// Passwords are the candidates for passwords in what a person wrote, best first.
func Passwords(text string) []string { return archive.Passwords(capText(text, passwordText), nil) }
