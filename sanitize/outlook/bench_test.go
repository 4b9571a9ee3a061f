package outlook

import (
	"bytes"
	"testing"
)

// BenchmarkMsgToMail reads a message of 2 MB and writes it as a mail.
func BenchmarkMsgToMail(b *testing.B) {
	file := compoundFile(join(sample(), msgAttachment(2, prop{propAttachData, bytes.Repeat([]byte("0123456789abcdef"), 128<<10)})))
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		m, err := ReadMsg(file, Limits{})
		if err != nil {
			b.Fatal(err)
		}
		m.Mail()
	}
}
