package sanitize

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ProblemLive is the code of what [Live] finds.
const ProblemLive = "live"

// Live names what in a finished mail a reader could click, run or be deceived by:
// live URLs, bare domains and addresses, HTML, attachments other than text, and
// control, bidirectional or zero-width characters. A notice that may leave has
// none. own are the hub's own addresses and domains, which may stand in it; the
// List-* fields (RFC 2369) may hold its URLs.
func Live(artefact []byte, own ...string) []Problem {
	l := &liveCheck{told: map[Problem]bool{}}
	for _, o := range own {
		l.own = append(l.own, strings.ToLower(o))
	}
	// The longest first: an address before its domain.
	slices.SortFunc(l.own, func(a, b string) int { return len(b) - len(a) })
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
		if strings.EqualFold(f.Name, "Subject") || strings.EqualFold(f.Name, "Comments") {
			l.linkable((Header{f}).Text(f.Name), where)
		}
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
		l.linkable(text, where)
	})
	return l.out
}

type liveCheck struct {
	out  []Problem
	own  []string // lower case
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

// linkable finds what some client makes a link of though it has no scheme: a bare
// domain, an address. What is defanged stays as it is when it is defanged again.
func (l *liveCheck) linkable(s, where string) {
	for n, line := range strings.Split(s, "\n") {
		line = strings.TrimRight(line, "\r")
		lower := strings.ToLower(line)
		if len(lower) != len(line) {
			lower = line // a letter whose two cases differ in length: nothing of ours
		}
		for _, own := range l.own {
			for i := strings.Index(lower, own); i >= 0 && own != ""; i = strings.Index(lower, own) {
				blank := strings.Repeat(" ", len(own))
				lower, line = lower[:i]+blank+lower[i+len(own):], line[:i]+blank+line[i+len(own):]
			}
		}
		if Defang(line) != line {
			at := where
			if !strings.HasPrefix(where, "header") {
				at += " line " + strconv.Itoa(n+1)
			}
			l.add(at, "something that a mail program makes a link of")
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
