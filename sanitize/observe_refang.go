package sanitize

import (
	"strings"
	"unicode/utf8"
)

// refang undoes what makes an indicator dead for people who share it:
// "hxxp", "[.]", "(dot)", "[:]//", "\.", "evil dot com", "h[tt]p", and full-width
// letters. It goes over the text once and copies it only if something changes.
func refang(s string) string {
	s = narrowURLs(s)
	var (
		b       strings.Builder
		copied  = 0     // end of what b has of s
		slashed = false // in a URL written with backslashes
	)
	replace := func(from, to int, with string) {
		if b.Cap() == 0 {
			b.Grow(len(s))
		}
		b.WriteString(s[copied:from])
		b.WriteString(with)
		copied = to
	}
	for i := 0; i < len(s); {
		c := s[i]
		if disguises[c] == 0 {
			i++
			continue
		}
		from, to, with := i, i, ""
		switch disguises[c] {
		case blankByte:
			slashed = slashed && c == '_'
			from, to, with = undoBlank(s, i)
		case openByte:
			from, to, with = undoOpen(s, i)
		case closeByte:
			// Half a disguise: "evil.]example".
			if i > 1 && (s[i-1] == '.' || s[i-1] == '@') && isAlnum(s[i-2]) && i+1 < len(s) && isAlnum(s[i+1]) {
				to = i + 1
			}
		case slashByte:
			to, with, slashed = undoBackslash(s, i, slashed)
		case wideByte:
			from, to, with = undoWide(s, i)
		}
		if to == i {
			i++
			continue
		}
		if from < copied {
			i++ // what stands before was just replaced itself
			continue
		}
		replace(from, to, with)
		i = to
	}
	if copied == 0 {
		return s
	}
	b.WriteString(s[copied:])
	return b.String()
}

const (
	blankByte = iota + 1
	openByte
	closeByte
	slashByte
	wideByte
)

// disguises are the bytes at which a disguise can begin.
var disguises = func() (t [256]byte) {
	for _, c := range " _\n\t" {
		t[c] = blankByte
	}
	for _, c := range "[({<" {
		t[c] = openByte
	}
	for _, c := range "])}" {
		t[c] = closeByte
	}
	t['\\'] = slashByte
	t[0xe2], t[0xe3], t[0xef] = wideByte, wideByte, wideByte
	return t
}()

// signs are what stands for a sign between brackets, in lower case.
var signs = []struct{ text, sign string }{
	{"://", "://"}, {":/", ":/"}, {"//", "//"},
	{".", "."}, {"dot", "."}, {"d0t", "."}, {"point", "."}, {"punkt", "."}, {"punto", "."}, {"ponto", "."},
	{"．", "."}, {"。", "."}, {"｡", "."}, {"․", "."}, {"ドット", "."}, {"どっと", "."}, {"ﾄﾞｯﾄ", "."}, {"点", "."},
	{"@", "@"}, {"＠", "@"}, {"at", "@"}, {"アットマーク", "@"}, {"アット", "@"}, {"あっと", "@"}, {"ｱｯﾄ", "@"},
	{":", ":"}, {"：", ":"}, {"colon", ":"}, {"/", "/"}, {"slash", "/"},
}

const wideOpen = "（［【〔｛＜「"

// bracketSize is the length of the bracket that s begins with, 0 if there is none.
func bracketSize(s, ascii, wide string) int {
	if s == "" {
		return 0
	}
	if s[0] < utf8.RuneSelf {
		if strings.IndexByte(ascii, s[0]) >= 0 {
			return 1
		}
		return 0
	}
	if r, size := utf8.DecodeRuneInString(s); r != utf8.RuneError && strings.ContainsRune(wide, r) {
		return size
	}
	return 0
}

// bracketedSign reads a sign in brackets, one or two deep and with blanks inside:
// "[.]", "( dot )", "((.))", "【.】". It returns its length, 0 if s does not begin
// with one.
func bracketedSign(s string) (sign string, n int) {
	depth := 0
	for depth < 2 {
		size := bracketSize(s[n:], "[({<", wideOpen)
		if size == 0 {
			break
		}
		n += size
		depth++
	}
	if depth == 0 {
		return "", 0
	}
	n += blankAt(s, n)
	found := false
	for _, d := range signs {
		if len(s)-n >= len(d.text) && strings.EqualFold(s[n:n+len(d.text)], d.text) {
			sign, found = d.sign, true
			n += len(d.text)
			break
		}
	}
	if !found {
		return "", 0
	}
	n += blankAt(s, n)
	for ; depth > 0; depth-- {
		size := bracketSize(s[n:], "])}>", "）］】〕｝＞」")
		if size == 0 {
			return "", 0
		}
		n += size
	}
	return sign, n
}

