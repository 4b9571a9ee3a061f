package compound

// Children gives the indices of the storages and streams directly within the
// storage at index i, in the order in which its tree is walked; nil when there
// are none. No entry is in two storages: it belongs to the one that is nearer to
// the root. The slice is the File's own and must not be changed.
func (f *File) Children(i int) []int {
	if i < 0 || i >= len(f.Entries) {
		return nil
	}
	return f.Entries[i].kids
}

// growTree finds who holds whom. It begins at the root, so that what other
// programs see is as they see it. Then come the storages that the root does not
// lead to, since who hides something need not be asked whether it counts: first
// those that no other one holds, last those that hold each other in a circle.
func (f *File) growTree() {
	g := grower{f: f, placed: make([]bool, len(f.Entries)), kids: make([]int, 0, len(f.Entries))}
	g.place(0)
	held := make([]bool, len(f.Entries))
	for s := range f.Entries {
		if g.loose(s) {
			g.siblings(f.Entries[s].child, func(i int) bool {
				if g.placed[i] || held[i] || i == s {
					return false
				}
				held[i] = true
				return true
			})
		}
	}
	for s := range f.Entries {
		if g.loose(s) && !held[s] {
			g.place(s)
		}
	}
	for s := range f.Entries {
		if g.loose(s) {
			g.place(s)
		}
	}
}

type grower struct {
	f      *File
	placed []bool
	// kids has room for all entries, each of which comes into it once: the Children
	// of every storage are a piece of it.
	kids []int
	todo []uint32 // of siblings, kept for its memory
}

// loose reports whether an entry can hold others and has no place yet.
func (g *grower) loose(i int) bool {
	k := g.f.Entries[i].Kind
	return !g.placed[i] && (k == Storage || k == Root)
}

// place makes a tree of all that is in a storage and has no place yet. An entry
// gets the first parent that claims it: that ends every loop, and no tree grows
// by having an entry twice.
func (g *grower) place(top int) {
	g.placed[top] = true
	for queue := []int{top}; len(queue) > 0; queue = queue[1:] {
		parent, first := queue[0], len(g.kids)
		g.siblings(g.f.Entries[parent].child, func(i int) bool {
			if g.placed[i] {
				return false
			}
			if g.loose(i) {
				queue = append(queue, i)
			}
			g.placed[i] = true
			e := &g.f.Entries[i]
			e.Parent = parent
			if e.Kind == Storage || e.Kind == Stream {
				g.kids = append(g.kids, i)
			}
			return true
		})
		if n := len(g.kids); n > first {
			g.f.Entries[parent].kids = g.kids[first:n:n]
		}
	}
}

// siblings walks the binary tree of siblings below i ([MS-CFB] §2.6.4), each
// before its left and then its right side. visit says whether to go on below it,
// which it must not say twice of one entry.
func (g *grower) siblings(i uint32, visit func(i int) bool) {
	g.todo = append(g.todo[:0], i)
	for len(g.todo) > 0 {
		last := len(g.todo) - 1
		i := g.todo[last]
		g.todo = g.todo[:last]
		// The root is nobody's sibling; a 0 there is a field that was never filled.
		if i == 0 || i >= uint32(len(g.f.Entries)) || !visit(int(i)) {
			continue
		}
		e := &g.f.Entries[i]
		g.todo = append(g.todo, e.right, e.left)
	}
}
