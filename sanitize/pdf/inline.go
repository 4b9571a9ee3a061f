package pdf

import (
	"bytes"
	"cmp"
)

// inline reads a picture inside a content stream: BI, its dictionary, ID, its
// bytes, EI (§8.9.7).
func (c *canvas) inline(in *parser) {
	d := dict{}
	for {
		k := in.value(0)
		n, ok := k.(name)
		if !ok {
			if w, isWord := k.(keyword); isWord && (w == "ID" || w == end || w == "EI") {
				break
			}
			continue
		}
		v := in.value(0)
		if w, isWord := v.(keyword); isWord {
			if w == "ID" || w == end {
				break
			}
			continue
		}
		d[cmp.Or(inlineKeys[n], n)] = v
	}
	if n, ok := d["ColorSpace"].(name); ok { // it may be a name of the resources
		if v, ok := c.p.r.dict(c.resources["ColorSpace"])[n]; ok {
			d["ColorSpace"] = v
		}
	}
	start := min(len(in.b), in.i+1)
	stop := start
	for {
		i := bytes.Index(in.b[stop:], []byte("EI"))
		if i < 0 {
			stop = len(in.b)
			break
		}
		at := stop + i
		if (at == start || isSpace(in.b[at-1])) && (at+2 >= len(in.b) || isSpace(in.b[at+2])) && text(in.b[at+2:]) {
			stop = at
			break
		}
		stop = at + 2
	}
	in.i = min(len(in.b), stop+2)
	c.p.r.image(d, &object{value: d, stream: in.b[start:min(stop, len(in.b))], packed: true})
}

// text is true for what looks like content and not like samples of a picture that
// happen to have "EI" in them.
func text(b []byte) bool {
	for _, c := range b[:min(len(b), 12)] {
		if c >= 0x7f || c < ' ' && !isSpace(c) || c == 0 {
			return false
		}
	}
	return true
}

var inlineKeys = map[name]name{
	"W": "Width", "H": "Height", "BPC": "BitsPerComponent", "CS": "ColorSpace", "F": "Filter", "DP": "DecodeParms", "IM": "ImageMask", "D": "Decode",
}
