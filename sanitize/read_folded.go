package sanitize

import (
	"errors"
	"strings"

	"kairan/sanitize/envelope"
	"kairan/sanitize/outlook"
)

// unfold reads what a part stands for, where it is only another way to write
// parts: the winmail.dat of Exchange, a mail that was signed or encrypted as a
// whole. What is found becomes its children, so that nobody after needs to know
// how it came.
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
	case isPKCS7(p):
		r.openPKCS7(p, at, where)
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

// isPKCS7 is true for S/MIME that is one part, by type or by name (RFC 8551 §3.2).
func isPKCS7(p *Part) bool {
	switch p.MediaType {
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		return true
	}
	return p.MediaType == "application/octet-stream" && hasExtension(p.Name, "p7m")
}

// openPKCS7 looks through a signature, and decrypts what the hub has a key for.
func (r *reader) openPKCS7(p *Part, at entityPlace, where string) {
	content, err := envelope.SignedContent(p.Body)
	if errors.Is(err, envelope.ErrEncrypted) {
		if content, err = r.keys.DecryptSMIME(p.Body, r.decoded); err != nil {
			r.problem(ProblemEncrypted, where, "S/MIME: "+whySealed(err))
			return
		}
	}
	switch {
	case errors.Is(err, envelope.ErrLimit):
		r.problem(ProblemLimit, where, "more is encrypted than is read")
	case err != nil:
		r.problem(ProblemMalformed, where, "S/MIME that cannot be read")
		return
	}
	r.spend(len(content))
	r.inside(p, content, at)
}

// whySealed says for an operator why something stays encrypted.
func whySealed(err error) string {
	if errors.Is(err, envelope.ErrNoKey) {
		return "it was encrypted, and the hub has no key that opens it"
	}
	return "it was encrypted and is damaged"
}

// openPGP decrypts a multipart/encrypted (RFC 3156 §4): the message is its second
// part.
func (r *reader) openPGP(p *Part, at entityPlace) {
	where := at.where() + "body"
	for _, c := range p.Parts {
		if !envelope.IsPGPMessage(c.Body) && c.MediaType != "application/octet-stream" {
			continue
		}
		content, err := r.keys.DecryptPGP(c.Body, r.decoded)
		if err != nil && !errors.Is(err, envelope.ErrLimit) {
			r.problem(ProblemEncrypted, where, "OpenPGP: "+whySealed(err))
			return
		}
		r.spend(len(content))
		p.Parts = nil
		r.inside(p, content, at)
		return
	}
	r.problem(ProblemEncrypted, where, "encrypted for somebody else")
}

// openInlinePGP decrypts a text that is an OpenPGP message, as older clients write
// it.
func (r *reader) openInlinePGP(p *Part, at entityPlace) {
	if !strings.Contains(p.Text, "-----BEGIN PGP MESSAGE-----") || !envelope.IsPGPMessage(p.Body) {
		return
	}
	content, err := r.keys.DecryptPGP(p.Body, r.decoded)
	if err != nil && !errors.Is(err, envelope.ErrLimit) {
		r.problem(ProblemEncrypted, at.where()+"body", "OpenPGP: "+whySealed(err))
		return
	}
	r.spend(len(content))
	r.inside(p, append([]byte("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"), content...), at)
}
