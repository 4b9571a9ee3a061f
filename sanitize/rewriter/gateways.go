package rewriter

import (
	"compress/zlib"
	"encoding/json"
	"io"
	"strings"
)

// The parameters with which a gateway tells for whom it wrapped.
var (
	safeLinksIDs = []string{"data", "sdata"}
	trendIDs     = []string{"umid", "auth", "rct"}
	fireEyeIDs   = []string{"k", "e"}
	vadeIDs      = []string{"f", "i", "k", "r", "s"}
	always       = []string{"*"}
)

// trendMicro is the click-time protection of every product of Trend Micro: IMSVA,
// DDEI, Hosted Email Security, Cloud App Security, each on a host of its own.
// Format: success.trendmicro.com/jp/solution/1122053.
var trendMicro = rule{service: "trendmicro", kind: Gateway, path: "/wis/clicktime/", params: []string{"url"}, ids: trendIDs}

// onAnyHost are gateways that customers run under their own names. No path is
// shorter than ten bytes.
var onAnyHost = []rule{
	trendMicro,
	// FortiMail: https://HOST/fmlurlsvc/?fewReq=TOKEN&url=URL (CVE-2021-43062 shows it).
	{service: "fortimail", kind: Gateway, path: "/fmlurlsvc/", params: []string{"url"}, ids: []string{"fewReq"}},
	// Mailinblack's partners have it on their own hosts.
	{service: "mailinblack", kind: Gateway, path: "/securelink/", find: mailinblack, ids: []string{"key"}},
}

