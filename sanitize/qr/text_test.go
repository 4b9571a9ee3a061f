package qr

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// bordered is code with so many bright modules around it.
func bordered(code [][]bool, n int) [][]bool {
	side := len(code) + 2*n
	out := make([][]bool, side)
	for y := range out {
		out[y] = make([]bool, side)
		if y >= n && y-n < len(code) {
			copy(out[y][n:], code[y-n])
		}
	}
	return out
}

// characters writes code with one character for so many columns and rows of it.
func characters(code [][]bool, columns, rows int, char func(on func(c, r int) bool) string) []string {
	var lines []string
	for y := 0; y < len(code); y += rows {
		var b strings.Builder
		for x := 0; x < len(code); x += columns {
			b.WriteString(char(func(c, r int) bool { return y+r < len(code) && x+c < len(code) && code[y+r][x+c] }))
		}
		lines = append(lines, b.String())
	}
	return lines
}

func TestReadText(t *testing.T) {
	code := bordered(encode(t, link, nil), 2)
	inverted := bordered(encode(t, link, nil), 2)
	for _, row := range inverted {
		for i := range row {
			row[i] = !row[i]
		}
	}
	half := func(on func(c, r int) bool) string {
		switch {
		case on(0, 0) && on(0, 1):
			return "█"
		case on(0, 0):
			return "▀"
		case on(0, 1):
			return "▄"
		}
		return " "
	}
	one := func(dark, light string) func(on func(c, r int) bool) string {
		return func(on func(c, r int) bool) string {
			if on(0, 0) {
				return dark
			}
			return light
		}
	}
	quadrant := func(on func(c, r int) bool) string {
		i := 0
		for bit, p := range [4][2]int{{0, 0}, {1, 0}, {0, 1}, {1, 1}} {
			if on(p[0], p[1]) {
				i |= 1 << bit
			}
		}
		return string([]rune(" ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█")[i])
	}
	braille := func(on func(c, r int) bool) string {
		r := '\u2800'
		for bit, p := range [8][2]int{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {0, 3}, {1, 3}} {
			if on(p[0], p[1]) {
				r |= 1 << bit
			}
		}
		return string(r)
	}
	for name, lines := range map[string][]string{
		"half blocks":                characters(code, 1, 2, half),
		"half blocks, inverted":      characters(inverted, 1, 2, half),
		"two blocks a module":        characters(code, 1, 1, one("██", "  ")),
		"two blocks, no-break space": characters(code, 1, 1, one("██", "\u00a0\u00a0")),
		"one block a module":         characters(code, 1, 1, one("█", " ")),
		"ideographic spaces":         characters(code, 1, 1, one("■", "\u3000")),
		"white and black squares":    characters(code, 1, 1, one("⬛", "⬜")),
		"shades":                     characters(code, 1, 1, one("▓▓", "░░")),
		"number signs":               characters(code, 1, 1, one("##", "  ")),
		"quadrants":                  characters(code, 2, 2, quadrant),
		"Braille":                    characters(code, 2, 4, braille),
	} {
		text := append([]string{"Dear customer,", "please scan:", ""}, lines...)
		text = append(text, "", "Yours, the bank")
		if got := ReadText(text); !slices.Equal(got, []string{link}) {
			t.Errorf("%s: ReadText = %q; want %q\n%s", name, got, link, strings.Join(lines[:3], "\n"))
		}
	}
	for name, text := range map[string]string{
		"prose":       strings.Repeat("the quick brown fox jumps over the lazy dog\n", 100),
		"a rule":      strings.Repeat("------------------------------\n", 100),
		"bars":        strings.Repeat("██████████████████▌ 72%\n", 100),
		"full blocks": strings.Repeat(strings.Repeat("█", 100)+"\n", 100),
		"nothing":     "",
	} {
		if got := ReadText(strings.Split(text, "\n")); got != nil {
			t.Errorf("%s: ReadText = %q; want none", name, got)
		}
	}
}

// runs are the lengths of the runs of one colour in a row.
func runs(row []bool) (lengths []int) {
	for i, on := range row {
		if i > 0 && on == row[i-1] {
			lengths[len(lengths)-1]++
		} else {
			lengths = append(lengths, 1)
		}
	}
	return lengths
}