// blankAt is 1 if s[i] is a blank.
func blankAt(s string, i int) int {
	if i < len(s) && s[i] == ' ' {
		return 1
	}
	return 0
}

// undoSign undoes a sign in brackets at s[i], with the blanks around it if they
// are part of the disguise. to is i if there is none.
func undoSign(s string, i int) (from, to int, with string) {
	sign, n := bracketedSign(s[i:])
	if n == 0 {
		return i, i, ""
	}
	from, to = i, i+n
	if sign != "." && sign != "@" {
		return from, to, sign
	}
	if from > 1 && s[from-1] == ' ' && nameByte(s, from-2) && blankAt(s, to) == 1 && nameByte(s, to+1) {
		return from - 1, to + 1, sign
	}
	if !nameByte(s, from-1) || !nameByte(s, to) {
		return i, i, ""
	}
	return from, to, sign
}

// nameByte reports whether s[i] may stand next to a dot in a host name.
func nameByte(s string, i int) bool {
	return i >= 0 && i < len(s) && (isAlnum(s[i]) || s[i] == '-' || s[i] == '_' || s[i] == ')' || s[i] == ']' || s[i] >= utf8.RuneSelf)
}

// undoOpen undoes a disguise that begins with a bracket.
func undoOpen(s string, i int) (from, to int, with string) {
	if from, to, with := undoSign(s, i); to > i {
		return from, to, with
	}
	if s[i] == '<' {
		return i, i, ""
	}
	// Half a disguise: "evil[.example", "who(@evil.example".
	if i > 0 && isAlnum(s[i-1]) && i+2 < len(s) && (s[i+1] == '.' || s[i+1] == '@') && isAlnum(s[i+2]) {
		return i, i + 1, ""
	}
	const longest = 12
	inner, n := "", 0
	if end := strings.IndexAny(s[i+1:min(len(s), i+1+longest)], "])}"); end > 0 {
		inner, n = strings.ToLower(s[i+1:i+1+end]), end+2
	}
	switch {
	case n == 0:
	case inner == "s" && i > 2 && (s[i-1]|0x20) == 'p' && strings.HasPrefix(s[i+n:], ":"):
		return i, i + n, "s" // http[s]://
	case i > 0 && (s[i-1]|0x20) == 'h' && strings.Trim(inner, "tx") == "" && i+n < len(s) && (s[i+n]|0x20) <= 'x' && isAlnum(s[i+n]):
		return i, i + n, inner // h[tt]p, h[x]xp
	case urlSchemes[inner] != "" && (strings.HasPrefix(s[i+n:], ":") || strings.HasPrefix(s[i+n:], "[:")):
		return i, i + n, inner // [http]://
	}
	// "http://[evil.example]/": a host in brackets that is no IPv6 address.
	if i > 1 && s[i] == '[' && s[i-1] == '/' && s[i-2] == '/' {
		if end := strings.IndexByte(s[i+1:min(len(s), i+256)], ']'); end > 0 && strings.IndexByte(s[i+1:i+1+end], ':') < 0 && strings.IndexByte(s[i+1:i+1+end], '.') > 0 {
			host := strings.NewReplacer("[.", ".", "[", "").Replace(s[i+1 : i+1+end])
			if validHost(host) {
				return i, i + end + 2, host
			}
		}
	}
	return i, i, ""
}

// undoBackslash undoes "http:\\evil.example\a", "evil\.example", "http\://" and the
// escaped slashes of scripts. slashed says that the URL here is written with
// backslashes, as the returned value says of what follows.
func undoBackslash(s string, i int, slashed bool) (to int, with string, still bool) {
	rest := s[i:]
	switch {
	case i > 3 && s[i-1] == ':' && (len(rest) > 1 && isAlnum(rest[1]) || strings.HasPrefix(rest, `\\`)):
		if _, scheme := schemeBefore(s, i-1, 0); scheme != "" {
			n := 1
			if rest[1] == '\\' {
				n = 2
			}
			return i + n, "//", true
		}
	case strings.HasPrefix(rest, `\.`), strings.HasPrefix(rest, `\@`):
		return i + 1, "", slashed
	case strings.HasPrefix(rest, `\:`):
		if _, scheme := schemeBefore(s, i, 0); scheme != "" {
			return i + 1, "", slashed
		}
	case strings.HasPrefix(rest, `\/\/`):
		return i + 4, "//", slashed
	case strings.HasPrefix(rest, `\/`):
		return i + 2, "/", slashed
	}
	if slashed && len(rest) > 1 && rest[1] > ' ' {
		return i + 1, "/", true
	}
	return i, "", slashed
}

