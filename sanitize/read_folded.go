package sanitize

import (
	"kairan/sanitize/outlook"
)

// unfold reads what a part stands for, where it is only another way to write
// parts: the winmail.dat of Exchange. What is found becomes its children, so that
// nobody after needs to know how it came.
func (r *reader) unfold(p *Part, at entityPlace) {
	if len(p.Body) == 0 || at.depth >= r.limits.MultipartDepth {
		return
	}
	where := at.where() + "body"
	switch {
	case outlook.IsTNEF(p.Body):
		var o opened
		r.openMessage(&o, where, outlook.ReadTNEF, p.Body)
		r.inside(p, o.mail, at)
	}
}

// inside reads an entity that a part stands for.
func (r *reader) inside(p *Part, entity []byte, at entityPlace) {
	if len(entity) == 0 || r.parts <= 0 {
		return
	}
	at.path, at.depth, at.mail = joinPath(at.path, "1"), at.depth+1, false
	at.defaultType = "text/plain"
	p.Parts = append(p.Parts, r.entity(entity, at))
}
