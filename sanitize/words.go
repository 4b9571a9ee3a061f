package sanitize

import (
	"strings"
)

// decodeWords undoes RFC 2047 in a raw header value and guesses the charset of
// raw 8-bit text in it. The result is valid UTF-8. A word that cannot be
// decoded stays as it is.
//
// The bytes of adjacent words of one charset are joined before they are
// decoded: many mailers split a character, or the state of ISO-2022-JP, between
// two words.
func decodeWords(s string) string {
	if !isPlainASCII(s) {
		s, _ = decode([]byte(s), "")
	}
	if !strings.Contains(s, "=?") {
		return s
	}
	var (
		out     strings.Builder
		pending []byte // bytes of the words read and not yet decoded
		charset string
		last    = 0 // end of what is written or pending
		i       = 0
	)
	flush := func() {
		if pending != nil {
			text, _ := decode(pending, charset)
			out.WriteString(text)
			pending = nil
		}
	}
	for {
		at := strings.Index(s[i:], "=?")
		if at < 0 {
			break
		}
		at += i
		word, ok := parseWord(s, at)
		if !ok {
			i = at + 2
			continue
		}
		between := s[last:at]
		if pending == nil || strings.Trim(between, " \t\r\n") != "" {
			flush()
			out.WriteString(between)
		}
		if pending != nil && word.charset != charset {
			flush()
		}
		charset = word.charset
		pending = append(pending, word.content...)
		if pending == nil {
			pending = []byte{}
		}
		i, last = word.end, word.end
	}
	flush()
	out.WriteString(s[last:])
	return out.String()
}

// isPlainASCII is true for text that no charset but UTF-16 reads differently.
func isPlainASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 || s[i] == 0x1b {
			return false
		}
	}
	return true
}

// encodedWord is one word of RFC 2047 §2.
type encodedWord struct {
	charset string // lower case, without the language of RFC 2231 §5
	content []byte
	end     int // offset after it
}

// maxCharsetName bounds the charset of an encoded word; the longest in use,
// "extended_unix_code_packed_format_for_japanese", has 45.
const maxCharsetName = 64

// parseWord reads the word that begins with "=?" at s[at]. Its text may hold
// blanks, which the standard forbids and mailers write.
func parseWord(s string, at int) (w encodedWord, ok bool) {
	rest := s[at+2:]
	q := strings.IndexByte(rest[:min(len(rest), maxCharsetName)], '?')
	if q <= 0 || q+3 >= len(rest) || rest[q+2] != '?' {
		return w, false
	}
	charset, _, _ := strings.Cut(rest[:q], "*")
	text := rest[q+3:]
	// The text has no '?', so this never looks past the next word and the whole
	// stays linear.
	n := strings.IndexByte(text, '?')
	if n < 0 || n+1 >= len(text) || text[n+1] != '=' {
		return w, false
	}
	w.charset = strings.ToLower(charset)
	w.end = at + 2 + q + 3 + n + 2
	switch rest[q+1] {
	case 'b', 'B':
		w.content, ok = wordBase64(text[:n])
	case 'q', 'Q':
		w.content, ok = wordQ(text[:n]), true
	}
	return w, ok
}

// wordBase64 decodes the B encoding, padded or not; ok is false when it holds
// anything else.
func wordBase64(s string) (b []byte, ok bool) {
	for i := 0; i < len(s); i++ {
		if base64Value[s[i]] > 63 && strings.IndexByte("= \t\r\n", s[i]) < 0 {
			return nil, false
		}
	}
	out, _ := cteBase64([]byte(s), len(s))
	return out, len(out) > 0 || s == ""
}

// wordQ decodes the Q encoding (RFC 2047 §4.2).
func wordQ(s string) []byte {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '_':
			b = append(b, ' ')
		case c == '=' && i+2 < len(s) && hexValue[s[i+1]] < 16 && hexValue[s[i+2]] < 16:
			b = append(b, hexValue[s[i+1]]<<4|hexValue[s[i+2]])
			i += 2
		default:
			b = append(b, c)
		}
	}
	return b
}
