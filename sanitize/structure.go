package sanitize

import (
	"slices"
	"strings"
)

// structure is what the fields that decide how an entity is read say, in every
// way in which a reader may take them. Where they agree, as in ordinary mail,
// there is one reading; where not, doubts says why.
type structure struct {
	media string  // "type/subtype" in lower case, or ""
	types []param // parameters of every Content-Type field
	// boundaries and encodings are candidates, the most usual reading first.
	boundaries []string
	encodings  []string
	doubts     []doubt
}

// doubt is a reason why readers disagree.
type doubt struct{ field, why string }

// maxReadings bounds the candidates of one entity.
const maxReadings = 8

func (s *structure) doubt(field, why string) {
	d := doubt{field, why}
	if !slices.Contains(s.doubts, d) {
		s.doubts = append(s.doubts, d)
	}
}

func readStructure(h Header) structure {
	var s structure
	for _, f := range h {
		switch {
		case strings.EqualFold(f.Name, "Content-Type"):
			s.contentType(f.Value)
		case strings.EqualFold(f.Name, "Content-Transfer-Encoding"):
			s.encoding(f.Value)
		}
	}
	return s
}

// contentType reads one Content-Type field (RFC 2045 §5.1).
func (s *structure) contentType(v string) {
	const field = "Content-Type"
	plain, comments := withoutComments(v)
	if comments {
		s.doubt(field, "a comment in it, which not every reader skips")
	}
	if strings.Contains(plain, "=?") && strings.Contains(plain, "?=") && encodedStructure(plain) {
		s.doubt(field, "an encoded word where none is allowed")
		s.candidate(decodeWords(plain))
	}
	if strings.IndexByte(v, 0) >= 0 {
		s.doubt(field, "NUL in it")
	}
	word, params := parseParams(v)
	s.types = append(s.types, params...)
	if !isMediaType(word) {
		// "multi part/mixed", "multipart / mixed": some readers close the gap.
		head, _, _ := strings.Cut(plain, ";")
		if squeezed := strings.ToLower(strings.Join(strings.Fields(head), "")); isMediaType(squeezed) && strings.ContainsAny(head, " \t") {
			s.doubt(field, "blanks inside the media type")
			word = squeezed
		} else if strings.Contains(strings.ToLower(v), "multipart/") {
			s.doubt(field, "a multipart for some readers and nothing for others")
			word = "multipart/mixed"
		}
	}
	s.take(word)
	before := len(s.boundaries)
	s.boundary(v)
	if before > 0 && len(s.boundaries) > before {
		s.doubt(field, "several boundaries")
	}
	if n := countParam(params, "boundary"); n > 1 {
		s.doubt(field, "several boundaries")
	}
}

// candidate reads a Content-Type in another way than the usual one.
func (s *structure) candidate(v string) {
	word, params := parseParams(v)
	s.types = append(s.types, params...)
	s.take(word)
	s.boundary(v)
}

// take notes a media type. A multipart wins over a leaf: it shows more.
func (s *structure) take(word string) {
	if isMediaType(word) && (s.media == "" || strings.HasPrefix(word, "multipart/") && !strings.HasPrefix(s.media, "multipart/")) {
		s.media = word
	}
}

// encodedStructure is true for an encoded word that hides more than a file name.
func encodedStructure(v string) bool {
	lower := strings.ToLower(v)
	head, _, _ := strings.Cut(lower, ";")
	if strings.Contains(head, "=?") {
		return true
	}
	i := strings.Index(lower, "boundary")
	if i < 0 {
		return false
	}
	value, _, _ := strings.Cut(lower[i:], ";")
	return strings.Contains(value, "=?")
}

func countParam(params []param, name string) int {
	n := 0
	for _, p := range params {
		if p.name == name && !p.extended {
			n++
		}
	}
	return n
}

