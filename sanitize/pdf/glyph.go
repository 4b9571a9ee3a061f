package pdf

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// winAnsi and macRoman are the encodings of simple fonts (annex D.2). Where
// StandardEncoding differs from winAnsi, no URL has a character.
var winAnsi, macRoman = table256(charmap.Windows1252), table256(charmap.Macintosh)

func table256(c *charmap.Charmap) (t [256]string) {
	for i := range t {
		if r := c.DecodeByte(byte(i)); i >= ' ' && r != utf8.RuneError && r >= ' ' {
			t[i] = string(r)
		}
	}
	return t
}

// simpleEncoding is what the codes of a simple font mean: a named encoding, and
// the differences from it (§9.6.5).
func (r *reader) simpleEncoding(d dict) *[256]string {
	base := &winAnsi
	e := r.resolve(d["Encoding"])
	own, _ := e.(dict)
	n, _ := e.(name)
	if own != nil {
		n = r.name(own["BaseEncoding"])
	}
	if n == "MacRomanEncoding" || n == "MacExpertEncoding" {
		base = &macRoman
	}
	differences, _ := r.resolve(own["Differences"]).(array)
	if len(differences) == 0 || !r.spend(256+len(differences)) {
		return base
	}
	t, code := *base, 0
	for _, v := range differences {
		switch v := r.resolve(v).(type) {
		case float64:
			if v >= 0 && v < 256 {
				code = int(v)
			}
		case name:
			if code < 256 {
				t[code] = glyphText(string(v))
			}
			code++
		}
	}
	return &t
}

// glyphText is the text of a glyph by its name, as the Adobe Glyph List
// Specification says: "uni0041", "u1F600", "a", "a.alt", "f_i". Names that are but
// numbers say nothing.
func glyphText(n string) string {
	n, _, _ = strings.Cut(n, ".")
	if s, ok := glyphNames[n]; ok {
		return s
	}
	if len(n) == 1 {
		return n
	}
	if strings.Contains(n, "_") {
		var b strings.Builder
		for _, part := range strings.Split(n, "_") {
			b.WriteString(glyphText(part))
		}
		return b.String()
	}
	hex, ok := strings.CutPrefix(n, "uni")
	if !ok || len(hex) < 4 {
		hex, ok = strings.CutPrefix(n, "u")
		if !ok || len(hex) < 4 || len(hex) > 6 {
			return ""
		}
	} else if len(hex) > 4 {
		hex = hex[:4]
	}
	v, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || !utf8.ValidRune(rune(v)) {
		return ""
	}
	return string(rune(v))
}

// glyphNames are those of ASCII, and of what stands beside it in texts.
var glyphNames = map[string]string{
	"space": " ", "exclam": "!", "quotedbl": `"`, "numbersign": "#", "dollar": "$", "percent": "%", "ampersand": "&", "quotesingle": "'",
	"quoteright": "’", "parenleft": "(", "parenright": ")", "asterisk": "*", "plus": "+", "comma": ",", "hyphen": "-", "minus": "-",
	"period": ".", "slash": "/", "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
	"eight": "8", "nine": "9", "colon": ":", "semicolon": ";", "less": "<", "equal": "=", "greater": ">", "question": "?", "at": "@",
	"bracketleft": "[", "backslash": `\`, "bracketright": "]", "asciicircum": "^", "underscore": "_", "grave": "`", "quoteleft": "‘",
	"braceleft": "{", "bar": "|", "braceright": "}", "asciitilde": "~", "nbspace": " ", "sfthyphen": "-", "endash": "–", "emdash": "—",
	"quotedblleft": "“", "quotedblright": "”", "bullet": "•", "ellipsis": "…", "fi": "fi", "fl": "fl", "ff": "ff", "ffi": "ffi", "ffl": "ffl",
	"Euro": "€", "copyright": "©", "registered": "®", "trademark": "™", "periodcentered": "·", "guillemotleft": "«", "guillemotright": "»",
	"adieresis": "ä", "odieresis": "ö", "udieresis": "ü", "Adieresis": "Ä", "Odieresis": "Ö", "Udieresis": "Ü", "germandbls": "ß",
	"eacute": "é", "egrave": "è", "ecircumflex": "ê", "agrave": "à", "aacute": "á", "acircumflex": "â", "ccedilla": "ç", "iacute": "í",
	"oacute": "ó", "ocircumflex": "ô", "uacute": "ú", "ugrave": "ù", "ntilde": "ñ", "aring": "å", "ae": "æ", "oslash": "ø", "yen": "¥",
}
