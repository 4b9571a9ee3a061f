package qr

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// Bounds of the tables read. A code has 177 rows of as many cells at most; mail
// programs choke on less than the text these allow.
const (
	deepestTable = 16
	mostRows     = 1000
	mostRowCells = 1000
	mostTables   = 500
	mostClasses  = 2000
	mostDivs     = 10_000
	mostBoxes    = 40_000
	leastRow     = 5   // cells; every row of a code changes colour more often
	widestCell   = 400 // modules or pixels
)

// ReadTable reads codes that are drawn with the cells of an HTML table, or with
// rows of boxes, each coloured by bgcolor, by a background in its style or by a
// class that the page's own style gives one. At most limit bytes of html are read
// (all of it, if limit is zero or less). It costs little where no table has the
// rows of a code.
func ReadTable(html string, limit int) []string {
	if limit > 0 && len(html) > limit {
		html = html[:limit]
	}
	s := newSearch(defaultWork)
	for _, t := range tablesOf(html) {
		s.table(t)
	}
	return s.texts()
}

// square is a table cell or a box: how dark it is and how much place it takes.
type square struct {
	shade         uint8
	columns, rows int // as colspan and rowspan say
	width         int // in pixels, 0 if it does not say
}

// table is what was drawn.
type table struct {
	rows   [][]square
	height []int // of each row in pixels, 0 if it does not say
	cut    uint8 // the brightest shade that counts as dark
}

// tableReader walks through a page's tags. It keeps no tree, so that no nesting is
// too deep for it.
type tableReader struct {
	open    []openTable
	done    []table
	loose   table    // rows of boxes and of one-row tables, outside of real tables
	boxes   []square // coloured ones that no row was made of yet
	divs    []div    // that are open
	classes map[string]uint8
	element map[string]uint8 // styles of td and the like
}

// div is a block that is open: a box of a drawing, or what holds a row of them.
type div struct {
	before   int // boxes there were when it began
	coloured bool
}

// openTable is a table whose end has not come yet.
type openTable struct {
	table
	shade, rowShade uint8
}

// tablesOf finds everything in a page that may be a drawing.
func tablesOf(page string) []table {
	r := tableReader{classes: map[string]uint8{}, element: map[string]uint8{}}
	z := html.NewTokenizer(strings.NewReader(page))
	inStyle := false
	for {
		switch z.Next() {
		case html.ErrorToken:
			for len(r.open) > 0 {
				r.end()
			}
			r.endLoose()
			return r.done
		case html.TextToken:
			if inStyle {
				r.style(string(z.Text()))
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			switch string(name) {
			case "style":
				inStyle = false
			case "table":
				r.end()
			case "div":
				r.endDiv()
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			tag := string(name)
			switch tag {
			case "style":
				inStyle = true
				continue
			case "br":
				r.row(r.innermost())
				continue
			case "table", "tr", "td", "th", "div", "span", "i", "b":
			default:
				continue
			}
			a := r.attributes(tag, z, more)
			r.start(tag, a)
		}
	}
}

// attributes are those of a tag that have to do with how it looks.
type attributes struct {
	shade         uint8
	coloured      bool
	columns, rows int
	width, height int
}

func (r *tableReader) attributes(tag string, z *html.Tokenizer, more bool) attributes {
	a := attributes{columns: 1, rows: 1}
	if s, ok := r.element[tag]; ok {
		a.shade, a.coloured = s, true
	}
	style := ""
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		switch string(key) {
		case "bgcolor":
			if s, ok := shadeOf(string(value)); ok {
				a.shade, a.coloured = s, true
			}
		case "class":
			for class := range strings.FieldsSeq(string(value)) {
				if s, ok := r.classes[strings.ToLower(class)]; ok {
					a.shade, a.coloured = s, true
				}
			}
		case "style":
			style = string(value)
		case "colspan":
			a.columns = span(string(value))
		case "rowspan":
			a.rows = span(string(value))
		case "width":
			a.width = pixels(string(value))
		case "height":
			a.height = pixels(string(value))
		}
	}
	if style != "" {
		s, ok := r.declarations(style, &a)
		if ok {
			a.shade, a.coloured = s, true
		}
	}
	return a
}

// declarations reads the style of one element or rule.
func (r *tableReader) declarations(style string, a *attributes) (shade uint8, ok bool) {
	for d := range strings.SplitSeq(style, ";") {
		name, value, found := strings.Cut(d, ":")
		if !found {
			continue
		}
		value = strings.TrimSpace(strings.Replace(value, "!important", "", 1))
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "background", "background-color":
			if s, is := shadeOf(value); is {
				shade, ok = s, true
			}
		case "width":
			if a != nil {
				a.width = pixels(value)
			}
		case "height":
			if a != nil {
				a.height = pixels(value)
			}
		}
	}
	return shade, ok
}

