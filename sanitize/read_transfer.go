package sanitize

import (
	"bytes"
	"strings"
)

// bigBody is a body of which not every reading is kept: each has its length again,
// and the memory for a mail is bounded by a small multiple of its own.
const bigBody = 1 << 20

// bodyReading is a body as some readers see it.
type bodyReading struct {
	how  string
	body []byte
}

// transfer undoes the transfer encoding within what may still be decoded. Where
// readers disagree on it, others hold what the body is for them.
func (r *reader) transfer(p *Part, body []byte, said structure, where string) (out []byte, limited bool, others []bodyReading) {
	encoding := said.primary()
	if looks := looksEncoded(body, said, p); looks != "" && (encoding == "" || encoding == "7bit") {
		// Some readers go by what they see, or by a field that others do not.
		r.problem(ProblemAmbiguous, where+"body", "looks like "+looks+" and does not say so")
		others = r.also(others, body, looks)
	}
	out, o, _ := cteDecode(body, encoding, r.decoded+1)
	if encoding == "" || encoding == "7bit" {
		for _, e := range said.encodings[min(1, len(said.encodings)):] {
			others = r.also(others, body, e)
		}
		return body, false, others
	}
	if strings.HasPrefix(p.MediaType, "message/") {
		// RFC 2046 §5.2.1 forbids to encode a mail. Gateways do it, and others
		// only say so.
		if hasMailHeader(body) && !hasMailHeader(out) {
			r.problem(ProblemAmbiguous, where+"body", "said to be encoded and is not")
			return body, false, nil
		}
		if p.MediaType == "message/rfc822" {
			r.problem(ProblemMalformed, where+"header Content-Transfer-Encoding", "a mail with a transfer encoding")
		}
	}
	if encoding == "quoted-printable" && (o == encodedBadly && !strings.HasPrefix(p.MediaType, "text/") || o == encodedWell && oddBreaks(body)) {
		o = encodedDoubtfully // in a text it is a mailer's slip, in a file it changes the file
	}
	switch o {
	case encodedBadly:
		r.problem(ProblemEncoding, where+"body", o.String())
	case encodedDoubtfully:
		r.problem(ProblemAmbiguous, where+"body", o.String())
	}
	if len(out) > r.decoded {
		out, limited = out[:r.decoded], true
		r.problem(ProblemLimit, where+"body", "more is encoded in the mail than is decoded")
	}
	r.spend(len(out))
	if o == encodedBadly && encoding == "quoted-printable" {
		others = r.distinct(others, out, bodyReading{"quoted-printable with odd soft breaks", quotedLoosely(body, r.decoded)})
	}
	if o == encodedDoubtfully || len(said.encodings) > 1 {
		for _, e := range said.encodings[1:] {
			others = r.also(others, body, e)
		}
		if o == encodedDoubtfully {
			if encoding == "base64" {
				variants := base64Variants
				if len(body) > bigBody {
					variants = variants[:2]
				}
				for _, v := range variants {
					others = r.distinct(others, out, bodyReading{v.how, v.decode(body, r.decoded)})
				}
			}
			if encoding == "quoted-printable" {
				others = r.distinct(others, out, bodyReading{"quoted-printable with odd soft breaks", quotedLoosely(body, r.decoded)})
			}
			if encoding != "quoted-printable" && looksQuoted(body) {
				others = r.also(others, body, "quoted-printable")
			}
			others = r.distinct(others, out, bodyReading{"not encoded", body})
		}
	}
	return out, limited, others
}

// also adds the body as it is with another encoding.
func (r *reader) also(others []bodyReading, body []byte, encoding string) []bodyReading {
	if encoding == "7bit" {
		return r.distinct(others, nil, bodyReading{"not encoded", body})
	}
	decoded, _, _ := cteDecode(body, encoding, r.decoded)
	return r.distinct(others, nil, bodyReading{encoding, decoded})
}

