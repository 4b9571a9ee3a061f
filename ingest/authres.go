package ingest

import (
	"errors"
	"fmt"
	"strings"
)

// authResult is one resinfo of an Authentication-Results field (RFC 8601 §2.2):
// what one method found. Method, Result and the names of properties are in
// lower case.
type authResult struct {
	Method string
	Result string
	Reason string
	Props  []authProp
}

// authProp is one propspec: Type "header", Name "from", Value "example.jp" for
// header.from=example.jp. Value has its quotes undone and its case kept.
type authProp struct {
	Type, Name, Value string
}

// prop returns the value of a property, or "" when the result has none. No
// result holds a property twice: the parser refuses that.
func (r authResult) prop(ptype, name string) string {
	for _, p := range r.Props {
		if p.Type == ptype && p.Name == name {
			return p.Value
		}
	}
	return ""
}

// A mail server of ours writes a few hundred bytes and a handful of results.
const (
	maxAuthResultsBytes = 16 << 10
	maxAuthResults      = 50
	maxAuthProps        = 30 // of one result
	maxCommentDepth     = 10
)

// parseAuthResults reads the value of an Authentication-Results field, unfolded
// or not, by the grammar of RFC 8601 §2.2. The results are in the field's order;
// a field that says "none" has none.
//
// Whoever sends a mail chooses parts of this text (the address in smtp.mailfrom,
// for one), so a parser that guesses can be made to see results that our server
// never wrote. This one knows no repairs: quoted strings and comments end where
// the grammar ends them, and whatever the grammar does not know makes the whole
// field an error, which the caller takes as "nobody vouches for this mail". Two
// things that servers write and the grammar lacks are let pass because they can
// be read in one way only: a ";" at the very end, and ":" or "/" in a bare value
// (IPv6 addresses, base64).
//
// It reads every byte once. Errors say what was expected and where, never what
// the field holds.
func parseAuthResults(value string) (authservID string, results []authResult, err error) {
	if len(value) > maxAuthResultsBytes {
		return "", nil, fmt.Errorf("longer than %d bytes", maxAuthResultsBytes)
	}
	s := &authScanner{in: value}
	authservID, results, err = s.payload()
	if err != nil {
		return "", nil, fmt.Errorf("at byte %d: %w", s.pos, err)
	}
	return authservID, results, nil
}

// authScanner walks over the field once, from left to right.
type authScanner struct {
	in  string
	pos int
}

// payload reads authres-payload up to the end of the field.
func (s *authScanner) payload() (id string, results []authResult, err error) {
	if _, err := s.skip(); err != nil {
		return "", nil, err
	}
	if id, err = s.value(isToken); err != nil {
		return "", nil, err
	}
	space, err := s.skip()
	if err != nil {
		return "", nil, err
	}
	if version := s.run(isDigit); version != "" {
		if !space || version != "1" {
			return "", nil, errors.New("a version other than 1")
		}
		if _, err := s.skip(); err != nil {
			return "", nil, err
		}
	}

	none := false
	for first := true; ; first = false {
		if s.done() && !first {
			return id, results, nil
		}
		if !s.accept(';') {
			return "", nil, errors.New(`no ";" where one must be`)
		}
		if _, err := s.skip(); err != nil {
			return "", nil, err
		}
		switch {
		case none:
			return "", nil, errors.New(`something after "none"`)
		case s.done() && !first:
			return id, results, nil // the ";" that some servers write at the end
		case len(results) == maxAuthResults:
			return "", nil, fmt.Errorf("more than %d results", maxAuthResults)
		}
		r, err := s.result()
		switch {
		case err != nil:
			return "", nil, err
		case r.Method == "none":
			if none = first; !none {
				return "", nil, errors.New(`"none" among results`)
			}
		default:
			results = append(results, r)
		}
	}
}

// result reads one resinfo without its ";", or the word "none", which it returns
// as a method without a result.
func (s *authScanner) result() (r authResult, err error) {
	if r.Method = s.keyword(); r.Method == "" {
		return r, errors.New("no method")
	}
	if _, err := s.skip(); err != nil {
		return r, err
	}
	if r.Method == "none" && (s.done() || s.peek() == ';') {
		return r, nil
	}
	if s.accept('/') {
		if _, err := s.skip(); err != nil {
			return r, err
		}
		if s.run(isDigit) != "1" { // no method has another version so far
			return r, errors.New("a method's version other than 1")
		}
	}
	if err := s.sign('='); err != nil {
		return r, err
	}
	if r.Result = s.keyword(); r.Result == "" {
		return r, errors.New("no result")
	}

	for {
		space, err := s.skip()
		if err != nil {
			return r, err
		}
		if s.done() || s.peek() == ';' {
			return r, nil
		}
		if !space {
			return r, errors.New("no space where one must be")
		}
		if err := s.property(&r); err != nil {
			return r, err
		}
	}
}

