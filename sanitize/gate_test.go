package sanitize

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"mime"
	"strings"
	"sync"
	"testing"
)

// notice is a finished mail with the given subject and body.
func notice(subject, body string) []byte {
	return []byte("From: notice@hub.example\r\nTo: contact@elsewhere.example\r\nSubject: " + subject + "\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + body + "\r\n")
}

func TestGateFindsEveryEncoding(t *testing.T) {
	g := NewGate(testRegistry)
	const address = "taro.yamada@aone-denryoku.example"
	const name = "株式会社青嶺電力"
	b64 := base64.StdEncoding.EncodeToString
	m, s2 := md5.Sum([]byte(address)), sha256.Sum256([]byte(address))
	escaped, entities := "", ""
	for _, r := range name {
		escaped += fmt.Sprintf(`\u%04x`, r)
		entities += fmt.Sprintf("&#x%x;", r)
	}
	for _, c := range []struct {
		name string
		mail []byte
		how  string
	}{
		{"plain", notice("x", "for "+address), "plain"},
		{"over two lines", notice("x", "for taro.yamada@aone-\r\n  denryoku.example"), "plain"},
		{"quoted lines", notice("x", "> taro.yamada@\r\n> aone-denryoku.example"), "plain"},
		{"spaced", notice("x", "青 嶺 電 力"), "plain"},
		{"subject in an encoded word", notice(mime.BEncoding.Encode("utf-8", name), "x"), "plain"},
		{"base64", notice("x", b64([]byte(address))), "base64"},
		{"base64 after two letters", notice("x", "xx"+b64([]byte("?"+address))), "base64"},
		{"base64 of base64", notice("x", b64([]byte(b64([]byte(address))))), "base64 base64"},
		{"base64 of UTF-16", notice("x", b64([]byte(strings.Join(strings.Split(address, ""), "\x00")+"\x00"))), "base64"},
		{"percent", notice("x", strings.ReplaceAll(address, "a", "%61")), "percent"},
		{"percent twice", notice("x", strings.ReplaceAll(address, "a", "%2561")), "percent percent"},
		{"quoted-printable", notice("x", strings.ReplaceAll(address, "a", "=61")), "quoted-printable"},
		{"hex", notice("x", hex.EncodeToString([]byte(address))), "hex"},
		{"entities", notice("x", entities), "entities"},
		{"escapes", notice("x", escaped), "escapes"},
		{"reversed", notice("x", reverse(address)), "reversed"},
		{"rot13", notice("x", rot13(address)), "rot13"},
		{"md5", notice("x", "id="+hex.EncodeToString(m[:])), "digest"},
		{"sha256, beginning, upper case", notice("x", strings.ToUpper(hex.EncodeToString(s2[:])[:20])), "digest"},
		{"crc32", notice("x", fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(address)))), "digest"},
		{"attached", []byte("From: a@hub.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=a.csv\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
			b64([]byte("url,"+address)) + "\r\n--b--\r\n"), "plain"},
		{"between the parts", []byte("From: a@hub.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + address + "\r\n--b\r\n\r\nx\r\n--b--\r\n"), "plain"},
		{"a field's name", []byte("From: a@hub.example\r\nX-Aone-Denryoku.Example: 1\r\n\r\nx\r\n"), "plain"},
		{"JSON", []byte(`{"value":"` + escaped + `"}`), "escapes"},
		{"CSV in Shift_JIS", []byte("a,b\n\x90\xc2\x97\xe4\x93\x64\x97\xcd,1\n"), "plain"},
	} {
		leaks := g.Check(c.mail)
		found := false
		for _, l := range leaks {
			found = found || l.How == c.how
			if strings.Contains(l.Where, "aone") || l.Owner == OwnerHub {
				t.Errorf("%s: the leak %+v tells what it must not", c.name, l)
			}
		}
		if !found {
			t.Errorf("%s: leaks are %+v, want one by %q in\n%s", c.name, leaks, c.how, c.mail)
		}
	}
}

func TestGateLetsANoticePass(t *testing.T) {
	g := NewGate(append([]Identity{{Kind: IdentityAddress, Value: "notice@hub.example", Owner: OwnerReporter}, {Kind: IdentityDomain, Value: "hub.example", Owner: OwnerReporter}, {Kind: IdentityAddress, Value: "notice@hub.example", Owner: OwnerHub}}, testRegistry...))
	body := "標的型メール情報 第12号 (TLP:AMBER)\r\n件名: <organisation> 請求書送付のご案内\r\n差出人: info[@]evil[.]example\r\n" +
		"URL: hxxps[://]dl[.]evil[.]example/d?to=<recipient-address>&t=<recipient-token>\r\nSHA256: " + strings.Repeat("0123456789abcdef", 4) + "\r\n" +
		"宛先は <person> と <recipient-domain> と <internal-host> です。banana anagram, 青森県, かひかりあ。回覧ハブ hub.example\r\n"
	if leaks := g.Check(notice("=?utf-8?B?"+base64.StdEncoding.EncodeToString([]byte("標的型メール情報"))+"?=", body)); len(leaks) > 0 {
		t.Errorf("a notice without identities is stopped by %+v", leaks)
	}
	if problems := Live(notice("x", body), "hub.example"); len(problems) > 0 {
		t.Errorf("a dead notice is called live: %+v", problems)
	}
}

func TestGateNamesThePlace(t *testing.T) {
	g := NewGate(testRegistry)
	leaks := g.Check(notice("ANA", "one\r\ntwo\r\nab JR\r\n"))
	if len(leaks) != 2 || leaks[0].Where != "header Subject" || leaks[0].Owner != "m2" || leaks[1].Where != "part 1 line 3" || leaks[1].Owner != "m4" {
		t.Errorf("leaks are %+v, want ANA in the header Subject and JR in part 1 line 3", leaks)
	}
}

func TestLive(t *testing.T) {
	for _, c := range []struct {
		name string
		mail []byte
		want bool
	}{
		{"dead", notice("x", "hxxps[://]evil[.]example www[.]evil[.]example"), false},
		{"URL", notice("x", "one\r\nhttps://evil.example"), true},
		{"URL in the subject", notice("HTTP://evil.example", "x"), true},
		{"www", notice("x", "WWW.evil.example"), true},
		{"bidi", notice("x", "a\u202eb"), true},
		{"zero width", notice("x", "a\u200bb"), true},
		{"escape", notice("x", "a\x1b[0m"), true},
		{"html", []byte("From: a@hub.example\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n"), true},
		{"attachment", []byte("From: a@hub.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\nContent-Type: application/zip\r\nContent-Disposition: attachment; filename=a.zip\r\n\r\nPK\r\n--b--\r\n"), true},
		{"a bare domain", notice("x", "see evil.example"), true},
		{"an address", notice("x", "write to a@evil.example"), true},
		{"a bare domain in the subject", notice("evil.example", "x"), true},
		{"a version and a date", notice("No.12 2026.11.16", "Outlook 16.0.1 (第2.1版)"), false},
		{"the hub's own address", notice("x", "write to report@hub.example or see HUB.example"), false},
		{"the hub's own list fields", []byte("From: a@hub.example\r\nList-Help: <https://hub.example/>\r\n\r\nx\r\n"), false},
	} {
		if got := Live(c.mail, "hub.example", "report@hub.example"); (len(got) > 0) != c.want {
			t.Errorf("%s: Live tells %+v, want something: %v", c.name, got, c.want)
		}
	}
}

func TestGateIsSafeForManyAtOnce(t *testing.T) {
	g := NewGate(testRegistry)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if len(g.Check(notice("ANA", "JR"))) != 2 {
				t.Error("a leak was missed")
			}
		})
	}
	wg.Wait()
}

