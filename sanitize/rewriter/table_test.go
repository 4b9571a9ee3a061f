package rewriter

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
)

func b64(s string) string    { return base64.StdEncoding.EncodeToString([]byte(s)) }
func b64url(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func deflated(s string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write([]byte(s)) // a bytes.Buffer takes everything
	_ = w.Close()
	return base64.RawURLEncoding.EncodeToString(b.Bytes())
}

// wrapped are wrappers of one step each.
var wrapped = []struct {
	url     string
	service string
	target  string
}{
	// Safe Links: decoded once, nested encoding kept.
	{"https://jpn01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fevil.example%2Fa%3Fb%3Dc%2526d&data=05%7C02%7Cvictim%40member.example%7C0&sdata=x%3D&reserved=0", "safelinks", "https://evil.example/a?b=c%26d"},
	{"https://nam02.safelinks.protection.outlook.com/ap/w-59523e83/?url=http%3A%2F%2Fevil.example%3A8080%2F&data=1", "safelinks", "http://evil.example:8080/"},
	{"https://gcc02.safelinks.protection.office365.us/?url=https%3A%2F%2Fevil.example%2F", "safelinks", "https://evil.example/"},
	{"https://chn01.safelinks.protection.partner.outlook.cn/?url=https%3A%2F%2Fevil.example%2F%E8%B3%87%E6%96%99", "safelinks", "https://evil.example/資料"},
	{"HTTPS://EUR01.SafeLinks.Protection.Outlook.COM/?URL=https%3A%2F%2FEvil.Example%2F&amp;data=1", "safelinks", "https://Evil.Example/"},
	{"https://jpn01.safelinks.protection.outlook.com/?data=1&amp;url=https%3A%2F%2Fevil.example%2F%3Fa%3D1%26b%3D2&amp;reserved=0", "safelinks", "https://evil.example/?a=1&b=2"},
	{"https://jpn01.safelinks.protection.outlook.com/?data=1&amp;url=https%3A%2F%2Fevil.example%2F&reserved=0", "safelinks", "https://evil.example/"},
	{"https://jpn01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fevil.example%2Fa%20b+c%5Cd%00", "safelinks", "https://evil.example/a%20b%20c/d"},
	{"https://jpn01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fevil.example%2F%83%65%83X%83g", "safelinks", "https://evil.example/%83e%83X%83g"},
	{"https://jpn01.safelinks.protection.outlook.com/?url=hxxps%3A%2F%2Fevil.example%2F", "safelinks", "https://evil.example/"},
	{"https://jpn01.safelinks.protection.outlook.com/?url=ftp%3A%2F%2Fevil.example%2Ff.zip&data=1", "safelinks", "ftp://evil.example/f.zip"},
	{"https://outlook.office.com/mail/safelink.html?url=https%3A%2F%2Fevil.example%2Fowa&corid=1", "safelinks", "https://evil.example/owa"},
	{"https://statics.teams.cdn.office.net/evergreen-assets/safelinks/1/atp-safelinks.html?url=https%3A%2F%2Fevil.example%2Fteams&locale=ja-jp&dest=x", "safelinks", "https://evil.example/teams"},

	{"https://urldefense.proofpoint.com/v1/url?u=http://evil.example/a?x=1&k=oIvRg1%2B&r=abc&m=def&s=123", "proofpoint-v1", "http://evil.example/a?x=1"},
	{"https://urldefense.proofpoint.com/v1/url?u=https%3A%2F%2Fevil.example%2Fa%3Fx%3D1%26amp%3By%3D2&k=oI", "proofpoint-v1", "https://evil.example/a?x=1&y=2"},
	{"https://urldefense.proofpoint.com/v2/url?u=http-3A__evil.example_a-2Db-3Fc-3Dd-26e-3D-255F&d=DwMFaQ&c=Vx&r=Mu&m=QJ&s=ew&e=", "proofpoint-v2", "http://evil.example/a-b?c=d&e=%5F"},
	{"https://urldefense.proofpoint.com/v2/url?u=https-3A__evil.example&amp;d=DwIF&amp;c=x", "proofpoint-v2", "https://evil.example"},
	{"https://urldefense.com/v2/url?u=https-3A__evil.example_x-5Fy&d=1", "proofpoint-v2", "https://evil.example/x_y"},
	{"https://urldefense.com/v3/__http://evil.example/p?id=1&k=2__;!!AbC!dEf$", "proofpoint-v3", "http://evil.example/p?id=1&k=2"},
	{"https://urldefense.com/v3/__https://evil.example:443/s?q=a*test&gs=ps__;Kw!-612Flbf0!Ue6tQ$", "proofpoint-v3", "https://evil.example:443/s?q=a+test&gs=ps"},
	{"https://urldefense.com/v3/__https://evil.example/**Dtest*x__;IyMjIyMl!!abc!def$", "proofpoint-v3", "https://evil.example/#####test%x"},
	{"https://urldefense.us/v3/__https://evil.example/a__b*/__;44GC!!abc!def$ に続く", "proofpoint-v3", "https://evil.example/a__bあ/"},
	{"https://urldefense.proofpoint.com/v3/__https:/evil.example/__;!!Ie25!4QF$>.", "proofpoint-v3", "https://evil.example/"},
	{"https://urldefense.com/v3/__https://evil.example/a*b**Cc__;!!x!y$", "proofpoint-v3", "https://evil.example/a*b**Cc"},
	{"https://urldefense.com/v3/__https://evil.example/cut__", "proofpoint-v3", "https://evil.example/cut"},
	{"https://urldefense.com/v3/__https://evil.example/cut/sho", "proofpoint-v3", "https://evil.example/cut/sho"},
	{"https://urldefense.com/v3/__https%3A//evil.example/q__%3BKw%21-6!", "proofpoint-v3", "https://evil.example/q"},
	{"https://urldefense.com/v3/__https://evil.example/x__;!!A!b$&amp;c=1&amp;d=2", "proofpoint-v3", "https://evil.example/x"},
	{"https://urlisolation.com/browser?clickId=9&traceToken=1%3Bx&url=https%3A%2F%2Fevil.example%2Fi", "proofpoint-isolation", "https://evil.example/i"},
	{"https://urlisolation.com/browser?url=http%3A%2F%2Fevil.example%2F", "proofpoint-isolation", "http://evil.example/"},

	{"https://linkprotect.cudasvc.com/url?a=https%3a%2f%2fevil.example%2fls%3fupn%3dx&c=E,1,abc&typo=1", "barracuda", "https://evil.example/ls?upn=x"},
	{"https://linkprotect.cudasvc.com/url?a=http://evil.example/x&c=E,1,d", "barracuda", "http://evil.example/x"},

	{"https://imsva91-ctp.trendmicro.com:443/wis/clicktime/v1/query?url=https%3a%2f%2fevil.example%2fja%5fjp%2fx.html&umid=C85D&auth=d7", "trendmicro", "https://evil.example/ja_jp/x.html"},
	{"https://ddec1-0-en-ctp.trendmicro.com/wis/clicktime/v1/query?url=https%3a%2f%2fevil%2dsite.example%2f&umid=1", "trendmicro", "https://evil-site.example/"},
	{"https://ddei3-0-ctp.member.example:443/wis/clicktime/v1/query?url=http%3a%2f%2fevil.example%2f&umid=1", "trendmicro", "http://evil.example/"},
	{"https://cas5-0-urlprotect.trendmicro.com/wis/clicktime/v1/query?url==3Dhttp%3a%2f%2fevil.example%2f&umid=1", "trendmicro", "http://evil.example/"},
	{"https://cas5-0-urlprotect.trendmicro.com:443/wis/clicktime/v1/query?url=3Dhttps%3a%2f%2fevil.example%2f&umid=3D1", "trendmicro", "https://evil.example/"},

	{"https://secure-web.cisco.com/1abcDEF/http%3A%2F%2Fevil.example%2Fx%3Fid%3D1%26k%3Da+b", "cisco", "http://evil.example/x?id=1&k=a+b"},
	{"http://secure-web.cisco.com/1aB-_c/https%253A%252F%252Fevil.example%252Fp", "cisco", "https://evil.example/p"},
	{"https://secure-web.cisco.com/1abc/http://evil.example/x?y=1&z=2", "cisco", "http://evil.example/x?y=1&z=2"},

	{"https://protect2.fireeye.com/v1/url?k=abc&q=1&e=def&u=http%3A%2F%2Fevil.example%2Fx%3Fid%3D1%26k%3D2", "fireeye", "http://evil.example/x?id=1&k=2"},
	{"https://protect2.fireeye.com/url?k=1ffa720f&u=http://evil.example/x?a=1&b=2#frag", "fireeye", "http://evil.example/x?a=1&b=2#frag"},

	{"https://clicktime.symantec.com/a/1/abc=?d=def&u=https%3A%2F%2Fevil.example%2Fi%3Fid%3D1", "symantec", "https://evil.example/i?id=1"},
	{"https://clicktime.symantec.com/15xVcHh2q?h=QCYV=&u=https://evil.example/ui/index.php?route%3Da/login", "symantec", "https://evil.example/ui/index.php?route=a/login"},
	{"https://clicktime.cloud.postoffice.net/clicktime.php?U=http%3A%2F%2Fevil.example%2F&E=x", "symantec", "http://evil.example/"},

	{"https://eu-west-1.protection.sophos.com/?d=evil.example&u=" + b64url("http://evil.example/n?id=8605&k=u_+/") + "&i=abc&t=def&h=ghi", "sophos", "http://evil.example/n?id=8605&k=u_+/"},
	{"https://jp-1.protection.sophos.com?d=evil.example&u=" + strings.ReplaceAll(b64("https://evil.example/??~~?"), "=", "%3D") + "&i=1", "sophos", "https://evil.example/??~~?"},

	{"https://protect-eu.mimecast.com/s/AbC1?url=https%3A%2F%2Fevil.example%2Fa&token=x", "mimecast", "https://evil.example/a"},
	{"https://url.us.m.mimecastprotect.com/s/AbC1?url=https%3A%2F%2Fevil.example%2Fb", "mimecast", "https://evil.example/b"},

	{"https://atpscan.global.hornetsecurity.com/?d=Hz&f=rh&i=&k=Eb5a&m=on&n=Ux&r=nf&s=a1&u=https%3A%2F%2Fevil.example%2F", "hornetsecurity", "https://evil.example/"},
	{"http://atpscan.global.hornetsecurity.com/index.php?u=http%3A%2F%2Fevil.example%2Fx", "hornetsecurity", "http://evil.example/x"},

	{"https://antiphishing.vadesecure.com/v4?f=UU1X&i=RTNL&k=ywmE&r=ZnVk&s=634b&u=https%3A%2F%2Fevil.example%2Fp", "vade", "https://evil.example/p"},
	{"https://m365.eu.vadesecure.com/safeproxy/v4?f=a&i=b&k=c&r=d&s=e&u=https%3A%2F%2Fevil.example%2Fq", "vade", "https://evil.example/q"},

	{"https://url.avanan.click/v2/r01/___https://evil.example/api/v1?a=b&c=d___.YXAzOnBl", "checkpoint", "https://evil.example/api/v1?a=b&c=d"},
	{"https://protect.checkpoint.com/v2/___https:/evil.example/a*2Fb___.YzJlOmM#part", "checkpoint", "https://evil.example/a%2Fb#part"},
	{"https://avanan.url-protection.com/v1/r01/url?o=https%3A//evil.example/t/&g=YWQ=&h=x", "checkpoint", "https://evil.example/t/"},

	{"https://link.zixcentral.com/u/08573078/uLbJvu8j?u=https%3A%2F%2Fevil.example%2F2", "zix", "https://evil.example/2"},
	{"https://link.zixcentral.com/u/08573078/uLbJvu8j?u=http%3A%2F%2Fevil.example", "zix", "http://evil.example"},
	{"https://link.edgepilot.com/s/12227a84/DmLj?u=https://evil.example/r?id=1%26key=GRP", "edgepilot", "https://evil.example/r?id=1&key=GRP"},
	{"https://link.edgepilot.com/x/12227a84/DmLj?u=https%3A%2F%2Fevil.example%2F", "edgepilot", "https://evil.example/"},

	{"https://links.eu1.defend.egress.com/Warning?crId=69f3&Domain=evil.example&Threat=eNpz&Lang=en&Base64Url=" + deflated("https://evil.example/a/b?c=d") + "&@OriginalLink=evil.example", "egress", "https://evil.example/a/b?c=d"},
	{"https://links.us1.defend.egress.com/Warning?Base64Url=" + deflated("http://www.evil.example/"), "egress", "http://www.evil.example/"},

	{"https://lsems.gravityzone.bitdefender.com/scan/" + b64("https://evil.example/??x?y=1") + "/2DF6A1B2C3D4E5F60718293A4B5C6D7E8F90A1B2C3D4E5F60718293A4B5C6D7E?c=1&i=1", "bitdefender", "https://evil.example/??x?y=1"},
	{"https://ssems.gravityzone.bitdefender.com/scan/" + b64url("http://evil.example/z"), "bitdefender", "http://evil.example/z"},

	{"https://urlsand.esvalabs.com/?u=https%3A%2F%2Fevil.example%2F1&e=ed7a584b&h=456504aa&f=y&p=y", "libraesva", "https://evil.example/1"},
	{"https://urlsand.esvalabs.com/?u=http%3A%2F%2Fevil.example%2F2%23a&h=1", "libraesva", "http://evil.example/2#a"},
	{"http://scanmail.trustwave.com/?c=20988&d=s_Tf5n4&u=http%3a%2f%2fevil%2eexample%2fmfd%2cswitch%2eyaml%23", "trustwave", "http://evil.example/mfd,switch.yaml#"},
	{"https://scanmail.trustwave.com/?c=1&d=2&u=https://evil.example/a?b=1&c2=3", "trustwave", "https://evil.example/a?b=1&c2=3"},
	{"https://linklock.titanhq.com/analyse?url=https%3A%2F%2Fevil.example%2Fo&data=eJxs", "titanhq", "https://evil.example/o"},
	{"https://linklock.titanhq.com/analyse?data=eJxs&url=http%3A%2F%2Fevil.example", "titanhq", "http://evil.example"},
	{"https://scanner.topsec.com/?d=5&r=show&u=http%3A%2F%2Fevil.example&t=abc", "topsec", "http://evil.example"},
	{"https://scanner.topsec.com/?d=5&r=auto&u=https%3A%2F%2Fevil.example%2F&t=abc", "topsec", "https://evil.example/"},
	{"https://mibc-fr-05.mailinblack.com/securelink/?url=https://evil.example&key=" + b64url(`{"lang":"FR","url":"https://evil.example/forms/x?y=z","token":"g"}`), "mailinblack", "https://evil.example/forms/x?y=z"},
	{"https://mib.reseller.example/securelink/?url=https://evil.example&key=" + b64url(`{"url":"http://evil.example/2"}`), "mailinblack", "http://evil.example/2"},
	{"https://mail.member.example/fmlurlsvc/?fewReq=:B:JVUz+/=&url=https%3a%2f%2fevil.example%2fx", "fortimail", "https://evil.example/x"},
	{"https://198.51.100.7/fmlurlsvc/?fewReq=x&url=http%3a%2f%2fevil.example%2f", "fortimail", "http://evil.example/"},

	{"https://www.google.com/url?q=https%3A%2F%2Fevil.example%2F%3Fa%3Db%2526c&sa=D&usg=AOv", "google", "https://evil.example/?a=b%26c"},
	{"https://www.google.co.jp/url?sa=t&url=https://evil.example/p&ved=2ah", "google", "https://evil.example/p"},
	{"https://google.com/url?q=evil.example/login&sa=U", "google", "http://evil.example/login"},
	{"https://maps.google.com.au/url?q=https://evil.example/#dmljdGlt", "google", "https://evil.example/#dmljdGlt"},
	{"https://www.google.com/amp/s/evil.example/a?id=1&k=2", "google", "https://evil.example/a?id=1&k=2"},
	{"https://www.google.com/amp/evil.example/a#x@member.example", "google", "http://evil.example/a#x@member.example"},
	{"https://www.google.com/amp/s/evil.example%2Fa%2Fb", "google", "https://evil.example/a/b"},
	{"https://evil-example.cdn.ampproject.org/c/s/evil.example/x?y=1&amp_js_v=0.1&usqp=mq331#amp_tf=From", "google", "https://evil.example/x?y=1"},
	{"https://cdn.ampproject.org/v/evil.example/x", "google", "http://evil.example/x"},
	{"https://www.googleadservices.com/pagead/aclk?sa=L&ai=D&adurl=https://evil.example/%3Fa%3Db", "google", "https://evil.example/?a=b"},
	{"https://www.google.com/aclk?sa=l&ai=x&adurl=https%3A%2F%2Fevil.example%2F", "google", "https://evil.example/"},
	{"https://evil--site-example.translate.goog/p/q?a=1&_x_tr_sl=auto&_x_tr_tl=ja&_x_tr_hl=ja", "google", "https://evil-site.example/p/q?a=1"},
	{"http://0-evil--dra-example.translate.goog/?_x_tr_enc=0&_x_tr_sch=http", "google", "http://xn--evil-dra.example/"},
	{"https://translate.google.com/translate?hl=ja&sl=en&u=http%3A%2F%2Fevil.example%2F", "google", "http://evil.example/"},
	{"https://googleweblight.com/i?u=evil.example&hl=ja", "google", "http://evil.example"},
	{"https://news.google.com/news/url?sa=T&url=http%3A%2F%2Fevil.example%2Fn", "google", "http://evil.example/n"},

	{"https://www.bing.com/ck/a?!&&p=80dc&ptn=3&u=a1" + b64url("https://evil.example/x?y=1&z=2") + "&ntb=1", "bing", "https://evil.example/x?y=1&z=2"},
	{"https://www.bing.com/ck/a?!&amp;&amp;p=80dc&amp;u=a1" + b64url("http://evil.example/") + "&amp;ntb=1", "bing", "http://evil.example/"},
	{"https://www.bing.com/aclick?ld=e8&u=" + b64("https%3a%2f%2fevil.example%2fad") + "&rlid=1", "bing", "https://evil.example/ad"},
	{"https://www.bing.com/amp/s/evil.example/n", "bing", "https://evil.example/n"},

	{"https://duckduckgo.com/l/?uddg=https%3A%2F%2Fevil.example%2F&rut=abc", "duckduckgo", "https://evil.example/"},
	{"https://duckduckgo.com/l/?kh=-1&uddg=http%3A%2F%2Fevil.example", "duckduckgo", "http://evil.example"},
	{"https://r.search.yahoo.com/_ylt=A/RV=2/RE=1/RO=10/RU=https%3a%2f%2fevil.example%2fa%3fb/RK=2/RS=x-", "yahoo", "https://evil.example/a?b"},
	{"https://ord.yahoo.co.jp/o/search/RV=1/RE=16/RH=b/RB=/RU=" + b64url("https://evil.example/jp?q=1") + "/RS=^ADA;_ylt=A", "yahoo", "https://evil.example/jp?q=1"},
	{"http://ord.yahoo.co.jp/o/image/_ylt=A/SIG=1/EXP=1/**https%3a//evil.example/a/b.html", "yahoo", "https://evil.example/a/b.html"},
	{"http://rd.yahoo.co.jp/x/y/*http://evil.example/?a=1", "yahoo", "http://evil.example/?a=1"},
	{"https://yandex.ru/redir?url=https%3A%2F%2Fevil.example%2F&key=1", "yandex", "https://evil.example/"},
	{"https://clck.yandex.ru/redir/dtype=x/*https://evil.example/y?z=1", "yandex", "https://evil.example/y?z=1"},
	{"https://sba.yandex.net/redirect?url=http%3A%2F%2Fevil.example&client=x", "yandex", "http://evil.example"},

	{"https://www.youtube.com/redirect?q=http%3A%2F%2Fevil.example%2F5%3Fid%3D7&v=abc", "youtube", "http://evil.example/5?id=7"},
	{"https://youtube.com/attribution_link?a=x&u=https%3A%2F%2Fevil.example", "youtube", "https://evil.example"},
	{"https://l.facebook.com/l.php?u=https%3A%2F%2Fevil.example%2F%3Ffbclid%3Dx&h=AT0", "facebook", "https://evil.example/?fbclid=x"},
	{"https://lm.facebook.com/l.php?h=AT0&u=http%3A%2F%2Fevil.example", "facebook", "http://evil.example"},
	{"https://l.instagram.com/?u=https%3A%2F%2Fevil.example%2F&e=AT", "instagram", "https://evil.example/"},
	{"https://l.instagram.com/?e=AT&u=http%3A%2F%2Fevil.example%2F", "instagram", "http://evil.example/"},
	{"https://l.threads.com/?u=https%3A%2F%2Fevil.example%2F", "threads", "https://evil.example/"},
	{"https://l.threads.net/?u=https%3A%2F%2Fevil.example%2F&e=1", "threads", "https://evil.example/"},
	{"https://l.wl.co/l?u=https%3A%2F%2Fevil.example", "whatsapp", "https://evil.example"},
	{"https://l.wl.co/l?u=http://evil.example/x", "whatsapp", "http://evil.example/x"},
	{"https://www.linkedin.com/redir/redirect?url=https%3A%2F%2Fevil.example&urlhash=x", "linkedin", "https://evil.example"},
	{"https://www.linkedin.com/safety/go?url=https%3A%2F%2Fevil.example%2F&trk=x", "linkedin", "https://evil.example/"},
	{"https://twitter.com/i/redirect?url=https%3A%2F%2Fevil.example%2F&t=1", "x", "https://evil.example/"},
	{"https://x.com/i/redirect?url=https%3A%2F%2Fevil.example", "x", "https://evil.example"},
	{"https://slack-redir.net/link?url=https%3A%2F%2Fevil.example&v=3", "slack", "https://evil.example"},
	{"https://slack-redir.net/link?v=3&url=http%3A%2F%2Fevil.example", "slack", "http://evil.example"},
	{"https://steamcommunity.com/linkfilter/?url=https://evil.example", "steam", "https://evil.example"},
	{"https://steamcommunity.com/linkfilter/?u=https%3A%2F%2Fevil.example", "steam", "https://evil.example"},
	{"https://vk.com/away.php?to=https%3A%2F%2Fevil.example%2F&cc_key=", "vk", "https://evil.example/"},
	{"https://m.vk.com/away?to=http%3A%2F%2Fevil.example", "vk", "http://evil.example"},
	{"https://www.pinterest.com/offsite/?token=1&url=https%3A%2F%2Fevil.example&pin=2", "pinterest", "https://evil.example"},
	{"https://pinterest.com/offsite?url=https%3A%2F%2Fevil.example", "pinterest", "https://evil.example"},
	{"https://out.reddit.com/t3_x?url=https%3A%2F%2Fevil.example&token=A", "reddit", "https://evil.example"},
	{"https://out.reddit.com/?url=http%3A%2F%2Fevil.example", "reddit", "http://evil.example"},
	{"https://medium.com/r/?url=https%3A%2F%2Fevil.example", "medium", "https://evil.example"},
	{"https://medium.com/r/?x=1&url=http%3A%2F%2Fevil.example%2F", "medium", "http://evil.example/"},
	{"https://t.umblr.com/redirect?z=https%3A%2F%2Fevil.example&t=x", "tumblr", "https://evil.example"},
	{"https://t.umblr.com/redirect?t=x&z=http%3A%2F%2Fevil.example", "tumblr", "http://evil.example"},
	{"https://disq.us/?url=https%3A%2F%2Fevil.example%2F%3Ax&cuid=1", "disqus", "https://evil.example/:x"},
	{"https://disq.us/url?url=http%3A%2F%2Fevil.example", "disqus", "http://evil.example"},
	{"https://go.bsky.app/redirect?u=https%3A%2F%2Fevil.example", "bluesky", "https://evil.example"},
	{"https://go.bsky.app/redirect?u=http%3A%2F%2Fevil.example%2F", "bluesky", "http://evil.example/"},
	{"https://link.zhihu.com/?target=https%3A//evil.example/", "zhihu", "https://evil.example/"},
	{"https://link.zhihu.com/?target=http%3A%2F%2Fevil.example", "zhihu", "http://evil.example"},
	{"https://weibo.cn/sinaurl?u=http%3A%2F%2Fevil.example", "weibo", "http://evil.example"},
	{"https://weibo.cn/sinaurl?toasturl=https%3A%2F%2Fevil.example", "weibo", "https://evil.example"},
	{"https://nam.safelink.emails.azure.net/redirect/?destination=https%3A%2F%2Fevil.example&p=b", "azure", "https://evil.example"},
	{"https://emails.azure.microsoft.com/redirect/?destination=http%3A%2F%2Fevil.example", "azure", "http://evil.example"},
	{"https://t-info.mail.adobe.com/r/?id=hc43f43t4a,afd67070,affc7349&p1=evil.example/r/x", "adobe", "http://evil.example/r/x"},
	{"https://t-info.mail.adobe.com/r/?id=h&p1=https%3A%2F%2Fevil.example", "adobe", "https://evil.example"},
	{"https://abc.r.us-east-1.awstrack.me/L0/https:%2F%2Fevil.example%2Fa%3Fb=c/1/0100-x/y=320", "amazon-ses", "https://evil.example/a?b=c"},
	{"https://abc.r.us-east-1.awstrack.me/L0/http%3A%2F%2Fevil.example/1/01/z", "amazon-ses", "http://evil.example"},
	{"https://anonym.to/?https://evil.example/?a=1&b=2", "anonym", "https://evil.example/?a=1&b=2"},
	{"https://anonym.to/?http%3A%2F%2Fevil.example", "anonym", "http://evil.example"},
	{"https://href.li/?http://evil.example/", "href.li", "http://evil.example/"},
	{"https://href.li/?https%3A%2F%2Fevil.example%2F", "href.li", "https://evil.example/"},
	{"https://ad.doubleclick.net/ddm/clk/405114157;205282942;x?https://evil.example/en?a=1&b=2", "doubleclick", "https://evil.example/en?a=1&b=2"},
	{"https://ad.doubleclick.net/ddm/trackclk/N1.2/B3;dc_trk=4;;?https://evil.example", "doubleclick", "https://evil.example"},
	{"https://adclick.g.doubleclick.net/pcs/click?xai=A&sig=C&adurl=https://evil.example/x", "doubleclick", "https://evil.example/x"},

	// Nobody's format.
	{"https://tracker.example.org/c?redirect=https%3A%2F%2Fevil.example%2F6%3Fid%3D4", "open-redirect", "https://evil.example/6?id=4"},
	{"https://tracker.example.org/c?redirect=https%3A%2F%2Fu1.example.org%2Fm%3Fid%3D4", "open-redirect", "https://u1.example.org/m?id=4"},
	{"https://shop.example.com/out?u=//evil.example/x", "open-redirect", "https://evil.example/x"},
	{"http://shop.example.com/out?next=%2F%2Fevil.example%2Fx", "open-redirect", "http://evil.example/x"},
	{"http://shop.example.com/out?to=%2F%5Cevil.example%2Fx", "open-redirect", "http://evil.example/x"},
	{"https://shop.example.com/x?zz=https%253A%252F%252Fevil.example%252F", "open-redirect", "https://evil.example/"},
	{"https://shop.example.com/x?zz=https%25253A%25252F%25252Fevil.example%25252Fp", "open-redirect", "https://evil.example/p"},
	{"https://shop.example.com/x?data=" + b64url("https://evil.example/q?a=b"), "open-redirect", "https://evil.example/q?a=b"},
	{"https://shop.example.com/x?" + b64("https://evil.example/q"), "open-redirect", "https://evil.example/q"},
	{"https://shop.example.com/x?d=" + hex.EncodeToString([]byte("http://evil.example/h")), "open-redirect", "http://evil.example/h"},
	{"https://shop.example.com/x?id=3&link=https://evil.example/a?b=1&c=2", "open-redirect", "https://evil.example/a?b=1"},
	{"https://shop.example.com/redir?q=https://evil.example/a", "open-redirect", "https://evil.example/a"},
	{"https://shop.example.com/login?continue=https%3A%2F%2Fevil.example%2F", "open-redirect", "https://evil.example/"},
	{"https://shop.example.com/?https://evil.example/a?b=1&c=2", "open-redirect", "https://evil.example/a?b=1&c=2"},
	{"https://shop.example.com/r/https://evil.example/a?b=1#c", "open-redirect", "https://evil.example/a?b=1#c"},
	{"https://shop.example.com/r/https:/evil.example/a", "open-redirect", "https://evil.example/a"},
	{"https://shop.example.com/r/https%3A%2F%2Fevil.example%2Fa/1", "open-redirect", "https://evil.example/a"},
	{"https://shop.example.com/go/" + b64url("https://evil.example/p/q") + "/1", "open-redirect", "https://evil.example/p/q"},
	{"https://shop.example.com/#https://evil.example/a", "open-redirect", "https://evil.example/a"},
	{"https://shop.example.com/#/go?x=1&url=https%3A%2F%2Fevil.example", "open-redirect", "https://evil.example"},
	{"https://shop.example.com/r?url=http%3A%2F%2F203.0.113.5%3A8443%2Fx", "open-redirect", "http://203.0.113.5:8443/x"},
	{"https://shop.example.com/r?url=http%3A%2F%2F[2001:db8::1]%2Fx", "open-redirect", "http://[2001:db8::1]/x"},
	{"https://shop.example.com/r?url=http%3A%2F%2F3405803781%2Fx", "open-redirect", "http://3405803781/x"},
	{"https://shop.example.com/r?url=https%3A%2F%2F%E4%BE%8B.example%2F", "open-redirect", "https://例.example/"},
	{"https://shop.example.com/r?url=ftp://evil.example/x", "open-redirect", "ftp://evil.example/x"},
	{"https://shop.example.com/r?url=HTTPS%3A%5C%5CEvil.Example%5Cx", "open-redirect", "https://Evil.Example/x"},
	{"https://shop.example.com/r?u=https%3A%2F%2Fevil.example%2F#tail", "open-redirect", "https://evil.example/#tail"},
	{"https://shop.example.com/r?utm_source=https://mail.example.net/&url=https://evil.example/", "open-redirect", "https://evil.example/"},
	{"https://google.com@shop.example.com/r?url=https%3A%2F%2Fevil.example", "open-redirect", "https://evil.example"},
	{"https://www.bing.com/profile/out?url=https%3A%2F%2Fevil.example", "open-redirect", "https://evil.example"},
	{"https://docs.example.com/viewer?url=https%3A%2F%2Fevil.example%2Fx.svg", "open-redirect", "https://evil.example/x.svg"},
}

func TestUnwrap(t *testing.T) {
	services := map[string]int{}
	for _, c := range wrapped {
		services[c.service]++
		s := Unwrap(c.url)
		if len(s) != 1 || s[0].Service != c.service || s[0].Target != c.target || s[0].Wrapper != c.url {
			t.Errorf("Unwrap(%q)\n got %+v\nwant one step by %q to %q", c.url, s, c.service, c.target)
			continue
		}
		if service, ok := Opaque(c.url); ok {
			t.Errorf("Opaque(%q) = %q, true; want false: the target can be had", c.url, service)
		}
	}
	for _, rules := range hosts {
		for _, r := range rules {
			if len(r.params) == 0 && r.find == nil || r.service == "inky" || r.service == "baidu" {
				continue // opaque
			}
			if services[r.service] < 2 {
				t.Errorf("service %q has %d rows in the table; want at least 2", r.service, services[r.service])
			}
		}
	}
}
