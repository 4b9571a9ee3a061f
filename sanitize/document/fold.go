package document

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// language says how a script writes comments, strings and their joining.
type language byte

const (
	langJS language = iota
	langVB          // VBA, VBScript, and the formulas of spreadsheets
	langPS          // PowerShell, and batch files as far as they have strings
)

// value is a string that a script writes down, whole or in pieces.
type value struct {
	s        string
	redirect bool // it is where the script sends its reader
	decoded  bool // a function that decodes has made it, or character codes
}

const (
	// maxNested bounds the expressions in one another that are put together, and
	// with them how often a byte is looked at.
	maxNested = 8
	minCodes  = 4 // numbers in a row that may be a string
)

// folder puts together the strings of a script as its language would, without
// running it: literals joined, variables that hold a string, character codes, and
// the functions that scripts hide addresses with. What it does not understand ends
// a string, and loses nothing but the joining.
type folder struct {
	src   string
	pos   int
	lang  language
	vars  map[string]*variable
	out   func(value)
	room  int // bytes that may still be put out
	work  int // bytes that may still be moved about on the way there
	calls []string
	ident string // the last name
	left  string // what is assigned to
	added bool   // with +=
	open  map[byte]int
	full  bool
}

// variable is a string that a script may add to.
type variable struct {
	b     []byte
	s     string // b, where it is known
	grown bool   // was added to, and is put out when the script is over
}

func (v *variable) String() string {
	if len(v.s) != len(v.b) {
		v.s = string(v.b)
	}
	return v.s
}

// foldScript calls out with the strings of a script in their order, with as many
// bytes as have room and at most some times as many as the script has, whatever its
// variables repeat. It reports whether they are all.
func foldScript(src string, lang language, room int, out func(value)) (all bool) {
	f := folder{
		src: src, lang: lang, out: out, vars: map[string]*variable{}, open: map[byte]int{},
		room: min(room, 32*len(src)+(4<<10)), work: 64*len(src) + (4 << 10),
	}
	for !f.full && f.skipBlank() {
		f.step()
	}
	f.left, f.calls = "", nil
	for _, name := range slices.Sorted(maps.Keys(f.vars)) {
		if v := f.vars[name]; v.grown {
			f.put(v.String(), false)
		}
	}
	return !f.full
}

// charge counts n bytes moved, and reports whether they may be.
func (f *folder) charge(n int) bool {
	f.work -= n
	if f.work < 0 {
		f.full = true
	}
	return !f.full
}

// step takes one token of the script, or an expression that is a string.
func (f *folder) step() {
	start := f.pos
	if c := f.src[f.pos]; (c == '(' || c == '[') && f.pos > 0 && f.ident != "" && (isIdent(f.src[f.pos-1]) || f.src[f.pos-1] == ']') {
		// A call or an index, not a string in brackets.
		f.pos++
		if c == '(' {
			f.call()
		}
		return
	}
	added := f.addsToItself() || f.added && len(f.calls) == 0
	f.added = false
	if e, ok := f.chain(0); ok {
		e.added = added && e.list == nil
		f.emit(e)
		return
	}
	f.pos = start
	c := f.src[f.pos]
	if isIdent(c) {
		f.name()
		return
	}
	f.pos++
	switch c {
	case '(':
		f.call()
	case ')':
		if n := len(f.calls); n > 0 {
			f.calls = f.calls[:n-1]
		}
	case '=':
		if f.peek() != '=' && f.peek() != '>' && f.ident != "" {
			f.left = f.ident
			f.added = f.pos >= 2 && (f.src[f.pos-2] == '+' || f.src[f.pos-2] == '&')
		}
	case ':':
		f.left = f.ident
	case ';', '{', '}', '\n':
		f.left, f.ident, f.calls = "", "", f.calls[:0]
	case '/':
		if f.lang == langJS {
			f.skipRegexp()
		}
	}
}

