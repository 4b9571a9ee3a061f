package qr

import (
	"bytes"
	"cmp"
	"slices"
)

// finder is something that looks like one of the three corner squares of a code:
// along any line through its centre, dark and bright alternate in the
// proportions 1:1:3:1:1 (ISO/IEC 18004 §6.3.3).
type finder struct {
	x, y   float64 // its centre
	module float64 // the size of one module in pixels
	// light is true for a bright square on dark ground, which an inverted code has.
	light bool
	seen  int // rows that crossed it
}

// mostFinders is how many places of one bitmap are remembered. A page of codes
// has some dozens; noise has any number, and comparing them is quadratic.
const mostFinders = 400

// findFinders looks for the corner squares of codes, dark and light ones, in
// every step-th row. Each pixel costs one unit of work, each candidate looked at
// closely a few hundred. The best come first.
func findFinders(b *bitmap, step int, work *budget) []finder {
	var found []finder
	for y := step / 2; y < b.h; y += step {
		if !work.spend(b.w) {
			break
		}
		row := b.on[y*b.w : y*b.w+b.w]
		var runs [5]int // the last five runs, the newest last
		x := 0
		for x < b.w {
			colour := row[x]
			n := bytes.IndexByte(row[x:], 1-colour)
			if n < 0 {
				n = b.w - x
			}
			x += n
			runs[0], runs[1], runs[2], runs[3], runs[4] = runs[1], runs[2], runs[3], runs[4], n
			if !proportioned(&runs) {
				continue
			}
			if !work.spend(200) {
				break
			}
			middle := float64(x-runs[4]-runs[3]) - float64(runs[2])/2
			f, ok := check(b, middle, y, colour == 0, runs[0]+runs[1]+runs[2]+runs[3]+runs[4])
			if ok {
				found = remember(found, f)
			}
		}
	}
	// A true one is crossed by every row through its core, three modules high;
	// what chance put together by a few.
	share := func(f finder) float64 { return float64(f.seen*step) / (3 * f.module) }
	slices.SortStableFunc(found, func(a, b finder) int {
		return cmp.Compare(min(share(b), 1), min(share(a), 1))
	})
	return found
}

// proportioned reports whether five runs are as 1:1:3:1:1, each within half.
func proportioned(r *[5]int) bool {
	total := r[0] + r[1] + r[2] + r[3] + r[4]
	if total < 7 || r[0] == 0 {
		return false
	}
	return near(r[0], 1, total) && near(r[1], 1, total) && near(r[2], 3, total) && near(r[3], 1, total) && near(r[4], 1, total)
}

// near reports whether run is n modules long, within half of that, where seven
// modules are total.
func near(run, n, total int) bool {
	d := 7*run - n*total
	if d < 0 {
		d = -d
	}
	return 2*d < n*total
}

// check looks at the place middle, y from the other sides: upwards, along the
// row again, and along a diagonal. It returns the true centre. light is the
// colour of the square's core.
func check(b *bitmap, middle float64, y int, light bool, total int) (finder, bool) {
	core := uint8(1)
	if light {
		core = 0
	}
	x := int(middle)
	runs, up, ok := across(b, x, y, 0, 1, core, total)
	if !ok || !similar(runs, total) {
		return finder{}, false
	}
	cy := float64(y) + up
	runs2, left, ok := across(b, x, int(cy), 1, 0, core, total)
	if !ok || !similar(runs2, total) {
		return finder{}, false
	}
	cx := float64(x) + left
	if _, _, ok := across(b, int(cx), int(cy), 1, 1, core, 2*total); !ok {
		return finder{}, false
	}
	return finder{x: cx, y: cy, module: float64(runs+runs2) / 14, light: light, seen: 1}, true
}

// similar reports whether two lengths through the same square agree, as far as
// they do when it is seen from aside.
func similar(a, b int) bool { return 5*max(a, b) < 8*min(a, b) }

// across walks from x, y both ways along dx, dy and reports whether the runs are
// as 1:1:3:1:1. It returns their total and how far their middle is from the
// start (in steps, with the pixel's own half). longest bounds each run.
func across(b *bitmap, x, y, dx, dy int, core uint8, longest int) (total int, middle float64, ok bool) {
	if x < 0 || y < 0 || x >= b.w || y >= b.h || b.on[y*b.w+x] != core {
		return 0, 0, false
	}
	var r [5]int
	back, ok := walk(b, x, y, -dx, -dy, core, longest)
	if !ok {
		return 0, 0, false
	}
	ahead, ok := walk(b, x, y, dx, dy, core, longest)
	if !ok {
		return 0, 0, false
	}
	r[0], r[1], r[3], r[4] = back[2], back[1], ahead[1], ahead[2]
	r[2] = back[0] + ahead[0] - 1
	if !proportioned(&r) {
		return 0, 0, false
	}
	return r[0] + r[1] + r[2] + r[3] + r[4], float64(ahead[0]-back[0])/2 + 0.5, true
}

// walk measures the core, the ring around it and the outer ring in one
// direction, starting with x, y itself. The picture's edge ends the outer ring,
// for codes without a border.
func walk(b *bitmap, x, y, dx, dy int, core uint8, longest int) (runs [3]int, ok bool) {
	part := 0
	for {
		if x < 0 || y < 0 || x >= b.w || y >= b.h {
			return runs, part == 2
		}
		colour := b.on[y*b.w+x]
		if (colour == core) != (part != 1) {
			part++
			if part == 3 {
				return runs, true
			}
		}
		runs[part]++
		if runs[part] > longest {
			return runs, false
		}
		x += dx
		y += dy
	}
}

// remember adds f to found, as one more row through a square known already or as
// a new one.
func remember(found []finder, f finder) []finder {
	for i := range found {
		g := &found[i]
		if g.light != f.light {
			continue
		}
		dx, dy := g.x-f.x, g.y-f.y
		if dx < 0 {
			dx = -dx
		}
		if dy < 0 {
			dy = -dy
		}
		if dx > g.module || dy > g.module || f.module > 1.5*g.module || g.module > 1.5*f.module {
			continue
		}
		n := float64(g.seen)
		g.x = (g.x*n + f.x) / (n + 1)
		g.y = (g.y*n + f.y) / (n + 1)
		g.module = (g.module*n + f.module) / (n + 1)
		g.seen++
		return found
	}
	if len(found) < mostFinders {
		found = append(found, f)
	}
	return found
}
