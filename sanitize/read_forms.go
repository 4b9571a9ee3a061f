package sanitize

import (
	"bytes"
	"strconv"
	"strings"
)

// textFile is a file that stands in a text.
type textFile struct {
	how   string
	name  string
	body  []byte
	piece bool // others hold the rest of it
}

// textFiles are the ways to write a file into a text without MIME: the mark that
// begins one, which also stands at the beginning of a line, and what reads it and
// says where it ends.
var textFiles = []struct {
	mark string
	read func(b []byte, limit int) (f textFile, end int, ok bool)
}{
	{"begin", readUU},
	{"BEGIN", readUU},
	{"=ybegin ", readYEnc},
	{"(This file must be converted with BinHex", readBinHex},
}

// filesInText takes the files that stand in a text, as mailers and news readers
// without MIME write them.
func (r *reader) filesInText(p *Part, where string) {
	n := 0
	for _, form := range textFiles {
		mark := []byte(form.mark)
		for at := 0; at < len(p.Body); {
			i := indexLineStart(p.Body[at:], mark)
			if i < 0 {
				examine(len(p.Body) - at)
				break
			}
			examine(i)
			at += i
			if r.parts <= 0 {
				r.problem(ProblemLimit, where+"body", "more files in a text than are read")
				return
			}
			f, end, ok := form.read(p.Body[at:], r.decoded)
			at += max(end, len(mark))
			if !ok || len(f.body) == 0 && f.name == "" {
				continue
			}
			if f.piece {
				r.problem(ProblemAmbiguous, where+"body", "a piece of a file; others hold the rest")
			}
			n++
			r.spend(len(f.body))
			r.parts--
			p.Others = append(p.Others, &Part{
				Path: strings.TrimSpace(p.Path + " " + f.how + " " + strconv.Itoa(n)), MediaType: "application/octet-stream", Attachment: true,
				Name: shortName(decodeWords(f.name), r.limits.FactRunes), Body: f.body,
			})
		}
	}
}

// indexLineStart is where mark stands at the beginning of a line, or -1.
func indexLineStart(b, mark []byte) int {
	for from := 0; from < len(b); {
		i := bytes.Index(b[from:], mark)
		if i < 0 {
			return -1
		}
		at := from + i
		if at == 0 || b[at-1] == '\n' || b[at-1] == '\r' {
			return at
		}
		from = at + 1
	}
	return -1
}

// readUU reads a file in uuencode that begins with "begin 644 name". Mailers write
// that line in several ways; the line of data behind it makes it one.
func readUU(b []byte, limit int) (f textFile, end int, ok bool) {
	line, start, _ := cutLine(b, 0)
	if len(line) > 300 {
		return f, start, false
	}
	words := strings.Fields(string(line))
	f.how = "uuencoded"
	if strings.EqualFold(words[0], "begin-base64") {
		data := b[start:]
		end = len(b)
		if i := bytes.Index(data, []byte("\n====")); i >= 0 {
			data, end = data[:i], start+i+len("\n====")
		}
		if first, _, _ := cutLine(data, 0); len(words) < 3 || !base64Share(first) {
			return f, start, false
		}
		f.name = strings.Join(words[2:], " ")
		f.body, _ = cteBase64(data, limit)
		return f, end, true
	}
	data, next, _ := cutLine(b, start)
	if !strings.EqualFold(words[0], "begin") || !uuLine(data) {
		return f, start, false
	}
	mode := len(words) > 1 && strings.Trim(words[1], "01234567") == "" && len(words[1]) <= 6
	if mode {
		words = words[1:]
	}
	if second, _, _ := cutLine(b, next); !mode && !uuLine(second) && !bytes.Equal(bytes.TrimSpace(second), []byte("`")) && !bytes.EqualFold(bytes.TrimSpace(second), []byte("end")) {
		return f, start, false // a sentence that begins so
	}
	f.name = strings.Join(words[1:], " ")
	end = len(b)
	for _, mark := range []string{"\nend", "\rend", "\nEND"} {
		if i := bytes.Index(b[start:end], []byte(mark)); i >= 0 {
			end = start + i + len(mark)
		}
	}
	examine(end - start)
	f.body, _ = uuLines(b[start:end], limit)
	return f, end, true
}

// uuLine is true for a line of data whose length is what its first character says,
// give or take the padding that some encoders leave out.
func uuLine(data []byte) bool {
	if len(data) < 2 || data[0] <= ' ' || data[0] > '`' {
		return false
	}
	want := (int(data[0]-' ')&63 + 2) / 3 * 4
	if len(data)-1 < want-3 || len(data)-1 > want+2 {
		return false
	}
	for _, c := range data {
		if c < ' ' || c > '`' {
			return false
		}
	}
	return true
}