// call goes into the brackets of a call.
func (f *folder) call() {
	if len(f.calls) < 64 {
		f.calls = append(f.calls, f.ident)
	}
	f.ident = ""
}

// addsToItself goes past "x +" in x = x + "…", the older form of x += "…".
func (f *folder) addsToItself() bool {
	rest, ok := cutPrefixFold(f.src[f.pos:], f.left)
	if f.left == "" || len(f.calls) > 0 || !ok || f.vars[f.fold(f.left)] == nil {
		return false
	}
	operator := strings.TrimLeft(rest[:min(len(rest), 16)], " \t")
	if operator == "" || operator[0] != '+' && operator[0] != '&' {
		return false
	}
	start := f.pos
	f.pos = len(f.src) - len(rest)
	f.skipBlank()
	f.pos++
	f.blankInside()
	if f.pos < len(f.src) {
		if c := f.src[f.pos]; c == '"' || c == '\'' || c == '`' || isIdent(c) {
			return true
		}
	}
	f.pos = start
	return false
}

func (f *folder) peek() byte {
	if f.pos < len(f.src) {
		return f.src[f.pos]
	}
	return 0
}

// name reads a name with its dots.
func (f *folder) name() {
	start := f.pos
	for f.pos < len(f.src) && (isIdent(f.src[f.pos]) || f.src[f.pos] == '.') {
		f.pos++
	}
	f.ident = f.src[start:f.pos]
	if len(f.ident) > 200 {
		f.ident = f.ident[len(f.ident)-200:]
	}
	if f.lang == langVB && strings.EqualFold(f.ident, "rem") {
		f.skipLine()
	}
}

func isIdent(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$' || c >= 0x80
}

// put puts out one string.
func (f *folder) put(s string, decoded bool) {
	if f.room -= len(s) + 16; f.room < 0 {
		f.full = true
		return
	}
	f.out(value{s, isLocation(f.left) || slices.ContainsFunc(f.calls[max(0, len(f.calls)-4):], opensPage), decoded})
}

// emit puts out the strings of an expression and remembers what they are assigned
// to.
func (f *folder) emit(e expression) {
	if !e.added {
		for _, s := range e.strings() {
			f.put(s, e.decoded)
		}
	}
	// window["location"]["href"] is a name as well.
	if f.peek() == ']' && e.list == nil && len(e.s) < 20 {
		f.ident += "." + e.s
		f.pos++
		return
	}
	if f.left == "" || e.list != nil || strings.Contains(f.left, ".") || len(f.calls) > 0 {
		return
	}
	name := f.fold(f.left)
	v := f.vars[name]
	if v == nil {
		if len(f.vars) >= 10000 {
			return
		}
		v = &variable{}
		f.vars[name] = v
	}
	if !e.added {
		if v.grown { // what was put together so far is lost otherwise
			f.put(v.String(), false)
		}
		*v = variable{b: []byte(e.s), s: e.s}
		return
	}
	if f.charge(len(e.s)) {
		v.b = append(v.b, e.s...)
		v.grown = true
	}
}

// fold gives a name as the language compares it.
func (f *folder) fold(name string) string {
	if f.lang == langJS {
		return name
	}
	return strings.ToLower(name)
}

// skipBlank goes to the next token that is neither blank nor comment.
func (f *folder) skipBlank() bool {
	for f.pos < len(f.src) {
		rest := f.src[f.pos:]
		switch c := rest[0]; {
		case c == '\n' && f.lang != langJS:
			return true // ends a statement
		case c <= ' ':
			f.pos++
		case f.lang == langVB && c == '_' && len(rest) > 1 && (rest[1] == '\r' || rest[1] == '\n'), f.lang == langPS && c == '`' && len(rest) > 1 && (rest[1] == '\r' || rest[1] == '\n'):
			f.pos += 2
			if rest[1] == '\r' && f.peek() == '\n' {
				f.pos++
			}
		case c == '/' && f.lang == langJS && strings.HasPrefix(rest, "//"), c == '\'' && f.lang == langVB, c == '#' && f.lang == langPS:
			f.skipLine()
		case c == '/' && f.lang == langJS && strings.HasPrefix(rest, "/*"):
			f.skipPast(2, "*/")
		case c == '<' && f.lang == langPS && strings.HasPrefix(rest, "<#"):
			f.skipPast(2, "#>")
		default:
			return true
		}
	}
	return false
}