// distinct adds a reading that says something new.
func (r *reader) distinct(others []bodyReading, primary []byte, o bodyReading) []bodyReading {
	if len(o.body) == 0 || bytes.Equal(o.body, primary) || len(others) >= maxReadings {
		return others
	}
	for _, have := range others {
		if bytes.Equal(have.body, o.body) {
			return others
		}
	}
	if o.how != "not encoded" { // that shares memory with the mail
		r.spend(len(o.body))
	}
	return append(others, o)
}

// looksEncoded says which transfer encoding a body seems to have: base64 where
// nothing but base64 is in its first lines, "" for none. Where the part's header is
// doubtful, or a file is expected and no text, shorter lines are enough.
func looksEncoded(body []byte, said structure, p *Part) string {
	enough := 60 // bytes in one line; a word in a text is shorter
	if len(said.doubts) > 0 || !strings.HasPrefix(p.MediaType, "text/") && !strings.HasPrefix(p.MediaType, "message/") {
		enough = minRun
	}
	body = bytes.TrimLeft(body, "\r\n\t ")
	if len(body) < enough {
		return ""
	}
	head := body[:min(len(body), 2<<10)]
	lower, upper, digit, first := 0, 0, 0, 0
	for pos, lines := 0, 0; pos < len(head); lines++ {
		line, next, _ := cutLine(head, pos)
		pos = next
		line = bytes.TrimRight(line, "\t ")
		if len(line) == 0 {
			break // a footer may follow
		}
		for _, c := range line {
			switch {
			case c >= 'a' && c <= 'z':
				lower++
			case c >= 'A' && c <= 'Z':
				upper++
			case c >= '0' && c <= '9':
				digit++
			case c == '+' || c == '/' || c == '=':
			default:
				return ""
			}
		}
		switch {
		case lines == 0:
			first = len(line)
		case lines == 1 && first < enough && (first < longWord || len(line) != first):
			return "" // lines of one length are no words either
		}
	}
	// Text of one case, or without a digit, is a number, a name or a key.
	if lower == 0 || upper == 0 || digit == 0 || lower+upper+digit < enough {
		return ""
	}
	return "base64"
}

// looksQuoted is true for a body in quoted-printable: with escapes of '=' or of
// the control characters that some encoders escape.
func looksQuoted(body []byte) bool {
	head := body[:min(len(body), 64<<10)]
	return bytes.Contains(head, []byte("=3D")) || bytes.Contains(head, []byte("=3d")) || bytes.Contains(head, []byte("=0D=0A")) ||
		bytes.Contains(head, []byte("=2E")) || bytes.Contains(head, []byte("=2F"))
}

// quotedLoosely decodes quoted-printable as readers do that see a soft line break
// in more than "=" and a line end: with junk between them, at a CR or LFCR, in the
// middle of an escape. Where soft breaks have an empty line behind them throughout,
// it is part of them.
func quotedLoosely(body []byte, limit int) []byte {
	examine(len(body))
	double := doubleBreaks(body)
	out := make([]byte, 0, min(limit, len(body)))
	for i := 0; i < len(body) && len(out) < limit; {
		if body[i] != '=' {
			out = append(out, body[i])
			i++
			continue
		}
		if next := softBreak(body, i, double); next > 0 {
			i = next
			continue
		}
		high := i + 1
		if high < len(body) && hexValue[body[high]] < 16 {
			low := high + 1
			if low < len(body) && body[low] == '=' {
				if next := softBreak(body, low, double); next > 0 {
					low = next
				}
			}
			if low < len(body) && hexValue[body[low]] < 16 {
				out = append(out, hexValue[body[high]]<<4|hexValue[body[low]])
				i = low + 1
				continue
			}
		}
		out = append(out, '=')
		i++
	}
	return out
}

