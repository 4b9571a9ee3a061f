package sanitize

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
)

// testRegistry is a small community.
var testRegistry = []Identity{
	{Kind: IdentityOrganisation, Value: "株式会社青嶺電力", Owner: "m1"},
	{Kind: IdentityOrganisation, Value: "アオネデンリョク", Owner: "m1"},
	{Kind: IdentityOrganisation, Value: "Aone Electric Power Co., Ltd.", Owner: "m1"},
	{Kind: IdentityOrganisation, Value: "ANA", Owner: "m2", Involved: true},
	{Kind: IdentityOrganisation, Value: "ひかり", Owner: "m3", Involved: true},
	{Kind: IdentityOrganisation, Value: "JR", Owner: "m4", Involved: true},
	{Kind: IdentityDomain, Value: "aone-denryoku.example", Owner: "m1"},
	{Kind: IdentityDomain, Value: "hikari.co.jp", Owner: "m3"},
	{Kind: IdentityAddress, Value: "taro.yamada@aone-denryoku.example", Owner: "m1"},
	{Kind: IdentityPerson, Value: "山田 太郎", Owner: "m1"},
	{Kind: IdentityPerson, Value: "Taro Yamada", Owner: "m1"},
	{Kind: IdentityPerson, Value: "森", Owner: "m1"},
	{Kind: IdentityHost, Value: "mx1.aone-denryoku.example", Owner: "m1"},
	{Kind: IdentityOrganisation, Value: "回覧ハブ", Owner: OwnerHub},
	{Kind: IdentityDomain, Value: "hub.example", Owner: OwnerHub},
}

func testRedactor() *redactor { return newRedactor(Policy{Registry: testRegistry}) }

func TestRedactText(t *testing.T) {
	r := testRedactor()
	md5sum := md5.Sum([]byte("taro.yamada@aone-denryoku.example"))
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "請求書送付のご案内", "請求書送付のご案内"},
		{"organisation with its legal form", "株式会社青嶺電力 御中", "<organisation> 御中"},
		{"organisation without it", "青嶺電力様向け請求書", "<organisation>様向け請求書"},
		{"half-width kana", "ｱｵﾈﾃﾞﾝﾘｮｸ様", "<organisation>様"},
		{"hiragana", "あおねでんりょくの件", "<organisation>の件"},
		{"English without legal form", "Invoice for AONE  Electric-Power", "Invoice for AONE Electric-Power"},
		{"English", "Invoice for aone electric power", "Invoice for <organisation>"},
		{"address", "To Taro.Yamada@Aone-Denryoku.example!", "To <recipient-address>!"},
		{"full-width address", "ｔａｒｏ．ｙａｍａｄａ＠ａｏｎｅ－ｄｅｎｒｙｏｋｕ．ｅｘａｍｐｌｅ", "<recipient-address>"},
		{"spelled-out address", "taro.yamada(at)aone-denryoku[.]example", "<recipient-address>"},
		{"_at_", "taro.yamada_at_aone-denryoku.example", "<recipient-address>"},
		{"another of the domain", "hanako@aone-denryoku.example", "<recipient-address>"},
		{"host of the domain", "see pc7.aone-denryoku.example", "see <recipient-domain>"},
		{"spaced kanji", "山 田 太 郎 様", "<person> 様"},
		{"zero width", "山\u200b田太郎", "<person>"},
		{"reversed order", "YAMADA Taro", "<person>"},
		{"single kanji as a word", "森 様", "<person> 様"},
		{"single kanji with a form of address", "森様", "<person>様"},
		{"single kanji in a word", "青森県", "青森県"},
		{"short at a boundary", "ANAマイレージ", "<organisation>マイレージ"},
		{"short inside a word", "banana anagram", "banana anagram"},
		{"short over a space", "an a bc", "an a bc"},
		{"JR", "JR西のお知らせ", "<organisation>西のお知らせ"},
		{"kana as a word", "ひかりのお知らせ", "<organisation>のお知らせ"},
		{"kana inside a word", "かひかりあ", "かひかりあ"},
		{"percent", "x=taro.yamada%40aone-denryoku.example", "<recipient-address>"},
		{"base64", "id " + base64.StdEncoding.EncodeToString([]byte("taro.yamada@aone-denryoku.example")), "id <recipient-token>"},
		{"digest", "id " + hex.EncodeToString(md5sum[:]), "id <recipient-token>"},
		{"neighbours of one kind", "Taro Yamada, 山田太郎", "<person>"},
		{"a forged placeholder stays text", cleanText("<person> 回覧", 0), "‹person› 回覧"},
		{"Cyrillic look-alikes", "\u0430one-denryoku.example", "<recipient-domain>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _ := r.text(cleanText(c.in, 0))
			if got != c.want {
				t.Errorf("redacting %q gives %q, want %q", c.in, got, c.want)
			}
			if again, counts := r.text(got); again != got || len(counts) > 0 {
				t.Errorf("redacting %q gives %q, and again %q", c.in, got, again)
			}
		})
	}
}

// TestRedactURLOfTheVictim: a link to the victim's own site is no indicator and
// nothing to decide.
func TestRedactURLOfTheVictim(t *testing.T) {
	r := newRedactor(Policy{Registry: testRegistry, Learned: []Identity{{Kind: IdentityDomain, Value: "aone-denryoku.example", Owner: OwnerVictim}}})
	if got, _, verdict := r.url("https://www.aone-denryoku.example/ir"); got != "" || verdict != urlOwn {
		t.Errorf("the victim's own site gives %q, %d; want nothing, %d", got, verdict, urlOwn)
	}
}

