package benign

import (
	"strings"
	"testing"
)

func TestAdd(t *testing.T) {
	l := Builtin()
	for _, list := range []string{
		`{"name":"Top sites from Tranco","type":"hostname","version":1,"matching_attributes":["hostname","domain","url","domain|ip"],"list":["popular.test-site.jp","github.io","vakıfbank.com"]}`,
		`{"name":"List of known URL Shorteners domains","type":"string","matching_attributes":["domain","url"],"list":["go2.jp","sho.rt/x"]}`,
		`{"name":"List of known google domains","type":"string","matching_attributes":["domain","hostname"],"list":[".google.test-land","one-only.jp"]}`,
		`{"name":"List of disposable email domains","type":"substring","matching_attributes":["email-src","domain|ip"],"list":["mail.test-land"]}`,
		`{"name":"List of RFC 1918 CIDR blocks","type":"cidr","list":["198.18.5.0/24","45.0.0.7","2a00:1::/32","::ffff:46.0.0.0/112"]}`,
		`{"name":"CRL and OCSP domains","type":"string","matching_attributes":["hostname"],"list":["crl.ca.test-land","www.ca.test-land","com.test-land"]}`,
		`{"name":"Regular ones","type":"regex","matching_attributes":["url","hostname"],"list":["/^cdn[0-9]+\\.rx-land$/i","/\\/tracking\\/pixel/","plain-rx[.]land"]}`,
		`{"name":"Substrings","type":"substring","matching_attributes":["url"],"list":["/owa/auth.owa"]}`,
		`{"name":"Hashes for empty files","type":"string","matching_attributes":["md5","filename|md5"],"list":["00000000000000000000000000000001"]}`,
		`{"name":"Phone numbers","type":"regex","matching_attributes":["phone-number"],"list":["/.*/"]}`,
	} {
		if err := l.Add([]byte(list)); err != nil {
			t.Fatalf("Add(%.60s...) = %v; want no error", list, err)
		}
	}
	for _, c := range []struct {
		value string
		want  Tier
		list  string
	}{
		{"https://www.popular.test-site.jp/", Popular, "Top sites from Tranco"},
		{"https://vakıfbank.com/", Popular, "Top sites from Tranco"},
		{"https://xn--vakfbank-vkb.com/", Popular, "Top sites from Tranco"},
		{"https://evil.github.io/", SharedHosting, "free hosting"}, // never hidden by a popular parent
		{"go2.jp", SharedHosting, "List of known URL Shorteners domains"},
		{"https://sho.rt/x/y", SharedHosting, "List of known URL Shorteners domains"},
		{"https://sho.rt/z", None, ""},
		{"www.google.test-land", Popular, "List of known google domains"},
		{"one-only.jp", Popular, "List of known google domains"},
		{"www.one-only.jp", None, ""},
		{"x@mail.test-land", SharedHosting, "List of disposable email domains"},
		{"x@hotmail.test-land", None, ""},
		{"mail.test-land", None, ""},
		{"198.18.5.9", Infrastructure, "special-use addresses"},
		{"45.0.0.7", Infrastructure, "List of RFC 1918 CIDR blocks"},
		{"45.0.0.8", None, ""},
		{"46.0.255.1", Infrastructure, "List of RFC 1918 CIDR blocks"},
		{"2a00:1:ffff::1", Infrastructure, "List of RFC 1918 CIDR blocks"},
		{"crl.ca.test-land", Infrastructure, "CRL and OCSP domains"},
		{"x.crl.ca.test-land", None, ""},
		{"com.test-land", Popular, "CRL and OCSP domains"},
		{"CDN12.rx-land", Popular, "Regular ones"},
		{"https://some.land/tracking/pixel?x", Popular, "Regular ones"},
		{"https://some.land/owa/auth.owa", Popular, "Substrings"},
	} {
		if got, name := look(l, c.value); got != c.want || name != c.list {
			t.Errorf("after Add, looking up %q = %v by list %q; want %v by %q", c.value, got, name, c.want, c.list)
		}
	}
	if got, _ := l.Hash("00000000000000000000000000000001"); got != Infrastructure {
		t.Errorf("after Add, Hash(...01) = %v; want %v", got, Infrastructure)
	}
}

