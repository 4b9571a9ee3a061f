package archive

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
)

// nameBytes is the longest name that is told whole.
const nameBytes = 4 << 10

// decodeName reads a name of no declared charset: UTF-8 if it is, else the
// code page of Japanese Windows, which its own zip folders write.
func decodeName(raw []byte) string {
	raw = raw[:min(len(raw), nameBytes)]
	if utf8.Valid(raw) {
		return string(raw)
	}
	// Half of the second bytes of CP932 are ASCII, '\' among them, so it must be
	// decoded before anything looks for separators.
	if s, err := japanese.ShiftJIS.NewDecoder().Bytes(raw); err == nil && !strings.ContainsRune(string(s), utf8.RuneError) {
		return string(s)
	}
	return strings.ToValidUTF8(string(raw), "\ufffd")
}

// slashed gives every kind of archive the same separator.
func slashed(name string) string { return strings.ReplaceAll(name, `\`, "/") }

// nameNotes says what an unwary program would do with a name.
func nameNotes(name string) []string {
	var notes []string

	if strings.HasPrefix(name, "/") || len(name) >= 2 && name[1] == ':' && isLetter(name[0]) {
		notes = append(notes, "absolute-path")
	}
	for step := range strings.SplitSeq(name, "/") {
		// Windows drops blanks and dots at the end of a step.
		if step == ".." || len(step) > 2 && strings.TrimRight(step, " .") == "" {
			return append(notes, "path-traversal")
		}
	}
	return notes
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
