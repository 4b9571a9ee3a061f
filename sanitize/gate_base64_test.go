package sanitize

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// mailOf is a mail of one part with the text in base64, as notices are.
func mailOf(text string) []byte {
	var b strings.Builder
	b.WriteString("Subject: notice\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	for e := base64.StdEncoding.EncodeToString([]byte(text)); e != ""; {
		n := min(76, len(e))
		b.WriteString(e[:n] + "\r\n")
		e = e[n:]
	}
	return []byte(b.String())
}

// A name of three letters stands by chance in the base64 of almost any text. That
// is no leak; the same name in the text itself is one.
func TestGateReadsBase64BodiesDecoded(t *testing.T) {
	var ids []Identity
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			ids = append(ids, Identity{Kind: IdentityOrganisation, Value: fmt.Sprintf("%c%cQ", a, b), Owner: "m1", Involved: true})
		}
	}
	g := NewGate(ids)
	chance := rand.New(rand.NewPCG(1, 2))
	kana := []rune("あいうえおかきくけこさしすせそ情報共有事務局通知検索遮断")
	for range 40 {
		var text strings.Builder
		for range 2000 {
			text.WriteRune(kana[chance.IntN(len(kana))])
		}
		if leaks := g.Check(mailOf(text.String())); len(leaks) > 0 {
			t.Fatalf("a text without any name: %+v", leaks[0])
		}
		if leaks := g.Check(mailOf(text.String() + " ABQ 様")); len(leaks) == 0 {
			t.Fatal("a name in the text was let through")
		}
	}
	// Only what is nothing but base64 is left out: text behind it is read.
	if leaks := g.Check(append(mailOf("あいう"), "-- \r\nABQ\r\n"...)); len(leaks) == 0 {
		t.Error("a name behind the base64 was let through")
	}
}
