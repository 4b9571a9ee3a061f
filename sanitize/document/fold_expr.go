package document

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// expression is what an expression of strings comes to: a string, or a list.
type expression struct {
	s     string
	list  []string // not nil for a list
	added bool     // stands behind +=
	// decoded is true where a function that decodes has made part of it.
	decoded bool
}

func (e expression) strings() []string {
	if e.list != nil {
		return e.list
	}
	return []string{e.s}
}

// chain reads strings joined by an operator. Where a part is none, the chain ends
// before it. At the outermost level a variable alone, or a single number, is no
// chain worth telling.
func (f *folder) chain(nested int) (expression, bool) {
	e := expression{}
	first, ok := f.term(nested)
	if !ok {
		return e, false
	}
	if first.list != nil {
		return first, true
	}
	parts := []string{first.s}
	e.decoded = first.decoded
	size := len(first.s)
	for {
		after := f.pos
		f.blankBeforeOperator()
		c := f.peek()
		if c != '+' && !(c == '&' && f.lang == langVB) || strings.HasPrefix(f.src[f.pos:], "+=") || strings.HasPrefix(f.src[f.pos:], "++") {
			f.pos = after
			break
		}
		f.pos++
		f.blankInside()
		next, ok := f.term(nested)
		if !ok || next.list != nil || size+len(next.s) > f.room {
			f.pos = after
			if ok { // too long or a list: read again as something of its own
				f.pos++
			}
			break
		}
		parts = append(parts, next.s)
		e.decoded = e.decoded || next.decoded
		size += len(next.s)
	}
	e.s = parts[0]
	if len(parts) > 1 {
		e.s = strings.Join(parts, "")
	}
	return e, true
}

// blankBeforeOperator skips blanks, and a line's end where the operator follows
// on the next line.
func (f *folder) blankBeforeOperator() {
	start := f.pos
	f.skipBlank()
	if f.lang != langJS && f.peek() == '\n' {
		f.pos = start
		for f.pos < len(f.src) && (f.src[f.pos] == ' ' || f.src[f.pos] == '\t') {
			f.pos++
		}
	}
}

// term reads one part of a chain, with the methods called on it.
func (f *folder) term(nested int) (expression, bool) {
	if nested > maxNested || f.pos >= len(f.src) {
		return expression{}, false
	}
	start := f.pos
	e, ok := f.primary(nested)
	if !ok {
		f.pos = start
		return e, false
	}
	return f.methods(e, nested), true
}

func (f *folder) primary(nested int) (expression, bool) {
	c := f.src[f.pos]
	switch {
	case c == '"', c == '\'' && f.lang != langVB, c == '`' && f.lang == langJS:
		s, ok := f.literal(c)
		return expression{s: s}, ok
	case c == '@' && f.lang == langPS && f.pos+1 < len(f.src) && (f.src[f.pos+1] == '"' || f.src[f.pos+1] == '\''):
		return f.hereString(f.src[f.pos+1])
	case c == '[' && f.lang == langPS && hasPrefixFold(f.src[f.pos:], "[char]"):
		f.pos += 6
		n, ok := f.number()
		if f.peek() == '(' && !ok {
			f.pos++
			n, ok = f.number()
			ok = ok && f.closing(')')
		}
		return expression{s: string(rune(n))}, ok && n <= utf8.MaxRune
	case c == '[' && f.lang == langJS:
		return f.listOf(']', nested)
	case c == '(' || c == '@' && strings.HasPrefix(f.src[f.pos:], "@("):
		if c == '@' {
			f.pos++
		}
		return f.listOf(')', nested)
	case c >= '0' && c <= '9', c == '&' && hasPrefixFold(f.src[f.pos:], "&h"):
		if f.pos > 0 && isIdent(f.src[f.pos-1]) {
			return expression{}, false
		}
		s, ok := f.codes(minCodes)
		return expression{s: s, decoded: true}, ok
	case isIdent(c):
		return f.named(nested)
	}
	return expression{}, false
}

// listOf reads strings with commas between them. A list in round brackets of one
// string is that string.
func (f *folder) listOf(end byte, nested int) (expression, bool) {
	f.pos++
	var list []string
	decoded := false
	for {
		f.blankInside()
		if f.peek() == end && list != nil {
			break
		}
		e, ok := f.chain(nested + 1)
		if !ok || e.list != nil {
			return expression{}, false
		}
		list = append(list, e.s)
		decoded = decoded || e.decoded
		f.blankInside()
		if f.peek() == ',' {
			f.pos++
		} else if f.peek() != end {
			return expression{}, false
		}
	}
	f.pos++
	if end == ')' && len(list) == 1 {
		return expression{s: list[0], decoded: decoded}, true
	}
	return expression{list: list, decoded: decoded}, true
}