// undoBlank undoes the disguises made of blanks and underscores: "evil dot com",
// "evil . com", "evil_dot_com", "who @ evil.example". It asks for a top-level
// domain behind a dot, because sentences have these words too.
func undoBlank(s string, i int) (from, to int, with string) {
	if i+2 >= len(s) || i == 0 || s[i] == '\n' || s[i] == '\t' {
		return i, i, ""
	}
	switch s[i+1] {
	case 'd', 'D', 'a', 'A', '.', '@':
	default:
		return i, i, ""
	}
	n, sign := spacedSign(s[i:])
	if n == 0 || !isAlnum(s[i-1]) || i+n >= len(s) || !isAlnum(s[i+n]) {
		return i, i, ""
	}
	end := i + n
	for end < len(s) && end-i < 80 && (isAlnum(s[end]) || s[end] == '-') {
		end++
	}
	next, _ := spacedSign(s[end:])
	label := strings.ToLower(s[i+n : end])
	if sign == "@" || s[i] == '_' || commonTLDs[label] || next > 0 {
		return i, i + n, sign
	}
	return i, i, ""
}

// spacedSign is the length of the disguised dot or at sign that s begins with.
func spacedSign(s string) (n int, sign string) {
	for _, d := range [...]struct{ text, sign string }{{" dot ", "."}, {"_dot_", "."}, {" . ", "."}, {" @ ", "@"}, {"_at_", "@"}} {
		if len(s) >= len(d.text) && strings.EqualFold(s[:len(d.text)], d.text) {
			return len(d.text), d.sign
		}
	}
	return 0, ""
}

// undoWide undoes a sign in full-width brackets, and the dots of other scripts
// between ASCII labels: "evil。com", "evil․com".
func undoWide(s string, i int) (from, to int, with string) {
	r, size := utf8.DecodeRuneInString(s[i:])
	if strings.ContainsRune(wideOpen, r) {
		return undoSign(s, i)
	}
	if r != '。' && r != '｡' && r != '．' && r != '․' || i == 0 || !isAlnum(s[i-1]) || i+size >= len(s) || !isAlnum(s[i+size]) {
		return i, i, ""
	}
	end := i + size
	for end < len(s) && end-i < 70 && (isAlnum(s[end]) || s[end] == '-') {
		end++
	}
	label := s[i+size : end]
	if next, _ := utf8.DecodeRuneInString(s[end:]); next >= utf8.RuneSelf && isDot(next) && end+3 < len(s) && isAlnum(s[end+utf8.RuneLen(next)]) {
		return i, i + size, "."
	}
	if r == '․' || commonTLDs[strings.ToLower(label)] || isDigit(s[i-1]) && strings.Trim(label, "0123456789") == "" {
		return i, i + size, "."
	}
	return i, i, ""
}

// urlWide are the full-width letters that belong to URLs; full-width brackets and
// sentence marks are what ends one in a Japanese text, and stay.
func urlWide(r rune) (byte, bool) {
	switch {
	case r >= '０' && r <= '９', r >= 'Ａ' && r <= 'Ｚ', r >= 'ａ' && r <= 'ｚ', r == '．', r == '／', r == '：', r == '－', r == '＿', r == '＠', r == '＝', r == '＆', r == '％', r == '？', r == '＃', r == '～', r == '＋':
		return byte(r - '！' + '!'), true
	case r == '｡':
		return '.', true
	}
	return 0, false
}

// narrowURLs writes full-width URL letters as ASCII where they stand between
// such letters; a lone '：' or '？' at the end of a sentence stays.
func narrowURLs(s string) string {
	const wide = 0xef // the first byte of every full-width form (U+F000 to U+FFFF)
	if strings.IndexByte(s, wide) < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	prev := rune(' ')
	for i := 0; i < len(s); {
		if s[i] != wide {
			n := strings.IndexByte(s[i:], wide)
			if n < 0 {
				n = len(s) - i
			}
			b.WriteString(s[i : i+n])
			i += n
			prev, _ = utf8.DecodeLastRuneInString(s[:i])
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if c, ok := urlWide(r); ok {
			next, _ := utf8.DecodeRuneInString(s[i+size:])
			_, nextWide := urlWide(next)
			joins := prev > ' ' && prev < utf8.RuneSelf
			follows := next > ' ' && next < utf8.RuneSelf || nextWide
			// A tilde begins a path's first letters; elsewhere it is a dash of the text.
			if c == '~' {
				joins = prev == '/'
			}
			if isAlnum(c) || joins && follows {
				b.WriteByte(c)
				prev = rune(c)
				i += size
				continue
			}
		}
		b.WriteString(s[i : i+size])
		prev = r
		i += size
	}
	return b.String()
}
