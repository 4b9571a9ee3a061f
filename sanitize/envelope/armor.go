package envelope

import (
	"bytes"
)

// unarmor is the binary inside the first armour of one of those kinds ("-----BEGIN
// kind", RFC 9580 §6, RFC 7468), or inside bare base64. It reads what damaged or
// truncated armour still holds: anything that is no base64 is passed over.
func unarmor(b []byte, kinds ...string) []byte {
	for _, kind := range kinds {
		if i := bytes.Index(b, []byte("-----BEGIN "+kind)); i >= 0 {
			return base64Lines(armorBody(b[i:]))
		}
	}
	return base64Lines(b)
}

// armorBody is what stands between the first line with its headers and the last.
func armorBody(b []byte) []byte {
	_, b, _ = bytes.Cut(b, []byte("\n"))
	if i := bytes.Index(b, []byte("-----END")); i >= 0 {
		b = b[:i]
	}
	// Headers are lines with a colon, then an empty line (RFC 9580 §6.2).
	for rest := b; len(rest) > 0; {
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		if len(bytes.TrimSpace(line)) == 0 {
			return after
		}
		if bytes.IndexByte(line, ':') < 0 {
			break
		}
		rest, b = after, after
	}
	return b
}

// base64Lines decodes base64 up to the checksum line of OpenPGP, "=" and four
// characters, or the end.
func base64Lines(b []byte) []byte {
	out := make([]byte, 0, len(b)/4*3+3)
	var acc uint32
	bits, start := 0, true
	for _, c := range b {
		v := base64Value[c]
		switch {
		case c == '\n':
			start = true
			continue
		case c == '=' && start && len(out) > 0:
			return out
		case v < 64:
			acc = acc<<6 | uint32(v)
			if bits += 6; bits >= 8 {
				bits -= 8
				out = append(out, byte(acc>>bits))
			}
		}
		start = start && (c == '\r' || c == ' ' || c == '\t')
	}
	return out
}

// base64Value is a character's value in base64 (RFC 4648 §4), 255 for others.
var base64Value = func() (t [256]byte) {
	for i := range t {
		t[i] = 255
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		t[c] = byte(i)
	}
	return t
}()