// gateways are the rules of the hosts of mail gateways: of the host itself and of
// every name below it.
var gateways = map[string][]rule{
	// Microsoft Defender for Office 365, in each of its clouds; below are Outlook on
	// the web and Teams, which ask it. learn.microsoft.com/defender-office-365/safe-links-about
	"safelinks.protection.outlook.com":        safeLinks,
	"safelinks.protection.outlook.de":         safeLinks,
	"safelinks.protection.office365.us":       safeLinks,
	"safelinks.protection.partner.outlook.cn": safeLinks,
	"safelinks.protection.apps.mil":           safeLinks,
	"outlook.office.com":                      outlookOnTheWeb,
	"outlook.office365.com":                   outlookOnTheWeb,
	"outlook.live.com":                        outlookOnTheWeb,
	"outlook.cloud.microsoft":                 outlookOnTheWeb,
	"statics.teams.cdn.office.net":            teams,
	"staticsint.teams.cdn.office.net":         teams,
	"statics.teams.microsoft.com":             teams,

	"urldefense.proofpoint.com": urlDefense,
	"urldefense.com":            urlDefense,
	"urldefense.us":             urlDefense,
	// Proofpoint's browser isolation: /browser?clickId=…&traceToken=…&url=URL.
	"urlisolation.com": {{service: "proofpoint-isolation", kind: Gateway, path: "/browser", params: []string{"url"}, ids: []string{"clickId", "traceToken"}}},

	// Barracuda: /url?a=URL&c=E,1,…
	"linkprotect.cudasvc.com": {{service: "barracuda", kind: Gateway, params: []string{"a"}, ids: []string{"c"}}},

	"trendmicro.com":   {trendMicro},
	"trendmicro.eu":    {trendMicro},
	"trendmicro.co.jp": {trendMicro},

	// Cisco Secure Email: /TOKEN/URL, the URL percent-encoded (once, or twice).
	"secure-web.cisco.com": {{service: "cisco", kind: Gateway, find: cisco, ids: always}},

	// FireEye, now Trellix: /url?k=…&u=URL and /v1/url?k=…&q=1&e=…&u=URL.
	"fireeye.com":      fireEye,
	"fireeyecloud.com": fireEye,
	"trellix.com":      fireEye,

	// Symantec (Broadcom, MessageLabs) Click-time Protection: /ID?u=URL,
	// /ID?h=…&u=URL and /a/1/…=?d=…&u=URL; clicktime.php?U=URL before that.
	"clicktime.symantec.com":         symantec,
	"clicktime.cloud.postoffice.net": symantec,

	// Sophos Email: /?d=DOMAIN&u=BASE64&i=…&t=…&h=…&s=…
	// (docs.sophos.com, Email Security, URL protection).
	"protection.sophos.com": {{service: "sophos", kind: Gateway, params: []string{"u"}, ids: []string{"i", "t", "s"}, domain: "d"}},

	// Mimecast keeps the target on its own servers; domain= tells where it leads.
	"mimecast.com":        mimecast,
	"mimecastprotect.com": mimecast,

	// Hornetsecurity: /?d=…&f=…&u=URL, and index.php?atp_str=TOKEN, which is opaque.
	"atpscan.global.hornetsecurity.com": {{service: "hornetsecurity", kind: Gateway, params: []string{"u"}, own: vadeOwn, ids: []string{"d", "f", "r", "atp_str"}}},

	// Vade, sold under many names: antiphishing.vadesecure.com/v4?f=…&u=URL, and
	// m365.eu.vadesecure.com/safeproxy/v4?….
	"vadesecure.com": {
		{service: "vade", kind: Gateway, path: "/v", params: []string{"u"}, own: vadeOwn, ids: vadeIDs},
		{service: "vade", kind: Gateway, path: "/safeproxy", params: []string{"u"}, own: vadeOwn, ids: vadeIDs},
	},

	// Check Point Harmony Email, once Avanan: /v2/___URL___.TOKEN, also with a region
	// (/v2/r01/___…), and /v1/url?o=URL. The token names the customer.
	// sc1.checkpoint.com, Avanan admin guide, "Rewritten Avanan URL".
	"url.avanan.click":       checkPoint,
	"protect.checkpoint.com": checkPoint,
	"url-protection.com":     checkPoint,

	// Zix: /u/DIGEST/ID?u=URL. EdgePilot: /s/DIGEST/ID?u=URL, also /x/.
	"link.zixcentral.com": {{service: "zix", kind: Gateway, path: "/u/", params: []string{"u"}, own: []string{"c"}, ids: always}},
	"link.edgepilot.com":  {{service: "edgepilot", kind: Gateway, params: []string{"u"}, own: []string{"c"}, ids: always}},

	// Egress (KnowBe4) Defend: /Warning?crId=…&Domain=…&Base64Url=ZLIB in base64.
	"defend.egress.com": {{service: "egress", kind: Gateway, path: "/warning", find: egress, ids: []string{"crId"}, domain: "domain"}},

	// Inky: /link?domain=DOMAIN&t=TOKEN; the token is encrypted.
	"inky.com": {{service: "inky", kind: Gateway, path: "/link", params: []string{"url"}, ids: always, domain: "domain"}},

	// Bitdefender: /scan/BASE64/…
	"lsems.gravityzone.bitdefender.com": bitdefender,
	"ssems.gravityzone.bitdefender.com": bitdefender,

	// Libraesva: urlsand.esvalabs.com/?u=URL&e=…&h=…&f=y&p=y.
	"esvalabs.com": {{service: "libraesva", kind: Gateway, params: []string{"u"}, own: []string{"e", "h", "f", "p", "l"}, ids: []string{"e", "h"}}},
	// Trustwave MailMarshal: /?c=…&d=…&u=URL.
	"scanmail.trustwave.com": {{service: "trustwave", kind: Gateway, params: []string{"u"}, own: []string{"c", "d", "s"}, ids: []string{"d"}}},
	// TitanHQ, as SpamTitan has it: /analyse?url=URL&data=….
	"linklock.titanhq.com": {{service: "titanhq", kind: Gateway, params: []string{"url"}, ids: []string{"data"}}},
	// Topsec: /?d=…&r=…&u=URL&t=….
	"scanner.topsec.com": {{service: "topsec", kind: Gateway, params: []string{"u"}, ids: []string{"t"}}},
	// Mailinblack: /securelink/?url=ORIGIN&key=BASE64, which holds {"url": URL}.
	"mailinblack.com": {{service: "mailinblack", kind: Gateway, path: "/securelink", find: mailinblack, ids: []string{"key"}}},

	// Intermedia: /?TOKEN and nothing else.
	"url.emailprotection.link": {{service: "intermedia", kind: Gateway, ids: always}},
}

var safeLinks = []rule{{service: "safelinks", kind: Gateway, params: []string{"url"}, ids: safeLinksIDs}}

var outlookOnTheWeb = []rule{{service: "safelinks", kind: Gateway, path: "/mail/safelink.html", params: []string{"url"}, ids: safeLinksIDs}}

// teams is Safe Links in Teams, whose page tells the tenant and the user in
// locale, dest and the like, and puts the target into url.
var teams = []rule{{service: "safelinks", kind: Gateway, path: "/evergreen-assets/safelinks/", params: []string{"url"}, ids: safeLinksIDs}}

var urlDefense = []rule{
	{service: "proofpoint-v3", kind: Gateway, path: "/v3/", find: proofpointV3, ids: always},
	{service: "proofpoint-v2", kind: Gateway, path: "/v2/url", find: proofpointV2, ids: []string{"r", "m", "c"}},
	{service: "proofpoint-v1", kind: Gateway, path: "/v1/url", find: proofpointV1, ids: []string{"r", "m", "k"}},
}

var fireEye = []rule{
	{service: "fireeye", kind: Gateway, path: "/v1/url", params: []string{"u"}, own: []string{"k", "q", "e"}, ids: fireEyeIDs},
	{service: "fireeye", kind: Gateway, path: "/v2/url", params: []string{"u"}, own: []string{"k", "q", "e"}, ids: fireEyeIDs},
	{service: "fireeye", kind: Gateway, path: "/url", params: []string{"u"}, own: []string{"k", "q", "e"}, ids: fireEyeIDs},
}

