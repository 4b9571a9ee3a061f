package sanitize

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// quoteMark is a line that separates a quoted mail from what stands before it.
type quoteMark struct {
	client string // whose way it is: "gmail", "outlook", ...
	// forward is true when the words say that the mail was forwarded. Clients
	// draw a line, or write "Original Message", above a reply's quote too.
	forward bool
	words   string // as in the tables, "" for a mere line
	rest    string // what stands behind the mark on the same line
}

// Words of the marks, folded, with the client that writes them. Several clients
// share some; mark tells them apart by the dashes.
var (
	forwardWords = markTable(map[string]string{
		"gmail": `forwarded message|転送されたメッセージ|転送メッセージ`,
		"hubspot": `メッセージを転送|weitergeleitete nachricht|mensaje reenviado|edelleenlähetetty viesti|message transféré|messaggio inoltrato|
			doorgestuurd bericht|wiadomość przesłana dalej|mensagem encaminhada|vidarebefordrat meddelande`,
		"thunderbird": `přeposlaná zpráva|videresendt meddelelse|välitetty viesti|proslijeđena poruka|továbbított üzenet|
			videresendt melding|treść przekazanej wiadomości|mensagem reencaminhada|mesaj redirecționat|перенаправленное сообщение|
			пересылаемое сообщение|пересланное сообщение|preposlaná správa|iletilen ileti|переслане повідомлення|edastatud kiri`,
		"yahoo": `message transmis|przekazana wiadomość|i̇letilmiş mesaj|iletilmiş mesaj|перенаправлене повідомлення`,
		"apple": `begin forwarded message|začátek přeposílané zprávy|start på videresendt besked|anfang der weitergeleiteten nachricht|
			inicio del mensaje reenviado|välitetty viesti alkaa|début du message réexpédié|début du message transféré|započni proslijeđenu poruku|továbbított levél kezdete|
			inizio messaggio inoltrato|begin doorgestuurd bericht|początek przekazywanej wiadomości|início da mensagem reencaminhada|
			início da mensagem encaminhada|începe mesajul redirecționat|начало переадресованного сообщения|začiatok preposlanej správy|
			vidarebefordrat mejl|i̇leti başlangıcı|ileti başlangıcı|початок листа, що пересилається|开始转发的邮件|轉寄郵件開始|전달된 메시지 시작`,
		"becky": `forwarded by`,
		"forward": `forwarded mail|forwarded email|forwarded e-mail|start of forwarded message|start forwarded message|転送されたメール|転送メール|転送元のメール|転送元メール|
			転送元のメッセージ|転送元メッセージ|転送されたメールの内容|転送内容|転送文|転送者|転送|以下転送|以下、転送|以下転送メール|以下、転送メール|ここから転送|ここから転送メール|メール転送|
			转发的邮件|转发邮件|转发邮件信息|转发信息|已转发邮件|轉寄的郵件|轉寄郵件|전달된 메시지|전달된 메일|전달된 이메일`,
	})
	originalWords = markTable(map[string]string{
		"outlook": `original message|original mail|original e-mail|original email|original-nachricht|ursprüngliche nachricht|元のメッセージ|元のメール|元メッセージ|元メール|
			オリジナルメッセージ|オリジナルメール|オリジナル メッセージ|オリジナル メール|原文|受信メール|受信したメール|引用元メール|mensaje original|alkuperäinen viesti|
			message d'origine|message d’origine|message original|e-mail d'origine|eredeti üzenet|messaggio originale|oorspronkelijk bericht|opprinnelig melding|oprindelig meddelelse|
			oryginalna wiadomość|wiadomość oryginalna|mensagem original|исходное сообщение|оригинальное сообщение|ursprungligt meddelande|původní zpráva|pôvodná správa|
			özgün ileti|orijinal mesaj|mesaj original|原始邮件|邮件原件|原始郵件|원본 메시지|원본 메일`,
	})
	// allMarks are the words of both, longest first, for marks that say more
	// than their words.
	allMarks = longestFirst(forwardWords, originalWords)
)

// markDashes are what a mark is drawn with.
const markDashes = "-—–―─━=_*~#＝－‐ー…+"

// maxMarkBytes bounds a separating line; Yahoo puts a whole header behind it.
const maxMarkBytes = 8 << 10

// minLine is the length of a line of underscores that Outlook draws: 32, and 40
// in old archives; a gateway may shorten it.
const minLine = 20

