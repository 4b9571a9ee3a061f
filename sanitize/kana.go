package sanitize

import "strings"

// kanaOf are the ways to write a Japanese name, given in Latin letters, in hiragana
// (Hepburn and the cabinet's spelling alike). Latin letters mostly leave out that a
// vowel is long, so each o may be one: "Domeki" is どめき and どうめき. nil for
// what is no Japanese name.
func kanaOf(name string) []string {
	s := strings.ToLower(name)
	if len(s) < 4 || len(s) > 24 {
		return nil
	}
	var kana []string
	for s != "" {
		n, k := syllable(s)
		if n == 0 {
			return nil
		}
		kana = append(kana, k)
		s = s[n:]
	}
	if len(kana) < 3 {
		return nil
	}
	out := []string{strings.Join(kana, "")}
	for i, k := range kana {
		if !oRow[k] || len(out) >= maxKana || i+1 < len(kana) && kana[i+1] == "う" {
			continue
		}
		for _, o := range out[:len(out):len(out)] {
			at := 0
			for _, before := range kana[:i+1] {
				at += strings.Index(o[at:], before) + len(before)
			}
			out = append(out, o[:at]+"う"+o[at:])
		}
	}
	return out
}

// maxKana bounds the ways to write one name.
const maxKana = 8

// oRow are the syllables whose vowel may be a long o.
var oRow = stringSet("お こ そ と の ほ も よ ろ ご ぞ ど ぼ ぽ きょ しょ ちょ にょ ひょ みょ りょ ぎょ じょ びょ ぴょ")

// syllable reads the syllable that s begins with.
func syllable(s string) (n int, kana string) {
	if len(s) > 1 && s[0] == s[1] && strings.IndexByte("kstpcgzdbfhjmr", s[0]) >= 0 || strings.HasPrefix(s, "tch") {
		return 1, "っ"
	}
	for n := min(3, len(s)); n > 0; n-- {
		if k := syllables[s[:n]]; k != "" {
			return n, k
		}
	}
	if s[0] == 'n' || s[0] == 'm' && len(s) > 1 && strings.IndexByte("bpm", s[1]) >= 0 {
		return 1, "ん"
	}
	return 0, ""
}

var syllables = func() map[string]string {
	m := map[string]string{}
	for consonant, row := range map[string]string{
		"": "あいうえお", "k": "かきくけこ", "s": "さしすせそ", "t": "たちつてと", "n": "なにぬねの", "h": "はひふへほ", "m": "まみむめも",
		"r": "らりるれろ", "g": "がぎぐげご", "z": "ざじずぜぞ", "d": "だぢづでど", "b": "ばびぶべぼ", "p": "ぱぴぷぺぽ",
	} {
		for i, k := range []rune(row) {
			m[consonant+"aiueo"[i:i+1]] = string(k)
		}
	}
	for consonant, k := range map[string]string{"k": "き", "s": "し", "t": "ち", "n": "に", "h": "ひ", "m": "み", "r": "り", "g": "ぎ", "z": "じ", "b": "び", "p": "ぴ"} {
		m[consonant+"ya"], m[consonant+"yu"], m[consonant+"yo"] = k+"ゃ", k+"ゅ", k+"ょ"
	}
	for _, w := range strings.Fields(`ya=や yu=ゆ yo=よ wa=わ wo=を shi=し chi=ち tsu=つ fu=ふ ji=じ sha=しゃ shu=しゅ sho=しょ cha=ちゃ chu=ちゅ cho=ちょ ja=じゃ ju=じゅ jo=じょ`) {
		latin, kana, _ := strings.Cut(w, "=")
		m[latin] = kana
	}
	return m
}()
