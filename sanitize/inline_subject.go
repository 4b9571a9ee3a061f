package sanitize

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Prefixes of subjects in the languages of mail clients, folded, without the
// colon.
var (
	forwardPrefixes = stringSet(`fwd fw fwds forward forwarded 転送 転送メール tr wg rv vs vl i inoltra pd enc encaminhar vb i̇lt ilt doorst doorgestuurd videresend
		redir redir. továbbítás továbbítva přeposlat přeposláno prosl 转发 轉寄 전달 пересл пересылка вперед переслано`)
	replyPrefixes = stringSet(`re aw sv antw ref odp ynt r res 返信 回复 回覆 答复 답장 vá atb ответ відп`)
)

// Kinds of subject.
const (
	subjectPlain = iota
	subjectReply
	subjectForward
)

// maxPrefixes bounds how many tags and prefixes are taken off a subject.
const maxPrefixes = 20

// cutSubject says whether a subject calls its mail a forward or a reply, and
// returns what stands behind the prefix that says so. The tags of lists and
// gateways, "[SPAM]" and 【迷惑メール】, may stand before it.
func cutSubject(subject string) (kind int, bare string) {
	rest := strings.TrimSpace(subject)
	bare = rest
	if strings.HasPrefix(strings.ToLower(rest), "[fwd:") {
		return subjectForward, strings.TrimSuffix(strings.TrimSpace(rest[len("[fwd:"):]), "]")
	}
	if lower := strings.ToLower(rest); len(lower) == len(rest) && strings.HasSuffix(lower, "(fwd)") {
		return subjectForward, strings.TrimSpace(rest[:len(rest)-len("(fwd)")])
	}
	for range maxPrefixes {
		rest = strings.TrimSpace(rest)
		if tag, after, ok := cutTag(rest); ok {
			rest = after
			if strings.Contains(tag, "転送") || strings.EqualFold(tag, "fwd") || strings.EqualFold(tag, "fw") {
				return subjectForward, strings.TrimSpace(rest)
			}
			continue
		}
		prefix, after, ok := cutPrefix(rest)
		switch {
		case !ok:
			return kind, bare
		case forwardPrefixes[prefix]:
			return subjectForward, strings.TrimSpace(after)
		case replyPrefixes[prefix]:
			kind, bare = subjectReply, strings.TrimSpace(after)
		default:
			return kind, bare
		}
		rest = after
	}
	return kind, bare
}

// cutTag splits "[SPAM] x" and "【迷惑メール】x".
func cutTag(s string) (tag, rest string, ok bool) {
	for _, pair := range [][2]string{{"[", "]"}, {"【", "】"}, {"(", ")"}, {"［", "］"}, {"（", "）"}} {
		if !strings.HasPrefix(s, pair[0]) {
			continue
		}
		tag, rest, ok = strings.Cut(s[len(pair[0]):], pair[1])
		if ok && len(tag) <= 60 {
			return tag, rest, true
		}
	}
	return "", s, false
}

// cutPrefix splits "Re[2]: x".
func cutPrefix(s string) (prefix, rest string, ok bool) {
	const most = 30 // bytes
	head := s[:min(len(s), most)]
	end, width := strings.IndexByte(head, ':'), 1
	if wide := strings.Index(head, "："); wide >= 0 && (end < 0 || wide < end) {
		end, width = wide, len("：")
	}
	if end <= 0 {
		return "", s, false
	}
	prefix = strings.TrimRight(s[:end], " 0123456789[]()^*")
	return strings.Map(unicode.ToLower, strings.TrimSpace(norm.NFKC.String(prefix))), s[end+width:], true
}
