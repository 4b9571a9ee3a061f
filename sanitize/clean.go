package sanitize

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// cleanText makes one line out of what an attacker wrote, fit to be shown
// anywhere: NFC, no control, format, bidirectional or zero-width characters, no
// terminal sequences, white space collapsed, '<' and '>' written '‹' and '›' so
// that no placeholder can be forged, at most maxRunes runes (0: no limit), the
// last of them '…' when something was cut. Doing it twice changes nothing.
func cleanText(s string, maxRunes int) string {
	if isClean(s) {
		return capRunes(s, maxRunes)
	}
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for i := 0; i < len(s); {
		if n := terminalSequence(s[i:]); n > 0 {
			i += n
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch {
		case r == utf8.RuneError && size == 1:
			r = utf8.RuneError // one broken byte, one replacement character
		case unicode.IsSpace(r) || unicode.In(r, unicode.Zl, unicode.Zp) || blank(r):
			space = true
			continue
		case invisible(r):
			continue
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		switch r {
		case '<', '＜', '﹤':
			r = '‹'
		case '>', '＞', '﹥':
			r = '›'
		}
		b.WriteRune(r)
	}
	return capRunes(norm.NFC.String(b.String()), maxRunes)
}

// isClean reports whether cleanText would leave s as it is, as far as that is
// cheap to see: ASCII with single blanks inside.
func isClean(s string) bool {
	blank := true // as if one stood before s
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < ' ' || c >= 0x7f || c == '<' || c == '>' || c == ' ' && blank {
			return false
		}
		blank = c == ' '
	}
	return s == "" || !blank
}

// cleanLines is cleanText for a text of several lines: it keeps them, and at most
// one empty line between two.
func cleanLines(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	empty := 0
	for line := range strings.Lines(s) {
		line = cleanText(line, 0)
		if line == "" {
			empty++
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n\n"[:min(2, 1+empty)])
		}
		b.WriteString(line)
		empty = 0
	}
	return b.String()
}

// capRunes cuts s to maxRunes runes (0: no limit), the last being '…', and never
// inside a placeholder.
func capRunes(s string, maxRunes int) string {
	if maxRunes <= 0 || len(s) <= maxRunes || utf8.RuneCountInString(s) <= maxRunes {
		return s
	}
	n := 0
	cut := len(s)
	for i := range s {
		if n == maxRunes-1 {
			cut = i
			break
		}
		n++
	}
	// In a cleaned text only our own placeholders hold '<', and none holds
	// another.
	if open := strings.LastIndexByte(s[:cut], '<'); open >= 0 && !strings.Contains(s[open:cut], ">") {
		cut = open
	}
	return strings.TrimRight(s[:cut], " ") + "…"
}

// terminalSequence is the length of the ANSI escape sequence (ECMA-48 §5.4) that
// s begins with, or 0. The letters after an escape are harmless once it is gone,
// but they would stay as noise in a subject.
func terminalSequence(s string) int {
	i := 0
	switch {
	case strings.HasPrefix(s, "\x1b["):
		i = 2
	case strings.HasPrefix(s, "\u009b"):
		i = len("\u009b")
	default:
		return 0
	}
	for i < len(s) && i < 32 && s[i] >= 0x20 && s[i] <= 0x3f {
		i++
	}
	if i < len(s) && s[i] >= 0x40 && s[i] <= 0x7e {
		i++
	}
	return i
}

// invisible reports whether r shows nothing, or changes how its neighbours are
// shown, and must not stand in a fact.
func invisible(r rune) bool {
	switch {
	case r < 0x20 || r == 0x7f:
		return true
	case r < 0x7f:
		return false
	case r == 0x034f, // combining grapheme joiner
		r == 0x115f, r == 0x1160, r == 0x3164, r == 0xffa0, // Hangul fillers
		r == 0x17b4, r == 0x17b5, // Khmer inherent vowels
		r >= 0x180b && r <= 0x180f,   // Mongolian selectors
		r >= 0xfe00 && r <= 0xfe0f,   // variation selectors
		r >= 0xe0000 && r <= 0xe0fff: // tags and more selectors
		return true
	case r >= 0xfdd0 && r <= 0xfdef, r&0xfffe == 0xfffe: // noncharacters
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs)
}

// blank reports whether r looks like a space though Unicode does not call it
// one.
func blank(r rune) bool { return r == 0x2800 || r == 0x1680 }
