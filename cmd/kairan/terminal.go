package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/term"
	"golang.org/x/text/width"
)

// forTerminal removes everything with which a text from a mail could steer a
// terminal: control characters (C0, C1, so no ANSI sequence), bidirectional and
// other format characters. Line ends and tabs stay.
func forTerminal(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == '\u2028', r == '\u2029', r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, s)
}

// inLine is forTerminal for a value that stands in a line of its own: a line end
// or a tab in it would let its author write further lines, or another column.
func inLine(s string) string {
	return forTerminal(strings.NewReplacer("\r\n", " ", "\n", " ", "\t", " ").Replace(s))
}

// columns is how wide a text stands in a terminal: East Asian wide characters
// take two columns.
func columns(s string) int {
	n := 0
	for _, r := range s {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}

// clip shortens a text to at most n columns.
func clip(s string, n int) string {
	if columns(s) <= n {
		return s
	}
	used := 0
	for i, r := range s {
		w := columns(string(r))
		if used+w > n-1 {
			return s[:i] + "…"
		}
		used += w
	}
	return s
}

// table prints rows in columns as wide as their widest cell; the last one is
// clipped to the terminal.
func table(w io.Writer, head []string, rows [][]string) {
	all := append([][]string{head}, rows...)
	widths := make([]int, len(head))
	for _, row := range all {
		for i, cell := range row {
			row[i] = inLine(cell)
			widths[i] = max(widths[i], columns(row[i]))
		}
	}
	room := terminalWidth(w)
	for _, row := range all {
		var b strings.Builder
		used := 0
		for i, cell := range row {
			if i == len(row)-1 {
				if room > 0 && used < room-10 {
					cell = clip(cell, room-used)
				}
				b.WriteString(cell)
				break
			}
			b.WriteString(cell + strings.Repeat(" ", widths[i]-columns(cell)+2))
			used += widths[i] + 2
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}

// terminalWidth is 0 when w is no terminal.
func terminalWidth(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	n, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 80
	}
	return n
}

func isTerminal(v any) bool {
	f, ok := v.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func sorted(s []string) []string {
	slices.Sort(s)
	return s
}
