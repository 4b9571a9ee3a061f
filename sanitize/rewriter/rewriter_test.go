package rewriter

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// straight are URLs that wrap nothing.
var straight = []string{
	"",
	"evil.example",
	"mailto:a@evil.example?body=https://evil.example/",
	"javascript:location='https://evil.example'",
	"https://evil.example",
	"https://evil.example/a/b?c=d&e=f#g",
	"https://evil.example/?token=YWJjZGVmZ2hpamtsbW5vcA%3D%3D%2F%2B",
	// The site itself.
	"https://www.example.com/login?continue=https%3A%2F%2Fwww.example.com%2Fhome",
	"https://login.example.com/?redirect=https%3A%2F%2Fwww.example.com%2Fhome",
	"https://www.example.com/a?return_url=https://shop.example.com/",
	"https://www.example.co.jp/sso?url=https%3A%2F%2Fmail.example.co.jp%2F",
	// Mentions.
	"https://www.example.com/?ref=https%3A%2F%2Fblog.example.net%2F",
	"https://www.example.com/?utm_source=https://blog.example.net/&utm_campaign=http://x.example",
	"https://www.example.com/?Referrer=https%3A%2F%2Fblog.example.net%2F",
	"https://www.example.com/search?q=https%3A%2F%2Fblog.example.net%2F",
	"https://www.example.com/x?xmlns=http%3A%2F%2Fwww.w3.org%2F1999%2Fxhtml",
	"https://www.example.com/x?v=http://www.w3.org/2000/svg",
	"https://www.example.com/x?u=https://schema.org/Person",
	"https://www.example.com/x?icon=https://cdn.example.net/favicon",
	"https://www.example.com/thumb?url=https%3A%2F%2Fcdn.example.net%2Flogo.png&w=64",
	"https://www.example.com/cdn-cgi/image/w=80/https://cdn.example.net/logo",
	"https://www.example.com/resize/https://cdn.example.net/a.JPG",
	"https://ci3.googleusercontent.com/proxy/abc=s0-d-e1-ft#https://cdn.example.net/open",
	// Shares, logins with another service, look-ups.
	"https://www.facebook.com/sharer/sharer.php?u=https%3A%2F%2Fblog.example.net%2F",
	"https://twitter.com/intent/tweet?url=https%3A%2F%2Fblog.example.net%2F&text=x",
	"https://www.linkedin.com/shareArticle?mini=true&url=https%3A%2F%2Fblog.example.net",
	"https://social-plugins.line.me/lineit/share?url=https%3A%2F%2Fblog.example.net",
	"https://login.microsoftonline.com/common/oauth2/v2.0/authorize?client_id=1&redirect_uri=https%3A%2F%2Fapp.example.net%2F",
	"https://sso.example.com/authorize?response_type=code&redirect_uri=https%3A%2F%2Fapp.example.net%2F",
	"https://www.virustotal.com/gui/search?url=https%3A%2F%2Fevil.example",
	"https://validator.w3.org/check?uri=https%3A%2F%2Fevil.example",
	"https://www.google.com/search?q=https%3A%2F%2Fevil.example",
	"https://www.google.com/imgres?imgurl=https://cdn.example.net/a.png&imgrefurl=https://blog.example.net/",
	"https://www.bing.com/search?q=https://evil.example",
	"https://www.youtube.com/watch?v=abc&feature=share",
	// No target, or none that a browser could go to.
	"https://www.google.com/url?q=javascript:alert(1)",
	"https://www.example.com/r?url=http%3A%2F%2Flocalhost%2F",
	"https://www.example.com/r?url=http%3A%2F%2F",
	"https://www.example.com/r?url=https%3A%2F%2Fnodots",
	"https://www.example.com/r?url=%2Flocal%2Fpath",
	"https://www.example.com/r?zz=//evil.example/",
	"https://www.example.com/x-http://evil",
	"https://www.example.com/r?url=mailto%3Aa%40b.example",
	"https://www.example.com/r?d=68747470&e=aHR0cHM6",
	"https://www.baidu.com/link?url=HQz5V0oMBcKL8iQ4pRkV",
	"https://u1.ct.sendgrid.net/ls/click?upn=u001.HIVfGxvP6wop",
	"https://protect.checkpoint.com/v2/___javascript:alert(1)___.YzJ1",
	"https://protect-us.mimecast.com/s/AbC?domain=evil.example",
	// Not the hosts they look like.
	"https://safelinks.protection.outlook.com.evil.example/?x=1",
	"https://google.evil.example/url?q=no",
	"https://urldefense.com@evil.example/v3/x",
	"https://evil.example\\@www.google.com/url",
}

