package sanitize

import (
	"bytes"
	"strconv"
)

// insideText looks for what stands in a text and is no text: files in uuencode
// and the like, which clients show as files, and parts that only some readers see.
func (r *reader) insideText(p *Part, at entityPlace) {
	r.filesInText(p, at.where())
	if at.inside || p.MediaType != "text/plain" && p.MediaType != "text/html" {
		return
	}
	at.inside = true // what is found is not searched again, so that this stays linear
	body := p.Body
	for n := 1; r.parts > 0; n++ {
		i := hiddenEntity(body)
		if i < 0 || !looksLikePart(body[i:]) {
			return
		}
		r.problem(ProblemAmbiguous, at.where()+"body", "something like a part inside a text")
		rest := body[i:]
		end := len(rest)
		if j := bytes.Index(rest, []byte("\n--")); j >= 0 {
			end = j
		}
		inner := at
		inner.path = joinPath(at.path, "inside "+strconv.Itoa(n))
		inner.first, inner.mail = false, false
		p.Others = append(p.Others, r.entity(rest[:end], inner))
		body = rest[end:]
	}
}

// looksLikePart is true for what begins with a part's fields and goes on after
// an empty line: a text that only talks of fields does not.
func looksLikePart(b []byte) bool {
	fields := 0
	for pos := 0; pos < len(b) && fields < 20; {
		line, next, _ := cutLine(b, pos)
		pos = next
		switch {
		case len(line) == 0:
			rest := bytes.TrimSpace(b[pos:min(len(b), pos+200)])
			return fields > 0 && len(rest) > 0
		case line[0] == ' ' || line[0] == '\t':
		case isContentField(line):
			fields++
		default:
			if _, _, _, ok := cutField(line); !ok {
				return false
			}
		}
	}
	return false
}
