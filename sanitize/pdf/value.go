package pdf

// A value is one of: nil, bool, float64, name, str, array, dict, ref, keyword.
type value any

type (
	name    string
	str     []byte
	array   []value
	dict    map[name]value
	ref     struct{ number, generation int }
	keyword string
)

// parser reads values (ISO 32000-2 §7.3).
type parser struct {
	b    []byte
	i    int
	most int // values in one another
}

const maxItems = 100_000 // of one array or dictionary

func isSpace(c byte) bool { return class[c] == space }

// class tells the bytes that end a word (§7.2.3).
var class = [256]byte{
	0: space, '\t': space, '\n': space, '\f': space, '\r': space, ' ': space,
	'(': delimiter, ')': delimiter, '<': delimiter, '>': delimiter, '[': delimiter, ']': delimiter, '{': delimiter, '}': delimiter,
	'/': delimiter, '%': delimiter,
}

const (
	space = 1 + iota
	delimiter
)

func (p *parser) space() {
	for p.i < len(p.b) {
		switch c := p.b[p.i]; {
		case isSpace(c):
			p.i++
		case c == '%':
			for p.i < len(p.b) && p.b[p.i] != '\n' && p.b[p.i] != '\r' {
				p.i++
			}
		default:
			return
		}
	}
}

// end is the keyword at the end of the input.
const end = keyword("")

// operators holds the commonest words of content streams, so that reading them
// allocates nothing.
var operators = map[string]value{
	"BT": keyword("BT"), "ET": keyword("ET"), "Tf": keyword("Tf"), "Td": keyword("Td"), "TD": keyword("TD"), "Tm": keyword("Tm"),
	"T*": keyword("T*"), "Tj": keyword("Tj"), "TJ": keyword("TJ"), "Tc": keyword("Tc"), "Tw": keyword("Tw"), "Tz": keyword("Tz"),
	"TL": keyword("TL"), "Ts": keyword("Ts"), "Tr": keyword("Tr"), "'": keyword("'"), "\"": keyword("\""), "q": keyword("q"), "Q": keyword("Q"),
	"cm": keyword("cm"), "re": keyword("re"), "m": keyword("m"), "l": keyword("l"), "c": keyword("c"), "v": keyword("v"), "y": keyword("y"),
	"h": keyword("h"), "f": keyword("f"), "F": keyword("F"), "f*": keyword("f*"), "B": keyword("B"), "B*": keyword("B*"), "b": keyword("b"),
	"b*": keyword("b*"), "n": keyword("n"), "S": keyword("S"), "s": keyword("s"), "W": keyword("W"), "W*": keyword("W*"), "g": keyword("g"),
	"G": keyword("G"), "rg": keyword("rg"), "RG": keyword("RG"), "k": keyword("k"), "K": keyword("K"), "cs": keyword("cs"), "CS": keyword("CS"),
	"sc": keyword("sc"), "SC": keyword("SC"), "scn": keyword("scn"), "SCN": keyword("SCN"), "w": keyword("w"), "J": keyword("J"),
	"j": keyword("j"), "M": keyword("M"), "d": keyword("d"), "i": keyword("i"), "gs": keyword("gs"), "ri": keyword("ri"), "Do": keyword("Do"),
	"BI": keyword("BI"), "ID": keyword("ID"), "EI": keyword("EI"), "BDC": keyword("BDC"), "BMC": keyword("BMC"), "EMC": keyword("EMC"),
	"DP": keyword("DP"), "MP": keyword("MP"), "sh": keyword("sh"), "R": keyword("R"), "obj": keyword("obj"), "endobj": keyword("endobj"),
	"stream": keyword("stream"), "endstream": keyword("endstream"), "xref": keyword("xref"),
}

// value reads one value. A reference is seen only by [parser.composite], which
// looks two numbers ahead.
func (p *parser) value(depth int) value {
	p.space()
	if p.i >= len(p.b) {
		return end
	}
	switch c := p.b[p.i]; {
	case c == '/':
		return p.name()
	case c == '(':
		return p.literal()
	case c == '<':
		if p.i+1 < len(p.b) && p.b[p.i+1] == '<' {
			p.i += 2
			return p.dict(depth)
		}
		return p.hex()
	case c == '[':
		p.i++
		return array(p.items(']', depth))
	case c == ']' || c == '}' || c == '{' || c == ')':
		p.i++
		return keyword(rune(c))
	case c == '>':
		p.i++
		if p.i < len(p.b) && p.b[p.i] == '>' {
			p.i++
			return keyword(">>")
		}
		return keyword(">")
	}
	start := p.i
	for p.i < len(p.b) && class[p.b[p.i]] == 0 {
		p.i++
	}
	bare := p.b[start:min(p.i, start+64)]
	if c := bare[0]; c <= '9' {
		if n, ok := number(bare); ok {
			return n
		}
	}
	if k, ok := operators[string(bare)]; ok {
		return k
	}
	word := string(bare)
	switch word {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return nil
	}
	return keyword(word)
}