func (f *folder) skipLine() {
	if n := strings.IndexByte(f.src[f.pos:], '\n'); n >= 0 {
		f.pos += n
	} else {
		f.pos = len(f.src)
	}
}

func (f *folder) skipPast(from int, end string) {
	if n := strings.Index(f.src[f.pos+from:], end); n >= 0 {
		f.pos += from + n + len(end)
	} else {
		f.pos = len(f.src)
	}
}

// skipRegexp skips a regular expression, so that a quote in it begins no string.
func (f *folder) skipRegexp() {
	before := strings.TrimRight(f.src[max(0, f.pos-16):f.pos-1], " \t")
	if before != "" && !strings.ContainsAny(before[len(before)-1:], "(,=:[!&|?{};+\n") {
		return // a division
	}
	if s, end, ok := regexpAt(f.src, f.pos-1); ok && s != "" {
		f.pos = end
	}
}

// regexpAt reads the regular expression that begins with the slash at pos. It is
// on one line and not longer than 1 KiB.
func regexpAt(src string, pos int) (pattern string, end int, ok bool) {
	class := false
	for i := pos + 1; i < min(len(src), pos+1024); i++ {
		switch src[i] {
		case '\\':
			i++
		case '[':
			class = true
		case ']':
			class = false
		case '\n':
			return "", 0, false
		case '/':
			if !class {
				end = i + 1
				for end < len(src) && isIdent(src[end]) {
					end++
				}
				return src[pos+1 : i], end, true
			}
		}
	}
	return "", 0, false
}

// number reads an integer at pos, decimal or as the language writes hex.
func (f *folder) number() (n int, ok bool) {
	i, base := f.pos, 10
	rest := f.src[i:]
	if hasPrefixFold(rest, "0x") || hasPrefixFold(rest, "&h") {
		i, base = i+2, 16
	}
	start := i
	for i < len(f.src) && i-start < 9 && (f.src[i] >= '0' && f.src[i] <= '9' || base == 16 && strings.IndexByte("abcdefABCDEF", f.src[i]) >= 0) {
		i++
	}
	v, err := strconv.ParseUint(f.src[start:i], base, 31)
	if err != nil || i < len(f.src) && isIdent(f.src[i]) {
		return 0, false
	}
	f.pos = i
	if f.peek() == '&' && base == 16 { // &H41& is a long
		f.pos++
	}
	return int(v), true
}

// codes reads numbers with commas between them, as a string if they are character
// codes: each a byte, or some of them larger characters.
func (f *folder) codes(atLeast int) (string, bool) {
	var s []byte
	n, wide := 0, false
	var runes []rune
	for {
		f.blankInside()
		v, ok := f.number()
		if !ok || v > utf8.MaxRune {
			break
		}
		if v > 0xff && !wide {
			wide = true
			for _, b := range s {
				runes = append(runes, rune(b))
			}
		}
		if wide {
			runes = append(runes, rune(v))
		} else {
			s = append(s, byte(v))
		}
		n++
		f.blankInside()
		if f.peek() != ',' {
			break
		}
		f.pos++
	}
	if n < atLeast {
		return "", false
	}
	if wide {
		return string(runes), true
	}
	return string(s), true
}

// blankInside skips blanks, line ends and comments within an expression.
func (f *folder) blankInside() {
	for f.skipBlank() && f.src[f.pos] == '\n' {
		f.pos++
	}
}
