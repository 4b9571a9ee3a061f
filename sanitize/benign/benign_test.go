package benign

import (
	"net/netip"
	"strings"
	"testing"
)

// lookups are what the built-in lists must say. The kind of lookup goes by the
// value: a URL has "://", an address an at sign.
var lookups = []struct {
	value string
	want  Tier
}{
	{"http://www.w3.org/1999/xhtml", Infrastructure},
	{"http://www.w3.org/TR/html4/loose.dtd", Infrastructure},
	{"www.w3.org", Infrastructure},
	{"W3.ORG.", Infrastructure},
	{"http://schemas.microsoft.com/office/2004/12/omml", Infrastructure},
	{"http://schemas.openxmlformats.org/package/2006/relationships", Infrastructure},
	{"https://schema.org/EmailMessage", Infrastructure},
	{"http://purl.org/dc/elements/1.1/", Infrastructure},
	{"http://www.apple.com/DTDs/PropertyList-1.0.dtd", Infrastructure},
	{"https://fonts.googleapis.com/css?family=Roboto", Infrastructure},
	{"https://fonts.gstatic.com/s/roboto/v30/a.woff2", Infrastructure},
	{"http://ocsp.digicert.com", Infrastructure},
	{"http://crl.microsoft.com/pki/crl/products/x.crl", Infrastructure},
	{"https://aka.ms/LearnAboutSenderIdentification", Infrastructure},
	{"https://jpn01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fevil.example", Infrastructure},
	{"localhost", Infrastructure},
	{"printer.local", Infrastructure},
	{"https://router.home.arpa/", Infrastructure},
	{"10.1.2.3", Infrastructure},
	{"172.16.0.1", Infrastructure},
	{"172.31.255.255", Infrastructure},
	{"172.32.0.0", None},
	{"172.15.255.255", None},
	{"http://192.168.1.1/admin", Infrastructure},
	{"https://[fe80::1]/x", Infrastructure},
	{"::ffff:10.0.0.1", Infrastructure},
	{"100.64.0.1", Infrastructure},
	{"100.128.0.1", None},
	{"127.0.0.1", Infrastructure},
	{"169.254.169.254", Infrastructure},
	{"224.0.0.251", Infrastructure},
	{"255.255.255.255", Infrastructure},
	{"0.0.0.0", Infrastructure},
	{"fd00::1", Infrastructure},
	{"ff02::1", Infrastructure},
	{"::1", Infrastructure},
	{"8.8.8.8", Infrastructure},
	{"1.1.1.1", Infrastructure},
	{"2606:4700:4700::1111", Infrastructure},
	{"8.8.8.9", None},

	{"https://t.co/abc", SharedHosting},
	{"https://bit.ly/abc", SharedHosting},
	{"bit.ly", SharedHosting},
	{"https://storage.googleapis.com/bucket/x.html", SharedHosting},
	{"https://d1234.cloudfront.net/", SharedHosting},
	{"https://bucket.s3.ap-northeast-1.amazonaws.com/x", SharedHosting},
	{"https://docs.google.com/forms/d/e/1FAI/viewform", SharedHosting},
	{"https://drive.google.com/file/d/1", SharedHosting},
	{"https://sites.google.com/view/x", SharedHosting},
	{"https://forms.gle/abc", SharedHosting},
	{"https://forms.office.com/r/abc", SharedHosting},
	{"https://someone.github.io/", SharedHosting},
	{"https://raw.githubusercontent.com/u/r/main/a.ps1", SharedHosting},
	{"https://github.com/u/r/raw/main/a.zip", SharedHosting},
	{"https://x.azurewebsites.net/", SharedHosting},
	{"https://x.z11.web.core.windows.net/", SharedHosting},
	{"https://x.workers.dev", SharedHosting},
	{"https://x.pages.dev", SharedHosting},
	{"https://x.netlify.app", SharedHosting},
	{"https://x.vercel.app", SharedHosting},
	{"https://x.wixsite.com/y", SharedHosting},
	{"https://x.weebly.com", SharedHosting},
	{"https://x.glitch.me", SharedHosting},
	{"https://x.ngrok-free.app", SharedHosting},
	{"https://x.duckdns.org", SharedHosting},
	{"https://ipfs.io/ipfs/Qm", SharedHosting},
	{"https://linktr.ee/x", SharedHosting},
	{"https://x-my.sharepoint.com/:b:/g/p", SharedHosting},
	{"https://1drv.ms/b/s!x", SharedHosting},
	{"https://www.dropbox.com/s/abc/x.zip?dl=1", SharedHosting},
	{"https://www.dropbox.com/scl/fi/abc", SharedHosting},
	{"https://x.notion.site/y", SharedHosting},
	{"https://www.canva.com/design/x", SharedHosting},
	{"https://www.google.com/url?q=https://evil.example", SharedHosting},
	{"https://x.blogspot.com/", SharedHosting},
	{"https://x.synology.me/", SharedHosting}, // the public suffix list has it, we do not

	{"https://www.google.com/", Popular},
	{"https://www.google.com/urls", Popular},
	{"https://www.dropbox.com/login", Popular},
	{"https://www.microsoft.com/ja-jp", Popular},
	{"https://www.amazon.co.jp/", Popular},
	{"www.apple.com", Popular},
	{"https://www.bk.mufg.jp/", Popular},
	{"https://www.u-tokyo.ac.jp/", Popular},
	{"https://www.jpcert.or.jp/", Popular},
	{"info@amazon.co.jp", Popular},
	{"someone@gmail.com", SharedHosting},
	{"<Someone@Yahoo.co.jp>", SharedHosting},
	{"someone@evil.example", None},

	{"https://evil.example/login", None},
	{"https://example.com/", None},
	{"https://www.example.jp/", None},
	{"192.0.2.1", None},
	{"198.51.100.7", None},
	{"http://203.0.113.80/x", None},
	{"2001:db8::1", None},
	{"https://google.com.evil.example/", None},
	{"https://notgoogle.com/", None},
	{"https://mufg-jp.top/", None},
	{"https://fonts.googleapis.com.evil.example/", None},
	{"http://www.w3.org@evil.example/", None},
	{"http://evil.example\\@www.w3.org/", None},
	{"http://evil.example#@www.w3.org/", None},
	{"http://www.w3.org:80@evil.example/", None},
	{"http://evil.exam\tple/", None},
	{"", None},
	{"http://", None},
}

