package sanitize

import "testing"

func TestDecode(t *testing.T) {
	const ja = "お客様の口座が停止されました。至急ご確認ください。"
	for _, c := range []struct {
		name, label, in, want string
		ok                    bool
	}{
		{"nothing", "utf-8", "", "", true},
		{"utf-8", "UTF-8", ja, ja, true},
		{"utf-8 with BOM", "utf-8-sig", "\xef\xbb\xbf" + ja, ja, true},
		{"ISO-2022-JP", "ISO-2022-JP", jis(t, ja), ja, true},
		{"ISO-2022-JP-MS", "iso-2022-jp-ms", jis(t, "①㈱髙﨑"), "①㈱髙﨑", true},
		{"cp50221", "cp50221", jis(t, "ﾃｽﾄ"), "ﾃｽﾄ", true},
		{"8-bit kana in JIS", "iso-2022-jp", "\xc3\xbd\xc4", "ﾃｽﾄ", true},
		{"SO and SI in JIS", "cp50222", "a\x0eC=D\x0fb", "aﾃｽﾄb", true},
		{"kana among kanji in JIS", "iso-2022-jp", "\x1b$BF|\xc3K\\\x1b(B.", "日ﾃ本.", true},
		{"Shift_JIS", "Shift_JIS", sjis(t, ja), ja, true},
		{"cp932", "cp932", sjis(t, "①㈱髙ﾃ"), "①㈱髙ﾃ", true},
		{"windows-31j", "windows-31j", sjis(t, ja), ja, true},
		{"x-sjis, quoted", `"x-sjis"`, sjis(t, ja), ja, true},
		{"eucjp-ms", "eucjp-ms", euc(t, ja), ja, true},
		{"cp51932", "cp51932", euc(t, ja), ja, true},
		{"utf-7", "utf-7", "+ZeVnLA- a+-b +", "日本 a+b +", false},
		{"utf-7 well formed", "UTF-7", "+ZeVnLIqe-", "日本語", true},
		{"utf-7 surrogates", "utf-7", "+2D3eAA-", "😀", true},
		{"utf-16 without BOM", "utf-16", "\x65\xe5\x67\x2c", "日本", true},
		{"utf-16 with BOM", "utf-16", "\xff\xfe\xe5\x65\x2c\x67", "日本", true},
		{"gb2312", "gb2312", "\xc4\xe3\xba\xc3", "你好", true},
		{"iso-2022-kr is refused and guessed", "iso-2022-kr", "abc", "abc", true},

		{"undeclared UTF-8", "", ja, ja, true},
		{"undeclared JIS", "", jis(t, ja), ja, true},
		{"undeclared Shift_JIS", "", sjis(t, ja), ja, false},
		{"undeclared EUC", "", euc(t, ja), ja, false},
		{"undeclared kanji in Shift_JIS", "", sjis(t, "請求書送付"), "請求書送付", false},
		{"undeclared kanji in EUC", "", euc(t, "請求書送付"), "請求書送付", false},
		{"unknown-8bit", "unknown-8bit", sjis(t, ja), ja, false},
		{"us-ascii says UTF-8", "us-ascii", ja, ja, false},
		{"us-ascii", "us-ascii", "abc", "abc", true},
		{"us-ascii says JIS", "us-ascii", jis(t, ja), ja, true},
		{"latin-1 says Shift_JIS", "iso-8859-1", sjis(t, ja), ja, false},
		{"latin-1 says UTF-8", "iso-8859-1", ja, ja, false},
		{"latin-1 says JIS", "iso-8859-1", jis(t, ja), ja, false},
		{"latin-1 is latin-1", "iso-8859-1", "\xe9t\xe9 \xe0 la fa\xe7on", "été à la façon", true},
		{"latin-1 undeclared", "", "\xe9t\xe9 \xe0 la fa\xe7on", "été à la façon", false},
		{"utf-8 says Shift_JIS", "utf-8", sjis(t, ja), ja, false},
		{"Shift_JIS says UTF-8", "shift_jis", "日本語のご案内", "日本語のご案内", false},
		{"ISO-2022-JP says Shift_JIS", "iso-2022-jp", sjis(t, ja), ja, false},
		{"invented label", "x-made-up", ja, ja, false},
		{"UTF-7 by another label", "x-unicode-2-0-utf-7", "+ZeVnLA-", "日本", true},
		{"UTF-7 of the registry", "csUnicode11UTF7", "+ZeVnLA-", "日本", true},
		{"UCS-2", "iso-10646-ucs-2", "\x65\xe5\x67\x2c", "日本", true},
		{"UCS-4", "ucs-4", "\x00\x00\x65\xe5\x00\x00\x67\x2c", "日本", true},
		{"EBCDIC", "ibm037", "\xc1\xc2\xc3\x40\xf1", "ABC 1", true},
		{"undeclared UTF-16LE", "", "a\x00b\x00\xe5\x65c\x00", "ab日c", true},
		{"undeclared UTF-16BE", "", "\x00a\x00b\x65\xe5\x00c", "ab日c", true},
		{"utf-16 in the wrong order", "utf-16", "a\x00b\x00\xe5\x65c\x00", "ab日c", true},
		{"utf-8 says UTF-16", "utf-8", "a\x00b\x00\xe5\x65c\x00", "ab日c", false},
		{"a zero byte in a text", "utf-8", "日本\x00語", "日本\x00語", true},
		{"utf-8 says short Shift_JIS", "utf-8", sjis(t, "【重要】お支払い方法の確認"), "【重要】お支払い方法の確認", false},
		{"latin-1 says short Shift_JIS", "iso-8859-1", sjis(t, "【重要】お支払い方法の確認"), "【重要】お支払い方法の確認", false},
		{"latin-1 with a quote of windows-1252", "iso-8859-1", "l\x92\xe9t\xe9 \x96 \x80 5", "l’été – € 5", true},
		{"broken UTF-8", "utf-8", ja + "\xe3\x81", ja + "\uFFFD", false},
		{"user-defined character", "shift_jis", "\xf0\x40", "\uFFFD", false},
	} {
		got, ok := decode([]byte(c.in), c.label)
		if got != c.want || ok != c.ok {
			t.Errorf("%s: decode(%q, %q) = %q, %v; want %q, %v", c.name, c.in, c.label, got, ok, c.want, c.ok)
		}
	}
}

// TestAliases finds labels that lead nowhere.
func TestAliases(t *testing.T) {
	for label := range aliases {
		if lookup(label) == nil {
			t.Errorf("lookup(%q) = nil", label)
		}
	}
	for _, label := range []string{"windows-31j", "utf-7", "cp50220", "iso-2022-jp-2", "ks_c_5601-1987", "big5", "koi8-r", "windows-1252"} {
		if got, _ := decode([]byte("abc"), label); got != "abc" {
			t.Errorf("decode(abc, %q) = %q", label, got)
		}
	}
}