func TestUnwrapNothing(t *testing.T) {
	for _, u := range straight {
		if s := Unwrap(u); s != nil {
			t.Errorf("Unwrap(%q) = %+v; want nil", u, s)
		}
	}
	long := "https://www.google.com/url?q=https://evil.example/" + strings.Repeat("a", mostBytes)
	if s := Unwrap(long); s != nil {
		t.Errorf("Unwrap(%d bytes) = %d steps; want nil", len(long), len(s))
	}
}

// TestUnwrapUserInfo: the host is what stands behind the last at sign.
func TestUnwrapUserInfo(t *testing.T) {
	u := "https://www.google.com@evil.example/url?q=https://other.example/x"
	s := Unwrap(u)
	if len(s) != 1 || s[0].Service != "open-redirect" {
		t.Errorf("Unwrap(%q) = %+v; want one step, and not taken for Google's", u, s)
	}
	s = Unwrap("https://www.google.com/url?q=https%3A%2F%2Fgoogle.com%40evil.example%2F")
	if len(s) != 1 || s[0].Target != "https://google.com@evil.example/" {
		t.Errorf("a target with a user's name = %+v; want it kept whole", s)
	}
}

func TestUnwrapNested(t *testing.T) {
	const evil = "https://evil.example/a?b=c%20d&e=https%3A%2F%2Fnot.test-land"
	sophos := "https://jp-1.protection.sophos.com/?d=evil.example&u=" + b64url("https://evil.example/x") + "&i=1&t=2"
	proofpoint := "https://urldefense.com/v3/__" + sophos + "__;!!A!b$"
	safe := "https://jpn01.safelinks.protection.outlook.com/?url=" + url.QueryEscape(proofpoint) + "&data=05%7C02%7Cvictim%40member.example&reserved=0"
	google := "https://www.google.com/url?q=" + url.QueryEscape("https://evil.example/g?x=%2F") + "&sa=D"
	for _, c := range []struct {
		url      string
		services string
		target   string
	}{
		{safe, "safelinks proofpoint-v3 sophos", "https://evil.example/x"},
		{"https://jpn01.safelinks.protection.outlook.com/?url=" + url.QueryEscape(google) + "&data=1", "safelinks google", "https://evil.example/g?x=%2F"},
		{"https://eu-1.protection.sophos.com/?u=" + b64(safe), "sophos safelinks proofpoint-v3 sophos", "https://evil.example/x"},
		{"https://secure-web.cisco.com/1a/" + url.QueryEscape(google), "cisco google", "https://evil.example/g?x=%2F"},
		{"https://tracker.example.com/c?u=" + url.QueryEscape(google), "open-redirect google", "https://evil.example/g?x=%2F"},
		{"https://l.facebook.com/l.php?u=" + url.QueryEscape("https://www.bing.com/ck/a?u=a1"+b64url("https://evil.example/")+"&ntb=1"), "facebook bing", "https://evil.example/"},
		{"https://www.google.com/url?q=" + url.QueryEscape("https://protect-eu.mimecast.com/s/AbC?domain=evil.example"), "google", "https://protect-eu.mimecast.com/s/AbC?domain=evil.example"},
		{"https://www.google.com/url?q=" + url.QueryEscape(evil), "google open-redirect", "https://not.test-land"},
	} {
		s := Unwrap(c.url)
		var services []string
		for i, step := range s {
			services = append(services, step.Service)
			if want := c.url; i == 0 && step.Wrapper != want || i > 0 && step.Wrapper != s[i-1].Target {
				t.Errorf("Unwrap(%q): step %d wraps in %q; want the target before it", c.url, i, step.Wrapper)
			}
		}
		if got := strings.Join(services, " "); got != c.services || s[len(s)-1].Target != c.target {
			t.Errorf("Unwrap(%q) = %q by %q; want %q by %q", c.url, s[len(s)-1].Target, got, c.target, c.services)
		}
	}
}

func TestUnwrapDepth(t *testing.T) {
	u := "https://evil.example/"
	for range 20 {
		u = "https://anonym.to/?" + u
	}
	s := Unwrap(u)
	if len(s) != mostSteps {
		t.Errorf("Unwrap of 20 wrappers in one another = %d steps; want %d", len(s), mostSteps)
	}
}

