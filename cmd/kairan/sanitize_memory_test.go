//go:build linux && !race

package main

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestSanitizeMemory reads mails of many shapes in processes of their own, and
// none may take more than six times the mail and 16 MB, beyond what the program
// takes to read a mail of nothing.
func TestSanitizeMemory(t *testing.T) {
	const mb = 1 << 20
	head := func(kind string) string {
		return "From: a@evil.example\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: " + kind + "\r\n"
	}
	lines := func(b []byte) string {
		var s strings.Builder
		for e := base64.StdEncoding.EncodeToString(b); e != ""; {
			n := min(76, len(e))
			s.WriteString(e[:n] + "\r\n")
			e = e[n:]
		}
		return s.String()
	}
	var bomb bytes.Buffer
	z := zip.NewWriter(&bomb)
	w, err := z.Create("a.bin")
	if err != nil {
		t.Fatal(err)
	}
	for range 300 {
		if _, err := w.Write(make([]byte, mb)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	link := "<p><a href=\"https://evil.example/a/%d?x=1\">\xe3\x81\x93\xe3\x81\xa1\xe3\x82\x89</a> text of a paragraph</p>\r\n"

	empty := peakMemory(t, head("text/plain")+"\r\nx\r\n")
	for _, c := range []struct{ name, mail string }{
		{"a small archive of much", head("application/zip; name=a.zip") + "Content-Transfer-Encoding: base64\r\n\r\n" + lines(bomb.Bytes())},
		{"a large attachment", head("application/octet-stream; name=a.bin") + "Content-Transfer-Encoding: base64\r\n\r\n" + lines(bytes.Repeat([]byte("0123456789abcde\x00"), 8*mb/16))},
		{"a large page", head("text/html; charset=utf-8") + "\r\n" + strings.Repeat(link, 10*mb/len(link))},
		{"a large text", head("text/plain; charset=iso-2022-jp") + "\r\n" + strings.Repeat("a \x1b$B$3$s$K$A$O\x1b(B https://evil.example/\r\n", 10*mb/45)},
		{"one line", head("text/plain") + "\r\n" + strings.Repeat("a", 10*mb)},
		{"a large header", head("text/plain") + "X-A: " + strings.Repeat("=?utf-8?B?44GT?= ", 10*mb/17) + "\r\n\r\nx"},
		{"many parts", head("multipart/mixed; boundary=b") + strings.Repeat("\r\n--b\r\n\r\nx", 10*mb/10) + "\r\n--b--\r\n"},
	} {
		n := len(c.mail)
		if peak, most := peakMemory(t, c.mail)-empty, 6*n+16*mb; peak > most {
			t.Errorf("%s: a mail of %.1f MB took %.1f MB, want at most %.1f", c.name, float64(n)/mb, float64(peak)/mb, float64(most)/mb)
		}
	}
}

// peakMemory is the most bytes that a process took to read the mail. The process
// tells itself: what wait tells of a child counts its parent's memory too.
func peakMemory(t *testing.T, mail string) int {
	t.Helper()
	file, peak := filepath.Join(t.TempDir(), "mail.eml"), filepath.Join(t.TempDir(), "peak")
	if err := os.WriteFile(file, []byte(mail), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "sanitize", "--as", "original", file)
	cmd.Env = append(os.Environ(), asKairan+"=1", peakFile+"="+peak)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("kairan sanitize: %v\n%.300s", err, out)
	}
	status, err := os.ReadFile(peak)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kb, err := strconv.Atoi(strings.Fields(rest + " kB")[0])
	if err != nil {
		t.Fatalf("the process's status: %v", err)
	}
	return kb << 10
}