func (f *folder) closing(c byte) bool {
	f.blankInside()
	if f.peek() != c {
		return false
	}
	f.pos++
	return true
}

// arguments reads the strings a function is given, in its brackets.
func (f *folder) arguments(nested int) ([]string, bool) {
	f.blankInside()
	if f.peek() != '(' {
		return nil, false
	}
	start := f.pos
	f.pos++
	if f.closing(')') {
		return []string{}, true
	}
	f.pos = start
	e, ok := f.listOf(')', nested)
	return e.strings(), ok
}

// named reads a variable that holds a string, or a call of a function that gives
// one.
func (f *folder) named(nested int) (expression, bool) {
	if f.pos > 0 && (isIdent(f.src[f.pos-1]) || f.src[f.pos-1] == '.') {
		return expression{}, false
	}
	start := f.pos
	for f.pos < len(f.src) && f.pos-start < 200 && (isIdent(f.src[f.pos]) || f.src[f.pos] == '.' || f.src[f.pos] == ':' && f.lang == langPS) {
		f.pos++
	}
	name := f.src[start:f.pos]
	// A method of a variable: the name is what stands before the last dot.
	if i := strings.IndexByte(name, '.'); i > 0 {
		if v := f.vars[f.fold(name[:i])]; v != nil && strings.Count(name, ".") == 1 {
			f.pos = start + i
			return expression{s: v.String()}, f.charge(len(v.b))
		}
	}
	last := strings.TrimSuffix(strings.ToLower(name[strings.LastIndexAny(name, ".:")+1:]), "$") // Chr$ of Basic
	if (strings.Contains(name, ".") || f.lang != langVB) && (last == "replace" || last == "split" || last == "join" || last == "array") {
		last = "" // location.replace; on a string it is a method
	}
	switch last {
	case "fromcharcode", "fromcodepoint", "chr", "chrw", "chrb":
		f.blankInside()
		if f.peek() != '(' {
			return expression{}, false
		}
		f.pos++
		s, ok := f.codes(1)
		return expression{s: s, decoded: len(s) > 1}, ok && f.closing(')')
	case "atob", "unescape", "decodeuri", "decodeuricomponent", "strreverse", "frombase64string", "replace":
		args, ok := f.arguments(nested + 1)
		if !ok || len(args) == 0 {
			return expression{}, false
		}
		s, ok := evaluate(last, args)
		return expression{s: s, decoded: last != "replace"}, ok
	case "array", "split", "join":
		args, ok := f.arguments(nested + 1)
		if !ok || len(args) == 0 {
			return expression{}, false
		}
		return expression{list: args}, true
	}
	v := f.vars[f.fold(name)]
	if v == nil {
		return expression{}, false
	}
	after := f.pos
	f.skipBlank()
	// What is assigned to or called is no value.
	c, next := f.peek(), byte(0)
	if f.pos+1 < len(f.src) {
		next = f.src[f.pos+1]
	}
	f.pos = after
	if c == '=' && next != '=' || c == '(' || (c == '+' || c == '&') && next == '=' {
		return expression{}, false
	}
	return expression{s: v.String()}, f.charge(len(v.b))
}

// evaluate does what a function of that name does to strings.
func evaluate(name string, args []string) (string, bool) {
	switch name {
	case "atob", "frombase64string":
		b := decodeBase64(args[0])
		return string(b), len(b) > 0
	case "unescape", "decodeuri", "decodeuricomponent":
		return unescapePercent(args[0]), true
	case "strreverse":
		return reversed(args[0]), true
	case "replace":
		if len(args) >= 3 && args[1] != "" && len(args[2]) <= len(args[1]) {
			return strings.ReplaceAll(args[0], args[1], args[2]), true
		}
	}
	return args[0], true
}