// property reads a reasonspec or a propspec into r.
func (s *authScanner) property(r *authResult) error {
	ptype := s.keyword()
	if ptype == "" {
		return errors.New("no property")
	}
	if _, err := s.skip(); err != nil {
		return err
	}
	if ptype == "reason" && !s.done() && s.peek() == '=' {
		if r.Reason != "" || len(r.Props) > 0 {
			return errors.New("a reason where none may be")
		}
		if err := s.sign('='); err != nil {
			return err
		}
		reason, err := s.value(isToken)
		r.Reason = reason
		return err
	}

	if err := s.sign('.'); err != nil {
		return err
	}
	name := s.keyword()
	if name == "" {
		return errors.New("no name of a property")
	}
	if err := s.sign('='); err != nil {
		return err
	}
	v, err := s.value(isBareValue)
	if err != nil {
		return err
	}
	for _, p := range r.Props {
		if p.Type == ptype && p.Name == name {
			return errors.New("the same property twice") // which one is meant?
		}
	}
	if len(r.Props) == maxAuthProps {
		return fmt.Errorf("more than %d properties", maxAuthProps)
	}
	r.Props = append(r.Props, authProp{ptype, name, v})
	return nil
}

// value reads a run of bare characters, a quoted string, or a quoted string that
// is the local part of an address and therefore goes on with "@".
func (s *authScanner) value(bare func(byte) bool) (string, error) {
	if s.done() || s.peek() != '"' {
		v := s.run(bare)
		if v == "" {
			return "", errors.New("no value")
		}
		return v, nil
	}
	v, err := s.quoted()
	if err != nil {
		return "", err
	}
	if s.accept('@') {
		domain := s.run(isBareValue)
		if domain == "" {
			return "", errors.New("no domain")
		}
		v += "@" + domain
	}
	return v, nil
}

// quoted reads a quoted-string (RFC 5322 §3.2.4) and undoes it.
func (s *authScanner) quoted() (string, error) {
	var b strings.Builder
	for s.pos++; !s.done(); s.pos++ {
		c := s.peek()
		switch {
		case c == '"':
			s.pos++
			return b.String(), nil
		case c == '\\':
			s.pos++
			if s.done() {
				return "", errors.New("a quoted string without its end")
			}
			c = s.peek()
		}
		if !isText(c) {
			return "", errors.New("a control or non-ASCII character")
		}
		b.WriteByte(c)
	}
	return "", errors.New("a quoted string without its end")
}

// skip reads CFWS (RFC 5322 §3.2.2) and reports whether there was any.
func (s *authScanner) skip() (bool, error) {
	start := s.pos
	for depth := 0; !s.done(); s.pos++ {
		c := s.peek()
		switch {
		case c == '(':
			if depth++; depth > maxCommentDepth {
				return false, fmt.Errorf("comments more than %d deep", maxCommentDepth)
			}
		case depth == 0 && !isSpace(c):
			return s.pos > start, nil
		case depth == 0:
		case c == ')':
			if depth--; depth == 0 {
				continue
			}
		case c == '\\':
			s.pos++
			if s.done() || !isText(s.peek()) {
				return false, errors.New("a comment without its end")
			}
		case !isText(c) && !isSpace(c):
			return false, errors.New("a control or non-ASCII character")
		}
		if depth > 0 && s.pos == len(s.in)-1 {
			return false, errors.New("a comment without its end")
		}
	}
	return s.pos > start, nil
}

// sign reads one character with CFWS on both sides of it.
func (s *authScanner) sign(c byte) error {
	if _, err := s.skip(); err != nil {
		return err
	}
	if !s.accept(c) {
		return fmt.Errorf("no %q where one must be", c)
	}
	_, err := s.skip()
	return err
}

// keyword reads an Ldh-str (RFC 5321 §4.1.2) in lower case, or "".
func (s *authScanner) keyword() string {
	return strings.ToLower(s.run(func(c byte) bool { return isLetter(c) || isDigit(c) || c == '-' }))
}

// run reads as many characters as belong to a class.
func (s *authScanner) run(class func(byte) bool) string {
	start := s.pos
	for !s.done() && class(s.peek()) {
		s.pos++
	}
	return s.in[start:s.pos]
}

func (s *authScanner) accept(c byte) bool {
	if s.done() || s.peek() != c {
		return false
	}
	s.pos++
	return true
}

func (s *authScanner) done() bool { return s.pos >= len(s.in) }
func (s *authScanner) peek() byte { return s.in[s.pos] }

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isSpace(c byte) bool  { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// isText is true for what may stand inside quotes and comments: printable ASCII,
// space and tab.
func isText(c byte) bool { return c == '\t' || ' ' <= c && c <= '~' }

// isAtext is atext of RFC 5322 §3.2.3.
func isAtext(c byte) bool {
	return isLetter(c) || isDigit(c) || strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0
}

// isToken is token of RFC 2045 §5.1.
func isToken(c byte) bool {
	return '!' <= c && c <= '~' && strings.IndexByte(`()<>@,;:\"/[]?=`, c) < 0
}

// isBareValue is what an unquoted pvalue consists of: a token, or an address
// whose local part is a dot-atom, and ":" for IPv6. None of it separates
// anything in this field.
func isBareValue(c byte) bool {
	return isAtext(c) || isToken(c) || c == '@' || c == ':'
}