// style takes the backgrounds that a style sheet gives to classes and elements.
// Only the plainest selectors are understood: .name, td, td.name.
func (r *tableReader) style(sheet string) {
	for rule := range strings.SplitSeq(sheet, "}") {
		selectors, body, found := strings.Cut(rule, "{")
		if !found {
			continue
		}
		shade, ok := r.declarations(body, nil)
		if !ok {
			continue
		}
		for s := range strings.SplitSeq(selectors, ",") {
			s = strings.ToLower(strings.TrimSpace(s))
			if i := strings.LastIndexAny(s, " >+~"); i >= 0 {
				s = s[i+1:]
			}
			if len(r.classes)+len(r.element) >= mostClasses {
				return
			}
			if _, class, is := strings.Cut(s, "."); is {
				r.classes[class] = shade
			} else {
				switch s {
				case "table", "tr", "td", "th", "div", "span", "i", "b":
					r.element[s] = shade
				}
			}
		}
	}
}

func (r *tableReader) start(tag string, a attributes) {
	var top *openTable
	if len(r.open) > 0 {
		top = &r.open[len(r.open)-1]
	}
	switch tag {
	case "table":
		if len(r.open) == deepestTable {
			r.end()
			top = nil
		}
		shade := uint8(255)
		if top != nil {
			shade = top.rowShade
		}
		if a.coloured {
			shade = a.shade
		}
		r.open = append(r.open, openTable{shade: shade, rowShade: shade})
	case "tr":
		if top == nil || len(top.rows) == mostRows {
			return
		}
		top.rowShade = top.shade
		if a.coloured {
			top.rowShade = a.shade
		}
		top.rows = append(top.rows, nil)
		top.height = append(top.height, a.height)
	case "td", "th":
		if top == nil || len(top.rows) == 0 {
			return
		}
		last := len(top.rows) - 1
		if len(top.rows[last]) == mostRowCells {
			return
		}
		shade := top.rowShade
		if a.coloured {
			shade = a.shade
		}
		top.rows[last] = append(top.rows[last], square{shade, a.columns, a.rows, a.width})
		top.height[last] = max(top.height[last], a.height)
	default:
		if tag == "div" && len(r.divs) < mostDivs {
			r.divs = append(r.divs, div{len(r.boxes), a.coloured})
		}
		if a.coloured && len(r.boxes) < mostBoxes {
			r.boxes = append(r.boxes, square{a.shade, 1, 1, a.width})
		}
	}
}

// end closes the innermost table. One of a single row is a row of a drawing that
// was made of many.
func (r *tableReader) end() {
	if len(r.open) == 0 {
		return
	}
	t := r.open[len(r.open)-1].table
	r.open = r.open[:len(r.open)-1]
	switch {
	case len(t.rows) == 1 && len(t.rows[0]) >= leastRow:
		r.looseRow(t.rows[0], t.height[0])
	case len(t.rows) > 1:
		r.finish(t)
	}
}

