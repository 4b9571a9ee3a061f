package sanitize

// Output is what `kairan sanitize --format json` prints of one file: a stable
// schema. A field is never taken out nor given another meaning; new ones may be
// added, so a reader must skip what it does not know. Lists are never null.
type Output struct {
	// File is the name as it was given, "-" for standard input.
	File string `json:"file"`
	// Error says in a sentence why the file could not be read at all; everything
	// else is empty then.
	Error string `json:"error,omitempty"`
	// Report is what the reporter wrote around the originals. It is not redacted:
	// it is for the hub's own people.
	Report    OutputReport     `json:"report"`
	Originals []OutputOriginal `json:"originals"`
	// Problems concern the file as a whole.
	Problems []Problem `json:"problems"`
	// Leaks are the identities that the gate still found in Originals. With any,
	// nothing of this may be passed on.
	Leaks []Leak `json:"leaks"`
}

// OutputReport is the reporter's side of a report.
type OutputReport struct {
	ReporterText string `json:"reporter_text"`
	Requests
}

// OutputOriginal is one suspicious mail. Every text in it went through
// redaction, as in [Facts].
type OutputOriginal struct {
	// Path is how it was unwrapped, "" where the file is the mail itself; Inline
	// is true when its header fields come from a quoted block.
	Path   string `json:"path"`
	Inline bool   `json:"inline,omitempty"`
	SHA256 string `json:"sha256"`
	Size   int    `json:"size"`

	Subject string  `json:"subject"`
	From    Mailbox `json:"from"`
	ReplyTo Mailbox `json:"reply_to"`
	// Date is coarsened to the hour, RFC 3339 in UTC; "" where none is readable.
	Date string `json:"date"`
	// Body is the text as a person would read it.
	Body        string       `json:"body"`
	Attachments []Attachment `json:"attachments"`
	Indicators  []Indicator  `json:"indicators"`
	Redactions  []Redaction  `json:"redactions"`
	Problems    []Problem    `json:"problems"`
}

// Output is r as the command prints it for file.
func (r Result) Output(file string) Output {
	out := Output{
		File:      file,
		Report:    OutputReport{ReporterText: r.ReporterText, Requests: r.Requests},
		Originals: []OutputOriginal{},
		Problems:  orEmpty(r.Problems),
		Leaks:     []Leak{},
	}
	for _, o := range r.Originals {
		out.Originals = append(out.Originals, OutputOriginal{
			Path: o.Path, Inline: o.Inline, SHA256: o.SHA256, Size: o.Size,
			Subject: o.Facts.Subject, From: o.Facts.From, ReplyTo: o.Facts.ReplyTo, Date: o.Facts.Date, Body: o.Body,
			Attachments: orEmpty(o.Facts.Attachments), Indicators: orEmpty(o.Facts.Indicators),
			Redactions: orEmpty(o.Facts.Redactions), Problems: orEmpty(o.Problems),
		})
	}
	return out
}

// orEmpty is list as JSON should have it: [] and not null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
