package sanitize

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestCommonNames: a member that is called like a common word stops nothing, unless
// it has to do with the report or is plainly called so.
func TestCommonNames(t *testing.T) {
	var registry []Identity
	for i, name := range []string{"ひかり", "中央", "株式会社みらい", "Sakura", "ANA", "JR", "NTT", "東京電力"} {
		registry = append(registry, Identity{Kind: IdentityOrganisation, Value: name, Owner: fmt.Sprint("m", i)})
	}
	registry = append(registry, Identity{Kind: IdentityDomain, Value: "sakura-energy.example", Owner: "m3"})
	gate := NewGate(registry)
	for _, c := range []struct {
		text string
		stop bool
	}{
		{"ひかり回線の料金のご案内", false},
		{"中央区のお客様へ", false},
		{"みらいの働き方", false},
		{"Sakura season sale", false},
		{"ANAマイレージ、JRの切符、NTTを騙る", false},
		{"中央 御中", true},
		{"株式会社ひかりの件", true},
		{"ANA様宛のメール", true},
		{"Sakura Co., Ltd. invoice", true},
		{"東京電力を騙るメール", true}, // nobody says that by chance
	} {
		if got := gate.Check([]byte(c.text)); (len(got) > 0) != c.stop {
			t.Errorf("%q: leaks %+v, want a stop: %v", c.text, got, c.stop)
		}
	}
	// The member that reports, or is attacked, is known by its domain.
	report := "From: csirt@sakura-energy.example\r\nTo: report@hub.example\r\nContent-Type: message/rfc822\r\n\r\n" +
		"From: a@evil.example\r\nTo: x@sakura-energy.example\r\nSubject: Sakura season\r\n\r\nhttps://evil.example/\r\n"
	r := Run([]byte(report), Policy{Registry: registry})
	if got := r.Originals[0].Facts.Subject; got != "<organisation> season" {
		t.Errorf("the subject is %q, want the victim's name replaced", got)
	}
	if len(gate.With(r.Identities).Check([]byte("Sakura season"))) == 0 {
		t.Error("the gate of the case lets the victim's name pass")
	}
}

// plausible is a registry of n organisations with ten names each, as the
// organisations of Japan's critical infrastructure are called: by places and words
// that are in every second mail.
func plausible(n int) []Identity {
	first := strings.Fields("青葉 朝日 旭 安芸 愛宕 飯田 石狩 泉 磐城 浦和 大空 岡崎 奥州 春日 霞 勝山 上総 北斗 桐生 久遠 熊野 栗駒 桂 光洋 五稜 相模 桜 笹川 讃岐 三陸 信濃 白鳥 翠 諏訪 青雲 千歳 台場 高砂 立山 丹波 筑波 燕 東雲 常盤 鳥羽 長瀬 七尾 浪速 新緑 日向 富士見 扶桑 碧海 鳳 松風 瑞穂 緑 美濃 武蔵 紫 最上 八雲 大和 結城 吉野 若葉 和光 ひかり みらい ほのか あおい さくら のぞみ つばさ きずな 中央 東京 日本 大阪 関西 東海 九州 北海道 神奈川 東 西 南 北 新 第一 三和 共同 総合 全国 国際 帝都 首都 都市 太平洋 日の出 明星")
	second := strings.Fields("電力 ガス 水道 銀行 信用金庫 生命 損保 証券 鉄道 航空 空港 物流 運輸 病院 医療 通信 放送 石油 化学 製油 クレジット カード 市役所 県庁 市 町 情報 システム 港湾 サービス ネットワーク")
	roman := strings.Fields("Aoba Asahi Aki Atago Iida Ishikari Izumi Iwaki Urawa Ozora Okazaki Oshu Kasuga Kasumi Katsuyama Kazusa Hokuto Kiryu Kuon Kumano Kurikoma Katsura Koyo Goryo Sagami Sakura Sasagawa Sanuki Sanriku Shinano Hakucho Midori Suwa Seiun Chitose Daiba Takasago Tateyama Tamba Tsukuba Tsubame Shinonome Tokiwa Toba Nagase Nanao Naniwa Shinryoku Hyuga Fujimi Fuso Hekikai Otori Matsukaze Mizuho Midori Mino Musashi Murasaki Mogami Yakumo Yamato Yuki Yoshino Wakaba Wako Hikari Mirai Honoka Aoi Sakura Nozomi Tsubasa Kizuna Chuo Tokyo Nihon Osaka Kansai Tokai Kyushu Hokkaido Kanagawa Higashi Nishi Minami Kita Shin Daiichi Sanwa Kyodo Sogo Zenkoku Kokusai Teito Shuto Toshi Taiheiyo Hinode Myojo")
	eng := strings.Fields("Power Gas Water Bank Shinkin Life Insurance Securities Railway Airlines Airport Logistics Transport Hospital Medical Telecom Broadcasting Oil Chemical Refinery Credit Card City Prefecture City Town Information Systems Port Services Networks")
	var out []Identity
	k := 0
	add := func(kind IdentityKind, v, o string) { out = append(out, Identity{Kind: kind, Value: v, Owner: o}) }
	for round := 0; k < n; round++ {
		for i := range first {
			for j := range second {
				if k >= n {
					return out
				}
				o := fmt.Sprintf("M%04d", k)
				ja, en := first[i]+second[j], roman[i%len(roman)]+" "+eng[j%len(eng)]
				if round > 0 {
					ja, en = first[i]+first[(i+round*7)%len(first)]+second[j], roman[i%len(roman)]+" "+roman[(i+round*7)%len(roman)]+" "+eng[j%len(eng)]
				}
				ab := strings.ToUpper(roman[i%len(roman)][:1] + eng[j%len(eng)][:1] + string(rune('A'+k%26)))
				add(IdentityOrganisation, "株式会社"+ja, o)
				add(IdentityOrganisation, ja, o)
				add(IdentityOrganisation, en+" Co., Ltd.", o)
				add(IdentityOrganisation, en, o)
				add(IdentityOrganisation, ab, o)
				if k%10 == 0 {
					add(IdentityOrganisation, first[i], o) // known by a common word
					add(IdentityOrganisation, roman[i%len(roman)], o)
				}
				d := strings.ToLower(strings.ReplaceAll(en, " ", "-")) + ".co.jp"
				add(IdentityDomain, d, o)
				add(IdentityAddress, "csirt@"+d, o)
				add(IdentityAddress, "info@"+d, o)
				k++
			}
		}
	}
	return out
}

