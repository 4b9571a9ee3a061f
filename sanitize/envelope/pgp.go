package envelope

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
)

// Bounds of one OpenPGP message.
const (
	maxKeyPackets = 500 // encrypted session keys looked at; each of ours costs a private-key operation
	maxCompressed = 4   // compressions in one another; writers use one
)

var pgpBegin = []byte("-----BEGIN PGP MESSAGE")

// IsPGPMessage is true for an encrypted OpenPGP message: the second part of
// RFC 3156's multipart/encrypted or any text with such an armour inside it, or a
// binary one, which begins with an encrypted session key.
func IsPGPMessage(b []byte) bool {
	if bytes.Contains(b, pgpBegin) {
		return true
	}
	// RFC 9580 §4.2: tag 1 or 3, then a length, then a version.
	if len(b) < 3 || b[0]&0x80 == 0 {
		return false
	}
	tag, head, size := b[0]&0x3f, 2, int(b[1])
	switch {
	case b[0]&0x40 == 0: // the old format, a length of one or two bytes
		tag = b[0] & 0x3f >> 2
		if b[0]&3 == 1 {
			head, size = 3, int(b[1])<<8|int(b[2])
		} else if b[0]&3 != 0 {
			return false
		}
	case b[1] >= 192 && b[1] < 224:
		head, size = 3, int(b[1]-192)<<8+int(b[2])+192
	case b[1] >= 224:
		return false
	}
	if tag != 1 && tag != 3 || head+size >= len(b) || b[head+size]&0x80 == 0 {
		return false
	}
	return b[head] >= 3 && b[head] <= 6
}

// DecryptPGP is the content of an OpenPGP message, armoured or binary: for RFC
// 3156 a MIME entity, for inline armour a text. Text before and behind the armour
// is passed over; a message that is only signed or compressed is read too. The
// content is at most limit bytes.
//
// No signature is judged, and expired keys still open what was encrypted to
// them. The error wraps [ErrNoKey] where none of our keys opens the message and
// [ErrBroken] where it cannot be read. One that ends early or was changed on the
// way gives what could be decrypted with ErrBroken, one that is too large its
// beginning with [ErrLimit]; neither is authenticated.
func (k Keys) DecryptPGP(message []byte, limit int) (content []byte, err error) {
	// The library is fed by strangers; a panic in it must not end the hub's child.
	defer func() {
		if recover() != nil {
			content, err = nil, fmt.Errorf("OpenPGP message: %w", ErrBroken)
		}
	}()
	if i := bytes.Index(message, pgpBegin); i >= 0 {
		message = unarmor(message[i:], "PGP MESSAGE")
	}
	// Not the library's own ReadMessage: for every signature in a message it
	// copies the list of those before, which a compressed message can make last
	// for days.
	r := packet.NewReader(bytes.NewReader(message))
	data, keys, first, err := keyPackets(r)
	if err != nil {
		return nil, err
	}
	if first != nil {
		r.Unread(first)
		return literal(r, limit)
	}
	plain, err := k.open(data, keys)
	if err != nil {
		return nil, err
	}
	content, err = literal(packet.NewReader(plain), limit)
	if errors.Is(err, ErrLimit) {
		return content, err
	}
	// Behind the content stands what authenticates it; it is checked at the end.
	_, rest := io.Copy(io.Discard, plain)
	if rest != nil || plain.Close() != nil {
		err = ErrBroken
	}
	if err != nil {
		return content, fmt.Errorf("OpenPGP message: %w", ErrBroken)
	}
	return content, nil
}

// keyPackets reads up to the encrypted data. Where the message is not encrypted,
// first is its first packet.
func keyPackets(r *packet.Reader) (data packet.EncryptedDataPacket, keys []*packet.EncryptedKey, first packet.Packet, err error) {
	for n := 0; ; n++ {
		p, err := r.Next()
		if err != nil || n > maxKeyPackets {
			return nil, nil, nil, fmt.Errorf("OpenPGP message without data: %w", ErrBroken)
		}
		switch p := p.(type) {
		case *packet.EncryptedKey:
			keys = append(keys, p)
		case *packet.SymmetricallyEncrypted:
			return p, keys, nil, nil
		case *packet.AEADEncrypted:
			return p, keys, nil, nil
		case *packet.Compressed, *packet.LiteralData, *packet.OnePassSignature, *packet.Signature:
			return nil, nil, p, nil
		}
	}
}

// open finds the key that opens data.
func (k Keys) open(data packet.EncryptedDataPacket, keys []*packet.EncryptedKey) (io.ReadCloser, error) {
	attempts := 0
	for i := range k.PGP {
		for _, e := range k.entities(i) {
			for _, p := range keys {
				// The zero time asks for keys of any age.
				for _, ours := range e.DecryptionKeys(p.KeyId, time.Time{}, nil) {
					if ours.PrivateKey == nil || ours.PrivateKey.Encrypted || p.KeyId != 0 && ours.PublicKey.KeyId != p.KeyId {
						continue
					}
					if attempts++; attempts > maxAttempts {
						return nil, fmt.Errorf("OpenPGP message names us more than %d times: %w", maxAttempts, ErrBroken)
					}
					if p.Decrypt(ours.PrivateKey, nil) != nil {
						continue
					}
					if plain, err := data.Decrypt(p.CipherFunc, p.Key); err == nil && plain != nil {
						return plain, nil
					}
				}
			}
		}
	}
	return nil, fmt.Errorf("OpenPGP message: %w", ErrNoKey)
}

// literal reads signatures, compressions and then the literal data (RFC 9580
// §10.3), at most limit bytes.
func literal(r *packet.Reader, limit int) ([]byte, error) {
	// Inside a compression, packets that are passed over count as well.
	inflated := int64(max(limit, 0)) + 1<<20
	for depth := 0; ; {
		p, err := r.Next()
		if err != nil {
			return nil, fmt.Errorf("OpenPGP message without content: %w", ErrBroken)
		}
		switch p := p.(type) {
		case *packet.Compressed:
			if depth++; depth > maxCompressed {
				return nil, fmt.Errorf("OpenPGP message compressed more than %d times: %w", maxCompressed, ErrBroken)
			}
			if r.Push(p.LimitedBodyReader(&inflated)) != nil {
				return nil, fmt.Errorf("OpenPGP message: %w", ErrBroken)
			}
		case *packet.LiteralData:
			content, err := readAll(p.Body, limit)
			switch {
			case errors.Is(err, ErrLimit):
			case err != nil:
				err = ErrBroken
			default:
				return content, nil
			}
			return content, fmt.Errorf("OpenPGP message: %w", err)
		}
	}
}

// unlocked are the usable keys of an armoured text. Their certificates are not
// judged.
func unlocked(armoured, passphrase string) (usable openpgp.EntityList) {
	defer func() {
		if recover() != nil { // see DecryptPGP
			usable = nil
		}
	}()
	list, err := openpgp.ReadArmoredKeyRing(strings.NewReader(armoured))
	if err != nil {
		return nil
	}
	for _, e := range list {
		if e.PrivateKey == nil {
			continue
		}
		if err := e.DecryptPrivateKeys([]byte(passphrase)); err == nil || !anyLocked(e) {
			usable = append(usable, e)
		}
	}
	return usable
}

// anyLocked is true when a part of the key is still encrypted.
func anyLocked(e *openpgp.Entity) bool {
	if e.PrivateKey != nil && e.PrivateKey.Encrypted {
		return true
	}
	for _, s := range e.Subkeys {
		if s.PrivateKey != nil && s.PrivateKey.Encrypted {
			return true
		}
	}
	return false
}