// doubleBreaks is true where soft line breaks have an empty line behind them
// throughout.
func doubleBreaks(body []byte) bool {
	soft, doubled := 0, 0
	for i := 0; i < len(body); {
		j := bytes.IndexByte(body[i:], '=')
		if j < 0 {
			break
		}
		i += j
		next := softBreak(body, i, false)
		if next == 0 {
			i++
			continue
		}
		soft++
		if next < len(body) && (body[next] == '\n' || body[next] == '\r') {
			doubled++
		}
		i = next
	}
	return doubled >= 3 && 2*doubled >= soft
}

// oddBreaks is true for quoted-printable that is well formed, but whose soft line
// breaks are followed by a CR or an empty line throughout: some readers take these
// for part of them.
func oddBreaks(body []byte) bool {
	odd := bytes.Count(body, []byte("=\n\n")) + bytes.Count(body, []byte("=\n\r")) + bytes.Count(body, []byte("=\r\n\r"))
	return odd >= 3 && 2*odd >= bytes.Count(body, []byte("=\n"))+bytes.Count(body, []byte("=\r\n"))
}

// softBreak is the offset after what a lenient reader takes for a soft line break
// at the "=" at b[i], or 0.
func softBreak(b []byte, i int, double bool) int {
	const junk = 4 // bytes between the sign and the line end
	letters := 0
	for i++; i < len(b); i++ {
		switch c := b[i]; {
		case c == '\r' || c == '\n':
			_, next, end := cutLineAt(b, i)
			if end != endCR && next < len(b) && b[next] == '\r' && (next+1 >= len(b) || b[next+1] != '\n') {
				next++ // LFCR
			}
			if double && next < len(b) && (b[next] == '\n' || b[next] == '\r') {
				_, next, _ = cutLineAt(b, next)
			}
			return next
		case c == ' ' || c == '\t':
		case c < ' ' || c >= 0x7f || c == '=' || hexValue[c] > 15:
			if letters++; letters > junk || letters > 1 && c > ' ' && c < 0x7f && c != '=' {
				return 0
			}
		default:
			return 0
		}
	}
	return 0
}

// base64Variants are the ways in which decoders differ on base64 that is not
// well formed (RFC 4648 §3.3, §4; RFC 2045 §6.8).
var base64Variants = []struct {
	how    string
	decode func(b []byte, limit int) []byte
}{
	{"base64 up to its first padding", base64ToPadding},
	{"base64 without regard to padding", base64NoPadding},
	{"base64 line by line", base64Lines},
	{"base64 up to its first stray character", base64ToJunk},
	{"base64 in the alphabet for URLs", base64URL},
}

func base64URL(b []byte, limit int) []byte {
	if bytes.ContainsAny(b, "+/") || !bytes.ContainsAny(b, "-_") {
		return nil
	}
	out, _ := cteBase64(bytes.Map(func(c rune) rune {
		switch c {
		case '-':
			return '+'
		case '_':
			return '/'
		}
		return c
	}, b), limit)
	return out
}

func base64ToPadding(b []byte, limit int) []byte {
	i := bytes.IndexByte(b, '=')
	if i < 0 {
		return nil
	}
	out, _ := cteBase64(b[:i], limit)
	return out
}

func base64NoPadding(b []byte, limit int) []byte {
	if bytes.IndexByte(b, '=') < 0 {
		return nil
	}
	out, _ := cteBase64(bytes.ReplaceAll(b, []byte("="), nil), limit)
	return out
}

func base64Lines(b []byte, limit int) []byte {
	out := make([]byte, 0, min(limit, len(b)/4*3+3))
	for line := range bytes.Lines(b) {
		decoded, _ := cteBase64(bytes.TrimRight(line, "\r\n"), limit-len(out))
		out = append(out, decoded...)
		if len(out) >= limit {
			break
		}
	}
	return out
}

func base64ToJunk(b []byte, limit int) []byte {
	for i, c := range b {
		if base64Value[c] > 63 && c != '=' && c != '\r' && c != '\n' && c != ' ' && c != '\t' {
			out, _ := cteBase64(b[:i], limit)
			return out
		}
	}
	return nil
}