// innermost is the number of the first box in the innermost open block.
func (r *tableReader) innermost() int {
	if len(r.divs) == 0 {
		return 0
	}
	d := r.divs[len(r.divs)-1]
	if d.coloured {
		return min(d.before+1, len(r.boxes))
	}
	return d.before
}

// endDiv closes a block. One with several boxes in it was a row, or a whole code
// if there is a square number of them.
func (r *tableReader) endDiv() {
	if len(r.divs) == 0 {
		return
	}
	first := r.innermost()
	d := r.divs[len(r.divs)-1]
	r.divs = r.divs[:len(r.divs)-1]
	if len(r.boxes)-first >= leastRow {
		r.row(first)
		r.boxes = r.boxes[:d.before] // the row's own background is no box
	}
}

// row makes a row of the boxes from the first on, or many rows.
func (r *tableReader) row(first int) {
	boxes := r.boxes[first:]
	r.boxes = r.boxes[:first]
	n := len(boxes)
	if n < leastRow {
		return
	}
	boxes = slices.Clone(boxes)
	if side := int(math.Sqrt(float64(n))); n >= 21*21 && side*side == n {
		for ; len(boxes) > 0; boxes = boxes[side:] {
			r.looseRow(boxes[:side], 0)
		}
		return
	}
	if n <= mostRowCells {
		r.looseRow(boxes, 0)
	}
}

func (r *tableReader) looseRow(row []square, height int) {
	if len(r.loose.rows) < mostRows {
		r.loose.rows = append(r.loose.rows, row)
		r.loose.height = append(r.loose.height, height)
	}
}

func (r *tableReader) endLoose() {
	r.row(0)
	r.finish(r.loose)
	r.loose = table{}
}

// finish keeps a table that has the rows and the two shades of a code.
func (r *tableReader) finish(t table) {
	lo, hi := uint8(255), uint8(0)
	rows, cells := 0, 0
	for _, row := range t.rows {
		cells += len(row)
		if len(row) >= leastRow {
			rows++
		}
		for _, s := range row {
			lo, hi = min(lo, s.shade), max(hi, s.shade)
		}
	}
	// With cells merged over rows and columns even the smallest code has more.
	if rows >= 11 && cells >= 100 && hi-lo >= leastContrast && len(r.done) < mostTables {
		t.cut = lo + (hi-lo)/2
		r.done = append(r.done, t)
	}
}

// table draws t in black and white and reads that.
func (s *search) table(t table) {
	// Widths count only where every cell has one and they differ; otherwise a
	// cell is as many modules wide as it spans.
	widths, least := true, 0
	for _, row := range t.rows {
		for _, c := range row {
			if c.width == 0 {
				widths = false
			}
			if least == 0 || c.width < least {
				least = c.width
			}
		}
	}
	columns := 0
	size := func(c square) int {
		if widths && c.columns == 1 {
			return max((c.width+least/2)/least, 1)
		}
		return c.columns
	}
	for _, row := range t.rows {
		n := 0
		for _, c := range row {
			n += size(c)
		}
		columns = max(columns, n)
	}
	if columns < 21 || columns > mostRowCells {
		return
	}
	heights := rowHeights(t)
	total := 0
	for _, h := range heights {
		total += h
	}
	if total < 21 || total > mostRows {
		return
	}
	b := &bitmap{columns, total, make([]uint8, columns*total)}
	taken := make([]bool, columns*total) // by a cell of a row above
	y := 0
	for i, row := range t.rows {
		x := 0
		for _, c := range row {
			for x < columns && taken[y*columns+x] {
				x++
			}
			h := 0
			for _, n := range heights[i:min(i+c.rows, len(heights))] {
				h += n
			}
			for dy := range h {
				for dx := range min(size(c), columns-x) {
					at := (y+dy)*columns + x + dx
					taken[at] = true
					if c.shade <= t.cut {
						b.on[at] = 1
					}
				}
			}
			x += size(c)
		}
		y += heights[i]
	}
	s.dots(b, 4, 4)
}

