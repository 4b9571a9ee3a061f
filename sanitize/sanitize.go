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

// Result is everything that one report yields. It is what the child process
// that reads hostile mail hands back to the hub (see [Run]), so it holds no
// bytes of the report but those that somebody downstream needs.
type Result struct {
	// Originals are in the order in which the report holds them.
	Originals []Sanitized `json:"originals"`
	// ReporterText is what the reporter wrote around the originals. It is never
	// mined for indicators and never leaves the hub.
	ReporterText string `json:"reporter_text"`
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

	Facts    Facts     `json:"facts"`
	Problems []Problem `json:"problems"`
}

// Run takes one report through Unpack, Learn and Sanitize. Policy.Learned is
// ignored and filled from the report.
func Run(report []byte, policy Policy) Result {
	u := Unpack(report, policy.Limits)
	policy.Learned = Learn(u)
	policy = policy.Compile()
	r := Result{
		ReporterText: u.ReporterText,
		Identities:   policy.Learned,
		Problems:     u.Problems,
	}
	for _, o := range u.Originals {
		facts, problems := Sanitize(o, policy)
		r.Originals = append(r.Originals, Sanitized{
			Path: o.Path, Inline: o.Inline, SHA256: digest(o.Raw), Size: len(o.Raw),
			Facts: facts, Problems: append(o.Problems, problems...),
		})
	}
	return r
}
