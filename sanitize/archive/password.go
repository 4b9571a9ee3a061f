package archive

import (
	"slices"
	"strings"
	"unicode"
)

// Bounds of [Passwords].
const (
	passwordMax      = 50      // candidates in all
	passwordLabelled = 30      // of those that the text calls a password
	passwordRunes    = 64      // one candidate
	passwordText     = 1 << 20 // bytes of text that are looked at
	passwordHits     = 200     // words for a password that are looked behind
)

// known are the passwords that people who exchange malware agree on.
var known = []string{"infected", "virus", "malware"}

// Passwords finds what may be a password in a person's text, best first: what
// the text calls one, in Japanese or English, on the same line or below; then
// the agreed ones and more, which the caller may know; then words beside the
// word for a password; and last each word that stands alone on its line, as in
// a second mail that brings nothing else. Every candidate has 1 to 64 runes,
// there are at most 50, and no two are equal.
//
// A candidate is given as written and with what belongs to the sentence rather
// than the password taken off: quotes, brackets, full stops, です. Full-width
// letters are folded, because a person reads them the same way.
func Passwords(text string, more []string) []string {
	var f finder
	f.text(text[:min(len(text), passwordText)])
	var all []string
	take := func(list []string, n int) {
		for _, p := range list {
			if n == 0 || len(all) == passwordMax {
				return
			}
			if p != "" && len([]rune(p)) <= passwordRunes && !slices.Contains(all, p) {
				all = append(all, p)
				n--
			}
		}
	}
	take(f.labelled, passwordLabelled)
	take(known, len(known))
	take(more, -1)
	take(f.beside, -1)
	take(f.labelled, -1)
	take(f.alone, -1)
	return all
}

// passwordLabels are the words for a password, folded and in lower case.
var passwordLabels = runes(
	"パスワード", "ぱすわーど", "ﾊﾟｽﾜｰﾄﾞ", "パスフレーズ", "パスコード", "パスキー", "パス", "ﾊﾟｽ",
	"解凍キー", "解凍鍵", "解凍用キー", "展開キー", "復号キー", "復号鍵", "開封キー", "暗号キー", "解除キー", "解凍コード",
	"暗証番号", "暗証", "合言葉", "合い言葉",
	"passphrase", "pass phrase", "passcode", "pass code", "password", "pass word", "pass-word", "passwd", "pass", "pwd", "pw", "p/w", "p.w.",
)

func runes(words ...string) (all [][]rune) {
	for _, w := range words {
		all = append(all, []rune(w))
	}
	return all
}

// finder gathers candidates, of three kinds.
type finder struct {
	labelled, beside, alone []string
	hits                    int
}

// line is one line of the text: folded keeps the case, lower does not; all
// three have a rune for each rune.
type line struct{ raw, folded, lower []rune }

func newLine(s string) line {
	l := line{raw: []rune(s)}
	l.folded, l.lower = make([]rune, len(l.raw)), make([]rune, len(l.raw))
	for i, r := range l.raw {
		r = foldRune(r)
		l.folded[i], l.lower[i] = r, unicode.ToLower(r)
	}
	return l
}

// foldRune undoes full width and evens out blanks.
func foldRune(r rune) rune {
	switch {
	case r >= '！' && r <= '～':
		return r - '！' + '!'
	case r == '　' || r == '\u00a0' || r == '\t' || r == '\u200b' || r == '\ufeff':
		return ' '
	}
	return r
}

func (f *finder) text(text string) {
	var lines []line
	for s := range strings.Lines(text) {
		// What somebody quotes may be their own earlier mail.
		s = strings.TrimLeft(strings.TrimRight(s, "\r\n"), "> 　\t")
		if s = strings.TrimRightFunc(s, unicode.IsSpace); s != "" && len(s) <= 2000 {
			lines = append(lines, newLine(s))
		}
	}
	for i, l := range lines {
		f.line(l, lines[i+1:min(len(lines), i+4)])
		f.single(l)
	}
}

// line looks for the words for a password in one line.
func (f *finder) line(l line, next []line) {
	for at := 0; at < len(l.lower) && f.hits < passwordHits; at++ {
		n := labelAt(l.lower, at)
		if n == 0 {
			continue
		}
		f.hits++
		f.before(l, at)
		f.behind(l, at+n, next)
		at += n - 1
	}
}

// labelAt is the length of the word for a password at the given place, or 0.
func labelAt(s []rune, at int) int {
	best := 0
	for _, l := range passwordLabels {
		if len(l) <= best || len(l) > len(s)-at || s[at] != l[0] || !slices.Equal(s[at:at+len(l)], l) {
			continue
		}
		if l[0] < 0x80 { // an English word begins and ends where words do
			if at > 0 && isWord(s[at-1]) || at+len(l) < len(s) && isWord(s[at+len(l)]) {
				continue
			}
		}
		best = len(l)
	}
	return best
}