// What cannot be read is an error that names the list, and changes nothing.
func TestAddRefuses(t *testing.T) {
	for _, c := range []struct{ list, want string }{
		{`{`, "warning list"},
		{`{"type":"string","list":[]}`, "no name"},
		{`{"name":"N","type":"string","list":[1]}`, "warning list"},
		{`{"name":"N","type":"magic","list":["a.jp"]}`, `"N"`},
		{`{"name":"N","type":"regex","list":["/(/"]}`, `"N"`},
		{`{"name":"N","type":"regex","list":["/(?=a)/"]}`, `"N"`}, // Perl's, not RE2's
		{`{"name":"N","type":"regex","list":["/a/x"]}`, `"N"`},
		{`{"name":"N","type":"regex","list":["` + strings.Repeat("a", 600) + `"]}`, `"N"`},
		{`{"name":"N","type":"regex","list":["a"` + strings.Repeat(`,"a"`, 600) + `]}`, `"N"`},
		{`{"name":"N","type":"cidr","list":["10.0.0.0/8","300.1.1.1"]}`, `"N"`},
		{`{"name":"N","type":"cidr","list":["10.0.0.0/40"]}`, `"N"`},
		{`{"name":"N","type":"cidr","list":["::ffff:0.0.0.0/90"]}`, `"N"`},
		{`{"name":"N","type":"substring","list":["/"]}`, `"N"`},
		{`{"name":"N","type":"string","list":["` + strings.Repeat("a", 3000) + `"]}`, `"N"`},
	} {
		var l Lists
		err := l.Add([]byte(c.list))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Add(%.60s) = %v; want an error with %q in it", c.list, err, c.want)
		}
		if len(l.names) != 0 {
			t.Errorf("Add(%.60s) failed and left %d lists; want none", c.list, len(l.names))
		}
	}
}

func TestTierOf(t *testing.T) {
	for name, want := range map[string]Tier{
		"CRL and OCSP domains": Infrastructure, "List of RFC 1918 CIDR blocks": Infrastructure, "List of known hashes for empty files": Infrastructure,
		"List of known Office 365 IP address ranges": Infrastructure, "public-dns-v4": Infrastructure,
		"List of LOTS (Living Off Trusted Sites) Project Domains": SharedHosting, "List of known dynamic DNS domains": SharedHosting,
		"List of known public IPFS gateways": SharedHosting, "List of known link in Bio domains": SharedHosting, "url-shortener": SharedHosting,
		"Top 10K most-used sites from Tranco": Popular, "Top 1000 websites from Cisco Umbrella": Popular, "University domains": Popular,
		"List of known Office 365 URLs": Popular, "Something new": Popular,
	} {
		if got := TierOf(name); got != want {
			t.Errorf("TierOf(%q) = %v; want %v", name, got, want)
		}
	}
}

// FuzzAdd: no list, however broken, may do harm, and what was added must not
// make a lookup fail.
func FuzzAdd(f *testing.F) {
	f.Add([]byte(`{"name":"N","type":"hostname","list":["a.jp",".b.jp","c.jp/x"]}`), "https://a.jp/x")
	f.Add([]byte(`{"name":"N","type":"string","matching_attributes":["url","ip-src"],"list":["a.jp","1.2.3.4","http://x/y"]}`), "1.2.3.4")
	f.Add([]byte(`{"name":"RFC 1918","type":"cidr","list":["1.0.0.0/8","2001:db8::/32","1.2.3.4"]}`), "x@[::1]")
	f.Add([]byte(`{"name":"N","type":"regex","list":["/a.*b/i"]}`), "//@:/?#")
	f.Add([]byte(`{"name":"N","type":"substring","list":["a.jp","/x/"]}`), "\\\\a")
	for _, c := range corpusLists(f) {
		if len(c.json) < 20_000 {
			f.Add(c.json, c.file)
		}
	}
	f.Fuzz(func(t *testing.T, list []byte, v string) {
		l := Lists{ReservedDocumentation: true}
		err := l.Add(list)
		for _, find := range []func(string) (Tier, string){l.URL, l.Host, l.Email, l.Hash} {
			tier, name := find(v)
			if (tier == None) != (name == "") {
				t.Errorf("looking up %q = %v by list %q; a tier and a list come together", v, tier, name)
			}
			if err != nil && tier != None {
				t.Errorf("Add failed (%v) and %q is still %v by %q", err, v, tier, name)
			}
		}
	})
}
