package qr

import (
	"cmp"
	"math"
	"slices"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
)

// decoded is what one code says.
type decoded struct {
	text string
	// part and parity place the text in a structured append; part is -1 for a
	// code that stands alone.
	part, parity int
}

// straight is the share of a timing pattern that must be right before a grid is
// worth decoding. By chance half of it is.
const straight = 0.75

// mostGrids is how many places of the fourth corner are decoded for one size,
// those that fit the patterns of every code best.
const mostGrids = 12

// read tries to decode the code whose corners t are: on the bitmap, then on the
// brightness itself, for each likely size and each likely place of the fourth
// corner.
func (t triple) read(p *plane, b *bitmap, work *budget) (decoded, bool) {
	if !work.spend(1000) || !t.square(b) {
		return decoded{}, false
	}
	for _, dim := range t.dimensions(b) {
		fourths := t.fourthCorners(b, dim, work)
		for _, bent := range []bend{flat, mesh, sheet} {
			grids := t.grids(b, dim, fourths, bent, work)
			if d, ok := t.readGrids(p, b, grids, work); ok {
				return d, true
			}
			if len(grids) == 0 || grids[0].score < crooked {
				break // no bend makes a code of this
			}
		}
	}
	return decoded{}, false
}

// crooked is the least fit of a grid laid flat over a code that is not.
const crooked = 0.85

// readGrids decodes the best of grids, which are all of one size and bend.
func (t triple) readGrids(p *plane, b *bitmap, grids []grid, work *budget) (decoded, bool) {
	if len(grids) == 0 {
		return decoded{}, false
	}
	// A finer look around the best one: half a module off at the corner is
	// enough to lose a large code.
	if best := grids[0]; best.score < 1 && best.score > 0.8 {
		grids = append(t.grids(b, best.dim, t.around(best.fourth, best.dim), best.warp.bent, work), grids...)
		slices.SortStableFunc(grids, byScore)
	}
	if len(grids) > mostGrids {
		grids = grids[:mostGrids]
	}
	for i, g := range grids {
		if !work.spend(8 * g.dim * g.dim) {
			return decoded{}, false
		}
		if d, ok := t.decode(g.sample(b), work); ok {
			return d, true
		}
		if i < 4 {
			if d, ok := t.decode(g.sampleGray(p), work); ok {
				return d, true
			}
		}
	}
	return decoded{}, false
}

// grids are those over the given fourth corners that fit, the best first.
func (t triple) grids(b *bitmap, dim int, fourths []corner4, bent bend, work *budget) []grid {
	var list []grid
	for _, q := range fourths {
		if !work.spend(16 * dim) {
			return nil
		}
		g := t.grid(dim, q, bent)
		if g.timing(b) >= straight {
			g.score = g.fit(b)
			list = append(list, g)
		}
	}
	slices.SortStableFunc(list, byScore)
	return list
}

func byScore(a, b grid) int { return cmp.Compare(b.score, a.score) }

// corner4 is a place in the picture and the place on the grid, in modules, that
// lies there.
type corner4 struct{ x, y, module float64 }

// fourthCorners guesses where the code's bottom right is, the likeliest first.
// The three finders say where it is on a flat sheet; the alignment pattern that
// all but the smallest codes have says so for a sheet seen at an angle, and where
// none is to be found the places around are tried.
func (t triple) fourthCorners(b *bitmap, dim int, work *budget) []corner4 {
	n := float64(dim)
	last := corner4{t.right.x + t.below.x - t.corner.x, t.right.y + t.below.y - t.corner.y, n - 3.5}
	list := []corner4{last}
	// One module along both sides.
	ux, uy := (t.right.x-t.corner.x)/(n-7), (t.right.y-t.corner.y)/(n-7)
	vx, vy := (t.below.x-t.corner.x)/(n-7), (t.below.y-t.corner.y)/(n-7)
	if dim > 21 {
		ax, ay := last.x-3*ux-3*vx, last.y-3*uy-3*vy
		list = append(t.alignments(b, ax, ay, ux, uy, vx, vy, n, work), list...)
	}
	return append(list, t.ring(last, dim, 0.8, 1, 6)...)
}

// around are the places close to q, in steps of a third of a module.
func (t triple) around(q corner4, dim int) []corner4 { return t.ring(q, dim, 0.33, 1, 2) }

// ring are the places around q in squares of from to to steps, a step being so
// many modules, the inner ones first.
func (t triple) ring(q corner4, dim int, step float64, from, to int) []corner4 {
	n := float64(dim) - 7
	ux, uy := step*(t.right.x-t.corner.x)/n, step*(t.right.y-t.corner.y)/n
	vx, vy := step*(t.below.x-t.corner.x)/n, step*(t.below.y-t.corner.y)/n
	var list []corner4
	for r := from; r <= to; r++ {
		for i := -r; i <= r; i++ {
			for j := -r; j <= r; j++ {
				if max(i, -i) == r || max(j, -j) == r {
					fi, fj := float64(i), float64(j)
					list = append(list, corner4{q.x + fi*ux + fj*vx, q.y + fi*uy + fj*vy, q.module})
				}
			}
		}
	}
	return list
}