// rowHeights are the heights of the rows in modules: one each, unless the rows
// say their heights and these differ.
func rowHeights(t table) []int {
	least := 0
	for i, row := range t.rows {
		if len(row) == 0 {
			continue
		}
		if t.height[i] == 0 {
			least = 0
			break
		}
		if least == 0 || t.height[i] < least {
			least = t.height[i]
		}
	}
	heights := make([]int, len(t.rows))
	for i := range heights {
		switch {
		case len(t.rows[i]) == 0 && least == 0:
			heights[i] = 1 // a row that others span into
		case least == 0:
			heights[i] = 1
		default:
			heights[i] = max((t.height[i]+least/2)/least, 1)
		}
	}
	return heights
}

// span reads a colspan or rowspan.
func span(s string) int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || n < 1 {
		return 1
	}
	return min(n, widestCell)
}

// pixels reads a length in pixels, 0 for one in anything else.
func pixels(s string) int {
	s = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(s)), "px")
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || !(f >= 1 && f <= widestCell) {
		return 0
	}
	return int(f + 0.5)
}

// shadeOf is the brightness of a CSS colour; false for what is none, or is
// transparent.
func shadeOf(s string) (uint8, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	if i := strings.IndexByte(s, '('); i > 0 && strings.HasPrefix(s, "rgb") {
		var c [4]float64
		n := 0
		for f := range strings.FieldsFuncSeq(strings.TrimSuffix(s[i+1:], ")"), func(r rune) bool { return r == ',' || r == ' ' || r == '/' || r == ')' }) {
			if n == 4 {
				break
			}
			f, percent := strings.CutSuffix(f, "%")
			v, err := strconv.ParseFloat(f, 64)
			if err != nil {
				return 0, false
			}
			if percent {
				v = v * 255 / 100
			}
			if !(v > 0) { // also for NaN
				v = 0
			}
			c[n] = min(v, 255)
			n++
		}
		if n < 3 || n == 4 && c[3] == 0 {
			return 0, false
		}
		return luma(int(c[0]), int(c[1]), int(c[2])), true
	}
	if i := strings.IndexAny(s, " \t"); i > 0 {
		s = s[:i]
	}
	if v, ok := colourNames[s]; ok {
		return v, true
	}
	hex, sharp := strings.CutPrefix(s, "#")
	if !sharp && len(hex) != 6 {
		return 0, false
	}
	v, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		return 0, false
	}
	switch len(hex) {
	case 4: // with transparency
		v >>= 4
		fallthrough
	case 3:
		return luma(int(v>>8&15)*17, int(v>>4&15)*17, int(v&15)*17), true
	case 8:
		v >>= 8
		fallthrough
	case 6:
		return luma(int(v>>16&255), int(v>>8&255), int(v&255)), true
	}
	return 0, false
}

func luma(r, g, b int) uint8 { return uint8((299*r + 587*g + 114*b) / 1000) }

// colourNames are the brightnesses of the names that people use for ink and paper.
var colourNames = map[string]uint8{
	"black": 0, "white": 255, "navy": 14, "darkblue": 15, "mediumblue": 23, "blue": 29, "midnightblue": 41, "indigo": 37, "maroon": 38,
	"darkred": 41, "brown": 78, "red": 76, "crimson": 80, "purple": 52, "green": 75, "darkgreen": 58, "darkslategray": 68, "darkslategrey": 68,
	"dimgray": 105, "dimgrey": 105, "gray": 128, "grey": 128, "darkgray": 169, "darkgrey": 169, "silver": 192, "lightgray": 211,
	"lightgrey": 211, "gainsboro": 220, "whitesmoke": 245, "snow": 251, "ivory": 253, "beige": 242, "yellow": 225, "teal": 90, "olive": 113,
	"lightyellow": 251, "ghostwhite": 248, "floralwhite": 249, "aliceblue": 246, "azure": 250, "mintcream": 251,
}
