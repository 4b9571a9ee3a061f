package archive

import (
	"slices"
	"strings"
)

// closers are the ends of what is quoted or in brackets, by their beginnings,
// folded.
var closers = map[rune]rune{
	'「': '」', '『': '』', '“': '”', '‘': '’', '"': '"', '\'': '\'', '`': '`', '【': '】', '(': ')', '[': ']', '<': '>', '〈': '〉', '《': '》', '｢': '｣', '”': '”', '«': '»',
}

func openers(r rune) bool { _, ok := closers[r]; return ok }

// from is the line from the given rune on.
func (l line) from(at int) line {
	at = min(at, len(l.raw))
	for at < len(l.raw) && l.folded[at] == ' ' {
		at++
	}
	return line{l.raw[at:], l.folded[at:], l.lower[at:]}
}

func (l line) to(end int) line { return line{l.raw[:end], l.folded[:end], l.lower[:end]} }

// empty reports whether no value can be in l: only what closes a sentence.
func (l line) empty() bool {
	return strings.Trim(string(l.folded), " 。、.,:;です」』】)]>-=…") == ""
}

// values are the readings of l as a password, best first.
func (l line) values() []string {
	l = l.from(0)
	if len(l.raw) == 0 {
		return nil
	}
	var all []string
	add := func(v line) {
		for _, s := range []string{string(v.folded), string(v.raw)} {
			if s = strings.Trim(s, " 　\t"); s != "" && !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	// What is quoted is meant exactly.
	if i := slices.IndexFunc(l.folded[:min(len(l.folded), 40)], openers); i >= 0 {
		closer := closers[l.folded[i]]
		if n := slices.Index(l.folded[i+1:], closer); n > 0 {
			add(l.from(i + 1).to(n - (len(l.folded[i+1:]) - len(l.from(i+1).folded))))
		}
	}
	word := l
	if i := slices.Index(l.folded, ' '); i > 0 {
		word = l.to(i)
	}
	add(word.bare())
	add(word)
	add(word.unquoted())
	if len(word.raw) != len(l.raw) {
		add(l.bare()) // a password of several words
		add(l)
	}
	return all
}

// sentenceEnds are what may follow a password without a blank in Japanese.
var sentenceEnds = []string{"です", "でございます", "になります", "となります", "となっており", "になっており", "とさせて", "にて", "でお願い", "でご確認", "で解凍", "で開", "で展開", "と設定", "に設定", "を入力", "をご", "をお", "、", "。", "，", "（", "※", "」", "』"}

// bare is l without what belongs to the sentence around it.
func (l line) bare() line {
	s := string(l.folded)
	for _, e := range sentenceEnds {
		if i := strings.Index(s, e); i > 0 {
			s = s[:i]
		}
	}
	l = l.to(len([]rune(s)))
	for len(l.folded) > 1 && strings.ContainsRune(" 。、.,;:!?…", l.folded[len(l.folded)-1]) {
		l = l.to(len(l.folded) - 1)
	}
	return l.unquoted()
}

// unquoted is l without the quotes and brackets at its ends.
func (l line) unquoted() line {
	for len(l.folded) > 1 && openers(l.folded[0]) {
		l = line{l.raw[1:], l.folded[1:], l.lower[1:]}
	}
	for len(l.folded) > 1 && strings.ContainsRune("」』”’\"'`】)]>〉》｣»", l.folded[len(l.folded)-1]) {
		l = l.to(len(l.folded) - 1)
	}
	return l
}