// methods applies the methods called on a string or list: those that scripts hide
// addresses with. Another one is left to the caller.
func (f *folder) methods(e expression, nested int) expression {
	var parted []string // of a string that was split and not joined again
	for {
		after := f.pos
		name, args, ok := f.method(nested)
		if !ok {
			f.pos = after
			return e
		}
		if !f.charge(len(e.s) + 16*len(e.list)) {
			return e
		}
		list := e.list
		if parted != nil {
			list = parted
		}
		switch name {
		case "split":
			if len(args) == 0 || strings.Count(e.s, args[0]) > 1<<16 {
				return e
			}
			parted = strings.Split(e.s, args[0])
		case "reverse":
			if list == nil {
				return e
			}
			list = slices.Clone(list)
			slices.Reverse(list)
			if parted != nil {
				parted = list
			} else {
				e.list = list
			}
		case "join", "-join":
			sep := ","
			if len(args) > 0 {
				sep = args[0]
			}
			if list == nil || len(list)*len(sep) > 1<<20 {
				return e
			}
			e, parted = expression{s: strings.Join(list, sep), decoded: e.decoded}, nil
		case "concat":
			if e.list != nil {
				return e
			}
			e.s += strings.Join(args, "")
		case "replace", "replaceall", "-replace", "-creplace", "-ireplace":
			if e.list != nil || len(args) != 2 || args[0] == "" || !f.charge(strings.Count(e.s, args[0])*len(args[1])) {
				return e
			}
			e.s = strings.ReplaceAll(e.s, args[0], args[1])
		case "-f":
			e.s = format(e.s, args)
		}
	}
}

// method reads a method's name and the strings it is given. Of a regular
// expression only one that means a plain string is taken for it.
func (f *folder) method(nested int) (name string, args []string, ok bool) {
	f.blankBeforeOperator()
	if f.lang == langPS && f.peek() == '-' {
		start := f.pos
		f.pos++
		for f.pos < len(f.src) && f.src[f.pos] >= 'A' {
			f.pos++
		}
		name = strings.ToLower(f.src[start:f.pos])
		switch name {
		case "-join", "-replace", "-creplace", "-ireplace", "-f":
		default:
			return "", nil, false
		}
		for {
			f.blankInside()
			if f.pos >= len(f.src) || f.src[f.pos] != '"' && f.src[f.pos] != '\'' {
				return name, args, len(args) > 0
			}
			s, ok := f.literal(f.src[f.pos])
			if !ok {
				return "", nil, false
			}
			args = append(args, s)
			after := f.pos
			f.blankBeforeOperator()
			if f.peek() != ',' {
				f.pos = after
				return name, args, true
			}
			f.pos++
		}
	}
	if f.peek() != '.' {
		return "", nil, false
	}
	f.pos++
	f.blankInside()
	start := f.pos
	for f.pos < len(f.src) && f.pos-start < 20 && isIdent(f.src[f.pos]) {
		f.pos++
	}
	name = strings.ToLower(f.src[start:f.pos])
	switch name {
	case "replace", "replaceall":
		f.blankInside()
		open := f.pos
		if f.peek() == '(' {
			f.pos++
			f.blankInside()
			if f.peek() == '/' {
				pattern, end, ok := regexpAt(f.src, f.pos)
				if !ok {
					return "", nil, false
				}
				f.pos = end
				if !f.closing(',') {
					return "", nil, false
				}
				f.blankInside()
				with, ok := f.chain(nested + 1)
				return name, []string{plainPattern(pattern), with.s}, ok && f.closing(')')
			}
		}
		f.pos = open
	case "split", "join", "reverse", "concat", "tostring", "trim", "tolowercase", "valueof":
	default:
		return "", nil, false
	}
	args, ok = f.arguments(nested + 1)
	return name, args, ok
}

// plainPattern gives the string that a regular expression means, "" where it
// means more than one.
func plainPattern(p string) string {
	var s strings.Builder
	for i := 0; i < len(p); i++ {
		switch c := p[i]; {
		case c == '\\' && i+1 < len(p) && !isIdent(p[i+1]):
			i++
			s.WriteByte(p[i])
		case strings.IndexByte(`\.[](){}*+?^$|`, c) >= 0:
			return ""
		default:
			s.WriteByte(c)
		}
	}
	return s.String()
}

// format is the operator -f of PowerShell: "{1}{0}" -f "b","a".
func format(s string, args []string) string {
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "{")
		out.WriteString(before)
		if !ok || out.Len() > 1<<20 {
			return out.String()
		}
		number, after, ok := strings.Cut(rest, "}")
		n, err := strconv.Atoi(number)
		if !ok || err != nil || n < 0 || n >= len(args) {
			out.WriteByte('{')
			s = rest
			continue
		}
		out.WriteString(args[n])
		s = after
	}
}