func TestKindAndRecipient(t *testing.T) {
	for _, c := range []struct {
		url       string
		kind      Kind
		recipient bool
	}{
		{"https://jpn01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fevil.example&data=05%7C02%7Cvictim%40member.example", Gateway, true},
		{"https://jpn01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fevil.example&data=", Gateway, false},
		{"https://urldefense.proofpoint.com/v2/url?u=https-3A__evil.example&d=1&c=2&r=3", Gateway, true},
		{"https://urldefense.proofpoint.com/v1/url?u=https://evil.example", Gateway, false},
		{"https://urldefense.com/v3/__https://evil.example/__;!!A!b$", Gateway, true},
		{"https://secure-web.cisco.com/1a/https%3A%2F%2Fevil.example", Gateway, true},
		{"https://imsva91-ctp.trendmicro.com/wis/clicktime/v1/query?url=https%3a%2f%2fevil.example&umid=1", Gateway, true},
		{"https://www.google.com/url?q=https://evil.example", Redirector, false},
		{"https://tracker.example.com/c?url=https://evil.example", Redirector, false},
	} {
		s := Unwrap(c.url)
		if len(s) != 1 || s[0].Kind != c.kind || s[0].Recipient != c.recipient {
			t.Errorf("Unwrap(%q) = %+v; want a %v, recipient %v", c.url, s, c.kind, c.recipient)
		}
	}
	if Gateway.String() != "gateway" || Redirector.String() != "redirector" || Kind(0).String() != "none" {
		t.Errorf("kinds are %q, %q, %q; want gateway, redirector, none", Gateway, Redirector, Kind(0))
	}
}

func TestOpaque(t *testing.T) {
	for _, c := range []struct {
		url, service, domain string
	}{
		{"https://protect-us.mimecast.com/s/0wSdCVON0gczLDq1tGaO_q?domain=Evil.Example", "mimecast", "evil.example"},
		{"https://url.jp.m.mimecastprotect.com/s/AbC", "mimecast", ""},
		{"https://protect-eu.mimecast.com/r/AbC", "mimecast", ""},
		{"https://url.emailprotection.link/?b6t_II7rHqeURY3L4E7~", "intermedia", ""},
		{"https://linkprotect.cudasvc.com/url?c=E,1,abc", "barracuda", ""},
		{"https://secure-web.cisco.com/1abcDEF", "cisco", ""},
		{"https://ddec1-0-en-ctp.trendmicro.com/wis/clicktime/v2/abcdef", "trendmicro", ""},
		{"https://shared.outlook.inky.com/link?domain=evil.example&t=h.eJxVj01PhDAY", "inky", "evil.example"},
		{"http://atpscan.global.hornetsecurity.com/index.php?atp_str=abc", "hornetsecurity", ""},
		{"https://jpn01.safelinks.protection.outlook.com/?data=1", "safelinks", ""},
		{"https://eu-1.protection.sophos.com/?d=evil.example&u=!!", "sophos", "evil.example"},
		{"https://links.eu1.defend.egress.com/Warning?crId=1&Domain=evil.example&Base64Url=xxxx", "egress", "evil.example"},
		{"https://urldefense.com/v3/__mailto:a@evil.example__;!!A!b$", "proofpoint-v3", ""},
		// No wrappers of a gateway's.
		{"https://urldefense.com/", "", ""},
		{"https://linkprotect.cudasvc.com/", "", ""},
		{"https://www.mimecast.com/products/", "", ""},
		{"https://www.trendmicro.com/ja_jp/business.html", "", ""},
		{"https://outlook.office.com/mail/inbox", "", ""},
		{"https://u1.ct.sendgrid.net/ls/click?upn=u001.HIVf", "", ""},
		{"https://www.baidu.com/link?url=HQz5", "", ""},
		{"https://bit.ly/abc", "", ""},
		{"https://evil.example/s/abc?domain=evil.example", "", ""},
		{"not a URL", "", ""},
	} {
		service, ok := Opaque(c.url)
		if service != c.service || ok != (c.service != "") {
			t.Errorf("Opaque(%q) = %q, %v; want %q", c.url, service, ok, c.service)
		}
		if d := TargetDomain(c.url); d != c.domain {
			t.Errorf("TargetDomain(%q) = %q; want %q", c.url, d, c.domain)
		}
	}
}

func TestCarried(t *testing.T) {
	for _, c := range []struct {
		url  string
		want []string
	}{
		{"https://www.example.net/r?u=http%3A%2F%2Fdecoy.example%2F&v=http%3A%2F%2Fevil.example%2F", []string{"http://decoy.example/", "http://evil.example/"}},
		{"https://www.example.net/r?id=https://b.example/&url=https://a.example/&x=https://a.example/", []string{"https://a.example/", "https://b.example/"}},
		{"https://www.example.net/aHR0cHM6Ly9hLmV4YW1wbGUv/x?u=//b.example#url=https://c.example", []string{"https://b.example#url=https://c.example", "https://a.example/", "https://c.example"}},
		{"https://www.example.net/?a=b", nil},
		{"https://jpn01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fevil.example&data=https://b.example", nil},
		{"mailto:a@b.example", nil},
	} {
		if got := Carried(c.url); !slices.Equal(got, c.want) {
			t.Errorf("Carried(%q) = %q; want %q", c.url, got, c.want)
		}
	}
}

