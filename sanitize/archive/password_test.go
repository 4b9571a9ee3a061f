package archive

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPasswords(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		// Japanese, on the same line
		{"パスワード：Abc123", "Abc123"},
		{"パスワード:Abc123", "Abc123"},
		{"パスワード： Abc123 です。", "Abc123"},
		{"パスワード　Abc123", "Abc123"},
		{"パスワードは「Abc123」です", "Abc123"},
		{"パスワードは『Abc123』です。", "Abc123"},
		{"パスワードは Abc123 です。", "Abc123"},
		{"パスワードはAbc123です。よろしくお願いします。", "Abc123"},
		{"パスワードは、Abc123となります。", "Abc123"},
		{"パスワード＝Abc123", "Abc123"},
		{"パスワード→Abc123", "Abc123"},
		{"解凍パスワード：Abc123", "Abc123"},
		{"解凍パスワードはAbc123になります", "Abc123"},
		{"展開パスワード: Abc123", "Abc123"},
		{"開封パスワード：Abc123", "Abc123"},
		{"閲覧パスワード「Abc123」", "Abc123"},
		{"解凍キー：Abc123", "Abc123"},
		{"展開キーは Abc123 です", "Abc123"},
		{"暗証番号：4649", "4649"},
		{"暗証：4649", "4649"},
		{"解凍PW：Abc123", "Abc123"},
		{"ｐｗ：ｉｎｆｅｃｔｅｄ", "infected"},
		{"パスワード：ａｂｃ１２３", "abc123"},
		{"ＰＡＳＳ＝ａｂｃ１２３", "abc123"},
		{"ﾊﾟｽﾜｰﾄﾞ:Abc123", "Abc123"},
		{"【パスワード】Abc123", "Abc123"},
		{"[パスワード] Abc123", "Abc123"},
		{"■パスワード：Abc123", "Abc123"},
		{"パスワード（半角英数）：Abc123", "Abc123"},
		{"パスワードにつきましては Abc123 でございます。", "Abc123"},
		{"ZIPファイルのパスワードは「Abc 123」です", "Abc 123"},
		{"添付を保護しました(パスワード：Abc123)。", "Abc123"},
		{"（パスワード：Abc123）", "Abc123"},
		{"パスは Abc123", "Abc123"},
		{"Abc123 がパスワードです", "Abc123"},
		{"「Abc123」がパスワードです", "Abc123"},
		{"パスワード：ひみつ", "ひみつ"},
		{"> パスワード：Abc123", "Abc123"},
		{"パスワード：Abc123、有効期限は明日です", "Abc123"},
		// Japanese, below
		{"パスワード\nAbc123", "Abc123"},
		{"【パスワード】\n\nAbc123\n", "Abc123"},
		{"パスワードは以下のとおりです。\n\nAbc123\n\n以上", "Abc123"},
		{"パスワードは下記になります：\r\n　Abc123\r\n", "Abc123"},
		{"解凍パスワードを連絡します。\nAbc123", "Abc123"},
		{"パスワードは次の通りです\n「Abc123」", "Abc123"},
		// English
		{"password: Abc123", "Abc123"},
		{"Password - Abc123", "Abc123"},
		{"password is Abc123", "Abc123"},
		{"The password is 'infected'.", "infected"},
		{"the password is “Abc123”.", "Abc123"},
		{"The password for the attached file is Abc123.", "Abc123"},
		{"password to open it is: Abc123", "Abc123"},
		{"pw=Abc123", "Abc123"},
		{"PW: Abc123", "Abc123"},
		{"zip pw Abc123", "Abc123"},
		{"pass: Abc123", "Abc123"},
		{"Pass:Abc123!", "Abc123!"},
		{"sample attached (pass:infected)", "infected"},
		{"archive (password = \"Abc123\")", "Abc123"},
		{"zipped with password Abc123", "Abc123"},
		{"pwd: Abc123;", "Abc123"},
		{"Passphrase: correct horse battery", "correct horse battery"},
		{"Use Abc123 as the password", "Abc123"},
		{"\"Abc123\" is the password", "Abc123"},
		{"Password:\nAbc123", "Abc123"},
		{"The password is as follows:\n\n  Abc123\n", "Abc123"},
		{"Password below\nAbc123", "Abc123"},
		{"<b>Password</b>: Abc123", "Abc123"},
		{"P@ss: P@ssw0rd. password: P@ssw0rd.", "P@ssw0rd"},
		{"password: a.b,c", "a.b,c"},
		// alone on its line
		{"先ほどの件です。\n\nAbc123\n\n山田", "Abc123"},
		{"Hi,\nAbc123\n", "Abc123"},
		{"nothing at all", "infected"},
		{"", "virus"},
	} {
		if got := Passwords(c.text, nil); !slices.Contains(got, c.want) {
			t.Errorf("Passwords(%q) = %q; want %q among them", c.text, got, c.want)
		}
	}
}

func TestPasswordsBestFirst(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"メールを転送します\n添付のパスワードは「Abc123」です。\nvirus", "Abc123"},
		{"Please see the sample.\nzip password: Abc123\nRegards", "Abc123"},
		{"Please\nlook\nat\nit", "infected"},
	} {
		if got := Passwords(c.text, []string{"house"}); got[0] != c.want {
			t.Errorf("Passwords(%q)[0] = %q; want %q", c.text, got[0], c.want)
		}
	}
}

func TestPasswordsAreBounded(t *testing.T) {
	text := strings.Repeat("パスワード：a1\n", 100)
	for i := range 500 {
		text += "password: " + strings.Repeat("x", i%90+1) + "\nalone" + strings.Repeat("y", i) + "\n"
	}
	got := Passwords(text, []string{"house"})
	if len(got) != passwordMax {
		t.Errorf("%d candidates; want %d", len(got), passwordMax)
	}
	for _, want := range []string{"a1", "infected", "virus", "malware", "house"} {
		if !slices.Contains(got, want) {
			t.Errorf("candidates lack %q: %q", want, got)
		}
	}
	for i, p := range got {
		if n := utf8.RuneCountInString(p); n < 1 || n > 64 {
			t.Errorf("candidate %q has %d runes; want 1 to 64", p, n)
		}
		if slices.Contains(got[:i], p) {
			t.Errorf("candidate %q is there twice", p)
		}
	}
}

func FuzzPasswords(f *testing.F) {
	f.Add("パスワードは「Abc123」です\nPW：ｘ", "house")
	f.Add("password is\n\n'x'", "")
	f.Add("(pass:\xff)「", "a")
	f.Fuzz(func(t *testing.T, text, more string) {
		got := Passwords(text, []string{more})
		if len(got) > passwordMax {
			t.Fatalf("%d candidates", len(got))
		}
		for _, p := range got {
			if n := utf8.RuneCountInString(p); n < 1 || n > passwordRunes {
				t.Fatalf("candidate %q has %d runes", p, n)
			}
		}
	})
}
