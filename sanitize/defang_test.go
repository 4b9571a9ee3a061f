package sanitize

import "testing"

func TestDefang(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"請求書送付のご案内", "請求書送付のご案内"},
		{"see http://evil.example/a.php?to=a@b.example now", "see hxxp[://]evil[.]example/a.php?to=a[@]b[.]example now"},
		{"https://192.0.2.1:8080/x", "hxxps[://]192[.]0[.]2[.]1:8080/x"},
		{"詳細はhttps://evil.exampleをクリック", "詳細はhxxps[://]evil[.]exampleをクリック"},
		{"確認www.evil.invalidtldまで", "確認www[.]evil[.]invalidtldまで"},
		{"mailto:a@evil.example", "mailto[:]a[@]evil[.]example"},
		{"ftp://files.example/", "fxp[://]files[.]example/"},
		{"//evil.example/x", "//evil[.]example/x"},
		{`\\files.example\share`, `[\\]files[.]example\share`},
		{"report.zip", "report[.]zip"},
		{"invoice.pdf.exe", "invoice.pdf.exe"},
		{"version 1.2 of v3.4", "version 1.2 of v3.4"},
		{"1.2.3.4", "1[.]2[.]3[.]4"},
		{"ご確認ください。次に", "ご確認ください。次に"},
		{"evil．example", "evil[.]example"},
		{"例え.jp", "例え[.]jp"},
		{"javascript:alert(1)", "javascript[:]alert(1)"},
		{"Re: Data: the plan", "Re: Data: the plan"},
		{"http:/\\evil.example", "hxxp[://]evil[.]example"},
		{"hxxp[://]evil[.]example", "hxxp[://]evil[.]example"},
		{"user@host", "user[@]host"},
		{"tel:0312345678", "tel[:]0312345678"},
	} {
		if got := Defang(c.in); got != c.want {
			t.Errorf("Defang(%q) = %q, want %q", c.in, got, c.want)
		}
		once := Defang(c.in)
		if twice := Defang(once); twice != once {
			t.Errorf("Defang(%q) = %q, and again %q: it must not change any more", c.in, once, twice)
		}
	}
}

func TestDefangOneKind(t *testing.T) {
	for _, c := range []struct{ kind, in, got, want string }{
		{"domain", "evil.example", DefangDomain("evil.example"), "evil[.]example"},
		{"domain", "evil[.]example", DefangDomain("evil[.]example"), "evil[.]example"},
		{"IPv6", "2001:db8::1", DefangDomain("2001:db8::1"), "2001[:]db8[:][:]1"},
		{"address", "a.b@evil.example", DefangAddress("a.b@evil.example"), "a.b[@]evil[.]example"},
		{"address", "evil.example@evil.example", DefangAddress("evil.example@evil.example"), "evil[.]example[@]evil[.]example"},
		{"URL", "https://u:p@evil.example/x", DefangURL("https://u:p@evil.example/x"), "hxxps[://]u:p[@]evil[.]example/x"},
	} {
		if c.got != c.want {
			t.Errorf("defanging the %s %q gives %q, want %q", c.kind, c.in, c.got, c.want)
		}
	}
}
