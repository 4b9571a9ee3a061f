package rtf

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// field reads one field instruction (RTF 1.9.1, "Fields"; ECMA-376 part 1
// §17.16): a name, arguments, and switches that begin with a backslash.
func (s *scan) field(r *reader, instruction string) {
	args := fieldArgs(instruction)
	if len(args) == 0 {
		return
	}
	name := strings.ToUpper(args[0].text)
	if parent := r.top(); parent.kind == destField {
		// A field inside an instruction stands for its result; QUOTE with character
		// numbers is a known way to hide a command, so its result is worked out.
		parent.quote = name == "QUOTE"
		if parent.quote {
			s.pass(r, []byte(quoted(args[1:])))
			return
		}
	}
	switch name {
	case "HYPERLINK":
		s.hyperlink(args[1:])
	case "INCLUDEPICTURE", "INCLUDETEXT", "INCLUDE", "IMPORT":
		if name == "INCLUDE" {
			name = "INCLUDETEXT"
		}
		for _, a := range args[1:] {
			if !a.option {
				s.link(a.text, strings.ToLower(name), true)
				break
			}
		}
	case "LINK":
		// LINK class file range switches
		plain := 0
		for _, a := range args[1:] {
			if a.option {
				continue
			}
			if plain++; plain == 2 && elsewhere(a.text) {
				s.link(a.text, "link", true)
			}
		}
	case "DDE", "DDEAUTO":
		s.note(NoteDDE)
		for _, url := range urlsIn(instruction) {
			s.link(url, "dde", true)
		}
	}
}

// hyperlink reads HYPERLINK's arguments: the address and, behind \l, a place in
// it. A place alone is in this document.
func (s *scan) hyperlink(args []fieldArg) {
	url, place := "", ""
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case !a.option:
			if url == "" {
				url = a.text
			}
		case i+1 < len(args) && !args[i+1].option && strings.ContainsAny(a.text, `lotLOT*`):
			if i++; strings.EqualFold(a.text, `\l`) {
				place = args[i].text
			}
		}
	}
	if url == "" {
		return
	}
	if place != "" && !strings.Contains(url, "#") {
		url += "#" + place
	}
	s.link(url, "hyperlink", false)
}

// fieldArg is one argument of a field instruction. An option is a switch, its
// text with the backslash.
type fieldArg struct {
	text   string
	option bool
}

// fieldArgs cuts an instruction into arguments. Inside quotation marks, straight
// or typographic, a backslash takes the next character as it is.
func fieldArgs(in string) []fieldArg {
	var args []fieldArg
	for {
		in = strings.TrimLeft(in, " \t\r\n\u00a0\u3000")
		if in == "" {
			return args
		}
		var a fieldArg
		first, size := utf8.DecodeRuneInString(in)
		switch {
		case quotes(first):
			a.text, in = untilQuote(in[size:])
		case first == '\\' && len(in) > 1 && in[1] != '\\':
			a.option = true
			n := 1
			_, size = utf8.DecodeRuneInString(in[n:])
			n += size
			a.text, in = in[:n], in[n:]
		default:
			n := strings.IndexAny(in, " \t\r\n\"“”")
			if n < 0 {
				n = len(in)
			}
			a.text, in = strings.ReplaceAll(in[:n], `\\`, `\`), in[n:]
		}
		args = append(args, a)
	}
}

func quotes(r rune) bool { return r == '"' || r == '“' || r == '”' || r == '„' }

// untilQuote is the quoted text, with escapes undone, and what follows it. An
// unclosed quotation goes to the end. A backslash before any other character is
// one that its writer forgot to double.
func untilQuote(in string) (text, rest string) {
	var b strings.Builder
	for i := 0; i < len(in); {
		c, size := utf8.DecodeRuneInString(in[i:])
		if quotes(c) {
			return b.String(), in[i+size:]
		}
		if c == '\\' {
			if next, n := utf8.DecodeRuneInString(in[i+1:]); next == '\\' || quotes(next) {
				i, size = i+1, n
			}
		}
		b.WriteString(in[i : i+size])
		i += size
	}
	return b.String(), ""
}

// quoted is the result of QUOTE: its texts, and its numbers as characters.
func quoted(args []fieldArg) string {
	var b strings.Builder
	for _, a := range args {
		if a.option {
			continue
		}
		if n, err := strconv.ParseInt(a.text, 0, 32); err == nil && n >= 0 && n <= utf8.MaxRune {
			b.WriteRune(rune(n))
			continue
		}
		b.WriteString(a.text)
	}
	return b.String()
}

// urlsIn are the addresses in a command line.
func urlsIn(s string) []string {
	var urls []string
	for {
		i := strings.Index(s, "://")
		if i < 0 {
			return urls
		}
		from := i
		for from > 0 && isLetter(s[from-1]) {
			from--
		}
		to := i + len("://")
		if n := strings.IndexAny(s[to:], " \t\r\n\"'`()<>;,|\\“”‘’"); n >= 0 {
			to += n
		} else {
			to = len(s)
		}
		if from < i && to > i+len("://") {
			urls = append(urls, s[from:to])
		}
		s = s[to:]
	}
}
