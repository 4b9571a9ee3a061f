package sanitize

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// encodings are ways in which an attacker writes an address into a mail.
var encodings = map[string]func(string) string{
	"plain":          func(s string) string { return s },
	"upper":          strings.ToUpper,
	"percent":        url.QueryEscape,
	"percent twice":  func(s string) string { return url.QueryEscape(url.QueryEscape(s)) },
	"base64":         func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64url":      func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	"base64 shifted": func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte("id:" + s + ";")) },
	"base64 twice": func(s string) string {
		return base64.RawURLEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(s))))
	},
	"hex":      func(s string) string { return hex.EncodeToString([]byte(s)) },
	"md5":      func(s string) string { b := md5.Sum([]byte(s)); return hex.EncodeToString(b[:]) },
	"sha1":     func(s string) string { b := sha1.Sum([]byte(s)); return hex.EncodeToString(b[:]) },
	"sha256":   func(s string) string { b := sha256.Sum256([]byte(s)); return strings.ToUpper(hex.EncodeToString(b[:])) },
	"rot13":    rot13,
	"reversed": reverse,
	"VERP":     func(s string) string { return strings.ReplaceAll(s, "@", "=") },
	"dashes":   func(s string) string { return strings.NewReplacer("@", "-at-", ".", "-").Replace(s) },
	"zero width": func(s string) string {
		return strings.ReplaceAll(s, "a", "a\u200b")
	},
	"full width": func(s string) string {
		return strings.Map(func(r rune) rune {
			if r > ' ' && r < 0x7f {
				return r - '!' + '！'
			}
			return r
		}, s)
	},
}

func encodingNames() []string {
	var names []string
	for n := range encodings {
		names = append(names, n)
	}
	for i := range names { // rapid wants the same order each time
		for j := i + 1; j < len(names); j++ {
			if names[j] < names[i] {
				names[i], names[j] = names[j], names[i]
			}
		}
	}
	return names
}

// victims draws an address that names somebody.
func victims(t *rapid.T) string {
	local := rapid.StringMatching(`[a-z]{3,8}[._]?[a-z]{3,8}[0-9]{0,2}`).Draw(t, "local")
	domain := rapid.StringMatching(`[a-z]{5,10}(-[a-z]{3,6})?`).Draw(t, "domain")
	return local + "@" + domain + rapid.SampledFrom([]string{".example", ".co.jp", ".com"}).Draw(t, "tld")
}

// An identity planted anywhere, in any encoding, is neither in the facts nor
// passed by the gate in a notice made without care.
func TestPlantedIdentityNeverSurvives(t *testing.T) {
	names := encodingNames()
	rapid.Check(t, func(t *rapid.T) {
		address := victims(t)
		_, domain, _ := strings.Cut(address, "@")
		ids := []Identity{{Kind: IdentityAddress, Value: address, Owner: "m1"}, {Kind: IdentityDomain, Value: domain, Owner: "m1"}, {Kind: IdentityOrganisation, Value: "株式会社青嶺電力", Owner: "m1"}}
		how := rapid.SampledFrom(names).Draw(t, "how")
		planted := encodings[how](address)
		host := "dl.evil-site.example"
		path := rapid.SampledFrom([]string{"/a/%s", "/a?x=1&t=%s", "/a#%s", "/%s/b.php", "/a?%s"}).Draw(t, "path")
		raw := []byte("From: \"x " + planted + "\" <bad@evil-site.example>\r\nTo: " + address + "\r\nSubject: =?utf-8?B?" +
			base64.StdEncoding.EncodeToString([]byte("件名 "+planted+" 青嶺電力 終")) + "?=\r\nX-Mailer: m " + planted + "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" +
			"see https://" + host + fmt.Sprintf(path, planted) + " and " + planted + "\r\n")
		facts, _ := Sanitize(Original{Raw: raw}, Policy{Registry: ids})
		b := new(bytes.Buffer)
		e := json.NewEncoder(b)
		e.SetEscapeHTML(false)
		if err := e.Encode(facts); err != nil {
			t.Fatal(err)
		}
		gate := NewGate(ids)
		if leaks := gate.Check(b.Bytes()); len(leaks) > 0 {
			t.Fatalf("%s of %s: the gate finds %+v in the facts %s", how, address, leaks[0], b)
		}
		for _, secret := range []string{address, planted, "青嶺電力"} {
			if strings.Contains(b.String(), secret) {
				t.Fatalf("%s of %s: the facts hold %q: %s", how, address, secret, b)
			}
		}
		if !strings.Contains(b.String(), "evil-site.example") {
			t.Fatalf("%s of %s: the attacker's site is lost: %s", how, address, b)
		}
		careless := notice("x", "url "+fmt.Sprintf(path, planted))
		if len(gate.Check(careless)) == 0 {
			t.Fatalf("%s of %s: the gate lets it pass in\n%s", how, address, careless)
		}
	})
}

// Redacting what was redacted changes nothing, whatever the text.
func TestRedactingTwiceChangesNothing(t *testing.T) {
	r := testRedactor()
	pieces := []string{"山田", "太郎", "taro.yamada", "@", "aone-denryoku.example", "ANA", "ひかり", "青嶺電力", "<person>", " ", ".", "-", "%40", "=", "/", "森", "様", "b64", "dGFyby55YW1hZGFAYW9uZS1kZW5yeW9rdS5leGFtcGxl", "\u200b", "ア", "xn--"}
	rapid.Check(t, func(t *rapid.T) {
		in := cleanText(strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(pieces), rapid.String()), 0, 12).Draw(t, "pieces"), ""), 0)
		once, _ := r.text(in)
		twice, counts := r.text(once)
		if once != twice || len(counts) > 0 {
			t.Fatalf("redacting %q gives %q, and again %q", in, once, twice)
		}
	})
}

func TestDefangingTwiceChangesNothing(t *testing.T) {
	pieces := []string{"http", "https", "://", ":", "//", "www", ".", "evil", "com", "example", "@", "mailto", "[", "]", "\\", "詳細", "。", "：", "1", "192", "-"}
	rapid.Check(t, func(t *rapid.T) {
		in := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 16).Draw(t, "pieces"), "")
		once := Defang(in)
		if twice := Defang(once); twice != once {
			t.Fatalf("Defang(%q) = %q, and again %q", in, once, twice)
		}
		l := &liveCheck{told: map[Problem]bool{}}
		if l.text(once, "text"); len(l.out) > 0 {
			t.Fatalf("Defang(%q) = %q, which is live: %+v", in, once, l.out)
		}
	})
}
