package sanitize

import "regexp"

// What a victim's own servers write in front of a subject: a gateway's warning, a
// mailing list's name and number. Two victims of one attack have different ones,
// so they are no part of what the attacker wrote.
var (
	answerMark = regexp.MustCompile(`^(?i:(?:re|fw|fwd|aw|wg|sv|転送|返信)(?:\[\d+\])?\s*[:：]\s*)+`)
	serverTag  = regexp.MustCompile(`^(?:` +
		`[\[(<{【*]+\s*(?i:external|ext|extern|outside|外部|社外|外部メール|社外メール|外部からのメール|社外からのメール|spam|spam\?|suspected spam|possible spam|junk|bulk|meiwaku|迷惑メール|スパム|phish|phishing|virus|warning|caution|注意|警告|要注意)(?:[ :_-][^\])>}】*]{0,20})?\s*[\])>}】*]+` +
		`|\[[\pL\pN._+-]{2,40}[:,# ]\s?\d{1,8}\]` +
		`|\([\pL\pN._+-]{2,40}[:,#]\s?\d{1,8}\)` +
		`)\s*`)
)

// maxTags bounds the marks that are taken off one subject.
const maxTags = 8

// withoutTags is a subject without what servers of the receiver put before it.
func withoutTags(subject string) string {
	for range maxTags {
		mark := answerMark.FindString(subject)
		rest := subject[len(mark):]
		tag := serverTag.FindString(rest)
		if tag == "" || len(tag) == len(rest) {
			return subject
		}
		subject = mark + rest[len(tag):]
	}
	return subject
}
