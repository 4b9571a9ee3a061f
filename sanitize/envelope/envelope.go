// Package envelope opens mail that is signed or encrypted as a whole: opaque
// S/MIME (RFC 8551, RFC 5652) and OpenPGP (RFC 9580, RFC 3156).
//
// It judges no signature and no certificate: whether a report is genuine is
// decided elsewhere, and an expired key still opens what was encrypted to it.
// No error holds key material or content.
//
// The package is pure: bytes in, values out; no clock, no randomness. Messages
// are hostile: nothing recurses with their nesting, and time and memory are
// linear in what is read and what the limits allow.
package envelope

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
)

// Errors that callers act on. Every error of this package wraps one of them.
var (
	// ErrNoKey means that the message may be sound but none of our keys opens it.
	ErrNoKey = errors.New("none of our keys opens it")
	// ErrBroken means that the message cannot be read, or ends early.
	ErrBroken = errors.New("broken message")
	// ErrLimit means that there is more than the limit; its beginning is given.
	ErrLimit = errors.New("larger than the limit")
	// ErrDetached means that a signature holds no content: that is elsewhere.
	ErrDetached = errors.New("signature without content")
	// ErrEncrypted means that SignedContent was given an encrypted message.
	ErrEncrypted = errors.New("encrypted message")
	// ErrBadKey means that one of our own keys cannot be used.
	ErrBadKey = errors.New("unusable key")
)

// Keys are the hub's private keys. They are secrets, and tagged so that they can
// be handed to a child process.
type Keys struct {
	// PGP are armoured private keys; one text may hold several.
	PGP []string `json:"pgp,omitempty"`
	// Passphrase opens those of PGP that are locked.
	Passphrase string `json:"passphrase,omitempty"`
	// SMIME are certificates with their keys.
	SMIME []KeyPair `json:"smime,omitempty"`
}

// KeyPair is an S/MIME certificate and its private key (PKCS #8, PKCS #1 or SEC
// 1), RSA or elliptic curve, each in PEM and unencrypted.
type KeyPair struct {
	CertPEM string `json:"cert_pem"`
	KeyPEM  string `json:"key_pem"`
}

// String keeps the secrets out of logs and error messages.
func (k Keys) String() string {
	return fmt.Sprintf("%d OpenPGP and %d S/MIME keys", len(k.PGP), len(k.SMIME))
}

// GoString is String, for %#v.
func (k Keys) GoString() string { return k.String() }

// String keeps the secrets out of logs and error messages.
func (p KeyPair) String() string { return "S/MIME key" }

// GoString is String, for %#v.
func (p KeyPair) GoString() string { return p.String() }

// Check says whether all keys can be used, for whoever configured them. An error
// wraps [ErrBadKey] and names the key by its place, beginning with 1. The Decrypt
// functions pass over a key that cannot be used.
func (k Keys) Check() error {
	var errs []error
	for i := range k.PGP {
		if len(k.entities(i)) == 0 {
			errs = append(errs, fmt.Errorf("OpenPGP key %d: %w", i+1, ErrBadKey))
		}
	}
	for i, p := range k.SMIME {
		if _, err := p.open(); err != nil {
			errs = append(errs, fmt.Errorf("S/MIME key %d: %w", i+1, err))
		}
	}
	return errors.Join(errs...)
}

// identity is a KeyPair, read.
type identity struct {
	cert *x509.Certificate
	key  crypto.PrivateKey
}

func (p KeyPair) open() (identity, error) {
	cert, err := certificate([]byte(p.CertPEM))
	if err != nil {
		return identity{}, fmt.Errorf("certificate: %w", ErrBadKey)
	}
	key, err := privateKey([]byte(p.KeyPEM))
	if err != nil {
		return identity{}, fmt.Errorf("private key: %w", ErrBadKey)
	}
	return identity{cert, key}, nil
}

// certificate is the first one in a PEM text; the chain above it is of no use.
func certificate(text []byte) (*x509.Certificate, error) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			return x509.ParseCertificate(block.Bytes)
		}
	}
	return nil, ErrBadKey
}

// privateKey is the first one in a PEM text. Parameters of the curve may stand
// before it.
func privateKey(text []byte) (crypto.PrivateKey, error) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "PRIVATE KEY":
			return x509.ParsePKCS8PrivateKey(block.Bytes)
		case "RSA PRIVATE KEY":
			return x509.ParsePKCS1PrivateKey(block.Bytes)
		case "EC PRIVATE KEY":
			return x509.ParseECPrivateKey(block.Bytes)
		}
	}
	return nil, ErrBadKey
}

// entities are the usable keys of k.PGP[i].
func (k Keys) entities(i int) openpgp.EntityList {
	return unlocked(k.PGP[i], k.Passphrase)
}
