package envelope

import "bytes"

// Why a reader of our own: encoding/asn1 reads DER only, mailers write BER
// (indefinite lengths, octet strings in pieces), and the converters to be had
// recurse once for each level of nesting. A stack that a message can overflow
// ends the process; no recover helps.

// Tags used here: class, constructed bit and number in one byte (X.690 §8.1.2).
const (
	tagInteger     = 0x02
	tagBitString   = 0x03
	tagOctetString = 0x04
	tagOID         = 0x06
	tagSequence    = 0x30
	tagSet         = 0x31
	context        = 0x80 // of context-specific tags
	constructed    = 0x20
)

// element is one BER value.
type element struct {
	tag  byte
	body []byte
	// cut is true when the value goes on past the end of the input; body is what
	// there is.
	cut bool
}

// next reads the first value of b and returns what follows it. ok is false where
// there is none, or only the mark that ends an indefinite length.
func next(b []byte) (e element, rest []byte, ok bool) {
	head, length, ok := header(b)
	if !ok || b[0] == 0 && length == 0 {
		return element{}, nil, false
	}
	e.tag, b = b[0], b[head:]
	switch {
	case length < 0:
		n, mark := indefinite(b)
		e.body, rest, e.cut = b[:n], b[n+mark:], mark == 0
	case length > len(b):
		e.body, e.cut = b, true
	default:
		e.body, rest = b[:length], b[length:]
	}
	return e, rest, true
}

// header reads a tag and a length, -1 for an indefinite one. Tags of more than
// one byte, which no structure here has, count as their first.
func header(b []byte) (head, length int, ok bool) {
	if len(b) < 2 {
		return 0, 0, false
	}
	i := 1
	if b[0]&0x1f == 0x1f {
		for i < len(b) && b[i]&0x80 != 0 {
			i++
		}
		i++
	}
	if i >= len(b) {
		return 0, 0, false
	}
	n := int(b[i])
	i++
	switch {
	case n < 0x80:
		return i, n, true
	case n == 0x80:
		return i, -1, b[0]&constructed != 0
	case n-0x80 > len(b)-i:
		return 0, 0, false
	}
	for _, c := range b[i : i+n-0x80] {
		if length >= 1<<40 {
			return 0, 0, false
		}
		length = length<<8 | int(c)
	}
	return i + n - 0x80, length, true
}

// indefinite finds the end of a value of indefinite length: its size, and that
// of the mark behind it, 0 where there is none. Values of definite length are
// stepped over, so a counter is all that nesting takes.
func indefinite(b []byte) (size, mark int) {
	depth := 1
	for i := 0; i < len(b); {
		if len(b)-i >= 2 && b[i] == 0 && b[i+1] == 0 {
			if depth--; depth == 0 {
				return i, 2
			}
			i += 2
			continue
		}
		head, length, ok := header(b[i:])
		if !ok {
			break
		}
		i += head
		if length < 0 {
			depth++
			continue
		}
		if length > len(b)-i {
			break
		}
		i += length
	}
	return len(b), 0
}

// take reads the first value of *b if it has that tag, and moves *b past it.
func take(b *[]byte, tag byte) (e element, ok bool) {
	e, rest, ok := next(*b)
	if !ok || e.tag != tag {
		return element{}, false
	}
	*b = rest
	return e, true
}

// maxPieces is how deep the pieces of an octet string may nest; writers use one
// level.
const maxPieces = 8

// octets is the string that an element holds, in one or in pieces (X.690 §8.7),
// appended to out. cut is true when it ends early.
func octets(out []byte, e element) (_ []byte, cut bool) {
	if e.tag&constructed == 0 {
		return append(out, e.body...), e.cut
	}
	// What is still to be read at each level.
	levels := append(make([][]byte, 0, maxPieces), e.body)
	cut = e.cut
	for len(levels) > 0 {
		n := len(levels) - 1
		piece, rest, ok := next(levels[n])
		if !ok {
			levels = levels[:n]
			continue
		}
		levels[n] = rest
		cut = cut || piece.cut
		switch {
		case piece.tag&constructed == 0:
			out = append(out, piece.body...)
		case len(levels) < maxPieces:
			levels = append(levels, piece.body)
		default:
			cut = true
		}
	}
	return out, cut
}

// algorithm is an AlgorithmIdentifier: the object identifier's bytes and the
// parameters, which may be absent.
type algorithm struct {
	oid    string
	params element
	raw    []byte // the whole, in the message's own encoding
}

func takeAlgorithm(b *[]byte) (a algorithm, ok bool) {
	whole := *b
	seq, ok := take(b, tagSequence)
	if !ok {
		return a, false
	}
	a.raw = whole[:len(whole)-len(*b)]
	oid, ok := take(&seq.body, tagOID)
	if !ok {
		return a, false
	}
	a.oid = string(oid.body)
	a.params, _, _ = next(seq.body)
	return a, true
}

// contentInfo opens a ContentInfo (RFC 5652 §3): the type and the value behind
// its explicit tag. PEM and bare base64 are undone first.
func contentInfo(b []byte) (oid string, content element, ok bool) {
	if len(b) > 0 && b[0] != tagSequence {
		b = unarmor(b, "PKCS7", "CMS")
		b = bytes.TrimLeft(b, "\r\n\t ")
	}
	info, ok := take(&b, tagSequence)
	if !ok {
		return "", element{}, false
	}
	id, ok := take(&info.body, tagOID)
	if !ok {
		return "", element{}, false
	}
	explicit, ok := take(&info.body, context|constructed)
	if !ok {
		return string(id.body), element{}, false
	}
	content, _, ok = next(explicit.body)
	return string(id.body), content, ok
}