// readYEnc reads a file in yEnc (www.yenc.org, draft 1.3).
func readYEnc(b []byte, limit int) (f textFile, end int, ok bool) {
	line, pos, _ := cutLine(b, 0)
	head, name, found := strings.Cut(string(line[:min(len(line), 1<<10)]), " name=")
	if !found {
		return f, pos, false
	}
	f = textFile{how: "yEnc", name: strings.TrimSpace(name), piece: strings.Contains(head, " part=")}
	if bytes.HasPrefix(b[pos:], []byte("=ypart ")) {
		_, pos, _ = cutLine(b, pos)
	}
	end = len(b)
	data := b[pos:]
	if i := bytes.Index(data, []byte("\n=yend")); i >= 0 {
		data, end = data[:i], pos+i+1
	}
	examine(len(data))
	f.body = make([]byte, 0, min(len(data), limit))
	for i := 0; i < len(data) && len(f.body) < limit; i++ {
		c := data[i]
		switch {
		case c == '\r' || c == '\n':
			continue
		case c == '=' && i+1 < len(data):
			i++
			c = data[i] - 64
		}
		f.body = append(f.body, c-42)
	}
	return f, end, true
}

// binHexValue is 0..63 for the alphabet of BinHex 4.0 (RFC 1741 §4), 255 for others.
var binHexValue = func() (t [256]byte) {
	for i := range t {
		t[i] = 255
	}
	for i, c := range []byte("!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr") {
		t[c] = byte(i)
	}
	return t
}()

// readBinHex reads a file in BinHex 4.0 (RFC 1741): its name and its data fork.
func readBinHex(b []byte, limit int) (f textFile, end int, ok bool) {
	f.how = "BinHex"
	_, pos, _ := cutLine(b, 0)
	colon := bytes.IndexByte(b[pos:min(len(b), pos+1<<10)], ':')
	if colon < 0 {
		return f, pos, false
	}
	pos += colon + 1
	end = len(b)
	if i := bytes.IndexByte(b[pos:], ':'); i >= 0 {
		end = pos + i
	}
	examine(end - pos)
	raw := unrun(sixBits(b[pos:end]), limit)
	// A name, its length before it; then version, type, creator, flags, two lengths.
	if len(raw) < 1 || len(raw) < int(raw[0])+1 {
		return f, end, false
	}
	n := int(raw[0])
	f.name = string(raw[1 : n+1])
	const fixed = 1 + 4 + 4 + 2 + 4 + 4 + 2
	if rest := raw[n+1:]; len(rest) > fixed {
		length := int(rest[11])<<24 | int(rest[12])<<16 | int(rest[13])<<8 | int(rest[14])
		f.body = rest[fixed:]
		f.piece = length > len(f.body)
		f.body = f.body[:min(len(f.body), length)]
	}
	return f, end, true
}

func sixBits(b []byte) []byte {
	out := make([]byte, 0, len(b)/4*3+3)
	var bits uint32
	n := 0
	for _, c := range b {
		v := binHexValue[c]
		if v > 63 {
			continue
		}
		bits = bits<<6 | uint32(v)
		if n += 6; n >= 8 {
			n -= 8
			out = append(out, byte(bits>>n))
		}
	}
	return out
}

// unrun undoes BinHex's runs: a byte, 0x90, how often; 0x90 0 is the byte 0x90. A
// short text can stand for one 85 times as long, so limit counts what comes out.
func unrun(b []byte, limit int) []byte {
	out := make([]byte, 0, min(len(b), limit))
	for i := 0; i < len(b) && len(out) < limit; i++ {
		if b[i] != 0x90 || i+1 >= len(b) {
			out = append(out, b[i])
			continue
		}
		i++
		if b[i] == 0 {
			out = append(out, 0x90)
			continue
		}
		if len(out) > 0 {
			out = append(out, bytes.Repeat(out[len(out)-1:], min(int(b[i])-1, limit-len(out)))...)
		}
	}
	return out
}

// elsewhere tells of a part whose content the mail does not hold (RFC 2046 §5.2.2,
// §5.2.3), and what it says of where that lies.
func (r *reader) elsewhere(p *Part, types []param, where string) {
	switch p.MediaType {
	case "message/partial":
		r.problem(ProblemAmbiguous, where+"body", "a piece of a mail; others hold the rest")
	case "message/external-body":
		r.problem(ProblemUnread, where+"body", "its content lies elsewhere")
		text, _ := value(types, "url")
		text = strings.Join(strings.Fields(text), "") // RFC 2017 §3.1: folded anywhere
		if site, _ := value(types, "site"); text == "" && site != "" {
			directory, _ := value(types, "directory")
			text = "ftp://" + site + "/" + strings.Trim(directory, "/") + "/" + p.Name
		}
		if text != "" {
			p.Others = append(p.Others, &Part{Path: p.Path + " elsewhere", MediaType: "text/plain", Text: text, Body: []byte(text)})
		}
	}
}
