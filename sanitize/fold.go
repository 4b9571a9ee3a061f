package sanitize

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folded is a text as names are searched in it: NFKC, lower case, katakana as
// hiragana, look-alike and variant letters as the common one, zero-width
// characters and white space gone, "(at)" and "[.]" written out. Every byte
// knows where it came from, so that what is found can be replaced in the source.
type folded struct {
	text []byte
	from []int32 // per byte of text: where its source begins
	to   []int32 // per byte of text: where its source ends
	gap  []bool  // per byte of text: something between words stood before it
}

// barrier stands in a folded text for what no name can contain or cross: one of
// our placeholders, a broken byte.
const barrier = 0x01

// placeholders are all the texts that replace an identity.
var placeholders = []string{
	IdentityAddress.Placeholder(), IdentityDomain.Placeholder(), IdentityOrganisation.Placeholder(),
	IdentityPerson.Placeholder(), IdentityHost.Placeholder(), IdentityToken.Placeholder(),
}

// placeholderAt is the length of the placeholder that s begins with, or 0.
func placeholderAt(s string) int {
	for _, p := range placeholders {
		if strings.HasPrefix(s, p) {
			return len(p)
		}
	}
	return 0
}

// folds are used again: most texts are short and many.
var folds = sync.Pool{New: func() any { return &folded{} }}

// release gives f back; nothing of it may be used any more.
func (f *folded) release() {
	const most = 64 << 10 // a large one would be kept for nothing
	if cap(f.text) <= most {
		folds.Put(f)
	}
}

// asciiFold is each ASCII character folded, 0 for what stands between words.
var asciiFold = func() (t [utf8.RuneSelf]byte) {
	for c := range t {
		switch {
		case c <= ' ' || c == 0x7f || c == '>' || c == '|':
		case c >= 'A' && c <= 'Z':
			t[c] = byte(c) + 'a' - 'A'
		default:
			t[c] = byte(c)
		}
	}
	return t
}()

// fold prepares s for searching, in time linear in its length.
func fold(s string) *folded {
	f := folds.Get().(*folded)
	f.text, f.from, f.to, f.gap = f.text[:0], f.from[:0], f.to[:0], f.gap[:0]
	gap := false
	emit := func(r rune, from, to int) {
		var buf [utf8.UTFMax]byte
		for i := range utf8.EncodeRune(buf[:], r) {
			f.text = append(f.text, buf[i])
			f.from = append(f.from, int32(from))
			f.to = append(f.to, int32(to))
			f.gap = append(f.gap, gap && i == 0)
		}
		gap = false
	}
	for i := 0; i < len(s); {
		c := s[i]
		if c == '<' {
			if n := placeholderAt(s[i:]); n > 0 {
				gap = true
				emit(barrier, i, i+n)
				gap = true
				i += n
				continue
			}
		}
		if c == '[' || c == '(' || c == '{' {
			if r, n := unbracket(s[i:]); n > 0 {
				emit(r, i, i+n)
				i += n
				continue
			}
		}
		if c < utf8.RuneSelf && (i+1 == len(s) || s[i+1] < utf8.RuneSelf) {
			if c = asciiFold[c]; c == 0 {
				gap = true
			} else {
				f.text = append(f.text, c)
				f.from = append(f.from, int32(i))
				f.to = append(f.to, int32(i+1))
				f.gap = append(f.gap, gap)
				gap = false
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			emit(barrier, i, i+1)
			i++
			continue
		}
		if c >= utf8.RuneSelf && invisible(r) {
			i += size
			continue
		}
		if isInert(r) {
			next, _ := utf8.DecodeRuneInString(s[i+size:])
			if i+size == len(s) || next < utf8.RuneSelf || isInert(next) {
				if isGap(r) {
					gap = true
				} else {
					emit(foldRune(r), i, i+size)
				}
				i += size
				continue
			}
		}
		n := norm.NFKC.NextBoundaryInString(s[i:], true)
		if n < size {
			n = size
		}
		for _, r := range norm.NFKC.String(s[i : i+n]) {
			switch {
			case isGap(r):
				gap = true
			case invisible(r):
			default:
				emit(foldRune(r), i, i+n)
			}
		}
		i += n
	}
	return f
}

// foldString is the folded text alone, for the names that are searched for, with
// the places in it before which the name has a space.
func foldString(s string) (text string, gaps []uint16) {
	f := fold(s)
	defer f.release()
	for i, g := range f.gap {
		if g && i > 0 && i < 1<<16 {
			gaps = append(gaps, uint16(i))
		}
	}
	return string(f.text), gaps
}

// isInert reports whether NFKC leaves r alone whatever stands before it, and
// whatever stands behind it that is inert too: most of a Japanese text.
func isInert(r rune) bool {
	return r >= 0x4e00 && r <= 0x9fff || r >= 0x3041 && r <= 0x3094 || r >= 0x30a1 && r <= 0x30f6 || r >= 0x3001 && r <= 0x3029 || r == 'ー' || r == '・'
}

// isGap reports whether r stands between words. '>' and '|' are what mail
// programs put before quoted lines.
func isGap(r rune) bool {
	return unicode.IsSpace(r) || r < 0x20 || r == '>' || r == '|' || r == '・' || r == '·' || r == '•' || blank(r)
}

// unbracket reads the ways in which people hide dots and at signs from robots:
// "[.]", "(dot)", "{at}". It returns the sign and the length of its disguise.
func unbracket(s string) (rune, int) {
	for _, b := range [...]struct {
		text string
		r    rune
	}{
		{".]", '.'}, {".)", '.'}, {".}", '.'}, {"dot]", '.'}, {"dot)", '.'}, {"dot}", '.'},
		{"@]", '@'}, {"@)", '@'}, {"@}", '@'}, {"at]", '@'}, {"at)", '@'}, {"at}", '@'}, {":]", ':'},
	} {
		if len(s) > len(b.text) && strings.EqualFold(s[1:1+len(b.text)], b.text) {
			return b.r, 1 + len(b.text)
		}
	}
	return 0, 0
}

// foldRune folds one NFKC rune.
func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}
	switch {
	case r >= 'ァ' && r <= 'ヶ': // katakana, 0x60 above its hiragana
		return r - 0x60
	case r >= 0x2010 && r <= 0x2015 || r == 0x2212:
		return '-'
	case r >= 0xc0 && r <= 0x24f || r >= 0x1e00 && r <= 0x1eff: // Latin with marks
		if d, _ := utf8.DecodeRuneInString(norm.NFD.String(string(r))); d < utf8.RuneSelf {
			return unicode.ToLower(d)
		}
	}
	r = unicode.ToLower(r)
	if l, ok := lookAlikes[r]; ok {
		return l
	}
	return r
}

// lookAlikes are letters that are read as another: Cyrillic and Greek ones that
// look Latin, and variants of kanji that are common in names.
var lookAlikes = pairs("аaеeоoрpсcуyхxіiјjѕsԁdһhӏlոnաwɡgοoαaεeρpνvιiκkтtмmкk"+
	"髙高﨑崎嵜崎𠮷吉邊辺邉辺齋斎齊斉濵浜濱浜澤沢廣広國国德徳嶋島嶌島櫻桜眞真龍竜圓円彌弥萬万藏蔵榮栄惠恵", 2)

func pairs(s string, n int) map[rune]rune {
	m := map[rune]rune{}
	rs := []rune(s)
	for i := 0; i+1 < len(rs); i += n {
		m[rs[i]] = rs[i+1]
	}
	return m
}