// alignments looks for the alignment pattern (five by five modules, dark, a
// bright ring, a dark centre) near ax, ay. The best three come first.
func (t triple) alignments(b *bitmap, ax, ay, ux, uy, vx, vy, n float64, work *budget) []corner4 {
	type place struct {
		x, y  float64
		score int
		away  float64
	}
	var places []place
	reach := 3 + n/8
	if !work.spend(int(reach*reach) * 16 * 25) {
		return nil
	}
	for i := -reach; i <= reach; i += 0.5 {
		for j := -reach; j <= reach; j += 0.5 {
			x, y := ax+i*ux+j*vx, ay+i*uy+j*vy
			score := 0
			for r := -2; r <= 2; r++ {
				for c := -2; c <= 2; c++ {
					px := x + float64(c)*ux + float64(r)*vx
					py := y + float64(c)*uy + float64(r)*vy
					ring := max(r, -r, c, -c)
					if b.dark(int(math.Floor(px)), int(math.Floor(py))) != t.corner.light == (ring != 1) {
						score++
					}
				}
			}
			if score >= 22 {
				places = append(places, place{x, y, score, math.Hypot(i, j)})
			}
		}
	}
	slices.SortStableFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.away, b.away))
	})
	var list []corner4
	for _, p := range places {
		// The steps around one pattern score nearly the same: take their middle.
		x, y, k := 0.0, 0.0, 0.0
		for _, q := range places {
			if q.score >= p.score-1 && math.Abs(q.x-p.x)+math.Abs(q.y-p.y) < 1.6*(math.Abs(ux)+math.Abs(uy)) {
				x, y, k = x+q.x, y+q.y, k+1
			}
		}
		c := corner4{x / k, y / k, n - 6.5}
		if slices.ContainsFunc(list, func(d corner4) bool {
			return math.Hypot(c.x-d.x, c.y-d.y) < math.Hypot(ux, uy)
		}) {
			continue
		}
		if list = append(list, c); len(list) == 3 {
			break
		}
	}
	return list
}

// grid places the modules of a code in a picture.
type grid struct {
	dim  int
	warp warp
	// flipRight and flipBelow tell that the code's right or lower half is in the
	// other polarity than its top left.
	light, flipRight, flipBelow bool
	fourth                      corner4
	score                       float64 // see fit
}

// grid lays dim by dim modules over the three corners of t and the fourth.
func (t triple) grid(dim int, q corner4, bent bend) grid {
	far := float64(dim) - 3.5
	return grid{
		dim: dim,
		warp: newWarp(bent, quad{{3.5, 3.5}, {far, 3.5}, {q.module, q.module}, {3.5, far}},
			quad{{t.corner.x, t.corner.y}, {t.right.x, t.right.y}, {q.x, q.y}, {t.below.x, t.below.y}}),
		light:     t.corner.light,
		flipRight: t.right.light != t.corner.light,
		flipBelow: t.below.light != t.corner.light,
		fourth:    q,
	}
}

// centres are the places in the picture of the centres of row r's modules, x and
// y in turn.
func (g grid) centres(r int, points []float64) []float64 {
	points = points[:2*g.dim]
	for c := range g.dim {
		points[2*c], points[2*c+1] = g.warp.place(float64(c)+0.5, float64(r)+0.5)
	}
	return points
}

// dark reports whether the pixel at the centre of the module in column c and row
// r is dark.
func (g grid) dark(b *bitmap, c, r int) bool {
	x, y := g.warp.place(float64(c)+0.5, float64(r)+0.5)
	return b.dark(pixel(x), pixel(y))
}

// timing is which share of the two timing patterns is as it must be: dark and
// bright in turn along row and column 6 (ISO/IEC 18004 §6.3.5).
func (g grid) timing(b *bitmap) float64 {
	right, total := 0, 0
	for i := 8; i < g.dim-8; i++ {
		flip := 2*i >= g.dim
		want := i%2 == 0
		if g.dark(b, i, 6) != (g.light != (g.flipRight && flip)) == want {
			right++
		}
		if g.dark(b, 6, i) != (g.light != (g.flipBelow && flip)) == want {
			right++
		}
		total += 2
	}
	return float64(right) / float64(total)
}

