package sanitize

// automaton finds many words in one pass over a text (Aho and Corasick, 1975).
// Its time depends on the text's length and on how many words end in it, not on
// how many words it knows. It is never changed once built, so any number of
// goroutines may use it.
type automaton struct {
	// The nodes of the trie of all words, in breadth-first order. The children of
	// a node lie side by side, sorted by label.
	label []byte
	first []int32 // its first child
	count []uint16
	fail  []int32 // the node of the longest proper suffix that is in the trie
	word  []int32 // the word that ends here, or -1
	next  []int32 // the nearest node on the way of fail where a word ends, or 0
	root  [256]int32
}

// newAutomaton builds the automaton of words, which must be sorted, distinct and
// not empty.
func newAutomaton(words []string) *automaton {
	size := 1
	for _, w := range words {
		size += len(w)
	}
	size = size/2 + 1 // a guess; sorted names share many beginnings
	a := &automaton{
		label: make([]byte, 1, size), first: make([]int32, 1, size), count: make([]uint16, 1, size),
		fail: make([]int32, 1, size), word: make([]int32, 1, size), next: make([]int32, 1, size),
	}
	a.word[0] = -1
	// A node stands for the words[lo:hi] that begin with the path to it.
	type span struct{ lo, hi, depth int32 }
	spans := make([]span, 1, size)
	spans[0] = span{0, int32(len(words)), 0}
	for u := int32(0); int(u) < len(spans); u++ {
		s := spans[u]
		if s.lo < s.hi && len(words[s.lo]) == int(s.depth) {
			a.word[u] = s.lo
			s.lo++
		}
		if f := a.fail[u]; u != 0 && a.word[f] >= 0 {
			a.next[u] = f
		} else if u != 0 {
			a.next[u] = a.next[f]
		}
		a.first[u] = int32(len(spans))
		for lo := s.lo; lo < s.hi; {
			b := words[lo][s.depth]
			hi := lo + 1
			for hi < s.hi && words[hi][s.depth] == b {
				hi++
			}
			child := int32(len(spans))
			spans = append(spans, span{lo, hi, s.depth + 1})
			a.label = append(a.label, b)
			a.first = append(a.first, 0)
			a.count = append(a.count, 0)
			a.word = append(a.word, -1)
			a.next = append(a.next, 0)
			a.fail = append(a.fail, 0)
			if u == 0 {
				a.root[b] = child
			} else {
				a.fail[child] = a.step(a.fail[u], b)
			}
			a.count[u]++
			lo = hi
		}
	}
	return a
}

// child is the child of u for b, or 0.
func (a *automaton) child(u int32, b byte) int32 {
	if u == 0 {
		return a.root[b]
	}
	lo := a.first[u]
	hi := lo + int32(a.count[u])
	for hi-lo > 8 {
		mid := (lo + hi) / 2
		if a.label[mid] <= b {
			lo = mid
		} else {
			hi = mid
		}
	}
	for ; lo < hi; lo++ {
		if a.label[lo] == b {
			return lo
		}
	}
	return 0
}

// step is the state after b in state u.
func (a *automaton) step(u int32, b byte) int32 {
	for {
		if c := a.child(u, b); c != 0 || u == 0 {
			return c
		}
		u = a.fail[u]
	}
}

// scan calls found for every word in text, in the order of their ends, longer
// ones first, until found returns false.
func (a *automaton) scan(text []byte, found func(word, end int) bool) {
	u := int32(0)
	for i, b := range text {
		u = a.step(u, b)
		v := u
		if a.word[v] < 0 {
			v = a.next[v]
		}
		for ; v != 0; v = a.next[v] {
			if !found(int(a.word[v]), i+1) {
				return
			}
		}
	}
}
