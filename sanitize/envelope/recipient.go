package envelope

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/hkdf"
	"crypto/rsa"
	_ "crypto/sha1" // of OAEP's and ECDH's defaults
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/binary"
	"hash"
	"math/big"
)

// Algorithms that carry a content key to a recipient.
const (
	oidRSA  = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01" // rsaEncryption, RFC 3370 §4.2.1
	oidOAEP = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x07" // RFC 4055 §4.1
	oidMGF1 = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"
)

// hashes by object identifier.
var hashes = map[string]crypto.Hash{
	"\x2b\x0e\x03\x02\x1a":                 crypto.SHA1,
	"\x60\x86\x48\x01\x65\x03\x04\x02\x04": crypto.SHA224,
	"\x60\x86\x48\x01\x65\x03\x04\x02\x01": crypto.SHA256,
	"\x60\x86\x48\x01\x65\x03\x04\x02\x02": crypto.SHA384,
	"\x60\x86\x48\x01\x65\x03\x04\x02\x03": crypto.SHA512,
}

// agreements are the ECDH schemes, by their hash. The cofactor ones are the same
// as the standard ones on every curve here.
var agreements = map[string]agreement{
	"\x2b\x81\x05\x10\x86\x48\x3f\x00\x02":         {crypto.SHA1, false}, // RFC 5753 §7.1.4
	"\x2b\x81\x05\x10\x86\x48\x3f\x00\x03":         {crypto.SHA1, false},
	"\x2b\x81\x04\x01\x0b\x00":                     {crypto.SHA224, false},
	"\x2b\x81\x04\x01\x0b\x01":                     {crypto.SHA256, false},
	"\x2b\x81\x04\x01\x0b\x02":                     {crypto.SHA384, false},
	"\x2b\x81\x04\x01\x0b\x03":                     {crypto.SHA512, false},
	"\x2b\x81\x04\x01\x0e\x00":                     {crypto.SHA224, false},
	"\x2b\x81\x04\x01\x0e\x01":                     {crypto.SHA256, false},
	"\x2b\x81\x04\x01\x0e\x02":                     {crypto.SHA384, false},
	"\x2b\x81\x04\x01\x0e\x03":                     {crypto.SHA512, false},
	"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x13": {crypto.SHA256, true}, // RFC 8418 §2.2
	"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x14": {crypto.SHA384, true},
	"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x15": {crypto.SHA512, true},
}

type agreement struct {
	hash crypto.Hash
	hkdf bool
}

// keyWraps are the AES key wraps and the size of their key (RFC 3565 §2.3.2).
var keyWraps = map[string]int{
	"\x60\x86\x48\x01\x65\x03\x04\x01\x05": 16,
	"\x60\x86\x48\x01\x65\x03\x04\x01\x19": 24,
	"\x60\x86\x48\x01\x65\x03\x04\x01\x2d": 32,
}

// recipientID names a certificate (RFC 5652 §6.2.1).
type recipientID struct {
	issuer, serial []byte // or
	keyID          []byte
}

func (r recipientID) is(cert *x509.Certificate) bool {
	if r.keyID != nil {
		return bytes.Equal(r.keyID, cert.SubjectKeyId)
	}
	return equalInteger(r.serial, cert.SerialNumber.Bytes()) && bytes.Equal(r.issuer, cert.RawIssuer)
}

// wrappedKey is the content key, encrypted for one recipient.
type wrappedKey struct {
	rid       recipientID
	algorithm algorithm
	key       []byte
	// Of a key agreement: the originator's public key and the user key material.
	point, material []byte
}

// wrappedKeys are the keys in one RecipientInfo (RFC 5652 §6.2): one of a key
// transport, any number of a key agreement, none of the other kinds.
func wrappedKeys(info element) []wrappedKey {
	b := info.body
	if _, ok := take(&b, tagInteger); !ok {
		return nil
	}
	switch info.tag {
	case tagSequence: // KeyTransRecipientInfo
		rid, ok1 := takeRecipientID(&b)
		alg, ok2 := takeAlgorithm(&b)
		key, _, ok3 := next(b)
		if !ok1 || !ok2 || !ok3 || key.tag&^constructed != tagOctetString {
			return nil
		}
		wrapped, _ := octets(nil, key)
		return []wrappedKey{{rid: rid, algorithm: alg, key: wrapped}}
	case context | constructed | 1:
		return agreedKeys(b)
	}
	return nil
}

// agreedKeys reads KeyAgreeRecipientInfo (RFC 5652 §6.2.2) behind its version.
func agreedKeys(b []byte) (keys []wrappedKey) {
	originator, ok := take(&b, context|constructed)
	if !ok {
		return nil
	}
	public, ok := take(&originator.body, context|constructed|1) // an ephemeral key: RFC 5753 §3.1.1
	if !ok {
		return nil
	}
	if _, ok := takeAlgorithm(&public.body); !ok {
		return nil
	}
	point, ok := take(&public.body, tagBitString)
	if !ok || len(point.body) < 2 || point.body[0] != 0 {
		return nil
	}
	var material []byte
	if ukm, ok := take(&b, context|constructed|1); ok {
		if s, ok := take(&ukm.body, tagOctetString); ok {
			material = s.body
		}
	}
	alg, ok := takeAlgorithm(&b)
	if !ok {
		return nil
	}
	list, ok := take(&b, tagSequence)
	if !ok {
		return nil
	}
	for len(keys) < maxAgreed {
		one, ok := take(&list.body, tagSequence)
		if !ok {
			break
		}
		rid, ok := takeRecipientID(&one.body)
		if !ok {
			break
		}
		key, ok := take(&one.body, tagOctetString)
		if !ok {
			break
		}
		keys = append(keys, wrappedKey{rid, alg, key.body, point.body[1:], material})
	}
	return keys
}