// look looks a value up as what it is.
func look(l *Lists, v string) (Tier, string) {
	if a, err := netip.ParseAddr(v); err == nil {
		return l.IP(a)
	}
	switch {
	case strings.Contains(v, "://"):
		return l.URL(v)
	case strings.Contains(v, "@"):
		return l.Email(v)
	}
	return l.Host(v)
}

func TestBuiltin(t *testing.T) {
	l := Builtin()
	for _, c := range lookups {
		if got, name := look(l, c.value); got != c.want || (name == "") != (got == None) {
			t.Errorf("looking up %q = %v by list %q; want %v", c.value, got, name, c.want)
		}
	}
}

// Documentation names count as public unless one asks.
func TestReservedDocumentation(t *testing.T) {
	l := Builtin()
	l.ReservedDocumentation = true
	for _, v := range []string{"evil.example", "https://www.example.com/", "x@example.jp", "192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"} {
		if got, _ := look(l, v); got != Infrastructure {
			t.Errorf("with ReservedDocumentation, looking up %q = %v; want %v", v, got, Infrastructure)
		}
	}
}

func TestHash(t *testing.T) {
	l := Builtin()
	for hash, want := range map[string]Tier{
		"d41d8cd98f00b204e9800998ecf8427e":                                 Infrastructure, // MD5 of nothing
		"DA39A3EE5E6B4B0D3255BFEF95601890AFD80709":                         Infrastructure, // SHA-1
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855": Infrastructure, // SHA-256
		"01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b": Infrastructure, // of a line end
		"275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f": None,
		"": None,
	} {
		if got, _ := l.Hash(hash); got != want {
			t.Errorf("Hash(%q) = %v; want %v", hash, got, want)
		}
	}
}

// Every entry of the built-in lists must be found with at least its own tier, or
// it was written in a way that is not understood.
func TestBuiltinEntries(t *testing.T) {
	l := Builtin()
	for _, g := range builtin {
		for _, e := range strings.Fields(g.exact + " " + g.below) {
			got, name := l.URL("https://" + e + "/")
			if g.uses == forEmail {
				got, name = l.Email("x@" + e)
			}
			if got < g.tier {
				t.Errorf("entry %q of %q = %v by list %q; want at least %v", e, g.name, got, name, g.tier)
			}
		}
	}
	l.ReservedDocumentation = true
	for _, r := range reserved {
		for _, e := range strings.Fields(r.networks) {
			p, err := parsePrefix(e)
			if got, _ := l.IP(p.Addr()); err != nil || got != Infrastructure {
				t.Errorf("network %q of %q = %v, %v; want %v", e, r.name, got, err, Infrastructure)
			}
		}
	}
}

func TestZeroLists(t *testing.T) {
	var l Lists
	for _, v := range []string{"www.w3.org", "https://x.github.io/", "10.0.0.1", "x@gmail.com"} {
		if got, name := look(&l, v); got != None || name != "" {
			t.Errorf("zero Lists, looking up %q = %v, %q; want nothing", v, got, name)
		}
	}
}

func TestTierString(t *testing.T) {
	for tier, want := range map[Tier]string{None: "none", Popular: "popular", SharedHosting: "shared-hosting", Infrastructure: "infrastructure", 9: "unknown"} {
		if got := tier.String(); got != want {
			t.Errorf("Tier(%d).String() = %q; want %q", int(tier), got, want)
		}
	}
}
