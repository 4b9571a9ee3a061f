package sanitize

// Limits bound what is read from one report. A limit that is hit stops the
// reading at that place, is told as a [ProblemLimit], and loses nothing else.
// The zero value of a field means its default; see [DefaultLimits] for the
// figures and why a real mail never meets them.
type Limits struct {
	HeaderBytes    int `json:"header_bytes"`    // one header block, of the mail or of a part
	HeaderFields   int `json:"header_fields"`   // fields in one block
	FieldBytes     int `json:"field_bytes"`     // one field, unfolded
	MultipartDepth int `json:"multipart_depth"` // multiparts in one another
	MessageDepth   int `json:"message_depth"`   // message/rfc822 in one another
	Parts          int `json:"parts"`           // parts in one report
	Attachments    int `json:"attachments"`     // attachments told of one original
	LineBytes      int `json:"line_bytes"`      // one line of text searched for indicators
	TextBytes      int `json:"text_bytes"`      // one text part, decoded
	DecodedBytes   int `json:"decoded_bytes"`   // everything decoded from one report
	Originals      int `json:"originals"`       // originals in one report
	Indicators     int `json:"indicators"`      // indicators told of one original
	FactRunes      int `json:"fact_runes"`      // one value of Facts
	URLBytes       int `json:"url_bytes"`       // one URL
	BodyBytes      int `json:"body_bytes"`      // Sanitized.Body
}

// DefaultLimits are far above anything seen in 1,500 real phishing mails, whose
// largest had a header of 40 KB, 9 parts, a depth of 3 and 2.2 MB in all.
func DefaultLimits() Limits {
	return Limits{
		HeaderBytes:    256 << 10,
		HeaderFields:   1000,
		FieldBytes:     64 << 10,
		MultipartDepth: 20,
		MessageDepth:   6,
		Parts:          500,
		Attachments:    100,
		LineBytes:      1 << 20,
		TextBytes:      5 << 20,
		DecodedBytes:   100 << 20,
		Originals:      50,
		Indicators:     500,
		FactRunes:      300,
		URLBytes:       8 << 10,
		BodyBytes:      256 << 10,
	}
}

// orDefault fills every zero field with its default.
func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	for _, f := range []struct{ have, want *int }{
		{&l.HeaderBytes, &d.HeaderBytes}, {&l.HeaderFields, &d.HeaderFields}, {&l.FieldBytes, &d.FieldBytes},
		{&l.MultipartDepth, &d.MultipartDepth}, {&l.MessageDepth, &d.MessageDepth}, {&l.Parts, &d.Parts},
		{&l.Attachments, &d.Attachments}, {&l.LineBytes, &d.LineBytes}, {&l.TextBytes, &d.TextBytes},
		{&l.DecodedBytes, &d.DecodedBytes}, {&l.Originals, &d.Originals}, {&l.Indicators, &d.Indicators},
		{&l.FactRunes, &d.FactRunes}, {&l.URLBytes, &d.URLBytes}, {&l.BodyBytes, &d.BodyBytes},
	} {
		if *f.have <= 0 {
			*f.have = *f.want
		}
	}
	return l
}
