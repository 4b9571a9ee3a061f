package sanitize

import "testing"

// TestLooksOpaque: what is made for one recipient is told from what people write.
func TestLooksOpaque(t *testing.T) {
	for _, c := range []struct {
		rule   tokenRule
		value  string
		opaque bool
	}{
		// words, names of files and pages
		{tokenInPath, "login", false},
		{tokenInPath, "account-verification-center", false},
		{tokenInPath, "accountverificationcenter", false},
		{tokenInPath, "AdobeDocumentCloud", false},
		{tokenInPath, "wp-content", false},
		{tokenInPath, "SharePointOnlineLogin.html", false},
		{tokenInPath, "index_files", false},
		{tokenInPath, "seikyuusho-202611", false},
		{tokenInPath, "Invoice_20261116.pdf", false},
		{tokenInPath, "office365portal", false},
		{tokenInPath, "mp3download", false},
		{tokenInPath, "v2.1.15", false},
		{tokenInPath, "IMG_0042.jpg", false},
		{tokenInPath, "請求書送付のご案内", false},
		{tokenInPath, "【重要】アカウント確認 No.1234", false},
		{tokenInPath, "Re: Ihre Rechnung vom 16.11.2026", false},
		{tokenInPath, "3xYz1Ab", false}, // a link shortener's code
		{tokenInPath, "PHPMailer 6.8.1 (https-github)", false},
		{tokenInPath, "Microsoft Outlook 16.0", false},
		{tokenInPath, "JPRS-HTTPS", false},
		{tokenInPath, "strengthscript", false},
		{tokenInQuery, "ja", false},
		{tokenInQuery, "login", false},
		{tokenInQuery, "true", false},
		{tokenInQuery, "2026", false},
		{tokenInQuery, "utf-8", false},
		{tokenInQuery, "newsletter", false},
		{tokenInHost, "signin", false},
		{tokenInHost, "mail-secure-update", false},
		{tokenInHost, "www2", false},
		// tokens
		{tokenInPath, "5f4dcc3b5aa765d61d8327deb882cf99", true},
		{tokenInPath, "8f3a9c1d2e4b", true},
		{tokenInPath, "b64a2c1e-9f10-4d1b-8a54-2f7c3e1d9b00", true},
		{tokenInPath, "dGFyby55YW1hZGFAbWVtYmVyLmV4YW1wbGU=", true},
		{tokenInPath, "aGk-dG8_eW91K2Fu", true},
		{tokenInPath, "invoice-5f4dcc3b5aa765d6.html", true},
		{tokenInPath, "0001234567", true},
		{tokenInPath, "Order 250-1234567-7654321", true},
		{tokenInPath, "xkqzvtrpwm", true},
		{tokenInPath, "Xk3Qz9VtR1", true},
		{tokenInPath, "1A2b3C4d5E6f7G8h9I0jKlMnOpQrStUvW", true},
		{tokenInQuery, "aBc1234", true}, // of a kit for phishing
		{tokenInQuery, "xkqzvt", true},
		{tokenInQuery, "83712", true},
		{tokenInHost, "5f4dcc3b5aa765d61d8327deb882cf99", true},
		{tokenInHost, "u1234567", true},
	} {
		if got := looksOpaque(c.value, c.rule); got != c.opaque {
			t.Errorf("looksOpaque(%q, %+v) = %v, want %v", c.value, c.rule, got, c.opaque)
		}
	}
}

// TestShortNamesInURLs: an abbreviation of four letters, which is too short to be
// sought in a text, is replaced where a component is nothing else.
func TestShortNamesInURLs(t *testing.T) {
	r := newRedactor(Policy{Tokens: true, Learned: []Identity{{Kind: IdentityOrganisation, Value: "HKRD", Owner: "m1", Involved: true}}})
	for _, c := range []struct{ url, want string }{
		{"https://evil.example/?SEtSRA%3D%3D=1", "https://evil.example/?<recipient-token>=1"},
		{"https://evil.example/?c=SEtSRA", "https://evil.example/?c=<recipient-token>"},
		{"https://evil.example/SEtSRA/a", "https://evil.example/<recipient-token>/a"},
		{"https://evil.example/?c=484b5244", "https://evil.example/?c=<recipient-token>"},
		{"https://evil.example/?c=hkrd", "https://evil.example/?c=<recipient-token>"},
		{"https://evil.example/?c=banner", "https://evil.example/?c=banner"},
	} {
		if got, _, _ := r.url(c.url); got != c.want {
			t.Errorf("url(%q) = %q, want %q", c.url, got, c.want)
		}
	}
}

// TestTokensOfURLs: scheme, host, the path's shape and the parameters' names stay.
func TestTokensOfURLs(t *testing.T) {
	for _, c := range []struct{ url, want string }{
		{"https://evil.example/login.php?lang=ja", "https://evil.example/login.php?lang=ja"},
		{"https://evil.example/c/8f3a9c1d2e4b5f60/login?lang=ja&rid=aBc1234#top", "https://evil.example/c/<recipient-token>/login?lang=ja&rid=<recipient-token>#top"},
		{"https://evil.example/?8f3a9c1d2e4b", "https://evil.example/?<recipient-token>"},
		{"https://evil.example/#/r/8f3a9c1d2e4b", "https://evil.example/#/r/<recipient-token>"},
		{"https://8f3a9c1d2e4b5f6071829a0b.evil.example/a", "https://<recipient-token>.evil.example/a"},
		{"https://pub-8f3a9c1d2e4b5f6071829a0b1c2d3e4f.r2.dev/a.html", "https://pub-8f3a9c1d2e4b5f6071829a0b1c2d3e4f.r2.dev/a.html"}, // a tenant, not a victim
		{"https://evil.example/go?url=https%3A%2F%2Fevil2.example%2Flogin", "https://evil.example/go?url=https%3A%2F%2Fevil2.example%2Flogin"},
		{"https://evil.example/go?url=https%3A%2F%2Fevil2.example%2F%3Fid%3D8f3a9c1d2e", "https://evil.example/go?url=<recipient-token>"},
		{"https://evil.example/%E8%AB%8B%E6%B1%82%E6%9B%B8.pdf", "https://evil.example/%E8%AB%8B%E6%B1%82%E6%9B%B8.pdf"},
		{"https://8f3a9c1d2e4b5f60:x@evil.example/", "https://<recipient-token>:x@evil.example/"},
		{"https://evil.example/a;v=8f3a9c1d2e4b", "https://evil.example/a;v=<recipient-token>"},
		{"http://192.0.2.7/8f3a9c1d2e4b", "http://192.0.2.7/<recipient-token>"},
	} {
		r := newRedactor(Policy{Tokens: true})
		got, _, _ := r.url(c.url)
		if got != c.want {
			t.Errorf("url(%q) = %q, want %q", c.url, got, c.want)
		}
		if again, _, _ := r.url(got); again != got {
			t.Errorf("url(%q) = %q: doing it twice changes it", got, again)
		}
	}
}
