package benign

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"
)

type corpusList struct {
	file string
	json []byte
}

// corpusLists are the warning lists of the corpus, none where there is no corpus.
func corpusLists(t testing.TB) []corpusList {
	folder := os.Getenv("KAIRAN_CORPUS")
	if folder == "" {
		return nil
	}
	files, err := filepath.Glob(filepath.Join(folder, "warninglists", "*.json"))
	if err != nil {
		t.Fatalf("listing the corpus: %v", err)
	}
	var all []corpusList
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatalf("reading the corpus: %v", err)
		}
		all = append(all, corpusList{filepath.Base(f), b})
	}
	return all
}

// loaded is the built-in lists with all of the corpus.
func loaded(t testing.TB) *Lists {
	lists := corpusLists(t)
	if lists == nil {
		t.Skip("KAIRAN_CORPUS is not set")
	}
	l := Builtin()
	for _, c := range lists {
		if err := l.Add(c.json); err != nil {
			t.Errorf("%s: %v", c.file, err)
		}
	}
	return l
}

func TestCorpus(t *testing.T) {
	l := loaded(t)
	// Whatever the built-in lists say must hold with MISP's beside them, but for
	// what only MISP's lists know.
	known := map[string]Tier{"": None}
	for _, c := range append(lookups, corpusLookups...) {
		known[c.value] = c.want
	}
	for v, want := range known {
		if got, name := look(l, v); got != want {
			t.Errorf("with MISP's lists, looking up %q = %v by list %q; want %v", v, got, name, want)
		}
	}
}

var corpusLookups = []struct {
	value string
	want  Tier
}{
	{"https://10086.cn/", Popular},                      // tranco
	{"https://sub.10086.cn/", Popular},                  // by parent
	{"https://1822direkt.com/", Popular},                // bank-website
	{"https://www.google.ad/", Popular},                 // google, with a dot in front
	{"https://analyze.intezer.com/x", Popular},          // automated-malware-analysis
	{"c.pki.goog", Infrastructure},                      // crl-hostname
	{"168.192.in-addr.arpa", Infrastructure},            // rfc6761
	{"com", Infrastructure},                             // tlds
	{"104.47.0.1", Infrastructure},                      // microsoft-office365-ip
	{"209.85.128.1", Popular},                           // google-gmail-sending-ips
	{"https://x.0000004.xyz/", SharedHosting},           // dynamic-dns
	{"https://alllink.io/x", SharedHosting},             // link-in-bio
	{"https://hardbin.com/ipfs/Qm", SharedHosting},      // public-ipfs-gateways
	{"https://baf.dweb.link/", SharedHosting},           // ipfs, below a listed name
	{"https://x.atlassian.net/", SharedHosting},         // lots-project
	{"https://2ly.link/x", SharedHosting},               // url-shortener
	{"x@0-mail.com", SharedHosting},                     // disposable-email
	{"https://sites.google.com/view/y", SharedHosting},  // tranco has google.com
	{"https://x.web.core.windows.net/", SharedHosting},  // microsoft has windows.net
	{"https://github.com/u/r/raw/m/a", SharedHosting},   // tranco has github.com
	{"https://is.gd/x", SharedHosting},                  // tranco has it too
	{"https://www.docusign.net/Signing", SharedHosting}, // ours
	{"http://fonts.googleapis.com/css", Infrastructure}, // lots-project has *.googleapis.com hosts
	{"https://www.dropbox.com/login", SharedHosting},    // all of dropbox.com is in lots-project
	{"https://example.org/", None},                      // rfc6761 has it
	{"https://a-new-phish-site.top/", None},
	{"45.10.20.30", None},
}

func BenchmarkHost(b *testing.B) {
	l := loaded(b)
	for b.Loop() {
		l.Host("login.microsoftonline.com.evil-host.top")
	}
}

func BenchmarkURL(b *testing.B) {
	l := loaded(b)
	for b.Loop() {
		l.URL("https://www.some.deep.name.example-host.co.jp/path/to/page?query=1")
	}
}

func BenchmarkIP(b *testing.B) {
	l := loaded(b)
	addresses := make([]netip.Addr, 4096)
	for i := range addresses {
		addresses[i] = netip.AddrFrom4([4]byte{byte(i * 37), byte(i * 101), byte(i * 13), byte(i)})
	}
	i := 0
	for b.Loop() {
		l.IP(addresses[i&4095])
		i++
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		loaded(b)
	}
}
