package archive

// ZipNames returns the names in a zip's directory, at most n of them, as they
// lie there: enough to tell what kind of file the zip is. Nil where b has no
// readable directory.
func ZipNames(b []byte, n int) [][]byte {
	d, ok := findDirectory(b)
	if !ok {
		return nil
	}
	var names [][]byte
	c := cursor{b: b[d.start:d.end]}
	for len(names) < n {
		e, ok := centralEntry(&c)
		if !ok {
			break
		}
		names = append(names, e.raw)
	}
	return names
}