var symantec = []rule{{service: "symantec", kind: Gateway, params: []string{"u"}, own: []string{"h", "d"}, ids: always}}

var mimecast = []rule{
	{service: "mimecast", kind: Gateway, path: "/s/", params: []string{"url"}, ids: always, domain: "domain"},
	{service: "mimecast", kind: Gateway, path: "/r/", params: []string{"url"}, ids: always, domain: "domain"},
}

var vadeOwn = []string{"d", "f", "i", "k", "m", "n", "r", "s"}

var checkPoint = []rule{
	{service: "checkpoint", kind: Gateway, path: "/v2/", find: checkPointV2, ids: always},
	{service: "checkpoint", kind: Gateway, path: "/v1/", params: []string{"o"}, ids: always},
}

var bitdefender = []rule{{service: "bitdefender", kind: Gateway, path: "/scan/", find: bitdefenderScan, ids: always}}

// cisco takes the last part of a path that is a URL.
func cisco(l *link) (string, bool) {
	i := strings.IndexByte(strings.TrimPrefix(l.path, "/"), '/')
	if i < 0 {
		return "", false
	}
	tail := l.rest[i+2:]
	if scheme, n := schemeOf(tail); scheme != "" && strings.HasPrefix(tail[n:], "/") {
		return absolute(tail, true)
	}
	// Whatever stands behind the URL is the wrapper's own.
	if i := strings.IndexAny(tail, "?#"); i >= 0 {
		tail = tail[:i]
	}
	return decodeTail(tail)
}

// decodeTail is a URL out of a path: a plus sign there is one. It may have been
// encoded twice.
func decodeTail(s string) (string, bool) {
	for range 3 {
		s = unescape(s, false)
		if t, ok := absolute(s, true); ok {
			return t, true
		}
	}
	return "", false
}

// checkPointV2 takes what three underscores enclose. In the path each '%' is a
// '*', and two slashes may have become one.
func checkPointV2(l *link) (string, bool) {
	start := strings.Index(l.rest, "/___")
	if start < 0 {
		return "", false
	}
	s := l.rest[start+len("/___"):]
	end := strings.LastIndex(s, "___")
	if end < 0 {
		return "", false
	}
	after := ""
	if i := strings.IndexByte(s[end:], '#'); i >= 0 {
		after = s[end+i:]
	}
	s = s[:end]
	path := s
	if i := strings.IndexAny(s, "?#"); i >= 0 {
		path = s[:i]
	}
	if strings.IndexByte(path, '*') >= 0 {
		b := []byte(s)
		for i := 0; i+2 < len(path); i++ {
			if b[i] == '*' && isHex(b[i+1]) && isHex(b[i+2]) {
				b[i] = '%'
			}
		}
		s = string(b)
	}
	t, ok := absolute(s, true)
	if !ok {
		// All of it may be encoded once more by whatever carried the wrapper.
		if t, ok = absolute(unescape(s, false), true); !ok {
			return "", false
		}
	}
	if strings.IndexByte(t, '#') < 0 {
		t += clean(after)
	}
	return t, true
}

// bitdefenderScan is /scan/BASE64/DIGEST. The alphabet of base64 has a slash, so
// the digest is what tells where it ends.
func bitdefenderScan(l *link) (string, bool) {
	s := strings.TrimSuffix(l.path[len("/scan/"):], "/")
	if i := strings.LastIndexByte(s, '/'); i >= 0 && len(s)-i > 32 && strings.Trim(s[i+1:], "0123456789abcdefABCDEF") == "" {
		s = s[:i]
	}
	return absolute(unpack(unescape(s, false)), false)
}

// egress inflates Base64Url. A URL without a scheme is told as http.
func egress(l *link) (string, bool) {
	v, _, ok := l.param("Base64Url")
	if !ok {
		return "", false
	}
	packed := unbase64(unescape(v, false))
	z, err := zlib.NewReader(strings.NewReader(packed))
	if err != nil {
		return "", false
	}
	// Cut short at what Unwrap allows; the checksum is the service's affair.
	b, err := io.ReadAll(io.LimitReader(z, int64(mostGrowth*len(l.rest)+1)))
	if err != nil && len(b) == 0 || len(b) > mostGrowth*len(l.rest) {
		return "", false
	}
	return valueTarget(string(b), true)
}

// mailinblack takes the URL out of the JSON object in key=. url= holds its origin
// alone.
func mailinblack(l *link) (string, bool) {
	v, _, ok := l.param("key")
	if !ok {
		return "", false
	}
	var key struct {
		URL string `json:"url"`
	}
	if json.Unmarshal([]byte(unbase64(unescape(v, false))), &key) != nil {
		return "", false
	}
	return absolute(key.URL, false)
}
