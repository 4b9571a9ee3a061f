package envelope

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
)

// Object identifiers, in their encoding (X.690 §8.19).
const (
	pkcs7Arc = "\x2a\x86\x48\x86\xf7\x0d\x01\x07"     // 1.2.840.113549.1.7
	smimeArc = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10" // 1.2.840.113549.1.9.16

	oidSigned        = pkcs7Arc + "\x02"     // RFC 5652 §5.1
	oidEnveloped     = pkcs7Arc + "\x03"     // RFC 5652 §6.1
	oidEncrypted     = pkcs7Arc + "\x06"     // RFC 5652 §8
	oidCompressed    = smimeArc + "\x01\x09" // RFC 3274 §1.1
	oidAuthEnveloped = smimeArc + "\x01\x17" // RFC 5083 §2.1
	oidZlib          = smimeArc + "\x03\x08" // RFC 3274 §2
)

// What compressed data may become: so many times its size, but at least and at
// most these. Text compresses to a tenth; a bomb goes to the thousandth.
const (
	maxRatio    = 100
	minInflated = 1 << 20
	maxInflated = 100 << 20
)

// SignedContent is the MIME entity inside an opaque S/MIME message: signed-data
// (RFC 8551 §3.5.2) or compressed-data (RFC 8551 §3.6), in BER, DER or PEM. The
// signature is NOT judged. The content shares no memory with the message.
//
// A message that ends early gives what there is and [ErrBroken], a compressed
// one that grows too large its beginning and [ErrLimit]. A detached signature is
// [ErrDetached], encrypted data [ErrEncrypted].
func SignedContent(der []byte) (content []byte, err error) {
	oid, value, ok := contentInfo(der)
	if !ok {
		return nil, fmt.Errorf("S/MIME: no content info: %w", ErrBroken)
	}
	switch oid {
	case oidSigned:
		return signed(value)
	case oidCompressed:
		return compressed(value)
	case oidEnveloped, oidAuthEnveloped, oidEncrypted:
		return nil, fmt.Errorf("S/MIME: %w", ErrEncrypted)
	}
	return nil, fmt.Errorf("S/MIME: unknown kind of content: %w", ErrBroken)
}

// signed reads SignedData: version, digest algorithms, content.
func signed(e element) ([]byte, error) {
	b := e.body
	_, version := take(&b, tagInteger)
	_, digests := take(&b, tagSet)
	if !version || !digests || e.tag != tagSequence {
		return nil, fmt.Errorf("signed data: %w", ErrBroken)
	}
	return inner(b, e.cut)
}

// inner reads EncapsulatedContentInfo (RFC 5652 §5.2), at the beginning of b.
func inner(b []byte, cut bool) ([]byte, error) {
	info, ok := take(&b, tagSequence)
	if !ok {
		return nil, fmt.Errorf("inner content: %w", ErrBroken)
	}
	body := info.body
	if _, ok := take(&body, tagOID); !ok {
		return nil, fmt.Errorf("type of the inner content: %w", ErrBroken)
	}
	explicit, ok := take(&body, context|constructed)
	if !ok {
		if info.cut {
			return nil, fmt.Errorf("inner content ends early: %w", ErrBroken)
		}
		return nil, fmt.Errorf("inner content: %w", ErrDetached)
	}
	value, _, ok := next(explicit.body)
	if !ok {
		return nil, fmt.Errorf("inner content: %w", ErrBroken)
	}
	if value.tag&^constructed != tagOctetString {
		// PKCS #7 before CMS put other types there without a string around them.
		return bytes.Clone(explicit.body), nil
	}
	content, short := octets(nil, value)
	if short {
		return content, fmt.Errorf("inner content ends early: %w", ErrBroken)
	}
	return content, nil
}

// compressed reads CompressedData (RFC 3274 §1.1): version, algorithm, content.
func compressed(e element) ([]byte, error) {
	b := e.body
	_, version := take(&b, tagInteger)
	method, ok := takeAlgorithm(&b)
	if !version || !ok || e.tag != tagSequence {
		return nil, fmt.Errorf("compressed data: %w", ErrBroken)
	}
	if method.oid != oidZlib {
		return nil, fmt.Errorf("compressed data: unknown algorithm: %w", ErrBroken)
	}
	packed, cut := inner(b, e.cut)
	if len(packed) == 0 {
		return nil, cut
	}
	limit := min(max(maxRatio*len(packed), minInflated), maxInflated)
	r, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("compressed data: %w", ErrBroken)
	}
	content, err := readAll(r, limit)
	switch {
	case errors.Is(err, ErrLimit):
	case err != nil:
		err = ErrBroken
	default:
		return content, cut
	}
	return content, fmt.Errorf("compressed data: %w", err)
}

// readAll reads at most limit bytes, and says ErrLimit when there are more. What
// was read comes with any error.
func readAll(r io.Reader, limit int) ([]byte, error) {
	limit = max(limit, 0)
	content, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if len(content) > limit {
		return content[:limit], ErrLimit
	}
	return content, err
}
