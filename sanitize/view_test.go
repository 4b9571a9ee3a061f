package sanitize

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf16"
)

// TestViews: an identity is found in every encoding that attackers use, and in
// those that are easy to take for another.
func TestViews(t *testing.T) {
	const address = "taro.yamada@aone-denryoku.example"
	const name = "青嶺電力"
	b64 := base64.StdEncoding.EncodeToString
	packed := func(w io.WriteCloser, b *bytes.Buffer, s string) []byte {
		if _, err := io.WriteString(w, s); err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	deflated := func(s string) []byte { var b bytes.Buffer; return packed(zlib.NewWriter(&b), &b, s) }
	gzipped := func(s string) []byte { var b bytes.Buffer; return packed(gzip.NewWriter(&b), &b, s) }
	wide := func(s string, low int) []byte {
		var b []byte
		for _, u := range utf16.Encode([]rune(s)) {
			pair := [2]byte{}
			pair[low], pair[1-low] = byte(u), byte(u>>8)
			b = append(b, pair[:]...)
		}
		return b
	}
	var shifted, bytesOf, octal strings.Builder
	for _, r := range name {
		fmt.Fprintf(&shifted, "+%s-", strings.TrimRight(b64(wide(string(r), 1)), "="))
	}
	for _, c := range []byte(name) {
		fmt.Fprintf(&bytesOf, `\x%02x`, c)
		fmt.Fprintf(&octal, `\%03o`, c)
	}
	g := NewGate(testRegistry)
	for encoding, text := range map[string]string{
		"UTF-7":                              "x " + shifted.String(),
		"UTF-7 of an address":                strings.ReplaceAll(address, "@", "+AEA-"),
		"bytes in escapes":                   bytesOf.String(),
		"bytes in octal":                     octal.String(),
		"base32":                             base32.StdEncoding.EncodeToString([]byte(address)),
		"base32 in small letters":            strings.ToLower(strings.TrimRight(base32.StdEncoding.EncodeToString([]byte(address)), "=")),
		"base32 in a label":                  strings.ToLower(strings.TrimRight(base32.StdEncoding.EncodeToString([]byte(address)), "=")) + ".evil.test",
		"zlib in base64":                     b64(deflated(address + " and more of it")),
		"zlib in hex":                        hex.EncodeToString(deflated(name + address)),
		"gzip in base64":                     b64(gzipped(address)),
		"UTF-16 in base64":                   b64(wide(name+"の件", 0)),
		"UTF-16 of the other order":          b64(wide(name+"の件", 1)),
		"letters apart":                      strings.Join(strings.Split("Aone Electric Power", ""), "-"),
		"letters apart in a name":            "invoice_" + strings.Join(strings.Split("Aone Electric Power", ""), "_") + ".zip",
		"text that begins as zlib does":      b64([]byte("hb " + address)),
		"percent three times, in two halves": strings.ReplaceAll(strings.ReplaceAll(address, "@", "%252540"), ".", "%25252e"),
	} {
		if leaks := g.Check([]byte("see " + text + " there")); len(leaks) == 0 {
			t.Errorf("%s: nothing is found in %q", encoding, text)
		}
	}
}

// TestViewsAreBounded: what a text may hide is no more than a multiple of it.
func TestViewsAreBounded(t *testing.T) {
	zeros := func() []byte {
		var b bytes.Buffer
		w := zlib.NewWriter(&b)
		for range 1000 {
			if _, err := w.Write(make([]byte, 10000)); err != nil {
				t.Fatal(err)
			}
		}
		w.Close()
		return b.Bytes()
	}()
	for name, text := range map[string]string{
		"a bomb in base64":   base64.StdEncoding.EncodeToString(zeros),
		"base58 for ever":    strings.Repeat("z", 200<<10),
		"base32 for ever":    strings.Repeat("a2", 100<<10),
		"letters apart":      strings.Repeat("a-", 100<<10),
		"escapes for ever":   strings.Repeat(`\x41`, 50<<10),
		"shifts for ever":    strings.Repeat("+AEA-", 40<<10),
		"percent of percent": strings.Repeat("%25", 60<<10),
	} {
		size := 0
		for _, v := range views(text) {
			size += len(v.text)
		}
		if most := 20*len(text) + 256<<10; size > most {
			t.Errorf("%s: %d bytes of views of %d, want at most %d", name, size, len(text), most)
		}
	}
}
