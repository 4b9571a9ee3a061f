package sanitize

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// dispose sets the part's name and returns its disposition (RFC 2183 §2). The name
// is the one that the standards make of the fields. Where other readers make
// another of them that says something else of the kind of file, the mail is
// ambiguous; where the usual one says nothing of it, theirs is taken.
func (r *reader) dispose(p *Part, typeParams []param, where string) string {
	dispositions := p.Header.All("Content-Disposition")
	disposition, params := "", []param(nil)
	for i, v := range dispositions {
		word, more := parseParams(v)
		if i == 0 {
			disposition = word
		}
		params = append(params, more...)
	}
	filename, differ := value(params, "filename")
	name, differ2 := value(typeParams, "name")
	if filename == "" { // seen in either field
		filename, _ = value(params, "name")
	}
	if name == "" {
		name, _ = value(typeParams, "filename")
	}
	if len(dispositions) > 0 && disposition == "" {
		r.problem(ProblemMalformed, where+"header Content-Disposition", "no disposition can be read")
	}
	usual := filename
	if usual == "" {
		usual = name
	}
	differ = differ || differ2 || filename != "" && name != "" && !sameExtension(filename, name)
	for _, other := range otherNames(p.Header) {
		kind := fileKind(other)
		switch {
		case kind == "" || kind == fileKind(usual):
		case fileKind(usual) == "":
			usual = other
		default:
			differ = true
		}
	}
	file := disposition == "attachment" || !strings.HasPrefix(p.MediaType, "text/") && !strings.HasPrefix(p.MediaType, "message/")
	if file && fileKind(usual) == "" {
		// Clients that find no name look further (RFC 2045 §8, RFC 2557 §4).
		location := p.Header.Text("Content-Location")
		location = location[strings.LastIndexAny(location, `/\`)+1:]
		for _, other := range []string{p.Header.Text("Content-Description"), location} {
			if fileKind(other) != "" && fileKind(usual) == "" {
				usual = other
			}
		}
	} else if kind := fileKind(p.Header.Text("Content-Description")); kind != "" && fileKind(usual) != "" && kind != fileKind(usual) {
		differ = true
	}
	if differ {
		r.problem(ProblemAmbiguous, where+"header", "several file names of different kinds")
	}
	p.Name = shortName(usual, r.limits.FactRunes)
	return disposition
}

// shortName takes the middle out of a name of more than n characters, because what
// it ends with says more than what stands in it.
func shortName(name string, n int) string {
	if utf8.RuneCountInString(name) <= n {
		return name
	}
	const tail = 50
	runes := []rune(name[:min(len(name), 4*n)])
	last := []rune(strings.ToValidUTF8(name[max(0, len(name)-4*tail):], ""))
	keep := max(0, min(len(runes), n-tail-1))
	return string(runes[:keep]) + "…" + string(last[max(0, len(last)-tail):])
}

// fileKind is the extension of a name where it is one that means something, else
// "".
func fileKind(name string) string {
	e := strings.TrimSpace(extension(strings.TrimRight(name, " .\t\r\n\"'\x00")))
	if executableExtensions[e] || documentExtensions[e] {
		return e
	}
	return ""
}

// otherNames are the file names that readers see in a part's fields who do not
// read them as the standards have it: who know no quotes, comments or RFC 2231, stop
// at other characters, undo encodings where none are allowed.
func otherNames(h Header) []string {
	var names []string
	for _, f := range h {
		if !strings.EqualFold(f.Name, "Content-Disposition") && !strings.EqualFold(f.Name, "Content-Type") {
			continue
		}
		if v := f.Value; ordinaryNames(v) {
			continue
		}
		names = append(names, namesIn(f.Value)...)
		if strings.Contains(f.Value, "=?") {
			names = append(names, namesIn(wordsLoosely(f.Value))...)
		}
		names = append(names, otherSegments(f.Value)...)
	}
	return names
}

// ordinaryNames is true for a field in which every name is quoted and has only
// characters that no reader takes for anything else, as in nearly all mail.
func ordinaryNames(v string) bool {
	for {
		i := indexFold(v, "name")
		if i < 0 {
			return true
		}
		v = v[i+len("name"):]
		if !strings.HasPrefix(v, `="`) {
			return false
		}
		end := 2
		for end < len(v) && (isWordByte(v[end]) || strings.IndexByte(" .-_", v[end]) >= 0) {
			end++
		}
		if end >= len(v) || v[end] != '"' || v[end-1] == ' ' {
			return false
		}
		if v = v[end+1:]; v != "" && strings.IndexByte("; \r\n\t", v[0]) < 0 {
			return false
		}
	}
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// namesIn are the readings of what stands behind "name" in a field.
func namesIn(v string) []string {
	var names []string
	for n := 0; n < maxReadings; n++ {
		i := indexFold(v, "name")
		if i < 0 {
			break
		}
		v = v[i+len("name"):]
		examine(len(v))
		rest := strings.TrimLeft(v, "*0123456789\"' \t\r\n\x00")
		if rest == "" || rest[0] != '=' && rest[0] != ':' && rest[0] != '(' {
			continue
		}
		rest, _ = withoutComments(rest)
		if rest = strings.TrimLeft(rest, "=: \t\r\n"); rest == "" {
			continue
		}
		rest = rest[:min(len(rest), maxNameBytes)]
		for _, set := range []string{";", "\"", ";\"", ",", " \t", "\x00", "("} {
			inner := strings.TrimLeft(rest, `"' `)
			if i := strings.IndexAny(inner, set); i >= 0 {
				inner = inner[:i]
			}
			names = append(names, plainly(inner)...)
		}
		names = append(names, plainly(rest)...)
	}
	return names
}

// plainly are the readings of a name that is written oddly.
func plainly(s string) []string {
	if len(s) > maxNameBytes {
		s = s[:maxNameBytes/2] + s[len(s)-maxNameBytes/2:]
	}
	examine(len(s))
	bare := strings.NewReplacer(`\`, "", `"`, "", "\x00", "", "'", "").Replace(s)
	if _, after, ok := cutLast(s, '\''); ok { // charset'language'
		bare = after
	}
	plain, _ := withoutComments(bare)
	names := []string{s, bare, plain, string(percentDecode(plain))}
	if i := strings.LastIndexByte(plain, '.'); i >= 0 {
		names = append(names, plain[:i+1]+strings.Join(strings.Fields(plain[i+1:]), ""))
	}
	if strings.Contains(s, "=?") {
		words := wordsLoosely(strings.NewReplacer(`"`, "").Replace(s))
		names = append(names, words, wordsLoosely(words))
	}
	for i, n := range names {
		names[i] = strings.TrimSpace(decodeWords(n))
		if ascii := strings.TrimSpace(onlyASCII(n)); fileKind(names[i]) == "" && ascii != n {
			names = append(names, ascii)
		}
	}
	return names
}

// onlyASCII puts "_" for every other byte: what no charset changes.
func onlyASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 0x80 || c < ' ' {
			b[i] = '_'
		}
	}
	return string(b)
}

// wordsLoosely decodes encoded words that are not well formed: without a charset or
// an end, with junk in them or an encoding that is none.
func wordsLoosely(s string) string {
	examine(len(s))
	var out strings.Builder
	for n := 0; n < maxSegments; n++ {
		before, rest, ok := strings.Cut(s, "=?")
		if !ok {
			break
		}
		if n == 0 || strings.TrimSpace(before) != "" {
			out.WriteString(before)
		}
		charset, rest, ok := strings.Cut(rest, "?")
		if !ok || len(rest) < 2 || len(charset) > maxCharsetName {
			s = rest
			continue
		}
		text := rest
		if rest[1] == '?' {
			text = rest[2:]
		}
		end := strings.IndexByte(text, '?')
		if end < 0 {
			end = len(text)
		}
		s = strings.TrimPrefix(text[min(len(text), end):], "?")
		s = strings.TrimPrefix(s, "=")
		text = text[:end]
		switch rest[0] | 0x20 {
		case 'b':
			b, _ := cteBase64([]byte(text), len(text))
			text, _ = decode(b, charset)
		default:
			text, _ = decode(wordQ(text), charset)
		}
		out.WriteString(text)
	}
	return out.String() + s
}

// otherSegments joins the pieces of a value split by RFC 2231 §3 as readers do that
// take them as they come, that take the first or the last of two with one number,
// or that decode each by itself.
func otherSegments(v string) []string {
	if strings.IndexByte(v, '*') < 0 {
		return nil
	}
	var asWritten, decoded strings.Builder
	first, last := map[int]string{}, map[int]string{}
	for _, s := range rawSegments(v) {
		if s.name != "filename" && s.name != "name" {
			continue
		}
		text := s.value
		if i := strings.LastIndexByte(text, '\''); i >= 0 && s.encoded {
			text = text[i+1:]
		}
		text = string(percentDecode(text))
		asWritten.WriteString(s.value)
		decoded.WriteString(text)
		if _, ok := first[s.index]; !ok {
			first[s.index] = text
		}
		last[s.index] = text
	}
	names := []string{asWritten.String(), decoded.String()}
	for _, pieces := range []map[int]string{first, last} {
		var indices []int
		for i := range pieces {
			indices = append(indices, i)
		}
		slices.Sort(indices)
		var b strings.Builder
		for _, i := range indices {
			b.WriteString(pieces[i])
		}
		names = append(names, b.String())
	}
	for i := range names {
		names[i], _ = decode([]byte(names[i]), "")
	}
	return names
}

// maxNameBytes bounds a file name; file systems allow 255 bytes.
const maxNameBytes = 4 << 10
