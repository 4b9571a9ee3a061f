package pdf

import (
	"cmp"
	"image"
	"math"
	"slices"
)

const (
	leastModules = 30 // pieces of the smallest code that are looked for
	mostModules  = 420
	mostCodes    = 6 // of one page
	quiet        = 4 // modules around a code
	dotsMost     = 1800
)

// box is the rectangle around a contour.
type box struct{ x0, y0, x1, y1 float64 }

func (b box) width() float64  { return b.x1 - b.x0 }
func (b box) height() float64 { return b.y1 - b.y0 }

func around(c contour) box {
	b := box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, p := range c {
		b.x0, b.x1 = min(b.x0, p.x), max(b.x1, p.x)
		b.y0, b.y1 = min(b.y0, p.y), max(b.y1, p.y)
	}
	return b
}

// drawn makes pictures of the codes that a page draws: where many small squares,
// dark or light, stand together, what the page fills there is drawn.
func (r *reader) drawn(fills []fill) {
	for _, dark := range []bool{true, false} {
		var boxes []box
		for _, f := range fills {
			if f.dark == dark {
				for _, c := range f.contours {
					boxes = append(boxes, around(c))
				}
			}
		}
		found := r.grids(boxes)
		for _, g := range found {
			// Half of the pictures at most: a drawing may look like codes.
			if r.drawings++; r.drawings > max(1, r.limits.Images/2) || r.pixels > maxAllPixels {
				r.problem(ProblemLimit, "more drawing than is searched for codes")
				return
			}
			r.keepGray(r.draw(g, fills))
		}
		if len(found) > 0 {
			return
		}
	}
}

// grid is where a code may be.
type grid struct {
	box
	module float64 // about the side of one square
	pieces int
}

// grids finds where squares of about one size stand together.
func (r *reader) grids(boxes []box) []grid {
	var found []grid
	for _, module := range usualSides(boxes) {
		var fit []box
		for _, b := range boxes {
			small, large := min(b.width(), b.height()), max(b.width(), b.height())
			if small >= module*0.3 && small <= module*30 && large <= module*200 {
				fit = append(fit, b)
			}
		}
		for _, g := range r.clusters(fit, module) {
			columns, rows := g.width()/module, g.height()/module
			if g.pieces < leastModules || min(columns, rows) <= 9 || max(columns, rows) >= min(mostModules, 3*min(columns, rows)) {
				continue
			}
			if !slices.ContainsFunc(found, g.overlaps) {
				g.module = module
				found = append(found, g)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b grid) int { return cmp.Compare(b.pieces, a.pieces) })
	return found[:min(len(found), mostCodes)]
}

// overlaps is true where the middle of one grid lies in the other.
func (g grid) overlaps(o grid) bool {
	in := func(a, b grid) bool {
		x, y := (a.x0+a.x1)/2, (a.y0+a.y1)/2
		return x > b.x0 && x < b.x1 && y > b.y0 && y < b.y1
	}
	return in(g, o) || in(o, g)
}

// usualSides are the shorter sides that many boxes have, the commonest first: one
// of them is the side of a square, if there is a code.
func usualSides(boxes []box) []float64 {
	const (
		steps = 5 // classes of size to a doubling
		most  = 4
	)
	count := map[int]int{}
	for _, b := range boxes {
		if s := min(b.width(), b.height()); s > 0.01 && s < 1e4 {
			count[int(math.Floor(math.Log2(s)*steps))]++
		}
	}
	var classes []int
	for k, n := range count {
		// Equal sides may fall into two classes by rounding.
		if n+count[k+1] >= leastModules {
			classes = append(classes, k)
		}
	}
	slices.SortFunc(classes, func(a, b int) int { return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b)) })
	var sides []float64
	for _, k := range classes[:min(len(classes), most)] {
		sides = append(sides, math.Exp2((float64(k)+0.5)/steps))
	}
	return sides
}

// clusters joins boxes that are at most some modules apart: the page is divided
// into cells, and boxes in the same cell or in neighbouring ones belong together.
func (r *reader) clusters(boxes []box, module float64) []grid {
	const (
		cellModules = 2
	)
	type cell struct{ x, y int32 }
	of := map[cell]int{} // a box in each cell
	parent := make([]int, len(boxes))
	for i := range parent {
		parent[i] = i
	}
	root := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	side := module * cellModules
	at := func(v float64) int32 { return int32(max(-1e9, min(1e9, math.Floor(v/side)))) }
	for i, b := range boxes {
		for y := at(b.y0); y <= at(b.y1); y++ {
			for x := at(b.x0); x <= at(b.x1); x++ {
				if !r.spend(8) {
					return nil
				}
				for dy := int32(-1); dy <= 1; dy++ {
					for dx := int32(-1); dx <= 1; dx++ {
						if j, ok := of[cell{x + dx, y + dy}]; ok {
							parent[root(i)] = root(j)
						}
					}
				}
				of[cell{x, y}] = i
			}
		}
	}
	number := map[int]int{}
	var all []grid
	for i, b := range boxes {
		k, ok := number[root(i)]
		if !ok {
			k = len(all)
			number[root(i)] = k
			all = append(all, grid{box: b})
		}
		g := &all[k]
		g.x0, g.y0, g.x1, g.y1 = min(g.x0, b.x0), min(g.y0, b.y0), max(g.x1, b.x1), max(g.y1, b.y1)
		g.pieces++
	}
	return all
}

// draw draws what is filled in the grid and a little around it, in order: finder
// patterns are often a light square on a dark one.
func (r *reader) draw(g grid, fills []fill) *image.Gray {
	border := quiet * g.module
	view := box{g.x0 - border, g.y0 - border, g.x1 + border, g.y1 + border}
	scale := min(4/g.module, dotsMost/max(view.width(), view.height()))
	width, height := max(1, int(view.width()*scale)), max(1, int(view.height()*scale))
	picture := image.NewGray(image.Rect(0, 0, width, height))
	for i := range picture.Pix {
		picture.Pix[i] = 255
	}
	p := plotter{r: r, picture: picture, view: view, scale: scale}
	for _, f := range fills {
		p.fill(f)
	}
	return picture
}
