package pdf

import (
	"bytes"
	"strconv"
)

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

func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == 0
}

func isDelimiter(c byte) bool { return bytes.IndexByte([]byte("()<>[]{}/%"), c) >= 0 }

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
	for p.i < len(p.b) && !isSpace(p.b[p.i]) && !isDelimiter(p.b[p.i]) {
		p.i++
	}
	word := string(p.b[start:min(p.i, start+64)])
	switch word {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return nil
	}
	if c := word[0]; c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' {
		if n, err := strconv.ParseFloat(word, 64); err == nil {
			return n
		}
	}
	return keyword(word)
}

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
	for p.i < len(p.b) && !isSpace(p.b[p.i]) && !isDelimiter(p.b[p.i]) && len(out) < 256 {
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
			case '\r':
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