// maxAgreed is how many recipients of one key agreement are looked at.
const maxAgreed = 1000

// takeRecipientID reads IssuerAndSerialNumber or a [0] with the key's identifier:
// the string itself in a key transport, a sequence that begins with it in a key
// agreement.
func takeRecipientID(b *[]byte) (r recipientID, ok bool) {
	e, rest, ok := next(*b)
	if !ok {
		return r, false
	}
	*b = rest
	switch e.tag {
	case context:
		return recipientID{keyID: e.body}, len(e.body) > 0
	case context | constructed:
		id, ok := take(&e.body, tagOctetString)
		return recipientID{keyID: id.body}, ok && len(id.body) > 0
	case tagSequence:
		issuer := e.body
		if _, ok := take(&e.body, tagSequence); !ok {
			return r, false
		}
		issuer = issuer[:len(issuer)-len(e.body)]
		serial, ok := take(&e.body, tagInteger)
		return recipientID{issuer: issuer, serial: serial.body}, ok
	}
	return r, false
}

// unwrap recovers the content key. That it tells whether the padding was right is
// of no use to anybody: the answer goes to our operator, not to the sender.
func (w wrappedKey) unwrap(private crypto.PrivateKey) ([]byte, error) {
	switch key := private.(type) {
	case *rsa.PrivateKey:
		return w.unwrapRSA(key)
	case *ecdsa.PrivateKey:
		k, err := key.ECDH()
		if err != nil {
			return nil, errUnsupported
		}
		return w.unwrapECDH(k)
	case *ecdh.PrivateKey:
		return w.unwrapECDH(key)
	}
	return nil, errUnsupported
}

func (w wrappedKey) unwrapRSA(key *rsa.PrivateKey) ([]byte, error) {
	var opts crypto.DecrypterOpts // nil is PKCS #1 v1.5, which most mailers still write
	switch w.algorithm.oid {
	case oidRSA:
	case oidOAEP:
		o, ok := oaep(w.algorithm.params)
		if !ok {
			return nil, errUnsupported
		}
		opts = o
	default:
		return nil, errUnsupported
	}
	return key.Decrypt(nil, leftPad(w.key, key.Size()), opts)
}

// leftPad gives back the leading zeros that some writers leave out.
func leftPad(b []byte, size int) []byte {
	if len(b) >= size {
		return b
	}
	return new(big.Int).SetBytes(b).FillBytes(make([]byte, size))
}

// oaep reads RSAES-OAEP-params (RFC 4055 §4.1), whose defaults are SHA-1.
func oaep(params element) (*rsa.OAEPOptions, bool) {
	o := &rsa.OAEPOptions{Hash: crypto.SHA1, MGFHash: crypto.SHA1}
	b := params.body
	if e, ok := take(&b, context|constructed); ok {
		a, ok := takeAlgorithm(&e.body)
		if o.Hash = hashes[a.oid]; !ok || o.Hash == 0 {
			return nil, false
		}
	}
	if e, ok := take(&b, context|constructed|1); ok {
		a, ok := takeAlgorithm(&e.body)
		if !ok || a.oid != oidMGF1 {
			return nil, false
		}
		seq := derWrap(tagSequence, a.params.body)
		h, ok := takeAlgorithm(&seq)
		if o.MGFHash = hashes[h.oid]; !ok || o.MGFHash == 0 {
			return nil, false
		}
	}
	if e, ok := take(&b, context|constructed|2); ok {
		a, ok := takeAlgorithm(&e.body)
		if !ok {
			return nil, false
		}
		o.Label = a.params.body
	}
	return o, true
}

// unwrapECDH agrees on a key (RFC 5753 §3.1.3, RFC 8418 §3) and unwraps the
// content key with it.
func (w wrappedKey) unwrapECDH(key *ecdh.PrivateKey) ([]byte, error) {
	scheme, ok := agreements[w.algorithm.oid]
	if !ok || w.point == nil {
		return nil, errUnsupported
	}
	seq := derWrap(tagSequence, w.algorithm.params.body)
	wrap, ok := takeAlgorithm(&seq)
	size := keyWraps[wrap.oid]
	if !ok || size == 0 {
		return nil, errUnsupported
	}
	public, err := key.Curve().NewPublicKey(w.point)
	if err != nil {
		return nil, ErrBroken
	}
	secret, err := key.ECDH(public)
	if err != nil {
		return nil, ErrBroken
	}
	// ECC-CMS-SharedInfo (RFC 5753 §7.2).
	info := bytes.Clone(wrap.raw)
	if w.material != nil {
		info = append(info, derWrap(context|constructed, derWrap(tagOctetString, w.material))...)
	}
	bits := binary.BigEndian.AppendUint32(nil, uint32(size*8))
	info = derWrap(tagSequence, append(info, derWrap(context|constructed|2, derWrap(tagOctetString, bits))...))
	var kek []byte
	if scheme.hkdf {
		if kek, err = hkdf.Key(func() hash.Hash { return scheme.hash.New() }, secret, w.material, string(info), size); err != nil {
			return nil, errUnsupported
		}
	} else {
		kek = x963(scheme.hash, secret, info, size)
	}
	return unwrapAES(kek, w.key)
}

// x963 is the key derivation of ANSI X9.63 (SEC 1 §3.6.1).
func x963(h crypto.Hash, secret, info []byte, size int) []byte {
	var out []byte
	for n := uint32(1); len(out) < size; n++ {
		d := h.New()
		d.Write(secret)
		d.Write(binary.BigEndian.AppendUint32(nil, n))
		d.Write(info)
		out = d.Sum(out)
	}
	return out[:size]
}