// separator tells whether a line, without quote marks, separates a quoted mail.
func separator(line string) (m quoteMark, ok bool) {
	if len(line) < 4 || len(line) > maxMarkBytes {
		return m, false
	}
	if line[0] == '_' && strings.Trim(line, "_") == "" {
		return quoteMark{client: "outlook"}, len(line) >= minLine
	}
	if c := line[0] | 0x20; c >= 'a' && c <= 'z' {
		return plainMark(line)
	}
	words := strings.TrimLeft(line, markDashes+" \t")
	dashes := utf8.RuneCountInString(line[:len(line)-len(words)]) - strings.Count(line[:len(line)-len(words)], " ")
	core, closing, rest := cutDashes(words)
	if dashes < 2 {
		return plainMark(line)
	}
	if words == "" || len(core) > 200 {
		return m, false
	}
	folded := foldMark(core)
	m.words, m.client, m.forward, ok = markWords(folded, closing > 0 || dashes >= 5)
	if !ok {
		return m, false
	}
	if rest != "" {
		if closing < 3 {
			return m, false
		}
		// "--- Preposlaná správa --- Forwarded Message ---"
		again, _, _ := cutDashes(rest)
		if _, _, _, twice := markWords(foldMark(again), false); !twice {
			m.rest = rest
		}
	}
	switch { // the same words in several clients
	case dashes == 8 && (m.client == "gmail" || m.client == "hubspot") && m.words != "メッセージを転送":
		m.client = "thunderbird"
	case m.rest != "", m.forward && m.client != "becky" && m.client != "forward" && dashes == 5:
		m.client = "yahoo"
	case m.client == "outlook" && dashes >= 15:
		m.client = "becky"
	}
	return m, true
}

// plainMark reads a mark without dashes, which says its words and nothing else:
// "Begin forwarded message:".
func plainMark(line string) (m quoteMark, ok bool) {
	if len(line) > 200 {
		return m, false
	}
	if len(line) > 13 && strings.EqualFold(line[:13], "forwarded by ") {
		return quoteMark{client: "becky", forward: true, words: "forwarded by"}, true
	}
	if !strings.HasSuffix(line, ":") && !strings.HasSuffix(line, "：") {
		return m, false
	}
	folded := foldMark(line)
	if m.words, m.client, m.forward, ok = markWords(folded, false); ok && m.client != "hubspot" {
		m.client = "apple"
	}
	return m, ok
}

// markWords looks folded words up; with more they may go on behind those of the
// table: "forwarded by taro".
func markWords(folded string, more bool) (words, client string, forward, ok bool) {
	if client, ok := forwardWords[folded]; ok {
		return folded, client, true, true
	}
	if client, ok := originalWords[folded]; ok {
		return folded, client, false, true
	}
	if !more {
		return "", "", false, false
	}
	for _, w := range allMarks {
		if strings.HasPrefix(folded, w) {
			if client, ok := forwardWords[w]; ok {
				return w, client, true, true
			}
			return w, originalWords[w], false, true
		}
	}
	return "", "", false, false
}

// cutDashes splits "words ----- rest" and counts the dashes.
func cutDashes(s string) (core string, closing int, rest string) {
	for i := 0; i < len(s); {
		j := strings.IndexAny(s[i:], markDashes)
		if j < 0 {
			break
		}
		i += j
		tail := strings.TrimLeft(s[i:], markDashes)
		n := utf8.RuneCountInString(s[i : len(s)-len(tail)])
		if n >= 3 || n >= 1 && strings.Trim(tail, " :：") == "" && i > 0 && s[i-1] != ' ' || n == 2 && strings.TrimSpace(tail) == "" {
			return strings.TrimSpace(s[:i]), n, strings.Trim(tail, " \t:："+markDashes)
		}
		i = len(s) - len(tail)
	}
	return strings.TrimSpace(s), 0, ""
}

// foldMark lowers case and width, and drops what may close the words.
func foldMark(s string) string {
	s = strings.Trim(s, " \t:：*_")
	return strings.Join(strings.Fields(strings.Map(unicode.ToLower, norm.NFKC.String(s))), " ")
}

func markTable(clients map[string]string) map[string]string {
	t := map[string]string{}
	for client, words := range clients {
		for w := range strings.SplitSeq(words, "|") {
			t[foldMark(w)] = client
		}
	}
	return t
}

func longestFirst(tables ...map[string]string) []string {
	var words []string
	for _, t := range tables {
		for w := range t {
			words = append(words, w)
		}
	}
	sortLongest(words)
	return words
}

// isEnd is true for the line with which some clients end what m begins:
// "----- Original Message Ends -----".
func (m quoteMark) isEnd(line string) bool {
	words := strings.TrimLeft(line, markDashes+" ")
	if len(words) == len(line) || len(line) > 200 || len(words) < 4 {
		return false
	}
	core, _, rest := cutDashes(words)
	if rest != "" {
		return false
	}
	folded := foldMark(core)
	for _, begin := range []string{m.words, "original message", "forwarded message", "転送"} {
		if begin == "" {
			continue
		}
		for _, end := range []string{" ends", " end", "ここまで", " ここまで", "終わり", " 終わり", "終了", " 終了", "終", " 終"} {
			if strings.HasPrefix(folded, begin+end) {
				return true
			}
		}
		if folded == "end of "+begin || folded == "end "+begin || folded == "以上、"+begin || folded == "ここまで"+begin {
			return true
		}
	}
	return false
}

// isRule is true for a line drawn with dashes, underscores or the like.
func isRule(line string) bool {
	return len(line) >= 3 && strings.Trim(line, markDashes+" ") == ""
}