// boundary gathers the candidates in one Content-Type field: as RFC 2045 has it,
// and as readers take it that know no quotes, stop at other characters, or keep
// what others drop.
func (s *structure) boundary(v string) {
	const field = "Content-Type"
	v = strings.ReplaceAll(v, "\x00", "")
	_, params := parseParams(v)
	said := 0
	for _, p := range params {
		if p.name != "boundary" {
			continue
		}
		said++
		s.addBoundary(strings.TrimRight(p.value, " \t\r\n"))
		if strings.Trim(p.value, " \t\r\n") != p.value {
			s.doubt(field, "blanks at the end of the boundary")
			s.addBoundary(strings.Trim(p.value, " \t\r\n"))
			s.addBoundary(p.value)
		}
		if p.extended {
			s.doubt(field, "the boundary in the form of RFC 2231")
		}
	}
	lower := lowerASCII(v) // of the same length, whatever bytes are in it
	for from, n := 0, 0; n < maxReadings; n++ {
		i := strings.Index(lower[from:], "boundary")
		if i < 0 {
			break
		}
		i += from + len("boundary")
		from = i
		rest := strings.TrimLeft(v[i:], " \t\r\n")
		if !strings.HasPrefix(rest, "=") {
			if said == 0 || strings.HasPrefix(rest, "*") {
				s.doubt(field, "the boundary is written oddly")
				if _, after, ok := strings.Cut(rest, "="); ok {
					s.spelled(after)
				}
			}
			continue
		}
		said++
		s.spelled(rest[1:])
	}
	if strings.HasPrefix(s.media, "multipart/") && len(s.boundaries) == 0 {
		s.doubt(field, "a multipart without a boundary")
	}
}

