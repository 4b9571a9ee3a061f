package sanitize

import "strings"

// text is the part's body as a person reads it, within TextBytes.
func (r *reader) text(p *Part, delsp bool, where string, limited bool) string {
	b := p.Body
	most := min(r.limits.TextBytes, r.decoded)
	if len(b) > most {
		b, limited = b[:most], true
		r.problem(ProblemLimit, where+"body", "the text is longer than is read")
	}
	charset := p.Charset
	if p.MediaType == "text/html" && undeclared[charset] {
		if meta := metaCharset(b); meta != "" {
			charset = meta
		}
	}
	text, ok := decode(b, charset)
	// No client shows a NUL, and most drop it. In a tag it may stand for the blank
	// behind its name.
	if p.MediaType != "text/html" && strings.IndexByte(text, 0) >= 0 {
		text = strings.ReplaceAll(text, "\x00", "")
	}
	// A limit may cut a character in two; that is no fault of the mail's.
	if !ok && !limited {
		r.problem(ProblemCharset, where+"body", "the text is not in the charset that it declares")
	}
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") // drops a character cut in two
		r.problem(ProblemLimit, where+"body", "the text is longer than is read")
	}
	r.spend(len(text))
	text = unixLines(text)
	if delsp && p.MediaType == "text/plain" {
		text = joinFlowed(text)
	}
	return text
}

// unixLines ends every line with a line feed. Some servers write CR CR LF.
func unixLines(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// joinFlowed joins the lines of format=flowed; delsp=yes (RFC 3676 §4.2), which
// breaks URLs in the middle. Without DelSp lines break only at blanks, and
// nothing need be done.
func joinFlowed(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for len(text) > 0 {
		line, rest, more := strings.Cut(text, "\n")
		text = rest
		if more && strings.HasSuffix(line, " ") && line != "-- " && !strings.HasPrefix(line, ">") && !strings.HasPrefix(rest, ">") {
			b.WriteString(line[:len(line)-1])
			continue
		}
		b.WriteString(line)
		if more {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// metaCharset finds the charset that a web page declares in its first 2 KiB.
func metaCharset(b []byte) string {
	head := strings.ToLower(string(b[:min(len(b), 2<<10)]))
	i := strings.Index(head, "<meta")
	if i < 0 {
		return ""
	}
	_, after, ok := strings.Cut(head[i:], "charset=")
	if !ok {
		return ""
	}
	after = strings.TrimLeft(after, " \"'")
	if end := strings.IndexAny(after, " \"'/>;"); end >= 0 {
		after = after[:end]
	}
	if strings.HasPrefix(after, "utf-16") { // the page could not have been read so far
		return ""
	}
	return after
}
