package ingest

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"hash/crc32"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kairan/store"
)

// lockedZip is a zip with one stored file, encrypted in the traditional way
// (APPNOTE.TXT §6.1).
func lockedZip(t *testing.T, name, password string, data []byte) []byte {
	t.Helper()
	keys := [3]uint32{0x12345678, 0x23456789, 0x34567890}
	crc := func(c uint32, b byte) uint32 { return crc32.IEEETable[byte(c)^b] ^ c>>8 }
	update := func(b byte) {
		keys[0] = crc(keys[0], b)
		keys[1] = (keys[1]+keys[0]&0xff)*134775813 + 1
		keys[2] = crc(keys[2], byte(keys[1]>>24))
	}
	for _, b := range []byte(password) {
		update(b)
	}
	sum := crc32.ChecksumIEEE(data)
	plain := append(append(bytes.Repeat([]byte{7}, 11), byte(sum>>24)), data...)
	sealed := make([]byte, len(plain))
	for i, b := range plain {
		k := uint16(keys[2] | 2)
		sealed[i] = b ^ byte(k*(k^1)>>8)
		update(b)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, err := z.CreateRaw(&zip.FileHeader{Name: name, Flags: 1, CRC32: sum, CompressedSize64: uint64(len(sealed)), UncompressedSize64: uint64(len(data))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(sealed); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// zipped is a report whose original lies in a zip with a password.
func zipped(t *testing.T, domain, password, words string) string {
	t.Helper()
	z := lockedZip(t, "mail.eml", password, []byte(attack(domain, "locked")))
	head := strings.TrimSuffix(reportFrom(domain, "suspicious", "MIME-Version: 1.0", `Content-Type: multipart/mixed; boundary="b"`), "Invoice from 198.51.100.9\r\n")
	return head + "--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + words +
		"\r\n--b\r\nContent-Type: application/zip; name=\"mail.zip\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		base64.StdEncoding.EncodeToString(z) + "\r\n--b--\r\n"
}

// words is a mail of the reporter that holds no original.
func words(domain, text string) string {
	head := strings.TrimSuffix(reportFrom(domain, "RE: suspicious", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"), "Invoice from 198.51.100.9\r\n")
	return head + text + "\r\n"
}

// A company sends the mail in an archive with a password, and the password in a
// mail of its own, before or after.
func TestPasswordInAnotherMail(t *testing.T) {
	const secret = "Hane-1192"
	for _, c := range []struct {
		name  string
		mails func(t *testing.T) []string // in order of arrival
		pause time.Duration
		want  []store.ReportState
	}{
		{"in the mail itself", func(t *testing.T) []string {
			return []string{zipped(t, "member.example", secret, "解凍パスワード： "+secret)}
		}, 0,
			[]store.ReportState{store.ReportDrafted}},
		{"after it", func(t *testing.T) []string {
			return []string{zipped(t, "member.example", secret, "パスワードは別送します。"), words("member.example", "先ほどのパスワードは「"+secret+"」です。")}
		}, 5 * time.Minute, []store.ReportState{store.ReportDrafted, store.ReportHeld}},
		{"before it", func(t *testing.T) []string {
			return []string{words("member.example", "PW: "+secret), zipped(t, "member.example", secret, "添付のとおりです。")}
		}, 5 * time.Minute, []store.ReportState{store.ReportHeld, store.ReportDrafted}},
		{"too late", func(t *testing.T) []string {
			return []string{zipped(t, "member.example", secret, "パスワードは別送します。"), words("member.example", "PW: "+secret)}
		}, 2 * time.Hour, []store.ReportState{store.ReportHeld, store.ReportHeld}},
		{"another one", func(t *testing.T) []string {
			return []string{zipped(t, "member.example", secret, "パスワードは別送します。"), words("member.example", "PW: wrong-one")}
		}, time.Minute, []store.ReportState{store.ReportHeld, store.ReportHeld}},
		{"of somebody else", func(t *testing.T) []string {
			return []string{zipped(t, "member.example", secret, "パスワードは別送します。"), words("other.example", "PW: "+secret)}
		}, time.Minute, []store.ReportState{store.ReportHeld, store.ReportHeld}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				r := w.refiner(&reading{})
				var ids []store.ReportID
				for _, m := range c.mails(t) {
					ids = append(ids, w.arrive(m)...)
					stop := refining(t, r)
					time.Sleep(c.pause)
					synctest.Wait()
					stop()
				}
				for i, id := range ids {
					got := w.report(id)
					if got.State != c.want[i] {
						t.Errorf("report %d is %s (%s), want %s", i+1, got.State, got.Reason, c.want[i])
					}
					if strings.Contains(got.Reason, secret) {
						t.Errorf("the reason why report %d is held tells the password", i+1)
					}
				}
			})
		})
	}
}
