package sanitize

import (
	"bytes"
	"strconv"
)

// insideText looks for what stands in a text and is no text: files in uuencode,
// which clients show as files, and parts that only some readers see.
func (r *reader) insideText(p *Part, at entityPlace) {
	r.uuencoded(p)
	if at.inside || p.MediaType != "text/plain" {
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

// uuencoded takes the files that stand in a text in uuencode, as mailers without
// MIME write them.
func (r *reader) uuencoded(p *Part) {
	body := p.Body
	for n := 1; r.parts > 0; n++ {
		i := uuBegin(body)
		if i < 0 {
			return
		}
		rest := body[i:]
		line, start, _ := cutLine(rest, 0)
		end := len(rest)
		if j := bytes.Index(rest[start:], []byte("\nend")); j >= 0 {
			end = start + j + len("\nend")
		}
		decoded, _ := cteUU(rest[:end], r.decoded)
		body = rest[end:]
		if len(decoded) == 0 {
			continue
		}
		r.spend(len(decoded))
		r.parts--
		p.Others = append(p.Others, &Part{
			Path: p.Path + " uuencoded " + strconv.Itoa(n), MediaType: "application/octet-stream", Attachment: true,
			Name: decodeWords(string(bytes.TrimSpace(line[len("begin 644 "):]))), Body: decoded,
		})
	}
}

// uuBegin is the offset of a line such as "begin 644 name" that a line of data
// follows, or -1.
func uuBegin(b []byte) int {
	for from := 0; ; {
		i := bytes.Index(b[from:], []byte("begin "))
		if i < 0 {
			return -1
		}
		i += from
		from = i + len("begin ")
		if i > 0 && b[i-1] != '\n' && b[i-1] != '\r' {
			continue
		}
		line, next, _ := cutLine(b, i)
		if len(line) < len("begin 644 x") || len(line) > 300 || line[9] != ' ' || len(bytes.Trim(line[6:9], "01234567")) > 0 {
			continue
		}
		data, _, _ := cutLine(b, next)
		if len(data) > 1 && data[0] > ' ' && data[0] <= '`' {
			if want := (int(data[0]-' ')&63 + 2) / 3 * 4; len(data)-1 >= want-3 && len(data)-1 <= want+2 {
				return i
			}
		}
	}
}
