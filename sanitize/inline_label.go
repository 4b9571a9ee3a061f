package sanitize

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// labels are the names that clients give to header fields in a quoted header,
// folded by foldLabel, with the field's name in RFC 5322. Those with "" are
// recognised and left out.
var labels = labelTable(map[string]string{
	// English, Japanese, Chinese, Korean
	"From":     `From|差出人|差出人名|差し出し人|差出し人|送信者|送信者名|送信元|発信者|発信者名|発信元|発信人|发件人|發件人|寄件者|寄件人|보낸사람|보낸 사람`,
	"Date":     `Date|Sent|Sent at|Date Sent|日付|日時|送信日時|送信日|送信時刻|送信時間|発信日時|発信日|受信日時|受信日|受信日付|送受信日時|作成日時|日付と時刻|日期|发送时间|发送日期|發送時間|寄件日期|時間|时间|날짜|보낸 날짜|보낸날짜`,
	"Subject":  `Subject|Title|件名|題名|表題|標題|タイトル|題目|主題|主题|主旨|标题|제목`,
	"To":       `To|宛先|あて先|宛て先|宛先人|送信先|送付先|受信者|受取人|收件人|收件者|받는사람|받는 사람`,
	"Cc":       `Cc|C.C.|写し|同報|カーボンコピー|抄送|副本|참조`,
	"Reply-To": `Reply-To|Reply To|返信先|返信アドレス|返信先アドレス`,
	"Sender":   `Sender`,
	"": `Bcc|重要度|Importance|Priority|X-Priority|優先度|優先順位|添付ファイル|添付|添付ファイル名|Attachments|Attachment|Message-ID|MIME-Version|Content-Type|
		Content-Transfer-Encoding|X-Mailer|User-Agent|Organization|Return-Path|Delivered-To|Received|秘密度|Sensitivity|分類|分類項目|Categories|フラグ|
		サイズ|Size|References|In-Reply-To|Reply-To-Address|Resent-From|List-ID|Allegati|Anlagen|Pièces jointes|Bijlagen|附件|Newsgroups|受信者数`,
})

// labelsDayFirst are those of languages in which a date of numbers has the day
// before the month.
var labelsDayFirst = labelTable(map[string]string{
	"From": `Od|Fra|Von|De|Saatja|Lähettäjä|Šalje|Feladó|Da|Mittente|Van|Nadawca|De la|Expeditorul|Expeditor|От|От кого|Отправитель|Kimden|Gönderen|Från|Avsändare|
		Від|Від кого|Відправник|Absender|Afzender|Expéditeur|Remitente|Remetente|Afsender|Avsender|Odesílatel|Odosielateľ`,
	"Date": `Datum|Dato|Sendt|Gesendet|Fecha|Enviado|Enviado el|Enviada|Enviada em|Enviado em|Envoyé|Envoyé le|Data|Inviato|Data invio|Päivämäärä|Päiväys|Lähetetty|
		Dátum|Elküldve|Küldve|Verzonden|Wysłano|Data wysłania|Trimis|Dată|Дата|Отправлено|Odoslané|Odesláno|Posláno|Skickat|Tarih|Gönderilen|Gönderildi|Gönderme Tarihi|
		Відправлено|Надіслано|Kuupäev|Poslano|Отправлен`,
	"Subject":  `Předmět|Emne|Betreff|Asunto|Aihe|Objet|Sujet|Predmet|Naslov|Tárgy|Oggetto|Onderwerp|Temat|Assunto|Subiectul|Subiect|Тема|Ämne|Konu|Teema`,
	"To":       `Komu|Til|An|Para|Vastaanottaja|À|A|Pour|Prima|Címzett|Aan|Do|Adresat|Destinatarul|Către|Кому|Pre|Till|Kime|Destinatario|Destinataire|Destinatário|Empfänger|Alıcı|Za|Saaja`,
	"Cc":       `Kopie|Kopie (CC)|Kopi|Kopia|Kopio|Dw|Do wiadomości|Копия|Копія|Másolat|Másolatot kap|Kópia|Copie à|Copie|Bilgi|Cópia|Copia|Kopija|В копии`,
	"Reply-To": `Antwort an|Répondre à|Rispondi a|Responder a|Odpowiedź do|Antwoord aan|Svar til|Svara till|Odpovědět komu`,
})

func labelTable(names map[string]string) map[string]string {
	t := map[string]string{}
	for name, words := range names {
		for w := range strings.SplitSeq(words, "|") {
			t[foldLabel(w)] = name
		}
	}
	return t
}

// quoteLabel is the beginning of a quoted header field.
type quoteLabel struct {
	name  string // in RFC 5322; "" for a field that is left out
	value string
	dateHabit
}

// maxLabel bounds a label in bytes, with the blanks that pad it.
const maxLabel = 64

// cutLabel splits "差出人： X". ok is false for a line that begins with no known
// label.
func cutLabel(line string) (l quoteLabel, ok bool) {
	head := line[:min(len(line), maxLabel)]
	colon, width := strings.IndexByte(head, ':'), 1
	if wide := strings.Index(head, "："); wide >= 0 && (colon < 0 || wide < colon) {
		colon, width = wide, len("：")
	}
	if colon <= 0 {
		return l, false
	}
	folded := foldLabel(line[:colon])
	if l.name, ok = labels[folded]; !ok {
		if l.name, ok = labelsDayFirst[folded]; !ok {
			return l, false
		}
		l.dayFirst = true
		l.croatian = folded == "šalje" || folded == "prima" || folded == "naslov"
	}
	l.yearFirst = firstRune(folded) >= 0x2e80
	l.value = line[colon+width:]
	if strings.ContainsAny(line[:colon], "*_") { // bold type: "*From:* X", "*From: X*"
		bold := strings.TrimLeft(l.value, "*_")
		if bold == l.value {
			bold = strings.TrimRight(bold, "*_")
		}
		l.value = bold
	}
	l.value = strings.Trim(l.value, lineBlanks)
	return l, true
}

// foldLabel lowers case and width and drops blanks and asterisks: "件　名",
// "*Ｓubject*" and "Kopie (CC)" are labels.
func foldLabel(s string) string {
	if fast, ok := foldASCII(s); ok {
		return fast
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '*' || r == '_' || r == utf8.RuneError || r == '\u200b' || r == '\u200e' || r == '\ufeff' || unicode.IsSpace(r):
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(s))
}

// foldASCII is foldLabel for most lines that hold a colon.
func foldASCII(s string) (string, bool) {
	var b [maxLabel]byte
	n := 0
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 0x80 || n == len(b):
			return "", false
		case c <= ' ' || c == '*' || c == '_':
			continue
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		}
		b[n] = c
		n++
	}
	return string(b[:n]), true
}

// sortLongest sorts words by length, the longest first, and those of one length
// by their letters.
func sortLongest(words []string) {
	slices.SortFunc(words, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
}