// bigRegistry is a community of n members with ten names each.
func bigRegistry(n int) []Identity {
	kanji := []rune("青嶺電力鳴弦水道朱雀野鉄玻璃銀蒼凪瓦斯翠湖航空紅葉病院藍染物流金剛保険桐生証券白鷺放送")
	var ids []Identity
	for i := range n {
		owner := fmt.Sprintf("m%05d", i)
		k := func(j int) string {
			return string([]rune{kanji[(i+j)%len(kanji)], kanji[(i/7+3*j)%len(kanji)], kanji[(i/31+j)%len(kanji)], kanji[(i/3+5*j)%len(kanji)]})
		}
		latin := fmt.Sprintf("%c%c%crako%c%cno%d", 'a'+i%26, 'a'+i/26%26, 'a'+i/676%26, 'a'+i/5%26, 'a'+i/11%26, i)
		ids = append(ids,
			Identity{Kind: IdentityOrganisation, Value: "株式会社" + k(0), Owner: owner}, Identity{Kind: IdentityOrganisation, Value: k(0) + "カンパニー", Owner: owner},
			Identity{Kind: IdentityOrganisation, Value: k(1) + "グループ", Owner: owner}, Identity{Kind: IdentityOrganisation, Value: latin + " Electric Power Co., Ltd.", Owner: owner},
			Identity{Kind: IdentityOrganisation, Value: latin + " denryoku", Owner: owner}, Identity{Kind: IdentityDomain, Value: latin + ".example", Owner: owner},
			Identity{Kind: IdentityDomain, Value: latin + "-group.co.jp", Owner: owner}, Identity{Kind: IdentityAddress, Value: "csirt@" + latin + ".example", Owner: owner},
			Identity{Kind: IdentityAddress, Value: "contact@" + latin + ".example", Owner: owner}, Identity{Kind: IdentityPerson, Value: "担当 " + k(2), Owner: owner})
	}
	return ids
}

func bigNotice() []byte {
	var b strings.Builder
	for i := 0; b.Len() < 10<<10; i++ {
		fmt.Fprintf(&b, "%d. hxxps[://]dl%d[.]evil[.]example/d/%x?to=<recipient-address>&t=%s 添付ファイルを開かないでください。\r\n", i, i, sha256.Sum256([]byte{byte(i)}),
			base64.StdEncoding.EncodeToString([]byte(fmt.Sprint("campaign ", i))))
	}
	return notice("x", b.String())
}

func BenchmarkNewGate(b *testing.B) {
	ids := bigRegistry(4361)
	for b.Loop() {
		NewGate(ids)
	}
}

// BenchmarkGateWith adds what one report taught to the gate of all members.
func BenchmarkGateWith(b *testing.B) {
	g := NewGate(bigRegistry(4361))
	for b.Loop() {
		g.With(testRegistry)
	}
}

func BenchmarkGateCheck(b *testing.B) {
	g, n := NewGate(bigRegistry(4361)), bigNotice()
	b.SetBytes(int64(len(n)))
	for b.Loop() {
		g.Check(n)
	}
}