// TestFalseStops reads the mails of a collection that is not ours to publish with
// such a registry. None of its members is in them: what is stopped or held, is so
// by chance.
func TestFalseStops(t *testing.T) {
	root := os.Getenv("KAIRAN_CORPUS")
	if root == "" {
		t.Skip("KAIRAN_CORPUS is not set")
	}
	registry := plausible(4361)
	for _, name := range []string{"ANA", "JAL", "JR", "NTT", "KDDI"} {
		registry = append(registry, Identity{Kind: IdentityOrganisation, Value: name, Owner: name})
	}
	policy := Policy{Registry: registry, Tokens: true}.Compile()
	gate := NewGate(registry)
	mails, stopped, held := 0, 0, 0
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil || !hasMailHeader(b) {
			return err
		}
		r := RunAs(AsOriginal, b, policy)
		o := r.Originals[0]
		mails++
		if leaks := gate.With(r.Identities).Check([]byte(told(o.Facts))); len(leaks) > 0 {
			stopped++
			t.Logf("%s is stopped by %s of %s", filepath.Base(path), leaks[0].Kind, leaks[0].Owner)
		}
		// A mail that somebody sent to himself is held without any member.
		if named(o) && !named(RunAs(AsOriginal, b, Policy{Tokens: true}).Originals[0]) {
			held++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d mails, %d stopped by the gate, %d held for a member's name", mails, stopped, held)
	if mails < 100 || stopped*100 >= mails || held*100 >= mails {
		t.Errorf("of %d mails %d were stopped and %d held; want less than 1 %% of each", mails, stopped, held)
	}
}

// named reports whether an original waits for a person because of a member's name.
func named(o Sanitized) bool {
	return slices.ContainsFunc(o.Problems, func(p Problem) bool { return p.Code == ProblemMemberLike || p.Code == ProblemMemberSender })
}

// told is what a notice tells of facts.
func told(f Facts) string {
	var s strings.Builder
	fmt.Fprintln(&s, f.Subject, "\n", f.From.Name, f.From.Address, "\n", f.ReplyTo.Address, f.Mailer)
	for _, i := range f.Indicators {
		if !i.Benign {
			fmt.Fprintln(&s, i.Defanged)
		}
	}
	for _, a := range f.Attachments {
		fmt.Fprintln(&s, a.Name)
	}
	return s.String()
}
