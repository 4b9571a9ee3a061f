// Package tlp holds the labels of the Traffic Light Protocol 2.0
// (https://www.first.org/tlp/), which say how far a notice may be passed on.
package tlp

import (
	"fmt"
	"strings"
)

// Label is a TLP label. Labels are ordered from the strictest to the widest,
// and the zero value is Red, so that a forgotten label shares least.
type Label int

// The labels, strictest first.
const (
	Red Label = iota
	AmberStrict
	Amber
	Green
	Clear
)

var names = [...]string{"TLP:RED", "TLP:AMBER+STRICT", "TLP:AMBER", "TLP:GREEN", "TLP:CLEAR"}

// String is the label as TLP 2.0 wants it written in every language:
// "TLP:AMBER+STRICT". It is never translated.
func (l Label) String() string {
	if l < Red || l > Clear {
		return names[Red]
	}
	return names[l]
}

// Within reports whether something labelled l may be given to somebody who
// takes labels only up to the strictness of ceiling: a ceiling of Amber takes
// Amber, Green and Clear, but not Red.
func (l Label) Within(ceiling Label) bool { return l >= ceiling }

// Parse reads a label with or without its "TLP:", in any case. WHITE, the name
// that TLP 1 had for it, is read as Clear.
func Parse(s string) (Label, error) {
	n := strings.ToUpper(strings.TrimSpace(s))
	n = strings.TrimPrefix(n, "TLP:")
	if n == "WHITE" {
		return Clear, nil
	}
	for i, name := range names {
		if n == strings.TrimPrefix(name, "TLP:") {
			return Label(i), nil
		}
	}
	return Red, fmt.Errorf("%q is no TLP label; it is one of %s", s, strings.Join(names[:], ", "))
}

// MarshalText writes the label as String does.
func (l Label) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads a label as Parse does.
func (l *Label) UnmarshalText(b []byte) error {
	v, err := Parse(string(b))
	*l = v
	return err
}
