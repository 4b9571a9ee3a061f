package sanitize

import (
	"regexp"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Requests are what a reporter asks for or tells in the words around the
// originals, as far as it is written in one of the usual ways. An empty field
// means that nothing was said, or nothing that could be understood: whoever
// drafts a notice then takes the strictest.
type Requests struct {
	// TLP is the sharing range asked for: "TLP:RED", "TLP:AMBER+STRICT",
	// "TLP:AMBER", "TLP:GREEN" or "TLP:CLEAR" (FIRST TLP 2.0).
	TLP string `json:"tlp_requested"`
	// Received is how many people received the mail, Opened whether somebody
	// opened it: "yes", "no" or "".
	Received string `json:"received,omitempty"`
	Opened   string `json:"opened,omitempty"`
}

// The words are narrowed (NFKC) and lower-cased before they are looked for.
var (
	tlpWord       = regexp.MustCompile(`tlp[\s:_=-]{0,3}\[?(red|amber[\s_-]?\+?[\s_-]?strict|amber|green|clear|white)`)
	receivedCount = regexp.MustCompile(`(?:受信|届い|着信|received|recipients)[^\n\d]{0,20}?(\d{1,6})\s?(?:名|人|件|通|people|persons|users|recipients|mailboxes|$)`)
	receivedFirst = regexp.MustCompile(`(\d{1,6})\s?(?:名|人|件|通)(?:が|に|の)?[^\n。]{0,6}(?:受信|届)|(\d{1,6}) (?:people|users|employees|mailboxes|recipients)[^\n.]{0,12} (?:received|got)`)
	openedNo      = regexp.MustCompile(`(?:開封|開い|クリック|実行)[^\n。]{0,8}(?:していない|していません|せず|なし|無し|ていない|ていません|おりません)|(?:開封|クリック)\S{0,4}[:：]\s?(?:なし|無|no)|not (?:been )?(?:opened|clicked)|nobody (?:opened|clicked)|opened\s?[:：]\s?no`)
	openedYes     = regexp.MustCompile(`(?:開封|クリック|実行)[^\n。]{0,4}(?:しました|した|済|あり|有)|開いてしま|(?:クリック|実行|開封)してしま|(?:開封|クリック)\S{0,4}[:：]\s?(?:あり|有|yes)|(?:was|were|has been|have) (?:opened|clicked)|(?:somebody|someone|user) (?:opened|clicked)|opened\s?[:：]\s?yes`)
)

// requests reads the reporter's own words. Of several labels the strictest
// counts.
func requests(text string) Requests {
	const most = 64 << 10 // nobody asks for anything behind that
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "")
	}
	text = strings.ToLower(norm.NFKC.String(text))
	var r Requests
	strictest := len(tlpOrder)
	for _, m := range tlpWord.FindAllStringSubmatch(text, 20) {
		word := m[1]
		if strings.Contains(word, "strict") {
			word = "amber+strict"
		}
		for i, label := range tlpOrder {
			if word == label && i < strictest {
				strictest = i
			}
		}
	}
	if strictest < len(tlpOrder) {
		r.TLP = "TLP:" + strings.ToUpper(tlpOrder[strictest])
		if tlpOrder[strictest] == "white" { // its name before TLP 2.0
			r.TLP = "TLP:CLEAR"
		}
	}
	if m := receivedCount.FindStringSubmatch(text); m != nil {
		r.Received = m[1]
	} else if m := receivedFirst.FindStringSubmatch(text); m != nil {
		r.Received = m[1] + m[2]
	}
	switch {
	case openedNo.MatchString(text):
		r.Opened = "no"
	case openedYes.MatchString(text):
		r.Opened = "yes"
	}
	return r
}

// Strictest first.
var tlpOrder = []string{"red", "amber+strict", "amber", "green", "clear", "white"}
