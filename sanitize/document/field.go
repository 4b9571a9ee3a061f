package document

import (
	"strconv"
	"strings"
)

// maxFields bounds the fields in one another; Word allows 20.
const maxFields = 32

// fields puts together the codes of Word's fields, which are spread over runs and
// lie in one another (ECMA-376 part 1 §17.16).
type fields struct {
	g     *gatherer
	instr strings.Builder
	outer []string // codes begun, of the fields around this one
}

// char takes a field's begin, separator or end.
func (f *fields) char(kind string) {
	switch strings.ToLower(kind) {
	case "begin":
		if len(f.outer) < maxFields {
			f.outer = append(f.outer, f.instr.String())
			f.instr.Reset()
		}
	case "end":
		result := f.finish(f.instr.String())
		f.instr.Reset()
		if n := len(f.outer); n > 0 {
			f.instr.WriteString(f.outer[n-1])
			f.instr.WriteString(result)
			f.outer = f.outer[:n-1]
		}
	}
}

// rest finishes fields that are never ended.
func (f *fields) rest() {
	f.finish(f.instr.String())
	for _, code := range f.outer {
		f.finish(code)
	}
}

// finish reads the code of one field. It gives the field's result where that is
// known: QUOTE 104 116 116 112 writes "http" into the code around it.
func (f *fields) finish(code string) (result string) {
	args := fieldArgs(code)
	if len(args) == 0 {
		return ""
	}
	g := f.g
	name, args := strings.ToUpper(args[0]), args[1:]
	switch {
	case name == "QUOTE":
		var s strings.Builder
		for _, a := range args {
			if n, err := strconv.ParseUint(a, 0, 21); err == nil && n >= 9 {
				s.WriteRune(rune(n))
			} else {
				s.WriteString(a)
			}
		}
		return s.String()
	case name == "SET" && len(args) > 1:
		g.line(args[1])
	case strings.HasPrefix(name, "DDE"):
		g.note(NoteDDE)
		g.line(strings.TrimSpace(code))
		g.command(strings.Join(args, " "))
	case name == "HYPERLINK", name == "INCLUDETEXT", name == "LINK", name == "RD", name == "IMPORT", name == "INCLUDEPICTURE", name == "INCLUDE":
		picture := name == "INCLUDEPICTURE" || name == "IMPORT"
		how := HowField
		if picture {
			how = HowImage
		}
		for i, a := range args {
			if strings.HasPrefix(a, `\`) && !strings.HasPrefix(a, `\\`) {
				continue // a switch
			}
			if i > 0 && (args[i-1] == `\l` || args[i-1] == `\t` || args[i-1] == `\o`) {
				continue // its bookmark, frame or tip
			}
			g.link(strings.ReplaceAll(a, `\\`, `\`), how, picture)
			g.link(a, how, picture)
		}
	}
	return ""
}

// fieldArgs cuts a code into its words; one in quotation marks is one word.
func fieldArgs(code string) []string {
	var args []string
	for code = strings.TrimSpace(code); code != "" && len(args) < 1000; code = strings.TrimLeft(code, " \t\r\n\u00a0") {
		var word string
		if code[0] == '"' {
			word, code, _ = strings.Cut(code[1:], `"`)
		} else if rest, ok := strings.CutPrefix(code, "“"); ok {
			word, code, _ = strings.Cut(rest, "”")
		} else if i := strings.IndexAny(code, " \t\r\n\"\u00a0"); i >= 0 {
			word, code = code[:i], code[i:]
		} else {
			word, code = code, ""
		}
		if word != "" {
			args = append(args, word)
		}
	}
	return args
}
