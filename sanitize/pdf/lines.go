package pdf

import (
	"math"
	"sort"
	"strings"
)

// run is a piece of text on one line.
type run struct {
	start, end point
	along      point // direction of the line, of length 1
	em         float64
	sure       bool // its end is not guessed
	text       string
}

// lines puts runs together. A file shows text piece by piece, often letter by
// letter, in any order; whether two pieces are one word, two, or on two lines, only
// their places say.
type lines struct {
	runs  []run
	bytes int
	full  bool
}

func (l *lines) add(w run) {
	const mostRuns, mostBytes = 200_000, 4 << 20
	if n := len(l.runs); n > 0 {
		last := &l.runs[n-1]
		switch joint := between(*last, w); {
		case strings.TrimSpace(w.text) != "":
			// Drawn twice, a little apart, letters look bold.
			if w.text == last.text && math.Hypot(w.start.x-last.start.x, w.start.y-last.start.y) < 0.15*w.em {
				return
			}
		case joint == glued || joint == blank:
			last.text, last.end = strings.TrimRight(last.text, " ")+" ", w.end
			return
		}
	}
	if strings.TrimSpace(w.text) == "" {
		return
	}
	if len(l.runs) >= mostRuns || l.bytes+len(w.text) > mostBytes {
		l.full = true
		return
	}
	l.bytes += len(w.text)
	l.runs = append(l.runs, w)
}

// finish tells the lines as they are shown, and once more from left to right if
// much was not shown in that order: letters may be shuffled to hide what they spell.
func (l *lines) finish(r *reader) {
	if l.full {
		r.problem(ProblemLimit, "more text on a page than is read")
	}
	if back := tell(r, l.runs); back > 3 && back*10 > len(l.runs) {
		tell(r, sorted(l.runs))
	}
}

// joint is what stands between two runs.
type joint int

const (
	glued joint = iota
	blank
	newLine
	backwards // on the same line, but before what was shown
)

// between judges by the distance from the end of one run to the start of the next,
// in ems. The narrowest blank of a common font is a quarter, letter-spacing rarely
// a sixth.
func between(a, b run) joint {
	const gap, onLine = 0.17, 0.5
	em := max(a.em, b.em)
	if !(em > 1e-9) {
		em = 1
	}
	if a.along.x*b.along.x+a.along.y*b.along.y < 0.9 {
		return newLine
	}
	dx, dy := b.start.x-a.end.x, b.start.y-a.end.y
	forward := (dx*a.along.x + dy*a.along.y) / em
	across := math.Abs(dx*a.along.y-dy*a.along.x) / em
	length := math.Hypot(a.end.x-a.start.x, a.end.y-a.start.y) / em
	slack := 0.0
	if !a.sure {
		slack = min(1, length*0.1)
	}
	switch {
	case across > onLine:
		return newLine
	case forward < -0.5-slack && forward < -length*0.5:
		return backwards
	case forward > gap+slack:
		return blank
	}
	return glued
}

// tell writes the lines of runs in their order, and counts how often one went back.
func tell(r *reader, runs []run) (back int) {
	var line strings.Builder
	for i, w := range runs {
		if i > 0 {
			switch between(runs[i-1], w) {
			case blank:
				if !strings.HasSuffix(runs[i-1].text, " ") {
					line.WriteByte(' ')
				}
			case backwards:
				back++
				fallthrough
			case newLine:
				r.line(line.String())
				line.Reset()
			}
		}
		line.WriteString(w.text)
	}
	r.line(line.String())
	return back
}

// sorted are the upright runs from the top to the bottom, and from left to right.
func sorted(runs []run) []run {
	var upright []run
	for _, w := range runs {
		if w.along.x > 0.99 {
			upright = append(upright, w)
		}
	}
	sort.SliceStable(upright, func(i, j int) bool { return upright[i].start.y > upright[j].start.y })
	for i := 0; i < len(upright); {
		j := i + 1
		for j < len(upright) && upright[i].start.y-upright[j].start.y < 0.4*max(upright[i].em, 1e-9) {
			j++
		}
		line := upright[i:j]
		sort.SliceStable(line, func(a, b int) bool { return line[a].start.x < line[b].start.x })
		i = j
	}
	return upright
}
