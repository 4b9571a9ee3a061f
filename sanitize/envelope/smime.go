package envelope

import (
	"bytes"
	"errors"
	"fmt"
)

// maxAttempts is how many recipients of one message are tried with our keys: each
// costs a private-key operation, and a message may name us any number of times.
const maxAttempts = 20

// DecryptSMIME is the MIME entity inside enveloped-data (RFC 8551 §3.3) or
// authEnveloped-data (RFC 5083), in BER, DER or PEM: recipients by RSA (PKCS #1
// v1.5, OAEP) or ECDH (NIST curves, X25519), content in AES-CBC, AES-GCM or
// Triple DES. It is at most limit bytes.
//
// The error wraps [ErrNoKey] where no recipient is ours and [ErrBroken] where the
// message cannot be read. A message that ends early, in a mode of encryption that
// allows it, gives its beginning with ErrBroken, one that is too large its
// beginning with [ErrLimit]; neither is authenticated.
func (k Keys) DecryptSMIME(der []byte, limit int) (content []byte, err error) {
	oid, value, ok := contentInfo(der)
	if !ok || oid != oidEnveloped && oid != oidAuthEnveloped || value.tag != tagSequence {
		return nil, fmt.Errorf("S/MIME: no enveloped data: %w", ErrBroken)
	}
	env, ok := parseEnveloped(value)
	if !ok {
		return nil, fmt.Errorf("enveloped data: %w", ErrBroken)
	}
	ours := k.identities()
	attempts := 0
	failed := false
	for recipients := env.recipients; ; {
		info, rest, ok := next(recipients)
		if !ok {
			break
		}
		recipients = rest
		for _, w := range wrappedKeys(info) {
			for _, id := range ours {
				if !w.rid.is(id.cert) {
					continue
				}
				if attempts++; attempts > maxAttempts {
					return nil, fmt.Errorf("enveloped data names us more than %d times: %w", maxAttempts, ErrBroken)
				}
				key, err := w.unwrap(id.key)
				if err != nil {
					failed = true
					continue
				}
				content, err = env.decrypt(key)
				if err == nil && len(content) > max(limit, 0) {
					content, err = content[:max(limit, 0)], ErrLimit
				}
				if err != nil {
					err = fmt.Errorf("enveloped data: %w", err)
				}
				return content, err
			}
		}
	}
	if failed {
		return nil, fmt.Errorf("enveloped data: key for us: %w", ErrBroken)
	}
	return nil, fmt.Errorf("enveloped data: %w", ErrNoKey)
}

// identities are the S/MIME keys that can be used.
func (k Keys) identities() []identity {
	var ids []identity
	for _, p := range k.SMIME {
		if id, err := p.open(); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// enveloped is EnvelopedData or AuthEnvelopedData, read.
type enveloped struct {
	recipients []byte // the values of the set
	cipher     algorithm
	data       []byte
	cut        bool   // data ends early
	attributes []byte // authenticated attributes, as a DER set; nil for none
	mac        []byte // nil in EnvelopedData
}

// parseEnveloped reads version, optional originator, recipients and content (RFC
// 5652 §6.1), then what RFC 5083 §2.1 adds.
func parseEnveloped(e element) (env enveloped, ok bool) {
	b := e.body
	if _, ok := take(&b, tagInteger); !ok {
		return env, false
	}
	take(&b, context|constructed)
	recipients, ok := take(&b, tagSet)
	if !ok {
		return env, false
	}
	env.recipients = recipients.body
	info, ok := take(&b, tagSequence)
	if !ok {
		return env, false
	}
	body := info.body
	if _, ok := take(&body, tagOID); !ok {
		return env, false
	}
	if env.cipher, ok = takeAlgorithm(&body); !ok {
		return env, false
	}
	// [0] IMPLICIT OCTET STRING, in one or in pieces.
	data, _, ok := next(body)
	if !ok || data.tag&^constructed != context {
		return env, false
	}
	env.data, env.cut = octets(nil, data)
	if attrs, ok := take(&b, context|constructed|1); ok {
		env.attributes = derSet(attrs.body)
	}
	if mac, ok := take(&b, tagOctetString); ok {
		env.mac = mac.body
	}
	return env, true
}

// derSet is what a tag [1] IMPLICIT stands for when it is authenticated: a set.
func derSet(body []byte) []byte { return derWrap(tagSet, body) }

// derWrap puts a tag and a length before a body.
func derWrap(tag byte, body []byte) []byte {
	n := len(body)
	out := []byte{tag}
	if n < 0x80 {
		out = append(out, byte(n))
	} else {
		var size []byte
		for ; n > 0; n >>= 8 {
			size = append([]byte{byte(n)}, size...)
		}
		out = append(append(out, 0x80|byte(len(size))), size...)
	}
	return append(out, body...)
}

// errUnsupported is an algorithm that we do not know.
var errUnsupported = errors.New("unsupported algorithm")

// broken is an ErrBroken that says what is.
func broken(what string) error { return fmt.Errorf("%s: %w", what, ErrBroken) }

// equalInteger compares INTEGERs that may have needless leading zeros.
func equalInteger(a, b []byte) bool {
	return bytes.Equal(bytes.TrimLeft(a, "\x00"), bytes.TrimLeft(b, "\x00"))
}