func TestReadTable(t *testing.T) {
	code := bordered(encode(t, link, nil), 3)
	// markup writes code with a start and an end for the whole and for each row,
	// and something for each module.
	markup := func(start, row string, module func(on bool) string, endRow, end string) string {
		var b strings.Builder
		b.WriteString(start)
		for _, r := range code {
			b.WriteString(row)
			for _, on := range r {
				b.WriteString(module(on))
			}
			b.WriteString(endRow)
		}
		return b.String() + end
	}
	pick := func(dark, light string) func(bool) string {
		return func(on bool) string {
			if on {
				return dark
			}
			return light
		}
	}
	var spans, wide strings.Builder
	spans.WriteString("<table cellspacing=0>")
	for _, row := range code {
		spans.WriteString("<tr>")
		wide.WriteString(`<table style="border-collapse:collapse"><tr height=4>`)
		x := 0
		for _, n := range runs(row) {
			colour := "#ffffff"
			if row[x] {
				colour = "#000000"
			}
			fmt.Fprintf(&spans, `<td colspan=%d bgcolor="%s">&nbsp;</td>`, n, colour)
			fmt.Fprintf(&wide, `<td width="%d" style="background-color:%s"></td>`, 4*n, colour)
			x += n
		}
		spans.WriteString("</tr>")
		wide.WriteString("</tr></table>")
	}
	spans.WriteString("</table>")
	layout := `<html><body><table width=600><tr><td bgcolor="#eeeeee"><h1>Scan</h1>`
	for name, page := range map[string]string{
		"bgcolor": markup("<table>", "<tr>", pick(`<td bgcolor="black">&nbsp;</td>`, `<td bgcolor=white>&nbsp;</td>`), "</tr>", "</table>"),
		"style":   markup("<table>", "<tr>", pick(`<td style="width:4px;height:4px;background:#000"></td>`, `<td style="width:4px;height:4px;background:#FFF"></td>`), "</tr>", "</table>"),
		"rgb":     markup("<table>", "<tr>", pick(`<td style="background-color: rgb(0, 0, 0)">`, `<td style="background-color: rgb(255 255 255)">`), "", "</table>"),
		"only the dark ones": markup(layout+`<table bgcolor=white>`, "<tr>", pick(`<td bgcolor="#000">`, `<td>`), "</tr>",
			"</table></td></tr></table>"),
		"only the bright ones": markup(`<table style="background:navy">`, "<tr>", pick(`<td></td>`, `<td bgcolor=#ffe></td>`), "</tr>", "</table>"),
		"two dark colours":     markup("<table>", "<tr>", pick(`<td bgcolor=#101010>`, `<td bgcolor=#303040>`), "</tr>", "</table>"),
		"inverted":             markup("<table>", "<tr>", pick(`<td bgcolor=#ffffff>`, `<td bgcolor=#000000>`), "</tr>", "</table>"),
		"classes": markup(`<style>.k{background:#000000;width:4px} td.w { background-color : white }</style><table>`, "<tr>",
			pick(`<td class="m k"></td>`, `<td class=w></td>`), "</tr>", "</table>"),
		"cells of a style":               markup(`<style>td{background:#fff}.x{background:#123}</style><table>`, "<tr>", pick(`<td class=x>`, `<td>`), "</tr>", "</table>"),
		"column spans":                   spans.String(),
		"a table for each row, by width": layout + wide.String() + "</td></tr></table>",
		"boxes in rows": markup("<div>", `<div style="height:4px">`, pick(`<div style="float:left;width:4px;height:4px;background:#000"></div>`,
			`<div style="float:left;width:4px;height:4px;background:#fff"></div>`), "</div>", "</div>"),
		"boxes in coloured rows": markup("<div>", `<div style="background:white">`, pick(`<span style="display:inline-block;width:4px;background:#000"></span>`,
			`<span style="display:inline-block;width:4px;background:#fff"></span>`), "</div>", "</div>"),
		"boxes in one grid": markup(`<div style="display:grid">`, "", pick(`<div style="background:#000"></div>`, `<div style="background:#fff"></div>`), "", "</div>"),
		"spans by line":     markup("", "", pick(`<span style="background:black">&nbsp;&nbsp;</span>`, `<span style="background:white">&nbsp;&nbsp;</span>`), "<br>", ""),
	} {
		if got := ReadTable(page, 0); !slices.Equal(got, []string{link}) {
			t.Errorf("%s: ReadTable = %q; want %q\n%.300s", name, got, link, page)
		}
	}
	for name, page := range map[string]string{
		"a newsletter":    strings.Repeat(`<table bgcolor=#ffffff><tr><td bgcolor=#000><table><tr><td>a</td><td>b</td></tr></table></td></tr></table>`, 500),
		"a data table":    "<table>" + strings.Repeat(`<tr><td bgcolor=#eee>1</td><td>2</td><td>3</td><td>4</td><td>5</td><td>6</td></tr>`, 500) + "</table>",
		"a chess board":   "<table>" + strings.Repeat("<tr>"+strings.Repeat(`<td bgcolor=black><td bgcolor=white>`, 50)+"</tr>", 100) + "</table>",
		"deep nesting":    strings.Repeat("<table><tr><td>", 100_000),
		"many divs":       strings.Repeat("<div style='background:#000'>", 100_000),
		"huge spans":      "<table>" + strings.Repeat("<tr>"+strings.Repeat(`<td colspan=400 rowspan=400 bgcolor=black><td rowspan=999999999>`, 20), 300),
		"nothing":         "",
		"cut in a tag":    "<table><tr><td bgcolor=",
		"ends, no starts": strings.Repeat("</table></div></td>", 1000),
	} {
		if got := ReadTable(page, 0); got != nil {
			t.Errorf("%s: ReadTable = %q; want none", name, got)
		}
	}
	page := markup("<table>", "<tr>", pick(`<td bgcolor="black">`, `<td bgcolor=white>`), "</tr>", "</table>")
	if got := ReadTable(page, len(page)/2); got != nil {
		t.Errorf("ReadTable of the first half = %q; want none", got)
	}
}

func TestShadeOf(t *testing.T) {
	for s, want := range map[string]int{
		"#000": 0, "#fff": 255, "FFFFFF": 255, "#808080": 128, "#000000ff": 0, "#f00f": 76, "white": 255, " Black ": 0, "rgb(0,0,0)": 0,
		"rgba(255, 255, 255, 1)": 255, "rgb(100% 100% 100%)": 255, "#fff url(x.png) no-repeat": 255,
		"transparent": -1, "rgba(0,0,0,0)": -1, "inherit": -1, "": -1, "#12": -1, "#zzz": -1, "rgb(1)": -1, "url(x)": -1, "rgb(": -1,
	} {
		got, ok := shadeOf(s)
		if ok != (want >= 0) || ok && int(got) != want {
			t.Errorf("shadeOf(%q) = %d, %v; want %d", s, got, ok, want)
		}
	}
}
