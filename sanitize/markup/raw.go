package markup

import "strings"

// rawElement is the name of an element in whose text no tag counts but its own end
// (HTML §13.2.6.2), "" for others.
func rawElement(name string) string {
	switch len(name) {
	case 3, 5, 6, 7, 8, 9:
	default:
		return ""
	}
	switch name[0] | 0x20 {
	case 'i', 'n', 'p', 's', 't', 'x':
	default:
		return ""
	}
	switch name = lower(name); name {
	case "iframe", "noembed", "noframes", "plaintext", "script", "style", "textarea", "title", "xmp":
		return name
	}
	return ""
}

// rawEnd is where the text of the element z.raw ends.
func (z *Tokenizer) rawEnd() int {
	switch z.raw {
	case "plaintext":
		return len(z.page)
	case "script":
		return scriptEnd(z.page, z.from)
	}
	for i := z.from; ; i += 2 {
		n := strings.Index(z.page[i:], "</")
		if n < 0 {
			return len(z.page)
		}
		if i += n; isEnd(z.page[i+2:], z.raw) {
			return i
		}
	}
}

// isEnd reports whether s begins with the name and what may follow one, so that
// "</" before it makes an end tag.
func isEnd(s, name string) bool {
	return len(s) > len(name) && endsName[s[len(name)]] && strings.EqualFold(s[:len(name)], name)
}

// scriptEnd is where the script in s that begins at i ends. In what looks like a
// comment, "<script" and "</script" are a pair that hides the end (HTML §13.2.5.4
// and §13.2.5.15 to 31).
func scriptEnd(s string, i int) int {
	const (
		plain = iota
		escaped
		doubled
	)
	state, dashes := plain, 0
	for i < len(s) {
		if state == plain {
			n := strings.IndexByte(s[i:], '<')
			if n < 0 {
				return len(s)
			}
			i += n + 1
		} else {
			c := s[i]
			i++
			switch {
			case c == '-':
				dashes++
				continue
			case c == '>' && dashes >= 2:
				state = plain
			}
			dashes = 0
			if c != '<' {
				continue
			}
		}
		rest := s[i:] // behind a '<'
		closes := len(rest) > 0 && rest[0] == '/' && isEnd(rest[1:], "script")
		switch {
		case closes && state != doubled:
			return i - 1
		case closes:
			state = escaped
			i += len("/script")
		case state == plain && strings.HasPrefix(rest, "!--"):
			state, dashes = escaped, 2
			i += len("!--")
		case state == escaped && isEnd(rest, "script"):
			state = doubled
			i += len("script")
		}
	}
	return len(s)
}
