package sanitize

import (
	"bytes"
	"html"
	"sort"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
)

// view is a text as it reads after some encoding was undone.
type view struct {
	text string
	how  string   // the encodings, outermost first: "plain", "percent", "base64 percent"
	min  strength // what may be believed in it
	raw  [][]byte // decoded runs, for digests in binary form
	// marks say on which line of the source the text from an offset on was found.
	// None: lines count as they stand, from line 1.
	marks    []mark
	depth    int
	doubtful bool // bytes that are hardly text: nothing is sought inside them
}

type mark struct{ offset, line int }

// line is the line of the source on which offset of the view was found.
func (v *view) line(offset int) int {
	if len(v.marks) == 0 {
		return 1 + strings.Count(v.text[:min(offset, len(v.text))], "\n")
	}
	i := sort.Search(len(v.marks), func(i int) bool { return v.marks[i].offset > offset })
	if i == 0 {
		return v.marks[0].line
	}
	return v.marks[i-1].line
}

// What is believed where. In texts that were decoded on suspicion, words of a
// few letters occur by chance.
var (
	anyStrength  = strength{ascii: 1, runes: 1}
	fairStrength = strength{ascii: 5, runes: 2} // a decoded run that is clean text
	highStrength = strength{ascii: 6, runes: 3} // reversed, rot13, doubtful bytes
)

const viewDepth = 3

// shortText is the length up to which base58 is sought, which costs most.
const shortText = 64 << 10

