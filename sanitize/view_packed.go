package sanitize

import (
	"bytes"
	"compress/flate"
	"encoding/base32"
	"io"
	"math/big"
	"strings"
	"unicode/utf8"
)

// base32Runs decodes every run of base32 digits (RFC 4648 §6), in capitals or
// not.
func base32Runs(v *view, clean, doubtful *joined) {
	eachRun(v.text, isBase32, 10, 4096, func(start int, run string) {
		run = strings.ToUpper(run)
		// What remains of a group must be of a length that occurs.
		for n := len(run); n > len(run)-3 && n >= 8; n-- {
			if b, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(run[:n]); err == nil {
				addDecoded(b, v.line(start), clean, doubtful)
				return
			}
		}
	})
}

func isBase32(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '2' && c <= '7'
}

// base58 are the digits of base58: those that a person does not take for others.
const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// base58Runs decodes every run of base58 digits. A long one costs the square of its
// length, and an identity needs no long one.
func base58Runs(v *view, clean, doubtful *joined) {
	const most = 160
	eachRun(v.text, func(c byte) bool { return strings.IndexByte(base58, c) >= 0 }, 8, most, func(start int, run string) {
		n, radix := new(big.Int), big.NewInt(58)
		for i := range len(run) {
			n.Add(n.Mul(n, radix), big.NewInt(int64(strings.IndexByte(base58, run[i]))))
		}
		addDecoded(n.Bytes(), v.line(start), clean, doubtful)
	})
}

// eachRun calls found for every run of at least least and at most most bytes for
// which in holds.
func eachRun(s string, in func(byte) bool, least, most int, found func(start int, run string)) {
	for i := 0; i < len(s); {
		if !in(s[i]) {
			i++
			continue
		}
		start := i
		for i < len(s) && in(s[i]) {
			i++
		}
		if n := i - start; n >= least && n <= most {
			found(start, s[start:i])
		}
	}
}

// maxInflated bounds what a decoded run is inflated to: it is a name in a link.
const maxInflated = 16 << 10

// packedStart is how far into decoded bytes compressed ones may begin: what stands
// before them in a path was decoded with them.
const packedStart = 64

// inflated is what b holds compressed (RFC 1950, RFC 1952), nil for nothing.
func inflated(b []byte) []byte {
	for i := range b[:min(len(b), packedStart)] {
		if plain := inflatedAt(b[i:], i > 0); len(plain) >= 4 && utf8.Valid(plain) {
			return plain
		}
	}
	return nil
}

// inflatedAt is inflated for what begins with b. Within other bytes only what
// compressors write is believed to begin there.
func inflatedAt(b []byte, within bool) []byte {
	switch {
	case len(b) > 6 && b[0]&0x0f == 8 && b[0]>>4 <= 7 && (int(b[0])<<8|int(b[1]))%31 == 0 && (!within || b[0] == 0x78):
		b = b[2:]
	case len(b) > 18 && b[0] == 0x1f && b[1] == 0x8b && b[2] == 8 && b[3] == 0:
		b = b[10:]
	default:
		return nil
	}
	// Nothing is verified: what comes out until it breaks is enough.
	out, _ := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(b)), maxInflated))
	return out
}
