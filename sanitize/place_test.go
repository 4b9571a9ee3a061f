package sanitize

import (
	"encoding/json"
	"strings"
	"testing"
)

// An attacker can call elements, attributes, fields, types, files and codes after
// the victim, and put a name behind where a value is cut. No fact tells it.
func TestPlacesAndCutsTellNobody(t *testing.T) {
	long := strings.Repeat("long words before the name ", 12)
	raw := "Received: from evil.example (evil.example [198.51.100.7]) by mx.harino.example; Mon, 16 Nov 2026 10:00:00 +0900\r\n" +
		"From: \"" + long[:289] + " yamadataro\" <a@evil.example>\r\nTo: Yamadataro <yamadataro@harino.example>\r\nSubject: x\r\n" +
		"X-Yamadataro: https://evil.example/1\r\nList-Yamadataro: https://evil.example/2\r\nX-Mailer: " + long[:294] + " yamadataro\r\n" +
		"Message-ID: <yamadataro.1@evil.example>\r\nReturn-Path: <bounce-yamadataro@evil.example>\r\nDKIM-Signature: d=yamadataro.evil.example; s=yamadataro\r\n" +
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n" +
		`<yamadataro href="https://evil.example/3">x</yamadataro><a data-yamadataro="https://evil.example/4" onyamadataro="location='https://evil.example/5'">y</a>` +
		"\r\n--b\r\nContent-Type: text/x-yamadataro; name=\"" + long[:289] + " yamadataro.txt\"\r\nContent-Disposition: attachment\r\n\r\nhttps://evil.example/6\r\n--b\r\n" +
		attached("application/zip", "a.zip", zipOf(t, "yamadataro/bill.txt", "https://evil.example/7", "b/"+long[:200]+"/yamada\u202etaro.txt", "x")) + "\r\n--b--\r\n"
	r := RunAs(AsOriginal, []byte(raw), Policy{})
	facts, err := json.Marshal(r.Originals[0].Facts)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"yamadataro", "Yamadataro", "harino", "yamada"} {
		if i := strings.Index(string(facts), secret); i >= 0 {
			t.Errorf("the facts tell %q: …%s…", secret, facts[max(0, i-120):min(len(facts), i+60)])
		}
	}
	for _, n := range []string{"1", "2", "3", "4", "5", "6", "7"} {
		if !strings.Contains(string(facts), "https://evil.example/"+n) {
			t.Errorf("link %s is lost", n)
		}
	}
}
