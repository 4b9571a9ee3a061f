package sanitize

import (
	"bytes"
	"crypto/sha256"
	"strconv"
	"unicode/utf8"
)

// The last resort for a mail that readers disagree on: whatever its structure
// may be, a file in it is a run of lines in base64, and a link is text once
// quoted-printable is undone.

const (
	maxRuns   = 50 // runs taken from one mail
	minRun    = 24 // characters of a run; less is a word
	longWord  = 20 // characters without a blank in at least one of its lines
	rawPrefix = "raw "
)

// unreadable reports whether what was told of a mail says that other readers may
// see something else in it.
func unreadable(problems []Problem) bool {
	for _, p := range problems {
		if p.Code == ProblemAmbiguous || p.Code == ProblemMalformed || p.Code == ProblemEncoding {
			return true
		}
	}
	return false
}

// scanRaw adds to root what the raw bytes decode to and no part has.
func (r *reader) scanRaw(raw []byte, root *Part) {
	known := map[[32]byte]bool{}
	root.Walk(func(p *Part) {
		if len(p.Body) > 0 {
			known[sha256.Sum256(p.Body)] = true
			known[sha256.Sum256(bytes.TrimRight(p.Body, "\r\n"))] = true
		}
	})
	found := 0
	add := func(how string, body []byte, offset int) {
		sum := sha256.Sum256(body)
		if known[sum] || r.parts <= 0 || found >= maxRuns {
			return
		}
		known[sum] = true
		found++
		r.parts--
		r.spend(len(body))
		p := &Part{Path: rawPrefix + strconv.Itoa(offset) + " read as " + how, MediaType: "application/octet-stream", Attachment: true, Body: body, raw: true}
		root.Others = append(root.Others, p)
	}
	for pos := 0; pos < len(raw) && r.decoded > 0 && found < maxRuns; {
		start := pos
		run, next := base64Run(raw, pos)
		pos = next
		if len(run) == 0 {
			continue
		}
		if body, _ := cteBase64(run, r.decoded); len(body) >= minRun/2 {
			add("base64", body, start)
		}
	}
	if body := raw[endOfHeader(raw):]; r.decoded > 0 && looksQuoted(body) {
		// As text only: where a file would begin and end nobody knows.
		body, _ := cteQuotedPrintable(body, min(r.decoded, r.limits.TextBytes))
		r.spend(len(body))
		p := &Part{Path: rawPrefix + "read as quoted-printable", MediaType: "text/plain", Body: body, raw: true}
		text, _ := decode(body, "")
		p.Text = unixLines(capText(text, r.decoded))
		r.spend(len(p.Text))
		root.Others = append(root.Others, p)
	}
}

// base64Run is the run of lines that look like base64 at or after pos, and where
// to go on. An empty run means that there is none at pos.
func base64Run(raw []byte, pos int) (run []byte, next int) {
	start, end, letters := pos, pos, 0
	long := false
	for pos < len(raw) {
		line, after, _ := cutLine(raw, pos)
		trimmed := bytes.Trim(line, " \t\x00")
		n := len(trimmed)
		if n == 0 && letters > 0 && end == pos {
			// One empty line may stand in it.
			if following, _, _ := cutLine(raw, after); base64Share(following) {
				pos, end = after, after
				continue
			}
			break
		}
		if !base64Share(trimmed) {
			break
		}
		letters += n
		long = long || n >= longWord
		pos, end = after, after
	}
	if letters < minRun || !long {
		if end == start { // at least one line further
			_, end, _ = cutLine(raw, start)
		}
		return nil, max(end, start+1)
	}
	return raw[start:end], end
}

// base64Share is true for a line that is base64 but for a few stray characters,
// and has no blank inside, as words have.
func base64Share(line []byte) bool {
	line = bytes.Trim(line, " \t\x00")
	if len(line) < 4 {
		return len(line) > 0 && line[len(line)-1] == '='
	}
	stray := 0
	for _, c := range line {
		if base64Value[c] > 63 && c != '=' {
			stray++
			if c == ' ' || c == '\t' || c == ':' || c == '@' || c == '<' {
				return false
			}
		}
	}
	return stray*8 <= len(line)
}

// isText is true for bytes that a person could read.
func isText(b []byte) bool {
	b = b[:min(len(b), 4<<10)]
	odd := 0
	for i := 0; i < len(b); {
		c, size := utf8.DecodeRune(b[i:])
		if c == 0 {
			return false
		}
		if c == utf8.RuneError && size == 1 && len(b)-i > utf8.UTFMax || c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != 0x1b {
			odd++
		}
		i += size
	}
	return odd*20 <= len(b)
}