// views are s and what it may hide: percent-encoding, HTML entities, \u escapes,
// quoted-printable, base64 and hex of any alignment, in one another to a depth of
// three, and rot13 and reversal. Their number and size are bounded by a multiple
// of the length of s.
func views(s string) []view {
	budget := 16*len(s) + 64<<10
	out := []view{{text: s, how: "plain", min: anyStrength}}
	seen := map[string]bool{s: true}
	add := func(from *view, text, how string, min strength, raw [][]byte, marks []mark) {
		if text == "" && len(raw) == 0 || text != "" && seen[text] || budget < len(text) {
			return
		}
		budget -= len(text)
		seen[text] = true
		if from.how != "plain" {
			how = from.how + " " + how
		}
		if from.min.ascii > min.ascii {
			min = from.min
		}
		if marks == nil {
			marks = from.marks
		}
		out = append(out, view{text: text, how: how, min: min, raw: raw, marks: marks, depth: from.depth + 1, doubtful: min == highStrength})
	}
	for i := 0; i < len(out); i++ {
		v := out[i]
		if v.depth >= viewDepth || v.doubtful {
			continue
		}
		if strings.Contains(v.text, "%") {
			for _, r := range readings(unpercent(v.text, '%')) {
				add(&v, r.text, "percent", r.min(anyStrength), nil, nil)
			}
		}
		if strings.Contains(v.text, "&") {
			add(&v, html.UnescapeString(v.text), "entities", anyStrength, nil, nil)
		}
		if strings.Contains(v.text, `\`) || strings.Contains(v.text, "%u") {
			add(&v, unescapeUnicode(v.text), "escapes", anyStrength, nil, nil)
			if b, ok := escapedBytes(v.text); ok {
				for _, r := range readings(b) {
					add(&v, r.text, "escapes", r.min(anyStrength), nil, nil)
				}
			}
		}
		if strings.Contains(v.text, "=") {
			for _, r := range readings(unpercent(strings.ReplaceAll(strings.ReplaceAll(v.text, "=\r\n", ""), "=\n", ""), '=')) {
				add(&v, r.text, "quoted-printable", r.min(anyStrength), nil, nil)
			}
		}
		if strings.Contains(v.text, "+") {
			add(&v, strings.ReplaceAll(v.text, "+", " "), "plus", anyStrength, nil, nil)
			add(&v, shiftedText(v.text), "utf-7", anyStrength, nil, []mark{{0, 1}})
		}
		if together := unspaced(v.text); together != v.text {
			add(&v, together, "spaced", strength{ascii: minSpaced, runes: minSpacedWide}, nil, []mark{{0, 1}})
		}
		clean, doubtful := &joined{}, &joined{}
		base64Runs(&v, clean, doubtful)
		add(&v, clean.text(), "base64", fairStrength, clean.raw, clean.marks)
		add(&v, doubtful.text(), "base64", highStrength, nil, doubtful.marks)
		clean, doubtful = &joined{}, &joined{}
		hexRuns(&v, clean, doubtful)
		add(&v, clean.text(), "hex", fairStrength, nil, clean.marks)
		add(&v, doubtful.text(), "hex", highStrength, nil, doubtful.marks)
		clean, doubtful = &joined{}, &joined{}
		base32Runs(&v, clean, doubtful)
		add(&v, clean.text(), "base32", fairStrength, nil, clean.marks)
		if len(v.text) <= shortText {
			clean, doubtful = &joined{}, &joined{}
			base58Runs(&v, clean, doubtful)
			add(&v, clean.text(), "base58", fairStrength, nil, clean.marks)
		}
		if v.depth == 0 || v.how == "percent" {
			add(&v, rot13(v.text), "rot13", highStrength, nil, nil)
			last := 1 + strings.Count(v.text, "\n")
			add(&v, reverse(v.text), "reversed", highStrength, nil, []mark{{0, last}})
		}
	}
	return out
}

// joined gathers decoded runs into one text, with something between that no name
// contains.
type joined struct {
	b     strings.Builder
	marks []mark
	raw   [][]byte
}

func (j *joined) add(s string, line int) {
	j.marks = append(j.marks, mark{j.b.Len(), line})
	j.b.WriteString(s)
	j.b.WriteByte(barrier)
	j.b.WriteByte('\n')
}

func (j *joined) text() string { return j.b.String() }

// reading is one way to read bytes as text.
type reading struct {
	text   string
	legacy bool // read as a Japanese charset without being told
}

func (r reading) min(s strength) strength {
	if r.legacy && s.ascii < highStrength.ascii {
		return fairStrength
	}
	return s
}

// readings are the ways to read b: as UTF-8, and where it is none also as the
// charsets of Japanese mail.
func readings(b []byte) []reading {
	if utf8.Valid(b) {
		out := []reading{{text: string(b)}}
		if strings.Contains(string(b), "\x1b$") || strings.Contains(string(b), "\x1b(") {
			out = appendDecoded(out, japanese.ISO2022JP, b)
		}
		return out
	}
	out := []reading{{text: strings.ToValidUTF8(string(b), "\ufffd")}}
	// A name has two characters or more.
	if holdsPairs(b, 2, shiftJISPair) {
		out = appendDecoded(out, japanese.ShiftJIS, b)
	}
	if holdsPairs(b, 2, eucPair) {
		out = appendDecoded(out, japanese.EUCJP, b)
	}
	return out
}

// holdsWords is false for bytes in which nothing can be found that is as long as
// highStrength asks, in whatever charset: nearly all that was decoded without
// being encoded.
func holdsWords(b []byte) bool {
	run := 0
	for _, c := range b {
		if c < ' ' || c >= 0x7f {
			run = 0
			continue
		}
		if run++; run >= highStrength.ascii {
			return true
		}
	}
	return holdsPairs(b, highStrength.runes, shiftJISPair) || holdsPairs(b, highStrength.runes, eucPair) || holdsUTF8(b, highStrength.runes)
}

// holdsPairs reports whether n characters of two bytes each stand side by side.
func holdsPairs(b []byte, n int, pair func(lead, trail byte) bool) bool {
	run := 0
	for i := 0; i+1 < len(b); {
		if !pair(b[i], b[i+1]) {
			run = 0
			i++
			continue
		}
		if run++; run >= n {
			return true
		}
		i += 2
	}
	return false
}

func shiftJISPair(lead, trail byte) bool {
	return (lead >= 0x81 && lead <= 0x9f || lead >= 0xe0 && lead <= 0xfc) && trail >= 0x40 && trail <= 0xfc && trail != 0x7f
}

func eucPair(lead, trail byte) bool {
	return lead >= 0xa1 && lead <= 0xfe && trail >= 0xa1 && trail <= 0xfe
}

// holdsUTF8 reports whether n characters outside ASCII stand side by side.
func holdsUTF8(b []byte, n int) bool {
	run := 0
	for i := 0; i < len(b); {
		_, size := utf8.DecodeRune(b[i:])
		i += size
		if size == 1 {
			run = 0
			continue
		}
		if run++; run >= n {
			return true
		}
	}
	return false
}

func appendDecoded(out []reading, e encoding.Encoding, b []byte) []reading {
	if t, err := e.NewDecoder().Bytes(b); err == nil {
		out = append(out, reading{text: string(t), legacy: true})
	}
	return out
}

// unpercent decodes "%41" (or "=41", with another mark) and leaves everything
// else.
func unpercent(s string, mark byte) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == mark && i+2 < len(s) {
			h, ok1 := hexDigit(s[i+1])
			l, ok2 := hexDigit(s[i+2])
			if ok1 && ok2 {
				out = append(out, h<<4|l)
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return out
}

// unescapeUnicode decodes "\u5c71", "\u{5c71}", "%u5c71", "\x41" and "\/".
func unescapeUnicode(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		n, r := 0, rune(0)
		if c := s[i]; (c == '\\' || c == '%') && i+1 < len(s) {
			switch {
			case s[i+1] == 'u' && i+2 < len(s) && s[i+2] == '{':
				if end := strings.IndexByte(s[i+3:min(len(s), i+12)], '}'); end > 0 {
					r, n = hexRune(s[i+3:i+3+end], end), end+4
				}
			case s[i+1] == 'u':
				r, n = hexRune(s[i+2:], 4), 6
				// A surrogate pair is two escapes (RFC 8259 §7).
				if r >= 0xd800 && r < 0xdc00 && i+12 <= len(s) && (s[i+6] == '\\' || s[i+6] == '%') && s[i+7] == 'u' {
					if lo := hexRune(s[i+8:], 4); lo >= 0xdc00 && lo < 0xe000 {
						r, n = 0x10000+(r-0xd800)<<10+(lo-0xdc00), 12
					}
				}
			case c == '\\' && s[i+1] == 'x':
				r, n = hexRune(s[i+2:], 2), 4
			case c == '\\' && (s[i+1] == '/' || s[i+1] == '@' || s[i+1] == '.'):
				r, n = rune(s[i+1]), 2
			}
		}
		if n == 0 || r <= 0 {
			b.WriteByte(s[i])
			i++
			continue
		}
		b.WriteRune(r)
		i += n
	}
	return b.String()
}

// hexRune reads n hex digits, or returns -1.
func hexRune(s string, n int) rune {
	if len(s) < n || n > 6 {
		return -1
	}
	r := rune(0)
	for i := 0; i < n; i++ {
		v, ok := hexDigit(s[i])
		if !ok {
			return -1
		}
		r = r<<4 | rune(v)
	}
	if r > utf8.MaxRune {
		return -1
	}
	return r
}

// base64Values are the digits of base64 and base64url (RFC 4648 §4, §5); 0xff
// marks every other byte.
var base64Values = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xff
	}
	for i, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" {
		t[c] = byte(i)
	}
	t['-'], t['_'] = 62, 63
	return t
}()

// minBase64 is how many digits are decoded. The gate reads shorter runs too, see
// shortRuns.
const minBase64 = 8

// base64Runs decodes every run of base64 digits at each of its four alignments,
// since a '/' of a path or a letter before it looks like a digit too. A line end
// in a long run, as mail has it (RFC 2045 §6.8), does not end the run.
func base64Runs(v *view, clean, doubtful *joined) {
	s := v.text
	line, counted := 1, 0
	digits, packed := make([]byte, 0, 256), make([]byte, 0, 256) // used again for each run
	for i := 0; i < len(s); {
		if base64Values[s[i]] == 0xff {
			i++
			continue
		}
		start := i
		digits = digits[:0]
		lineStart := i
		for i < len(s) {
			if d := base64Values[s[i]]; d != 0xff {
				digits = append(digits, d)
				i++
				continue
			}
			n := 0
			if strings.HasPrefix(s[i:], "\r\n") {
				n = 2
			} else if s[i] == '\n' {
				n = 1
			}
			if n == 0 || i-lineStart < 60 || i+n >= len(s) || base64Values[s[i+n]] == 0xff {
				break
			}
			i += n
			lineStart = i
		}
		if len(digits) < minBase64 {
			continue
		}
		line += strings.Count(s[counted:start], "\n")
		counted = start
		at := line
		if len(v.marks) > 0 {
			at = v.line(start)
		}
		for offset := 0; offset < 4 && offset+minBase64 <= len(digits); offset++ {
			packed = packBase64(packed[:0], digits[min(offset, len(digits)):])
			if mayHoldDigest(len(packed)) {
				clean.raw = append(clean.raw, bytes.Clone(packed))
			}
			addDecoded(packed, at, clean, doubtful)
		}
		// In a path, the slashes around a value are none of its digits.
		for _, sep := range []string{"/", "/-_+"} {
			run := s[start:i]
			if !strings.ContainsAny(run, sep) {
				continue
			}
			for run != "" {
				piece := run
				if end := strings.IndexAny(run, sep); end >= 0 {
					piece, run = run[:end], run[end+1:]
				} else {
					run = ""
				}
				if len(piece) < minBase64 || strings.Contains(piece, "\n") {
					continue
				}
				digits = digits[:0]
				for j := 0; j < len(piece); j++ {
					digits = append(digits, base64Values[piece[j]])
				}
				packed = packBase64(packed[:0], digits)
				if mayHoldDigest(len(packed)) {
					clean.raw = append(clean.raw, bytes.Clone(packed))
				}
				addDecoded(packed, at, clean, doubtful)
			}
		}
	}
}

// packBase64 appends the bytes that base64 digits stand for.
func packBase64(out, digits []byte) []byte {
	acc, bits := uint32(0), 0
	for _, d := range digits {
		acc = acc<<6 | uint32(d)
		if bits += 6; bits >= 8 {
			bits -= 8
			out = append(out, byte(acc>>bits))
		}
	}
	return out
}

// hexRuns decodes every run of hex digits at both of its alignments.
func hexRuns(v *view, clean, doubtful *joined) {
	eachHexRun(v.text, func(start int, run string) bool {
		at := v.line(start)
		for offset := 0; offset < 2; offset++ {
			b := make([]byte, 0, len(run)/2)
			for i := offset; i+1 < len(run); i += 2 {
				h, _ := hexDigit(run[i])
				l, _ := hexDigit(run[i+1])
				b = append(b, h<<4|l)
			}
			addDecoded(b, at, clean, doubtful)
		}
		return true
	})
}

// eachHexRun calls f for every maximal run of at least eight hex digits.
func eachHexRun(s string, f func(start int, run string) bool) {
	for i := 0; i < len(s); {
		if _, ok := hexDigit(s[i]); !ok {
			i++
			continue
		}
		start := i
		for i < len(s) {
			if _, ok := hexDigit(s[i]); !ok {
				break
			}
			i++
		}
		if i-start >= 8 && !f(start, s[start:i]) {
			return
		}
	}
}

// addDecoded files decoded bytes under how far they can be believed, and leaves
// out what is no text at all.
func addDecoded(b []byte, line int, clean, doubtful *joined) {
	if len(b) < 4 {
		return
	}
	// Text can begin as compressed bytes do, so it is read as both.
	if plain := inflated(b); plain != nil {
		clean.add(string(plain), line)
	}
	if wide := unwiden(b); wide != nil {
		b = wide
	} else if wide := wideText(b); wide != "" {
		clean.add(wide, line)
	}
	controls, high := 0, 0
	for _, c := range b {
		if c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != 0x1b || c == 0x7f {
			controls++
		} else if c >= utf8.RuneSelf {
			high++
		}
	}
	if controls == 0 && utf8.Valid(b) {
		for _, r := range readings(b) {
			clean.add(r.text, line)
		}
		return
	}
	if controls*3 > len(b) || !holdsWords(b) {
		return
	}
	doubtful.add(strings.ToValidUTF8(string(b), "\x01"), line)
	// What is clean for long enough is no chance: the rest was decoded beside it.
	const longEnough = 12
	for i := 0; i < len(b); {
		start := i
		for i < len(b) && b[i] >= ' ' && b[i] < 0x7f {
			i++
		}
		if i-start >= longEnough {
			clean.add(string(b[start:i]), line)
		}
		i++
	}
	if high > 0 && controls == 0 {
		for _, r := range readings(b)[1:] {
			doubtful.add(r.text, line)
		}
	}
}

// unwiden makes bytes of UTF-16 that holds ASCII, or returns nil.
func unwiden(b []byte) []byte {
	if len(b) < 8 {
		return nil
	}
	zeros := [2]int{}
	for i, c := range b {
		if c == 0 {
			zeros[i%2]++
		}
	}
	half := len(b) / 2
	for odd := range 2 {
		if zeros[odd]*10 < half*8 {
			continue
		}
		out := make([]byte, 0, half+1)
		for i := 1 - odd; i < len(b); i += 2 {
			out = append(out, b[i])
		}
		return out
	}
	return nil
}

func rot13(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return 'a' + (r-'a'+13)%26
		case r >= 'A' && r <= 'Z':
			return 'A' + (r-'A'+13)%26
		}
		return r
	}, s)
}

func reverse(s string) string {
	r := []rune(s)
	for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
		r[i], r[j] = r[j], r[i]
	}
	return string(r)
}
