package sanitize

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// ProblemLive is the code of what [Live] finds.
const ProblemLive = "live"

// Live names what in a finished mail a reader could click, run or be deceived by:
// live URLs, HTML, attachments other than text, and control, bidirectional or
// zero-width characters. A notice that may leave has none. The List-* fields
// (RFC 2369) are the hub's own and may hold its URLs.
func Live(artefact []byte) []Problem {
	l := &liveCheck{told: map[Problem]bool{}}
	if !isMail(artefact) {
		l.text(string(artefact), "file")
		return l.out
	}
	root, problems := Read(artefact, DefaultLimits())
	for _, p := range problems {
		l.add(p.Where, "the mail itself is not well formed: "+p.Code)
	}
	for _, f := range root.Header {
		if strings.HasPrefix(strings.ToLower(f.Name), "list-") {
			continue
		}
		where := "header"
		if knownField(f.Name) {
			where += " " + f.Name
		}
		l.text((Header{f}).Text(f.Name), where)
	}
	root.Walk(func(p *Part) {
		where := "part " + partNumber(p)
		switch {
		case len(p.Parts) > 0 || strings.HasPrefix(p.MediaType, "multipart/"):
			return
		case p.MediaType != "text/plain":
			l.add(where, "a part that is not plain text")
		case p.Attachment:
			l.name(p.Name, where)
		}
		l.name(p.Name, where)
		text := p.Text
		if text == "" {
			text = string(p.Body)
		}
		l.text(text, where)
	})
	return l.out
}

type liveCheck struct {
	out  []Problem
	told map[Problem]bool
}

func (l *liveCheck) add(where, detail string) {
	p := Problem{Code: ProblemLive, Where: where, Detail: detail}
	if !l.told[p] {
		l.told[p] = true
		l.out = append(l.out, p)
	}
}

// name checks the name of an attached file.
func (l *liveCheck) name(name, where string) {
	for i := 0; i < len(name); i++ {
		if c := name[i]; !isAlnum(c) && c != '.' && c != '_' && c != '-' {
			l.add(where, "a file name with other than plain characters")
			return
		}
	}
}

// liveSigns are what clients make links of.
var liveSigns = []string{"http://", "https://", "ftp://", "ftps://", "sftp://", "file://", "smb://", "www.", "mailto:", "javascript:", "vbscript:", "data:text"}

func (l *liveCheck) text(s, where string) {
	line := func(offset int) string {
		if strings.HasPrefix(where, "header") {
			return where
		}
		return where + " line " + strconv.Itoa(1+strings.Count(s[:offset], "\n"))
	}
	for _, sign := range liveSigns {
		for from := 0; from < len(s); {
			i := indexFold(s[from:], sign)
			if i < 0 {
				break
			}
			i += from
			from = i + len(sign)
			if !strings.HasSuffix(sign, "//") && i > 0 && (isAlnum(s[i-1]) || s[i-1] == '-' || s[i-1] == '+') {
				continue // the end of another word
			}
			if sign == "www." && (from == len(s) || !nameStart(s, from)) {
				continue
			}
			if from < len(s) && s[from] > ' ' {
				l.add(line(i), "something that can be clicked")
				break
			}
		}
	}
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			l.add(line(i), "bytes that are not UTF-8")
			return
		}
		if invisible(r) && r != '\n' && r != '\t' && !(r == '\r' && strings.HasPrefix(s[i:], "\r\n")) || r == 0x2028 || r == 0x2029 {
			l.add(line(i), "a character that is not seen")
			return
		}
		i += size
	}
}
