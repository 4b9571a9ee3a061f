package outlook

import (
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

func TestDecodeCodePage(t *testing.T) {
	for _, c := range []struct {
		in   string
		is   encoding.Encoding // what the bytes are; nil for UTF-8
		page int               // what they are said to be
	}{
		{"plain", nil, 0},
		{"重要なお知らせ", japanese.ShiftJIS, 932},
		{"ﾃｽﾄ", japanese.ShiftJIS, 932},
		{"髙﨑①㈱", japanese.ShiftJIS, 932},
		{"重要なお知らせ", japanese.EUCJP, 51932},
		{"重要なお知らせ", japanese.EUCJP, 20932},
		{"重要なお知らせ", japanese.EUCJP, 932},
		{"重要なお知らせ", japanese.ShiftJIS, 51932},
		{"重要なお知らせ", japanese.ShiftJIS, 936},
		{"重要なお知らせ", japanese.ShiftJIS, 65001},
		{"重要なお知らせ", japanese.ISO2022JP, 50220},
		{"重要なお知らせ", japanese.ISO2022JP, 50222},
		{"重要なお知らせ", japanese.ISO2022JP, 932},
		{"重要なお知らせ", nil, 65001},
		{"重要なお知らせ", nil, 932},
		{"重要なお知らせ", nil, 936},
		{"重要なお知らせ", nil, 0},
		{"Größe", nil, 1252},
		{"Größe", charmap.Windows1252, 1252},
		{"Größe", charmap.Windows1252, 0},
		{"Größe", charmap.Windows1252, 65001},
		{"Здравствуйте", charmap.Windows1251, 1251},
		{"Здравствуйте", charmap.KOI8R, 20866},
		{"Łódź", charmap.Windows1250, 1250},
		{"Γειά σου", charmap.Windows1253, 1253},
		{"İstanbul", charmap.Windows1254, 1254},
		{"שלום", charmap.Windows1255, 1255},
		{"مرحبا", charmap.Windows1256, 1256},
		{"Rīga", charmap.Windows1257, 1257},
		{"联通你好,请查收附件", simplifiedchinese.GBK, 936},
		{"안녕하세요 확인 바랍니다", korean.EUCKR, 949},
		{"請查收附件", traditionalchinese.Big5, 950},
	} {
		b := []byte(c.in)
		if c.is != nil {
			var err error
			if b, err = c.is.NewEncoder().Bytes(b); err != nil {
				t.Fatalf("the test's own text %q cannot be encoded: %v", c.in, err)
			}
		}
		if got := decodeCodePage(b, c.page); got != c.in {
			t.Errorf("decodeCodePage(%q as %v, %d) = %q, want it back", c.in, c.is, c.page, got)
		}
	}
}

func TestDecodeCutUTF8(t *testing.T) {
	b := []byte("重要なお知らせ")
	if got, want := decodeCodePage(b[:len(b)-1], 65001), "重要なお知ら\uFFFD"; got != want {
		t.Errorf("decodeCodePage(UTF-8 cut off, 65001) = %q, want %q", got, want)
	}
}

func TestFileTime(t *testing.T) {
	for _, c := range []struct {
		ticks uint64
		want  string
	}{
		{uint64(sent.Unix()+11644473600) * 1e7, "2026-04-01 00:30:00 +0000 UTC"},
		{0, "0001-01-01 00:00:00 +0000 UTC"},
		{1 << 63, "0001-01-01 00:00:00 +0000 UTC"},
		{1<<64 - 1, "0001-01-01 00:00:00 +0000 UTC"},
	} {
		if got := fileTime(c.ticks).String(); got != c.want {
			t.Errorf("fileTime(%d) = %s, want %s", c.ticks, got, c.want)
		}
	}
}