// spelled adds the candidates in what follows "boundary=".
func (s *structure) spelled(rest string) {
	const field = "Content-Type"
	trimmed := strings.TrimLeft(rest, " \t\r\n")
	if quote := firstByte(trimmed); quote == '"' || quote == '\'' {
		inner, after, closed := strings.Cut(trimmed[1:], string(quote))
		if !closed {
			s.doubt(field, "the boundary's quotes do not end")
			inner, _, _ = strings.Cut(inner, ";")
			inner = strings.TrimRight(inner, " \t\r\n")
		}
		if quote == '\'' {
			s.doubt(field, "the boundary in quotes that are none")
			s.addBoundary("'" + inner + "'")
		}
		if inner == "" {
			s.doubt(field, "an empty boundary")
		}
		if strings.ContainsRune(inner, '\\') {
			s.doubt(field, "a backslash in the boundary")
			s.addBoundary(strings.ReplaceAll(inner, `\`, ""))
		}
		s.addBoundary(strings.TrimRight(inner, " \t\r\n"))
		for _, stop := range []string{";", ","} {
			if head, _, cut := strings.Cut(inner, stop); cut {
				s.doubt(field, "the boundary can be read in several ways")
				s.addBoundary(strings.TrimRight(head, " \t"))
			}
		}
		after, _, _ = strings.Cut(after, ";")
		if tail := strings.TrimSpace(after); closed && tail != "" && !strings.HasPrefix(tail, "(") && !strings.Contains(tail, "=") {
			s.doubt(field, "the boundary can be read in several ways")
			s.addBoundary(inner + tail)
			s.addBoundary(strings.ReplaceAll(inner+tail, `"`, ""))
			s.addBoundary(inner + strings.TrimLeft(strings.ReplaceAll(tail, `"`, ""), ", "))
		}
		return
	}
	whole, _, _ := strings.Cut(trimmed, ";")
	whole = strings.Trim(whole, " \t\r\n")
	if whole == "" {
		s.doubt(field, "an empty boundary")
		return
	}
	s.addBoundary(whole)
	if bare := strings.ReplaceAll(whole, `"`, ""); bare != whole {
		s.doubt(field, "quotes inside the boundary")
		s.addBoundary(bare)
		s.addBoundary(strings.TrimSuffix(whole, `"`))
	}
	for i := range len(whole) {
		// A blank or a comma ends it for some readers (RFC 2046 §5.1.1 wants
		// quotes around one with these).
		if strings.IndexByte(" \t\r\n,(", whole[i]) < 0 {
			continue
		}
		if i > 0 && !strings.Contains(whole[i:], "=") {
			s.doubt(field, "the boundary can be read in several ways")
		}
		if i > 0 {
			s.boundaries = deleteString(s.boundaries, whole) // without quotes the shorter one is usual
			s.addBoundary(whole[:i])
			s.addBoundary(whole)
		}
		break
	}
}

// lowerASCII is s with its ASCII letters in lower case and nothing else changed.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

func firstByte(s string) byte {
	if s == "" {
		return 0
	}
	return s[0]
}

func deleteString(list []string, s string) []string {
	if i := slices.Index(list, s); i >= 0 {
		return slices.Delete(list, i, i+1)
	}
	return list
}

func (s *structure) addBoundary(b string) {
	if b != "" && len(b) <= maxBoundary && len(s.boundaries) < maxReadings && !slices.Contains(s.boundaries, b) {
		s.boundaries = append(s.boundaries, b)
	}
}

// maxBoundary is more than twice what RFC 2046 §5.1.1 allows.
const maxBoundary = 200

// knownEncodings are the transfer encodings that are undone, by each of their
// names (RFC 2045 §6.1).
var knownEncodings = map[string]string{
	"7bit": "7bit", "8bit": "7bit", "binary": "7bit", "7-bit": "7bit", "8-bit": "7bit",
	"quoted-printable": "quoted-printable", "base64": "base64",
	"x-uuencode": "x-uuencode", "uuencode": "x-uuencode", "x-uue": "x-uuencode", "uue": "x-uuencode",
	"x-yenc": "x-yenc", "yenc": "x-yenc",
}

// encoding reads one Content-Transfer-Encoding field.
func (s *structure) encoding(v string) {
	const field = "Content-Transfer-Encoding"
	word := strings.ToLower(strings.Trim(v, " \t\r\n;"))
	if word == "" {
		s.doubt(field, "an empty transfer encoding")
		return
	}
	if e := knownEncodings[word]; e != "" {
		if len(s.encodings) > 0 && !slices.Contains(s.encodings, e) {
			s.doubt(field, "several transfer encodings")
		}
		s.addEncoding(e)
		return
	}
	s.doubt(field, "not a known transfer encoding")
	for _, text := range []string{v, decodeWords(v)} {
		plain, _ := withoutComments(text)
		for _, t := range []string{plain, text, strings.Join(strings.Fields(plain), "")} {
			for _, w := range strings.FieldsFunc(strings.ToLower(t), func(r rune) bool {
				return r <= ' ' || r >= 0x7f || strings.ContainsRune(`,;:()"'<>=[]\/?*+`, r)
			}) {
				if e := knownEncodings[w]; e != "" {
					s.addEncoding(e)
				}
			}
		}
	}
}

func (s *structure) addEncoding(e string) {
	if !slices.Contains(s.encodings, e) && len(s.encodings) < maxReadings {
		s.encodings = append(s.encodings, e)
	}
}

// primary is the encoding that most readers see, "" for none.
func (s *structure) primary() string {
	if len(s.encodings) == 0 {
		return ""
	}
	return s.encodings[0]
}

// withoutComments takes the comments out of a structured value (RFC 5322
// §3.2.2), and says whether there were any. Parentheses in quotes are none.
func withoutComments(v string) (plain string, had bool) {
	if strings.IndexByte(v, '(') < 0 {
		return v, false
	}
	var b strings.Builder
	depth, inQuotes := 0, false
	for i := 0; i < len(v); i++ {
		c := v[i]
		switch {
		case c == '\\' && i+1 < len(v):
			if depth == 0 {
				b.WriteByte(c)
				b.WriteByte(v[i+1])
			}
			i++
			continue
		case inQuotes:
			inQuotes = c != '"'
		case c == '"' && depth == 0:
			inQuotes = true
		case c == '(':
			depth++
			had = true
			continue
		case c == ')' && depth > 0:
			depth--
			continue
		}
		if depth == 0 {
			b.WriteByte(c)
		}
	}
	return b.String(), had
}