// number reads a number of at most 15 digits, without an exponent; readers take
// "--5" and "1.2.3" for numbers too.
func number(b []byte) (float64, bool) {
	negative, digits, point := false, 0, -1
	n := 0.0
	for i, c := range b {
		switch {
		case c >= '0' && c <= '9':
			if digits++; digits <= 15 {
				n = n*10 + float64(c-'0')
			} else if point < 0 {
				n *= 10
			}
		case c == '-' && digits == 0:
			negative = true
		case c == '+' && i == 0:
		case c == '.' && point < 0:
			point = min(digits, 15)
		case c == '.' && digits > 0:
			return signed(n, negative, point, digits), true
		default:
			return 0, false
		}
	}
	return signed(n, negative, point, digits), digits > 0 || point >= 0
}

func signed(n float64, negative bool, point, digits int) float64 {
	if point >= 0 {
		n /= powers[max(0, min(digits, 15)-point)]
	}
	if negative {
		return -n
	}
	return n
}

var powers = [16]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// items reads values up to the closing bracket and makes references of "1 0 R".
func (p *parser) items(close byte, depth int) []value {
	var list []value
	if depth >= p.most {
		p.skipTo(close)
		return nil
	}
	for len(list) < maxItems {
		v := p.value(depth + 1)
		if k, ok := v.(keyword); ok {
			switch {
			case k == end, len(k) == 1 && k[0] == close, close == '>' && k == ">>":
				return list
			case k == "R" && len(list) >= 2:
				n, ok1 := list[len(list)-2].(float64)
				g, ok2 := list[len(list)-1].(float64)
				if ok1 && ok2 && n >= 0 && n < 1<<31 && g >= 0 && g < 1<<16 {
					list = append(list[:len(list)-2], ref{int(n), int(g)})
				}
				continue
			case k == "endobj", k == "stream", k == "endstream", k == "obj", k == "xref", k == "trailer":
				p.i -= len(k) // it belongs to whoever reads objects
				return list
			}
			continue
		}
		list = append(list, v)
	}
	return list
}

// skipTo passes over what lies too deep.
func (p *parser) skipTo(close byte) {
	for p.i < len(p.b) && p.b[p.i] != close {
		p.i++
	}
	p.i = min(len(p.b), p.i+1)
}

func (p *parser) dict(depth int) value {
	list := p.items('>', depth)
	d := dict{}
	for i := 0; i+1 < len(list); {
		k, ok := list[i].(name)
		if !ok {
			i++
			continue
		}
		if _, have := d[k]; !have {
			d[k] = list[i+1]
		}
		i += 2
	}
	return d
}

// name reads a name with its #xx escapes undone.
func (p *parser) name() value {
	p.i++
	var out []byte
	for p.i < len(p.b) && class[p.b[p.i]] == 0 && len(out) < 256 {
		c := p.b[p.i]
		if c == '#' && p.i+2 < len(p.b) {
			h, ok1 := hexDigit(p.b[p.i+1])
			l, ok2 := hexDigit(p.b[p.i+2])
			if ok1 && ok2 {
				c = h<<4 | l
				p.i += 2
			}
		}
		out = append(out, c)
		p.i++
	}
	return name(out)
}

// literal reads a string in parentheses.
func (p *parser) literal() value {
	p.i++
	var out []byte
	depth := 1
	for p.i < len(p.b) {
		c := p.b[p.i]
		p.i++
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return str(out)
			}
		case '\\':
			if p.i >= len(p.b) {
				return str(out)
			}
			c = p.b[p.i]
			p.i++
			switch c {
			case 'n':
				c = '\n'
			case 'r':
				c = '\r'
			case 't':
				c = '\t'
			case 'b':
				c = '\b'
			case 'f':
				c = '\f'
			case '\r': // the line goes on
				if p.i < len(p.b) && p.b[p.i] == '\n' {
					p.i++
				}
				continue
			case '\n':
				continue
			case '0', '1', '2', '3', '4', '5', '6', '7':
				n := int(c - '0')
				for k := 0; k < 2 && p.i < len(p.b) && p.b[p.i] >= '0' && p.b[p.i] <= '7'; k++ {
					n = n<<3 | int(p.b[p.i]-'0')
					p.i++
				}
				c = byte(n)
			}
		}
		out = append(out, c)
	}
	return str(out)
}

// hex reads a string in angle brackets.
func (p *parser) hex() value {
	p.i++
	var out []byte
	half, digit := false, byte(0)
	for p.i < len(p.b) {
		c := p.b[p.i]
		p.i++
		if c == '>' {
			break
		}
		d, ok := hexDigit(c)
		if !ok {
			continue
		}
		if half {
			out = append(out, digit<<4|d)
		}
		half, digit = !half, d
	}
	if half {
		out = append(out, digit<<4)
	}
	return str(out)
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
