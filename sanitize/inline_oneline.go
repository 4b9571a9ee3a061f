package sanitize

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// cutLabels splits a header that Yahoo writes on one line without a blank
// between a value and the next label: "<a@b>To: ...". Each label counts once,
// and nothing is split behind the subject, which comes last and may hold
// anything.
func cutLabels(line string) (b quoteBlock) {
	b.fields = quotedFields{}
	name, start := "", 0
	set := func(end int) {
		if name != "" {
			b.fields[name] = strings.Trim(line[start:end], lineBlanks)
		}
	}
	for i := 0; i < len(line) && name != "Subject"; i++ {
		label, at := "", -1
		switch {
		case line[i] == ':' || strings.HasPrefix(line[i:], "："):
			label, at = labelBefore(line[start:i])
		case line[i] == ' ': // Yahoo forgets the colon in Polish and Portuguese
			for _, odd := range []string{"Dw", "Assunto"} {
				if strings.HasSuffix(line[start:i], odd) && i-len(odd) > start && isLabelEdge(line[:i-len(odd)]) {
					label, at = odd, i-start-len(odd)
				}
			}
		}
		if at < 0 {
			continue
		}
		l, _ := cutLabel(label + ":")
		if _, again := b.fields[l.name]; again || l.name == name || l.name == "" {
			continue
		}
		set(start + at)
		name = l.name
		b.habit.add(l.dateHabit)
		_, width := utf8.DecodeRuneInString(line[i:])
		start = i + width
		i = start - 1
	}
	set(len(line))
	return b
}

// labelBefore finds the longest label that ends s, and where it begins.
func labelBefore(s string) (label string, at int) {
	trimmed := strings.TrimRight(s, " \u00a0") // "Objet :"
	best, at := "", -1
	for i, runes := len(trimmed), 0; i > 0 && runes < 24; runes++ {
		r, width := utf8.DecodeLastRuneInString(trimmed[:i])
		i -= width
		if !unicode.IsUpper(r) && r < 0x2e80 || !isLabelEdge(trimmed[:i]) {
			continue
		}
		if _, ok := cutLabel(trimmed[i:] + ":"); ok {
			best, at = trimmed[i:], i
		}
	}
	return best, at
}

// isLabelEdge is true where a label may begin behind s: after an address, a
// blank, a year or the name of a time zone.
func isLabelEdge(s string) bool {
	if s == "" {
		return true
	}
	r, _ := utf8.DecodeLastRuneInString(s)
	return !unicode.IsLower(r)
}
