package sanitize

import (
	"slices"
	"testing"
)

func TestKanaOf(t *testing.T) {
	for _, c := range []struct {
		name string
		want string // among them; "" for none at all
	}{
		{"Teshigawara", "てしがわら"},
		{"domeki", "どうめき"},
		{"domeki", "どめき"},
		{"Chosokabe", "ちょうそかべ"},
		{"hattori", "はっとり"},
		{"shimbashi", "しんばし"},
		{"honda", "ほんだ"},
		{"kenichi", "けにち"},
		{"ryouta", "りょうた"},
		{"smith", ""},
		{"abe", ""}, // two syllables: too short to be told from words
		{"x", ""},
	} {
		got := kanaOf(c.name)
		if c.want == "" && got != nil || c.want != "" && !slices.Contains(got, c.want) {
			t.Errorf("kanaOf(%q) = %q, want %q among them", c.name, got, c.want)
		}
	}
}
