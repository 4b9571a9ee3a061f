package sanitize

import (
	"strings"
	"unicode/utf8"
)

// A member may be called 中央, ひかり, Sakura or ANA. Of the members that have to do
// with the report at hand such a name counts wherever it stands. Of the thousands
// of others it counts where somebody is plainly called so: beside a legal form or a
// form of address. Else every second mail would be stopped by a member that nobody
// thinks of, and a bank's name in a forged sender, which tells of the attack, would
// be taken for the victim's.

// isCommonName reports whether a folded name is too short or too common to say by
// itself whose it is. gaps is how many spaces it has.
func isCommonName(name string, gaps int) bool {
	if commonNames[name] {
		return true
	}
	runes := utf8.RuneCountInString(name)
	if isASCII(name) {
		// Two words, or one that is long, are no chance.
		return runes <= 4 || runes <= 8 && gaps == 0 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz") == ""
	}
	kana := true
	for _, r := range name {
		kana = kana && isKana(r)
	}
	return runes <= 2 || kana && runes <= 4
}

// commonNames are longer words that are in names, and no name by themselves: what
// organisations are called by where they are or what they do. Folded, as names
// are searched for.
var commonNames = stringSet(`北海道 神奈川 和歌山 鹿児島 東日本 西日本 中日本 首都圏 日本銀行 銀行 信用金庫 電力 水道局 市役所 県庁 総務省 国土交通省 警察庁 消防庁
	electric power bank railway airlines airport hospital insurance securities logistics telecom broadcasting prefecture international national general central pacific
	information systems services network networks solutions holdings technology security communications transport energy medical chemical petroleum`)

// formal reports whether what stands at f.text[start:end] is called a company or is
// addressed.
func (f *folded) formal(start, end int) bool {
	for _, form := range foldedForms {
		if strings.HasSuffix(string(f.text[max(0, start-len(form)):start]), form) || strings.HasPrefix(string(f.text[end:min(len(f.text), end+len(form))]), form) {
			return true
		}
	}
	for _, form := range []string{"co.,ltd", "co.ltd", "coltd", "inc", "corp", "ltd", "llc", "k.k"} {
		if strings.HasPrefix(string(f.text[end:min(len(f.text), end+len(form))]), form) && f.gap[end] {
			return true
		}
	}
	return end < len(f.text) && f.honorific(end)
}

// foldedForms are the legal forms as they stand in a folded text.
var foldedForms = func() []string {
	var out []string
	for _, form := range legalForms {
		text, _ := foldString(form)
		out = append(out, text)
	}
	return out
}()