func TestRedactURL(t *testing.T) {
	r := testRedactor()
	const address = "taro.yamada@aone-denryoku.example"
	b64 := base64.StdEncoding.EncodeToString([]byte(address))
	m, s1, s2 := md5.Sum([]byte(address)), sha1.Sum([]byte(address)), sha256.Sum256([]byte(address))
	const base = "https://dl.evil.example/d/7/"
	for _, c := range []struct {
		name, in, want string
		verdict        urlVerdict
	}{
		{"nothing to do", base + "login.php?id=42&lang=ja#top", base + "login.php?id=42&lang=ja#top", urlTold},
		{"plain", base + "?to=" + address + "&x=1", base + "?to=<recipient-address>&x=1", urlTold},
		{"percent", base + "?to=" + strings.ReplaceAll(address, "@", "%40"), base + "?to=<recipient-address>", urlTold},
		{"percent twice", base + "?to=" + strings.ReplaceAll(address, "@", "%2540"), base + "?to=<recipient-address>", urlTold},
		{"upper case", base + "?to=" + strings.ToUpper(address), base + "?to=<recipient-address>", urlTold},
		{"base64", base + "?t=" + b64, base + "?t=<recipient-token>", urlTold},
		{"base64 in the fragment", base + "#" + strings.TrimRight(b64, "="), base + "#<recipient-token>", urlTold},
		{"base64 of base64", base + "?t=" + base64.StdEncoding.EncodeToString([]byte(b64)), base + "?t=<recipient-token>", urlTold},
		{"base64 of JSON in the path", base + base64.RawURLEncoding.EncodeToString([]byte(`{"u":"`+address+`"}`)) + "/a", base + "<recipient-token>/a", urlTold},
		{"hex", base + strings.ToUpper(hex.EncodeToString([]byte(address))), base + "<recipient-token>", urlTold},
		{"rot13", base + "?t=" + rot13(address), base + "?t=<recipient-token>", urlTold},
		{"reversed", base + "?t=" + reverse(address), base + "?t=<recipient-token>", urlTold},
		{"md5", base + "?t=" + hex.EncodeToString(m[:]), base + "?t=<recipient-token>", urlTold},
		{"sha1", base + "?t=" + hex.EncodeToString(s1[:]), base + "?t=<recipient-token>", urlTold},
		{"sha256", base + "?t=" + hex.EncodeToString(s2[:]), base + "?t=<recipient-token>", urlTold},
		{"beginning of sha256", base + "?t=" + hex.EncodeToString(s2[:6]), base + "?t=<recipient-token>", urlTold},
		{"base64 of the md5 itself", base + "?t=" + base64.RawURLEncoding.EncodeToString(m[:]), base + "?t=<recipient-token>", urlTold},
		{"path", base + address + "/x", base + "<recipient-address>/x", urlTold},
		{"user", "https://taro.yamada%40aone-denryoku.example@evil.example/", "https://<recipient-address>@evil.example/", urlTold},
		{"sub-domain", "https://taro-yamada-at-aone-denryoku-example.evil.example/a", "https://<recipient-token>.evil.example/a", urlTold},
		{"name of an organisation in percent", base + "?c=%E9%9D%92%E5%B6%BA%E9%9B%BB%E5%8A%9B", base + "?c=<recipient-token>", urlTold},
		{"the same in Shift_JIS", base + "?c=%90%C2%97%E4%93%64%97%CD", base + "?c=<recipient-token>", urlTold},
		{"name in a parameter's name", base + "?aone-denryoku.example=1", base + "?<recipient-token>=1", urlTold},
		{"another member's site", "https://www.aone-denryoku.example/ir", "", urlMemberLike},
		{"the hub's site", "https://www.hub.example/", "", urlOwn},
		{"look-alike domain", "https://aone-denryoku-login.example/", "", urlMemberLike},
		{"look-alike with a short name", "https://ana-card.example/", "", urlMemberLike},
		{"a short name inside a word", "https://banana.example/", "https://banana.example/", urlTold},
		{"address literal", "http://203.0.113.7/x", "http://203.0.113.7/x", urlTold},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _, verdict := r.url(c.in)
			if got != c.want || verdict != c.verdict {
				t.Fatalf("url(%q) = %q, %d; want %q, %d", c.in, got, verdict, c.want, c.verdict)
			}
			if again, counts, _ := r.url(got); got != "" && (again != got || len(counts) > 0) {
				t.Errorf("url(%q) = %q, and again %q", c.in, got, again)
			}
		})
	}
}

func TestAutomatonFindsWhatAPlainSearchFinds(t *testing.T) {
	words := []string{"a", "ab", "abc", "b", "bca", "c", "cab", "電", "電力", "力"}
	a := newAutomaton(words)
	for _, text := range []string{"", "abcabca", "xx", "青電力力", "aaaa", "cabcab"} {
		want, got := 0, 0
		for _, w := range words {
			for i := range text {
				if strings.HasPrefix(text[i:], w) {
					want++
				}
			}
		}
		a.scan([]byte(text), func(word, end int) bool {
			got++
			if w := words[word]; text[end-len(w):end] != w {
				t.Errorf("in %q the word %q was reported at %d, where %q stands", text, w, end, text[end-len(w):end])
			}
			return true
		})
		if got != want {
			t.Errorf("in %q %d words were found, want %d", text, got, want)
		}
	}
}
