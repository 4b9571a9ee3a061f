package store

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// UUID writes an identifier of the ledger as a UUID of version 8 (RFC 9562 §5.8),
// which is what strangers' programs expect an identifier to look like. No letter
// of the original form stands in it. "" for what is no identifier.
func (id DeliveryID) UUID() string { return uuidOf(string(id), 'd') }

// UUID is the same for a notice.
func (id NoticeID) UUID() string { return uuidOf(string(id), 'n') }

// ParseDeliveryUUID is the delivery that [DeliveryID.UUID] wrote.
func ParseDeliveryUUID(uuid string) (DeliveryID, error) {
	id, err := idOf(uuid, 'd')
	return DeliveryID(id), err
}

// idChars is how many characters follow the letter of an identifier, of five bits
// each: 100 bits, of the 122 that a UUID leaves free.
const idChars = 20

func uuidOf(id string, letter byte) string {
	if len(id) != 1+idChars || id[0] != letter {
		return ""
	}
	// 21 characters are 105 bits; the last five are nothing.
	raw, err := crockford.DecodeString(id[1:] + "0")
	if err != nil {
		return ""
	}
	// 48 bits, the version, 12 bits, the variant, then the rest: 40 of 62 bits.
	h := hex.EncodeToString(raw[:13])[:25] // 100 bits are 25 digits
	return fmt.Sprintf("%s-%s-8%s-8%s-%s", h[:8], h[8:12], h[12:15], h[15:18], h[18:25]+"00000")
}

func idOf(uuid string, letter byte) (string, error) {
	bad := fmt.Errorf("%.40q is not the UUID of an identifier", uuid)
	if len(uuid) != 36 || uuid[8] != '-' || uuid[13] != '-' || uuid[18] != '-' || uuid[23] != '-' || !strings.HasSuffix(uuid, "00000") {
		return "", bad
	}
	u := strings.ToLower(uuid)
	if u[14] != '8' || u[19] != '8' {
		return "", bad
	}
	h := u[:8] + u[9:13] + u[15:18] + u[20:23] + u[24:31]
	raw, err := hex.DecodeString(h + "0")
	if err != nil {
		return "", bad
	}
	return string(letter) + strings.ToLower(crockford.EncodeToString(raw))[:idChars], nil
}