// fit is which share of all the modules that are the same in every code of this
// size is as it must be: the finders with the bright line around them, the timing
// patterns and the last alignment pattern.
func (g grid) fit(b *bitmap) float64 {
	right, total := 0, 0
	probe := func(c, r int, want, flip bool) {
		if g.dark(b, c, r) != (g.light != flip) == want {
			right++
		}
		total++
	}
	finder := func(c, r int, flip bool) {
		for y := -4; y <= 4; y++ {
			for x := -4; x <= 4; x++ {
				if c+x < 0 || r+y < 0 || c+x >= g.dim || r+y >= g.dim {
					continue
				}
				ring := max(x, -x, y, -y)
				probe(c+x, r+y, ring != 4 && ring != 2, flip)
			}
		}
	}
	finder(3, 3, false)
	finder(g.dim-4, 3, g.flipRight)
	finder(3, g.dim-4, g.flipBelow)
	if g.dim > 21 {
		for y := -2; y <= 2; y++ {
			for x := -2; x <= 2; x++ {
				probe(g.dim-7+x, g.dim-7+y, max(x, -x, y, -y) != 1, g.flipRight != g.flipBelow)
			}
		}
	}
	return (float64(right)/float64(total) + g.timing(b)) / 2
}

// pixel is the pixel in which a place lies, far outside if it is no place.
func pixel(v float64) int {
	if !(v > -1e6 && v < 1e6) { // also for NaN
		return -1
	}
	return int(math.Floor(v))
}

// modules are a code's modules, true for dark.
type modules struct {
	dim int
	on  []bool
}

// sample takes the bitmap's pixel at the centre of every module.
func (g grid) sample(b *bitmap) modules {
	m := modules{g.dim, make([]bool, g.dim*g.dim)}
	points := make([]float64, 2*g.dim)
	for r := range g.dim {
		for c, p := 0, g.centres(r, points); c < g.dim; c++ {
			m.on[r*g.dim+c] = b.dark(pixel(p[2*c]), pixel(p[2*c+1])) != g.light
		}
	}
	return m
}

// sampleGray takes the brightness around the centre of every module and parts
// dark from bright by the modules around: for blur, noise and weak contrast,
// where a threshold for pixels is wrong at single ones.
func (g grid) sampleGray(p *plane) modules {
	dim := g.dim
	v := make([]int, dim*dim)
	points := make([]float64, 2*dim)
	next := make([]float64, 2*dim)
	for r := range dim {
		here, below := g.centres(r, points), g.centres(min(r+1, dim-1), next)
		// A quarter of a module, to the right and down.
		dx, dy := (here[2]-here[0])/4, (here[3]-here[1])/4
		ex, ey := (below[0]-here[0])/4, (below[1]-here[1])/4
		for c := range dim {
			x, y := here[2*c], here[2*c+1]
			v[r*dim+c] = (4*p.at(x, y) + p.at(x+dx, y+dy) + p.at(x-dx, y-dy) + p.at(x+ex, y+ey) + p.at(x-ex, y-ey)) / 8
		}
	}
	m := modules{dim, make([]bool, dim*dim)}
	const r = 4 // neither smaller, or the inside of a finder is all dark, nor as large as a shade
	for y := range dim {
		for x := range dim {
			lo, hi := 255, 0
			for ny := max(y-r, 0); ny <= min(y+r, dim-1); ny++ {
				for _, w := range v[ny*dim+max(x-r, 0) : ny*dim+min(x+r, dim-1)+1] {
					lo, hi = min(lo, w), max(hi, w)
				}
			}
			m.on[y*dim+x] = (2*v[y*dim+x] < lo+hi) != g.light
		}
	}
	return m
}

// decode reads m as a code. One whose halves are in different polarities is tried
// with the border between them at each column or row, from the middle outwards.
func (t triple) decode(m modules, work *budget) (decoded, bool) {
	if t.right.light == t.corner.light && t.below.light == t.corner.light {
		return decode(m, work)
	}
	for i := range m.dim - 16 {
		cut := m.dim/2 + (i+1)/2*(1-2*(i%2))
		n := modules{m.dim, slices.Clone(m.on)}
		for y := range m.dim {
			for x := range m.dim {
				if (t.right.light != t.corner.light && x >= cut) != (t.below.light != t.corner.light && y >= cut) {
					n.on[y*m.dim+x] = !n.on[y*m.dim+x]
				}
			}
		}
		if d, ok := decode(n, work); ok {
			return d, true
		}
	}
	return decoded{}, false
}

// decode corrects the errors of a code and reads its text, mirrored or not.
func decode(m modules, work *budget) (d decoded, ok bool) {
	if !work.spend(40 * m.dim * m.dim) {
		return decoded{}, false
	}
	bits, err := gozxing.NewSquareBitMatrix(m.dim)
	if err != nil {
		return decoded{}, false
	}
	for i, on := range m.on {
		if on {
			bits.Set(i%m.dim, i/m.dim)
		}
	}
	// The library indexes by what the code's own bits say. No picture is known
	// to make it panic, but none of it was written against hostile ones.
	defer func() {
		if recover() != nil {
			d, ok = decoded{}, false
		}
	}()
	r, err := decoder.NewDecoder().Decode(bits, nil)
	if err != nil {
		return decoded{}, false
	}
	d = decoded{text: r.GetText(), part: -1}
	if r.HasStructuredAppend() {
		d.part, d.parity = r.GetStructuredAppendSequenceNumber(), r.GetStructuredAppendParity()
	}
	return d, d.text != ""
}
