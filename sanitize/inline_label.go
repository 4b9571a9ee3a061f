package sanitize

import (
	"strings"
	"unicode/utf8"
)

// labels are the names that clients give to header fields in a quoted header,
// folded by foldLabel, with the field's name in RFC 5322. Those with "" are
// recognised and left out.
var labels = labelTable(map[string]string{
	"From":     "from 差出人 送信者 送信元 発信者 発信元 von de da van från fra od от 发件人 寄件者 보낸사람",
	"Date":     "date sent 日付 日時 送信日時 送信日 発信日時 受信日時 gesendet datum envoyé enviado inviato verzonden skickat 日期 发送时间",
	"Subject":  "subject 件名 題名 表題 標題 betreff objet asunto oggetto assunto onderwerp ämne 主题 主旨",
	"To":       "to 宛先 あて先 宛て先 送信先 受信者 an à para a aan till 收件人",
	"Cc":       "cc 写し kopie",
	"Reply-To": "reply-to 返信先",
	"Sender":   "sender",
	"": `bcc 重要度 importance priority 優先度 添付ファイル 添付 attachments attachment message-id mime-version content-type
		content-transfer-encoding x-mailer user-agent organization return-path delivered-to received 秘密度 sensitivity 分類 categories`,
})

func labelTable(names map[string]string) map[string]string {
	t := map[string]string{}
	for name, words := range names {
		for _, w := range strings.Fields(words) {
			t[w] = name
		}
	}
	return t
}

// maxLabel bounds a label in bytes, with the blanks that pad it.
const maxLabel = 48

// cutLabel splits "差出人： X" into the field's name and its value. ok is false
// for a line that begins with no known label.
func cutLabel(line string) (name, value string, ok bool) {
	head := line[:min(len(line), maxLabel)]
	colon, width := strings.IndexByte(head, ':'), 1
	if wide := strings.Index(head, "："); wide >= 0 && (colon < 0 || wide < colon) {
		colon, width = wide, len("：")
	}
	if colon <= 0 {
		return "", "", false
	}
	name, ok = labels[foldLabel(line[:colon])]
	// Bold type leaves asterisks: "*From:* X".
	return name, strings.Trim(strings.TrimLeft(line[colon+width:], "*"), " \t\u3000\u00a0"), ok
}

// foldLabel lowers case and width and drops blanks and asterisks: "件　名" and
// "*Ｓubject*" are labels too.
func foldLabel(s string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '\t' || r == '\u3000' || r == '\u00a0' || r == '*' || r == utf8.RuneError:
			return -1
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		}
		return r
	}, s))
}

// oneLine are the labels that Yahoo puts behind one another on one line.
var oneLine = []string{"From:", "To:", "Cc:", "Sent:", "Date:", "Subject:", "差出人:", "送信者:", "宛先:", "送信日時:", "日付:", "件名:"}

// cutLabels splits a header written on one line. Each label counts once, and
// nothing is split behind the subject, which comes last and may hold anything.
func cutLabels(line string) quotedFields {
	fields := quotedFields{}
	name, start := "", 0
	for i := 0; i < len(line) && name != "Subject"; i++ {
		for _, l := range oneLine {
			if !strings.HasPrefix(line[i:], l) {
				continue
			}
			next := labels[strings.ToLower(strings.TrimSuffix(l, ":"))]
			if _, again := fields[next]; again || next == name {
				continue
			}
			if name != "" {
				fields[name] = strings.TrimSpace(line[start:i])
			}
			name, start = next, i+len(l)
			i = start - 1
			break
		}
	}
	if name != "" {
		fields[name] = strings.TrimSpace(line[start:])
	}
	return fields
}