// TestHostile: work must stay linear, whatever a URL is full of.
func TestHostile(t *testing.T) {
	const n = mostBytes - 100
	fillUp := func(head, piece string) string { return head + strings.Repeat(piece, (n-len(head))/len(piece)) }
	for _, u := range []string{
		fillUp("https://a.example/", "/http://a.example"),
		fillUp("https://a.example/", "=%"),
		fillUp("https://a.example/", "/%68ttp:%2F%2Fa.example"),
		fillUp("https://a.example/?", "u=https://a.example/&"),
		fillUp("https://a.example/?", "q=https://b.example/&"),
		fillUp("https://a.example/?", "https://a.example&"),
		fillUp("https://a.example/?", "&amp;"),
		fillUp("https://a.example/?u=", "%25"),
		fillUp("https://a.example/?u=aHR0c", "DovL2Eu"),
		fillUp("https://a.example/#", "u=https://a.example/&"),
		fillUp("https://urldefense.com/v3/__https://a.example/", "**_") + "__;" + "!",
		fillUp("https://urldefense.com/v3/__https://a.example/__;", "A"),
		fillUp("https://protect2.fireeye.com/url?u=http://a.example/", "&x"),
		fillUp("https://links.eu1.defend.egress.com/Warning?Base64Url="+deflated(strings.Repeat("http://a.example/", 1<<16)), "&"),
		fillUp("https://", "a."),
		fillUp("https://", "@"),
		fillUp("https://a.example/?u=http://", "a.b"),
	} {
		if got := testing.AllocsPerRun(1, func() { Unwrap(u) }); got > 2000 {
			t.Errorf("Unwrap(%.60q…) made %v allocations; want at most 2,000", u, got)
		}
		if got := Carried(u); len(got) > mostCandidates {
			t.Errorf("Carried(%.60q…) = %d URLs; want at most %d", u, len(got), mostCandidates)
		}
		for _, s := range Unwrap(u) {
			if len(s.Target) > mostGrowth*len(u)+64 {
				t.Errorf("Unwrap(%.60q…) made %d bytes out of %d", u, len(s.Target), len(u))
			}
		}
	}
}

func FuzzUnwrap(f *testing.F) {
	for _, c := range wrapped {
		f.Add(c.url)
	}
	for _, u := range straight {
		f.Add(u)
	}
	for _, u := range corpusURLs(f) {
		f.Add(u)
	}
	f.Fuzz(func(t *testing.T, u string) {
		before := u
		steps := Unwrap(u)
		if len(steps) > mostSteps {
			t.Fatalf("Unwrap(%q) = %d steps; want at most %d", u, len(steps), mostSteps)
		}
		for _, s := range steps {
			if s.Wrapper != before {
				t.Errorf("Unwrap(%q): wrapper %q; want %q", u, s.Wrapper, before)
			}
			before = s.Target
			if len(s.Target) > mostGrowth*len(u)+64 {
				t.Errorf("Unwrap(%q): a target of %d bytes out of %d", u, len(s.Target), len(u))
			}
			if !utf8.ValidString(s.Target) {
				t.Errorf("Unwrap(%q): target %q is not UTF-8", u, s.Target)
			}
			if strings.ContainsFunc(s.Target, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
				t.Errorf("Unwrap(%q): target %q has a space or a control character", u, s.Target)
			}
			if l, ok := split(s.Target); !ok || !strings.HasPrefix(s.Target, l.scheme+"://") {
				t.Errorf("Unwrap(%q): target %q is not absolute", u, s.Target)
			}
			if s.Service == "" || s.Kind != Gateway && s.Kind != Redirector {
				t.Errorf("Unwrap(%q): step %+v has no service or kind", u, s)
			}
		}
		if service, ok := Opaque(u); ok && (service == "" || len(steps) > 0) {
			t.Errorf("Opaque(%q) = %q, true beside %d steps", u, service, len(steps))
		}
		for _, c := range Carried(u) {
			if _, ok := split(c); !ok || !utf8.ValidString(c) {
				t.Errorf("Carried(%q) has %q; want absolute URLs", u, c)
			}
		}
		if d := TargetDomain(u); d != "" && !plausibleHost(d) {
			t.Errorf("TargetDomain(%q) = %q; want a host", u, d)
		}
	})
}

func BenchmarkUnwrap(b *testing.B) {
	for name, u := range map[string]string{
		"nothing":      "https://www.shop.example.com/products/2024/list.html?category=shoes&page=2&sort=price#top",
		"nothing long": "https://click.mail.example.com/f/a/" + strings.Repeat("Zk3-_xQ9", 40) + "~/AAQRxQA~/" + strings.Repeat("m7Bw", 30),
		"safelinks":    wrapped[0].url,
		"open":         "https://tracker.example.org/c?redirect=https%3A%2F%2Fevil.example%2F6%3Fid%3D4",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Unwrap(u)
			}
		})
	}
}