// isWord reports whether r continues an English word.
func isWord(r rune) bool {
	return r == '_' || r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// behind looks at what follows the word for a password, up to the next lines.
func (f *finder) behind(l line, at int, next []line) {
	at = skipRemark(l.lower, at)
	value, sure := connector(l.lower, at)
	rest := l.from(value)
	if rest.empty() || pointer(rest.lower) {
		// "The password is as follows", or a heading: a value on a later line.
		n := 0
		for _, below := range next {
			if labelAt(below.lower, 0) > 0 {
				break
			}
			f.labelled = append(f.labelled, below.values()...)
			if n++; n == 2 {
				break
			}
		}
		return
	}
	if sure {
		f.labelled = append(f.labelled, rest.values()...)
	} else {
		f.beside = append(f.beside, rest.values()...)
	}
}

// skipRemark passes over what closes a heading and over a remark in brackets,
// as in 【パスワード】 or パスワード（半角英数）：.
func skipRemark(s []rune, at int) int {
	for at < len(s) && strings.ContainsRune(" 】]〕》>\"'”’", s[at]) {
		at++
	}
	if at < len(s) && (s[at] == '(' || s[at] == '[') {
		if end := slices.Index(s[at:], closers[s[at]]); end > 0 && end <= 30 {
			i := at + end + 1
			for i < len(s) && s[i] == ' ' {
				i++
			}
			if i < len(s) && strings.ContainsRune(":=は", s[i]) {
				return i
			}
		}
	}
	return at
}

// connector finds where the value begins. It is not sure where nothing but a
// blank says that there is one.
func connector(s []rune, at int) (value int, sure bool) {
	end := min(len(s), at+80)
	best := -1
	found := func(i, n int) {
		if i >= 0 && (best < 0 || i+n < best) {
			best = i + n
		}
	}
	for i := at; i < end && best < 0; i++ {
		switch s[i] {
		case ':', '=', '→', '⇒':
			found(i, 1)
		case 'は':
			found(i, 1)
		case '-', '–', '—':
			if i > 0 && s[i-1] == ' ' && i+1 < len(s) && s[i+1] == ' ' {
				found(i, 1)
			}
		case '。', '.', ';':
			i = end // another sentence
		case 'i':
			if i > 0 && s[i-1] == ' ' && i+2 < len(s) && s[i+1] == 's' && (s[i+2] == ' ' || s[i+2] == ':') {
				found(i, 3)
			}
		}
		if i < end && i-at < 4 && strings.ContainsRune("「『“‘\"'【｢", s[i]) {
			return i, true // パスワード「abc」
		}
	}
	if best < 0 {
		return at, false
	}
	// は： and "is:" are both.
	for best < len(s) && strings.ContainsRune(" :=、,>", s[best]) {
		best++
	}
	return best, true
}

// pointer reports whether the rest of a line only says where the password is.
func pointer(s []rune) bool {
	t := strings.TrimLeft(string(s), " 、,")
	for _, p := range []string{"以下", "下記", "次の", "次に", "次です", "こちら", "↓", "as follows", "below", "the following", "given below", "shown below", "written below", "here:"} {
		if strings.HasPrefix(t, p) {
			return true
		}
	}
	return false
}

// before looks at what stands before the word for a password: "abc is the
// password", abc がパスワードです.
func (f *finder) before(l line, at int) {
	head := strings.TrimRight(string(l.lower[:at]), " ")
	cut := -1
	for _, w := range []string{"が", "を", "の", " is the zip", " is the", " is your", " as the", " as a", " as", " is"} {
		if strings.HasSuffix(head, w) {
			cut = len([]rune(head)) - len([]rune(w))
			break
		}
	}
	if cut <= 0 {
		return
	}
	words := strings.Fields(string(l.folded[:cut]))
	if len(words) == 0 {
		return
	}
	word := newLine(words[len(words)-1])
	if i := lastOpener(word.folded); i >= 0 {
		word = word.from(i)
	}
	f.beside = append(f.beside, word.values()...)
}

func lastOpener(s []rune) int {
	for i := len(s) - 2; i >= 0; i-- {
		if s[i] == '「' || s[i] == '『' || s[i] == '“' {
			return i
		}
	}
	return -1
}

// single takes a line that is one word.
func (f *finder) single(l line) {
	s := strings.TrimSpace(string(l.folded))
	n, plain := 0, 0
	for _, r := range s {
		if r == ' ' {
			return
		}
		n++
		if r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			plain++
		}
	}
	if n > passwordRunes || plain < 3 || 2*plain < n || strings.Contains(s, "://") {
		return
	}
	if i := strings.IndexByte(s, '@'); i > 0 && strings.Contains(s[i:], ".") {
		return // an address
	}
	f.alone = append(f.alone, l.values()...)
}
